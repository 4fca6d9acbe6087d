/* Peers with series of their own: those with most traffic. A peer's series begins at 0; its traffic
 * before that, or after a busier peer replaced it, is counted under "other", so that no counter
 * ever decreases. Internal to core/metrics. */
#ifndef TCPLENS_CORE_METRICS_PEERS_H
#define TCPLENS_CORE_METRICS_PEERS_H

#include "base/hash_index.h"
#include "core/counters.h"
#include "core/metrics/metrics.h"

struct peer {
    struct addr address;
    uint8_t family;
    bool shown;              /* it has a series */
    struct counters carried; /* since then */
    uint64_t lately;         /* bytes since peers_choose() */
    uint32_t idle;           /* how often in succession peers_choose() found no traffic */
};

struct peers {
    uint32_t wanted;
    struct peer *list; /* the shown ones, then candidates */
    uint32_t count, capacity, shown;
    struct hash_index index;
    struct counters other;
};

void peers_done(struct peers *peers);
void peers_count(struct peers *peers, const struct addr *address, uint8_t family,
                 const struct counters *grown);
/* Chooses the peers that are shown; called once an interval. */
void peers_choose(struct peers *peers);

#endif
