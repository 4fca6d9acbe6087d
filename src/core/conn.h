/* One row: a TCP connection, listener or bound socket as a frame holds it. Pure. A row is plain
 * data of fixed size, copied by assignment; text and lists are indexes into its frame. Facts that
 * the kernel did not report have no bit in `known`, and their fields are 0. */
#ifndef TCPLENS_CORE_CONN_H
#define TCPLENS_CORE_CONN_H

#include "core/addr.h"
#include "core/offload.h"
#include "core/state.h"
#include "core/words.h"

#include <stdbool.h>
#include <stdint.h>

#define CONN_NO_INDEX  UINT32_MAX
#define CONN_LATELY_MS 60000u

/* What is known of a row (conn.known). */
enum conn_known {
    KNOWN_UID =
        1u << 0, /* never set for TIME-WAIT, SYN-RECEIVED, not yet accepted: uid 0 means nothing */
    KNOWN_INODE = 1u << 1,
    KNOWN_CGROUP = 1u << 2,
    KNOWN_QUEUES = 1u << 3, /* receive_queue, send_queue (LISTEN: accept queue, backlog) */
    KNOWN_TIMER = 1u << 4,
    KNOWN_INFO = 1u << 5, /* tcp_info was reported: rtt_us, cwnd, retrans and the rest below */
    KNOWN_BYTES_IN = 1u << 6,
    KNOWN_BYTES_OUT = 1u << 7,
    KNOWN_RATES = 1u << 8, /* two samples were seen */
    KNOWN_DROPS = 1u << 9, /* SK_MEMINFO_DROPS */
    KNOWN_CREATED_MIN = 1u << 10,
    KNOWN_CREATED_MAX = 1u << 11,
    KNOWN_STATE_SINCE = 1u << 12, /* the moment when it entered its state was seen */
    KNOWN_RTT = 1u << 13,         /* rtt_us is a measurement, not the initial 0 */
    KNOWN_ULP = 1u << 14,
    KNOWN_LAST_DATA =
        1u << 15,            /* last_data_sent_ms, last_data_received_ms (ESTABLISHED and later) */
    KNOWN_OPENED = 1u << 16, /* we saw it open: created_min == created_max may hold */
    KNOWN_AUTOBOUND =
        1u << 17, /* the kernel chose its port; requested only for a filter with autobound */
    /* it is a subflow of an MPTCP connection; not if its peer speaks only TCP */
    KNOWN_SUBFLOW = 1u << 19,
    KNOWN_READ =
        1u << 21, /* in a frame that read only some rows (frame.all_ns): it is one of them */
    /* we saw its accept queue fill: full_since_ns is exact, not an upper bound */
    KNOWN_FULL_BEGAN = 1u << 20,
    /* LISTEN, with KNOWN_QUEUES: the source does not report the backlog (/proc/net/tcp); send_queue
     * is then 0 and meaningless */
    KNOWN_NO_BACKLOG = 1u << 18
};

/* What is known of the owner. */
enum owner_word {
    OWNER_UNKNOWN = 0, /* not looked up yet */
    OWNER_PROCESS,     /* conn.owner is a process that holds it now */
    OWNER_HIDDEN,      /* no permission to see it */
    OWNER_NONE,        /* no process holds it: orphaned, kernel */
    OWNER_LAST,        /* conn.owner held it before, holds nothing now */
    OWNER_LISTENER,    /* not yet accepted: conn.owner is the owner of its listener */
    /* no process in /proc holds it; processes of other pid namespaces are not shown there */
    OWNER_UNSEEN
};
extern const struct words OWNER_WORDS;
const char *owner_word_name(uint8_t word); /* "hidden" ...; NULL for OWNER_PROCESS */

enum unit_from {
    UNIT_FROM_NOTHING = 0,
    UNIT_FROM_PROCESS,
    UNIT_FROM_SOCKET,
    UNIT_FROM_ACTIVATION /* a listener held by systemd: the unit that it activates */
};
extern const struct words UNIT_FROM_WORDS;

/* What just happened to a row; shown while now - changed_ns < highlight. */
enum conn_mark { MARK_NONE = 0, MARK_OPENED, MARK_CHANGED, MARK_CLOSED };
extern const struct words MARK_WORDS;

extern const struct words TIMER_WORDS;       /* of conn.timer, as ss has them */
extern const struct words TIMER_LABELS;      /* the same for the connection page */
extern const struct words SHUTDOWN_WORDS;    /* of conn_detail.shutdown */
extern const struct words TLS_VERSION_WORDS; /* of conn_detail.tls_version */
extern const struct words TLS_CIPHER_WORDS;  /* of conn_detail.tls_cipher */

struct conn {
    /* identity, and what diff sets */
    uint64_t cookie; /* sk_cookie; 0 = unknown (then tuple and inode identify it) */
    struct tuple tuple;
    uint32_t netns;       /* inode number of the network namespace, 0 = unknown */
    uint8_t state;        /* enum tcp_state */
    uint8_t kernel_state; /* by the kernel's number (7 and 13 are both CLOSED) */
    uint8_t mark;         /* enum conn_mark */
    uint8_t from;         /* enum tcp_state before the last change */

    /* from a dump */
    uint32_t known; /* enum conn_known */
    uint32_t inode;
    uint32_t uid;
    uint32_t receive_queue; /* bytes; LISTEN: connections waiting to be accepted */
    uint32_t send_queue;    /* bytes; LISTEN: backlog */
    /* SK_MEMINFO_DROPS: segments; LISTEN: stray ones too, not refused clients */
    uint32_t drops;
    uint32_t timer_ms;  /* idiag_expires */
    uint64_t cgroup_id; /* INET_DIAG_CGROUP_ID */
    uint8_t timer;      /* idiag_timer: 0 none, 1 retransmit, 2 keepalive, 3 time-wait, 4 probe */
    uint8_t timer_retrans;              /* idiag_retrans */
    uint8_t ulp;                        /* enum ulp */
    uint8_t offload;                    /* enum offload_state */
    uint8_t tls_tx, tls_rx;             /* enum tls_conf */
    uint8_t owner_word;                 /* enum owner_word */
    uint8_t unit_from;                  /* enum unit_from */
    uint64_t in_bytes;                  /* bytes_received less the FIN */
    uint64_t bytes_sent, bytes_retrans; /* payload out = bytes_sent - bytes_retrans */
    uint32_t rtt_us, cwnd, retrans;     /* retrans: tcpi_total_retrans */
    uint32_t last_data_sent_ms, last_data_received_ms;

    /* set by track, from frame to frame */
    /* see conn_in_rate(): rates are 40-bit, bytes a second, smoothed */
    uint32_t in_bytes_per_s_low;
    uint32_t out_bytes_per_s_low;
    uint8_t in_bytes_per_s_high, out_bytes_per_s_high;
    uint16_t owner_count;           /* processes in the owners list */
    uint64_t sent_10s, retrans_10s; /* bytes of the last 10 s, as bytes_sent and bytes_retrans; 0 =
                                     * none, or unknown */
    /* number in the order of first appearance, > 0, never reused in a session: the identity for
     * cursors, tags and ties in sorting */
    uint64_t serial;
    /* Times are by the wall clock of its frame, even if that clock was set since
     * (frame_time_of). */
    int64_t created_min_ns, created_max_ns; /* bounds of the creation */
    int64_t changed_ns;     /* of the last open, transition or close; 0 = none seen */
    int64_t state_since_ns; /* when it entered its state */
    int64_t full_since_ns;  /* LISTEN: when its accept queue filled; 0 = it is not full */

    /* indexes into its frame */
    uint32_t owner;  /* index in frame.procs of the holder that started first (tie: lowest pid) */
    uint32_t owners; /* first index in frame.owner_refs of all holders */
    uint32_t group;  /* index in frame.groups: unit, container, cgroup */
    uint32_t detail; /* index in frame.details: all of tcp_info */
};

/* Places in conn_detail.meminfo: SK_MEMINFO_* of include/uapi/linux/sock_diag.h. */
enum conn_meminfo {
    MEMINFO_RMEM_ALLOC,
    MEMINFO_RCVBUF,
    MEMINFO_WMEM_ALLOC,
    MEMINFO_SNDBUF,
    MEMINFO_FWD_ALLOC,
    MEMINFO_WMEM_QUEUED,
    MEMINFO_OPTMEM,
    MEMINFO_BACKLOG,
    MEMINFO_DROPS,
    MEMINFO_COUNT
};

/* Everything else that sock_diag reports of a row; collected only where it is needed (NEED_DETAIL,
 * NEED_SUSPECTS or page). */
#define CONN_INFO_MAX 280 /* the end of the last field of core/info_fields.h */
struct conn_detail {
    uint16_t info_length;  /* bytes of tcp_info the kernel sent, at most CONN_INFO_MAX */
    uint8_t meminfo_count; /* SK_MEMINFO_* values sent */
    uint8_t has_tos, tos, has_tclass, tclass, has_mark, shutdown, has_shutdown;
    uint8_t tls_version_known;
    uint16_t tls_version, tls_cipher; /* TLS_1_2_VERSION ..., TLS_CIPHER_*; 0 = not reported */
    uint32_t mark;
    uint32_t class_id;
    uint32_t mptcp_token; /* of the MPTCP connection of which it is a subflow; 0 = of none */
    uint32_t meminfo[MEMINFO_COUNT];
    uint8_t info[CONN_INFO_MAX]; /* struct tcp_info as sent */
    char congestion[16];         /* safe text, "" = not reported */
    char ulp_text[16];           /* name as reported, safe text */
};

/* The identity of a row, for look-ups across frames. */
struct conn_key {
    uint64_t cookie;
    uint32_t netns;
};

static inline uint64_t conn_in_rate(const struct conn *conn)
{
    return (uint64_t)conn->in_bytes_per_s_high << 32 | conn->in_bytes_per_s_low;
}

static inline uint64_t conn_out_rate(const struct conn *conn)
{
    return (uint64_t)conn->out_bytes_per_s_high << 32 | conn->out_bytes_per_s_low;
}

static inline uint64_t conn_out_bytes(const struct conn *conn)
{
    return conn->bytes_sent >= conn->bytes_retrans ? conn->bytes_sent - conn->bytes_retrans : 0;
}

/* Its tcp_info may matter to a detector: its queues are not empty, it retransmitted lately, or one
 * side has closed. */
static inline bool conn_is_suspect(const struct conn *conn)
{
    const uint32_t carrying = STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_FIN_WAIT_1) |
                              STATE_BIT(STATE_CLOSING) | STATE_BIT(STATE_LAST_ACK);
    const uint32_t half_closed = STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_FIN_WAIT_2);

    if (half_closed & STATE_BIT(conn->state))
        return true;
    return (carrying & STATE_BIT(conn->state)) &&
           (conn->receive_queue > 0 || conn->send_queue > 0 ||
            (conn->retrans > 0 && conn->last_data_sent_ms < CONN_LATELY_MS));
}

/* In thousandths of a percent, 0 only if part is 0; false where `of` is 0. */
bool conn_share(uint64_t part, uint64_t of, int64_t *share);
/* A share of retransmitted bytes that is a problem. */
bool conn_share_is_high(uint64_t part, uint64_t of);
void conn_move_times(struct conn *conn, int64_t by_ns);            /* all known times */
void conn_set_rates(struct conn *conn, uint64_t in, uint64_t out); /* capped at 2^40-1 */
/* the peer's window, while there is data to send */
bool conn_window_is_shut(const struct conn *conn);
/* The last data or a SYN was not answered in time, or data waits for the peer's window. */
bool conn_is_stalled(const struct conn *conn);
bool conn_is_ghost(const struct conn *conn); /* state is DELETE-TCB */
/* Like conn_is_suspect(), for delays: the round trip time is far above the minimum, and it sent
 * lately. */
bool conn_is_delayed(const struct conn *conn, uint32_t min_rtt_us);
/* A peer with a private address, but a longer round trip than this, is worth a look by a
 * detector. */
#define CONN_NEAR_US 10000u
bool conn_is_far(const struct conn *conn, uint32_t min_rtt_us);
/* Segments arrived out of order, some of them lately: there may be losses on the way from the
 * peer. */
bool conn_is_disordered(const struct conn *conn, uint32_t out_of_order);
/* It sent a lot, some of it lately: what limits it may be of interest. */
bool conn_is_heavy(const struct conn *conn);
/* It has not been accepted by a program yet, or may not have been, and has no inode. */
bool conn_is_unaccepted(const struct conn *conn);
/* No process had it open when it was read: minisocks, connections not yet accepted, orphans. */
static inline bool conn_is_unheld(const struct conn *conn)
{
    return !(conn->known & KNOWN_INODE);
}

/* What closing it means for its MPTCP connection: "one subflow; MPTCP connection 7d96ac56 stays";
 * "" = it is not a subflow. detail may be NULL. */
#define CONN_SUBFLOW_MAX 56
void conn_subflow_text(const struct conn *conn, const struct conn_detail *detail,
                       char out[CONN_SUBFLOW_MAX]);

/* Same connection by (netns, cookie), or, where a cookie is missing, by tuple and netns. */
bool conn_same(const struct conn *a, const struct conn *b);

#endif
