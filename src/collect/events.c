/* events: the events thread and the lock under which transitions become events, in the ring and as
 * notes for track. Independent of dumps and diffs; core/lifecycle.c decides what a transition
 * means. */
#include "collect/events.h"

#include "base/clock.h"
#include "base/wake.h"
#include "base/worker.h"
#include "collect/news.h"
#include "core/late_ends.h"
#include "core/lifecycle.h"
#include "core/pending_events.h"
#include "core/port_set.h"
#include "source/bpf/bpf.h"
#include "source/netns/destroy.h"
#include "source/privilege.h"
#include "source/row_index.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAP_MS          2       /* between two drains while each finds something */
#define ACCEPT_MS       20      /* for accept() to name the owner of a connection */
#define BATCH           64u     /* transitions handled before the lock is released */
#define ENDS_MOST       4096u   /* handled before a frame continues */
#define NOTES_MOST      262144u /* noted for track before a frame is due */
#define OURS_ONLY       " (ends of our own network namespace only)"
#define LIFECYCLES_MOST 65536u /* remembered before those that are in a frame are forgotten */

/* The rows of a frame, found by cookie at the first look-up. */
struct rows {
    struct frame *frame;
    struct row_index index;
    struct port_set listening;
    bool indexed;
};

struct events {
    struct events_settings settings;
    struct worker worker; /* woken when the first frame is tracked */

    atomic_bool frame_waits; /* a frame waits for the lock: drains must release it */

    pthread_mutex_t lock; /* guards what follows, and track with its notes */
    struct netns netns;   /* ours */
    bool began;           /* a frame was tracked */
    struct bpf *bpf;      /* at most one of the two */
    struct destroy *destroy;
    struct lifecycles *lifecycles;
    struct late_ends *late_ends; /* of destroy */
    struct pending_events pending;
    struct rows latest; /* the frame tracked last */
    struct rows coming; /* the frame being tracked */
    int64_t all_ns;     /* monotonic: of the last frame for which all rows were read */
    uint64_t lost;      /* since the session began */
    /* ends of connections in namespaces that no frame listed, since the last one */
    uint64_t unlisted;
    uint64_t dropped;        /* beyond settings.kept, since the last frame */
    uint32_t noted, emitted; /* since the last frame; since the last notification */
    uint32_t touched[EVENTS_TOUCHED_MOST], touched_count;
    bool forget; /* transitions were lost: what is remembered may be wrong */
    struct news news;
    const char *source; /* "bpf", "destroy", "none"; NULL: not decided yet */
    char why[BPF_TEXT_SIZE + 64];
};

int events_new(struct events **events, const struct events_settings *settings)
{
    struct events *made = calloc(1, sizeof(*made));
    char why[BPF_TEXT_SIZE] = "";
    if (!made)
        return -ENOMEM;
    made->settings = *settings;
    if (!made->settings.kept)
        made->settings.kept = EVENTS_KEPT_DEFAULT;
    netns_own(&made->netns);
    pthread_mutex_init(&made->lock, NULL);
    made->lifecycles = lifecycles_new();
    made->late_ends = late_ends_new();
    int error = worker_init(&made->worker);
    if (!error && (!made->lifecycles || !made->late_ends))
        error = -ENOMEM;
    if (!error && settings->source == EVENTS_BPF) {
        error = bpf_open(&made->bpf, &made->netns, settings->every_netns, why);
        if (error && settings->why)
            snprintf(settings->why, EVENTS_WHY_MAX, "--events bpf: %s", why);
    }
    if (error) {
        events_free(made);
        return error;
    }
    *events = made;
    return 0;
}

void events_free(struct events *events)
{
    if (!events)
        return;
    worker_done(&events->worker);
    bpf_close(events->bpf);
    destroy_close(events->destroy);
    lifecycles_free(events->lifecycles);
    late_ends_free(events->late_ends);
    news_done(&events->news);
    frame_release(events->latest.frame);
    row_index_done(&events->coming.index);
    row_index_done(&events->latest.index);
    pthread_mutex_destroy(&events->lock);
    free(events);
}

/* --- emitting; all under the lock --- */

static bool rows_is_listening(const struct rows *rows, uint16_t port)
{
    return rows->indexed && port_set_has(&rows->listening, port);
}

static const struct conn *rows_find(struct rows *rows, const struct event *event)
{
    const struct frame *frame = rows->frame;
    if (!frame || !event->cookie)
        return NULL;
    if (!rows->indexed) {
        if (row_index_fill(&rows->index, frame->conns, frame->live_count))
            return NULL;
        port_set_of_listeners(&rows->listening, rows->frame);
        rows->indexed = true;
    }
    const uint32_t row = row_index_find(&rows->index, frame->conns, event->cookie);
    return row != CONN_NO_INDEX && frame->conns[row].netns == event->netns ? &frame->conns[row]
                                                                           : NULL;
}

static void emit(struct events *events, const struct event *event)
{
    event_ring_push(events->settings.ring, event);
    track_note_event(events->settings.track, event);
    events->noted++;
    events->emitted++;
}

static void emit_lost(struct events *events, enum event_origin origin, uint64_t lost,
                      const char *why)
{
    struct event event = {.kind = EVENT_LOST,
                          .origin = (uint8_t)origin,
                          .wall_ns = clock_wall_ns(),
                          .mono_ns = clock_mono_ns(),
                          .uid = UINT32_MAX,
                          .lost = lost};
    snprintf(event.text, sizeof(event.text), "%s", why);
    event_ring_push(events->settings.ring, &event);
    events->emitted++;
}

/* Lost transitions may have ended sockets that are remembered. */
static void lose(struct events *events, enum event_origin origin, uint64_t lost, const char *why)
{
    emit_lost(events, origin, lost, why);
    events->lost += lost;
    events->forget = true;
    events->news.is_whole = false;
}

/* An end that a frame has reported already, or of a socket that never was a connection. A
 * disconnected one keeps its remote address, but not the port. */
static bool is_known_end(struct events *events, const struct transition *transition)
{
    const struct tuple *tuple = &transition->event.tuple;
    return tuple->local_port == 0 || addr_is_zero(&tuple->remote) ||
           late_ends_take(events->late_ends, transition->event.netns, transition->event.cookie);
}

/* Its destroy message has come: when the row closes later, none is expected. */
static void note_ended(struct events *events, const struct transition *transition, bool is_shown)
{
    if (is_shown || transition->event.to != STATE_DELETE_TCB)
        late_ends_add(events->late_ends, transition->event.netns, transition->event.cookie);
}

/* --- connections that are not accepted yet --- */

static void emit_pending(struct events *events, uint32_t netns, uint64_t cookie)
{
    const struct shown nothing = {0};
    struct event event;
    while (pending_events_take(&events->pending, netns, cookie, &event)) {
        lifecycles_set_owner(events->lifecycles, &nothing, &event);
        emit(events, &event);
    }
}

/* Not accepted in time, by what happened before drained_ns: of later the owner may be in the ring. */
static void emit_overdue(struct events *events, int64_t drained_ns)
{
    const int64_t before_ns = drained_ns - ACCEPT_MS * MILLISECOND_NS;
    struct event event;
    while (pending_events_any(&events->pending) &&
           pending_events_take_oldest(&events->pending, before_ns, &event))
        emit(events, &event);
}

/* Before a frame shows them: it has the owner, or there is none yet. */
static void emit_shown(struct events *events, struct frame *next)
{
    struct event event;
    events->coming.frame = next;
    events->coming.indexed = false;
    while (pending_events_take_oldest(&events->pending, INT64_MAX, &event)) {
        const struct shown shown = {next, rows_find(&events->coming, &event)};
        lifecycles_set_owner(events->lifecycles, &shown, &event);
        emit(events, &event);
    }
}

/* Its opening would have no owner: the third segment opens it, accept() comes later. */
static bool is_to_be_accepted(const struct transition *transition, const struct event *event)
{
    return transition->event.from == STATE_SYN_RECEIVED &&
           transition->event.to == STATE_ESTABLISHED && !event->pid;
}

/* A frame of some classes or of a filter may lack the listener. */
static bool was_accepted(struct events *events, const struct tuple *tuple)
{
    return rows_is_listening(&events->latest, tuple->local_port) ||
           (events->destroy && destroy_has_listener(events->destroy, tuple));
}

static void take_transition(struct events *events, const struct transition *seen)
{
    struct event emitted[LIFE_EVENTS_MAX];
    const struct shown shown = {events->latest.frame, rows_find(&events->latest, &seen->event)};
    struct transition transition = *seen;
    struct socket_end end;

    if ((transition.signs & LIFE_SEQUENCE) && was_accepted(events, &transition.event.tuple))
        transition.signs |= LIFE_FIN; /* the SYN was the peer's */
    if (lifecycles_end(events->lifecycles, &transition, &shown, &end))
        track_note_end(events->settings.track, &end);
    if ((transition.signs & LIFE_ENDED) && !shown.conn && is_known_end(events, &transition))
        return;
    if (transition.signs & LIFE_ENDED)
        note_ended(events, &transition, shown.conn != NULL);
    emit_pending(events, transition.event.netns, transition.event.cookie);
    const uint32_t count = lifecycles_apply(events->lifecycles, &transition, &shown, emitted);
    const bool hold = count > 0 && is_to_be_accepted(&transition, emitted) &&
                      pending_events_room(&events->pending) >= count;
    for (uint32_t i = 0; i < count; i++) {
        if (!hold || !pending_events_add(&events->pending, &emitted[i]))
            emit(events, &emitted[i]);
    }
}

/* It is of a namespace that frames show. Earlier events of a namespace are reported by the first
 * frame that shows it. */
static bool is_of_shown_netns(const struct events *events, const struct transition *seen)
{
    const struct frame *latest = events->latest.frame;
    const uint32_t key = seen->event.netns;
    const struct frame_netns *netns = latest ? frame_find_netns(latest, key) : NULL;

    return netns && netns->read_ns &&
           (!seen->netns_cookie || !netns->cookie || seen->netns_cookie == netns->cookie);
}

static void touch(struct events *events, uint32_t netns)
{
    for (uint32_t i = events->touched_count; i-- > 0;)
        if (events->touched[i] == netns)
            return;
    if (events->touched_count < EVENTS_TOUCHED_MOST)
        events->touched[events->touched_count++] = netns;
}

static void note_news(struct events *events, uint64_t cookie, const struct tuple *tuple)
{
    if (events->settings.news)
        news_add(&events->news, cookie, tuple);
}

static bool is_end_of_connection(const struct event *event)
{
    return event->to == STATE_CLOSED && event->from != STATE_CLOSED && event->from != STATE_LISTEN;
}

static void on_transition(void *context, const struct transition *seen)
{
    struct events *events = context;
    note_news(events, seen->event.cookie, &seen->event.tuple);
    if (events->settings.every_netns) {
        touch(events, seen->event.netns);
        if (!is_of_shown_netns(events, seen)) {
            events->unlisted += events->latest.frame && is_end_of_connection(&seen->event);
            return;
        }
    }
    if (events->noted < events->settings.kept)
        take_transition(events, seen);
    else
        events->dropped++;
}

static void on_owner(void *context, uint32_t netns, uint64_t cookie, int32_t pid,
                     uint64_t start_ticks, const char name[LIFE_NAME_MAX])
{
    struct events *events = context;
    note_news(events, cookie, NULL);
    lifecycles_set_holder(events->lifecycles, netns, cookie, pid, start_ticks, name);
    emit_pending(events, netns, cookie);
}

/* At most `most` transitions, and none of bpf later than until_ns. */
static int drain(struct events *events, uint32_t most, int64_t until_ns)
{
    const struct bpf_sink sink = {on_transition, on_owner, events};
    uint32_t overruns = 0;
    uint64_t lost = 0;
    int handled = 0;

    if (events->source && events->bpf)
        handled = bpf_drain(events->bpf, &sink, most, until_ns, &lost);
    else if (events->destroy)
        handled = destroy_drain(events->destroy, on_transition, events, most, &overruns);
    if (lost)
        lose(events, EVENT_FROM_BPF, lost, "bpf ring full");
    if (overruns)
        lose(events, EVENT_FROM_DESTROY, overruns, "receive buffer full");
    return handled;
}

/* --- the collector's side --- */

uint32_t events_take_touched(struct events *events, uint32_t netns[EVENTS_TOUCHED_MOST])
{
    pthread_mutex_lock(&events->lock);
    const uint32_t count = events->touched_count;
    memcpy(netns, events->touched, count * sizeof(*netns));
    events->touched_count = 0;
    pthread_mutex_unlock(&events->lock);
    return count;
}

/* Everything that the dump can have seen happened before now. Later ends are recognised as known,
 * so the number drained need not be exact. */
static void drain_for_frame(struct events *events)
{
    const uint32_t most = events->bpf ? 0 : ENDS_MOST;
    drain(events, most, clock_mono_ns());
}

void events_take_news(struct events *events, struct events_news *news)
{
    atomic_store(&events->frame_waits, true);
    pthread_mutex_lock(&events->lock);
    atomic_store(&events->frame_waits, false);
    drain_for_frame(events);
    const int64_t since_ns = lifecycles_waiting_since(events->lifecycles, events->all_ns);
    *news = (struct events_news){.list = events->news.list,
                                 .count = events->news.count,
                                 .is_whole = events->news.is_whole,
                                 .waits_ns = since_ns ? clock_mono_ns() - since_ns : 0};
    news_restart(&events->news, events->source && events->bpf);
    pthread_mutex_unlock(&events->lock);
}

/* Openings that waited for their port, which the next frame shows. */
static void emit_opened(struct events *events, const struct frame *next)
{
    struct event event;
    for (uint32_t i = 0; i < next->live_count && lifecycles_waiting(events->lifecycles); i++) {
        const uint8_t state = next->conns[i].state;
        if ((state == STATE_SYN_SENT || state == STATE_LISTEN) &&
            lifecycles_take_shown(events->lifecycles, &next->conns[i], &event))
            emit(events, &event);
    }
}

/* Connections that ended in a namespace before a frame listed it: only counted here. */
static void emit_unlisted(struct events *events)
{
    if (events->unlisted && events->settings.all_netns)
        emit_lost(events, EVENT_FROM_BPF, events->unlisted,
                  "in a network namespace not listed yet");
    events->unlisted = 0;
}

/* The frame to come shows what became of them. */
static void emit_dropped(struct events *events)
{
    if (events->dropped)
        lose(events, events->bpf ? EVENT_FROM_BPF : EVENT_FROM_DESTROY, events->dropped,
             "more than are kept between two frames");
    events->dropped = 0;
}

static void emit_skipped(struct events *events)
{
    const uint64_t skipped = events->bpf ? bpf_take_skipped(events->bpf) : 0;

    if (skipped)
        lose(events, EVENT_FROM_BPF, skipped, "skipped by Linux, of any network namespace");
}

void events_begin_frame(struct events *events, struct frame *next)
{
    atomic_store(&events->frame_waits, true);
    pthread_mutex_lock(&events->lock);
    atomic_store(&events->frame_waits, false);
    drain_for_frame(events);
    emit_unlisted(events);
    emit_dropped(events);
    emit_skipped(events);
    if (events->bpf && next->facts)
        bpf_failures(events->bpf, next->facts);
    emit_shown(events, next);
    emit_opened(events, next);
    next->events = events->source;
    if (events->why[0])
        next->events_why = frame_copy_text(next, events->why);
    if (events->lost) {
        next->missing.reasons |= MISSING_EVENTS;
        next->missing.events_lost = events->lost;
    }
}

void events_note_closed(struct events *events, const struct frame *previous,
                        const struct diff *diff)
{
    for (uint32_t i = 0; events->destroy && i < diff->change_count; i++) {
        if (diff->changes[i].kind != CHANGE_CLOSED)
            continue;
        const struct conn *conn = &previous->conns[diff->changes[i].previous];
        if (!late_ends_take(events->late_ends, conn->netns, conn->cookie))
            late_ends_add(events->late_ends, conn->netns, conn->cookie);
    }
}

void events_end_frame(struct events *events, struct frame *next)
{
    const struct rows freed = events->latest;
    const int64_t before_ns = freed.frame ? freed.frame->mono_ns : INT64_MIN;
    const bool first = !events->began;

    frame_release(freed.frame);
    events->latest = events->coming;
    events->latest.frame = frame_reference(next);
    events->coming = freed;
    events->coming.frame = NULL;
    if (!next->all_ns) /* what it does not show, the next one will not show either */
        events->all_ns = next->mono_ns;
    events->noted = 0;
    if (events->forget || lifecycles_count(events->lifecycles) > LIFECYCLES_MOST)
        lifecycles_forget(events->lifecycles, before_ns);
    events->forget = false;
    events->began = true;
    pthread_mutex_unlock(&events->lock);
    if (first)
        worker_wake(&events->worker);
}

/* --- the thread --- */

/* The best one available, and why it is not a better one. */
static void open_source(struct events *events)
{
    const enum events_source wanted = events->settings.source;
    struct destroy *destroy = NULL;
    struct bpf *bpf = events->bpf; /* not drained yet */
    char why[BPF_TEXT_SIZE] = "";

    if (wanted == EVENTS_AUTO)
        bpf_open(&bpf, &events->netns, events->settings.every_netns, why);
    if (!bpf && (wanted == EVENTS_AUTO || wanted == EVENTS_DESTROY))
        destroy_open(&destroy, &events->netns, why[0] ? NULL : why);
    privilege_keep(0); /* what is open stays open */
    pthread_mutex_lock(&events->lock);
    events->bpf = bpf;
    events->destroy = destroy;
    events->source = bpf ? "bpf" : destroy ? "destroy" : "none";
    snprintf(events->why, sizeof(events->why), "%s%s%s",
             wanted == EVENTS_AUTO && !bpf && why[0] ? "no bpf: " : "", why,
             destroy && events->settings.every_netns ? OURS_ONLY : "");
    pthread_mutex_unlock(&events->lock);
}

/* False: to stop. The source is opened after the first frame, which has priority. */
static bool wait_for_something(struct events *events, int descriptor, bool pending)
{
    struct pollfd waits[] = {{events->worker.wake, POLLIN, 0}, {descriptor, POLLIN, 0}};
    poll(waits, 2, pending ? ACCEPT_MS : -1);
    if (waits[0].revents)
        wake_drain(events->worker.wake);
    return !worker_stopping(&events->worker);
}

/* Under load a wake-up for each transition costs too much. And a mutex is not fair: a waiting frame
 * gets the lock during the nap. */
static void nap(const struct events *events)
{
    if (events->bpf || atomic_load(&events->frame_waits) ||
        (events->destroy && destroy_may_nap(events->destroy)))
        poll(NULL, 0, NAP_MS);
}

/* In batches, and not while a frame waits, which drains the rest. True: events are pending. */
static bool move_events(struct events *events)
{
    const int64_t began_ns = clock_mono_ns();
    bool emitted, due, pending, full;
    int all = 0;

    do {
        pthread_mutex_lock(&events->lock);
        const int handled = drain(events, BATCH, began_ns);
        if (handled != (int)BATCH)
            emit_overdue(events, began_ns);
        emitted = events->emitted > 0;
        due = events->noted > NOTES_MOST;
        pending = pending_events_any(&events->pending);
        full = handled == (int)BATCH && !worker_stopping(&events->worker) &&
               !atomic_load(&events->frame_waits);
        if (!full)
            events->emitted = 0;
        pthread_mutex_unlock(&events->lock);
        all += handled;
    } while (full);
    if (emitted && events->settings.emitted)
        events->settings.emitted(events->settings.context, due);
    if (all > 1)
        nap(events);
    return pending;
}

static void events_main(void *argument)
{
    struct events *events = argument;
    bool began = false;

    while (!began) {
        if (!wait_for_something(events, -1, false))
            return;
        pthread_mutex_lock(&events->lock);
        began = events->began;
        pthread_mutex_unlock(&events->lock);
    }
    open_source(events);
    const int descriptor = events->bpf       ? bpf_descriptor(events->bpf)
                           : events->destroy ? destroy_descriptor(events->destroy)
                                             : -1;
    bool pending = false;
    while (wait_for_something(events, descriptor, pending))
        pending = move_events(events);
}

int events_start(struct events *events)
{
    return worker_start(&events->worker, "events", events_main, events);
}

void events_ask_stop(struct events *events)
{
    worker_ask_stop(&events->worker);
}

bool events_join(struct events *events, int64_t timeout_ns)
{
    return worker_join(&events->worker, timeout_ns);
}
