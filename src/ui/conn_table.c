/* conn_table: connections as rows of a list. core/view orders them, core/column has the facts; this
 * file styles them. */
#include "ui/conn_table.h"

#include "base/clock.h"
#include "core/text/text.h"
#include "ui/finding_marks.h"
#include "ui/pages.h"
#include "ui/screen/screen.h"
#include "ui/tags.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FROM_CELLS   13  /* "  ◂ TIME-WAIT" */
#define FROM_AT_COLS 180 /* from this width on the state a row came from has its own place */
#define QUEUED_NS    (10 * SECOND_NS) /* how long a queue's column stays after all queues are empty */
#define QUEUED_LEAVE 2
#define LONG_BYTES   (16u << 10) /* a longer receive queue is not being read */
#define PREPARE_ROWS 16384       /* about half a millisecond */

static size_t table_column_count(const struct list *list)
{
    (void)list;
    return column_count;
}

struct table_column conn_table_cell(const struct column *column)
{
    return (struct table_column){.title = column->title,
                                 .width = column->width,
                                 .min_width = column->min_width,
                                 .grow = column->grow,
                                 .leave = column->leave,
                                 .right = column->right,
                                 .late = column->type == TYPE_ADDRESS};
}

static struct list_column table_column(const struct list *list, size_t at)
{
    const struct column *column = &columns[at];

    (void)list;
    return (struct list_column){
        .cell = conn_table_cell(column), .help = column->help, .descending = column->descending};
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

static void set_view(struct conn_table *table, const struct acceptance *acceptance)
{
    table->view.sort = &columns[table->list.sort];
    table->view.descending = table->list.descending;
    table->view.accept = acceptance->accept ? accept_row : NULL;
    table->view.accept_ghost = accept_ghost;
    table->view.accept_data = acceptance;
    table->view.accept_generation = acceptance->picture->filter_generation;
}

/* It must not outlive its data. */
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
    if (table->has_sparks && !rate_history_prepare(&table->rates, picture->frame, PREPARE_ROWS))
        return false;
    set_view(table, &acceptance);
    const bool done = view_prepare(&table->view, &picture->context, PREPARE_ROWS);
    unset_acceptance(table);
    return done;
}

static int set_columns(struct conn_table *table, const char *list);

/* The columns of namespaces and hosts are shown only if there are several. */
static void follow_frame(struct conn_table *table, const struct frame *frame)
{
    const char *usual = columns_for_screen(frame);

    if (!table->is_usual || table->usual == usual)
        return;
    table->usual = usual;
    (void)set_columns(table, NULL);
}

static int update(struct list *list, const struct picture *picture, uint32_t height)
{
    struct conn_table *table = (struct conn_table *)list;
    const struct acceptance acceptance = {picture, table->accept, table->accept_data};

    follow_frame(table, picture->frame);
    set_view(table, &acceptance);
    const int error = view_update(&table->view, &picture->context, height);
    unset_acceptance(table);
    return error;
}

static void move(struct list *list, const struct picture *picture, int64_t rows)
{
    view_move(&((struct conn_table *)list)->view, &picture->context, rows, list->height);
}

static const unsigned MARK_ROLES[] = {
    [MARK_NONE] = ROLE_NORMAL,
    [MARK_OPENED] = ROLE_OPENED,
    [MARK_CHANGED] = ROLE_CHANGED,
    [MARK_CLOSED] = ROLE_CLOSED,
};
static const char *const MARK_TEXTS[] = {
    [MARK_NONE] = " ", [MARK_OPENED] = "+", [MARK_CHANGED] = "~", [MARK_CLOSED] = "-"};

static bool is_column(const struct column *column, const char *id)
{
    return strcmp(column->id, id) == 0;
}

/* Kilobytes have the colour of their direction, megabytes stand out. */
static unsigned rate_role(const struct column *column, const char *text)
{
    const size_t length = strlen(text);
    const char unit = length > 0 ? text[length - 1] : '0';
    const unsigned direction = is_column(column, "in")    ? ROLE_IN
                               : is_column(column, "out") ? ROLE_OUT
                                                          : ROLE_NORMAL;
    if (strcmp(text, "0") == 0)
        return ROLE_DIM;
    if (unit >= '0' && unit <= '9')
        return ROLE_NORMAL;
    return unit == 'k' ? direction : direction | STYLE_BOLD;
}

/* The role of a fact of that type in a row that has not just changed. */
static unsigned cell_role(const struct frame *frame, const struct column *column,
                          const struct conn *conn, const char *text)
{
    if (column->moves && frame_row_stands(frame, conn)) /* just scrolled into view: not read yet */
        return ROLE_DIM;
    switch ((enum column_type)column->type) {
    case TYPE_STATE:
        return (unsigned)ROLE_STATE_QUIET + TCP_STATES[conn->state].role;
    case TYPE_RATE:
        return rate_role(column, text);
    case TYPE_COUNT:
    case TYPE_BYTES:
        return strcmp(text, "0") == 0 ? ROLE_DIM : ROLE_NORMAL;
    case TYPE_SHARE:
        if (conn_share_is_high(conn->retrans_10s, conn->sent_10s))
            return ROLE_TROUBLE;
        return strcmp(text, "0 %") == 0 ? ROLE_DIM : ROLE_NORMAL;
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

/* Where the field at a cell begins, as half a number would be misleading. */
static int cell_start(const struct conn_table *table, int col)
{
    for (size_t i = 0; i < table->list.count; i++) {
        const struct table_column *cell = &table->list.cells[i];
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
    if (begin > LIST_FIRST_CELL + 12) {
        int from = cell_start(table, begin - 1);
        canvas_fill(canvas, row, from, begin - from, style);
        canvas_field(canvas, row, begin, canvas->cols - begin, false, style, text);
    }
}

/* If too long: first the port as a number, then the address truncated, never the port. */
static void fit_address(const struct column *column, const struct picture *picture,
                        const struct conn *conn, char *text, size_t size, int cells)
{
    struct column_context context = picture->context;
    struct lookup numbers;

    if ((int)text_width(text) <= cells)
        return;
    if (context.lookup) {
        numbers = *context.lookup;
        numbers.service = NULL;
        context.lookup = &numbers;
        column_format(column, &context, conn, text, size);
    }
    char whole[256];
    snprintf(whole, sizeof(whole), "%s", text);
    table_cut_text(text, size, whole, cells, true);
}

/* A finding's mark takes precedence over that of a change, which the row's colour shows as well. */
static void draw_mark(const struct picture *picture, const struct canvas *canvas, int line,
                      const struct conn *conn, uint8_t mark, unsigned style)
{
    const enum finding_severity severity =
        mark == MARK_CLOSED ? SEVERITY_NONE
                            : finding_marks_of(picture->marks, &picture->context, conn);

    if (severity == SEVERITY_NONE)
        canvas_text(canvas, line, 1, style | STYLE_BOLD, MARK_TEXTS[mark]);
    else
        canvas_text(canvas, line, 1, (style & ~0xffu) | STYLE_BOLD | finding_role(severity), "!");
}

static void draw_spark(const struct conn_table *table, const struct canvas *canvas, int line,
                       const struct table_column *cell, const struct conn *conn, bool in,
                       unsigned style)
{
    if (conn->state == STATE_LISTEN || conn_is_ghost(conn) || !(conn->known & KNOWN_RATES))
        return;
    rate_history_draw(&table->rates, conn->serial, in, canvas, line,
                      cell->at + cell->cells - (int)RATE_FRAMES, style);
}

struct row_look {
    uint8_t mark;
    unsigned layer, style; /* style: for a row that has just changed */
    bool is_old;           /* of a host that is no longer read */
};

static unsigned look_role(const struct row_look *look, unsigned role)
{
    if (look->is_old)
        return ROLE_DIM | look->layer;
    return look->mark == MARK_NONE ? role | look->layer : look->style;
}

static void draw_cell(const struct conn_table *table, const struct picture *picture,
                      const struct canvas *canvas, int line, size_t at, const struct conn *conn,
                      const struct row_look *look)
{
    const struct table_column *cell = &table->list.cells[at];
    const struct column *column = &columns[table->list.columns[at]];
    const bool in = is_column(column, "in");
    char text[256];

    column_format(column, &picture->context, conn, text, sizeof(text));
    if (column->type == TYPE_ADDRESS) {
        table_want(cell, text);
        fit_address(column, picture, conn, text, sizeof(text), cell->cells);
    }
    table_draw_cell(canvas, line, cell,
                    look_role(look, cell_role(picture->frame, column, conn, text)), text);
    if (cell->extra_cells > 0)
        draw_spark(table, canvas, line, cell, conn, in, look_role(look, in ? ROLE_IN : ROLE_OUT));
}

static void draw_row(const struct list *list, const struct picture *picture,
                     const struct canvas *canvas, int line, uint32_t row, bool selected)
{
    const struct conn_table *table = (const struct conn_table *)list;
    const struct conn *conn = &picture->frame->conns[row];
    const uint8_t mark = picture_mark(picture, conn);
    const bool tagged = tags_has(picture->tags, conn->serial);
    const unsigned layer = (selected ? STYLE_SELECTED : 0) | (tagged ? STYLE_TAGGED : 0);
    const struct frame_host *host = frame_host_of(picture->frame, conn->netns);
    const struct row_look look = {mark, layer, MARK_ROLES[mark] | layer,
                                  host && host_state_is_old(host->state)};

    if (selected || tagged)
        canvas_fill(canvas, line, 0, canvas->cols, look.style);
    draw_mark(picture, canvas, line, conn, mark, look.style);
    for (size_t i = 0; i < table->list.count; i++)
        if (table->list.cells[i].cells > 0)
            draw_cell(table, picture, canvas, line, i, conn, &look);
    if (mark == MARK_CHANGED || mark == MARK_CLOSED)
        draw_from(table, canvas, line, conn, look.style);
}

static const struct list_ops LIST_OPS = {
    .column_count = table_column_count,
    .column = table_column,
    .update = update,
    .move = move,
    .draw_row = draw_row,
};

static const char *usual_columns(const struct conn_table *table)
{
    return table->usual;
}

static bool is_default(const struct conn_table *table, const uint16_t *list, size_t count)
{
    uint16_t usual[LIST_COLUMNS_MAX];
    size_t usual_count;
    const char *bad;
    return columns_parse(usual_columns(table), usual, LIST_COLUMNS_MAX, &usual_count, &bad) == 0 &&
           usual_count == count && memcmp(usual, list, count * sizeof(*list)) == 0;
}

void conn_table_take_columns(struct conn_table *table, const uint16_t *list, size_t count)
{
    table->is_usual = is_default(table, list, count);
    list_set_columns(&table->list, list, count, !table->is_usual);
}

/* NULL = default. */
static int set_columns(struct conn_table *table, const char *list)
{
    const char *bad;
    uint16_t wanted[LIST_COLUMNS_MAX];
    size_t count;
    int error =
        columns_parse(list ? list : usual_columns(table), wanted, LIST_COLUMNS_MAX, &count, &bad);
    if (!error)
        conn_table_take_columns(table, wanted, count);
    return error;
}

static int set_sort(struct conn_table *table, const char *sort)
{
    const char *id = sort ? sort : "state";
    bool reverse = id[0] == '-';
    const struct column *column = column_find(id + reverse, strlen(id + reverse));
    if (!column)
        return -EINVAL;
    table->list.sort = (size_t)(column - columns);
    table->list.descending = reverse;
    list_update(&table->list);
    return 0;
}

int conn_table_init(struct conn_table *table, const struct screen_settings *settings)
{
    view_init(&table->view);
    list_init(&table->list, &LIST_OPS, &table->view.ranking, "no TCP connections");
    table->accept = NULL;
    table->accept_data = NULL;
    table->from_at = -1;
    table->has_sparks = false;
    table->rates = (struct rate_history){.number = 0};
    table->queued_ns[0] = table->queued_ns[1] = 0;
    table->queued_generation = 0;
    table->usual = COLUMNS_SCREEN;
    const int error = set_columns(table, settings->columns);
    return error ? error : set_sort(table, settings->sort);
}

void conn_table_done(struct conn_table *table)
{
    view_done(&table->view);
    rate_history_done(&table->rates);
}

void conn_table_left_out(const struct conn_table *table, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < table->list.count && at < size; i++)
        if (table->list.cells[i].cells == 0)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at > 0 ? ", " : "",
                                   table->list.cells[i].title);
}

uint32_t conn_table_needs(const struct conn_table *table)
{
    uint32_t needs = column_needs_of_all(&columns[table->list.sort]);
    for (size_t i = 0; i < table->list.count; i++)
        needs |= columns[table->list.columns[i]].needs;
    return needs;
}

void conn_table_seen(const struct conn_table *table, const struct picture *picture,
                     struct wish *wish)
{
    const struct conn *conn;

    for (uint32_t line = 0; (conn = view_row(&table->view, picture->frame, line)); line++) {
        if (wish->seen_count == WISH_SEEN_MAX)
            wish->needs |= NEED_EVERY_ROW;
        else if (!conn_is_ghost(conn) && conn->cookie)
            wish->seen[wish->seen_count++] = conn->cookie;
        else
            continue;
        if (wish->needs & NEED_EVERY_ROW)
            break;
    }
}

void conn_table_update(struct conn_table *table, const struct picture *picture, view_accept accept,
                       const void *accept_data)
{
    table->list.filtered = !accept;
    table->accept = accept ? accept : picture->accept;
    table->accept_data = accept ? accept_data : picture->accept_data;
    list_update(&table->list);
}

/* A listener's accept queue is half full, or a program does not read. */
static bool receive_queue_is_long(const struct conn *conn)
{
    if (conn->state == STATE_LISTEN)
        return conn->receive_queue > 0 && !(conn->known & KNOWN_NO_BACKLOG) &&
               conn->receive_queue >= conn->send_queue / 2;
    return conn->receive_queue >= LONG_BYTES;
}

/* For a listener the receive queue is its accept queue, the send queue the backlog. */
static void look_for_queues(struct conn_table *table, const struct picture *picture)
{
    const struct ranking *ranking = &table->view.ranking;

    list_refresh(&table->list, picture);
    if (table->queued_generation != picture->filter_generation) /* seen among other rows */
        table->queued_ns[0] = table->queued_ns[1] = table->long_ns[0] = table->long_ns[1] = 0;
    table->queued_generation = picture->filter_generation;
    for (uint32_t line = 0; line < ranking->shown; line++) {
        const struct conn *conn = &picture->frame->conns[ranking_row(ranking, line)];
        if (!(conn->known & KNOWN_QUEUES))
            continue;
        const int64_t now_ns = picture->frame->mono_ns;
        if (conn->receive_queue > 0)
            table->queued_ns[0] = now_ns;
        if (conn->send_queue > 0 && conn->state != STATE_LISTEN)
            table->queued_ns[1] = now_ns;
        if (receive_queue_is_long(conn))
            table->long_ns[0] = now_ns;
        if (conn->send_queue > 0 && conn_is_stalled(conn))
            table->long_ns[1] = now_ns;
    }
}

static bool is_lately(const struct picture *picture, int64_t mono_ns)
{
    const int64_t since_ns = picture->frame->mono_ns - mono_ns;
    return mono_ns > 0 && since_ns >= 0 && since_ns < QUEUED_NS;
}

/* A long queue is a problem: if space is scarce, it takes precedence over rates. */
static uint8_t leave_of_queue(const struct conn_table *table, const struct picture *picture,
                              const struct column *column, bool send)
{
    if (is_lately(picture, table->long_ns[send]))
        return 0;
    return is_lately(picture, table->queued_ns[send]) ? QUEUED_LEAVE : column->leave;
}

/* Adapts columns to the rows and the width of the screen. */
static void adapt_columns(struct conn_table *table, const struct picture *picture,
                          const struct canvas *canvas)
{
    const bool sparks = canvas->cols >= RATE_HISTORY_COLS;

    for (size_t i = 0; i < table->list.count; i++) {
        const struct column *column = &columns[table->list.columns[i]];
        struct table_column *cell = &table->list.cells[i];
        const bool send = is_column(column, "sendq");
        if (is_column(column, "in") || is_column(column, "out"))
            cell->extra = sparks ? RATE_FRAMES : 0;
        if (!table->list.chosen && (send || is_column(column, "recvq")))
            cell->leave = leave_of_queue(table, picture, column, send);
    }
    table->has_sparks = sparks;
    if (sparks)
        rate_history_take(&table->rates, picture->frame);
}

void conn_table_draw(struct conn_table *table, const struct picture *picture,
                     const struct canvas *canvas)
{
    const bool wide = canvas->cols >= FROM_AT_COLS;

    table->from_at = wide ? canvas->cols - FROM_CELLS - 1 : -1;
    if (picture->frame) {
        look_for_queues(table, picture);
        adapt_columns(table, picture, canvas);
    }
    list_draw(&table->list, picture, canvas, wide ? FROM_CELLS : 0);
}

bool conn_table_command(struct conn_table *table, struct screen *screen,
                        const struct command *command)
{
    if (command->id != COMMAND_OPEN)
        return list_command(&table->list, screen, command);
    const struct conn *conn = conn_table_selection(table, screen_picture(screen));
    if (!conn)
        return false;
    list_hold_cursor(&table->list);
    pages_open_connection(screen, conn);
    return true;
}

const struct pane_key CONN_TABLE_KEYS[] = {
    {"Enter", "open the page of the connection; Enter there: its process"},
    {"Space F8 F9", "tag; close the connection; signal its process"},
    {"/", "show only rows that match, e.g. port 5432, or nginx"},
    {NULL, NULL}};

bool conn_table_mouse(struct conn_table *table, struct screen *screen, const struct key *key,
                      int row, int col)
{
    return list_mouse(&table->list, screen, key, row, col);
}

const struct conn *conn_table_selection(const struct conn_table *table,
                                        const struct picture *picture)
{
    const uint32_t row = picture->frame ? list_row(&table->list) : RANKING_NONE;

    return row == RANKING_NONE || row >= picture->frame->conn_count ? NULL
                                                                    : &picture->frame->conns[row];
}
