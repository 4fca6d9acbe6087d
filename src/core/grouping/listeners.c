/* listeners: rows in LISTEN by address and port, with the connections that they accepted. */
#include "base/hash.h"
#include "core/grouping/holders.h"
#include "core/grouping/rows.h"

#include <errno.h>
#include <string.h>

uint64_t grouping_listener_key(const struct conn *conn)
{
    const struct tuple *tuple = &conn->tuple;
    const uint64_t seed =
        ((uint64_t)tuple->scope << 32) ^ ((uint64_t)tuple->local_port << 8) ^ tuple->family;
    return grouping_key(
        hash_bytes(tuple->local.bytes, sizeof tuple->local.bytes, seed ^ conn->netns));
}

static uint64_t listener_key(const struct frame *frame, const struct conn *conn)
{
    (void)frame;
    return conn->state == STATE_LISTEN ? grouping_listener_key(conn) : 0;
}

static bool takes(const struct conn *listener, const struct conn *conn)
{
    const struct tuple *a = &listener->tuple, *b = &conn->tuple;

    if (listener->netns != conn->netns || a->local_port != b->local_port)
        return false;
    if (addr_is_zero(&a->local)) /* [::] accepts IPv4 as well, as v4-mapped IPv6 rows */
        return a->family == b->family ||
               (a->family == FAMILY_INET6 && addr_is_mapped(&b->local, b->family));
    return a->family == b->family && memcmp(&a->local, &b->local, sizeof a->local) == 0;
}

static void link_listener(struct grouping *grouping, const struct frame *frame, uint32_t row)
{
    const uint16_t port = frame->conns[grouping->rows[row].conn].tuple.local_port;

    grouping->port_next[row] = grouping->port_first[port];
    grouping->port_first[port] = row + 1;
}

static struct grouping_row *find_listener(const struct grouping *grouping,
                                          const struct frame *frame, const struct conn *conn)
{
    struct grouping_row *wildcard = NULL;
    uint32_t at = grouping->port_first[conn->tuple.local_port];

    for (; at; at = grouping->port_next[at - 1]) {
        struct grouping_row *row = &grouping->rows[at - 1];
        const struct conn *listener = &frame->conns[row->conn];
        if (!takes(listener, conn))
            continue;
        if (!addr_is_zero(&listener->tuple.local))
            return row;
        wildcard = row;
    }
    return wildcard;
}

static void count_listener(struct grouping_row *row, const struct conn *conn)
{
    row->sockets++;
    row->listening++;
    if (conn->known & KNOWN_QUEUES) {
        row->queue += conn->receive_queue;
        if (!(conn->known & KNOWN_NO_BACKLOG))
            row->backlog += conn->send_queue;
        row->has_backlog = row->backlog > 0;
    }
    if (conn->full_since_ns > row->full_since_ns) {
        row->full_since_ns = conn->full_since_ns;
        row->full_seen = (conn->known & KNOWN_FULL_BEGAN) != 0;
    }
    if (conn->known & KNOWN_DROPS) {
        row->drops += conn->drops;
        row->has_drops = true;
    }
    grouping_count_age(row, conn);
}

/* The group is full once the last of its sockets filled. */
static void settle_full(struct grouping *grouping)
{
    for (uint32_t i = 0; i < grouping->count; i++) {
        struct grouping_row *row = &grouping->rows[i];
        row->full = row->has_backlog && row->queue >= row->backlog;
        if (!row->full)
            row->full_since_ns = 0;
    }
}

static int listener_take(struct grouping *grouping, const struct column_context *context,
                         uint32_t index)
{
    const struct frame *frame = context->frame;
    const struct conn *conn = &frame->conns[index];
    struct grouping_row *row = grouping_row_of(grouping, grouping_listener_key(conn), index, conn);

    if (!row || grouping_add_holders(grouping, row, frame, conn) != 0)
        return -ENOMEM;
    count_listener(row, conn);
    row->changed |= grouping_is_recent(conn->changed_ns, context) && conn->mark != MARK_NONE;
    return 0;
}

/* Connections of a listener count whether or not the filter accepts them. */
static int listener_end(struct grouping *grouping, const struct column_context *context)
{
    const struct frame *frame = context->frame;

    grouping_count_holders(grouping);
    const int error = grouping_clear_ports(grouping);
    if (error)
        return error;
    for (uint32_t i = 0; i < grouping->count; i++)
        link_listener(grouping, frame, i);
    for (uint32_t i = 0; i < frame->conn_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (conn->state == STATE_LISTEN || conn->state == STATE_CLOSED)
            continue;
        struct grouping_row *row = find_listener(grouping, frame, conn);
        if (row)
            grouping_count_row(row, context, conn);
    }
    settle_full(grouping);
    return 0;
}

const struct grouping_kind GROUPING_LISTENERS = {
    .key = listener_key,
    .states = 1u << STATE_LISTEN,
    .take = listener_take,
    .end = listener_end,
    .find = find_listener,
};
