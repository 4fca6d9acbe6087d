/* pane_groups: the Processes, Listeners and Peers views: one pane over core/grouping, told apart by
 * its kind. The cursor holds a group by its key, whatever the order does. */
#include "core/text/text.h"
#include "ui/group_pane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CELL      3
#define BAR_CELLS       5 /* what the percentage takes of a bar's column */
#define WHEEL_ROWS      3
#define FULL_PERMILLE   1000
#define FILLED_PERMILLE 500

static const struct pane_ops *const OPS[] = {
    [GROUPING_PROCESSES] = &PANE_PROCESSES,
    [GROUPING_LISTENERS] = &PANE_LISTENERS,
    [GROUPING_PEERS] = &PANE_PEERS,
};

static int group_open(struct pane **pane, struct screen *screen, enum grouping_kind kind)
{
    const struct group_columns *set = &GROUP_COLUMNS[kind];
    struct group_pane *made = calloc(1, sizeof *made);

    if (!made)
        return -ENOMEM;
    made->pane = (struct pane){OPS[kind], screen};
    made->kind = kind;
    grouping_init(&made->grouping);
    for (size_t i = 0; i < set->count; i++)
        made->cells[i] = (struct table_column){.title = set->columns[i].title,
                                               .width = set->columns[i].width,
                                               .min_width = set->columns[i].min_width,
                                               .grow = set->columns[i].grow,
                                               .leave = set->columns[i].leave,
                                               .right = set->columns[i].right};
    made->sort = set->sort;
    made->descending = set->columns[set->sort].descending;
    made->stale = true;
    *pane = &made->pane;
    return 0;
}

static int processes_open(struct pane **pane, struct screen *screen, const void *argument)
{
    (void)argument;
    return group_open(pane, screen, GROUPING_PROCESSES);
}

static int listeners_open(struct pane **pane, struct screen *screen, const void *argument)
{
    (void)argument;
    return group_open(pane, screen, GROUPING_LISTENERS);
}

static int peers_open(struct pane **pane, struct screen *screen, const void *argument)
{
    (void)argument;
    return group_open(pane, screen, GROUPING_PEERS);
}

static int holders_open(struct pane **pane, struct screen *screen, const void *argument)
{
    const int error = group_open(pane, screen, GROUPING_PROCESSES);

    if (error)
        return error;
    struct group_pane *groups = (struct group_pane *)*pane;
    groups->pane.ops = &PANE_HOLDERS;
    groups->holders_only = true;
    groups->sockets = *(const struct socket_set *)argument;
    return 0;
}

static void group_close(struct pane *pane)
{
    struct group_pane *groups = (struct group_pane *)pane;

    grouping_done(&groups->grouping);
    free(groups->order);
    free(groups->held);
    free(groups->holders);
    free(groups);
}

static void group_update(struct pane *pane, const struct picture *picture)
{
    (void)picture;
    ((struct group_pane *)pane)->stale = true;
}

static uint64_t text_key(const char *text)
{
    uint64_t key = 0;

    for (size_t i = 0; i < sizeof key; i++) {
        key = key << 8 | (uint8_t)(*text >= 'A' && *text <= 'Z' ? *text + 'a' - 'A' : *text);
        text += *text != '\0';
    }
    return key;
}

static struct order_entry order_entry_of(const struct group_pane *groups,
                                         const struct picture *picture, uint32_t index)
{
    const struct group_column *column = &GROUP_COLUMNS[groups->kind].columns[groups->sort];
    const struct grouping_row *row = &groups->grouping.rows[index];
    struct order_entry entry = {.row = index};
    char text[160];

    if (column->key) {
        entry.key = column->key(picture, row);
    } else {
        column->text(picture, row, text, sizeof text);
        entry.key = text_key(text);
        entry.unknown = text[0] == '\0';
    }
    if (groups->descending)
        entry.key = ~entry.key;
    return entry;
}

struct ordering {
    const struct group_pane *groups;
    const struct picture *picture;
    bool by_text; /* what ties in its key is told apart by what is shown */
};

static int compare_texts(const struct ordering *ordering, uint32_t one, uint32_t other)
{
    const struct group_pane *groups = ordering->groups;
    const struct group_column *column = &GROUP_COLUMNS[groups->kind].columns[groups->sort];
    char left[160], right[160];

    column->text(ordering->picture, &groups->grouping.rows[one], left, sizeof left);
    column->text(ordering->picture, &groups->grouping.rows[other], right, sizeof right);
    const int order = strverscmp(left, right); /* *:80 before *:443 */
    return groups->descending ? -order : order;
}

/* Equal ones by identity, so that groups do not jump. */
static int compare_entries(const void *a, const void *b, void *data)
{
    const struct order_entry *left = a, *right = b;
    const struct ordering *ordering = data;
    const struct grouping_row *rows = ordering->groups->grouping.rows;

    if (left->unknown != right->unknown)
        return left->unknown ? 1 : -1;
    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    const int order = ordering->by_text ? compare_texts(ordering, left->row, right->row) : 0;
    if (order != 0)
        return order;
    const uint64_t one = rows[left->row].key, other = rows[right->row].key;
    return one < other ? -1 : one > other;
}

static int compare_held(const void *a, const void *b)
{
    const struct held_group *left = a, *right = b;

    return left->key < right->key ? -1 : left->key > right->key;
}

/* Keeps the order that is on the screen; called before the rows are worked out anew. Without memory
 * for it nothing is held: the groups are ordered as ever. */
static void hold_order(struct group_pane *groups)
{
    const uint32_t count = groups->order ? groups->count : 0;

    groups->held_count = 0;
    if (count > groups->held_capacity) {
        struct held_group *held = realloc(groups->held, count * sizeof *held);
        if (!held)
            return;
        groups->held = held;
        groups->held_capacity = count;
    }
    for (uint32_t i = 0; i < count; i++)
        groups->held[i] = (struct held_group){groups->grouping.rows[groups->order[i].row].key, i};
    groups->held_count = count;
    if (count > 0)
        qsort(groups->held, count, sizeof *groups->held, compare_held);
}

/* Those held come in the order they had, new ones last. */
static struct order_entry held_entry_of(const struct group_pane *groups, uint32_t index)
{
    const struct held_group wanted = {.key = groups->grouping.rows[index].key};
    const struct held_group *held =
        groups->held_count > 0
            ? bsearch(&wanted, groups->held, groups->held_count, sizeof *groups->held, compare_held)
            : NULL;

    return (struct order_entry){.key = held ? held->rank : 0, .row = index, .unknown = !held};
}

static int order_make_room(struct group_pane *groups)
{
    if (groups->grouping.count <= groups->order_capacity)
        return 0;
    struct order_entry *order = realloc(groups->order, groups->grouping.capacity * sizeof *order);
    if (!order)
        return -ENOMEM;
    groups->order = order;
    groups->order_capacity = groups->grouping.capacity;
    return 0;
}

/* The cursor stays on its group once it was moved; when that is gone, on the line it had. Another
 * order is looked at from its beginning. */
static void find_cursor(struct group_pane *groups, bool from_top)
{
    const uint32_t count = groups->count;

    for (uint32_t i = 0; groups->held_cursor && i < count; i++)
        if (groups->grouping.rows[groups->order[i].row].key == groups->cursor_key) {
            groups->cursor = i;
            break;
        }
    if (from_top) {
        groups->held_cursor &= groups->cursor < groups->height;
        groups->top = 0;
    }
    if (!groups->held_cursor)
        groups->cursor = 0;
    table_scroll(&groups->cursor, &groups->top, count, groups->height);
    groups->cursor_key = count ? groups->grouping.rows[groups->order[groups->cursor].row].key : 0;
}

static void refresh(struct group_pane *groups, const struct picture *picture)
{
    if (!groups->stale || !picture->frame)
        return;
    const bool frozen = picture->frozen && !groups->resort && groups->count > 0;
    if (frozen)
        hold_order(groups);
    const int error =
        grouping_update(&groups->grouping, groups->kind, &picture->context,
                        groups->holders_only ? NULL : picture->accept, picture->accept_data);
    if (groups->holders_only)
        group_mark_holders(groups, picture);
    groups->count = 0;
    if (error || order_make_room(groups))
        return;
    for (uint32_t i = 0; i < groups->grouping.count; i++)
        if (group_is_listed(groups, &groups->grouping.rows[i]))
            groups->order[groups->count++] =
                frozen ? held_entry_of(groups, i) : order_entry_of(groups, picture, i);
    const struct group_column *column = &GROUP_COLUMNS[groups->kind].columns[groups->sort];
    struct ordering ordering = {groups, picture, !frozen && !column->right && !column->bar};
    if (groups->count > 0)
        qsort_r(groups->order, groups->count, sizeof *groups->order, compare_entries, &ordering);
    find_cursor(groups, groups->resort);
    groups->stale = groups->resort = false;
}

static unsigned row_role(const struct group_pane *groups, const struct grouping_row *row)
{
    if (groups->kind == GROUPING_LISTENERS && row->full)
        return ROLE_TROUBLE;
    return ROLE_NORMAL;
}

static const char *row_mark(const struct group_pane *groups, const struct grouping_row *row)
{
    if (groups->kind == GROUPING_LISTENERS && row->full)
        return "!";
    return row->changed ? "~" : " ";
}

static void draw_bar(const struct canvas *canvas, int line, const struct table_column *cell,
                     const struct grouping_row *row, unsigned style, const char *text)
{
    const int bar = cell->cells - BAR_CELLS;
    const uint32_t permille = grouping_queue_permille(row);
    unsigned role = ROLE_GOOD;

    if (!row->has_backlog)
        return;
    if (permille >= FULL_PERMILLE)
        role = ROLE_TROUBLE;
    else if (permille >= FILLED_PERMILLE)
        role = ROLE_NOTICE;
    if (bar > 0)
        canvas_bar(canvas, line, cell->at, bar, role, permille); /* reversed it would lie */
    canvas_text_right(canvas, line, cell->at + cell->cells, style, text);
}

static void draw_row(const struct group_pane *groups, const struct picture *picture,
                     const struct canvas *canvas, int line, uint32_t rank)
{
    const struct group_columns *set = &GROUP_COLUMNS[groups->kind];
    const struct grouping_row *row = &groups->grouping.rows[groups->order[rank].row];
    const bool selected = rank == groups->cursor;
    const unsigned style = row_role(groups, row) | (selected ? STYLE_SELECTED : 0);
    char text[200];

    if (selected)
        canvas_fill(canvas, line, 0, canvas->cols, style);
    canvas_text(canvas, line, 1,
                row->changed && !row->full ? ROLE_CHANGED | (style & ~0xffu) : style,
                row_mark(groups, row));
    for (size_t i = 0; i < set->count; i++) {
        if (groups->cells[i].cells == 0)
            continue;
        set->columns[i].text(picture, row, text, sizeof text);
        if (set->columns[i].bar)
            draw_bar(canvas, line, &groups->cells[i], row, style, text);
        else
            table_draw_cell(canvas, line, &groups->cells[i],
                            strcmp(text, "0") == 0 && !selected ? ROLE_DIM : style, text);
    }
}

static const char *empty_text(enum grouping_kind kind)
{
    static const char *const TEXTS[] = {
        [GROUPING_PROCESSES] = "no process holds a TCP socket",
        [GROUPING_LISTENERS] = "nothing listens",
        [GROUPING_PEERS] = "no connection has a peer",
    };
    return TEXTS[kind];
}

static void group_draw(struct pane *pane, const struct picture *picture,
                       const struct canvas *canvas)
{
    struct group_pane *groups = (struct group_pane *)pane;
    const struct group_columns *set = &GROUP_COLUMNS[groups->kind];
    const uint32_t height = canvas->rows > 1 ? (uint32_t)canvas->rows - 1 : 1;

    table_layout(groups->cells, set->count, FIRST_CELL,
                 canvas->cols > FIRST_CELL ? canvas->cols - FIRST_CELL - 1 : 0);
    table_draw_header(canvas, 0, groups->cells, set->count, groups->sort, groups->descending);
    if (!picture->frame)
        return;
    groups->height = height;
    refresh(groups, picture);
    table_scroll(&groups->cursor, &groups->top, groups->count, height);
    for (uint32_t line = 0; line < height && groups->top + line < groups->count; line++)
        draw_row(groups, picture, canvas, (int)line + 1, groups->top + line);
    if (groups->count == 0 && picture->accept && !groups->holders_only)
        pane_draw_no_match(canvas, 1, FIRST_CELL, picture);
    else if (groups->count == 0)
        canvas_text(canvas, 1, FIRST_CELL, ROLE_DIM, empty_text(groups->kind));
}

static void move(struct group_pane *groups, int64_t delta)
{
    const uint32_t count = groups->count;

    if (count == 0 || groups->stale)
        return;
    int64_t to = (int64_t)groups->cursor + delta;
    if (to < 0)
        to = 0;
    if (to >= count)
        to = count - 1;
    groups->cursor = (uint32_t)to;
    groups->held_cursor = true;
    groups->cursor_key = groups->grouping.rows[groups->order[to].row].key;
    table_scroll(&groups->cursor, &groups->top, count, groups->height);
}

static void sort_aside(struct group_pane *groups, int step)
{
    groups->sort =
        table_column_aside(groups->cells, GROUP_COLUMNS[groups->kind].count, groups->sort, step);
    groups->descending = GROUP_COLUMNS[groups->kind].columns[groups->sort].descending;
    groups->stale = groups->resort = true;
}

static const char *sort_name(void *data, size_t item, const char **help)
{
    (void)help;
    return GROUP_COLUMNS[((struct group_pane *)data)->kind].columns[item].title;
}

static const char *sort_mark(void *data, size_t item)
{
    const struct group_pane *groups = data;
    if (item != groups->sort)
        return "";
    return groups->descending ? "▼" : "▲";
}

static void sort_by(void *data, size_t at)
{
    struct group_pane *groups = data;
    groups->descending = at == groups->sort ? !groups->descending
                                            : GROUP_COLUMNS[groups->kind].columns[at].descending;
    groups->sort = at;
    groups->stale = groups->resort = true;
    screen_changed(groups->pane.screen);
}

static void open_sort_menu(struct group_pane *groups)
{
    groups->sort_menu = (struct menu){.title = "Sort by",
                                      .count = GROUP_COLUMNS[groups->kind].count,
                                      .current = groups->sort,
                                      .name = sort_name,
                                      .mark = sort_mark,
                                      .choose = sort_by,
                                      .data = groups};
    screen_open_page(groups->pane.screen, &PANE_MENU, &groups->sort_menu);
}

static bool group_command(struct pane *pane, const struct command *command)
{
    struct group_pane *groups = (struct group_pane *)pane;
    const int64_t page = groups->height > 1 ? groups->height - 1 : 1;
    const struct {
        enum command_id id;
        int64_t delta;
    } moves[] = {{COMMAND_UP, -1},
                 {COMMAND_DOWN, 1},
                 {COMMAND_PAGE_UP, -page},
                 {COMMAND_PAGE_DOWN, page},
                 {COMMAND_FIRST, -(1LL << 40)},
                 {COMMAND_LAST, 1LL << 40}};

    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (moves[i].id == command->id) {
            move(groups, moves[i].delta);
            return true;
        }
    if (command->id == COMMAND_OPEN) {
        group_open_row(groups);
    } else if (command->id == COMMAND_SORT_MENU) {
        open_sort_menu(groups);
    } else if (command->id == COMMAND_SORT_LEFT || command->id == COMMAND_SORT_RIGHT) {
        sort_aside(groups, command->id == COMMAND_SORT_LEFT ? -1 : 1);
    } else if (command->id == COMMAND_REVERSE) {
        groups->descending = !groups->descending;
        groups->stale = groups->resort = true;
    } else {
        return false;
    }
    return true;
}

static bool group_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    struct group_pane *groups = (struct group_pane *)pane;

    if (key->code == KEY_CODE_WHEEL_UP || key->code == KEY_CODE_WHEEL_DOWN) {
        move(groups, key->code == KEY_CODE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
        return true;
    }
    if (key->code != KEY_CODE_MOUSE_PRESS)
        return false;
    if (row > 0) {
        if (groups->top + (uint32_t)row - 1 < groups->count)
            move(groups, (int64_t)groups->top + row - 1 - groups->cursor);
        return true;
    }
    const size_t at = table_column_at(groups->cells, GROUP_COLUMNS[groups->kind].count, col);
    if (at == SIZE_MAX)
        return false;
    sort_by(groups, at);
    return true;
}

static uint32_t group_needs(const struct pane *pane)
{
    return GROUP_COLUMNS[((const struct group_pane *)pane)->kind].needs;
}

static void group_summary(struct pane *pane, const struct picture *picture, char *out, size_t size)
{
    struct group_pane *groups = (struct group_pane *)pane;

    refresh(groups, picture);
    snprintf(out, size, "%u", groups->count);
}

#define GROUP_OPS(name, opens)                                                                     \
    {                                                                                              \
        .title = name, .lacks = COMMAND_CHOICE, .open = opens, .close = group_close,               \
        .update = group_update, .draw = group_draw, .command = group_command,                      \
        .mouse = group_mouse, .needs = group_needs, .summary = group_summary,                      \
        .selection = group_selection, .process = group_process,                                    \
    }

const struct pane_ops PANE_PROCESSES = GROUP_OPS("Processes", processes_open);
const struct pane_ops PANE_LISTENERS = GROUP_OPS("Listeners", listeners_open);
const struct pane_ops PANE_PEERS = GROUP_OPS("Peers", peers_open);
const struct pane_ops PANE_HOLDERS = GROUP_OPS("Processes that hold it", holders_open);
