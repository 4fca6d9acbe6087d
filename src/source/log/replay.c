/* replay: lines update the state, a frame line makes a frame of it. Unreadable parts are skipped
 * and noted in the frames that lack them. */
#include "source/log/lines.h"

#include "base/grow.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PENDING_MAX   262144u /* events between two frames that are kept */
#define STEPS_MAX     1024u   /* findings of one frame that are kept */
#define UNFRAMED_MOST 16384u  /* events without a frame line that are kept back */
#define NOT_READ      "not a session log that this tcplens reads: "
#define LOOK_EVERY    256u /* lines */
#define NEAR_NS       INT64_C(1000000000)

static void note_damage(struct replay *replay, const char *what)
{
    replay->stale = replay->damaged = true;
    snprintf(replay->damage, sizeof(replay->damage), "%s", what);
}

static void keep_event(struct replay *replay, const struct event *event)
{
    if (replay->pending_count == PENDING_MAX ||
        GROW(replay->pending, replay->pending_capacity, replay->pending_count + 1)) {
        note_damage(replay, "more events in one frame than tcplens keeps");
        return;
    }
    replay->pending[replay->pending_count++] = *event;
}

/* Replaces the stored finding. */
static void keep_holding(struct replay *replay, const struct finding_step *step)
{
    const bool over = step->kind == FINDING_END || step->kind == FINDING_STOP;
    uint32_t i = 0;

    while (i < replay->holding_count && replay->holding[i].id != step->finding.id)
        i++;
    if (over && i < replay->holding_count)
        replay->holding[i] = replay->holding[--replay->holding_count];
    if (over || i == FINDINGS_MAX || GROW(replay->holding, replay->holding_capacity, i + 1))
        return;
    replay->holding[i] = step->finding;
    if (i == replay->holding_count)
        replay->holding_count++;
}

static int add_holding(const struct replay *replay, struct frame *frame)
{
    const size_t size = replay->holding_count * sizeof(struct finding);

    if (size == 0)
        return 0;
    struct finding *copy = arena_alloc(&frame->arena, size);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, replay->holding, size);
    frame->logged_findings = copy;
    frame->logged_finding_count = replay->holding_count;
    return 0;
}

static void keep_step(struct replay *replay, const struct finding_step *step)
{
    if (replay->steps_whole)
        replay->step_count = 0;
    replay->steps_whole = false;
    keep_holding(replay, step);
    if (replay->step_count == STEPS_MAX ||
        GROW(replay->steps, replay->step_capacity, replay->step_count + 1)) {
        note_damage(replay, "more findings in one frame than tcplens keeps");
        return;
    }
    replay->steps[replay->step_count++] = *step;
}

static void keep_gap(struct replay *replay, const struct session_gap *gap)
{
    struct event event = {.kind = EVENT_LOST,
                          .origin = EVENT_FROM_LOG,
                          .wall_ns = gap->wall_ns,
                          .uid = UINT32_MAX,
                          .lost = gap->events};

    snprintf(event.text, sizeof(event.text), "%.47s", gap->reason);
    replay->gap_line = true;
    snprintf(replay->gap_reason, sizeof(replay->gap_reason), "%s", gap->reason);
    keep_event(replay, &event);
}

/* If the clock was set between two frames, clamps the event's time to one of them. */
static int64_t mono_of(const struct replay *replay, int64_t mono_ns)
{
    const int64_t now_ns = replay->frame.mono_ns, before_ns = replay->before_mono_ns;

    if (before_ns == 0 || before_ns > now_ns)
        return mono_ns;
    return mono_ns > now_ns + NEAR_NS      ? now_ns
           : mono_ns < before_ns - NEAR_NS ? before_ns
                                           : mono_ns;
}

static void push_events(struct replay *replay)
{
    uint64_t mono_offset = (uint64_t)replay->frame.mono_ns - (uint64_t)replay->frame.wall_ns;

    replay->first_event = replay->ring ? event_ring_next(replay->ring) : 0;
    if (replay->ring) /* refused: who reads them learns how many it missed */
        (void)event_ring_reserve(replay->ring, replay->pending_count);
    for (uint32_t i = 0; i < replay->pending_count && replay->ring; i++) {
        struct event *event = &replay->pending[i];
        event->mono_ns = mono_of(replay, (int64_t)((uint64_t)event->wall_ns + mono_offset));
        event_ring_push(replay->ring, event);
    }
    replay->pending_count = 0;
}

/* After the rows of a keyframe were counted. Missing lines that damage or a gap line already
 * explains are not reported again. */
static void check_sequence(struct replay *replay, const struct session_frame *frame)
{
    struct sequence *sequence = &replay->sequence;
    char text[120];

    sequence_describe(sequence, text, sizeof(text));
    if (!replay->damaged && sequence_missing(sequence, &frame->counts)) {
        note_damage(replay, text);
    } else if (!replay->damaged && sequence->before_head && !replay->gap) {
        replay->gap = true; /* the next keyframe is complete */
        snprintf(replay->damage, sizeof(replay->damage), "%s", text);
    }
    replay->damaged = false;
    sequence_end_frame(sequence);
}

static void take_frame(struct replay *replay, const struct session_frame *frame)
{
    replay->before_mono_ns = replay->has_frame ? replay->frame.mono_ns : 0;
    replay->frame = *frame;
    replay->has_frame = replay->framed = true;
    replay->gap = replay->gap_line;
    replay->gap_line = false;
    if (frame->key)
        replay->stale = replay->stale && frame->rows != replay->state.row_count;
    if (frame->rows != replay->state.row_count && !replay->stale)
        note_damage(replay, "rows are missing in the log");
    check_sequence(replay, frame);
    if (replay->steps_whole)
        replay->step_count = 0;
    replay->steps_whole = true;
    push_events(replay);
}

static void take_line(struct replay *replay, const struct session_line *line)
{
    switch (line->kind) {
    case RECORD_HEAD:
        replay->head = line->head;
        replay->has_frame = false;
        replay->holding_count = 0;
        return;
    case RECORD_FRAME:
        take_frame(replay, &line->frame);
        return;
    case RECORD_OPEN:
    case RECORD_STATE:
    case RECORD_CLOSE:
    case RECORD_NAMESPACE:
        keep_event(replay, &line->event);
        return;
    case RECORD_GAP:
        keep_gap(replay, &line->gap);
        return;
    case RECORD_CLOCK: /* for the reader who asked */
        return;
    case RECORD_HOST:
        replay->collected = line->host;
        return;
    case RECORD_FINDING: /* does not affect rows */
        keep_step(replay, &line->finding);
        return;
    case RECORD_NONE:
        return;
    default: /* a part of the next frame */
        replay->has_frame = false;
    }
}

void replay_count_line(struct replay_position *at, const struct log_reader *reader,
                       enum record_kind kind)
{
    if (kind == RECORD_FRAME)
        at->frames++;
    if (kind != RECORD_HEAD || log_reader_line_place(reader) == at->place)
        return;
    *at = (struct replay_position){.place = log_reader_line_place(reader)};
}

/* Describes a first line that is not a head line. */
static void describe_first_line(const struct log_text *text, bool is_line, const char *why,
                                char *reason, size_t size)
{
    if (text->length && text->text[0] == '\0')
        snprintf(reason, size,
                 "it begins with NUL bytes: it was truncated while a recorder wrote it");
    else if (is_line)
        snprintf(reason, size, "its first line is no head line (keep that when you filter a log)");
    else
        snprintf(reason, size, "its first line: %.110s", why);
}

/* For a pipe that was empty when it was opened. */
static int refuse_first_line(struct replay *replay, const struct log_text *text, bool is_line,
                             const char *why)
{
    char reason[160];

    describe_first_line(text, is_line, why, reason, sizeof(reason));
    snprintf(replay->damage, sizeof(replay->damage), NOT_READ "%.150s", reason);
    return -EINVAL;
}

/* False for a repeated line. */
static bool is_in_sequence(struct replay *replay, const struct session_line *line)
{
    const bool new_recording =
        line->kind == RECORD_HEAD && line->head.start_ns != replay->head.start_ns;
    const bool is_added = !line->seq && (line->kind == RECORD_HOST || line->kind == RECORD_GAP);
    const uint64_t last = replay->sequence.last;
    char text[80];

    if (is_added) /* by the collecting host: not part of that recording */
        return true;
    const enum sequence_step step = sequence_take(&replay->sequence, line, new_recording);

    if (step == SEQUENCE_AGAIN) { /* it may have reverted later lines */
        snprintf(text, sizeof(text), "a line is repeated (seq %" PRIu64 ")", line->seq);
        note_damage(replay, text);
    } else if (step == SEQUENCE_RESTART) {
        snprintf(replay->damage, sizeof(replay->damage),
                 "out of order: seq %" PRIu64 " follows seq %" PRIu64, line->seq, last);
    }
    return step != SEQUENCE_AGAIN;
}

int replay_read_line(struct replay *replay, const struct log_text *text, enum record_kind *kind)
{
    struct session_line line;
    char why[160];
    int error =
        session_read_line(&replay->state, text->text, text->length, &line, why, sizeof(why));

    if (error == -EPROTONOSUPPORT || error == -ENOMEM) {
        snprintf(replay->damage, sizeof(replay->damage), "%s", why);
        return error;
    }
    if (replay->unchecked && (error || line.kind != RECORD_HEAD))
        return refuse_first_line(replay, text, !error, why);
    replay->unchecked = false;
    if (!error && replay->tap)
        replay->tap(replay->tap_data, &line, text);
    if (error) {
        note_damage(replay, why);
        line.kind = RECORD_NONE;
    } else if (!is_in_sequence(replay, &line)) {
        line.kind = RECORD_NONE;
    }
    take_line(replay, &line);
    replay_count_line(&replay->at, replay->reader, line.kind);
    *kind = line.kind;
    return 0;
}

/* Not for each line: it may be a system call. */
static bool is_interrupted(struct replay *replay)
{
    return replay->interrupted && ++replay->looked % LOOK_EVERY == 0 &&
           replay->interrupted(replay->interrupt_data);
}

int replay_next_text(struct replay *replay, struct log_text *text)
{
    int error = -EBADMSG;

    while (error == -EBADMSG) {
        if (is_interrupted(replay))
            return -EINTR;
        error = log_reader_next(replay->reader, text);
        if (error == -EBADMSG || error == -EFBIG || error == -EMEDIUMTYPE)
            note_damage(replay, log_reader_damage(replay->reader));
    }
    return error;
}

int replay_read_to_frame(struct replay *replay)
{
    for (;;) {
        struct log_text text;
        enum record_kind kind = RECORD_NONE;
        int error = replay_next_text(replay, &text);
        if (!error)
            error = replay_read_line(replay, &text, &kind);
        if (error == -ENODATA && !replay->framed)
            push_events(replay);
        if (error == -ENODATA && replay->steps_whole)
            replay->step_count = 0;
        if (error)
            return error;
        if (kind == RECORD_FRAME)
            return 0;
        if (!replay->framed && replay->pending_count >= UNFRAMED_MOST) {
            push_events(replay);
            return -EAGAIN;
        }
    }
}

static void mark_missing(struct replay *replay, struct frame *frame)
{
    struct missing *missing = &frame->missing;

    if (!replay->stale && !replay->gap)
        return;
    missing->reasons |= MISSING_LOG;
    if (replay->stale)
        snprintf(missing->text, sizeof(missing->text), "log: %.120s", replay->damage);
    else if (!missing->text[0])
        snprintf(missing->text, sizeof(missing->text), "the log has a gap here");
}

static bool is_wished(const struct wish *wish, const struct conn *conn)
{
    uint8_t family = conn->tuple.family == FAMILY_INET6 ? WISH_INET6 : WISH_INET;
    uint8_t state = conn_is_ghost(conn) && conn->from != STATE_NONE ? conn->from : conn->state;

    if (!wish->state_bits) /* unspecified: everything */
        return true;
    if (conn_is_ghost(conn) && !(wish->state_bits & STATE_BIT(STATE_DELETE_TCB)))
        return false;
    return (wish->families & family) && (wish->state_bits & STATE_BIT(state));
}

/* --class and -4, -6 select from the recorded rows. */
static void keep_wished(struct frame *frame, const struct wish *wish)
{
    uint32_t kept = 0, live = 0;

    for (uint32_t i = 0; i < frame->conn_count; i++) {
        if (!is_wished(wish, &frame->conns[i]))
            continue;
        frame->conns[kept++] = frame->conns[i];
        live += i < frame->live_count;
    }
    if (kept == frame->conn_count)
        return;
    frame->conn_count = kept;
    frame->live_count = live;
    frame_count_totals(frame);
}

static int replay_next(struct source *source, struct frame *frame, const struct wish *wish)
{
    struct replay *replay = replay_of(source);
    int error = 0;

    if (!replay->ready)
        error = replay_read_to_frame(replay);
    if (!error)
        error = session_build_frame(&replay->state, &replay->frame, &replay->head, frame);
    if (!error)
        error = add_holding(replay, frame);
    if (error) {
        if (error != -ENODATA && error != -EAGAIN)
            snprintf(frame->missing.text, sizeof(frame->missing.text), "%.127s",
                     replay->damage[0] ? replay->damage : strerror(-error));
        return error;
    }
    if (replay->collected.name[0]) /* the name by the collecting recorder */
        frame->host = frame_copy_text(frame, replay->collected.name);
    keep_wished(frame, wish);
    replay->ready = false;
    replay->given_ns = frame->wall_ns;
    replay->given = replay->at;
    frame->first_event = replay->first_event;
    frame->next_event = replay->ring ? event_ring_next(replay->ring) : 0;
    mark_missing(replay, frame);
    return 0;
}

static void replay_close(struct source *source)
{
    struct replay *replay = replay_of(source);

    replay_scan_done(&replay->search);
    replay_scan_done(&replay->density);
    log_reader_close(replay->reader);
    session_state_done(&replay->state);
    free(replay->pending);
    free(replay->steps);
    free(replay->holding);
    free(replay);
}

/* A first line that is not a head line of a supported version is refused at once. */
static int check_head(struct replay *replay, const char *path, char *why, size_t size)
{
    struct log_text text = {.length = 0};
    struct session_line line;
    char words[160] = "", reason[240] = "";
    int error = log_reader_next(replay->reader, &text);

    replay->unchecked = error == -ENODATA || error == -EAGAIN;
    if (replay->unchecked)
        return 0; /* nothing yet: it may be about to be written */
    if (error == -EMEDIUMTYPE) {
        snprintf(why, size, "%s: %s", path, log_reader_damage(replay->reader));
        return error;
    }
    if (error == -EBADMSG) { /* lines after the damage may be readable */
        note_damage(replay, log_reader_damage(replay->reader));
        error = replay_next_text(replay, &text);
        if (!error) {
            log_reader_again(replay->reader);
            return 0;
        }
        if (error == -EAGAIN)
            return 0;
        snprintf(reason, sizeof(reason), "%s", replay->damage);
    }
    if (!error) {
        error =
            session_read_line(&replay->state, text.text, text.length, &line, words, sizeof(words));
        if (!error && line.kind == RECORD_HEAD) {
            log_reader_again(replay->reader);
            return 0;
        }
        describe_first_line(&text, !error, words, reason, sizeof(reason));
    }
    snprintf(why, size, "%s: " NOT_READ "%s", path, reason[0] ? reason : strerror(-error));
    return error ? error : -EINVAL;
}

static int make_replay(struct replay **made, char *why, size_t size)
{
    static const struct source_travel travel = {.peek = replay_peek,
                                                .seek = replay_seek,
                                                .step_back = replay_step_back,
                                                .span = replay_span,
                                                .search_begin = replay_search_begin,
                                                .search_step = replay_search_step,
                                                .density_begin = replay_density_begin,
                                                .density_step = replay_density_step};
    static const struct source_ops ops = {.name = "log",
                                          .complete = true,
                                          .next = replay_next,
                                          .close = replay_close,
                                          .travel = &travel};
    struct replay *replay = calloc(1, sizeof(*replay));

    if (!replay) {
        snprintf(why, size, "no memory");
        return -ENOMEM;
    }
    replay->source.ops = &ops;
    replay->given_ns = replay->found_ns = INT64_MIN;
    session_state_init(&replay->state);
    *made = replay;
    return 0;
}

static int end_opening(struct source **source, struct replay *replay, int error)
{
    if (!error)
        *source = &replay->source;
    else if (replay)
        replay_close(&replay->source);
    return error;
}

int replay_open(struct source **source, const char *path, char *why, size_t size)
{
    struct replay *replay = NULL;
    int error = make_replay(&replay, why, size);

    if (!error)
        error = log_reader_open(&replay->reader, path, why, size);
    if (!error)
        error = check_head(replay, path, why, size);
    return end_opening(source, replay, error);
}

int replay_open_descriptor(struct source **source, int descriptor, const char *name, char *why,
                           size_t size)
{
    struct replay *replay = NULL;
    int error = make_replay(&replay, why, size);

    if (error)
        close(descriptor);
    else
        error = log_reader_open_descriptor(&replay->reader, descriptor, why, size);
    if (!error)
        error = check_head(replay, name, why, size);
    return end_opening(source, replay, error);
}

void replay_set_ring(struct source *source, struct event_ring *ring)
{
    replay_of(source)->ring = ring;
    if (ring)
        redact_ring(source->redaction, ring);
}

const struct finding_step *replay_findings(const struct source *source, uint32_t *count)
{
    const struct replay *replay = (const struct replay *)source;

    *count = source->redaction ? 0 : replay->step_count;
    return replay->steps;
}

bool replay_has_findings(const struct source *source)
{
    return !source->redaction && ((const struct replay *)source)->head.findings;
}

const char *replay_host(const struct source *source)
{
    return ((const struct replay *)source)->head.host;
}

const char *replay_version(const struct source *source)
{
    return ((const struct replay *)source)->head.tcplens;
}

const struct session_host *replay_collected(const struct source *source)
{
    return &((const struct replay *)source)->collected;
}

const char *replay_gap_reason(const struct source *source)
{
    const struct replay *replay = (const struct replay *)source;

    return replay->gap_line || (replay->gap && replay->ready) ? replay->gap_reason : "";
}

void replay_forget_given(struct source *source)
{
    struct replay *replay = replay_of(source);

    replay->given = (struct replay_position){.place = 0};
    replay->given_ns = INT64_MIN;
}

int64_t replay_start(const struct source *source)
{
    return ((const struct replay *)source)->head.start_ns;
}

int64_t replay_interval(const struct source *source)
{
    return ((const struct replay *)source)->head.interval_ns;
}

uint64_t replay_bytes(const struct source *source)
{
    return log_reader_bytes(((const struct replay *)source)->reader);
}

int replay_descriptor(const struct source *source)
{
    return log_reader_descriptor(((const struct replay *)source)->reader);
}

bool replay_is_pipe(const struct source *source)
{
    return !log_reader_seekable(((const struct replay *)source)->reader);
}

const char *replay_damage(const struct source *source)
{
    return ((const struct replay *)source)->damage;
}

bool replay_is_torn(const struct source *source)
{
    const struct replay *replay = (const struct replay *)source;

    return replay->torn || log_reader_torn(replay->reader) > 0;
}

const char *replay_fault(const struct source *source)
{
    if (replay_damage(source)[0])
        return replay_damage(source);
    return replay_is_torn(source) ? "log is truncated; everything before that was read" : "";
}

void replay_set_tap(struct source *source,
                    void (*tap)(void *data, const struct session_line *line,
                                const struct log_text *text),
                    void *data)
{
    replay_of(source)->tap = tap;
    replay_of(source)->tap_data = data;
}

void replay_set_interrupt(struct source *source, bool (*interrupted)(void *data), void *data)
{
    struct replay *replay = replay_of(source);

    replay->interrupted = interrupted;
    replay->interrupt_data = data;
}
