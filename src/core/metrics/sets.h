/* Label sets and what is counted for each. Internal to core/metrics. */
#ifndef TCPLENS_CORE_METRICS_SETS_H
#define TCPLENS_CORE_METRICS_SETS_H

#include "base/hash_index.h"
#include "core/counters.h"
#include "core/event.h"
#include "core/metrics/metrics.h"

#define HISTOGRAM_BOUNDS_MAX 12u
#define PORT_OTHER           UINT32_MAX        /* of the set for what does not fit */
#define PORT_EPHEMERAL       (UINT32_MAX - 1u) /* in the range that the kernel chooses from */
#define SET_OTHER            0u                /* the first set there is */

/* Upper bounds in seconds, 0 behind the last; +Inf is not among them. */
struct histogram_bounds {
    double bounds[HISTOGRAM_BOUNDS_MAX];
};
extern const struct histogram_bounds CONNECT_BOUNDS, LIFETIME_BOUNDS, RTT_BOUNDS;

struct histogram {
    uint64_t buckets[HISTOGRAM_BOUNDS_MAX + 1]; /* not cumulated; the last: +Inf */
    uint64_t count;
    double sum;
};
void histogram_observe(struct histogram *histogram, const struct histogram_bounds *bounds,
                       double seconds);

struct label_set {
    uint32_t place; /* index in struct sets.places */
    uint32_t port;  /* of the listener, or of the peer's where we are the client */
    bool served;
    struct counters carried;
    uint64_t opens, closes, failed;
    uint64_t ends[END_COUNT]; /* of the closes, by enum event_end where it is no orderly one */
    struct histogram connect, lifetime, rtt;
};

/* Whose: network namespace, unit, container. */
struct place {
    char *netns;            /* "" = there is one only */
    char *unit, *container; /* "" = none, or unknown */
};

struct sets {
    struct label_set *list;
    uint32_t count, capacity;
    struct hash_index index;
    struct place *places;
    uint32_t place_count, place_capacity;
    uint64_t folded; /* how often something was counted under "other" */
};

int sets_init(struct sets *sets); /* 0 or -ENOMEM */
void sets_done(struct sets *sets);
/* The number of a place. 0 = everything unknown, also when out of memory. */
uint32_t sets_place(struct sets *sets, const char *netns, const char *unit, const char *container);
/* Its index; SET_OTHER where there are too many. */
uint32_t sets_find(struct sets *sets, uint32_t place, uint32_t port, bool served);

#endif
