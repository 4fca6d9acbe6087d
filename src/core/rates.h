/* Smoothed rates, creation bounds and what else follows from two samples of a row. Used by track
 * only. Pure. */
#ifndef TCPLENS_CORE_RATES_H
#define TCPLENS_CORE_RATES_H

#include "core/frame.h"

/* A pair of amounts: of bytes, or of bytes a second. */
struct in_out {
    uint64_t in, out;
};

/* All rates fade alike: so the rate of what a row carried goes on as that of a flow where the row
 * ends, and the sum over time of what is shown is what was carried. */
uint64_t rates_step(uint64_t rate, uint64_t bytes, int64_t elapsed_ns);

/* A flow in the next frame, if nothing comes to it: false when it has faded away, and nothing was
 * sent in it lately. */
bool flow_fade(struct flow *flow, int64_t elapsed_ns);

/* Sets next's rates (KNOWN_RATES) from the row's counters in two frames, elapsed_ns apart. `rest`:
 * what a flow goes on with, since an idle row shows 0 sooner than its rate fades. */
void rates_update(const struct conn *previous, struct conn *next, int64_t elapsed_ns,
                  struct in_out *rest);
/* The same of a row that opened since the frame before and carried so many bytes. */
void rates_begin(struct conn *next, const struct in_out *bytes, int64_t elapsed_ns);

/* Since when its accept queue is full, after what was carried; begins with the frame's time.
 * seen: there was a frame before, in which it was not. */
void queue_update(struct conn *conn, int64_t wall_ns, bool seen);

/* What tcp_info says of the age of a row of `frame`, intersected with its bounds. */
void bounds_from_info(struct conn *conn, const struct frame *frame, int64_t tick_ns);

/* The row was created at min_ns at the earliest, at max_ns at the latest: narrows its bounds. A
 * bound that would cross one known before is left out. */
void bounds_at_least(struct conn *conn, int64_t min_ns);
void bounds_at_most(struct conn *conn, int64_t max_ns);
void bounds_exact(struct conn *conn, int64_t created_ns);

#endif
