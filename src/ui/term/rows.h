/* What is put on each row of the screen, kept until it is drawn: a row on which the same is put
 * once more need not be drawn. Owned by term.c. */
#ifndef TCPLENS_UI_TERM_ROWS_H
#define TCPLENS_UI_TERM_ROWS_H

#include <stdbool.h>
#include <stddef.h>

struct term_row;

struct term_rows {
    struct term_row *rows;
    int count;
};

struct term_piece {
    int col, cells; /* no more cells than these */
    unsigned style;
    const char *text;
};

void term_rows_init(struct term_rows *rows);
void term_rows_done(struct term_rows *rows);
/* Nothing is put on any of `count` rows. 0 or -ENOMEM: there are no rows then. */
int term_rows_begin(struct term_rows *rows, int count);
void term_rows_put(struct term_rows *rows, int row, const struct term_piece *piece);
/* Something else is put on it than was drawn, or memory was short. */
bool term_rows_differ(const struct term_rows *rows, int row);
/* Piece after piece in the order they were put; *at begins as 0. False: no more. */
bool term_rows_next(const struct term_rows *rows, int row, size_t *at, struct term_piece *piece);
/* All that is put so far has this style. */
void term_rows_restyle(struct term_rows *rows, unsigned style);
void term_rows_drawn(struct term_rows *rows, int row);
/* What was drawn is no longer there, or looks different now. */
void term_rows_forget(struct term_rows *rows);

#endif
