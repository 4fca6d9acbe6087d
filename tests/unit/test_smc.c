/* Answers of smc_diag joined to rows: the messages are written by the offsets of include/uapi/linux/smc_diag.h. */
#include "source/netns/smc.h"
#include "unit.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <string.h>

#define MESSAGE_SIZE 64

enum { AT_MODE = 2, AT_ID = 4, AT_UID = 52, AT_INODE = 56 };
enum { BY_RDMA, BY_TCP, BY_MEMORY };

static const uint8_t LOOPBACK[16] = {127, 0, 0, 1}, OTHER[16] = {127, 0, 0, 2},
                     LOOPBACK_6[16] = {[15] = 1};

/* What is at an end: an address and a port. */
struct end {
    const uint8_t *address;
    uint16_t port;
};

static void write_message(uint8_t out[MESSAGE_SIZE], struct end local, struct end remote,
                          uint8_t mode, uint64_t inode)
{
    struct inet_diag_sockid id = {.idiag_sport = htons(local.port),
                                  .idiag_dport = htons(remote.port)};
    const uint32_t uid = 1000;
    memcpy(id.idiag_src, local.address, sizeof(id.idiag_src));
    memcpy(id.idiag_dst, remote.address, sizeof(id.idiag_dst));
    memset(out, 0, MESSAGE_SIZE);
    out[0] = SMC_FAMILY;
    out[AT_MODE] = mode;
    memcpy(out + AT_ID, &id, sizeof(id));
    memcpy(out + AT_UID, &uid, sizeof(uid));
    memcpy(out + AT_INODE, &inode, sizeof(inode));
}

static void add(struct smc_sockets *sockets, struct end local, struct end remote, uint8_t mode,
                uint64_t inode)
{
    uint8_t message[MESSAGE_SIZE];
    write_message(message, local, remote, mode, inode);
    assert_int_equal(smc_add(sockets, message, sizeof(message)), 0);
}

/* As a dump of TCP has it: the kernel's own socket, of root. */
static struct conn row(struct end local, struct end remote)
{
    struct conn conn = {.state = STATE_ESTABLISHED,
                        .inode = 7,
                        .known = KNOWN_INODE | KNOWN_UID | KNOWN_ULP,
                        .ulp = ULP_ABSENT};
    conn.tuple =
        (struct tuple){.family = FAMILY_INET, .local_port = local.port, .remote_port = remote.port};
    memcpy(conn.tuple.local.bytes, local.address, 16);
    memcpy(conn.tuple.remote.bytes, remote.address, 16);
    return conn;
}

static void a_row_is_the_socket_above_it(void **unused)
{
    static const struct {
        uint8_t mode, ulp, offload;
    } MODES[] = {{BY_RDMA, ULP_SMC_R, OFFLOAD_OFFLOADED},
                 {BY_MEMORY, ULP_SMC_D, OFFLOAD_OFFLOADED},
                 {BY_TCP, ULP_SMC_FALLBACK, OFFLOAD_IN_HOST}};
    const struct end here = {LOOPBACK, 43000}, there = {LOOPBACK, 51590};
    (void)unused;
    for (size_t i = 0; i < UNIT_COUNT(MODES); i++) {
        struct smc_sockets sockets = {0};
        struct conn rows[] = {row(here, there), row(there, here)};
        add(&sockets, here, there, MODES[i].mode, 1084);
        smc_join(&sockets, rows, 2);
        assert_int_equal(rows[0].ulp, MODES[i].ulp);
        assert_int_equal(rows[0].offload, MODES[i].offload);
        assert_int_equal(rows[0].inode, 1084);
        assert_int_equal(rows[0].uid, 1000);
        assert_int_equal(rows[1].ulp, ULP_ABSENT);
        assert_int_equal(rows[1].inode, 7);
        smc_done(&sockets);
    }
}

static void a_listener_carries_nothing(void **unused)
{
    static const uint8_t ANY[16];
    const struct end here = {LOOPBACK_6, 43000}, none = {ANY, 0};
    struct smc_sockets sockets = {0};
    struct conn listener = row(here, none);
    (void)unused;
    listener.state = STATE_LISTEN;
    add(&sockets, here, none, BY_RDMA, 1082);
    smc_join(&sockets, &listener, 1);
    assert_int_equal(listener.ulp, ULP_SMC);
    assert_int_equal(listener.offload, OFFLOAD_IN_HOST);
    assert_int_equal(listener.inode, 1082);
    smc_done(&sockets);
}

static void the_same_ports_at_other_addresses_are_another_connection(void **unused)
{
    const struct end client = {LOOPBACK, 5000};
    const struct end servers[] = {{LOOPBACK, 80}, {OTHER, 80}, {LOOPBACK_6, 80}};
    struct smc_sockets sockets = {0};
    struct conn rows[UNIT_COUNT(servers)];
    (void)unused;
    for (unsigned i = 0; i < UNIT_COUNT(servers); i++) {
        add(&sockets, client, servers[i], BY_TCP, 100 + i);
        rows[i] = row(client, servers[i]);
    }
    smc_join(&sockets, rows, UNIT_COUNT(rows));
    for (unsigned i = 0; i < UNIT_COUNT(servers); i++)
        assert_int_equal(rows[i].inode, 100 + i);
    smc_done(&sockets);
}

static void what_the_kernel_does_not_say_changes_nothing(void **unused)
{
    const struct end here = {LOOPBACK, 43000}, there = {LOOPBACK, 51590};
    const struct end unbound = {LOOPBACK, 0};
    struct smc_sockets sockets = {0};
    struct conn conn = row(here, there);
    uint8_t message[MESSAGE_SIZE];
    (void)unused;
    write_message(message, here, there, BY_TCP, 1084);
    for (size_t length = 0; length < MESSAGE_SIZE; length++)
        assert_int_equal(smc_add(&sockets, message, length), 0);
    add(&sockets, here, there, 3, 1084); /* of a kernel to come */
    add(&sockets, unbound, there, BY_TCP, 1084);
    smc_join(&sockets, &conn, 1);
    assert_int_equal(conn.ulp, ULP_ABSENT);
    assert_int_equal(conn.inode, 7);
    smc_clear(&sockets);
    add(&sockets, here, there, BY_TCP, 0); /* its process has closed it */
    smc_join(&sockets, &conn, 1);
    assert_int_equal(conn.ulp, ULP_SMC_FALLBACK);
    assert_int_equal(conn.inode, 7);
    smc_done(&sockets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_the_socket_above_it),
        cmocka_unit_test(a_listener_carries_nothing),
        cmocka_unit_test(the_same_ports_at_other_addresses_are_another_connection),
        cmocka_unit_test(what_the_kernel_does_not_say_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
