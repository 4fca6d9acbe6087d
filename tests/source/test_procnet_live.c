/* Rows of this kernel's /proc/net/tcp and tcp6 against the sockets that made them, in a network
 * namespace of its own: each socket's row by inode, and no row without a socket. */
#include "../unit/unit.h"
#include "net_tools.h"
#include "source/procnet.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK 0x7f000001
#define FDS_MOST 32u

static struct {
    int fds[FDS_MOST];
    uint32_t count;
    uint32_t without_inode; /* rows that no descriptor stands for */
} scene;

static int held(int fd)
{
    assert_true(scene.count < FDS_MOST);
    scene.fds[scene.count++] = fd;
    return fd;
}

static void make_pair(struct net_address server, int family, int *client, int *accepted)
{
    int listener = held(net_listen(server, 5, 0));
    *client = held(net_socket(family, NULL, 0));
    net_connect(*client, server);
    *accepted = held(net_accept(listener));
    net_wait_state(*client, 1);
}

static void make_scene(void)
{
    int client, accepted;
    make_pair(net_v4(LOOPBACK, 2001), AF_INET, &client, &accepted);
    assert_int_equal(write(client, "0123456789", 10), 10); /* read by nobody */

    make_pair(net_v4(LOOPBACK, 2002), AF_INET, &client, &accepted);
    shutdown(client, SHUT_WR);
    net_wait_state(client, 5);
    net_wait_state(accepted, 8);

    int waiting = held(net_socket(AF_INET, NULL, 0)); /* in the accept queue */
    held(net_listen(net_v4(LOOPBACK, 2003), 5, 0));
    net_connect(waiting, net_v4(LOOPBACK, 2003));
    net_wait_state(waiting, 1);
    scene.without_inode++;

    int deaf = held(net_listen(net_v4(LOOPBACK, 2004), 5, 0));
    net_drop_incoming(deaf, true);
    net_connect(held(net_socket(AF_INET, NULL, NET_NONBLOCK)), net_v4(LOOPBACK, 2004));
    if (net_has_ipv6())
        make_pair(net_v6("::1", 2006), AF_INET6, &client, &accepted);
}

/* Closed by both sides: what is left is TIME-WAIT. Returns the client's port. */
static uint16_t make_time_wait(void)
{
    int listener = held(net_listen(net_v4(LOOPBACK, 2005), 5, 0));
    int client = net_socket(AF_INET, NULL, 0);
    net_connect(client, net_v4(LOOPBACK, 2005));
    int accepted = net_accept(listener);
    struct net_facts facts = net_facts_of(client);
    shutdown(client, SHUT_WR);
    net_wait_state(accepted, 8);
    net_close(accepted);
    net_wait_state(client, 7); /* TIME-WAIT is no state of the descriptor any more */
    net_close(client);
    scene.without_inode++;
    return ntohs(facts.local.u.v4.sin_port);
}

static void assert_address(const struct tuple *tuple, const struct addr *addr, uint16_t port,
                           const struct net_address *expected)
{
    if (expected->u.any.sa_family == AF_INET) {
        assert_int_equal(tuple->family, FAMILY_INET);
        assert_memory_equal(addr->bytes, &expected->u.v4.sin_addr, 4);
        assert_int_equal(port, ntohs(expected->u.v4.sin_port));
    } else {
        assert_int_equal(tuple->family, FAMILY_INET6);
        assert_memory_equal(addr->bytes, &expected->u.v6.sin6_addr, 16);
        assert_int_equal(port, ntohs(expected->u.v6.sin6_port));
    }
}

static const struct conn *find_inode(const struct frame *frame, uint64_t inode)
{
    for (uint32_t i = 0; i < frame->live_count; i++)
        if ((frame->conns[i].known & KNOWN_INODE) && frame->conns[i].inode == inode)
            return &frame->conns[i];
    fail_msg("no row with inode %lu", (unsigned long)inode);
    return NULL;
}

static void assert_row(const struct frame *frame, int fd)
{
    struct net_facts facts = net_facts_of(fd);
    const struct conn *conn = find_inode(frame, facts.inode);
    assert_int_equal(conn->kernel_state, facts.state);
    assert_address(&conn->tuple, &conn->tuple.local, conn->tuple.local_port, &facts.local);
    if (facts.has_remote)
        assert_address(&conn->tuple, &conn->tuple.remote, conn->tuple.remote_port, &facts.remote);
    else if (conn->state == STATE_LISTEN) /* getpeername() knows no peer in SYN-SENT either */
        assert_true(addr_is_zero(&conn->tuple.remote) && conn->tuple.remote_port == 0);
    assert_true(conn->known & KNOWN_UID);
    assert_int_equal(conn->uid, getuid());
}

static const struct conn *find_ports(const struct frame *frame, uint16_t local, uint16_t remote)
{
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct tuple *tuple = &frame->conns[i].tuple;
        if (tuple->local_port == local && (remote == 0 || tuple->remote_port == remote) &&
            (remote != 0 || frame->conns[i].state == STATE_LISTEN))
            return &frame->conns[i];
    }
    fail_msg("no row %u to %u", local, remote);
    return NULL;
}

static void rows_are_the_sockets(void **state)
{
    const struct wish wish = {.state_bits = STATE_ALL_BITS, .families = WISH_INET | WISH_INET6};
    (void)state;
    make_scene();
    uint16_t time_wait_port = make_time_wait();
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = frame_new(pool);
    assert_int_equal(procnet_dump("/proc", frame, &wish), 0);
    assert_false(frame->missing.reasons & MISSING_DUMP_PART);

    for (uint32_t i = 0; i < scene.count; i++)
        assert_row(frame, scene.fds[i]);
    assert_int_equal(frame->live_count, scene.count + scene.without_inode);

    const struct conn *time_wait = find_ports(frame, time_wait_port, 2005);
    assert_int_equal(time_wait->state, STATE_TIME_WAIT);
    assert_int_equal(time_wait->timer, 3);
    assert_true(time_wait->timer_ms > 0 && time_wait->timer_ms <= 60000);
    assert_int_equal(find_ports(frame, 2003, 0)->receive_queue, 1);
    const struct conn *unread = NULL;
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].tuple.local_port == 2001 && frame->conns[i].state != STATE_LISTEN)
            unread = &frame->conns[i];
    assert_non_null(unread);
    assert_int_equal(unread->receive_queue, 10);
    frame_release(frame);
    frame_pool_release(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_are_the_sockets)};
    net_enter_namespace(0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
