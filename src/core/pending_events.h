/* pending_events: events that wait briefly for the owner of their connection: accept() reports it
 * after the connection is established. First in, first out, but also accessible by cookie. Used by
 * the events layer only, under its lock. Pure. */
#ifndef TCPLENS_CORE_PENDING_EVENTS_H
#define TCPLENS_CORE_PENDING_EVENTS_H

#include "core/event.h"

#define PENDING_EVENTS_MAX 256u

struct pending_events {
    uint32_t first, count;                /* slots in use, those taken out of turn included */
    uint64_t cookies[PENDING_EVENTS_MAX]; /* 0 = taken out of turn */
    struct event events[PENDING_EVENTS_MAX];
};

static inline bool pending_events_any(const struct pending_events *pending)
{
    return pending->count > 0;
}

static inline uint32_t pending_events_room(const struct pending_events *pending)
{
    return PENDING_EVENTS_MAX - pending->count;
}

/* False: full, or the event has no cookie. */
bool pending_events_add(struct pending_events *pending, const struct event *event);
/* The oldest event of the connection; false when none is pending. */
bool pending_events_take(struct pending_events *pending, uint32_t netns, uint64_t cookie,
                         struct event *event);
/* The oldest event, if it is old enough; false when there is none. */
bool pending_events_take_oldest(struct pending_events *pending, int64_t mono_ns,
                                struct event *event);

#endif
