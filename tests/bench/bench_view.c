/* bench_view: what the screen's thread does for a frame of 200,000 rows before it paints: keys,
 * filter, cursor, order of what is shown. CPU time, median and worst of the rounds, and the longest
 * of the steps between which keys are read.
 *
 *     bench_view [ROWS [ROUNDS]]
 */
#include "core/filter/filter.h"
#include "core/view.h"
#include "demo_frame.h"
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_DEFAULT = 200000,
    ROUNDS_DEFAULT = 21,
    ROUNDS_MAX = 1000,
    HEIGHT = 50,
    STEP_ROWS = 16384
};

/* All connections of one program over the loopback, as a proxy's or a database's are. */
static void make_alike(struct frame *frame)
{
    for (uint32_t i = 0; i < frame->proc_count; i++)
        frame->procs[i].comm = "postgres";
    for (uint32_t i = 0; i < frame->conn_count; i++) {
        struct tuple *tuple = &frame->conns[i].tuple;
        tuple->family = FAMILY_INET;
        tuple->local = tuple->remote = (struct addr){{127, 0, 0, 1}};
        tuple->remote_port = (uint16_t)(i * 7919);
        frame->conns[i].state = STATE_ESTABLISHED;
    }
}

static int64_t since(int64_t *began, int64_t *longest)
{
    const int64_t now = bench_cpu_ns(), spent = now - *began;

    *began = now;
    *longest = spent > *longest ? spent : *longest;
    return spent;
}

/* A frame as the screen takes it over. Returns the CPU time of all steps. */
static int64_t take_frame(struct view *view, const struct column_context *context, int64_t *longest)
{
    int64_t began = bench_cpu_ns(), spent = 0;
    bool done = false;

    while (!done) {
        done = view_prepare(view, context, STEP_ROWS);
        spent += since(&began, longest);
    }
    view_update(view, context, HEIGHT);
    return spent + since(&began, longest);
}

/* In turns at the beginning, in the middle and at the end. */
static void measure(const struct frame *frame, const char *sort, const char *filter, int rounds)
{
    static int64_t times[ROUNDS_MAX];
    struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    struct filter_error error;
    struct filter *parsed = NULL;
    struct view view;
    int64_t longest = 0;

    view_init(&view);
    view.sort = sort ? column_find(sort, strlen(sort)) : NULL;
    if (filter && filter_parse(&parsed, filter, NULL, &error) != 0) {
        fprintf(stderr, "bench_view: %s: no filter\n", filter);
        exit(1);
    }
    view.accept = parsed ? filter_accepts : NULL;
    view.accept_data = parsed;
    for (int round = 0; round < rounds; round++) {
        view_update(&view, &context, HEIGHT);
        view_move(&view, &context,
                  round % 3 == 0   ? INT64_MIN
                  : round % 3 == 1 ? -(int64_t)view.ranking.count / 2
                                   : INT64_MAX,
                  HEIGHT);
        times[round] = take_frame(&view, &context, &longest);
    }
    qsort(times, (size_t)rounds, sizeof(times[0]), bench_compare_ns);
    printf("sort %-10s filter %-28s %7u rows: median %6.2f ms, worst %6.2f ms, step %6.2f ms\n",
           sort ? sort : "-", filter ? filter : "-", view.ranking.count,
           (double)times[rounds / 2] / 1e6, (double)times[rounds - 1] / 1e6, (double)longest / 1e6);
    view_done(&view);
    filter_free(parsed);
}

int main(int argc, char **argv)
{
    static const char *const SORTS[] = {"state", "in", "local", "remote", "process", "age", "rtt"};
    static const char *const FILTERS[] = {
        "dport = :443", "state established", "rtt > 10ms", "not src 10.0.0.0/8", "nginx", "zzz"};
    uint32_t rows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : ROWS_DEFAULT;
    int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS_DEFAULT;
    struct frame *frame = demo_frame(rows ? rows : ROWS_DEFAULT);

    if (rounds < 1 || rounds > ROUNDS_MAX)
        rounds = ROUNDS_DEFAULT;
    measure(frame, NULL, NULL, rounds);
    for (size_t i = 0; i < sizeof(SORTS) / sizeof(SORTS[0]); i++)
        measure(frame, SORTS[i], NULL, rounds);
    for (size_t i = 0; i < sizeof(FILTERS) / sizeof(FILTERS[0]); i++)
        measure(frame, "state", FILTERS[i], rounds);
    make_alike(frame);
    puts("all alike:");
    for (size_t i = 0; i < sizeof(SORTS) / sizeof(SORTS[0]); i++)
        measure(frame, SORTS[i], NULL, rounds);
    frame_release(frame);
    return 0;
}
