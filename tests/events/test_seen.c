/* test_seen: frames that read some connections only, against frames that read all: before and after each of the one
 * kind a frame of the other kind is made. What both of those agree on must be on the frame between: each connection, its
 * state, addresses and owner; what both lack and was there before must not; what is gone from one to the next must have
 * had one event of its end. What a frame counts of itself must be what its rows say.
 *
 *     test_seen ops ROUNDS [SEED]    with sockets of its own, in a network namespace of its own
 *     test_seen watch SECONDS        with those of the network namespace that it is started in, once a second
 *
 * Prints the figures; exit 1 where something differs, 77 where it cannot run.
 */
#include "event_watch.h"
#include "net_tools.h"

#include "base/map.h"
#include "core/column/column.h"
#include "core/state.h"
#include "source/live.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND_NS   1000000000LL
#define WAIT_NS     (60 * SECOND_NS)
#define LOOPBACK    0x7f000001u
#define PAIRS_MOST  300u
#define ALL_EVERY   7u /* rounds: then the frame that reads some is made to read all */
#define FAULTS_MOST 20u
#define SETTLE_MOST 50u

static const struct wish SEEN = {.interval_ns = WAIT_NS, /* only on request */
                                 .state_bits = STATE_ALL_BITS & ~STATE_BIT(STATE_DELETE_TCB),
                                 .families = WISH_INET | WISH_INET6,
                                 .needs = NEED_OWNER | NEED_GROUP | NEED_HOST_FACTS,
                                 .refresh = REFRESH_SEEN};

/* A frame of all rows, with its rows by cookie. */
struct whole {
    struct frame *frame;
    struct map rows;
};

struct look {
    struct event_watch watched;  /* the collector under test */
    struct collector *reference; /* reads all rows in each frame */
    struct whole before, after;
    struct frame *seen, *seen_before;
    struct map rows;        /* of seen, by cookie */
    struct map known;       /* of seen_before */
    struct map closed;      /* by cookie: how often its end was reported */
    unsigned owners_differ; /* in the last comparison */
    unsigned frames, compared, ends, faults;
    uint64_t rows_compared, owners_compared;
};

/* --- frames --- */

static void index_rows(struct map *map, const struct frame *frame)
{
    map_clear(map);
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (map_put(map, frame->conns[i].cookie, i))
            net_die("out of memory");
}

static const struct conn *row_of(const struct map *map, const struct frame *frame, uint64_t cookie)
{
    const uint32_t row = map_find(map, cookie);

    return row == MAP_NONE ? NULL : &frame->conns[row];
}

static void take_whole(struct look *look, struct whole *whole)
{
    frame_release(whole->frame);
    whole->frame = NULL;
    if (collector_step(look->reference, &whole->frame))
        net_die("no frame of all rows");
    index_rows(&whole->rows, whole->frame);
}

/* The rows on the screen: some, others in each frame. */
static void choose_seen(const struct look *look, struct wish *wish)
{
    const struct frame *frame = look->before.frame;
    const uint32_t step = frame->live_count / 50 + 1;

    for (uint32_t i = look->frames % step;
         i < frame->live_count && wish->seen_count < WISH_SEEN_MAX; i += step)
        wish->seen[wish->seen_count++] = frame->conns[i].cookie;
}

/* A frame of the collector under test that begins after now. */
static void take_seen(struct look *look, bool all)
{
    const int64_t asked_ns = net_now_ns();
    struct wish wish = SEEN;
    struct frame *frame = collector_latest(look->watched.collector);

    choose_seen(look, &wish);
    wish.now = true;
    wish.all = all;
    collector_set_wish(look->watched.collector, &wish);
    while (frame->mono_ns < asked_ns) {
        if (net_now_ns() > asked_ns + WAIT_NS)
            net_die("no frame within 60 s");
        event_watch_wait(&look->watched, SECOND_NS / 10);
        frame_release(frame);
        frame = collector_latest(look->watched.collector);
    }
    frame_release(look->seen_before);
    look->seen_before = look->seen;
    if (look->seen_before)
        index_rows(&look->known, look->seen_before);
    look->seen = frame;
    index_rows(&look->rows, frame);
    look->frames++;
    look->compared += frame->all_ns != 0;
}

static void note_end(void *context, const struct event *event)
{
    struct look *look = context;

    if (event->kind == EVENT_LOST)
        net_die("events were lost: nothing can be said");
    if (event->kind != EVENT_CLOSE || !event->cookie)
        return;
    const uint32_t before = map_find(&look->closed, event->cookie);
    if (map_put(&look->closed, event->cookie, before == MAP_NONE ? 1 : before + 1))
        net_die("out of memory");
}

/* --- what is to hold --- */

static void fault(struct look *look, const struct conn *conn, const char *what)
{
    if (++look->faults > FAULTS_MOST)
        return;
    printf("frame %u (%s): cookie %llx, port %u to %u, %s: %s\n", look->frames,
           look->seen->all_ns ? "some rows" : "all rows", (unsigned long long)conn->cookie,
           conn->tuple.local_port, conn->tuple.remote_port, TCP_STATES[conn->state].name, what);
}

static int32_t owner_pid(const struct frame *frame, const struct conn *conn)
{
    const struct proc *owner = frame_owner(frame, conn);

    return owner ? owner->pid : 0;
}

static const char *group_path(const struct frame *frame, const struct conn *conn)
{
    const struct group *group = frame_group(frame, conn);

    return group ? group->path : "";
}

static bool same_holders(const struct frame *a, const struct conn *conn_a, const struct frame *b,
                         const struct conn *conn_b)
{
    if (conn_a->owner_count != conn_b->owner_count)
        return false;
    for (uint32_t n = 0; n < conn_a->owner_count; n++) {
        bool found = false;
        for (uint32_t k = 0; k < conn_b->owner_count && !found; k++)
            found = frame_holder(a, conn_a, n)->pid == frame_holder(b, conn_b, k)->pid;
        if (!found)
            return false;
    }
    return true;
}

static bool same_owner(const struct frame *a, const struct conn *conn_a, const struct frame *b,
                       const struct conn *conn_b)
{
    return conn_a->owner_word == conn_b->owner_word &&
           owner_pid(a, conn_a) == owner_pid(b, conn_b) &&
           strcmp(group_path(a, conn_a), group_path(b, conn_b)) == 0 &&
           conn_a->unit_from == conn_b->unit_from && same_holders(a, conn_a, b, conn_b);
}

static bool owners_are_late(const struct look *look)
{
    return (look->seen->missing.reasons | look->before.frame->missing.reasons |
            look->after.frame->missing.reasons) &
           MISSING_OWNERS_LATE;
}

/* Both frames of all rows have it so. */
static void check_row(struct look *look, const struct conn *before, const struct conn *after)
{
    const struct conn *seen = row_of(&look->rows, look->seen, after->cookie);
    const struct frame *first = look->before.frame, *last = look->after.frame;

    look->rows_compared++;
    if (!seen) {
        fault(look, after, "is missing");
        return;
    }
    if (seen->state != after->state)
        fault(look, after, TCP_STATES[seen->state].name);
    if (!tuple_equal(&seen->tuple, &after->tuple))
        fault(look, after, "has another tuple");
    if (!frame_row_stands(look->seen, seen) &&
        (seen->in_bytes < before->in_bytes || seen->in_bytes > after->in_bytes))
        fault(look, after, "was read, and has other counters");
    if (after->owner_word != OWNER_PROCESS || !same_owner(first, before, last, after) ||
        owners_are_late(look))
        return;
    look->owners_compared++;
    if (same_owner(look->seen, seen, last, after))
        return;
    look->owners_differ++;
}

static void check_rows(struct look *look)
{
    for (uint32_t i = 0; i < look->after.frame->live_count; i++) {
        const struct conn *after = &look->after.frame->conns[i];
        const struct conn *before = row_of(&look->before.rows, look->before.frame, after->cookie);
        if (before && before->state == after->state)
            check_row(look, before, after);
    }
}

static void check_absent(struct look *look)
{
    for (uint32_t i = 0; look->seen_before && i < look->seen->live_count; i++) {
        const struct conn *conn = &look->seen->conns[i];
        if (map_find(&look->known, conn->cookie) != MAP_NONE &&
            map_find(&look->before.rows, conn->cookie) == MAP_NONE &&
            map_find(&look->after.rows, conn->cookie) == MAP_NONE)
            fault(look, conn, "is closed, and still shown");
    }
}

/* A socket that no frame has read may have another cookie in TIME-WAIT. */
static bool lives_on(const struct frame *frame, const struct conn *conn)
{
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (tuple_equal(&frame->conns[i].tuple, &conn->tuple))
            return true;
    return false;
}

/* Rows of the frame before which now are no more. */
static void check_ends(struct look *look, const struct whole *last)
{
    for (uint32_t i = 0; last->frame && i < last->frame->live_count; i++) {
        const struct conn *conn = &last->frame->conns[i];
        if (map_find(&look->before.rows, conn->cookie) != MAP_NONE)
            continue;
        const uint32_t ends = map_find(&look->closed, conn->cookie);
        look->ends++;
        if (ends == MAP_NONE && !lives_on(look->before.frame, conn))
            fault(look, conn, "is closed, and no event said so");
        if (ends != MAP_NONE && ends > 1)
            fault(look, conn, "was closed twice");
    }
}

/* --- what a frame says of itself --- */

static void count_holders(const struct frame *frame, const struct conn *conn, uint32_t *sockets)
{
    for (uint32_t n = 0; conn->owner_word == OWNER_PROCESS && n < conn->owner_count; n++)
        sockets[frame_holder(frame, conn, n) - frame->procs]++;
}

static void check_processes(struct look *look)
{
    const struct frame *frame = look->seen;
    const struct conn nobody = {.state = STATE_NONE};
    uint32_t *sockets = calloc(frame->proc_count + 1, sizeof *sockets);

    if (!sockets)
        net_die("out of memory");
    for (uint32_t i = 0; i < frame->live_count; i++)
        count_holders(frame, &frame->conns[i], sockets);
    for (uint32_t i = 0; i < frame->proc_count; i++)
        if (sockets[i] != frame->procs[i].sockets)
            fault(look, &nobody, "a process has another count of sockets");
    free(sockets);
}

static void check_totals(struct look *look)
{
    const struct frame *frame = look->seen;
    const struct conn nobody = {.state = STATE_NONE};
    struct totals totals = {0};

    for (uint32_t i = 0; i < frame->live_count; i++)
        totals_add(&totals, &frame->conns[i]);
    totals.states[STATE_DELETE_TCB] += frame->conn_count - frame->live_count;
    totals_add_flows(&totals, frame);
    if (memcmp(totals.states, frame->totals.states, sizeof totals.states) != 0 ||
        totals.listeners != frame->totals.listeners || totals.orphans != frame->totals.orphans ||
        totals.in_bytes_per_s != frame->totals.in_bytes_per_s ||
        totals.out_bytes_per_s != frame->totals.out_bytes_per_s)
        fault(look, &nobody, "the totals are not those of the rows");
}

/* --- the whole --- */

static void compare(struct look *look, bool all)
{
    struct whole last = look->before; /* of the round before */

    look->before = (struct whole){0};
    take_whole(look, &look->before);
    take_seen(look, all);
    event_watch_read(&look->watched, note_end, look);
    take_whole(look, &look->after);
    look->owners_differ = 0;
    check_rows(look);
    check_absent(look);
    check_ends(look, &last);
    check_processes(look);
    check_totals(look);
    frame_release(last.frame);
    map_done(&last.rows);
}

static void open_reference(struct look *look)
{
    struct collector_settings settings = {
        .wish = SEEN, .highlight_ns = SECOND_NS, .events = EVENTS_NONE};
    const struct live_settings live = {0};
    char text[128] = "";

    settings.wish.refresh = REFRESH_ALL;
    if (live_open(&settings.source, &live, text) || collector_new(&look->reference, &settings))
        net_die("no reference: %s", text);
}

/* --- sockets of its own --- */

struct sockets {
    int listener, clients[PAIRS_MOST], servers[PAIRS_MOST];
    uint32_t count;
    unsigned port;
    pid_t child;
    int spare; /* a listener that comes and goes */
    uint64_t random;
};

static unsigned pick(struct sockets *sockets, unsigned below)
{
    sockets->random = sockets->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(sockets->random >> 33) % below;
}

/* A child that has all of them open, or no longer. */
static void change_holders(struct sockets *sockets)
{
    if (sockets->child) {
        kill(sockets->child, SIGKILL);
        waitpid(sockets->child, NULL, 0);
        sockets->child = 0;
        return;
    }
    sockets->child = fork();
    if (sockets->child == 0)
        for (;;)
            pause();
}

/* What only one of two holders lets go of is noticed later than in the next frame. */
static void end_child(struct sockets *sockets)
{
    if (sockets->child)
        change_holders(sockets);
}

static void close_end(int *fd, bool reset)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};

    if (*fd < 0)
        return;
    if (reset)
        (void)setsockopt(*fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    net_close(*fd);
    *fd = -1;
}

/* Mostly accepted, sometimes only later. */
static void open_pair(struct sockets *sockets)
{
    if (sockets->count == PAIRS_MOST)
        return;
    const uint32_t at = sockets->count++;
    struct net_address local = net_v4(LOOPBACK + 1 + pick(sockets, 200), 0);
    sockets->clients[at] = net_socket(AF_INET, &local, 0);
    net_connect(sockets->clients[at], net_v4(LOOPBACK, sockets->port));
    sockets->servers[at] = net_accept(sockets->listener);
}

static void close_pair(struct sockets *sockets)
{
    end_child(sockets);
    if (!sockets->count)
        return;
    const uint32_t at = pick(sockets, sockets->count);
    const bool reset = pick(sockets, 3) == 0, server_first = pick(sockets, 2);
    int *ends[] = {&sockets->clients[at], &sockets->servers[at]};

    close_end(ends[server_first], reset);
    close_end(ends[!server_first], false);
    sockets->count--;
    sockets->clients[at] = sockets->clients[sockets->count];
    sockets->servers[at] = sockets->servers[sockets->count];
}

/* The other end stays, in CLOSE-WAIT. */
static void close_one(struct sockets *sockets)
{
    end_child(sockets);
    if (sockets->count)
        close_end(&sockets->clients[pick(sockets, sockets->count)], false);
}

static void half_close(struct sockets *sockets)
{
    const int fd = sockets->count ? sockets->servers[pick(sockets, sockets->count)] : -1;

    if (fd >= 0)
        (void)shutdown(fd, SHUT_WR);
}

static void carry_data(struct sockets *sockets)
{
    char bytes[3000] = "";
    const int fd = sockets->count ? sockets->servers[pick(sockets, sockets->count)] : -1;

    if (fd >= 0)
        (void)send(fd, bytes, 1 + pick(sockets, sizeof bytes), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void change_listener(struct sockets *sockets)
{
    end_child(sockets);
    if (sockets->spare >= 0) {
        net_close(sockets->spare);
        sockets->spare = -1;
    } else {
        sockets->spare = net_listen(net_v4(LOOPBACK, 30000 + pick(sockets, 1000)), 3, 0);
    }
}

/* Bound only. */
static void change_bound(struct sockets *sockets)
{
    const struct net_address local = net_v4(LOOPBACK + 250, 0), nobody = net_v4(LOOPBACK, 9);
    const int fd = net_socket(AF_INET, &local, 0);

    if (pick(sockets, 2))
        (void)connect(fd, &nobody.u.any, sizeof nobody.u.v4);
    net_close(fd);
}

static void do_something(struct sockets *sockets)
{
    static void (*const OPS[])(struct sockets *) = {
        open_pair,  open_pair,  open_pair,       open_pair,      close_pair,   close_pair,
        close_one,  half_close, change_listener, change_holders, change_bound, carry_data,
        carry_data, carry_data, carry_data,      carry_data};

    OPS[pick(sockets, sizeof OPS / sizeof OPS[0])](sockets);
}

/* A further holder may be found a few frames later, by the round in the background. */
static void settle_owners(struct look *look)
{
    for (unsigned i = 0; i < SETTLE_MOST && (owners_are_late(look) || look->owners_differ); i++)
        compare(look, false);
    if (look->owners_differ)
        net_die("frame %u: owners of %u rows differ", look->frames, look->owners_differ);
}

static void run_ops(struct look *look, unsigned rounds, uint64_t seed)
{
    struct sockets sockets = {.port = 20000, .spare = -1, .random = seed};

    sockets.listener = net_listen(net_v4(LOOPBACK, sockets.port), 64, 0);
    while (sockets.count < PAIRS_MOST / 2)
        open_pair(&sockets);
    for (unsigned round = 0; round < rounds && look->faults < FAULTS_MOST; round++) {
        for (unsigned i = pick(&sockets, 12); i > 0; i--)
            do_something(&sockets);
        compare(look, round % ALL_EVERY == ALL_EVERY - 1);
        settle_owners(look);
    }
    end_child(&sockets);
}

static void run_watch(struct look *look, unsigned seconds)
{
    const int64_t began_ns = net_now_ns();

    for (unsigned second = 1; second <= seconds; second++) {
        compare(look, false);
        while (net_now_ns() < began_ns + second * SECOND_NS)
            event_watch_wait(&look->watched, began_ns + second * SECOND_NS - net_now_ns());
    }
}

/* With no other processes than its own, whose holders are all read in each frame. Both processes end by _exit():
 * LeakSanitizer cannot look at one of a pid namespace, nor at one whose children are in it. */
static void enter_pid_namespace(void)
{
    int status = 0;

    if (unshare(CLONE_NEWPID | CLONE_NEWNS))
        net_die("no pid namespace: %s", strerror(errno));
    const pid_t child = fork();
    if (child > 0) {
        waitpid(child, &status, 0);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    if (child < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("proc", "/proc", "proc", 0, NULL))
        net_die("no /proc of its own: %s", strerror(errno));
}

int main(int argc, char **argv)
{
    static struct look look;
    const bool watch = argc == 3 && strcmp(argv[1], "watch") == 0;

    if (!watch && (argc < 3 || argc > 4 || strcmp(argv[1], "ops") != 0)) {
        fputs("usage: test_seen ops ROUNDS [SEED] | watch SECONDS\n", stderr);
        return 2;
    }
    if (!watch) {
        net_enter_namespace(0);
        enter_pid_namespace();
    }
    struct wish first = SEEN;
    first.interval_ns = SECOND_NS / 10; /* until events come */
    event_watch_start_wish(&look.watched, "bpf", &first);
    open_reference(&look);
    if (watch)
        run_watch(&look, (unsigned)strtoul(argv[2], NULL, 10));
    else
        run_ops(&look, (unsigned)strtoul(argv[2], NULL, 10),
                argc == 4 ? strtoull(argv[3], NULL, 10) : 1);
    printf(
        "%u frames, %u of them of some rows; %llu rows and %llu owners compared, %u ends; %u that "
        "no event had reported in %u frames of all rows; %u differ\n",
        look.frames, look.compared, (unsigned long long)look.rows_compared,
        (unsigned long long)look.owners_compared, look.ends, look.seen->cost.unreported,
        look.seen->cost.compared, look.faults);
    const bool is_right = !look.faults && !look.seen->cost.unreported;
    frame_release(look.seen);
    frame_release(look.seen_before);
    frame_release(look.before.frame);
    frame_release(look.after.frame);
    map_done(&look.before.rows);
    map_done(&look.after.rows);
    map_done(&look.rows);
    map_done(&look.known);
    map_done(&look.closed);
    collector_free(look.watched.collector);
    collector_free(look.reference);
    if (watch)
        return is_right ? 0 : 1;
    fflush(stdout);
    _exit(is_right ? 0 : 1);
}
