/* log_frames: goes through the frames of session logs, for commands that look at each. */
#ifndef TCPLENS_COMMAND_LOG_FRAMES_H
#define TCPLENS_COMMAND_LOG_FRAMES_H

#include "command/headless.h"

#include <stdint.h>

#define LOG_FAULT_MAX 400

struct log_frames {
    struct headless *headless;     /* its signals stop the reading */
    const struct options *options; /* that name the log, or the several as one (log_source.h) */
    /* Takes over the reference. 0; -ENODATA: no more are wanted; other -errno. */
    int (*take)(void *data, struct frame *frame, struct event_ring *ring);
    /* Events that no frame follows, or not yet; NULL: not wanted. 0 or -errno. */
    int (*take_rest)(void *data, struct event_ring *ring);
    void *data;
    struct event_ring *ring; /* that events go to; NULL = one of its own */
    bool more_follow;        /* another log is opened after this one: keep the rights for that */
    /* out */
    uint64_t frames;
    int64_t start_ns; /* when the recording of the frame that is taken began; 0 = unknown */
    int signal;       /* that stopped it, 0 = none */
    bool is_pipe;
    /* "FILE: ...", what is damaged or truncated in what was read; "" = nothing */
    char fault[LOG_FAULT_MAX];
};

/* Reads to the end of the log, or until a signal comes. 0, or -errno after a message. */
int log_frames_read(struct log_frames *reading);

#endif
