/* sequence: line numbers of a log, to detect missing and repeated lines. Logs before version 1.3
 * have no numbers. Pure. */
#ifndef TCPLENS_SOURCE_LOG_SEQUENCE_H
#define TCPLENS_SOURCE_LOG_SEQUENCE_H

#include "session/format/format.h"

/* Zeroed: the next line is the first. */
struct sequence {
    uint64_t last;         /* number of the last line, 0 = none */
    uint64_t missing;      /* missing lines since the last frame or head line */
    uint64_t before_head;  /* missing since the last frame line, before a head line */
    uint64_t first, until; /* numbers of the first and the last of all these */
    uint32_t findings;     /* finding lines since the last frame line */
};

enum sequence_step {
    SEQUENCE_NEXT,    /* the next or a later number: missing lines are counted */
    SEQUENCE_AGAIN,   /* the line was read before */
    SEQUENCE_RESTART, /* a head line with an earlier number: parts of the log are out of order */
};

/* Takes a line, of the same recording as before or of another one. */
enum sequence_step sequence_take(struct sequence *sequence, const struct session_line *line,
                                 bool new_recording);
/* Lines missing between the last head or frame line and this frame line. Finding lines may have
 * been filtered out. */
uint64_t sequence_missing(const struct sequence *sequence, const struct session_counts *counts);
/* To be called after a frame line was handled: restarts counting. */
void sequence_end_frame(struct sequence *sequence);
/* "lines are missing (seq 812 to 815)" */
void sequence_describe(const struct sequence *sequence, char *text, size_t size);

#endif
