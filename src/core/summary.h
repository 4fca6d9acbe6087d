/* summary: statistics of the frames and events of a session log: how many connections were in each
 * state, which places opened most and retransmitted most, which accept queues filled. Pure. */
#ifndef TCPLENS_CORE_SUMMARY_H
#define TCPLENS_CORE_SUMMARY_H

#include "base/hash_index.h"
#include "base/map.h"
#include "core/event.h"
#include "core/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct summary_count {
    uint32_t count;
    int64_t wall_ns; /* of the first frame with that number */
};
struct summary_range {
    struct summary_count least, most;
    uint32_t last;
};

/* Where connections go to, or come from. */
struct summary_place {
    struct addr remote;
    uint16_t port; /* outbound: the remote one; inbound: the listener's */
    uint8_t family;
    bool inbound;
    uint32_t netns;
    int32_t pid;               /* of our process, the last one known; 0 = unknown */
    bool several;              /* processes */
    char name[EVENT_NAME_MAX]; /* of that process, "" = unknown */
    uint64_t opens;
    uint64_t sent_bytes, retrans_bytes; /* within the log */
};
#define SUMMARY_PLACES_MAX 65536u

/* A LISTEN row whose accept queue was full, or that dropped segments. */
struct summary_listener {
    uint64_t serial; /* 0 = of an earlier recording */
    struct addr local;
    uint16_t port;
    uint8_t family;
    uint32_t netns;
    int32_t pid; /* 0 = unknown */
    char name[EVENT_NAME_MAX];
    uint32_t queue, backlog; /* when it was fullest */
    int64_t queue_ns;        /* wall clock of that */
    int64_t full_first_ns;   /* wall clock at which it was first full, 0 = never */
    int64_t full_ns;         /* for how long, all together */
    uint64_t drops;          /* segments, within the log */
    uint32_t drops_before;
};

struct summary_bytes {
    uint64_t sent, retrans;
    uint32_t place;
};

struct summary {
    uint64_t frames, frames_with_gaps;
    int64_t first_ns, last_ns; /* wall clock */
    int64_t longest_ns;        /* between two frames */
    char host[64];
    struct summary_range all, states[STATE_COUNT]; /* live rows */
    uint64_t opened, changed, closed, lost;        /* events; lost: at least this many more */
    uint64_t in_bytes, out_bytes, sent_bytes, retrans_bytes;

    struct summary_place *places;
    uint32_t place_count, place_capacity;
    struct hash_index place_index;
    uint64_t elsewhere; /* opens beyond SUMMARY_PLACES_MAX places */
    struct summary_listener *listeners;
    uint32_t listener_count, listener_capacity;
    uint32_t earlier_count; /* of listeners with serial 0 */
    struct map listener_of; /* by serial */

    /* between frames */
    int64_t mono_ns;
    bool is_recording;              /* a frame of this recording was taken, */
    int64_t recording_mono_ns;      /* the first one then */
    uint64_t cursor;                /* of the ring */
    uint8_t listens[65536 / 8];     /* ports */
    struct summary_bytes *bytes[2]; /* of the rows of this frame and the one before */
    uint32_t bytes_count, bytes_capacity[2];
    struct map bytes_of[2]; /* by serial */
    uint8_t now;
};

void summary_init(struct summary *summary);
void summary_done(struct summary *summary);
/* What follows is another recording of the same log: its rows are numbered anew. */
void summary_begin_recording(struct summary *summary);
/* The next frame, and the events up to it. 0 or -ENOMEM. */
int summary_take(struct summary *summary, const struct frame *frame, struct event_ring *ring);
/* The events behind the last frame. 0 or -ENOMEM. */
int summary_take_rest(struct summary *summary, struct event_ring *ring);

enum summary_order { SUMMARY_BY_OPENS, SUMMARY_BY_RETRANS };
/* The places with the highest values, at most `most`, without those with 0. Returns how many. */
size_t summary_top(const struct summary *summary, enum summary_order order,
                   const struct summary_place **top, size_t most);
/* Listeners that were full, longest first, then those that only dropped segments. */
size_t summary_listeners(const struct summary *summary, const struct summary_listener **top,
                         size_t most);

#endif
