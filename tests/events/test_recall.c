/* test_recall: every short connection of churn must be reported: its opening and its end, at both
 * ends, once each, with owner and time.
 *
 *     test_recall bpf|seen|destroy CHURN RATE COUNT [asleep]
 *
 * bpf: all of it, exactly. seen: the same, with frames that read only those rows of which something
 * was reported, and one now and then that reads all. destroy: ends only; what is not seen must be
 * covered by the loss that was reported. asleep: without privilege, and so with the receive buffer
 * that any user gets, and stopped while churn runs: most is lost, and must be reported. Prints the
 * figures; exit 1 where something does not hold, 77 where it cannot run. */
#include "event_watch.h"
#include "net_tools.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND_NS         1000000000LL
#define CHURN_SERVER      0x7f000101u /* as churn.c numbers them */
#define CHURN_CLIENTS     0x7f800001u
#define NOBODY            65534
#define FIRST_PORT        2000u
#define PORTS_PER_ADDRESS 60000u
#define NEAR_NS           1000000   /* from its cause */
#define LATE_NS           SECOND_NS /* the kernel may put off what a system call caused */

struct end {
    unsigned opens, ends; /* ends: closed, or in TIME-WAIT */
    int32_t open_pid, end_pid;
    int64_t open_ns, end_ns, fin_wait_2_ns;
    bool named, time_wait, by_frame;
};

struct truth {
    bool reset;
    int64_t open[2], close[2];
};

struct recall {
    struct event_watch watched;
    unsigned long count;
    struct end *ends[2]; /* client's, server's */
    struct truth *truths;
    uint64_t lost;
    bool is_seen;
    unsigned seen_frames; /* that did not read all rows */
    unsigned faults, by_frame, late,
        unowned; /* unowned: server's openings reported before accept() */
};

static void fault(struct recall *recall, unsigned long i, const char *what)
{
    if (recall->faults++ < 10)
        printf("connection %lu: %s\n", i, what);
}

static uint32_t ipv4_of(const struct addr *addr)
{
    uint32_t address;
    memcpy(&address, addr->bytes, sizeof(address));
    return ntohl(address);
}

/* Which of churn's connections, and which end of it. */
static struct end *find_end(struct recall *recall, const struct event *event)
{
    const struct tuple *tuple = &event->tuple;
    uint32_t address = ipv4_of(&tuple->local);
    const bool server = address == CHURN_SERVER;
    if (server)
        address = ipv4_of(&tuple->remote);
    if (tuple->family != FAMILY_INET || address < CHURN_CLIENTS)
        return NULL;
    const unsigned port = server ? tuple->remote_port : tuple->local_port;
    const unsigned long i = (address - CHURN_CLIENTS) * PORTS_PER_ADDRESS + port - FIRST_PORT;
    return port >= FIRST_PORT && i < recall->count ? &recall->ends[server][i] : NULL;
}

static void take_event(void *context, const struct event *event)
{
    struct recall *recall = context;
    if (event->kind == EVENT_LOST) {
        recall->lost += event->lost;
        return;
    }
    struct end *end = find_end(recall, event);
    if (!end)
        return;
    if (event->kind == EVENT_OPEN) {
        end->opens++;
        end->open_ns = event->mono_ns;
        end->open_pid = event->pid;
    }
    if (event->kind == EVENT_CLOSE || event->to == STATE_TIME_WAIT) {
        end->ends++;
        end->end_ns = event->mono_ns;
        end->end_pid = event->pid;
        end->named = strcmp(event->name, "churn") == 0;
        end->time_wait = event->to == STATE_TIME_WAIT;
    }
    if (event->to == STATE_FIN_WAIT_2 && event->exact)
        end->fin_wait_2_ns = event->mono_ns;
    if (!event->exact)
        end->by_frame = true;
}

static void exec_churn(char **argv, const char *truth)
{
    execl(argv[2], "churn", "--rate", argv[3], "--count", argv[4], "--how", "mixed", "--truth",
          truth, (char *)NULL);
    _exit(127);
}

/* Has a netlink socket of sock_diag in this namespace lost something? */
static bool is_overrun(void)
{
    FILE *file = fopen("/proc/self/net/netlink", "re");
    char line[256];
    unsigned long drops = 0;
    while (file && drops == 0 && fgets(line, sizeof(line), file)) {
        unsigned protocol = 0;
        if (sscanf(line, "%*s %u %*s %*s %*s %*s %*s %*s %lu", &protocol, &drops) != 2 ||
            protocol != 4)
            drops = 0;
    }
    if (file)
        fclose(file);
    return drops > 0;
}

/* While this process is stopped. */
static void run_asleep(char **argv, const char *truth)
{
    int status = 0;
    kill(getppid(), SIGSTOP);
    const pid_t pid = fork();
    if (pid == 0)
        exec_churn(argv, truth);
    waitpid(pid, &status, 0);
    for (int64_t end = net_now_ns() + 20 * SECOND_NS; net_now_ns() < end && !is_overrun();)
        poll(NULL, 0, 20); /* the kernel sends them from a work queue, when it has time */
    kill(getppid(), SIGCONT);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static pid_t run_churn(char **argv, const char *truth, bool asleep)
{
    const pid_t pid = fork();
    if (pid == 0 && asleep)
        run_asleep(argv, truth);
    if (pid == 0)
        exec_churn(argv, truth);
    return pid;
}

static const struct wish SEEN = {.interval_ns = SECOND_NS / 10,
                                 .state_bits = STATE_ALL_BITS & ~STATE_BIT(STATE_DELETE_TCB),
                                 .families = WISH_INET | WISH_INET6,
                                 .refresh = REFRESH_SEEN};
#define ALL_EVERY 10u /* frames */

static void ask_for_all(const struct recall *recall)
{
    struct wish wish = SEEN;
    wish.now = wish.all = true;
    collector_set_wish(recall->watched.collector, &wish);
}

/* Looks at each frame, as far as it gets them: now and then one is to read all rows. */
static void look_at_frame(struct recall *recall)
{
    struct frame *frame = collector_latest(recall->watched.collector);
    static uint64_t number;

    if (frame && frame->number != number) {
        number = frame->number;
        recall->seen_frames += frame->all_ns != 0;
        if (frame->all_ns && recall->seen_frames % ALL_EVERY == 0)
            ask_for_all(recall);
    }
    frame_release(frame);
}

/* The first frame of all rows that follows one of some. */
static struct frame *last_of_all(struct recall *recall)
{
    const int64_t end_ns = net_now_ns() + 20 * SECOND_NS;
    struct frame *frame = NULL;
    bool asked = false;

    for (;;) {
        frame_release(frame);
        frame = collector_latest(recall->watched.collector);
        recall->seen_frames += !asked && frame->all_ns;
        if (frame->all_ns) { /* again, where the next one came before it was looked at */
            ask_for_all(recall);
            asked = true;
        }
        if (asked && !frame->all_ns)
            return frame;
        if (net_now_ns() > end_ns)
            net_die("no frame of all rows within 20 s");
        event_watch_wait(&recall->watched, SECOND_NS / 10);
    }
}

/* What frames of all rows say of what was reported in between. */
static void compare_frames(struct recall *recall)
{
    struct frame *frame = last_of_all(recall);

    printf("seen: %u frames of some rows, %u of all compared with them, "
           "%u changes that were not reported\n",
           recall->seen_frames, frame->cost.compared, frame->cost.unreported);
    if (!frame->cost.compared || frame->cost.unreported)
        fault(recall, 0, "frames of all rows do not say what events said");
    frame_release(frame);
}

/* Reads what is reported until churn has ended and a few more frames were made. */
static void follow(struct recall *recall, pid_t churn)
{
    int status = 0;
    while (waitpid(churn, &status, WNOHANG) == 0) {
        event_watch_wait(&recall->watched, SECOND_NS / 100);
        event_watch_read(&recall->watched, take_event, recall);
        if (recall->is_seen)
            look_at_frame(recall);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        net_die("churn failed");
    const uint64_t last = event_watch_frames(&recall->watched) + 4;
    while (event_watch_frames(&recall->watched) < last) {
        event_watch_wait(&recall->watched, SECOND_NS / 10);
        event_watch_read(&recall->watched, take_event, recall);
    }
}

static void read_truth(struct recall *recall, const char *path)
{
    FILE *file = fopen(path, "re");
    char line[512];
    unsigned long read = 0;
    if (!file)
        net_die("churn left no truth");
    while (fgets(line, sizeof(line), file)) {
        const char *open = strstr(line, "\"t_open\":["), *close = strstr(line, "\"t_close\":[");
        const char *port = strstr(line, "\"lport\":");
        if (!open || !close || !port)
            continue;
        struct truth *truth = &recall->truths[read++]; /* churn closes them in their order */
        long long opened[2], closed[2];
        sscanf(open, "\"t_open\":[%lld,%lld]", &opened[0], &opened[1]);
        sscanf(close, "\"t_close\":[%lld,%lld]", &closed[0], &closed[1]);
        *truth = (struct truth){.reset = strstr(line, "\"how\":\"reset\"") != NULL,
                                .open = {opened[0], opened[1]},
                                .close = {closed[0], closed[1]}};
        if (read == recall->count)
            break;
    }
    fclose(file);
    if (read != recall->count)
        net_die("the truth has %lu connections", read);
}

static bool is_near(struct recall *recall, int64_t ns, const int64_t bounds[2])
{
    recall->late += ns > bounds[1] + NEAR_NS;
    return ns >= bounds[0] - NEAR_NS && ns <= bounds[1] + LATE_NS;
}

/* An orphan in FIN-WAIT-2 goes on without a socket: no event tells when the peer's FIN arrives and
 * it enters TIME-WAIT, but the frame does that shows it there. */
static bool is_end_near(struct recall *recall, const struct end *end, const struct truth *truth)
{
    if (!end->by_frame)
        return is_near(recall, end->end_ns, truth->close);
    return end->time_wait && is_near(recall, end->fin_wait_2_ns, truth->close);
}

static void check_bpf(struct recall *recall, unsigned long i, pid_t churn)
{
    const struct truth *truth = &recall->truths[i];
    for (int side = 0; side < 2; side++) {
        const struct end *end = &recall->ends[side][i];
        const char *who = side ? "server" : "client";
        char text[160];
        bool right = end->opens == 1 && end->ends == 1 &&
                     end->time_wait == (side == 0 && !truth->reset) && end->end_pid == churn &&
                     end->named && (end->open_pid == churn || (side == 1 && !end->open_pid)) &&
                     is_near(recall, end->open_ns, truth->open) && is_end_near(recall, end, truth);
        recall->by_frame += end->by_frame;
        recall->unowned += side == 1 && !end->open_pid;
        if (right)
            continue;
        snprintf(text, sizeof(text),
                 "%s: %u opens, %u ends%s%s, pids %d %d%s, %lld us and %lld us off", who,
                 end->opens, end->ends, end->time_wait ? " (TIME-WAIT)" : "",
                 end->by_frame ? " by a frame" : "", end->open_pid, end->end_pid,
                 end->named ? "" : ", no name", (long long)(end->open_ns - truth->open[0]) / 1000,
                 (long long)(end->end_ns - truth->close[0]) / 1000);
        fault(recall, i, text);
    }
}

/* Each end at most once; those not reported of are counted. */
static unsigned long check_destroy(struct recall *recall, unsigned long i)
{
    const struct truth *truth = &recall->truths[i];
    unsigned long unseen = 0;
    for (int side = 0; side < 2; side++) {
        const struct end *end = &recall->ends[side][i];
        char text[80];
        snprintf(text, sizeof(text), "%s: %u opens, %u ends, %u by a frame",
                 side ? "server" : "client", end->opens, end->ends, end->by_frame);
        if (end->ends > 1 || end->opens > 1)
            fault(recall, i, text);
        if (end->ends && end->time_wait != (side == 0 && !truth->reset))
            fault(recall, i, side ? "server: wrong end" : "client: wrong end");
        unseen += end->ends == 0;
    }
    return unseen;
}

int main(int argc, char **argv)
{
    static struct recall recall;
    char path[] = "/tmp/tcplens-truth-XXXXXX";
    unsigned long unseen = 0;
    if (argc < 5 || argc > 6) {
        fputs("usage: test_recall bpf|seen|destroy CHURN RATE COUNT [asleep]\n", stderr);
        return 2;
    }
    recall.count = strtoul(argv[4], NULL, 10);
    recall.truths = calloc(recall.count, sizeof(*recall.truths));
    for (int side = 0; side < 2; side++)
        recall.ends[side] = calloc(recall.count, sizeof(*recall.ends[side]));
    net_enter_namespace(0);
    if (argc == 6 && setresuid(NOBODY, NOBODY, NOBODY) < 0)
        net_die("cannot become nobody");
    close(mkstemp(path));
    recall.is_seen = strcmp(argv[1], "seen") == 0;
    if (recall.is_seen)
        event_watch_start_wish(&recall.watched, "bpf", &SEEN);
    else
        event_watch_start(&recall.watched, argv[1], SECOND_NS / 2, 0);
    const pid_t churn = run_churn(argv, path, argc == 6);
    follow(&recall, churn);
    read_truth(&recall, path);
    unlink(path);
    const bool bpf = strcmp(argv[1], "destroy") != 0;
    if (recall.is_seen)
        compare_frames(&recall);
    for (unsigned long i = 0; i < recall.count; i++) {
        if (bpf)
            check_bpf(&recall, i, churn);
        else
            unseen += check_destroy(&recall, i);
    }
    collector_free(recall.watched.collector);
    if (!bpf && unseen > 0 && recall.lost == 0)
        fault(&recall, 0, "ends were not reported of, and no loss was reported");
    if (argc == 6 && unseen == 0)
        fault(&recall, 0, "nothing was lost: this tested nothing");
    if (bpf && recall.lost)
        fault(&recall, 0, "events were lost");
    printf("%s: %lu connections at %s/s: %lu of %lu ends reported, %u of them by a frame, "
           "%u events more than 1 ms after their cause, "
           "%u openings reported before accept(), lost reported: %llu, %u faults\n",
           argv[1], recall.count, argv[3], 2 * recall.count - unseen, 2 * recall.count,
           recall.by_frame, recall.late, recall.unowned, (unsigned long long)recall.lost,
           recall.faults);
    return recall.faults ? 1 : 0;
}
