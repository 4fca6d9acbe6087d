/* collect: the collector thread and its one frame step: source -> diff -> confirm -> owners ->
 * track -> findings -> publish. Independent of its consumers, which take references and read the
 * ring. */
#include "collect/collect.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/memory.h"
#include "base/wake.h"
#include "base/worker.h"
#include "collect/plan.h"
#include "collect/walk.h"
#include "core/diff.h"
#include "core/redact.h"
#include "core/track.h"
#include "source/privilege.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONSUMERS_MAX     8
#define TICK_NS           4000000LL /* HZ=250 */
#define RETRY_INTERVAL_NS SECOND_NS /* after a frame that could not be made */

struct collector {
    struct source *source;
    struct frame_pool *pool;
    struct event_ring *ring;
    struct track *track;
    struct events *events; /* NULL: not wanted, or the source has none */
    struct collect_walk walk;
    struct finding_engine *findings; /* NULL: frames carry none */
    struct metrics *metrics;         /* NULL: not wanted */
    struct diff diff;
    uint32_t *found;
    uint32_t found_capacity;
    bool last_frame;
    struct frame *previous; /* collector thread only */
    uint64_t frame_number;
    struct plan plan;
    struct row_copies copies;                  /* of the frame being made */
    uint32_t compared, unreported;             /* as in struct frame_cost */
    int64_t process_cpu_ns, process_cpu_at_ns; /* at the last frame */
    uint64_t memory_refused;                   /* at the last frame */

    pthread_mutex_t lock; /* guards what follows */
    struct wish wish;
    struct frame *latest;
    char trouble[160];
    struct consumer {
        int descriptor;
        bool wants_events; /* it is woken by events too */
    } consumers[CONSUMERS_MAX];
    int consumer_count;

    struct worker worker; /* woken when the wish changes */
};

static void signal_consumers(struct collector *collector, bool frame)
{
    for (int i = 0; i < collector->consumer_count; i++) {
        if (frame || collector->consumers[i].wants_events)
            wake_signal(collector->consumers[i].descriptor);
    }
}

/* Called by the events thread: something was emitted between frames. */
static void on_events_emitted(void *context, bool frame_is_due)
{
    struct collector *collector = context;
    pthread_mutex_lock(&collector->lock);
    collector->wish.now |= frame_is_due;
    signal_consumers(collector, false);
    pthread_mutex_unlock(&collector->lock);
    if (frame_is_due)
        worker_wake(&collector->worker);
}

/* Events come from the kernel, so only a source of kernel frames has them. */
static int make_events(struct collector *collector, const struct collector_settings *settings)
{
    const struct events_settings wanted = {.source = settings->events,
                                           .every_netns = settings->every_netns,
                                           .all_netns = settings->all_netns,
                                           .news = settings->wish.refresh != REFRESH_ALL,
                                           .kept = settings->events_kept,
                                           .ring = collector->ring,
                                           .track = collector->track,
                                           .why = settings->events_why,
                                           .emitted = on_events_emitted,
                                           .context = collector};
    if (!settings->source->ops->is_live || settings->source->ops->complete)
        return 0;
    return events_new(&collector->events, &wanted);
}

int collector_new(struct collector **collector, const struct collector_settings *settings)
{
    struct collector *made = calloc(1, sizeof *made);
    int error = -ENOMEM;

    if (!made)
        return -ENOMEM;
    made->worker = WORKER_NONE;
    pthread_mutex_init(&made->lock, NULL);
    diff_init(&made->diff);
    struct track_settings track_settings = {.highlight_ns = settings->highlight_ns,
                                            .tick_ns = TICK_NS};
    if (settings->metrics)
        track_settings.sink = metrics_sink(settings->metrics);
    made->metrics = settings->metrics;
    made->track = track_new(&track_settings);
    made->pool = frame_pool_new();
    made->ring =
        event_ring_new(settings->ring_capacity ? settings->ring_capacity : EVENT_RING_DEFAULT);
    if (settings->findings)
        made->findings = finding_engine_new(settings->findings);
    if (!made->track || !made->pool || !made->ring || (settings->findings && !made->findings))
        goto out;
    redact_ring(settings->source->redaction, made->ring);
    if (settings->source->ops->use_ring)
        settings->source->ops->use_ring(settings->source, made->ring);
    error = worker_init(&made->worker);
    if (error)
        goto out;
    error = make_events(made, settings);
    if (error)
        goto out;
    made->wish = settings->wish;
    made->source = settings->source;
    made->last_frame = settings->last_frame && made->events;
    made->walk.every_netns = settings->every_netns;
    if (settings->walk_by_bpf)
        collect_walk_give(&made->walk, made->source);
    *collector = made;
    return 0;
out:
    collector_free(made);
    return error;
}

void collector_free(struct collector *collector)
{
    if (!collector)
        return;
    collector_ask_stop(collector);
    worker_done(&collector->worker);
    events_free(collector->events);
    frame_release(collector->previous);
    frame_release(collector->latest);
    source_close(collector->source);
    collect_walk_done(&collector->walk);
    frame_pool_release(collector->pool);
    event_ring_free(collector->ring);
    track_free(collector->track);
    finding_engine_free(collector->findings);
    diff_done(&collector->diff);
    free(collector->found);
    for (int i = 0; i < collector->consumer_count; i++)
        wake_close(collector->consumers[i].descriptor);
    pthread_mutex_destroy(&collector->lock);
    free(collector);
}

/* Under churn a dump silently skips live sockets: before a row is reported as closed, it is looked
 * up exactly. */
static int confirm_closed(struct collector *collector, struct frame *next)
{
    struct source *source = collector->source;
    const uint32_t first = next->live_count;
    uint32_t count = 0;

    if (!source->ops->confirm || !collector->previous)
        return 0;
    if (GROW(collector->found, collector->found_capacity, collector->diff.change_count))
        return -ENOMEM;
    int error = source->ops->confirm(source, collector->previous, next, &collector->diff,
                                     collector->found, &count);
    if (error || count == 0)
        return error;
    return diff_amend(&collector->diff, collector->previous, next, first, collector->found, count);
}

/* Out of memory: the frame is used nevertheless, since its events have been emitted. */
static void mark_incomplete(struct frame *next)
{
    next->missing.reasons |= MISSING_EVENTS;
    if (!next->missing.text[0])
        snprintf(next->missing.text, sizeof(next->missing.text),
                 "out of memory: closed connections or events are missing");
}

static int complete_frame(struct collector *collector, struct frame *next, const struct wish *wish)
{
    struct source *source = collector->source;

    if (source->ops->complete)
        return 0;
    int error = diff_copies(&collector->diff, collector->previous, next, &collector->copies);
    if (!error)
        error = confirm_closed(collector, next);
    if (!error && source->ops->find_owners)
        error = source->ops->find_owners(source, collector->previous, next, &collector->diff, wish);
    if (error)
        return error;
    if (collector->walk.why[0])
        next->owners_why = frame_copy_text(next, collector->walk.why);
    if (collector->events)
        events_begin_frame(collector->events, next);
    error =
        track_apply(collector->track, collector->previous, next, &collector->diff, collector->ring);
    if (!error && source->ops->name_ghosts)
        error = source->ops->name_ghosts(source, next);
    if (error)
        mark_incomplete(next);
    if (collector->events && collector->previous)
        events_note_closed(collector->events, collector->previous, &collector->diff);
    if (collector->events)
        events_end_frame(collector->events, next);
    return 0;
}

static int read_process(void *data, int32_t pid, uint64_t start_ticks, struct process_facts *facts)
{
    struct source *source = ((struct collector *)data)->source;
    struct privilege privilege;

    privilege_init(&privilege);
    privilege_raise(&privilege); /* to read descriptors of other users' processes */
    const int error = source->ops->process(source, pid, start_ticks, facts);
    privilege_lower(&privilege);
    return error;
}

struct finding_input collector_finding_input(struct collector *collector, const struct frame *frame)
{
    return (struct finding_input){.frame = frame,
                                  .ring = collector->ring,
                                  .process = collector->source->ops->process ? read_process : NULL,
                                  .data = collector};
}

/* Once for each frame, before it is published, however many consumers there are. */
static int find(struct collector *collector, struct frame *frame)
{
    const struct finding_input input = collector_finding_input(collector, frame);

    return collector->findings ? finding_engine_complete(collector->findings, frame, &input) : 0;
}

/* CPU of all threads of tcplens since the last frame, of one core. */
static uint32_t process_cpu_permille(struct collector *collector, int64_t now_ns)
{
    const int64_t cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    const int64_t passed_ns = now_ns - collector->process_cpu_at_ns;
    const int64_t used_ns = cpu_ns - collector->process_cpu_ns;
    const bool first = collector->process_cpu_at_ns == 0;

    collector->process_cpu_ns = cpu_ns;
    collector->process_cpu_at_ns = now_ns;
    if (first || passed_ns <= 0)
        return UINT32_MAX;
    return (uint32_t)(used_ns * 1000 / passed_ns);
}

/* The frame to publish: itself, or a redacted copy. NULL: out of memory. */
static struct frame *shown_frame(struct collector *collector, struct frame *whole)
{
    struct redaction *redaction = collector->source->redaction;

    if (!redaction || collector->source->ops->complete)
        return frame_reference(whole);
    struct frame *copy = frame_copy(collector->pool, whole);
    if (copy)
        redact_frame(redaction, copy);
    return copy;
}

/* Namespaces with events are read first. */
static void hand_on_touched(struct collector *collector)
{
    uint32_t netns[EVENTS_TOUCHED_MOST];

    if (collector->events && collector->source->ops->touched)
        collector->source->ops->touched(collector->source, netns,
                                        events_take_touched(collector->events, netns));
}

/* A caller that was refused memory cannot always report it. */
static void note_refused_memory(struct collector *collector, struct frame *frame)
{
    const uint64_t refused = memory_refused();

    if (refused != collector->memory_refused)
        frame_lacks_memory(frame);
    collector->memory_refused = refused;
}

static int give_up(struct collector *collector, struct frame *frame, int error)
{
    collector->plan.all_ns = 0; /* its events are missing from the next one */
    pthread_mutex_lock(&collector->lock);
    snprintf(collector->trouble, sizeof collector->trouble, "%s",
             frame && frame->missing.text[0] ? frame->missing.text : strerror(-error));
    pthread_mutex_unlock(&collector->lock);
    frame_release(frame);
    return error;
}

/* Its events have been emitted and counted: the next frame is compared with it, whether or not this
 * one is published. */
static void take_over(struct collector *collector, struct frame *whole)
{
    frame_release(collector->previous);
    collector->previous = whole;
    collector->frame_number = whole->number;
    if (collector->metrics)
        metrics_frame(collector->metrics, whole, collector->ring);
}

static struct frame *new_frame(const struct collector *collector)
{
    struct frame *frame = frame_new(collector->pool);

    if (!frame)
        return NULL;
    frame->number = collector->frame_number + 1;
    frame->mono_ns = clock_mono_ns();
    frame->wall_ns = frame->mono_ns + clock_wall_offset_ns();
    return frame;
}

static bool is_complete(const struct frame *frame)
{
    return !(frame->missing.reasons & (MISSING_DUMP_PART | MISSING_SOCK_DIAG));
}

/* Rows whose changes make no event: every frame looks them up. */
static uint32_t count_unreported(const struct frame *frame)
{
    const uint32_t *states = frame ? frame->totals.states : NULL;

    return states ? states[STATE_SYN_RECEIVED] + states[STATE_FIN_WAIT_2] : 0;
}

/* An accept queue is filling. Listeners are the first rows. */
static bool is_any_queue_filling(const struct frame *frame)
{
    for (uint32_t i = 0; frame && i < frame->live_count && frame->conns[i].state == STATE_LISTEN;
         i++) {
        const struct conn *conn = &frame->conns[i];
        const uint32_t unknown = ~conn->known & KNOWN_QUEUES;
        if (!unknown && !(conn->known & KNOWN_NO_BACKLOG) && conn->receive_queue &&
            (uint64_t)conn->receive_queue * 2 > conn->send_queue)
            return true;
    }
    return false;
}

/* Something suggests a finding, as far as a frame of some rows shows it. */
static bool is_troubled(const struct collector *collector)
{
    const struct frame_findings *findings = collector->latest ? collector->latest->findings : NULL;
    enum finding_severity severity;

    return frame_findings_worst(findings, &severity) != NULL ||
           is_any_queue_filling(collector->previous);
}

/* A frame that reads only the rows on the screen, where that suffices; NULL: every row must be
 * read, by a dump (wish->all) where events show that there may be others. */
static struct frame *read_seen(struct collector *collector, struct wish *wish)
{
    const struct source_ops *ops = collector->source->ops;
    struct events_news news;

    collector->copies = (struct row_copies){0};
    if (!collector->events || !ops->refresh || wish->refresh == REFRESH_ALL)
        return NULL;
    events_take_news(collector->events, &news);
    const struct plan_facts facts = {.now_ns = clock_mono_ns(),
                                     .is_reported = news.is_whole,
                                     .is_complete =
                                         collector->previous && is_complete(collector->previous),
                                     .is_troubled = is_troubled(collector),
                                     .changed = news.count + count_unreported(collector->previous),
                                     .waits_ns = news.waits_ns};
    const bool reads_all = plan_reads_all(&collector->plan, wish, &facts);
    struct frame *frame = reads_all ? NULL : new_frame(collector);
    if (frame && ops->refresh(collector->source, frame, wish, news.list, news.count,
                              &collector->copies) == 0)
        return frame;
    frame_release(frame);
    collector->copies = (struct row_copies){0};
    wish->all = wish->all || news.count > 0;
    /* every frame costs as much as one that reads all rows */
    if (!reads_all)
        collector->plan.is_sparse = false;
    return NULL;
}

static int read_all(struct collector *collector, const struct wish *wish, struct frame **made)
{
    struct frame *frame = new_frame(collector);

    if (!frame)
        return -ENOMEM;
    *made = frame;
    return source_next(collector->source, frame, wish);
}

/* Compares the frame, which read all rows, with what events reported since the last such frame. */
static void compare(struct collector *collector, const struct frame *whole)
{
    const struct frame *previous = collector->previous;

    collector->compared += previous && previous->all_ns && !whole->all_ns;
    collector->unreported += whole->totals.unreported;
}

static int make_frame(struct collector *collector, const struct wish *wish, struct frame **made)
{
    const int64_t cpu_began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    const int64_t began_ns = clock_mono_ns();
    struct wish now = *wish;
    struct frame *whole;
    int error = 0;

    hand_on_touched(collector);
    whole = read_seen(collector, &now);
    if (!whole)
        error = read_all(collector, &now, &whole);
    if (!error)
        error = complete_frame(collector, whole, wish);
    if (error)
        return give_up(collector, whole, error);
    compare(collector, whole);
    take_over(collector, whole);
    struct frame *frame = shown_frame(collector, whole);
    if (frame)
        note_refused_memory(collector, frame);
    error = frame ? find(collector, frame) : -ENOMEM;
    if (error)
        return give_up(collector, frame, error);
    note_refused_memory(collector, frame);
    *made = frame;
    if (collector->source->ops->complete)
        return 0; /* its cost was set when it was made */
    const int64_t ended_ns = clock_mono_ns();
    frame->cost.wall_ns = ended_ns - began_ns;
    frame->cost.cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_began_ns;
    frame->cost.cpu_permille = process_cpu_permille(collector, ended_ns);
    frame->cost.compared = collector->compared;
    frame->cost.unreported = collector->unreported;
    return 0;
}

static void publish(struct collector *collector, struct frame *frame)
{
    pthread_mutex_lock(&collector->lock);
    struct frame *old = collector->latest;
    collector->latest = frame;
    collector->trouble[0] = '\0';
    signal_consumers(collector, true);
    pthread_mutex_unlock(&collector->lock);
    frame_release(old);
}

int collector_step(struct collector *collector, struct frame **frame)
{
    struct wish wish = collector_wish(collector);
    struct frame *made = NULL;
    const int error = make_frame(collector, &wish, &made);

    if (error)
        return error;
    if (!collector->source->ops->complete)
        made->cost.interval_ns = wish.interval_ns;
    publish(collector, made);
    *frame = frame_reference(made);
    return 0;
}

/* Takes the wish for the next frame; consumes `now`. True: to stop. */
static bool take_wish(struct collector *collector, struct wish *wish)
{
    pthread_mutex_lock(&collector->lock);
    *wish = collector->wish;
    collector->wish.now = collector->wish.all = false;
    pthread_mutex_unlock(&collector->lock);
    return worker_stopping(&collector->worker);
}

/* Sleeps until the next frame is due, by the latest wish. One wanted now is due after pause_ns. */
static void wait_until_due(struct collector *collector, int64_t began_ns, int64_t stretched_ns,
                           int64_t pause_ns)
{
    for (;;) {
        struct wish wish = collector_wish(collector);
        const int64_t interval_ns =
            stretched_ns > wish.interval_ns ? stretched_ns : wish.interval_ns;
        const int64_t left_ns = began_ns + (wish.now ? pause_ns : interval_ns) - clock_mono_ns();
        if (worker_stopping(&collector->worker) || left_ns <= 0)
            return;
        struct pollfd wake = {collector->worker.wake, POLLIN, 0};
        const struct timespec left = clock_timespec(left_ns);
        if (ppoll(&wake, 1, &left, NULL) > 0)
            wake_drain(collector->worker.wake);
    }
}

static void collector_main(void *argument)
{
    struct collector *collector = argument;
    struct wish wish;

    privilege_keep(COLLECT_PRIVILEGES | (collector->walk.given ? COLLECT_WALK_PRIVILEGES : 0));
    while (!take_wish(collector, &wish)) {
        const int64_t began_ns = clock_mono_ns();
        struct frame *frame = NULL;
        const int error = make_frame(collector, &wish, &frame);
        const int64_t pause_ns = error ? RETRY_INTERVAL_NS : 0;
        int64_t interval_ns = pause_ns;
        if (!error) {
            plan_note(&collector->plan, &wish, frame, frame->cost.cpu_ns);
            interval_ns = plan_interval_ns(&collector->plan, &wish);
            frame->cost.interval_ns = interval_ns;
            frame->cost.stretched = interval_ns > wish.interval_ns;
            if (!frame->cost.stretched)
                interval_ns = 0; /* a changed wish applies at once */
            publish(collector, frame);
            collect_walk_load(&collector->walk, collector->source); /* after the first frame */
        }
        wait_until_due(collector, began_ns, interval_ns, pause_ns);
    }
    struct frame *last = NULL;
    if (collector->last_frame && collector->previous && make_frame(collector, &wish, &last) == 0) {
        last->cost.interval_ns = wish.interval_ns;
        publish(collector, last);
    }
    pthread_mutex_lock(&collector->lock);
    signal_consumers(collector, true);
    pthread_mutex_unlock(&collector->lock);
}

int collector_start(struct collector *collector)
{
    const int error = collector->events ? events_start(collector->events) : 0;

    if (error)
        return error;
    return worker_start(&collector->worker, "collector", collector_main, collector);
}

void collector_ask_stop(struct collector *collector)
{
    worker_ask_stop(&collector->worker);
    if (collector->source)
        source_interrupt(collector->source);
    if (collector->events)
        events_ask_stop(collector->events);
}

bool collector_join(struct collector *collector, int64_t timeout_ns)
{
    return worker_join(&collector->worker, timeout_ns) &&
           (!collector->events || events_join(collector->events, timeout_ns));
}

void collector_set_wish(struct collector *collector, const struct wish *wish)
{
    pthread_mutex_lock(&collector->lock);
    /* A change of the rows on the screen waits for the next frame. */
    const bool wakes = memcmp(&collector->wish, wish, offsetof(struct wish, seen_count)) != 0;
    const bool now = wish->now || collector->wish.now, all = wish->all || collector->wish.all;
    collector->wish = *wish;
    /* A request stays until it is consumed, whatever else changes meanwhile. */
    collector->wish.now = now;
    collector->wish.all = all;
    pthread_mutex_unlock(&collector->lock);
    if (wakes)
        worker_wake(&collector->worker);
}

struct wish collector_wish(struct collector *collector)
{
    pthread_mutex_lock(&collector->lock);
    const struct wish wish = collector->wish;
    pthread_mutex_unlock(&collector->lock);
    return wish;
}

struct frame *collector_latest(struct collector *collector)
{
    pthread_mutex_lock(&collector->lock);
    struct frame *frame = collector->latest ? frame_reference(collector->latest) : NULL;
    pthread_mutex_unlock(&collector->lock);
    return frame;
}

struct event_ring *collector_events(struct collector *collector)
{
    return collector->ring;
}

static int add_consumer(struct collector *collector, bool wants_events)
{
    const int descriptor = wake_open();
    int error = 0;

    if (descriptor < 0)
        return descriptor;
    pthread_mutex_lock(&collector->lock);
    if (collector->consumer_count == CONSUMERS_MAX)
        error = -ENOSPC;
    else
        collector->consumers[collector->consumer_count++] =
            (struct consumer){descriptor, wants_events};
    pthread_mutex_unlock(&collector->lock);
    if (error) {
        wake_close(descriptor);
        return error;
    }
    return descriptor;
}

int collector_add_consumer(struct collector *collector)
{
    return add_consumer(collector, false);
}

int collector_add_event_consumer(struct collector *collector)
{
    return add_consumer(collector, true);
}

void collector_forget_consumer(struct collector *collector, int descriptor)
{
    pthread_mutex_lock(&collector->lock);
    for (int i = 0; i < collector->consumer_count; i++) {
        if (collector->consumers[i].descriptor != descriptor)
            continue;
        collector->consumers[i] = collector->consumers[--collector->consumer_count];
        wake_close(descriptor);
        break;
    }
    pthread_mutex_unlock(&collector->lock);
}

void collector_trouble(struct collector *collector, char *text, size_t size)
{
    pthread_mutex_lock(&collector->lock);
    snprintf(text, size, "%s", collector->trouble);
    pthread_mutex_unlock(&collector->lock);
}
