/* Each write to a log fails in turn, with each error of a file that cannot grow, at once or after half of it was written,
 * for one write, for some or to the end, and where the file cannot be cut either: frames that are not in the log are
 * counted, the first frame after the trouble is in it, all others replay, and a later recorder appends. Samples, or all
 * with the argument "full". */
#include "unit.h"

#include "demo_log.h"
#include "equal.h"
#include "session/log/reader.h"
#include "source/log/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_MOST 40
#define TO_THE_END  1000u

static const struct wish no_wish;
static unsigned frames = 6, stride = 7;

static struct {
    int descriptor; /* of the log, -1: all is well */
    unsigned calls, first, count, failed;
    int error;
    bool half, cut_fails;
} fault = {.descriptor = -1};

ssize_t __real_write(int descriptor, const void *bytes, size_t length);
ssize_t __wrap_write(int descriptor, const void *bytes, size_t length);
int __real_ftruncate(int descriptor, off_t length);
int __wrap_ftruncate(int descriptor, off_t length);
int __wrap_ftruncate64(int descriptor, off_t length);

static bool is_failing(void)
{
    return fault.calls > fault.first && fault.calls - fault.first <= fault.count;
}

ssize_t __wrap_write(int descriptor, const void *bytes, size_t length)
{
    if (descriptor != fault.descriptor)
        return __real_write(descriptor, bytes, length);
    fault.calls++;
    if (!is_failing())
        return __real_write(descriptor, bytes, length);
    if (fault.half && fault.calls == fault.first + 1 && length > 1)
        return __real_write(descriptor, bytes, length / 2);
    fault.failed++;
    errno = fault.error;
    return -1;
}

int __wrap_ftruncate(int descriptor, off_t length)
{
    if (descriptor != fault.descriptor || !fault.cut_fails || !is_failing())
        return __real_ftruncate(descriptor, length);
    fault.calls++; /* what is to be cut off first leaves no call of write() to count */
    fault.failed++;
    errno = EIO;
    return -1;
}

int __wrap_ftruncate64(int descriptor, off_t length)
{
    return __wrap_ftruncate(descriptor, length);
}

struct trial {
    const char *name;
    int error;
    unsigned first, count;
    bool half, cut_fails;
};

static _Noreturn void fail_trial(const struct trial *trial, const char *what)
{
    fail_msg("%s, %s at write %u for %u%s%s: %s", trial->name, strerror(trial->error), trial->first,
             trial->count, trial->half ? ", half written" : "", trial->cut_fails ? ", not cut" : "",
             what);
    abort();
}

static void arm(const struct demo_log *log, const struct trial *trial)
{
    fault.descriptor = log->writer.file.descriptor;
    fault.calls = fault.failed = 0;
    fault.first = trial->first;
    fault.count = trial->count;
    fault.error = trial->error;
    fault.half = trial->half;
    fault.cut_fails = trial->cut_fails;
}

/* Frames in gap lines, and events. */
static void count_lines(const struct trial *trial, const char *path, uint64_t *gaps,
                        uint64_t *events)
{
    struct session_state state;
    struct session_line line;
    struct log_text text;
    struct log_reader *reader;
    char why[200];

    *gaps = *events = 0;
    session_state_init(&state);
    assert_int_equal(log_reader_open(&reader, path, why, sizeof(why)), 0);
    while (log_reader_next(reader, &text) == 0) {
        if (session_read_line(&state, text.text, text.length, &line, why, sizeof(why)) != 0) {
            if (!trial->cut_fails)
                fail_trial(trial, why);
            continue;
        }
        *gaps += line.kind == RECORD_GAP ? line.gap.frames : 0;
        *events += line.kind >= RECORD_OPEN && line.kind <= RECORD_CLOSE;
    }
    log_reader_close(reader);
    session_state_done(&state);
}

/* Those that were written replay, the first one after a gap says so. */
static void check_frames(const struct trial *trial, const struct demo_log *log, const bool *written)
{
    struct source *source = NULL;
    struct frame_pool *pool = frame_pool_new();
    char why[200];

    if (replay_open(&source, log->path, why, sizeof(why)))
        fail_trial(trial, why);
    for (uint32_t i = 0; i < log->count; i++) {
        if (!written[i])
            continue;
        struct frame *frame = frame_new(pool);
        if (source_next(source, frame, &no_wish))
            fail_trial(trial, "a frame that was written does not replay");
        const bool is_marked = frame->missing.reasons & MISSING_LOG;
        const bool is_after =
            i > 0 && i < frames && !written[i - 1]; /* the later recorder's is another recording */
        if (is_after && !is_marked)
            fail_trial(trial, "a frame after a gap does not say so");
        const char *differs = is_marked ? NULL : frames_differ(log->frames[i], frame);
        if (is_marked && !is_after)
            differs = "marked without a gap";
        if (differs)
            fail_trial(trial, differs);
        frame_release(frame);
    }
    struct frame *frame = frame_new(pool);
    if (source_next(source, frame, &no_wish) != -ENODATA)
        fail_trial(trial, "frames that were not written replay");
    frame_release(frame);
    if (!trial->cut_fails && replay_damage(source)[0])
        fail_trial(trial, replay_damage(source));
    source_close(source);
    frame_pool_release(pool);
}

/* Returns how many frames were not written. */
static unsigned record(const struct trial *trial, struct demo_log *log, bool *written)
{
    unsigned failed = 0;

    for (unsigned i = 0; i < frames; i++) {
        const unsigned before = fault.failed;
        const int error = demo_log_frame(log);
        written[log->count - 1] = error == 0;
        failed += error != 0;
        if (error && error != -trial->error && !(trial->cut_fails && error == -EIO))
            fail_trial(trial, "another error is reported");
        if (error && !log->writer.stats.trouble[0])
            fail_trial(trial, "an error without words");
        if (error && fault.failed == before)
            fail_trial(trial, "a frame is missing while all is well");
    }
    return failed;
}

static void try_trial(const struct trial *trial, uint64_t *lost)
{
    struct demo_log log;
    bool written[FRAMES_MOST + 1] = {false};
    uint64_t gaps, events;

    demo_log_init(&log, trial->name, 10, NEED_OWNER);
    demo_log_open(&log);
    arm(&log, trial);
    const unsigned failed = record(trial, &log, written);
    log_writer_close(&log.writer);
    fault.descriptor = -1;
    const struct log_stats *stats = &log.writer.stats;
    if (stats->frames != frames - failed || stats->missed_frames != failed)
        fail_trial(trial, "the frames that are missing are not counted");
    if (failed < frames) { /* else there is no log yet */
        const bool has_recovered = written[frames - 1];
        count_lines(trial, log.path, &gaps, &events);
        if (has_recovered && gaps != failed)
            fail_trial(trial, "gap lines have another count");
        const bool is_torn =
            trial->cut_fails && !has_recovered; /* it may have events of another frame */
        if (is_torn ? events < stats->events : events != stats->events)
            fail_trial(trial, "events are missing");
        if (has_recovered && stats->missed_events)
            fail_trial(trial, "events were lost, not late");
        check_frames(trial, &log, written);
    }
    demo_log_open(&log); /* a later recorder */
    const int error = demo_log_frame(&log);
    log_writer_close(&log.writer);
    if (error)
        fail_trial(trial, "a later recorder cannot append");
    written[log.count - 1] = true;
    check_frames(trial, &log, written);
    *lost += failed;
    demo_log_done(&log);
}

static unsigned count_writes(const char *name)
{
    const struct trial none = {.name = name, .first = TO_THE_END};
    bool written[FRAMES_MOST + 1];
    struct demo_log log;

    demo_log_init(&log, name, 10, NEED_OWNER);
    demo_log_open(&log);
    arm(&log, &none);
    (void)record(&none, &log, written);
    log_writer_close(&log.writer);
    fault.descriptor = -1;
    demo_log_done(&log);
    return fault.calls;
}

static void try_all(const char *name)
{
    static const int ERRORS[] = {ENOSPC, EDQUOT, EFBIG, EIO};
    static const unsigned COUNTS[] = {1, 2, 5, TO_THE_END};
    const unsigned writes = count_writes(name), kinds = UNIT_COUNT(ERRORS) * UNIT_COUNT(COUNTS) * 4;
    unsigned tried = 0;
    uint64_t lost = 0;

    for (unsigned i = 0; i < writes * kinds; i += stride) {
        const unsigned kind = i % kinds;
        const struct trial trial = {
            .name = name,
            .error = ERRORS[kind % 4],
            .count = COUNTS[kind / 4 % 4],
            .half = kind / 16 % 2,
            .cut_fails = kind / 32,
            .first = i / kinds,
        };
        try_trial(&trial, &lost);
        tried++;
    }
    print_message("%s: %u writes, %u faults, %llu frames not written, each of them counted\n", name,
                  writes, tried, (unsigned long long)lost);
}

static void test_plain(void **state)
{
    (void)state;
    try_all("log.jsonl");
}

static void test_zst(void **state)
{
    (void)state;
    try_all("log.jsonl.zst");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain), cmocka_unit_test(test_zst)};

    if (argc > 1 && strcmp(argv[1], "full") == 0) {
        frames = FRAMES_MOST;
        stride = 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
