/* Logs of the demo source for tests: a collector, a writer, and all frames and events that went in.
 */
#ifndef TCPLENS_SESSION_DEMO_LOG_H
#define TCPLENS_SESSION_DEMO_LOG_H

#include "collect/collect.h"
#include "session/log/writer.h"

#define DEMO_FRAMES_MAX 400

struct demo_log {
    struct collector *collector;
    struct log_writer writer;
    struct frame *frames[DEMO_FRAMES_MAX];
    uint32_t count;
    struct event *events;
    uint64_t cursor;
    int64_t set_ns;   /* by how much the wall clock of the frames to come was set */
    int64_t stood_ns; /* how long nothing ran before the frames to come */
    char folder[64], path[96];
};

/* A folder of its own in $TMPDIR, NAME in it as path; nothing is opened yet. */
void demo_log_init(struct demo_log *log, const char *name, uint32_t connections, uint32_t needs);
/* The same with another part of the rows that changes in a frame. */
void demo_log_init_changing(struct demo_log *log, const char *name, uint32_t connections,
                            uint32_t needs, uint32_t change_permille);
/* The staged outage, from so many seconds after its beginning on; frames carry findings. */
void demo_log_init_incident(struct demo_log *log, const char *name, int64_t seconds,
                            uint32_t needs);
void demo_log_open(struct demo_log *log); /* the writer */
/* One more frame, kept; what the writer says about it. */
int demo_log_frame(struct demo_log *log);
void demo_log_skip(struct demo_log *log); /* a frame is made, and never reaches the writer */
void demo_log_make(struct demo_log *log, unsigned frames); /* opens, writes, closes */
void demo_log_done(struct demo_log *log);                  /* removes the folder */
struct log_settings demo_log_settings(const struct demo_log *log);

#endif
