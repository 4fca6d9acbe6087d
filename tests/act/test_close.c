/* test_close [ROUNDS]: closes whose target died, whose ends were taken again, whose port has a
 * listener, of which another network namespace has the like, for which a right is missing, that the
 * kernel refuses: nothing else may be closed. Watches every request that leaves. In a network
 * namespace of its own. */
#include "../source/owner_scene.h"
#include "../unit/unit.h"
#include "act/act.h"
#include "net_tools.h"
#include "source/diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/capability.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOPBACK = 0x7f000001 };

static unsigned rounds = 30, sent, without_cookie;
static void (*before_destroy)(void); /* done when all is checked, just before the request leaves */
static int injected;                 /* the kernel's answer to the next request; 0: its own */
static bool answer_is_due;

ssize_t __real_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length);
ssize_t __real_mnl_socket_recvfrom(const struct mnl_socket *socket, void *bytes, size_t size);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *socket, void *bytes, size_t size);

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t length)
{
    const struct nlmsghdr *header = bytes;
    const struct inet_diag_req_v2 *request = mnl_nlmsg_get_payload(header);
    if (header->nlmsg_type == SOCK_DESTROY) {
        sent++;
        without_cookie += request->id.idiag_cookie[0] == INET_DIAG_NOCOOKIE &&
                          request->id.idiag_cookie[1] == INET_DIAG_NOCOOKIE;
        if (before_destroy)
            before_destroy();
        answer_is_due = injected != 0;
        if (answer_is_due)
            return (ssize_t)length;
    }
    return __real_mnl_socket_sendto(socket, bytes, length);
}

ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *socket, void *bytes, size_t size)
{
    if (!answer_is_due)
        return __real_mnl_socket_recvfrom(socket, bytes, size);
    answer_is_due = false;
    struct nlmsghdr *header = mnl_nlmsg_put_header(bytes);
    header->nlmsg_type = NLMSG_ERROR;
    header->nlmsg_seq = 2; /* that of act_close_conn's second request */
    struct nlmsgerr *error = mnl_nlmsg_put_extra_header(header, sizeof *error);
    error->error = injected;
    return (ssize_t)header->nlmsg_len;
}

struct pair {
    int client, server;
    struct conn row; /* the server's end, as a frame has it */
};

static uint16_t take_end(const struct net_address *from, struct addr *addr)
{
    if (from->u.any.sa_family == AF_INET6) {
        memcpy(addr->bytes, &from->u.v6.sin6_addr, 16);
        return ntohs(from->u.v6.sin6_port);
    }
    memcpy(addr->bytes, &from->u.v4.sin_addr, 4);
    return ntohs(from->u.v4.sin_port);
}

static struct conn row_of(int descriptor)
{
    const struct net_facts facts = net_facts_of(descriptor);
    struct conn row = {.cookie = net_cookie(descriptor), .state = STATE_ESTABLISHED};
    row.tuple.family = facts.local.u.any.sa_family == AF_INET6 ? FAMILY_INET6 : FAMILY_INET;
    row.tuple.local_port = take_end(&facts.local, &row.tuple.local);
    row.tuple.remote_port = take_end(&facts.remote, &row.tuple.remote);
    return row;
}

static struct pair make_pair_from(int listener, struct net_address to,
                                  const struct net_address *from)
{
    struct pair pair = {.client = net_socket(to.u.any.sa_family, from, 0)};
    net_connect(pair.client, to);
    pair.server = net_accept(listener);
    pair.row = row_of(pair.server);
    return pair;
}

/* From this local port, 0 = any. */
static struct pair make_pair(int listener, struct net_address to, unsigned port)
{
    const struct net_address from = net_v4(LOOPBACK, port);
    return make_pair_from(listener, to, port ? &from : NULL);
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
        assert_string_equal(text, "it was already closed");
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
    assert_string_equal(text, "its network namespace no longer exists");
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

static struct net_address mapped(unsigned port)
{
    return net_v6("::ffff:127.0.0.1", port);
}

static int listen_dual(unsigned *port)
{
    const int listener = net_listen(net_v6("::", 0), 8, NET_DUAL);
    *port = ntohs(address_of(listener).u.v6.sin6_port);
    return listener;
}

/* IPv4 by a socket of IPv6; the one that takes its ends again is of either family. */
static void v4_mapped_is_as_exact(void **state)
{
    unsigned port, closed = 0;
    char text[ACTS_TEXT_MAX];
    (void)state;
    if (!net_has_ipv6())
        skip();
    const int listener = listen_dual(&port);
    for (unsigned i = 0; i < rounds; i++) {
        const struct pair before = make_pair_from(listener, mapped(port), NULL);
        const struct conn row = row_of(before.client);
        assert_int_equal(row.tuple.family, FAMILY_INET6);
        kill_pair(&before);
        const struct net_address to = i % 2 ? net_v4(LOOPBACK, port) : mapped(port);
        const struct net_address from =
            i % 2 ? net_v4(LOOPBACK, row.tuple.local_port) : mapped(row.tuple.local_port);
        const struct pair after = make_pair_from(listener, to, &from);
        closed += act_close_conn(&row, text) != -ENOENT;
        closed += act_close_conn(&before.row, text) != -ENOENT;
        assert_alive(&after);
        const int error =
            act_close_conn(&after.row, text); /* the server's end: mapped in each case */
        if (error != -EOPNOTSUPP) {
            char byte;
            assert_int_equal(error, 0);
            assert_int_equal(recv(after.server, &byte, 1, 0), -1);
            assert_int_equal(errno, ECONNABORTED);
        }
        net_close(after.client);
        net_close(after.server);
    }
    print_message("%u closes of v4-mapped ends taken again, %u closed something\n", 2 * rounds,
                  closed);
    assert_int_equal(closed, 0);
    assert_int_equal(net_state(listener), TCP_LISTEN);
    net_close(listener);
}

/* In order, the server first: its end stays in TIME-WAIT. */
static void finish_pair(const struct pair *pair)
{
    net_close(pair->server);
    net_wait_state(pair->client, TCP_CLOSE_WAIT);
    net_close(pair->client);
}

static void time_wait_taken_again_is_left_alone(void **state)
{
    const int listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    const struct net_address to = address_of(listener);
    unsigned closed = 0;
    char text[ACTS_TEXT_MAX];
    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        struct pair before = make_pair(listener, to, 0);
        finish_pair(&before);
        before.row.state = STATE_TIME_WAIT;
        const struct pair after = make_pair(listener, to, before.row.tuple.remote_port);
        assert_true(tuple_equal(&before.row.tuple, &after.row.tuple));
        closed += act_close_conn(&before.row, text) != -ENOENT;
        assert_alive(&after);
        kill_pair(&after);
    }
    print_message("%u closes of TIME-WAIT whose ends were taken again, %u closed something\n",
                  rounds, closed);
    assert_int_equal(closed, 0);
    net_close(listener);
}

static void time_wait_is_closed(void **state)
{
    const int listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    const struct net_address to = address_of(listener);
    char text[ACTS_TEXT_MAX];
    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        struct pair pairs[2] = {make_pair(listener, to, 0), make_pair(listener, to, 0)};
        for (unsigned n = 0; n < 2; n++) {
            finish_pair(&pairs[n]);
            pairs[n].row.state = STATE_TIME_WAIT;
        }
        for (unsigned n = 0; n < 2; n++) { /* the first close leaves the second row */
            const int error = act_close_conn(&pairs[n].row, text);
            if (error == -EOPNOTSUPP)
                skip();
            assert_int_equal(error, 0);
            assert_int_equal(act_close_conn(&pairs[n].row, text), -ENOENT);
        }
        assert_int_equal(net_state(listener), TCP_LISTEN);
    }
    net_close(listener);
}

/* --- what happens after the last check --- */

static struct {
    struct pair target, after;
    int listener;
    struct net_address to;
    bool again; /* its ends are taken again */
} last;

static void end_target(void)
{
    kill_pair(&last.target);
    if (last.again)
        last.after = make_pair(last.listener, last.to, last.target.row.tuple.remote_port);
}

static void target_gone_at_the_last_moment(void **state)
{
    unsigned closed = 0;
    char text[ACTS_TEXT_MAX];
    (void)state;
    last.listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    last.to = address_of(last.listener);
    for (unsigned i = 0; i < rounds; i++) {
        last.again = i % 2;
        last.target = make_pair(last.listener, last.to, 0);
        before_destroy = end_target;
        const int error = act_close_conn(&last.target.row, text);
        before_destroy = NULL;
        if (error == -EOPNOTSUPP)
            skip();
        closed += error != -ENOENT;
        if (!last.again)
            last.after = make_pair(last.listener, last.to, 0);
        assert_alive(&last.after);
        kill_pair(&last.after);
    }
    print_message("%u closes of what ended after the last check, %u closed something\n", rounds,
                  closed);
    assert_int_equal(closed, 0);
    assert_int_equal(net_state(last.listener), TCP_LISTEN);
    net_close(last.listener);
}

/* --- the same ends in another network namespace --- */

struct neighbour {
    pid_t pid;
    int orders, answers;
};

static uint32_t own_netns(void)
{
    struct stat status;
    assert_int_equal(stat("/proc/self/ns/net", &status), 0);
    return (uint32_t)status.st_ino;
}

static bool is_closed(const struct pair *pair)
{
    char byte;
    return recv(pair->server, &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNABORTED;
}

/* For each port that it reads, makes the pair from there and sends its row; then says whether that was closed. */
static _Noreturn void play_neighbour(unsigned port, int orders, int answers)
{
    unsigned from;
    bool closed;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    net_enter_namespace(0);
    const int listener = net_listen(net_v4(LOOPBACK, port), 8, 0);
    while (read(orders, &from, sizeof from) == sizeof from) {
        struct pair pair = make_pair(listener, net_v4(LOOPBACK, port), from);
        pair.row.netns = own_netns();
        if (write(answers, &pair.row, sizeof pair.row) != sizeof pair.row ||
            read(orders, &from, sizeof from) != sizeof from)
            break;
        closed = is_closed(&pair);
        if (!closed) {
            assert_alive(&pair);
            kill_pair(&pair);
        } else {
            net_close(pair.client);
            net_close(pair.server);
        }
        if (write(answers, &closed, sizeof closed) != sizeof closed)
            break;
    }
    _exit(0);
}

static struct neighbour start_neighbour(unsigned port)
{
    int orders[2], answers[2];
    assert_int_equal(pipe(orders), 0);
    assert_int_equal(pipe(answers), 0);
    const struct neighbour made = {fork(), orders[1], answers[0]};
    if (made.pid == 0) {
        close(orders[1]);
        play_neighbour(port, orders[0], answers[1]);
    }
    close(orders[0]);
    close(answers[1]);
    return made;
}

static struct conn row_of_neighbour(const struct neighbour *neighbour, unsigned from)
{
    struct conn row;
    assert_int_equal(write(neighbour->orders, &from, sizeof from), sizeof from);
    assert_int_equal(read(neighbour->answers, &row, sizeof row), sizeof row);
    return row;
}

static bool neighbour_was_closed(const struct neighbour *neighbour)
{
    const unsigned go_on = 0;
    bool closed;
    assert_int_equal(write(neighbour->orders, &go_on, sizeof go_on), sizeof go_on);
    assert_int_equal(read(neighbour->answers, &closed, sizeof closed), sizeof closed);
    return closed;
}

static void end_neighbour(const struct neighbour *neighbour)
{
    close(neighbour->orders);
    close(neighbour->answers);
    assert_int_equal(waitpid(neighbour->pid, NULL, 0), neighbour->pid);
}

static void only_the_namespace_of_the_row_is_meant(void **state)
{
    const int listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    const struct net_address to = address_of(listener);
    const struct neighbour neighbour = start_neighbour(ntohs(to.u.v4.sin_port));
    unsigned wrong = 0;
    char text[ACTS_TEXT_MAX];
    struct conn others = {0};
    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        const unsigned from = 10000 + i % 20000;
        struct pair own = make_pair(listener, to, from);
        own.row.netns = own_netns();
        others = row_of_neighbour(&neighbour, from);
        assert_true(tuple_equal(&own.row.tuple, &others.tuple));
        const bool is_own = i % 2;
        const int error = act_close_conn(is_own ? &own.row : &others, text);
        if (error == -EOPNOTSUPP || error == -EXDEV)
            skip();
        assert_int_equal(error, 0);
        wrong += is_closed(&own) != is_own;
        if (!is_own)
            wrong += act_close_conn(&others, text) != -ENOENT;
        wrong += neighbour_was_closed(&neighbour) == is_own;
        if (!is_own) {
            assert_alive(&own);
            kill_pair(&own);
        } else {
            net_close(own.client);
            net_close(own.server);
        }
    }
    end_neighbour(&neighbour);
    const struct pair own = make_pair(listener, to, others.tuple.remote_port);
    assert_int_equal(act_close_conn(&others, text), -ENOENT);
    assert_string_equal(text, "its network namespace no longer exists");
    assert_alive(&own);
    kill_pair(&own);
    print_message(
        "%u closes of one of two with the same ends in two network namespaces, %u wrong\n", rounds,
        wrong);
    assert_int_equal(wrong, 0);
    assert_int_equal(net_state(listener), TCP_LISTEN);
    net_close(listener);
}

/* --- refusals --- */

/* CAP_NET_ADMIN is effective from now on, or not; false: this process has it not. */
static bool set_net_admin(bool effective)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0 || !(data[0].permitted & 1u << CAP_NET_ADMIN))
        return false;
    data[0].effective &= ~(1u << CAP_NET_ADMIN);
    data[0].effective |= (unsigned)effective << CAP_NET_ADMIN;
    return syscall(SYS_capset, &header, data) == 0;
}

static void without_the_right_nothing_is_closed(void **state)
{
    const int listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    char text[ACTS_TEXT_MAX];
    (void)state;
    assert_true(set_net_admin(false));
    for (unsigned i = 0; i < rounds; i++) {
        const struct pair pair = make_pair(listener, address_of(listener), 0);
        const int error = act_close_conn(&pair.row, text);
        if (error == -EOPNOTSUPP)
            break;
        assert_int_equal(error, -EPERM);
        assert_non_null(strstr(text, "CAP_NET_ADMIN"));
        assert_alive(&pair);
        kill_pair(&pair);
    }
    assert_true(set_net_admin(true));
    net_close(listener);
}

static void every_refusal_is_in_words(void **state)
{
    static const struct {
        int error;
        const char *words;
    } CASES[] = {
        {EOPNOTSUPP, "CONFIG_INET_DIAG_DESTROY"},
        {EPERM, "CAP_NET_ADMIN"},
        {EACCES, "CAP_NET_ADMIN"},
        {ENOENT, "already closed"},
        {EINVAL, "not closed: "},
        {ENOMEM, "not closed: "},
        {ENOBUFS, "not closed: "},
        {EPROTONOSUPPORT, "not closed: "},
        {EBADMSG, "not closed: "},
        {EAGAIN, "not closed: "},
    };
    const int listener = net_listen(net_v4(LOOPBACK, 0), 8, 0);
    char text[ACTS_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        const struct pair pair = make_pair(listener, address_of(listener), 0);
        injected = -CASES[i].error;
        const int error = act_close_conn(&pair.row, text);
        injected = 0;
        assert_int_equal(error, -CASES[i].error);
        assert_non_null(strstr(text, CASES[i].words));
        assert_true(strlen(text) > strlen("not closed: "));
        assert_alive(&pair);
        kill_pair(&pair);
    }
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
        cmocka_unit_test(v4_mapped_is_as_exact),
        cmocka_unit_test(time_wait_taken_again_is_left_alone),
        cmocka_unit_test(time_wait_is_closed),
        cmocka_unit_test(target_gone_at_the_last_moment),
        cmocka_unit_test(only_the_namespace_of_the_row_is_meant),
        cmocka_unit_test(without_the_right_nothing_is_closed),
        cmocka_unit_test(every_refusal_is_in_words),
        cmocka_unit_test(all_had_a_cookie),
    };
    if (argc > 1)
        rounds = (unsigned)strtoul(argv[1], NULL, 10);
    net_enter_namespace(0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
