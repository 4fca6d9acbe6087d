/* The other end of a connection among the rows of a frame: in the same network namespace, in another
 * one, in several that cannot be distinguished, or not at all. */
#include "core/other_end.h"
#include "tuple.h"
#include "unit.h"

#include <string.h>

static struct frame_pool *pool;
static struct frame *frame;

static int begin(void **state)
{
    (void)state;
    pool = frame_pool_new();
    frame = frame_new(pool);
    return frame ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    frame_release(frame);
    frame_pool_release(pool);
    return 0;
}

static uint32_t add(uint32_t netns, const char *local, uint16_t local_port, const char *remote,
                    uint16_t remote_port)
{
    struct conn *conn = frame_add_conn(frame);

    conn->state = STATE_ESTABLISHED;
    conn->cookie = frame->conn_count;
    conn->netns = netns;
    unit_set_tuple(&conn->tuple, local, local_port, remote, remote_port);
    return frame->conn_count - 1;
}

/* Both ways to look say the same; none is UINT32_MAX. */
static void assert_other(uint32_t row, uint32_t other, uint32_t several)
{
    struct other_ends ends = {0};
    uint32_t said[2];
    const struct conn *found[2], *wanted = other == UINT32_MAX ? NULL : &frame->conns[other];

    assert_int_equal(other_ends_build(&ends, frame), 0);
    found[0] = other_ends_find(&ends, &frame->conns[row], &said[0]);
    found[1] = other_end_of(frame, &frame->conns[row], &said[1]);
    other_ends_done(&ends);
    for (int i = 0; i < 2; i++) {
        assert_ptr_equal(found[i], wanted);
        assert_int_equal(said[i], several);
    }
}

static void of_loopback_it_is_in_the_same_namespace(void **state)
{
    (void)state;
    const uint32_t client = add(7, "127.0.0.1", 40000, "127.0.0.1", 80);
    const uint32_t server = add(7, "127.0.0.1", 80, "127.0.0.1", 40000);
    const uint32_t alone = add(9, "127.0.0.1", 40001, "127.0.0.1", 80);
    add(7, "127.0.0.1", 80, "127.0.0.1", 40001); /* of another's loopback */
    assert_other(client, server, 0);
    assert_other(server, client, 0);
    assert_other(alone, UINT32_MAX, 0);
}

static void it_may_be_in_another_namespace(void **state)
{
    (void)state;
    const uint32_t client = add(7, "10.0.0.1", 40000, "10.0.0.2", 80);
    const uint32_t server = add(9, "10.0.0.2", 80, "10.0.0.1", 40000);
    add(9, "10.0.0.2", 80, "10.0.0.1", 40001);
    add(9, "10.0.0.2", 81, "10.0.0.1", 40000);
    assert_other(client, server, 0);
    assert_other(server, client, 0);
}

/* A listener of both families shows its IPv4 clients as IPv6. */
static void ipv4_in_ipv6_is_ipv4(void **state)
{
    (void)state;
    const uint32_t client = add(7, "10.0.0.1", 40000, "10.0.0.2", 80);
    const uint32_t server = add(9, "::ffff:10.0.0.2", 80, "::ffff:10.0.0.1", 40000);
    assert_other(client, server, 0);
    assert_other(server, client, 0);
}

/* Private addresses repeat: two pairs of namespaces with equal addresses. */
static void of_several_none_is_taken(void **state)
{
    (void)state;
    const uint32_t client = add(7, "10.0.0.1", 40000, "10.0.0.2", 80);
    const uint32_t server = add(9, "10.0.0.2", 80, "10.0.0.1", 40000);
    add(11, "10.0.0.1", 40000, "10.0.0.2", 80);
    add(13, "10.0.0.2", 80, "10.0.0.1", 40000);
    assert_other(client, UINT32_MAX, 2);
    assert_other(server, UINT32_MAX, 2);
}

static void the_own_namespace_comes_first(void **state)
{
    (void)state;
    const uint32_t client = add(7, "10.0.0.1", 40000, "10.0.0.1", 80);
    add(9, "10.0.0.1", 80, "10.0.0.1", 40000);
    const uint32_t server = add(7, "10.0.0.1", 80, "10.0.0.1", 40000);
    assert_other(client, server, 0);
}

static void listeners_ghosts_and_what_is_closed_have_none(void **state)
{
    (void)state;
    const uint32_t listener = add(7, "10.0.0.1", 80, "0.0.0.0", 0);
    frame->conns[listener].state = STATE_LISTEN;
    const uint32_t client = add(7, "10.0.0.1", 40000, "10.0.0.2", 80);
    const uint32_t server = add(9, "10.0.0.2", 80, "10.0.0.1", 40000);
    frame->conns[server].state = STATE_DELETE_TCB;
    assert_other(listener, UINT32_MAX, 0);
    assert_other(client, UINT32_MAX, 0);
    assert_other(server, UINT32_MAX, 0);
}

/* A socket may be connected to itself: it has one end. */
static void one_that_is_connected_to_itself_has_no_other_end(void **state)
{
    (void)state;
    const uint32_t self = add(7, "127.0.0.1", 4000, "127.0.0.1", 4000);
    assert_other(self, UINT32_MAX, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(of_loopback_it_is_in_the_same_namespace),
        TEST(it_may_be_in_another_namespace),
        TEST(ipv4_in_ipv6_is_ipv4),
        TEST(of_several_none_is_taken),
        TEST(the_own_namespace_comes_first),
        TEST(listeners_ghosts_and_what_is_closed_have_none),
        TEST(one_that_is_connected_to_itself_has_no_other_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
