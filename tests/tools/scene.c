/* scene: builds one socket in every state a program can bring about, says which, and holds them.
 *
 *     scene --unshare --hold tcplens list --json
 *     scene --unshare --pairs 100000 --processes 4 --list truth.jsonl --hold sh -c '...'
 *     scene --unshare --list truth.jsonl          prints "ready", ends at the end of its input or
 * SIGTERM
 *
 * Without --list the lines of the list follow "ready" on stdout, and then "end" (not with --hold).
 * With --busy or --replace the pairs carry data or are replaced all the while, and the list says
 * how they stood at first. Each line is a JSON object: kind, state, family, laddr, lport, raddr,
 * rport, ifname, inode, pid, cookie; what is unknown or does not exist is absent. Kinds are named
 * in PARTS and below. TIME-WAIT and the orphan last 60 s, all else stays. Must not know the program
 * under test. */
#include "net_tools.h"
#include "scene_traffic.h"

#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: scene [--unshare] [--buckets N] [--bare] [--pairs N] [--processes M]\n"
    "             [--busy PERCENT] [--replace PERCENT] [--period MS]\n"
    "             [--port BASE] [--list FILE] [--hold CMD ARG...]\n"
    "  --unshare      in a network namespace of its own (root), lo up\n"
    "  --buckets N    that namespace's established table gets N buckets\n"
    "  --bare         no sockets but the --pairs\n"
    "  --pairs N      N more established pairs (2 N sockets), held by ...\n"
    "  --processes M  ... M child processes (1), more where RLIMIT_NOFILE asks for it\n"
    "  --busy P       P % of the pairs carry data both ways in each ...\n"
    "  --replace P    P % of the pairs are reset and made anew in each ...\n"
    "  --period MS    ... period (1000)\n"
    "  --port BASE    the first port used (20000)\n"
    "  --list FILE    the list of sockets, complete before \"ready\"\n"
    "  --hold CMD     run CMD once ready, end with its exit code\n";

enum {
    LOOPBACK = 0x7f000001,
    REUSEPORT_LISTENERS = 16,
    PAIRS_PER_ADDRESS = 1000,
    PROCESSES_MAX = 1000,
    FILES_SPARE = 100
};

struct scene {
    FILE *list;
    unsigned port;        /* the next server port */
    unsigned client_port; /* the next client port */
    unsigned long pairs;
    unsigned processes;
    pid_t children[PROCESSES_MAX];
    unsigned child_count;
    unsigned busy_percent, replace_percent, period_ms;
    int begin[2]; /* its end is that of the wait for all children */
};

struct pair {
    int listener, client, server;
};

static void list_socket(struct scene *scene, const char *kind, int fd)
{
    struct net_facts facts = net_facts_of(fd);
    net_facts_write(scene->list, kind, &facts);
}

static int client_for(struct scene *scene, struct net_address remote)
{
    struct net_address local = remote;
    local.u.v4.sin_port = htons((uint16_t)scene->client_port++);
    int fd = net_socket(remote.u.any.sa_family, &local, NET_NONBLOCK);
    net_connect(fd, remote);
    return fd;
}

/* A listener of its own, and one connection accepted from it. */
static struct pair make_pair_at(struct scene *scene, struct net_address address)
{
    struct pair pair = {.listener = net_listen(address, 8, 0)};
    pair.client = client_for(scene, address);
    pair.server = net_accept(pair.listener);
    net_wait_state(pair.client, TCP_ESTABLISHED);
    return pair;
}

/* The listener is closed, so that the scene stays easy to read. */
static struct pair make_pair(struct scene *scene)
{
    struct pair pair = make_pair_at(scene, net_v4(LOOPBACK, scene->port++));
    net_close(pair.listener);
    net_cookie(pair.client);
    net_cookie(pair.server);
    return pair;
}

static void end_writing(int fd)
{
    if (shutdown(fd, SHUT_WR) != 0)
        net_die("shutdown: %s", strerror(errno));
}

static void list_pair(struct scene *scene, const char *client_kind, const char *server_kind,
                      struct pair pair)
{
    list_socket(scene, client_kind, pair.client);
    list_socket(scene, server_kind, pair.server);
}

static void make_listeners(struct scene *scene)
{
    list_socket(scene, "listen-v4", net_listen(net_v4(INADDR_ANY, scene->port++), 7, 0));
    for (unsigned i = 0; i < REUSEPORT_LISTENERS; i++)
        list_socket(scene, "listen-reuseport",
                    net_listen(net_v4(LOOPBACK, scene->port), 5, NET_REUSEPORT));
    scene->port++;
    if (!net_has_ipv6())
        return;
    list_socket(scene, "listen-v6", net_listen(net_v6("::1", scene->port++), 6, 0));
    list_socket(scene, "listen-v6only", net_listen(net_v6("::", scene->port++), 6, NET_V6ONLY));
    list_socket(scene, "listen-dual", net_listen(net_v6("::", scene->port++), 6, NET_DUAL));
}

static void make_bound(struct scene *scene)
{
    struct net_address address = net_v4(LOOPBACK, scene->port++);
    list_socket(scene, "bound", net_socket(AF_INET, &address, 0));
}

static void make_established(struct scene *scene)
{
    struct pair pair = make_pair_at(scene, net_v4(LOOPBACK, scene->port++));
    list_socket(scene, "established-listener", pair.listener);
    list_pair(scene, "established-client", "established-server", pair);
    if (!net_has_ipv6())
        return;
    pair = make_pair_at(scene, net_v6("::1", scene->port++));
    net_close(pair.listener);
    list_pair(scene, "established-v6-client", "established-v6-server", pair);
    if (!net_add_link_local())
        return;
    pair = make_pair_at(scene, net_v6("fe80::1", scene->port++));
    net_close(pair.listener);
    list_pair(scene, "link-local-client", "link-local-server", pair);
}

static void make_mapped(struct scene *scene)
{
    if (!net_has_ipv6())
        return;
    struct pair pair = {.listener = net_listen(net_v6("::", scene->port), 8, NET_DUAL)};
    pair.client = client_for(scene, net_v4(LOOPBACK, scene->port++));
    pair.server = net_accept(pair.listener);
    net_close(pair.listener);
    list_pair(scene, "mapped-client", "mapped-server", pair);
}

static void make_not_accepted(struct scene *scene)
{
    struct net_address address = net_v4(LOOPBACK, scene->port++);
    list_socket(scene, "not-accepted-listener", net_listen(address, 3, 0));
    int client = client_for(scene, address);
    net_wait_state(client, TCP_ESTABLISHED);
    struct net_facts facts = net_facts_of(client);
    net_facts_write(scene->list, "not-accepted-client", &facts);
    facts = net_facts_mirror(&facts, TCP_ESTABLISHED);
    net_facts_write(scene->list, "not-accepted", &facts);
}

static void make_syn_sent(struct scene *scene)
{
    struct net_address address = net_v4(LOOPBACK, scene->port++);
    int listener = net_listen(address, 3, 0), retries = 127;
    net_drop_incoming(listener, true);
    list_socket(scene, "syn-sent-listener", listener);
    int client = client_for(scene, address);
    setsockopt(client, IPPROTO_TCP, TCP_SYNCNT, &retries, sizeof(retries));
    struct net_facts facts = net_facts_of(client);
    facts.remote = address; /* getpeername knows no peer yet, the kernel's table does */
    facts.has_remote = true;
    net_facts_write(scene->list, "syn-sent", &facts);
}

static void make_syn_received(struct scene *scene)
{
    struct net_address address = net_v4(LOOPBACK, scene->port++);
    int listener = net_listen(address, 3, 0), seconds = 3600;
    if (setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)) != 0)
        net_die("TCP_DEFER_ACCEPT: %s", strerror(errno));
    list_socket(scene, "syn-received-listener", listener);
    int client = client_for(scene, address);
    net_wait_state(client, TCP_ESTABLISHED);
    struct net_facts facts = net_facts_of(client);
    net_facts_write(scene->list, "syn-received-client", &facts);
    facts = net_facts_mirror(&facts, TCP_SYN_RECV);
    net_facts_write(scene->list, "syn-received", &facts);
}

static void make_half_closed(struct scene *scene)
{
    struct pair pair = make_pair(scene);
    end_writing(pair.client);
    net_wait_state(pair.client, TCP_FIN_WAIT2);
    list_pair(scene, "fin-wait-2", "close-wait", pair);
}

static void make_orphan(struct scene *scene)
{
    struct pair pair = make_pair(scene);
    end_writing(pair.client);
    net_wait_state(pair.client, TCP_FIN_WAIT2); /* the FIN is acknowledged late */
    struct net_facts facts = net_facts_of(pair.client);
    net_close(pair.client);
    facts.inode = 0;
    facts.pid = 0;
    net_facts_write(scene->list, "fin-wait-2-orphan", &facts);
    list_socket(scene, "close-wait-of-orphan", pair.server);
}

static void make_time_wait(struct scene *scene)
{
    struct pair pair = make_pair(scene);
    struct net_facts facts = net_facts_of(pair.client);
    net_close(pair.client);
    net_wait_state(pair.server, TCP_CLOSE_WAIT);
    net_close(pair.server);
    facts.state = TCP_TIME_WAIT;
    facts.inode = 0;
    facts.pid = 0;
    net_facts_write(scene->list, "time-wait", &facts);
}

static void make_fin_wait_1(struct scene *scene)
{
    struct pair pair = make_pair(scene);
    net_drop_incoming(pair.server, true);
    end_writing(pair.client);
    net_wait_state(pair.client, TCP_FIN_WAIT1);
    list_pair(scene, "fin-wait-1", "fin-wait-1-peer", pair);
}

/* Both ends send a FIN that the other does not receive; then the client receives again, the server
 * never. */
static void make_closing(struct scene *scene)
{
    struct pair pair = make_pair(scene);
    net_drop_incoming(pair.server, true);
    net_drop_incoming(pair.client, true);
    end_writing(pair.client);
    end_writing(pair.server);
    net_drop_incoming(pair.client, false);
    net_wait_state(pair.client, TCP_CLOSING);
    list_pair(scene, "closing", "closing-peer", pair);
}

static void make_last_ack(struct scene *scene)
{
    struct pair pair = make_pair(scene);
    end_writing(pair.client);
    net_wait_state(pair.client, TCP_FIN_WAIT2);
    net_drop_incoming(pair.client, true);
    end_writing(pair.server);
    net_wait_state(pair.server, TCP_LAST_ACK);
    list_pair(scene, "last-ack-peer", "last-ack", pair);
}

static void (*const PARTS[])(struct scene *) = {
    make_listeners,  make_bound,        make_established, make_mapped, make_not_accepted,
    make_syn_sent,   make_syn_received, make_half_closed, make_orphan, make_time_wait,
    make_fin_wait_1, make_closing,      make_last_ack,
};

/* Each process has a listener at an address of its own, and client addresses of its own. */
static void make_many(struct scene *scene, unsigned number, struct traffic *traffic)
{
    traffic->remote = net_v4(0x7f010001 + number, scene->port);
    traffic->listener = net_listen(traffic->remote, 64, 0);
    list_socket(scene, "many-listener", traffic->listener);
    for (size_t i = 0; i < traffic->count; i++) {
        struct traffic_pair *pair = &traffic->pairs[i];
        pair->local = net_v4(0x7f400001 + (number << 10) + (uint32_t)(i / PAIRS_PER_ADDRESS), 0);
        traffic_connect(traffic, pair);
        list_socket(scene, "many-client", pair->client);
        list_socket(scene, "many-server", pair->server);
    }
}

static _Noreturn void run_child(struct scene *scene, unsigned number, unsigned long pairs, int done)
{
    struct traffic traffic = {.pairs = calloc(pairs, sizeof(*traffic.pairs)),
                              .count = pairs,
                              .busy_percent = scene->busy_percent,
                              .replace_percent = scene->replace_percent,
                              .period_ms = scene->period_ms};
    sigset_t none;
    char byte;
    if (!traffic.pairs)
        net_die("out of memory");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    make_many(scene, number, &traffic);
    if (fflush(scene->list) != 0 || write(done, "", 1) != 1)
        _exit(1);
    close(scene->begin[1]);
    if (read(scene->begin[0], &byte, 1) != 0)
        _exit(1);
    if (scene->busy_percent || scene->replace_percent)
        traffic_run(&traffic, number);
    for (;;)
        pause();
}

/* One after the other, so that their lists do not mix. */
static void start_child(struct scene *scene, unsigned number, unsigned long pairs)
{
    int done[2];
    char byte;
    fflush(scene->list);
    if (pipe(done) != 0)
        net_die("pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        net_die("fork: %s", strerror(errno));
    if (pid == 0) {
        close(done[0]);
        run_child(scene, number, pairs, done[1]);
    }
    scene->children[scene->child_count++] = pid;
    close(done[1]);
    if (read(done[0], &byte, 1) != 1)
        net_die("child process %u did not get its sockets", number);
    close(done[0]);
}

/* Not every root may raise its limits (containers): then more processes share the sockets. */
static void fit_processes(struct scene *scene)
{
    unsigned long files = net_raise_file_limit(scene->pairs / scene->processes * 2 + FILES_SPARE);
    unsigned long pairs_each = (files - FILES_SPARE) / 2;
    unsigned long needed = (scene->pairs + pairs_each - 1) / pairs_each;
    if (needed <= scene->processes)
        return;
    if (needed > PROCESSES_MAX)
        net_die("%lu pairs do not fit in %d processes of %lu files: raise ulimit -n", scene->pairs,
                PROCESSES_MAX, files);
    fprintf(stderr, "scene: %lu processes instead of %u: each may have %lu files open\n", needed,
            scene->processes, files);
    scene->processes = (unsigned)needed;
}

static void start_children(struct scene *scene)
{
    if (scene->pairs > 0)
        fit_processes(scene);
    if (pipe(scene->begin) != 0)
        net_die("pipe: %s", strerror(errno));
    for (unsigned i = 0; i < scene->processes && scene->pairs > 0; i++)
        start_child(scene, i,
                    scene->pairs / scene->processes + (i < scene->pairs % scene->processes));
    close(scene->begin[0]);
    close(scene->begin[1]);
}

static void end_children(struct scene *scene)
{
    for (unsigned i = 0; i < scene->child_count; i++)
        kill(scene->children[i], SIGKILL);
    for (unsigned i = 0; i < scene->child_count; i++)
        waitpid(scene->children[i], NULL, 0);
}

static void wait_for_end(int signals)
{
    char bytes[256];
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = signals, .events = POLLIN}};
    while (poll(fds, 2, -1) >= 0) {
        if (fds[1].revents != 0)
            return;
        if (fds[0].revents != 0 && read(STDIN_FILENO, bytes, sizeof(bytes)) <= 0)
            return;
    }
}

static void copy_list(FILE *list)
{
    char bytes[65536];
    size_t size;
    rewind(list);
    while ((size = fread(bytes, 1, sizeof(bytes), list)) > 0)
        fwrite(bytes, 1, size, stdout);
    puts("end");
}

static int block_signals(sigset_t *before)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, before);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

struct arguments {
    bool unshare, bare;
    unsigned buckets;
    const char *list;
    char **hold;
};

static const struct option OPTIONS[] = {
    {"unshare", 0, NULL, 'u'}, {"buckets", 1, NULL, 'b'}, {"bare", 0, NULL, 'e'},
    {"pairs", 1, NULL, 'n'},   {"port", 1, NULL, 'p'},    {"processes", 1, NULL, 'm'},
    {"busy", 1, NULL, 'c'},    {"replace", 1, NULL, 'r'}, {"period", 1, NULL, 't'},
    {"list", 1, NULL, 'l'},    {"hold", 0, NULL, 'x'},    {"help", 0, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void parse(int argc, char **argv, struct arguments *arguments, struct scene *scene)
{
    int option;
    while (!arguments->hold && (option = getopt_long(argc, argv, "+h", OPTIONS, NULL)) != -1) {
        unsigned long number = optarg ? strtoul(optarg, NULL, 10) : 0;
        if (option == 'h' || option == '?') {
            fputs(USAGE, option == 'h' ? stdout : stderr);
            exit(option == 'h' ? 0 : 2);
        }
        arguments->unshare |= option == 'u';
        arguments->bare |= option == 'e';
        if (option == 'b')
            arguments->buckets = (unsigned)number;
        else if (option == 'l')
            arguments->list = optarg;
        else if (option == 'x')
            arguments->hold = argv + optind;
        else if (option == 'n')
            scene->pairs = number;
        else if (option == 'p')
            scene->port = (unsigned)number;
        else if (option == 'm')
            scene->processes = (unsigned)number;
        else if (option == 'c')
            scene->busy_percent = (unsigned)number;
        else if (option == 'r')
            scene->replace_percent = (unsigned)number;
        else if (option == 't')
            scene->period_ms = (unsigned)number;
    }
    if (scene->period_ms < 1 || scene->processes < 1 || scene->processes > PROCESSES_MAX ||
        (arguments->hold && !arguments->hold[0]) || (!arguments->hold && optind < argc)) {
        fputs(USAGE, stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct scene scene = {.port = 20000, .processes = 1, .period_ms = 1000};
    sigset_t before;
    int rc = 0;
    parse(argc, argv, &arguments, &scene);
    scene.client_port = scene.port + 5000;
    if (arguments.unshare)
        net_enter_namespace(arguments.buckets);
    scene.list = arguments.list ? fopen(arguments.list, "we") : tmpfile();
    if (!scene.list)
        net_die("%s: %s", arguments.list ? arguments.list : "a temporary file", strerror(errno));
    for (size_t i = 0; !arguments.bare && i < sizeof(PARTS) / sizeof(PARTS[0]); i++)
        PARTS[i](&scene);
    int signals = block_signals(&before);
    start_children(&scene);
    fflush(scene.list);
    if (arguments.hold) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        rc = net_run_command(arguments.hold);
    } else {
        puts("ready");
        if (!arguments.list)
            copy_list(scene.list);
        fflush(stdout);
        wait_for_end(signals);
    }
    end_children(&scene);
    return rc;
}
