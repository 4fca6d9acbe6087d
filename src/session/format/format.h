/* The session log (doc/session-log.md): which lines there are, which keys they have, how they are
 * written and read. One JSON object a line. Pure: buffers in, buffers out; no file, no clock. */
#ifndef TCPLENS_SESSION_FORMAT_FORMAT_H
#define TCPLENS_SESSION_FORMAT_FORMAT_H

#include "base/arena.h"
#include "core/column/column.h"
#include "core/event.h"
#include "core/view.h"
#include "session/state.h"

#define SESSION_FORMAT   "tcplens-session"
#define SESSION_MAJOR    1u /* another one is refused by name */
#define SESSION_MINOR    1u /* newer ones add keys and lines: they are read */
#define SESSION_LINE_MAX (1u << 20)
#define SESSION_TEXT     256 /* longest text of a head line, with its NUL */

enum record_kind {
    RECORD_NONE = 0, /* a line of a newer minor version */
    RECORD_HEAD,
    RECORD_FRAME,
    RECORD_ROW,
    RECORD_OPEN,
    RECORD_STATE,
    RECORD_CLOSE,
    RECORD_SAMPLE,
    RECORD_PROC,
    RECORD_FLOW,
    RECORD_GAP,
    RECORD_COUNT
};
#define RECORD_BIT(kind) (1u << (kind))

struct record_facts {
    const char *name; /* value of "ev" */
    const char *help;
};
extern const struct record_facts RECORDS[RECORD_COUNT];

/* Keys that are members of a process. Those of rows and details: struct logged_facts of
 * core/column/column.h, and TCP_INFO. */
extern const struct fact SESSION_PROC_KEYS[];
extern const size_t session_proc_key_count;

/* Keys that are written and read by name, and in which lines. */
struct session_other_key {
    const char *name;
    const char *help;
    uint16_t records; /* RECORD_BITs */
};
extern const struct session_other_key SESSION_OTHER_KEYS[];
extern const size_t session_other_key_count;

struct session_head {
    uint32_t major, minor;
    char tcplens[32], host[SESSION_TEXT], kernel[SESSION_TEXT], boot_id[64], source[64];
    int64_t wall_ns;     /* of the line: the first frame that follows it */
    int64_t start_ns;    /* when this recording began */
    int64_t interval_ns; /* asked for */
};

/* Of a frame line; counts are what the log lacks and adds up itself. */
struct session_frame {
    uint64_t number;
    int64_t wall_ns, mono_ns, dump_ns;
    uint32_t netns;
    bool netns_is_host;
    bool key;                                           /* a keyframe: all rows came with it */
    uint32_t rows, ghosts;                              /* as a check */
    uint32_t opened, changed, closed;                   /* events since the frame before */
    uint32_t marks_opened, marks_changed, marks_closed; /* totals of the frame itself */
    uint64_t in_interval, out_interval, sent_interval, retrans_interval, in_total, out_total;
    bool segs_known;
    uint64_t segs_in, segs_out, segs_retrans;
    struct missing missing;
    struct frame_cost cost;
};

struct session_gap {
    int64_t wall_ns, since_ns; /* since_ns 0 = not known */
    uint64_t frames, events;
    char reason[64];
};

/* One line as it was read. */
struct session_line {
    enum record_kind kind;
    int64_t wall_ns;
    union {
        struct session_head head;
        struct session_frame frame;
        struct event event; /* open, state, close */
        struct session_gap gap;
    };
};

/* --- writing --- */

void session_write_head(struct buffer *buffer, const struct session_head *head);
void session_write_event(struct buffer *buffer, const struct event *event);
void session_write_gap(struct buffer *buffer, const struct session_gap *gap);

struct session_view { /* which rows are kept; accept NULL = all */
    view_accept accept;
    const void *accept_data;
    bool with_args; /* command lines too */
};
struct session_counts { /* events written since the frame before */
    uint32_t opened, changed, closed;
};
/* Everything of a frame that differs from the state, which is brought up to date, and the frame
 * line. key: the state was cleared and a head line written just before. 0 or -ENOMEM (then the
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
/* The same for `t` and kind only, without looking at the rest: for seeking. */
int session_peek_line(const char *text, size_t length, enum record_kind *kind, int64_t *wall_ns);

/* Fills an empty frame from the state and its frame line. 0 or -ENOMEM. */
int session_build_frame(const struct session_state *state, const struct session_frame *line,
                        const struct session_head *head, struct frame *frame);

/* The same with the rows of these events only. */
int session_build_event_rows(const struct session_state *state, const struct session_frame *line,
                             const struct event *events, uint32_t count, struct frame *frame);

#endif
