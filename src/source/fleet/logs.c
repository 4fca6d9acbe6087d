/* fleet_logs: see logs.h. Frames of a time near each other are one. */
#include "source/fleet/logs.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/sort.h"
#include "core/fleet.h"
#include "source/log/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NEAR_NS (SECOND_NS / 2) /* of two logs: one frame */
#define LATE_NS (5 * SECOND_NS) /* a log whose last frame is older than that has ended */

struct log_member {
    const char *path;
    struct source *log;
    struct frame *latest;
    struct frame_host host; /* but for its texts */
    char name[HOST_NAME_BYTES];
    struct fleet_keys keys;
    struct event *events; /* of the frames read, and of the one that was peeked at */
    uint32_t event_count, event_capacity;
    int64_t next_ns; /* time of its next frame */
    bool peeked, done, is_new;
    char fault[200];
};

struct fleet_logs {
    struct source source; /* first */
    struct log_member *members;
    uint32_t count;
    struct frame_pool *pool;
    struct event_ring *scratch, *ring;
    struct fleet_part *parts;
    uint32_t next_key;
    struct event *events; /* of the frame at work */
    uint32_t event_count, event_capacity;
    bool at_once; /* the next frame is that of all logs, whatever their times */
    char fault[320];
};

static struct fleet_logs *logs_of(struct source *source)
{
    return (struct fleet_logs *)source;
}

static void take_events(struct fleet_logs *logs, struct log_member *member)
{
    uint64_t cursor = event_ring_oldest(logs->scratch), lost = 0;
    const uint32_t count = (uint32_t)(event_ring_next(logs->scratch) - cursor);

    if (count > 0 && GROW(member->events, member->event_capacity, member->event_count + count) == 0)
        member->event_count += event_ring_read(logs->scratch, &cursor,
                                               member->events + member->event_count, count, &lost);
    event_ring_restart(logs->scratch, event_ring_next(logs->scratch));
}

static void fail(struct log_member *member, const struct frame *frame, int error)
{
    member->done = true;
    if (error != -ENODATA)
        snprintf(member->fault, sizeof(member->fault), "%s",
                 frame && frame->missing.text[0] ? frame->missing.text
                 : error == -EAGAIN              ? "a pipe: several logs have to be files"
                                                 : strerror(-error));
}

static void peek(struct fleet_logs *logs, struct log_member *member)
{
    if (member->done || member->peeked)
        return;
    const int error = replay_peek(member->log, &member->next_ns);
    take_events(logs, member);
    member->peeked = !error;
    if (error)
        fail(member, NULL, error);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* As its log says; where that says nothing, or another log the same, by its file. */
static void name_member(struct fleet_logs *logs, struct log_member *member)
{
    const char *said = replay_host(member->log);

    snprintf(member->name, sizeof(member->name), "%s", said[0] ? said : base_name(member->path));
    for (struct log_member *other = logs->members; other < member; other++)
        if (strcmp(other->name, member->name) == 0)
            snprintf(member->name, sizeof(member->name), "%.250s", base_name(member->path));
}

static void read_frame(struct fleet_logs *logs, struct log_member *member, const struct wish *wish)
{
    struct frame *frame = frame_new(logs->pool);
    const int error = frame ? source_next(member->log, frame, wish) : -ENOMEM;

    take_events(logs, member);
    member->peeked = false;
    if (error) {
        fail(member, frame, error);
        frame_release(frame);
        return;
    }
    if (member->host.frames++ == 0)
        name_member(logs, member);
    frame_release(member->latest);
    member->latest = frame;
    member->is_new = true;
    member->host.wall_ns = member->host.mono_ns = frame->wall_ns;
    member->host.number_in_host = frame->number;
}

/* Events come with frames: what no frame follows is said instead of left out in silence. */
static void note_left_over(struct log_member *member)
{
    if (member->fault[0])
        return;
    if (member->host.frames == 0 && !member->latest)
        snprintf(member->fault, sizeof(member->fault),
                 "no frame is in it: read it by itself, not beside others");
    else if (member->event_count > 0)
        snprintf(member->fault, sizeof(member->fault),
                 "%u events behind its last frame are left out: read it by itself",
                 member->event_count);
}

/* Those whose next frame is the first of all, or near it. False: there is none any more. */
static bool read_frames(struct fleet_logs *logs, const struct wish *wish)
{
    int64_t first_ns = INT64_MAX;
    bool any = false;

    for (uint32_t i = 0; i < logs->count; i++) {
        logs->members[i].is_new = false;
        peek(logs, &logs->members[i]);
        if (logs->members[i].peeked && logs->members[i].next_ns < first_ns)
            first_ns = logs->members[i].next_ns;
    }
    for (uint32_t i = 0; i < logs->count; i++) {
        struct log_member *member = &logs->members[i];
        if (member->peeked && (logs->at_once || clock_less(member->next_ns, first_ns) < NEAR_NS))
            read_frame(logs, member, wish);
        any |= member->is_new;
    }
    logs->at_once = false;
    return any;
}

static void set_part(struct fleet_logs *logs, uint32_t i, int64_t now_ns)
{
    struct log_member *member = &logs->members[i];
    struct fleet_part *part = &logs->parts[i];
    const bool has_ended = member->done && clock_less(now_ns, member->host.wall_ns) > LATE_NS;

    *part = (struct fleet_part){.frame = member->latest,
                                .host = member->host,
                                .keys = &member->keys,
                                .is_new = member->is_new};
    part->host.state = !member->latest ? HOST_WAITING : has_ended ? HOST_ENDED : HOST_OK;
    part->host.name = member->name;
    part->host.place = member->path;
    part->host.why = member->fault;
    part->host.version = member->latest ? replay_version(member->log) : "";
    part->host.events = "";
    if (member->latest) /* its monotonic clock means nothing to another host */
        part->mono_shift_ns = clock_less(member->latest->wall_ns, member->latest->mono_ns);
}

/* Up to its latest frame: those behind it belong to the next. */
static void move_events(struct fleet_logs *logs, uint32_t i)
{
    struct log_member *member = &logs->members[i];
    uint32_t kept = 0;

    for (uint32_t n = 0; n < member->event_count; n++) {
        struct event event = member->events[n];
        if (!member->is_new || event.wall_ns > member->host.wall_ns ||
            GROW(logs->events, logs->event_capacity, logs->event_count + 1)) {
            member->events[kept++] = event;
            continue;
        }
        fleet_move_event(&event, &logs->parts[i]);
        logs->events[logs->event_count++] = event;
    }
    member->event_count = kept;
}

static int compare_events(const void *a, const void *b)
{
    const struct event *one = a, *other = b;
    return one->wall_ns < other->wall_ns ? -1 : one->wall_ns > other->wall_ns;
}

static void push_events(struct fleet_logs *logs, struct frame *frame)
{
    sort_items(logs->events, logs->event_count, sizeof(*logs->events), compare_events);
    frame->first_event = logs->ring ? event_ring_next(logs->ring) : 0;
    for (uint32_t i = 0; i < logs->event_count && logs->ring; i++)
        event_ring_push(logs->ring, &logs->events[i]);
    logs->event_count = 0;
    frame->next_event = logs->ring ? event_ring_next(logs->ring) : 0;
}

static int logs_next(struct source *source, struct frame *frame, const struct wish *wish)
{
    struct fleet_logs *logs = logs_of(source);
    char words[32];
    int64_t now_ns = INT64_MIN;

    if (!read_frames(logs, wish)) {
        for (uint32_t i = 0; i < logs->count; i++)
            note_left_over(&logs->members[i]);
        return -ENODATA;
    }
    for (uint32_t i = 0; i < logs->count; i++)
        if (logs->members[i].is_new && logs->members[i].host.wall_ns > now_ns)
            now_ns = logs->members[i].host.wall_ns;
    frame->wall_ns = frame->mono_ns = now_ns;
    for (uint32_t i = 0; i < logs->count; i++) {
        set_part(logs, i, now_ns);
        move_events(logs, i);
    }
    snprintf(words, sizeof(words), "%u hosts", logs->count);
    frame->host = frame_copy_text(frame, words);
    frame->source = "log";
    const int error = fleet_merge(frame, logs->parts, logs->count);
    if (!error)
        push_events(logs, frame);
    return error;
}

static void logs_use_ring(struct source *source, struct event_ring *ring)
{
    logs_of(source)->ring = ring;
}

int fleet_logs_seek(struct source *source, int64_t wall_ns)
{
    struct fleet_logs *logs = logs_of(source);
    int error = 0;

    for (uint32_t i = 0; i < logs->count && !error; i++) {
        logs->members[i].peeked = logs->members[i].done = false;
        error = replay_seek(logs->members[i].log, wall_ns);
        take_events(logs, &logs->members[i]);
        logs->members[i].event_count = 0;
    }
    logs->at_once = true;
    return error;
}

int fleet_logs_span(struct source *source, int64_t *first_ns, int64_t *last_ns)
{
    struct fleet_logs *logs = logs_of(source);

    *first_ns = INT64_MAX;
    *last_ns = INT64_MIN;
    for (uint32_t i = 0; i < logs->count; i++) {
        int64_t first, last;
        const int error = replay_span(logs->members[i].log, &first, &last);
        if (error)
            return error;
        *first_ns = first < *first_ns ? first : *first_ns;
        *last_ns = last > *last_ns ? last : *last_ns;
    }
    return 0;
}

const char *fleet_logs_fault(struct source *source)
{
    struct fleet_logs *logs = logs_of(source);

    for (uint32_t i = 0; i < logs->count; i++) {
        const struct log_member *member = &logs->members[i];
        const char *fault = member->fault[0] ? member->fault : replay_fault(member->log);
        if (!fault[0])
            continue;
        snprintf(logs->fault, sizeof(logs->fault), "%.120s: %.190s", member->path, fault);
        return logs->fault;
    }
    return "";
}

static void logs_close(struct source *source)
{
    struct fleet_logs *logs = logs_of(source);

    for (uint32_t i = 0; logs->members && i < logs->count; i++) {
        struct log_member *member = &logs->members[i];
        frame_release(member->latest);
        source_close(member->log);
        fleet_keys_done(&member->keys);
        free(member->events);
    }
    if (logs->pool)
        frame_pool_release(logs->pool);
    event_ring_free(logs->scratch);
    free(logs->members);
    free(logs->parts);
    free(logs->events);
    free(logs);
}

/* Its rows and events would be there twice. */
static bool is_named_before(const struct fleet_logs *logs, uint32_t index)
{
    struct stat one, other;

    if (stat(logs->members[index].path, &one) != 0)
        return false; /* opening it says why */
    for (uint32_t i = 0; i < index; i++)
        if (stat(logs->members[i].path, &other) == 0 && one.st_dev == other.st_dev &&
            one.st_ino == other.st_ino)
            return true;
    return false;
}

static int open_members(struct fleet_logs *logs, const char *const *paths, char *why, size_t size)
{
    int error = 0;

    for (uint32_t i = 0; i < logs->count && !error; i++) {
        struct log_member *member = &logs->members[i];
        member->path = paths[i];
        member->host.number = i + 1;
        member->keys.next = &logs->next_key;
        snprintf(member->name, sizeof(member->name), "%.250s", base_name(paths[i]));
        if (is_named_before(logs, i)) {
            snprintf(why, size, "%.200s: named twice", paths[i]);
            return -EINVAL;
        }
        error = replay_open(&member->log, paths[i], why, size);
        if (!error && replay_is_pipe(member->log)) {
            snprintf(why, size, "%.200s: a pipe: several logs have to be files", paths[i]);
            error = -ESPIPE;
        }
        if (!error)
            replay_set_ring(member->log, logs->scratch);
    }
    return error;
}

int fleet_logs_open(struct source **source, const char *const *paths, uint32_t count, char *why,
                    size_t size)
{
    static const struct source_ops ops = {.name = "log",
                                          .complete = true,
                                          .next = logs_next,
                                          .use_ring = logs_use_ring,
                                          .close = logs_close};
    struct fleet_logs *logs = calloc(1, sizeof(*logs));
    int error = -ENOMEM;

    why[0] = '\0';
    if (logs) {
        logs->source.ops = &ops;
        logs->members = calloc(count, sizeof(*logs->members));
        logs->parts = calloc(count, sizeof(*logs->parts));
        logs->pool = frame_pool_new();
        logs->scratch = event_ring_new(EVENT_RING_DEFAULT);
    }
    if (logs && logs->members && logs->parts && logs->pool && logs->scratch) {
        logs->count = count;
        error = open_members(logs, paths, why, size);
    }
    if (!error) {
        *source = &logs->source;
        return 0;
    }
    if (!why[0])
        snprintf(why, size, "%s", strerror(-error));
    if (logs)
        logs_close(&logs->source);
    return error;
}
