/* track: carries facts of connections from frame to frame: serials, marks, rates, creation bounds,
 * time in the state, ghosts. Completes a frame from the last one and their diff, and emits events.
 * Owned by the collector thread. Pure: time comes with the frames. */
#ifndef TCPLENS_CORE_TRACK_H
#define TCPLENS_CORE_TRACK_H

#include "core/account.h"
#include "core/diff.h"
#include "core/endings.h"
#include "core/event.h"
#include "core/frame.h"

struct track;

struct track_settings {
    /* how long ghosts and marks are kept; 0 = no ghosts; default 3 s. Beyond 16,384 ghosts only the
     * newest are kept */
    int64_t highlight_ns;
    int64_t tick_ns;          /* kernel clock tick, 4 ms by default */
    struct account_sink sink; /* zero: none */
};

struct track *track_new(const struct track_settings *settings); /* NULL: out of memory */
void track_free(struct track *track);

/* Takes an event that a source of events (bpf, destroy group) reported between frames, in order of
 * time: marks, creation and state times of rows become exact, and track does not report the change
 * again. It must be called before the first frame that shows the change is tracked, else that frame
 * reports it too. A frame may be older than the note (the row was dumped before it happened): the
 * next frame is expected to show it; a connection reported as open that is missing from a second
 * frame too is then reported as closed. A connection that opened and closed between two frames
 * becomes a ghost with its final counters. Events of kind LOST are ignored. 0 or -ENOMEM. */
int track_note_event(struct track *track, const struct event *event);

/* Takes the final counters of a full socket that ended, whether or not there is an event. In order
 * with the events, and before the next frame is tracked. 0 or -ENOMEM. */
int track_note_end(struct track *track, const struct socket_end *end);

/* Completes `next` (rows' carried fields, ghosts, flows, totals) and pushes its events into ring
 * (may be NULL); sets next->first_event and next_event when ring is given. previous is NULL for the
 * first frame of a session, which opens nothing; else the last frame that was tracked.
 *
 * A row that closed continues as a ghost, by mono_ns of the frames: DELETE-TCB, `from` its last
 * state, its last known facts, owner word LAST instead of PROCESS. Owners of next are filled in
 * before track: a process, group or detail that a ghost refers to and next lacks (same pid and
 * start, same id and path) is copied from previous, text and all; whether such a process still
 * exists is unknown here: `gone` is unchanged, unless `next` lists its pid with another start time.
 *
 * 0 or -ENOMEM: next may then lack ghosts or events, but is usable. */
int track_apply(struct track *track, const struct frame *previous, struct frame *next,
                const struct diff *diff, struct event_ring *ring);

#endif
