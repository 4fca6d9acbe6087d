/* peers: connections by the address of the other end, or by that and the port that serves. */
#include "base/hash.h"
#include "core/grouping/rows.h"

#include <errno.h>

/* A flow without an address stands for many peers. */
static uint64_t peer_key(const struct frame *frame, const struct conn *conn)
{
    const struct addr *remote = &conn->tuple.remote;

    (void)frame;
    if (conn->state == STATE_LISTEN || addr_is_zero(remote))
        return 0;
    return grouping_key(hash_bytes(remote->bytes, sizeof remote->bytes, conn->tuple.family));
}

#define NO_PEER (1u << STATE_LISTEN | 1u << STATE_CLOSED)

/* Ports that are listened on: a connection to one of them was opened by the peer. */
static int mark_listening_ports(struct grouping *grouping, const struct frame *frame)
{
    const int error = grouping_clear_ports(grouping);

    if (error)
        return error;
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].state == STATE_LISTEN)
            grouping->port_first[frame->conns[i].tuple.local_port] = 1;
    return 0;
}

/* Counts it into the row of the key, created if missing. */
static int take_into(struct grouping *grouping, const struct column_context *context,
                     uint32_t index, uint64_t key, bool inbound)
{
    const struct conn *conn = &context->frame->conns[index];

    if (!key || (conn_is_ghost(conn) && NO_PEER >> conn->from & 1))
        return 0;
    struct grouping_row *row = grouping_row_of(grouping, key, index, conn);
    if (!row)
        return -ENOMEM;
    row->inbound |= inbound;
    grouping_add_port(row, inbound ? conn->tuple.local_port : conn->tuple.remote_port);
    grouping_add_proc(row, conn->owner);
    grouping_count_row(row, context, conn);
    grouping_count_age(row, conn);
    return 0;
}

static bool is_inbound(const struct grouping *grouping, const struct conn *conn)
{
    return grouping->port_first[conn->tuple.local_port] != 0;
}

static int peer_take(struct grouping *grouping, const struct column_context *context,
                     uint32_t index)
{
    const struct conn *conn = &context->frame->conns[index];

    return take_into(grouping, context, index, peer_key(context->frame, conn),
                     is_inbound(grouping, conn));
}

static void peer_take_flow(struct grouping_row *row, const struct frame *frame,
                           const struct conn *flow)
{
    (void)frame;
    row->inbound |= flow->tuple.local_port != 0;
    grouping_add_port(row, row->inbound ? flow->tuple.local_port : flow->tuple.remote_port);
    grouping_add_proc(row, flow->owner);
}

const struct grouping_kind GROUPING_PEERS = {
    .key = peer_key,
    .states = ~NO_PEER,
    .begin = mark_listening_ports,
    .take = peer_take,
    .take_flow = peer_take_flow,
};

/* --- by address and port --- */

static uint64_t port_key(const struct frame *frame, const struct conn *conn, bool inbound)
{
    const uint64_t peer = peer_key(frame, conn);
    const uint64_t port = inbound ? conn->tuple.local_port : conn->tuple.remote_port;

    return peer ? grouping_key(peer ^ (port << 1 | inbound)) : 0;
}

/* The key of a flow, which has a local port only if that had a listener. */
static uint64_t flow_key(const struct frame *frame, const struct conn *flow)
{
    return port_key(frame, flow, flow->tuple.local_port != 0);
}

static int port_take(struct grouping *grouping, const struct column_context *context,
                     uint32_t index)
{
    const struct conn *conn = &context->frame->conns[index];
    const bool inbound = is_inbound(grouping, conn);

    return take_into(grouping, context, index, port_key(context->frame, conn, inbound), inbound);
}

/* Listeners are unknown here: a client whose port equals that of a service on its host counts for
 * both. */
static bool port_accepts(uint64_t key, const struct frame *frame, const struct conn *conn)
{
    return key == port_key(frame, conn, false) || key == port_key(frame, conn, true);
}

const struct grouping_kind GROUPING_PEER_PORTS = {
    .key = flow_key,
    .states = ~NO_PEER,
    .begin = mark_listening_ports,
    .take = port_take,
    .take_flow = peer_take_flow,
    .accepts = port_accepts,
};
