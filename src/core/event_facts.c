#include "core/event_facts.h"

#include <string.h>

#define AGE_SHARE 100

void event_set_owner(struct event *event, const struct frame *frame, const struct conn *conn)
{
    if (conn->owner_word != OWNER_PROCESS && conn->owner_word != OWNER_LAST)
        return;
    const struct proc *proc = frame_owner(frame, conn);
    if (!proc)
        return;
    event->pid = proc->pid;
    event->owner_start_ticks = proc->start_ticks;
    /* Names fit (event.h), so none is truncated within a character. */
    const size_t length = strlen(proc->comm);
    if (length < sizeof(event->name))
        memcpy(event->name, proc->comm, length + 1);
}

void event_set_totals(struct event *event, const struct conn *conn)
{
    event->has_totals = 1;
    event->in_bytes = conn->in_bytes;
    event->out_bytes = conn_out_bytes(conn);
    event->rtt_us = conn->rtt_us;
    event->retrans = conn->retrans;
}

void event_set_duration(struct event *event, int64_t duration_ns)
{
    event->has_duration = 1;
    event->duration_ns = duration_ns > 0 ? duration_ns : 0;
}

void event_set_birth(struct event *event, const struct conn *conn, int64_t now_ns, int64_t doubt_ns)
{
    const uint32_t both = KNOWN_CREATED_MIN | KNOWN_CREATED_MAX;
    const int64_t set_ns = event->wall_ns - now_ns; /* how far the clock was set since that frame */

    if (conn->known & KNOWN_CREATED_MIN)
        event->created_min_ns = conn->created_min_ns + set_ns;
    if (conn->known & KNOWN_CREATED_MAX)
        event->created_max_ns = conn->created_max_ns + set_ns;
    if ((conn->known & both) != both)
        return;
    const int64_t age_ns = now_ns - conn->created_max_ns;
    const int64_t apart_ns = conn->created_max_ns - conn->created_min_ns;
    if ((conn->known & KNOWN_OPENED) || apart_ns <= doubt_ns || apart_ns <= age_ns / AGE_SHARE)
        event_set_duration(event, age_ns);
}

void event_set_born(struct event *event, int64_t created_ns)
{
    event->created_min_ns = event->created_max_ns = created_ns;
    event_set_duration(event, event->wall_ns - created_ns);
}
