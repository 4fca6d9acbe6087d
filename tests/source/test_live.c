/* live: rows that a dump skipped are found again before they are reported as closed, closed rows
 * are not. Sockets of our own in a network namespace of our own; a skipped row is one that the test
 * takes out of the second frame. */
#include "../unit/unit.h"
#include "core/diff.h"
#include "net_tools.h"
#include "source/live.h"
#include "source/netns/netns.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOPBACK = 0x7f000001, PAIRS = 8, LISTENERS = 16, FOUND_ROOM = 100 };

static struct frame_pool *pool;
static struct source *live;
static struct wish wish = {.state_bits = STATE_ALL_BITS, .families = WISH_INET | WISH_INET6};
static int clients[PAIRS], servers[PAIRS], listeners[LISTENERS], bound;

static void make_scene(void)
{
    struct net_address to = net_v4(LOOPBACK, 4000);
    struct net_address other = net_v4(LOOPBACK, 4001);
    for (int i = 0; i < LISTENERS; i++)
        listeners[i] = net_listen(to, 5, NET_REUSEPORT);
    int listener = net_listen(net_v4(LOOPBACK, 4002), PAIRS, 0);
    for (int i = 0; i < PAIRS; i++) {
        clients[i] = net_socket(AF_INET, NULL, 0);
        net_connect(clients[i], net_v4(LOOPBACK, 4002));
        servers[i] = net_accept(listener);
        net_wait_state(clients[i], TCP_ESTABLISHED);
    }
    bound = net_socket(AF_INET, &other, 0);
}

static struct frame *next_frame(void)
{
    struct frame *frame = frame_new(pool);
    assert_non_null(frame);
    assert_int_equal(source_next(live, frame, &wish), 0);
    return frame;
}

static const struct conn *find(const struct frame *frame, uint64_t cookie)
{
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].cookie == cookie)
            return &frame->conns[i];
    return NULL;
}

/* As a dump that skipped all. */
static void skip_all(struct frame *frame)
{
    frame->live_count = frame->conn_count = 0;
}

struct confirmed {
    uint32_t found[FOUND_ROOM];
    uint32_t count;
};

/* Confirms what is closed between the frames; checks that each row found stands for its own. */
static struct confirmed confirm(const struct frame *previous, struct frame *next)
{
    struct confirmed confirmed = {.count = 0};
    struct diff diff;
    uint32_t first = next->live_count;
    diff_init(&diff);
    assert_int_equal(diff_frames(&diff, previous, next), 0);
    assert_true(diff.change_count <= FOUND_ROOM);
    assert_int_equal(
        live->ops->confirm(live, previous, next, &diff, confirmed.found, &confirmed.count), 0);
    diff_done(&diff);
    assert_int_equal(next->live_count, first + confirmed.count);
    for (uint32_t i = 0; i < confirmed.count; i++)
        assert_true(next->conns[first + i].cookie == previous->conns[confirmed.found[i]].cookie);
    return confirmed;
}

static void frames_are_numbered_and_named(void **unused)
{
    char host[256] = "";
    (void)unused;
    gethostname(host, sizeof(host) - 1);
    struct frame *first = next_frame();
    struct frame *second = next_frame();
    assert_true(second->number == first->number + 1);
    assert_true(second->mono_ns >= first->mono_ns && first->wall_ns > 0);
    assert_string_equal(first->host, host);
    assert_string_equal(first->source, "sock_diag");
    assert_true(first->netns && first->conns[0].netns == first->netns);
    assert_false(first->netns_is_host); /* process 1 is not in the namespace of this test */
    frame_release(first);
    frame_release(second);
}

static void skipped_rows_are_found(void **unused)
{
    (void)unused;
    struct frame *previous = next_frame();
    struct frame *next = next_frame();
    uint32_t rows = previous->live_count;
    assert_int_equal(rows, LISTENERS + 1 + 2 * PAIRS + !!find(previous, net_cookie(bound)));
    skip_all(next);
    assert_int_equal(confirm(previous, next).count, rows);
    for (int i = 0; i < LISTENERS; i++)
        assert_non_null(find(next, net_cookie(listeners[i])));
    assert_int_equal(next->missing.error, 0);
    frame_release(previous);
    frame_release(next);
}

static void what_is_gone_is_not_found(void **unused)
{
    struct linger reset = {.l_onoff = 1};
    (void)unused;
    struct frame *previous = next_frame();
    uint64_t gone[] = {net_cookie(clients[0]), net_cookie(servers[0]), net_cookie(listeners[3])};
    setsockopt(clients[0], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    net_close(clients[0]);
    net_close(servers[0]);
    net_close(listeners[3]);
    struct frame *next = next_frame();
    uint32_t left = next->live_count;
    assert_int_equal(confirm(previous, next).count, 0);
    skip_all(next);
    assert_int_equal(confirm(previous, next).count, left);
    for (size_t i = 0; i < UNIT_COUNT(gone); i++)
        assert_null(find(next, gone[i]));
    frame_release(previous);
    frame_release(next);
}

static void a_row_found_has_the_state_of_now(void **unused)
{
    (void)unused;
    struct frame *previous = next_frame();
    uint64_t cookie = net_cookie(clients[1]);
    shutdown(clients[1], SHUT_WR);
    net_wait_state(servers[1], TCP_CLOSE_WAIT);
    net_wait_state(clients[1], TCP_FIN_WAIT2);
    struct frame *next = next_frame();
    skip_all(next);
    confirm(previous, next);
    assert_int_equal(find(next, cookie)->state, STATE_FIN_WAIT_2);
    assert_int_equal(find(next, net_cookie(servers[1]))->state, STATE_CLOSE_WAIT);
    frame_release(previous);
    frame_release(next);
}

static void a_row_that_left_the_class_is_not_found(void **unused)
{
    (void)unused;
    struct frame *previous = next_frame();
    wish.state_bits = STATE_BIT(STATE_LISTEN);
    struct frame *next = next_frame();
    assert_int_equal(confirm(previous, next).count, 0);
    wish.state_bits = STATE_ALL_BITS;
    frame_release(previous);
    frame_release(next);
}

/* Without free descriptors no socket can be opened: the rows stay unchanged. */
static void rows_that_cannot_be_asked_for_stay(void **unused)
{
    struct rlimit before, none;
    struct source *fresh;
    struct live_settings settings = {.proc_root = NULL};
    char text[128];
    (void)unused;
    assert_int_equal(live_open(&fresh, &settings, text), 0); /* has no look-up socket yet */
    struct source *usual = live;
    live = fresh;
    struct frame *previous = next_frame();
    struct frame *next = next_frame();
    uint32_t connections = 0;
    for (uint32_t i = 0; i < previous->live_count; i++)
        connections +=
            previous->conns[i].state != STATE_LISTEN && previous->conns[i].state != STATE_CLOSED;
    skip_all(next);
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    uint32_t count = confirm(previous, next).count;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(connections > 0);
    assert_int_equal(count, previous->live_count);
    assert_true(next->missing.reasons & MISSING_DUMP_PART);
    assert_int_equal(next->missing.error, EMFILE);
    assert_string_equal(next->missing.text, "look-up of vanished rows failed: too many open files "
                                            "(EMFILE); showing them as they were");
    frame_release(previous);
    frame_release(next);
    source_close(live);
    live = usual;
}

static void without_sock_diag_it_reads_proc(void **unused)
{
    struct source *proc;
    struct live_settings settings = {.no_sock_diag = true};
    char text[128];
    (void)unused;
    assert_int_equal(live_open(&proc, &settings, text), 0);
    struct frame *frame = frame_new(pool);
    assert_int_equal(source_next(proc, frame, &wish), 0);
    assert_true(frame->missing.reasons & MISSING_SOCK_DIAG);
    assert_true(frame->live_count >= 2 * PAIRS - 2);
    assert_true(frame->netns != 0 && frame->conns[0].netns == frame->netns);
    frame_release(frame);
    source_close(proc);
    settings.proc_root = "/nonexistent";
    assert_true(live_open(&proc, &settings, text) < 0);
    assert_non_null(strstr(text, "/proc"));
}

/* Asked for IPv6 alone, what cannot be read of IPv4 does not matter. */
static void one_family_is_enough(void **unused)
{
    struct source *proc;
    char root[] = "/tmp/tcplens-live-XXXXXX", path[64];
    struct wish ipv6 = {.state_bits = STATE_ALL_BITS, .families = WISH_INET6};
    char text[128];
    (void)unused;
    assert_non_null(mkdtemp(root));
    struct live_settings settings = {.proc_root = root, .no_sock_diag = true};
    snprintf(path, sizeof(path), "%s/net", root);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/net/tcp6", root);
    assert_int_equal(symlink("/proc/net/tcp6", path), 0);
    const int opened = net_has_ipv6() ? live_open(&proc, &settings, text) : 0;
    if (opened == 0 && net_has_ipv6()) {
        struct frame *frame = frame_new(pool);
        assert_int_equal(source_next(proc, frame, &ipv6), 0);
        assert_int_equal(frame->missing.reasons & MISSING_DUMP_PART, 0);
        frame_release(frame);
        source_close(proc);
    }
    unlink(path);
    snprintf(path, sizeof(path), "%s/net", root);
    rmdir(path);
    rmdir(root);
    assert_int_equal(opened, 0);
}

/* As the collector makes it, but for what vanished. */
static struct frame *follow(struct source *source, const struct frame *previous,
                            const struct wish *asked)
{
    struct frame *frame = frame_new(pool);
    struct diff diff;

    assert_non_null(frame);
    assert_int_equal(source_next(source, frame, asked), 0);
    diff_init(&diff);
    assert_int_equal(diff_frames(&diff, previous, frame), 0);
    assert_int_equal(source->ops->find_owners(source, previous, frame, &diff, asked), 0);
    diff_done(&diff);
    return frame;
}

static unsigned count_of(const struct frame *frame, uint64_t cookie)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < frame->live_count; i++)
        count += frame->conns[i].cookie == cookie;
    return count;
}

/* Among many rows they are read only now and then: in between they stay, unless they are something
 * else by now, and a new one is not there yet; while the page of one is open, every frame reads
 * them. */
static void what_is_only_bound_is_read_now_and_then(void **unused)
{
    const struct net_address at = net_v4(LOOPBACK, 4010), other = net_v4(LOOPBACK, 4011);
    const struct live_settings settings = {.bound_rows = 1};
    struct source *source;
    char text[128];
    (void)unused;

    assert_int_equal(live_open(&source, &settings, text), 0);
    const int staying = net_socket(AF_INET, &at, 0), moving = net_socket(AF_INET, &other, 0);
    struct frame *first = follow(source, NULL, &wish);
    if (count_of(first, net_cookie(staying))) { /* Linux 6.8 */
        const struct net_address third_at = net_v4(LOOPBACK, 4012);
        const int late = net_socket(AF_INET, &third_at, 0);
        net_connect(moving, net_v4(LOOPBACK, 4002));
        net_wait_state(moving, TCP_ESTABLISHED);
        struct frame *second = follow(source, first, &wish);
        assert_int_equal(count_of(second, net_cookie(staying)), 1);
        assert_int_equal(count_of(second, net_cookie(moving)), 1);
        assert_int_equal(find(second, net_cookie(moving))->state, STATE_ESTABLISHED);
        assert_int_equal(count_of(second, net_cookie(late)), 0);
        assert_true(frame_read_ns(second, second->netns, NETNS_ROWS_BOUND) < second->mono_ns);
        struct wish page = wish;
        page.page = (struct conn_key){net_cookie(staying), second->netns};
        net_close(staying);
        struct frame *third = follow(source, second, &page);
        assert_int_equal(count_of(third, page.page.cookie), 0);
        assert_int_equal(count_of(third, net_cookie(late)), 1);
        frame_release(second);
        frame_release(third);
        net_close(late);
    } else {
        net_close(staying);
    }
    net_close(moving);
    frame_release(first);
    source_close(source);
}

static void namespaces_are_distinguished(void **unused)
{
    (void)unused;
    for (int of_its_own = 0; of_its_own < 2; of_its_own++) {
        int channel[2];
        char byte = 'x';
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
        const pid_t child = fork();
        if (child == 0) {
            close(channel[0]);
            if ((of_its_own && unshare(CLONE_NEWNET) != 0) || write(channel[1], &byte, 1) != 1)
                _exit(1);
            _exit(read(channel[1], &byte, 1) == 0 ? 0 : 1);
        }
        close(channel[1]);
        assert_int_equal(read(channel[0], &byte, 1), 1);
        const bool shares = netns_is_of_process(child);
        close(channel[0]);
        waitpid(child, NULL, 0);
        assert_int_equal(shares, !of_its_own);
    }
    assert_true(netns_is_of_process(getpid()));
    assert_false(netns_is_of_process(0));
}

static int open_all(void **unused)
{
    struct live_settings settings = {.proc_root = NULL};
    char text[128];
    (void)unused;
    make_scene();
    pool = frame_pool_new();
    return pool ? live_open(&live, &settings, text) : -1;
}

static int close_all(void **unused)
{
    (void)unused;
    source_close(live);
    frame_pool_release(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_numbered_and_named),
        cmocka_unit_test(skipped_rows_are_found),
        cmocka_unit_test(what_is_gone_is_not_found),
        cmocka_unit_test(a_row_found_has_the_state_of_now),
        cmocka_unit_test(a_row_that_left_the_class_is_not_found),
        cmocka_unit_test(rows_that_cannot_be_asked_for_stay),
        cmocka_unit_test(without_sock_diag_it_reads_proc),
        cmocka_unit_test(one_family_is_enough),
        cmocka_unit_test(what_is_only_bound_is_read_now_and_then),
        cmocka_unit_test(namespaces_are_distinguished),
    };
    net_enter_namespace(0);
    return cmocka_run_group_tests(tests, open_all, close_all);
}
