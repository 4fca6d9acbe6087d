/* smc: see smc.h. Formats: include/uapi/linux/smc_diag.h (Linux 6.12); the header itself needs those of InfiniBand. */
#include "source/netns/smc.h"

#include "base/grow.h"
#include "base/sort.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <stdlib.h>
#include <string.h>

struct request {
    uint8_t family, padding[2], extensions;
    struct inet_diag_sockid id;
};

struct message {
    uint8_t family, state, mode, shutdown;
    struct inet_diag_sockid id;
    uint32_t uid;
    __aligned_u64 inode;
};

_Static_assert(sizeof(struct request) <= SMC_REQUEST_SIZE, "");

/* SMC_DIAG_MODE_*; kernels before 4.19 only report whether it fell back. */
static const uint8_t ULPS[] = {ULP_SMC_R, ULP_SMC_FALLBACK, ULP_SMC_D};

struct smc_socket {
    uint32_t ports; /* local, remote */
    struct message message;
};

void smc_put_request(uint8_t out[SMC_REQUEST_SIZE])
{
    memset(out, 0, SMC_REQUEST_SIZE);
    out[0] = SMC_FAMILY;
}

void smc_clear(struct smc_sockets *sockets)
{
    sockets->count = 0;
}

void smc_done(struct smc_sockets *sockets)
{
    free(sockets->list);
    *sockets = (struct smc_sockets){0};
}

int smc_add(struct smc_sockets *sockets, const void *payload, size_t length)
{
    struct smc_socket added;

    if (length < sizeof(added.message))
        return 0;
    memcpy(&added.message, payload, sizeof(added.message));
    const struct inet_diag_sockid *id = &added.message.id;
    if (!id->idiag_sport || added.message.mode >= sizeof(ULPS))
        return 0;
    added.ports = (uint32_t)ntohs(id->idiag_sport) << 16 | ntohs(id->idiag_dport);
    if (GROW(sockets->list, sockets->capacity, sockets->count + 1))
        return -ENOMEM;
    sockets->list[sockets->count++] = added;
    return 0;
}

static uint32_t ports_of(const struct conn *conn)
{
    return (uint32_t)conn->tuple.local_port << 16 | conn->tuple.remote_port;
}

static int compare_ports(const void *a, const void *b)
{
    const struct smc_socket *left = a, *right = b;

    return (left->ports > right->ports) - (left->ports < right->ports);
}

/* The kernel sets the bytes after an IPv4 address to 0. */
static bool has_tuple(const struct smc_socket *socket, const struct tuple *tuple)
{
    const struct inet_diag_sockid *id = &socket->message.id;
    const size_t size = sizeof(id->idiag_src);

    return memcmp(id->idiag_src, tuple->local.bytes, size) == 0 &&
           memcmp(id->idiag_dst, tuple->remote.bytes, size) == 0;
}

static const struct smc_socket *find(const struct smc_sockets *sockets, const struct conn *conn)
{
    const uint32_t ports = ports_of(conn);
    uint32_t first = 0, last = sockets->count;

    while (first < last) {
        const uint32_t middle = first + (last - first) / 2;
        if (sockets->list[middle].ports < ports)
            first = middle + 1;
        else
            last = middle;
    }
    for (; first < sockets->count && sockets->list[first].ports == ports; first++)
        if (has_tuple(&sockets->list[first], &conn->tuple))
            return &sockets->list[first];
    return NULL;
}

static void join(const struct smc_socket *socket, struct conn *conn)
{
    const struct message *message = &socket->message;

    conn->ulp = conn->state == STATE_LISTEN ? (uint8_t)ULP_SMC : ULPS[message->mode];
    conn->offload = (uint8_t)offload_decide(conn->ulp, 0, 0, OFFLOAD_UNKNOWN);
    conn->known |= KNOWN_ULP;
    if (!message->inode)
        return;
    conn->inode = (uint32_t)message->inode;
    conn->uid = message->uid;
    conn->known |= KNOWN_INODE | KNOWN_UID;
}

void smc_join(struct smc_sockets *sockets, struct conn *conns, uint32_t count)
{
    sort_items(sockets->list, sockets->count, sizeof(*sockets->list), compare_ports);
    for (uint32_t i = 0; sockets->count && i < count; i++) {
        const struct smc_socket *found = find(sockets, &conns[i]);
        if (found)
            join(found, &conns[i]);
    }
}
