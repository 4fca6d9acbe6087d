/* A log that was written replays as it was: every frame, forward, backward, by time; events are
 * found; what happened when is counted; what is damaged is said. */
#include "unit.h"

#include "demo_log.h"
#include "equal.h"
#include "source/log/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAMES 150 /* three keyframes */
#define NEEDS  (NEED_OWNER | NEED_PROCESS | NEED_GROUP)

static const struct wish no_wish;

static struct source *open_replay(const char *path)
{
    struct source *source = NULL;
    char why[200] = "";
    if (replay_open(&source, path, why, sizeof(why)))
        fail_msg("%s", why);
    return source;
}

/* The next frame is frame `index` of the log. */
static void expect(struct source *source, struct frame_pool *pool, const struct demo_log *log,
                   uint32_t index)
{
    struct frame *frame = frame_new(pool);
    int error = source_next(source, frame, &no_wish);
    if (error)
        fail_msg("frame %u: %s: %s", index, strerror(-error), frame->missing.text);
    const char *differs = frames_differ(log->frames[index], frame);
    if (differs)
        fail_msg("frame %u: %s", index, differs);
    frame_release(frame);
}

static void expect_end(struct source *source, struct frame_pool *pool)
{
    struct frame *frame = frame_new(pool);
    assert_int_equal(source_next(source, frame, &no_wish), -ENODATA);
    frame_release(frame);
}

static void check_all(const char *name, uint32_t connections, uint32_t needs)
{
    struct demo_log log;
    struct frame_pool *pool = frame_pool_new();

    demo_log_init(&log, name, connections, needs);
    demo_log_make(&log, FRAMES);
    struct source *source = open_replay(log.path);
    for (uint32_t i = 0; i < FRAMES; i++)
        expect(source, pool, &log, i);
    expect_end(source, pool);
    assert_string_equal(replay_damage(source), "");
    assert_false(replay_is_torn(source));
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

static void test_forward(void **state)
{
    (void)state;
    check_all("log.jsonl", 60, NEEDS);
    check_all("log.jsonl.zst", 60, NEEDS);
    check_all("log.jsonl.zst", 60, NEEDS | NEED_DETAIL);
}

static void check_seek(const char *name)
{
    static const uint32_t places[] = {0, 149, 75, 59, 60, 61, 119, 120, 121, 1, 74};
    struct demo_log log;
    struct frame_pool *pool = frame_pool_new();
    int64_t first = 0, last = 0;

    demo_log_init(&log, name, 60, NEEDS);
    demo_log_make(&log, FRAMES);
    struct source *source = open_replay(log.path);
    for (size_t i = 0; i < UNIT_COUNT(places); i++) {
        uint32_t at = places[i];
        assert_int_equal(replay_seek(source, log.frames[at]->wall_ns + (int64_t)i % 2 * 500000000),
                         0);
        expect(source, pool, &log, at);
        if (at + 1 < FRAMES)
            expect(source, pool, &log, at + 1);
    }
    assert_int_equal(replay_seek(source, 0), 0);
    expect(source, pool, &log, 0);
    assert_int_equal(replay_step_back(source), -ENODATA);
    assert_int_equal(replay_seek(source, INT64_MAX), 0);
    expect(source, pool, &log, FRAMES - 1);
    for (uint32_t i = FRAMES - 1; i-- > FRAMES - 40;) {
        assert_int_equal(replay_step_back(source), 0);
        expect(source, pool, &log, i);
    }
    assert_int_equal(replay_span(source, &first, &last), 0);
    assert_true(first == log.frames[0]->wall_ns && last == log.frames[FRAMES - 1]->wall_ns);
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

static void test_seek(void **state)
{
    (void)state;
    check_seek("log.jsonl");
    check_seek("log.jsonl.zst");
}

/* Events come out of the ring as they went in. */
static void test_events(void **state)
{
    static struct event events[8192];
    struct demo_log log;
    struct frame_pool *pool = frame_pool_new();
    struct event_ring *ring = event_ring_new(65536);
    uint64_t cursor = 1, read_cursor = 1, lost;

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 200, NEEDS);
    demo_log_make(&log, 50);
    struct source *source = open_replay(log.path);
    replay_set_ring(source, ring);
    for (uint32_t i = 0; i < 50; i++)
        expect(source, pool, &log, i);
    uint32_t count =
        event_ring_read(collector_events(log.collector), &cursor, log.events, 8192, &lost);
    assert_true(count > 100);
    assert_int_equal(event_ring_read(ring, &read_cursor, events, 8192, &lost), count);
    for (uint32_t i = 0; i < count; i++) {
        const char *differs = events_differ(&log.events[i], &events[i]);
        if (differs)
            fail_msg("event %u: %s", i, differs);
    }
    source_close(source);
    event_ring_free(ring);
    frame_pool_release(pool);
    demo_log_done(&log);
}

static bool is_wanted(void *data, const struct event *event, const struct frame *frame)
{
    (void)frame;
    return event->serial == *(const uint64_t *)data && event->kind == EVENT_CLOSE;
}

static int search(struct source *source, bool backward, uint64_t *serial, int64_t *found)
{
    int64_t reached;
    const struct source_search wanted = {.match = is_wanted, .data = serial, .backward = backward};
    int result = replay_search_begin(source, &wanted);
    assert_int_equal(result, 0);
    do
        result = replay_search_step(source, 100, found, &reached);
    while (result == 1);
    return result;
}

static void check_search(const char *name)
{
    struct demo_log log;
    struct frame_pool *pool = frame_pool_new();
    uint64_t cursor = 1, lost, serial = 0, never = 999999999;
    int64_t wall = 0, found = 0;

    demo_log_init(&log, name, 100, NEEDS);
    demo_log_make(&log, FRAMES);
    uint32_t count =
        event_ring_read(collector_events(log.collector), &cursor, log.events, 65536, &lost);
    for (uint32_t i = 0; i < count && !serial; i++) { /* the first close after two keyframes */
        if (log.events[i].kind == EVENT_CLOSE && log.events[i].wall_ns > log.frames[65]->wall_ns) {
            serial = log.events[i].serial;
            wall = log.events[i].wall_ns;
        }
    }
    struct source *source = open_replay(log.path);
    expect(source, pool, &log, 0);
    assert_int_equal(search(source, false, &serial, &found), 0);
    assert_true(found == wall);
    assert_int_equal(search(source, false, &never, &found), -ENODATA);
    assert_int_equal(search(source, true, &serial, &found), -ENODATA);
    assert_int_equal(replay_seek(source, INT64_MAX), 0);
    expect(source, pool, &log, FRAMES - 1);
    found = 0;
    assert_int_equal(search(source, true, &serial, &found), 0);
    assert_true(found == wall);
    assert_int_equal(search(source, true, &never, &found), -ENODATA);
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

static void test_search(void **state)
{
    (void)state;
    check_search("log.jsonl");
    check_search("log.jsonl.zst");
}

static void test_density(void **state)
{
    struct demo_log log;
    struct density_part parts[10];
    const struct density density = {.parts = parts, .count = 10};
    uint64_t sums[DENSITY_LAYERS] = {0}, bytes = 0, resent = 0, cursor = 1, lost;
    uint32_t close_wait = 0;

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 100, NEEDS);
    demo_log_make(&log, FRAMES);
    uint32_t count =
        event_ring_read(collector_events(log.collector), &cursor, log.events, 65536, &lost);
    struct source *source = open_replay(log.path);
    assert_int_equal(replay_density_begin(source, log.frames[0]->wall_ns,
                                          log.frames[FRAMES - 1]->wall_ns, &density),
                     0);
    int result = 1;
    while (result == 1)
        result = replay_density_step(source, 50);
    assert_int_equal(result, 0);
    for (size_t i = 0; i < 10; i++) {
        assert_true(parts[i].values[DENSITY_EVENTS] > 0);
        assert_true(parts[i].known >> DENSITY_CLOSE_WAIT & 1);
        for (int layer = 0; layer < DENSITY_LAYERS; layer++)
            if (layer != DENSITY_CLOSE_WAIT)
                sums[layer] += parts[i].values[layer];
            else if (parts[i].values[layer] > sums[layer])
                sums[layer] = parts[i].values[layer];
    }
    for (size_t i = 0; i < FRAMES; i++) {
        const struct totals *totals = &log.frames[i]->totals;
        bytes += totals->in_interval + totals->out_interval;
        resent += totals->retrans_interval;
        close_wait = totals->states[STATE_CLOSE_WAIT] > close_wait
                         ? totals->states[STATE_CLOSE_WAIT]
                         : close_wait;
    }
    assert_int_equal(sums[DENSITY_EVENTS], count);
    assert_int_equal(sums[DENSITY_BYTES], bytes);
    assert_int_equal(sums[DENSITY_RETRANSMITTED], resent);
    assert_int_equal(sums[DENSITY_CLOSE_WAIT], close_wait);
    source_close(source);
    demo_log_done(&log);
}

#define BEFORE 40 /* frames, of a second each, before the clock is set back */
#define BACK   25 /* seconds */

static bool is_close(void *data, const struct event *event, const struct frame *frame)
{
    (void)data;
    (void)frame;
    return event->kind == EVENT_CLOSE;
}

/* From the frame given last to the frames where something closed, one after the other. */
static uint32_t count_found(struct source *source, struct frame_pool *pool, bool backward,
                            uint64_t number)
{
    uint32_t count = 0;
    int64_t found, reached;

    for (;;) {
        const struct source_search search = {.match = is_close, .backward = backward};
        assert_int_equal(replay_search_begin(source, &search), 0);
        int result = 1;
        while (result == 1)
            result = replay_search_step(source, 100, &found, &reached);
        if (result == -ENODATA)
            return count;
        assert_int_equal(result, 0);
        assert_int_equal(replay_seek(source, found), 0);
        struct frame *frame = frame_new(pool);
        assert_int_equal(source_next(source, frame, &no_wish), 0);
        assert_true(frame->wall_ns == found);
        assert_true(backward ? frame->number < number : frame->number > number);
        number = frame->number;
        count++;
        frame_release(frame);
    }
}

static void check_times_twice(struct source *source, struct frame_pool *pool,
                              const struct demo_log *log, bool plain)
{
    for (uint32_t i = 0; i < log->count; i++) {
        uint32_t twin = i >= BEFORE - BACK && i < BEFORE ? i + BACK : i;
        struct frame *frame = frame_new(pool);
        assert_int_equal(replay_seek(source, log->frames[i]->wall_ns), 0);
        assert_int_equal(source_next(source, frame, &no_wish), 0);
        assert_true(frame->wall_ns == log->frames[i]->wall_ns);
        if (!plain || frame->number != log->frames[i]->number)
            assert_int_equal(frame->number, log->frames[twin]->number);
        frame_release(frame);
    }
}

/* The clock is set back by 25 s: these come twice. Frames keep their order, searches and steps
 * follow it; a time leads to the last frame of it, in a plain log to one of them. */
static void check_set_back(const char *name)
{
    struct demo_log log;
    struct frame_pool *pool = frame_pool_new();
    int64_t first, last;

    demo_log_init(&log, name, 60, NEEDS);
    demo_log_open(&log);
    for (uint32_t i = 0; i < BEFORE * 2; i++) {
        log.set_ns = i < BEFORE ? 0 : -(int64_t)BACK * 1000000000;
        assert_int_equal(demo_log_frame(&log), 0);
    }
    log_writer_close(&log.writer);
    struct source *source = open_replay(log.path);
    for (uint32_t i = 0; i < log.count; i++)
        expect(source, pool, &log, i);
    expect_end(source, pool);
    for (uint32_t i = log.count - 1; i-- > 0;) {
        assert_int_equal(replay_step_back(source), 0);
        expect(source, pool, &log, i);
    }
    assert_int_equal(replay_step_back(source), -ENODATA);
    expect(source, pool, &log, 0);
    uint32_t forward = count_found(source, pool, false, 1);
    assert_true(forward > 20);
    assert_int_equal(replay_seek(source, INT64_MAX), 0);
    expect(source, pool, &log, log.count - 1);
    uint32_t backward = count_found(source, pool, true, log.count);
    assert_in_range(backward, forward - 1, forward + 1); /* that of the first and last frame */
    check_times_twice(source, pool, &log, !strstr(name, ".zst"));
    assert_int_equal(replay_span(source, &first, &last), 0);
    assert_true(first == log.frames[0]->wall_ns && last == log.frames[log.count - 1]->wall_ns);
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

static void test_set_back(void **state)
{
    (void)state;
    check_set_back("log.jsonl");
    check_set_back("log.jsonl.zst");
}

/* A recording that was killed has no index: the marks tell the same. A second recording is appended
 * to it, and its frames follow. */
static void test_append_after_kill(void **state)
{
    struct demo_log log;
    struct frame_pool *pool = frame_pool_new();
    struct stat status;

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 60, NEEDS);
    demo_log_open(&log);
    for (unsigned i = 0; i < 70; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    log.writer.keys.count = 0; /* no index */
    log_writer_close(&log.writer);
    assert_int_equal(stat(log.path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(truncate(log.path, status.st_size - 3), 0); /* torn: loses the last frame */
    demo_log_open(&log);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    log_writer_close(&log.writer);

    struct source *source = open_replay(log.path);
    for (uint32_t i = 0; i < 90; i++) {
        if (i != 69)
            expect(source, pool, &log, i);
    }
    expect_end(source, pool);
    assert_int_equal(replay_seek(source, log.frames[65]->wall_ns), 0);
    expect(source, pool, &log, 65);
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

/* Where in the file the text stands for the last time. */
static long find_last(const char *path, const char *text)
{
    FILE *file = fopen(path, "r");
    const size_t length = strlen(text);
    struct stat status;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *bytes = malloc((size_t)status.st_size);
    assert_int_equal(fread(bytes, 1, (size_t)status.st_size, file), status.st_size);
    long at = (long)status.st_size - (long)length;
    while (at >= 0 && memcmp(bytes + at, text, length) != 0)
        at--;
    free(bytes);
    fclose(file);
    return at;
}

/* Number of the frame in front of the last keyframe of the log that all these tests make. */
static uint32_t frame_before_last_key(void)
{
    struct demo_log log;
    char line[16];
    uint32_t frames = 0, before = 0;

    demo_log_init(&log, "log.jsonl", 60, NEEDS);
    demo_log_make(&log, FRAMES);
    FILE *file = fopen(log.path, "r");
    while (fgets(line, sizeof(line), file)) {
        frames += strncmp(line, "{\"ev\":\"frame\"", 13) == 0;
        before = strncmp(line, "{\"ev\":\"head\"", 12) == 0 ? frames : before;
        while (!strchr(line, '\n') && fgets(line, sizeof(line), file))
            ;
    }
    fclose(file);
    demo_log_done(&log);
    assert_true(before > 1 && before < FRAMES - 2);
    return before - 1;
}

/* Seeking to the end, or to a time after it, gives the last complete frame. */
static void check_torn(const char *name, const char *text, long behind, uint32_t last)
{
    struct demo_log log;
    struct frame_pool *pool = frame_pool_new();
    int64_t first_ns, last_ns;

    demo_log_init(&log, name, 60, NEEDS);
    demo_log_make(&log, FRAMES);
    const long at = find_last(log.path, text);
    assert_true(at > 0);
    assert_int_equal(truncate(log.path, at + behind), 0);
    struct source *source = open_replay(log.path);
    assert_int_equal(replay_span(source, &first_ns, &last_ns), 0);
    assert_true(last_ns == log.frames[last]->wall_ns);
    assert_int_equal(replay_seek(source, INT64_MAX), 0);
    expect(source, pool, &log, last);
    assert_int_equal(replay_step_back(source), 0);
    expect(source, pool, &log, last - 1);
    assert_int_equal(replay_seek(source, log.frames[last + 1]->wall_ns), 0);
    expect(source, pool, &log, last);
    expect_end(source, pool);
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

static void test_torn(void **state)
{
    const uint32_t before = frame_before_last_key();

    (void)state;
    check_torn("log.jsonl", "{\"ev\":\"head\"", 2000, before); /* within a keyframe */
    check_torn("log.jsonl.zst", "tlenskey", 100, before);
    check_torn("log.jsonl", "{\"ev\":\"frame\"", 20, FRAMES - 2); /* within any other */
    check_torn("log.jsonl", "{\"ev\":\"frame\"", 0, FRAMES - 2);
}

/* A log that grows: the end is not the end. */
static void test_growing(void **state)
{
    struct demo_log log;
    struct frame_pool *pool = frame_pool_new();
    struct source *source = NULL;

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 60, NEEDS);
    demo_log_open(&log);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(demo_log_frame(&log), 0);
        if (!source)
            source = open_replay(log.path);
        expect(source, pool, &log, i);
        expect_end(source, pool);
    }
    source_close(source);
    log_writer_close(&log.writer);
    frame_pool_release(pool);
    demo_log_done(&log);
}

static void test_refused(void **state)
{
    struct demo_log log;
    struct source *source = NULL;
    char why[200] = "";

    (void)state;
    demo_log_init(&log, "log.jsonl", 10, NEEDS);
    assert_int_equal(replay_open(&source, log.path, why, sizeof(why)), -ENOENT);
    assert_int_equal(replay_open(&source, log.folder, why, sizeof(why)), -EINVAL);
    FILE *file = fopen(log.path, "w");
    fputs("hello\n", file);
    fclose(file);
    assert_int_not_equal(replay_open(&source, log.path, why, sizeof(why)), 0);
    file = fopen(log.path, "w");
    fputs("{\"ev\":\"head\",\"t\":\"2026-11-22T12:16:31Z\",\"format\":\"tcplens-session\","
          "\"version\":\"7.0\"}\n",
          file);
    fclose(file);
    assert_int_equal(replay_open(&source, log.path, why, sizeof(why)), -EPROTONOSUPPORT);
    assert_non_null(strstr(why, "version 7"));
    demo_log_done(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward), cmocka_unit_test(test_seek),
        cmocka_unit_test(test_events),  cmocka_unit_test(test_search),

        cmocka_unit_test(test_density), cmocka_unit_test(test_append_after_kill),
        cmocka_unit_test(test_growing), cmocka_unit_test(test_set_back),
        cmocka_unit_test(test_torn),    cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
