/* event_row: an event as a row of a frame of its own. */
#include "core/event_row.h"

#include <string.h>

static bool is_process_of(const struct proc *proc, const struct event *event)
{
    return proc && proc->pid == event->pid &&
           (!event->owner_start_ticks || proc->start_ticks == event->owner_start_ticks);
}

static bool is_held_by_owner(const struct frame *base, const struct conn *conn,
                             const struct event *event)
{
    if (conn->owner_word != OWNER_PROCESS)
        return false;
    for (uint32_t i = 0; i < conn->owner_count; i++)
        if (is_process_of(frame_holder(base, conn, i), event))
            return true;
    return false;
}

/* Units and executables are those of the process in base. */
static void fill_owner(struct event_row *row, const struct event *event, const struct frame *base)
{
    const struct proc *known = base ? frame_find_host_proc(base, event->host, event->pid) : NULL;

    if (is_process_of(known, event)) {
        row->proc = *known;
        row->conn.group = known->group;
        row->conn.unit_from = UNIT_FROM_PROCESS;
    } else {
        row->proc = (struct proc){.pid = event->pid,
                                  .start_ticks = event->owner_start_ticks,
                                  .uid = event->uid,
                                  .group = CONN_NO_INDEX,
                                  .cpu_permille = UINT32_MAX,
                                  .comm = event->name,
                                  .exe = "",
                                  .command_line = "",
                                  .title = ""};
    }
    row->conn.owner_word = OWNER_PROCESS;
    row->conn.owner = row->conn.owners = 0;
    row->conn.owner_count = 1;
    row->frame.procs = &row->proc;
    row->frame.proc_count = 1;
    row->frame.owner_refs = &row->owner_ref;
    row->frame.owner_ref_count = 1;
}

static uint8_t mark_of(uint8_t kind)
{
    if (kind == EVENT_OPEN)
        return MARK_OPENED;
    return kind == EVENT_CLOSE ? MARK_CLOSED : MARK_CHANGED;
}

static void fill_creation(struct conn *conn, const struct event *event)
{
    int64_t min_ns = event->created_min_ns, max_ns = event->created_max_ns;

    if (event->kind == EVENT_OPEN && event->exact)
        min_ns = max_ns = event->wall_ns;
    else if (event->kind == EVENT_CLOSE && event->has_duration && !max_ns) /* a log before 1.3 */
        min_ns = max_ns = event->wall_ns - event->duration_ns;
    if (min_ns) {
        conn->known |= KNOWN_CREATED_MIN;
        conn->created_min_ns = min_ns;
    }
    if (max_ns) {
        conn->known |= KNOWN_CREATED_MAX;
        conn->created_max_ns = max_ns;
    }
}

/* The time spent in the state that was left; if unknown, the row's, if it is still in that
 * state. */
static void fill_times(struct conn *conn, const struct event *event, const struct conn *row)
{
    conn->changed_ns = event->wall_ns;
    if (event->kind == EVENT_STATE && event->has_duration) {
        conn->known |= KNOWN_STATE_SINCE;
        conn->state_since_ns = event->wall_ns - event->duration_ns;
    } else if (!row || row->state != event->from) {
        conn->known &= ~(uint32_t)KNOWN_STATE_SINCE;
        conn->state_since_ns = 0;
    }
    fill_creation(conn, event);
}

static void fill_totals(struct conn *conn, const struct event *event)
{
    conn->known |= KNOWN_BYTES_IN | KNOWN_BYTES_OUT | KNOWN_INFO;
    conn->in_bytes = event->in_bytes;
    conn->bytes_sent = event->out_bytes;
    conn->bytes_retrans = 0;
    conn->retrans = event->retrans;
    if (event->rtt_us) {
        conn->known |= KNOWN_RTT;
        conn->rtt_us = event->rtt_us;
    }
}

static void fill_facts(struct conn *conn, const struct event *event)
{
    if (event->cookie)
        conn->cookie = event->cookie;
    if (event->netns)
        conn->netns = event->netns;
    conn->tuple = event->tuple;
    conn->serial = event->serial;
    conn->state = event->to;
    conn->from = event->from;
    conn->mark = mark_of(event->kind);
    if (event->uid != UINT32_MAX) {
        conn->known |= KNOWN_UID;
        conn->uid = event->uid;
    }
    if (event->has_totals)
        fill_totals(conn, event);
}

static void borrow(struct frame *frame, const struct frame *base)
{
    frame->host = base->host;
    frame->source = base->source;
    frame->procs = base->procs;
    frame->proc_count = base->proc_count;
    frame->owner_refs = base->owner_refs;
    frame->owner_ref_count = base->owner_ref_count;
    frame->details = base->details;
    frame->detail_count = base->detail_count;
    frame->groups = base->groups;
    frame->group_count = base->group_count;
    frame->users = base->users;
    frame->user_count = base->user_count;
    frame->interfaces = base->interfaces;
    frame->interface_count = base->interface_count;
    frame->namespaces = base->namespaces;
    frame->namespace_count = base->namespace_count;
    frame->hosts = base->hosts;
    frame->host_count = base->host_count;
}

void event_row_fill(struct event_row *row, const struct event *event, const struct frame *base,
                    const struct conn *conn)
{
    static const struct conn NOTHING = {.owner = CONN_NO_INDEX,
                                        .owners = CONN_NO_INDEX,
                                        .group = CONN_NO_INDEX,
                                        .detail = CONN_NO_INDEX};

    memset(row, 0, sizeof *row);
    row->conn = conn ? *conn : NOTHING;
    if (conn && base) /* the clock may have been set in between */
        conn_move_times(&row->conn,
                        event->wall_ns - frame_time_of(base, event->wall_ns, event->mono_ns));
    row->frame.host = row->frame.source = "";
    if (base)
        borrow(&row->frame, base);
    fill_facts(&row->conn, event);
    fill_times(&row->conn, event, conn);
    if (event->pid && !(conn && is_held_by_owner(base, conn, event)))
        fill_owner(row, event, base);
    row->frame.conns = &row->conn;
    row->frame.conn_count = 1;
    row->frame.live_count = event->kind == EVENT_CLOSE ? 0 : 1;
    row->frame.wall_ns = event->wall_ns;
    row->frame.mono_ns = event->mono_ns;
}
