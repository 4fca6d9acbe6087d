/* What the collector's thread counts, and what readers see. Internal to core/metrics. */
#ifndef TCPLENS_CORE_METRICS_COUNTING_H
#define TCPLENS_CORE_METRICS_COUNTING_H

#include "base/map.h"
#include "core/event_place.h"
#include "core/metrics/peers.h"
#include "core/metrics/sets.h"
#include "core/port_set.h"

#include <pthread.h>

/* Segments as the kernel counts them for the whole namespace. */
struct segments {
    uint64_t in, out, retrans;
    bool known;
};

/* A copy of what was counted as of a frame, for readers. */
struct metrics_reading {
    struct label_set *sets;
    uint32_t set_count, set_capacity;
    struct place *places; /* their texts live as long as the metrics */
    uint32_t place_count, place_capacity;
    struct peer *peers;
    uint32_t peer_count, peer_capacity;
    struct counters other_peers;
    struct segments segments;
    uint64_t folded, frames, events_lost, ageless;
};

/* A connection whose opening was seen, until it ends. */
struct life {
    uint64_t key;
    int64_t mono_ns;
    uint32_t set;
};

/* Name of the namespace for a label, "" where there is one only. */
const char *metrics_netns_label(const struct frame *frame, uint32_t key);

struct metrics {
    struct metrics_settings settings;

    /* used by the collector's thread only */
    struct sets sets;
    struct peers peers;
    struct segments segments;
    uint64_t frames, events_lost;
    uint64_t ageless; /* ended at an age that is unknown */
    uint64_t cursor;  /* of the ring; 0 = not begun */
    int64_t chosen_ns;
    struct life *lives;
    uint32_t life_count, life_capacity;
    struct map life_index;
    struct map places; /* of the present frame: namespace and group -> place */
    struct event_places processes;
    struct port_set listening, listening_before; /* in the present frame and the last one */
    bool listeners_seen;                         /* both are up to date */
    uint16_t port_first, port_last;              /* the kernel's range of ephemeral ports */

    pthread_mutex_t lock; /* guards what follows */
    struct metrics_reading reading;
};

#endif
