/* held: a ring of events. Must not know what they wait for, nor read a clock. */
#include "core/held.h"

static uint32_t slot_at(const struct held *held, uint32_t place)
{
    return (held->first + place) % HELD_MAX;
}

static void drop_taken(struct held *held)
{
    while (held->count && held->cookies[held->first] == 0) {
        held->first = slot_at(held, 1);
        held->count--;
    }
}

bool held_add(struct held *held, const struct event *event)
{
    if (!event->cookie || held->count == HELD_MAX)
        return false;
    const uint32_t slot = slot_at(held, held->count++);
    held->cookies[slot] = event->cookie;
    held->events[slot] = *event;
    return true;
}

bool held_take(struct held *held, uint32_t netns, uint64_t cookie, struct event *event)
{
    for (uint32_t place = 0; cookie && place < held->count; place++) {
        const uint32_t slot = slot_at(held, place);
        if (held->cookies[slot] != cookie || held->events[slot].netns != netns)
            continue;
        *event = held->events[slot];
        held->cookies[slot] = 0;
        drop_taken(held);
        return true;
    }
    return false;
}

bool held_take_oldest(struct held *held, int64_t mono_ns, struct event *event)
{
    if (!held->count || held->events[held->first].mono_ns > mono_ns)
        return false;
    *event = held->events[held->first];
    held->cookies[held->first] = 0;
    drop_taken(held);
    return true;
}
