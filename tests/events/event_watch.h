/* heard: a collector over the running kernel with its events, for the tests of events: starts it,
 * waits until the source of events is ready, reads the ring. Exits with 77 if the source is not
 * available. */
#ifndef TCPLENS_TESTS_EVENTS_HEARD_H
#define TCPLENS_TESTS_EVENTS_HEARD_H

#include "collect/collect.h"

#include <stdint.h>

struct heard {
    struct collector *collector;
    uint64_t cursor;
    int bell; /* eventfd: a frame or events */
};

/* source: "bpf", "destroy" or "none". */
void heard_start(struct heard *heard, const char *source, int64_t interval_ns, uint32_t needs);
/* The same with any wish. */
void heard_start_wish(struct heard *heard, const char *source, const struct wish *wish);
/* The same with frames of these states only. */
void heard_start_states(struct heard *heard, const char *source, int64_t interval_ns,
                        uint32_t needs, uint32_t state_bits);
/* Calls take for each new event. */
void heard_read(struct heard *heard, void (*take)(void *context, const struct event *event),
                void *context);
void heard_wait(const struct heard *heard, int64_t most_ns);
/* The number of the latest frame. */
uint64_t heard_frames(const struct heard *heard);

#endif
