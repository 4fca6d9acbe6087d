/* Counts frames and events as they are read; memory grows with places and listeners, not with the
 * length of the log. */
#include "core/summary.h"

#include "base/grow.h"
#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 128u

void summary_init(struct summary *summary)
{
    memset(summary, 0, sizeof(*summary));
    summary->cursor = 1;
}

void summary_done(struct summary *summary)
{
    free(summary->places);
    free(summary->listeners);
    free(summary->bytes[0]);
    free(summary->bytes[1]);
    hash_index_done(&summary->place_index);
    map_done(&summary->listener_of);
    map_done(&summary->bytes_of[0]);
    map_done(&summary->bytes_of[1]);
}

/* --- places --- */

static bool listens(const struct summary *summary, uint16_t port)
{
    return summary->listens[port / 8] >> port % 8 & 1;
}

static uint32_t hash_place(const struct summary_place *place)
{
    const uint64_t seed = HASH_SEED + place->port * 2u + place->inbound + place->netns;
    return (uint32_t)hash_bytes(&place->remote, sizeof(place->remote), seed);
}

static bool same_place(const struct summary_place *a, const struct summary_place *b)
{
    return a->port == b->port && a->family == b->family && a->inbound == b->inbound &&
           a->netns == b->netns && addr_compare(&a->remote, &b->remote) == 0;
}

/* MAP_NONE: there are too many. 0 or -ENOMEM. */
static int place_of(struct summary *summary, const struct tuple *tuple, uint32_t netns,
                    bool inbound, uint32_t *found)
{
    const struct summary_place key = {.remote = tuple->remote,
                                      .port = inbound ? tuple->local_port : tuple->remote_port,
                                      .family = tuple->family,
                                      .inbound = inbound,
                                      .netns = netns};
    const uint32_t hash = hash_place(&key);
    struct hash_cursor cursor;

    for (*found = hash_index_first(&summary->place_index, hash, &cursor); *found != HASH_INDEX_NONE;
         *found = hash_index_next(&summary->place_index, &cursor))
        if (same_place(&summary->places[*found], &key))
            return 0;
    *found = MAP_NONE;
    if (summary->place_count == SUMMARY_PLACES_MAX)
        return 0;
    if (GROW(summary->places, summary->place_capacity, summary->place_count + 1) ||
        hash_index_add(&summary->place_index, hash, summary->place_count))
        return -ENOMEM;
    *found = summary->place_count++;
    summary->places[*found] = key;
    return 0;
}

static void name_place(struct summary_place *place, int32_t pid, const char *name)
{
    if (pid <= 0)
        return;
    place->several |= place->pid > 0 && place->pid != pid;
    place->pid = pid;
    snprintf(place->name, sizeof(place->name), "%s", name);
}

/* --- events --- */

static int take_open(struct summary *summary, const struct event *event)
{
    uint32_t place;

    summary->opened++;
    if (event->to == STATE_LISTEN || event->tuple.remote_port == 0)
        return 0;
    const bool inbound =
        event->to == STATE_SYN_RECEIVED || listens(summary, event->tuple.local_port);
    const int error = place_of(summary, &event->tuple, event->netns, inbound, &place);
    if (error)
        return error;
    if (place == MAP_NONE) {
        summary->elsewhere++;
        return 0;
    }
    summary->places[place].opens++;
    name_place(&summary->places[place], event->pid, event->name);
    return 0;
}

static int take_event(struct summary *summary, const struct event *event)
{
    switch (event->kind) {
    case EVENT_OPEN:
        return take_open(summary, event);
    case EVENT_STATE:
        summary->changed++;
        return 0;
    case EVENT_CLOSE:
        summary->closed++;
        return 0;
    case EVENT_NETNS:
        return 0;
    default:
        summary->lost += event->lost;
        return 0;
    }
}

static int take_events(struct summary *summary, struct event_ring *ring, uint64_t until)
{
    struct event events[BATCH];
    int error = 0;

    while (!error && summary->cursor < until) {
        uint64_t lost = 0;
        const uint32_t got = event_ring_read(ring, &summary->cursor, events, BATCH, &lost);
        summary->lost += lost;
        for (uint32_t i = 0; i < got && !error; i++)
            error = take_event(summary, &events[i]);
        if (got == 0)
            break;
    }
    return error;
}

int summary_take_rest(struct summary *summary, struct event_ring *ring)
{
    return take_events(summary, ring, event_ring_next(ring));
}

/* --- listeners --- */

static bool is_full(const struct conn *conn)
{
    const uint32_t known = conn->known & (KNOWN_QUEUES | KNOWN_NO_BACKLOG);
    return known == KNOWN_QUEUES && conn->send_queue > 0 && conn->receive_queue >= conn->send_queue;
}

/* The same listener as an earlier recording has it; NULL: there is none. */
static struct summary_listener *resume_listener(struct summary *summary, const struct conn *conn)
{
    for (uint32_t i = 0; summary->earlier_count && i < summary->listener_count; i++) {
        struct summary_listener *listener = &summary->listeners[i];
        if (listener->serial || listener->netns != conn->netns ||
            listener->port != conn->tuple.local_port || listener->family != conn->tuple.family ||
            addr_compare(&listener->local, &conn->tuple.local) != 0)
            continue;
        if (map_put(&summary->listener_of, conn->serial, i))
            return NULL;
        summary->earlier_count--;
        listener->serial = conn->serial;
        listener->pid = 0; /* another process may have it now */
        listener->drops_before = conn->drops;
        return listener;
    }
    return NULL;
}

static struct summary_listener *add_listener(struct summary *summary, const struct conn *conn)
{
    struct summary_listener *resumed = resume_listener(summary, conn);

    if (resumed)
        return resumed;
    if (GROW(summary->listeners, summary->listener_capacity, summary->listener_count + 1) ||
        map_put(&summary->listener_of, conn->serial, summary->listener_count))
        return NULL;
    struct summary_listener *listener = &summary->listeners[summary->listener_count++];
    *listener = (struct summary_listener){.serial = conn->serial,
                                          .local = conn->tuple.local,
                                          .port = conn->tuple.local_port,
                                          .family = conn->tuple.family,
                                          .netns = conn->netns,
                                          .drops_before = conn->drops};
    return listener;
}

/* The owner may be found later than the listener. */
static void name_listener(struct summary_listener *listener, const struct frame *frame,
                          const struct conn *conn)
{
    const struct proc *owner = listener->pid ? NULL : frame_owner(frame, conn);

    if (!owner)
        return;
    listener->pid = owner->pid;
    snprintf(listener->name, sizeof(listener->name), "%s", owner->comm);
}

static int take_listener(struct summary *summary, const struct frame *frame,
                         const struct conn *conn, int64_t passed_ns)
{
    const uint32_t at = map_find(&summary->listener_of, conn->serial);
    struct summary_listener *listener =
        at == MAP_NONE ? add_listener(summary, conn) : &summary->listeners[at];

    if (!listener)
        return -ENOMEM;
    name_listener(listener, frame, conn);
    if ((conn->known & KNOWN_DROPS) && conn->drops >= listener->drops_before)
        listener->drops += conn->drops - listener->drops_before;
    listener->drops_before = conn->drops;
    if (!is_full(conn))
        return 0;
    listener->full_ns += passed_ns;
    if (!listener->full_first_ns)
        listener->full_first_ns = frame->wall_ns;
    if (conn->receive_queue > listener->queue) {
        listener->queue = conn->receive_queue;
        listener->backlog = conn->send_queue;
        listener->queue_ns = frame->wall_ns;
    }
    return 0;
}

/* --- bytes --- */

/* Counters that decreased belong to another connection. */
static uint64_t grown(uint64_t after, uint64_t before)
{
    return after >= before ? after - before : 0;
}

/* Created since this recording began: all that it has sent is within the log. What other new rows
 * have sent (of a first frame, of a network namespace that is read for the first time) may have been
 * before. */
static bool began_within(const struct summary *summary, const struct frame *frame,
                         const struct conn *conn)
{
    const int64_t recorded_ns = frame->mono_ns - summary->recording_mono_ns;

    return (conn->known & KNOWN_CREATED_MIN) &&
           frame->wall_ns - conn->created_min_ns <= recorded_ns;
}

/* Adds what a row sent and retransmitted since the last frame. */
static int take_bytes(struct summary *summary, const struct frame *frame, const struct conn *conn)
{
    struct summary_bytes **rows = summary->bytes;
    const uint8_t now = summary->now, before = !now;
    const uint32_t at = map_find(&summary->bytes_of[before], conn->serial);
    struct summary_bytes bytes = {conn->bytes_sent, conn->bytes_retrans, MAP_NONE};

    if (at == MAP_NONE) {
        const int error = place_of(summary, &conn->tuple, conn->netns,
                                   listens(summary, conn->tuple.local_port), &bytes.place);
        if (error)
            return error;
    } else {
        bytes.place = rows[before][at].place;
    }
    if (bytes.place != MAP_NONE && (at != MAP_NONE || began_within(summary, frame, conn))) {
        struct summary_place *place = &summary->places[bytes.place];
        const struct proc *owner = bytes.retrans ? frame_owner(frame, conn) : NULL;
        place->sent_bytes += grown(bytes.sent, at == MAP_NONE ? 0 : rows[before][at].sent);
        place->retrans_bytes += grown(bytes.retrans, at == MAP_NONE ? 0 : rows[before][at].retrans);
        if (owner)
            name_place(place, owner->pid, owner->comm);
    }
    if (GROW(rows[now], summary->bytes_capacity[now], summary->bytes_count + 1) ||
        map_put(&summary->bytes_of[now], conn->serial, summary->bytes_count))
        return -ENOMEM;
    rows[now][summary->bytes_count++] = bytes;
    return 0;
}

/* --- frames --- */

static void raise_range(struct summary_range *range, uint32_t count, int64_t wall_ns, bool first)
{
    if (first || count < range->least.count)
        range->least = (struct summary_count){count, wall_ns};
    if (first || count > range->most.count)
        range->most = (struct summary_count){count, wall_ns};
    range->last = count;
}

static void take_totals(struct summary *summary, const struct frame *frame)
{
    const struct totals *totals = &frame->totals;
    const bool first = summary->frames == 1;

    raise_range(&summary->all, frame->live_count, frame->wall_ns, first);
    for (int state = STATE_CLOSED; state < STATE_DELETE_TCB; state++)
        raise_range(&summary->states[state], totals->states[state], frame->wall_ns, first);
    if (first)
        return;
    summary->in_bytes += totals->in_interval;
    summary->out_bytes += totals->out_interval;
    summary->sent_bytes += totals->sent_interval;
    summary->retrans_bytes += totals->retrans_interval;
}

static void take_ports(struct summary *summary, const struct frame *frame)
{
    memset(summary->listens, 0, sizeof(summary->listens));
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const uint16_t port = frame->conns[i].tuple.local_port;
        if (frame->conns[i].state == STATE_LISTEN)
            summary->listens[port / 8] |= (uint8_t)(1u << port % 8);
    }
}

static int take_rows(struct summary *summary, const struct frame *frame, int64_t passed_ns)
{
    int error = 0;

    summary->now = !summary->now;
    summary->bytes_count = 0;
    map_clear(&summary->bytes_of[summary->now]);
    for (uint32_t i = 0; i < frame->conn_count && !error; i++) {
        const struct conn *conn = &frame->conns[i];
        if (conn->state == STATE_LISTEN)
            error = take_listener(summary, frame, conn, passed_ns);
        else if ((conn->known & KNOWN_BYTES_OUT) && conn->tuple.remote_port)
            error = take_bytes(summary, frame, conn);
    }
    return error;
}

void summary_begin_recording(struct summary *summary)
{
    summary->is_recording = false;
    summary->bytes_count = 0;
    map_clear(&summary->bytes_of[0]);
    map_clear(&summary->bytes_of[1]);
    map_clear(&summary->listener_of);
    for (uint32_t i = 0; i < summary->listener_count; i++)
        summary->listeners[i].serial = 0;
    summary->earlier_count = summary->listener_count;
}

int summary_take(struct summary *summary, const struct frame *frame, struct event_ring *ring)
{
    const bool goes_on = summary->is_recording && frame->mono_ns > summary->mono_ns;
    const int64_t passed_ns = goes_on ? frame->mono_ns - summary->mono_ns : 0;

    if (summary->frames++ == 0) {
        summary->first_ns = frame->wall_ns;
        snprintf(summary->host, sizeof(summary->host), "%s", frame->host ? frame->host : "");
    }
    if (!summary->is_recording)
        summary->recording_mono_ns = frame->mono_ns;
    summary->is_recording = true;
    summary->last_ns = frame->wall_ns;
    summary->mono_ns = frame->mono_ns;
    summary->frames_with_gaps += (frame->missing.reasons & MISSING_LOG) != 0;
    if (passed_ns > summary->longest_ns)
        summary->longest_ns = passed_ns;
    take_totals(summary, frame);
    take_ports(summary, frame);
    const int error = take_events(summary, ring, frame->next_event);
    return error ? error : take_rows(summary, frame, passed_ns);
}

/* --- the most of them --- */

static uint64_t value_of(const struct summary_place *place, enum summary_order order)
{
    return order == SUMMARY_BY_OPENS ? place->opens : place->retrans_bytes;
}

size_t summary_top(const struct summary *summary, enum summary_order order,
                   const struct summary_place **top, size_t most)
{
    size_t count = 0;

    for (uint32_t i = 0; i < summary->place_count; i++) {
        const struct summary_place *place = &summary->places[i];
        size_t at = count;
        if (value_of(place, order) == 0)
            continue;
        while (at > 0 && value_of(top[at - 1], order) < value_of(place, order))
            at--;
        if (at == most)
            continue;
        count += count < most;
        memmove(&top[at + 1], &top[at], (count - at - 1) * sizeof(*top));
        top[at] = place;
    }
    return count;
}

static bool is_worse(const struct summary_listener *a, const struct summary_listener *b)
{
    return a->full_ns != b->full_ns ? a->full_ns > b->full_ns : a->drops > b->drops;
}

size_t summary_listeners(const struct summary *summary, const struct summary_listener **top,
                         size_t most)
{
    size_t count = 0;

    for (uint32_t i = 0; i < summary->listener_count; i++) {
        const struct summary_listener *listener = &summary->listeners[i];
        size_t at = count;
        if (!listener->full_first_ns && listener->drops == 0)
            continue;
        while (at > 0 && is_worse(listener, top[at - 1]))
            at--;
        if (at == most)
            continue;
        count += count < most;
        memmove(&top[at + 1], &top[at], (count - at - 1) * sizeof(*top));
        top[at] = listener;
    }
    return count;
}
