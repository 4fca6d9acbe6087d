/* Drawing within a rectangle of the terminal, for panes. Text is safe UTF-8; everything is clipped;
 * box drawing, arrows and blocks are converted in ASCII mode (text_ascii_form). */
#ifndef TCPLENS_UI_CANVAS_H
#define TCPLENS_UI_CANVAS_H

#include "ui/theme.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct term;

struct canvas {
    struct term *term;
    int top, left, rows, cols; /* rows, cols may be 0 */
};

/* The part of a canvas that lies within it (maybe empty). */
struct canvas canvas_part(const struct canvas *canvas, int row, int col, int rows, int cols);

/* Each returns the column after what was drawn (col if nothing). */
int canvas_text(const struct canvas *canvas, int row, int col, unsigned style, const char *text);
int canvas_printf(const struct canvas *canvas, int row, int col, unsigned style, const char *format,
                  ...) __attribute__((format(printf, 5, 6)));
/* In a field of `cells`: truncated with a mark, or padded with blanks in the style. */
int canvas_field(const struct canvas *canvas, int row, int col, int cells, bool right,
                 unsigned style, const char *text);
int canvas_fill(const struct canvas *canvas, int row, int col, int cells, unsigned style);
/* Text that ends at column `end` (exclusive); returns where it begins. */
int canvas_text_right(const struct canvas *canvas, int row, int end, unsigned style,
                      const char *text);

/* A frame around the canvas with a title in its upper edge (NULL = none), emptied inside; returns
 * the inside (one blank column at each side). */
struct canvas canvas_box(const struct canvas *canvas, unsigned style, const char *title);
/* A canvas of that size (or less) in the middle. */
struct canvas canvas_middle(const struct canvas *canvas, int rows, int cols);
/* A bar of `cells` cells, filled by permille, in eighths of a cell. */
int canvas_bar(const struct canvas *canvas, int row, int col, int cells, unsigned style,
               unsigned permille);
void canvas_cursor(const struct canvas *canvas, int row, int col);
void canvas_focus(const struct canvas *canvas, int row, int col); /* see term_focus */
/* True if this cell of the screen is in it. */
bool canvas_holds(const struct canvas *canvas, int row, int col);
bool canvas_ascii(const struct canvas *canvas);
bool canvas_mono(const struct canvas *canvas);          /* roles differ by attributes only */
enum glyphs canvas_glyphs(const struct canvas *canvas); /* what graphs are drawn with */

#endif
