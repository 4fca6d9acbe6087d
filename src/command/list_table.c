/* list_table: cells are formatted once, measured, then written. */
#include "command/list_table.h"

#include "command/color.h"
#include "core/text/text.h"
#include "options/output.h"
#include "ui/conn_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CELL_MAX     2048 /* bytes of one cell's text */
#define GAP          2    /* between columns that have all the room they want */
#define QUEUED_LEAVE 2    /* of a queue's column where a queue is not empty */

struct printing {
    const struct list_table *table;
    struct buffer cells; /* text of all rows, NUL-terminated one after the other */
    struct table_column columns[COLUMN_LIST_MAX];
    uint16_t longest[COLUMN_LIST_MAX];
    bool queued[COLUMN_LIST_MAX]; /* a row has something in this queue */
    struct color color;
};

/* Columns of the terminal; 0: standard output is none, or does not say. */
static int terminal_cells(void)
{
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static const struct column *column_at(const struct printing *printing, size_t i)
{
    return &columns[printing->table->columns[i]];
}

/* Of a listener the send queue is the size of its backlog. */
static bool is_queued(const struct column *column, const struct conn *conn)
{
    if (!(conn->known & KNOWN_QUEUES))
        return false;
    if (strcmp(column->id, "recvq") == 0)
        return conn->receive_queue > 0;
    return strcmp(column->id, "sendq") == 0 && conn->state != STATE_LISTEN && conn->send_queue > 0;
}

static void format_rows(struct printing *printing)
{
    const struct list_table *table = printing->table;
    char text[CELL_MAX];

    for (uint32_t line = 0; line < table->view->ranking.shown; line++) {
        const struct conn *conn = view_row(table->view, table->context->frame, line);
        for (size_t i = 0; i < table->count; i++) {
            const size_t length =
                column_format(column_at(printing, i), table->context, conn, text, sizeof(text));
            buffer_append(&printing->cells, text, length);
            buffer_char(&printing->cells, '\0');
            table_want(&printing->columns[i], text);
            printing->queued[i] |= is_queued(column_at(printing, i), conn);
        }
    }
}

static void begin(struct printing *printing)
{
    for (size_t i = 0; i < printing->table->count; i++) {
        printing->columns[i] = conn_table_cell(column_at(printing, i));
        printing->columns[i].longest = &printing->longest[i];
    }
}

/* Each column as wide as its longest text. */
static void lay_out_whole(struct printing *printing)
{
    int at = 0;
    for (size_t i = 0; i < printing->table->count; i++) {
        struct table_column *column = &printing->columns[i];
        const int title = (int)text_width(column->title);
        column->at = at;
        column->cells = title > printing->longest[i] ? title : printing->longest[i];
        at += column->cells + GAP;
    }
}

static int whole_width(const struct printing *printing)
{
    const struct table_column *last = &printing->columns[printing->table->count - 1];
    return last->at + last->cells;
}

/* Where all fits it stands as it would in a file; else columns leave, of those that were named the
 * last one first. */
static void lay_out(struct printing *printing, int cells)
{
    const bool chosen = printing->table->options->columns != NULL;
    const size_t count = printing->table->count;

    lay_out_whole(printing);
    if (cells == 0 || whole_width(printing) <= cells)
        return;
    for (size_t i = 0; i < count; i++) {
        if (chosen)
            printing->columns[i].leave = (uint8_t)(i < UINT8_MAX ? i : UINT8_MAX);
        else if (printing->queued[i])
            printing->columns[i].leave = QUEUED_LEAVE;
    }
    (chosen ? table_layout_chosen : table_layout)(printing->columns, count, 0, cells);
}

/* A listener whose accept queue is full refuses clients. */
static unsigned queue_role(const struct conn *conn)
{
    const bool full = conn->state == STATE_LISTEN && !(conn->known & KNOWN_NO_BACKLOG) &&
                      conn->receive_queue >= conn->send_queue;
    return full ? ROLE_TROUBLE : ROLE_NOTICE;
}

static unsigned cell_role(const struct column *column, const struct conn *conn, const char *text)
{
    if (column->type == TYPE_STATE)
        return (unsigned)ROLE_STATE_QUIET + TCP_STATES[conn->state].role;
    if (column->type == TYPE_SHARE && conn_share_is_high(conn->retrans_10s, conn->sent_10s))
        return ROLE_TROUBLE;
    if (is_queued(column, conn))
        return queue_role(conn);
    if (strcmp(text, "0") == 0 || strcmp(text, "*") == 0)
        return ROLE_DIM;
    return TCP_STATES[conn->state].role == STATE_ROLE_QUIET ? ROLE_DIM : ROLE_NORMAL;
}

static void put_blanks(struct buffer *out, int count)
{
    while (count-- > 0)
        buffer_char(out, ' ');
}

/* `at`: cells of the line so far; returns them with this one. Blanks are written before what comes
 * behind them, so that no line ends in any. */
static int put_cell(struct printing *printing, struct buffer *out, size_t i, const char *text,
                    unsigned role, int at)
{
    const struct table_column *column = &printing->columns[i];
    char cut[CELL_MAX];

    table_cut_text(cut, sizeof(cut), text, column->cells, column->late);
    const int width = (int)text_width(cut);
    if (width == 0)
        return at;
    const int begins = column->right ? column->at + column->cells - width : column->at;
    put_blanks(out, begins - at);
    color_put(out, &printing->color, role, cut);
    return begins + width;
}

static void put_header(struct printing *printing, struct buffer *out)
{
    int at = 0;
    for (size_t i = 0; i < printing->table->count; i++)
        if (printing->columns[i].cells > 0)
            at = put_cell(printing, out, i, printing->columns[i].title, ROLE_TITLE, at);
    buffer_char(out, '\n');
}

static const char *put_row(struct printing *printing, struct buffer *out, const struct conn *conn,
                           const char *cell)
{
    int at = 0;
    for (size_t i = 0; i < printing->table->count; i++) {
        if (printing->columns[i].cells > 0)
            at =
                put_cell(printing, out, i, cell, cell_role(column_at(printing, i), conn, cell), at);
        cell += strlen(cell) + 1;
    }
    buffer_char(out, '\n');
    return cell;
}

static int print(struct printing *printing, struct buffer *out)
{
    const struct list_table *table = printing->table;
    const char *cell = printing->cells.data;
    int error = 0;

    lay_out(printing, terminal_cells());
    printing->color = color_of_output(table->options->color);
    put_header(printing, out);
    for (uint32_t line = 0; !error && line < table->view->ranking.shown; line++) {
        cell = put_row(printing, out, view_row(table->view, table->context->frame, line), cell);
        error = output_flush_some(out);
    }
    return error;
}

int list_table_print(const struct list_table *table, struct buffer *out)
{
    struct printing *printing = calloc(1, sizeof(*printing));

    if (!printing)
        return -ENOMEM;
    printing->table = table;
    buffer_init(&printing->cells);
    begin(printing);
    format_rows(printing);
    const int error = printing->cells.failed ? printing->cells.failed : print(printing, out);
    buffer_done(&printing->cells);
    free(printing);
    return error;
}
