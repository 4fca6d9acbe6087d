/* accept_queues: see listen.h. */
#include "source/owners/listen.h"

#include "base/grow.h"
#include "base/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_ports(const void *a, const void *b)
{
    const struct accept_listener *first = a;
    const struct accept_listener *second = b;
    return (first->port > second->port) - (first->port < second->port);
}

void accept_queues_done(struct accept_queues *queues)
{
    free(queues->listeners);
}

void accept_queues_clear(struct accept_queues *queues)
{
    if (queues->any)
        memset(queues->ports, 0, sizeof queues->ports);
    queues->any = false;
    queues->count = 0;
}

void accept_queues_note(struct accept_queues *queues, const struct conn *conn)
{
    const uint16_t port = conn->tuple.local_port;

    queues->ports[port / 8] |= (uint8_t)(1u << port % 8);
    queues->any = true;
}

bool accept_queues_has_port(const struct accept_queues *queues, const struct conn *listener)
{
    const uint16_t port = listener->tuple.local_port;
    return queues->ports[port / 8] >> port % 8 & 1;
}

int accept_queues_add(struct accept_queues *queues, const struct conn *listener, uint32_t entry)
{
    if (GROW(queues->listeners, queues->capacity, queues->count + 1))
        return -ENOMEM;
    queues->listeners[queues->count++] =
        (struct accept_listener){.port = listener->tuple.local_port,
                                 .family = listener->tuple.family,
                                 .netns = listener->netns,
                                 .entry = entry,
                                 .bound = listener->tuple.local};
    return 0;
}

void accept_queues_sort(struct accept_queues *queues)
{
    sort_items(queues->listeners, queues->count, sizeof *queues->listeners, compare_ports);
}

/* How well a listener fits a connection's local end: the kernel prefers the exact address to the
 * wildcard, and IPv4 sockets to dual IPv6 ones (inet_lookup, compute_score). 0: not at all. A
 * request of a dual listener is of family INET, its socket of family INET6 with a mapped address.
 */
static int fit(const struct accept_listener *listener, const struct conn *conn)
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

uint32_t accept_queues_find(const struct accept_queues *queues, const struct conn *conn,
                            uint32_t *entries, uint32_t size)
{
    const struct accept_listener *list = queues->listeners;
    uint32_t low = 0;
    int best = 1;
    uint32_t count = 0;

    for (uint32_t high = queues->count; low < high;) {
        const uint32_t middle = low + (high - low) / 2;
        if (list[middle].port < conn->tuple.local_port)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < queues->count && list[low].port == conn->tuple.local_port; low++) {
        const int score = fit(&list[low], conn);
        if (score < best)
            continue;
        if (score > best)
            count = 0;
        best = score;
        if (count < size)
            entries[count++] = list[low].entry;
    }
    return count;
}
