/* still: frames of few connections that are read without a dump, on the running kernel, in a network namespace of our
 * own. Whether a frame was dumped shows in when its bound sockets were read. */
#include "../unit/unit.h"
#include "core/column/column.h"
#include "core/diff.h"
#include "net_tools.h"
#include "source/live.h"
#include "source/netns/netns.h"
#include "source/still.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOPBACK = 0x7f000001, PORT = 4100, PAIRS = 8, TRIES = 2000 };

static struct wish wish = {.state_bits = STATE_ALL_BITS,
                           .families = WISH_INET | WISH_INET6,
                           .refresh = REFRESH_AUTO,
                           .needs = NEED_SUSPECTS | NEED_FEW | NEED_HOST_FACTS};
static struct frame_pool *pool;
static struct source *source;
static struct frame *last;
static struct diff diff;
static int listener, clients[PAIRS], servers[PAIRS], held;

static const struct frame *follow(void)
{
    struct frame *frame = frame_new(pool);

    assert_non_null(frame);
    assert_int_equal(source_next(source, frame, &wish), 0);
    assert_int_equal(diff_frames(&diff, last, frame), 0);
    assert_int_equal(source->ops->find_owners(source, last, frame, &diff, &wish), 0);
    frame_release(last);
    last = frame;
    return frame;
}

static bool is_dumped(const struct frame *frame)
{
    return frame_read_ns(frame, frame->netns, NETNS_ROWS_BOUND) >= frame->mono_ns;
}

/* A late ACK of what went before may have a frame dumped. */
static const struct frame *follow_without_dump(void)
{
    for (int i = 0; i < TRIES; i++) {
        const struct frame *frame = follow();
        if (!is_dumped(frame))
            return frame;
        poll(NULL, 0, 10);
    }
    fail_msg("each frame was dumped");
    return NULL;
}

static const struct conn *find(const struct frame *frame, int fd)
{
    const uint64_t cookie = net_cookie(fd);

    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].cookie == cookie)
            return &frame->conns[i];
    return NULL;
}

static int set_up(void **unused)
{
    const struct live_settings settings = {0};
    const struct net_address at = net_v4(LOOPBACK, PORT), other = net_v4(LOOPBACK, PORT + 1);
    char text[128];
    (void)unused;

    listener = net_listen(at, PAIRS, 0);
    for (int i = 0; i < PAIRS; i++) {
        clients[i] = net_socket(AF_INET, NULL, 0);
        net_connect(clients[i], at);
        servers[i] = net_accept(listener);
    }
    held = net_socket(AF_INET, &other, 0);
    pool = frame_pool_new();
    diff_init(&diff);
    return live_open(&source, &settings, text);
}

static int tear_down(void **unused)
{
    (void)unused;
    frame_release(last);
    source_close(source);
    diff_done(&diff);
    frame_pool_release(pool);
    last = NULL;
    for (int i = 0; i < PAIRS; i++) {
        net_close(clients[i]);
        net_close(servers[i]);
    }
    net_close(held);
    net_close(listener);
    return 0;
}

static void a_frame_without_a_dump_has_the_same_rows(void **unused)
{
    (void)unused;
    const uint32_t rows = follow()->live_count;
    const struct frame *frame = follow_without_dump();

    assert_int_equal(frame->live_count, rows);
    assert_int_equal(frame->all_ns, 0);
    for (int i = 0; i < PAIRS; i++) {
        const struct conn *conn = find(frame, clients[i]);
        assert_non_null(conn);
        assert_int_equal(conn->state, STATE_ESTABLISHED);
        assert_non_null(frame_detail(frame, conn));
        assert_non_null(find(frame, servers[i]));
    }
    assert_int_equal(find(frame, listener)->state, STATE_LISTEN);
}

/* Segments of connections that are known are explained by what those count. */
static void what_known_connections_carry_needs_no_dump(void **unused)
{
    (void)unused;
    (void)follow();
    (void)follow_without_dump();
    for (int i = 0; i < PAIRS; i++)
        assert_int_equal(write(clients[i], "0123456789", 10), 10);
    const struct frame *frame = follow_without_dump();
    for (int i = 0; i < PAIRS; i++) {
        assert_int_equal(find(frame, servers[i])->in_bytes, 10);
        assert_int_equal(find(frame, servers[i])->receive_queue, 10);
    }
}

static void a_new_connection_is_seen_at_once(void **unused)
{
    (void)unused;
    (void)follow();
    (void)follow_without_dump();
    const int client = net_socket(AF_INET, NULL, 0);
    net_connect(client, net_v4(LOOPBACK, PORT));
    const int server = net_accept(listener);
    const struct frame *frame = follow();
    assert_true(is_dumped(frame));
    assert_non_null(find(frame, client));
    assert_non_null(find(frame, server));
    net_close(client);
    net_close(server);
}

/* The kernel keeps it as a request: no socket, no event. */
static void a_connection_in_syn_received_is_seen_at_once(void **unused)
{
    const struct net_address at = net_v4(LOOPBACK, PORT + 2);
    const int defers = net_listen(at, 4, 0), seconds = 30;
    uint32_t received = 0;
    (void)unused;

    assert_int_equal(setsockopt(defers, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)),
                     0);
    (void)follow();
    (void)follow_without_dump();
    const int client = net_socket(AF_INET, NULL, 0);
    net_connect(client, at);
    net_wait_state(client, TCP_ESTABLISHED);
    const struct frame *frame = follow();
    for (uint32_t i = 0; i < frame->live_count; i++)
        received += frame->conns[i].state == STATE_SYN_RECEIVED;
    assert_int_equal(received, 1);
    net_close(client);
    net_close(defers);
}

static void a_connection_that_is_reset_is_gone_at_once(void **unused)
{
    const struct linger none = {.l_onoff = 1};
    (void)unused;

    (void)follow();
    (void)follow_without_dump();
    const uint64_t cookie = net_cookie(clients[0]);
    assert_int_equal(setsockopt(clients[0], SOL_SOCKET, SO_LINGER, &none, sizeof(none)), 0);
    net_close(clients[0]);
    const struct frame *frame = follow();
    for (uint32_t i = 0; i < frame->live_count; i++)
        assert_int_not_equal(frame->conns[i].cookie, cookie);
    clients[0] = net_socket(AF_INET, NULL, 0);
}

static void what_a_dump_lacks_is_not_taken_for_all(void **unused)
{
    struct still still = {.counted = {.is_known = true}};
    struct frame frame = {.mono_ns = 1};
    (void)unused;

    still_note_dump(&still, &frame, &wish);
    assert_true(still.of_rows.is_known);
    frame.missing.reasons = MISSING_DUMP_PART;
    still_note_dump(&still, &frame, &wish);
    assert_false(still.of_rows.is_known);
}

/* Whoever asks for all of them gets a dump, also where nothing happens. */
static void a_dump_that_is_asked_for_is_made(void **unused)
{
    (void)unused;
    (void)follow();
    (void)follow_without_dump();
    wish.all = true;
    assert_true(is_dumped(follow()));
    wish.all = false;
    (void)follow_without_dump();
    wish.refresh = REFRESH_ALL;
    assert_true(is_dumped(follow()));
    assert_true(is_dumped(follow()));
    wish.refresh = REFRESH_AUTO;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_frame_without_a_dump_has_the_same_rows, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_known_connections_carry_needs_no_dump, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_new_connection_is_seen_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_connection_in_syn_received_is_seen_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_connection_that_is_reset_is_gone_at_once, set_up,
                                        tear_down),
        cmocka_unit_test(what_a_dump_lacks_is_not_taken_for_all),
        cmocka_unit_test_setup_teardown(a_dump_that_is_asked_for_is_made, set_up, tear_down),
    };

    net_enter_namespace(0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
