/* record_dump: writes the answer of sock_diag to a TCP dump of this network namespace, as it came,
 * for tests/data/netlink. A file is a row of datagrams, each after its length (u32 of this
 * machine); sequence numbers are 1 (IPv4) and 2 (IPv6).
 *
 *     scene --unshare --hold record_dump FILE [--detail]
 */
#include "core/state.h"
#include "source/diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "record_dump: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* One datagram; whether it ends the dump. */
static bool record_datagram(struct mnl_socket *socket, FILE *file)
{
    static uint8_t buffer[DIAG_BUFFER_SIZE] __attribute__((aligned(8)));
    ssize_t got = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
    if (got < 0)
        fail("receive");
    uint32_t length = (uint32_t)got;
    if (fwrite(&length, sizeof(length), 1, file) != 1 || fwrite(buffer, length, 1, file) != 1)
        fail("write");
    int left = (int)got;
    const struct nlmsghdr *header = (const void *)buffer;
    for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
        if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    static const uint8_t FAMILIES[] = {FAMILY_INET, FAMILY_INET6};
    char message[8192];
    if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "--detail") != 0)) {
        fputs("usage: record_dump FILE [--detail]\n", stderr);
        return 2;
    }
    FILE *file = fopen(argv[1], "wbe");
    struct mnl_socket *socket = mnl_socket_open(NETLINK_SOCK_DIAG);
    if (!file || !socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
        fail(file ? "netlink socket" : argv[1]);
    for (unsigned i = 0; i < 2; i++) {
        struct diag_request request = {.family = FAMILIES[i],
                                       .kernel_states = state_kernel_mask(STATE_ALL_BITS),
                                       .sequence = i + 1,
                                       .detail = argc == 3};
        size_t length = diag_put_dump(message, &request);
        if (mnl_socket_sendto(socket, message, length) < 0)
            fail("send");
        while (!record_datagram(socket, file))
            ;
    }
    mnl_socket_close(socket);
    if (fclose(file) != 0)
        fail(argv[1]);
    return 0;
}
