/* One row: its identity, its rates, its words. Independent of frames. */
#include "core/conn.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#define SHARE_WHOLE 100000 /* thousandths of a percent */
#define SHARE_HIGH  2000
#define RATE_MAX    ((UINT64_C(1) << 40) - 1)

static const char *const OWNERS[] = {
    [OWNER_UNKNOWN] = "unknown", [OWNER_PROCESS] = NULL, [OWNER_HIDDEN] = "hidden",
    [OWNER_NONE] = "none",       [OWNER_LAST] = "last",  [OWNER_LISTENER] = "listener",
    [OWNER_UNSEEN] = "unseen",
};
const struct words OWNER_WORDS = WORDS(OWNERS);

static const char *const UNITS_FROM[] = {NULL, "process", "socket", "activation"};
const struct words UNIT_FROM_WORDS = WORDS(UNITS_FROM);

static const char *const MARKS[] = {NULL, "opened", "changed", "closed"};
const struct words MARK_WORDS = WORDS(MARKS);

/* idiag_timer, by inet_diag_fill_timer of net/ipv4/inet_diag.c */
static const char *const TIMERS[] = {NULL, "on", "keepalive", "timewait", "persist"};
const struct words TIMER_WORDS = WORDS(TIMERS);
static const char *const TIMERS_LONG[] = {NULL, "retransmit", "keepalive", "time-wait", "probe"};
const struct words TIMER_LABELS = WORDS(TIMERS_LONG);

/* RCV_SHUTDOWN 1, SEND_SHUTDOWN 2 of include/net/sock.h */
static const char *const SHUTDOWNS[] = {"none", "in", "out", "both"};
const struct words SHUTDOWN_WORDS = WORDS(SHUTDOWNS);

/* TLS_1_2_VERSION 0x0303, TLS_1_3_VERSION 0x0304 of include/uapi/linux/tls.h */
static const char *const TLS_VERSIONS[] = {"1.2", "1.3"};
const struct words TLS_VERSION_WORDS = {.list = TLS_VERSIONS, .count = 2, .first = 0x0303};

/* TLS_CIPHER_* of include/uapi/linux/tls.h, from TLS_CIPHER_AES_GCM_128 = 51 on */
static const char *const TLS_CIPHERS[] = {"aes-gcm-128",       "aes-gcm-256", "aes-ccm-128",
                                          "chacha20-poly1305", "sm4-gcm",     "sm4-ccm",
                                          "aria-gcm-128",      "aria-gcm-256"};
const struct words TLS_CIPHER_WORDS = {.list = TLS_CIPHERS, .count = 8, .first = 51};

const char *owner_word_name(uint8_t word)
{
    return words_name(&OWNER_WORDS, word);
}

bool conn_share(uint64_t part, uint64_t of, int64_t *share)
{
    if (!of)
        return false;
    const double exact = part < of ? (double)part * SHARE_WHOLE / (double)of : SHARE_WHOLE;
    const int64_t rounded = (int64_t)(exact + 0.5);
    *share = part && !rounded ? 1 : rounded;
    return true;
}

bool conn_share_is_high(uint64_t part, uint64_t of)
{
    int64_t share;
    return conn_share(part, of, &share) && share > SHARE_HIGH;
}

static uint64_t cap_rate(uint64_t rate)
{
    return rate < RATE_MAX ? rate : RATE_MAX;
}

void conn_set_rates(struct conn *conn, uint64_t in, uint64_t out)
{
    uint64_t in_rate = cap_rate(in);
    uint64_t out_rate = cap_rate(out);

    conn->in_bytes_per_s_low = (uint32_t)in_rate;
    conn->in_bytes_per_s_high = (uint8_t)(in_rate >> 32);
    conn->out_bytes_per_s_low = (uint32_t)out_rate;
    conn->out_bytes_per_s_high = (uint8_t)(out_rate >> 32);
}

#define TIMER_RETRANSMIT 1u /* idiag_timer */
#define TIMER_PROBE      4u

bool conn_window_is_shut(const struct conn *conn)
{
    return (conn->known & KNOWN_TIMER) && conn->timer == TIMER_PROBE;
}

/* A loss probe is a retransmission, too. A peer that does not read may still answer each window
 * probe. */
bool conn_is_stalled(const struct conn *conn)
{
    return conn_window_is_shut(conn) ||
           ((conn->known & KNOWN_TIMER) && conn->timer == TIMER_RETRANSMIT &&
            conn->timer_retrans > 0);
}

bool conn_is_ghost(const struct conn *conn)
{
    return conn->state == STATE_DELETE_TCB;
}

#define SENT_MS       10000u /* after that its rate has faded */
#define HEAVY_BYTES   (UINT64_C(16) << 20)
#define HEAVY_MS      1000u
#define DELAYED_US    1000u
#define DELAYED_TIMES 10u

bool conn_is_delayed(const struct conn *conn, uint32_t min_rtt_us)
{
    return (conn->known & KNOWN_LAST_DATA) && conn->last_data_sent_ms < SENT_MS && min_rtt_us > 0 &&
           conn->rtt_us >= DELAYED_US && conn->rtt_us / DELAYED_TIMES >= min_rtt_us;
}

bool conn_is_far(const struct conn *conn, uint32_t min_rtt_us)
{
    return min_rtt_us > CONN_NEAR_US && min_rtt_us <= conn->rtt_us &&
           conn->state == STATE_ESTABLISHED &&
           addr_is_private(&conn->tuple.remote, conn->tuple.family);
}

bool conn_is_disordered(const struct conn *conn, uint32_t out_of_order)
{
    return out_of_order > 0 && (conn->known & KNOWN_LAST_DATA) &&
           conn->last_data_received_ms < CONN_LATELY_MS && conn->state == STATE_ESTABLISHED;
}

bool conn_is_heavy(const struct conn *conn)
{
    return conn->bytes_sent >= HEAVY_BYTES && conn->last_data_sent_ms < HEAVY_MS &&
           conn->state == STATE_ESTABLISHED;
}

bool conn_is_unaccepted(const struct conn *conn)
{
    static const uint32_t states =
        STATE_BIT(STATE_SYN_RECEIVED) | STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_CLOSE_WAIT);
    return (states & STATE_BIT(conn->state)) && !((conn->known & KNOWN_INODE) && conn->inode);
}

void conn_move_times(struct conn *conn, int64_t by_ns)
{
    if (by_ns == 0)
        return;
    if (conn->known & KNOWN_CREATED_MIN)
        conn->created_min_ns = clock_add(conn->created_min_ns, by_ns);
    if (conn->known & KNOWN_CREATED_MAX)
        conn->created_max_ns = clock_add(conn->created_max_ns, by_ns);
    if (conn->known & KNOWN_STATE_SINCE)
        conn->state_since_ns = clock_add(conn->state_since_ns, by_ns);
    if (conn->changed_ns)
        conn->changed_ns = clock_add(conn->changed_ns, by_ns);
    if (conn->full_since_ns)
        conn->full_since_ns = clock_add(conn->full_since_ns, by_ns);
}

void conn_subflow_text(const struct conn *conn, const struct conn_detail *detail,
                       char out[CONN_SUBFLOW_MAX])
{
    if (!(conn->known & KNOWN_SUBFLOW))
        out[0] = '\0';
    else if (detail && detail->mptcp_token)
        snprintf(out, CONN_SUBFLOW_MAX, "one subflow; MPTCP connection %" PRIx32 " stays",
                 detail->mptcp_token);
    else
        snprintf(out, CONN_SUBFLOW_MAX, "one subflow; its MPTCP connection stays");
}

bool conn_same(const struct conn *a, const struct conn *b)
{
    if (a->netns != b->netns)
        return false;
    if (a->cookie && b->cookie)
        return a->cookie == b->cookie;
    /* SO_REUSEPORT listeners share a tuple: only their inodes tell them apart. A row that lost its
     * inode (orphaned, TIME-WAIT) is still the same connection. */
    if ((a->known & b->known & KNOWN_INODE) && a->inode != b->inode)
        return false;
    return tuple_equal(&a->tuple, &b->tuple);
}
