/* Peers with series of their own: those that carried most. A peer's series begins at 0 when it gets
 * one, and what it carries until then, or after it lost it to a busier one, is counted under
 * "other": so no counter ever goes back. Internal to core/metrics. */
#ifndef TCPLENS_CORE_METRICS_PEERS_H
#define TCPLENS_CORE_METRICS_PEERS_H

#include "base/hash_index.h"
#include "core/counters.h"
#include "core/metrics/metrics.h"

struct peer {
    struct addr address;
    uint8_t family;
    bool shown;              /* it has series */
    struct counters carried; /* since it has */
    uint64_t lately;         /* bytes since peers_choose() */
    uint32_t idle;           /* how often in turn peers_choose() found it without any */
};

struct peers {
    uint32_t wanted;
    struct peer *list; /* those that are shown, then candidates */
    uint32_t count, capacity, shown;
    struct hash_index index;
    struct counters other;
};

void peers_done(struct peers *peers);
void peers_count(struct peers *peers, const struct addr *address, uint8_t family,
                 const struct counters *grown);
/* Chooses anew who is shown; once an interval. */
void peers_choose(struct peers *peers);

#endif
