/* conn_table: connections as rows. Order and cursor are core/view's, facts are core/column's; here
 * they get their places and looks. */
#include "ui/conn_table.h"

#include "core/text/text.h"
#include "ui/pages.h"
#include "ui/tags.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CELL   3   /* " + " */
#define FROM_CELLS   13  /* "  ◂ TIME-WAIT" */
#define FROM_AT_COLS 140 /* from this width on the state a row came from has its own place */
#define WHEEL_ROWS   3
#define PREPARE_ROWS 16384 /* about half a millisecond */

void conn_table_init(struct conn_table *table)
{
    memset(table, 0, sizeof(*table));
    view_init(&table->view);
    table->view.at_top = true;
    table->stale = true;
    table->from_at = -1;
}

void conn_table_done(struct conn_table *table)
{
    view_done(&table->view);
}

int conn_table_set_columns(struct conn_table *table, const char *list)
{
    const char *bad;
    uint16_t wanted[CONN_TABLE_COLUMNS];
    size_t count;
    int error =
        columns_parse(list ? list : COLUMNS_SCREEN, wanted, CONN_TABLE_COLUMNS, &count, &bad);
    if (!error)
        conn_table_take_columns(table, wanted, count);
    return error;
}

static bool is_default(const uint16_t *list, size_t count)
{
    uint16_t usual[CONN_TABLE_COLUMNS];
    size_t usual_count;
    const char *bad;
    return columns_parse(COLUMNS_SCREEN, usual, CONN_TABLE_COLUMNS, &usual_count, &bad) == 0 &&
           usual_count == count && memcmp(usual, list, count * sizeof(*list)) == 0;
}

void conn_table_take_columns(struct conn_table *table, const uint16_t *list, size_t count)
{
    table->count = count < CONN_TABLE_COLUMNS ? count : CONN_TABLE_COLUMNS;
    table->chosen = !is_default(list, table->count);
    for (size_t i = 0; i < table->count; i++) {
        const struct column *column = &columns[list[i]];
        table->columns[i] = list[i];
        table->cells[i] = (struct table_column){.title = column->title,
                                                .width = column->width,
                                                .min_width = column->min_width,
                                                .grow = column->grow,
                                                .leave = table->chosen ? (uint8_t)i : column->leave,
                                                .right = column->right};
    }
    table->stale = true;
}

void conn_table_sort_by(struct conn_table *table, const struct column *column)
{
    if (table->view.sort == column)
        table->view.descending = !table->view.descending;
    else
        table->view.descending = column->descending;
    table->view.sort = column;
    table->stale = table->resort = true;
}

void conn_table_left_out(const struct conn_table *table, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < table->count && at < size; i++)
        if (table->cells[i].cells == 0)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at > 0 ? ", " : "",
                                   table->cells[i].title);
}

int conn_table_set_sort(struct conn_table *table, const char *sort)
{
    const char *id = sort ? sort : "state";
    bool reverse = id[0] == '-';
    const struct column *column = column_find(id + reverse, strlen(id + reverse));
    if (!column)
        return -EINVAL;
    table->view.sort = column;
    table->view.descending = reverse;
    table->stale = true;
    return 0;
}

uint32_t conn_table_needs(const struct conn_table *table)
{
    uint32_t needs = table->view.sort ? table->view.sort->needs : NEED_NOTHING;
    for (size_t i = 0; i < table->count; i++)
        needs |= columns[table->columns[i]].needs;
    return needs;
}

struct acceptance {
    const struct picture *picture;
    view_accept accept;
    const void *data;
};

/* A ghost is shown as long as its highlight lasts, also where frames are further apart. */
static bool accept_ghost(const void *data, const struct column_context *context,
                         const struct conn *conn)
{
    (void)context;
    return picture_mark(((const struct acceptance *)data)->picture, conn) != MARK_NONE;
}

static bool accept_row(const void *data, const struct column_context *context,
                       const struct conn *conn)
{
    const struct acceptance *acceptance = data;
    return acceptance->accept(acceptance->data, context, conn);
}

void conn_table_update(struct conn_table *table, const struct picture *picture, view_accept accept,
                       const void *accept_data)
{
    table->accept = accept ? accept : picture->accept;
    table->accept_data = accept ? accept_data : picture->accept_data;
    table->stale = true;
}

static void set_acceptance(struct conn_table *table, const struct acceptance *acceptance)
{
    table->view.accept = acceptance->accept ? accept_row : NULL;
    table->view.accept_ghost = accept_ghost;
    table->view.accept_data = acceptance;
    table->view.accept_generation = acceptance->picture->filter_generation;
}

/* It does not outlive what it was made for. */
static void unset_acceptance(struct conn_table *table)
{
    table->view.accept = NULL;
    table->view.accept_data = NULL;
}

bool conn_table_prepare(struct conn_table *table, const struct picture *picture)
{
    const struct acceptance acceptance = {picture, picture->accept, picture->accept_data};
    if (picture->frozen)
        return true;
    set_acceptance(table, &acceptance);
    const bool done = view_prepare(&table->view, &picture->context, PREPARE_ROWS);
    unset_acceptance(table);
    return done;
}

static void set_home(struct conn_table *table)
{
    table->home.serial = table->view.cursor;
    table->home.rank = table->view.cursor_rank;
}

static void go_home(struct conn_table *table)
{
    table->view.cursor = table->home.serial;
    table->view.cursor_rank = table->home.rank;
}

static void refresh(struct conn_table *table, const struct picture *picture, uint32_t height)
{
    if (!table->stale && height == table->height)
        return;
    const struct acceptance acceptance = {picture, table->accept, table->accept_data};
    if (table->generation != picture->filter_generation)
        go_home(table);
    table->generation = picture->filter_generation;
    table->view.frozen = picture->frozen && !table->resort;
    table->view.from_top |= table->resort;
    set_acceptance(table, &acceptance);
    table->height = height;
    table->stale = view_update(&table->view, &picture->context, height) != 0;
    unset_acceptance(table);
    table->resort = table->stale;
    if (!picture->filter_typed)
        set_home(table);
}

static const unsigned MARK_ROLES[] = {
    [MARK_NONE] = ROLE_NORMAL,
    [MARK_OPENED] = ROLE_OPENED,
    [MARK_CHANGED] = ROLE_CHANGED,
    [MARK_CLOSED] = ROLE_CLOSED,
};
static const char *const MARK_TEXTS[] = {
    [MARK_NONE] = " ", [MARK_OPENED] = "+", [MARK_CHANGED] = "~", [MARK_CLOSED] = "-"};

/* What a fact of that type looks like in a row that has not just changed. */
static unsigned cell_role(const struct column *column, const struct conn *conn, const char *text)
{
    switch ((enum column_type)column->type) {
    case TYPE_STATE:
        return (unsigned)ROLE_STATE_QUIET + TCP_STATES[conn->state].role;
    case TYPE_COUNT:
    case TYPE_BYTES:
    case TYPE_RATE:
        return strcmp(text, "0") == 0 ? ROLE_DIM : ROLE_NORMAL;
    case TYPE_ADDRESS:
        if (strcmp(text, "*") == 0)
            return ROLE_DIM;
        break;
    case TYPE_TEXT:
    case TYPE_DURATION:
    case TYPE_TIME:
    case TYPE_PORT:
    case TYPE_FLAG:
        break;
    }
    return TCP_STATES[conn->state].role == STATE_ROLE_QUIET ? ROLE_DIM : ROLE_NORMAL;
}

/* Where the field at a cell begins: half a number would be another number. */
static int cell_start(const struct conn_table *table, int col)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct table_column *cell = &table->cells[i];
        if (cell->right && cell->cells > 0 && cell->at <= col && col < cell->at + cell->cells)
            return cell->at;
    }
    return col;
}

static void draw_from(const struct conn_table *table, const struct canvas *canvas, int row,
                      const struct conn *conn, unsigned style)
{
    char text[32];
    if (conn->from == STATE_NONE)
        return;
    snprintf(text, sizeof(text), "◂ %s", TCP_STATES[conn->from].short_name);
    if (table->from_at >= 0) {
        canvas_text(canvas, row, table->from_at + 2, style, text);
        return;
    }
    int begin = canvas->cols - 1 - (int)text_width(text);
    if (begin > FIRST_CELL + 12) {
        int from = cell_start(table, begin - 1);
        canvas_fill(canvas, row, from, begin - from, style);
        canvas_field(canvas, row, begin, canvas->cols - begin, false, style, text);
    }
}

/* Of an address that is too long, network and port are both wanted. */
static void keep_both_ends(char *text, size_t size, int cells)
{
    char whole[256];
    if ((int)text_width(text) <= cells)
        return;
    snprintf(whole, sizeof(whole), "%s", text);
    text_cut_middle(text, size, whole, (size_t)cells, "…");
}

static void draw_row(const struct conn_table *table, const struct picture *picture,
                     const struct canvas *canvas, int row, const struct conn *conn, bool selected)
{
    char text[256];
    uint8_t mark = picture_mark(picture, conn);
    bool tagged = tags_has(picture->tags, conn->serial);
    unsigned layer = (selected ? STYLE_SELECTED : 0) | (tagged ? STYLE_TAGGED : 0);
    unsigned style = MARK_ROLES[mark] | layer;
    if (selected)
        canvas_fill(canvas, row, 0, canvas->cols, style);
    canvas_text(canvas, row, 1, style | STYLE_BOLD, MARK_TEXTS[mark]);
    for (size_t i = 0; i < table->count; i++) {
        if (table->cells[i].cells == 0)
            continue;
        const struct column *column = &columns[table->columns[i]];
        column_format(column, &picture->context, conn, text, sizeof(text));
        if (column->type == TYPE_ADDRESS)
            keep_both_ends(text, sizeof(text), table->cells[i].cells);
        table_draw_cell(canvas, row, &table->cells[i],
                        mark == MARK_NONE ? cell_role(column, conn, text) | layer : style, text);
    }
    if (mark == MARK_CHANGED || mark == MARK_CLOSED)
        draw_from(table, canvas, row, conn, style);
}

static size_t sort_position(const struct conn_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (&columns[table->columns[i]] == table->view.sort)
            return i;
    return SIZE_MAX;
}

static void lay_out(struct conn_table *table, const struct canvas *canvas)
{
    int cells = canvas->cols - FIRST_CELL - 1;
    table->from_at = -1;
    if (canvas->cols >= FROM_AT_COLS) {
        table->from_at = canvas->cols - FROM_CELLS - 1;
        cells = table->from_at - FIRST_CELL;
    }
    (table->chosen ? table_layout_chosen : table_layout)(table->cells, table->count, FIRST_CELL,
                                                         cells > 0 ? cells : 0);
}

void conn_table_draw(struct conn_table *table, const struct picture *picture,
                     const struct canvas *canvas)
{
    uint32_t height = canvas->rows > 1 ? (uint32_t)canvas->rows - 1 : 1;
    lay_out(table, canvas);
    table_draw_header(canvas, 0, table->cells, table->count, sort_position(table),
                      table->view.descending);
    if (!picture->frame)
        return;
    refresh(table, picture, height);
    if (table->view.shown == 0 && picture->accept && table->accept == picture->accept)
        pane_draw_no_match(canvas, 1, FIRST_CELL, picture);
    else if (table->view.shown == 0)
        canvas_text(canvas, 1, FIRST_CELL, ROLE_DIM, "no TCP connections");
    for (uint32_t line = 0; line < table->view.shown; line++) {
        const struct conn *conn = view_row(&table->view, picture->frame, line);
        if (conn)
            draw_row(table, picture, canvas, (int)line + 1, conn,
                     table->view.top + line == table->view.cursor_rank);
    }
}

static void move(struct conn_table *table, const struct picture *picture, int64_t delta)
{
    if (!picture->frame)
        return;
    refresh(table, picture, table->height);
    if (view_move(&table->view, &picture->context, delta, table->height) != 0)
        table->stale = true;
    set_home(table);
}

static void sort_aside(struct conn_table *table, int step)
{
    if (table->count == 0)
        return;
    const size_t at = table_column_aside(table->cells, table->count, sort_position(table), step);
    if (&columns[table->columns[at]] != table->view.sort)
        conn_table_sort_by(table, &columns[table->columns[at]]);
}

void conn_table_select(struct conn_table *table, uint64_t serial)
{
    table->view.cursor = serial;
    table->view.at_top = false;
    table->stale = true;
}

/* On coming back the cursor is on this row. */
void conn_table_open(struct conn_table *table, struct screen *screen)
{
    const struct conn *conn = conn_table_selection(table, screen_picture(screen));
    if (!conn)
        return;
    table->view.at_top = false;
    pages_open_connection(screen, conn);
}

bool conn_table_command(struct conn_table *table, const struct picture *picture,
                        const struct command *command)
{
    int64_t page = table->height > 1 ? (int64_t)table->height - 1 : 1;
    const struct {
        enum command_id id;
        int64_t delta;
    } moves[] = {
        {COMMAND_UP, -1},
        {COMMAND_DOWN, 1},
        {COMMAND_PAGE_UP, -page},
        {COMMAND_FIRST, INT64_MIN / 2},
        {COMMAND_LAST, INT64_MAX / 2},
        {COMMAND_PAGE_DOWN, page},
    };
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        if (moves[i].id == command->id) {
            move(table, picture, moves[i].delta);
            return true;
        }
    }
    if (command->id == COMMAND_SORT_LEFT)
        sort_aside(table, -1);
    else if (command->id == COMMAND_SORT_RIGHT)
        sort_aside(table, 1);
    else if (command->id == COMMAND_REVERSE)
        table->view.descending = !table->view.descending;
    else
        return false;
    table->stale = table->resort = true;
    return true;
}

bool conn_table_mouse(struct conn_table *table, const struct picture *picture,
                      const struct key *key, int row, int col)
{
    if (key->code == KEY_CODE_WHEEL_UP || key->code == KEY_CODE_WHEEL_DOWN) {
        move(table, picture, key->code == KEY_CODE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
        return true;
    }
    if (key->code != KEY_CODE_MOUSE_PRESS)
        return false;
    if (row > 0) {
        if ((uint32_t)row <= table->view.shown)
            move(table, picture,
                 (int64_t)table->view.top + row - 1 - (int64_t)table->view.cursor_rank);
        return true;
    }
    size_t at = table_column_at(table->cells, table->count, col);
    if (at != SIZE_MAX)
        conn_table_sort_by(table, &columns[table->columns[at]]);
    return at != SIZE_MAX;
}

const struct conn *conn_table_selection(const struct conn_table *table,
                                        const struct picture *picture)
{
    const struct view *view = &table->view;
    if (!picture->frame || table->stale || view->cursor_rank < view->top)
        return NULL;
    return view_row(view, picture->frame, view->cursor_rank - view->top);
}
