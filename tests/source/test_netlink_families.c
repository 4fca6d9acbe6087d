/* netlink: one dump of both families against a dump of each, and what is done where the kernel
 * refuses the one. */
#include "core/column/column.h"
#include "netlink_scene.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool refuses_both;     /* as a kernel that does not know the request */
static unsigned asked_both;   /* requests for both families at once */
static unsigned asked_family; /* requests for one */

/* The linker puts these two in the place of libmnl's function (--wrap). */
ssize_t __real_mnl_socket_sendto(const struct mnl_socket *socket, const void *request,
                                 size_t length);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *request,
                                 size_t length);

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *request,
                                 size_t length)
{
    const struct nlmsghdr *header = request;
    bool is_both = header->nlmsg_type == TCPDIAG_GETSOCK;
    struct nlmsghdr bare = *header;
    asked_both += is_both;
    asked_family += !is_both;
    if (!is_both || !refuses_both)
        return __real_mnl_socket_sendto(socket, request, length);
    bare.nlmsg_len = sizeof(bare); /* no request in it: EINVAL, from the kernel itself */
    return __real_mnl_socket_sendto(socket, &bare, sizeof(bare));
}

static bool has_row(const struct frame *frame, int fd)
{
    const uint64_t cookie = net_cookie(fd);
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].cookie == cookie)
            return true;
    return false;
}

static int compare_rows(const void *left, const void *right)
{
    const struct conn *a = left, *b = right;
    return a->cookie < b->cookie ? -1 : a->cookie > b->cookie;
}

/* Rows of the frames, by cookie, without what moves by itself. */
static struct conn *sorted_rows(const struct frame *const frames[], unsigned count, uint32_t total)
{
    struct conn *rows = calloc(total, sizeof(*rows));
    uint32_t at = 0;
    assert_non_null(rows);
    for (unsigned i = 0; i < count; i++) {
        assert_true(at + frames[i]->live_count <= total);
        memcpy(rows + at, frames[i]->conns, frames[i]->live_count * sizeof(*rows));
        at += frames[i]->live_count;
    }
    assert_int_equal(at, total);
    for (uint32_t i = 0; i < total; i++)
        rows[i].timer_ms = rows[i].last_data_sent_ms = rows[i].last_data_received_ms = 0;
    qsort(rows, total, sizeof(*rows), compare_rows);
    return rows;
}

static void check_detail(const struct conn_detail *one, const struct conn_detail *two, bool wished)
{
    assert_int_equal(one != NULL, wished);
    assert_int_equal(two != NULL, wished);
    if (!one || !two)
        return;
    assert_int_equal(one->info_length, two->info_length);
    assert_string_equal(one->congestion, two->congestion);
    assert_memory_equal(one->meminfo, two->meminfo, sizeof(one->meminfo));
    assert_int_equal(one->tos, two->tos);
    assert_int_equal(one->has_tclass, two->has_tclass);
    assert_int_equal(one->tclass, two->tclass);
    assert_int_equal(one->has_shutdown, two->has_shutdown);
    assert_int_equal(one->has_mark, two->has_mark);
}

static void check_one_pass_is_both(uint32_t needs)
{
    const struct frame *whole = dump(STATE_ALL_BITS, needs);
    const struct frame *parts[] = {dump_families(WISH_INET, STATE_ALL_BITS, needs),
                                   dump_families(WISH_INET6, STATE_ALL_BITS, needs)};
    const uint32_t total = whole->live_count;
    struct conn *one = sorted_rows(&whole, 1, total), *two = sorted_rows(parts, 2, total);
    for (uint32_t i = 0; i < total; i++) {
        check_detail(frame_detail(whole, &one[i]),
                     frame_detail(parts[two[i].tuple.family == FAMILY_INET6], &two[i]),
                     needs == NEED_DETAIL);
        one[i].detail = two[i].detail = CONN_NO_INDEX;
        assert_memory_equal(&one[i], &two[i], sizeof(one[i]));
    }
    free(one);
    free(two);
    frame_release((struct frame *)whole);
    frame_release((struct frame *)parts[0]);
    frame_release((struct frame *)parts[1]);
}

static void one_pass_has_the_rows_of_both_families(void **unused)
{
    (void)unused;
    if (!net_has_ipv6())
        skip();
    struct pair pairs[] = {make_pair(AF_INET), make_pair(AF_INET6), make_pair(AF_INET6)};
    struct net_address bound[] = {net_v4(LOOPBACK, next_port), net_v6("::1", next_port)};
    int held[] = {net_socket(AF_INET, &bound[0], 0), net_socket(AF_INET6, &bound[1], 0)};
    next_port++;
    net_close(pairs[2].client); /* TIME-WAIT */
    net_close(pairs[2].server);
    asked_both = 0;
    check_one_pass_is_both(NEED_NOTHING);
    check_one_pass_is_both(NEED_DETAIL);
    assert_int_equal(asked_both, 2);
    net_close(held[0]);
    net_close(held[1]);
    net_close(pairs[2].listener);
    close_pair(pairs[1]);
    close_pair(pairs[0]);
}

static void families_are_dumped_one_by_one_where_both_are_refused(void **unused)
{
    (void)unused;
    struct netlink *kept = netlink;
    struct pair pair = make_pair(AF_INET);
    struct pair other = net_has_ipv6() ? make_pair(AF_INET6) : make_pair(AF_INET);
    struct netns netns;
    netns_own(&netns);
    refuses_both = true;
    assert_int_equal(netlink_open(&netlink, &netns), 0);
    asked_both = asked_family = 0;
    for (unsigned i = 1; i <= 2; i++) {
        struct frame *frame = dump(STATE_ALL_BITS, NEED_NOTHING);
        assert_true(has_row(frame, pair.client));
        assert_true(has_row(frame, other.client));
        assert_int_equal(asked_both, 1); /* it is not asked again */
        assert_int_equal(asked_family, 2 * i);
        frame_release(frame);
    }
    refuses_both = false;
    netlink_close(netlink);
    netlink = kept;
    close_pair(other);
    close_pair(pair);
}

/* Bytecode that the kernel does not know is no fault of the one pass. */
static void a_refused_filter_does_not_end_the_one_pass(void **unused)
{
    static const struct inet_diag_bc_op unknown = {99, 4, 8};
    const struct netlink_bytecode bytecode = {&unknown, sizeof(unknown)};
    struct wish wish = {.state_bits = STATE_ALL_BITS, .families = WISH_INET | WISH_INET6};
    struct frame *frame = frame_new(pool);
    (void)unused;
    assert_int_equal(netlink_dump(netlink, frame, &wish, &bytecode), -EINVAL);
    frame_release(frame);
    asked_both = asked_family = 0;
    frame_release(dump(STATE_ALL_BITS, NEED_NOTHING));
    assert_int_equal(asked_both, 1);
    assert_int_equal(asked_family, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_pass_has_the_rows_of_both_families),
        cmocka_unit_test(families_are_dumped_one_by_one_where_both_are_refused),
        cmocka_unit_test(a_refused_filter_does_not_end_the_one_pass),
    };
    net_enter_namespace(0);
    return cmocka_run_group_tests(tests, netlink_scene_open, netlink_scene_close);
}
