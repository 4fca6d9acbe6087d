/* event_facts: copies facts of a row into an event of its connection. Pure. */
#ifndef TCPLENS_CORE_EVENT_FACTS_H
#define TCPLENS_CORE_EVENT_FACTS_H

#include "core/event.h"
#include "core/frame.h"

/* The process that holds it, or held it last; nothing where neither is known. */
void event_set_owner(struct event *event, const struct frame *frame, const struct conn *conn);
void event_set_totals(struct event *event, const struct conn *conn); /* counters and round trip */
void event_set_duration(struct event *event, int64_t duration_ns);   /* not below 0 */
/* Bounds of its creation, and the age, by the later bound, where they are close: at most doubt_ns
 * or a hundredth of the age apart, or as far as the two frames between which it opened. now_ns: the
 * time of the event by the clock of the row's frame. */
void event_set_birth(struct event *event, const struct conn *conn, int64_t now_ns,
                     int64_t doubt_ns);
/* Sets the exact time of its creation. */
void event_set_born(struct event *event, int64_t created_ns);

#endif
