/* test_close [ROUNDS]: closes whose target died, whose ends were taken again, whose port has a
 * listener: nothing else may be closed. Watches every request that leaves. In a network namespace
 * of its own. */
#include "../source/owner_scene.h"
#include "../unit/unit.h"
#include "act/act.h"
#include "net_tools.h"
#include "source/diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOPBACK = 0x7f000001 };

static unsigned rounds = 30, sent, without_cookie;

ssize_t __real_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length);

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length)
{
    const struct nlmsghdr *header = bytes;
    const struct inet_diag_req_v2 *request = mnl_nlmsg_get_payload(header);
    if (header->nlmsg_type == SOCK_DESTROY) {
        sent++;
        without_cookie += request->id.idiag_cookie[0] == INET_DIAG_NOCOOKIE &&
                          request->id.idiag_cookie[1] == INET_DIAG_NOCOOKIE;
    }
    return __real_mnl_socket_sendto(socket, bytes, length);
}

struct pair {
    int client, server;
    struct conn row; /* the server's end, as a frame has it */
};

static struct conn row_of(int descriptor)
{
    const struct net_facts facts = net_facts_of(descriptor);
    struct conn row = {.cookie = net_cookie(descriptor), .state = STATE_ESTABLISHED};
    row.tuple.family = FAMILY_INET;
    memcpy(row.tuple.local.bytes, &facts.local.u.v4.sin_addr, 4);
    memcpy(row.tuple.remote.bytes, &facts.remote.u.v4.sin_addr, 4);
    row.tuple.local_port = ntohs(facts.local.u.v4.sin_port);
    row.tuple.remote_port = ntohs(facts.remote.u.v4.sin_port);
    return row;
}

/* From this local port, 0 = any. */
static struct pair make_pair(int listener, struct net_address to, unsigned port)
{
    const struct net_address from = net_v4(LOOPBACK, port);
    struct pair pair = {.client = net_socket(AF_INET, port ? &from : NULL, 0)};
    net_connect(pair.client, to);
    pair.server = net_accept(listener);
    pair.row = row_of(pair.server);
    return pair;
}

/* By reset: nothing of it is left, not even TIME-WAIT. */
static void kill_pair(const struct pair *pair)
{
    const struct linger now = {1, 0};
    assert_int_equal(setsockopt(pair->client, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    net_close(pair->client);
    net_wait_state(pair->server, TCP_CLOSE);
    net_close(pair->server);
}

static void assert_alive(const struct pair *pair)
{
    char byte = 'x';
    assert_int_equal(send(pair->client, &byte, 1, MSG_NOSIGNAL), 1);
    assert_int_equal(recv(pair->server, &byte, 1, 0), 1);
}

static struct net_address address_of(int listener)
{
    return net_facts_of(listener).local;
}

static void dead_target_closes_nothing(void **state)
{
    const int listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    const struct net_address to = address_of(listener);
    unsigned closed = 0;
    char text[ACTS_TEXT_MAX];
    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        const struct pair pair = make_pair(listener, to, 0);
        kill_pair(&pair);
        closed += act_close_conn(&pair.row, text) != -ENOENT;
        assert_string_equal(text, "it was gone already");
        const struct pair next = make_pair(listener, to, 0); /* the listener lives */
        assert_alive(&next);
        kill_pair(&next);
    }
    print_message("%u closes of dead connections, %u closed something\n", rounds, closed);
    assert_int_equal(closed, 0);
    assert_int_equal(net_state(listener), TCP_LISTEN);
    net_close(listener);
}

static void ends_taken_again_are_left_alone(void **state)
{
    const int listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    const struct net_address to = address_of(listener);
    unsigned closed = 0;
    char text[ACTS_TEXT_MAX];
    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        const struct pair before = make_pair(listener, to, 0);
        kill_pair(&before);
        const struct pair after = make_pair(listener, to, before.row.tuple.remote_port);
        assert_true(tuple_equal(&before.row.tuple, &after.row.tuple));
        assert_true(before.row.cookie != after.row.cookie);
        closed += act_close_conn(&before.row, text) != -ENOENT;
        assert_alive(&after);
        kill_pair(&after);
    }
    print_message("%u closes of ends taken again, %u closed something\n", rounds, closed);
    assert_int_equal(closed, 0);
    net_close(listener);
}

static void row_without_cookie_is_never_sent(void **state)
{
    static const uint64_t NONE[] = {0, UINT64_MAX};
    const int listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    char request[1024], text[ACTS_TEXT_MAX];
    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        struct pair pair = make_pair(listener, address_of(listener), 0);
        const unsigned before = sent;
        size_t length = 0;
        pair.row.cookie = NONE[i % 2];
        assert_int_equal(diag_put_destroy(request, &pair.row, 1, &length), -EINVAL);
        assert_int_equal(length, 0);
        assert_int_equal(act_close_conn(&pair.row, text), -EINVAL);
        assert_int_equal(sent, before);
        assert_alive(&pair);
        kill_pair(&pair);
    }
    net_close(listener);
}

/* The same ends and cookie, in another network namespace: here they are another's. */
static void row_of_another_namespace_is_never_sent(void **state)
{
    const int listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    struct pair pair = make_pair(listener, address_of(listener), 0);
    const unsigned before = sent;
    char text[ACTS_TEXT_MAX];
    (void)state;
    pair.row.netns = 1; /* of no namespace */
    assert_int_equal(act_close_conn(&pair.row, text), -ENOENT);
    assert_string_equal(text, "its network namespace was gone already");
    assert_int_equal(sent, before);
    assert_alive(&pair);
    kill_pair(&pair);
    net_close(listener);
}

static void living_target_is_closed(void **state)
{
    const int listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    char text[ACTS_TEXT_MAX], byte;
    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        const struct pair pair = make_pair(listener, address_of(listener), 0);
        const int error = act_close_conn(&pair.row, text);
        if (error == -EOPNOTSUPP) {
            print_message("skipped: %s\n", text);
            skip();
        }
        assert_int_equal(error, 0);
        assert_int_equal(recv(pair.server, &byte, 1, 0), -1);
        assert_int_equal(errno, ECONNABORTED);
        net_close(pair.client);
        net_close(pair.server);
    }
    assert_int_equal(net_state(listener), TCP_LISTEN);
    net_close(listener);
}

/* The same socket, and so the same cookie: its program gave the connection up and listens. */
static void listener_made_of_it_is_left_alone(void **state)
{
    static const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    const int listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    const struct net_address to = address_of(listener);
    unsigned closed = 0;
    char text[ACTS_TEXT_MAX];
    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        const struct pair pair = make_pair(listener, to, 20000 + i % 10000);
        const struct conn row = row_of(pair.client);
        assert_int_equal(connect(pair.client, &nowhere, sizeof nowhere), 0);
        assert_int_equal(listen(pair.client, 4), 0);
        assert_int_equal(net_cookie(pair.client), row.cookie);
        closed += act_close_conn(&row, text) != -EBUSY;
        closed += net_state(pair.client) != TCP_LISTEN;
        assert_non_null(strstr(text, "listener"));
        net_close(pair.client);
        net_close(pair.server);
    }
    print_message("%u connections that had become listeners, %u closed\n", rounds, closed);
    assert_int_equal(closed, 0);
    net_close(listener);
}

/* It cannot be closed as it is, and must not be as what it becomes. */
static void bound_socket_is_never_sent(void **state)
{
    char text[ACTS_TEXT_MAX];
    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        const struct net_address from = net_v4(LOOPBACK, 0);
        const int bound = net_socket(AF_INET, &from, 0);
        struct conn row = row_of(bound);
        const unsigned before = sent;
        row.state = STATE_CLOSED;
        if (i % 2)
            assert_int_equal(listen(bound, 4), 0);
        assert_non_null(act_close_refusal(&row));
        assert_int_equal(act_close_conn(&row, text), -EINVAL);
        assert_string_equal(text, act_close_refusal(&row));
        assert_int_equal(sent, before);
        assert_int_equal(net_state(bound), i % 2 ? TCP_LISTEN : TCP_CLOSE);
        net_close(bound);
    }
}

static void all_had_a_cookie(void **state)
{
    (void)state;
    print_message("%u requests left, %u of them without a cookie\n", sent, without_cookie);
    assert_true(sent > 0);
    assert_int_equal(without_cookie, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(living_target_is_closed),
        cmocka_unit_test(dead_target_closes_nothing),
        cmocka_unit_test(ends_taken_again_are_left_alone),
        cmocka_unit_test(row_without_cookie_is_never_sent),
        cmocka_unit_test(row_of_another_namespace_is_never_sent),
        cmocka_unit_test(listener_made_of_it_is_left_alone),
        cmocka_unit_test(bound_socket_is_never_sent),
        cmocka_unit_test(all_had_a_cookie),
    };
    if (argc > 1)
        rounds = (unsigned)strtoul(argv[1], NULL, 10);
    net_enter_namespace(0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
