/* The states of all rows as one bar in proportion, and by name: no state that has rows is missing
 * from either. */
#ifndef TCPLENS_UI_STATE_STRIP_H
#define TCPLENS_UI_STATE_STRIP_H

#include "core/state.h"
#include "ui/canvas.h"
#include "ui/pieces.h"

struct strip_segment {
    uint8_t state; /* enum tcp_state */
    int cells;
};
#define STRIP_SEGMENTS (STATE_COUNT - 2) /* neither STATE_NONE nor DELETE-TCB */

/* The bar of `cells` cells: one segment a state that has rows, in proportion, of at least one cell.
 * Returns how many there are; 0: no rows, or fewer cells than such states. */
size_t state_strip_segments(struct strip_segment segments[STRIP_SEGMENTS],
                            const uint32_t counts[STATE_COUNT], int cells);
void state_strip_draw(const struct canvas *canvas, int row, int col,
                      const struct strip_segment *segments, size_t count);

enum strip_fit {
    STRIP_WHOLE, /* each state that has rows stands by name */
    STRIP_SUMS,  /* some are "other", which are no trouble */
    STRIP_HIDES  /* so are some that may be */
};

/* By name, with counts: those that have rows, and the usual ones also when they have none. What
 * does not fit in `cells` is summed as "other": first what has no trouble in it. grew: STATE_BITs of
 * those to be marked. states[i] is that of piece i, STATE_NONE for "other". */
enum strip_fit state_strip_names(struct pieces *pieces, uint8_t states[PIECES_MAX],
                                 const uint32_t counts[STATE_COUNT], uint32_t grew, int cells);

#endif
