/* turns: reads the network namespaces beside ours for a frame, within a budget of CPU: those whose turn it
 * is by a dump, and where it costs less, what processes have open in all of them by one walk (held.h).
 * What is not read keeps the rows of the frame before. Only the collector thread uses it. */
#ifndef TCPLENS_SOURCE_TURNS_H
#define TCPLENS_SOURCE_TURNS_H

#include "core/frame.h"
#include "core/wish.h"
#include "source/held.h"
#include "source/live_filter.h"
#include "source/live_places.h"
#include "source/row_index.h"

struct turns {
    struct places *places;
    const struct live_filter *filter;
    struct frame_pool *scratch;
    struct frame *last; /* the frame before; NULL: none */
    bool reads_all;     /* all, whatever it costs */
    bool walks;         /* a walk is used whatever it costs */
    bool enters;        /* there is sock_diag; else /proc/net/tcp of them is all */
    struct held held;
    int64_t dump_ns;   /* CPU of one dump beside ours, on average; 0 = unknown */
    uint32_t unwalked; /* frames since the last walk */
    uint8_t *ways;     /* scratch: how the rows of each of frame->namespaces came into it */
    bool *drop;
    uint32_t way_capacity, drop_capacity;
    struct row_index index;
};

void turns_done(struct turns *turns);

/* The namespaces of the frame but ours, whose rows it has already. 0 or -ENOMEM. */
int turns_read(struct turns *turns, struct frame *frame, const struct wish *wish);

/* Its rows stand for those that the next frame does not read. */
void turns_remember(struct turns *turns, struct frame *frame);

/* Appends a row of one frame to another, as it was. 0 or -ENOMEM. */
int turns_copy_row(struct frame *to, const struct frame *from, const struct conn *conn);

#endif
