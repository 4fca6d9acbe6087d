/* Groupings: the rows of a frame grouped by process, listener, peer, network namespace and so on. A
 * grouping_kind describes how; a new one needs only a key. Everything is counted from the frame, so
 * it is the same live and in a replay. Pure. */
#ifndef TCPLENS_CORE_GROUPING_GROUPING_H
#define TCPLENS_CORE_GROUPING_GROUPING_H

#include "base/hash_index.h"
#include "core/column/column.h"
#include "core/view.h"

#include <stdbool.h>
#include <stdint.h>

#define GROUPING_WINDOW_NS                                                                         \
    3000000000LL /* NEW/s and ACCEPTED/s count over this (ghosts live as long) */
#define GROUPING_STAY_NS  10000000000LL /* longer in CLOSE-WAIT counts as staying there */
#define GROUPING_TREND_NS 60000000000LL
#define GROUPING_PORTS    3
#define GROUPING_NAMES    3

struct grouping_row {
    uint64_t key;       /* identity from frame to frame */
    uint32_t proc;      /* index in frame.procs, CONN_NO_INDEX = none is known */
    uint32_t conn;      /* first row of the group, for grouping_conn() */
    uint8_t owner_word; /* of that row, if it has no process */
    bool inbound;       /* peers: they connect to us */
    bool changed;       /* something was opened, changed or closed in it within the window */
    uint32_t rows;      /* live connections, listeners included */
    uint32_t before;    /* of these, those that no process holds any more */
    uint32_t established, listening;
    uint32_t close_wait, time_wait;
    bool close_wait_stays;       /* one has been in CLOSE-WAIT for longer than GROUPING_STAY_NS */
    uint32_t close_wait_come;    /* how many entered it within GROUPING_TREND_NS */
    bool close_wait_older;       /* one was in it before the first frame */
    int64_t close_wait_since_ns; /* when the first of those seen entering it did; 0 = none */
    uint32_t opened;             /* within the window */
    uint32_t accepted;           /* of these, those that accept() has returned */
    uint64_t in_bytes_per_s, out_bytes_per_s;
    uint64_t retrans;
    uint64_t sent_10s, retrans_10s;
    uint32_t worst_rtt_us; /* 0 = none known */
    uint32_t stalled; /* what was sent last or a SYN was not answered in time, or what is to be sent
                        * waits for the peer's window */
    int64_t oldest_ns;     /* earliest latest-possible creation, wall clock; 0 = none known */
    int64_t oldest_min_ns; /* earliest possible creation, if no row lacks it */
    bool oldest_open;      /* one lacks it: any may have begun at any time before oldest_ns */
    /* listeners */
    uint32_t sockets, queue, backlog, drops; /* sums of an SO_REUSEPORT group */
    bool has_backlog, has_drops;
    bool full;             /* the queue */
    bool full_seen;        /* we saw it fill; else full_since_ns is an upper bound */
    int64_t full_since_ns; /* 0 = not full, or since when is unknown */
    /* peers and listeners: distinct, the first of them */
    uint16_t ports[GROUPING_PORTS];
    uint8_t port_count; /* may exceed GROUPING_PORTS: there are more */
    uint32_t procs[GROUPING_NAMES];
    uint32_t proc_count; /* exact for a listener; for a peer it only shows that there are more */
};

struct grouping_holder { /* of a group that has more processes than are kept by name */
    uint32_t row, proc;
};

struct grouping {
    struct grouping_row *rows;
    uint32_t count, capacity;
    struct hash_index places; /* of the rows, by key */
    uint32_t *port_first;     /* listeners: by local port, 65536 entries of row + 1 */
    uint32_t *port_next;      /* per row */
    uint32_t port_next_capacity;
    struct grouping_holder *holders;
    uint32_t holder_count, holder_capacity;
};

/* How rows are gathered. All but `key` may be NULL. */
struct grouping_kind {
    /* Identity of the group, from grouping_key(); 0: the row is in none. */
    uint64_t (*key)(const struct frame *frame, const struct conn *conn);
    uint32_t states; /* bit n: rows in state n are listed; 0: all. Checked before the filter */
    int (*begin)(struct grouping *grouping, const struct frame *frame); /* 0 or -ENOMEM */
    /* Counts row `index` into its groups. NULL: into that of its key. 0 or -ENOMEM. */
    int (*take)(struct grouping *grouping, const struct column_context *context, uint32_t index);
    int (*end)(struct grouping *grouping, const struct column_context *context); /* 0 or -ENOMEM */
    /* The group of a flow, where rows do not have it by key. NULL: that of its key. */
    struct grouping_row *(*find)(const struct grouping *grouping, const struct frame *frame,
                                 const struct conn *flow);
    /* A flow of a group that has no row. */
    void (*take_flow)(struct grouping_row *row, const struct frame *frame, const struct conn *flow);
    /* Does the row belong to the group? NULL: its key says so. */
    bool (*accepts)(uint64_t key, const struct frame *frame, const struct conn *conn);
};

extern const struct grouping_kind GROUPING_PROCESSES, GROUPING_LISTENERS, GROUPING_PEERS,
    GROUPING_PEER_PORTS, GROUPING_NAMESPACES, GROUPING_HOSTS;

void grouping_init(struct grouping *grouping);
void grouping_done(struct grouping *grouping);
/* Groups the rows that `accept` takes (NULL = all). 0 or -ENOMEM (then the grouping is empty).
 * Ghosts count for `opened` and `changed` only, flows for rates only. Order: first row of each
 * group as it stands in the frame, then groups of flows alone. */
int grouping_update(struct grouping *grouping, const struct grouping_kind *kind,
                    const struct column_context *context, view_accept accept,
                    const void *accept_data);
/* Counts a row into a group of its own. */
void grouping_count_row(struct grouping_row *row, const struct column_context *context,
                        const struct conn *conn);
/* The same for a flow. */
void grouping_count_flow(struct grouping_row *row, const struct conn *flow);
/* CLOSE-WAIT piles up: some have stayed in it, and more came within the last minute, as core/trend
 * has it. */
bool grouping_close_wait_grows(const struct grouping_row *row);
/* The first row of the group, or the flow in place of one; a blank row where it has neither. */
const struct conn *grouping_conn(const struct grouping_row *row, const struct frame *frame);
/* Queue of a listener in permille of its backlog, 1000 at most; 0 if unknown. */
uint32_t grouping_queue_permille(const struct grouping_row *row);
uint64_t grouping_key(uint64_t value);                   /* never 0; neighbours end far apart */
uint64_t grouping_process_key(const struct proc *proc);  /* key of its row in GROUPING_PROCESSES */
uint64_t grouping_listener_key(const struct conn *conn); /* the same for all of SO_REUSEPORT */
/* view_accept: data is a struct grouping_member. Rows that belong to one group. */
struct grouping_member {
    const struct grouping_kind *kind;
    uint64_t key;
};
bool grouping_accepts(const void *member, const struct column_context *context,
                      const struct conn *conn);

#endif
