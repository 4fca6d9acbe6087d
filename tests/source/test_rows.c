/* bpf_rows against a dump of the same sockets, in a network namespace of our own: each fact of each
 * row that both give, and of all that is kept of tcp_info, is the same. */
#include <netinet/tcp.h>
#undef TCP_INFO /* a table of ours has that name */

#include "core/column/column.h"
#include "core/info.h"
#include "netlink_scene.h"
#include "source/bpf/rows.h"
#include "source/diag.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_NS 20000000000LL
#define DETAILS (NEED_SUSPECTS | NEED_FEW) /* of all rows, where they are few */
#define TICK_MS 11 /* of the kernel's clock, the longest there is, and what rounding adds */

enum { SOCKETS_MOST = 32, BYTES = 100000 };

static struct bpf_rows *rows;
static uint32_t own_inode;

/* --- sockets of all kinds --- */

static void transfer(int from, int to, size_t bytes)
{
    static char data[BYTES];

    assert_int_equal(send(from, data, bytes, 0), bytes);
    for (size_t got = 0; got < bytes;) {
        const ssize_t length = recv(to, data, bytes - got, 0);
        assert_true(length > 0);
        got += (size_t)length;
    }
}

static void set_option(int fd, int level, int option, int value)
{
    assert_int_equal(setsockopt(fd, level, option, &value, sizeof(value)), 0);
}

/* What a process has open of a pair in many states. The listener is kept by all. */
static void make_sockets(int family, int *fds, int *count)
{
    struct pair talked = make_pair(family), half = make_pair(family), full = make_pair(family),
                marked = make_pair(family);
    char data[BYTES];

    memset(data, 'x', sizeof(data));
    transfer(talked.client, talked.server, BYTES);
    transfer(talked.server, talked.client, 10);
    assert_int_equal(shutdown(half.client, SHUT_WR), 0); /* FIN-WAIT-2 and CLOSE-WAIT */
    net_wait_state(half.client, TCP_FIN_WAIT2);
    net_wait_state(half.server, TCP_CLOSE_WAIT);
    assert_int_equal(send(full.client, data, sizeof(data), 0), sizeof(data)); /* not read */
    set_option(marked.client, SOL_SOCKET, SO_MARK, 7);
    set_option(marked.client, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(marked.client, IPPROTO_TCP, TCP_MAXSEG, 600);
    set_option(marked.client, SOL_SOCKET, SO_MAX_PACING_RATE, 1000000);
    const struct pair pairs[] = {talked, half, full, marked};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        fds[(*count)++] = pairs[i].listener;
        fds[(*count)++] = pairs[i].client;
        fds[(*count)++] = pairs[i].server;
    }
}

/* --- both ways --- */

struct walked {
    struct diag_parse parse;
    uint32_t bound;
};

static int add_found(void *context, const struct row_found *found)
{
    struct walked *walked = context;

    if (found->netns != own_inode)
        return 0;
    walked->bound += found->is_bound;
    assert_false(found->has_ulp);
    return diag_add_row(&walked->parse, found->message, found->length);
}

static struct frame *walk(uint32_t *bound)
{
    struct frame *frame = frame_new(pool);
    struct walked walked = {.parse = {.frame = frame,
                                      .state_bits = STATE_ALL_BITS,
                                      .want_suspects = true,
                                      .few = true,
                                      .admin = true,
                                      .netns = own_inode}};

    assert_non_null(frame);
    assert_int_equal(bpf_rows_run(rows, add_found, &walked), 0);
    assert_int_equal(walked.parse.malformed, 0);
    if (bound)
        *bound = walked.bound;
    return frame;
}

static const struct conn *row_of(const struct frame *frame, uint64_t cookie)
{
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].cookie == cookie)
            return &frame->conns[i];
    return NULL;
}

/* What differs, in words; "" = nothing. A segment or a timer may come between the readings: then
 * all are taken again. */
static char differs[160];

/* Rows are dumped, walked and dumped again: what ticks lies between the dumps, however far apart the
 * readings are. */
struct dumps {
    const struct frame *frames[2];
    const struct conn *rows[2];
};

static void differ(const char *what, const struct conn *conn, uint64_t dumped, uint64_t walked)
{
    snprintf(differs, sizeof(differs), "%s of %s: %llu dumped, %llu walked", what,
             TCP_STATES[conn->state].name, (unsigned long long)dumped, (unsigned long long)walked);
}

static void compare(const char *what, const struct conn *conn, uint64_t dumped, uint64_t walked)
{
    if (dumped != walked)
        differ(what, conn, dumped, walked);
}

static void compare_ticks(const char *what, const struct conn *conn, const uint64_t dumped[2],
                          uint64_t walked)
{
    const uint64_t least = dumped[0] < dumped[1] ? dumped[0] : dumped[1];
    const uint64_t most = dumped[0] < dumped[1] ? dumped[1] : dumped[0];

    if (walked + TICK_MS < least || walked > most + TICK_MS)
        differ(what, conn, dumped[1], walked);
}

static void compare_facts(const struct fact_list *list, const struct conn *conn,
                          const void *const dumped[2], const void *walked)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct fact *fact = &list->list[i];
        if (fact->form == FACT_TEXT || !fact_applies(fact, conn))
            continue;
        const bool known = fact_is_known(fact, dumped[1]);
        if (known != fact_is_known(fact, dumped[0]) || known != fact_is_known(fact, walked)) {
            differ(fact->key, conn, known, !known);
            continue;
        }
        if (!known)
            continue;
        const uint64_t numbers[] = {fact_number(fact, dumped[0]), fact_number(fact, dumped[1])};
        if (fact_ticks(fact))
            compare_ticks(fact->key, conn, numbers, fact_number(fact, walked));
        else
            compare(fact->key, conn, numbers[1], fact_number(fact, walked));
    }
}

static bool is_of_ticks(size_t index)
{
    return TCP_INFO[index].unit == INFO_MS || index == INFO_busy_time ||
           index == INFO_rwnd_limited || index == INFO_sndbuf_limited;
}

static bool read_info(const struct info_field *field, const struct conn_detail *detail,
                      uint64_t *value)
{
    *value = 0;
    return info_value(field, detail->info, detail->info_length, value);
}

static void compare_info(const struct conn *conn, const struct conn_detail *const dumped[2],
                         const struct conn_detail *walked)
{
    compare("bytes of tcp_info", conn, dumped[1]->info_length, walked->info_length);
    for (size_t i = 0; i < tcp_info_count; i++) {
        const struct info_field *field = &TCP_INFO[i];
        const uint64_t unit = field->unit == INFO_US ? 1000 : 1;
        uint64_t values[2], value;
        (void)read_info(field, dumped[0], &values[0]);
        compare(field->name, conn, read_info(field, dumped[1], &values[1]),
                read_info(field, walked, &value));
        if (is_of_ticks(i))
            compare_ticks(field->name, conn, (const uint64_t[]){values[0] / unit, values[1] / unit},
                          value / unit);
        else
            compare(field->name, conn, values[1], value);
    }
}

static void compare_details(const struct conn *conn, const struct conn_detail *const dumped[2],
                            const struct conn_detail *walked)
{
    assert_non_null(dumped[0]);
    assert_non_null(dumped[1]);
    assert_non_null(walked);
    if (conn->state != STATE_LISTEN)
        compare_info(conn, dumped, walked);
    compare("meminfo", conn, dumped[1]->meminfo_count, walked->meminfo_count);
    for (unsigned i = 0; i < dumped[1]->meminfo_count; i++)
        compare("meminfo", conn, dumped[1]->meminfo[i], walked->meminfo[i]);
    compare("has shutdown", conn, dumped[1]->has_shutdown, walked->has_shutdown);
    compare("shutdown", conn, dumped[1]->shutdown, walked->shutdown);
    compare("mark", conn, dumped[1]->mark, walked->mark);
}

static void compare_rows(const struct dumps *dumps, const struct frame *walked_in,
                         const struct conn *walked)
{
    const struct conn *dumped = dumps->rows[1];
    const struct conn_detail *const details[] = {frame_detail(dumps->frames[0], dumps->rows[0]),
                                                 frame_detail(dumps->frames[1], dumps->rows[1])};
    const struct conn_detail *other = frame_detail(walked_in, walked);
    struct logged_facts facts;

    assert_true(tuple_equal(&walked->tuple, &dumped->tuple));
    compare("known", dumped, dumped->known, walked->known);
    compare("netns", dumped, dumped->netns, walked->netns);
    compare("kernel state", dumped, dumped->kernel_state, walked->kernel_state);
    logged_facts_gather(&facts);
    compare_facts(&facts.rows, dumped, (const void *const[]){dumps->rows[0], dumps->rows[1]},
                  walked);
    compare_facts(&facts.details, dumped, (const void *const[]){details[0], details[1]}, other);
    compare_details(dumped, details, other);
}

/* Until all agree, as they must where nothing moves. */
static void assert_same_rows(uint32_t count)
{
    const int64_t deadline_ns = net_now_ns() + WAIT_NS;

    do {
        struct frame *before = dump(STATE_ALL_BITS, DETAILS), *walked = walk(NULL);
        struct frame *after = dump(STATE_ALL_BITS, DETAILS);
        differs[0] = '\0';
        assert_int_equal(walked->live_count, count);
        for (uint32_t i = 0; i < count; i++) {
            const uint64_t cookie = walked->conns[i].cookie;
            const struct dumps dumps = {{before, after},
                                        {row_of(before, cookie), row_of(after, cookie)}};
            assert_non_null(dumps.rows[0]);
            assert_non_null(dumps.rows[1]);
            compare_rows(&dumps, walked, &walked->conns[i]);
        }
        frame_release(before);
        frame_release(walked);
        frame_release(after);
    } while (differs[0] && net_now_ns() < deadline_ns);
    if (differs[0])
        fail_msg("%s", differs);
}

/* --- tests --- */

static void every_fact_is_that_of_a_dump(void **unused)
{
    int fds[SOCKETS_MOST], count = 0;
    (void)unused;

    make_sockets(AF_INET, fds, &count);
    if (net_has_ipv6())
        make_sockets(AF_INET6, fds, &count);
    assert_same_rows((uint32_t)count);
    for (int i = 0; i < count; i++)
        net_close(fds[i]);
}

/* One that is only bound is a row, one that is not even that is none, as in a dump. */
static void bound_sockets_are_those_of_a_dump(void **unused)
{
    const struct net_address at = net_v4(LOOPBACK, next_port++);
    const int bare = net_socket(AF_INET, NULL, 0), bound = net_socket(AF_INET, &at, 0);
    uint32_t bound_rows;
    (void)unused;

    struct frame *walked = walk(&bound_rows), *dumped = dump(STATE_ALL_BITS, DETAILS);
    const bool is_dumped = row_of(dumped, net_cookie(bound)); /* Linux 6.8 */
    assert_int_equal(walked->live_count, 1);
    assert_int_equal(bound_rows, 1);
    frame_release(walked);
    frame_release(dumped);
    if (is_dumped)
        assert_same_rows(1);
    net_close(bare);
    net_close(bound);
}

/* A connection that waits to be accepted has no owner yet; a socket with two descriptors is listed
 * once for each. */
static void only_what_is_open_is_found(void **unused)
{
    const struct net_address at = net_v4(LOOPBACK, next_port++);
    const int listener = net_listen(at, 5, 0), client = net_socket(AF_INET, NULL, 0);
    (void)unused;

    net_connect(client, at);
    net_wait_state(client, TCP_ESTABLISHED);
    struct frame *frame = walk(NULL);
    assert_int_equal(frame->live_count, 2);
    frame_release(frame);
    const int again = dup(client);
    frame = walk(NULL);
    assert_int_equal(frame->live_count, 3);
    frame_release(frame);
    close(again);
    net_close(client);
    net_close(listener);
}

static void the_namespace_left_out_has_no_rows(void **unused)
{
    struct pair pair = make_pair(AF_INET);
    char text[BPF_TEXT_SIZE];
    struct bpf_rows *all = rows;
    (void)unused;

    assert_int_equal(bpf_rows_open(&rows, own_inode, text), 0);
    struct frame *frame = walk(NULL);
    assert_int_equal(frame->live_count, 0);
    frame_release(frame);
    bpf_rows_close(rows);
    rows = all;
    close_pair(pair);
}

static int open_all(void **unused)
{
    struct netns netns;

    netns_own(&netns);
    own_inode = netns.inode;
    return netlink_scene_open(unused);
}

int main(void)
{
    char text[BPF_TEXT_SIZE];

    net_enter_namespace(0);
    if (bpf_rows_open(&rows, 0, text) != 0) {
        printf("skipped: no bpf: %s\n", text);
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fact_is_that_of_a_dump),
        cmocka_unit_test(bound_sockets_are_those_of_a_dump),
        cmocka_unit_test(only_what_is_open_is_found),
        cmocka_unit_test(the_namespace_left_out_has_no_rows),
    };
    const int failed = cmocka_run_group_tests(tests, open_all, netlink_scene_close);
    bpf_rows_close(rows);
    return failed;
}
