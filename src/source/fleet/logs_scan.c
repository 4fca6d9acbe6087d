/* Searching and counting in several logs, one after the other. */
#include "source/fleet/logs_private.h"

#include "base/clock.h"
#include "source/log/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct log_member *at_work(struct fleet_logs *logs)
{
    return &logs->members[logs->search.member];
}

/* --- searches --- */

/* Filters apply to the merged frame: the log's frame with the fleet's keys. Made once for the
 * events of a frame. */
static const struct frame *merged(struct fleet_logs *logs, const struct frame *frame)
{
    struct logs_search *search = &logs->search;
    struct fleet_part part = *fleet_logs_part(logs, at_work(logs));

    if (search->frame && frame_mark_is(&search->made_of, frame))
        return search->frame;
    frame_release(search->frame);
    search->frame = frame_new(search->pool);
    search->made_of = frame_mark_of(frame);
    if (!search->frame)
        return NULL;
    part.frame = frame;
    part.host.state = HOST_OK;
    search->frame->wall_ns = clock_add(frame->wall_ns, at_work(logs)->shift_ns);
    search->frame->mono_ns = frame->mono_ns;
    if (fleet_merge(search->frame, &part, 1) != 0)
        return NULL;
    if (search->redacted->redaction)
        redact_frame(search->redacted->redaction, search->frame);
    return search->frame;
}

static bool matches(void *data, const struct event *event, const struct frame *frame)
{
    struct fleet_logs *logs = data;
    const struct source_search *search = &logs->search.search;
    struct event moved = *event;

    fleet_move_event(&moved, fleet_logs_part(logs, at_work(logs)));
    if (logs->source.redaction)
        redact_event(logs->source.redaction, &moved);
    return search->match(search->data, &moved, frame ? merged(logs, frame) : NULL);
}

static void end_search(struct logs_search *search)
{
    frame_release(search->frame);
    if (search->pool)
        frame_pool_release(search->pool);
    *search = (struct logs_search){.member = 0};
}

int fleet_logs_search_begin(struct source *source, const struct source_search *search)
{
    struct fleet_logs *logs = fleet_logs_of(source);

    end_search(&logs->search);
    if (logs->given_ns == INT64_MIN)
        return -ENODATA;
    logs->search = (struct logs_search){.search = *search,
                                        .redacted = source,
                                        .pool = frame_pool_new(),
                                        .reached_ns = logs->given_ns};
    return logs->search.pool ? 0 : -ENOMEM;
}

static bool is_nearer(const struct logs_search *search, int64_t found_ns)
{
    return !search->found ||
           (search->search.backward ? found_ns > search->found_ns : found_ns < search->found_ns);
}

/* 1: continue; 0: found; -ENODATA: not found; other -errno. */
static int search_log(struct fleet_logs *logs, unsigned lines, int64_t *found_ns)
{
    struct logs_search *search = &logs->search;
    struct log_member *member = at_work(logs);
    int64_t reached_ns;
    int error = 0;

    if (!search->begun) {
        const struct source_search own = {.match = matches,
                                          .data = logs,
                                          .backward = search->search.backward,
                                          .with_rows = search->search.with_rows,
                                          .with_all = search->search.with_all};
        error = replay_search_begin(member->log, &own);
        search->begun = true;
    }
    if (!error)
        error = replay_search_step(member->log, lines, found_ns, &reached_ns);
    if (error >= 0)
        search->reached_ns = clock_add(reached_ns, member->shift_ns);
    *found_ns = clock_add(*found_ns, member->shift_ns);
    return error;
}

int fleet_logs_search_step(struct source *source, unsigned lines, int64_t *wall_ns,
                           int64_t *reached_ns)
{
    struct fleet_logs *logs = fleet_logs_of(source);
    struct logs_search *search = &logs->search;
    int64_t found_ns = 0;

    if (search->member < logs->count) {
        const int result = search_log(logs, lines, &found_ns);
        *reached_ns = search->reached_ns;
        if (result < 0 && result != -ENODATA)
            return result;
        if (result == 0 && is_nearer(search, found_ns)) {
            search->found = true;
            search->found_ns = found_ns;
        }
        if (result != 1) {
            search->member++;
            search->begun = false;
        }
    }
    if (search->member < logs->count)
        return 1;
    *wall_ns = *reached_ns = search->found_ns;
    return search->found ? 0 : -ENODATA;
}

/* --- how much happened when --- */

static void mark_found(void *data, int64_t since_ns, uint8_t severity)
{
    struct fleet_logs *logs = data;
    const struct logs_density *density = &logs->density;

    density->density.found(density->density.data,
                           clock_add(since_ns, logs->members[density->member].shift_ns), severity);
}

int fleet_logs_density_begin(struct source *source, int64_t from_ns, int64_t to_ns,
                             const struct density *density)
{
    struct fleet_logs *logs = fleet_logs_of(source);
    struct logs_density *work = &logs->density;

    free(work->parts);
    *work = (struct logs_density){.density = *density, .from_ns = from_ns, .to_ns = to_ns};
    if (!density->count || to_ns <= from_ns)
        return -EINVAL;
    memset(density->parts, 0, density->count * sizeof(*density->parts));
    work->parts = calloc(density->count, sizeof(*work->parts));
    return work->parts ? 0 : -ENOMEM;
}

static int begin_log(struct fleet_logs *logs)
{
    struct logs_density *work = &logs->density;
    const struct log_member *member = &logs->members[work->member];
    const struct density own = {.parts = work->parts,
                                .count = work->density.count,
                                .found = work->density.found ? mark_found : NULL,
                                .data = logs};

    work->begun = true;
    return replay_density_begin(member->log, clock_less(work->from_ns, member->shift_ns),
                                clock_less(work->to_ns, member->shift_ns), &own);
}

int fleet_logs_density_step(struct source *source, unsigned lines)
{
    struct fleet_logs *logs = fleet_logs_of(source);
    struct logs_density *work = &logs->density;

    if (work->member == logs->count)
        return 0;
    int result = work->begun ? 0 : begin_log(logs);
    if (!result)
        result = replay_density_step(logs->members[work->member].log, lines);
    if (result == 1)
        return 1;
    if (result < 0 && result != -ENODATA)
        return result;
    for (uint32_t i = 0; i < work->density.count; i++)
        density_join(&work->density.parts[i], &work->parts[i]);
    work->member++;
    work->begun = false;
    return work->member < logs->count ? 1 : 0;
}

void fleet_logs_scan_done(struct fleet_logs *logs)
{
    end_search(&logs->search);
    free(logs->density.parts);
    logs->density = (struct logs_density){.member = 0};
}
