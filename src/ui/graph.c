/* graph: each cell is divided into dots or eighths; layers light ranges of them. */
#include "ui/graph.h"

#include "ui/term/term.h"

#include <stdio.h>
#include <string.h>

#define CELL_BYTES 4   /* of a character */
#define COLS_MOST  512 /* of a graph; cells further left stay blank */

struct grid { /* how finely a cell is divided */
    int across, down;
};
static const struct grid GRIDS[] = {
    [GLYPHS_BRAILLE] = {2, 4}, [GLYPHS_BLOCKS] = {1, 8}, [GLYPHS_ASCII] = {1, 3}};

struct range { /* lit dots of one column, from the top of the canvas; empty if from >= to */
    int from, to;
};

struct painter {
    const struct canvas *canvas;
    enum glyphs glyphs;
    struct grid grid;
    char text[COLS_MOST * CELL_BYTES + 1]; /* of a run of cells in one style */
    size_t length;
    int row, begin;
    unsigned style;
};

size_t graph_values(const struct canvas *canvas, int cells)
{
    return cells > 0 ? (size_t)cells * (size_t)GRIDS[canvas_glyphs(canvas)].across : 0;
}

uint64_t graph_ceiling(const uint64_t *values, size_t count, uint64_t least)
{
    static const uint64_t FACTORS[] = {1, 2, 5};
    uint64_t most = least > 0 ? least : 1;
    for (size_t i = 0; i < count; i++)
        if (values[i] != GRAPH_UNKNOWN && values[i] > most)
            most = values[i];
    for (uint64_t power = 1;; power *= 10) {
        for (size_t i = 0; i < 3; i++)
            if (power * FACTORS[i] >= most)
                return power * FACTORS[i];
        if (power > UINT64_MAX / 100)
            return most;
    }
}

void graph_ceiling_text(char *out, size_t size, uint64_t ceiling)
{
    static const char UNITS[] = {0, 'k', 'M', 'G', 'T', 'P', 'E'};
    size_t unit = 0;
    for (; ceiling >= 1000 && unit + 1 < sizeof(UNITS); unit++)
        ceiling /= 1000;
    snprintf(out, size, "%llu%.1s", (unsigned long long)ceiling, &UNITS[unit]);
}

/* In dots: at least one unless the value is 0. */
static int height_of(uint64_t value, uint64_t ceiling, int full)
{
    if (value == 0 || ceiling == 0)
        return 0;
    if (value >= ceiling)
        return full;
    const int height = (int)((double)value / (double)ceiling * full + 0.5);
    return height > 0 ? height : 1;
}

/* The dots that belong to a part. A cell of dots can be shared, one of blocks cannot. */
static struct range part_of(const struct painter *painter, enum graph_part part)
{
    const int all = painter->canvas->rows * painter->grid.down;
    const int rows = (painter->canvas->rows + 1) / 2;
    const int middle = painter->glyphs == GLYPHS_BRAILLE ? all / 2 : rows * painter->grid.down;
    return part == GRAPH_UPPER   ? (struct range){0, middle}
           : part == GRAPH_LOWER ? (struct range){middle, all}
                                 : (struct range){0, all};
}

static uint64_t value_at(const struct graph_layer *layer, size_t from_right)
{
    return from_right < layer->count ? layer->values[layer->count - 1 - from_right] : GRAPH_UNKNOWN;
}

static bool hot_at(const struct graph_layer *layer, size_t from_right)
{
    return layer->hot && from_right < layer->count && layer->hot[layer->count - 1 - from_right];
}

/* The dots of a value; for 0 the base line. */
static struct range lit_by(const struct graph_layer *layer, struct range part, uint64_t value)
{
    int height = height_of(value, layer->ceiling, part.to - part.from);
    if (value == GRAPH_UNKNOWN || part.to <= part.from)
        return (struct range){0, 0};
    height = height > 0 ? height : 1;
    if (layer->form == GRAPH_DOWN)
        return (struct range){part.from, part.from + height};
    const int top = part.to - height;
    return (struct range){top, layer->form == GRAPH_LINE ? top + 1 : part.to};
}

static struct range within_row(const struct painter *painter, struct range lit, int row)
{
    const int top = row * painter->grid.down;
    const int from = lit.from > top ? lit.from - top : 0;
    const int to = lit.to - top < painter->grid.down ? lit.to - top : painter->grid.down;
    return (struct range){from, to};
}

struct cell {
    uint8_t dots; /* of braille */
    struct range lit;
    enum graph_form form;
    bool zero; /* the base line only */
    bool any;
    unsigned style;
};

static uint8_t braille_dots(struct range lit, int side)
{
    static const uint8_t DOTS[2][4] = {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}};
    uint8_t dots = 0;
    for (int i = lit.from; i < lit.to; i++)
        dots |= DOTS[side][i];
    return dots;
}

/* The cell `from_right` columns from the right edge, of one layer over what is there. */
static void light(const struct painter *painter, const struct graph_layer *layer, size_t from_right,
                  struct cell *cell)
{
    const struct range part = part_of(painter, layer->part);
    const size_t across = (size_t)painter->grid.across;
    bool any = false, hot = false, zero = true;
    for (size_t side = 0; side < across; side++) {
        const size_t at = from_right * across + (across - 1 - side);
        const uint64_t value = value_at(layer, at);
        const struct range lit = within_row(painter, lit_by(layer, part, value), painter->row);
        if (lit.from >= lit.to)
            continue;
        cell->dots |=
            braille_dots(painter->glyphs == GLYPHS_BRAILLE ? lit : (struct range){0, 0}, (int)side);
        cell->lit = lit;
        any = true;
        hot |= hot_at(layer, at);
        zero &= value == 0;
    }
    if (!any)
        return;
    cell->any = true;
    cell->form = layer->form;
    cell->zero = zero;
    cell->style = hot ? layer->hot_style : zero ? (unsigned)ROLE_BORDER : layer->style;
}

/* Half a block at the top is the lower one in reverse. */
static const char *block_text(const struct painter *painter, struct cell *cell)
{
    static const char *const LOWER[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const int down = painter->grid.down;
    if (cell->form == GRAPH_LINE)
        return "─";
    if (cell->lit.to == down)
        return LOWER[down - cell->lit.from];
    if (cell->lit.to == 1)
        return "▔";
    if (cell->lit.to == down / 2)
        return "▀";
    cell->style |= STYLE_REVERSE;
    return LOWER[down - cell->lit.to];
}

static const char *ascii_text(const struct cell *cell)
{
    static const char *const UP[] = {" ", ".", ":", "|"}, *const DOWN[] = {" ", "'", ":", "|"};
    if (cell->form == GRAPH_LINE)
        return "-";
    if (cell->zero)
        return cell->form == GRAPH_DOWN ? "-" : "_";
    const int height = cell->lit.to - cell->lit.from;
    return cell->form == GRAPH_DOWN ? DOWN[height] : UP[height];
}

static void cell_text(const struct painter *painter, struct cell *cell, char text[CELL_BYTES])
{
    if (!cell->any)
        snprintf(text, CELL_BYTES, " ");
    else if (painter->glyphs == GLYPHS_BRAILLE) /* U+2800 and the dots */
        snprintf(text, CELL_BYTES, "\xe2%c%c", 0xa0 | cell->dots >> 6, 0x80 | (cell->dots & 0x3f));
    else
        snprintf(text, CELL_BYTES, "%s",
                 painter->glyphs == GLYPHS_BLOCKS ? block_text(painter, cell) : ascii_text(cell));
}

static void end_run(struct painter *painter, int col)
{
    if (painter->length > 0)
        canvas_text(painter->canvas, painter->row, painter->begin, painter->style, painter->text);
    painter->length = 0;
    painter->begin = col;
}

static void put_cell(struct painter *painter, int col, struct cell *cell)
{
    char text[CELL_BYTES];
    cell_text(painter, cell, text);
    if (cell->style != painter->style)
        end_run(painter, col);
    painter->style = cell->style;
    const size_t length = strlen(text);
    memcpy(painter->text + painter->length, text, length + 1);
    painter->length += length;
}

void graph_draw(const struct canvas *canvas, const struct graph_layer *layers, size_t count)
{
    struct painter painter = {.canvas = canvas, .glyphs = canvas_glyphs(canvas)};
    const int first = canvas->cols > COLS_MOST ? canvas->cols - COLS_MOST : 0;
    painter.grid = GRIDS[painter.glyphs];
    for (painter.row = 0; painter.row < canvas->rows; painter.row++) {
        painter.begin = first;
        painter.style = ROLE_NORMAL;
        for (int col = first; col < canvas->cols; col++) {
            struct cell cell = {.style = ROLE_NORMAL};
            for (size_t i = 0; i < count; i++)
                light(&painter, &layers[i], (size_t)(canvas->cols - 1 - col), &cell);
            put_cell(&painter, col, &cell);
        }
        end_run(&painter, canvas->cols);
    }
}

int graph_sparkline(const struct canvas *canvas, int row, int col, int cells, unsigned style,
                    const uint64_t *values, size_t count, uint64_t most)
{
    static const char *const HEIGHTS[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    char text[COLS_MOST * CELL_BYTES + 1];
    if (cells <= 0)
        return col;
    const size_t room = cells < COLS_MOST ? (size_t)cells : COLS_MOST;
    const size_t shown = count < room ? count : room;
    const uint64_t *first = values + (count - shown);
    size_t length = 0;
    for (size_t i = 0; i < shown; i++)
        most = first[i] != GRAPH_UNKNOWN && first[i] > most ? first[i] : most;
    text[0] = '\0';
    for (size_t i = 0; i < shown; i++) {
        const char *glyph = first[i] == GRAPH_UNKNOWN ? " " : HEIGHTS[height_of(first[i], most, 7)];
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s", glyph);
    }
    canvas_text(canvas, row, col + cells - (int)shown, style, text);
    return col + cells;
}
