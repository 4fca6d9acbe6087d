/* bench_json: what writing a row costs: everything that is known of it as JSON, on one demo frame.
 * Prints the median and the best of the rounds, CPU time.
 *
 *     bench_json [ROWS [ROUNDS]]
 */
#include "core/json/json.h"
#include "demo_frame.h"
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_DEFAULT = 20000, ROUNDS_DEFAULT = 21, ROUNDS_MAX = 1000, FLUSH_AT = 65536 };

int main(int argc, char **argv)
{
    uint32_t rows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : ROWS_DEFAULT;
    int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS_DEFAULT;
    struct frame *frame = demo_frame(rows ? rows : ROWS_DEFAULT);
    struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    struct json_memo *memo = json_memo_new();
    static int64_t times[ROUNDS_MAX];
    struct buffer buffer;
    size_t bytes = 0;

    if (rounds < 1 || rounds > ROUNDS_MAX)
        rounds = ROUNDS_DEFAULT;
    buffer_init(&buffer);
    for (int round = 0; round < rounds; round++) {
        int64_t began = bench_cpu_ns();

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
        times[round] = bench_cpu_ns() - began;
    }
    qsort(times, (size_t)rounds, sizeof(times[0]), bench_compare_ns);
    printf("%u rows, %zu bytes a row: median %.2f us, best %.2f us a row\n", frame->conn_count,
           bytes / frame->conn_count, (double)times[rounds / 2] / 1e3 / (double)frame->conn_count,
           (double)times[0] / 1e3 / (double)frame->conn_count);
    buffer_done(&buffer);
    json_memo_free(memo);
    frame_release(frame);
    return 0;
}
