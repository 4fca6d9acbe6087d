/* The functions of term.h that drawing needs, over a grid. */
#include "fake_term.h"

#include "core/text/text.h"
#include "ui/term/term.h"

#include <string.h>

struct canvas fake_canvas(struct term *term)
{
    memset(term, 0, sizeof(*term));
    for (int row = 0; row < FAKE_ROWS; row++)
        for (int col = 0; col < FAKE_COLS; col++)
            term->cells[row][col][0] = ' ';
    term->cursor_col = -1;
    return (struct canvas){.term = term, .rows = FAKE_ROWS, .cols = FAKE_COLS};
}

int term_put(struct term *term, int row, int col, int cells, unsigned style, const char *text)
{
    int used = 0;
    term->outside =
        term->outside || row < 0 || col < 0 || row >= FAKE_ROWS || col + cells > FAKE_COLS;
    while (*text && !term->outside) {
        uint32_t code;
        unsigned width;
        size_t length = text_next(text, &code, &width);
        if (used + (int)width > cells)
            break;
        for (unsigned i = 0; i < width; i++) {
            char *cell = term->cells[row][col + used + (int)i];
            memset(cell, 0, sizeof(term->cells[0][0]));
            if (i == 0)
                memcpy(cell, text, length < 4 ? length : 4);
            term->styles[row][col + used + (int)i] = style;
        }
        used += (int)width;
        text += length;
    }
    return used;
}

bool term_ascii(const struct term *term)
{
    return term->ascii;
}

enum glyphs term_glyphs(const struct term *term)
{
    return term->glyphs;
}

bool term_mono(const struct term *term)
{
    return term->mono;
}

void term_cursor(struct term *term, int row, int col)
{
    term->cursor_row = row;
    term->cursor_col = col;
}

void term_focus(struct term *term, int row, int col)
{
    term->focus_row = row;
    term->focus_col = col;
}

const char *fake_row(const struct term *term, int row)
{
    static char text[FAKE_COLS * 4 + 1];
    size_t at = 0, end = 0;
    for (int col = 0; col < FAKE_COLS; col++) {
        const char *cell = term->cells[row][col];
        size_t length = strlen(cell);
        memcpy(text + at, cell, length);
        at += length;
        end = strcmp(cell, " ") == 0 ? end : at;
    }
    text[end] = '\0';
    return text;
}
