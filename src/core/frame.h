/* A frame: one immutable, reference-counted snapshot of all connections, and what is missing from
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
    bool kernel_thread, gone; /* gone: it exited; kept as the last known owner of a row */
    const char *comm, *exe, *command_line;
    const char *title;  /* its command line without arguments (argv[0], which it may change) */
    const char *serves; /* it forwards a published port to this container */
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

/* Traffic of connections that no longer have a row, by owner, port (ours or the peer's) and peer.
 * `conn` represents them where a row is expected: state DELETE-TCB, `serial` a number among flows,
 * and rates that fade like those of a row, so that rates summed over rows, flows and time equal the
 * bytes carried. */
struct flow {
    struct conn conn;
    uint64_t in_bytes, out_bytes; /* since the last frame, in addition to what rows showed */
    struct lately lately;         /* of a frame that was tracked */
};

void flow_clear(struct flow *flow); /* without owner, with rates of 0 */

struct user {
    uint32_t host, uid; /* each host has its own users */
    const char *name;
};

struct interface {
    uint32_t netns, index; /* each namespace has its own indexes */
    const char *name;
};

/* A network namespace whose connections the frame shows. Text is safe and never NULL: "" = none. */
struct frame_netns {
    /* unique and constant for a session: its cookie, where that is known; 0 = unknown */
    uint64_t id;
    uint64_t cookie; /* SO_NETNS_COOKIE, 0 = unknown */
    uint32_t inode;  /* 0 = not readable */
    /* conn.netns of its rows: the inode or, where that is not readable, that of its /proc/PID/net;
     * unique in this frame */
    uint32_t key;
    uint32_t host;       /* frame_host.number; 0 = the only one */
    uint8_t kind, reach; /* enum netns_kind, enum netns_reach */
    bool is_own;         /* tcplens runs in it */
    bool is_host;        /* it is known to be that of the machine's process 1 */
    bool other_user;     /* of another user namespace */
    int32_t pid;         /* of a process in it, 0 = none */
    uint32_t processes;  /* 0 = not counted */
    /* monotonic: when its rows were read; before the frame if it was not its turn; 0 = never */
    int64_t read_ns;
    /* the same for rows that no process has open, if they are read separately; else 0 */
    int64_t rest_ns;
    int64_t bound_ns; /* the same for sockets that are only bound */
    const char *name, *container, *pod, *pod_namespace;
    const char *why;          /* why its rows were not read for this frame, in words */
    struct host_facts *facts; /* in the arena; NULL = none were read */
};

/* What a frame does not show, and why. Zero everywhere = complete. */
enum missing_reason {
    MISSING_DUMP_PART = 1u << 0, /* a dump failed: rows of missing.dump_family.. may be missing */
    MISSING_SOCK_DIAG = 1u << 1, /* rows come from /proc/net/tcp: no tcp_info, no cookies */
    MISSING_OWNERS_HIDDEN = 1u << 2, /* other users' descriptors cannot be read */
    MISSING_OWNERS_LATE = 1u << 3,   /* the owner walk exceeded its time budget and continues */
    MISSING_EVENTS = 1u << 4,        /* missing.events_lost events at least were lost */
    MISSING_ULP = 1u << 5,           /* ULP information needs CAP_NET_ADMIN on this kernel */
    MISSING_LOG = 1u << 6,           /* replay: the log has a gap here */
    MISSING_PROC = 1u << 7,   /* /proc is not mounted, another pid namespace's, or unreadable */
    MISSING_IPV6 = 1u << 8,   /* the kernel has no IPv6 (a fact, not an error) */
    MISSING_NETNS = 1u << 9,  /* rows of network namespaces that were not read now, or never */
    MISSING_HOSTS = 1u << 10, /* rows of hosts that are not read now, or never were */
    MISSING_MEMORY = 1u << 11 /* memory was refused since the last frame: anything may be missing */
};
#define FRAME_LACKS_MEMORY "memory was refused: something may be missing"
extern const struct words MISSING_WORDS; /* by number of the bit */

struct missing {
    uint32_t reasons;       /* enum missing_reason */
    int error;              /* errno of the failed dump or walk, 0 = none */
    uint32_t hidden_users;  /* users whose pids are hidden */
    uint32_t hidden_rows;   /* rows with owner "hidden" */
    uint64_t events_lost;   /* at least; since the session began */
    const char *hidden_why; /* static: what it takes to see them, NULL = unknown */
    char text[128]; /* one safe line in words, "" = none; e.g. "tcp dump failed: EBUSY ..." */
};

struct totals {
    uint32_t states[STATE_COUNT]; /* live rows by state; ghosts under DELETE-TCB */
    uint32_t live, listeners, orphans;
    uint64_t in_bytes_per_s, out_bytes_per_s; /* of rows and flows */
    /* Bytes since the last frame, including connections that ended in between: payload in and out;
     * bytes sent, and of these retransmitted. */
    uint64_t in_interval, out_interval, sent_interval, retrans_interval;
    uint64_t in_total, out_total; /* payload since the session began */
    /* Counted by the kernel for the whole namespace: including SYNs and closed connections. */
    bool segs_known;
    uint64_t segs_in, segs_out, segs_retrans; /* since the frame before */
    uint32_t opened, changed, closed;         /* compared with the last frame */
    /* of these, in a complete frame after partial ones: changes that no event reported, although
     * events of that kind are traced */
    uint32_t unreported;
};

struct frame_cost {
    int64_t cpu_ns;        /* CPU of the collector thread for this frame */
    int64_t wall_ns;       /* from asking the kernel to publishing */
    int64_t interval_ns;   /* in effect, stretched by the budget or not */
    bool stretched;        /* the budget made it longer than requested */
    uint32_t cpu_permille; /* CPU of all tcplens threads since the frame before, of one core;
                              UINT32_MAX = unknown */
    uint32_t compared;     /* complete frames that followed partial ones, in this session, */
    uint32_t unreported;   /* and changes in them that no event had reported (totals.unreported) */
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
    /* monotonic: when all rows were last read, if this frame read only some (the others are
     * unchanged, frame_row_stands); 0 = all were read for it */
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
    const char *host;   /* safe text, in the arena or static; never NULL */
    const char *source; /* "sock_diag", "/proc/net/tcp", "demo", "log" */
    const char *events; /* source of changes between frames: "bpf", "destroy" (ends only),
                               * "none"; NULL = unknown */
    /* why there is no better source: safe text; NULL or "" = nothing to report */
    const char *events_why;
    const char *owners_why; /* the same: why owners are found only by reading /proc */
    uint32_t netns;         /* key of ours, or of the only one shown; 0 = unknown */
    /* states or families of connections were left out: an absent row proves nothing */
    bool is_narrowed;
    struct other_netns other_netns; /* namespaces that are not shown; zeros = none, or unknown */
    bool netns_is_host;             /* it is known to be that of the machine's process 1 */
    struct host_facts *facts;       /* of that namespace, in the arena; NULL = none were read */
    /* Findings as of this frame (core/finding), in the arena; NULL = no detectors ran. */
    const struct frame_findings *findings;
    /* Findings as of this frame from its log, in the arena. */
    const struct finding *logged_findings;
    uint32_t logged_finding_count;
};

/* Pool: keeps released frames for re-use. Freed when it and all its frames are released. */
struct frame_pool *frame_pool_new(void); /* NULL when out of memory */
void frame_pool_release(struct frame_pool *pool);

/* An empty frame with one reference, its arrays sized by the frames before; NULL when out of
 * memory. */
struct frame *frame_new(struct frame_pool *pool);
/* Makes room for that many rows in an empty frame; failure is ignored. */
void frame_reserve(struct frame *frame, uint32_t rows, bool with_details);
/* A copy with one reference that shares only static text with the original; without findings. NULL
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
/* Appends copies of rows of another frame, with that frame's indexes; returns the first. */
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

/* Converts a moment, known by both clocks, to the wall clock of this frame: differs from wall_ns if
 * the clock was set in between. Times of a row (conn.h) are by its frame's clock, so that
 * differences to frame.wall_ns are durations. */
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
    NETNS_ROWS_UNHELD, /* not open in any process */
    NETNS_ROWS_BOUND   /* neither listening nor connected */
};
static inline enum netns_rows netns_rows_of(const struct conn *conn)
{
    if (conn->state == STATE_CLOSED)
        return NETNS_ROWS_BOUND;
    return conn_is_unheld(conn) ? NETNS_ROWS_UNHELD : NETNS_ROWS_HELD;
}
/* When those rows of that namespace were read, by the monotonic clock; by default the frame's own
 * time. */
int64_t frame_read_ns(const struct frame *frame, uint32_t key, enum netns_rows rows);
/* Its counters, queues and rates are from an earlier reading, at all_ns or later; its state is
 * current. */
static inline bool frame_row_stands(const struct frame *frame, const struct conn *conn)
{
    return frame->all_ns && !(conn->known & KNOWN_READ) && conn->state != STATE_DELETE_TCB;
}
/* Counters and settings of a namespace of the frame; NULL = none were read. */
const struct host_facts *frame_netns_facts(const struct frame *frame,
                                           const struct frame_netns *netns);
/* The key means the same namespace in both frames, as far as is known. */
bool frame_same_netns(const struct frame *a, const struct frame *b, uint32_t key);

/* Which frame something was made of, to be compared only: the memory of a frame may be another one's
 * by now, and frames of several logs have no numbers. Zeroed: none. */
struct frame_mark {
    const struct frame *frame;
    uint64_t number;
    int64_t wall_ns;
};
static inline struct frame_mark frame_mark_of(const struct frame *frame)
{
    return (struct frame_mark){frame, frame->number, frame->wall_ns};
}
static inline bool frame_mark_is(const struct frame_mark *mark, const struct frame *frame)
{
    return mark->frame == frame && mark->number == frame->number && mark->wall_ns == frame->wall_ns;
}

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
    /* A TIME-WAIT row never has a process: it is not an orphan, as in ss. */
    totals->orphans += conn->owner_word == OWNER_NONE && conn->state != STATE_TIME_WAIT;
    totals->in_bytes_per_s += conn_in_rate(conn);
    totals->out_bytes_per_s += conn_out_rate(conn);
}

/* False: totals are 0 because they are unknown: a first frame has no predecessor, and rows of
 * /proc/net/tcp have no counters. */
static inline bool totals_have_rates(const struct frame *frame)
{
    return !(frame->missing.reasons & MISSING_SOCK_DIAG) &&
           (frame->number > 1 || frame->totals.in_bytes_per_s || frame->totals.out_bytes_per_s);
}

/* The rates of the flows, added to those of the rows. */
void totals_add_flows(struct totals *totals, const struct frame *frame);

/* Counts totals.states, live, listeners, orphans and rates from the rows; to be repeated when
 * owners have been filled in. */
void frame_count_totals(struct frame *frame);
size_t frame_footprint(const struct frame *frame); /* bytes it holds */

#endif
