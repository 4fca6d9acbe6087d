/* A frame: one immutable, reference-counted picture of all connections, and what is missing from
 * it. A source fills it, diff and track complete it, then it is published and is not written to
 * again. Everything in it lives in its own arena and pooled arrays: no pointer into a frame
 * outlives the reference. The pool and the reference count are the only thread-safe parts. Pure. */
#ifndef TCPLENS_CORE_FRAME_H
#define TCPLENS_CORE_FRAME_H

#include "base/arena.h"
#include "core/conn.h"
#include "core/host.h"
#include "core/host_facts.h"
#include "core/netns.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A process that holds (or held) a socket of this frame. Text is safe and never NULL: "" = not
 * known. */
struct proc {
    int32_t pid, parent;      /* parent 0 = unknown */
    uint64_t start_ticks;     /* field 22 of /proc/PID/stat; with pid: the identity */
    int64_t start_ns;         /* wall clock, 0 = unknown */
    uint32_t uid;             /* UINT32_MAX = unknown */
    uint32_t group;           /* index in frame.groups or CONN_NO_INDEX */
    uint32_t host;            /* frame_host.number; 0 = the only one */
    uint32_t cpu_permille;    /* of one core over the last interval; UINT32_MAX = unknown */
    uint32_t threads, files;  /* 0 = unknown */
    uint64_t memory_bytes;    /* resident; 0 = unknown */
    uint32_t sockets;         /* TCP sockets of this frame it holds */
    bool kernel_thread, gone; /* gone: exited, kept because a row names it last */
    const char *comm, *exe, *command_line;
    const char *title;  /* its command line without arguments: what it calls itself */
    const char *serves; /* it passes on a published port to this container */
};

/* A control group: of processes (from /proc/PID/cgroup) or of sockets (INET_DIAG_CGROUP_ID). */
struct group {
    uint64_t id;           /* cgroup id, 0 = unknown */
    const char *path;      /* "/system.slice/nginx.service" */
    const char *unit;      /* "nginx.service", "" = none */
    const char *container; /* "docker:4f2a91c03b7e" or a name, "" = none */
};

#define LATELY_SLOTS 5u

/* Bytes sent, and retransmitted of them, over the last 10 s, in slots (core/lately.h): the newest
 * first. */
struct lately {
    uint64_t sent[LATELY_SLOTS], retrans[LATELY_SLOTS];
};

/* What connections carried that are in no row any more, gathered by whose they were, the port of
 * ours or of theirs, and the peer. `conn` stands for them where a row is expected: state
 * DELETE-TCB, `serial` a number of its own among flows, and rates that fade as those of a row do,
 * so that rates summed over rows and flows and over time are what was carried. */
struct flow {
    struct conn conn;
    uint64_t in_bytes, out_bytes; /* since the frame before, beyond what rows showed */
    struct lately lately;         /* of a frame that was tracked */
};

void flow_clear(struct flow *flow); /* of nobody, with rates of 0 */

struct user {
    uint32_t host, uid; /* every host has users of its own */
    const char *name;
};

struct interface {
    uint32_t netns, index; /* every namespace counts its own */
    const char *name;
};

/* A network namespace whose connections the frame shows. Text is safe and never NULL: "" = none. */
struct frame_netns {
    uint64_t id; /* the same as long as a session lasts, never that of another: its cookie, where
                  * that is known; 0 = unknown */
    uint64_t cookie; /* SO_NETNS_COOKIE, 0 = unknown */
    uint32_t inode;  /* 0 = not readable */
    uint32_t key;    /* conn.netns of its rows: the inode or, where that is not readable, that of
                      * its /proc/PID/net; in this frame of no other namespace */
    uint32_t host;   /* frame_host.number; 0 = the only one */
    uint8_t kind, reach; /* enum netns_kind, enum netns_reach */
    bool is_own;         /* tcplens runs in it */
    bool is_host;        /* it is known to be that of the machine's process 1 */
    bool other_user;     /* of another user namespace */
    int32_t pid;         /* of a process in it, 0 = none */
    uint32_t processes;  /* 0 = not counted */
    int64_t read_ns;     /* monotonic: when its rows were read, earlier than the frame where it was
                          * not its turn; 0 = never */
    int64_t rest_ns;     /* the same of what no process has open, where that is read apart;
                          * 0 = it is not */
    int64_t bound_ns;    /* the same of what is only bound */
    const char *name, *container, *pod, *pod_namespace;
    const char *why;          /* its rows were not read for this frame: why not, in words */
    struct host_facts *facts; /* in the arena; NULL = none were read */
};

/* What a frame does not show, and why. Zero everywhere = complete. */
enum missing_reason {
    MISSING_DUMP_PART = 1u << 0, /* a dump failed: rows of missing.dump_family.. may be lacking */
    MISSING_SOCK_DIAG = 1u << 1, /* rows come from /proc/net/tcp: no tcp_info, no cookies */
    MISSING_OWNERS_HIDDEN = 1u << 2, /* other users' descriptors cannot be read */
    MISSING_OWNERS_LATE = 1u << 3,   /* the owner walk ran out of its time budget and goes on */
    MISSING_EVENTS = 1u << 4,        /* missing.events_lost events at least were lost */
    MISSING_ULP = 1u << 5,           /* ULP information needs CAP_NET_ADMIN on this kernel */
    MISSING_LOG = 1u << 6,           /* replay: the log has a gap here */
    MISSING_PROC = 1u << 7,   /* /proc is not mounted, another pid namespace's, or unreadable */
    MISSING_IPV6 = 1u << 8,   /* the kernel has no IPv6 (a fact, not an error) */
    MISSING_NETNS = 1u << 9,  /* rows of network namespaces that were not read now, or never */
    MISSING_HOSTS = 1u << 10, /* rows of hosts that are not read now, or were never */
    MISSING_MEMORY = 1u << 11 /* memory was refused since the frame before: anything may lack */
};
#define FRAME_LACKS_MEMORY "memory was refused: something may be missing"
extern const struct words MISSING_WORDS; /* by number of the bit */

struct missing {
    uint32_t reasons;      /* enum missing_reason */
    int error;             /* errno of the failed dump or walk, 0 = none */
    uint32_t hidden_users; /* users whose pids are hidden */
    uint32_t hidden_rows;  /* rows with owner "hidden" */
    uint64_t events_lost;  /* at least; since the session began */
    char text[128]; /* one safe line in words, "" = none; e.g. "tcp dump failed: EBUSY ..." */
};

struct totals {
    uint32_t states[STATE_COUNT]; /* live rows by state; ghosts under DELETE-TCB */
    uint32_t live, listeners, orphans;
    uint64_t in_bytes_per_s, out_bytes_per_s; /* of rows and flows */
    /* Bytes since the frame before, of connections that ended in between too: payload in and out,
     * and what was sent with what of it was retransmitted. */
    uint64_t in_interval, out_interval, sent_interval, retrans_interval;
    uint64_t in_total, out_total; /* payload since the session began */
    /* Of the whole namespace as the kernel counts: SYNs, and connections that are no more, too. */
    bool segs_known;
    uint64_t segs_in, segs_out, segs_retrans; /* since the frame before */
    uint32_t opened, changed, closed;         /* against the frame before */
    /* of these, in a frame of all rows after one of some: not reported before, though events of
     * that kind are */
    uint32_t unreported;
};

struct frame_cost {
    int64_t cpu_ns;        /* CPU of the collector thread for this frame */
    int64_t wall_ns;       /* from asking the kernel to publishing */
    int64_t interval_ns;   /* in force, stretched by the budget or not */
    bool stretched;        /* the budget made it longer than asked */
    uint32_t cpu_permille; /* CPU of all tcplens threads since the frame before, of one core;
                              UINT32_MAX = unknown */
    uint32_t compared;     /* frames of all rows that followed one of some, in this session, */
    uint32_t unreported; /* and changes in them that events had not reported (totals.unreported) */
};

struct finding;
struct frame_findings;
struct frame_pool;

struct frame {
    /* managed by frame.c */
    atomic_uint references;
    struct frame_pool *pool;
    struct arena arena;
    uint32_t conn_capacity, proc_capacity, group_capacity, detail_capacity, owner_ref_capacity,
        user_capacity, interface_capacity, flow_capacity, namespace_capacity;

    /* the picture */
    uint64_t number;          /* 1, 2, 3 ... of the session */
    int64_t wall_ns, mono_ns; /* when the dump began */
    int64_t dump_ns;          /* how long it took: a row was read at wall_ns .. + dump_ns;
                                       * filled by the source, 0 = at once */
    /* monotonic: when all rows were read last, where this frame read some of them only and the
     * others stand as they were (frame_row_stands); 0 = all were read for it */
    int64_t all_ns;
    uint64_t first_event, next_event; /* event numbers it covers: [first, next) */
    struct conn *conns;               /* live rows in the source's order, then ghosts */
    uint32_t live_count, conn_count;
    struct proc *procs;
    uint32_t proc_count;
    uint32_t *owner_refs; /* indexes into procs; conn.owners .. + conn.owner_count */
    uint32_t owner_ref_count;
    struct group *groups;
    uint32_t group_count;
    struct conn_detail *details;
    uint32_t detail_count;
    struct flow *flows;
    uint32_t flow_count;
    struct user *users; /* sorted by host and uid */
    uint32_t user_count;
    struct interface *interfaces;
    uint32_t interface_count;
    struct frame_netns *namespaces; /* sorted by key; none = unknown (older logs) */
    uint32_t namespace_count;
    struct frame_host *hosts; /* by number, in the arena; none = one machine alone */
    uint32_t host_count;
    struct totals totals;
    struct missing missing;
    struct frame_cost cost;
    const char *host;       /* safe text, in the arena or static; never NULL */
    const char *source;     /* "sock_diag", "/proc/net/tcp", "demo", "log" */
    const char *events;     /* source of changes between frames: "bpf", "destroy" (ends only),
                               * "none"; NULL = unknown */
    const char *events_why; /* why nothing better does: safe text; NULL or "" = nothing to say */
    const char *owners_why; /* the same: why owners are found by reading /proc only */
    uint32_t netns;         /* ours, or the only one that is shown: its key; 0 = unknown */
    /* states or families were left out that a connection may be in: what is absent proves
     * nothing */
    bool is_narrowed;
    struct other_netns other_netns; /* what is not shown; zeros = nothing, or unknown */
    bool netns_is_host;             /* it is known to be that of the machine's process 1 */
    struct host_facts *facts;       /* of that namespace, in the arena; NULL = none were read */
    /* What is wrong as of this frame (core/finding), in the arena; NULL = none were looked for. */
    const struct frame_findings *findings;
    /* What held as of this frame by what was recorded with it, in the arena. */
    const struct finding *logged_findings;
    uint32_t logged_finding_count;
};

/* Pool: keeps released frames for re-use. Freed when it and all its frames are released. */
struct frame_pool *frame_pool_new(void); /* NULL when out of memory */
void frame_pool_release(struct frame_pool *pool);

/* An empty frame with one reference, its arrays sized by the frames before; NULL when out of
 * memory. */
struct frame *frame_new(struct frame_pool *pool);
/* Room for that many rows in a frame without any; failing is no error. */
void frame_reserve(struct frame *frame, uint32_t rows, bool with_details);
/* A copy with one reference that shares nothing with it but static text; without its findings. NULL
 * when out of memory. */
struct frame *frame_copy(struct frame_pool *pool, const struct frame *frame);
struct frame *frame_reference(struct frame *frame); /* returns its argument; from any thread */
void frame_release(struct frame *frame);            /* NULL is fine; from any thread */

/* Growing while it is being filled: a zeroed element at the end, or NULL when out of memory.
 * Pointers into the same array are invalid after it. Live rows come before any ghost:
 * frame_add_conn raises live_count and conn_count, frame_add_ghost only conn_count. Index fields of
 * a new row are CONN_NO_INDEX. */
struct conn *frame_add_conn(struct frame *frame);
struct conn *frame_add_ghost(struct frame *frame);
/* Copies of rows of another frame, whose indexes and texts are that frame's: the first of them. */
struct conn *frame_add_copies(struct frame *frame, const struct conn *rows, uint32_t count);
struct proc *frame_add_proc(struct frame *frame);
struct group *frame_add_group(struct frame *frame);
struct conn_detail *frame_add_detail(struct frame *frame);
struct flow *frame_add_flow(struct frame *frame);
int frame_add_owner_ref(struct frame *frame, uint32_t proc_index); /* 0 or -ENOMEM */
/* Copies; keeps the order. */
int frame_add_host_user(struct frame *frame, uint32_t host, uint32_t uid, const char *name);
int frame_add_user(struct frame *frame, uint32_t uid, const char *name); /* of host 0 */
int frame_add_interface(struct frame *frame, uint32_t netns, uint32_t index, const char *name);
/* The namespace of that key, found or added; NULL when out of memory. */
struct frame_netns *frame_add_netns(struct frame *frame, uint32_t key);
/* Blank places for that many hosts, numbered from 1. 0 or -ENOMEM. */
int frame_add_hosts(struct frame *frame, uint32_t count);
/* Empty facts of the frame's namespace, replacing those it has; NULL when out of memory. */
struct host_facts *frame_add_facts(struct frame *frame);
void frame_lacks_memory(struct frame *frame); /* MISSING_MEMORY, in words where there are none */
const char *frame_copy_text(struct frame *frame,
                            const char *text); /* into its arena; "" when out of memory */
/* The texts of a process that was copied from another frame. */
void frame_copy_proc_texts(struct frame *frame, struct proc *proc);

/* What the wall clock of this frame calls a moment of which both clocks are known: another time
 * than wall_ns where the clock was set in between. Times of a row (conn.h) are of its frame's
 * clock, so that differences between them and frame.wall_ns are durations. */
int64_t frame_time_of(const struct frame *frame, int64_t wall_ns, int64_t mono_ns);

/* Reading. All return NULL where there is none. */
const struct proc *frame_owner(const struct frame *frame, const struct conn *conn);
const struct proc *frame_holder(const struct frame *frame, const struct conn *conn, uint32_t n);
const struct group *frame_group(const struct frame *frame, const struct conn *conn);
const struct conn_detail *frame_detail(const struct frame *frame, const struct conn *conn);
const struct proc *frame_find_host_proc(const struct frame *frame, uint32_t host, int32_t pid);
const struct proc *frame_find_proc(const struct frame *frame, int32_t pid);       /* of host 0 */
const struct conn *frame_find_serial(const struct frame *frame, uint64_t serial); /* linear */
const char *frame_host_user_name(const struct frame *frame, uint32_t host, uint32_t uid);
const char *frame_user_name(const struct frame *frame, uint32_t uid); /* of host 0 */
const char *frame_interface_name(const struct frame *frame, uint32_t netns, uint32_t index);
/* By conn.netns, event.netns. */
const struct frame_netns *frame_find_netns(const struct frame *frame, uint32_t key);
/* frame_host.number of the namespace's host; 0 = the only one, or unknown. */
uint32_t frame_host_number(const struct frame *frame, uint32_t key);
const struct frame_host *frame_find_host(const struct frame *frame, uint32_t number);
/* Of a row, of an event: by its namespace. */
const struct frame_host *frame_host_of(const struct frame *frame, uint32_t key);
/* Rows of a namespace that are read together. */
enum netns_rows {
    NETNS_ROWS_HELD = 0,
    NETNS_ROWS_UNHELD, /* no process has them open */
    NETNS_ROWS_BOUND   /* neither listening nor connected */
};
static inline enum netns_rows netns_rows_of(const struct conn *conn)
{
    if (conn->state == STATE_CLOSED)
        return NETNS_ROWS_BOUND;
    return conn_is_unheld(conn) ? NETNS_ROWS_UNHELD : NETNS_ROWS_HELD;
}
/* When those rows of that namespace were read, by the monotonic clock: the frame's own time where
 * it says nothing else. */
int64_t frame_read_ns(const struct frame *frame, uint32_t key, enum netns_rows rows);
/* Its counters, queues and rates are those of an earlier reading, all_ns or later; its state is
 * not. */
static inline bool frame_row_stands(const struct frame *frame, const struct conn *conn)
{
    return frame->all_ns && !(conn->known & KNOWN_READ) && conn->state != STATE_DELETE_TCB;
}
/* In both frames the key means the same namespace, as far as they know. */
bool frame_same_netns(const struct frame *a, const struct frame *b, uint32_t key);

/* It was read from a session log. */
static inline bool frame_is_of_log(const struct frame *frame)
{
    return frame->source && strcmp(frame->source, "log") == 0;
}

/* One live row counted into totals: state, listeners, orphans and rates. */
static inline void totals_add(struct totals *totals, const struct conn *conn)
{
    totals->states[conn->state < STATE_COUNT ? conn->state : STATE_NONE]++;
    totals->listeners += conn->state == STATE_LISTEN;
    /* A TIME-WAIT row never has a process: that is no orphan, as ss counts them. */
    totals->orphans += conn->owner_word == OWNER_NONE && conn->state != STATE_TIME_WAIT;
    totals->in_bytes_per_s += conn_in_rate(conn);
    totals->out_bytes_per_s += conn_out_rate(conn);
}

/* False: totals say 0 because nothing is known: a first frame compares with none, and rows of
 * /proc/net/tcp have no counters. */
static inline bool totals_have_rates(const struct frame *frame)
{
    return !(frame->missing.reasons & MISSING_SOCK_DIAG) &&
           (frame->number > 1 || frame->totals.in_bytes_per_s || frame->totals.out_bytes_per_s);
}

/* The rates of the flows, added to those of the rows. */
void totals_add_flows(struct totals *totals, const struct frame *frame);

/* Counts totals.states, live, listeners, orphans and rates from the rows, and nothing else of them;
 * to be repeated when owners have been filled in. */
void frame_count_totals(struct frame *frame);
size_t frame_footprint(const struct frame *frame); /* bytes it holds */

#endif
