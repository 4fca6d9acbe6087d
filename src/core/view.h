/* A view of connections: which rows of a frame are shown (filter), in what order (sort column, then
 * serial: equal keys keep their order); ranking.h has the cursor and the part on the screen. Pure.
 */
#ifndef TCPLENS_CORE_VIEW_H
#define TCPLENS_CORE_VIEW_H

#include "core/column/column.h"
#include "core/ranking.h"

struct view_rows {             /* accepted rows of a frame, in no order yet */
    struct frame_mark of;      /* none = nothing prepared */
    const struct column *sort; /* the column of the keys */
    bool descending;
    uint32_t accept_generation;
    struct name_ranks names; /* of the frame, where names of processes sort */
    struct ranking_entry *entries;
    uint32_t next; /* next row of the frame */
    uint32_t count, capacity;
    uint32_t live;      /* of these, without ghosts */
    uint64_t cursor;    /* serial looked for, */
    uint32_t cursor_at; /* and where it is; UINT32_MAX = not found */
};

typedef bool (*view_accept)(const void *data, const struct column_context *context,
                            const struct conn *conn);

struct view {
    const struct column *sort; /* NULL = by serial */
    bool descending;
    view_accept accept;       /* NULL = all */
    view_accept accept_ghost; /* for ghosts, before accept; NULL = all */
    const void *accept_data;
    uint32_t accept_generation; /* changes whenever their results may */

    struct ranking ranking;  /* rows of the frame, by serial */
    struct name_ranks names; /* of its frame, as view_rows.names */

    /* results of view_update */
    uint32_t accepted_live;  /* accepted rows that are no ghosts */
    struct view_rows coming; /* of the next view_update */
};

/* Prepares the next view_update, in steps of `rows` rows, so that keys need not wait for all of
 * them; the visible part is unchanged. True when nothing is left to prepare. */
bool view_prepare(struct view *view, const struct column_context *context, uint32_t rows);
void view_init(struct view *view);
void view_done(struct view *view);
/* Filters and orders the rows of the frame, as ranking_settle() has it. 0 or -ENOMEM. */
int view_update(struct view *view, const struct column_context *context, uint32_t height);
/* After view_update: moves the cursor by `delta` rows (saturating: INT64_MIN is the first row,
 * INT64_MAX the last), and orders the part then shown. */
void view_move(struct view *view, const struct column_context *context, int64_t delta,
               uint32_t height);
/* Row shown on line `line` (0 = first), NULL if none. */
const struct conn *view_row(const struct view *view, const struct frame *frame, uint32_t line);
/* All accepted rows in final order (list, acts on sets). */
int view_sort_all(struct view *view, const struct column_context *context);

#endif
