/* Events derived from frames: opens, transitions and closes between two frames. Used by track only.
 * Pure. */
#ifndef TCPLENS_CORE_FRAME_EVENTS_H
#define TCPLENS_CORE_FRAME_EVENTS_H

#include "core/event.h"
#include "core/frame.h"

struct emitter {
    const struct frame *previous, *next;
    struct event_ring *ring; /* NULL: no events */
    int64_t elapsed_ns;      /* between the two frames */
    int64_t tick_ns;
};

/* Network namespaces that are in only one of the two frames. */
void emit_netns_appeared(const struct emitter *emitter);
void emit_netns_ended(const struct emitter *emitter);
void emit_open(const struct emitter *emitter, const struct conn *conn);
/* before: the row in previous, NULL if there is none. since_ns: when it entered `from`, NULL = not
 * known. */
void emit_state(const struct emitter *emitter, const struct conn *before, const struct conn *conn,
                uint8_t from, const int64_t *since_ns);
/* The row as it was last seen (in `frame`, where its owner is). */
void emit_close(const struct emitter *emitter, const struct frame *frame, const struct conn *conn,
                uint8_t from);

#endif
