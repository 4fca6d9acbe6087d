/* churn: many short connections, each with a tuple of its own, and the truth about every one of
 * them.
 *
 *     churn --rate 5000 --seconds 20 --stable 5000 --listeners 16 --truth truth.jsonl
 *
 * Runs in the namespace it finds itself in (scene --unshare --bare --hold churn ...), on 127/8.
 * Prints "ready" once listeners and stable connections stand, and at the end one line with the
 * figures. SIGTERM ends it early, the truth complete. The truth: a head line
 * {"head":true,"mono_ns","real_ns"} that ties the clocks, then a line a connection as its client
 * sees it: family, laddr, lport, raddr, rport, how (close, reset, stable, listen), t_open and
 * t_close, each [earliest, latest] in ns of CLOCK_MONOTONIC (t_close absent: open to the end), and
 * with --cookies cookie and server_cookie. Asking for a cookie makes the kernel give one: without
 * --cookies the sockets stay as programs leave them. After an orderly close the client's row stays
 * in TIME-WAIT for up to 60 s. Must not know the program under test. */
#include "net_tools.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: churn [--rate N] [--seconds S | --count N] [--life MS] [--how close|reset|mixed]\n"
    "             [--stable N] [--listeners N] [--cookies] [--truth FILE] [--port BASE]\n"
    "  --rate N       connections a second (1000); 0: as fast as can be\n"
    "  --seconds S    for so long (10), or\n"
    "  --count N      until so many were made\n"
    "  --life MS      each lives so long (0: closed as soon as it is accepted); less when files "
    "run out\n"
    "  --how HOW      closed in order (client first), reset, or one of two (close)\n"
    "  --stable N     connections that live for the whole run\n"
    "  --listeners N  SO_REUSEPORT listeners on one port, for the whole run\n"
    "  --cookies      write the sockets' cookies too\n"
    "  --truth FILE   where the truth goes\n"
    "  --port BASE    the listener's port (30000); BASE + 1 is that of --listeners\n";

enum {
    CHURN_SERVER = 0x7f000101,  /* 127.0.1.1 */
    STABLE_SERVER = 0x7f000102, /* 127.0.1.2 */
    CHURN_CLIENTS = 0x7f800001, /* 127.128.0.1 and up */
    STABLE_CLIENTS = 0x7f400001,
    FIRST_PORT = 2000,
    PORTS_PER_ADDRESS = 60000,
    LIVE_MAX = 9000,
    END_MS = 20000, /* by when an end has reached the other side */
};

enum how { HOW_CLOSE, HOW_RESET, HOW_MIXED, HOW_STABLE };
static const char *const HOW_NAMES[] = {"close", "reset", "mixed", "stable"};

struct record {
    uint32_t laddr, raddr;
    uint16_t lport, rport;
    enum how how;
    int client, server;
    int64_t open[2], close[2];
    uint64_t cookie, server_cookie;
};

struct churn {
    unsigned long rate, count, stable, listeners, life_ms;
    double seconds;
    enum how how;
    bool cookies;
    const char *truth_path;
    FILE *truth;
    unsigned port;
    int listener;
    struct record live[LIVE_MAX]; /* a ring of those still open, oldest first */
    unsigned long first, made, live_room;
    int64_t start;
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static void write_record(struct churn *churn, const struct record *record)
{
    struct net_facts facts = {.local = net_v4(record->laddr, record->lport),
                              .remote = net_v4(record->raddr, record->rport),
                              .has_remote = true};
    if (!churn->truth)
        return;
    fputc('{', churn->truth);
    net_write_tuple(churn->truth, &facts);
    fprintf(churn->truth, ",\"how\":\"%s\",\"t_open\":[%lld,%lld]", HOW_NAMES[record->how],
            (long long)record->open[0], (long long)record->open[1]);
    if (record->close[0] != 0)
        fprintf(churn->truth, ",\"t_close\":[%lld,%lld]", (long long)record->close[0],
                (long long)record->close[1]);
    if (churn->cookies)
        fprintf(churn->truth, ",\"cookie\":\"%llx\",\"server_cookie\":\"%llx\"",
                (unsigned long long)record->cookie, (unsigned long long)record->server_cookie);
    fputs("}\n", churn->truth);
}

static void open_connection(const struct churn *churn, int listener, struct record *record)
{
    struct net_address local = net_v4(record->laddr, record->lport);
    record->client = net_socket(AF_INET, &local, 0);
    record->open[0] = net_now_ns();
    net_connect(record->client, net_v4(record->raddr, record->rport));
    record->server = net_accept(listener);
    record->open[1] = net_now_ns();
    if (churn->cookies) {
        record->cookie = net_cookie(record->client);
        record->server_cookie = net_cookie(record->server);
    }
}

static void close_connection(struct record *record)
{
    static const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    record->close[0] = net_now_ns();
    if (record->how == HOW_RESET)
        setsockopt(record->client, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
    net_close(record->client);
    struct pollfd end = {record->server, POLLIN, 0};
    poll(&end, 1, END_MS); /* else both ends may close at once, and both have a TIME-WAIT */
    net_close(record->server);
    record->close[1] = net_now_ns();
}

static void close_oldest(struct churn *churn)
{
    struct record *record = &churn->live[churn->first++ % LIVE_MAX];
    close_connection(record);
    write_record(churn, record);
}

static void close_aged(struct churn *churn, int64_t now)
{
    int64_t life = (int64_t)churn->life_ms * 1000000;
    while (churn->first < churn->made && churn->live[churn->first % LIVE_MAX].open[1] + life <= now)
        close_oldest(churn);
}

static void make_one(struct churn *churn)
{
    if (churn->made - churn->first == churn->live_room)
        close_oldest(churn);
    struct record *record = &churn->live[churn->made % LIVE_MAX];
    *record = (struct record){
        .laddr = CHURN_CLIENTS + (uint32_t)(churn->made / PORTS_PER_ADDRESS),
        .lport = (uint16_t)(FIRST_PORT + churn->made % PORTS_PER_ADDRESS),
        .raddr = CHURN_SERVER,
        .rport = (uint16_t)churn->port,
        .how = churn->how != HOW_MIXED ? churn->how
               : churn->made % 2 == 0  ? HOW_CLOSE
                                       : HOW_RESET,
    };
    open_connection(churn, churn->listener, record);
    churn->made++;
    if (churn->life_ms == 0)
        close_oldest(churn);
}

/* When the next connection is due; never later than the next one that must be closed. */
static int64_t next_due(const struct churn *churn)
{
    int64_t due = churn->start;
    if (churn->rate > 0)
        due += (int64_t)((double)churn->made * 1e9 / (double)churn->rate);
    if (churn->first < churn->made) {
        int64_t closing =
            churn->live[churn->first % LIVE_MAX].open[1] + (int64_t)churn->life_ms * 1000000;
        if (closing < due)
            due = closing;
    }
    return due;
}

/* Keeps the pace, to the microsecond; a signal ends it early. */
static void wait_until(int64_t now, int64_t due)
{
    struct timespec left = {.tv_sec = (time_t)((due - now) / 1000000000),
                            .tv_nsec = (long)((due - now) % 1000000000)};
    ppoll(NULL, 0, &left, NULL);
}

static bool finished(const struct churn *churn, int64_t now)
{
    if (stopped)
        return true;
    if (churn->count > 0)
        return churn->made >= churn->count;
    return (double)(now - churn->start) >= churn->seconds * 1e9;
}

static void run(struct churn *churn)
{
    churn->start = net_now_ns();
    for (int64_t now = churn->start; !finished(churn, now); now = net_now_ns()) {
        int64_t due = next_due(churn);
        if (due > now) {
            wait_until(now, due);
            continue;
        }
        close_aged(churn, now);
        if (churn->rate == 0 ||
            (double)(now - churn->start) * (double)churn->rate >= (double)churn->made * 1e9)
            make_one(churn);
    }
}

/* Those made last live out their time too, unless the run is ended from outside. */
static void close_rest(struct churn *churn)
{
    while (churn->first < churn->made) {
        int64_t now = net_now_ns();
        int64_t due =
            churn->live[churn->first % LIVE_MAX].open[1] + (int64_t)churn->life_ms * 1000000;
        if (due > now && !stopped)
            wait_until(now, due);
        else
            close_oldest(churn);
    }
}

static void write_head(struct churn *churn)
{
    struct timespec real;
    int64_t mono = net_now_ns();
    clock_gettime(CLOCK_REALTIME, &real);
    if (churn->truth)
        fprintf(churn->truth, "{\"head\":true,\"mono_ns\":%lld,\"real_ns\":%lld}\n",
                (long long)mono, real.tv_sec * 1000000000LL + real.tv_nsec);
}

static void make_stable(struct churn *churn)
{
    struct net_address server = net_v4(STABLE_SERVER, churn->port);
    int listener = net_listen(server, 64, 0);
    for (unsigned long i = 0; i < churn->stable; i++) {
        struct record record = {.laddr = STABLE_CLIENTS + (uint32_t)(i / 1000),
                                .lport = (uint16_t)(FIRST_PORT + i % 1000),
                                .raddr = STABLE_SERVER,
                                .rport = (uint16_t)churn->port,
                                .how = HOW_STABLE};
        open_connection(churn, listener, &record);
        write_record(churn, &record);
    }
}

static void make_listeners(struct churn *churn)
{
    struct net_address address = net_v4(CHURN_SERVER, churn->port + 1);
    for (unsigned long i = 0; i < churn->listeners; i++) {
        int fd = net_listen(address, 5, NET_REUSEPORT);
        struct net_facts facts = net_facts_of(fd);
        if (churn->truth)
            net_facts_write(churn->truth, "listen", &facts);
    }
}

static const struct option OPTIONS[] = {
    {"rate", 1, NULL, 'r'}, {"seconds", 1, NULL, 's'}, {"count", 1, NULL, 'n'},
    {"life", 1, NULL, 'l'}, {"stable", 1, NULL, 'S'},  {"listeners", 1, NULL, 'L'},
    {"how", 1, NULL, 'H'},  {"cookies", 0, NULL, 'c'}, {"truth", 1, NULL, 't'},
    {"port", 1, NULL, 'p'}, {"help", 0, NULL, 'h'},    {NULL, 0, NULL, 0},
};

static _Noreturn void usage(int code)
{
    fputs(USAGE, code == 0 ? stdout : stderr);
    exit(code);
}

static enum how parse_how(const char *word)
{
    for (int how = HOW_CLOSE; how <= HOW_MIXED; how++)
        if (strcmp(word, HOW_NAMES[how]) == 0)
            return (enum how)how;
    net_die("--how wants close, reset or mixed, not %s", word);
}

static void parse(int argc, char **argv, struct churn *churn)
{
    int option;
    while ((option = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1) {
        unsigned long number = optarg ? strtoul(optarg, NULL, 10) : 0;
        if (option == 'h' || option == '?')
            usage(option == 'h' ? 0 : 2);
        if (option == 'r')
            churn->rate = number;
        else if (option == 's')
            churn->seconds = strtod(optarg, NULL);
        else if (option == 'n')
            churn->count = number;
        else if (option == 'l')
            churn->life_ms = number;
        else if (option == 'S')
            churn->stable = number;
        else if (option == 'L')
            churn->listeners = number;
        else if (option == 'H')
            churn->how = parse_how(optarg);
        else if (option == 'c')
            churn->cookies = true;
        else if (option == 't')
            churn->truth_path = optarg;
        else if (option == 'p')
            churn->port = (unsigned)number;
    }
    if (optind < argc)
        usage(2);
}

static void prepare(struct churn *churn)
{
    unsigned long held = churn->stable * 2 + churn->listeners + 20;
    struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART};

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    unsigned long files = net_raise_file_limit(held + 2 * LIVE_MAX);
    if (files < held + 2)
        net_die("%lu stable connections need %lu open files: raise ulimit -n", churn->stable,
                held + 2);
    churn->live_room = files > held + 2 * LIVE_MAX ? LIVE_MAX : (files - held) / 2;
    if (churn->truth_path) {
        churn->truth = fopen(churn->truth_path, "we");
        if (!churn->truth)
            net_die("%s: %s", churn->truth_path, strerror(errno));
    }
    write_head(churn);
    make_listeners(churn);
    make_stable(churn);
    churn->listener = net_listen(net_v4(CHURN_SERVER, churn->port), 1024, 0);
}

int main(int argc, char **argv)
{
    static struct churn churn = {.rate = 1000, .seconds = 10, .port = 30000};
    parse(argc, argv, &churn);
    prepare(&churn);
    puts("ready");
    fflush(stdout);
    run(&churn);
    double seconds = (double)(net_now_ns() - churn.start) / 1e9;
    close_rest(&churn);
    if (churn.truth && fclose(churn.truth) != 0)
        net_die("%s: %s", churn.truth_path, strerror(errno));
    printf("%lu connections in %.2f s, %.0f a second, %lu stable, %lu listeners\n", churn.made,
           seconds, (double)churn.made / seconds, churn.stable, churn.listeners);
    return 0;
}
