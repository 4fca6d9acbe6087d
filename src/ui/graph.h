/* Graphs of values over time, in braille, blocks or ASCII: the newest value is at the right edge.
 * An unknown value is blank, 0 a faint base line, and any value above 0 is visible. */
#ifndef TCPLENS_UI_GRAPH_H
#define TCPLENS_UI_GRAPH_H

#include "ui/canvas.h"

#define GRAPH_UNKNOWN UINT64_MAX

enum graph_form {
    GRAPH_UP,   /* filled, on the lower edge */
    GRAPH_DOWN, /* filled, hanging from the upper edge */
    GRAPH_LINE  /* only at the value's height */
};

enum graph_part { GRAPH_WHOLE, GRAPH_UPPER, GRAPH_LOWER }; /* of the canvas's height */

struct graph_layer {
    const uint64_t *values; /* oldest first */
    size_t count;
    uint64_t ceiling; /* the value of full height; larger ones are clipped */
    unsigned style;
    enum graph_form form;
    enum graph_part part;
    const bool *hot; /* as many; NULL = none. Drawn in hot_style */
    unsigned hot_style;
};

/* Fills the canvas. Where layers share a cell, braille shows the dots of all, otherwise the last
 * one is drawn; the colour is that of the last. */
void graph_draw(const struct canvas *canvas, const struct graph_layer *layers, size_t count);
/* Values that a graph of `cells` columns shows: two a cell in braille. */
size_t graph_values(const struct canvas *canvas, int cells);
/* The smallest 1, 2 or 5 times a power of ten that is not below any known value, nor below
 * `least`. */
uint64_t graph_ceiling(const uint64_t *values, size_t count, uint64_t least);
/* A ceiling in at most four cells: "20", "5k", "200M". */
void graph_ceiling_text(char *out, size_t size, uint64_t ceiling);

/* A row of `cells` cells, one for each value, the largest of all (or `most`) a full cell; unknown
 * ones are blank. Returns the column after it. */
int graph_sparkline(const struct canvas *canvas, int row, int col, int cells, unsigned style,
                    const uint64_t *values, size_t count, uint64_t most);

#endif
