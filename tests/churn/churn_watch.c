/* churn_watch CHURN FRAMES STABLE RATE: starts the program churn, takes FRAMES frames meanwhile,
 * then compares what frames and events said with churn's own list: 0 false closes, 0 duplicate
 * rows, 0 stable connections missing. Prints one line of figures. Exit 1 if any is not 0. */
#include "collect/collect.h"
#include "source/live.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LISTENERS    "16"
#define FRAME_GAP_MS 20
#define START_MS     60000
#define EVENTS_MAX   (1u << 22)

struct seen_event {
    uint64_t cookie;
    int64_t mono_ns;
    uint8_t kind, from;
};

struct watch {
    struct collector *collector;
    struct seen_event *events;
    size_t event_count;
    uint64_t cursor, lost;
    uint64_t *cookies; /* of the frame at hand */
    size_t cookie_capacity;
    uint64_t duplicates, rows, frames, jumps;
    uint64_t **frame_cookies; /* sorted, per frame */
    uint32_t *frame_counts;
    int64_t *frame_times, *frame_ends; /* when its dump began and ended, monotonic */
};

static void die(const char *what)
{
    fprintf(stderr, "churn_watch: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int compare_cookies(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static pid_t start_churn(char **argv, const char *truth, int *input, int *output)
{
    int to_child[2], from_child[2];

    if (pipe(to_child) || pipe(from_child))
        die("pipe");
    const pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        dup2(to_child[0], STDIN_FILENO);
        dup2(from_child[1], STDOUT_FILENO);
        execl(argv[1], argv[1], "--rate", argv[4], "--seconds", "3600", "--stable", argv[3],
              "--listeners", LISTENERS, "--how", "mixed", "--cookies", "--truth", truth,
              (char *)NULL);
        die(argv[1]);
    }
    close(to_child[0]);
    close(from_child[1]);
    *input = to_child[1];
    *output = from_child[0];
    return pid;
}

static void wait_for_ready(int output)
{
    struct pollfd ready = {output, POLLIN, 0};
    char line[64];

    if (poll(&ready, 1, START_MS) != 1 || read(output, line, sizeof line) <= 0)
        die("churn did not start");
}

static void read_events(struct watch *watch)
{
    struct event batch[64];
    uint64_t lost;
    uint32_t got;

    do {
        got = event_ring_read(collector_events(watch->collector), &watch->cursor, batch, 64, &lost);
        watch->lost += lost;
        for (uint32_t i = 0; i < got && watch->event_count < EVENTS_MAX; i++) {
            watch->events[watch->event_count++] = (struct seen_event){
                batch[i].cookie, batch[i].mono_ns, batch[i].kind, batch[i].from};
            watch->jumps += batch[i].polled_jump;
        }
    } while (got > 0);
}

static void take_frame(struct watch *watch, size_t index)
{
    struct frame *frame;
    const int error = collector_step(watch->collector, &frame);

    if (error) {
        errno = -error;
        die("no frame");
    }
    uint64_t *cookies = malloc((frame->live_count + 1) * sizeof *cookies);
    if (!cookies)
        die("memory");
    for (uint32_t i = 0; i < frame->live_count; i++)
        cookies[i] = frame->conns[i].cookie;
    qsort(cookies, frame->live_count, sizeof *cookies, compare_cookies);
    for (uint32_t i = 1; i < frame->live_count; i++)
        watch->duplicates += cookies[i] == cookies[i - 1];
    watch->frame_cookies[index] = cookies;
    watch->frame_counts[index] = frame->live_count;
    watch->frame_times[index] = frame->mono_ns;
    watch->frame_ends[index] = frame->mono_ns + frame->dump_ns;
    watch->rows += frame->live_count;
    watch->frames++;
    frame_release(frame);
    read_events(watch);
}

struct verdict {
    uint64_t false_closes, false_opens, missing, listed;
};

static bool in_frame(const struct watch *watch, size_t frame, uint64_t cookie)
{
    return bsearch(&cookie, watch->frame_cookies[frame], watch->frame_counts[frame], sizeof cookie,
                   compare_cookies) != NULL;
}

/* [begin, end] of the moment; ends of the run where it did not come. */
static int64_t moment(const json_t *line, const char *key, size_t which, int64_t otherwise)
{
    const json_t *pair = json_object_get(line, key);
    return json_is_array(pair) ? (int64_t)json_integer_value(json_array_get(pair, which))
                               : otherwise;
}

struct life {
    uint64_t cookie;
    int64_t opened_ns, closing_ns;
};

static int compare_lives(const void *a, const void *b)
{
    const struct life *left = a, *right = b;
    return left->cookie < right->cookie ? -1 : left->cookie > right->cookie;
}

static uint64_t cookie_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text ? strtoull(text, NULL, 16) : 0;
}

static size_t read_truth(const char *path, struct life **lives)
{
    FILE *file = fopen(path, "r");
    size_t count = 0, capacity = 1 << 16;
    char *text = NULL;
    size_t size = 0;

    *lives = malloc(capacity * sizeof **lives);
    if (!file || !*lives)
        die(path);
    while (getline(&text, &size, file) > 0) {
        json_t *line = json_loads(text, 0, NULL);
        const char *keys[] = {"cookie", "server_cookie"};
        for (int i = 0; i < 2; i++) {
            const uint64_t cookie = cookie_of(line, keys[i]);
            if (!cookie)
                continue;
            if (count == capacity)
                *lives = realloc(*lives, (capacity *= 2) * sizeof **lives);
            if (!*lives)
                die("memory");
            (*lives)[count++] = (struct life){cookie, moment(line, "t_open", 1, 0),
                                              moment(line, "t_close", 0, INT64_MAX)};
        }
        json_decref(line);
    }
    free(text);
    fclose(file);
    qsort(*lives, count, sizeof **lives, compare_lives);
    return count;
}

/* A connection missing from a dump closed before the dump ended; its events have the time at which
 * the dump began. */
static int64_t closed_by_ns(const struct watch *watch, const struct seen_event *event)
{
    for (uint64_t frame = 0; frame < watch->frames; frame++)
        if (watch->frame_times[frame] == event->mono_ns)
            return watch->frame_ends[frame];
    return event->mono_ns;
}

/* A close reported before the connection was closed, or an open of one that existed before. */
static void judge_events(const struct watch *watch, const struct life *lives, size_t count,
                         struct verdict *verdict)
{
    for (size_t i = 0; i < watch->event_count; i++) {
        const struct seen_event *event = &watch->events[i];
        const struct life wanted = {event->cookie, 0, 0};
        const struct life *life = bsearch(&wanted, lives, count, sizeof wanted, compare_lives);
        if (!life)
            continue;
        if (event->kind == EVENT_CLOSE && closed_by_ns(watch, event) < life->closing_ns)
            verdict->false_closes++;
        if (event->kind == EVENT_OPEN && life->opened_ns < watch->frame_times[0])
            verdict->false_opens++;
    }
}

/* Connections that lived through a whole frame must be in it. */
static void judge_frames(const struct watch *watch, const struct life *lives, size_t count,
                         struct verdict *verdict)
{
    for (size_t i = 0; i < count; i++)
        for (size_t frame = 0; frame + 1 < watch->frames; frame++) {
            if (lives[i].opened_ns > watch->frame_times[frame] ||
                lives[i].closing_ns < watch->frame_times[frame + 1])
                continue;
            verdict->listed++;
            verdict->missing += !in_frame(watch, frame, lives[i].cookie);
        }
}

static void open_collector(struct watch *watch)
{
    const struct live_settings live = {.proc_root = "/proc"};
    struct collector_settings settings = {.highlight_ns = 1000000,
                                          .ring_capacity = 1u << 18,
                                          .wish = {.interval_ns = 1000000000,
                                                   .state_bits = STATE_ALL_BITS,
                                                   .families = WISH_INET | WISH_INET6}};
    char why[192] = "";

    const int error = live_open(&settings.source, &live, why);
    if (error || collector_new(&watch->collector, &settings)) {
        fprintf(stderr, "churn_watch: %s\n", why);
        exit(1);
    }
    watch->cursor = event_ring_next(collector_events(watch->collector));
}

static void watch_frames(struct watch *watch, size_t frames)
{
    watch->events = malloc(EVENTS_MAX * sizeof *watch->events);
    watch->frame_cookies = calloc(frames, sizeof *watch->frame_cookies);
    watch->frame_counts = calloc(frames, sizeof *watch->frame_counts);
    watch->frame_times = calloc(frames, sizeof *watch->frame_times);
    watch->frame_ends = calloc(frames, sizeof *watch->frame_ends);
    if (!watch->events || !watch->frame_cookies || !watch->frame_counts || !watch->frame_times ||
        !watch->frame_ends)
        die("memory");
    open_collector(watch);
    for (size_t i = 0; i < frames; i++) {
        take_frame(watch, i);
        poll(NULL, 0, FRAME_GAP_MS); /* the pace of the frames, not a wait for anything */
    }
}

static void watch_done(struct watch *watch)
{
    for (size_t i = 0; i < watch->frames; i++)
        free(watch->frame_cookies[i]);
    free(watch->frame_cookies);
    free(watch->frame_counts);
    free(watch->frame_times);
    free(watch->frame_ends);
    free(watch->events);
    collector_free(watch->collector);
}

int main(int argc, char **argv)
{
    char truth[] = "/tmp/churn_truth.XXXXXX";
    struct watch watch = {0};
    struct verdict verdict = {0};
    struct life *lives;
    int input, output, status;

    if (argc != 5) {
        fprintf(stderr, "usage: churn_watch CHURN FRAMES STABLE RATE\n");
        return 2;
    }
    const int file = mkstemp(truth);
    if (file < 0)
        die("mkstemp");
    close(file);
    const pid_t pid = start_churn(argv, truth, &input, &output);
    wait_for_ready(output);
    const time_t began = time(NULL);
    watch_frames(&watch, strtoul(argv[2], NULL, 10));
    const time_t seconds = time(NULL) - began + 1;
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    close(input);
    close(output);
    const size_t count = read_truth(truth, &lives);
    unlink(truth);
    judge_events(&watch, lives, count, &verdict);
    judge_frames(&watch, lives, count, &verdict);
    printf("%llu frames, %llu rows each, %zu socket ends of the creator's list (%.0f connections a "
           "second), "
           "%zu events (%llu lost): %llu false closes, %llu false opens, %llu duplicate rows, %llu "
           "of %llu "
           "expected rows missing\n",
           (unsigned long long)watch.frames, (unsigned long long)(watch.rows / watch.frames), count,
           (double)count / 2 / (double)seconds, watch.event_count, (unsigned long long)watch.lost,
           (unsigned long long)verdict.false_closes, (unsigned long long)verdict.false_opens,
           (unsigned long long)watch.duplicates, (unsigned long long)verdict.missing,
           (unsigned long long)verdict.listed);
    free(lives);
    watch_done(&watch);
    return count == 0 || verdict.false_closes || verdict.false_opens || watch.duplicates ||
           verdict.missing;
}
