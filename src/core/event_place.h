/* event_place: whose an event is, beyond what the event itself says: user, unit and container of the
 * process that it names, where a frame still knows that, else of the control group that the socket
 * was made in; and the row that a frame has of its connection. Pure. */
#ifndef TCPLENS_CORE_EVENT_PLACE_H
#define TCPLENS_CORE_EVENT_PLACE_H

#include "base/map.h"
#include "core/event.h"
#include "core/frame.h"

struct event_place {
    /* The frame's; "" = none, or not known. user: of the socket; where that is not known, of the
     * process. */
    const char *user, *unit, *container;
    uint64_t serial;  /* of the row, 0 = none */
    const char *host; /* NULL: of the only one */
    uint32_t netns;   /* with host: inode number of the namespace, 0 = not known */
};

/* All zero to begin with. Finds what one frame has by number; kept from event to event. */
struct event_places {
    struct map procs;  /* host and pid -> index in frame.procs */
    struct map groups; /* cgroup id -> index in frame.groups */
    struct map rows;   /* cookie -> index in frame.conns; filled for the first event that asks */
    bool rows_filled;
    const struct frame *frame;
    uint64_t number; /* of that frame: its memory may be another one's by now */
};

void event_places_done(struct event_places *places);
/* The process that the event names, as the frame has it; NULL: it has none, or frame is NULL. */
const struct proc *event_places_process(struct event_places *places, const struct frame *frame,
                                        const struct event *event);
/* frame may be NULL: then only what the event says. Of an event of a log its line counts. */
struct event_place event_places_find(struct event_places *places, const struct frame *frame,
                                     const struct event *event);

#endif
