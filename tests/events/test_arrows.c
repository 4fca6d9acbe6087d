/* test_arrows: causes every arrow of the RFC 9293 diagram that sockets can cause: each is reported
 * with the right states, within a millisecond of its cause, each connection's steps one after the
 * other.
 *
 *     test_arrows bpf
 *
 * Left out: SYN-RECEIVED to FIN-WAIT-1 (the kernel has no socket to close before the third segment)
 * and the end of TIME-WAIT (no event; frames tell it). */
#include "event_watch.h"
#include "net_tools.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND_NS 1000000000LL
#define NEAR_NS   1000000
#define HOST      0x7f000001u
#define EVENTS    4096

enum { /* net/tcp_states.h */
       KERNEL_FIN_WAIT_2 = 5,
       KERNEL_CLOSE = 7,
       KERNEL_CLOSE_WAIT = 8,
       KERNEL_CLOSING = 11
};

struct arrows {
    struct event_watch watched;
    struct event events[EVENTS];
    unsigned count, faults, arrows;
};

struct pair {
    int listener, client, server;
    unsigned port, client_port;
};

/* When something was caused: not before, not after. */
struct cause {
    int64_t from, to;
};

static void take(void *context, const struct event *event)
{
    struct arrows *arrows = context;
    if (arrows->count < EVENTS)
        arrows->events[arrows->count++] = *event;
}

static struct cause begin(void)
{
    return (struct cause){net_now_ns(), 0};
}

static void end(struct cause *cause)
{
    cause->to = net_now_ns();
}

static const char *name_of(uint8_t state)
{
    return state ? TCP_STATES[state].name : "nothing";
}

/* The kernel reports a step just before it takes it, and an emulated processor may be stopped in between:
 * TCPLENS_TEST_SLOWNESS as in tests/cli/wait.sh. */
static int64_t near_ns(void)
{
    const char *slowness = getenv("TCPLENS_TEST_SLOWNESS");
    return NEAR_NS * (slowness ? atoll(slowness) : 1);
}

static bool is_reported(const struct arrows *arrows, unsigned local, unsigned remote, uint8_t from,
                        uint8_t to, const struct cause *cause)
{
    for (unsigned i = 0; i < arrows->count; i++) {
        const struct event *event = &arrows->events[i];
        if (event->tuple.local_port == local && event->tuple.remote_port == remote &&
            event->from == from && event->to == to && event->exact &&
            event->mono_ns >= cause->from - near_ns() && event->mono_ns <= cause->to + near_ns())
            return true;
    }
    return false;
}

/* Waits for it; says what is lacking. */
static void expect(struct arrows *arrows, unsigned local, unsigned remote, uint8_t from, uint8_t to,
                   const struct cause *cause)
{
    const int64_t deadline = net_now_ns() + 20 * SECOND_NS;
    arrows->arrows++;
    do {
        event_watch_read(&arrows->watched, take, arrows);
        if (is_reported(arrows, local, remote, from, to, cause))
            return;
        event_watch_wait(&arrows->watched, SECOND_NS / 100);
    } while (net_now_ns() < deadline);
    printf("not reported: %u to %u: %s to %s within [%lld, %lld] us\n", local, remote,
           name_of(from), name_of(to), (long long)cause->from / 1000, (long long)cause->to / 1000);
    for (unsigned i = 0; i < arrows->count; i++) {
        const struct event *event = &arrows->events[i];
        if (event->tuple.local_port == local && event->tuple.remote_port == remote)
            printf("    reported: %s to %s at %lld us%s\n", name_of(event->from),
                   name_of(event->to), (long long)event->mono_ns / 1000,
                   event->exact ? "" : " by a frame");
    }
    arrows->faults++;
}

/* Looks until the socket is in the state: the cause lies between the last two looks, or after
 * `since` if the first finds it there. */
static struct cause watch(int fd, int kernel_state, int64_t since)
{
    struct cause cause = {since, 0};
    const int64_t deadline = net_now_ns() + 20 * SECOND_NS;
    for (;;) {
        const int64_t looked = net_now_ns();
        if (net_state(fd) == kernel_state)
            break;
        if (looked > deadline)
            net_die("the socket did not get into state %d within 20 s", kernel_state);
        cause.from = looked;
        const struct timespec little = {0, 20000};
        ppoll(NULL, 0, &little, NULL);
    }
    end(&cause);
    return cause;
}

/* What a call causes at the other end is done before it returns, unless the kernel is busy and puts
 * off receiving (ksoftirqd): then it was caused until it is seen there. */
static void end_seen(struct cause *cause, int fd, int kernel_state)
{
    end(cause);
    if (net_state(fd) != kernel_state)
        cause->to = watch(fd, kernel_state, cause->from).to;
}

static bool is_in_table(unsigned local, unsigned remote)
{
    FILE *file = fopen("/proc/self/net/tcp", "re");
    char line[256];
    bool found = false;
    while (file && !found && fgets(line, sizeof(line), file)) {
        unsigned ports[2];
        found = sscanf(line, " %*[^:]: %*[^:]:%x %*[^:]:%x", &ports[0], &ports[1]) == 2 &&
                ports[0] == local && ports[1] == remote;
    }
    if (file)
        fclose(file);
    return found;
}

/* The same for an orphaned socket. */
static void end_gone(struct cause *cause, unsigned local, unsigned remote)
{
    const int64_t deadline = net_now_ns() + 20 * SECOND_NS;
    bool late = false;
    end(cause);
    while (is_in_table(local, remote)) {
        late = true;
        if (net_now_ns() > deadline)
            net_die("port %u to %u is not gone within 20 s", local, remote);
    }
    if (late)
        end(cause);
}

static void reset(int fd)
{
    static const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
    net_close(fd);
}

/* listen, connect, accept: the six arrows to ESTABLISHED. */
static struct pair open_pair(struct arrows *arrows, unsigned port)
{
    struct pair pair = {.port = port, .client_port = port + 1};
    const struct net_address local = net_v4(HOST, pair.client_port);
    struct cause cause = begin();
    pair.listener = net_listen(net_v4(HOST, port), 8, 0);
    end(&cause);
    expect(arrows, port, 0, STATE_NONE, STATE_LISTEN, &cause);

    pair.client = net_socket(AF_INET, &local, 0);
    cause = begin();
    net_connect(pair.client, net_v4(HOST, port));
    end(&cause);
    pair.server = net_accept(pair.listener);
    const int64_t accepted_ns = net_now_ns();
    expect(arrows, port + 1, port, STATE_NONE, STATE_SYN_SENT, &cause);
    expect(arrows, port + 1, port, STATE_SYN_SENT, STATE_ESTABLISHED, &cause);
    cause.to = accepted_ns; /* connect() does not wait for the third segment to arrive */
    expect(arrows, port, port + 1, STATE_NONE, STATE_SYN_RECEIVED, &cause);
    expect(arrows, port, port + 1, STATE_SYN_RECEIVED, STATE_ESTABLISHED, &cause);
    return pair;
}

static void close_listener(struct arrows *arrows, const struct pair *pair)
{
    struct cause cause = begin();
    net_close(pair->listener);
    end(&cause);
    expect(arrows, pair->port, 0, STATE_LISTEN, STATE_DELETE_TCB, &cause);
}

static void close_in_order(struct arrows *arrows, unsigned port)
{
    const struct pair pair = open_pair(arrows, port);
    struct cause cause = begin();
    shutdown(pair.client, SHUT_WR);
    end_seen(&cause, pair.server, KERNEL_CLOSE_WAIT);
    expect(arrows, port + 1, port, STATE_ESTABLISHED, STATE_FIN_WAIT_1, &cause);
    expect(arrows, port, port + 1, STATE_ESTABLISHED, STATE_CLOSE_WAIT, &cause);
    const struct cause acknowledged = watch(pair.client, KERNEL_FIN_WAIT_2, cause.from);
    expect(arrows, port + 1, port, STATE_FIN_WAIT_1, STATE_FIN_WAIT_2, &acknowledged);
    cause = begin();
    net_close(pair.server);
    end_gone(&cause, port, port + 1); /* which its peer's last acknowledgement does */
    expect(arrows, port, port + 1, STATE_CLOSE_WAIT, STATE_LAST_ACK, &cause);
    expect(arrows, port, port + 1, STATE_LAST_ACK, STATE_DELETE_TCB, &cause);
    expect(arrows, port + 1, port, STATE_FIN_WAIT_2, STATE_TIME_WAIT, &cause);
    net_close(pair.client);
    close_listener(arrows, &pair);
}

/* Each end's FIN is thrown away once; the retransmitted ones cross. */
static void close_at_once(struct arrows *arrows, unsigned port)
{
    const struct pair pair = open_pair(arrows, port);
    net_drop_incoming(pair.client, true);
    net_drop_incoming(pair.server, true);
    struct cause cause = begin();
    shutdown(pair.client, SHUT_WR);
    shutdown(pair.server, SHUT_WR);
    end(&cause);
    expect(arrows, port + 1, port, STATE_ESTABLISHED, STATE_FIN_WAIT_1, &cause);
    expect(arrows, port, port + 1, STATE_ESTABLISHED, STATE_FIN_WAIT_1, &cause);
    net_drop_incoming(pair.client, false);
    cause = watch(pair.client, KERNEL_CLOSING, cause.from);
    expect(arrows, port + 1, port, STATE_FIN_WAIT_1, STATE_CLOSING, &cause);
    net_drop_incoming(pair.server, false);
    cause = watch(pair.client, KERNEL_CLOSE, cause.from);
    expect(arrows, port + 1, port, STATE_CLOSING, STATE_TIME_WAIT, &cause);
    net_close(pair.client);
    net_close(pair.server);
    close_listener(arrows, &pair);
}

/* A socket that connects to itself: both SYNs cross. */
static void open_at_once(struct arrows *arrows, unsigned port)
{
    const struct net_address local = net_v4(HOST, port);
    const int fd = net_socket(AF_INET, &local, 0);
    struct cause cause = begin();
    net_connect(fd, local);
    end(&cause);
    expect(arrows, port, port, STATE_NONE, STATE_SYN_SENT, &cause);
    expect(arrows, port, port, STATE_SYN_SENT, STATE_SYN_RECEIVED, &cause);
    expect(arrows, port, port, STATE_SYN_RECEIVED, STATE_ESTABLISHED, &cause);
    cause = begin();
    reset(fd);
    end(&cause);
    expect(arrows, port, port, STATE_ESTABLISHED, STATE_DELETE_TCB, &cause);
}

static void refuse(struct arrows *arrows, unsigned port)
{
    const struct net_address local = net_v4(HOST, port + 1), remote = net_v4(HOST, port);
    const int fd = net_socket(AF_INET, &local, 0);
    struct cause cause = begin();
    if (connect(fd, &remote.u.any, sizeof(remote.u.v4)) == 0)
        net_die("somebody listens on port %u", port);
    end(&cause);
    expect(arrows, port + 1, port, STATE_NONE, STATE_SYN_SENT, &cause);
    expect(arrows, port + 1, port, STATE_SYN_SENT, STATE_DELETE_TCB, &cause);
    net_close(fd);
}

/* A reset ends the connection from wherever it is; FIN-WAIT-2 is where it could be mistaken for the
 * way to TIME-WAIT. */
static void reset_from(struct arrows *arrows, unsigned port, bool half_closed)
{
    const struct pair pair = open_pair(arrows, port);
    if (half_closed) {
        shutdown(pair.client, SHUT_WR);
        watch(pair.client, KERNEL_FIN_WAIT_2, 0); /* the acknowledgement may be delayed */
    }
    struct cause cause = begin();
    reset(pair.server);
    end_seen(&cause, pair.client, KERNEL_CLOSE);
    expect(arrows, port + 1, port, half_closed ? STATE_FIN_WAIT_2 : STATE_ESTABLISHED,
           STATE_DELETE_TCB, &cause);
    expect(arrows, port, port + 1, half_closed ? STATE_CLOSE_WAIT : STATE_ESTABLISHED,
           STATE_DELETE_TCB, &cause);
    net_close(pair.client);
    close_listener(arrows, &pair);
}

/* Frames go on all the while: none tells a change again, or another one. */
static void check_chains(struct arrows *arrows)
{
    const uint64_t last = event_watch_frames(&arrows->watched) + 3;
    while (event_watch_frames(&arrows->watched) < last)
        event_watch_wait(&arrows->watched, SECOND_NS / 10);
    event_watch_read(&arrows->watched, take, arrows);
    for (unsigned i = 0; i < arrows->count; i++) {
        const struct event *event = &arrows->events[i];
        uint8_t before = STATE_NONE;
        for (unsigned j = 0; j < i; j++)
            if (arrows->events[j].cookie == event->cookie)
                before = arrows->events[j].to;
        if (event->from == before)
            continue;
        printf("%u to %u: reported %s to %s after it was reported to be %s\n",
               event->tuple.local_port, event->tuple.remote_port, name_of(event->from),
               name_of(event->to), name_of(before));
        arrows->faults++;
    }
}

int main(int argc, char **argv)
{
    static struct arrows arrows;
    if (argc != 2) {
        fputs("usage: test_arrows bpf\n", stderr);
        return 2;
    }
    net_enter_namespace(0);
    event_watch_start(&arrows.watched, argv[1], SECOND_NS / 10, 0);
    close_in_order(&arrows, 21000);
    close_at_once(&arrows, 21010);
    open_at_once(&arrows, 21020);
    refuse(&arrows, 21030);
    reset_from(&arrows, 21040, false);
    reset_from(&arrows, 21050, true);
    check_chains(&arrows);
    collector_free(arrows.watched.collector);
    printf("%u arrows, %u events, %u faults\n", arrows.arrows, arrows.count, arrows.faults);
    return arrows.faults ? 1 : 0;
}
