/* An event seen as a row, so that the filter language and the columns apply to what has happened as
 * they do to what is there. Pure. */
#ifndef TCPLENS_CORE_EVENT_ROW_H
#define TCPLENS_CORE_EVENT_ROW_H

#include "core/event.h"
#include "core/frame.h"

/* A frame of one row, borrowing text from the event and, where it has the process, from base. */
struct event_row {
    struct frame frame; /* no pool, no arena: never released */
    struct conn conn;
    struct proc proc;
    uint32_t owner_ref;
};

/* Fills row; base may be NULL (no users, interfaces, units then). event and base must outlive it.
 */
void event_row_fill(struct event_row *row, const struct event *event, const struct frame *base);

#endif
