/* screen_grid: cells of a terminal screen and their golden text form.
 * Must not know where the cells come from. */
#include "screen_grid.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const struct {
    unsigned bit;
    const char *word;
} ATTRIBUTES[] = {
    {SCREEN_BOLD, "bold"},           {SCREEN_DIM, "dim"},     {SCREEN_ITALIC, "italic"},
    {SCREEN_UNDERLINE, "underline"}, {SCREEN_BLINK, "blink"}, {SCREEN_REVERSE, "reverse"},
    {SCREEN_STRIKE, "strike"},
};
enum { ATTRIBUTE_COUNT = sizeof(ATTRIBUTES) / sizeof(ATTRIBUTES[0]) };

static bool looks_same(const struct screen_cell *a, const struct screen_cell *b)
{
    const unsigned on_blank = SCREEN_UNDERLINE | SCREEN_REVERSE | SCREEN_STRIKE;

    if (strcmp(a->text, b->text) != 0)
        return false;
    if (strcmp(a->text, " ") != 0 || (a->attrs | b->attrs) & on_blank)
        return screen_cell_same_look(a, b);
    return screen_color_equal(a->bg, b->bg);
}

bool screen_grid_looks_same(const struct screen_grid *a, const struct screen_grid *b)
{
    if (a->rows != b->rows || a->cols != b->cols || a->cursor_visible != b->cursor_visible)
        return false;
    if (a->cursor_visible && (a->cursor_row != b->cursor_row || a->cursor_col != b->cursor_col))
        return false;
    for (int i = 0; i < a->rows * a->cols; i++) {
        if (!looks_same(&a->cells[i], &b->cells[i]))
            return false;
    }
    return true;
}

size_t screen_grid_row_text(const struct screen_grid *grid, int row, char *text, size_t size)
{
    size_t length = 0, end = 0;
    for (int col = 0; col < grid->cols; col++) {
        const char *cell = screen_grid_cell(grid, row, col)->text;
        size_t bytes = strlen(cell);
        if (length + bytes >= size)
            break;
        memcpy(text + length, cell, bytes);
        length += bytes;
        if (bytes > 0 && strcmp(cell, " ") != 0)
            end = length;
    }
    text[end] = '\0';
    return end;
}

static void write_row(FILE *out, const struct screen_grid *grid, int row)
{
    size_t size = (size_t)grid->cols * sizeof(grid->cells[0].text) + 1;
    char *text = malloc(size);
    if (!text)
        return;
    screen_grid_row_text(grid, row, text, size);
    fputs(text, out);
    free(text);
}

static void write_color(FILE *out, const char *key, struct screen_color color)
{
    if (color.kind == SCREEN_COLOR_INDEXED)
        fprintf(out, " %s=%u", key, color.index);
    else if (color.kind == SCREEN_COLOR_RGB)
        fprintf(out, " %s=#%02x%02x%02x", key, color.red, color.green, color.blue);
}

static void write_spans(FILE *out, const struct screen_grid *grid, int row)
{
    static const struct screen_cell plain = {0};
    for (int start = 0, end; start < grid->cols; start = end) {
        const struct screen_cell *cell = screen_grid_cell(grid, row, start);
        for (end = start + 1; end < grid->cols; end++)
            if (!screen_cell_same_look(cell, screen_grid_cell(grid, row, end)))
                break;
        if (screen_cell_same_look(cell, &plain))
            continue;
        fprintf(out, "  @%d-%d", start, end - 1);
        for (int i = 0; i < ATTRIBUTE_COUNT; i++)
            if (cell->attrs & ATTRIBUTES[i].bit)
                fprintf(out, " %s", ATTRIBUTES[i].word);
        write_color(out, "fg", cell->fg);
        write_color(out, "bg", cell->bg);
        fputc('\n', out);
    }
}

static char *grid_to_string(const struct screen_grid *grid, bool golden)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    if (golden) {
        fprintf(out, "screen %dx%d\n", grid->rows, grid->cols);
        if (grid->cursor_visible)
            fprintf(out, "cursor %d,%d\n", grid->cursor_row, grid->cursor_col);
        else
            fputs("cursor hidden\n", out);
    }
    for (int row = 0; row < grid->rows; row++) {
        if (golden)
            fputc('|', out);
        write_row(out, grid, row);
        fputc('\n', out);
        if (golden)
            write_spans(out, grid, row);
    }
    return fclose(out) == 0 ? text : NULL;
}

char *screen_grid_to_text(const struct screen_grid *grid)
{
    return grid_to_string(grid, false);
}

char *screen_grid_to_golden(const struct screen_grid *grid)
{
    return grid_to_string(grid, true);
}

/* One character of a row; combining marks join the cell on their left. */
static bool put_character(struct screen_grid *grid, int row, int *col, const char *bytes,
                          size_t length, int width)
{
    if (width == 0 && *col > 0) {
        int left = *col - 1;
        while (left > 0 && screen_grid_cell(grid, row, left)->width == 0)
            left--;
        struct screen_cell *cell = screen_grid_cell(grid, row, left);
        if (strlen(cell->text) + length < sizeof(cell->text))
            strncat(cell->text, bytes, length);
        return true;
    }
    int cells = width == 2 ? 2 : 1;
    if (*col + cells > grid->cols)
        return false;
    struct screen_cell *cell = screen_grid_cell(grid, row, *col);
    memcpy(cell->text, bytes, length);
    cell->text[length] = '\0';
    cell->width = cells;
    if (cells == 2) {
        cell[1].text[0] = '\0';
        cell[1].width = 0;
    }
    *col += cells;
    return true;
}

static bool read_row(struct screen_grid *grid, int row, const char *text)
{
    mbstate_t state = {0};
    size_t left = strlen(text);
    int col = 0;
    while (left > 0) {
        wchar_t wide;
        size_t length = mbrtowc(&wide, text, left, &state);
        if (length == 0 || length > 8)
            return false;
        if (!put_character(grid, row, &col, text, length, wcwidth(wide)))
            return false;
        text += length;
        left -= length;
    }
    return true;
}

static bool read_color(const char *word, struct screen_color *color)
{
    char *end = NULL;
    unsigned long value = strtoul(word[0] == '#' ? word + 1 : word, &end, word[0] == '#' ? 16 : 10);
    if (*end != '\0')
        return false;
    if (word[0] == '#') {
        *color = (struct screen_color){.kind = SCREEN_COLOR_RGB,
                                       .red = (uint8_t)(value >> 16),
                                       .green = (uint8_t)(value >> 8),
                                       .blue = (uint8_t)value};
        return strlen(word) == 7;
    }
    *color = (struct screen_color){.kind = SCREEN_COLOR_INDEXED, .index = (uint8_t)value};
    return end != word && value < 256;
}

static bool read_look_word(const char *word, struct screen_cell *look)
{
    if (strncmp(word, "fg=", 3) == 0)
        return read_color(word + 3, &look->fg);
    if (strncmp(word, "bg=", 3) == 0)
        return read_color(word + 3, &look->bg);
    for (int i = 0; i < ATTRIBUTE_COUNT; i++)
        if (strcmp(word, ATTRIBUTES[i].word) == 0) {
            look->attrs |= ATTRIBUTES[i].bit;
            return true;
        }
    return false;
}

/* The rest of a span line, after its "  @". */
static bool read_span(struct screen_grid *grid, int row, char *text)
{
    char *save = NULL;
    char *word = strtok_r(text, " ", &save);
    int first, last;
    if (!word || sscanf(word, "%d-%d", &first, &last) != 2)
        return false;
    if (first < 0 || last < first || last >= grid->cols)
        return false;
    struct screen_cell look = {0};
    for (word = strtok_r(NULL, " ", &save); word; word = strtok_r(NULL, " ", &save))
        if (!read_look_word(word, &look))
            return false;
    for (int col = first; col <= last; col++) {
        struct screen_cell *cell = screen_grid_cell(grid, row, col);
        cell->attrs = look.attrs;
        cell->fg = look.fg;
        cell->bg = look.bg;
    }
    return true;
}

struct golden_reader {
    struct screen_grid grid;
    int row; /* the row last read, -1 before the first */
};

static bool read_line(struct golden_reader *reader, char *line)
{
    struct screen_grid *grid = &reader->grid;
    int rows, cols;
    if (!grid->cells) {
        reader->row = -1;
        return sscanf(line, "screen %dx%d", &rows, &cols) == 2 &&
               screen_grid_init(grid, rows, cols) == 0;
    }
    if (line[0] == '|' && reader->row + 1 < grid->rows)
        return read_row(grid, ++reader->row, line + 1);
    if (strncmp(line, "  @", 3) == 0 && reader->row >= 0)
        return read_span(grid, reader->row, line + 3);
    if (strcmp(line, "cursor hidden") == 0)
        return true;
    grid->cursor_visible = true;
    return sscanf(line, "cursor %d,%d", &grid->cursor_row, &grid->cursor_col) == 2;
}

static int read_lines(struct golden_reader *reader, char *text, int *line)
{
    int number = 0;
    while (*text != '\0') {
        char *end = text + strcspn(text, "\n");
        bool last = *end == '\0';
        *end = '\0';
        number++;
        if (line)
            *line = number;
        if (!read_line(reader, text))
            return -EINVAL;
        text = last ? end : end + 1;
    }
    return reader->grid.cells && reader->row + 1 == reader->grid.rows ? 0 : -EINVAL;
}

int screen_grid_from_golden(struct screen_grid *grid, const char *golden, int *line)
{
    struct golden_reader reader = {.row = -1};
    char *copy = strdup(golden);
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    int rc = -ENOMEM;
    if (!copy || !utf8)
        goto out;
    locale_t before = uselocale(utf8);
    rc = read_lines(&reader, copy, line);
    uselocale(before);
    if (rc == 0)
        *grid = reader.grid;
    else
        screen_grid_done(&reader.grid);
out:
    if (utf8)
        freelocale(utf8);
    free(copy);
    return rc;
}
