/* What commands without a screen share: the signals, and a collector that runs. */
#ifndef TCPLENS_COMMAND_HEADLESS_H
#define TCPLENS_COMMAND_HEADLESS_H

#include "collect/collect.h"
#include "core/filter/filter.h"
#include "options/options.h"

#include <signal.h>

#define HEADLESS_END_NS            500000000LL  /* a thread still running after that is abandoned */
#define HEADLESS_LAST_FRAME_END_NS 5000000000LL /* the same, where one more frame is made */

struct headless {
    const struct options *options;
    struct filter *filter;                   /* of the options */
    const struct finding_settings *findings; /* frames carry findings; NULL = they do not */
    /* the collector makes one more when it stops, so that the latest events are not lost */
    bool last_frame;
    struct metrics *metrics; /* fed with each frame; outlives the collector; NULL = none */
    struct collector *collector;
    int signals;        /* signalfd */
    int64_t usual_ns;   /* duration where --for is not given; 0 = until a signal comes */
    int64_t window_ns;  /* what --for says, counted from the first frame; 0 = it is not counted */
    int64_t end_ns;     /* monotonic time at which that is over; INT64_MAX = never */
    int64_t give_up_ns; /* the same before the first frame, where frames fail */
    bool begun;         /* the first frame has come */
    bool said_events;   /* the source of events has been reported */
    uint8_t reported_hosts[HOSTS_MAX]; /* states of the hosts, as reported last */
    char reported_proc[160];           /* what is wrong with /proc, as reported last */
    char reported[160]; /* why there are no frames, as reported last; "" = there are */
};

#define HEADLESS_CHECK_MS 1000 /* how often to look whether there is trouble to report */

/* Blocks the signals that end a program and SIGPIPE; to be called before any thread starts. The
 * time of --for is that of a log where one is read, and not counted here. 0 or -errno. */
int headless_take_signals(struct headless *headless);
/* The next signal that has come, 0 = none. */
int headless_signal(struct headless *headless);
/* TERM and INT end a command that runs until then: `code`. Other signals: 128+n. */
int headless_exit_code(int signal, int code);
/* Waits for the descriptors (-1 = none) and signals, at most until the end. Milliseconds at most:
 * -1 = no other limit. */
void headless_wait(struct headless *headless, const int *descriptors, size_t count, int most_ms);
/* --for is counted from the collector's first frame. That is waited for as long as FIRST_FRAME_NS (in
 * headless.c) or --for, whichever is longer; where frames fail, no longer than --for. */
bool headless_is_over(struct headless *headless);
/* Without a collector: the first frame has come. Only the first call counts. */
void headless_begin(struct headless *headless);
/* Opens the collector over the source that the options name. -1, or the exit code after a
 * message. */
int headless_open_collector(struct headless *headless, uint32_t needs);
/* Reports on stderr, one line each: why no frame can be made (and when that is over), why owners
 * are unknown or of another pid namespace, and why events between frames are missing. */
void headless_report_trouble(struct headless *headless);
/* Reports once each: that a host is not read, or not yet after the time that the first frame waits;
 * and that it is read. i: its index. */
void headless_report_host(struct headless *headless, uint32_t i, const struct frame_host *host);
void headless_done(struct headless *headless);

#endif
