/* held: events that wait a little for the owner of their connection: accept() names it after the
 * connection stands. First in, first out, and out of turn by cookie. Used by the events layer only,
 * under its lock. Pure. */
#ifndef TCPLENS_CORE_HELD_H
#define TCPLENS_CORE_HELD_H

#include "core/event.h"

#define HELD_MAX 256u

struct held {
    uint32_t first, count;      /* slots in use, those taken out of turn included */
    uint64_t cookies[HELD_MAX]; /* 0 = taken out of turn */
    struct event events[HELD_MAX];
};

static inline bool held_any(const struct held *held)
{
    return held->count > 0;
}

static inline uint32_t held_room(const struct held *held)
{
    return HELD_MAX - held->count;
}

/* False: full, or without a cookie. */
bool held_add(struct held *held, const struct event *event);
/* The oldest event of the connection; false when none is held. */
bool held_take(struct held *held, uint32_t netns, uint64_t cookie, struct event *event);
/* The oldest event of all if it is not younger; false when there is none. */
bool held_take_oldest(struct held *held, int64_t mono_ns, struct event *event);

#endif
