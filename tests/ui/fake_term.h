/* A terminal in memory behind term.h: what canvas draws, as text. */
#ifndef TCPLENS_TESTS_UI_FAKE_TERM_H
#define TCPLENS_TESTS_UI_FAKE_TERM_H

#include "ui/canvas.h"

#define FAKE_ROWS 12
#define FAKE_COLS 60

struct term {
    char cells[FAKE_ROWS][FAKE_COLS][5];
    unsigned styles[FAKE_ROWS][FAKE_COLS];
    int cursor_row, cursor_col, focus_row, focus_col;
    enum glyphs glyphs;
    bool ascii, mono, outside; /* outside: something was drawn beyond the edge */
};

struct canvas fake_canvas(struct term *term);           /* empties it */
const char *fake_row(const struct term *term, int row); /* without blanks at its end */

#endif
