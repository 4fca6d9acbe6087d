/* pty_screen_cells: the painted screen read out of libvterm as cells and text.
 * Must not know the process or the pty. */
#include "pty_screen_private.h"

#include <string.h>

static struct screen_color color_of(VTermColor color)
{
    struct screen_color out = {.kind = SCREEN_COLOR_DEFAULT};
    if (color.type & VTERM_COLOR_DEFAULT_MASK)
        return out;
    if (VTERM_COLOR_IS_INDEXED(&color)) {
        out.kind = SCREEN_COLOR_INDEXED;
        out.index = color.indexed.idx;
    } else {
        out.kind = SCREEN_COLOR_RGB;
        out.red = color.rgb.red;
        out.green = color.rgb.green;
        out.blue = color.rgb.blue;
    }
    return out;
}

static size_t put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(lead[length] | code);
    return length;
}

static void set_text(struct screen_cell *cell, const VTermScreenCell *from)
{
    size_t length = 0;
    if (from->chars[0] == (uint32_t)-1) { /* the right half of a wide character */
        cell->width = 0;
        return;
    }
    cell->width = from->width;
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && from->chars[i] != 0; i++)
        length += put_utf8(cell->text + length, from->chars[i]);
    if (length == 0)
        cell->text[0] = ' ';
}

void pty_screen_cell(const struct pty_screen *screen, int row, int col, struct screen_cell *cell)
{
    VTermScreenCell from;
    *cell = (struct screen_cell){0};
    if (!vterm_screen_get_cell(screen->cells, (VTermPos){.row = row, .col = col}, &from)) {
        *cell = (struct screen_cell){.text = " ", .width = 1};
        return;
    }
    set_text(cell, &from);
    cell->attrs =
        (from.attrs.bold ? SCREEN_BOLD : 0u) | (from.attrs.font == SGR_DIM_FONT ? SCREEN_DIM : 0u) |
        (from.attrs.italic ? SCREEN_ITALIC : 0u) | (from.attrs.underline ? SCREEN_UNDERLINE : 0u) |
        (from.attrs.blink ? SCREEN_BLINK : 0u) | (from.attrs.reverse ? SCREEN_REVERSE : 0u) |
        (from.attrs.strike ? SCREEN_STRIKE : 0u);
    cell->fg = color_of(from.fg);
    cell->bg = color_of(from.bg);
}

int pty_screen_snapshot(const struct pty_screen *screen, struct screen_grid *grid)
{
    VTermPos cursor;
    int rc = screen_grid_init(grid, screen->rows, screen->cols);
    if (rc != 0)
        return rc;
    for (int row = 0; row < screen->rows; row++)
        for (int col = 0; col < screen->cols; col++)
            pty_screen_cell(screen, row, col, screen_grid_cell(grid, row, col));
    vterm_state_get_cursorpos(vterm_obtain_state(screen->terminal), &cursor);
    grid->cursor_row = cursor.row;
    grid->cursor_col = cursor.col;
    grid->cursor_visible = screen->cursor_visible;
    return 0;
}

size_t pty_screen_row(const struct pty_screen *screen, int row, char *text, size_t size)
{
    size_t length = 0, end = 0;
    text[0] = '\0';
    for (int col = 0; row < screen->rows && col < screen->cols; col++) {
        struct screen_cell cell;
        pty_screen_cell(screen, row, col, &cell);
        size_t bytes = strlen(cell.text);
        if (length + bytes >= size)
            break;
        memcpy(text + length, cell.text, bytes);
        length += bytes;
        if (bytes > 0 && strcmp(cell.text, " ") != 0)
            end = length;
    }
    text[end] = '\0';
    return end;
}

/* The column of the cell that the byte at offset belongs to. */
static int column_at(const struct pty_screen *screen, int row, size_t offset)
{
    size_t length = 0;
    for (int col = 0; col < screen->cols; col++) {
        struct screen_cell cell;
        pty_screen_cell(screen, row, col, &cell);
        length += strlen(cell.text);
        if (length > offset)
            return col;
    }
    return screen->cols - 1;
}

bool pty_screen_find(const struct pty_screen *screen, const char *text, int *row, int *col)
{
    char line[8192];
    for (int i = 0; i < screen->rows; i++) {
        pty_screen_row(screen, i, line, sizeof(line));
        const char *at = strstr(line, text);
        if (!at)
            continue;
        if (row)
            *row = i;
        if (col)
            *col = column_at(screen, i, (size_t)(at - line));
        return true;
    }
    return false;
}

static char *snapshot_string(const struct pty_screen *screen,
                             char *form(const struct screen_grid *))
{
    struct screen_grid grid;
    if (pty_screen_snapshot(screen, &grid) != 0)
        return NULL;
    char *text = form(&grid);
    screen_grid_done(&grid);
    return text;
}

char *pty_screen_text(const struct pty_screen *screen)
{
    return snapshot_string(screen, screen_grid_to_text);
}

char *pty_screen_golden(const struct pty_screen *screen)
{
    return snapshot_string(screen, screen_grid_to_golden);
}
