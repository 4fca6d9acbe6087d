/* What a recording loses is counted: on a full disk, in a file that others remove or truncate,
 * while nothing runs. */
#include "unit.h"

#include "base/clock.h"
#include "demo_log.h"
#include "equal.h"
#include "session/log/copy.h"
#include "session/log/reader.h"
#include "source/log/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define NEEDS (NEED_OWNER | NEED_PROCESS | NEED_GROUP)

static const struct wish no_wish;

/* --- a full disk --- */

static bool mount_small_disk(const char *folder)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", folder, "tmpfs", 0, "size=256k,mode=0700") == 0;
}

/* Frames in the gap lines with that reason. */
static uint64_t count_gap_frames(const char *path, const char *reason)
{
    static const char gap[] = "{\"ev\":\"gap\"";
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    uint64_t frames = 0;

    while (getline(&line, &size, file) > 0) {
        const char *count = strstr(line, "\"count\":");
        if (strncmp(line, gap, sizeof(gap) - 1) == 0 && strstr(line, reason) && count)
            frames += strtoull(count + 8, NULL, 10);
    }
    free(line);
    fclose(file);
    return frames;
}

/* A log on a disk of 256 KiB; nothing is opened yet. */
static void init_on_small_disk(struct demo_log *log, const char *name)
{
    demo_log_init(log, name, 10, NEED_OWNER);
    if (mount_small_disk(log->folder))
        return;
    print_message("no mount of a small tmpfs here (%s): left out\n", strerror(errno));
    demo_log_done(log);
    skip();
}

static void remove_small_disk(struct demo_log *log)
{
    umount2(log->folder, MNT_DETACH);
    demo_log_done(log);
}

/* Fills the disk; the descriptor of what fills it. */
static int fill_disk(const struct demo_log *log)
{
    static const char zeros[4096];
    char other[160];

    snprintf(other, sizeof(other), "%s/other", log->folder);
    int filler = open(other, O_WRONLY | O_CREAT, 0600);
    assert_true(filler >= 0);
    while (write(filler, zeros, sizeof(zeros)) > 0)
        ;
    return filler;
}

static void fill_disk_and_free_it(const char *name)
{
    struct demo_log log;
    char why[200];
    unsigned written = 0, failed = 0;

    init_on_small_disk(&log, name);
    demo_log_open(&log);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    int filler = fill_disk(&log);
    for (; failed < 20; failed += log.writer.failing) /* what is left of the last page, then full */
        (void)demo_log_frame(&log);
    assert_string_not_equal(log.writer.stats.trouble, "");
    unsigned before = log.count - failed;
    assert_int_equal(ftruncate(filler, 0), 0);
    close(filler);
    for (written = 0; written < 10; written++)
        assert_int_equal(demo_log_frame(&log), 0);
    assert_string_equal(log.writer.stats.trouble, "");
    assert_int_equal(log.writer.stats.missed_frames, failed);
    log_writer_close(&log.writer);
    if (!strstr(name, ".zst"))
        assert_int_equal(count_gap_frames(log.path, "disk full"), failed);

    struct source *source = NULL;
    struct frame_pool *pool = frame_pool_new();
    assert_int_equal(replay_open(&source, log.path, why, sizeof(why)), 0);
    for (uint32_t i = 0; i < before + written; i++) {
        struct frame *frame = frame_new(pool);
        uint32_t was = i < before ? i : i + failed;
        assert_int_equal(source_next(source, frame, &no_wish), 0);
        if (i == before) { /* says that something is missing before it */
            assert_true(frame->missing.reasons & MISSING_LOG);
        } else {
            const char *differs = frames_differ(log.frames[was], frame);
            if (differs)
                fail_msg("frame %u: %s", was, differs);
        }
        frame_release(frame);
    }
    assert_string_equal(replay_damage(source), "");
    source_close(source);
    frame_pool_release(pool);
    remove_small_disk(&log);
}

static void test_disk_full(void **state)
{
    (void)state;
    fill_disk_and_free_it("log.jsonl");
    fill_disk_and_free_it("log.jsonl.zst");
}

/* Not one frame could be written before there was room. */
static void test_disk_full_at_first(void **state)
{
    struct demo_log log;

    (void)state;
    init_on_small_disk(&log, "log.jsonl");
    int filler = fill_disk(&log);
    demo_log_open(&log);
    for (unsigned i = 0; i < 7; i++) {
        assert_int_not_equal(demo_log_frame(&log), 0);
        assert_int_equal(log.writer.stats.missed_frames, i + 1);
    }
    assert_int_equal(ftruncate(filler, 0), 0);
    close(filler);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    assert_int_equal(log.writer.stats.missed_frames, 7);
    log_writer_close(&log.writer);
    assert_int_equal(count_gap_frames(log.path, "disk full"), 7);
    remove_small_disk(&log);
}

/* Nothing is written after the last failure: the stats alone have what was lost. */
static void test_disk_full_to_the_end(void **state)
{
    struct demo_log log;
    unsigned failed = 0;

    (void)state;
    init_on_small_disk(&log, "log.jsonl.zst");
    demo_log_open(&log);
    assert_int_equal(demo_log_frame(&log), 0);
    close(fill_disk(&log));
    for (; failed < 12; failed += log.writer.failing)
        (void)demo_log_frame(&log);
    log_writer_close(&log.writer);
    assert_int_equal(log.writer.stats.missed_frames, failed);
    assert_int_equal(log.writer.stats.frames + failed, log.count);
    assert_true(log.writer.stats.missed_events > 0);
    assert_string_not_equal(log.writer.stats.trouble, "");
    remove_small_disk(&log);
}

/* Standard output cannot be cut: the line that was torn stands alone, all others are whole. */
static void test_full_stream(void **state)
{
    struct demo_log log;
    char path[160], why[200] = "", *line = NULL;
    size_t size = 0, torn = 0, lines = 0;
    int saved = dup(STDOUT_FILENO);

    (void)state;
    init_on_small_disk(&log, "log.jsonl");
    snprintf(path, sizeof(path), "%s/stream", log.folder);
    struct log_settings settings = demo_log_settings(&log);
    settings.path = "-";
    fflush(stdout);
    int stream = open(path, O_RDWR | O_CREAT, 0600);
    dup2(stream, STDOUT_FILENO);
    close(stream);
    int error = log_writer_open(&log.writer, &settings, why, sizeof(why));
    int filler = fill_disk(&log);
    int failures = 0;
    assert_int_equal(ftruncate(filler, 252 << 10), 0); /* room for a part of the first frame */
    for (unsigned i = 0; i < 3; i++)
        failures += demo_log_frame(&log) != 0;
    assert_int_equal(ftruncate(filler, 0), 0);
    close(filler);
    int result = demo_log_frame(&log);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    assert_int_equal(error, 0);
    assert_int_equal(failures, 3);
    assert_int_equal(result, 0);
    log_writer_close(&log.writer);
    FILE *file = fopen(path, "r");
    for (ssize_t got = getline(&line, &size, file); got > 0; got = getline(&line, &size, file)) {
        lines++;
        torn += line[0] != '{' || line[got - 2] != '}';
    }
    free(line);
    fclose(file);
    assert_true(lines > 5);
    assert_true(torn <= 1);
    assert_int_equal(count_gap_frames(path, "disk full"), 3);
    remove_small_disk(&log);
}

/* --- what others do to the file --- */

/* The frames from `first` on are what a replay of the log has, the first one with a gap before. */
static void expect_frames_from(const struct demo_log *log, uint32_t first)
{
    struct source *source = NULL;
    struct frame_pool *pool = frame_pool_new();
    char why[200];

    assert_int_equal(replay_open(&source, log->path, why, sizeof(why)), 0);
    for (uint32_t i = first; i < log->count; i++) {
        struct frame *frame = frame_new(pool);
        assert_int_equal(source_next(source, frame, &no_wish), 0);
        const bool gap = frame->missing.reasons & MISSING_LOG;
        assert_int_equal(gap, i == first);
        const char *differs = gap ? NULL : frames_differ(log->frames[i], frame);
        if (differs)
            fail_msg("frame %u: %s", i, differs);
        frame_release(frame);
    }
    struct frame *frame = frame_new(pool);
    assert_int_equal(source_next(source, frame, &no_wish), -ENODATA);
    frame_release(frame);
    assert_string_equal(replay_damage(source), "");
    source_close(source);
    frame_pool_release(pool);
}

static void remove_and_go_on(const char *name)
{
    struct demo_log log;

    demo_log_init(&log, name, 10, NEEDS);
    demo_log_open(&log);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    assert_int_equal(unlink(log.path), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    assert_int_equal(log.writer.stats.missed_frames, 6);
    assert_int_equal(log.writer.stats.frames, 4);
    assert_int_equal(log.writer.stats.incidents, 1);
    if (!strstr(name, ".zst"))
        assert_int_equal(count_gap_frames(log.path, "log file removed"), 6);
    expect_frames_from(&log, 6);
    assert_int_equal(unlink(log.path), 0);
    log_writer_close(&log.writer);
    assert_int_equal(log.writer.stats.missed_frames, 10);
    assert_int_equal(log.writer.stats.frames, 0);
    assert_non_null(strstr(log.writer.stats.trouble, "removed"));
    demo_log_done(&log);
}

static void test_removed(void **state)
{
    (void)state;
    remove_and_go_on("log.jsonl");
    remove_and_go_on("log.jsonl.zst");
}

/* Its folder went with it: nowhere to write, and every frame is counted. */
static void test_removed_with_its_folder(void **state)
{
    struct demo_log log;

    (void)state;
    demo_log_init(&log, "log.jsonl", 10, NEEDS);
    demo_log_open(&log);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    assert_int_equal(unlink(log.path), 0);
    assert_int_equal(rmdir(log.folder), 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_not_equal(demo_log_frame(&log), 0);
    assert_int_equal(log.writer.stats.missed_frames, 6);
    assert_int_equal(log.writer.stats.frames, 0);
    log_writer_close(&log.writer);
    assert_int_equal(log.writer.stats.missed_frames, 6);
    demo_log_done(&log);
}

/* As logrotate's copytruncate does it: a copy, then nothing is left under the name. */
static void truncate_and_go_on(const char *name)
{
    struct demo_log log;

    demo_log_init(&log, name, 10, NEEDS);
    demo_log_open(&log);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    assert_int_equal(truncate(log.path, 0), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    assert_int_equal(log.writer.stats.incidents, 1);
    assert_int_equal(log.writer.stats.missed_frames, 0); /* the copy has them */
    log_writer_close(&log.writer);
    expect_frames_from(&log, 6);
    demo_log_done(&log);
}

static void test_truncated(void **state)
{
    (void)state;
    truncate_and_go_on("log.jsonl");
    truncate_and_go_on("log.jsonl.zst");
}

/* The lines of a log, as those of another host, up to so many frame lines; from `first` on. */
static void copy_lines(struct log_copy *copy, const char *path, uint32_t first, uint32_t frames)
{
    struct session_state state;
    struct session_line line;
    struct log_text text;
    struct log_reader *reader;
    uint32_t passed = 0;
    char why[200];

    session_state_init(&state);
    assert_int_equal(log_reader_open(&reader, path, why, sizeof(why)), 0);
    while (passed < first + frames && log_reader_next(reader, &text) == 0) {
        assert_int_equal(session_read_line(&state, text.text, text.length, &line, why, sizeof(why)),
                         0);
        if (passed >= first)
            log_copy_line(copy, &line, text.text, text.length, SECOND_NS * (passed + 1));
        passed += line.kind == RECORD_FRAME;
    }
    log_reader_close(reader);
    session_state_done(&state);
}

/* What was in a file that is removed counts as missed, in all its numbers: found with the next line, or at the end. */
static void remove_copy(const char *name, uint32_t after)
{
    struct demo_log log;
    struct log_copy copy;
    const struct session_host host = {.name = "other", .exchanged = true};
    char why[200], path[160];

    demo_log_init_changing(&log, "log.jsonl", 30, NEEDS, 200);
    demo_log_make(&log, 10);
    snprintf(path, sizeof(path), "%s/%s", log.folder, name);
    const struct log_copy_settings settings = {.path = path};
    assert_int_equal(log_copy_open(&copy, &settings, why, sizeof(why)), 0);
    log_copy_set_host(&copy, &host, 1);
    copy_lines(&copy, log.path, 0, 6);
    const uint64_t events = copy.stats.events;
    assert_int_equal(copy.stats.frames, 6);
    assert_true(events > 0);
    assert_int_equal(unlink(path), 0);
    copy_lines(&copy, log.path, 6, after);
    log_copy_close(&copy, SECOND_NS);
    assert_int_equal(copy.stats.frames, 0);
    assert_int_equal(copy.stats.events, 0);
    assert_int_equal(copy.stats.missed_frames, 6 + after);
    assert_true(copy.stats.missed_events >= events);
    if (!after)
        assert_non_null(strstr(copy.stats.trouble, "removed"));
    demo_log_done(&log);
}

static void test_copy_removed(void **state)
{
    (void)state;
    remove_copy("copy.jsonl", 0);
    remove_copy("copy.jsonl.zst", 0);
    remove_copy("copy.jsonl", 2);
}

/* A copy that cannot be rotated goes on, and says so until it can. */
static void test_copy_not_rotated(void **state)
{
    struct demo_log log;
    struct log_copy copy;
    const struct session_host host = {.name = "other", .exchanged = true};
    char why[200], path[400];

    (void)state;
    demo_log_init(&log, "log.jsonl", 10, NEEDS);
    demo_log_make(&log, 4);
    snprintf(path, sizeof(path), "%s/%0240d.jsonl.zst", log.folder, 0); /* with its time too long */
    const struct log_copy_settings settings = {.path = path, .rotate_bytes = 1};
    assert_int_equal(log_copy_open(&copy, &settings, why, sizeof(why)), 0);
    log_copy_set_host(&copy, &host, 1);
    copy_lines(&copy, log.path, 0, 4);
    assert_string_equal(copy.stats.trouble, "");
    copy_lines(&copy, log.path, 0, 4);
    assert_non_null(strstr(copy.stats.trouble, "too long"));
    assert_int_equal(copy.stats.frames, 8);
    log_copy_close(&copy, SECOND_NS);
    demo_log_done(&log);
}

/* Stopped and continued: frames made before the recorder ran again do not make it an overload. */
static void test_suspended(void **state)
{
    struct demo_log log;

    (void)state;
    demo_log_init(&log, "log.jsonl", 10, NEEDS);
    demo_log_open(&log);
    assert_int_equal(demo_log_frame(&log), 0);
    log.stood_ns = 20 * INT64_C(1000000000);
    demo_log_skip(&log);
    assert_int_equal(demo_log_frame(&log), 0);
    for (unsigned i = 0; i < 5; i++)
        demo_log_skip(&log);
    assert_int_equal(demo_log_frame(&log), 0);
    log_writer_close(&log.writer);
    assert_int_equal(count_gap_frames(log.path, "suspended"), 21);
    assert_int_equal(count_gap_frames(log.path, "overload"), 5);
    demo_log_done(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_disk_full_at_first),
        cmocka_unit_test(test_disk_full_to_the_end),
        cmocka_unit_test(test_full_stream),
        cmocka_unit_test(test_removed),
        cmocka_unit_test(test_removed_with_its_folder),
        cmocka_unit_test(test_copy_removed),
        cmocka_unit_test(test_copy_not_rotated),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_suspended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
