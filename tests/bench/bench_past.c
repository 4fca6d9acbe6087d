/* Prints what keeping the past costs a frame (CPU, bytes), and what going back in it takes, at
 * 1,000, 20,000 and 200,000 connections of the demo with 5 % changing a second. Nothing is
 * asserted: run it by hand on a quiet machine. Usage: bench_past [CONNECTIONS] */
#include "collect/collect.h"
#include "core/column/column.h"
#include "source/demo/demo.h"
#include "source/past/past.h"
#include "timing.h"

#include <stdio.h>
#include <stdlib.h>

enum { FRAMES = 90 };

static int64_t step_back(struct source *source, struct frame_pool *pool)
{
    const struct wish wish = {.interval_ns = 0};
    const int64_t began = bench_cpu_ns();
    struct frame *frame = frame_new(pool);

    if (source->ops->travel->step_back(source) != 0 || source_next(source, frame, &wish) != 0)
        fputs("no frame\n", stderr);
    frame_release(frame);
    return bench_cpu_ns() - began;
}

static void report(struct past *past, struct source *source, uint32_t rows, int64_t spent_ns)
{
    const struct wish wish = {.interval_ns = 0};
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = frame_new(pool);
    struct past_reach reach;
    int64_t longest = 0, sum = 0;

    past_reach(past, &reach);
    printf("%7u rows: %7.2f ms CPU and %7zu bytes a frame; ", rows,
           (double)spent_ns / 1e6 / (double)FRAMES, reach.bytes / reach.frames);
    source->ops->travel->seek(source, INT64_MAX);
    source_next(source, frame, &wish);
    for (uint32_t i = 1; i < reach.frames; i++) {
        const int64_t took = step_back(source, pool);
        longest = took > longest ? took : longest;
        sum += took;
    }
    printf("one frame back %.1f ms, at most %.1f ms; 64 MiB are %.0f min at 1 s\n",
           (double)sum / 1e6 / reach.frames, (double)longest / 1e6,
           (double)(64u << 20) / ((double)reach.bytes / reach.frames) / 60);
    frame_release(frame);
    frame_pool_release(pool);
}

static void measure(uint32_t connections)
{
    const struct demo_settings demo = {5, connections, 50, 1000000000, .steady = true};
    struct collector_settings settings = {.highlight_ns = 3000000000};
    struct collector *collector = NULL;
    struct source *source = NULL;
    struct past *past = NULL;
    int64_t spent_ns = 0;
    uint32_t rows = 0;

    settings.wish = (struct wish){.interval_ns = 1000000000,
                                  .needs = NEED_OWNER | NEED_PROCESS | NEED_GROUP,
                                  .state_bits = STATE_ALL_BITS,
                                  .families = WISH_INET | WISH_INET6};
    if (demo_open(&settings.source, &demo) || collector_new(&collector, &settings) ||
        past_new(&past, UINT64_C(1) << 40) || past_open(&source, past, collector_events(collector)))
        exit(1);
    for (unsigned i = 0; i < FRAMES; i++) {
        struct frame *frame = NULL;
        if (collector_step(collector, &frame))
            exit(1);
        const int64_t began = bench_cpu_ns();
        if (past_add(past, frame))
            exit(1);
        spent_ns += bench_cpu_ns() - began;
        rows = frame->conn_count;
        frame_release(frame);
    }
    report(past, source, rows, spent_ns);
    source_close(source);
    past_free(past);
    collector_free(collector);
}

int main(int argc, char **argv)
{
    static const uint32_t sizes[] = {1000, 20000, 200000};

    if (argc > 1)
        measure((uint32_t)atoi(argv[1]));
    for (size_t i = 0; argc < 2 && i < sizeof(sizes) / sizeof(sizes[0]); i++)
        measure(sizes[i]);
    return 0;
}
