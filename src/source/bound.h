/* bound: sockets that are bound and neither listen nor are connected. The kernel finds them by
 * walking all bound ports, a quarter of the cost of a dump: where there are many rows, they are
 * read only every few seconds, and are unchanged in between. Only the collector thread uses it. */
#ifndef TCPLENS_SOURCE_BOUND_H
#define TCPLENS_SOURCE_BOUND_H

#include "core/frame.h"
#include "core/wish.h"
#include "source/row_index.h"

#define BOUND_EVERY_NS 5000000000LL
#define BOUND_ROWS     4000u /* with fewer rows, they are read in each dump */

struct bound {
    uint32_t rows; /* BOUND_ROWS, or what a test sets */
    /* monotonic: when they were last dumped; 0 = never, or all rows came from elsewhere */
    int64_t asked_ns;
    struct row_index index;
};

void bound_done(struct bound *bound);
/* The open page shows one: it is read with each frame. */
bool bound_is_page(const struct frame *last, const struct conn_key *page);
/* What a dump should read: the wish, or the wish without them. last may be NULL. */
struct wish bound_wish(struct bound *bound, const struct frame *frame, const struct frame *last,
                       const struct wish *wish);
/* Appends those of the last frame, of that namespace, unless the frame has them in another state.
 * To be called if the dump was without them. 0 or -ENOMEM. */
int bound_keep(struct bound *bound, struct frame *frame, const struct frame *last, uint32_t netns);

#endif
