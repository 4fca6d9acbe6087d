/* The recorder's thread. Takes the latest frame each time there is a new one, reads the events up
 * to it, writes both. Independent of what a log looks like. */
#include "session/record.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/wake.h"
#include "base/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct recorder {
    struct record_source source;
    struct log_writer writer; /* used by the thread only while it runs */
    struct event *events;
    uint32_t event_capacity;
    uint64_t cursor;       /* events before it are in the log */
    uint64_t frame_number; /* of the last frame taken */
    struct worker worker;
    bool closed;

    pthread_mutex_t lock; /* guards what follows */
    struct log_stats stats;
    uint64_t stats_number; /* frames up to this one are in the stats; 0 = none was taken */
    uint64_t stats_cursor; /* and so are the events before it */
    bool writing;
    const char *gap;
    bool reopen, ended;
    bool stuck; /* it did not end in time */
    bool asked; /* for the clock */
    struct session_clock question;
};

int recorder_new(struct recorder **recorder, const struct log_settings *settings,
                 const struct record_source *source, char *why, size_t size)
{
    struct recorder *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->source = *source;
    made->cursor = made->stats_cursor = event_ring_next(source->ring);
    pthread_mutex_init(&made->lock, NULL);
    int error = worker_init(&made->worker);
    if (error)
        snprintf(why, size, "%s", strerror(-error));
    else
        error = log_writer_open(&made->writer, settings, why, size);
    if (error) {
        made->closed = true;
        recorder_free(made);
        return error;
    }
    made->stats = made->writer.stats;
    *recorder = made;
    return 0;
}

/* Events of the frames not yet in the log into recorder->events; the cursor stays until they are.
 */
static uint32_t take_events(struct recorder *recorder, const struct frame *frame, uint64_t *cursor,
                            uint64_t *lost)
{
    uint64_t wanted =
        frame->next_event > recorder->cursor ? frame->next_event - recorder->cursor : 0;
    uint32_t count = wanted < EVENT_RING_DEFAULT ? (uint32_t)wanted : EVENT_RING_DEFAULT;

    *lost = 0;
    *cursor = recorder->cursor;
    if (!count)
        return 0;
    if (GROW(recorder->events, recorder->event_capacity, count))
        return 0; /* they stay in the ring */
    uint32_t got = event_ring_read(recorder->source.ring, cursor, recorder->events, count, lost);
    while (got && recorder->events[got - 1].number >= frame->next_event) {
        got--; /* drop events that belong to a later frame */
        --*cursor;
    }
    return got;
}

static void begin_writing(struct recorder *recorder, uint64_t number)
{
    pthread_mutex_lock(&recorder->lock);
    if (!recorder->stats_number)
        recorder->stats_number = number - 1;
    recorder->writing = true;
    pthread_mutex_unlock(&recorder->lock);
}

static void publish_stats(struct recorder *recorder)
{
    pthread_mutex_lock(&recorder->lock);
    recorder->stats = recorder->writer.stats;
    recorder->stats_number = recorder->frame_number;
    recorder->stats_cursor = recorder->cursor;
    recorder->writing = false;
    pthread_mutex_unlock(&recorder->lock);
}

static int write_frame(struct recorder *recorder, const struct frame *frame)
{
    uint64_t cursor, lost;
    uint32_t count = take_events(recorder, frame, &cursor, &lost);
    int error = log_writer_frame(&recorder->writer, frame, recorder->events, count, lost);

    if (!error)
        recorder->cursor = cursor;
    publish_stats(recorder);
    if (error == -EPIPE) {
        pthread_mutex_lock(&recorder->lock);
        recorder->ended = true;
        pthread_mutex_unlock(&recorder->lock);
    }
    return error;
}

/* Takes the latest frame if it is new and all of its rows were read for it: a log must not contain
 * outdated rows. */
static int take_frame(struct recorder *recorder)
{
    struct frame *frame = recorder->source.latest(recorder->source.data);
    int error = 0;

    if (frame && !frame->all_ns && frame->number != recorder->frame_number) {
        recorder->frame_number = frame->number;
        begin_writing(recorder, frame->number);
        error = write_frame(recorder, frame);
    }
    frame_release(frame);
    return error;
}

/* At once: a delay here makes the reader's estimate worse. */
static void answer_clock(struct recorder *recorder)
{
    pthread_mutex_lock(&recorder->lock);
    const bool asked = recorder->asked && recorder->writer.stats.frames > 0;
    struct session_clock clock = recorder->question;
    recorder->asked = recorder->asked && !asked;
    pthread_mutex_unlock(&recorder->lock);
    if (!asked)
        return;
    clock.answered_ns = clock_mono_ns() + clock_wall_offset_ns();
    (void)log_writer_clock(&recorder->writer, &clock);
}

/* Requests of other threads; true: to stop. */
static bool take_requests(struct recorder *recorder)
{
    pthread_mutex_lock(&recorder->lock);
    bool reopen = recorder->reopen;
    const char *gap = recorder->gap;
    recorder->reopen = false;
    recorder->gap = NULL;
    pthread_mutex_unlock(&recorder->lock);
    if (reopen)
        (void)log_writer_reopen(&recorder->writer); /* reported in the stats */
    if (gap)
        log_writer_note_gap(&recorder->writer, gap);
    return worker_stopping(&recorder->worker);
}

static void wait_for_frame(const struct recorder *recorder)
{
    struct pollfd polled[] = {{recorder->source.descriptor, POLLIN, 0},
                              {recorder->worker.wake, POLLIN, 0}};

    if (poll(polled, 2, -1) <= 0)
        return;
    if (polled[0].revents)
        wake_drain(recorder->source.descriptor);
    if (polled[1].revents)
        wake_drain(recorder->worker.wake);
}

/* The last frame: a new one, or the one that could not be written yet. */
static void take_last_frame(struct recorder *recorder)
{
    log_writer_retry(&recorder->writer);
    if (recorder->writer.failing)
        recorder->frame_number = 0;
    (void)take_frame(recorder);
}

static void recorder_main(void *data)
{
    struct recorder *recorder = data;
    int error = 0;

    while (error != -EPIPE && !take_requests(recorder)) {
        answer_clock(recorder);
        wait_for_frame(recorder);
        error = take_frame(recorder);
    }
    if (error != -EPIPE)
        take_last_frame(recorder);
    log_writer_close(&recorder->writer);
    publish_stats(recorder);
}

int recorder_start(struct recorder *recorder)
{
    return worker_start(&recorder->worker, "recorder", recorder_main, recorder);
}

void recorder_ask_stop(struct recorder *recorder)
{
    worker_ask_stop(&recorder->worker);
}

bool recorder_join(struct recorder *recorder, int64_t timeout_ns)
{
    const bool ran = recorder->worker.running;

    const bool joined = worker_join(&recorder->worker, timeout_ns);

    pthread_mutex_lock(&recorder->lock);
    recorder->stuck = !joined && timeout_ns > 0;
    pthread_mutex_unlock(&recorder->lock);
    recorder->closed |= ran && joined;
    return joined;
}

void recorder_free(struct recorder *recorder)
{
    if (!recorder)
        return;
    if (recorder->worker.running)
        recorder->closed = true; /* by its thread, which worker_done() joins */
    worker_done(&recorder->worker);
    if (!recorder->closed)
        log_writer_close(&recorder->writer);
    pthread_mutex_destroy(&recorder->lock);
    free(recorder->events);
    free(recorder);
}

static uint64_t latest_number(const struct recorder *recorder)
{
    struct frame *frame = recorder->source.latest(recorder->source.data);
    const uint64_t number = frame ? frame->number : 0;

    frame_release(frame);
    return number;
}

/* What a write that blocks makes it miss: the frames between the one that is being written and the latest; all of them and
 * their events, without the filter, once it is stuck. */
static void count_blocked(const struct recorder *recorder, uint64_t latest, struct log_stats *stats)
{
    const uint64_t out = latest > recorder->stats_number ? latest - recorder->stats_number : 0;
    const uint64_t held = recorder->stuck ? 0 : 2;

    stats->missed_frames += out > held ? out - held : 0;
    stats->at_most = recorder->stuck;
    if (recorder->stuck)
        stats->missed_events += event_ring_next(recorder->source.ring) - recorder->stats_cursor;
}

void recorder_stats(struct recorder *recorder, struct log_stats *stats)
{
    const uint64_t latest = latest_number(recorder);

    pthread_mutex_lock(&recorder->lock);
    *stats = recorder->stats;
    if (recorder->writing)
        count_blocked(recorder, latest, stats);
    pthread_mutex_unlock(&recorder->lock);
}

bool recorder_ended(struct recorder *recorder)
{
    pthread_mutex_lock(&recorder->lock);
    bool ended = recorder->ended;
    pthread_mutex_unlock(&recorder->lock);
    return ended;
}

void recorder_reopen(struct recorder *recorder)
{
    pthread_mutex_lock(&recorder->lock);
    recorder->reopen = true;
    pthread_mutex_unlock(&recorder->lock);
    worker_wake(&recorder->worker);
}

void recorder_answer_clock(struct recorder *recorder, uint64_t id, int64_t received_ns)
{
    pthread_mutex_lock(&recorder->lock);
    recorder->asked = true;
    recorder->question = (struct session_clock){.id = id, .received_ns = received_ns};
    pthread_mutex_unlock(&recorder->lock);
    worker_wake(&recorder->worker);
}

void recorder_note_gap(struct recorder *recorder, const char *reason)
{
    pthread_mutex_lock(&recorder->lock);
    recorder->gap = reason;
    pthread_mutex_unlock(&recorder->lock);
}

int recorder_end_descriptor(struct recorder *recorder)
{
    return recorder->worker.ended;
}
