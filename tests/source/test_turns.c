/* Frames of many network namespaces, by the walk and by dumps where they are due, against dumps of all: in
 * each of them are sockets that a process has open, and in some what none has. */
#include "../unit/unit.h"
#include "core/column/column.h"
#include "core/diff.h"
#include "net_tools.h"
#include "source/bpf/rows.h"
#include "source/live.h"
#include "source/netns/netns.h"
#include "source/row_walk.h"

#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOPBACK = 0x7f000001, PORT = 4000, GUESTS = 6 };
#define WAIT_NS 20000000000LL

/* A child in a namespace of its own that does one thing at each order. */
static struct guest {
    pid_t pid;
    uint32_t inode;
    int orders, answers;
} guests[GUESTS];

static struct frame_pool *pool;
static struct bpf_rows *rows;
static unsigned walks;
static const struct wish WISH = {
    .state_bits = STATE_ALL_BITS, .families = WISH_INET | WISH_INET6, .needs = NEED_OWNER};

/* --- the guests --- */

static void connect_pair(int listener, int *client, int *server)
{
    *client = net_socket(AF_INET, NULL, 0);
    net_connect(*client, net_v4(LOOPBACK, PORT));
    *server = net_accept(listener);
    net_wait_state(*client, TCP_ESTABLISHED);
}

/* Every second one has sockets that no process has open: TIME-WAIT and one that is not accepted. */
static int make_sockets(unsigned number)
{
    const int listener = net_listen(net_v4(LOOPBACK, PORT), 5, 0);
    const struct net_address at = net_v4(LOOPBACK, PORT + 1);
    int client, server;

    connect_pair(listener, &client, &server);
    if (setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3))
        net_die("SO_BINDTODEVICE");
    /* An upper layer, where the kernel has that one: what it is a walk does not say. */
    (void)setsockopt(server, IPPROTO_TCP, TCP_ULP, "tls", 4);
    if (write(client, "hello", 5) != 5)
        net_die("write");
    net_socket(AF_INET, &at, 0);
    if (number % 2 == 0)
        return listener;
    connect_pair(listener, &client, &server);
    net_close(client);
    net_wait_state(server, TCP_CLOSE_WAIT);
    net_close(server);
    client = net_socket(AF_INET, NULL, 0);
    net_connect(client, net_v4(LOOPBACK, PORT));
    net_wait_state(client, TCP_ESTABLISHED);
    return listener;
}

static void guest_main(unsigned number, int orders, int answers)
{
    struct netns netns;
    char order;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    net_enter_namespace(0);
    netns_own(&netns);
    const int listener = make_sockets(number);
    if (write(answers, &netns.inode, sizeof(netns.inode)) != sizeof(netns.inode))
        _exit(1);
    while (read(orders, &order, 1) == 1) {
        net_accept(listener);
        if (write(answers, &order, 1) != 1)
            _exit(1);
    }
    _exit(0);
}

static void begin_guest(unsigned number)
{
    struct guest *guest = &guests[number];
    int orders[2], answers[2];

    if (pipe(orders) || pipe(answers))
        net_die("pipe");
    guest->pid = fork();
    if (guest->pid == 0) {
        close(orders[1]);
        guest_main(number, orders[0], answers[1]);
    }
    close(orders[0]);
    close(answers[1]);
    guest->orders = orders[1];
    guest->answers = answers[0];
    if (read(guest->answers, &guest->inode, sizeof(guest->inode)) != sizeof(guest->inode))
        net_die("a guest ended");
}

static void accept_in(const struct guest *guest)
{
    char answer;

    assert_int_equal(write(guest->orders, "a", 1), 1);
    assert_int_equal(read(guest->answers, &answer, 1), 1);
}

/* --- frames --- */

static int count_walk(void *walker, row_visit visit, void *context)
{
    walks++;
    return bpf_rows_run(walker, visit, context);
}

static struct source *open_live(bool reads_all)
{
    const struct live_settings settings = {.netns = "all", .walks = true, .reads_all = reads_all};
    const struct row_walk walk = {count_walk, rows};
    struct source *source;
    char text[128];

    assert_int_equal(live_open(&source, &settings, text), 0);
    source->ops->use_rows(source, &walk);
    return source;
}

/* As the collector makes it. */
static struct frame *next_frame(struct source *source, const struct frame *previous)
{
    struct frame *frame = frame_new(pool);
    struct diff diff;

    assert_non_null(frame);
    assert_int_equal(source_next(source, frame, &WISH), 0);
    diff_init(&diff);
    assert_int_equal(diff_frames(&diff, previous, frame), 0);
    assert_int_equal(source->ops->find_owners(source, previous, frame, &diff, &WISH), 0);
    diff_done(&diff);
    return frame;
}

static uint32_t count_rows(const struct frame *frame, uint32_t inode)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < frame->live_count; i++)
        count += frame->conns[i].netns == inode;
    return count;
}

static const struct conn *row_of(const struct frame *frame, const struct conn *like)
{
    const struct conn *found = NULL;

    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (conn->netns != like->netns || conn->cookie != like->cookie)
            continue;
        assert_null(found);
        found = conn;
    }
    return found;
}

/* What differs, in words; "" = nothing. */
static char differs[160];

static void compare(const char *what, unsigned guest, uint64_t one, uint64_t other)
{
    if (one != other)
        snprintf(differs, sizeof(differs), "%s of guest %u: %llu, by a dump %llu", what, guest,
                 (unsigned long long)one, (unsigned long long)other);
}

static void compare_rows(const struct frame *frame, const struct conn *conn, const struct conn *row,
                         unsigned guest)
{
    compare("state", guest, conn->state, row->state);
    compare("known", guest, conn->known, row->known);
    compare("inode", guest, conn->inode, row->inode);
    compare("upper layer", guest, conn->ulp, row->ulp);
    compare("tls", guest, conn->tls_tx, row->tls_tx);
    compare("offload", guest, conn->offload, row->offload);
    compare("interface", guest, conn->tuple.scope, row->tuple.scope);
    compare("bytes", guest, conn->in_bytes, row->in_bytes);
    compare("queue", guest, conn->receive_queue, row->receive_queue);
    if (row->tuple.scope)
        compare("named interface", guest,
                frame_interface_name(frame, conn->netns, row->tuple.scope) != NULL, true);
    const struct proc *owner = frame_owner(frame, conn);
    if (row->inode)
        compare("pid", guest, owner ? (uint64_t)owner->pid : 0, (uint64_t)guests[guest].pid);
}

static void compare_guest(const struct frame *frame, const struct frame *dumped, unsigned guest)
{
    const uint32_t inode = guests[guest].inode;
    const struct frame_netns *netns = frame_find_netns(frame, inode);

    if (!netns || netns->why[0]) {
        snprintf(differs, sizeof(differs), "guest %u: %s", guest,
                 netns ? netns->why : "not in the frame");
        return;
    }
    compare("rows", guest, count_rows(frame, inode), count_rows(dumped, inode));
    for (uint32_t i = 0; i < frame->live_count && !differs[0]; i++) {
        const struct conn *conn = &frame->conns[i];
        const struct conn *row = conn->netns == inode ? row_of(dumped, conn) : NULL;
        if (row)
            compare_rows(frame, conn, row, guest);
        else if (conn->netns == inode)
            compare("row", guest, conn->cookie, 0);
    }
}

static bool has_rows_of(const struct frame *frame, const struct frame *dumped)
{
    differs[0] = '\0';
    for (unsigned n = 0; n < GUESTS && !differs[0]; n++)
        compare_guest(frame, dumped, n);
    return !differs[0];
}

/* Follows `frame`, which it releases, until a frame is as dumps are: what no process has open may end, and
 * the machine be busy. */
static struct frame *follow_until_same(struct source *walking, struct frame *frame)
{
    const int64_t deadline_ns = net_now_ns() + WAIT_NS;
    struct source *dumping = open_live(true);
    bool same = false;

    while (!same && net_now_ns() < deadline_ns) {
        struct frame *next = next_frame(walking, frame), *dumped = next_frame(dumping, NULL);
        same = has_rows_of(next, dumped);
        frame_release(frame);
        frame_release(dumped);
        frame = next;
    }
    source_close(dumping);
    if (!same)
        fail_msg("%s", differs);
    return frame;
}

/* --- tests --- */

struct visiting { /* of a walk that is changed on its way */
    row_visit visit;
    void *context;
};

static void walked_frames_have_the_rows_of_dumps(void **unused)
{
    struct source *walking = open_live(false);
    (void)unused;

    walks = 0;
    struct frame *frame = next_frame(walking, NULL);
    assert_int_equal(walks, 0);
    frame = follow_until_same(walking, frame);
    frame = follow_until_same(walking, frame);
    assert_true(walks >= 2); /* from the second frame on */
    frame_release(frame);
    source_close(walking);
}

/* Whose it is the walk says; it is one row all the same. */
static void what_is_accepted_stays_one_row(void **unused)
{
    struct source *walking = open_live(false);
    (void)unused;

    struct frame *frame = follow_until_same(walking, next_frame(walking, NULL));
    accept_in(&guests[1]);
    frame_release(follow_until_same(walking, frame));
    source_close(walking);
}

/* Has every socket look as if it had an upper layer. */
static int visit_layered(void *context, const struct row_found *found)
{
    const struct row_found layered = {.netns_cookie = found->netns_cookie,
                                      .netns = found->netns,
                                      .has_ulp = !found->is_bound,
                                      .is_bound = found->is_bound,
                                      .message = found->message,
                                      .length = found->length};
    const struct visiting *visiting = context;

    return visiting->visit(visiting->context, &layered);
}

static int walk_layered(void *walker, row_visit visit, void *context)
{
    struct visiting visiting = {visit, context};

    walks++;
    return bpf_rows_run(walker, visit_layered, &visiting);
}

/* By a look-up in its namespace, in the middle of the walk. */
static void an_upper_layer_is_looked_up(void **unused)
{
    struct source *walking = open_live(false);
    const struct row_walk layered = {walk_layered, rows};
    (void)unused;

    walking->ops->use_rows(walking, &layered);
    walks = 0;
    frame_release(follow_until_same(walking, next_frame(walking, NULL)));
    assert_true(walks >= 1);
    source_close(walking);
}

static int fail_walk(void *walker, row_visit visit, void *context)
{
    (void)walker;
    (void)visit;
    (void)context;
    walks++;
    return -1;
}

static void a_walk_that_fails_is_given_up(void **unused)
{
    struct source *walking = open_live(false);
    const struct row_walk failing = {fail_walk, NULL};
    (void)unused;

    walking->ops->use_rows(walking, &failing);
    walks = 0;
    struct frame *frame = follow_until_same(walking, next_frame(walking, NULL));
    frame_release(follow_until_same(walking, frame));
    assert_int_equal(walks, 1);
    source_close(walking);
}

int main(void)
{
    char text[BPF_TEXT_SIZE];
    struct netns netns;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walked_frames_have_the_rows_of_dumps),
        cmocka_unit_test(what_is_accepted_stays_one_row),
        cmocka_unit_test(an_upper_layer_is_looked_up),
        cmocka_unit_test(a_walk_that_fails_is_given_up),
    };

    net_enter_namespace(0);
    netns_own(&netns);
    if (bpf_rows_open(&rows, netns.inode, text) != 0) {
        printf("skipped: no bpf: %s\n", text);
        return 77;
    }
    pool = frame_pool_new();
    for (unsigned i = 0; i < GUESTS; i++)
        begin_guest(i);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (unsigned i = 0; i < GUESTS; i++) {
        kill(guests[i].pid, SIGKILL);
        waitpid(guests[i].pid, NULL, 0);
    }
    bpf_rows_close(rows);
    frame_pool_release(pool);
    return failed;
}
