/* sequence: the numbers of the lines of a log, which say whether some are missing or come again. Of
 * logs from before 1.3, which have none, nothing is said. Pure. */
#ifndef TCPLENS_SOURCE_LOG_SEQUENCE_H
#define TCPLENS_SOURCE_LOG_SEQUENCE_H

#include "session/format/format.h"

/* All zero: whatever line comes next is the first one. */
struct sequence {
    uint64_t last;         /* number of the line read last, 0 = none, or it had none */
    uint64_t missing;      /* lines that are, since the last frame or head line */
    uint64_t before_head;  /* since the last frame line, before a head line */
    uint64_t first, until; /* numbers of the first and the last of all these */
    uint32_t findings;     /* finding lines since the last frame line */
};

enum sequence_step {
    SEQUENCE_NEXT,    /* or later: what is missing is counted */
    SEQUENCE_AGAIN,   /* was read before */
    SEQUENCE_RESTART, /* a head line with an earlier number: parts of the log are in another order */
};

/* A line of the recording that the lines before are of, or of another one. */
enum sequence_step sequence_take(struct sequence *sequence, const struct session_line *line,
                                 bool new_recording);
/* What is missing behind the last head line or frame line, as of this frame line. Finding lines may
 * have been left out of the log. */
uint64_t sequence_missing(const struct sequence *sequence, const struct session_counts *counts);
/* The frame line has been dealt with: counting begins anew. */
void sequence_end_frame(struct sequence *sequence);
/* "lines are missing (seq 812 to 815)" */
void sequence_describe(const struct sequence *sequence, char *text, size_t size);

#endif
