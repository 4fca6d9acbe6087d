/* event_watch: a collector over the running kernel with its events, for the tests of events: starts it,
 * waits until the source of events is ready, reads the ring. Exits with 77 if the source is not
 * available. */
#ifndef TCPLENS_TESTS_EVENTS_EVENT_WATCH_H
#define TCPLENS_TESTS_EVENTS_EVENT_WATCH_H

#include "collect/collect.h"

#include <stdint.h>

struct event_watch {
    struct collector *collector;
    uint64_t cursor;
    int bell; /* eventfd: a frame or events */
};

/* source: "bpf", "destroy" or "none". */
void event_watch_start(struct event_watch *watched, const char *source, int64_t interval_ns,
                       uint32_t needs);
/* The same with any wish. */
void event_watch_start_wish(struct event_watch *watched, const char *source,
                            const struct wish *wish);
/* The same with frames of these states only. */
void event_watch_start_states(struct event_watch *watched, const char *source, int64_t interval_ns,
                              uint32_t needs, uint32_t state_bits);
/* Calls take for each new event. */
void event_watch_read(struct event_watch *watched,
                      void (*take)(void *context, const struct event *event), void *context);
void event_watch_wait(const struct event_watch *watched, int64_t most_ns);
/* The number of the latest frame. */
uint64_t event_watch_frames(const struct event_watch *watched);

#endif
