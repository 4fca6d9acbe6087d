/* event_place: facts about an event that a frame has: user, unit and container of the process that
 * it names, if the frame still has that, else of the control group in which the socket was made;
 * and the row of its connection. Pure. */
#ifndef TCPLENS_CORE_EVENT_PLACE_H
#define TCPLENS_CORE_EVENT_PLACE_H

#include "base/map.h"
#include "core/event.h"
#include "core/frame.h"

struct event_place {
    /* Owned by the frame; "" = none, or unknown. user: of the socket; if that is unknown, of the
     * process. */
    const char *user, *unit, *container;
    uint64_t serial;        /* of the row, 0 = none */
    const char *host;       /* NULL: the only one */
    uint32_t netns;         /* with host: inode number of the namespace, 0 = unknown */
    int64_t clock_error_ns; /* with host: how wrong the event's time can be as to the clock of its
                             * host; 0 = unknown */
};

/* Zeroed at first. Finds processes, groups and rows of one frame by number; reused from event to
 * event. */
struct event_places {
    struct map procs;  /* host and pid -> index in frame.procs */
    struct map groups; /* cgroup id -> index in frame.groups */
    struct map rows;   /* cookie -> index in frame.conns; filled when first needed */
    bool rows_filled;
    struct frame_mark of;
};

void event_places_done(struct event_places *places);
/* The host of an event of a frame of several; NULL: there is one only, or frame is NULL. */
const struct frame_host *event_host(const struct frame *frame, const struct event *event);
/* The frame's process that the event names; NULL: it has none, or frame is NULL. */
const struct proc *event_places_process(struct event_places *places, const struct frame *frame,
                                        const struct event *event);
/* frame may be NULL: then only what the event says. For an event from a log, its line counts. */
struct event_place event_places_find(struct event_places *places, const struct frame *frame,
                                     const struct event *event);

#endif
