/* owners_listen: a connection that its program has not accepted yet has no inode; it belongs to the
 * listener on its local port. Pure over rows; independent of /proc. */
#include "source/owners/private.h"

#include <stdlib.h>
#include <string.h>

static int compare_ports(const void *a, const void *b)
{
    const struct listener *first = a;
    const struct listener *second = b;
    return (first->port > second->port) - (first->port < second->port);
}

void owners_forget_awaited(struct owners *owners)
{
    memset(&owners->awaited, 0, sizeof owners->awaited);
}

void owners_note_awaiting(struct owners *owners, const struct conn *conn)
{
    const uint16_t port = conn->tuple.local_port;

    owners->awaited.bits[port / 8] |= (uint8_t)(1u << port % 8);
    owners->awaited.any = true;
}

static bool is_awaited(const struct owners *owners, const struct conn *conn)
{
    const uint16_t port = conn->tuple.local_port;
    return conn->state == STATE_LISTEN && (owners->awaited.bits[port / 8] >> port % 8 & 1);
}

static int add_listener(struct owners *owners, const struct conn *conn, uint32_t entry)
{
    struct listener_list *list = &owners->listeners;
    const int error = owners_reserve((void **)&list->items, &list->capacity, list->count + 1,
                                     sizeof *list->items);
    if (error)
        return error;
    list->items[list->count++] = (struct listener){.port = conn->tuple.local_port,
                                                   .family = conn->tuple.family,
                                                   .netns = conn->netns,
                                                   .entry = entry,
                                                   .bound = conn->tuple.local};
    return 0;
}

static int list_awaited(struct owners *owners, const struct frame *frame, bool is_next)
{
    int error = 0;

    for (uint32_t i = 0; i < frame->live_count && !error; i++) {
        const struct conn *conn = &frame->conns[i];
        uint32_t entry = is_next ? owners->rows[i] : NO_INDEX;
        if (!is_awaited(owners, conn))
            continue;
        if (!is_next && conn->inode)
            error = owners_find_or_add(owners, conn->inode, &entry);
        if (!error && entry != NO_INDEX)
            error = add_listener(owners, conn, entry);
    }
    return error;
}

int owners_list_listeners(struct owners *owners, const struct frame *next,
                          const struct frame *listeners)
{
    struct listener_list *list = &owners->listeners;

    list->count = 0;
    if (!owners->awaited.any)
        return 0;
    const int error = list_awaited(owners, listeners ? listeners : next, !listeners);
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare_ports);
    return error;
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

uint32_t owners_find_listeners(const struct owners *owners, const struct conn *conn,
                               uint32_t *entries, uint32_t size)
{
    const struct listener_list *list = &owners->listeners;
    uint32_t low = 0;
    int best = 1;
    uint32_t count = 0;

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
