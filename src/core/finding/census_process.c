/* Sums over the rows of a process. */
#include "base/clock.h"
#include "core/finding/census.h"

#define KEPT_NS     (5 * SECOND_NS) /* a busy process closes sooner */
#define OLD_NS      (60 * SECOND_NS)
#define IDLE_MS     350000u /* the shortest idle timeout of common load balancers: 350 s */
#define QUEUE_WORTH 16384u  /* unread bytes from which the receive window is examined */

static int64_t state_age_ns(const struct census *census, const struct conn *conn)
{
    const int64_t now_ns = census->frame->wall_ns;
    int64_t age_ns = 0;

    if ((conn->known & KNOWN_STATE_SINCE) && conn->state_since_ns < now_ns)
        age_ns = now_ns - conn->state_since_ns;
    /* The peer's last ACK came with or after its FIN: nothing has been received since. */
    const uint64_t ack_ms = row_info(census->frame, conn, INFO_last_ack_recv, 0);
    const int64_t ack_ns = ack_ms < UINT32_MAX ? (int64_t)ack_ms * MILLISECOND_NS : 0;
    return ack_ns > age_ns ? ack_ns : age_ns;
}

static void take_close_wait(struct census *census, struct process_tally *process,
                            const struct conn *conn)
{
    const int64_t age_ns = state_age_ns(census, conn);

    process->close_wait++;
    process->close_wait_kept += age_ns >= KEPT_NS;
    process->close_wait_old += age_ns >= OLD_NS;
    raise_ns(&process->close_wait_ns, age_ns);
    if (conn->known & KNOWN_QUEUES)
        process->unread[conn->receive_queue == 0   ? UNREAD_NOTHING
                        : conn->receive_queue == 1 ? UNREAD_FIN
                                                   : UNREAD_DATA]++;
}

/* With a time limit the timer is time-wait. */
static void take_fin_wait_2(struct census *census, struct process_tally *process,
                            const struct conn *conn)
{
    if (!(conn->known & KNOWN_TIMER) || conn->timer != TIMER_NONE)
        return;
    const int64_t age_ns = state_age_ns(census, conn);
    process->fin_wait_2++;
    process->fin_wait_2_old += age_ns >= OLD_NS;
    raise_ns(&process->fin_wait_2_ns, age_ns);
}

static void take_idle(struct process_tally *process, const struct conn *conn)
{
    const uint32_t least = KNOWN_LAST_DATA | KNOWN_TIMER | KNOWN_QUEUES;
    const uint32_t silent_ms = conn->last_data_sent_ms < conn->last_data_received_ms
                                   ? conn->last_data_sent_ms
                                   : conn->last_data_received_ms;

    if ((conn->known & least) != least || conn->send_queue > 0 ||
        addr_is_loopback(&conn->tuple.remote, conn->tuple.family))
        return;
    if (conn->timer == TIMER_KEEPALIVE && conn->timer_retrans == 0 &&
        (uint64_t)conn->timer_ms + silent_ms > IDLE_MS)
        process->slow_keepalive++;
    if (conn->timer != TIMER_NONE || silent_ms < IDLE_MS)
        return;
    process->idle++;
    process->idle_public += !addr_is_private(&conn->tuple.remote, conn->tuple.family);
    raise_ns(&process->idle_ns, (int64_t)silent_ms * MILLISECOND_NS);
}

/* By the minimum round trip, without queues on the path or delayed ACKs. */
static void take_far(const struct census *census, struct process_tally *process,
                     const struct conn *conn)
{
    if (conn->rtt_us <= CONN_NEAR_US || !addr_is_private(&conn->tuple.remote, conn->tuple.family))
        return;
    const uint64_t least_us = row_info(census->frame, conn, INFO_min_rtt, 0);
    if (!conn_is_far(conn, (uint32_t)least_us))
        return;
    process->far++;
    if (least_us > process->far_us)
        process->far_us = (uint32_t)least_us;
}

/* The window is shut, or unread data fills the buffer: the program does not read. */
static void take_unread(struct census *census, struct process_tally *process,
                        const struct conn *conn, uint32_t row)
{
    const struct conn_detail *detail = frame_detail(census->frame, conn);

    if (!detail || !(conn->known & KNOWN_LAST_DATA))
        return;
    const bool shut = row_info(census->frame, conn, INFO_rcv_wnd, UINT64_MAX) == 0;
    const bool full = detail->meminfo_count > MEMINFO_RCVBUF &&
                      conn->receive_queue >= detail->meminfo[MEMINFO_RCVBUF] / 10 * 9;
    if (!shut && !full)
        return;
    process->unread_rows++;
    process->row = row;
    raise_ns(&process->unread_ns, (int64_t)conn->last_data_received_ms * MILLISECOND_NS);
}

static uint64_t buffer_bytes(const struct frame *frame, const struct conn *conn)
{
    const struct conn_detail *detail = frame_detail(frame, conn);

    if (!detail || detail->meminfo_count <= MEMINFO_WMEM_QUEUED)
        return 0;
    return (uint64_t)detail->meminfo[MEMINFO_RMEM_ALLOC] + detail->meminfo[MEMINFO_WMEM_QUEUED];
}

static void take_buffers(const struct census *census, struct process_tally *process,
                         const struct conn *conn, uint32_t row)
{
    const uint64_t bytes = buffer_bytes(census->frame, conn);

    process->buffer_bytes += bytes;
    if (bytes <= process->buffer_most)
        return;
    process->buffer_most = bytes;
    process->buffer_row = row;
}

void census_take_of_process(struct census *census, const struct conn *conn, uint32_t row)
{
    struct process_tally *process = &census->processes[conn->owner];

    process->sockets++;
    process->in_rate += conn_in_rate(conn);
    process->out_rate += conn_out_rate(conn);
    if (conn->receive_queue > 0 || conn->send_queue > 0)
        take_buffers(census, process, conn, row);
    switch (conn->state) {
    case STATE_ESTABLISHED:
        process->established++;
        take_idle(process, conn);
        take_far(census, process, conn);
        break;
    case STATE_CLOSE_WAIT:
        take_close_wait(census, process, conn);
        break;
    case STATE_FIN_WAIT_2:
        take_fin_wait_2(census, process, conn);
        break;
    case STATE_SYN_SENT:
        process->syn_sent++;
        break;
    case STATE_CLOSED:
        process->bound++;
        break;
    default:
        break;
    }
    if (conn->state != STATE_LISTEN && (conn->known & KNOWN_QUEUES) &&
        conn->receive_queue >= QUEUE_WORTH)
        take_unread(census, process, conn, row);
}
