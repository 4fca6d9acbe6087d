/* Dumps to frames: how they end, what is not ours, dumps recorded on Linux 6.18 and the same cut at
 * every byte. Files: tests/source/record_dump.c. */
#include "diag_messages.h"
#include "source/diag.h"
#include "unit.h"

#include <errno.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORDINGS TEST_DATA "/../data/netlink/"

enum { RECORDED_MAX = 1 << 20 };

static struct frame_pool *pool;

static struct diag_parse new_parse(void)
{
    struct diag_parse parse = {.frame = frame_new(pool),
                               .sequence = MESSAGE_SEQUENCE,
                               .state_bits = STATE_ALL_BITS,
                               .admin = true,
                               .netns = 4026531840};
    assert_non_null(parse.frame);
    return parse;
}

static void rows_come_until_done(void **unused)
{
    struct diag_parse parse = new_parse();
    struct messages m = {0};
    (void)unused;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    message_begin_row(&m, KERNEL_LISTEN);
    assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 1);
    assert_false(parse.done);
    m.length = 0;
    message_put_done(&m, 0);
    message_begin_row(&m, KERNEL_ESTABLISHED); /* behind the end: not ours */
    assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 0);
    assert_true(parse.done);
    assert_int_equal(parse.error, 0);
    assert_int_equal(parse.rows, 2);
    assert_int_equal(parse.frame->live_count, 2);
    assert_int_equal(parse.frame->conns[1].state, STATE_LISTEN);
    assert_int_equal(parse.frame->conns[1].netns, 4026531840);
    frame_release(parse.frame);
}

static void a_failed_dump_is_no_empty_one(void **unused)
{
    static const struct {
        uint16_t type;
        int value, error;
    } CASES[] = {{NLMSG_DONE, -ENOENT, -ENOENT},   {NLMSG_ERROR, -EBUSY, -EBUSY},
                 {NLMSG_ERROR, -EPERM, -EPERM},    {NLMSG_ERROR, 0, 0},
                 {NLMSG_DONE, 5, -EPROTO},         {NLMSG_ERROR, 5, -EPROTO},
                 {NLMSG_OVERRUN, -EBUSY, -ENOBUFS}};
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        struct diag_parse parse = new_parse();
        struct messages m = {0};
        message_begin(&m, CASES[i].type, &CASES[i].value, sizeof(CASES[i].value));
        assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 0);
        assert_true(parse.done);
        assert_int_equal(parse.error, CASES[i].error);
        frame_release(parse.frame);
    }
}

static void an_empty_error_is_an_error(void **unused)
{
    struct diag_parse parse = new_parse();
    struct messages m = {0};
    (void)unused;
    message_begin(&m, NLMSG_ERROR, NULL, 0);
    assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 0);
    assert_int_equal(parse.error, -EPROTO);
    m.length = 0;
    parse.error = 0;
    message_begin(&m, NLMSG_DONE, NULL, 0);
    assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 0);
    assert_int_equal(parse.error, 0);
    frame_release(parse.frame);
}

static void messages_of_others_are_skipped(void **unused)
{
    struct diag_parse parse = new_parse();
    struct messages m = {0};
    (void)unused;
    parse.port_id = 1234;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    message_header(&m)->nlmsg_pid = 1234;
    message_header(&m)->nlmsg_seq++;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    message_header(&m)->nlmsg_pid = 1235;
    message_put_done(&m, -EIO);
    message_begin(&m, 99, NULL, 0);
    message_header(&m)->nlmsg_pid = 1234;
    message_begin(&m, NLMSG_NOOP, NULL, 0);
    message_header(&m)->nlmsg_pid = 1234;
    assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 1);
    assert_int_equal(parse.skipped, 5);
    assert_int_equal(parse.frame->live_count, 0);
    frame_release(parse.frame);
}

static void interruption_and_bad_rows_are_counted(void **unused)
{
    struct diag_parse parse = new_parse();
    struct messages m = {0};
    (void)unused;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    message_header(&m)->nlmsg_flags |= NLM_F_DUMP_INTR;
    message_begin(&m, SOCK_DIAG_BY_FAMILY, "abc", 4);
    message_begin_row(&m, 200);
    assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 1);
    assert_true(parse.interrupted);
    assert_int_equal(parse.malformed, 2);
    assert_int_equal(parse.frame->live_count, 1);
    frame_release(parse.frame);
}

static void other_states_are_dropped(void **unused)
{
    struct diag_parse parse = new_parse();
    struct messages m = {0};
    (void)unused;
    parse.state_bits = STATE_BIT(STATE_LISTEN);
    message_begin_row(&m, KERNEL_ESTABLISHED);
    message_begin_row(&m, KERNEL_LISTEN);
    assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 1);
    assert_int_equal(parse.frame->live_count, 1);
    assert_int_equal(parse.frame->conns[0].state, STATE_LISTEN);
    frame_release(parse.frame);
}

static void detail_of_all_of_one_or_of_none(void **unused)
{
    struct messages m = {0};
    (void)unused;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    attribute_put(&m, INET_DIAG_CONG, "cubic", 6);
    struct inet_diag_msg other = message_row(KERNEL_ESTABLISHED);
    other.id.idiag_cookie[0]++;
    message_begin(&m, SOCK_DIAG_BY_FAMILY, &other, sizeof(other));
    for (uint32_t wanted = 0; wanted <= 2; wanted++) {
        struct diag_parse parse = new_parse();
        parse.want_detail = wanted == 2;
        if (wanted == 1)
            parse.page = (struct conn_key){.cookie = 0x1122334455667788, .netns = parse.netns};
        assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 1);
        assert_int_equal(parse.frame->detail_count, wanted);
        const struct conn_detail *detail = frame_detail(parse.frame, &parse.frame->conns[0]);
        assert_int_equal(detail != NULL, wanted > 0);
        if (detail)
            assert_string_equal(detail->congestion, "cubic");
        frame_release(parse.frame);
    }
}

/* A row whose first queue holds so much, with as much of tcp_info as says 40 ms of round trip. */
static void message_put_suspect(struct messages *m, uint8_t state, uint32_t queued,
                                uint32_t least_us)
{
    struct tcp_info info = {.tcpi_rtt = 40000, .tcpi_min_rtt = least_us};
    struct inet_diag_msg row = message_row(state);
    row.idiag_rqueue = queued;
    row.idiag_wqueue = 0;
    message_begin(m, SOCK_DIAG_BY_FAMILY, &row, sizeof(row));
    attribute_put(m, INET_DIAG_INFO, &info, sizeof(info));
}

static void details_of_suspect_rows_alone_are_kept(void **unused)
{
    static const struct {
        uint8_t state;
        uint32_t queued, least_us, details;
    } ROWS[] = {{KERNEL_ESTABLISHED, 0, 30000, 0}, /* healthy */
                {KERNEL_ESTABLISHED, 1, 30000, 1}, /* not read yet */
                {KERNEL_ESTABLISHED, 0, 100, 1},   /* it waited */
                {8, 0, 30000, 1},                  /* CLOSE-WAIT */
                {KERNEL_LISTEN, 5, 30000, 0}};
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(ROWS); i++) {
        struct messages m = {0};
        struct diag_parse parse = new_parse();
        message_put_suspect(&m, ROWS[i].state, ROWS[i].queued, ROWS[i].least_us);
        parse.want_suspects = true;
        assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 1);
        const struct conn *conn = &parse.frame->conns[0];
        assert_int_equal(parse.frame->detail_count, ROWS[i].details);
        assert_int_equal(frame_detail(parse.frame, conn) != NULL, ROWS[i].details);
        assert_int_equal(conn->receive_queue, ROWS[i].queued);
        frame_release(parse.frame);
    }
}

static void there_is_a_limit_to_suspect_rows(void **unused)
{
    struct messages m = {0};
    struct diag_parse parse = new_parse();
    (void)unused;
    message_put_suspect(&m, KERNEL_ESTABLISHED, 1, 0);
    parse.want_suspects = true;
    for (uint32_t i = 0; i < DIAG_SUSPECTS_MAX + 10; i++)
        assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 1);
    assert_int_equal(parse.frame->live_count, DIAG_SUSPECTS_MAX + 10);
    assert_int_equal(parse.frame->detail_count, DIAG_SUSPECTS_MAX);
    assert_null(frame_detail(parse.frame, &parse.frame->conns[DIAG_SUSPECTS_MAX]));
    frame_release(parse.frame);
}

static void what_is_no_message_is_refused(void **unused)
{
    static const uint32_t LENGTHS[] = {0, 4, 15, 0xfffffffd, 0xffffffff, 100000};
    struct diag_parse parse = new_parse();
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(LENGTHS); i++) {
        struct messages m = {0};
        message_begin_row(&m, KERNEL_ESTABLISHED);
        message_header(&m)->nlmsg_len = LENGTHS[i];
        assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), -EBADMSG);
    }
    assert_int_equal(diag_parse_messages(&parse, "", 0), -EBADMSG);
    assert_int_equal(parse.malformed, UNIT_COUNT(LENGTHS) + 1);
    assert_int_equal(parse.frame->live_count, 0);
    frame_release(parse.frame);
}

/* The recorded datagrams one by one; the sequence starts at 1 and goes on with every end. */
struct recording {
    uint8_t *bytes;
    size_t length;
};

static struct recording load(const char *name)
{
    char path[1024];
    struct recording recording = {.bytes = malloc(RECORDED_MAX)};
    snprintf(path, sizeof(path), "%s%s", RECORDINGS, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(recording.bytes);
    if (!file)
        fail_msg("%s: cannot be opened", path);
    recording.length = fread(recording.bytes, 1, RECORDED_MAX, file);
    fclose(file);
    assert_true(recording.length > 1000 && recording.length < RECORDED_MAX);
    return recording;
}

static void replay(const struct recording *recording, struct diag_parse *parse)
{
    static _Alignas(8) uint8_t datagram[DIAG_BUFFER_SIZE];
    uint32_t length;
    parse->sequence = 1;
    for (size_t at = 0; at < recording->length; at += length) {
        memcpy(&length, recording->bytes + at, sizeof(length));
        at += sizeof(length);
        assert_true(length <= sizeof(datagram) && at + length <= recording->length);
        memcpy(datagram, recording->bytes + at, length);
        int result = diag_parse_messages(parse, datagram, length);
        assert_true(result >= 0);
        assert_int_equal(parse->error, 0);
        parse->sequence += result == 0;
    }
    assert_int_equal(parse->malformed, 0);
    assert_int_equal(parse->skipped, 0);
    assert_int_equal(parse->sequence, 3);
}

static uint32_t count_state(const struct frame *frame, enum tcp_state state)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < frame->live_count; i++)
        count += frame->conns[i].state == state;
    return count;
}

static const struct conn *find_row(const struct frame *frame, uint8_t family, uint16_t local,
                                   uint16_t remote)
{
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct tuple *tuple = &frame->conns[i].tuple;
        if (tuple->family == family && tuple->local_port == local && tuple->remote_port == remote)
            return &frame->conns[i];
    }
    fail_msg("no row of family %u with ports %u and %u", family, local, remote);
    return NULL;
}

/* Ports and numbers are those of tests/tools/scene.c. */
static void check_scene_states(const struct frame *frame)
{
    static const uint32_t COUNTS[STATE_COUNT] = {
        [STATE_CLOSED] = 1,       [STATE_LISTEN] = 24,      [STATE_SYN_SENT] = 1,
        [STATE_SYN_RECEIVED] = 1, [STATE_ESTABLISHED] = 12, [STATE_FIN_WAIT_1] = 2,
        [STATE_FIN_WAIT_2] = 3,   [STATE_CLOSE_WAIT] = 2,   [STATE_CLOSING] = 1,
        [STATE_LAST_ACK] = 1,     [STATE_TIME_WAIT] = 1};
    for (int state = 0; state < STATE_COUNT; state++)
        assert_int_equal(count_state(frame, (enum tcp_state)state), COUNTS[state]);
    for (uint32_t i = 0; i < frame->live_count; i++)
        for (uint32_t j = 0; j < i; j++)
            assert_true(frame->conns[i].cookie && frame->conns[i].cookie != frame->conns[j].cookie);
}

static void check_scene_rows(const struct frame *frame)
{
    const uint32_t owner = KNOWN_UID | KNOWN_INODE | KNOWN_CGROUP;
    const struct conn *listener = find_row(frame, FAMILY_INET, 20000, 0);
    assert_int_equal(listener->state, STATE_LISTEN);
    assert_int_equal(listener->send_queue, 7);
    assert_int_equal(listener->known & owner, owner);
    assert_true(addr_is_zero(&listener->tuple.local));
    assert_int_equal(find_row(frame, FAMILY_INET, 20010, 0)->receive_queue, 1);
    assert_int_equal(find_row(frame, FAMILY_INET, 20010, 25004)->known & owner, 0);
    assert_int_equal(find_row(frame, FAMILY_INET, 25009, 20015)->state, STATE_TIME_WAIT);
    assert_int_equal(find_row(frame, FAMILY_INET, 25009, 20015)->known & owner, 0);
    assert_int_equal(find_row(frame, FAMILY_INET, 25009, 20015)->timer, 3);
    assert_int_equal(find_row(frame, FAMILY_INET, 20012, 25006)->state, STATE_SYN_RECEIVED);
    assert_int_equal(find_row(frame, FAMILY_INET, 20012, 25006)->known & owner, 0);
    assert_int_equal(find_row(frame, FAMILY_INET, 20014, 25008)->state, STATE_CLOSE_WAIT);
    assert_true(find_row(frame, FAMILY_INET, 20014, 25008)->in_bytes == 0); /* a FIN, no byte */
    assert_true(addr_is_mapped(&find_row(frame, FAMILY_INET6, 20009, 25003)->tuple.local, 6));
    assert_int_equal(find_row(frame, FAMILY_INET, 25003, 20009)->state, STATE_ESTABLISHED);
    assert_int_equal(find_row(frame, FAMILY_INET6, 20008, 25002)->tuple.scope, 1);
    assert_int_equal(find_row(frame, FAMILY_INET, 20005, 0)->state, STATE_CLOSED);
}

static void recorded_dumps_are_the_scene(void **unused)
{
    UNIT_SKIP_IF_BIG_ENDIAN();
    static const struct {
        const char *file;
        bool has_detail, has_mark;
    } CASES[] = {{"scene-6.18.bin", true, true},
                 {"scene-6.18-lean.bin", false, true},
                 {"scene-6.18-nobody.bin", false, false}};
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        struct recording recording = load(CASES[i].file);
        struct diag_parse parse = new_parse();
        parse.want_detail = true;
        replay(&recording, &parse);
        check_scene_states(parse.frame);
        check_scene_rows(parse.frame);
        const struct conn *row = find_row(parse.frame, FAMILY_INET, 25000, 20006);
        const struct conn_detail *detail = frame_detail(parse.frame, row);
        assert_int_equal(detail->info_length, 280);
        assert_int_equal(detail->meminfo_count, 9);
        assert_int_equal(detail->has_mark, CASES[i].has_mark);
        assert_true(detail->has_shutdown);
        assert_int_equal(detail->congestion[0] != '\0', CASES[i].has_detail);
        frame_release(parse.frame);
        free(recording.bytes);
    }
}

static void check_prefix(const struct frame *whole, const uint8_t *datagram, size_t length)
{
    uint8_t *copy = malloc(length ? length : 1); /* so that a sanitizer sees a step beyond */
    struct diag_parse parse = new_parse();
    assert_non_null(copy);
    memcpy(copy, datagram, length);
    parse.sequence = 1;
    int result = diag_parse_messages(&parse, copy, length);
    free(copy);
    assert_true(result == 1 || result == -EBADMSG);
    assert_int_equal(parse.malformed, result == -EBADMSG);
    for (uint32_t i = 0; i < parse.frame->live_count; i++)
        assert_memory_equal(&parse.frame->conns[i], &whole->conns[i], sizeof(struct conn));
    frame_release(parse.frame);
}

static void a_datagram_cut_at_every_byte_keeps_whole_rows(void **unused)
{
    UNIT_SKIP_IF_BIG_ENDIAN();
    struct recording recording = load("scene-6.18-lean.bin");
    struct diag_parse parse = new_parse();
    uint32_t length;
    (void)unused;
    memcpy(&length, recording.bytes, sizeof(length));
    replay(&recording, &parse);
    for (uint32_t cut = 0; cut < length; cut++)
        check_prefix(parse.frame, recording.bytes + sizeof(length), cut);
    frame_release(parse.frame);
    free(recording.bytes);
}

static void destroy_needs_a_cookie(void **unused)
{
    struct messages m = {0};
    struct conn conn = {.tuple.family = FAMILY_INET};
    size_t length = 42;
    (void)unused;
    assert_int_equal(diag_put_destroy(m.bytes, &conn, 1, &length), -EINVAL);
    conn.cookie = UINT64_MAX;
    assert_int_equal(diag_put_destroy(m.bytes, &conn, 1, &length), -EINVAL);
    assert_int_equal(length, 42);
    conn.cookie = 0x1122334455667788;
    assert_int_equal(diag_put_destroy(m.bytes, &conn, 1, &length), 0);
    struct nlmsghdr *header = message_header(&m);
    struct inet_diag_req_v2 *request = (void *)(header + 1);
    assert_int_equal(header->nlmsg_len, length);
    assert_int_equal(header->nlmsg_type, SOCK_DESTROY);
    assert_int_equal(request->id.idiag_cookie[0], 0x55667788);
    assert_int_equal(request->id.idiag_cookie[1], 0x11223344);
}

static struct diag_request dump_request(uint8_t family)
{
    return (struct diag_request){.family = family,
                                 .kernel_states = 1u << 13 | 1u << 10,
                                 .bytecode = "\1\2\3\4",
                                 .bytecode_length = 4,
                                 .sequence = 9};
}

static void requests_say_what_is_wanted(void **unused)
{
    struct messages m = {0};
    struct diag_request wanted = dump_request(FAMILY_INET6);
    (void)unused;
    size_t length = diag_put_dump(m.bytes, &wanted);
    struct nlmsghdr *header = message_header(&m);
    struct inet_diag_req_v2 *request = (void *)(header + 1);
    assert_int_equal(length, sizeof(*header) + sizeof(*request) + 8);
    assert_int_equal(header->nlmsg_seq, 9);
    assert_int_equal(header->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
    assert_int_equal(request->sdiag_family, AF_INET6);
    assert_int_equal(request->sdiag_protocol, IPPROTO_TCP);
    assert_int_equal(request->idiag_states, 1u << 13 | 1u << 10);
    assert_true(request->idiag_ext & 1 << (INET_DIAG_INFO - 1));
    assert_false(request->idiag_ext & 1 << (INET_DIAG_CONG - 1));
    wanted.detail = true;
    diag_put_dump(m.bytes, &wanted);
    assert_true(request->idiag_ext & 1 << (INET_DIAG_CONG - 1));
}

static void both_families_are_requested_in_the_old_form(void **unused)
{
    struct messages m = {0};
    const struct diag_request wanted = dump_request(DIAG_BOTH_FAMILIES);
    (void)unused;
    size_t length = diag_put_dump(m.bytes, &wanted);
    struct nlmsghdr *header = message_header(&m);
    struct inet_diag_req *request = (void *)(header + 1);
    struct nlattr *attribute = (void *)(request + 1);
    assert_int_equal(length, sizeof(*header) + sizeof(*request) + 8);
    assert_int_equal(header->nlmsg_type, TCPDIAG_GETSOCK);
    assert_int_equal(header->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
    assert_int_equal(request->idiag_states, 1u << 13 | 1u << 10);
    assert_int_equal(request->idiag_ext,
                     1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_SKMEMINFO - 1));
    assert_int_equal(attribute->nla_type, INET_DIAG_REQ_BYTECODE);
    assert_memory_equal(attribute + 1, "\1\2\3\4", 4);
}

static void rows_bear_the_type_of_either_request(void **unused)
{
    struct inet_diag_msg row = message_row(KERNEL_ESTABLISHED);
    struct diag_parse parse = new_parse();
    struct messages m = {0};
    (void)unused;
    message_begin_row(&m, KERNEL_ESTABLISHED);
    message_begin(&m, TCPDIAG_GETSOCK, &row, sizeof(row));
    assert_int_equal(diag_parse_messages(&parse, m.bytes, m.length), 1);
    assert_int_equal(parse.frame->live_count, 2);
    frame_release(parse.frame);
}

static int open_pool(void **unused)
{
    (void)unused;
    pool = frame_pool_new();
    return pool ? 0 : -1;
}

static int close_pool(void **unused)
{
    (void)unused;
    frame_pool_release(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_until_done),
        cmocka_unit_test(a_failed_dump_is_no_empty_one),
        cmocka_unit_test(an_empty_error_is_an_error),
        cmocka_unit_test(messages_of_others_are_skipped),
        cmocka_unit_test(interruption_and_bad_rows_are_counted),
        cmocka_unit_test(other_states_are_dropped),
        cmocka_unit_test(detail_of_all_of_one_or_of_none),
        cmocka_unit_test(details_of_suspect_rows_alone_are_kept),
        cmocka_unit_test(there_is_a_limit_to_suspect_rows),
        cmocka_unit_test(what_is_no_message_is_refused),
        cmocka_unit_test(recorded_dumps_are_the_scene),
        cmocka_unit_test(a_datagram_cut_at_every_byte_keeps_whole_rows),
        cmocka_unit_test(destroy_needs_a_cookie),
        cmocka_unit_test(requests_say_what_is_wanted),
        cmocka_unit_test(both_families_are_requested_in_the_old_form),
        cmocka_unit_test(rows_bear_the_type_of_either_request),
    };
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
