/* Rows of /proc/net/tcp and tcp6: recorded from Linux 6.18 and written by hand. */
#include "source/procnet.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA TEST_DATA "/../data/proc/"

static const struct wish EVERYTHING = {.state_bits = STATE_ALL_BITS,
                                       .families = WISH_INET | WISH_INET6};

struct fixture {
    struct frame_pool *pool;
    struct frame *frame;
    char root[32];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->pool = frame_pool_new();
    fixture->frame = frame_new(fixture->pool);
    memcpy(fixture->root, "/tmp/tcplens-procnet-XXXXXX", sizeof("/tmp/tcplens-procnet-XXXXXX"));
    assert_non_null(mkdtemp(fixture->root));
    *state = fixture;
    return 0;
}

static void put_path(char *path, size_t size, const struct fixture *fixture, const char *name)
{
    snprintf(path, size, "%s/%s", fixture->root, name);
}

static int tear_down(void **state)
{
    static const char *const names[] = {"net/tcp", "net/tcp6", "net"};
    struct fixture *fixture = *state;
    char path[64];
    for (size_t i = 0; i < UNIT_COUNT(names); i++) {
        put_path(path, sizeof(path), fixture, names[i]);
        remove(path);
    }
    rmdir(fixture->root);
    frame_release(fixture->frame);
    frame_pool_release(fixture->pool);
    free(fixture);
    return 0;
}

static FILE *write_tcp(struct fixture *fixture, const char *name)
{
    char path[64];
    put_path(path, sizeof(path), fixture, "net");
    mkdir(path, 0700);
    put_path(path, sizeof(path), fixture, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("  sl  local_address rem_address   st tx_queue ...\n", file);
    return file;
}

static const struct conn *row_with_port(const struct frame *frame, uint16_t remote_port)
{
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].tuple.remote_port == remote_port)
            return &frame->conns[i];
    fail_msg("no row with remote port %u", remote_port);
    return NULL;
}

static void dump(struct fixture *fixture, const char *root)
{
    assert_int_equal(procnet_dump(root, fixture->frame, &EVERYTHING), 0);
    assert_true(fixture->frame->missing.reasons & MISSING_SOCK_DIAG);
}

static void a_whole_scene_is_read(void **state)
{
    struct fixture *fixture = *state;
    uint32_t states[STATE_COUNT] = {0};
    dump(fixture, DATA "scene");
    for (uint32_t i = 0; i < fixture->frame->live_count; i++)
        states[fixture->frame->conns[i].state]++;
    assert_int_equal(fixture->frame->live_count, 48); /* the lines without the two titles */
    assert_int_equal(states[STATE_SYN_RECEIVED], 1);
    assert_int_equal(states[STATE_TIME_WAIT], 1);
    assert_true(states[STATE_LISTEN] >= 24); /* 16 of one SO_REUSEPORT tuple among them */
    assert_true(states[STATE_CLOSE_WAIT] >= 1 && states[STATE_FIN_WAIT_2] >= 1);
    assert_true(states[STATE_FIN_WAIT_1] >= 1 && states[STATE_SYN_SENT] >= 1);
    assert_int_equal(fixture->frame->missing.reasons, MISSING_SOCK_DIAG);
    assert_string_equal(fixture->frame->source, "/proc/net/tcp");
}

static void every_field_of_a_connection_is_read(void **state)
{
    UNIT_SKIP_IF_BIG_ENDIAN();
    struct fixture *fixture = *state;
    char text[ADDR_TEXT_MAX + 32];
    dump(fixture, DATA "crafted");
    const struct conn *conn = row_with_port(fixture->frame, 41094);
    assert_int_equal(conn->tuple.family, FAMILY_INET);
    addr_format_endpoint(text, sizeof(text), &conn->tuple.local, FAMILY_INET, NULL,
                         conn->tuple.local_port, NULL);
    assert_string_equal(text, "10.0.0.5:443");
    addr_format_endpoint(text, sizeof(text), &conn->tuple.remote, FAMILY_INET, NULL,
                         conn->tuple.remote_port, NULL);
    assert_string_equal(text, "198.51.100.7:41094");
    assert_int_equal(conn->state, STATE_ESTABLISHED);
    assert_int_equal(conn->kernel_state, 1);
    assert_int_equal(conn->known, KNOWN_QUEUES | KNOWN_TIMER | KNOWN_UID | KNOWN_INODE);
    assert_int_equal(conn->send_queue, 1448);
    assert_int_equal(conn->receive_queue, 16);
    assert_int_equal(conn->timer, 2);
    assert_int_equal(conn->timer_ms, 7200000);
    assert_int_equal(conn->timer_retrans, 2); /* keepalive: the probes, not the retransmissions */
    assert_int_equal(conn->uid, 33);
    assert_int_equal(conn->inode, 88001);
    assert_int_equal(conn->cookie, 0);
    assert_int_equal(conn->offload, OFFLOAD_UNKNOWN);
    assert_int_equal(conn->owner_word, OWNER_UNKNOWN);
    assert_int_equal(conn->owner, CONN_NO_INDEX);
}

static void ipv6_words_become_addresses(void **state)
{
    UNIT_SKIP_IF_BIG_ENDIAN();
    struct fixture *fixture = *state;
    char text[ADDR_TEXT_MAX];
    dump(fixture, DATA "crafted");
    const struct conn *conn = row_with_port(fixture->frame, 50120);
    assert_int_equal(conn->tuple.family, FAMILY_INET6);
    addr_format(text, sizeof(text), &conn->tuple.local, FAMILY_INET6, NULL);
    assert_string_equal(text, "2001:db8:0:5::5");
    conn = row_with_port(fixture->frame, 39120);
    assert_true(addr_is_mapped(&conn->tuple.remote, FAMILY_INET6));
    addr_format(text, sizeof(text), &conn->tuple.remote, FAMILY_INET6, NULL);
    assert_string_equal(text, "::ffff:198.51.100.23");
}

static void a_listener_has_an_accept_queue_and_no_backlog(void **state)
{
    struct fixture *fixture = *state;
    dump(fixture, DATA "crafted");
    const struct conn *conn = row_with_port(fixture->frame, 0);
    assert_int_equal(conn->state, STATE_LISTEN);
    assert_int_equal(conn->receive_queue, 50);
    assert_true(conn->known & KNOWN_QUEUES);
    assert_true(conn->known & KNOWN_NO_BACKLOG);
}

static void rows_without_a_socket_have_no_user(void **state)
{
    struct fixture *fixture = *state;
    dump(fixture, DATA "crafted");
    const struct conn *time_wait = row_with_port(fixture->frame, 0x113a);
    assert_int_equal(time_wait->known, KNOWN_QUEUES | KNOWN_TIMER);
    assert_int_equal(time_wait->timer_ms, 60000);
    const struct conn *request = row_with_port(fixture->frame, 0x113b);
    assert_int_equal(request->known, KNOWN_QUEUES | KNOWN_TIMER);
    assert_int_equal(request->uid, 0); /* 33 is its listener's */
    const struct conn *orphan = row_with_port(fixture->frame, 0x113c);
    assert_int_equal(orphan->known, KNOWN_QUEUES | KNOWN_TIMER | KNOWN_UID);
    assert_int_equal(orphan->timer_retrans, 2);
}

static void numbers_out_of_range_saturate(void **state)
{
    struct fixture *fixture = *state;
    dump(fixture, DATA "crafted");
    const struct conn *conn = row_with_port(fixture->frame, 0x113d);
    assert_int_equal(conn->timer_ms, UINT32_MAX / 10 * 10);
    assert_int_equal(conn->inode, UINT32_MAX);
    assert_int_equal(conn->timer_retrans, 7);
}

static void a_row_reported_twice_is_one_row(void **state)
{
    struct fixture *fixture = *state;
    uint32_t count = 0;
    dump(fixture, DATA "crafted");
    for (uint32_t i = 0; i < fixture->frame->live_count; i++)
        count += fixture->frame->conns[i].tuple.remote_port == 0x113d;
    assert_int_equal(count, 1);
}

static void malformed_lines_are_counted(void **state)
{
    struct fixture *fixture = *state;
    dump(fixture, DATA "crafted");
    assert_true(fixture->frame->missing.reasons & MISSING_DUMP_PART);
    assert_string_equal(fixture->frame->missing.text, "2 lines of /proc/net/tcp not understood");
    assert_int_equal(fixture->frame->live_count, 9);
    row_with_port(fixture->frame, 0x113f); /* behind them, and shorter than the kernel writes */
}

static void no_tcp6_is_a_fact(void **state)
{
    struct fixture *fixture = *state;
    dump(fixture, DATA "no_ipv6");
    assert_true(fixture->frame->missing.reasons & MISSING_IPV6);
    struct wish wish = EVERYTHING;
    wish.families = WISH_INET6;
    assert_int_equal(procnet_dump(DATA "no_ipv6", fixture->frame, &wish), 0);
}

static void no_proc_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct wish wish = EVERYTHING;
    assert_int_equal(procnet_dump(fixture->root, fixture->frame, &wish), -ENOENT);
    wish.families = WISH_INET6;
    assert_int_equal(procnet_dump(fixture->root, fixture->frame, &wish), -ENOENT);
}

/* A file that lacks even its header says nothing of connections. */
static void an_empty_file_is_not_read(void **state)
{
    struct fixture *fixture = *state;
    struct wish wish = EVERYTHING;
    char path[64];
    fclose(write_tcp(fixture, "net/tcp"));
    put_path(path, sizeof(path), fixture, "net/tcp");
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(procnet_dump(fixture->root, fixture->frame, &wish), -ENODATA);
    assert_string_equal(fixture->frame->missing.text,
                        "no sock_diag, and /proc/net/tcp is empty, without its header: this kernel "
                        "does not show connections");
    fclose(write_tcp(fixture, "net/tcp6"));
    assert_int_equal(procnet_dump(fixture->root, fixture->frame, &wish), 0);
    assert_true(fixture->frame->missing.reasons & MISSING_DUMP_PART);
    assert_int_equal(fixture->frame->missing.error, ENODATA);
    assert_string_equal(
        fixture->frame->missing.text,
        "/proc/net/tcp is empty, without its header: this kernel does not show connections");
    wish.families = WISH_INET;
    assert_int_equal(procnet_dump(fixture->root, fixture->frame, &wish), -ENODATA);
}

static void one_file_is_enough_for_its_family(void **state)
{
    struct fixture *fixture = *state;
    struct wish wish = EVERYTHING;
    char path[64];
    assert_int_equal(procnet_open_error(fixture->root), -ENOENT);
    fclose(write_tcp(fixture, "net/tcp6"));
    put_path(path, sizeof(path), fixture, "net/tcp");
    assert_int_equal(mkdir(path, 0700), 0); /* cannot be read, by root neither */
    assert_int_equal(procnet_open_error(fixture->root), 0);
    assert_int_equal(procnet_dump(fixture->root, fixture->frame, &wish), 0);
    assert_string_equal(fixture->frame->missing.text,
                        "/proc/net/tcp could not be read: Is a directory");
    wish.families = WISH_INET;
    assert_int_equal(procnet_dump(fixture->root, fixture->frame, &wish), -EISDIR);
    assert_string_equal(fixture->frame->missing.text,
                        "no sock_diag, and /proc/net/tcp could not be read: Is a directory");
    fixture->frame->missing = (struct missing){0};
    wish.families = WISH_INET6;
    assert_int_equal(procnet_dump(fixture->root, fixture->frame, &wish), 0);
    assert_int_equal(fixture->frame->missing.reasons, MISSING_SOCK_DIAG);
    rmdir(path);
}

static void only_what_is_wished_is_read(void **state)
{
    struct fixture *fixture = *state;
    struct wish wish = {.state_bits = STATE_BIT(STATE_LISTEN), .families = WISH_INET6};
    assert_int_equal(procnet_dump(DATA "scene", fixture->frame, &wish), 0);
    assert_int_equal(fixture->frame->live_count, 3);
    for (uint32_t i = 0; i < fixture->frame->live_count; i++) {
        assert_int_equal(fixture->frame->conns[i].state, STATE_LISTEN);
        assert_int_equal(fixture->frame->conns[i].tuple.family, FAMILY_INET6);
    }
}

static void a_big_file_is_read_in_blocks(void **state)
{
    struct fixture *fixture = *state;
    FILE *file = write_tcp(fixture, "net/tcp");
    for (unsigned i = 0; i < 100000; i++)
        fprintf(file,
                "%4u: 0100007F:%04X %08X:%04X 01 00000000:00000000 00:00000000 00000000 %u 0 "
                "%u 1 0000000000000000 20 4 30 10 -1%*s\n",
                i, 80, i / 50000 + 1, i % 50000, i % 7, i + 1, (int)(i % 13), "");
    fclose(file);
    fclose(write_tcp(fixture, "net/tcp6"));
    dump(fixture, fixture->root);
    assert_int_equal(fixture->frame->missing.reasons, MISSING_SOCK_DIAG);
    assert_int_equal(fixture->frame->live_count, 100000);
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(fixture->frame->conns[i].inode, i + 1);
}

static void a_line_without_end_is_no_danger(void **state)
{
    struct fixture *fixture = *state;
    FILE *file = write_tcp(fixture, "net/tcp");
    for (unsigned i = 0; i < 200000; i++)
        fputc(i % 3 ? 'A' : '\0', file);
    fputs("\n 0: 0100007F:0050 00000000:0000 0A 0:0 00:0 0 0 0 77", file);
    fclose(file);
    fclose(write_tcp(fixture, "net/tcp6"));
    dump(fixture, fixture->root);
    assert_true(fixture->frame->missing.reasons & MISSING_DUMP_PART);
    assert_int_equal(fixture->frame->live_count, 1); /* the last line needs no newline */
    assert_int_equal(fixture->frame->conns[0].inode, 77);
}

static void a_bad_line_leaves_the_row_alone(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "0",
                                      "0:",
                                      "x: 0100007F:0050 00000000:0000 0A 0:0 00:0 0 0 0 1",
                                      "0: 0100007:0050 00000000:0000 0A 0:0 00:0 0 0 0 1",
                                      "0: 0100007F1:0050 00000000:0000 0A 0:0 00:0 0 0 0 1",
                                      "0: 0100007F:00500 00000000:0000 0A 0:0 00:0 0 0 0 1",
                                      "0: 0100007F:0050 00000000:0000 00 0:0 00:0 0 0 0 1",
                                      "0: 0100007F:0050 00000000:0000 0A 0-0 00:0 0 0 0 1",
                                      "0: 0100007F:0050 00000000:0000 0A 0:0 00:0 0 0 0 ",
                                      "0: 0100007F:0050 00000000:0000 0A 0:0 00:0 0 0 0 1x"};
    struct conn before, conn;
    (void)state;
    memset(&before, 0x5a, sizeof(before));
    for (size_t i = 0; i < UNIT_COUNT(bad); i++) {
        conn = before;
        assert_int_equal(procnet_parse_line(bad[i], strlen(bad[i]), FAMILY_INET, &conn), -EBADMSG);
        assert_memory_equal(&conn, &before, sizeof(conn));
    }
    assert_int_equal(procnet_parse_line("  sl  local", 11, FAMILY_INET, &conn), -ENOMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_scene_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_field_of_a_connection_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ipv6_words_become_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_listener_has_an_accept_queue_and_no_backlog, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(rows_without_a_socket_have_no_user, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_out_of_range_saturate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_reported_twice_is_one_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(malformed_lines_are_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_tcp6_is_a_fact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_proc_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_file_is_not_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_file_is_enough_for_its_family, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_is_wished_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_big_file_is_read_in_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_line_without_end_is_no_danger, set_up, tear_down),
        cmocka_unit_test(a_bad_line_leaves_the_row_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
