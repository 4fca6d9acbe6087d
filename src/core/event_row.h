/* event_row: an event as a row, so that filters and columns apply to events as they do to rows.
 * Pure. */
#ifndef TCPLENS_CORE_EVENT_ROW_H
#define TCPLENS_CORE_EVENT_ROW_H

#include "core/event.h"
#include "core/frame.h"

/* A frame with one row, which borrows text and arrays from the event and from base. */
struct event_row {
    struct frame frame; /* without pool and arena: never released */
    struct conn conn;
    struct proc proc;
    uint32_t owner_ref;
};

/* Fills row with the event's facts and, for everything else, those of conn, its row in base. conn
 * NULL: there is none. base NULL: no users, interfaces, units either. All must outlive `row`.
 * state_age is the time spent in the state before the event, age that of the connection at its
 * time. */
void event_row_fill(struct event_row *row, const struct event *event, const struct frame *base,
                    const struct conn *conn);

#endif
