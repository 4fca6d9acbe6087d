/* fleet: merges the latest frames of several hosts into one. Each host has its own clock, network
 * namespaces, processes, users and serials: in the merged frame times are by our clock, conn.netns
 * is a key unique among all hosts, and serials contain the host's number. Pure. */
#ifndef TCPLENS_CORE_FLEET_H
#define TCPLENS_CORE_FLEET_H

#include "base/map.h"
#include "core/event.h"
#include "core/frame.h"

#define FLEET_KEYS_MAX 65536u /* namespaces of one host with a key */

/* Keys of the namespaces of one host, the same from frame to frame. All zero to begin with. */
struct fleet_keys {
    struct map keys;
    uint32_t *next; /* the last key given, to any host */
};

void fleet_keys_done(struct fleet_keys *keys);
/* Of conn.netns as the host has it; 0 = out of memory. */
uint32_t fleet_key(struct fleet_keys *keys, uint32_t netns);

struct fleet_part {
    const struct frame *frame; /* NULL: none yet */
    struct frame_host host;    /* its state; the texts are copied */
    struct fleet_keys *keys;
    uint32_t generation;                  /* of its recording: a new one has new serials */
    int64_t wall_shift_ns, mono_shift_ns; /* from its clocks to ours */
    bool is_new;                          /* it was not part of the last merged frame */
};

/* Fills an empty frame whose number and times are set. 0 or -ENOMEM. */
int fleet_merge(struct frame *to, const struct fleet_part *parts, uint32_t count);
/* Adds to a frame of a host what happened in the one before it, which no merged frame shows.
 * same_rows: both are of one recording. */
void fleet_add_skipped(struct frame *frame, const struct frame *skipped, bool same_rows);
/* Converts the event to the clock and serials of the merged frames: when it arrives, for a host that
 * is started again has other clocks and new serials. Uses no keys. */
void fleet_stamp_event(struct event *event, const struct fleet_part *part);
/* Converts the event to the keys of the merged frames. */
void fleet_key_event(struct event *event, struct fleet_keys *keys);
/* Both at once. */
void fleet_move_event(struct event *event, const struct fleet_part *part);

#endif
