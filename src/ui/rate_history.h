/* The rates of all rows in the last frames: for the sparklines beside them. Frames that were
 * skipped leave a gap. Rows are connections by serial, or groups by key. */
#ifndef TCPLENS_UI_RATE_HISTORY_H
#define TCPLENS_UI_RATE_HISTORY_H

#include "core/frame.h"
#include "ui/canvas.h"

#define RATE_FRAMES       8u
#define RATE_SLOTS        (RATE_FRAMES + 1) /* one is for the next frame */
#define RATE_HISTORY_COLS 150               /* from this width on there are sparklines */

struct rate_row { /* a row with traffic */
    uint64_t serial, in, out;
};

struct rate_frame {
    uint64_t number;       /* of the frame, 0 = none */
    uint64_t last_serial;  /* rows with a greater one are newer */
    struct rate_row *rows; /* in buckets, unsorted within each */
    uint32_t count, capacity;
    uint32_t *ends; /* of the buckets; the next one begins there */
    uint32_t mask, end_capacity;
};

struct rate_history {
    struct rate_frame frames[RATE_SLOTS]; /* by number % RATE_SLOTS */
    uint64_t number;                      /* of the last frame taken, 0 = none */
    uint64_t coming;                      /* of the next frame, whose rows are being gathered */
    uint32_t next;                        /* row of it to go on with */
    struct rate_row *spare;               /* rows are put into buckets from here */
    uint32_t spare_capacity;
};

void rate_history_done(struct rate_history *history);
/* Work ahead for a frame to come, in steps of `rows`: 200,000 rows that carry something would keep a
 * key waiting. True when nothing is left to do ahead. */
bool rate_history_prepare(struct rate_history *history, const struct frame *frame, uint32_t rows);
/* To be called for each frame that is shown; the same one again costs nothing. */
void rate_history_take(struct rate_history *history, const struct frame *frame);
/* The same of groups: each is added after a begin that is true. False: it is not for this frame, or
 * out of memory, and is not to be ended then. */
bool rate_history_begin(struct rate_history *history, const struct frame *frame);
bool rate_history_add(struct rate_history *history, uint64_t key, uint64_t in, uint64_t out);
void rate_history_end(struct rate_history *history);
/* The values of the last frames up to that taken last, oldest first; GRAPH_UNKNOWN where a frame is
 * missing, or the row was not there. */
void rate_history_of(const struct rate_history *history, uint64_t serial, uint64_t in[RATE_FRAMES],
                     uint64_t out[RATE_FRAMES]);
/* A sparkline of RATE_FRAMES cells; nothing of a row that carried nothing. */
void rate_history_draw(const struct rate_history *history, uint64_t serial, bool in,
                       const struct canvas *canvas, int row, int col, unsigned style);

#endif
