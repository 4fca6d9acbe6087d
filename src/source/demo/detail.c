/* demo_detail: a tcp_info for the demo, of the length of Linux 6.18, consistent with the facts of
 * its row. Fields are found by the table in core/info.h only. */
#include "source/demo/rows.h"

#include "core/info.h"

#include <string.h>

#define INFO_LENGTH 280u
#define SEGMENT     1448u
#define NO_SSTHRESH 0x7fffffffu

static void put_field(struct conn_detail *detail, const char *name, uint64_t value)
{
    const struct info_field *field = info_field_find(name);
    if (!field || (size_t)field->offset + field->size > INFO_LENGTH)
        return;
    info_set(field, detail->info, value);
}

static void put_volume(const struct conn *conn, struct conn_detail *detail)
{
    uint64_t out_segments = conn->bytes_sent / SEGMENT + 1;
    uint64_t in_segments = conn->in_bytes / SEGMENT + 1;
    const uint64_t window = (uint64_t)conn->cwnd * SEGMENT, sent = conn_out_bytes(conn);
    const uint64_t queued = conn->send_queue < sent ? conn->send_queue : sent;
    const uint64_t flight = queued < window ? queued : window;
    put_field(detail, "bytes_acked", sent - flight);
    put_field(detail, "bytes_received", conn->in_bytes);
    put_field(detail, "bytes_sent", conn->bytes_sent);
    put_field(detail, "bytes_retrans", conn->bytes_retrans);
    put_field(detail, "total_retrans", conn->retrans);
    put_field(detail, "data_segs_out", out_segments);
    put_field(detail, "data_segs_in", in_segments);
    put_field(detail, "segs_out", out_segments + in_segments / 2 + 2);
    put_field(detail, "segs_in", in_segments + out_segments / 2 + 2);
    put_field(detail, "delivered", out_segments);
    put_field(detail, "notsent_bytes", conn->send_queue - flight);
    put_field(detail, "unacked", (flight + SEGMENT - 1) / SEGMENT);
    put_field(detail, "last_data_sent", conn->last_data_sent_ms);
    put_field(detail, "last_data_recv", conn->last_data_received_ms);
    put_field(detail, "last_ack_recv", conn->last_data_sent_ms);
}

static void put_pace(const struct conn *conn, uint64_t random, struct conn_detail *detail)
{
    uint64_t rtt = conn->rtt_us;
    uint64_t rate = rtt ? (uint64_t)conn->cwnd * SEGMENT * 1000000u / rtt : 0;
    put_field(detail, "rtt", rtt);
    put_field(detail, "rttvar", rtt / 12);
    put_field(detail, "min_rtt", rtt - rtt / 9);
    put_field(detail, "rcv_rtt", rtt + rtt / 20);
    put_field(detail, "rto", 200000 + rtt);
    put_field(detail, "ato", 40000);
    put_field(detail, "snd_cwnd", conn->cwnd);
    put_field(detail, "snd_ssthresh", conn->retrans ? conn->cwnd / 2 + 2 : NO_SSTHRESH);
    put_field(detail, "pacing_rate", rate * 2);
    put_field(detail, "max_pacing_rate", UINT64_MAX);
    put_field(detail, "delivery_rate", rate / 2);
    put_field(detail, "delivery_rate_app_limited", random & 1u);
    put_field(detail, "busy_time", conn->bytes_sent / 5);
    put_field(detail, "rwnd_limited", conn->cookie >> 1 & 1u ? conn->bytes_sent / 30 : 0);
}

static void put_options(const struct conn *conn, struct conn_detail *detail)
{
    bool local = addr_is_loopback(&conn->tuple.local, conn->tuple.family);
    uint32_t mtu = local ? 65536u : 1500u;
    put_field(detail, "state", conn->kernel_state);
    put_field(detail, "options", 0x1u | 0x2u | 0x4u); /* timestamps, SACK, window scale */
    put_field(detail, "snd_wscale", 7);
    put_field(detail, "rcv_wscale", 7);
    put_field(detail, "pmtu", mtu);
    put_field(detail, "advmss", mtu - 40u);
    put_field(detail, "snd_mss", local ? mtu - 52u : SEGMENT);
    put_field(detail, "rcv_mss", conn->in_bytes > SEGMENT ? SEGMENT : 536);
    put_field(detail, "rcv_space", 14480);
    put_field(detail, "rcv_ssthresh", 64076);
    put_field(detail, "reordering", 3);
    put_field(detail, "snd_wnd", 64128);
    put_field(detail, "rcv_wnd", 64128);
}

/* SK_MEMINFO_*: rmem_alloc, rcvbuf, wmem_alloc, sndbuf, fwd_alloc, wmem_queued, optmem, backlog,
 * drops (include/uapi/linux/sock_diag.h). */
static void put_memory(const struct conn *conn, struct conn_detail *detail)
{
    bool listens = conn->state == STATE_LISTEN; /* its queues hold connections, not bytes */
    uint32_t received = listens ? 0 : conn->receive_queue;
    uint32_t queued = listens ? 0 : conn->send_queue * 2;
    const uint32_t meminfo[] = {received, 131072, queued, 87040, 4096, queued, 0, 0, conn->drops};
    memcpy(detail->meminfo, meminfo, sizeof(meminfo));
    detail->meminfo_count = sizeof(meminfo) / sizeof(meminfo[0]);
}

void demo_detail_fill(const struct conn *conn, uint64_t random, struct conn_detail *detail)
{
    if (conn->known & KNOWN_DROPS)
        put_memory(conn, detail);
    if (conn->tls_tx != TLS_CONF_UNREPORTED) {
        detail->tls_version_known = 1;
        detail->tls_version = 0x0304; /* TLS 1.3 */
        detail->tls_cipher = 51;      /* TLS_CIPHER_AES_GCM_128 */
    }
    if (conn->known & KNOWN_SUBFLOW)
        detail->mptcp_token = 0x7d96ac56;
    const char *ulp = ulp_name(conn->ulp);
    if (ulp)
        memcpy(detail->ulp_text, ulp, strlen(ulp) + 1);
    if (!(conn->known & KNOWN_INFO))
        return;
    detail->info_length = INFO_LENGTH;
    put_options(conn, detail);
    put_volume(conn, detail);
    put_pace(conn, random, detail);
    memcpy(detail->congestion, "cubic", sizeof("cubic"));
    detail->has_tos = 1;
}
