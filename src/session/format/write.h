/* Private to session/format: writing a line, and the parts of a frame. */
#ifndef TCPLENS_SESSION_FORMAT_WRITE_H
#define TCPLENS_SESSION_FORMAT_WRITE_H

#include "core/info.h"
#include "core/json/member.h"
#include "core/rates.h"
#include "session/format/format.h"

/* {"ev":"kind","t":"...","seq":N; without seq where that is 0 */
void begin_line(struct buffer *buffer, enum record_kind kind, uint64_t seq, int64_t wall_ns);
void end_line(struct buffer *buffer); /* } and a newline */

/* The member of a key of the tables. */
void put_key(struct buffer *buffer, const struct fact *key, const void *base);

#define SESSION_TUPLE_KEYS                                                                         \
    {"proto", .help = "tcp"}, {"family", .help = "inet or inet6"},                                 \
        {"laddr", .help = "local address"}, {"lport", .help = "local port"},                       \
        {"raddr", .help = "remote address"}, {"rport", .help = "remote port"},                     \
    {                                                                                              \
        "ifindex", .help = "interface it is bound to"                                              \
    }

/* The state of one session_write_frame. Its lines are numbered by ++state->seq. */
struct session_pass {
    struct buffer *buffer;
    struct session_state *state;
    const struct frame *frame;
    const struct session_view *view;
    struct column_context context;
    uint32_t rows, ghosts;
    uint32_t holders[SESSION_HOLDERS_MAX];
};

/* netns.c */
int session_write_namespaces(struct session_pass *pass);
void session_put_unread(struct buffer *buffer, const struct frame *frame);
int session_build_namespaces(const struct session_state *state, struct frame *frame);
/* proc.c */
int session_write_procs(struct session_pass *pass); /* and the numbers of groups and processes */
uint64_t session_proc_identity(const struct proc *proc);
uint32_t session_group_number(const struct session_pass *pass, uint32_t index);
void session_put_group(struct buffer *buffer, const struct session_state *state, uint32_t before,
                       uint32_t now);
/* flow.c: also lets flows fade in the state */
int session_write_flows(struct session_pass *pass);
int session_build_flows(const struct session_state *state, struct frame *frame);
/* facts.c: facts that differ from the state, as a member of the frame line; and back into a
 * frame */
void session_put_facts(const struct session_pass *pass);
int session_build_facts(const struct session_state *state, const struct session_frame *line,
                        struct frame *frame);
/* failure.c: before the facts, which update the state */
void session_write_failures(const struct session_pass *pass);
void session_build_failures(const struct call_failures *logged, bool traced, int64_t offset_ns,
                            struct call_failures *failures);
/* line.c */
void session_put_tuple(const struct session_pass *pass, uint32_t netns, const struct tuple *tuple);
/* row.c */
int session_write_rows(struct session_pass *pass);

#endif
