/* A view's order: which rows are shown (filter), in what order (sort column, then serial: equal
 * keys keep their order), and which part is on the screen. Only what is on the screen gets
 * formatted. Pure. Works on 200,000 rows without sorting them all: keys are numbers, the window is
 * found by selection. */
#ifndef TCPLENS_CORE_VIEW_H
#define TCPLENS_CORE_VIEW_H

#include "core/column/column.h"

struct view_entry {
    uint64_t key; /* sort key, complemented for descending order; UINT64_MAX when unknown */
    uint64_t serial;
    uint32_t row;     /* index in frame.conns */
    uint32_t unknown; /* 1: no key, sorts last */
};

struct view_rows {             /* accepted rows of a frame, in no order yet */
    const struct frame *frame; /* to be compared only; NULL = nothing begun */
    uint64_t number;           /* of it, as its memory may be another one's by now */
    int64_t wall_ns;
    const struct column *sort; /* what keys were taken by */
    bool descending;
    uint32_t accept_generation;
    struct view_entry *entries;
    uint32_t next; /* row of the frame to go on with */
    uint32_t count, capacity;
    uint32_t live;      /* of them no ghosts */
    uint64_t cursor;    /* serial looked for, */
    uint32_t cursor_at; /* and where it is; UINT32_MAX = not found */
};

typedef bool (*view_accept)(const void *data, const struct column_context *context,
                            const struct conn *conn);

struct view {
    const struct column *sort; /* NULL = by serial */
    bool descending;
    bool frozen;        /* keep the order of the last update, new rows at the end; set between two
                         * updates, after at least one */
    view_accept accept; /* NULL = all */
    view_accept accept_ghost; /* of ghosts, before accept: so that it need not ask each row; NULL =
                                 all */
    const void *accept_data;
    uint32_t accept_generation; /* another one whenever they give other answers */

    uint64_t cursor;      /* serial of the row under the cursor, 0 = none yet */
    uint32_t cursor_rank; /* its place among the accepted; valid after view_update */
    uint32_t top;         /* rank of the first row shown */
    bool at_top;          /* the cursor holds no connection yet but is on the first row, whichever
                           * that is; until view_move */
    bool from_top; /* the next update shows the first rows: another order is looked at from its
                    * beginning. The cursor stays on its connection where that is among them, else
                    * it is at_top */

    /* results of view_update */
    struct view_entry *entries; /* accepted rows; [top, top+shown) are in their final order */
    uint32_t entry_count, entry_capacity;
    uint32_t shown;
    uint32_t ordered_first, ordered_end; /* ranks that are in their final order: a margin around
                                            what is shown, so that scrolling selects seldom */
    uint32_t accepted_live;              /* accepted rows that are no ghosts */
    struct view_rows coming;             /* of the next view_update */
    struct view_entry *held; /* frozen: the order kept, by serial; key is the place in it */
    uint32_t held_count, held_capacity;
};

/* Work for the next view_update, in steps of `rows` rows, so that a key need not wait for all of
 * them; what is shown stays. True when there is nothing left to do ahead. */
bool view_prepare(struct view *view, const struct column_context *context, uint32_t rows);
void view_init(struct view *view);
void view_done(struct view *view);
/* Applies frame: filters, orders, keeps the cursor on its connection (if it is gone: on the row
 * that took its rank), scrolls as little as needed to keep it within `height` rows. 0 or -ENOMEM.
 */
int view_update(struct view *view, const struct column_context *context, uint32_t height);
/* After view_update: moves the cursor by `delta` rows (saturating: INT64_MIN is the first row,
 * INT64_MAX the last), and orders the part then shown. */
int view_move(struct view *view, const struct column_context *context, int64_t delta,
              uint32_t height);
/* Row shown on line `line` (0 = first), NULL if none. */
const struct conn *view_row(const struct view *view, const struct frame *frame, uint32_t line);
/* All accepted rows in final order (list, acts on sets). */
int view_sort_all(struct view *view, const struct column_context *context);

#endif
