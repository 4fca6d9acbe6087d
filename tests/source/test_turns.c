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

static void assert_same_rows(const struct frame *frame, const struct frame *dumped)
{
    for (unsigned n = 0; n < GUESTS; n++) {
        assert_true(count_rows(dumped, guests[n].inode) >= 4);
        assert_int_equal(count_rows(frame, guests[n].inode), count_rows(dumped, guests[n].inode));
        assert_string_equal(frame_find_netns(frame, guests[n].inode)->why, "");
    }
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        unsigned n = 0;
        while (n < GUESTS && guests[n].inode != conn->netns)
            n++;
        if (n == GUESTS)
            continue;
        const struct conn *row = row_of(dumped, conn);
        assert_non_null(row);
        assert_int_equal(conn->state, row->state);
        assert_int_equal(conn->known, row->known);
        assert_int_equal(conn->inode, row->inode);
        assert_int_equal(conn->ulp, row->ulp);
        assert_int_equal(conn->tls_tx, row->tls_tx);
        assert_int_equal(conn->offload, row->offload);
        assert_int_equal(conn->tuple.scope, row->tuple.scope);
        if (row->tuple.scope)
            assert_string_equal(frame_interface_name(frame, conn->netns, row->tuple.scope), "lo");
        assert_int_equal(conn->in_bytes, row->in_bytes);
        assert_int_equal(conn->receive_queue, row->receive_queue);
        const struct proc *owner = frame_owner(frame, conn);
        assert_int_equal(owner ? owner->pid : 0, row->inode ? guests[n].pid
                                                 : owner    ? owner->pid
                                                            : 0);
    }
}

/* --- tests --- */

struct visiting { /* of a walk that is changed on its way */
    row_visit visit;
    void *context;
};

static void walked_frames_have_the_rows_of_dumps(void **unused)
{
    struct source *walking = open_live(false), *dumping = open_live(true);
    (void)unused;

    walks = 0;
    struct frame *first = next_frame(walking, NULL), *second = next_frame(walking, first);
    assert_int_equal(walks, 1); /* from the second on */
    struct frame *dumped = next_frame(dumping, NULL);
    assert_same_rows(first, dumped);
    assert_same_rows(second, dumped);
    assert_int_equal(walks, 1);
    struct frame *third = next_frame(walking, second);
    assert_same_rows(third, dumped);
    assert_int_equal(walks, 2);
    frame_release(first);
    frame_release(second);
    frame_release(third);
    frame_release(dumped);
    source_close(walking);
    source_close(dumping);
}

/* Whose it is the walk says; it is one row all the same. */
static void what_is_accepted_stays_one_row(void **unused)
{
    struct source *walking = open_live(false), *dumping = open_live(true);
    (void)unused;

    struct frame *before = next_frame(walking, NULL);
    accept_in(&guests[1]);
    struct frame *after = next_frame(walking, before), *dumped = next_frame(dumping, NULL);
    assert_same_rows(after, dumped);
    assert_int_equal(count_rows(after, guests[1].inode), count_rows(before, guests[1].inode));
    frame_release(before);
    frame_release(after);
    frame_release(dumped);
    source_close(walking);
    source_close(dumping);
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
    struct source *walking = open_live(false), *dumping = open_live(true);
    const struct row_walk layered = {walk_layered, rows};
    (void)unused;

    walking->ops->use_rows(walking, &layered);
    walks = 0;
    struct frame *first = next_frame(walking, NULL), *second = next_frame(walking, first);
    struct frame *dumped = next_frame(dumping, NULL);
    assert_int_equal(walks, 1);
    assert_same_rows(second, dumped);
    frame_release(first);
    frame_release(second);
    frame_release(dumped);
    source_close(walking);
    source_close(dumping);
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
    struct source *walking = open_live(false), *dumping = open_live(true);
    const struct row_walk failing = {fail_walk, NULL};
    (void)unused;

    walking->ops->use_rows(walking, &failing);
    walks = 0;
    struct frame *frame = next_frame(walking, NULL), *dumped = next_frame(dumping, NULL);
    for (int i = 0; i < 2; i++) {
        struct frame *next = next_frame(walking, frame);
        assert_same_rows(next, dumped);
        frame_release(frame);
        frame = next;
    }
    assert_int_equal(walks, 1);
    frame_release(frame);
    frame_release(dumped);
    source_close(walking);
    source_close(dumping);
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
