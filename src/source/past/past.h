/* past: the recent past of a live screen in memory: rows as they stand, what changed of them from
 * frame to frame, one zstd block a frame, whole frames in between. Bounded: the oldest leave. One
 * thread at a time. Independent of where frames come from, and of the session log. */
#ifndef TCPLENS_SOURCE_PAST_PAST_H
#define TCPLENS_SOURCE_PAST_PAST_H

#include "core/event.h"
#include "source/source.h"

#include <stddef.h>

struct past;

struct past_reach {
    uint32_t frames;
    size_t bytes;             /* that they take */
    int64_t begin_ns, end_ns; /* wall clock of the first and the last; 0 without any */
};

int past_new(struct past **past, uint64_t limit_bytes); /* 0 or -errno */
void past_free(struct past *past);
/* Keeps a frame, and a reference to it until the next. 0 or -errno: it is not kept. */
int past_add(struct past *past, struct frame *frame);
void past_reach(const struct past *past, struct past_reach *reach);

/* The frames kept, as a source that travels (replay.h says how), in the thread that adds. Its
 * events are those of the ring. Both must outlive it. 0 or -errno. */
int past_open(struct source **source, struct past *past, struct event_ring *ring);

#endif
