/* filter_bytecode: what the kernel can decide of a filter, as INET_DIAG_REQ_BYTECODE. Operations
 * and layout: include/uapi/linux/inet_diag.h, checked by inet_diag_bc_audit() of
 * net/ipv4/inet_diag.c (Linux 6.18). A block of length L accepts a row by ending at L and rejects
 * it by a jump to L + 4, so that joining blocks only needs to patch rejecting jumps. */
#include "core/filter/node.h"

#include <errno.h>
#include <string.h>

enum operation { /* INET_DIAG_BC_* */
                 BC_JMP = 1,
                 BC_S_GE = 2,
                 BC_S_LE = 3,
                 BC_D_GE = 4,
                 BC_D_LE = 5,
                 BC_AUTO = 6,
                 BC_S_COND = 7,
                 BC_D_COND = 8,
                 BC_DEV_COND = 9,
                 BC_MARK_COND = 10,
                 BC_CGROUP_COND = 13
};

struct bytecode_op { /* struct inet_diag_bc_op */
    uint8_t code;
    uint8_t yes;
    uint16_t no;
};

struct host_condition { /* struct inet_diag_hostcond, without its address */
    uint8_t family;
    uint8_t prefix_length;
    int32_t port;
};

#define OP_SIZE      sizeof(struct bytecode_op)
#define KERNEL_INET  2      /* AF_INET */
#define KERNEL_INET6 10     /* AF_INET6 */
#define BYTECODE_MAX 60000u /* jumps are 16 bits wide */

static int compile(const struct filter_node *node, struct buffer *out);

static void put_op(struct buffer *out, enum operation code, size_t yes, size_t no)
{
    const struct bytecode_op op = {(uint8_t)code, (uint8_t)yes, (uint16_t)no};
    buffer_append(out, (const char *)&op, sizeof op);
}

/* An operation with its operand: a match continues after it, anything else rejects. */
static void put_condition(struct buffer *out, enum operation code, const void *operand, size_t size)
{
    put_op(out, code, OP_SIZE + size, OP_SIZE + size + 4);
    buffer_append(out, operand, size);
}

static void put_host(struct buffer *out, enum operation code, const struct filter_node *node,
                     const struct host_prefix *prefix)
{
    char operand[sizeof(struct host_condition) + 16];
    struct host_condition condition = {.port = node->u.host.has_port ? node->u.host.port : -1};
    size_t size = sizeof condition;

    if (prefix) {
        const size_t address = prefix->family == FAMILY_INET ? 4 : 16;
        condition.family = prefix->family == FAMILY_INET ? KERNEL_INET : KERNEL_INET6;
        condition.prefix_length = prefix->bits;
        memcpy(operand + size, prefix->addr.bytes, address);
        size += address;
    }
    memcpy(operand, &condition, sizeof condition);
    put_condition(out, code, operand, size);
}

/* Appends `right` to `left` so that both must accept: jumps that reject now go past right. */
static void join_and(struct buffer *left, const struct buffer *right)
{
    size_t at = 0;

    while (at < left->length) {
        struct bytecode_op op;
        memcpy(&op, left->data + at, sizeof op);
        const size_t step = op.code == BC_JMP ? OP_SIZE : op.yes;
        if (at + op.no == left->length + 4) {
            op.no = (uint16_t)(op.no + right->length);
            memcpy(left->data + at, &op, sizeof op);
        }
        at += step;
    }
    buffer_append(left, right->data, right->length);
}

/* Rows rejected by left arrive after the jump, at right. */
static void join_or(struct buffer *left, const struct buffer *right)
{
    put_op(left, BC_JMP, OP_SIZE, OP_SIZE + right->length);
    buffer_append(left, right->data, right->length);
}

/* A match arrives at the jump, which rejects; rejected rows arrive after it: accepted. */
static void negate(struct buffer *block)
{
    put_op(block, BC_JMP, OP_SIZE, OP_SIZE + 4);
}

typedef void (*put_end)(struct buffer *out, const struct filter_node *node, bool remote);

static void put_host_end(struct buffer *out, const struct filter_node *node, bool remote)
{
    const enum operation code = remote ? BC_D_COND : BC_S_COND;

    if (node->u.host.prefix_count == 0) {
        put_host(out, code, node, NULL);
        return;
    }
    put_host(out, code, node, &node->u.host.prefixes[0]);
    for (uint32_t i = 1; i < node->u.host.prefix_count; i++) {
        struct buffer other;
        buffer_init(&other);
        put_host(&other, code, node, &node->u.host.prefixes[i]);
        join_or(out, &other);
        out->failed |= other.failed;
        buffer_done(&other);
    }
}

static void put_port_bound(struct buffer *out, enum operation code, uint16_t port)
{
    put_op(out, code, 2 * OP_SIZE, 2 * OP_SIZE + 4);
    put_op(out, 0, 0, port);
}

static void put_port_compare(struct buffer *out, enum filter_operator compare, uint16_t port,
                             bool remote)
{
    const enum operation at_least = remote ? BC_D_GE : BC_S_GE,
                         at_most = remote ? BC_D_LE : BC_S_LE;
    const struct filter_node equal = {.u.host = {.has_port = true, .port = port}};

    switch (compare) {
    case OPERATOR_EQ:
    case OPERATOR_NE:
        put_host(out, remote ? BC_D_COND : BC_S_COND, &equal, NULL);
        break;
    case OPERATOR_LT:
    case OPERATOR_GE:
        put_port_bound(out, at_least, port);
        break;
    case OPERATOR_GT:
    case OPERATOR_LE:
        put_port_bound(out, at_most, port);
        break;
    }
    if (compare == OPERATOR_NE || compare == OPERATOR_LT || compare == OPERATOR_GT)
        negate(out);
}

static void put_port_end(struct buffer *out, const struct filter_node *node, bool remote)
{
    struct buffer limit;

    put_port_compare(out, node->compare, node->u.port.number, remote);
    if (!node->u.port.has_limit)
        return;
    buffer_init(&limit);
    put_port_compare(&limit, node->u.port.limit_compare, node->u.port.limit, remote);
    join_and(out, &limit);
    out->failed |= limit.failed;
    buffer_done(&limit);
}

/* One end, or both: `port != x` requires both to differ, otherwise one suffices. */
static void put_sides(struct buffer *out, const struct filter_node *node, put_end put, bool both)
{
    if (node->side != SIDE_ANY) {
        put(out, node, node->side == SIDE_REMOTE);
        return;
    }
    struct buffer remote;
    buffer_init(&remote);
    put(out, node, false);
    put(&remote, node, true);
    if (both)
        join_and(out, &remote);
    else
        join_or(out, &remote);
    out->failed |= remote.failed;
    buffer_done(&remote);
}

/* True if the kernel's answer for the whole subtree is ours exactly: only then may it be negated.
 */
static bool is_exact(const struct filter_node *node)
{
    switch (node->kind) {
    case NODE_AND:
    case NODE_OR:
        return is_exact(node->left) && is_exact(node->right);
    case NODE_NOT:
        return is_exact(node->left);
    case NODE_HOST:
        return node->u.host.prefix_count > 0 || node->u.host.has_port;
    case NODE_PORT:
    case NODE_DEVICE:
        return true;
    case NODE_FWMARK:
    case NODE_CGROUP:
    case NODE_AUTOBOUND:
    case NODE_STATE:
    case NODE_NUMBER:
    case NODE_COLUMNS:
    case NODE_COUNT:
    case NODE_TEXT:
    case NODE_MARK:
    case NODE_FROM_TO:
    case NODE_WORD:
        return false;
    }
    return false;
}

/* `and`: compiles either side if possible; `or`: only both, else everything must pass. */
static int compile_junction(const struct filter_node *node, struct buffer *out)
{
    struct buffer right;

    buffer_init(&right);
    int error = compile(node->left, out);
    if (!error)
        error = compile(node->right, &right);
    if (!error && node->kind == NODE_OR && (out->length == 0 || right.length == 0))
        buffer_clear(out);
    else if (!error && node->kind == NODE_OR)
        join_or(out, &right);
    else if (!error && right.length)
        join_and(out, &right);
    if (!error && (out->failed || right.failed))
        error = -ENOMEM;
    if (!error && out->length > BYTECODE_MAX)
        error = -E2BIG;
    buffer_done(&right);
    return error;
}

static void compile_device(const struct filter_node *node, struct buffer *out)
{
    put_condition(out, BC_DEV_COND, &node->u.device.index, sizeof node->u.device.index);
    if (node->compare == OPERATOR_NE)
        negate(out);
}

static void compile_host(const struct filter_node *node, struct buffer *out)
{
    put_sides(out, node, put_host_end, false);
    if (node->compare == OPERATOR_NE)
        negate(out);
}

static int compile_not(const struct filter_node *node, struct buffer *out)
{
    if (!is_exact(node->left))
        return 0;
    const int error = compile(node->left, out);
    if (!error)
        negate(out);
    return error;
}

/* Leaves out empty where the kernel cannot help. Marks and control groups are tested here: the
 * kernel refuses the former without CAP_NET_ADMIN and mistakes an unknown group for another. */
static int compile(const struct filter_node *node, struct buffer *out)
{
    if (node->kind == NODE_AND || node->kind == NODE_OR)
        return compile_junction(node, out);
    if (node->kind == NODE_NOT)
        return compile_not(node, out);
    if (!is_exact(node))
        return 0;
    if (node->kind == NODE_HOST)
        compile_host(node, out);
    else if (node->kind == NODE_PORT)
        put_sides(out, node, put_port_end, node->compare == OPERATOR_NE);
    else if (node->kind == NODE_DEVICE)
        compile_device(node, out);
    return out->failed ? -ENOMEM : 0;
}

int filter_bytecode(const struct filter *filter, struct buffer *out)
{
    buffer_clear(out);
    return filter && filter->root && !filter_counts(filter) ? compile(filter->root, out) : 0;
}

void filter_autobound_bytecode(struct buffer *out)
{
    buffer_clear(out);
    put_op(out, BC_AUTO, OP_SIZE, OP_SIZE + 4);
}
