/* lifecycle: leads one connection through its life, a step a command, so that a test can look
 * between the steps.
 *
 *     scene --unshare --bare --hold lifecycle        or: lifecycle --unshare
 *
 * Prints "ready LPORT CPORT" (the server's and the client's port, on 127.0.0.1 or ::1) and then
 * reads commands, one a line. Each is answered with "ok client=STATE server=STATE" (RFC names, as
 * in /proc/net/tcp; "-": no such row) or with "error WHY". The two states are those of the two
 * ends' rows, descriptor or not.
 *
 *     listen [defer]           a listener; defer: the server stays in SYN-RECEIVED until data come
 *     connect                  the client, non-blocking
 *     accept                   waits for the connection
 *     send client|server N     N bytes
 *     recv client|server       all that is there
 *     shutdown client|server   its FIN
 *     close client|server|listener
 *     reset client|server      closes with RST
 *     hold client|server|listener     drops every segment that arrives for it ...
 *     release client|server|listener  ... and no longer
 *     wait client|server STATE        until the row is in STATE ("-": gone), within 10 s
 *     state                    just the answer
 *     quit                     as does the end of the input
 *
 * To hold SYN-SENT: listen, hold listener, connect. On: release listener, wait client ESTABLISHED
 * (the SYN is sent again within a second or so). To hold SYN-RECEIVED: listen defer, connect; on:
 * send client 1. To hold FIN-WAIT-1: hold server, shutdown client; on: release server. CLOSING:
 * hold both, shutdown both, release client. LAST-ACK: shutdown client, hold client, shutdown
 * server. */
#include "net_tools.h"

#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: lifecycle [--unshare] [--v6] [--port N] [--client-port N]\n"
    "  Commands on standard input: listen [defer], connect, accept, send END N, recv END,\n"
    "  shutdown END, close END, reset END, hold END, release END, wait END STATE, state,\n"
    "  quit; END is client, server or listener. Answers \"ok client=STATE server=STATE\".\n";

enum end { END_CLIENT, END_SERVER, END_LISTENER, END_COUNT };
static const char *const END_NAMES[END_COUNT] = {"client", "server", "listener"};

struct life {
    bool v6;
    unsigned port, client_port;
    int fds[END_COUNT]; /* -1: none */
};

static int row_state(const char *path, unsigned local, unsigned remote)
{
    char line[512];
    int state = 0;
    FILE *table = fopen(path, "re");
    while (table && state == 0 && fgets(line, sizeof(line), table)) {
        unsigned lport, rport, found;
        if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %x", &lport, &rport, &found) == 3 &&
            lport == local && rport == remote)
            state = (int)found;
    }
    if (table)
        fclose(table);
    return state;
}

static const char *state_of(const struct life *life, enum end end)
{
    const char *path = life->v6 ? "/proc/net/tcp6" : "/proc/net/tcp";
    if (end == END_CLIENT)
        return net_state_name(row_state(path, life->client_port, life->port));
    return net_state_name(row_state(path, life->port, life->client_port));
}

static struct net_address address_of(const struct life *life, unsigned port)
{
    return life->v6 ? net_v6("::1", port) : net_v4(INADDR_LOOPBACK, port);
}

static void set_fd(struct life *life, enum end end, int fd)
{
    if (life->fds[end] >= 0)
        close(life->fds[end]);
    life->fds[end] = fd;
}

/* Every command: NULL, or why not. The argument is what follows the end. */
static const char *do_listen(struct life *life, enum end end, const char *argument)
{
    int seconds = 3600, fd = net_listen(address_of(life, life->port), 8, 0);
    (void)end;
    if (strcmp(argument, "defer") == 0)
        setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
    set_fd(life, END_LISTENER, fd);
    return NULL;
}

static const char *do_connect(struct life *life, enum end end, const char *argument)
{
    struct net_address local = address_of(life, life->client_port);
    int fd = net_socket(local.u.any.sa_family, &local, NET_NONBLOCK);
    (void)end;
    (void)argument;
    net_connect(fd, address_of(life, life->port));
    set_fd(life, END_CLIENT, fd);
    return NULL;
}

static const char *do_accept(struct life *life, enum end end, const char *argument)
{
    struct pollfd fd = {.fd = life->fds[END_LISTENER], .events = POLLIN};
    (void)end;
    (void)argument;
    if (fd.fd < 0)
        return "there is no listener";
    if (poll(&fd, 1, 10000) != 1)
        return "nothing came to accept within 10 s";
    set_fd(life, END_SERVER, net_accept(fd.fd));
    return NULL;
}

static const char *do_send(struct life *life, enum end end, const char *argument)
{
    static const char bytes[65536];
    for (size_t left = strtoul(argument, NULL, 10); left > 0;) {
        ssize_t sent = send(life->fds[end], bytes, left < sizeof(bytes) ? left : sizeof(bytes),
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return strerror(errno);
        left -= (size_t)sent;
    }
    return NULL;
}

static const char *do_recv(struct life *life, enum end end, const char *argument)
{
    char bytes[65536];
    ssize_t size;
    (void)argument;
    do
        size = recv(life->fds[end], bytes, sizeof(bytes), MSG_DONTWAIT);
    while (size > 0);
    return size < 0 && errno != EAGAIN ? strerror(errno) : NULL;
}

static const char *do_shutdown(struct life *life, enum end end, const char *argument)
{
    (void)argument;
    return shutdown(life->fds[end], SHUT_WR) == 0 ? NULL : strerror(errno);
}

static const char *do_close(struct life *life, enum end end, const char *argument)
{
    (void)argument;
    set_fd(life, end, -1);
    return NULL;
}

static const char *do_reset(struct life *life, enum end end, const char *argument)
{
    static const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    setsockopt(life->fds[end], SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
    return do_close(life, end, argument);
}

static const char *do_hold(struct life *life, enum end end, const char *argument)
{
    (void)argument;
    net_drop_incoming(life->fds[end], true);
    return NULL;
}

static const char *do_release(struct life *life, enum end end, const char *argument)
{
    (void)argument;
    net_drop_incoming(life->fds[end], false);
    return NULL;
}

static const char *do_wait(struct life *life, enum end end, const char *argument)
{
    int64_t deadline = net_now_ns() + 10000000000;
    while (strcmp(state_of(life, end), argument) != 0) {
        if (net_now_ns() > deadline)
            return "not within 10 s";
        poll(NULL, 0, 5); /* then look again */
    }
    return NULL;
}

static const char *do_state(struct life *life, enum end end, const char *argument)
{
    (void)life;
    (void)end;
    (void)argument;
    return NULL;
}

static const struct {
    const char *name;
    const char *(*run)(struct life *life, enum end end, const char *argument);
    bool names_end; /* the word after it is an end ... */
    bool needs_fd;  /* ... that must be open */
} COMMANDS[] = {
    {"listen", do_listen, false, false}, {"connect", do_connect, false, false},
    {"accept", do_accept, false, false}, {"send", do_send, true, true},
    {"recv", do_recv, true, true},       {"shutdown", do_shutdown, true, true},
    {"close", do_close, true, true},     {"reset", do_reset, true, true},
    {"hold", do_hold, true, true},       {"release", do_release, true, true},
    {"wait", do_wait, true, false},      {"state", do_state, false, false},
};

static const char *run_command(struct life *life, char *line)
{
    char *save = NULL;
    const char *name = strtok_r(line, " \n", &save), *end_name, *argument;
    for (size_t i = 0; name && i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
        int end = 0;
        if (strcmp(name, COMMANDS[i].name) != 0)
            continue;
        end_name = COMMANDS[i].names_end ? strtok_r(NULL, " \n", &save) : NULL;
        argument = strtok_r(NULL, " \n", &save);
        while (end_name && end < END_COUNT && strcmp(end_name, END_NAMES[end]) != 0)
            end++;
        if (end == END_COUNT || (COMMANDS[i].names_end && !end_name))
            return "say client, server or listener";
        if (COMMANDS[i].needs_fd && life->fds[end] < 0)
            return "that end is not open";
        return COMMANDS[i].run(life, (enum end)end, argument ? argument : "");
    }
    return "no such command, see lifecycle --help";
}

static void serve(struct life *life)
{
    char line[256];
    printf("ready %u %u\n", life->port, life->client_port);
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) && strcmp(line, "quit\n") != 0) {
        const char *error = run_command(life, line);
        if (error)
            printf("error %s\n", error);
        else
            printf("ok client=%s server=%s\n", state_of(life, END_CLIENT),
                   state_of(life, END_SERVER));
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"unshare", 0, NULL, 'u'},     {"v6", 0, NULL, '6'},   {"port", 1, NULL, 'p'},
        {"client-port", 1, NULL, 'c'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct life life = {.port = 31000, .client_port = 31001, .fds = {-1, -1, -1}};
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h' || option == '?') {
            fputs(USAGE, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : 2;
        }
        if (option == 'u')
            net_enter_namespace(0);
        else if (option == '6')
            life.v6 = true;
        else if (option == 'p')
            life.port = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'c')
            life.client_port = (unsigned)strtoul(optarg, NULL, 10);
    }
    serve(&life);
    return 0;
}
