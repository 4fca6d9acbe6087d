/* bench_finding: CPU that the detectors take for a frame of healthy rows, beside the frame itself
 * (bench_dump measures that). Median and worst of the rounds.
 *
 *     bench_finding [ROWS [ROUNDS]]
 */
#include "core/finding/finding.h"
#include "source/demo/demo.h"
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS_DEFAULT = 20000, ROUNDS_DEFAULT = 31, ROUNDS_MAX = 1000 };

static struct frame *next_frame(struct source *source, struct frame_pool *pool)
{
    const struct wish wish = {.needs = UINT32_MAX, .state_bits = STATE_ALL_BITS, .families = 3};
    struct frame *frame = frame_new(pool);

    if (!frame || source_next(source, frame, &wish)) {
        fputs("bench_finding: no frame\n", stderr);
        exit(1);
    }
    for (uint32_t i = 0; i < frame->conn_count; i++)
        frame->conns[i].serial = i + 1;
    return frame;
}

int main(int argc, char **argv)
{
    static int64_t times[ROUNDS_MAX];
    struct demo_settings demo = {.seed = 7, .change_permille = 20};
    struct finding_settings settings;
    struct source *source = NULL;
    struct frame_pool *pool = frame_pool_new();
    int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS_DEFAULT;

    rounds = rounds < 1 || rounds > ROUNDS_MAX ? ROUNDS_DEFAULT : rounds;
    demo.connections = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : ROWS_DEFAULT;
    demo.interval_ns = INT64_C(1000000000);
    finding_settings_init(&settings);
    struct finding_engine *engine = finding_engine_new(&settings);
    if (!pool || !engine || demo_open(&source, &demo)) {
        fputs("bench_finding: out of memory\n", stderr);
        return 1;
    }
    for (int i = 0; i < rounds; i++) {
        struct frame *frame = next_frame(source, pool);
        const struct finding_input input = {.frame = frame};
        const int64_t begin = bench_cpu_ns();
        if (finding_engine_update(engine, &input))
            return 1;
        times[i] = bench_cpu_ns() - begin;
        frame_release(frame);
    }
    uint32_t findings;
    (void)finding_engine_list(engine, &findings);
    qsort(times, (size_t)rounds, sizeof(times[0]), bench_compare_ns);
    printf("%u rows, %u findings: median %.3f ms, worst %.3f ms\n", demo.connections, findings,
           (double)times[rounds / 2] / 1e6, (double)times[rounds - 1] / 1e6);
    finding_engine_free(engine);
    source_close(source);
    frame_pool_release(pool);
    return 0;
}
