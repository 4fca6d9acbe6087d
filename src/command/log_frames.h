/* log_frames: the frames of session logs one after the other, for commands that look at each. */
#ifndef TCPLENS_COMMAND_LOG_FRAMES_H
#define TCPLENS_COMMAND_LOG_FRAMES_H

#include "command/headless.h"

#include <stdint.h>

#define LOG_FAULT_MAX 400

struct log_frames {
    struct headless *headless;     /* its signals end the reading */
    const struct options *options; /* that name the log, or the several as one (log_source.h) */
    /* Takes the reference over. 0; -ENODATA: that was enough; other -errno. */
    int (*take)(void *data, struct frame *frame, struct event_ring *ring);
    /* The events behind the last frame; NULL: of no interest. 0 or -errno. */
    int (*take_rest)(void *data, struct event_ring *ring);
    void *data;
    bool more_follow; /* another log is opened after this one, with the rights that takes */
    /* out */
    uint64_t frames;
    int signal; /* that ended it, 0 = none */
    bool is_pipe;
    char fault
        [LOG_FAULT_MAX]; /* "FILE: ...", what is damaged or torn, as far as was read; "" = nothing */
};

/* Reads to the end of the log, or until a signal comes. 0, or -errno, and it was said. */
int log_frames_read(struct log_frames *reading);

#endif
