/* table: columns fitted to a width, header, fields, scrolling. */
#include "ui/table.h"

#include "core/text/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define GAP              2
#define GAP_TIGHT        1
#define URGENT_CELLS     10 /* minimum for an address */
#define PORT_CELLS       7  /* the same where nothing else helps: "…:65535"; */
#define WORD_CELLS       5  /* and that of a word beside it: "ESTAB" */
#define WIDE_CELLS       100
#define AIR              3 /* cells */
#define LEAVE_FOR_EXTRAS 7

/* Blanks before a column: right-aligned numbers need none. */
static int gap_before(const struct table_column *columns, size_t at, bool first)
{
    if (first)
        return 0;
    return columns[at].right ? GAP_TIGHT : GAP;
}

static int least_width(const struct table_column *column)
{
    return column->min_width > 0 && column->min_width < column->cells ? column->min_width
                                                                      : column->cells;
}

/* The cells that a column must get, or another one is dropped. A wide screen prefers whole
 * addresses to more columns, a narrow one the reverse. */
static int least_cells(const struct table_column *column, bool wide)
{
    const int spare = column->cells - least_width(column);
    return wide ? column->cells - spare / 3 : column->cells - spare;
}

enum measure { MEASURE_NOW, MEASURE_LEAST, MEASURE_LEAST_WIDE };

/* Cells of all columns with gaps. */
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

enum squeeze {
    SQUEEZE_SPARE,
    SQUEEZE_ADDRESSES, /* they become shorter than they should be */
    SQUEEZE_WORDS      /* these too, so that the port of an address stays in sight */
};

static int limit_of(const struct table_column *column, enum squeeze squeeze)
{
    if (column->late && squeeze != SQUEEZE_SPARE)
        return squeeze == SQUEEZE_WORDS ? PORT_CELLS : URGENT_CELLS;
    return !column->right && squeeze == SQUEEZE_WORDS ? WORD_CELLS : INT_MAX;
}

static int never_less_than(const struct table_column *column, enum squeeze squeeze)
{
    const int least = least_width(column), limit = limit_of(column, squeeze);
    return limit < least ? limit : least;
}

/* Takes cells from the columns with most to spare until it fits; returns the missing ones. */
static int shrink(struct table_column *columns, size_t count, int excess, enum squeeze squeeze)
{
    while (excess > 0) {
        struct table_column *richest = NULL;
        int most = 0;
        for (size_t i = 0; i < count; i++) {
            const int spare = columns[i].cells - never_less_than(&columns[i], squeeze);
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
    return excess;
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

static bool knows_longest(const struct table_column *column)
{
    return column->longest && *column->longest > 0;
}

static bool is_flexible(const struct table_column *column)
{
    return column->grow > 0 || column->min_width < column->width;
}

/* The width of its longest text, or its title. */
static int wanted_cells(const struct table_column *column)
{
    const int title = (int)strlen(column->title);
    const int longest = knows_longest(column) ? *column->longest : 0;
    return longest > title ? longest : title;
}

enum turn { TURN_HALF_MORE, TURN_LATE, TURN_ALL };

/* Before addresses get all they want, others get half of their width in addition. */
static bool takes_more(const struct table_column *column, enum turn turn)
{
    const int cells = column->cells;
    if (cells == 0 || column->grow == 0 || !knows_longest(column) || cells >= wanted_cells(column))
        return false;
    if (turn == TURN_HALF_MORE)
        return !column->late && cells < column->width * 3 / 2;
    return turn == TURN_ALL || column->late;
}

/* One cell each in turn, so that none gets everything while another gets nothing. */
static int fill(struct table_column *columns, size_t count, int spare, enum turn turn)
{
    for (bool any = true; any && spare > 0;) {
        any = false;
        for (size_t i = 0; i < count && spare > 0; i++) {
            if (!takes_more(&columns[i], turn))
                continue;
            columns[i].cells++;
            spare--;
            any = true;
        }
    }
    return spare;
}

/* In addition to what it wants a column gets a little space; the rest stays at the right. */
static int share_of(const struct table_column *column, int spare, int shares)
{
    const int part = spare * column->grow / shares;
    return knows_longest(column) && part > AIR ? AIR : part;
}

static void grow(struct table_column *columns, size_t count, int spare)
{
    int shares = 0;
    spare = fill(columns, count, spare, TURN_HALF_MORE);
    spare = fill(columns, count, spare, TURN_LATE);
    spare = fill(columns, count, spare, TURN_ALL);
    for (size_t i = 0; i < count; i++)
        shares += columns[i].cells > 0 ? columns[i].grow : 0;
    for (size_t i = 0; i < count && shares > 0; i++) {
        if (columns[i].cells == 0 || columns[i].grow == 0)
            continue;
        const int part = share_of(&columns[i], spare, shares);
        columns[i].cells += part;
        spare -= part;
        shares -= columns[i].grow;
    }
}

static int cells_at_rest(const struct table_column *column)
{
    const int width = column->width > 0 ? column->width : 1;
    if (column->hidden)
        return 0;
    return knows_longest(column) && is_flexible(column) && wanted_cells(column) < width
               ? wanted_cells(column)
               : width;
}

static int extras_of(const struct table_column *columns, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += columns[i].cells > 0 && columns[i].extra > 0 ? columns[i].extra + 1 : 0;
    return sum;
}

/* Drops columns with at least this `leave`, until the minimum of the rest fits. */
static void make_room(struct table_column *columns, size_t count, int cells, enum measure least_of,
                      unsigned leave)
{
    while (needed(columns, count, least_of) > cells) {
        struct table_column *least = next_to_leave(columns, count);
        if (!least || least->leave < leave)
            break;
        least->cells = 0;
    }
}

/* Extras at the right of some columns take precedence over the least important columns. Returns
 * their cells. */
static int place_extras(struct table_column *columns, size_t count, int cells,
                        enum measure least_of)
{
    const int extras = extras_of(columns, count);
    if (extras == 0)
        return 0;
    make_room(columns, count, cells - extras, least_of, LEAVE_FOR_EXTRAS);
    if (needed(columns, count, least_of) > cells - extras)
        return 0;
    for (size_t i = 0; i < count; i++)
        columns[i].extra_cells =
            columns[i].cells > 0 && columns[i].extra > 0 ? columns[i].extra + 1 : 0;
    return extras;
}

static bool has_address(const struct table_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i].cells > 0 && columns[i].late)
            return true;
    return false;
}

static void fit(struct table_column *columns, size_t count, int excess)
{
    excess = shrink(columns, count, excess, SQUEEZE_SPARE);
    excess = shrink(columns, count, excess, SQUEEZE_ADDRESSES);
    if (has_address(columns, count))
        (void)shrink(columns, count, excess, SQUEEZE_WORDS);
}

static void place(struct table_column *columns, size_t count, int first)
{
    int at = first;
    for (size_t i = 0; i < count; i++) {
        columns[i].at = at + gap_before(columns, i, at == first);
        columns[i].cells += columns[i].extra_cells;
        if (columns[i].cells > 0)
            at = columns[i].at + columns[i].cells;
    }
}

static void lay_out(struct table_column *columns, size_t count, int first, int cells,
                    enum measure least_of)
{
    for (size_t i = 0; i < count; i++) {
        columns[i].cells = cells_at_rest(&columns[i]);
        columns[i].extra_cells = 0;
    }
    make_room(columns, count, cells, least_of, 0);
    cells -= place_extras(columns, count, cells, least_of);
    const int spare = cells - needed(columns, count, MEASURE_NOW);
    if (spare < 0)
        fit(columns, count, -spare);
    else
        grow(columns, count, spare);
    place(columns, count, first);
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
        int room = column->cells - column->extra_cells - wide;
        /* The mark is in the gap if the title fills its column. */
        int at = column->at + (column->right && room > 0 ? room : 0);
        if (column->right && room > 1) {
            canvas_text(canvas, row, at - 2, ROLE_ACCENT, mark);
            canvas_text(canvas, row, at, ROLE_ACCENT, column->title);
        } else {
            table_draw_cell(canvas, row, column, ROLE_ACCENT, column->title);
            int end = column->at + (room > 0 ? wide : column->cells - column->extra_cells);
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
    table_want(column, text);
    canvas_field(canvas, row, column->at, column->cells - column->extra_cells, column->right, style,
                 text);
}

/* Keeps the beginning and end of the address, and the whole port. */
static void cut_address(char *out, size_t size, const char *text, int cells)
{
    char address[256];
    const char *port = strrchr(text, ':');
    const int left = cells - (port ? (int)text_width(port) : 0);

    snprintf(address, sizeof(address), "%.*s", port ? (int)(port - text) : (int)strlen(text), text);
    if (left <= 0) {
        text_cut(out, size, text, (size_t)cells, "…");
        return;
    }
    text_cut_middle(out, size, address, (size_t)left, "…");
    const size_t length = strlen(out);
    snprintf(out + length, size - length, "%s", port ? port : "");
}

void table_cut_text(char *out, size_t size, const char *text, int cells, bool is_address)
{
    if ((int)text_width(text) <= cells)
        snprintf(out, size, "%s", text);
    else if (is_address)
        cut_address(out, size, text, cells);
    else
        text_cut(out, size, text, (size_t)cells, "…");
}

void table_want(const struct table_column *column, const char *text)
{
    /* no text is wider than it has bytes */
    if (!column->longest || strlen(text) <= *column->longest)
        return;
    const size_t width = text_width(text);
    if (width > *column->longest)
        *column->longest = width < UINT16_MAX ? (uint16_t)width : UINT16_MAX;
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
