/* bench_json: what writing a row costs: everything that is known of it as JSON, on one demo frame.
 * Prints the median and the best of the rounds, CPU time.
 *
 *     bench_json [ROWS [ROUNDS]]
 */
#include "core/json/json.h"
#include "source/demo/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS_DEFAULT = 20000, ROUNDS_DEFAULT = 21, ROUNDS_MAX = 1000, FLUSH_AT = 65536 };

static int64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static struct frame *make_frame(uint32_t rows)
{
    struct demo_settings settings = {.seed = 7, .connections = rows, .change_permille = 50};
    struct wish wish = {.needs = UINT32_MAX, .state_bits = STATE_ALL_BITS, .families = 3};
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = pool ? frame_new(pool) : NULL;
    struct source *source = NULL;

    settings.interval_ns = INT64_C(1000000000);
    if (!frame || demo_open(&source, &settings) || source_next(source, frame, &wish)) {
        fputs("bench_json: no frame\n", stderr);
        exit(1);
    }
    source_close(source);
    frame_pool_release(pool);
    return frame;
}

int main(int argc, char **argv)
{
    uint32_t rows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : ROWS_DEFAULT;
    int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS_DEFAULT;
    struct frame *frame = make_frame(rows ? rows : ROWS_DEFAULT);
    struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    struct json_memo *memo = json_memo_new();
    static int64_t times[ROUNDS_MAX];
    struct buffer buffer;
    size_t bytes = 0;

    if (rounds < 1 || rounds > ROUNDS_MAX)
        rounds = ROUNDS_DEFAULT;
    buffer_init(&buffer);
    for (int round = 0; round < rounds; round++) {
        int64_t began = cpu_ns();

        bytes = 0;
        for (uint32_t i = 0; i < frame->conn_count; i++) {
            json_row_of_many(&buffer, &context, &frame->conns[i], memo);
            buffer_char(&buffer, '\n');
            if (buffer.length < FLUSH_AT)
                continue;
            bytes += buffer.length; /* where list writes it out */
            buffer_clear(&buffer);
        }
        bytes += buffer.length;
        buffer_clear(&buffer);
        times[round] = cpu_ns() - began;
    }
    qsort(times, (size_t)rounds, sizeof(times[0]), compare);
    printf("%u rows, %zu bytes a row: median %.2f us, best %.2f us a row\n", frame->conn_count,
           bytes / frame->conn_count, (double)times[rounds / 2] / 1e3 / (double)frame->conn_count,
           (double)times[0] / 1e3 / (double)frame->conn_count);
    buffer_done(&buffer);
    json_memo_free(memo);
    frame_release(frame);
    return 0;
}
