/* A ranking: rows in an order, with a cursor that stays on its row, and the part that is on the
 * screen. Independent of what the rows are: an entry has a sort key and an identity. Works on
 * 200,000 rows without sorting them all: the window is found by selection. Pure. */
#ifndef TCPLENS_CORE_RANKING_H
#define TCPLENS_CORE_RANKING_H

#include "base/map.h"

#include <stdbool.h>
#include <stdint.h>

#define RANKING_NONE UINT32_MAX

struct ranking_entry {
    uint64_t key;     /* to sort by, complemented for descending order; UINT64_MAX when unknown */
    uint64_t id;      /* identity across updates, never 0 */
    uint32_t row;     /* the caller's index */
    uint16_t unknown; /* 1: no key, sorts last */
    uint16_t whole;   /* 1: equal keys need no compare */
};

struct ranking_order { /* of entries with equal keys: by compare where they are not whole, then by
                        * id */
    int (*compare)(const void *data, uint32_t row, uint32_t other); /* NULL: by id at once */
    const void *data;
    bool descending; /* compare's result is reversed */
};

struct ranking {
    /* set by the caller */
    bool frozen; /* keep the order of the last update, new rows at the end */
    bool at_top; /* until it is moved, the cursor is on the first row, whichever that is */
    /* the next update shows the first rows, as after a change of the order. The cursor stays on its
     * row if that is among them, else at_top is set */
    bool from_top;
    uint64_t cursor;      /* id of the row under the cursor, 0 = none yet */
    uint32_t cursor_rank; /* its place; valid after ranking_settle */
    uint32_t top;         /* rank of the first row shown */

    struct ranking_entry *entries; /* [top, top + shown) are in their final order */
    uint32_t count, capacity;
    uint32_t shown;
    /* ranks in their final order: includes a margin around the visible part, so that scrolling
     * seldom needs a selection */
    uint32_t ordered_first, ordered_end;
    struct map held;    /* frozen: the kept places, by id */
    uint32_t held_next; /* place of rows that are new in this update */
};

void ranking_done(struct ranking *ranking);

/* An update: ranking_begin; then the caller fills entries (or replaces the array) and sets count,
 * with ranking_held_place() as keys while frozen; then ranking_settle. */

/* 0 or -ENOMEM. Afterwards ranking_is_held() tells whether an order is kept. */
int ranking_begin(struct ranking *ranking);
bool ranking_is_held(const struct ranking *ranking);
/* New rows come after all earlier ones. */
uint64_t ranking_held_place(struct ranking *ranking, uint64_t id);
/* Orders what is shown, keeps the cursor on its row (if that is gone: on the row now at its rank),
 * scrolls as little as needed to keep it within `height` rows. cursor_at: place in entries of the
 * cursor's row, RANKING_NONE if it is not there. */
void ranking_settle(struct ranking *ranking, const struct ranking_order *order, uint32_t cursor_at,
                    uint32_t height);
uint32_t ranking_find(const struct ranking *ranking, uint64_t id); /* place, RANKING_NONE */

/* After ranking_settle: moves the cursor by `delta` rows, saturating, and orders what is then
 * shown. */
void ranking_move(struct ranking *ranking, const struct ranking_order *order, int64_t delta,
                  uint32_t height);
/* Puts the cursor on the row of line `line`. */
void ranking_point(struct ranking *ranking, uint32_t line);
/* The caller's row on line `line` (0 = first), RANKING_NONE if none. */
uint32_t ranking_row(const struct ranking *ranking, uint32_t line);
/* The caller's row under the cursor, RANKING_NONE if none. */
uint32_t ranking_cursor_row(const struct ranking *ranking);
/* All entries into their final order; all are shown. */
void ranking_sort_all(struct ranking *ranking, const struct ranking_order *order);

#endif
