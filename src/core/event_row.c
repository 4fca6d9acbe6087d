/* event_row: an event as a row of a frame of its own. */
#include "core/event_row.h"

#include <string.h>

/* Units and executables are those of the process as base still knows it. */
static void fill_owner(struct event_row *row, const struct event *event, const struct frame *base)
{
    const struct proc *known = base && event->pid ? frame_find_proc(base, event->pid) : NULL;

    row->conn.owner = row->conn.group = CONN_NO_INDEX;
    if (known && (!event->owner_start_ticks || known->start_ticks == event->owner_start_ticks)) {
        row->proc = *known;
        row->conn.group = known->group;
    } else {
        row->proc = (struct proc){.pid = event->pid,
                                  .start_ticks = event->owner_start_ticks,
                                  .uid = event->uid,
                                  .group = CONN_NO_INDEX,
                                  .cpu_permille = UINT32_MAX,
                                  .comm = event->name,
                                  .exe = "",
                                  .command_line = ""};
    }
    if (!event->pid)
        return;
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

static void fill_facts(struct conn *conn, const struct event *event)
{
    conn->cookie = event->cookie;
    conn->tuple = event->tuple;
    conn->netns = event->netns;
    conn->serial = event->serial;
    conn->state = event->to;
    conn->from = event->from;
    conn->mark = mark_of(event->kind);
    conn->changed_ns = event->wall_ns;
    conn->detail = CONN_NO_INDEX;
    if (event->uid != UINT32_MAX) {
        conn->known |= KNOWN_UID;
        conn->uid = event->uid;
    }
    if (!event->has_totals)
        return;
    conn->known |= KNOWN_BYTES_IN | KNOWN_BYTES_OUT | KNOWN_INFO;
    conn->in_bytes = event->in_bytes;
    conn->bytes_sent = event->out_bytes;
    conn->retrans = event->retrans;
    if (event->rtt_us) {
        conn->known |= KNOWN_RTT;
        conn->rtt_us = event->rtt_us;
    }
}

void event_row_fill(struct event_row *row, const struct event *event, const struct frame *base)
{
    memset(row, 0, sizeof *row);
    fill_facts(&row->conn, event);
    fill_owner(row, event, base);
    row->frame.conns = &row->conn;
    row->frame.conn_count = 1;
    row->frame.live_count = event->kind == EVENT_CLOSE ? 0 : 1;
    row->frame.wall_ns = event->wall_ns;
    row->frame.mono_ns = event->mono_ns;
    row->frame.host = base ? base->host : "";
    row->frame.source = base ? base->source : "";
    if (!base)
        return;
    row->frame.users = base->users;
    row->frame.user_count = base->user_count;
    row->frame.interfaces = base->interfaces;
    row->frame.interface_count = base->interface_count;
    row->frame.groups = base->groups;
    row->frame.group_count = base->group_count;
}
