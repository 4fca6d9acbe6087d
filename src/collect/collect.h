/* collect: the collector: source -> diff -> confirm -> owners -> track -> findings -> publish. The
 * only thread that reads the kernel and /proc. Frames are published in one slot (the latest wins),
 * events in the ring. */
#ifndef TCPLENS_COLLECT_COLLECT_H
#define TCPLENS_COLLECT_COLLECT_H

#include "collect/events.h"
#include "core/event.h"
#include "core/finding/finding.h"
#include "core/frame.h"
#include "core/metrics/metrics.h"
#include "core/wish.h"
#include "source/source.h"

struct collector;

struct collector_settings {
    struct source *source; /* taken over: closed by collector_free */
    struct wish wish;      /* to begin with */
    int64_t highlight_ns;
    uint32_t ring_capacity;    /* EVENT_RING_DEFAULT */
    uint32_t events_kept;      /* for the next frame; 0 = EVENTS_KEPT_DEFAULT */
    enum events_source events; /* for what happens between frames, once the thread runs */
    const struct finding_settings *findings; /* frames carry findings; NULL = they do not */
    struct metrics *metrics; /* fed with each frame, freed by the caller; NULL = none */
    bool last_frame;         /* make one more when it stops, with what happened since the last */
    bool walk_by_bpf;        /* owners may be found by a BPF program, where that is cheaper */
    bool every_netns;        /* the source shows other network namespaces than ours */
    bool all_netns;          /* all there are */
    /* NULL, or room for EVENTS_WHY_MAX: why the events requested are not available, where
     * collector_new fails because of it */
    char *events_why;
};

int collector_new(struct collector **collector, const struct collector_settings *settings);
void collector_free(struct collector *collector); /* stops the thread first if it runs */

/* In the caller's thread, without a thread of its own: makes one frame (list, tests). */
int collector_step(struct collector *collector, struct frame **frame);

int collector_start(struct collector *collector); /* 0 or -errno */
void collector_ask_stop(struct collector *collector);
bool collector_join(struct collector *collector, int64_t timeout_ns); /* false: still running */

/* From any thread. */
void collector_set_wish(struct collector *collector, const struct wish *wish);
struct wish collector_wish(struct collector *collector);
struct frame *
collector_latest(struct collector *collector); /* a reference, NULL before the first */
struct event_ring *collector_events(struct collector *collector);
/* Input for an engine of the caller's own: a frame of the collector, its events, and what its
 * source knows of processes. */
struct finding_input collector_finding_input(struct collector *collector,
                                             const struct frame *frame);
/* An eventfd of this consumer's own that becomes readable with each new frame, or -errno. The
 * consumer reads it; collector_forget_consumer or collector_free closes it. */
int collector_add_consumer(struct collector *collector);
/* The same, but readable also when events were emitted between frames. */
int collector_add_event_consumer(struct collector *collector);
void collector_forget_consumer(struct collector *collector, int descriptor);
/* Why no frame can be made, as safe text; "" = they are made. Copies at most size bytes. */
void collector_trouble(struct collector *collector, char *text, size_t size);

#endif
