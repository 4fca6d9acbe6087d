/* test_totals: what the header, the processes, the listeners and the peers show, times the
 * interval, summed over time with what is still to fade, must be what was sent: in one long
 * connection, in short ones, and in such as live and die between two frames.
 *
 *     test_totals bpf|destroy|none STEADY SECONDS
 *
 * bpf: within 1 %, each process for itself, too. destroy: within 1 % in sum; whose a
 * connection was that no frame showed is unknown. none: what was never a row is missing, and
 * nothing is too much. Prints a table of deviations in percent; exit 1 where something does not
 * hold, 77 where it cannot run. */
#include "core/grouping/grouping.h"
#include "event_watch.h"
#include "net_tools.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND_NS    1000000000LL
#define WARM_NS      SECOND_NS /* rates begin with the second frame */
#define FADE_S       1.0       /* time constant of shown rates: RATE_CONSTANT_US of core/rates.c */
#define MOST_LINES   8192u
#define PERCENT      1.0
#define LINES_NS     (SECOND_NS / 20) /* of a sender that runs: they come every 20 ms */
#define LEAST_FRAMES 3u
#define PATIENCE_NS  (20 * SECOND_NS) /* for these */
#define LATE_NS      (SECOND_NS / 50) /* so long no reading takes while it runs */
#define FIRST_PORT   7000u

static const struct load {
    const char *what, *rate, *option, *value;
} LOADS[] = {
    {"10 MB/s in one connection", "10000000", NULL, NULL},
    {"4 MB/s in lives of 4 s", "4000000", "--life", "4000"},
    {"4 MB/s in lives of 1.4 s", "4000000", "--life", "1400"},
    {"4 MB/s in lives of 0.4 s", "4000000", "--life", "400"},
    {"8 MB/s in 400 a second", "8000000", "--size", "20000"},
};
#define LOAD_COUNT (sizeof(LOADS) / sizeof(LOADS[0]))

struct sums {
    double in, out;
};

/* Of what was sent: where the sender did not run for a while only its limits are known. */
struct truth {
    double least, most;
};

/* When a frame's rows and events were read. */
struct reading {
    int64_t begin_ns, end_ns;
};

struct line {
    int64_t ns;
    uint64_t bytes;
};

struct sender {
    pid_t pid;
    int input, output;
    int pids[2];    /* sender, receiver */
    char text[256]; /* of a line that is not whole yet */
    size_t text_length;
    struct line truth[MOST_LINES];
    uint32_t line_count;
    struct sums process[2];
    struct sums listener;
};

struct watch {
    struct event_watch watched;
    struct sender senders[LOAD_COUNT];
    struct grouping processes, listeners, peers;
    struct sums header, exact, process, listener, peer;
    struct reading first, last; /* frames */
    uint64_t frames, lost;      /* lost: events, at least */
};

static void take_line(struct sender *sender, const char *text)
{
    char *end;
    const long long first = strtoll(text, &end, 10);
    const unsigned long long second = strtoull(end, NULL, 10);

    if (!sender->pids[0]) {
        sender->pids[0] = (int)first;
        sender->pids[1] = (int)second;
    } else if (sender->line_count < MOST_LINES) {
        sender->truth[sender->line_count++] = (struct line){first, second};
    }
}

/* What it said by now, or within so many ms (-1: however long it takes). False at the end. */
static bool read_lines(struct sender *sender, int most_ms)
{
    struct pollfd output = {sender->output, POLLIN, 0};

    if (poll(&output, 1, most_ms) <= 0)
        return true;
    char *room = sender->text + sender->text_length;
    const ssize_t got = read(sender->output, room, sizeof(sender->text) - 1 - sender->text_length);
    if (got <= 0)
        return false;
    sender->text_length += (size_t)got;
    sender->text[sender->text_length] = '\0';
    char *line = sender->text, *end;
    while ((end = strchr(line, '\n'))) {
        *end = '\0';
        take_line(sender, line);
        line = end + 1;
    }
    sender->text_length = strlen(line);
    memmove(sender->text, line, sender->text_length + 1);
    return true;
}

static void wait_for_pids(struct sender *sender, const char *tool)
{
    while (!sender->pids[0])
        if (!read_lines(sender, 5000))
            net_die("%s does not start", tool);
}

static void start(struct sender *sender, const char *tool, size_t i)
{
    int input[2], output[2];
    char port[16];

    snprintf(port, sizeof(port), "%u", FIRST_PORT + (unsigned)i);
    if (pipe(input) || pipe(output))
        net_die("pipe: %s", strerror(errno));
    sender->pid = fork();
    if (sender->pid == 0) {
        dup2(input[0], STDIN_FILENO);
        dup2(output[1], STDOUT_FILENO);
        for (int fd = 3; fd < 256; fd++)
            close(fd);
        execl(tool, "steady", "--port", port, "--rate", LOADS[i].rate, LOADS[i].option,
              LOADS[i].value, (char *)NULL);
        _exit(127);
    }
    close(input[0]);
    close(output[1]);
    sender->input = input[1];
    sender->output = output[0];
    wait_for_pids(sender, tool);
}

static void stop_sender(struct sender *sender)
{
    close(sender->input);
    while (read_lines(sender, -1))
        ;
    close(sender->output);
    waitpid(sender->pid, NULL, 0);
}

/* Sent by then: between two lines as far as it goes, where these are as near to each other as they should be. */
static struct truth sent_by(const struct sender *sender, int64_t ns)
{
    for (uint32_t i = 1; i < sender->line_count; i++) {
        const struct line *before = &sender->truth[i - 1], *after = &sender->truth[i];
        if (after->ns < ns)
            continue;
        const double part = (double)(ns - before->ns) / (double)(after->ns - before->ns);
        const double between =
            (double)before->bytes + part * (double)(after->bytes - before->bytes);
        return after->ns - before->ns > LINES_NS
                   ? (struct truth){(double)before->bytes, (double)after->bytes}
                   : (struct truth){between, between};
    }
    net_die("sender %d said too little: %u lines, %.3f s before the last frame", sender->pids[0],
            sender->line_count,
            sender->line_count ? (double)(ns - sender->truth[sender->line_count - 1].ns) / 1e9
                               : -1.0);
}

/* Between the two frames, whose rows were read at once but on a machine that is busy. */
static struct truth sent_between(const struct sender *sender, const struct reading *first,
                                 const struct reading *last)
{
    const bool is_late =
        first->end_ns - first->begin_ns > LATE_NS || last->end_ns - last->begin_ns > LATE_NS;
    const int64_t first_ns = is_late ? first->end_ns : first->begin_ns;
    const int64_t last_ns = is_late ? last->end_ns : last->begin_ns;

    return (struct truth){sent_by(sender, last->begin_ns).least - sent_by(sender, first_ns).most,
                          sent_by(sender, last_ns).most - sent_by(sender, first->begin_ns).least};
}

static void add(struct sums *sums, double in, double out, double seconds)
{
    sums->in += in * seconds;
    sums->out += out * seconds;
}

static void add_groups(struct sums *sums, struct grouping *grouping,
                       const struct grouping_kind *kind, const struct column_context *context,
                       double seconds)
{
    if (grouping_update(grouping, kind, context, NULL, NULL))
        net_die("no memory");
    for (uint32_t i = 0; i < grouping->count; i++)
        add(sums, (double)grouping->rows[i].in_bytes_per_s,
            (double)grouping->rows[i].out_bytes_per_s, seconds);
}

static void add_senders(struct watch *watch, const struct frame *frame, double seconds)
{
    for (uint32_t i = 0; i < watch->processes.count; i++) {
        const struct grouping_row *row = &watch->processes.rows[i];
        for (size_t n = 0; n < 2 * LOAD_COUNT && row->proc != CONN_NO_INDEX; n++) {
            struct sender *sender = &watch->senders[n / 2];
            if (frame->procs[row->proc].pid == sender->pids[n % 2])
                add(&sender->process[n % 2], (double)row->in_bytes_per_s,
                    (double)row->out_bytes_per_s, seconds);
        }
    }
    for (uint32_t i = 0; i < watch->listeners.count; i++) {
        const struct grouping_row *row = &watch->listeners.rows[i];
        const uint16_t port = grouping_conn(row, frame)->tuple.local_port;
        if (port >= FIRST_PORT && port < FIRST_PORT + LOAD_COUNT)
            add(&watch->senders[port - FIRST_PORT].listener, (double)row->in_bytes_per_s,
                (double)row->out_bytes_per_s, seconds);
    }
}

/* What the frame shows, for so long. */
static void add_shown(struct watch *watch, const struct frame *frame, double seconds)
{
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    const struct totals *totals = &frame->totals;

    add(&watch->header, (double)totals->in_bytes_per_s, (double)totals->out_bytes_per_s, seconds);
    add_groups(&watch->process, &watch->processes, &GROUPING_PROCESSES, &context, seconds);
    add_groups(&watch->listener, &watch->listeners, &GROUPING_LISTENERS, &context, seconds);
    add_groups(&watch->peer, &watch->peers, &GROUPING_PEERS, &context, seconds);
    add_senders(watch, frame, seconds);
}

static struct reading reading_of(const struct frame *frame)
{
    return (struct reading){frame->mono_ns, frame->mono_ns + frame->cost.wall_ns};
}

/* The first frame's rates fade into the sum though what they stand for came before it; what the
 * last one's stand for is still to fade: each comes to FADE_S of it. */
static void begin_sums(struct watch *watch, const struct frame *frame)
{
    add_shown(watch, frame, -FADE_S);
    watch->first = watch->last = reading_of(frame);
}

static void take_frame(struct watch *watch, const struct frame *frame)
{
    add_shown(watch, frame, (double)(frame->mono_ns - watch->last.begin_ns) / 1e9);
    add(&watch->exact, (double)frame->totals.in_interval, (double)frame->totals.out_interval, 1);
    watch->last = reading_of(frame);
    watch->frames++;
    watch->lost = frame->missing.events_lost;
}

/* Frames for so long; sums are taken from `from_ns` on. */
static void follow(struct watch *watch, int64_t from_ns, int64_t until_ns)
{
    struct frame *taken = NULL;
    uint64_t last = 0;

    while (net_now_ns() < until_ns ||
           (watch->frames < LEAST_FRAMES && net_now_ns() < until_ns + PATIENCE_NS)) {
        event_watch_wait(&watch->watched, SECOND_NS / 10);
        for (size_t i = 0; i < LOAD_COUNT; i++)
            (void)read_lines(&watch->senders[i], 0);
        struct frame *frame = collector_latest(watch->watched.collector);
        if (frame && frame->number != last) {
            if (last && watch->first.begin_ns && frame->number != last + 1)
                net_die("the test missed a frame");
            last = frame->number;
            if (watch->first.begin_ns)
                take_frame(watch, frame);
            else if (frame->mono_ns >= from_ns)
                begin_sums(watch, frame);
            frame_release(taken);
            taken = frame;
        } else {
            frame_release(frame);
        }
    }
    if (taken && watch->first.begin_ns)
        add_shown(watch, taken, FADE_S);
    frame_release(taken);
}

/* In percent; 0 between its limits. */
static double off(double shown, const struct truth *truth)
{
    const double nearest = fmin(fmax(shown, truth->least), truth->most);
    return 100 * (shown - nearest) / nearest;
}

/* Within so many percent where `exactly`; else no more than that too much. */
static unsigned check(const char *what, const struct sums *sums, const struct truth *in,
                      const struct truth *out, double percent, bool exactly)
{
    const double ins = in ? off(sums->in, in) : 0, outs = out ? off(sums->out, out) : 0;
    char words[2][16] = {"", ""};
    if (in)
        snprintf(words[0], sizeof(words[0]), "%+.2f", ins);
    if (out)
        snprintf(words[1], sizeof(words[1]), "%+.2f", outs);
    const bool right =
        ins <= percent && outs <= percent && (!exactly || (ins >= -percent && outs >= -percent));
    printf("  %-44s %9s %9s%s\n", what, words[0], words[1], right ? "" : "  WRONG");
    return !right;
}

static unsigned report(struct watch *watch, const char *source)
{
    const bool bpf = strcmp(source, "bpf") == 0, none = strcmp(source, "none") == 0;
    struct truth all = {0, 0}, truth[LOAD_COUNT];
    unsigned faults = 0;
    char what[80];

    for (size_t i = 0; i < LOAD_COUNT; i++) {
        truth[i] = sent_between(&watch->senders[i], &watch->first, &watch->last);
        all.least += truth[i].least;
        all.most += truth[i].most;
    }
    printf("%s: %.1f s, %" PRIu64 " frames, %" PRIu64
           " events lost, %.1f to %.1f MB sent; shown against sent, in percent:\n",
           source, (double)(watch->last.begin_ns - watch->first.begin_ns) / 1e9, watch->frames,
           watch->lost, all.least / 1e6, all.most / 1e6);
    printf("  %-44s %9s %9s\n", "", "in", "out");
    faults += check("header", &watch->header, &all, &all, PERCENT, !none);
    faults += check("counted in frames", &watch->exact, &all, &all, PERCENT, !none);
    faults += check("all processes", &watch->process, &all, &all, PERCENT, !none);
    faults += check("all peers", &watch->peer, &all, &all, PERCENT, !none);
    faults += check("all listeners", &watch->listener, &all, NULL, PERCENT, !none);
    for (size_t i = 0; i < LOAD_COUNT; i++) {
        const struct sender *sender = &watch->senders[i];
        const bool rows = bpf || i == 0;
        snprintf(what, sizeof(what), "%s: sender", LOADS[i].what);
        faults += check(what, &sender->process[0], NULL, &truth[i], PERCENT, rows);
        snprintf(what, sizeof(what), "%s: receiver", LOADS[i].what);
        faults += check(what, &sender->process[1], &truth[i], NULL, PERCENT, rows);
        snprintf(what, sizeof(what), "%s: listener", LOADS[i].what);
        faults += check(what, &sender->listener, &truth[i], NULL, PERCENT, !none || i == 0);
    }
    if (none && off(watch->header.in, &all) > -PERCENT) {
        printf("nothing was missing without events: this tested nothing\n");
        faults++;
    }
    return faults;
}

int main(int argc, char **argv)
{
    static struct watch watch;

    if (argc != 4) {
        fputs("usage: test_totals bpf|destroy|none STEADY SECONDS\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    net_enter_namespace(0);
    grouping_init(&watch.processes);
    grouping_init(&watch.listeners);
    grouping_init(&watch.peers);
    for (size_t i = 0; i < LOAD_COUNT; i++)
        start(&watch.senders[i], argv[2], i);
    event_watch_start(&watch.watched, argv[1], SECOND_NS, NEED_OWNER | NEED_GROUP);
    const int64_t from_ns = net_now_ns() + WARM_NS;
    follow(&watch, from_ns, from_ns + (atoi(argv[3]) + 2) * SECOND_NS);
    for (size_t i = 0; i < LOAD_COUNT; i++)
        stop_sender(&watch.senders[i]);
    collector_free(watch.watched.collector);
    const unsigned faults = report(&watch, argv[1]);
    grouping_done(&watch.processes);
    grouping_done(&watch.listeners);
    grouping_done(&watch.peers);
    return faults ? 1 : 0;
}
