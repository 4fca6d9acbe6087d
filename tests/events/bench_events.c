/* bench_events: what reporting events costs, and whether frames come later for it: a collector with
 * each source of events and without, while churn opens and closes connections beside it.
 *
 *     bench_events CHURN SECONDS INTERVAL_MS RATE...
 *
 * For each rate and source two lines. The cost: connections a second reached, events reported, lost,
 * CPU of the collector and of its events thread (of one core), CPU of churn per connection (the
 * kernel's share of the cost). The frames: median, 95th of a hundred, and slowest, in ms, of the
 * time a frame took; of the CPU that it used; of the time its thread was ready and others ran
 * (traffic on the same cores, not tcplens); and of what is left: waiting, for a lock or the
 * kernel. Run it as root, on a machine that is quiet, or with nice -n -15. */
#include "base/clock.h"
#include "event_watch.h"
#include "net_tools.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_MAX 4096u

enum part { PART_WALL, PART_CPU, PART_READY, PART_WAIT, PARTS };
static const char *const PART_NAMES[] = {"took", "CPU", "ready", "waiting"};

struct tally {
    uint64_t reported, lost;
    uint64_t frame; /* number of the last one */
    int collector;  /* thread */
    int64_t ready_ns;
    unsigned count;
    int64_t parts[PARTS][FRAMES_MAX];
};

static void take(void *context, const struct event *event)
{
    struct tally *tally = context;
    tally->reported++;
    if (event->kind == EVENT_LOST)
        tally->lost += event->lost;
}

static int64_t children_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND_NS +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
}

static pid_t run_churn(const char *churn, const char *rate, const char *truth)
{
    const pid_t pid = fork();
    if (pid == 0) {
        execl(churn, "churn", "--rate", rate, "--seconds", "3600", "--how", "reset", "--truth",
              truth, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static unsigned long lines_of(const char *path)
{
    unsigned long lines = 0;
    FILE *file = fopen(path, "re");
    for (int c; file && (c = fgetc(file)) != EOF;)
        lines += c == '\n';
    if (file)
        fclose(file);
    return lines;
}

/* --- frames --- */

static int find_thread(const char *wanted)
{
    DIR *tasks = opendir("/proc/self/task");
    int found = 0;
    for (const struct dirent *entry; tasks && !found && (entry = readdir(tasks));) {
        char path[320], name[32] = "";
        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "re");
        if (file && fgets(name, sizeof(name), file) && strncmp(name, wanted, strlen(wanted)) == 0)
            found = atoi(entry->d_name);
        if (file)
            fclose(file);
    }
    if (tasks)
        closedir(tasks);
    return found;
}

/* How long the thread was ready to run and did not (CONFIG_SCHED_INFO). */
static int64_t ready_ns(int thread)
{
    char path[64];
    long long ran = 0, ready = 0;
    snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", thread);
    FILE *file = fopen(path, "re");
    if (!file || fscanf(file, "%lld %lld", &ran, &ready) != 2)
        ready = 0;
    if (file)
        fclose(file);
    return ready;
}

static void take_frame(struct tally *tally, const struct frame *frame)
{
    if (frame->number == tally->frame || tally->count == FRAMES_MAX)
        return;
    const int64_t ready = ready_ns(tally->collector);
    const int64_t parts[PARTS] = {[PART_WALL] = frame->cost.wall_ns,
                                  [PART_CPU] = frame->cost.cpu_ns,
                                  [PART_READY] = ready - tally->ready_ns,
                                  [PART_WAIT] = frame->cost.wall_ns - frame->cost.cpu_ns -
                                                (ready - tally->ready_ns)};
    const bool follows = frame->number == tally->frame + 1;
    tally->ready_ns = ready;
    tally->frame = frame->number;
    if (!follows)
        return;
    for (unsigned part = 0; part < PARTS; part++)
        tally->parts[part][tally->count] = parts[part] > 0 ? parts[part] : 0;
    tally->count++;
}

static int by_value(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void print_frames(struct tally *tally)
{
    printf("    %4u frames:", tally->count);
    for (unsigned part = 0; part < PARTS && tally->count; part++) {
        int64_t *values = tally->parts[part];
        qsort(values, tally->count, sizeof(*values), by_value);
        printf("  %s %.1f %.1f %.1f", PART_NAMES[part], (double)values[tally->count / 2] / 1e6,
               (double)values[tally->count * 95 / 100] / 1e6,
               (double)values[tally->count - 1] / 1e6);
    }
    printf(" ms\n");
}

/* --- */

/* In a process of its own, so that nothing is left over from the one before. */
static void measure(char **argv, const char *rate, const char *source)
{
    const int64_t seconds = atoi(argv[2]), interval_ns = atoi(argv[3]) * 1000000LL;
    char path[] = "/tmp/tcplens-bench-XXXXXX";
    struct event_watch watched = {0};
    static struct tally tally;

    net_enter_namespace(0);
    close(mkstemp(path));
    event_watch_start(&watched, source, interval_ns, 0);
    tally.collector = find_thread("collector");
    const bool quiet = strcmp(rate, "0") == 0;
    const pid_t pid = quiet ? 0 : run_churn(argv[1], rate, path);
    const int64_t began_ns = net_now_ns(), cpu_began_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    const int64_t reader_began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    while (net_now_ns() < began_ns + seconds * SECOND_NS) {
        event_watch_wait(&watched, SECOND_NS / 10);
        struct frame *frame = collector_latest(watched.collector);
        take_frame(&tally, frame);
        frame_release(frame);
        event_watch_read(&watched, take, &tally);
    }
    const int64_t passed_ns = net_now_ns() - began_ns;
    const int64_t reader_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - reader_began_ns;
    const int64_t used_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_began_ns - reader_ns;
    if (pid) {
        kill(pid, SIGTERM);
        waitpid(pid, NULL, 0);
    }
    const unsigned long made = lines_of(path);
    printf("%-8s %6s/s asked %7.0f/s made %8llu events %6llu lost  %6.2f %% CPU  churn %5.1f us a "
           "connection\n",
           source, rate, (double)made * 1e9 / (double)passed_ns, (unsigned long long)tally.reported,
           (unsigned long long)tally.lost, (double)used_ns * 100 / (double)passed_ns,
           made ? (double)children_ns() / 1e3 / (double)made : 0.0);
    print_frames(&tally);
    collector_free(watched.collector);
    unlink(path);
}

int main(int argc, char **argv)
{
    static const char *const SOURCES[] = {"none", "destroy", "bpf"};
    if (argc < 5) {
        fputs("usage: bench_events CHURN SECONDS INTERVAL_MS RATE...\n", stderr);
        return 2;
    }
    for (int i = 4; i < argc; i++) {
        for (size_t j = 0; j < sizeof(SOURCES) / sizeof(SOURCES[0]); j++) {
            fflush(stdout);
            const pid_t pid = fork();
            if (pid == 0) {
                measure(argv, argv[i], SOURCES[j]);
                exit(0);
            }
            waitpid(pid, NULL, 0);
        }
    }
    return 0;
}
