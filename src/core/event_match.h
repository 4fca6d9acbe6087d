/* event_match: whether an event satisfies a filter, by one rule for all commands: each word of the
 * filter is tested against the event's own facts first, then those of its row. Pure. */
#ifndef TCPLENS_CORE_EVENT_MATCH_H
#define TCPLENS_CORE_EVENT_MATCH_H

#include "base/map.h"
#include "core/event.h"
#include "core/view.h"

/* Zeroed at first. Finds the rows of one frame by serial; reused from event to event. */
struct event_match {
    struct map row_of; /* serial -> row */
    struct frame_mark of;
};

void event_match_done(struct event_match *match);

/* context->frame is the frame with the rows, or NULL; now_ns is ignored. accept NULL accepts all.
 * EVENT_LOST is always accepted. */
bool event_match_accepts(struct event_match *match, view_accept accept, const void *accept_data,
                         const struct column_context *context, const struct event *event);

#endif
