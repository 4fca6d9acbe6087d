/* grouping_count: adds a row of the frame to its group. Independent of how rows are grouped. */
#include "core/grouping/holders.h"
#include "core/grouping/rows.h"
#include "core/trend.h"

bool grouping_is_recent(int64_t at_ns, const struct column_context *context)
{
    return at_ns > 0 && context->now_ns - at_ns < GROUPING_WINDOW_NS;
}

static bool is_opened_lately(const struct conn *conn, const struct column_context *context)
{
    return conn->known & KNOWN_CREATED_MIN && grouping_is_recent(conn->created_min_ns, context);
}

/* Not accepted: SYN-RECEIVED, connections in the accept queue, and those that ended there. */
static bool is_accepted(const struct conn *conn)
{
    const uint8_t state = conn_is_ghost(conn) ? conn->from : conn->state;
    return state != STATE_SYN_RECEIVED && conn->owner_word != OWNER_LISTENER;
}

/* For rows in CLOSE-WAIT since the first frame the time is unknown. */
static void count_close_wait(struct grouping_row *row, const struct column_context *context,
                             const struct conn *conn)
{
    const bool known = (conn->known & KNOWN_STATE_SINCE) != 0;
    const int64_t for_ns = context->now_ns - conn->state_since_ns;

    row->close_wait++;
    row->close_wait_stays |= !known || for_ns > GROUPING_STAY_NS;
    row->close_wait_come += known && for_ns <= GROUPING_TREND_NS;
    row->close_wait_older |= !known;
    if (known && (row->close_wait_since_ns == 0 || conn->state_since_ns < row->close_wait_since_ns))
        row->close_wait_since_ns = conn->state_since_ns;
}

void grouping_add_port(struct grouping_row *row, uint16_t port)
{
    const uint8_t kept = row->port_count < GROUPING_PORTS ? row->port_count : GROUPING_PORTS;

    for (uint8_t i = 0; i < kept; i++)
        if (row->ports[i] == port)
            return;
    if (kept < GROUPING_PORTS)
        row->ports[kept] = port;
    if (row->port_count < UINT8_MAX)
        row->port_count++;
}

void grouping_add_proc(struct grouping_row *row, uint32_t proc)
{
    if (proc != CONN_NO_INDEX && !grouping_keep_proc(row, proc))
        row->proc_count = GROUPING_NAMES + 1;
}

void grouping_count_row(struct grouping_row *row, const struct column_context *context,
                        const struct conn *conn)
{
    if (grouping_is_recent(conn->changed_ns, context) && conn->mark != MARK_NONE)
        row->changed = true;
    if (conn->state != STATE_LISTEN && is_opened_lately(conn, context)) {
        row->opened++;
        row->accepted += is_accepted(conn);
    }
    if (conn_is_ghost(conn))
        return;
    row->rows++;
    row->before += conn->owner_word == OWNER_LAST;
    row->established += conn->state == STATE_ESTABLISHED;
    row->listening += conn->state == STATE_LISTEN;
    row->time_wait += conn->state == STATE_TIME_WAIT;
    if (conn->state == STATE_CLOSE_WAIT)
        count_close_wait(row, context, conn);
    row->in_bytes_per_s += conn_in_rate(conn);
    row->out_bytes_per_s += conn_out_rate(conn);
    row->retrans += conn->retrans;
    row->stalled += conn_is_stalled(conn);
    row->sent_10s += conn->sent_10s;
    row->retrans_10s += conn->retrans_10s;
    if (conn->known & KNOWN_RTT && conn->rtt_us > row->worst_rtt_us)
        row->worst_rtt_us = conn->rtt_us;
}

void grouping_count_flow(struct grouping_row *row, const struct conn *flow)
{
    row->in_bytes_per_s += conn_in_rate(flow);
    row->out_bytes_per_s += conn_out_rate(flow);
    row->sent_10s += flow->sent_10s;
    row->retrans_10s += flow->retrans_10s;
}

void grouping_count_age(struct grouping_row *row, const struct conn *conn)
{
    if (conn_is_ghost(conn))
        return;
    if (conn->known & KNOWN_CREATED_MAX &&
        (row->oldest_ns == 0 || conn->created_max_ns < row->oldest_ns))
        row->oldest_ns = conn->created_max_ns;
    if (!(conn->known & KNOWN_CREATED_MIN))
        row->oldest_open = true;
    else if (row->oldest_min_ns == 0 || conn->created_min_ns < row->oldest_min_ns)
        row->oldest_min_ns = conn->created_min_ns;
}

bool grouping_close_wait_grows(const struct grouping_row *row)
{
    return row->close_wait_stays &&
           trend_is_rise(row->close_wait - row->close_wait_come, row->close_wait);
}

uint32_t grouping_queue_permille(const struct grouping_row *row)
{
    if (!row->has_backlog)
        return 0;
    const uint64_t permille = (uint64_t)row->queue * 1000 / row->backlog;
    return permille > 1000 ? 1000 : (uint32_t)permille;
}
