/* svg_box: box drawing (U+2500..) and blocks (U+2580..) as shapes that join their
 * neighbours. Independent of cells and colours. */
#include "svg/box.h"

#include <stddef.h>

enum { UP = 1, DOWN = 2, LEFT = 4, RIGHT = 8, HEAVY = 16, ROUND = 32, DOUBLE = 64, DASHED = 128 };

static const struct {
    uint32_t code;
    unsigned arms;
} LINES[] = {
    {0x2500, LEFT | RIGHT},
    {0x2501, LEFT | RIGHT | HEAVY},
    {0x2502, UP | DOWN},
    {0x2503, UP | DOWN | HEAVY},
    {0x2504, LEFT | RIGHT | DASHED},
    {0x2506, UP | DOWN | DASHED},
    {0x2508, LEFT | RIGHT | DASHED},
    {0x250a, UP | DOWN | DASHED},
    {0x250c, DOWN | RIGHT},
    {0x250f, DOWN | RIGHT | HEAVY},
    {0x2510, DOWN | LEFT},
    {0x2513, DOWN | LEFT | HEAVY},
    {0x2514, UP | RIGHT},
    {0x2517, UP | RIGHT | HEAVY},
    {0x2518, UP | LEFT},
    {0x251b, UP | LEFT | HEAVY},
    {0x251c, UP | DOWN | RIGHT},
    {0x2523, UP | DOWN | RIGHT | HEAVY},
    {0x2524, UP | DOWN | LEFT},
    {0x252b, UP | DOWN | LEFT | HEAVY},
    {0x252c, DOWN | LEFT | RIGHT},
    {0x2533, DOWN | LEFT | RIGHT | HEAVY},
    {0x2534, UP | LEFT | RIGHT},
    {0x253b, UP | LEFT | RIGHT | HEAVY},
    {0x253c, UP | DOWN | LEFT | RIGHT},
    {0x254b, UP | DOWN | LEFT | RIGHT | HEAVY},
    {0x254c, LEFT | RIGHT | DASHED},
    {0x254e, UP | DOWN | DASHED},
    {0x2550, LEFT | RIGHT | DOUBLE},
    {0x2551, UP | DOWN | DOUBLE},
    {0x256d, DOWN | RIGHT | ROUND},
    {0x256e, DOWN | LEFT | ROUND},
    {0x256f, UP | LEFT | ROUND},
    {0x2570, UP | RIGHT | ROUND},
    {0x2574, LEFT},
    {0x2575, UP},
    {0x2576, RIGHT},
    {0x2577, DOWN},
};

/* Blocks as eighths of the cell: left, top, width, height, and how opaque. */
static const struct {
    uint32_t code;
    int left, top, width, height;
    double opacity;
} BLOCKS[] = {
    {0x2580, 0, 0, 8, 4, 1},    {0x2581, 0, 7, 8, 1, 1},   {0x2582, 0, 6, 8, 2, 1},
    {0x2583, 0, 5, 8, 3, 1},    {0x2584, 0, 4, 8, 4, 1},   {0x2585, 0, 3, 8, 5, 1},
    {0x2586, 0, 2, 8, 6, 1},    {0x2587, 0, 1, 8, 7, 1},   {0x2588, 0, 0, 8, 8, 1},
    {0x2589, 0, 0, 7, 8, 1},    {0x258a, 0, 0, 6, 8, 1},   {0x258b, 0, 0, 5, 8, 1},
    {0x258c, 0, 0, 4, 8, 1},    {0x258d, 0, 0, 3, 8, 1},   {0x258e, 0, 0, 2, 8, 1},
    {0x258f, 0, 0, 1, 8, 1},    {0x2590, 4, 0, 4, 8, 1},   {0x2591, 0, 0, 8, 8, 0.25},
    {0x2592, 0, 0, 8, 8, 0.45}, {0x2593, 0, 0, 8, 8, 0.7},
};

enum {
    LINE_COUNT = sizeof(LINES) / sizeof(LINES[0]),
    BLOCK_COUNT = sizeof(BLOCKS) / sizeof(BLOCKS[0])
};

static void draw_round(FILE *out, unsigned arms, struct svg_box cell, const char *color)
{
    double x = cell.x + cell.width / 2, y = cell.y + cell.height / 2;
    double end_x = arms & RIGHT ? cell.x + cell.width : cell.x;
    double end_y = arms & DOWN ? cell.y + cell.height : cell.y;
    double radius = cell.width / 2;
    double turn_y = arms & DOWN ? y + radius : y - radius;
    fprintf(out, "<path d=\"M%.2f %.2fV%.2fQ%.2f %.2f %.2f %.2f\" fill=\"none\" stroke=\"%s\"/>\n",
            x, end_y, turn_y, x, y, end_x, y, color);
}

static void draw_line(FILE *out, unsigned arms, struct svg_box cell, double shift,
                      const char *color)
{
    double x = cell.x + cell.width / 2, y = cell.y + cell.height / 2;
    bool across = (arms & (LEFT | RIGHT)) != 0, along = (arms & (UP | DOWN)) != 0;
    fputs("<path d=\"", out);
    if (across)
        fprintf(out, "M%.2f %.2fH%.2f", arms & LEFT ? cell.x : x, y + shift,
                arms & RIGHT ? cell.x + cell.width : x);
    if (along)
        fprintf(out, "M%.2f %.2fV%.2f", x + shift, arms & UP ? cell.y : y,
                arms & DOWN ? cell.y + cell.height : y);
    fprintf(out, "\" fill=\"none\" stroke=\"%s\"%s%s/>\n", color,
            arms & HEAVY ? " stroke-width=\"2.4\"" : "",
            arms & DASHED ? " stroke-dasharray=\"2.8 1.4\"" : "");
}

static void draw_arms(FILE *out, unsigned arms, struct svg_box cell, const char *color)
{
    if (arms & ROUND) {
        draw_round(out, arms, cell, color);
        return;
    }
    draw_line(out, arms, cell, arms & DOUBLE ? -1.5 : 0, color);
    if (arms & DOUBLE)
        draw_line(out, arms, cell, 1.5, color);
}

bool svg_is_shape(uint32_t code)
{
    for (size_t i = 0; i < LINE_COUNT; i++)
        if (LINES[i].code == code)
            return true;
    for (size_t i = 0; i < BLOCK_COUNT; i++)
        if (BLOCKS[i].code == code)
            return true;
    return false;
}

bool svg_draw_shape(FILE *out, uint32_t code, struct svg_box cell, const char *color)
{
    for (size_t i = 0; i < LINE_COUNT; i++)
        if (LINES[i].code == code) {
            draw_arms(out, LINES[i].arms, cell, color);
            return true;
        }
    for (size_t i = 0; i < BLOCK_COUNT; i++)
        if (BLOCKS[i].code == code) {
            fprintf(out,
                    "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\" "
                    "fill-opacity=\"%.2f\"/>\n",
                    cell.x + cell.width * BLOCKS[i].left / 8,
                    cell.y + cell.height * BLOCKS[i].top / 8, cell.width * BLOCKS[i].width / 8,
                    cell.height * BLOCKS[i].height / 8, color, BLOCKS[i].opacity);
            return true;
        }
    return false;
}
