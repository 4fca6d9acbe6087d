/* held: rows of sockets that processes have open in other network namespaces, from one walk over
 * all of them (row_walk.h). Rows that no process has open are missing: TIME-WAIT, SYN-RECEIVED,
 * connections not yet accepted, orphans. */
#ifndef TCPLENS_SOURCE_HELD_H
#define TCPLENS_SOURCE_HELD_H

#include "core/frame.h"
#include "core/wish.h"
#include "source/live_places.h"
#include "source/repeats.h"
#include "source/row_walk.h"

struct held {
    struct row_walk walk; /* .walk NULL: there is none */
    struct repeats repeats;
    struct held_place {  /* by index in frame->namespaces */
        uint32_t hashed; /* connections and listeners: sockstat counts them as in use */
        bool lacks;      /* facts of a row that only a dump provides */
    } * places;
    uint32_t place_capacity;
    uint32_t first, count; /* rows of the frame from the walk */
    uint64_t strangest;    /* highest cookie of a namespace missing from the frame; 0 = none */
    int64_t cost_ns;       /* CPU of the last walk, 0 = unknown */
};

void held_done(struct held *held);

/* Appends them to the frame, for namespaces that it lists and that may be entered. last may be
 * NULL. 0; -ENOMEM; other -errno: the frame is unchanged, and unless it is -EAGAIN the walk is not
 * used again. */
int held_read(struct held *held, struct places *places, struct frame *frame,
              const struct frame *last, const struct wish *wish);

/* Removes the rows of namespaces for which drop[index] is true. */
void held_drop(struct held *held, struct frame *frame, const bool *drop);

#endif
