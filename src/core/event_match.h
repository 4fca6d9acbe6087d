/* Does an event satisfy a filter? Everywhere by the same rule: each word of the filter means the
 * event's own facts first, then those of the row that it belongs to. Pure. */
#ifndef TCPLENS_CORE_EVENT_MATCH_H
#define TCPLENS_CORE_EVENT_MATCH_H

#include "base/map.h"
#include "core/event.h"
#include "core/view.h"

/* All zero to begin with. Finds the rows of one frame by serial; kept from event to event. */
struct event_match {
    struct map row_of; /* serial -> row */
    const struct frame *frame;
    uint64_t number; /* of that frame: its memory may be another one's by now */
    int64_t wall_ns;
};

void event_match_done(struct event_match *match);

/* context->frame is the frame with the rows, NULL: none; now_ns is not read. accept NULL accepts
 * all. Events that were lost are always accepted. */
bool event_match_accepts(struct event_match *match, view_accept accept, const void *accept_data,
                         const struct column_context *context, const struct event *event);

#endif
