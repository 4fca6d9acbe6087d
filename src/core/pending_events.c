/* pending_events: a ring of events. Independent of what they wait for. */
#include "core/pending_events.h"

static uint32_t slot_at(const struct pending_events *pending, uint32_t place)
{
    return (pending->first + place) % PENDING_EVENTS_MAX;
}

static void drop_taken(struct pending_events *pending)
{
    while (pending->count && pending->cookies[pending->first] == 0) {
        pending->first = slot_at(pending, 1);
        pending->count--;
    }
}

bool pending_events_add(struct pending_events *pending, const struct event *event)
{
    if (!event->cookie || pending->count == PENDING_EVENTS_MAX)
        return false;
    const uint32_t slot = slot_at(pending, pending->count++);
    pending->cookies[slot] = event->cookie;
    pending->events[slot] = *event;
    return true;
}

bool pending_events_take(struct pending_events *pending, uint32_t netns, uint64_t cookie,
                         struct event *event)
{
    for (uint32_t place = 0; cookie && place < pending->count; place++) {
        const uint32_t slot = slot_at(pending, place);
        if (pending->cookies[slot] != cookie || pending->events[slot].netns != netns)
            continue;
        *event = pending->events[slot];
        pending->cookies[slot] = 0;
        drop_taken(pending);
        return true;
    }
    return false;
}

bool pending_events_take_oldest(struct pending_events *pending, int64_t mono_ns,
                                struct event *event)
{
    if (!pending->count || pending->events[pending->first].mono_ns > mono_ns)
        return false;
    *event = pending->events[pending->first];
    pending->cookies[pending->first] = 0;
    drop_taken(pending);
    return true;
}
