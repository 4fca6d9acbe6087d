/* state_diagram: boxes and arrows of RFC 9293, placed and drawn. One set of tables for all sizes:
 * boxes are three lines high if there is room, else one. */
#include "ui/state_diagram.h"

#include <string.h>

#define LEVELS       6
#define BOX_LEAST    18
#define BOX_MOST     34
#define BOXES_BESIDE 5 /* this many boxes fill the width */
#define HIGHEST_BOX  6
#define LEAST_CELLS  76

/* CLOSED is at both ends, as in the RFC. */
const struct box BOXES[BOX_COUNT] = {
    [BOX_CLOSED] = {STATE_CLOSED, 0, CENTRE},
    [BOX_LISTEN] = {STATE_LISTEN, 1, LEFT},
    [BOX_SYN_SENT] = {STATE_SYN_SENT, 1, RIGHT},
    [BOX_SYN_RECEIVED] = {STATE_SYN_RECEIVED, 2, LEFT},
    [BOX_ESTABLISHED] = {STATE_ESTABLISHED, 2, CENTRE},
    [BOX_CLOSING] = {STATE_CLOSING, 3, LEFT},
    [BOX_FIN_WAIT_1] = {STATE_FIN_WAIT_1, 3, MIDDLE},
    [BOX_CLOSE_WAIT] = {STATE_CLOSE_WAIT, 3, RIGHT},
    [BOX_FIN_WAIT_2] = {STATE_FIN_WAIT_2, 4, MIDDLE},
    [BOX_LAST_ACK] = {STATE_LAST_ACK, 4, RIGHT},
    [BOX_TIME_WAIT] = {STATE_TIME_WAIT, 5, MIDDLE},
    [BOX_END] = {STATE_CLOSED, 5, RIGHT},
};

const struct arrow ARROWS[ARROW_COUNT] = {
    {STATE_CLOSED, STATE_LISTEN, BOX_CLOSED, BOX_LISTEN, ROUTE_OVER_DOWN, "listen"},
    {STATE_CLOSED, STATE_SYN_SENT, BOX_CLOSED, BOX_SYN_SENT, ROUTE_OVER_DOWN, "connect"},
    {STATE_LISTEN, STATE_SYN_RECEIVED, BOX_LISTEN, BOX_SYN_RECEIVED, ROUTE_DOWN, "syn"},
    {STATE_SYN_SENT, STATE_ESTABLISHED, BOX_SYN_SENT, BOX_ESTABLISHED, ROUTE_DOWN_OVER, "syn+ack"},
    {STATE_SYN_RECEIVED, STATE_ESTABLISHED, BOX_SYN_RECEIVED, BOX_ESTABLISHED, ROUTE_SIDE, "ack"},
    {STATE_ESTABLISHED, STATE_FIN_WAIT_1, BOX_ESTABLISHED, BOX_FIN_WAIT_1, ROUTE_DOWN_LEFT,
     "close"},
    {STATE_ESTABLISHED, STATE_CLOSE_WAIT, BOX_ESTABLISHED, BOX_CLOSE_WAIT, ROUTE_STEP, "fin"},
    {STATE_FIN_WAIT_1, STATE_CLOSING, BOX_FIN_WAIT_1, BOX_CLOSING, ROUTE_SIDE, "fin"},
    {STATE_FIN_WAIT_1, STATE_FIN_WAIT_2, BOX_FIN_WAIT_1, BOX_FIN_WAIT_2, ROUTE_DOWN, "ack"},
    {STATE_FIN_WAIT_2, STATE_TIME_WAIT, BOX_FIN_WAIT_2, BOX_TIME_WAIT, ROUTE_DOWN, "fin"},
    {STATE_CLOSING, STATE_TIME_WAIT, BOX_CLOSING, BOX_TIME_WAIT, ROUTE_DOWN_OVER, "ack"},
    {STATE_CLOSE_WAIT, STATE_LAST_ACK, BOX_CLOSE_WAIT, BOX_LAST_ACK, ROUTE_DOWN, "close"},
    {STATE_LAST_ACK, STATE_CLOSED, BOX_LAST_ACK, BOX_END, ROUTE_DOWN, "ack"},
    {STATE_TIME_WAIT, STATE_CLOSED, BOX_TIME_WAIT, BOX_END, ROUTE_SIDE, "2MSL"},
};

static int clamp(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

/* Boxes three lines high with at least one line between them; if there is no room, one line
 * high. */
static void choose_rows(struct layout *layout, int rows)
{
    for (int box = HIGHEST_BOX; box >= 3; box--) {
        const int pitch = (rows - box) / (LEVELS - 1);
        if (pitch < box + (box > 3 ? 2 : 1))
            continue;
        layout->box_rows = box;
        layout->pitch = pitch;
        return;
    }
    layout->box_rows = 1;
    layout->pitch = clamp((rows - 1) / (LEVELS - 1), 2, 3);
}

static struct layout layout_of(const struct canvas *canvas)
{
    struct layout layout = {.box_cells = clamp(canvas->cols / BOXES_BESIDE, BOX_LEAST, BOX_MOST)};
    const int centre = (canvas->cols - layout.box_cells) / 2;

    choose_rows(&layout, canvas->rows);
    layout.left[LEFT] = 1;
    layout.left[MIDDLE] = centre - layout.box_cells / 3;
    layout.left[CENTRE] = centre;
    layout.left[RIGHT] = canvas->cols - layout.box_cells - 1;
    return layout;
}

bool diagram_layout(struct layout *layout, const struct canvas *canvas)
{
    if (canvas->cols < LEAST_CELLS || canvas->rows < LEVELS * 2 - 1)
        return false;
    *layout = layout_of(canvas);
    return true;
}

struct rectangle diagram_place(const struct layout *layout, uint8_t box)
{
    return (struct rectangle){BOXES[box].level * layout->pitch, layout->left[BOXES[box].place],
                              layout->box_rows, layout->box_cells};
}

enum glyph { LINE, POST, DOWN_RIGHT, DOWN_LEFT, UP_RIGHT, UP_LEFT, GLYPHS };

static const char *const LINES[WEIGHT_COUNT][GLYPHS] = {
    [WEIGHT_LIGHT] = {"─", "│", "┌", "┐", "└", "┘"},
    [WEIGHT_HEAVY] = {"━", "┃", "┏", "┓", "┗", "┛"},
    [WEIGHT_DOUBLE] = {"═", "║", "╔", "╗", "╚", "╝"},
};

struct pen {
    const struct canvas *canvas;
    unsigned style;
    const char *const *glyphs;
};

static void put(const struct pen *pen, int row, int col, enum glyph glyph)
{
    canvas_text(pen->canvas, row, col, pen->style, pen->glyphs[glyph]);
}

static void head(const struct pen *pen, int row, int col, const char *glyph)
{
    canvas_text(pen->canvas, row, col, pen->style, glyph);
}

static void hline(const struct pen *pen, int row, int from, int to)
{
    for (int col = from; col <= to; col++)
        put(pen, row, col, LINE);
}

static void vline(const struct pen *pen, int col, int from, int to)
{
    for (int row = from; row <= to; row++)
        put(pen, row, col, POST);
}

static int middle_row(const struct rectangle *box)
{
    return box->top + box->rows / 2;
}

static int middle_col(const struct rectangle *box)
{
    return box->left + box->cols / 2;
}

/* Arrows are drawn before the boxes, which cover them. Each returns the place of its label. */
struct label_place { /* in the middle of [from, to); at `from` if to is 0, ending at `to` if from is
                        0 */
    int row, from, to;
};

static struct label_place draw_down(const struct pen *pen, const struct rectangle *a,
                                    const struct rectangle *b)
{
    const int begin = a->left > b->left ? a->left : b->left;
    const int end = a->left < b->left ? a->left + a->cols : b->left + b->cols;
    const int col = (begin + end) / 2;

    vline(pen, col, a->top + a->rows, b->top - 1);
    head(pen, b->top - 1, col, "▼");
    return (struct label_place){a->top + a->rows, col + 2, 0};
}

static struct label_place draw_down_left(const struct pen *pen, const struct rectangle *a,
                                         const struct rectangle *b)
{
    const struct label_place right = draw_down(pen, a, b);
    return (struct label_place){right.row, 0, right.from - 3};
}

static struct label_place draw_side(const struct pen *pen, const struct rectangle *a,
                                    const struct rectangle *b)
{
    const int row = middle_row(a);

    if (a->left < b->left) {
        hline(pen, row, a->left + a->cols, b->left - 2);
        head(pen, row, b->left - 1, "▶");
        return (struct label_place){row, a->left + a->cols, b->left - 1};
    }
    hline(pen, row, b->left + b->cols + 1, a->left - 1);
    head(pen, row, b->left + b->cols, "◀");
    return (struct label_place){row, b->left + b->cols + 1, a->left};
}

static struct label_place draw_over_down(const struct pen *pen, const struct rectangle *a,
                                         const struct rectangle *b)
{
    const int row = middle_row(a), col = middle_col(b);

    if (b->left < a->left) {
        hline(pen, row, col + 1, a->left - 1);
        put(pen, row, col, DOWN_RIGHT);
    } else {
        hline(pen, row, a->left + a->cols, col - 1);
        put(pen, row, col, DOWN_LEFT);
    }
    vline(pen, col, row + 1, b->top - 1);
    head(pen, b->top - 1, col, "▼");
    const int begin = b->left < a->left ? col : a->left + a->cols;
    const int end = b->left < a->left ? a->left : col;
    return (struct label_place){row, begin + 1, end};
}

static struct label_place draw_down_over(const struct pen *pen, const struct rectangle *a,
                                         const struct rectangle *b)
{
    const int row = middle_row(b), col = middle_col(a);

    vline(pen, col, a->top + a->rows, row - 1);
    if (b->left < a->left) {
        put(pen, row, col, UP_LEFT);
        hline(pen, row, b->left + b->cols + 1, col - 1);
        head(pen, row, b->left + b->cols, "◀");
        return (struct label_place){row, b->left + b->cols + 1, col};
    }
    put(pen, row, col, UP_RIGHT);
    hline(pen, row, col + 1, b->left - 2);
    head(pen, row, b->left - 1, "▶");
    return (struct label_place){row, col + 1, b->left - 1};
}

static struct label_place draw_step(const struct pen *pen, const struct rectangle *a,
                                    const struct rectangle *b)
{
    const int row = a->top + a->rows, begin = a->left + a->cols - 3, col = middle_col(b);

    put(pen, row, begin, UP_RIGHT);
    hline(pen, row, begin + 1, col - 1);
    if (row == b->top - 1)
        head(pen, row, col, "▼");
    else
        put(pen, row, col, DOWN_LEFT);
    if (row < b->top - 1) {
        vline(pen, col, row + 1, b->top - 2);
        head(pen, b->top - 1, col, "▼");
    }
    return (struct label_place){row, begin + 1, col};
}

typedef struct label_place (*draw_route)(const struct pen *pen, const struct rectangle *a,
                                         const struct rectangle *b);

static const draw_route ROUTES[] = {
    [ROUTE_DOWN] = draw_down,           [ROUTE_DOWN_LEFT] = draw_down_left,
    [ROUTE_SIDE] = draw_side,           [ROUTE_OVER_DOWN] = draw_over_down,
    [ROUTE_DOWN_OVER] = draw_down_over, [ROUTE_STEP] = draw_step,
};

/* The label with its rate, without it, or not at all, depending on the room. */
static void draw_label(const struct canvas *canvas, const struct label_place *place, unsigned style,
                       const char *label, const char *rate)
{
    const bool beside = place->from == 0 || place->to == 0;
    int wide = (int)(strlen(label) + strlen(rate)) + 2;

    if (!beside && wide > place->to - place->from - 1) {
        rate = "";
        wide = (int)strlen(label) + 2;
    }
    if (!beside && wide > place->to - place->from - 1)
        return;
    if (place->to == 0 && place->from + wide - 2 > canvas->cols)
        rate = "";
    if (place->to == 0)
        canvas_printf(canvas, place->row, place->from, style, "%s%s", label, rate);
    else if (place->from == 0)
        canvas_printf(canvas, place->row, place->to - wide + 2, style, "%s%s", label, rate);
    else
        canvas_printf(canvas, place->row, place->from + (place->to - place->from - wide) / 2, style,
                      " %s%s ", label, rate);
}

void diagram_draw_arrow(const struct canvas *canvas, const struct layout *layout, size_t arrow,
                        bool lit, enum weight weight, const char *rate)
{
    const struct rectangle a = diagram_place(layout, ARROWS[arrow].first);
    const struct rectangle b = diagram_place(layout, ARROWS[arrow].second);
    const struct pen pen = {canvas,
                            lit       ? ROLE_CHANGED | STYLE_BOLD
                            : rate[0] ? ROLE_NORMAL
                                      : ROLE_DIM,
                            LINES[weight]};
    const struct label_place place = ROUTES[ARROWS[arrow].route](&pen, &a, &b);

    draw_label(canvas, &place, lit || rate[0] ? ROLE_STRONG : ROLE_DIM, ARROWS[arrow].label, rate);
}

void diagram_draw_resets(const struct canvas *canvas, const struct layout *layout, bool lit,
                         const char *rate)
{
    const struct rectangle from = diagram_place(layout, BOX_ESTABLISHED);
    const struct rectangle to = diagram_place(layout, BOX_CLOSED);
    const int top = to.top + to.rows, col = middle_col(&from);
    const unsigned style = lit ? ROLE_TROUBLE | STYLE_BOLD : rate[0] ? ROLE_NOTICE : ROLE_DIM;

    for (int row = top + 1; row < from.top; row++)
        canvas_text(canvas, row, col, style, "┊");
    canvas_text(canvas, top, col, style, "▲");
    canvas_printf(canvas, top + (from.top - top) / 2, col + 2, style, "resets%s", rate);
}
