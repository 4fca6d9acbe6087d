/* What the kernel does with INET_DIAG_REQ_BYTECODE, for tests: the audit that it must pass, and its
 * run over one socket. Written from the rules of net/ipv4/inet_diag.c (Linux 6.18); independent of
 * filters. */
#ifndef TCPLENS_UNIT_BYTECODE_MACHINE_H
#define TCPLENS_UNIT_BYTECODE_MACHINE_H

#include "core/conn.h"

#include <linux/inet_diag.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

struct machine_socket {
    uint8_t family; /* AF_INET or AF_INET6 */
    uint8_t source[16], destination[16];
    uint16_t source_port, destination_port;
    uint32_t interface;
    bool port_locked;
};

static inline struct machine_socket machine_socket_of(const struct conn *conn)
{
    const struct tuple *tuple = &conn->tuple;
    struct machine_socket socket = {.family = tuple->family == FAMILY_INET6 ? AF_INET6 : AF_INET,
                                    .source_port = tuple->local_port,
                                    .destination_port = tuple->remote_port,
                                    .interface = tuple->scope};

    memcpy(socket.source, tuple->local.bytes, sizeof socket.source);
    memcpy(socket.destination, tuple->remote.bytes, sizeof socket.destination);
    return socket;
}

static inline struct inet_diag_bc_op machine_op(const uint8_t *code, size_t at)
{
    struct inet_diag_bc_op op;
    memcpy(&op, code + at, sizeof op);
    return op;
}

/* Bytes of the operation and its operand, 0 if it is none or does not fit. */
static inline size_t machine_op_size(const uint8_t *code, size_t at, size_t length)
{
    const struct inet_diag_bc_op op = machine_op(code, at);
    const size_t room = length - at;
    struct inet_diag_hostcond condition;
    size_t size = sizeof op;

    switch (op.code) {
    case INET_DIAG_BC_S_COND:
    case INET_DIAG_BC_D_COND:
        size += sizeof condition;
        if (room < size)
            return 0;
        memcpy(&condition, code + at + sizeof op, sizeof condition);
        const size_t address = condition.family == AF_INET    ? 4
                               : condition.family == AF_INET6 ? 16
                                                              : 0;
        if (condition.family != AF_UNSPEC && address == 0)
            return 0;
        size += address;
        return room < size || condition.prefix_len > 8 * address ? 0 : size;
    case INET_DIAG_BC_DEV_COND:
        size += sizeof(uint32_t);
        return room < size ? 0 : size;
    case INET_DIAG_BC_S_GE:
    case INET_DIAG_BC_S_LE:
    case INET_DIAG_BC_D_GE:
    case INET_DIAG_BC_D_LE:
        size += sizeof op;
        return room < size ? 0 : size;
    case INET_DIAG_BC_AUTO:
    case INET_DIAG_BC_JMP:
    case INET_DIAG_BC_NOP:
        return size;
    default:
        return 0;
    }
}

/* A jump must land on an operation that walking by `yes` reaches, or on the end. */
static inline bool machine_is_landing(const uint8_t *code, size_t length, size_t target)
{
    size_t at = 0;

    while (at < length && at < target) {
        const struct inet_diag_bc_op op = machine_op(code, at);
        if (op.yes < 4 || op.yes & 3)
            return false;
        at += op.yes;
    }
    return at == target;
}

static inline bool machine_audit(const void *bytes, size_t length)
{
    const uint8_t *code = bytes;

    for (size_t at = 0; at < length;) {
        if (length - at < sizeof(struct inet_diag_bc_op))
            return false;
        const struct inet_diag_bc_op op = machine_op(code, at);
        const size_t size = machine_op_size(code, at, length);
        if (size == 0)
            return false;
        if (op.code != INET_DIAG_BC_NOP &&
            (op.no < size || at + op.no > length + 4 || op.no & 3 ||
             (at + op.no < length && !machine_is_landing(code, length, at + op.no))))
            return false;
        if (op.yes < size || at + op.yes > length + 4 || op.yes & 3)
            return false;
        at += op.yes;
        if (at > length)
            return false;
    }
    return true;
}

static inline bool machine_bits_match(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    for (unsigned i = 0; i < bits; i++)
        if ((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1)
            return false;
    return true;
}

static inline bool machine_host(const uint8_t *operand, const struct machine_socket *socket,
                                bool source)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *address = source ? socket->source : socket->destination;
    const int port = source ? socket->source_port : socket->destination_port;
    struct inet_diag_hostcond condition;

    memcpy(&condition, operand, sizeof condition);
    operand += sizeof condition;
    if (condition.port != -1 && condition.port != port)
        return false;
    if (condition.family != AF_UNSPEC && condition.family != socket->family)
        return socket->family == AF_INET6 && condition.family == AF_INET &&
               memcmp(address, mapped, sizeof mapped) == 0 &&
               machine_bits_match(address + 12, operand, condition.prefix_len);
    return machine_bits_match(address, operand, condition.prefix_len);
}

static inline bool machine_step(const uint8_t *code, size_t at, const struct machine_socket *socket)
{
    const struct inet_diag_bc_op op = machine_op(code, at);
    uint32_t interface;

    switch (op.code) {
    case INET_DIAG_BC_JMP:
        return false;
    case INET_DIAG_BC_S_GE:
        return socket->source_port >= machine_op(code, at + 4).no;
    case INET_DIAG_BC_S_LE:
        return socket->source_port <= machine_op(code, at + 4).no;
    case INET_DIAG_BC_D_GE:
        return socket->destination_port >= machine_op(code, at + 4).no;
    case INET_DIAG_BC_D_LE:
        return socket->destination_port <= machine_op(code, at + 4).no;
    case INET_DIAG_BC_AUTO:
        return !socket->port_locked;
    case INET_DIAG_BC_S_COND:
    case INET_DIAG_BC_D_COND:
        return machine_host(code + at + 4, socket, op.code == INET_DIAG_BC_S_COND);
    case INET_DIAG_BC_DEV_COND:
        memcpy(&interface, code + at + 4, sizeof interface);
        return interface == socket->interface;
    default:
        return true;
    }
}

static inline bool machine_run(const void *bytes, size_t length,
                               const struct machine_socket *socket)
{
    const uint8_t *code = bytes;
    size_t at = 0;

    while (at < length) {
        const struct inet_diag_bc_op op = machine_op(code, at);
        at += machine_step(code, at, socket) ? op.yes : op.no;
    }
    return at == length;
}

#endif
