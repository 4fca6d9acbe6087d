/* finding_watch: runs the detectors over some seconds of frames, or over a session log, for
 * commands that report at the end. */
#ifndef TCPLENS_COMMAND_FINDING_WATCH_H
#define TCPLENS_COMMAND_FINDING_WATCH_H

#include "command/headless.h"
#include "core/finding/finding.h"

struct finding_watch {
    struct headless headless;
    struct finding_settings settings;
    uint32_t needs; /* of the frames, in addition to what the detectors need */
    /* Prints the report. The exit code. */
    int (*report)(void *data);
    void *data;
    /* out */
    struct finding_engine *engine;
    struct frame *frame; /* the last one; NULL = none was made */
    int64_t first_ns, last_ns, last_wall_ns;
    uint64_t frames;
};

/* Watches, then reports. The exit code; `failed`, after a message, where nothing could be
 * watched. */
int finding_watch_run(struct finding_watch *watch, int failed);
void finding_watch_done(struct finding_watch *watch);

#endif
