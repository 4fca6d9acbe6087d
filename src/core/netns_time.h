/* netns_time: when the rows of a network namespace were read, for a frame and for the one before. All
 * at once where a frame shows one namespace; else each has its own time, and one whose turn it was not
 * has its rows of the frame before. What no process has open, and what is only bound, may be read more rarely than the rest. Used by track and account. Pure. */
#ifndef TCPLENS_CORE_NETNS_TIME_H
#define TCPLENS_CORE_NETNS_TIME_H

#include "core/frame.h"

struct netns_time {
    uint32_t netns;
    uint8_t rows;    /* enum netns_rows */
    bool known;      /* what follows is of that namespace */
    bool is_new;     /* no frame before had read it */
    bool was_listed; /* of one that is new: the frame before listed it all the same, so that
                               * its rows may be older than that */
    bool is_kept;    /* it was not read for this frame */
    int64_t previous_mono_ns; /* read for the frame before */
    int64_t elapsed_ns;       /* since then */
};

/* Of that namespace, from what `time` was last, which mostly is the same. previous may be NULL. */
void netns_time_of(struct netns_time *time, const struct frame *previous, const struct frame *next,
                   uint32_t netns, enum netns_rows rows);

#endif
