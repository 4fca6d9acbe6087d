/* The owner of a connection not accepted yet: that of the listener where it waits, under any
 * filter, class and family. */
#include "../unit/unit.h"
#include "net_tools.h"
#include "owner_scene.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK 0x7f000001

struct narrowing { /* what keeps the listener out of the dump, but not the connection */
    uint32_t without;
    uint8_t families;
    bool no_sock_diag;
    const char *filter;
};

static void check_narrowed(const struct narrowing *narrowing, unsigned port, unsigned peer)
{
    struct filter *filter = NULL;
    struct filter_error error;
    struct stage narrowed;

    assert_int_equal(filter_parse(&filter, narrowing->filter, NULL, &error), 0);
    const struct live_settings settings = {
        .proc_root = "/proc", .no_sock_diag = narrowing->no_sock_diag, .filter = filter};
    stage_open_with(&narrowed, NEED_OWNER, &settings);
    narrowed.wish.state_bits &= ~narrowing->without;
    narrowed.wish.families = narrowing->families;
    for (int i = 0; i < 3; i++) {
        const struct frame *frame = stage_settle(&narrowed);
        for (uint32_t row = 0; row < frame->live_count; row++)
            assert_int_not_equal(frame->conns[row].state, STATE_LISTEN);
        assert_owner(frame, row_of_ports(frame, port, peer), OWNER_LISTENER, getpid());
        assert_int_equal(frame->proc_count, 1);
    }
    stage_close(&narrowed);
    filter_free(filter);
}

static void check_without_listener(unsigned port, unsigned peer)
{
    char by_peer[32];
    const uint32_t listen = STATE_BIT(STATE_LISTEN);
    const uint8_t both = WISH_INET | WISH_INET6;
    const struct narrowing narrowings[] = {
        {listen, both, false, ""}, {listen, both, true, ""}, {0, both, false, "state established"},
        {0, both, false, by_peer}, {0, both, true, by_peer},
    };

    snprintf(by_peer, sizeof by_peer, "dport = %u", peer);
    for (size_t i = 0; i < UNIT_COUNT(narrowings); i++)
        check_narrowed(&narrowings[i], port, peer);
}

static void check_unaccepted(struct net_address local, struct net_address remote, int family)
{
    const int listener = net_listen(local, 5, NET_DUAL);
    const int client = net_socket(family, NULL, 0);
    net_connect(client, remote);
    net_wait_state(client, 1);
    const unsigned port = port_of(listener);
    const unsigned peer = port_of(client);
    const struct frame *frame = stage_settle(&owner_stage);
    assert_owner(frame, row_of_ports(frame, port, peer), OWNER_LISTENER, getpid());
    assert_owner(frame, row_of_ports(frame, peer, port), OWNER_PROCESS, getpid());
    check_without_listener(port, peer);
    const int accepted = net_accept(listener);
    frame = stage_settle(&owner_stage);
    assert_owner(frame, row_of_ports(frame, port, peer), OWNER_PROCESS, getpid());
    close(accepted);
    close(client);
    close(listener);
}

static void test_listener(void **state)
{
    (void)state;
    check_unaccepted(net_v4(LOOPBACK, 4001), net_v4(LOOPBACK, 4001), AF_INET);
    check_unaccepted(net_v4(INADDR_ANY, 4002), net_v4(LOOPBACK, 4002), AF_INET);
    if (!net_has_ipv6())
        return;
    check_unaccepted(net_v6("::1", 4003), net_v6("::1", 4003), AF_INET6);
    check_unaccepted(net_v6("::", 4004), net_v4(LOOPBACK, 4004), AF_INET);
}

/* A request, not a socket yet, of an IPv4 peer at an IPv6 listener. */
static void test_listener_of_request(void **state)
{
    static const struct narrowing NARROWINGS[] = {
        {STATE_BIT(STATE_LISTEN), WISH_INET | WISH_INET6, false, ""},
        {STATE_BIT(STATE_LISTEN), WISH_INET6, false, ""},
        {0, WISH_INET | WISH_INET6, false, "state syn-recv"},
    };
    (void)state;
    if (!net_has_ipv6())
        skip();
    const int seconds = 60;
    const int listener = net_listen(net_v6("::", 4008), 5, NET_DUAL);
    const int client = net_socket(AF_INET, NULL, 0);
    assert_int_equal(setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds),
                     0);
    net_connect(client, net_v4(LOOPBACK, 4008));
    const unsigned peer = port_of(client);
    const struct frame *frame = stage_settle(&owner_stage);
    const struct conn *row = row_of_ports(frame, 4008, peer);
    assert_owner(frame, row, OWNER_LISTENER, getpid());
    assert_int_equal(row->state, STATE_SYN_RECEIVED);
    for (size_t i = 0; i < UNIT_COUNT(NARROWINGS); i++)
        check_narrowed(&NARROWINGS[i], 4008, peer);
    close(client);
    close(listener);
}

/* The listener of the exact address, not the one of the wildcard: two processes. */
static void play_wildcard(struct actor *actor, void *data)
{
    (void)data;
    net_listen(net_v4(INADDR_ANY, 4005), 5, NET_REUSEPORT);
    actor_ready(actor);
}

static void test_listener_of_address(void **state)
{
    (void)state;
    const pid_t other = actor_start(play_wildcard, NULL);
    const int listener = net_listen(net_v4(LOOPBACK, 4005), 5, NET_REUSEPORT);
    const int exact = net_socket(AF_INET, NULL, 0);
    const int wild = net_socket(AF_INET, NULL, 0);
    net_connect(exact, net_v4(LOOPBACK, 4005));
    net_connect(wild, net_v4(LOOPBACK + 1, 4005));
    net_wait_state(exact, 1);
    net_wait_state(wild, 1);
    const struct frame *frame = stage_settle(&owner_stage);
    assert_owner(frame, row_of_ports(frame, 4005, port_of(exact)), OWNER_LISTENER, getpid());
    assert_owner(frame, row_of_ports(frame, 4005, port_of(wild)), OWNER_LISTENER, other);
    close(exact);
    close(wild);
    close(listener);
}

int main(void)
{
    scene_enter();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_listener, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_listener_of_request, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_listener_of_address, stage_begin, stage_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
