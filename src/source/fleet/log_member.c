/* log_member: see log_member.h. */
#include "source/fleet/log_member.h"

#include "base/clock.h"
#include "base/grow.h"
#include "core/fleet.h"
#include "source/log/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STANDS_MOST 3 /* its clock may differ at the new position: try again */
#define LOST        "host lost: "

static bool keep_event(struct log_member *member, const struct event *event)
{
    if (GROW(member->events, member->event_capacity, member->event_count + 1))
        return false;
    member->events[member->event_count++] = *event;
    return true;
}

/* In front of the first event that there is memory for again. */
static bool keep_missed(struct log_member *member, const struct event *next)
{
    struct event event = {.kind = EVENT_LOST,
                          .origin = EVENT_FROM_LOG,
                          .wall_ns = next->wall_ns,
                          .mono_ns = next->mono_ns,
                          .uid = UINT32_MAX,
                          .lost = member->missed};

    snprintf(event.text, sizeof(event.text), "memory was refused");
    return keep_event(member, &event);
}

static void take_events(struct log_member *member, struct event_ring *scratch)
{
    uint64_t cursor = 0, lost = 0; /* from its beginning, whatever number that has */
    struct event event;

    while (event_ring_read(scratch, &cursor, &event, 1, &lost) == 1) {
        member->missed += lost;
        if (member->missed && keep_missed(member, &event))
            member->missed = 0;
        if (!keep_event(member, &event))
            member->missed++;
    }
    event_ring_restart(scratch, event_ring_next(scratch));
}

static void fail(struct log_member *member, const struct frame *frame, int error)
{
    member->done = true;
    if (error != -ENODATA)
        snprintf(member->fault, sizeof(member->fault), "%s",
                 frame && frame->missing.text[0] ? frame->missing.text
                 : error == -EAGAIN ? "no frame is in it: read it by itself, not beside others"
                                    : strerror(-error));
}

void log_member_peek(struct log_member *member, struct event_ring *scratch)
{
    int64_t wall_ns;

    if (member->done || member->peeked)
        return;
    const int error = replay_peek(member->log, &wall_ns);
    take_events(member, scratch);
    member->peeked = !error;
    if (error) {
        fail(member, NULL, error);
        return;
    }
    const struct session_host *collected = replay_collected(member->log);
    member->shift_ns = collected->skew_known ? clock_less(0, collected->skew_ns) : 0;
    member->next_ns = clock_add(wall_ns, member->shift_ns);
}

void log_member_read(struct log_member *member, struct event_ring *scratch, struct frame_pool *pool,
                     const struct wish *wish)
{
    struct frame *frame = frame_new(pool);
    const int64_t start_ns = replay_start(member->log); /* of the frame that was peeked at */
    const int error = frame ? source_next(member->log, frame, wish) : -ENOMEM;

    take_events(member, scratch);
    member->read_count = member->event_count;
    member->peeked = false;
    if (error) {
        fail(member, frame, error);
        frame_release(frame);
        return;
    }
    member->frames++;
    if (member->latest && member->is_new)
        fleet_add_skipped(frame, member->latest, member->start_ns == start_ns);
    frame_release(member->latest);
    member->latest = frame;
    member->start_ns = start_ns;
    member->latest_ns = member->next_ns;
    member->is_new = true;
}

static bool is_placed(const struct log_member *member, int64_t limit_ns)
{
    return member->latest && member->latest_ns <= limit_ns &&
           (member->done || (member->peeked && member->next_ns > limit_ns));
}

int log_member_stand(struct log_member *member, struct event_ring *scratch, int64_t limit_ns)
{
    int64_t shift_ns;
    int error = 0;

    member->event_count = member->read_count = 0;
    member->missed = 0;
    if (is_placed(member, limit_ns))
        return 0;
    frame_release(member->latest);
    member->latest = NULL;
    replay_forget_given(member->log);
    for (int tries = 0; tries < STANDS_MOST; tries++) {
        shift_ns = member->shift_ns;
        member->peeked = member->done = false;
        error = replay_seek(member->log, clock_less(limit_ns, shift_ns));
        if (error)
            break;
        log_member_peek(member, scratch);
        if (member->shift_ns == shift_ns)
            break;
    }
    take_events(member, scratch);
    member->event_count = 0;
    member->missed = 0;
    if (error == -ENODATA) /* it has no frame */
        member->done = true;
    return error == -ENODATA ? 0 : error;
}

void log_member_look_again(struct log_member *member)
{
    if (member->done && !member->fault[0])
        member->done = false;
}

int log_member_span(struct log_member *member, int64_t *first_ns, int64_t *last_ns)
{
    const int error = replay_span(member->log, first_ns, last_ns);

    if (error)
        return error;
    *first_ns = clock_add(*first_ns, member->shift_ns);
    *last_ns = clock_add(*last_ns, member->shift_ns);
    return 0;
}

const char *log_member_gap(const struct log_member *member)
{
    const char *reason = replay_gap_reason(member->log);
    const size_t length = strlen(LOST);

    return strncmp(reason, LOST, length) == 0 ? reason + length : reason;
}

void log_member_note_rest(struct log_member *member)
{
    if (member->fault[0] || (member->frames == 0 && log_member_gap(member)[0]))
        return;
    if (member->frames == 0 && !member->latest)
        snprintf(member->fault, sizeof(member->fault),
                 "no frame is in it: read it by itself, not beside others");
    else if (member->missed > 0)
        snprintf(member->fault, sizeof(member->fault),
                 "memory was refused: %" PRIu64 " events before its end are missing",
                 member->missed);
    else if (member->event_count > 0)
        snprintf(member->fault, sizeof(member->fault),
                 "%u events behind its last frame are left out: read it by itself",
                 member->event_count);
}

int log_member_open(struct log_member *member, const struct log_path *path,
                    struct event_ring *scratch, char *why, size_t size)
{
    *member = (struct log_member){.path = path->path, .part_of = path->part_of};
    const int error = replay_open(&member->log, path->path, why, size);

    if (error)
        return error;
    if (replay_is_pipe(member->log)) {
        snprintf(why, size, "%.200s: a pipe: several logs have to be files", path->path);
        return -ESPIPE;
    }
    replay_set_ring(member->log, scratch);
    log_member_peek(member, scratch);
    return 0;
}

void log_member_done(struct log_member *member)
{
    frame_release(member->latest);
    source_close(member->log);
    free(member->events);
}
