/* What commands without a screen share: the signals, and a collector that runs. */
#ifndef TCPLENS_COMMAND_HEADLESS_H
#define TCPLENS_COMMAND_HEADLESS_H

#include "collect/collect.h"
#include "core/filter/filter.h"
#include "options/options.h"

#include <signal.h>

#define HEADLESS_END_NS            500000000LL  /* who has not stopped by then is abandoned */
#define HEADLESS_LAST_FRAME_END_NS 5000000000LL /* the same, with one more frame to make */

struct headless {
    const struct options *options;
    struct filter *filter;                   /* of the options, to begin with */
    const struct finding_settings *findings; /* frames carry findings; NULL = they do not */
    bool
        last_frame; /* the collector makes one more when it stops: what just happened is not lost */
    struct metrics *metrics; /* fed with each frame; outlives the collector; NULL = none */
    struct collector *collector;
    int signals;      /* signalfd */
    int64_t end_ns;   /* monotonic time at which --for is over; INT64_MAX = never */
    bool said_events; /* what is seen between frames */
    uint8_t reported_hosts[HOSTS_MAX]; /* states of the hosts, as reported last */
    char reported_proc[160];           /* what is wrong with /proc, as it was said last */
    char reported[160]; /* why there are no frames, as reported last; "" = there are */
};

#define HEADLESS_CHECK_MS 1000 /* how often to look whether there is trouble to report */

/* Blocks the signals that end a program and SIGPIPE; to be called before any thread starts. 0 or
 * -errno. */
int headless_take_signals(struct headless *headless);
/* The next signal that has come, 0 = none. */
int headless_signal(struct headless *headless);
/* TERM and INT are how a command that runs on is ended: its own exit code; others: 128+n. */
int headless_exit_code(int signal, int code);
/* Waits for the descriptors (-1 = none) and signals, at most until the end. Milliseconds at most:
 * -1 = no other limit. */
void headless_wait(struct headless *headless, const int *descriptors, size_t count, int most_ms);
bool headless_is_over(const struct headless *headless);
/* -1: the collector over the source that the options name; else the exit code, and it was said. */
int headless_open_collector(struct headless *headless, uint32_t needs);
/* Why no frame can be made, why their owners are unknown or strangers, and why less is seen between
 * them than could be: one line on stderr for each reason; of the first, one when it has passed. */
void headless_report_trouble(struct headless *headless);
/* A host that is not read, or not yet after what the first frame waits, and that it is read: once
 * each. i: its index. */
void headless_report_host(struct headless *headless, uint32_t i, const struct frame_host *host);
void headless_done(struct headless *headless);

#endif
