/* The last events of one connection or one process, by number: read back from the ring when they
 * are drawn. */
#ifndef TCPLENS_UI_RECENT_EVENTS_H
#define TCPLENS_UI_RECENT_EVENTS_H

#include "ui/pane/pane.h"

#define RECENT_EVENTS 16

struct event_subject {
    uint64_t serial; /* of a connection, else 0 */
    uint64_t cookie; /* of it, 0 = unknown */
    uint32_t netns;
    struct tuple tuple;
    int32_t pid; /* of a process, where serial is 0 */
    uint64_t start_ticks;
};

struct recent_events {
    uint64_t numbers[RECENT_EVENTS]; /* oldest first */
    uint32_t count;
    uint64_t cursor; /* on the ring, 0 = nothing was read yet */
    int64_t read_ns; /* monotonic: the frame up to which it was read */
};

struct event_subject event_subject_of_conn(const struct conn *conn);
struct event_subject event_subject_of_proc(const struct proc *proc);
bool event_is_of(const struct event *event, const struct event_subject *subject);
/* Takes in what the picture covers; at first no more than the last ones of the ring. */
void recent_events_read(struct recent_events *recent, const struct picture *picture,
                        const struct event_subject *subject);
/* The newest as lines from `row` on, newest last. */
void recent_events_draw(const struct recent_events *recent, const struct picture *picture,
                        const struct canvas *canvas, int row);

#endif
