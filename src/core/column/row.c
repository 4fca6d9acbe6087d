/* Getters of columns[]: what the kernel says of a row, as struct conn itself holds it.
 * Each returns false and leaves the value alone where the fact is not known. */
#include "core/column/values.h"

#include <string.h>

#define NS_PER_US 1000
#define NS_PER_MS 1000000

/* A number of the row that is known when all bits of `bits` are. */
static bool known_number(const struct conn *conn, uint32_t bits, uint64_t number,
                         struct column_value *value)
{
    if ((conn->known & bits) != bits)
        return false;
    value->number = number > INT64_MAX ? INT64_MAX : (int64_t)number;
    return true;
}

COLUMN_VALUE(state)
{
    (void)context;
    value->number = conn->state;
    return true;
}

COLUMN_VALUE(mib_state)
{
    return value_state(context, conn, value);
}

COLUMN_VALUE(from)
{
    (void)context;
    if (conn->mark == MARK_NONE || conn->from == STATE_NONE)
        return false;
    value->number = conn->from;
    return true;
}

COLUMN_VALUE(proto)
{
    (void)context;
    (void)conn;
    value->text = "tcp";
    return true;
}

COLUMN_VALUE(family)
{
    (void)context;
    value->text = conn->tuple.family == FAMILY_INET6 ? "inet6" : "inet";
    return true;
}

/* A listener and a bound socket have no peer; what the kernel reports there is no fact. */
static bool has_remote(const struct conn *conn)
{
    const struct tuple *tuple = &conn->tuple;

    return tuple->remote_port || !addr_is_zero(&tuple->remote);
}

COLUMN_VALUE(local)
{
    (void)context;
    if (tuple_lacks_local(&conn->tuple))
        return false;
    addr_format(value->scratch, sizeof(value->scratch), &conn->tuple.local, conn->tuple.family,
                NULL);
    value->text = value->scratch;
    return true;
}

COLUMN_VALUE(remote)
{
    (void)context;
    if (!has_remote(conn))
        return false;
    addr_format(value->scratch, sizeof(value->scratch), &conn->tuple.remote, conn->tuple.family,
                NULL);
    value->text = value->scratch;
    return true;
}

COLUMN_VALUE(lport)
{
    (void)context;
    value->number = conn->tuple.local_port;
    return true;
}

COLUMN_VALUE(rport)
{
    (void)context;
    if (!has_remote(conn) || tuple_lacks_remote_port(&conn->tuple))
        return false;
    value->number = conn->tuple.remote_port;
    return true;
}

COLUMN_VALUE(ifname)
{
    const char *name;

    if (!conn->tuple.scope)
        return false;
    name = frame_interface_name(context->frame, conn->tuple.scope);
    if (!name)
        return false;
    value->text = name;
    return true;
}

COLUMN_VALUE(ifindex)
{
    (void)context;
    if (!conn->tuple.scope)
        return false;
    value->number = conn->tuple.scope;
    return true;
}

COLUMN_VALUE(netns)
{
    (void)context;
    if (!conn->netns)
        return false;
    value->number = conn->netns;
    return true;
}

COLUMN_VALUE(cookie)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t rest = conn->cookie;
    char *at = value->scratch + 16;

    (void)context;
    if (!rest)
        return false;
    *at = '\0';
    for (; rest; rest >>= 4)
        *--at = digits[rest & 15];
    value->text = at;
    return true;
}

COLUMN_VALUE(inode)
{
    (void)context;
    return known_number(conn, KNOWN_INODE, conn->inode, value);
}

COLUMN_VALUE(uid)
{
    (void)context;
    return known_number(conn, KNOWN_UID, conn->uid, value);
}

/* The two queues of a listener count connections, not bytes: facts of their own. */
COLUMN_VALUE(recvq)
{
    (void)context;
    return conn->state != STATE_LISTEN &&
           known_number(conn, KNOWN_QUEUES, conn->receive_queue, value);
}

COLUMN_VALUE(sendq)
{
    (void)context;
    return conn->state != STATE_LISTEN && known_number(conn, KNOWN_QUEUES, conn->send_queue, value);
}

COLUMN_VALUE(accept_queue)
{
    (void)context;
    return conn->state == STATE_LISTEN &&
           known_number(conn, KNOWN_QUEUES, conn->receive_queue, value);
}

COLUMN_VALUE(backlog)
{
    (void)context;
    return conn->state == STATE_LISTEN && !(conn->known & KNOWN_NO_BACKLOG) &&
           known_number(conn, KNOWN_QUEUES, conn->send_queue, value);
}

COLUMN_VALUE(drops)
{
    (void)context;
    return known_number(conn, KNOWN_DROPS, conn->drops, value);
}

COLUMN_VALUE(in_bytes)
{
    (void)context;
    return known_number(conn, KNOWN_BYTES_IN, conn->in_bytes, value);
}

COLUMN_VALUE(out_bytes)
{
    (void)context;
    return known_number(conn, KNOWN_BYTES_OUT, conn_out_bytes(conn), value);
}

COLUMN_VALUE(in)
{
    (void)context;
    return known_number(conn, KNOWN_RATES | KNOWN_BYTES_IN, conn_in_rate(conn), value);
}

COLUMN_VALUE(out)
{
    (void)context;
    return known_number(conn, KNOWN_RATES | KNOWN_BYTES_OUT, conn_out_rate(conn), value);
}

COLUMN_VALUE(rtt)
{
    (void)context;
    return known_number(conn, KNOWN_RTT, (uint64_t)conn->rtt_us * NS_PER_US, value);
}

COLUMN_VALUE(cwnd)
{
    (void)context;
    return known_number(conn, KNOWN_INFO, conn->cwnd, value);
}

/* Of a listener tcp_get_info (net/ipv4/tcp.c, Linux 6.18) fills in little: its 0 is no count. */
COLUMN_VALUE(retrans)
{
    (void)context;
    return conn->state != STATE_LISTEN && known_number(conn, KNOWN_INFO, conn->retrans, value);
}

COLUMN_VALUE(last_data_sent)
{
    (void)context;
    return known_number(conn, KNOWN_LAST_DATA, (uint64_t)conn->last_data_sent_ms * NS_PER_MS,
                        value);
}

COLUMN_VALUE(last_data_recv)
{
    (void)context;
    return known_number(conn, KNOWN_LAST_DATA, (uint64_t)conn->last_data_received_ms * NS_PER_MS,
                        value);
}

/* idiag_timer; the words are those of ss. */
COLUMN_VALUE(timer)
{
    static const char *const names[] = {NULL, "on", "keepalive", "timewait", "persist"};

    (void)context;
    if (!(conn->known & KNOWN_TIMER) || !conn->timer ||
        conn->timer >= sizeof(names) / sizeof(names[0]))
        return false;
    value->text = names[conn->timer];
    return true;
}

COLUMN_VALUE(timer_left)
{
    (void)context;
    return conn->timer &&
           known_number(conn, KNOWN_TIMER, (uint64_t)conn->timer_ms * NS_PER_MS, value);
}

COLUMN_VALUE(timer_retrans)
{
    (void)context;
    return conn->timer && known_number(conn, KNOWN_TIMER, conn->timer_retrans, value);
}

COLUMN_VALUE(offload)
{
    const char *name = NULL;

    (void)context;
    if (conn->known & KNOWN_ULP)
        name = offload_name(conn->offload);
    if (!name)
        return false;
    value->text = name;
    return true;
}

COLUMN_VALUE(ulp)
{
    const struct conn_detail *detail;
    const char *name = NULL;

    if (!(conn->known & KNOWN_ULP) || conn->ulp == ULP_ABSENT)
        return false;
    detail = frame_detail(context->frame, conn);
    name = detail && detail->ulp_text[0] ? detail->ulp_text : ulp_name(conn->ulp);
    if (!name)
        return false;
    value->text = name;
    return true;
}

COLUMN_VALUE(cgroup_id)
{
    (void)context;
    return known_number(conn, KNOWN_CGROUP, conn->cgroup_id, value);
}

COLUMN_VALUE(serial)
{
    (void)context;
    return conn->serial && known_number(conn, 0, conn->serial, value);
}
