/* diff: what changed between two frames. A pure function of their live rows.
 * Rows are joined by (netns, cookie); a row without a cookie by tuple and netns. Two rows of one
 * tuple with different cookies are the same connection only if exactly one of them is TIME-WAIT (or
 * a FIN-WAIT-2 turned minisock): cookies are made lazily (DESIGN 3, 2). Otherwise: one closed, one
 * opened. */
#ifndef TCPLENS_CORE_DIFF_H
#define TCPLENS_CORE_DIFF_H

#include "core/frame.h"

enum change_kind { CHANGE_OPENED = 1, CHANGE_STATE, CHANGE_CLOSED };

struct change {
    uint8_t kind;            /* enum change_kind */
    uint8_t from, to;        /* enum tcp_state */
    uint32_t previous, next; /* row indexes; CONN_NO_INDEX where there is none */
};

struct diff {
    uint32_t *previous_of; /* for each live row of next: its row in previous or CONN_NO_INDEX */
    uint32_t previous_of_count, previous_of_capacity;
    struct change *changes; /* closed first (in previous' order), then next's order */
    uint32_t change_count, change_capacity;
    /* hash of previous' rows, built only when the order of the two frames differs */
    uint32_t *slots;
    uint32_t slot_count;
    uint8_t *taken; /* for each row of previous: joined */
    uint32_t taken_capacity;
};

void diff_init(struct diff *diff);
void diff_done(struct diff *diff);
/* 0 or -ENOMEM (then diff is empty). previous may be NULL: nothing changed, all previous_of are
 * none. Calls no malloc when the frames are no larger than before. */
int diff_frames(struct diff *diff, const struct frame *previous, const struct frame *next);

/* The same join for a handful of rows that were appended to next after diff_frames (rows found
 * again by exact look-up): drops their CLOSED changes and adds STATE changes where due. `first` is
 * the index in next of the first appended row; `previous_rows` has, for each, its row in previous.
 */
int diff_amend(struct diff *diff, const struct frame *previous, const struct frame *next,
               uint32_t first, const uint32_t *previous_rows, uint32_t count);

#endif
