/* Labels with values in one line: if they do not fit, the least important are dropped first, by
 * rank. */
#ifndef TCPLENS_UI_PIECES_H
#define TCPLENS_UI_PIECES_H

#include "ui/canvas.h"

#define PIECES_MAX 20

struct piece { /* label and value, which are shown or dropped together */
    char label[64], value[40], mark[8];
    unsigned label_role, value_role, mark_role;
    uint8_t rank; /* 1 is dropped last */
    bool gone;
    int at; /* set by pieces_draw */
};

struct pieces {
    struct piece items[PIECES_MAX];
    size_t count;
    int gap; /* cells between two */
};

/* Adds a piece and returns it, for its value to be filled in. */
struct piece *pieces_add(struct pieces *pieces, uint8_t rank, unsigned label_role,
                         const char *label, unsigned value_role);
int piece_width(const struct piece *piece);
int pieces_width(const struct pieces *pieces);
/* Drops pieces on either side until both fit with a gap between them. */
void pieces_fit(struct pieces *left, struct pieces *right, int cells);
void pieces_draw(const struct canvas *canvas, int row, int col, struct pieces *pieces);

#endif
