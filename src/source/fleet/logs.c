/* fleet_logs: see logs.h. Time is divided into equal periods, and the frames of one are merged, so
 * that the frames do not depend on where reading began. */
#include "source/fleet/logs_private.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/sort.h"
#include "source/log/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BUCKET_LEAST_NS (10 * MILLISECOND_NS)
#define BUCKET_MOST_NS  (SECOND_NS / 2)
#define LATE_NS         (5 * SECOND_NS) /* a host whose last frame is older than this and */
#define LATE_FRAMES     3               /* this many intervals was lost, or its log has ended */
#define NUMBERS_A_JUMP  (UINT64_C(1) << 32)

/* --- time --- */

static int64_t bucket_begin(const struct fleet_logs *logs, int64_t wall_ns)
{
    const int64_t rest_ns = wall_ns % logs->bucket_ns;
    return clock_less(wall_ns, rest_ns < 0 ? rest_ns + logs->bucket_ns : rest_ns);
}

static int64_t bucket_last(const struct fleet_logs *logs, int64_t wall_ns)
{
    return clock_add(bucket_begin(logs, wall_ns), logs->bucket_ns - 1);
}

/* Half of the shortest interval, so that a log has a frame in every other period. */
static void choose_bucket(struct fleet_logs *logs)
{
    int64_t least_ns = 2 * BUCKET_MOST_NS;

    for (uint32_t i = 0; i < logs->count; i++) {
        const int64_t interval_ns = replay_interval(logs->members[i].log);
        if (interval_ns > 0 && interval_ns < least_ns)
            least_ns = interval_ns;
    }
    logs->bucket_ns = least_ns / 2 > BUCKET_LEAST_NS ? least_ns / 2 : BUCKET_LEAST_NS;
}

static int64_t late_ns(const struct log_member *member)
{
    const int64_t frames_ns = LATE_FRAMES * replay_interval(member->log);
    return frames_ns > LATE_NS ? frames_ns : LATE_NS;
}

/* --- reading --- */

/* The time up to which frames belong to the next merged one; false: there is none. */
static bool find_limit(struct fleet_logs *logs, int64_t *limit_ns)
{
    int64_t first_ns = INT64_MAX;
    const bool is_as_of = logs->limit_ns != INT64_MIN;
    bool any = false, any_before = false;

    for (uint32_t i = 0; i < logs->count; i++) {
        struct log_member *member = &logs->members[i];
        member->is_new = false;
        log_member_peek(member, logs->scratch);
        any |= is_as_of && member->latest;
        any_before |= is_as_of && member->latest;
        if (!member->peeked)
            continue;
        any = true;
        any_before |= member->next_ns <= logs->limit_ns;
        first_ns = member->next_ns < first_ns ? member->next_ns : first_ns;
    }
    *limit_ns = any_before ? logs->limit_ns : bucket_last(logs, first_ns);
    return any;
}

static bool is_interrupted(const struct fleet_logs *logs)
{
    return logs->interrupted && logs->interrupted(logs->interrupt_data);
}

/* What is read by then stays read. */
static int read_frames(struct fleet_logs *logs, const struct wish *wish)
{
    int64_t limit_ns;

    if (!find_limit(logs, &limit_ns))
        return -ENODATA;
    for (uint32_t i = 0; i < logs->count; i++) {
        struct log_member *member = &logs->members[i];
        while (member->peeked && member->next_ns <= limit_ns) {
            if (is_interrupted(logs))
                return -EINTR;
            log_member_read(member, logs->scratch, logs->pool, wish);
            log_member_peek(member, logs->scratch);
        }
    }
    logs->limit_ns = INT64_MIN;
    return 0;
}

/* --- hosts --- */

/* Of the parts of a log, the one that began last. */
static void choose_members(struct fleet_logs *logs)
{
    for (uint32_t i = 0; i < logs->host_count; i++)
        logs->hosts[i].frames = 0;
    for (uint32_t i = 0; i < logs->count; i++) {
        const struct log_member *member = &logs->members[i];
        struct log_host *host = &logs->hosts[member->host];
        const struct log_member *before = &logs->members[host->member];
        host->frames += member->frames;
        if (before->host == member->host && before->latest && !member->latest)
            continue;
        if (before->host == member->host && host->member < i && before->is_new && member->is_new)
            fleet_add_skipped(member->latest, before->latest, member->start_ns == before->start_ns);
        host->member = i;
    }
}

/* True if no part of its log follows. */
static bool is_last_part(const struct fleet_logs *logs, uint32_t i)
{
    return i + 1 == logs->count || logs->members[i + 1].host != logs->members[i].host;
}

static uint8_t state_of(const struct fleet_logs *logs, uint32_t i, int64_t now_ns)
{
    const struct log_member *member = &logs->members[i];
    const bool is_gap = log_member_gap(member)[0] != '\0';

    if (!member->latest)
        return member->done && is_gap ? HOST_LOST : HOST_WAITING;
    if (clock_less(now_ns, member->latest_ns) <= late_ns(member))
        return HOST_OK;
    return member->done && is_last_part(logs, i) && !is_gap ? HOST_ENDED : HOST_LOST;
}

static void set_skew(struct frame_host *host, const struct session_host *collected)
{
    host->skew_known = collected->skew_known;
    host->skew_ns = collected->skew_ns;
    host->skew_error_ns = collected->skew_error_ns;
}

static void set_part(struct fleet_logs *logs, uint32_t number, int64_t now_ns)
{
    struct log_host *host = &logs->hosts[number];
    const struct log_member *member = &logs->members[host->member];
    struct fleet_part *part = &logs->parts[number];
    const struct frame *latest = member->latest;
    const uint8_t state = state_of(logs, host->member, now_ns);

    *part = (struct fleet_part){
        .frame = latest,
        .host = {.number = number + 1,
                 .state = state,
                 .name = host->name,
                 .place = member->path,
                 .why = state == HOST_LOST ? log_member_gap(member) : member->fault,
                 .version = latest ? replay_version(member->log) : "",
                 .events = "",
                 .frames = host->frames,
                 .number_in_host = latest ? latest->number : 0,
                 .wall_ns = latest ? member->latest_ns : 0,
                 .mono_ns = latest ? member->latest_ns : 0},
        .keys = &host->keys,
        .wall_shift_ns = member->shift_ns,
        .is_new = member->is_new};
    set_skew(&part->host, replay_collected(member->log));
    if (!latest)
        return;
    part->wall_shift_ns = clock_less(member->latest_ns, latest->wall_ns);
    /* Monotonic clocks of different hosts are unrelated. */
    part->mono_shift_ns = clock_less(member->latest_ns, latest->mono_ns);
}

/* --- events --- */

static void take_events(struct fleet_logs *logs, struct log_member *member)
{
    const struct fleet_part *part = fleet_logs_part(logs, member);
    const uint32_t count = member->read_count;

    if (count == 0 || GROW(logs->events, logs->event_capacity, logs->event_count + count))
        return; /* they stay pending */
    for (uint32_t n = 0; n < count; n++) {
        struct event *event = &logs->events[logs->event_count++];
        *event = member->events[n];
        fleet_move_event(event, part);
    }
    member->event_count -= count;
    member->read_count = 0;
    memmove(member->events, member->events + count, member->event_count * sizeof(*member->events));
}

/* The time before which no log has events any more, ignoring logs that have been silent for
 * long. */
static int64_t settled_until(const struct fleet_logs *logs)
{
    int64_t until_ns = INT64_MAX;

    for (uint32_t i = 0; i < logs->count; i++) {
        const struct log_member *member = &logs->members[i];
        if (!member->latest || !member->peeked ||
            clock_less(member->next_ns, member->latest_ns) > late_ns(member))
            continue;
        until_ns = member->latest_ns < until_ns ? member->latest_ns : until_ns;
    }
    return until_ns;
}

static int compare_events(const void *a, const void *b)
{
    const struct event *one = a, *other = b;
    if (one->wall_ns != other->wall_ns)
        return one->wall_ns < other->wall_ns ? -1 : 1;
    return one->number < other->number ? -1 : one->number > other->number;
}

static void push_events(struct fleet_logs *logs, struct frame *frame)
{
    const int64_t until_ns = settled_until(logs);
    uint32_t pushed = 0;

    sort_items(logs->events, logs->event_count, sizeof(*logs->events), compare_events);
    frame->first_event = logs->ring ? event_ring_next(logs->ring) : 0;
    while (pushed < logs->event_count && logs->events[pushed].wall_ns <= until_ns)
        pushed++;
    if (logs->ring) /* refused: who reads them learns how many it missed */
        (void)event_ring_reserve(logs->ring, pushed);
    for (uint32_t i = 0; i < pushed && logs->ring; i++)
        event_ring_push(logs->ring, &logs->events[i]);
    frame->next_event = logs->ring ? event_ring_next(logs->ring) : 0;
    if (!pushed)
        return;
    logs->event_count -= pushed;
    memmove(logs->events, logs->events + pushed, logs->event_count * sizeof(*logs->events));
}

/* --- frames --- */

static int64_t newest(const struct fleet_logs *logs, bool is_as_of)
{
    int64_t now_ns = INT64_MIN;

    for (uint32_t i = 0; i < logs->count; i++) {
        const struct log_member *member = &logs->members[i];
        if ((member->is_new || (is_as_of && member->latest)) && member->latest_ns > now_ns)
            now_ns = member->latest_ns;
    }
    return now_ns != INT64_MIN ? now_ns : logs->given_ns;
}

static int logs_next(struct source *source, struct frame *frame, const struct wish *wish)
{
    struct fleet_logs *logs = fleet_logs_of(source);
    const bool is_as_of = logs->limit_ns != INT64_MIN;
    char words[32];
    int error = read_frames(logs, wish);

    for (uint32_t i = 0; error == -ENODATA && i < logs->count; i++)
        log_member_note_rest(&logs->members[i]);
    if (error)
        return error;
    frame->wall_ns = frame->mono_ns = logs->given_ns = newest(logs, is_as_of);
    choose_members(logs);
    for (uint32_t i = 0; i < logs->host_count; i++)
        set_part(logs, i, logs->given_ns);
    for (uint32_t i = 0; i < logs->count; i++)
        take_events(logs, &logs->members[i]);
    snprintf(words, sizeof(words), "%u hosts", logs->host_count);
    frame->host = frame_copy_text(frame, words);
    frame->source = "log";
    error = fleet_merge(frame, logs->parts, logs->host_count);
    if (error)
        return error;
    frame->number = logs->number = logs->next_number++;
    push_events(logs, frame);
    return 0;
}

static void logs_use_ring(struct source *source, struct event_ring *ring)
{
    fleet_logs_of(source)->ring = ring;
}

void fleet_logs_set_interrupt(struct source *source, bool (*interrupted)(void *data), void *data)
{
    struct fleet_logs *logs = fleet_logs_of(source);

    logs->interrupted = interrupted;
    logs->interrupt_data = data;
}

/* --- travel --- */

static int logs_peek(struct source *source, int64_t *wall_ns)
{
    struct fleet_logs *logs = fleet_logs_of(source);
    int64_t limit_ns;

    for (uint32_t i = 0; i < logs->count; i++)
        log_member_look_again(&logs->members[i]);
    if (!find_limit(logs, &limit_ns))
        return -ENODATA;
    *wall_ns = INT64_MIN;
    for (uint32_t i = 0; i < logs->count; i++) {
        const struct log_member *member = &logs->members[i];
        if (member->peeked && member->next_ns <= limit_ns && member->next_ns > *wall_ns)
            *wall_ns = member->next_ns;
    }
    return 0;
}

static int stand(struct fleet_logs *logs, int64_t wall_ns)
{
    bool any = false;
    int error = 0;

    for (uint32_t i = 0; i < logs->count && !error; i++) {
        error = log_member_stand(&logs->members[i], logs->scratch, wall_ns);
        any |= logs->members[i].peeked || logs->members[i].latest;
    }
    logs->event_count = 0;
    logs->limit_ns = wall_ns;
    if (logs->ring)
        event_ring_restart(logs->ring, event_ring_next(logs->ring));
    return error ? error : any ? 0 : -ENODATA;
}

/* How many frames lie between is unknown: the numbers from here on are far from all before, so that
 * none seems to follow another. They are of no use to another source of the same logs. */
static int logs_seek(struct source *source, int64_t wall_ns)
{
    struct fleet_logs *logs = fleet_logs_of(source);

    logs->next_number = ++logs->jumps * NUMBERS_A_JUMP;
    return stand(logs, wall_ns);
}

static bool is_any_before(const struct fleet_logs *logs, int64_t wall_ns)
{
    for (uint32_t i = 0; i < logs->count; i++) {
        const struct log_member *member = &logs->members[i];
        if (member->latest || (member->peeked && member->next_ns <= wall_ns))
            return true;
    }
    return false;
}

static int logs_step_back(struct source *source)
{
    struct fleet_logs *logs = fleet_logs_of(source);
    const int64_t given_ns = logs->given_ns;

    if (given_ns == INT64_MIN)
        return -ENODATA;
    const int64_t before_ns = clock_less(bucket_begin(logs, given_ns), 1);
    int error = stand(logs, before_ns);
    if (error)
        return error;
    if (is_any_before(logs, before_ns)) {
        logs->next_number = logs->number - 1;
        return 0;
    }
    logs->next_number = logs->number; /* return the first one again */
    error = stand(logs, given_ns);
    return error ? error : -ENODATA;
}

static int logs_span(struct source *source, int64_t *first_ns, int64_t *last_ns)
{
    struct fleet_logs *logs = fleet_logs_of(source);
    bool any = false;

    *first_ns = INT64_MAX;
    *last_ns = INT64_MIN;
    for (uint32_t i = 0; i < logs->count; i++) {
        int64_t first, last;
        const int error = log_member_span(&logs->members[i], &first, &last);
        if (error == -ENODATA)
            continue;
        if (error)
            return error;
        any = true;
        *first_ns = first < *first_ns ? first : *first_ns;
        *last_ns = last > *last_ns ? last : *last_ns;
    }
    return any ? 0 : -ENODATA;
}

const char *fleet_logs_fault(struct source *source)
{
    struct fleet_logs *logs = fleet_logs_of(source);

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

/* --- life --- */

static void logs_close(struct source *source)
{
    struct fleet_logs *logs = fleet_logs_of(source);

    fleet_logs_scan_done(logs);
    for (uint32_t i = 0; logs->members && i < logs->count; i++)
        log_member_done(&logs->members[i]);
    for (uint32_t i = 0; logs->hosts && i < logs->host_count; i++)
        fleet_keys_done(&logs->hosts[i].keys);
    if (logs->pool)
        frame_pool_release(logs->pool);
    event_ring_free(logs->scratch);
    log_paths_done(&logs->paths);
    free(logs->members);
    free(logs->hosts);
    free(logs->parts);
    free(logs->events);
    free(logs);
}

/* Otherwise its rows and events would appear twice. */
static bool is_named_before(const struct log_paths *paths, uint32_t index)
{
    struct stat one, other;

    if (stat(paths->list[index].path, &one) != 0)
        return false; /* opening it reports the error */
    for (uint32_t i = 0; i < index; i++)
        if (stat(paths->list[i].path, &other) == 0 && one.st_dev == other.st_dev &&
            one.st_ino == other.st_ino)
            return true;
    return false;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* The name from the collecting recorder or the log itself; if unknown or not unique, from its
 * file. */
static void name_host(struct fleet_logs *logs, uint32_t number, const struct log_member *member)
{
    struct log_host *host = &logs->hosts[number];
    const char *collected = replay_collected(member->log)->name;
    const char *said = collected[0] ? collected : replay_host(member->log);

    snprintf(host->name, sizeof(host->name), "%s", said[0] ? said : base_name(member->path));
    for (uint32_t i = 0; i < number; i++)
        if (strcmp(logs->hosts[i].name, host->name) == 0)
            snprintf(host->name, sizeof(host->name), "%.250s", base_name(member->path));
}

static int open_members(struct fleet_logs *logs, char *why, size_t size)
{
    int error = 0;

    for (uint32_t i = 0; i < logs->paths.count && !error; i++) {
        struct log_member *member = &logs->members[i];
        if (is_named_before(&logs->paths, i)) {
            snprintf(why, size, "%.200s: named twice", logs->paths.list[i].path);
            return -EINVAL;
        }
        error = log_member_open(member, &logs->paths.list[i], logs->scratch, why, size);
        logs->count = i + 1;
        if (error)
            return error;
        member->host = member->part_of - 1;
        if (i > 0 && logs->members[i - 1].part_of == member->part_of)
            continue;
        logs->hosts[member->host].member = i;
        name_host(logs, member->host, member);
    }
    return error;
}

static int make_logs(struct fleet_logs *logs, const char *const *paths, uint32_t count, char *why,
                     size_t size)
{
    const int error = log_paths_find(&logs->paths, paths, count, why, size);

    if (error)
        return error;
    logs->members = calloc(logs->paths.count, sizeof(*logs->members));
    logs->hosts = calloc(logs->paths.logs, sizeof(*logs->hosts));
    logs->parts = calloc(logs->paths.logs, sizeof(*logs->parts));
    logs->pool = frame_pool_new();
    logs->scratch = event_ring_new(EVENT_RING_DEFAULT);
    if (!logs->members || !logs->hosts || !logs->parts || !logs->pool || !logs->scratch)
        return -ENOMEM;
    if (logs->paths.logs > HOSTS_MAX) {
        snprintf(why, size, "too many logs: of %u hosts at most", HOSTS_MAX);
        return -E2BIG;
    }
    logs->host_count = logs->paths.logs;
    for (uint32_t i = 0; i < logs->host_count; i++)
        logs->hosts[i].keys.next = &logs->next_key;
    return open_members(logs, why, size);
}

int fleet_logs_open(struct source **source, const char *const *paths, uint32_t count, char *why,
                    size_t size)
{
    static const struct source_travel travel = {.peek = logs_peek,
                                                .seek = logs_seek,
                                                .step_back = logs_step_back,
                                                .span = logs_span,
                                                .search_begin = fleet_logs_search_begin,
                                                .search_step = fleet_logs_search_step,
                                                .density_begin = fleet_logs_density_begin,
                                                .density_step = fleet_logs_density_step};
    static const struct source_ops ops = {.name = "log",
                                          .complete = true,
                                          .next = logs_next,
                                          .use_ring = logs_use_ring,
                                          .close = logs_close,
                                          .travel = &travel};
    struct fleet_logs *logs = calloc(1, sizeof(*logs));
    int error = -ENOMEM;

    why[0] = '\0';
    if (logs) {
        logs->source.ops = &ops;
        logs->given_ns = logs->limit_ns = INT64_MIN;
        logs->next_number = 1;
        error = make_logs(logs, paths, count, why, size);
    }
    if (!error) {
        choose_bucket(logs);
        *source = &logs->source;
        return 0;
    }
    if (!why[0])
        snprintf(why, size, "%s", strerror(-error));
    if (logs)
        logs_close(&logs->source);
    return error;
}
