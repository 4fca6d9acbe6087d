/* canvas: clipped drawing on top of term_put. */
#include "ui/canvas.h"

#include "core/text/text.h"
#include "ui/term/term.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 1024

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

struct canvas canvas_part(const struct canvas *canvas, int row, int col, int rows, int cols)
{
    int top = clamp(row, 0, canvas->rows);
    int left = clamp(col, 0, canvas->cols);
    int bottom = clamp(row + rows, top, canvas->rows);
    int right = clamp(col + cols, left, canvas->cols);
    return (struct canvas){.term = canvas->term,
                           .top = canvas->top + top,
                           .left = canvas->left + left,
                           .rows = bottom - top,
                           .cols = right - left};
}

struct canvas canvas_middle(const struct canvas *canvas, int rows, int cols)
{
    rows = clamp(rows, 0, canvas->rows);
    cols = clamp(cols, 0, canvas->cols);
    return canvas_part(canvas, (canvas->rows - rows) / 2, (canvas->cols - cols) / 2, rows, cols);
}

bool canvas_holds(const struct canvas *canvas, int row, int col)
{
    return row >= canvas->top && row < canvas->top + canvas->rows && col >= canvas->left &&
           col < canvas->left + canvas->cols;
}

bool canvas_ascii(const struct canvas *canvas)
{
    return term_ascii(canvas->term);
}

bool canvas_mono(const struct canvas *canvas)
{
    return term_mono(canvas->term);
}

enum glyphs canvas_glyphs(const struct canvas *canvas)
{
    return canvas_ascii(canvas) ? GLYPHS_ASCII : term_glyphs(canvas->term);
}

int canvas_text(const struct canvas *canvas, int row, int col, unsigned style, const char *text)
{
    if (row < 0 || row >= canvas->rows || col < 0 || col >= canvas->cols)
        return col;
    return col + term_put(canvas->term, canvas->top + row, canvas->left + col, canvas->cols - col,
                          style, text);
}

int canvas_printf(const struct canvas *canvas, int row, int col, unsigned style, const char *format,
                  ...)
{
    char text[LINE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return canvas_text(canvas, row, col, style, text);
}

int canvas_fill(const struct canvas *canvas, int row, int col, int cells, unsigned style)
{
    static const char BLANKS[] = "                                                                ";
    int end = col + (cells > 0 ? cells : 0);
    while (col < end && col < canvas->cols) {
        int part = clamp(end - col, 0, (int)sizeof(BLANKS) - 1);
        canvas_text(canvas, row, col, style, BLANKS + sizeof(BLANKS) - 1 - part);
        col += part;
    }
    return end;
}

int canvas_field(const struct canvas *canvas, int row, int col, int cells, bool right,
                 unsigned style, const char *text)
{
    char field[LINE_MAX_BYTES];
    if (cells <= 0)
        return col;
    const int width = (int)text_cut(field, sizeof(field), text, (size_t)cells, "…");
    const size_t length = strlen(field), room = sizeof(field) - 1 - length;
    const size_t blanks = (size_t)(cells - width);
    /* one piece where it has room, as nearly all have: of a row of fields each costs a call */
    const size_t with = blanks <= room ? blanks : 0;
    if (right)
        memmove(field + with, field, length);
    memset(right ? field : field + length, ' ', with);
    field[length + with] = '\0';
    const int text_col = right ? col + (int)(blanks - with) : col;
    canvas_text(canvas, row, text_col, style, field);
    canvas_fill(canvas, row, right ? col : col + width, (int)(blanks - with), style);
    return col + cells;
}

int canvas_text_right(const struct canvas *canvas, int row, int end, unsigned style,
                      const char *text)
{
    int begin = end - (int)text_width(text);
    canvas_text(canvas, row, begin < 0 ? 0 : begin, style, text);
    return begin;
}

static void edge(const struct canvas *canvas, int row, unsigned style, const char *left,
                 const char *right)
{
    canvas_text(canvas, row, 0, style, left);
    for (int col = 1; col < canvas->cols - 1; col++)
        canvas_text(canvas, row, col, style, "─");
    canvas_text(canvas, row, canvas->cols - 1, style, right);
}

struct canvas canvas_box(const struct canvas *canvas, unsigned style, const char *title)
{
    for (int row = 1; row < canvas->rows - 1; row++) {
        canvas_fill(canvas, row, 0, canvas->cols, ROLE_NORMAL);
        canvas_text(canvas, row, 0, style, "│");
        canvas_text(canvas, row, canvas->cols - 1, style, "│");
    }
    edge(canvas, canvas->rows - 1, style, "└", "┘");
    edge(canvas, 0, style, "┌", "┐");
    if (title)
        canvas_printf(canvas, 0, 1, ROLE_ACCENT, " %s ", title);
    return canvas_part(canvas, 1, 2, canvas->rows - 2, canvas->cols - 4);
}

int canvas_bar(const struct canvas *canvas, int row, int col, int cells, unsigned style,
               unsigned permille)
{
    static const char *const EIGHTHS[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (cells <= 0)
        return col;
    unsigned eighths = (permille > 1000 ? 1000 : permille) * (unsigned)cells * 8 / 1000;
    if (permille > 0 && eighths == 0)
        eighths = 1;
    for (unsigned i = 0; i < eighths / 8; i++)
        canvas_text(canvas, row, col + (int)i, style, "█");
    canvas_text(canvas, row, col + (int)(eighths / 8), style, EIGHTHS[eighths % 8]);
    return col + cells;
}

void canvas_focus(const struct canvas *canvas, int row, int col)
{
    if (row >= 0 && row < canvas->rows && col >= 0 && col < canvas->cols)
        term_focus(canvas->term, canvas->top + row, canvas->left + col);
}

void canvas_cursor(const struct canvas *canvas, int row, int col)
{
    if (row >= 0 && row < canvas->rows && col >= 0 && col < canvas->cols)
        term_cursor(canvas->term, canvas->top + row, canvas->left + col);
}
