/* past: the history of the live screen in memory: changes from frame to frame, one zstd block per
 * frame, with whole frames in between. Bounded: the oldest frames are dropped. One thread at a
 * time. Independent of where frames come from, and of the session log. */
#ifndef TCPLENS_SOURCE_PAST_PAST_H
#define TCPLENS_SOURCE_PAST_PAST_H

#include "core/event.h"
#include "source/source.h"

#include <stddef.h>

struct past;

struct past_reach {
    uint32_t frames;
    size_t bytes;             /* memory that they take */
    int64_t begin_ns, end_ns; /* wall clock of the first and the last; 0 = none */
};

int past_new(struct past **past, uint64_t limit_bytes); /* 0 or -errno */
void past_free(struct past *past);
/* Stores a frame, and keeps a reference to it until the next. 0 or -errno (it is not stored). */
int past_add(struct past *past, struct frame *frame);
void past_reach(const struct past *past, struct past_reach *reach);

/* The stored frames as a source that can go back in time (see replay.h), for the thread that adds
 * frames. Its events are those of the ring. Both must outlive it. 0 or -errno. */
int past_open(struct source **source, struct past *past, struct event_ring *ring);

#endif
