/* What a session log contains so far: rows, processes, groups, names. Both the writer and the
 * reader keep it, so that a sample need contain only what changed. Bounded, whatever a log
 * contains. Pure. */
#ifndef TCPLENS_SESSION_STATE_H
#define TCPLENS_SESSION_STATE_H

#include "base/arena.h"
#include "base/map.h"
#include "core/column/column.h"
#include "core/event_place.h"

#define SESSION_ROWS_MAX    500000u
#define SESSION_PROCS_MAX   131072u
#define SESSION_GROUPS_MAX  65536u
#define SESSION_FLOWS_MAX   65536u
#define SESSION_NAMES_MAX   4096u /* users; interfaces */
#define SESSION_NETNS_MAX   65536u
#define SESSION_HOLDERS_MAX 4096u /* processes of one row */
#define SESSION_PLACES_MAX                                                                         \
    8192u /* users, units and containers of events; then those of the frame count */
#define SESSION_WORDS_MAX 1024u /* facts and units of findings; detectors of newer versions */
#define SESSION_TEXT_MAX  (UINT64_C(64) << 20)

/* One row as in the log. The indexes in conn (owner, owners, group, detail) are unused. */
struct session_row {
    struct conn conn;
    /* when its ticking facts (FACT_TICK_UP, FACT_TICK_DOWN) had the values in conn */
    int64_t tick_wall_ns;
    uint32_t stamp;             /* writer: frame that had it last */
    uint32_t group;             /* in state.groups or CONN_NO_INDEX */
    uint32_t owner;             /* number of a process, 0 = none */
    uint32_t *holders;          /* numbers of processes, conn.owner_count of them */
    struct conn_detail *detail; /* NULL = none */
};

struct session_proc {
    uint32_t id; /* number in the log, > 0 */
    uint32_t stamp;
    uint32_t group;
    struct proc proc; /* its texts are owned by this struct; proc.group is unused */
};

struct session_flow {
    struct flow flow; /* the indexes in its conn are unused */
    uint32_t stamp;   /* the last frame with a line for it */
    uint32_t seen;    /* writer: frame that had it last */
    uint32_t group, owner;
};

struct session_group {
    char *path, *unit, *container; /* "" = none */
};

struct session_name {
    uint64_t number; /* uid, or netns << 32 | index of an interface */
    char *name;
};

struct session_names {
    struct session_name *list;
    uint32_t count, capacity;
    struct map index_of; /* number + 1 -> index in list */
};

struct session_state {
    struct logged_facts logged; /* by which rows are written and read */
    struct session_row *rows;
    uint32_t row_count, row_capacity;
    struct map row_of; /* serial -> index in rows */
    struct session_proc *procs;
    uint32_t proc_count, proc_capacity;
    struct map proc_of;    /* number -> index in procs */
    struct map proc_by_id; /* writer: pid and start -> number */
    struct session_flow *flows;
    uint32_t flow_count, flow_capacity;
    struct map flow_of;      /* its number -> index in flows */
    uint32_t flow_stamp;     /* of the next frame */
    int64_t mono_ns;         /* of the last frame */
    struct host_facts facts; /* of that frame, as far as the log has them */
    struct session_group *groups;
    uint32_t group_count, group_capacity;
    struct map group_of; /* hash of its texts -> index in groups */
    struct session_names users, interfaces;
    struct frame_netns *namespaces; /* sorted by key; their texts are owned by the state */
    uint32_t namespace_count, namespace_capacity;
    uint64_t text_bytes; /* of all texts */
    uint32_t stamp, next_proc;
    uint64_t seq;                   /* writer: of the last line written; not reset by a head line */
    uint32_t *proc_ids, *group_ids; /* writer: for each of a frame, its number in this state */
    uint32_t proc_id_capacity, group_id_capacity;
    struct arena words; /* strings of findings, each once; not cleared by a head line */
    const char **word_list;
    uint32_t word_count, word_capacity;
    struct map places;                     /* hash -> index in place_list */
    const struct event_place **place_list; /* of events, each once; likewise */
    uint32_t place_count, place_capacity;
    const struct detector **detector_list; /* detectors of newer versions */
    uint32_t detector_count, detector_capacity;
};

void session_state_init(struct session_state *state);
void session_state_done(struct session_state *state);
void session_state_clear(struct session_state *state); /* at a head line: forgets everything */

/* Makes everything about the row unknown, as before a `row` line is read. */
void session_row_reset(struct session_row *row);
void session_row_done(struct session_row *row);
int session_row_set_holders(struct session_row *row, const uint32_t *holders, uint32_t count);

struct session_row *session_find_row(const struct session_state *state, uint64_t serial);
/* Found, or added with everything unknown; NULL when there are too many, or out of memory. */
struct session_row *session_take_row(struct session_state *state, uint64_t serial);
void session_drop_row(struct session_state *state,
                      uint64_t serial); /* moves the last in its place */

struct session_proc *session_find_proc(const struct session_state *state, uint32_t id);
struct session_proc *session_take_proc(struct session_state *state, uint32_t id);
void session_drop_proc(struct session_state *state, uint32_t id);

/* Found or added (zeroed); NULL when there are too many, or out of memory. */
struct session_flow *session_take_flow(struct session_state *state, uint64_t serial);
void session_drop_flow(struct session_state *state, uint32_t index);
/* Time since the last frame. */
int64_t session_elapsed_ns(const struct session_state *state, int64_t mono_ns);
/* The frame of this time is complete: flows without a line in it fade, by the same rule as in
 * track. */
void session_fade_flows(struct session_state *state, int64_t mono_ns);

/* Frees its texts. */
void session_netns_done(struct session_state *state, struct frame_netns *netns);

/* Replaces *text by a copy. 0, -ENOMEM, or -E2BIG when the state holds SESSION_TEXT_MAX already. */
int session_set_text(struct session_state *state, char **text, const char *value);
/* Index of the group with these texts, added if necessary; CONN_NO_INDEX: too many. */
uint32_t session_take_group(struct session_state *state, const char *path, const char *unit,
                            const char *container);
/* A copy of the text that lives as long as the state; "" where there are too many. */
const char *session_take_word(struct session_state *state, const char *text);
/* A copy of the place that lives as long as the state; NULL: nothing is known, or there are too
 * many. */
const struct event_place *session_take_place(struct session_state *state, const char *user,
                                             const char *unit, const char *container);
/* The detector with that id: from DETECTORS[], else one with only the id; NULL: too many. */
const struct detector *session_take_detector(struct session_state *state, const char *id);
/* Sets a name. Names beyond the limit are ignored. 0 or -ENOMEM. */
int session_learn_name(struct session_state *state, struct session_names *names, uint64_t number,
                       const char *name);

#endif
