/* list: cursor, viewport, keys and mouse of every list; see list.h. */
#include "ui/list.h"

#include "ui/scroll.h"

#include <string.h>

void list_init(struct list *list, const struct list_ops *ops, struct ranking *ranking,
               const char *empty)
{
    *list = (struct list){.ops = ops, .ranking = ranking, .empty = empty, .stale = true};
    *ranking = (struct ranking){.at_top = true};
}

static void forget_longest(struct list *list)
{
    memset(list->longest, 0, sizeof(list->longest));
}

void list_set_columns(struct list *list, const uint16_t *shown, size_t count, bool chosen)
{
    list->count = count < LIST_COLUMNS_MAX ? count : LIST_COLUMNS_MAX;
    list->chosen = chosen;
    for (size_t i = 0; i < list->count; i++) {
        const struct list_column column = list->ops->column(list, shown[i]);
        list->columns[i] = shown[i];
        list->cells[i] = column.cell;
        list->cells[i].longest = &list->longest[i];
        if (chosen)
            list->cells[i].leave = (uint8_t)i;
    }
    list->skipped = 0;
    forget_longest(list);
    list->stale = true;
}

void list_update(struct list *list)
{
    list->stale = true;
}

static void set_home(struct list *list)
{
    list->home.id = list->ranking->cursor;
    list->home.rank = list->ranking->cursor_rank;
}

static void go_home(struct list *list)
{
    list->ranking->cursor = list->home.id;
    list->ranking->cursor_rank = list->home.rank;
}

static void refresh(struct list *list, const struct picture *picture, uint32_t height)
{
    if (!picture->frame || (!list->stale && height == list->height))
        return;
    if (list->generation != picture->filter_generation) {
        go_home(list);
        forget_longest(list);
    }
    list->generation = picture->filter_generation;
    list->ranking->frozen = picture->frozen && !list->resort;
    list->ranking->from_top |= list->resort;
    list->height = height;
    list->stale = list->ops->update(list, picture, height) != 0;
    list->resort = list->stale;
    if (!picture->filter_typed)
        set_home(list);
}

void list_refresh(struct list *list, const struct picture *picture)
{
    refresh(list, picture, list->height);
}

size_t list_sort_cell(const struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->columns[i] == list->sort)
            return i;
    return SIZE_MAX;
}

static void draw_empty(const struct list *list, const struct picture *picture,
                       const struct canvas *canvas)
{
    if (picture->accept && list->filtered)
        pane_draw_no_match(canvas, 1, LIST_FIRST_CELL, picture);
    else
        canvas_text(canvas, 1, LIST_FIRST_CELL, ROLE_DIM, list->empty);
}

static void lay_out(struct list *list, const struct canvas *canvas, int reserved)
{
    const int cells = canvas->cols - LIST_FIRST_CELL - 1 - reserved;

    for (size_t i = 0; i < list->count; i++)
        list->cells[i].hidden = i > 0 && i <= list->skipped;
    (list->chosen ? table_layout_chosen : table_layout)(list->cells, list->count, LIST_FIRST_CELL,
                                                        cells > 0 ? cells : 0);
}

static bool leaves_out(const struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->cells[i].cells == 0 && !list->cells[i].hidden)
            return true;
    return false;
}

static void draw_all(struct list *list, const struct picture *picture, const struct canvas *canvas)
{
    const struct ranking *ranking = list->ranking;

    table_draw_header(canvas, 0, list->cells, list->count, list_sort_cell(list), list->descending);
    if (list->skipped > 0)
        canvas_text(canvas, 0, 1, ROLE_ACCENT, "‹");
    if (leaves_out(list))
        canvas_text(canvas, 0, canvas->cols - 1, ROLE_ACCENT, "›");
    if (picture->frame && ranking->shown == 0)
        draw_empty(list, picture, canvas);
    if (ranking->shown > 0 && ranking->cursor_rank >= ranking->top)
        canvas_focus(canvas, (int)(ranking->cursor_rank - ranking->top) + 1, 1);
    for (uint32_t line = 0; picture->frame && line < ranking->shown; line++)
        list->ops->draw_row(list, picture, canvas, (int)line + 1, ranking_row(ranking, line),
                            ranking->top + line == ranking->cursor_rank);
}

/* Drawn texts may be longer than the columns were laid out for. */
static bool fits_as_drawn(struct list *list, const struct canvas *canvas, int reserved)
{
    struct table_column before[LIST_COLUMNS_MAX];

    memcpy(before, list->cells, sizeof(before));
    lay_out(list, canvas, reserved);
    for (size_t i = 0; i < list->count; i++)
        if (before[i].at != list->cells[i].at || before[i].cells != list->cells[i].cells ||
            before[i].extra_cells != list->cells[i].extra_cells)
            return false;
    return true;
}

static void clear(const struct canvas *canvas)
{
    for (int row = 0; row < canvas->rows; row++)
        canvas_fill(canvas, row, 0, canvas->cols, ROLE_NORMAL);
}

void list_draw(struct list *list, const struct picture *picture, const struct canvas *canvas,
               int reserved)
{
    if (list->cols != canvas->cols)
        forget_longest(list);
    list->cols = canvas->cols;
    if (picture->frame)
        refresh(list, picture, canvas->rows > 1 ? (uint32_t)canvas->rows - 1 : 1);
    lay_out(list, canvas, reserved);
    draw_all(list, picture, canvas);
    if (!picture->frame)
        return;
    /* a column added by the new layout is measured once it is drawn: at least one more each time */
    for (size_t i = 0; i <= list->count && !fits_as_drawn(list, canvas, reserved); i++) {
        clear(canvas);
        draw_all(list, picture, canvas);
    }
}

static void move(struct list *list, const struct picture *picture, int64_t rows)
{
    if (!picture->frame)
        return;
    list_refresh(list, picture);
    list->ops->move(list, picture, rows);
    set_home(list);
}

static void resort(struct list *list)
{
    list->stale = list->resort = true;
}

void list_sort_by(struct list *list, size_t column)
{
    list->descending =
        column == list->sort ? !list->descending : list->ops->column(list, column).descending;
    list->sort = column;
    resort(list);
}

static void sort_aside(struct list *list, int step)
{
    const size_t sorted = list_sort_cell(list);

    if (list->count == 0)
        return;
    const size_t at = table_column_aside(list->cells, list->count, sorted, step);
    if (at != sorted)
        list_sort_by(list, list->columns[at]);
}

/* The first column stays, as it identifies the row. */
static void scroll_columns(struct list *list, struct screen *screen, int step)
{
    if (step < 0 && list->skipped > 0)
        list->skipped--;
    else if (step > 0 && leaves_out(list) && list->skipped + 2 < list->count)
        list->skipped++;
    else
        screen_say(screen, ROLE_NOTICE, "no further columns to the %s",
                   step < 0 ? "left" : "right");
}

static void reverse(struct list *list)
{
    list->descending = !list->descending;
    resort(list);
}

bool list_command(struct list *list, struct screen *screen, const struct command *command)
{
    const int64_t page = list->height > 1 ? (int64_t)list->height - 1 : 1;
    int64_t rows;

    if (scroll_command(command, page, &rows))
        move(list, screen_picture(screen), rows);
    else if (command->id == COMMAND_SORT_LEFT || command->id == COMMAND_SORT_RIGHT)
        sort_aside(list, command->id == COMMAND_SORT_LEFT ? -1 : 1);
    else if (command->id == COMMAND_COLUMN_LEFT || command->id == COMMAND_COLUMN_RIGHT)
        scroll_columns(list, screen, command->id == COMMAND_COLUMN_LEFT ? -1 : 1);
    else if (command->id == COMMAND_REVERSE)
        reverse(list);
    else if (command->id == COMMAND_SORT_MENU)
        list_open_sort_menu(list, screen);
    else
        return false;
    return true;
}

bool list_help(const struct list *list, size_t n, const char **title, const char **help)
{
    if (n >= list->count)
        return false;
    const struct list_column column = list->ops->column(list, list->columns[n]);
    *title = column.cell.title;
    *help = column.help;
    return true;
}

/* A line means the row that was drawn there, even if there is a new picture. */
static void point(struct list *list, int line)
{
    ranking_point(list->ranking, (uint32_t)line);
    set_home(list);
}

bool list_mouse(struct list *list, struct screen *screen, const struct key *key, int row, int col)
{
    int64_t rows;

    if (scroll_wheel(key, &rows)) {
        move(list, screen_picture(screen), rows);
        return true;
    }
    if (key->code != KEY_CODE_MOUSE_PRESS)
        return false;
    if (row > 0) {
        point(list, row - 1);
        pane_open_if_twice(screen, key);
        return true;
    }
    const size_t at = table_column_at(list->cells, list->count, col);
    if (at != SIZE_MAX)
        list_sort_by(list, list->columns[at]);
    return at != SIZE_MAX;
}

uint32_t list_row(const struct list *list)
{
    return list->stale ? RANKING_NONE : ranking_cursor_row(list->ranking);
}

void list_select(struct list *list, uint64_t id)
{
    list->ranking->cursor = id;
    list_hold_cursor(list);
    list->stale = true;
}

void list_hold_cursor(struct list *list)
{
    list->ranking->at_top = false;
}
