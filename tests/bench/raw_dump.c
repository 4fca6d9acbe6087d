/* raw_dump: see raw_dump.h. */
#include "raw_dump.h"

#include "source/diag.h"
#include "timing.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_SIZE = 8192 };

static uint8_t buffer[128 * 1024] __attribute__((aligned(8)));

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "raw dump: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint32_t drain(struct mnl_socket *socket, size_t size)
{
    uint32_t rows = 0;
    for (;;) {
        ssize_t got = mnl_socket_recvfrom(socket, buffer, size);
        if (got < 0)
            fail("receive");
        int left = (int)got;
        const struct nlmsghdr *header = (const void *)buffer;
        for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
            if (header->nlmsg_type == NLMSG_DONE)
                return rows;
            if (header->nlmsg_type == NLMSG_ERROR) {
                errno = EPROTO;
                fail("dump");
            }
            rows++;
        }
    }
}

uint32_t raw_dump(size_t buffer_size, bool detail, int64_t *cpu_ns)
{
    static const uint8_t FAMILIES[] = {FAMILY_INET, FAMILY_INET6};
    struct mnl_socket *socket = mnl_socket_open(NETLINK_SOCK_DIAG);
    char message[REQUEST_SIZE];
    uint32_t rows = 0;

    if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
        fail("socket");
    int64_t began = bench_cpu_ns();
    for (unsigned i = 0; i < 2; i++) {
        struct diag_request request = {.family = FAMILIES[i],
                                       .kernel_states = state_kernel_mask(STATE_ALL_BITS),
                                       .sequence = i,
                                       .detail = detail};
        size_t length = diag_put_dump(message, &request);
        if (mnl_socket_sendto(socket, message, length) < 0)
            fail("send");
        rows += drain(socket, buffer_size);
    }
    *cpu_ns = bench_cpu_ns() - began;
    mnl_socket_close(socket);
    return rows;
}
