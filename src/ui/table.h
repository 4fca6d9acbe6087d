/* What all tables on the screen share: which columns fit a width, the header, a field of a row.
 * Independent of where rows come from. */
#ifndef TCPLENS_UI_TABLE_H
#define TCPLENS_UI_TABLE_H

#include "ui/canvas.h"

struct table_column {
    const char *title;
    uint8_t width;     /* at rest */
    uint8_t min_width; /* may shrink to this */
    uint8_t grow;      /* share of spare width */
    uint8_t leave;     /* higher leaves earlier; 0 never */
    uint8_t extra;     /* cells that it takes at its right where there is room; columns of high
                       * `leave` make it */
    bool right;
    bool late;         /* gets what it wants after the others: an address can lose its middle */
    bool hidden;       /* scrolled out of sight */
    uint16_t *longest; /* cells of the longest text that was drawn in it, 0 = none yet; kept by
                        * table_want; NULL: it has its width */
    /* set by table_layout */
    int at;          /* first cell */
    int cells;       /* 0: it has left */
    int extra_cells; /* of these; 0, or `extra` and the blank before */
};

/* Places columns from cell `first` on in `cells` cells, two blanks between, one before
 * numbers. A column takes no more than its longest text. Columns shrink to min_width, then leave by
 * `leave`; spare width goes to `extra`, then to those whose text is cut, then to `grow`. */
void table_layout(struct table_column *columns, size_t count, int first, int cells);
/* The same for columns that the user has chosen: all shrink before one leaves. */
void table_layout_chosen(struct table_column *columns, size_t count, int first, int cells);
/* sorted: index of the sort column, or SIZE_MAX. */
void table_draw_header(const struct canvas *canvas, int row, const struct table_column *columns,
                       size_t count, size_t sorted, bool descending);
void table_draw_cell(const struct canvas *canvas, int row, const struct table_column *column,
                     unsigned style, const char *text);
/* Text cut to `cells` with a mark; an address keeps its port, and loses its middle. */
void table_cut_text(char *out, size_t size, const char *text, int cells, bool is_address);
/* What is drawn in the column is that wide, where it is cut before it is drawn. */
void table_want(const struct table_column *column, const char *text);
/* Column under a cell of the screen, SIZE_MAX if none. */
size_t table_column_at(const struct table_column *columns, size_t count, int col);
/* The next column in sight on that side (step -1 or 1) of column `at`, round the end; simply the
 * next one where none is in sight, as before the first layout. SIZE_MAX stands before the first.
 * count > 0. */
size_t table_column_aside(const struct table_column *columns, size_t count, size_t at, int step);

/* Keeps `cursor` within [0, count) and `top` so that it is within `height` rows. */
void table_scroll(uint32_t *cursor, uint32_t *top, uint32_t count, uint32_t height);

#endif
