/* steady: sends at a constant rate over loopback and says how much, so that a monitor's figures can
 * be held to it.
 *
 *     steady --rate BYTES_PER_S [--life MS | --size BYTES] [--port PORT]
 *
 * In one connection; with --life in one after the other, each open for so long; with --size in as
 * many as it takes that each carries so many bytes. The sender closes first. A child process
 * receives. Prints the pids of both on a line, then every 20 ms a line: time (ns, CLOCK_MONOTONIC)
 * and bytes sent so far. Ends with its standard input. */
#include "net_tools.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS   1000000000LL
#define MS_NS       1000000LL
#define STEP_NS     (2 * MS_NS)  /* between two looks at what is due */
#define SAY_NS      (20 * MS_NS) /* between two lines */
#define LOOPBACK    0x7f000001u
#define RECEIVE_MAX 64
#define SEND_BUFFER                                                                                \
    (64 << 10) /* else much of what it says it sent waits there for a busy receiver */
#define SENDER   "steady-out"
#define RECEIVER "steady-in"

struct load {
    uint64_t rate, size; /* size 0: by time */
    int64_t life_ns;     /* 0: one connection for all */
    unsigned port;
};

static char bytes[1 << 16];

/* --- the receiver --- */

static bool drain(int fd)
{
    static char got[1 << 18];
    ssize_t length = recv(fd, got, sizeof(got), MSG_DONTWAIT);
    return length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR));
}

static _Noreturn void receive(int listener)
{
    struct pollfd fds[RECEIVE_MAX] = {{listener, POLLIN, 0}};
    nfds_t count = 1;

    prctl(PR_SET_NAME, RECEIVER);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        fds[0].events = count < RECEIVE_MAX ? POLLIN : 0;
        if (poll(fds, count, -1) < 0 && errno != EINTR)
            net_die("poll: %s", strerror(errno));
        for (nfds_t i = count; i-- > 1;) {
            if (!fds[i].revents || drain(fds[i].fd))
                continue;
            net_close(fds[i].fd);
            fds[i] = fds[--count];
        }
        if (fds[0].revents & POLLIN)
            fds[count++] = (struct pollfd){net_accept(listener), POLLIN, 0};
    }
}

/* --- the sender --- */

static int connect_to(unsigned port)
{
    int fd = net_socket(AF_INET, NULL, 0);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){SEND_BUFFER}, sizeof(int));
    net_connect(fd, net_v4(LOOPBACK, port));
    return fd;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void send_all(int fd, uint64_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, (size_t)least(length, sizeof(bytes)), MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            net_die("send: %s", strerror(errno));
        length -= sent > 0 ? (uint64_t)sent : 0;
    }
}

/* Sends what is due by now: the whole of it before the next look. */
static void send_due(const struct load *load, uint64_t due, uint64_t *sent)
{
    static int fd = -1;
    static uint64_t carried;
    static int64_t opened_ns;

    if (fd >= 0 && load->life_ns && net_now_ns() - opened_ns >= load->life_ns) {
        net_close(fd);
        fd = -1;
    }
    while (*sent < due) {
        if (fd < 0) {
            fd = connect_to(load->port);
            opened_ns = net_now_ns();
            carried = 0;
        }
        uint64_t part = due - *sent;
        if (load->size)
            part = least(part, load->size - carried);
        send_all(fd, part);
        *sent += part;
        carried += part;
        if (load->size && carried == load->size) {
            net_close(fd);
            fd = -1;
        }
    }
}

static void say(uint64_t sent)
{
    printf("%lld %llu\n", (long long)net_now_ns(), (unsigned long long)sent);
    fflush(stdout);
}

static void send_until_end(const struct load *load)
{
    const int64_t begin_ns = net_now_ns();
    struct pollfd end = {STDIN_FILENO, POLLIN, 0};
    int64_t said_ns = 0;
    uint64_t sent = 0;

    while (poll(&end, 1, 0) == 0) {
        const int64_t now_ns = net_now_ns();
        const uint64_t due = (uint64_t)((double)load->rate * (double)(now_ns - begin_ns) / 1e9);
        send_due(load, due, &sent);
        if (now_ns - said_ns >= SAY_NS) {
            said_ns = now_ns;
            say(sent);
        }
        ppoll(NULL, 0, &(struct timespec){.tv_nsec = STEP_NS}, NULL); /* the pace, no wait */
    }
    say(sent);
}

static struct load read_options(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"rate", required_argument, NULL, 'r'},
                                            {"life", required_argument, NULL, 'l'},
                                            {"size", required_argument, NULL, 's'},
                                            {"port", required_argument, NULL, 'p'},
                                            {0}};
    struct load load = {.port = 7000};
    for (int option; (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
        const unsigned long long value = optarg ? strtoull(optarg, NULL, 10) : 0;
        if (option == 'r')
            load.rate = value;
        else if (option == 'l')
            load.life_ns = (int64_t)value * MS_NS;
        else if (option == 's')
            load.size = value;
        else if (option == 'p')
            load.port = (unsigned)value;
        else
            exit(2);
    }
    if (!load.rate || (load.life_ns && load.size)) {
        fputs("usage: steady --rate BYTES_PER_S [--life MS | --size BYTES] [--port PORT]\n",
              stderr);
        exit(2);
    }
    return load;
}

int main(int argc, char **argv)
{
    const struct load load = read_options(argc, argv);
    const int listener = net_listen(net_v4(LOOPBACK, load.port), 128, 0);
    const pid_t receiver = fork();

    if (receiver < 0)
        net_die("fork: %s", strerror(errno));
    if (receiver == 0)
        receive(listener);
    net_close(listener);
    prctl(PR_SET_NAME, SENDER);
    printf("%d %d\n", getpid(), receiver);
    send_until_end(&load);
    kill(receiver, SIGKILL);
    return 0;
}
