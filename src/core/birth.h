/* birth: what a row knows of its creation, in the event that ends its connection. Pure. */
#ifndef TCPLENS_CORE_BIRTH_H
#define TCPLENS_CORE_BIRTH_H

#include "core/event.h"

/* Bounds, and the age by the later one where they are near each other: no more than doubt_ns or a
 * hundredth of the age apart, or no further than the two frames between which it opened. now_ns: the
 * time of the event by the clock of the row's frame. */
void event_set_birth(struct event *event, const struct conn *conn, int64_t now_ns,
                     int64_t doubt_ns);
/* The moment itself is known. */
void event_set_born(struct event *event, int64_t created_ns);

#endif
