/* list_rows: see list_rows.h. */
#include "command/list_rows.h"

#include "base/ordered.h"
#include "core/json/json.h"
#include "core/other_end.h"

#define CELL_MAX    2048 /* bytes of one cell's text */
#define PIECE_ROWS  32u  /* per piece: 60 KB of JSON, so that all places fit in the cache */
#define FETCH_AHEAD 4u   /* rows */

/* One print job, shared by its threads. */
struct job {
    const struct list_rows *rows;
    void (*put)(struct job *job, const struct conn *conn, struct buffer *out, unsigned thread);
    struct other_ends ends;                        /* of whole JSON objects only */
    struct json_memo *memos[ORDERED_THREADS_MOST]; /* NULL: none */
    struct buffer texts[ORDERED_PLACES];
};

/* Everything that is known of a row, with its other end. */
static void put_whole(struct job *job, const struct conn *conn, struct buffer *out, unsigned thread)
{
    const struct column_context *context = job->rows->context;
    uint32_t several;
    const struct conn *other = other_ends_find(&job->ends, conn, &several);

    json_row_of_many(out, context, conn, job->memos[thread]);
    if (!out->failed && (other || several)) {
        out->length--; /* the closing brace */
        json_other_end(out, context->frame, other, several);
        buffer_char(out, '}');
    }
    buffer_char(out, '\n');
}

static void put_json(struct job *job, const struct conn *conn, struct buffer *out, unsigned thread)
{
    (void)thread;
    json_row(out, job->rows->context, conn, job->rows->columns, job->rows->count);
    buffer_char(out, '\n');
}

static void put_csv(struct job *job, const struct conn *conn, struct buffer *out, unsigned thread)
{
    const struct list_rows *rows = job->rows;
    char text[CELL_MAX];

    (void)thread;
    for (size_t i = 0; i < rows->count; i++) {
        json_value_text(&columns[rows->columns[i]], rows->context, conn, text, sizeof(text));
        csv_cell(out, text, i == 0);
    }
    buffer_char(out, '\n');
}

static void put_csv_head(const struct list_rows *rows, struct buffer *out)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct column *column = &columns[rows->columns[i]];

        csv_cell(out, column->json ? column->json : column->id, i == 0);
    }
    buffer_char(out, '\n');
}

static void make_piece(void *data, uint32_t piece, unsigned thread, unsigned place)
{
    struct job *job = data;
    const struct view *view = job->rows->view;
    const struct frame *frame = job->rows->context->frame;
    const uint32_t first = piece * PIECE_ROWS, left = view->ranking.shown - first;

    const uint32_t count = left < PIECE_ROWS ? left : PIECE_ROWS;
    for (uint32_t i = 0; i < count + FETCH_AHEAD; i++) {
        if (i < count && job->put == put_whole)
            other_ends_fetch(&job->ends, view_row(view, frame, first + i));
        if (i >= FETCH_AHEAD)
            job->put(job, view_row(view, frame, first + i - FETCH_AHEAD), &job->texts[place],
                     thread);
    }
}

static int take_piece(void *data, uint32_t piece, unsigned place)
{
    struct job *job = data;

    (void)piece;
    return output_flush(&job->texts[place]);
}

static int begin(struct job *job, enum output_format format)
{
    job->put = format == OUTPUT_CSV ? put_csv : job->rows->count ? put_json : put_whole;
    for (unsigned i = 0; i < ORDERED_PLACES; i++)
        buffer_init(&job->texts[i]);
    if (job->put != put_whole)
        return 0;
    for (unsigned i = 0; i < ORDERED_THREADS_MOST; i++)
        job->memos[i] = json_memo_new();
    return other_ends_build(&job->ends, job->rows->context->frame);
}

static void end(struct job *job)
{
    for (unsigned i = 0; i < ORDERED_PLACES; i++)
        buffer_done(&job->texts[i]);
    for (unsigned i = 0; i < ORDERED_THREADS_MOST; i++)
        json_memo_free(job->memos[i]);
    other_ends_done(&job->ends);
}

int list_rows_print(const struct list_rows *rows, enum output_format format, struct buffer *out)
{
    const uint32_t count = rows->view->ranking.shown;
    struct job job = {.rows = rows};
    const struct ordered work = {.pieces = count / PIECE_ROWS + (count % PIECE_ROWS != 0),
                                 .make = make_piece,
                                 .take = take_piece,
                                 .data = &job};
    int error = begin(&job, format);

    if (format == OUTPUT_CSV)
        put_csv_head(rows, out);
    if (!error)
        error = output_flush(out);
    if (!error)
        error = ordered_run(&work);
    end(&job);
    return error;
}
