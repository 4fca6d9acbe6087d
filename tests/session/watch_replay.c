/* Watches live connections come and go for a while, records them and keeps them as the past; then
 * every frame of the log and of the past must be the one that was shown. Run in a namespace of its
 * own (scene --unshare --bare --hold).
 *
 * usage: watch_replay CHURN SECONDS RATE */
#include "collect/collect.h"
#include "core/column/column.h"
#include "equal.h"
#include "session/record.h"
#include "source/live.h"
#include "source/log/replay.h"
#include "source/past/past.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_NS 500000000LL
#define FRAMES_MAX  2000
#define NEEDS       (NEED_OWNER | NEED_PROCESS | NEED_GROUP)

struct watch {
    struct collector *collector;
    struct recorder *recorder;
    struct past *past;
    int consumer, recorder_consumer;
    char folder[64], path[96];
    uint64_t hashes[FRAMES_MAX]; /* of the rows that were shown */
    uint64_t numbers[FRAMES_MAX];
    size_t count;
};

/*
 * libproc2 keeps two buffers for each thread that it never frees (readproc.c, src_buffer and
 * dst_buffer, procps 4.0): LeakSanitizer finds them once the collector's thread has ended.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libproc2.so";
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "watch_replay: %s\n", what);
    exit(1);
}

static struct frame *latest(void *data)
{
    return collector_latest(data);
}

static uint64_t hash_rows(const struct frame *frame)
{
    const uint8_t *bytes = (const uint8_t *)frame->conns;
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (size_t i = 0; i < frame->conn_count * sizeof(*frame->conns); i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash;
}

static void open_all(struct watch *watch)
{
    const struct live_settings live = {.proc_root = "/proc"};
    struct collector_settings settings = {.highlight_ns = 3000000000,
                                          .events = EVENTS_NONE,
                                          .wish = {.interval_ns = INTERVAL_NS,
                                                   .needs = NEEDS,
                                                   .state_bits = STATE_ALL_BITS,
                                                   .families = WISH_INET | WISH_INET6}};
    const char *temporary = getenv("TMPDIR");
    char why[512] = "";

    snprintf(watch->folder, sizeof(watch->folder), "%.40s/watch.XXXXXX",
             temporary ? temporary : "/tmp");
    if (!mkdtemp(watch->folder))
        die("no folder to write to");
    snprintf(watch->path, sizeof(watch->path), "%s/log.jsonl.zst", watch->folder);
    if (live_open(&settings.source, &live, why) || collector_new(&watch->collector, &settings))
        die(why);
    watch->consumer = collector_add_consumer(watch->collector);
    watch->recorder_consumer = collector_add_consumer(watch->collector);
    struct log_settings log = {.path = watch->path};
    if (gethostname(log.head.host, sizeof(log.head.host) - 1) != 0)
        die("no host name");
    const struct record_source source = {.latest = latest,
                                         .data = watch->collector,
                                         .ring = collector_events(watch->collector),
                                         .descriptor = watch->recorder_consumer};
    if (recorder_new(&watch->recorder, &log, &source, why, sizeof(why)) ||
        recorder_start(watch->recorder))
        die(why);
    if (past_new(&watch->past, UINT64_C(1) << 40))
        die("no memory");
}

static void take_frame(struct watch *watch)
{
    struct frame *frame = collector_latest(watch->collector);

    if (!frame)
        return;
    if (watch->count < FRAMES_MAX &&
        (!watch->count || watch->numbers[watch->count - 1] != frame->number)) {
        watch->hashes[watch->count] = hash_rows(frame);
        watch->numbers[watch->count++] = frame->number;
        if (past_add(watch->past, frame))
            die("a frame was not kept");
    }
    frame_release(frame);
}

static void watch_for(struct watch *watch, long seconds)
{
    const time_t end = time(NULL) + seconds;

    if (collector_start(watch->collector))
        die("no thread");
    while (time(NULL) < end) {
        struct pollfd wait = {.fd = watch->consumer, .events = POLLIN};
        uint64_t count;
        if (poll(&wait, 1, 1000) > 0 && read(watch->consumer, &count, sizeof(count)) > 0)
            take_frame(watch);
    }
    collector_ask_stop(watch->collector);
    if (!collector_join(watch->collector, 10000000000LL))
        die("the collector does not end");
    take_frame(watch);
    recorder_ask_stop(watch->recorder);
    if (!recorder_join(watch->recorder, 10000000000LL))
        die("the recorder does not end");
}

static pid_t start_churn(const char *program, const char *seconds, const char *rate)
{
    const pid_t pid = fork();

    if (pid == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(127);
        execl(program, program, "--rate", rate, "--seconds", seconds, "--stable", "200", "--life",
              "700", "--how", "mixed", (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* The next frame of the source into *frame, false at its end. */
static bool next(struct source *source, struct frame_pool *pool, struct frame **frame)
{
    const struct wish wish = {.interval_ns = 0};

    frame_release(*frame);
    *frame = frame_new(pool);
    if (!*frame)
        die("no memory");
    const int error = source_next(source, *frame, &wish);
    if (error && error != -ENODATA)
        die((*frame)->missing.text);
    return error == 0;
}

/* On a machine that is busy with other things frames come late or not at all: then the log has a
 * gap, and its next frame says so, as it should (doc/session-log.md). */
static void forgive_gap(struct frame *replayed, uint64_t number_before, int64_t mono_before_ns)
{
    const int64_t stood_ns = replayed->mono_ns - mono_before_ns;

    if (!number_before || !(replayed->missing.reasons & MISSING_LOG) ||
        (replayed->number == number_before + 1 && stood_ns <= 2 * INTERVAL_NS + 1000000000))
        return;
    replayed->missing.reasons &= ~(uint32_t)MISSING_LOG;
    if (strcmp(replayed->missing.text, "the log has a gap here") == 0)
        replayed->missing.text[0] = '\0';
}

/* The past is what was shown; the log is the past. */
static unsigned compare(struct watch *watch, uint64_t *rows, size_t *logged)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *shown = NULL, *replayed = NULL;
    struct source *past, *log;
    uint64_t number_before = 0;
    int64_t mono_before_ns = 0;
    unsigned differ = 0;
    char why[200];

    if (past_open(&past, watch->past, collector_events(watch->collector)) ||
        replay_open(&log, watch->path, why, sizeof(why)))
        die("what was kept cannot be opened");
    bool more = next(log, pool, &replayed);
    for (size_t i = 0; i < watch->count; i++) {
        if (!next(past, pool, &shown) || hash_rows(shown) != watch->hashes[i]) {
            fprintf(stderr, "frame %zu: the past is not what was shown\n", i);
            differ++;
        }
        while (more && replayed->number < shown->number)
            more = next(log, pool, &replayed);
        if (!more || replayed->number != shown->number)
            continue; /* not taken by the recorder in time: counted in its stats */
        forgive_gap(replayed, number_before, mono_before_ns);
        number_before = replayed->number;
        mono_before_ns = replayed->mono_ns;
        const char *differs = frames_differ(shown, replayed);
        if (differs && differ++ < 10)
            fprintf(stderr, "frame %zu: the log: %s\n", i, differs);
        *rows += shown->conn_count;
        ++*logged;
    }
    frame_release(shown);
    frame_release(replayed);
    source_close(past);
    source_close(log);
    frame_pool_release(pool);
    return differ;
}

int main(int argc, char **argv)
{
    static struct watch watch;
    struct log_stats stats;
    struct past_reach reach;
    uint64_t rows = 0;
    size_t logged = 0;

    if (argc != 4) {
        fputs("usage: watch_replay CHURN SECONDS RATE\n", stderr);
        return 2;
    }
    open_all(&watch);
    const pid_t pid = start_churn(argv[1], argv[2], argv[3]);
    watch_for(&watch, strtol(argv[2], NULL, 10));
    recorder_stats(watch.recorder, &stats);
    past_reach(watch.past, &reach);
    const unsigned differ = compare(&watch, &rows, &logged);
    printf(
        "%zu frames shown, %zu of them in the log (%llu missed), %llu rows each, %llu events; log "
        "%.1f MB, past %.1f MB; %u frames differ\n",
        watch.count, logged, (unsigned long long)stats.missed_frames,
        (unsigned long long)(logged ? rows / logged : 0), (unsigned long long)stats.events,
        (double)stats.bytes / 1e6, (double)reach.bytes / 1e6, differ);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    recorder_free(watch.recorder);
    past_free(watch.past);
    collector_free(watch.collector);
    unlink(watch.path);
    rmdir(watch.folder);
    return differ || logged < 3 || logged + stats.missed_frames + 1 < watch.count;
}
