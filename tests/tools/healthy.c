/* healthy: a machine that is busy and well, to hold findings against: nothing in it is wrong.
 *
 *     healthy [--rate N] COMMAND...
 *
 * Runs COMMAND in a network namespace of its own (10.77.0.1) that is joined by veth to another one
 * (10.77.0.2 to .9), and ends with its exit code. There: named servers with idle and busy
 * connections in both directions; a server with a backlog of 128 that is called in bursts of 100 at
 * once; and N (2000) short connections a second to eight targets, of half of which the server closes
 * first. Bursts wait for the one before, so that a slow machine makes the scene slow, not unwell.
 * Needs root and ip(8). Does not link the program's code. */
#include "net_tools.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    HERE = 0x0a4d0001,
    THERE = 0x0a4d0002,
    TARGETS = 8,
    TICK_MS = 10,
    FILES = 16384,
    OPEN_MAX = 256, /* of one caller: a machine that is slow makes it wait, not pile up */
    READY = 64,     /* events taken at once */
    REQUEST = 200,
    REPLY = 2000,
    KEPT_MAX = 64
};
#define MS_NS 1000000LL

static char bytes[65536];

static int new_epoll(void)
{
    const int fd = epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0)
        net_die("epoll: %s", strerror(errno));
    return fd;
}

static void watch(int epoll, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) && epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event))
        net_die("epoll: %s", strerror(errno));
}

/* A process of that name, which ends with its parent. */
static void start(const char *name, void (*run)(const void *plan), const void *plan)
{
    const pid_t pid = fork();
    if (pid < 0)
        net_die("fork: %s", strerror(errno));
    if (pid > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, name);
    run(plan);
    _exit(0);
}

/* --- servers --- */

struct serve_plan {
    int listener;
    bool closes_first;
};

static void take_calls(int epoll, int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
        watch(epoll, fd, EPOLLIN);
}

static void answer(int fd, bool closes_first)
{
    const ssize_t got = read(fd, bytes, sizeof(bytes));

    if (got < 0 && errno == EAGAIN)
        return;
    if (got > 0 && write(fd, bytes, REPLY) == REPLY && !closes_first)
        return;
    close(fd);
}

static void serve(const void *data)
{
    const struct serve_plan *plan = data;
    const int epoll = new_epoll();

    net_raise_file_limit(FILES);
    watch(epoll, plan->listener, EPOLLIN);
    for (;;) {
        struct epoll_event ready[READY];
        const int count = epoll_wait(epoll, ready, READY, -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.fd == plan->listener)
                take_calls(epoll, plan->listener);
            else
                answer(ready[i].data.fd, plan->closes_first);
        }
    }
}

/* It listens already when this returns. */
static void start_server(const char *name, struct net_address at, int backlog, bool closes_first)
{
    const struct serve_plan plan = {net_listen(at, backlog, NET_NONBLOCK), closes_first};
    start(name, serve, &plan);
    close(plan.listener);
}

/* --- callers --- */

struct call_plan {
    struct net_address targets[TARGETS];
    unsigned target_count;
    unsigned rate;  /* a second, spread evenly; or */
    unsigned burst; /* at once, every `every_ms` after the one before is over; or */
    unsigned every_ms;
    unsigned kept; /* connections that stay, each asking now and then */
};

struct calls {
    const struct call_plan *plan;
    int epoll;
    unsigned open, next_target;
    bool asked[FILES]; /* by descriptor: the request was sent */
    int kept[KEPT_MAX];
    double due;
};

static void begin_call(struct calls *calls)
{
    const struct call_plan *plan = calls->plan;
    const struct net_address target = plan->targets[calls->next_target++ % plan->target_count];
    const int fd = net_socket(AF_INET, NULL, NET_NONBLOCK);

    if (fd >= FILES)
        net_die("too many connections");
    net_connect(fd, target);
    calls->asked[fd] = false;
    calls->open++;
    watch(calls->epoll, fd, EPOLLOUT);
}

static void end_call(struct calls *calls, int fd)
{
    close(fd);
    calls->open--;
}

/* The request, the reply, the end. */
static void go_on(struct calls *calls, int fd, uint32_t events)
{
    if (!calls->asked[fd]) {
        if ((events & EPOLLERR) || write(fd, bytes, REQUEST) != REQUEST) {
            end_call(calls, fd);
            return;
        }
        calls->asked[fd] = true;
        watch(calls->epoll, fd, EPOLLIN);
        return;
    }
    const ssize_t got = read(fd, bytes, sizeof(bytes));
    if (calls->plan->kept && got > 0)
        return;
    if (got >= REPLY || got == 0 || (got < 0 && errno != EAGAIN))
        end_call(calls, fd);
}

static void keep_some(struct calls *calls)
{
    for (unsigned i = 0; i < calls->plan->kept; i++) {
        calls->kept[i] = net_socket(AF_INET, NULL, 0);
        net_connect(calls->kept[i], calls->plan->targets[i % calls->plan->target_count]);
        calls->asked[calls->kept[i]] = true;
        watch(calls->epoll, calls->kept[i], EPOLLIN);
    }
}

static void begin_due(struct calls *calls, double ms)
{
    const struct call_plan *plan = calls->plan;

    calls->due += plan->rate ? plan->rate * ms / 1000 : ms / plan->every_ms;
    if (plan->kept) {
        if (write(calls->kept[(unsigned)rand() % plan->kept], bytes, REQUEST) != REQUEST)
            net_die("a kept connection ended");
        return;
    }
    if (plan->rate) {
        for (; calls->due >= 1 && calls->open < OPEN_MAX; calls->due--)
            begin_call(calls);
        calls->due = calls->due < 1 ? calls->due : 0;
        return;
    }
    if (calls->open > 0 || calls->due < 1)
        return;
    calls->due = 0;
    for (unsigned i = 0; i < plan->burst; i++)
        begin_call(calls);
}

static void call(const void *data)
{
    static struct calls calls;
    int64_t last_ns = net_now_ns();

    calls.plan = data;
    calls.epoll = new_epoll();
    net_raise_file_limit(FILES);
    keep_some(&calls);
    for (;;) {
        struct epoll_event ready[READY];
        const int64_t left_ns = last_ns + TICK_MS * MS_NS - net_now_ns();
        const int wait_ms = left_ns > 0 ? (int)(left_ns / MS_NS) + 1 : 0;
        const int count = epoll_wait(calls.epoll, ready, READY, wait_ms);
        for (int i = 0; i < count; i++)
            go_on(&calls, ready[i].data.fd, ready[i].events);
        const int64_t now_ns = net_now_ns();
        if (now_ns - last_ns < TICK_MS * MS_NS)
            continue;
        begin_due(&calls, (double)(now_ns - last_ns) / MS_NS);
        last_ns = now_ns;
    }
}

/* --- the two machines --- */

static void shell(const char *command)
{
    if (system(command) != 0)
        net_die("failed: %s", command);
}

static void wait_byte(int fd)
{
    char byte;
    if (read(fd, &byte, 1) != 1)
        net_die("the other side ended");
}

static void say_byte(int fd)
{
    if (write(fd, "", 1) != 1)
        net_die("the other side ended");
}

static void start_servers(uint32_t host)
{
    static const struct {
        const char *name;
        unsigned port;
    } SERVERS[] = {{"sshd", 22}, {"nginx", 443}, {"postgres", 5432}, {"redis-server", 6379}};

    for (unsigned i = 0; i < sizeof(SERVERS) / sizeof(SERVERS[0]); i++)
        start_server(SERVERS[i].name, net_v4(host, SERVERS[i].port), 511, false);
}

static void start_callers(uint32_t host, unsigned kept)
{
    const struct call_plan plan = {
        .targets = {net_v4(host, 22), net_v4(host, 443), net_v4(host, 5432), net_v4(host, 6379)},
        .target_count = 4,
        .every_ms = 1,
        .kept = kept};
    start("client", call, &plan);
}

static void start_targets(void)
{
    char command[80];

    for (unsigned i = 0; i < TARGETS; i++) {
        snprintf(command, sizeof(command), "ip addr add 10.77.0.%u/24 dev eth0", 2 + i);
        shell(command);
        start_server("backend", net_v4(THERE + i, 9000), 4096, i % 2);
    }
}

/* The other machine waits for its end of the cable, then for the servers of this one. */
static void other_machine(int in, int out)
{
    if (unshare(CLONE_NEWNET) != 0)
        net_die("unshare: %s", strerror(errno));
    net_bring_loopback_up();
    say_byte(out);
    wait_byte(in);
    shell("ip link set eth0 up");
    start_targets();
    start_servers(THERE);
    say_byte(out);
    wait_byte(in);
    start_callers(HERE, 40);
    const struct call_plan bursts = {
        .targets = {net_v4(HERE, 8080)}, .target_count = 1, .burst = 100, .every_ms = 500};
    start("shopper", call, &bursts);
    say_byte(out);
    for (;;)
        pause();
}

static void start_rate(unsigned rate)
{
    struct call_plan plan = {.target_count = TARGETS, .rate = rate};

    for (unsigned i = 0; i < TARGETS; i++)
        plan.targets[i] = net_v4(THERE + i, 9000);
    start("frontend", call, &plan);
}

static void build(unsigned rate)
{
    int there[2], here[2];
    char command[120];

    if (pipe(there) || pipe(here))
        net_die("pipe: %s", strerror(errno));
    const pid_t other = fork();
    if (other == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        other_machine(there[0], here[1]);
    }
    wait_byte(here[0]);
    snprintf(command, sizeof(command), "ip link add eth0 type veth peer name eth0 netns %d",
             (int)other);
    shell(command);
    shell("ip addr add 10.77.0.1/24 dev eth0 && ip link set eth0 up");
    start_servers(HERE);
    start_server("shop", net_v4(HERE, 8080), 128, false);
    say_byte(there[1]);
    wait_byte(here[0]);
    say_byte(there[1]);
    wait_byte(here[0]);
    start_callers(THERE, 20);
    start_rate(rate);
}

int main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"rate", required_argument, NULL, 'r'}, {0}};
    unsigned rate = 2000;

    for (int option; (option = getopt_long(argc, argv, "+", OPTIONS, NULL)) != -1;) {
        if (option != 'r')
            net_die("usage: healthy [--rate N] COMMAND...");
        rate = (unsigned)strtoul(optarg, NULL, 10);
    }
    if (optind == argc || rate == 0)
        net_die("usage: healthy [--rate N] COMMAND...");
    signal(SIGPIPE, SIG_IGN);
    net_enter_namespace(0);
    build(rate);
    return net_run_command(argv + optind);
}
