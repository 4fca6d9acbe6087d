/* Recording: which files are refused and why, rotation, a second recorder, a pipe that no process
 * reads, the recorder's thread beside a collector. */
#include "unit.h"

#include "demo_log.h"
#include "equal.h"
#include "session/record.h"
#include "session/zst.h"
#include "source/demo/demo.h"
#include "source/log/replay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NEEDS (NEED_OWNER | NEED_PROCESS | NEED_GROUP)

static const struct wish no_wish;

static void expect_refused(const char *path, const char *word)
{
    struct log_file file;
    char why[400] = "";
    int error = log_file_open(&file, path, why, sizeof(why));

    assert_int_not_equal(error, 0);
    if (!strstr(why, word) || !strchr(why, ':'))
        fail_msg("%s: \"%s\" does not say \"%s\"", path, why, word);
}

static void make_file(const char *path, const char *text, mode_t mode)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    assert_true(write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
    fchmod(descriptor, mode);
    close(descriptor);
}

static void test_refused(void **state)
{
    struct demo_log log;
    char path[160], other[160];

    (void)state;
    demo_log_init(&log, "log.jsonl", 5, NEEDS);
    demo_log_make(&log, 2);
    snprintf(path, sizeof(path), "%s/link", log.folder);
    assert_int_equal(symlink(log.path, path), 0);
    expect_refused(path, "symbolic link");
    snprintf(path, sizeof(path), "%s/fifo", log.folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_refused(path, "not a regular file");
    expect_refused(log.folder, "a folder");
    snprintf(path, sizeof(path), "%s/", log.folder);
    expect_refused(path, "not the name of a file");
    snprintf(path, sizeof(path), "%s/hard", log.folder);
    assert_int_equal(link(log.path, path), 0);
    expect_refused(log.path, "more than one link");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chmod(log.path, 0640), 0);
    expect_refused(log.path, "0600");
    assert_int_equal(chmod(log.path, 0600), 0);
    make_file(path, "hello\n", 0600);
    expect_refused(path, "not a session log");
    snprintf(other, sizeof(other), "%s/none/log.jsonl", log.folder);
    expect_refused(other, "No such file");
    snprintf(other, sizeof(other), "%s/open", log.folder);
    assert_int_equal(mkdir(other, 0777), 0);
    assert_int_equal(chmod(other, 0777), 0);
    strncat(other, "/log.jsonl", sizeof(other) - strlen(other) - 1);
    expect_refused(other, "sticky");
    snprintf(other, sizeof(other), "%s/open", log.folder);
    assert_int_equal(chmod(other, 01777), 0);
    strncat(other, "/log.jsonl", sizeof(other) - strlen(other) - 1);
    struct log_file file;
    char why[400];
    assert_int_equal(log_file_open(&file, other, why, sizeof(why)), 0);
    log_file_close(&file);
    demo_log_done(&log);
}

static void test_foreign_owner(void **state)
{
    struct demo_log log;

    (void)state;
    if (geteuid() != 0) {
        print_message("not root: cannot make a file of another user: left out\n");
        skip();
    }
    demo_log_init(&log, "log.jsonl", 5, NEEDS);
    demo_log_make(&log, 1);
    assert_int_equal(chown(log.path, 12345, 12345), 0);
    expect_refused(log.path, "another user");
    demo_log_done(&log);
}

static void test_second_recorder(void **state)
{
    struct demo_log log;

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 5, NEEDS);
    demo_log_open(&log);
    assert_int_equal(demo_log_frame(&log), 0);
    expect_refused(log.path, "another recorder");
    log_writer_close(&log.writer);
    demo_log_done(&log);
}

static unsigned count_files(const char *folder)
{
    unsigned count = 0;
    DIR *open_folder = opendir(folder);
    for (struct dirent *entry = readdir(open_folder); entry; entry = readdir(open_folder))
        count += entry->d_name[0] != '.';
    closedir(open_folder);
    return count;
}

static void test_rotation(void **state)
{
    struct demo_log log;
    char why[200], path[160];

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 60, NEEDS);
    snprintf(path, sizeof(path), "%s/log-notes.jsonl.zst", log.folder);
    make_file(path, "mine", 0600); /* no rotated log: stays */
    struct log_settings settings = demo_log_settings(&log);
    settings.rotate_ns = 20 * INT64_C(1000000000);
    settings.keep = 2;
    assert_int_equal(log_writer_open(&log.writer, &settings, why, sizeof(why)), 0);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    assert_int_equal(log.writer.stats.files, 5);
    log_writer_close(&log.writer);
    assert_int_equal(count_files(log.folder), 4); /* log.jsonl.zst, two rotated, notes */

    struct source *source = NULL;
    struct frame_pool *pool = frame_pool_new();
    assert_int_equal(replay_open(&source, log.path, why, sizeof(why)), 0);
    struct frame *frame = frame_new(pool);
    assert_int_equal(source_next(source, frame, &no_wish), 0);
    assert_null(frames_differ(log.frames[80], frame));
    frame_release(frame);
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

/* A clock that was ahead named it: what was rotated since is newer, and stays. */
static void test_rotated_ahead(void **state)
{
    struct demo_log log;
    char why[200], ahead[160];

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 10, NEEDS);
    snprintf(ahead, sizeof(ahead), "%s/log-20990101T000000.jsonl.zst", log.folder);
    make_file(ahead, "older", 0600);
    struct log_settings settings = demo_log_settings(&log);
    settings.rotate_ns = 5 * INT64_C(1000000000);
    settings.keep = 2;
    assert_int_equal(log_writer_open(&log.writer, &settings, why, sizeof(why)), 0);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    assert_int_equal(access(ahead, F_OK), 0);
    assert_int_equal(count_files(log.folder), 3);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    log_writer_close(&log.writer);
    assert_int_not_equal(access(ahead, F_OK), 0);
    assert_int_equal(count_files(log.folder), 3);
    demo_log_done(&log);
}

static unsigned count_indexes(const char *path)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    struct zst_frame frame;
    unsigned count = 0;

    assert_int_equal(fstat(descriptor, &status), 0);
    for (uint64_t at = 0; at < (uint64_t)status.st_size; at += frame.length) {
        assert_int_equal(zst_frame_at(descriptor, (uint64_t)status.st_size, at, &frame), 0);
        count += frame.kind == ZST_INDEX;
    }
    close(descriptor);
    return count;
}

/* With its time the name is too long. The log goes on, and does not grow by an index with each try. */
static void test_rotation_fails(void **state)
{
    struct demo_log log;
    char why[200], path[400];

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 10, NEEDS);
    snprintf(path, sizeof(path), "%s/%0240d.jsonl.zst", log.folder, 0);
    struct log_settings settings = demo_log_settings(&log);
    settings.path = path;
    settings.rotate_ns = 5 * INT64_C(1000000000);
    assert_int_equal(log_writer_open(&log.writer, &settings, why, sizeof(why)), 0);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(demo_log_frame(&log), 0);
    assert_non_null(strstr(log.writer.stats.trouble, "too long"));
    assert_int_equal(log.writer.stats.frames, 20);
    log_writer_close(&log.writer);
    assert_int_equal(count_indexes(path), 1);
    demo_log_done(&log);
}

/* Whoever seeks reads from a keyframe on: where much changes there are more of them. */
static void test_keyframes(void **state)
{
    struct demo_log log;
    uint64_t behind = 0, most = 0, longest = 0;
    uint32_t keys = 0;

    (void)state;
    demo_log_init_changing(&log, "log.jsonl", 600, NEEDS, 1000);
    demo_log_open(&log);
    for (unsigned i = 0; i < 59; i++) { /* a keyframe comes after 60 s anyway */
        uint64_t before = log.writer.stats.bytes;
        assert_int_equal(demo_log_frame(&log), 0);
        uint64_t length = log.writer.stats.bytes - before;
        bool is_key = log.writer.since_key_bytes == 0;
        if (is_key && keys++)
            assert_true(behind > 3 * log.writer.key_bytes / 2); /* not for little */
        behind = is_key ? 0 : behind + length;
        most = behind > most ? behind : most;
        longest = length > longest ? length : longest;
    }
    assert_true(keys > 1);
    assert_true(most <= 4 * longest + 3 * 262144); /* the longest is a keyframe */
    log_writer_close(&log.writer);
    demo_log_done(&log);
}

/* --- the thread --- */

static struct frame *latest(void *data)
{
    return collector_latest(data);
}

struct running {
    struct collector *collector;
    struct recorder *recorder;
    int consumer;
};

static void start_recording(struct running *running, const char *path)
{
    struct source *source = NULL;
    const struct demo_settings demo = {
        .seed = 5, .connections = 50, .change_permille = 60, .interval_ns = 50000000};
    struct log_settings settings = {.path = path};
    char why[200] = "";

    assert_int_equal(demo_open(&source, &demo), 0);
    struct collector_settings collected = {.source = source, .highlight_ns = 3000000000};
    collected.wish = (struct wish){.interval_ns = 20000000,
                                   .needs = NEEDS,
                                   .state_bits = STATE_ALL_BITS,
                                   .families = WISH_INET | WISH_INET6};
    assert_int_equal(collector_new(&running->collector, &collected), 0);
    running->consumer = collector_add_consumer(running->collector);
    const struct record_source from = {latest, running->collector,
                                       collector_events(running->collector), running->consumer};
    if (recorder_new(&running->recorder, &settings, &from, why, sizeof(why)))
        fail_msg("%s", why);
    assert_int_equal(recorder_start(running->recorder), 0);
    assert_int_equal(collector_start(running->collector), 0);
}

static void stop_collecting(struct running *running)
{
    collector_ask_stop(running->collector);
    assert_true(collector_join(running->collector, 5000000000));
    recorder_ask_stop(running->recorder);
}

static void end_recording(struct running *running)
{
    assert_true(recorder_join(running->recorder, 5000000000));
    recorder_free(running->recorder);
    collector_forget_consumer(running->collector, running->consumer);
    collector_free(running->collector);
}

static void stop_recording(struct running *running)
{
    stop_collecting(running);
    end_recording(running);
}

static void wait_for_frames(struct running *running, uint64_t wanted)
{
    struct log_stats stats = {0};
    struct pollfd nothing = {-1, 0, 0};

    for (unsigned i = 0; i < 3000 && stats.frames < wanted; i++) {
        (void)poll(&nothing, 1, 10);
        recorder_stats(running->recorder, &stats);
    }
    assert_true(stats.frames >= wanted);
}

/* Every frame that was recorded replays in order, and every event up to the last. */
static void test_thread(void **state)
{
    struct demo_log log;
    struct running running;
    struct frame_pool *pool = frame_pool_new();
    struct source *source = NULL;
    char why[200];
    uint64_t number = 0;

    (void)state;
    demo_log_init(&log, "log.jsonl.zst", 5, NEEDS);
    start_recording(&running, log.path);
    wait_for_frames(&running, 20);
    stop_recording(&running);
    assert_int_equal(replay_open(&source, log.path, why, sizeof(why)), 0);
    for (int error = 0; !error;) {
        struct frame *frame = frame_new(pool);
        error = source_next(source, frame, &no_wish);
        if (!error) {
            assert_true(frame->number > number);
            number = frame->number;
        }
        frame_release(frame);
    }
    assert_true(number >= 20);
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

static uint64_t latest_number(const struct running *running)
{
    struct frame *frame = collector_latest(running->collector);
    const uint64_t number = frame ? frame->number : 0;

    frame_release(frame);
    return number;
}

static void wait_until_missed(struct running *running, uint64_t wanted)
{
    struct log_stats stats = {0};
    struct pollfd nothing = {-1, 0, 0};

    for (unsigned i = 0; i < 3000 && stats.missed_frames < wanted; i++) {
        (void)poll(&nothing, 1, 10);
        recorder_stats(running->recorder, &stats);
    }
    assert_true(stats.missed_frames >= wanted);
}

static void wait_for_end(const struct running *running)
{
    struct pollfd ended = {recorder_end_descriptor(running->recorder), POLLIN, 0};

    assert_int_equal(poll(&ended, 1, 30000), 1);
}

#define PIPE_BYTES 4096 /* or a page; the first frame is longer */

/* A pipe that is not read: the collector continues, and what the recorder cannot write is counted as missed while it waits; it
 * ends when the reader has closed the pipe. */
static void test_pipe(void **state)
{
    struct running running;
    struct log_stats stats;
    int ends[2], saved = dup(STDOUT_FILENO);
    char byte;

    (void)state;
    fflush(stdout);
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) > 0);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    start_recording(&running, "-");
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, '{');
    wait_until_missed(&running, 20);
    stop_collecting(&running);
    recorder_stats(running.recorder, &stats);
    const uint64_t missed = stats.missed_frames, last = latest_number(&running);
    assert_false(recorder_join(running.recorder, 1000000));
    recorder_stats(running.recorder, &stats);
    close(ends[0]);
    wait_for_end(&running);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    assert_int_equal(stats.missed_frames, missed + 2); /* the one in the pipe, and the last */
    assert_true(stats.frames + stats.missed_frames <= last);
    assert_true(stats.missed_events > 0 && stats.at_most);
    assert_true(recorder_ended(running.recorder));
    end_recording(&running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_foreign_owner),
        cmocka_unit_test(test_second_recorder),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_rotated_ahead),
        cmocka_unit_test(test_rotation_fails),
        cmocka_unit_test(test_keyframes),
        cmocka_unit_test(test_thread),
        cmocka_unit_test(test_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
