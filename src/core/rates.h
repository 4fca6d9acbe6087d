/* Smoothed rates, creation bounds and whatever else follows from two samples of a row. Used by
 * track only. Pure. */
#ifndef TCPLENS_CORE_RATES_H
#define TCPLENS_CORE_RATES_H

#include "core/frame.h"

/* A pair of amounts: of bytes, or of bytes a second. */
struct in_out {
    uint64_t in, out;
};

/* All rates fade alike: where a row ends, its rate continues in a flow, and rates summed over time
 * equal the bytes carried. */
uint64_t rates_step(uint64_t rate, uint64_t bytes, int64_t elapsed_ns);

/* Fades a flow to the next frame, without new traffic: false when it has faded away and nothing was
 * sent in it lately. */
bool flow_fade(struct flow *flow, int64_t elapsed_ns);

/* Sets next's rates (KNOWN_RATES) from the row's counters in two frames, elapsed_ns apart. `rest`:
 * the rest that a flow continues with, since an idle row shows 0 before its rate has faded. */
void rates_update(const struct conn *previous, struct conn *next, int64_t elapsed_ns,
                  struct in_out *rest);
/* The same for a row that opened since the last frame and carried so many bytes. */
void rates_begin(struct conn *next, const struct in_out *bytes, int64_t elapsed_ns);

/* Updates full_since_ns, which begins with the frame's time. seen: in the last frame it was not
 * full. */
void queue_update(struct conn *conn, int64_t wall_ns, bool seen);

/* Intersects the creation bounds of a row of `frame` with those from tcp_info. */
void bounds_from_info(struct conn *conn, const struct frame *frame, int64_t tick_ns);

/* The row was created at min_ns at the earliest, at max_ns at the latest: narrows its bounds. A
 * bound that contradicts an earlier one is ignored. */
void bounds_at_least(struct conn *conn, int64_t min_ns);
void bounds_at_most(struct conn *conn, int64_t max_ns);
void bounds_exact(struct conn *conn, int64_t created_ns);

#endif
