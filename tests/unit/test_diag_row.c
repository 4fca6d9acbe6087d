/* One inet_diag message to a row: tcp_info of every length, attributes that are short, unknown or
 * garbage, upper layers in every combination. All messages are made by hand. */
#include "diag_messages.h"
#include "source/diag.h"
#include "unit.h"

#include <errno.h>
#include <linux/tcp.h>
#include <linux/tls.h>
#include <stdlib.h>

enum { KERNEL_CLOSE_WAIT = 8, KERNEL_TIME_WAIT = 6, KERNEL_NEW_SYN_RECV = 12, KERNEL_BOUND = 13 };

static int parse(struct messages *m, bool ulp_is_reported, struct conn *conn,
                 struct conn_detail *detail)
{
    return diag_parse_row(message_payload(m), message_payload_length(m), ulp_is_reported, conn,
                          detail);
}

static void header_is_read(void **unused)
{
    struct messages m = {0};
    struct conn conn;
    (void)unused;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    assert_int_equal(parse(&m, true, &conn, NULL), 0);
    assert_true(conn.cookie == 0x1122334455667788u);
    assert_int_equal(conn.tuple.family, FAMILY_INET);
    assert_memory_equal(conn.tuple.local.bytes, "\x0a\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_memory_equal(conn.tuple.remote.bytes, "\xc0\0\x02\x07\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_int_equal(conn.tuple.local_port, 443);
    assert_int_equal(conn.tuple.remote_port, 40000);
    assert_int_equal(conn.state, STATE_ESTABLISHED);
    assert_int_equal(conn.uid, 1000);
    assert_int_equal(conn.inode, 4711);
    assert_int_equal(conn.receive_queue, 5);
    assert_int_equal(conn.send_queue, 6);
    assert_int_equal(conn.known, KNOWN_UID | KNOWN_INODE | KNOWN_QUEUES | KNOWN_TIMER);
    assert_int_equal(conn.owner, CONN_NO_INDEX);
    assert_int_equal(conn.group, CONN_NO_INDEX);
}

static void kernel_states_become_ours(void **unused)
{
    static const struct {
        uint8_t kernel, ours;
    } CASES[] = {{KERNEL_NEW_SYN_RECV, STATE_SYN_RECEIVED},
                 {KERNEL_BOUND, STATE_CLOSED},
                 {7, STATE_CLOSED},
                 {3, STATE_SYN_RECEIVED},
                 {KERNEL_TIME_WAIT, STATE_TIME_WAIT},
                 {KERNEL_LISTEN, STATE_LISTEN}};
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        struct messages m = {0};
        struct conn conn;
        message_begin_row(&m, CASES[i].kernel);
        assert_int_equal(parse(&m, true, &conn, NULL), 0);
        assert_int_equal(conn.state, CASES[i].ours);
        assert_int_equal(conn.kernel_state, CASES[i].kernel);
    }
}

static void what_is_no_row_leaves_the_output_alone(void **unused)
{
    struct messages m = {0};
    struct conn conn;
    struct conn before;
    (void)unused;
    memset(&conn, 0x5a, sizeof(conn));
    before = conn;
    message_begin_row(&m, 14);
    assert_int_equal(parse(&m, true, &conn, NULL), -EBADMSG);
    m.length = 0;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    for (size_t length = 0; length < sizeof(struct inet_diag_msg); length++)
        assert_int_equal(diag_parse_row(message_payload(&m), length, true, &conn, NULL), -EBADMSG);
    m.bytes[m.begin + sizeof(struct nlmsghdr)] = AF_UNIX;
    assert_int_equal(parse(&m, true, &conn, NULL), -EBADMSG);
    assert_memory_equal(&conn, &before, sizeof(conn));
}

static void uid_0_without_inode_is_not_root(void **unused)
{
    static const uint8_t STATES[] = {KERNEL_TIME_WAIT, KERNEL_NEW_SYN_RECV, KERNEL_ESTABLISHED,
                                     KERNEL_CLOSE_WAIT};
    uint64_t cgroup = 99;
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(STATES); i++) {
        struct messages m = {0};
        struct conn conn;
        struct inet_diag_msg row = message_row(STATES[i]);
        row.idiag_uid = row.idiag_inode = 0;
        message_begin(&m, SOCK_DIAG_BY_FAMILY, &row, sizeof(row));
        attribute_put(&m, INET_DIAG_CGROUP_ID, &cgroup, sizeof(cgroup));
        assert_int_equal(parse(&m, true, &conn, NULL), 0);
        assert_int_equal(conn.known & (KNOWN_UID | KNOWN_INODE | KNOWN_CGROUP), 0);
        assert_true(conn.cgroup_id == 0);
    }
}

static void root_with_an_inode_is_root(void **unused)
{
    struct messages m = {0};
    struct conn conn;
    uint64_t cgroup = 99;
    struct inet_diag_msg row = message_row(KERNEL_LISTEN);
    (void)unused;
    row.idiag_uid = 0;
    message_begin(&m, SOCK_DIAG_BY_FAMILY, &row, sizeof(row));
    attribute_put(&m, INET_DIAG_CGROUP_ID, &cgroup, sizeof(cgroup));
    assert_int_equal(parse(&m, true, &conn, NULL), 0);
    assert_true(conn.known & KNOWN_UID);
    assert_int_equal(conn.uid, 0);
    assert_true(conn.known & KNOWN_CGROUP);
    assert_true(conn.cgroup_id == 99);
}

/* tcp_info with a different number in each field we read. */
static void make_info(uint8_t info[512])
{
    struct tcp_info values = {.tcpi_last_data_sent = 11,
                              .tcpi_last_data_recv = 22,
                              .tcpi_rtt = 333,
                              .tcpi_snd_cwnd = 44,
                              .tcpi_total_retrans = 55,
                              .tcpi_bytes_received = 6000000000,
                              .tcpi_bytes_sent = 7000000000,
                              .tcpi_bytes_retrans = 88};
    memset(info, 0xee, 512);
    memcpy(info, &values, sizeof(values));
}

static struct conn parse_info(uint8_t state, size_t length, struct conn_detail *detail)
{
    struct messages m = {0};
    struct conn conn;
    uint8_t info[512];
    make_info(info);
    message_begin_row(&m, state);
    attribute_put(&m, INET_DIAG_INFO, info, length);
    assert_int_equal(parse(&m, true, &conn, detail), 0);
    return conn;
}

static void info_is_known_as_far_as_it_reaches(void **unused)
{
    (void)unused;
    for (size_t length = 0; length <= 512; length++) {
        struct conn_detail detail;
        struct conn conn = parse_info(KERNEL_ESTABLISHED, length, &detail);
        bool has_info = length >= 104;
        bool has_in = length >= 136;
        bool has_out = length >= 216;
        assert_int_equal(!!(conn.known & KNOWN_INFO), has_info);
        assert_int_equal(!!(conn.known & KNOWN_RTT), has_info);
        assert_int_equal(!!(conn.known & KNOWN_LAST_DATA), has_info);
        assert_int_equal(conn.rtt_us, has_info ? 333 : 0);
        assert_int_equal(conn.cwnd, has_info ? 44 : 0);
        assert_int_equal(conn.retrans, has_info ? 55 : 0);
        assert_int_equal(conn.last_data_sent_ms, has_info ? 11 : 0);
        assert_int_equal(conn.last_data_received_ms, has_info ? 22 : 0);
        assert_int_equal(!!(conn.known & KNOWN_BYTES_IN), has_in);
        assert_true(conn.in_bytes == (has_in ? 6000000000u : 0));
        assert_int_equal(!!(conn.known & KNOWN_BYTES_OUT), has_out);
        assert_true(conn_out_bytes(&conn) == (has_out ? 7000000000u - 88 : 0));
        assert_int_equal(detail.info_length, length < CONN_INFO_MAX ? length : CONN_INFO_MAX);
    }
}

static void fin_is_no_byte(void **unused)
{
    static const uint8_t AFTER_FIN[] = {KERNEL_CLOSE_WAIT, 9, 11};
    static const uint8_t BEFORE_FIN[] = {KERNEL_ESTABLISHED, 4, 5};
    (void)unused;
    for (size_t i = 0; i < 3; i++) {
        assert_true(parse_info(AFTER_FIN[i], 232, NULL).in_bytes == 6000000000 - 1);
        assert_true(parse_info(BEFORE_FIN[i], 232, NULL).in_bytes == 6000000000);
    }
}

/* The kernel reads the state of the header first, the counters last, and a FIN may come between. */
static void fin_between_header_and_counters_is_no_byte(void **unused)
{
    struct messages m = {0};
    struct conn conn;
    uint8_t info[512];

    (void)unused;
    make_info(info);
    info[offsetof(struct tcp_info, tcpi_state)] = KERNEL_CLOSE_WAIT;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    attribute_put(&m, INET_DIAG_INFO, info, 232);
    assert_int_equal(parse(&m, true, &conn, NULL), 0);
    assert_true(conn.in_bytes == 6000000000 - 1);
    assert_int_equal(conn.state, STATE_ESTABLISHED);
}

static void garbage_before_establishment_is_unknown(void **unused)
{
    (void)unused;
    assert_false(parse_info(2, 280, NULL).known & KNOWN_LAST_DATA);
    assert_false(parse_info(3, 280, NULL).known & KNOWN_LAST_DATA);
    assert_true(parse_info(4, 280, NULL).known & KNOWN_LAST_DATA);
}

static void info_of_a_listener_is_no_fact(void **unused)
{
    struct conn_detail detail;
    struct conn conn = parse_info(KERNEL_LISTEN, 280, &detail);
    (void)unused;
    assert_false(conn.known & (KNOWN_INFO | KNOWN_RTT | KNOWN_BYTES_IN | KNOWN_BYTES_OUT));
    assert_int_equal(detail.info_length, 0);
    assert_true(conn.known & KNOWN_QUEUES);
}

static void rtt_0_is_no_measurement(void **unused)
{
    struct messages m = {0};
    struct conn conn;
    struct tcp_info info = {0};
    (void)unused;
    message_begin_row(&m, 2);
    attribute_put(&m, INET_DIAG_INFO, &info, sizeof(info));
    assert_int_equal(parse(&m, true, &conn, NULL), 0);
    assert_true(conn.known & KNOWN_INFO);
    assert_false(conn.known & KNOWN_RTT);
}

static void drops_need_all_nine_values(void **unused)
{
    uint32_t meminfo[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    (void)unused;
    for (size_t length = 0; length <= sizeof(meminfo); length++) {
        struct messages m = {0};
        struct conn conn;
        struct conn_detail detail;
        size_t count = length / 4 < 9 ? length / 4 : 9;
        message_begin_row(&m, KERNEL_LISTEN);
        attribute_put(&m, INET_DIAG_SKMEMINFO, meminfo, length);
        assert_int_equal(parse(&m, true, &conn, &detail), 0);
        assert_int_equal(!!(conn.known & KNOWN_DROPS), length >= 36);
        assert_int_equal(conn.drops, length >= 36 ? 9 : 0);
        assert_int_equal(detail.meminfo_count, count);
        assert_memory_equal(detail.meminfo, meminfo, count * 4);
    }
}

static void detail_is_read(void **unused)
{
    struct messages m = {0};
    struct conn conn;
    struct conn_detail detail;
    uint8_t tos = 0x10, tclass = 0x20, shut = 3;
    uint32_t mark = 0xabcdef, class_id = 77;
    (void)unused;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    attribute_put(&m, INET_DIAG_CONG,
                  "cu\x1b"
                  "bic",
                  7);
    attribute_put(&m, INET_DIAG_TOS, &tos, 1);
    attribute_put(&m, INET_DIAG_TCLASS, &tclass, 1);
    attribute_put(&m, INET_DIAG_SHUTDOWN, &shut, 1);
    attribute_put(&m, INET_DIAG_MARK, &mark, 4);
    attribute_put(&m, INET_DIAG_CLASS_ID, &class_id, 4);
    assert_int_equal(parse(&m, true, &conn, &detail), 0);
    assert_string_equal(detail.congestion, "cu\\x1bbic");
    assert_true(detail.has_tos && detail.has_tclass && detail.has_shutdown && detail.has_mark);
    assert_int_equal(detail.tos, 0x10);
    assert_int_equal(detail.tclass, 0x20);
    assert_int_equal(detail.shutdown, 3);
    assert_int_equal(detail.mark, 0xabcdef);
    assert_int_equal(detail.class_id, 77);
}

static void short_and_unknown_attributes_are_unknown_facts(void **unused)
{
    struct conn plain;
    struct messages none = {0};
    (void)unused;
    message_begin_row(&none, KERNEL_ESTABLISHED);
    assert_int_equal(parse(&none, true, &plain, NULL), 0);
    for (uint16_t type = 0; type < 64; type++) {
        for (size_t length = 0; length < 4; length++) {
            struct messages m = {0};
            struct conn conn;
            struct conn_detail detail;
            if (type == INET_DIAG_INFO || type == INET_DIAG_ULP_INFO)
                continue;
            message_begin_row(&m, KERNEL_ESTABLISHED);
            attribute_put(&m, type, "\x01\x02\x03", length);
            assert_int_equal(parse(&m, true, &conn, &detail), 0);
            assert_memory_equal(&conn, &plain, sizeof(conn));
            assert_false(detail.has_mark);
        }
    }
}

struct tls {
    int version, cipher, tx, rx; /* -1: not given */
};

static void put_u16(struct messages *m, uint16_t type, int value)
{
    uint16_t number = (uint16_t)value;
    if (value >= 0)
        attribute_put(m, type, &number, sizeof(number));
}

static void put_tls(struct messages *m, struct tls tls)
{
    size_t ulp = attribute_begin(m, INET_DIAG_ULP_INFO | NLA_F_NESTED);
    attribute_put(m, INET_ULP_INFO_NAME, "tls", 4);
    size_t nest = attribute_begin(m, INET_ULP_INFO_TLS | NLA_F_NESTED);
    put_u16(m, TLS_INFO_VERSION, tls.version);
    put_u16(m, TLS_INFO_CIPHER, tls.cipher);
    put_u16(m, TLS_INFO_TXCONF, tls.tx);
    put_u16(m, TLS_INFO_RXCONF, tls.rx);
    attribute_end(m, nest);
    attribute_end(m, ulp);
}

static void tls_in_every_combination(void **unused)
{
    (void)unused;
    for (int tx = -1; tx <= 6; tx++) {
        for (int rx = -1; rx <= 6; rx++) {
            struct messages m = {0};
            struct conn conn;
            struct conn_detail detail;
            uint8_t want_tx = tx >= 1 && tx <= 4 ? (uint8_t)tx : 0;
            uint8_t want_rx = rx >= 1 && rx <= 4 ? (uint8_t)rx : 0;
            message_begin_row(&m, KERNEL_ESTABLISHED);
            put_tls(&m, (struct tls){0x0304, 51, tx, rx});
            assert_int_equal(parse(&m, (tx + rx) & 1, &conn, &detail), 0);
            assert_true(conn.known & KNOWN_ULP);
            assert_int_equal(conn.ulp, ULP_TLS);
            assert_int_equal(conn.tls_tx, want_tx);
            assert_int_equal(conn.tls_rx, want_rx);
            assert_int_equal(conn.offload,
                             offload_decide(ULP_TLS, want_tx, want_rx, OFFLOAD_UNKNOWN));
            assert_string_equal(detail.ulp_text, "tls");
            assert_int_equal(detail.tls_version, 0x0304);
            assert_int_equal(detail.tls_cipher, 51);
        }
    }
}

static void tls_without_keys_reports_no_version(void **unused)
{
    struct messages m = {0};
    struct conn conn;
    struct conn_detail detail;
    (void)unused;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    put_tls(&m, (struct tls){-1, -1, TLS_CONF_IS_BASE, TLS_CONF_IS_BASE});
    assert_int_equal(parse(&m, true, &conn, &detail), 0);
    assert_int_equal(conn.offload, OFFLOAD_OFFLOADING);
    assert_false(detail.tls_version_known);
}

/* What Linux 6.12 sends in a dump of a socket with keys to send and none to receive: the attributes of
 * tcp_diag_put_ulp and tls_get_info, with their padding, in the machine's byte order. */
static void tls_of_one_direction_as_the_kernel_sends_it(void **unused)
{
    static const uint16_t ULP[] = {
        8, INET_ULP_INFO_NAME, /* "tls" follows */
    };
    static const uint16_t TLS[] = {
        36,     INET_ULP_INFO_TLS | NLA_F_NESTED,
        6,      TLS_INFO_VERSION,
        0x0303, 0,
        6,      TLS_INFO_CIPHER,
        51,     0,
        6,      TLS_INFO_TXCONF,
        2,      0,
        6,      TLS_INFO_RXCONF,
        1,      0,
    };
    struct messages m = {0};
    struct conn conn;
    struct conn_detail detail;
    uint8_t ulp[sizeof(ULP) + 4 + sizeof(TLS)];
    (void)unused;
    memcpy(ulp, ULP, sizeof(ULP));
    memcpy(ulp + sizeof(ULP), "tls", 4);
    memcpy(ulp + sizeof(ULP) + 4, TLS, sizeof(TLS));
    message_begin_row(&m, KERNEL_ESTABLISHED);
    attribute_put(&m, INET_DIAG_ULP_INFO | NLA_F_NESTED, ulp, sizeof(ulp));
    assert_int_equal(parse(&m, true, &conn, &detail), 0);
    assert_int_equal(conn.ulp, ULP_TLS);
    assert_int_equal(conn.tls_tx, TLS_CONF_IS_SW);
    assert_int_equal(conn.tls_rx, TLS_CONF_IS_BASE);
    assert_int_equal(conn.offload, OFFLOAD_IN_HOST);
    assert_int_equal(detail.tls_version, 0x0303);
    assert_int_equal(detail.tls_cipher, 51);
    assert_string_equal(offload_fact(conn.ulp, conn.tls_tx, conn.tls_rx), "tls-sw tx");
}

/* Attributes of include/uapi/linux/mptcp.h, as subflow_get_info sends them. */
enum { TOKEN_REMOTE = 1, TOKEN_LOCAL = 2, FLAGS = 8 };

static void parse_subflow(uint32_t flags, struct conn *conn, struct conn_detail *detail)
{
    const uint32_t remote = 1, token = 0x7d96ac56;
    struct messages m = {0};
    message_begin_row(&m, KERNEL_ESTABLISHED);
    size_t ulp = attribute_begin(&m, INET_DIAG_ULP_INFO | NLA_F_NESTED);
    attribute_put(&m, INET_ULP_INFO_NAME, "mptcp", 6);
    size_t nest = attribute_begin(&m, INET_ULP_INFO_MPTCP | NLA_F_NESTED);
    attribute_put(&m, TOKEN_REMOTE, &remote, sizeof(remote));
    attribute_put(&m, TOKEN_LOCAL, &token, sizeof(token));
    attribute_put(&m, FLAGS, &flags, sizeof(flags));
    attribute_end(&m, nest);
    attribute_end(&m, ulp);
    assert_int_equal(parse(&m, true, conn, detail), 0);
    assert_int_equal(conn->ulp, ULP_MPTCP);
    assert_int_equal(conn->offload, OFFLOAD_IN_HOST);
}

static void a_subflow_names_its_connection(void **unused)
{
    enum { CAPABLE = 1, CAPABLE_HERE = 2, JOINED = 4, CONNECTED = 128 };
    static const uint32_t WITH[] = {CAPABLE | CONNECTED, JOINED, CAPABLE | CAPABLE_HERE};
    static const uint32_t WITHOUT[] = {0, CAPABLE_HERE | CONNECTED}; /* the peer speaks TCP only */
    struct conn conn;
    struct conn_detail detail;
    char text[CONN_SUBFLOW_MAX];
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(WITH); i++) {
        parse_subflow(WITH[i], &conn, &detail);
        assert_true(conn.known & KNOWN_SUBFLOW);
        assert_int_equal(detail.mptcp_token, 0x7d96ac56);
        conn_subflow_text(&conn, &detail, text);
        assert_string_equal(text, "one subflow; MPTCP connection 7d96ac56 stays");
    }
    for (size_t i = 0; i < UNIT_COUNT(WITHOUT); i++) {
        parse_subflow(WITHOUT[i], &conn, &detail);
        assert_false(conn.known & KNOWN_SUBFLOW);
        assert_int_equal(detail.mptcp_token, 0);
        conn_subflow_text(&conn, &detail, text);
        assert_string_equal(text, "");
    }
}

static void a_subflow_is_known_without_its_detail(void **unused)
{
    struct conn conn;
    char text[CONN_SUBFLOW_MAX];
    (void)unused;
    parse_subflow(1, &conn, NULL);
    conn_subflow_text(&conn, NULL, text);
    assert_string_equal(text, "one subflow; its MPTCP connection stays");
}

static uint8_t parse_ulp_name(const char *name, size_t length)
{
    struct messages m = {0};
    struct conn conn;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    size_t ulp = attribute_begin(&m, INET_DIAG_ULP_INFO);
    attribute_put(&m, INET_ULP_INFO_NAME, name, length);
    attribute_end(&m, ulp);
    assert_int_equal(parse(&m, true, &conn, NULL), 0);
    return conn.ulp;
}

static void other_upper_layers(void **unused)
{
    (void)unused;
    assert_int_equal(parse_ulp_name("mptcp", 6), ULP_MPTCP);
    assert_int_equal(parse_ulp_name("tls", 3), ULP_TLS); /* no NUL */
    assert_int_equal(parse_ulp_name("espintcp", 9), ULP_OTHER);
    assert_int_equal(parse_ulp_name("", 0), ULP_UNKNOWN);
    assert_int_equal(parse_ulp_name("", 1), ULP_UNKNOWN);
}

static void absent_upper_layer_counts_only_when_reported(void **unused)
{
    struct messages m = {0};
    struct conn conn;
    (void)unused;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    attribute_put(&m, INET_DIAG_INFO, NULL, 0);
    assert_int_equal(parse(&m, true, &conn, NULL), 0);
    assert_true(conn.known & KNOWN_ULP);
    assert_int_equal(conn.ulp, ULP_ABSENT);
    assert_int_equal(conn.offload, OFFLOAD_IN_HOST);
    assert_int_equal(parse(&m, false, &conn, NULL), 0);
    assert_false(conn.known & KNOWN_ULP);
    assert_int_equal(conn.offload, OFFLOAD_UNKNOWN);
}

static void a_mini_socket_has_no_known_upper_layer(void **unused)
{
    static const uint8_t STATES[] = {KERNEL_TIME_WAIT, 5, KERNEL_NEW_SYN_RECV};
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(STATES); i++) {
        struct messages m = {0};
        struct conn conn;
        uint32_t mark = 0;
        message_begin_row(&m, STATES[i]);
        attribute_put(&m, INET_DIAG_MARK, &mark, sizeof(mark));
        assert_int_equal(parse(&m, true, &conn, NULL), 0);
        assert_false(conn.known & KNOWN_ULP);
        assert_int_equal(conn.offload, OFFLOAD_UNKNOWN);
    }
}

/* The message with every attribute, cut at every byte: what is known then is also true. */
static void cut_at_every_byte(void **unused)
{
    struct messages m = {0};
    struct conn whole;
    uint8_t info[512];
    uint32_t meminfo[9] = {9, 9, 9, 9, 9, 9, 9, 9, 3};
    uint64_t cgroup = 1234567;
    (void)unused;
    make_info(info);
    message_begin_row(&m, KERNEL_ESTABLISHED);
    put_tls(&m, (struct tls){0x0304, 51, 3, 2});
    attribute_put(&m, INET_DIAG_INFO, info, 280);
    attribute_put(&m, INET_DIAG_SKMEMINFO, meminfo, sizeof(meminfo));
    attribute_put(&m, INET_DIAG_CGROUP_ID, &cgroup, sizeof(cgroup));
    assert_int_equal(parse(&m, true, &whole, NULL), 0);
    for (size_t length = 0; length < message_payload_length(&m); length++) {
        struct conn conn;
        struct conn_detail detail;
        uint8_t *copy = malloc(length ? length : 1); /* so that a sanitizer sees a step beyond */
        assert_non_null(copy);
        memcpy(copy, message_payload(&m), length);
        int result = diag_parse_row(copy, length, true, &conn, &detail);
        free(copy);
        assert_int_equal(result, length < sizeof(struct inet_diag_msg) ? -EBADMSG : 0);
        if (result < 0)
            continue;
        assert_int_equal(conn.known & ~whole.known, 0);
        assert_true(conn.in_bytes == 0 || conn.in_bytes == whole.in_bytes);
        assert_true(conn.drops == 0 || conn.drops == whole.drops);
        assert_true(conn.cgroup_id == 0 || conn.cgroup_id == whole.cgroup_id);
    }
}

static void nested_garbage_is_survived(void **unused)
{
    uint64_t seed = 20261122;
    (void)unused;
    for (int round = 0; round < 20000; round++) {
        struct messages m = {0};
        struct conn conn;
        struct conn_detail detail;
        uint8_t garbage[64];
        unit_random_bytes(&seed, garbage, sizeof(garbage));
        garbage[1] = garbage[3] = 0; /* often a plausible first length and type */
        message_begin_row(&m, KERNEL_ESTABLISHED);
        attribute_put(&m, (uint16_t)(unit_random(&seed) % 24), garbage,
                      unit_random_below(&seed, sizeof(garbage) + 1));
        attribute_put(&m, INET_DIAG_ULP_INFO, garbage,
                      unit_random_below(&seed, sizeof(garbage) + 1));
        assert_int_equal(parse(&m, true, &conn, &detail), 0);
        assert_true(conn.ulp != ULP_ABSENT);
        assert_int_equal(conn.uid, 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_is_read),
        cmocka_unit_test(kernel_states_become_ours),
        cmocka_unit_test(what_is_no_row_leaves_the_output_alone),
        cmocka_unit_test(uid_0_without_inode_is_not_root),
        cmocka_unit_test(root_with_an_inode_is_root),
        cmocka_unit_test(info_is_known_as_far_as_it_reaches),
        cmocka_unit_test(fin_is_no_byte),
        cmocka_unit_test(fin_between_header_and_counters_is_no_byte),
        cmocka_unit_test(garbage_before_establishment_is_unknown),
        cmocka_unit_test(info_of_a_listener_is_no_fact),
        cmocka_unit_test(rtt_0_is_no_measurement),
        cmocka_unit_test(drops_need_all_nine_values),
        cmocka_unit_test(detail_is_read),
        cmocka_unit_test(short_and_unknown_attributes_are_unknown_facts),
        cmocka_unit_test(tls_in_every_combination),
        cmocka_unit_test(tls_without_keys_reports_no_version),
        cmocka_unit_test(tls_of_one_direction_as_the_kernel_sends_it),
        cmocka_unit_test(a_subflow_names_its_connection),
        cmocka_unit_test(a_subflow_is_known_without_its_detail),
        cmocka_unit_test(other_upper_layers),
        cmocka_unit_test(absent_upper_layer_counts_only_when_reported),
        cmocka_unit_test(a_mini_socket_has_no_known_upper_layer),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(nested_garbage_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
