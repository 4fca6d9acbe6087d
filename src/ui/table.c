/* table: columns fitted to a width, header, fields, scrolling. */
#include "ui/table.h"

#include <string.h>

#define GAP        2
#define GAP_TIGHT  1
#define WIDE_CELLS 100

/* Blanks before a column: numbers keep away from their left neighbour by themselves. */
static int gap_before(const struct table_column *columns, size_t at, bool first)
{
    if (first)
        return 0;
    return columns[at].right ? GAP_TIGHT : GAP;
}

/* What a column must get, or another one leaves. A wide screen shows whole addresses rather than
 * more columns, a narrow one more columns than whole addresses. */
static int least_cells(const struct table_column *column, bool wide)
{
    int spare = column->min_width > 0 ? column->cells - column->min_width : 0;
    return spare > 0 ? column->cells - (wide ? spare / 3 : spare * 2 / 3) : column->cells;
}

enum measure { MEASURE_NOW, MEASURE_LEAST, MEASURE_LEAST_WIDE };

/* Cells that the columns take, gaps and all. */
static int needed(const struct table_column *columns, size_t count, enum measure measure)
{
    int sum = 0;
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        if (columns[i].cells == 0)
            continue;
        sum += gap_before(columns, i, first);
        sum += measure == MEASURE_NOW ? columns[i].cells
                                      : least_cells(&columns[i], measure == MEASURE_LEAST_WIDE);
        first = false;
    }
    return sum;
}

/* Takes cells from the columns that have most to give until it fits. */
static void shrink(struct table_column *columns, size_t count, int excess)
{
    while (excess > 0) {
        struct table_column *richest = NULL;
        int most = 0;
        for (size_t i = 0; i < count; i++) {
            int spare = columns[i].min_width > 0 ? columns[i].cells - columns[i].min_width : 0;
            if (columns[i].cells > 0 && spare > most) {
                richest = &columns[i];
                most = spare;
            }
        }
        if (!richest)
            break;
        richest->cells--;
        excess--;
    }
}

static struct table_column *next_to_leave(struct table_column *columns, size_t count)
{
    struct table_column *least = NULL;
    for (size_t i = 0; i < count; i++)
        if (columns[i].cells > 0 && columns[i].leave > 0 &&
            (!least || columns[i].leave >= least->leave))
            least = &columns[i];
    return least;
}

static void grow(struct table_column *columns, size_t count, int spare)
{
    int shares = 0;
    for (size_t i = 0; i < count; i++)
        shares += columns[i].cells > 0 ? columns[i].grow : 0;
    for (size_t i = 0; i < count && shares > 0; i++) {
        if (columns[i].cells == 0 || columns[i].grow == 0)
            continue;
        int part = spare * columns[i].grow / shares;
        columns[i].cells += part;
        spare -= part;
        shares -= columns[i].grow;
    }
}

static void lay_out(struct table_column *columns, size_t count, int first, int cells,
                    enum measure least_of)
{
    for (size_t i = 0; i < count; i++)
        columns[i].cells = columns[i].width > 0 ? columns[i].width : 1;
    while (needed(columns, count, least_of) > cells) {
        struct table_column *least = next_to_leave(columns, count);
        if (!least)
            break;
        least->cells = 0;
    }
    int spare = cells - needed(columns, count, MEASURE_NOW);
    if (spare < 0)
        shrink(columns, count, -spare);
    else
        grow(columns, count, spare);
    int at = first;
    for (size_t i = 0; i < count; i++) {
        columns[i].at = at + gap_before(columns, i, at == first);
        if (columns[i].cells > 0)
            at = columns[i].at + columns[i].cells;
    }
}

void table_layout(struct table_column *columns, size_t count, int first, int cells)
{
    lay_out(columns, count, first, cells, cells >= WIDE_CELLS ? MEASURE_LEAST_WIDE : MEASURE_LEAST);
}

void table_layout_chosen(struct table_column *columns, size_t count, int first, int cells)
{
    lay_out(columns, count, first, cells, MEASURE_LEAST);
}

void table_draw_header(const struct canvas *canvas, int row, const struct table_column *columns,
                       size_t count, size_t sorted, bool descending)
{
    for (size_t i = 0; i < count; i++) {
        const struct table_column *column = &columns[i];
        if (i != sorted) {
            table_draw_cell(canvas, row, column, ROLE_TITLE, column->title);
            continue;
        }
        const char *mark = descending ? "▼" : "▲";
        int wide = (int)strlen(column->title);
        int room = column->cells - wide;
        /* The mark stands in the gap when the title fills its column. */
        int at = column->at + (column->right && room > 0 ? room : 0);
        if (column->right && room > 1) {
            canvas_text(canvas, row, at - 2, ROLE_ACCENT, mark);
            canvas_text(canvas, row, at, ROLE_ACCENT, column->title);
        } else {
            table_draw_cell(canvas, row, column, ROLE_ACCENT, column->title);
            int end = column->at + (wide < column->cells ? wide : column->cells);
            canvas_text(canvas, row,
                        room > 1                     ? end + 1
                        : column->right && room == 1 ? column->at
                                                     : end,
                        ROLE_ACCENT, column->cells > 0 ? mark : "");
        }
    }
}

void table_draw_cell(const struct canvas *canvas, int row, const struct table_column *column,
                     unsigned style, const char *text)
{
    canvas_field(canvas, row, column->at, column->cells, column->right, style, text);
}

size_t table_column_at(const struct table_column *columns, size_t count, int col)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i].cells > 0 && col >= columns[i].at && col <= columns[i].at + columns[i].cells)
            return i;
    return SIZE_MAX;
}

size_t table_column_aside(const struct table_column *columns, size_t count, size_t at, int step)
{
    const size_t from = at < count ? at : step > 0 ? count - 1 : 0;
    const size_t next = (from + count + (size_t)step) % count;
    for (size_t i = next, tries = 0; tries < count; tries++) {
        if (columns[i].cells > 0)
            return i;
        i = (i + count + (size_t)step) % count;
    }
    return next;
}

void table_scroll(uint32_t *cursor, uint32_t *top, uint32_t count, uint32_t height)
{
    if (*cursor >= count)
        *cursor = count > 0 ? count - 1 : 0;
    if (height == 0)
        return;
    if (*cursor < *top)
        *top = *cursor;
    if (*cursor >= *top + height)
        *top = *cursor - height + 1;
    if (*top + height > count)
        *top = count > height ? count - height : 0;
}
