/* bench_events: what telling events costs: the CPU of a collector that makes a frame a second, with
 * each source of events and without, while churn opens and closes connections beside it.
 *
 *     bench_events CHURN SECONDS RATE...
 *
 * For each rate and source a line: connections a second reached, events told, lost, CPU of the
 * collector and of its events thread (of one core), CPU of churn per connection (the kernel's share
 * of the cost), the slowest frame. Run it on a quiet machine, as root. */
#include "heard.h"
#include "net_tools.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000LL

struct tally {
    uint64_t told, lost, opened;
};

static void take(void *context, const struct event *event)
{
    struct tally *tally = context;
    tally->told++;
    tally->opened += event->kind == EVENT_OPEN && event->to == STATE_SYN_SENT;
    if (event->kind == EVENT_LOST)
        tally->lost += event->lost;
}

static int64_t cpu_ns(clockid_t clock)
{
    struct timespec used;
    clock_gettime(clock, &used);
    return used.tv_sec * SECOND_NS + used.tv_nsec;
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

/* In a process of its own, so that nothing is left over from the one before. */
static void measure(const char *churn, int seconds, const char *rate, const char *source)
{
    char path[] = "/tmp/tcplens-bench-XXXXXX";
    struct heard heard = {0};
    struct tally tally = {0};
    int64_t slowest_ns = 0;

    net_enter_namespace(0);
    close(mkstemp(path));
    heard_start(&heard, source, SECOND_NS, 0);
    const bool quiet = strcmp(rate, "0") == 0;
    const pid_t pid = quiet ? 0 : run_churn(churn, rate, path);
    const int64_t began_ns = net_now_ns(), cpu_began_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    const int64_t reader_began_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    while (net_now_ns() < began_ns + seconds * SECOND_NS) {
        heard_wait(&heard, SECOND_NS / 10);
        heard_read(&heard, take, &tally);
        struct frame *frame = collector_latest(heard.collector);
        if (frame->cost.wall_ns > slowest_ns)
            slowest_ns = frame->cost.wall_ns;
        frame_release(frame);
    }
    const int64_t passed_ns = net_now_ns() - began_ns;
    const int64_t reader_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - reader_began_ns;
    const int64_t used_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_began_ns - reader_ns;
    if (pid) {
        kill(pid, SIGTERM);
        waitpid(pid, NULL, 0);
    }
    const unsigned long made = lines_of(path);
    printf("%-8s %6s/s asked %7.0f/s made %8llu events %6llu lost  %6.2f %% CPU  churn %5.1f us a "
           "connection  slowest frame %5.1f ms\n",
           source, rate, (double)made * 1e9 / (double)passed_ns, (unsigned long long)tally.told,
           (unsigned long long)tally.lost, (double)used_ns * 100 / (double)passed_ns,
           made ? (double)children_ns() / 1e3 / (double)made : 0.0, (double)slowest_ns / 1e6);
    collector_free(heard.collector);
    unlink(path);
}

int main(int argc, char **argv)
{
    static const char *const SOURCES[] = {"none", "destroy", "bpf"};
    if (argc < 4) {
        fputs("usage: bench_events CHURN SECONDS RATE...\n", stderr);
        return 2;
    }
    for (int i = 3; i < argc; i++) {
        for (size_t j = 0; j < sizeof(SOURCES) / sizeof(SOURCES[0]); j++) {
            fflush(stdout);
            const pid_t pid = fork();
            if (pid == 0) {
                measure(argv[1], atoi(argv[2]), argv[i], SOURCES[j]);
                exit(0);
            }
            waitpid(pid, NULL, 0);
        }
    }
    return 0;
}
