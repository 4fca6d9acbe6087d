/* netns_time: when the rows of a network namespace were read, for a frame and for the one before.
 * Where a frame shows one namespace, all at once; else each namespace has its own time, and one
 * whose turn it was not keeps its rows. Rows that no process has open, and sockets that are only
 * bound, may be read less often. Used by track and account. Pure. */
#ifndef TCPLENS_CORE_NETNS_TIME_H
#define TCPLENS_CORE_NETNS_TIME_H

#include "core/frame.h"

struct netns_time {
    uint32_t netns;
    uint8_t rows; /* enum netns_rows */
    bool known;   /* what follows is of that namespace */
    bool is_new;  /* no frame before had read it */
    /* it is new, but the last frame already listed it, so its rows may be older than that */
    bool was_listed;
    bool is_kept;             /* it was not read for this frame */
    int64_t previous_mono_ns; /* read for the frame before */
    int64_t elapsed_ns;       /* since then */
};

/* Sets `time` for that namespace; cheap if it was for the same one before. previous may be NULL. */
void netns_time_of(struct netns_time *time, const struct frame *previous, const struct frame *next,
                   uint32_t netns, enum netns_rows rows);

#endif
