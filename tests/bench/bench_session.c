/* Recording and replaying, measured: bytes a connection-hour and CPU a frame of the log writer;
 * time to open and to seek.
 *
 *   bench_session ROWS [FRAMES]         writes a log of the demo source into a folder in $TMPDIR:
 * figures bench_session ROWS FRAMES FILE      writes that log (or reads it, if it is there): opens
 * and seeks
 *
 * 5 % of the rows change in a frame of one second. The demo's timers stand still where a kernel's
 * run down, so they are made to; its retransmission timers are left out. */
#include "collect/collect.h"
#include "session/log/writer.h"
#include "source/demo/demo.h"
#include "source/log/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S    1000000000LL
#define RETRANSMIT  1
#define KEEPALIVE   2
#define TIME_WAIT   3
#define EVENTS_MOST 65536u

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void fail(const char *what, int error)
{
    fprintf(stderr, "bench_session: %s: %s\n", what, strerror(-error));
    exit(1);
}

static struct collector *open_demo(uint32_t rows)
{
    const struct demo_settings demo = {1, rows, 50, NS_PER_S, .steady = true};
    struct collector_settings settings = {.highlight_ns = 3 * NS_PER_S};
    struct collector *collector = NULL;

    settings.wish = (struct wish){.interval_ns = NS_PER_S,
                                  .needs = NEED_OWNER | NEED_PROCESS | NEED_GROUP,
                                  .state_bits = STATE_ALL_BITS,
                                  .families = WISH_INET | WISH_INET6};
    int error = demo_open(&settings.source, &demo);
    if (!error)
        error = collector_new(&collector, &settings);
    if (error)
        fail("demo", error);
    return collector;
}

static void run_timers_down(struct frame *frame)
{
    uint64_t now_ms = (uint64_t)frame->wall_ns / 1000000;
    for (uint32_t i = 0; i < frame->live_count; i++) {
        struct conn *conn = &frame->conns[i];
        uint32_t whole = conn->timer == KEEPALIVE ? 7200000 : conn->timer == TIME_WAIT ? 60000 : 0;
        if (conn->timer == RETRANSMIT)
            conn->timer = 0;
        if (whole)
            conn->timer_ms = whole - (uint32_t)((now_ms + conn->serial * 977) % whole);
    }
}

struct figures {
    int64_t key_ns, other_ns;
    uint64_t key_bytes, other_bytes, rows;
    unsigned keys, others;
};

static void write_frames(const char *path, uint32_t rows, unsigned frames, struct figures *figures)
{
    struct collector *collector = open_demo(rows);
    struct log_writer writer;
    struct log_settings settings = {.path = path, .head = {.interval_ns = NS_PER_S}};
    struct event *events = calloc(EVENTS_MOST, sizeof(*events));
    uint64_t cursor = 1;
    char why[200] = "";
    int error = events ? log_writer_open(&writer, &settings, why, sizeof(why)) : -ENOMEM;

    if (error)
        fail(why, error);
    for (unsigned i = 0; i < frames; i++) {
        struct frame *frame = NULL;
        uint64_t lost, before = writer.stats.bytes;
        error = collector_step(collector, &frame);
        if (error)
            fail("frame", error);
        run_timers_down(frame);
        uint32_t count =
            event_ring_read(collector_events(collector), &cursor, events, EVENTS_MOST, &lost);
        int64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID), key_before = writer.key_mono_ns;
        error = log_writer_frame(&writer, frame, events, count, lost);
        if (error)
            fail(path, error);
        int64_t took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
        bool key = writer.key_mono_ns != key_before;
        *(key ? &figures->key_ns : &figures->other_ns) += took;
        *(key ? &figures->key_bytes : &figures->other_bytes) += writer.stats.bytes - before;
        *(key ? &figures->keys : &figures->others) += 1;
        figures->rows += frame->live_count;
        frame_release(frame);
    }
    log_writer_close(&writer);
    collector_free(collector);
    free(events);
}

static void print_figures(const char *what, uint32_t rows, unsigned frames,
                          const struct figures *figures)
{
    double bytes = (double)(figures->key_bytes + figures->other_bytes);
    double hours = (double)figures->rows / 3600.0;

    printf("%s, %u rows asked, %.0f on average, %u frames, 5 %% changing:\n", what, rows,
           (double)figures->rows / frames, frames);
    printf("  %.0f bytes a connection-hour; keyframe %.0f bytes, other frames %.0f\n",
           bytes / hours, (double)figures->key_bytes / figures->keys,
           (double)figures->other_bytes / figures->others);
    printf("  CPU: keyframe %.2f ms, other frames %.2f ms, average %.2f ms a frame\n",
           (double)figures->key_ns / figures->keys / 1e6,
           (double)figures->other_ns / figures->others / 1e6,
           (double)(figures->key_ns + figures->other_ns) / frames / 1e6);
}

static void seek_to(struct source *source, struct frame_pool *pool, int64_t wall_ns,
                    const char *what)
{
    const struct wish wish = {.state_bits = 0};
    struct frame *frame = frame_new(pool);
    int64_t begin = clock_ns(CLOCK_MONOTONIC), cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    int error = replay_seek(source, wall_ns);

    if (!error)
        error = source_next(source, frame, &wish);
    if (error)
        fail(what, error);
    printf("  seek to %s: %.0f ms, %.0f ms of CPU, %u rows\n", what,
           (double)(clock_ns(CLOCK_MONOTONIC) - begin) / 1e6,
           (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e6, frame->live_count);
    frame_release(frame);
}

static void read_log(const char *path)
{
    struct source *source = NULL;
    struct frame_pool *pool = frame_pool_new();
    struct rusage usage;
    struct stat status;
    int64_t first = 0, last = 0, begin = clock_ns(CLOCK_MONOTONIC);
    char why[200] = "";

    int error = replay_open(&source, path, why, sizeof(why));
    if (error || stat(path, &status) != 0)
        fail(why, error ? error : -errno);
    seek_to(source, pool, 0, "the first frame, with opening");
    printf("%s, %.2f GB: opened, first frame there after %.0f ms\n", path,
           (double)status.st_size / 1e9, (double)(clock_ns(CLOCK_MONOTONIC) - begin) / 1e6);
    begin = clock_ns(CLOCK_MONOTONIC);
    error = replay_span(source, &first, &last);
    if (error)
        fail("span", error);
    printf("  first and last time: %.0f ms\n", (double)(clock_ns(CLOCK_MONOTONIC) - begin) / 1e6);
    seek_to(source, pool, last, "the end");
    seek_to(source, pool, first + (last - first) / 2, "the middle");
    seek_to(source, pool, first + (last - first) / 3 + 29 * NS_PER_S, "a third and 29 s");
    seek_to(source, pool, first, "the beginning");
    getrusage(RUSAGE_SELF, &usage);
    printf("  peak memory %ld MB\n", usage.ru_maxrss / 1024);
    source_close(source);
    frame_pool_release(pool);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/bench-session.XXXXXX", path[64];
    uint32_t rows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000;
    unsigned frames = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 181;
    struct figures zst = {0}, plain = {0};

    if (argc > 3) {
        if (access(argv[3], F_OK) != 0)
            write_frames(argv[3], rows, frames, &zst);
        read_log(argv[3]);
        return 0;
    }
    if (!mkdtemp(folder))
        fail(folder, -errno);
    snprintf(path, sizeof(path), "%s/log.jsonl.zst", folder);
    write_frames(path, rows, frames, &zst);
    unlink(path);
    print_figures(".zst", rows, frames, &zst);
    snprintf(path, sizeof(path), "%s/log.jsonl", folder);
    write_frames(path, rows, frames, &plain);
    unlink(path);
    rmdir(folder);
    print_figures("plain", rows, frames, &plain);
    return 0;
}
