/* kill -9 at random instants, before the first frame, too: what was written before replays, frame for
 * frame; a recorder that comes after it appends. 12 times; 1,000 times with the argument "full". */
#include "unit.h"

#include "demo_log.h"
#include "equal.h"
#include "source/log/replay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAMES   60
#define AFTER_NS 300000   /* a frame */
#define FIRST_NS 20000000 /* what the first one may take */

static const struct wish no_wish;
static unsigned rounds = 12;

/* Writes frames until it is killed; says in the pipe how many are in the file. */
static void write_until_killed(struct demo_log *log, int pipe_end)
{
    demo_log_open(log);
    for (unsigned i = 0; i < FRAMES; i++) {
        uint8_t count = (uint8_t)(i + 1);
        if (demo_log_frame(log) || write(pipe_end, &count, 1) != 1)
            _exit(1);
    }
    for (;;)
        pause();
}

/* Some time after a random frame was written, or after the start. Returns how many were, at least. */
static unsigned kill_at_random(pid_t child, int pipe_end, uint64_t *seed)
{
    unsigned wanted = (unsigned)(unit_random(seed) % FRAMES), seen = 0;
    uint8_t count;

    while (seen < wanted && read(pipe_end, &count, 1) == 1)
        seen = count;
    struct timespec moment = {0, (long)(unit_random(seed) % (wanted ? AFTER_NS : FIRST_NS))};
    struct pollfd nothing = {-1, 0, 0};
    (void)ppoll(&nothing, 1, &moment, NULL);
    kill(child, SIGKILL);
    assert_true(waitpid(child, NULL, 0) == child);
    while (read(pipe_end, &count, 1) == 1)
        seen = count;
    return seen;
}

static void check_replay(const struct demo_log *log, unsigned written)
{
    struct frame_pool *pool = frame_pool_new();
    struct source *source = NULL;
    char why[200] = "";
    unsigned count = 0;

    if (replay_open(&source, log->path, why, sizeof(why)))
        fail_msg("%s", why);
    for (int error = 0; !error;) {
        struct frame *frame = frame_new(pool);
        error = source_next(source, frame, &no_wish);
        if (!error) {
            const char *differs = frames_differ(log->frames[count++], frame);
            if (differs)
                fail_msg("frame %u: %s", count, differs);
        } else {
            assert_int_equal(error, -ENODATA);
        }
        frame_release(frame);
    }
    if (count < written || count > written + 1)
        fail_msg("%u frames were written, %u replay", written, count);
    assert_string_equal(replay_damage(source), "");
    source_close(source);
    frame_pool_release(pool);
}

static void round_of(const char *name, const struct demo_log *known, uint64_t *seed)
{
    struct demo_log log;
    int ends[2];

    demo_log_init(&log, name, 30, NEED_OWNER);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(&log, ends[1]);
    }
    close(ends[1]);
    unsigned written = kill_at_random(child, ends[0], seed);
    close(ends[0]);
    memcpy(log.frames, known->frames, sizeof(log.frames));
    if (written) /* else there may be no log, or the beginning of one */
        check_replay(&log, written);
    memset(log.frames, 0, sizeof(log.frames));
    demo_log_open(&log); /* takes what is whole, cuts off the rest */
    assert_int_equal(demo_log_frame(&log), 0);
    log_writer_close(&log.writer);
    demo_log_done(&log);
}

static void test_kill(void **state)
{
    struct demo_log known;
    uint64_t seed = 4;

    (void)state;
    demo_log_init(&known, "known.jsonl", 30, NEED_OWNER);
    demo_log_make(&known, FRAMES);
    for (unsigned i = 0; i < rounds; i++)
        round_of(i % 2 ? "log.jsonl" : "log.jsonl.zst", &known, &seed);
    demo_log_done(&known);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill)};

    if (argc > 1 && strcmp(argv[1], "full") == 0)
        rounds = 1000;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
