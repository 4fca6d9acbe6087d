/* Emits events for what a frame shows. track decides which. */
#include "core/frame_events.h"

#include "core/counters.h"
#include "core/event_facts.h"

#include <stdio.h>

static struct event event_of(const struct emitter *emitter, enum event_kind kind,
                             const struct conn *conn)
{
    struct event event = {.wall_ns = emitter->next->wall_ns,
                          .mono_ns = emitter->next->mono_ns,
                          .kind = (uint8_t)kind,
                          .origin = EVENT_FROM_FRAME,
                          .cookie = conn->cookie,
                          .serial = conn->serial,
                          .netns = conn->netns,
                          .uid = (conn->known & KNOWN_UID) ? conn->uid : UINT32_MAX,
                          .cgroup_id = (conn->known & KNOWN_CGROUP) ? conn->cgroup_id : 0,
                          .tuple = conn->tuple};
    return event;
}

static void set_totals_if_known(struct event *event, const struct conn *conn)
{
    if (conn->known & KNOWN_BYTES)
        event_set_totals(event, conn);
}

static void push(const struct emitter *emitter, const struct event *event)
{
    if (emitter->ring)
        event_ring_push(emitter->ring, event);
}

static void emit_netns(const struct emitter *emitter, const struct frame_netns *netns, bool left)
{
    struct event event = {.wall_ns = emitter->next->wall_ns,
                          .mono_ns = emitter->next->mono_ns,
                          .kind = EVENT_NETNS,
                          .origin = EVENT_FROM_FRAME,
                          .uid = UINT32_MAX,
                          .netns = netns->key,
                          .left = left};

    snprintf(event.text, sizeof(event.text), "%.*s", (int)sizeof(event.text) - 1, netns->name);
    push(emitter, &event);
}

/* A key is an inode number, which may have been reused. */
static bool has_netns(const struct frame *frame, const struct frame *of, uint32_t key)
{
    return frame_find_netns(frame, key) && frame_same_netns(frame, of, key);
}

void emit_netns_appeared(const struct emitter *emitter)
{
    const struct frame *previous = emitter->previous, *next = emitter->next;

    if (!previous || !previous->namespace_count)
        return; /* what was shown before is unknown */
    for (uint32_t i = 0; i < next->namespace_count; i++)
        if (!has_netns(previous, next, next->namespaces[i].key))
            emit_netns(emitter, &next->namespaces[i], false);
}

void emit_netns_ended(const struct emitter *emitter)
{
    const struct frame *previous = emitter->previous, *next = emitter->next;

    for (uint32_t i = 0; previous && i < previous->namespace_count; i++)
        if (!has_netns(next, previous, previous->namespaces[i].key))
            emit_netns(emitter, &previous->namespaces[i], true);
}

void emit_open(const struct emitter *emitter, const struct conn *conn)
{
    struct event event = event_of(emitter, EVENT_OPEN, conn);
    event.to = conn->state;
    event_set_owner(&event, emitter->next, conn);
    push(emitter, &event);
}

void emit_state(const struct emitter *emitter, const struct conn *before, const struct conn *conn,
                uint8_t from, const int64_t *since_ns)
{
    struct event event = event_of(emitter, EVENT_STATE, conn);
    event.from = from;
    event.to = conn->state;
    event.polled_jump = !state_may_follow((enum tcp_state)from, (enum tcp_state)conn->state);
    if (since_ns && *since_ns > event.wall_ns) { /* reported by an event during the dump */
        event.mono_ns += *since_ns - event.wall_ns;
        event.wall_ns = *since_ns;
    }
    if (since_ns)
        event_set_duration(&event, event.wall_ns - *since_ns);
    /* A minisock has no counters: the final ones are part of this transition. */
    if (before && !(conn->known & KNOWN_BYTES))
        set_totals_if_known(&event, before);
    event_set_owner(&event, emitter->next, conn);
    if (!event.pid && before)
        event_set_owner(&event, emitter->previous, before);
    push(emitter, &event);
}

void emit_close(const struct emitter *emitter, const struct frame *frame, const struct conn *conn,
                uint8_t from)
{
    struct event event = event_of(emitter, EVENT_CLOSE, conn);
    const struct frame *next = emitter->next;
    const int64_t doubt_ns = emitter->elapsed_ns + next->dump_ns + 2 * emitter->tick_ns;

    event.from = from;
    event.to = STATE_DELETE_TCB;
    set_totals_if_known(&event, conn);
    event_set_owner(&event, frame, conn);
    event_set_birth(&event, conn, frame_time_of(frame, next->wall_ns, next->mono_ns), doubt_ns);
    push(emitter, &event);
}
