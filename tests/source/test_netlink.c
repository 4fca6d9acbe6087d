/* netlink against sockets of our own in a network namespace of our own: each row field by field,
 * exact look-ups, and what is said when the kernel cannot be asked. */
#include "core/column/column.h"
#include "netlink_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct conn *find(const struct frame *frame, uint64_t cookie)
{
    const struct conn *found = NULL;
    for (uint32_t i = 0; i < frame->live_count; i++) {
        if (frame->conns[i].cookie != cookie)
            continue;
        assert_null(found);
        found = &frame->conns[i];
    }
    return found;
}

static void check_address(const struct net_address *address, uint8_t family,
                          const struct addr *addr, uint16_t port)
{
    bool is_v4 = address->u.any.sa_family == AF_INET;
    assert_int_equal(family, is_v4 ? FAMILY_INET : FAMILY_INET6);
    assert_int_equal(port, ntohs(is_v4 ? address->u.v4.sin_port : address->u.v6.sin6_port));
    if (is_v4)
        assert_memory_equal(addr->bytes, &address->u.v4.sin_addr, 4);
    else
        assert_memory_equal(addr->bytes, &address->u.v6.sin6_addr, 16);
}

static const struct conn *check_row(const struct frame *frame, int fd)
{
    struct net_facts facts = net_facts_of(fd);
    const struct conn *conn = find(frame, facts.cookie);
    struct stat netns;
    assert_non_null(conn);
    assert_int_equal(conn->state, state_from_kernel((unsigned)facts.state));
    check_address(&facts.local, conn->tuple.family, &conn->tuple.local, conn->tuple.local_port);
    if (facts.has_remote)
        check_address(&facts.remote, conn->tuple.family, &conn->tuple.remote,
                      conn->tuple.remote_port);
    assert_true(conn->known & KNOWN_INODE);
    assert_int_equal(conn->inode, facts.inode);
    assert_true(conn->known & KNOWN_UID);
    assert_int_equal(conn->uid, getuid());
    assert_int_equal(stat("/proc/self/ns/net", &netns), 0);
    assert_int_equal(conn->netns, netns.st_ino);
    assert_int_equal(frame->netns, netns.st_ino);
    return conn;
}

static void rows_are_the_sockets_we_made(void **unused)
{
    static const int FAMILIES[] = {AF_INET, AF_INET6};
    (void)unused;
    for (int i = 0; i < (net_has_ipv6() ? 2 : 1); i++) {
        struct pair pair = make_pair(FAMILIES[i]);
        struct frame *frame = dump(STATE_ALL_BITS, NEED_NOTHING);
        assert_int_equal(check_row(frame, pair.listener)->state, STATE_LISTEN);
        check_row(frame, pair.client);
        check_row(frame, pair.server);
        assert_string_equal(frame->source, "sock_diag");
        frame_release(frame);
        close_pair(pair);
    }
}

static void a_mapped_connection_stays_inet6(void **unused)
{
    (void)unused;
    if (!net_has_ipv6())
        skip();
    unsigned port = next_port++;
    int listener = net_listen(net_v6("::", port), 5, NET_DUAL);
    int client = net_socket(AF_INET, NULL, 0);
    net_connect(client, net_v4(LOOPBACK, port));
    int server = net_accept(listener);
    struct frame *frame = dump(STATE_ALL_BITS, NEED_NOTHING);
    const struct conn *row = check_row(frame, server);
    assert_true(addr_is_mapped(&row->tuple.local, row->tuple.family));
    assert_int_equal(check_row(frame, client)->tuple.family, FAMILY_INET);
    frame_release(frame);
    close_pair((struct pair){listener, client, server});
}

static void a_link_local_row_has_its_interface(void **unused)
{
    (void)unused;
    if (!net_has_ipv6() || !net_add_link_local())
        skip();
    struct net_address to = net_v6("fe80::1", next_port++);
    int listener = net_listen(to, 5, 0);
    int client = net_socket(AF_INET6, NULL, 0);
    net_connect(client, to);
    int server = net_accept(listener);
    struct frame *frame = dump(STATE_ALL_BITS, NEED_NOTHING);
    const char *name = frame_interface_name(frame, check_row(frame, client)->netns,
                                            check_row(frame, client)->tuple.scope);
    assert_non_null(name);
    assert_string_equal(name, "lo");
    frame_release(frame);
    close_pair((struct pair){listener, client, server});
}

static void bytes_and_queues_are_counted(void **unused)
{
    char bytes[1000] = {0};
    struct pair pair = make_pair(AF_INET);
    (void)unused;
    assert_int_equal(send(pair.client, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_int_equal(recv(pair.server, bytes, 400, MSG_WAITALL), 400);
    struct frame *frame = dump(STATE_ALL_BITS, NEED_NOTHING);
    const struct conn *server = check_row(frame, pair.server);
    const struct conn *client = check_row(frame, pair.client);
    assert_true(server->in_bytes == 1000);
    assert_int_equal(server->receive_queue, 600);
    assert_true(conn_out_bytes(client) == 1000);
    assert_true(client->known & KNOWN_RTT);
    frame_release(frame);
    assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
    net_wait_state(pair.server, TCP_CLOSE_WAIT);
    frame = dump(STATE_ALL_BITS, NEED_NOTHING);
    assert_int_equal(check_row(frame, pair.server)->state, STATE_CLOSE_WAIT);
    assert_true(find(frame, net_cookie(pair.server))->in_bytes == 1000); /* the FIN is no byte */
    frame_release(frame);
    close_pair(pair);
}

static void a_listener_shows_its_accept_queue(void **unused)
{
    struct net_address to = net_v4(LOOPBACK, next_port++);
    int listener = net_listen(to, 9, 0);
    int clients[3];
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(clients); i++) {
        clients[i] = net_socket(AF_INET, NULL, 0);
        net_connect(clients[i], to);
    }
    struct frame *frame = dump(STATE_ALL_BITS, NEED_NOTHING);
    const struct conn *row = check_row(frame, listener);
    assert_int_equal(row->receive_queue, UNIT_COUNT(clients));
    assert_int_equal(row->send_queue, 9);
    uint32_t without_owner = 0;
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        bool is_waiting =
            conn->state == STATE_ESTABLISHED && conn->tuple.local_port == row->tuple.local_port;
        without_owner += is_waiting && !(conn->known & (KNOWN_UID | KNOWN_INODE | KNOWN_CGROUP));
    }
    assert_int_equal(without_owner, UNIT_COUNT(clients));
    frame_release(frame);
    for (size_t i = 0; i < UNIT_COUNT(clients); i++)
        net_close(clients[i]);
    net_close(listener);
}

static void sixteen_listeners_on_one_port_are_sixteen_rows(void **unused)
{
    struct net_address at = net_v4(LOOPBACK, next_port++);
    int listeners[16];
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(listeners); i++)
        listeners[i] = net_listen(at, 5, NET_REUSEPORT);
    struct frame *frame = dump(STATE_BIT(STATE_LISTEN), NEED_NOTHING);
    for (size_t i = 0; i < UNIT_COUNT(listeners); i++)
        check_row(frame, listeners[i]);
    assert_int_equal(frame->live_count, UNIT_COUNT(listeners));
    frame_release(frame);
    frame = frame_new(pool);
    assert_int_equal(netlink_dump_states(netlink, frame, FAMILY_INET, STATE_BIT(STATE_LISTEN)), 0);
    assert_int_equal(frame->live_count, UNIT_COUNT(listeners));
    frame_release(frame);
    for (size_t i = 0; i < UNIT_COUNT(listeners); i++)
        net_close(listeners[i]);
}

static void detail_is_given_when_wished_for(void **unused)
{
    struct pair pair = make_pair(AF_INET);
    char name[16] = "";
    socklen_t size = sizeof(name);
    (void)unused;
    assert_int_equal(getsockopt(pair.client, IPPROTO_TCP, TCP_CONGESTION, name, &size), 0);
    struct frame *frame = dump(STATE_ALL_BITS, NEED_DETAIL);
    const struct conn_detail *detail = frame_detail(frame, check_row(frame, pair.client));
    assert_non_null(detail);
    assert_string_equal(detail->congestion, name);
    assert_true(detail->info_length >= 104);
    frame_release(frame);
    frame = dump(STATE_ALL_BITS, NEED_NOTHING);
    assert_int_equal(frame->detail_count, 0);
    frame_release(frame);
    close_pair(pair);
}

static void tcp_info_of_suspect_rows_is_given(void **unused)
{
    struct pair unread = make_pair(AF_INET6);
    (void)unused;
    assert_int_equal(write(unread.client, "seven b", 7), 7);
    struct frame *frame = dump(STATE_ALL_BITS, NEED_SUSPECTS);
    const struct conn_detail *detail = frame_detail(frame, check_row(frame, unread.server));
    assert_non_null(detail);
    assert_true(detail->info_length >= 104);
    assert_true(detail->meminfo[MEMINFO_RMEM_ALLOC] > 0);
    frame_release(frame);
    close_pair(unread);
}

static void a_look_up_finds_what_is_there_as_it_is_now(void **unused)
{
    struct pair pair = make_pair(AF_INET);
    struct conn now;
    (void)unused;
    struct frame *frame = dump(STATE_ALL_BITS, NEED_NOTHING);
    const struct conn *client = check_row(frame, pair.client);
    assert_int_equal(netlink_lookup(netlink, client, &now), 0);
    assert_int_equal(now.state, STATE_ESTABLISHED);
    assert_int_equal(now.inode, client->inode);
    assert_int_equal(now.netns, client->netns);
    assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
    net_wait_state(pair.client, TCP_FIN_WAIT2);
    assert_int_equal(netlink_lookup(netlink, client, &now), 0);
    assert_int_equal(now.state, STATE_FIN_WAIT_2);
    net_close(pair.server);
    net_close(pair.client);
    assert_int_equal(netlink_lookup(netlink, client, &now), 0); /* the same cookie */
    assert_int_equal(now.state, STATE_TIME_WAIT);
    frame_release(frame);
    net_close(pair.listener);
}

static void a_look_up_says_what_is_gone(void **unused)
{
    struct linger reset = {.l_onoff = 1};
    struct pair pair = make_pair(AF_INET);
    struct conn now = {.uid = 42};
    (void)unused;
    struct frame *frame = dump(STATE_ALL_BITS, NEED_NOTHING);
    struct conn client = *check_row(frame, pair.client);
    struct conn other = client;
    other.cookie++; /* the tuple lives, this connection does not */
    assert_int_equal(netlink_lookup(netlink, &other, &now), -ENOENT);
    assert_int_equal(setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
    net_close(pair.client);
    /* The listener of the port lives, and the kernel looks there too. */
    assert_int_equal(netlink_lookup(netlink, &client, &now), -ENOENT);
    assert_int_equal(now.uid, 42);
    frame_release(frame);
    net_close(pair.server);
    net_close(pair.listener);
}

/* More than are sent at once: some are open, some are not, one row's detail is wanted. */
static void many_are_looked_up_at_once(void **unused)
{
    enum { PAIRS = 50 };
    static struct netlink_look looks[PAIRS];
    struct conn_detail detail = {0};
    struct pair pairs[PAIRS];
    (void)unused;
    for (unsigned i = 0; i < PAIRS; i++)
        pairs[i] = make_pair(i % 2 ? AF_INET : AF_INET6);
    struct frame *frame = dump(STATE_ALL_BITS, NEED_NOTHING);
    for (unsigned i = 0; i < PAIRS; i++)
        looks[i] = (struct netlink_look){.wanted = check_row(frame, pairs[i].client),
                                         .detail = i == 17 ? &detail : NULL};
    for (unsigned i = 0; i < PAIRS; i += 7) { /* without TIME-WAIT */
        const struct linger reset = {.l_onoff = 1};
        setsockopt(pairs[i].client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        net_close(pairs[i].client);
    }
    netlink_look_up(netlink, looks, PAIRS);
    for (unsigned i = 0; i < PAIRS; i++) {
        assert_int_equal(looks[i].result, i % 7 ? 0 : -ENOENT);
        if (i % 7)
            assert_int_equal(looks[i].found.cookie, looks[i].wanted->cookie);
    }
    assert_true(detail.info_length > 0);
    for (unsigned i = 0; i < PAIRS; i++) {
        if (i % 7)
            net_close(pairs[i].client);
        net_close(pairs[i].server);
        net_close(pairs[i].listener);
    }
    frame_release(frame);
}

/* Our sock_diag sockets become /dev/null: whatever is asked of them fails. */
static unsigned break_sockets(void)
{
    unsigned broken = 0;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_true(null >= 0);
    for (int fd = 3; fd < 1024; fd++) {
        int domain = 0, protocol = -1;
        socklen_t size = sizeof(domain);
        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_NETLINK ||
            getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0 ||
            protocol != NETLINK_SOCK_DIAG)
            continue;
        assert_int_equal(dup2(null, fd), fd);
        broken++;
    }
    close(null);
    return broken;
}

static void a_broken_socket_is_opened_again(void **unused)
{
    struct pair pair = make_pair(AF_INET);
    struct conn now;
    (void)unused;
    struct frame *frame = dump(STATE_ALL_BITS, NEED_NOTHING);
    struct conn client = *check_row(frame, pair.client);
    uint32_t rows = frame->live_count;
    assert_int_equal(netlink_lookup(netlink, &client, &now), 0);
    frame_release(frame);
    assert_int_equal(break_sockets(), 2);
    frame = dump(STATE_ALL_BITS, NEED_NOTHING);
    assert_int_equal(frame->live_count, rows);
    assert_int_equal(netlink_lookup(netlink, &client, &now), -ENOTSOCK);
    assert_int_equal(netlink_lookup(netlink, &client, &now), 0);
    frame_release(frame);
    close_pair(pair);
}

static void what_cannot_be_had_is_said_in_words(void **unused)
{
    struct wish wish = {.state_bits = STATE_ALL_BITS, .families = WISH_INET | WISH_INET6};
    struct rlimit before, none;
    struct frame *frame = frame_new(pool);
    (void)unused;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    break_sockets();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int result = netlink_dump(netlink, frame, &wish, NULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(result, -EMFILE);
    assert_int_equal(frame->missing.error, EMFILE);
    assert_true(frame->missing.reasons & MISSING_DUMP_PART);
    assert_non_null(strstr(frame->missing.text, "too many open files (EMFILE)"));
    frame_release(frame);
    frame_release(dump(STATE_ALL_BITS, NEED_NOTHING)); /* and the next is whole */
}

static int open_nothing(void *unused)
{
    (void)unused;
    return -EMFILE;
}

static void without_a_socket_an_interface_has_no_name(void **unused)
{
    const struct netlink_place place = {.netns = 7, .open = open_nothing};
    const struct conn conn = {.netns = 7, .tuple = {.family = FAMILY_INET6, .scope = 1}};
    struct frame *frame = frame_new(pool);
    struct netlink *nowhere;
    (void)unused;
    assert_int_equal(netlink_new(&nowhere), 0);
    assert_int_equal(netlink_enter(nowhere, &place), -EMFILE);
    netlink_settle_row(nowhere, frame, &conn);
    assert_null(frame_interface_name(frame, 7, 1));
    netlink_close(nowhere);
    frame_release(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_the_sockets_we_made),
        cmocka_unit_test(a_mapped_connection_stays_inet6),
        cmocka_unit_test(a_link_local_row_has_its_interface),
        cmocka_unit_test(bytes_and_queues_are_counted),
        cmocka_unit_test(a_listener_shows_its_accept_queue),
        cmocka_unit_test(sixteen_listeners_on_one_port_are_sixteen_rows),
        cmocka_unit_test(detail_is_given_when_wished_for),
        cmocka_unit_test(tcp_info_of_suspect_rows_is_given),
        cmocka_unit_test(a_look_up_finds_what_is_there_as_it_is_now),
        cmocka_unit_test(a_look_up_says_what_is_gone),
        cmocka_unit_test(many_are_looked_up_at_once),
        cmocka_unit_test(a_broken_socket_is_opened_again),
        cmocka_unit_test(what_cannot_be_had_is_said_in_words),
        cmocka_unit_test(without_a_socket_an_interface_has_no_name),
    };
    net_enter_namespace(0);
    return cmocka_run_group_tests(tests, netlink_scene_open, netlink_scene_close);
}
