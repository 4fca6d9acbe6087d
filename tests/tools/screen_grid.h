/* screen_grid: a picture of a terminal screen as plain cells, and its golden text form.
 * Knows nothing of ptys, of libvterm or of the program under test.
 *
 * Golden form, made to be read and compared by people:
 *
 *     screen 24x80
 *     cursor 3,4                     (or: cursor hidden)
 *     |text of row 0, spaces at its end left out
 *       @0-4 bold fg=2               columns 0 to 4, inclusive
 *       @7-9 reverse fg=#a0b0c0 bg=236
 *     |text of row 1
 *
 * Attribute words: bold dim italic underline blink reverse strike; fg= and bg= take an index of the
 * palette or #rrggbb. Cells that no span names have the terminal's own colours.
 */
#ifndef TCPLENS_TOOLS_SCREEN_GRID_H
#define TCPLENS_TOOLS_SCREEN_GRID_H

#include "svg/cells.h"

/* True if they look the same: of a blank cell only what shows without a character counts (ncurses
 * 6.5 erases blanks that 6.4 writes, and leaves bold behind). */
bool screen_grid_looks_same(const struct screen_grid *a, const struct screen_grid *b);

/* A row as UTF-8 without the spaces at its end; returns its length. Cuts at size - 1. */
size_t screen_grid_row_text(const struct screen_grid *grid, int row, char *text, size_t size);

/* Both are NUL-terminated and the caller's to free; NULL when memory is short. */
char *screen_grid_to_text(const struct screen_grid *grid);
char *screen_grid_to_golden(const struct screen_grid *grid);

/* Reads the golden form. -EINVAL: not one; *line (may be NULL) then tells where, from 1. */
int screen_grid_from_golden(struct screen_grid *grid, const char *golden, int *line);

#endif
