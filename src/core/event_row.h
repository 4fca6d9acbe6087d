/* An event seen as a row, so that the filter language and the columns apply to what has happened as
 * they do to what is there. Pure. */
#ifndef TCPLENS_CORE_EVENT_ROW_H
#define TCPLENS_CORE_EVENT_ROW_H

#include "core/event.h"
#include "core/frame.h"

/* A frame of one row, borrowing text and arrays from the event and from base. */
struct event_row {
    struct frame frame; /* no pool, no arena: never released */
    struct conn conn;
    struct proc proc;
    uint32_t owner_ref;
};

/* Fills row: what the event says, and for all else what conn says, the row of base that it belongs
 * to. `conn` NULL: there is none. base NULL: no users, interfaces, units either. All must outlive
 * it. Of an event state_age is the time in the state that it left, age that at its time. */
void event_row_fill(struct event_row *row, const struct event *event, const struct frame *base,
                    const struct conn *conn);

#endif
