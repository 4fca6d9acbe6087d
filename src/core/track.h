/* track: what a connection carries from frame to frame: serial, marks, rates, creation bounds, time
 * in its state, ghosts. Completes a frame that a source filled, from the frame before and their
 * diff, and reports what happened as events. Owned by the collector thread. Pure: the time comes
 * with the frames. */
#ifndef TCPLENS_CORE_TRACK_H
#define TCPLENS_CORE_TRACK_H

#include "core/account.h"
#include "core/diff.h"
#include "core/endings.h"
#include "core/event.h"
#include "core/frame.h"

struct track;

struct track_settings {
    int64_t highlight_ns;     /* how long ghosts and marks are kept; 0 = no ghosts; default 3 s. Of
                           * more than 16,384 ghosts the newest are */
    int64_t tick_ns;          /* kernel clock tick, 4 ms where not known better */
    struct account_sink sink; /* zero: none */
};

struct track *track_new(const struct track_settings *settings); /* NULL: out of memory */
void track_free(struct track *track);

/* What was reported between the frames by an events source (bpf, destroy group), in order of time,
 * before the frame that follows it is tracked: marks, creation and state times of rows become
 * exact, and track does not tell the same change twice. A change must be noted before the first
 * frame that shows it is tracked, else that frame tells it too. A frame may be older than the note
 * (the row was dumped before it happened): the next frame is expected to show it, and what was
 * reported as open but is in no second frame either is then reported as closed. A connection that
 * opened and closed between two frames becomes a ghost with its final counters. Events of kind LOST
 * are ignored. 0 or -ENOMEM. */
int track_note_event(struct track *track, const struct event *event);

/* The end of a full socket, whether or not an event is reported of it: its final counters. In the
 * same order as the events, and before the frame that follows it is tracked. 0 or -ENOMEM. */
int track_note_end(struct track *track, const struct socket_end *end);

/* Completes `next` (rows' carried fields, ghosts, flows, totals) and pushes its events into ring
 * (may be NULL); sets next->first_event and next_event when ring is given. previous is NULL for the
 * first frame of a session: it opens nothing; else it is the frame that was tracked last.
 *
 * A row that closed goes on as a ghost, by mono_ns of the frames: DELETE-TCB, `from` its last
 * state, what was last known of it, owner word PROCESS turned into LAST. Owners of next are filled
 * in before track: a process, group or detail that a ghost refers to and next does not hold (same
 * pid and start, same id and path) is copied from previous, text and all; whether such a process
 * lives on is not known here: `gone` stays as it was, unless `next` lists its pid with another
 * start.
 *
 * 0 or -ENOMEM: next then lacks ghosts or events, and is usable. */
int track_apply(struct track *track, const struct frame *previous, struct frame *next,
                const struct diff *diff, struct event_ring *ring);

#endif
