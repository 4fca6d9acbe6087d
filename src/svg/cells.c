/* cells: a grid of them. */
#include "svg/cells.h"

#include <errno.h>
#include <stdlib.h>

int screen_grid_init(struct screen_grid *grid, int rows, int cols)
{
    if (rows < 1 || cols < 1 || rows > 10000 || cols > 10000)
        return -EINVAL;
    struct screen_cell *cells = calloc((size_t)rows * (size_t)cols, sizeof(*cells));
    if (!cells)
        return -ENOMEM;
    for (int i = 0; i < rows * cols; i++) {
        cells[i].text[0] = ' ';
        cells[i].width = 1;
    }
    *grid = (struct screen_grid){.rows = rows, .cols = cols, .cells = cells};
    return 0;
}

void screen_grid_done(struct screen_grid *grid)
{
    free(grid->cells);
    grid->cells = NULL;
}

struct screen_cell *screen_grid_cell(const struct screen_grid *grid, int row, int col)
{
    return &grid->cells[row * grid->cols + col];
}

bool screen_color_equal(struct screen_color a, struct screen_color b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == SCREEN_COLOR_INDEXED)
        return a.index == b.index;
    return a.kind == SCREEN_COLOR_DEFAULT ||
           (a.red == b.red && a.green == b.green && a.blue == b.blue);
}

bool screen_cell_same_look(const struct screen_cell *a, const struct screen_cell *b)
{
    return a->attrs == b->attrs && screen_color_equal(a->fg, b->fg) &&
           screen_color_equal(a->bg, b->bg);
}
