/* The recorder: a thread that writes the latest frame and all events to a log whenever there is a
 * new frame. It never delays the collector: what it cannot write in time becomes a gap line.
 * Independent of where frames come from. */
#ifndef TCPLENS_SESSION_RECORD_H
#define TCPLENS_SESSION_RECORD_H

#include "core/event.h"
#include "session/log/writer.h"

struct record_source {
    struct frame *(*latest)(void *data); /* a reference, NULL before the first; from any thread */
    void *data;
    struct event_ring *ring;
    int descriptor; /* an eventfd, readable with each new frame; remains the caller's */
};

struct recorder;

/* Opens the log. 0 or -errno with one line of why. */
int recorder_new(struct recorder **recorder, const struct log_settings *settings,
                 const struct record_source *source, char *why, size_t size);
int recorder_start(struct recorder *recorder); /* 0 or -errno */
void recorder_ask_stop(struct recorder *recorder);
/* Writes the last frame and closes the log. False: it did not finish in time (a stuck pipe). */
bool recorder_join(struct recorder *recorder, int64_t timeout_ns);
void recorder_free(struct recorder *recorder); /* joins, however long it takes */

/* From any thread. Frames that a write blocks for count as missed while it does. */
void recorder_stats(struct recorder *recorder, struct log_stats *stats);
bool recorder_ended(struct recorder *recorder);  /* the pipe's reader has closed it */
void recorder_reopen(struct recorder *recorder); /* at the next frame */
/* Answers the reader of a pipe by a clock line, as soon as there is a frame. received_ns: wall
 * clock when the question came. A later question replaces one that is not answered yet. */
void recorder_answer_clock(struct recorder *recorder, uint64_t id, int64_t received_ns);
void recorder_note_gap(struct recorder *recorder, const char *reason); /* a string literal */
/* Becomes readable when the recorder ends by itself. */
int recorder_end_descriptor(struct recorder *recorder);

#endif
