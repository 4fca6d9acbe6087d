/* Searching a log and counting its events: with a separate reader, in slices. Only relevant lines
 * are parsed. */
#include "source/log/lines.h"

#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void replay_scan_done(struct replay_scan *scan)
{
    log_reader_close(scan->reader);
    if (scan->counts)
        session_state_done(&scan->lines);
    if (scan->pool) {
        frame_pool_release(scan->pool);
        session_state_done(&scan->state);
    }
    free(scan->events);
    *scan = (struct replay_scan){0};
}

int replay_scan_open(struct replay *replay, struct replay_scan *scan)
{
    char why[160];

    replay_scan_done(scan);
    scan->redaction = replay->source.redaction;
    if (!log_reader_seekable(replay->reader))
        return -ESPIPE;
    int descriptor = dup(log_reader_descriptor(replay->reader));
    return descriptor < 0 ? -errno
                          : log_reader_open_descriptor(&scan->reader, descriptor, why, sizeof(why));
}

/* Reads the next line of the given kinds; 1: none among `lines` lines. */
static int scan_line(struct replay_scan *scan, struct session_state *scratch, uint32_t kinds,
                     unsigned *lines, struct session_line *line)
{
    while (*lines) {
        struct log_text text;
        enum record_kind kind;
        int64_t wall_ns;
        char why[160];
        --*lines;
        int error = log_reader_next(scan->reader, &text);
        if (error == -EBADMSG)
            continue;
        if (error)
            return error;
        if (session_peek_line(text.text, text.length, &kind, &wall_ns) != 0 ||
            !((kinds | RECORD_BIT(RECORD_HEAD)) & RECORD_BIT(kind)))
            continue;
        replay_count_line(&scan->at, scan->reader, kind);
        if (!(kinds & RECORD_BIT(kind)))
            continue;
        if (session_read_line(scratch, text.text, text.length, line, why, sizeof(why)) == 0)
            return 0;
    }
    return 1;
}

static int begin_rows(struct replay_scan *scan)
{
    scan->pool = frame_pool_new();
    if (!scan->pool)
        return -ENOMEM;
    session_state_init(&scan->state);
    return 0;
}

int replay_search_begin(struct source *source, const struct source_search *search)
{
    struct replay *replay = replay_of(source);
    struct replay_scan *scan = &replay->search;
    int error = replay_scan_open(replay, scan);

    if (!error)
        error = log_reader_go(scan->reader, replay->given.place);
    if (!error && search->with_rows)
        error = begin_rows(scan);
    if (error)
        return error;
    scan->limit = replay->given;
    scan->at.place = scan->place = replay->given.place;
    scan->reached_ns = replay->given_ns;
    scan->search = *search;
    return 0;
}

/* Backward: a stretch between two keyframes was read. If it had a match, the last one is the
 * result; else the stretch before it is next. */
static int next_stretch(struct replay_scan *scan)
{
    if (scan->matches)
        return 0;
    scan->limit = (struct replay_position){.place = scan->place};
    scan->matched = false;
    scan->event_count = 0;
    if (scan->search.with_rows)
        session_state_clear(&scan->state);
    int error = log_reader_seek_before(scan->reader, &scan->place);
    scan->at = (struct replay_position){.place = scan->place};
    return error ? error : 1;
}

#define EVENT_LINES                                                                                \
    (RECORD_BIT(RECORD_OPEN) | RECORD_BIT(RECORD_STATE) | RECORD_BIT(RECORD_CLOSE) |               \
     RECORD_BIT(RECORD_NAMESPACE))
#define ALL_LINES (RECORD_BIT(RECORD_COUNT) - 1)

/* The filter applies to redacted values. */
static bool matches(const struct replay_scan *scan, const struct event *event,
                    const struct frame *frame)
{
    struct event shown = *event;

    if (scan->redaction)
        redact_event(scan->redaction, &shown);
    return scan->search.match(scan->search.data, &shown, frame);
}

/* With rows an event waits for its frame. */
static int scan_event(struct replay_scan *scan, const struct event *event)
{
    if (!scan->search.with_rows) {
        scan->matched = scan->matched || matches(scan, event, NULL);
        return 0;
    }
    if (GROW(scan->events, scan->event_capacity, scan->event_count + 1))
        return -ENOMEM;
    scan->events[scan->event_count++] = *event;
    return 0;
}

static int match_events(struct replay_scan *scan, const struct session_frame *line)
{
    static const struct session_head no_head;
    struct frame *frame = scan->event_count ? frame_new(scan->pool) : NULL;
    int error = scan->event_count && !frame ? -ENOMEM : 0;

    if (frame && scan->search.with_all)
        error = session_build_frame(&scan->state, line, &no_head, frame);
    else if (frame)
        error =
            session_build_event_rows(&scan->state, line, scan->events, scan->event_count, frame);
    if (frame && !error && scan->redaction)
        redact_frame(scan->redaction, frame);
    for (uint32_t i = 0; i < scan->event_count && !error && !scan->matched; i++)
        scan->matched = matches(scan, &scan->events[i], frame);
    frame_release(frame);
    return error;
}

/* At a frame line. 1: continue; 0: found; -ENODATA: end of this stretch (backward). */
static int scan_frame(struct replay_scan *scan, const struct session_frame *line)
{
    const bool backward = scan->search.backward;
    const bool wanted = backward ? replay_is_before(scan->at, scan->limit)
                                 : replay_is_before(scan->limit, scan->at);
    int error = wanted ? match_events(scan, line) : 0;
    bool matched = scan->matched && wanted;

    scan->matched = false;
    scan->event_count = 0;
    scan->reached_ns = line->wall_ns;
    if (error)
        return error;
    if (backward && !wanted)
        return -ENODATA;
    if (!matched)
        return 1;
    scan->found = scan->at;
    scan->found_ns = line->wall_ns;
    scan->matches = backward;
    return backward ? 1 : 0;
}

static int scan_search_line(struct replay_scan *scan, const struct session_line *line)
{
    if (line->kind == RECORD_FRAME)
        return scan_frame(scan, &line->frame);
    if (!(EVENT_LINES & RECORD_BIT(line->kind)))
        return 1;
    const int error = scan_event(scan, &line->event);
    return error ? error : 1;
}

static int search_some(struct replay_scan *scan, struct session_state *scratch, unsigned lines)
{
    const uint32_t kinds =
        scan->search.with_rows ? ALL_LINES : EVENT_LINES | RECORD_BIT(RECORD_FRAME);
    int result = 1;

    while (lines && result == 1) {
        struct session_line line;
        result =
            scan_line(scan, scan->search.with_rows ? &scan->state : scratch, kinds, &lines, &line);
        if (result == 1)
            return 1;
        if (!result)
            result = scan_search_line(scan, &line);
        if (result == -ENODATA && scan->search.backward)
            result = next_stretch(scan);
    }
    return result;
}

int replay_search_step(struct source *source, unsigned lines, int64_t *wall_ns, int64_t *reached_ns)
{
    struct replay *replay = replay_of(source);
    struct replay_scan *scan = &replay->search;
    struct session_state scratch;

    if (!scan->reader)
        return -EINVAL;
    session_state_init(&scratch);
    int result = search_some(scan, &scratch, lines);
    session_state_done(&scratch);
    if (result == 0) {
        *wall_ns = replay->found_ns = scan->found_ns;
        replay->found = scan->found;
    }
    *reached_ns = scan->reached_ns;
    if (result != 1)
        replay_scan_done(scan);
    return result;
}

int replay_density_begin(struct source *source, int64_t from_ns, int64_t to_ns,
                         const struct density *density)
{
    struct replay *replay = replay_of(source);
    struct replay_scan *scan = &replay->density;

    if (!density->count || to_ns <= from_ns)
        return -EINVAL;
    int error = replay_scan_open(replay, scan);
    if (!error)
        error = log_reader_seek(scan->reader, from_ns);
    if (error)
        return error;
    memset(density->parts, 0, density->count * sizeof(*density->parts));
    session_state_init(&scan->lines);
    scan->counts = true;
    scan->drops = UINT64_MAX;
    scan->density = *density;
    scan->from_ns = from_ns;
    scan->to_ns = to_ns;
    return 0;
}

/* Growth of ListenDrops, known from the keyframe on. */
static void count_drops(struct replay_scan *scan, struct density_part *part)
{
    const struct host_facts *facts = &scan->lines.facts;
    const bool known = host_fact_known(facts, FACT_LISTEN_DROPS);
    const uint64_t now = known ? host_fact(facts, FACT_LISTEN_DROPS) : UINT64_MAX;

    if (known && part)
        density_add(part, DENSITY_DROPS,
                    scan->drops <= now && scan->drops != UINT64_MAX ? now - scan->drops : 0);
    scan->drops = now;
}

static struct density_part *part_at(const struct replay_scan *scan, int64_t wall_ns)
{
    const uint64_t span = (uint64_t)scan->to_ns - (uint64_t)scan->from_ns;
    const uint64_t since = (uint64_t)wall_ns - (uint64_t)scan->from_ns;
    const uint32_t count = scan->density.count;

    if (wall_ns < scan->from_ns)
        return NULL;
    const uint32_t part = (uint32_t)((double)since / (double)span * count);
    return &scan->density.parts[part < count ? part : count - 1];
}

static void count_frame(struct replay_scan *scan, const struct session_frame *frame)
{
    struct density_part *part = part_at(scan, frame->wall_ns);
    const struct totals *totals = &frame->totals;

    count_drops(scan, part);
    if (!part)
        return;
    density_add(part, DENSITY_EVENTS,
                (uint64_t)frame->counts.opened + frame->counts.changed + frame->counts.closed);
    if (scan->has_totals) {
        density_add(part, DENSITY_RETRANSMITTED, totals->retrans_interval);
        density_add(part, DENSITY_BYTES, totals->in_interval + totals->out_interval);
    }
    if (frame->close_wait != UINT32_MAX)
        density_add(part, DENSITY_CLOSE_WAIT, frame->close_wait);
}

static void count_finding(const struct replay_scan *scan, const struct finding_step *step)
{
    if (scan->density.found) /* its severity may have risen since */
        scan->density.found(scan->density.data, step->finding.since_ns, step->finding.severity);
}

int replay_density_step(struct source *source, unsigned lines)
{
    struct replay_scan *scan = &replay_of(source)->density;
    const uint32_t kinds =
        RECORD_BIT(RECORD_HEAD) | RECORD_BIT(RECORD_FRAME) | RECORD_BIT(RECORD_FINDING);
    int result = 0;

    if (!scan->reader)
        return 0;
    while (lines && !result) {
        struct session_line line;
        result = scan_line(scan, &scan->lines, kinds, &lines, &line);
        if (!result && line.wall_ns > scan->to_ns)
            result = -ENODATA;
        else if (!result && line.kind == RECORD_HEAD)
            scan->has_totals = line.head.minor >= 1;
        else if (!result && line.kind == RECORD_FINDING)
            count_finding(scan, &line.finding);
        else if (!result)
            count_frame(scan, &line.frame);
    }
    if (result >= 0)
        return 1;
    replay_scan_done(scan);
    return result == -ENODATA ? 0 : result;
}
