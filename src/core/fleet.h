/* fleet: one frame of the latest frames of several hosts. Each host has a clock, network namespaces,
 * processes, users and numbers of rows of its own: in the frame of all of them times are ours,
 * conn.netns is a key that no other host has, and serials have the host's number in front. Pure. */
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
    struct frame_host host;    /* what is said of it; its texts are copied */
    struct fleet_keys *keys;
    uint32_t generation;                  /* of its recording: another one counts its rows anew */
    int64_t wall_shift_ns, mono_shift_ns; /* from its clocks to ours */
    bool is_new;                          /* the frame was not in the fleet's frame before */
};

/* Fills an empty frame whose number and times are set. 0 or -ENOMEM. */
int fleet_merge(struct frame *to, const struct fleet_part *parts, uint32_t count);
/* The event as the fleet's frames have it. */
void fleet_move_event(struct event *event, const struct fleet_part *part);

#endif
