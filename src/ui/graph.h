/* Graphs of values over time, in braille, blocks or ASCII: the newest value stands at the right
 * edge. A value that is unknown leaves a blank, 0 a faint base line, and the smallest one above 0
 * is seen. */
#ifndef TCPLENS_UI_GRAPH_H
#define TCPLENS_UI_GRAPH_H

#include "ui/canvas.h"

#define GRAPH_UNKNOWN UINT64_MAX

enum graph_form {
    GRAPH_UP,   /* filled, on the lower edge */
    GRAPH_DOWN, /* filled, hanging from the upper edge */
    GRAPH_LINE  /* only where the value lies, above the lower edge */
};

enum graph_part { GRAPH_WHOLE, GRAPH_UPPER, GRAPH_LOWER }; /* of the canvas's height */

struct graph_layer {
    const uint64_t *values; /* oldest first */
    size_t count;
    uint64_t ceiling; /* takes the full height; what is above is cut there */
    unsigned style;
    enum graph_form form;
    enum graph_part part;
    const bool *hot; /* as many; NULL = none. Their cells have hot_style */
    unsigned hot_style;
};

/* Fills the canvas. Where layers meet in a cell, braille shows the dots of all, else the last one
 * is seen; the colour is that of the last. */
void graph_draw(const struct canvas *canvas, const struct graph_layer *layers, size_t count);
/* Values that a graph of `cells` columns shows: two a cell in braille. */
size_t graph_values(const struct canvas *canvas, int cells);
/* 1, 2 or 5 times a power of ten: the least that no known value is above, at least `least`. */
uint64_t graph_ceiling(const uint64_t *values, size_t count, uint64_t least);
/* A ceiling in at most four cells: "20", "5k", "200M". */
void graph_ceiling_text(char *out, size_t size, uint64_t ceiling);

/* A row of `cells` cells, one for each value, the largest of all (or `most`) a full cell; unknown
 * ones are blank. Returns the column after it. */
int graph_sparkline(const struct canvas *canvas, int row, int col, int cells, unsigned style,
                    const uint64_t *values, size_t count, uint64_t most);

#endif
