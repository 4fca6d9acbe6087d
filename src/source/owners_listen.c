/* owners_listen: a connection that its program has not accepted yet has no inode; it belongs to the
 * listener on its local port. Pure over a frame's rows; must not know /proc. */
#include "source/owners_private.h"

#include <stdlib.h>
#include <string.h>

static int compare_ports(const void *a, const void *b)
{
    const struct listener *first = a;
    const struct listener *second = b;
    return (first->port > second->port) - (first->port < second->port);
}

static void fill(const struct owners *owners, struct listener_list *list, const struct frame *frame)
{
    uint32_t count = 0;

    list->filled = true;
    for (uint32_t i = 0; i < frame->live_count; i++)
        count += frame->conns[i].state == STATE_LISTEN && owners->rows[i] != NO_INDEX;
    if (count == 0)
        return;
    list->items = calloc(count, sizeof *list->items);
    if (!list->items)
        return;
    for (uint32_t i = 0; i < frame->live_count && list->count < count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (conn->state != STATE_LISTEN || owners->rows[i] == NO_INDEX)
            continue;
        list->items[list->count++] = (struct listener){.port = conn->tuple.local_port,
                                                       .family = conn->tuple.family,
                                                       .netns = conn->netns,
                                                       .entry = owners->rows[i],
                                                       .bound = conn->tuple.local};
    }
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare_ports);
}

/* How well a listener fits a connection's local end: the kernel prefers the exact address to the
 * wildcard, and IPv4 sockets to dual IPv6 ones (inet_lookup, compute_score). 0: not at all. A
 * request of a dual listener is of family INET, its socket of family INET6 with a mapped address.
 */
static int fit(const struct listener *listener, const struct conn *conn)
{
    const struct addr *bound = &listener->bound;
    const struct addr *local = &conn->tuple.local;

    if (listener->netns != conn->netns)
        return 0;
    if (listener->family == conn->tuple.family) {
        if (memcmp(bound, local, sizeof *bound) == 0)
            return 4;
        return addr_is_zero(bound) ? 3 : 0;
    }
    if (listener->family == FAMILY_INET6) {
        if (addr_is_mapped(bound, FAMILY_INET6) && memcmp(bound->bytes + 12, local->bytes, 4) == 0)
            return 2;
        return addr_is_zero(bound) ? 1 : 0;
    }
    return 0;
}

uint32_t owners_find_listeners(struct owners *owners, struct listener_list *list,
                               const struct frame *frame, const struct conn *conn,
                               uint32_t *entries, uint32_t size)
{
    uint32_t low = 0;
    int best = 1;
    uint32_t count = 0;

    if (!list->filled)
        fill(owners, list, frame);
    if (!list->items)
        return 0;
    for (uint32_t high = list->count; low < high;) {
        const uint32_t middle = low + (high - low) / 2;
        if (list->items[middle].port < conn->tuple.local_port)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < list->count && list->items[low].port == conn->tuple.local_port; low++) {
        const int score = fit(&list->items[low], conn);
        if (score < best)
            continue;
        if (score > best)
            count = 0;
        best = score;
        if (count < size)
            entries[count++] = list->items[low].entry;
    }
    return count;
}
