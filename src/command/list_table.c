/* list_table: cells are formatted once, measured, then written; both by several threads, piece by piece. */
#include "command/list_table.h"

#include "base/grow.h"
#include "base/ordered.h"
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
#define PIECE_ROWS   128u /* per piece */
#define GAP          2    /* between columns that are not shortened */
#define QUEUED_LEAVE 2    /* column.leave of a queue that is not empty in some row */

/* What a thread found in the rows that it formatted. */
struct seen_cells {
    struct table_column columns[COLUMN_LIST_MAX];
    uint16_t longest[COLUMN_LIST_MAX];
    bool queued[COLUMN_LIST_MAX]; /* in some row this queue is not empty */
};

struct printing {
    const struct list_table *table;
    struct buffer cells; /* text of all rows, NUL-terminated one after the other */
    size_t *pieces;      /* where each piece begins in it */
    uint32_t piece_capacity;
    struct buffer texts[ORDERED_PLACES];
    /* merged into the first one at the end */
    struct seen_cells seen[ORDERED_THREADS_MOST];
    struct color color;
};

/* Columns of the terminal; 0: standard output is not a terminal, or its size is unknown. */
static int terminal_cells(void)
{
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static const struct column *column_at(const struct printing *printing, size_t i)
{
    return &columns[printing->table->columns[i]];
}

/* A listener's send queue is its backlog. */
static bool is_queued(const struct column *column, const struct conn *conn)
{
    if (!(conn->known & KNOWN_QUEUES))
        return false;
    if (conn->receive_queue > 0 && strcmp(column->id, "recvq") == 0)
        return true;
    return conn->send_queue > 0 && conn->state != STATE_LISTEN && strcmp(column->id, "sendq") == 0;
}

/* From the first row of a piece to its end. */
static uint32_t piece_end(const struct printing *printing, uint32_t first)
{
    const uint32_t left = printing->table->view->ranking.shown - first;
    return first + (left < PIECE_ROWS ? left : PIECE_ROWS);
}

static const struct conn *row_at(const struct printing *printing, uint32_t line)
{
    return view_row(printing->table->view, printing->table->context->frame, line);
}

static void format_row(const struct printing *printing, const struct conn *conn,
                       struct seen_cells *seen, struct buffer *out)
{
    char text[CELL_MAX];

    for (size_t i = 0; i < printing->table->count; i++) {
        const struct column *column = column_at(printing, i);
        const size_t length =
            column_format(column, printing->table->context, conn, text, sizeof(text));
        buffer_append(out, text, length);
        buffer_char(out, '\0');
        table_want(&seen->columns[i], text);
        seen->queued[i] |= is_queued(column, conn);
    }
}

static void format_piece(void *data, uint32_t piece, unsigned thread, unsigned place)
{
    struct printing *printing = data;
    const uint32_t first = piece * PIECE_ROWS, end = piece_end(printing, first);

    for (uint32_t line = first; line < end; line++)
        format_row(printing, row_at(printing, line), &printing->seen[thread],
                   &printing->texts[place]);
}

static int keep_piece(void *data, uint32_t piece, unsigned place)
{
    struct printing *printing = data;
    struct buffer *text = &printing->texts[place];

    printing->pieces[piece] = printing->cells.length;
    buffer_append(&printing->cells, text->data, text->length);
    const int error = text->failed ? text->failed : printing->cells.failed;
    buffer_clear(text);
    return error;
}

static void join_seen(struct printing *printing)
{
    struct seen_cells *all = &printing->seen[0];

    for (unsigned thread = 1; thread < ORDERED_THREADS_MOST; thread++) {
        const struct seen_cells *one = &printing->seen[thread];
        for (size_t i = 0; i < printing->table->count; i++) {
            if (one->longest[i] > all->longest[i])
                all->longest[i] = one->longest[i];
            all->queued[i] |= one->queued[i];
        }
    }
}

static uint32_t piece_count(const struct printing *printing)
{
    const uint32_t rows = printing->table->view->ranking.shown;
    return rows / PIECE_ROWS + (rows % PIECE_ROWS != 0);
}

static int format_rows(struct printing *printing)
{
    const struct ordered work = {.pieces = piece_count(printing),
                                 .make = format_piece,
                                 .take = keep_piece,
                                 .data = printing};

    if (GROW(printing->pieces, printing->piece_capacity, work.pieces))
        return -ENOMEM;
    const int error = ordered_run(&work);
    join_seen(printing);
    return error;
}

static void begin_seen(const struct printing *printing, struct seen_cells *seen)
{
    for (size_t i = 0; i < printing->table->count; i++) {
        seen->columns[i] = conn_table_cell(column_at(printing, i));
        seen->columns[i].longest = &seen->longest[i];
    }
}

static void begin(struct printing *printing)
{
    buffer_init(&printing->cells);
    for (unsigned place = 0; place < ORDERED_PLACES; place++)
        buffer_init(&printing->texts[place]);
    for (unsigned thread = 0; thread < ORDERED_THREADS_MOST; thread++)
        begin_seen(printing, &printing->seen[thread]);
}

static void end(struct printing *printing)
{
    buffer_done(&printing->cells);
    for (unsigned place = 0; place < ORDERED_PLACES; place++)
        buffer_done(&printing->texts[place]);
    free(printing->pieces);
    free(printing);
}

/* Each column as wide as its longest text. */
static void lay_out_whole(struct printing *printing)
{
    int at = 0;
    for (size_t i = 0; i < printing->table->count; i++) {
        struct table_column *column = &printing->seen[0].columns[i];
        const int title = (int)text_width(column->title);
        column->at = at;
        column->cells = title > printing->seen[0].longest[i] ? title : printing->seen[0].longest[i];
        at += column->cells + GAP;
    }
}

static int whole_width(const struct printing *printing)
{
    const struct table_column *last = &printing->seen[0].columns[printing->table->count - 1];
    return last->at + last->cells;
}

/* If everything fits, it is laid out as in a file; else columns are left out, of those that were
 * named the last one first. */
static void lay_out(struct printing *printing, int cells)
{
    const bool chosen = printing->table->options->columns != NULL;
    const size_t count = printing->table->count;

    lay_out_whole(printing);
    if (cells == 0 || whole_width(printing) <= cells)
        return;
    for (size_t i = 0; i < count; i++) {
        if (chosen)
            printing->seen[0].columns[i].leave = (uint8_t)(i < UINT8_MAX ? i : UINT8_MAX);
        else if (printing->seen[0].queued[i])
            printing->seen[0].columns[i].leave = QUEUED_LEAVE;
    }
    (chosen ? table_layout_chosen : table_layout)(printing->seen[0].columns, count, 0, cells);
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
    if ((text[0] == '0' || text[0] == '*') && !text[1])
        return ROLE_DIM;
    return TCP_STATES[conn->state].role == STATE_ROLE_QUIET ? ROLE_DIM : ROLE_NORMAL;
}

static void put_blanks(struct buffer *out, int count)
{
    static const char BLANKS[] = "                                ";
    const int most = sizeof(BLANKS) - 1;

    for (; count > 0; count -= most)
        buffer_append(out, BLANKS, (size_t)(count < most ? count : most));
}

/* `at`: cells of the line so far; returns them with this one. Blanks are written only before
 * further text, so that no line ends with blanks. */
static int put_cell(const struct printing *printing, struct buffer *out, size_t i, const char *text,
                    unsigned role, int at)
{
    const struct table_column *column = &printing->seen[0].columns[i];
    char cut[CELL_MAX];
    int width = (int)text_width(text);

    if (width > column->cells) {
        table_cut_text(cut, sizeof(cut), text, column->cells, column->late);
        text = cut;
        width = (int)text_width(cut);
    }
    if (width == 0)
        return at;
    const int begins = column->right ? column->at + column->cells - width : column->at;
    put_blanks(out, begins - at);
    color_put(out, &printing->color, role, text);
    return begins + width;
}

static void put_header(const struct printing *printing, struct buffer *out)
{
    int at = 0;
    for (size_t i = 0; i < printing->table->count; i++)
        if (printing->seen[0].columns[i].cells > 0)
            at = put_cell(printing, out, i, printing->seen[0].columns[i].title, ROLE_TITLE, at);
    buffer_char(out, '\n');
}

static const char *put_row(const struct printing *printing, struct buffer *out,
                           const struct conn *conn, const char *cell)
{
    int at = 0;
    for (size_t i = 0; i < printing->table->count; i++) {
        if (printing->seen[0].columns[i].cells > 0)
            at =
                put_cell(printing, out, i, cell, cell_role(column_at(printing, i), conn, cell), at);
        cell += strlen(cell) + 1;
    }
    buffer_char(out, '\n');
    return cell;
}

static void put_piece(void *data, uint32_t piece, unsigned thread, unsigned place)
{
    struct printing *printing = data;
    const uint32_t first = piece * PIECE_ROWS, end = piece_end(printing, first);
    const char *cell = printing->cells.data + printing->pieces[piece];

    (void)thread;
    for (uint32_t line = first; line < end; line++)
        cell = put_row(printing, &printing->texts[place], row_at(printing, line), cell);
}

static int write_piece(void *data, uint32_t piece, unsigned place)
{
    struct printing *printing = data;

    (void)piece;
    return output_flush(&printing->texts[place]);
}

static int print(struct printing *printing, struct buffer *out)
{
    const struct ordered work = {
        .pieces = piece_count(printing), .make = put_piece, .take = write_piece, .data = printing};

    lay_out(printing, terminal_cells());
    printing->color = color_of_output(printing->table->options->color);
    put_header(printing, out);
    const int error = output_flush(out);
    return error ? error : ordered_run(&work);
}

int list_table_print(const struct list_table *table, struct buffer *out)
{
    struct printing *printing = calloc(1, sizeof(*printing));

    if (!printing)
        return -ENOMEM;
    printing->table = table;
    begin(printing);
    int error = format_rows(printing);
    if (!error)
        error = print(printing, out);
    end(printing);
    return error;
}
