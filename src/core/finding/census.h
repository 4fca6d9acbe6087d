/* census: the rows of one frame gathered once for all detectors: by listener, by process, by target
 * (where we connect to) and by peer with problems. Also the history of single rows with problems.
 * Internal to core/finding. */
#ifndef TCPLENS_CORE_FINDING_CENSUS_H
#define TCPLENS_CORE_FINDING_CENSUS_H

#include "base/hash_index.h"
#include "core/frame.h"
#include "core/info.h"

#include <stdbool.h>
#include <stdint.h>

#define PORT_COUNT  65536u
#define TARGETS_MAX 16384u
#define WATCHED_MAX 8192u
#define OPENERS_MAX 512u

/* All LISTEN rows of one address and port. */
struct listener_tally {
    uint32_t row; /* index in frame.conns of the fullest */
    uint32_t sockets;
    uint32_t queue, backlog;                        /* of the fullest */
    uint32_t syn_received, syn_repeated, syn_stuck; /* rows; with 1, 3 or more repetitions */
    uint32_t syn_peers;  /* changes of the peer from one stuck row to the next, at most distinct */
    uint32_t unaccepted; /* rows that wait for accept() */
    uint32_t unaccepted_close_wait;
    int64_t unaccepted_ns; /* the longest of these waits, at least */
    uint32_t next;         /* listener of the same port, index + 1 */
    uint16_t port;
    struct addr last_peer;
};

/* CLOSE-WAIT by what is unread: only the FIN was read; the FIN is unread; data is unread too. */
enum unread { UNREAD_NOTHING, UNREAD_FIN, UNREAD_DATA, UNREAD_COUNT };

struct process_tally { /* by index in frame.procs */
    uint32_t sockets, established;
    uint32_t close_wait, close_wait_kept, close_wait_old, /* kept: for some seconds, at least */
        unread[UNREAD_COUNT];
    uint32_t fin_wait_2, fin_wait_2_old; /* without a time limit */
    uint32_t bound;                      /* neither listening nor connected */
    uint32_t syn_sent;
    uint32_t idle, idle_public; /* long silent, no keepalive */
    uint32_t slow_keepalive;    /* the first probe comes later than that */
    uint32_t unread_rows;       /* the receive window is shut */
    uint32_t far, far_us;       /* private peers a long round trip away; the longest */
    int64_t close_wait_ns, fin_wait_2_ns, unread_ns, idle_ns; /* the longest, at least */
    uint64_t buffer_bytes, in_rate, out_rate;
    uint64_t buffer_most; /* buffer_bytes of one row: the most, and which */
    uint32_t buffer_row;
    uint32_t row; /* one of its rows with a problem */
};

/* Rows to one remote address and port; for inbound rows port 0: the peer. */
struct target_tally {
    struct addr remote, local; /* local: 0 for a peer */
    uint16_t port;
    uint8_t family;
    bool inbound;
    bool several_locals; /* there are others of the same remote place */
    uint32_t netns;
    uint32_t rows, in_range; /* in_range: local port out of ip_local_port_range */
    uint32_t in_range_time_wait;
    uint32_t time_wait, established;
    uint32_t syn_sent, syn_retried;
    int64_t syn_ns;                           /* the oldest SYN-SENT, at least */
    uint32_t silent, silent_most, silent_row; /* timeouts in a row: rows, most, a row of them */
    uint32_t silent_5;                        /* rows with five or more */
    uint32_t silent_ms;                       /* how long silent_row has been resending */
    uint32_t stuck, stuck_ms;                 /* silent with full segments; only small ones ever
                                               * arrived; how long the longest */
    uint32_t stuck_row;
    uint32_t shut, shut_row;       /* the peer's window is 0 */
    uint32_t shut_unanswered;      /* ... and probes are not answered */
    int64_t shut_ns;               /* the longest, at least */
    uint32_t keepalive_unanswered; /* rows; */
    uint8_t keepalive_most;
    uint32_t proc; /* index in frame.procs of an owner, CONN_NO_INDEX = none known */
    bool procs_differ;
};

/* Recent history of a row that has problems or data to send: decayed sums over WATCH_TAU_S. */
struct watched_row {
    uint64_t serial;
    uint32_t row;  /* in the frame of the last update */
    bool measured; /* from at least two frames */
    uint64_t bytes_sent, bytes_retrans, busy_us, rwnd_us, sndbuf_us; /* as last read */
    uint32_t retrans, dsack;
    bool nagled; /* a partial segment waits for the ACK of data in flight */
    double sent, resent, resent_segments, dsacks, busy, rwnd, sndbuf, seconds;
    struct {
        double sent, resent, resent_segments, dsacks, busy, rwnd, sndbuf;
    } latest;        /* of these, since the last frame */
    int64_t info_ns; /* mono time of the counters out of tcp_info, 0 = unknown */
    /* as `seconds`, but between readings of tcp_info: for busy, rwnd, sndbuf, dsacks */
    double info_s;
    double full;        /* seconds with the congestion window full, as sampled */
    int64_t bloated_ns; /* mono time since which its round trip is bloated, 0 = it is not */
};
#define SILENT_TIMEOUTS 3u /* in a row: the peer counts as silent */
#define WATCH_TAU_S     20.0
#define WATCH_RATE      1000000u /* bytes sent a second from which a row without problems is watched */
#define NEAR_US         10000u /* a longer round trip does not occur in a private network at one site */

/* What a listener dropped lately while its accept queue had room: its counter says what it ever did. */
struct dropping_row {
    uint64_t serial;
    uint32_t row;   /* in the frame of the last update */
    uint32_t drops; /* as last read */
    bool full;      /* its accept queue */
    double lately;  /* decayed sum over DROPS_TAU_S */
};
struct dropping_rows {
    struct dropping_row *rows;
    uint32_t count, capacity;
};
#define DROPS_TAU_S 60.0

struct census {
    const struct frame *frame;
    struct listener_tally *listeners;
    uint32_t listener_count, listener_capacity;
    uint32_t *listen_rows; /* LISTEN rows: indexes in frame.conns */
    uint32_t listen_row_count, listen_row_capacity;
    uint16_t port_listener[PORT_COUNT]; /* first listener of a port, index + 1 */
    struct process_tally *processes;
    uint32_t process_capacity;
    struct target_tally *targets;
    uint32_t target_count, target_capacity;
    struct hash_index target_index;
    struct watched_row *watched, *watched_before;
    uint32_t watched_count, watched_capacity, before_count, before_capacity;
    struct hash_index watched_index;                /* of watched_before, by serial */
    struct dropping_rows dropping, dropping_before; /* LISTEN rows */
    int64_t mono_ns;
    double latest_s; /* since the last frame */
    /* there was no frame for a long time: what lasted until then may have ended meanwhile */
    bool gap;
    uint16_t port_first, port_last;       /* ip_local_port_range, 0 = unknown */
    uint32_t orphans, orphans_unanswered; /* closing, no owner; ... and retransmitting */
    uint32_t suspects, unread; /* rows in conn_is_suspect(); ... without their tcp_info */
    uint64_t out_rate;         /* of all rows, bytes a second */
};

void census_init(struct census *census);
void census_done(struct census *census);
/* Counts the live rows of a frame. 0 or -ENOMEM. */
int census_take(struct census *census, const struct frame *frame);

static inline bool census_same_place(const struct tuple *a, const struct tuple *b)
{
    return a->local_port == b->local_port && a->family == b->family &&
           addr_compare(&a->local, &b->local) == 0;
}
/* The listener of that local address and port, else of any address of that port; `exactly`: of the
 * address only. NULL: there is none. */
const struct listener_tally *census_listener(const struct census *census, const struct tuple *tuple,
                                             bool exactly);
/* True if the frame proves that this process holds no sockets. */
bool census_lacks_process(const struct census *census, int32_t pid, uint64_t start_ticks);
/* ... that nothing listens there, or a process other than pid (0: any). */
bool census_lacks_listener(const struct census *census, const struct tuple *tuple, uint32_t netns,
                           int32_t pid);

/* idiag_timer */
enum timer { TIMER_NONE, TIMER_RETRANSMIT, TIMER_KEEPALIVE, TIMER_TIME_WAIT, TIMER_PERSIST };

static inline void raise_ns(int64_t *most, int64_t value)
{
    if (value > *most)
        *most = value;
}

/* Parts of census_take: a row that a process holds (census_process.c). */
void census_take_of_process(struct census *census, const struct conn *conn, uint32_t row);
/* Parts of census_take that use earlier frames: at the beginning, and for each suspect row and each
 * that sends a lot; rows that resend or have data to send are watched (census_watch.c). 0 or
 * -ENOMEM. */
int census_watch_begin(struct census *census);
int census_watch(struct census *census, const struct conn *conn, uint32_t row);
/* What listeners dropped since; after census_watch_begin. 0 or -ENOMEM. */
int census_watch_listeners(struct census *census);
/* True for watched rows, which others must not count again. */
bool census_is_watched(const struct conn *conn);
/* A field of a row's tcp_info, as read by info.h; `unknown` where the frame does not have it. */
uint64_t row_info(const struct frame *frame, const struct conn *conn, enum info_index field,
                  uint64_t unknown);

#endif
