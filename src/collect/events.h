/* events: what happens between the frames. A thread moves what a source reports (bpf, or the destroy
 * groups) into the event ring at once, and never waits for a dump; the collector joins it with its
 * frames, so that nothing is reported twice and a frame never contradicts an event. */
#ifndef TCPLENS_COLLECT_EVENTS_H
#define TCPLENS_COLLECT_EVENTS_H

#include "core/diff.h"
#include "core/event.h"
#include "core/frame.h"
#include "core/track.h"
#include "source/source.h"

#include <stdbool.h>
#include <stdint.h>

enum events_source { EVENTS_AUTO, EVENTS_BPF, EVENTS_DESTROY, EVENTS_NONE };

#define EVENTS_KEPT_DEFAULT 524288u

#define EVENTS_WHY_MAX 144 /* BPF_TEXT_SIZE and a prefix */

struct events;

struct events_settings {
    enum events_source source;
    char *why;        /* NULL, or room for EVENTS_WHY_MAX: why there are none */
    bool every_netns; /* of all network namespaces that the frames show; else of ours */
    bool all_netns;   /* the frames show all there are */
    bool news;        /* events_take_news() will be called */
    /* Events between two frames that are kept for the second, 0 = EVENTS_KEPT_DEFAULT: what comes
     * beyond, while no frame can be made, is lost. */
    uint32_t kept;
    struct event_ring *ring;
    struct track *track;
    /* Called without any lock, after events were emitted. frame_is_due: so many wait that a frame
     * should be made now. */
    void (*emitted)(void *context, bool frame_is_due);
    void *context;
};

/* EVENTS_BPF: loads the program at once; -errno and why where that fails. Everything else is opened
 * by the thread after the first frame. */
int events_new(struct events **events, const struct events_settings *settings);
void events_free(struct events *events); /* stops the thread first if it runs */
int events_start(struct events *events); /* 0 or -errno; the caller has blocked all signals */
void events_ask_stop(struct events *events);
bool events_join(struct events *events, int64_t timeout_ns); /* false: still running */

/* Network namespaces in which something happened since the last call, each once. */
#define EVENTS_TOUCHED_MOST 256u
uint32_t events_take_touched(struct events *events, uint32_t netns[EVENTS_TOUCHED_MOST]);

/* What happened since the last call, until now. */
struct events_news {
    const struct source_news *list; /* each connection once; valid until the next call */
    uint32_t count;
    bool is_whole; /* no other connection changed its state, except where that makes no event */
    /* how long ago the oldest socket without a port was reported, since all rows were read;
     * 0 = there is none */
    int64_t waits_ns;
};
void events_take_news(struct events *events, struct events_news *news);

/* Called by the collector around track_apply. begin: emits and notes what happened until now,
 * writes into the frame what is missing, and emits nothing more until events_end_frame. */
void events_begin_frame(struct events *events, struct frame *next);
/* Between the two: the rows of `previous` that closed. */
void events_note_closed(struct events *events, const struct frame *previous,
                        const struct diff *diff);
/* `next` has been tracked: later events are compared with it. */
void events_end_frame(struct events *events, struct frame *next);

#endif
