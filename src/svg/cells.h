/* cells: what a terminal shows, as plain cells. Pure. */
#ifndef TCPLENS_SVG_CELLS_H
#define TCPLENS_SVG_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum screen_color_kind { SCREEN_COLOR_DEFAULT, SCREEN_COLOR_INDEXED, SCREEN_COLOR_RGB };

struct screen_color {
    enum screen_color_kind kind;
    uint8_t index;
    uint8_t red, green, blue;
};

enum {
    SCREEN_BOLD = 1,
    SCREEN_DIM = 2,
    SCREEN_ITALIC = 4,
    SCREEN_UNDERLINE = 8,
    SCREEN_BLINK = 16,
    SCREEN_REVERSE = 32,
    SCREEN_STRIKE = 64,
};

struct screen_cell {
    char text[28]; /* UTF-8 with combining marks; " " when empty, "" in the right half of a wide
                      cell */
    int width;     /* 1, 2, or 0 in the right half of a wide cell */
    unsigned attrs;
    struct screen_color fg, bg;
};

struct screen_grid {
    int rows, cols;
    int cursor_row, cursor_col;
    bool cursor_visible;
    struct screen_cell *cells;
};

/* All cells empty. -ENOMEM or -EINVAL on failure; the grid is then untouched. */
int screen_grid_init(struct screen_grid *grid, int rows, int cols);
void screen_grid_done(struct screen_grid *grid);
struct screen_cell *screen_grid_cell(const struct screen_grid *grid, int row, int col);

bool screen_color_equal(struct screen_color a, struct screen_color b);
bool screen_cell_same_look(const struct screen_cell *a, const struct screen_cell *b);

#endif
