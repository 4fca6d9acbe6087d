/* list_rows: two threads take parts of a list by turns: while one writes, the other makes text.
 * Must not know what a row is. */
#include "command/list_rows.h"

#include "options/output.h"

#include <pthread.h>
#include <stdbool.h>

#define PART_ROWS    128u  /* their text stays in the processor's cache until it is written */
#define ROWS_FOR_TWO 2048u /* fewer are written before a second thread would have begun */

struct work {
    const struct list_rows *rows;
    uint32_t part_count, thread_count;
    pthread_mutex_t lock;
    pthread_cond_t turned;
    uint32_t turn; /* the part to be written next */
    int error;     /* of the first write that failed: nothing is written any more */
};

static void put_part(const struct list_rows *rows, uint32_t part, struct json_memo *memo,
                     struct buffer *out)
{
    const uint32_t first = part * PART_ROWS;
    const uint32_t count = rows->count - first < PART_ROWS ? rows->count - first : PART_ROWS;

    for (uint32_t i = 0; i < count; i++)
        rows->put(rows->data, first + i, memo, out);
}

static int wait_turn(struct work *work, uint32_t part)
{
    pthread_mutex_lock(&work->lock);
    while (work->turn != part && !work->error)
        pthread_cond_wait(&work->turned, &work->lock);
    const int error = work->error;
    pthread_mutex_unlock(&work->lock);
    return error;
}

static void end_turn(struct work *work, int error)
{
    pthread_mutex_lock(&work->lock);
    work->turn++;
    if (!work->error)
        work->error = error;
    pthread_cond_broadcast(&work->turned);
    pthread_mutex_unlock(&work->lock);
}

/* Part `part` and every one that is this thread's after it. */
static void write_parts(struct work *work, uint32_t part, struct buffer *out)
{
    struct json_memo *memo = json_memo_new();
    int error = 0;

    for (; !error && part < work->part_count; part += work->thread_count) {
        put_part(work->rows, part, memo, out);
        error = wait_turn(work, part);
        if (!error) {
            error = output_flush(out);
            end_turn(work, error);
        }
    }
    json_memo_free(memo);
}

static void *second_main(void *argument)
{
    struct work *work = argument;
    struct buffer out;

    buffer_init(&out);
    write_parts(work, 1, &out);
    buffer_done(&out);
    return NULL;
}

static int write_by_two(struct work *work, struct buffer *out)
{
    pthread_t second;

    work->thread_count = 2;
    if (work->rows->count < ROWS_FOR_TWO || pthread_create(&second, NULL, second_main, work) != 0)
        work->thread_count = 1;
    write_parts(work, 0, out);
    if (work->thread_count == 2)
        pthread_join(second, NULL);
    return work->error;
}

int list_rows_write(const struct list_rows *rows, struct buffer *out)
{
    struct work work = {.rows = rows, .part_count = (rows->count + PART_ROWS - 1) / PART_ROWS};
    int error = output_flush(out);

    if (error)
        return error;
    pthread_mutex_init(&work.lock, NULL);
    pthread_cond_init(&work.turned, NULL);
    error = write_by_two(&work, out);
    pthread_cond_destroy(&work.turned);
    pthread_mutex_destroy(&work.lock);
    return error;
}
