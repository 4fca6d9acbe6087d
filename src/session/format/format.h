/* The session log (doc/session-log.md): which lines there are, which keys they have, how they are
 * written and read. One JSON object a line. Pure: buffers in, buffers out; no file, no clock. */
#ifndef TCPLENS_SESSION_FORMAT_FORMAT_H
#define TCPLENS_SESSION_FORMAT_FORMAT_H

#include "base/arena.h"
#include "core/column/column.h"
#include "core/event.h"
#include "core/event_place.h"
#include "core/finding/steps.h"
#include "core/host.h"
#include "core/view.h"
#include "session/state.h"

#define SESSION_FORMAT   "tcplens-session"
#define SESSION_MAJOR    1u /* another one is refused */
#define SESSION_MINOR    4u /* newer ones add keys and lines: they are read */
#define SESSION_LINE_MAX (1u << 20)
#define SESSION_TEXT     256 /* longest text of a head line, with its NUL */

/* The kinds of lines: what follows RECORD_, the value of "ev", and the family: NAME.c has its put,
 * its get (session_read_NAME) and its keys (session_NAME_keys). A new kind is a row here and its
 * file. */
#define SESSION_RECORDS(EACH)                                                                      \
    EACH(HEAD, "head", head)    /* what follows is a keyframe: version, host, kernel, interval */  \
    EACH(FRAME, "frame", frame) /* ends a frame: its times, counts, and what it lacks */           \
    EACH(NAMESPACE, "namespace", namespace) /* a network namespace appeared or ended */            \
    EACH(ROW, "row", row)                   /* a connection as it stands; not a change */          \
    EACH(OPEN, "open", event)               /* a connection opened */                              \
    EACH(STATE, "state", event)             /* a transition */                                     \
    EACH(CLOSE, "close", event)             /* a connection closed */                              \
    EACH(SAMPLE, "sample", row)             /* what changed in a row; null: now unknown */         \
    EACH(NETNS, "netns", netns)             /* a network namespace, or what changed in it */       \
    EACH(PROC, "proc", proc)                /* a process, or what changed in it */                 \
    EACH(FLOW, "flow", flow)          /* traffic of closed connections, by process and peer */     \
    EACH(FAILURE, "failure", failure) /* calls of bind() or connect() that failed */               \
    EACH(FINDING, "finding", finding) /* a finding begins, changes, holds, ends */                 \
    EACH(GAP, "gap", gap)             /* something is missing here */                              \
    EACH(CLOCK, "clock", clock)       /* the recorder's clock, answering a reader */               \
    EACH(HOST, "host", host)          /* the host of a collected log, and its clock */

enum record_kind {
    RECORD_NONE = 0, /* a line of a newer minor version */
#define RECORD_KIND(kind, word, family) RECORD_##kind,
    SESSION_RECORDS(RECORD_KIND)
#undef RECORD_KIND
        RECORD_COUNT
};
#define RECORD_BIT(kind) (1u << (kind))

struct get;
struct session_line;
struct session_key { /* a key that is written and read by name */
    const char *name;
    const char *help;
    uint32_t records; /* RECORD_BITs of those of its family that have it; 0 = all */
};
struct session_keys {
    const struct session_key *list;
    size_t count;
};
#define SESSION_KEYS(table)                                                                        \
    {                                                                                              \
        (table), sizeof(table) / sizeof((table)[0])                                                \
    }

struct record {
    const char *name; /* value of "ev" */
    void (*read)(struct get *get, struct session_line *line);
    const struct session_keys *keys; /* beside session_line_keys, and members of structs */
};
extern const struct record RECORDS[RECORD_COUNT];
extern const struct session_keys session_line_keys; /* of all lines */

/* Keys that are members of a process, of a frame line. Those of rows and details: struct
 * logged_facts of core/column/column.h, and TCP_INFO. */
extern const struct fact SESSION_PROC_KEYS[];
extern const size_t session_proc_key_count;
extern const struct fact SESSION_FRAME_KEYS[]; /* of struct session_frame */
extern const size_t session_frame_key_count;

struct session_head {
    uint32_t major, minor;
    char tcplens[32], host[SESSION_TEXT], kernel[SESSION_TEXT], boot_id[64], source[64];
    int64_t wall_ns;     /* of the line: the first frame that follows it */
    int64_t start_ns;    /* when this recording began */
    int64_t interval_ns; /* as requested */
    bool findings;       /* the engine ran: findings have lines */
};

struct session_counts { /* event and finding lines since the frame before */
    uint32_t opened, changed, closed, findings;
};

/* Of a frame line; counts are what the log lacks and adds up itself. */
struct session_frame {
    uint64_t number;
    int64_t wall_ns, mono_ns, dump_ns;
    uint32_t netns;
    bool netns_is_host;
    bool key;                         /* a keyframe: all rows came with it */
    uint32_t rows, ghosts;            /* as a check */
    uint32_t close_wait;              /* rows in CLOSE-WAIT; UINT32_MAX = unknown */
    bool traces_bind, traces_connect; /* failures have lines */
    struct session_counts counts;
    struct totals totals; /* as far as they do not follow from the rows */
    struct missing missing;
    struct frame_cost cost;
};

struct session_gap {
    int64_t wall_ns, since_ns; /* since_ns 0 = unknown */
    uint64_t frames, events;
    char reason[128];
};

struct session_host { /* written by the recorder that collected the log from another machine */
    int64_t wall_ns;
    char name[HOST_NAME_BYTES], place[HOST_NAME_BYTES + 8];
    bool skew_known, exchanged;
    int64_t skew_ns, skew_error_ns; /* its clock less the recorder's */
};

struct session_clock {
    uint64_t id;                      /* of the question */
    int64_t received_ns, answered_ns; /* by the recorder's wall clock */
};

/* One line as it was read. */
struct session_line {
    enum record_kind kind;
    int64_t wall_ns;
    uint64_t seq; /* 0: a log older than 1.3, or a line of the collecting recorder */
    union {
        struct session_head head;
        struct session_frame frame;
        struct event event; /* open, state, close */
        struct session_gap gap;
        struct session_host host;
        struct session_clock clock;
        struct finding_step finding; /* its strings live as long as the state */
    };
};

/* --- writing --- */

/* seq: ++state->seq; 0: of a line that is not part of the recording it is in. */
void session_write_head(struct buffer *buffer, uint64_t seq, const struct session_head *head);
void session_write_event(struct buffer *buffer, uint64_t seq, const struct event *event,
                         const struct event_place *place);
void session_write_gap(struct buffer *buffer, uint64_t seq, const struct session_gap *gap);
void session_write_clock(struct buffer *buffer, uint64_t seq, const struct session_clock *clock);
void session_write_host(struct buffer *buffer, const struct session_host *host);
void session_write_finding(struct buffer *buffer, uint64_t seq, const struct finding_step *step);

struct session_view { /* which rows are kept; accept NULL = all */
    view_accept accept;
    const void *accept_data;
    bool with_args; /* command lines too */
};
/* Writes everything in the frame that differs from the state, and the frame line; updates the
 * state. key: the state was cleared and a head line written just before. 0 or -ENOMEM (then the
 * state must be cleared and a keyframe written). */
int session_write_frame(struct buffer *buffer, struct session_state *state,
                        const struct frame *frame, const struct session_view *view,
                        const struct session_counts *counts, bool key);

/* --- reading --- */

/* Reads one line (without its newline) and applies it to the state. 0; -EINVAL, -E2BIG or -ENOMEM
 * with `why` in words: the state is then good up to the line before. Unknown keys are passed over;
 * a line of unknown kind gives RECORD_NONE. */
int session_read_line(struct session_state *state, const char *text, size_t length,
                      struct session_line *line, char *why, size_t why_size);
/* Reads only `t` and the kind of a line: for seeking. */
int session_peek_line(const char *text, size_t length, enum record_kind *kind, int64_t *wall_ns);

/* Fills an empty frame from the state and its frame line. 0 or -ENOMEM. */
int session_build_frame(const struct session_state *state, const struct session_frame *line,
                        const struct session_head *head, struct frame *frame);

/* The same with only the rows of these events. */
int session_build_event_rows(const struct session_state *state, const struct session_frame *line,
                             const struct event *events, uint32_t count, struct frame *frame);

#endif
