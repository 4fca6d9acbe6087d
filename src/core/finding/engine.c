/* The engine: runs the detectors over each frame and keeps every finding from its begin to its end.
 * A draft that a detector reports begins as a finding when it holds in two of three frames, or for
 * as long as its detector says; it ends when nothing was reported for QUIET_NS. */
#include "core/finding/engine.h"

#include "base/sort.h"

#include "core/finding/detection.h"
#include "core/finding/ends.h"
#include "core/finding/lanes.h"
#include "core/finding/suppress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIET_NS  (15 * SECOND_NS)
#define UNREAD_NS (60 * SECOND_NS)
/* tolerated: rows skipped by a dump and found by look-up have no tcp_info in that frame */
#define SKIPPED     8u
#define RECENT_MASK 7u /* the last three frames */

enum stage { STAGE_FREE, STAGE_PENDING, STAGE_HOLDS, STAGE_ENDED };

struct tracked {
    struct finding finding;
    struct finding worst; /* as reported at its worst */
    uint8_t stage;
    uint8_t recent;   /* bit 0: reported above the high limit in this frame */
    bool reported;    /* in this frame */
    bool was_first;   /* it already held in the first frame that could show it */
    int64_t first_ns; /* mono: above the high limit since; 0 = not yet */
    int64_t first_wall_ns;
    double excess;          /* sum over frames, never below 0 */
    int64_t excess_at_ns;   /* mono: the last frame in it */
    bool excess_was_first;  /* it began in the first frame that could show it */
    int64_t excess_wall_ns; /* wall clock: when it began to rise */
    int64_t held_ns;        /* mono: last frame that reported it */
    int64_t held_wall_ns;   /* wall clock: when it last held */
    int64_t worse_ns;       /* mono: last frame that reported this severity */
};

struct finding_engine {
    struct finding_settings settings;
    bool all_off;
    struct census census;
    struct counters counters;
    struct openers openers;
    struct growths growths;
    struct port_trends port_trends;
    struct stalls stalls;
    struct tracked tracked[FINDINGS_MAX];
    struct finding drafts[DRAFTS_MAX];
    struct finding_check checks[DETECTORS_MAX];
    const struct finding *list[FINDINGS_MAX];
    uint32_t list_count;
    uint32_t next_id;
    uint32_t *ids; /* the last id used: of the engine that owns the lane, else next_id */
    const struct pairs *pairs; /* of all lanes; NULL = none */
    struct lanes *lanes;       /* NULL until a frame shows several network namespaces */
    uint64_t frames;
    int64_t began_ns, mono_ns;
    uint32_t suspects, unread; /* of the last frame with suspect rows whose tcp_info was not read */
    int64_t unread_ns;         /* its time, 0 = none */
};

/* --- words --- */

static const char *const SEVERITIES[] = {"none", "info", "warning", "critical"};
static const char *const CONFIDENCES[] = {"possible", "likely", "proven"};
static const char *const VERDICTS[] = {"ok", "finding", "learning", "not checked"};
const struct words SEVERITY_WORDS = WORDS(SEVERITIES);
const struct words CONFIDENCE_WORDS = WORDS(CONFIDENCES);

const char *severity_name(enum finding_severity severity)
{
    return SEVERITIES[severity];
}

const char *confidence_name(enum finding_confidence confidence)
{
    return CONFIDENCES[confidence];
}

const char *verdict_name(enum finding_verdict verdict)
{
    return VERDICTS[verdict];
}

int severity_from_name(const char *name, enum finding_severity *severity)
{
    for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++) {
        if (strcmp(name, SEVERITIES[i]) == 0) {
            *severity = (enum finding_severity)i;
            return 0;
        }
    }
    return -EINVAL;
}

/* --- life --- */

struct finding_engine *finding_engine_new(const struct finding_settings *settings)
{
    struct finding_engine *engine = calloc(1, sizeof(*engine));
    if (!engine)
        return NULL;
    engine->settings = *settings;
    engine->ids = &engine->next_id;
    engine->all_off = true;
    for (size_t i = 0; i < detector_count; i++)
        engine->all_off &= settings->off[i];
    census_init(&engine->census);
    openers_init(&engine->openers);
    return engine;
}

struct finding_engine *finding_engine_new_lane(struct finding_engine *parent)
{
    struct finding_engine *engine = finding_engine_new(&parent->settings);
    if (engine)
        engine->ids = parent->ids;
    return engine;
}

void finding_engine_use_pairs(struct finding_engine *engine, const struct pairs *pairs)
{
    engine->pairs = pairs;
}

void finding_engine_free(struct finding_engine *engine)
{
    if (!engine)
        return;
    lanes_free(engine->lanes);
    census_done(&engine->census);
    openers_done(&engine->openers);
    free(engine);
}

/* --- one finding from frame to frame --- */

/* After a finding has ended, the same problem is a new finding. */
static struct tracked *find_tracked(struct finding_engine *engine, const struct finding *draft)
{
    for (uint32_t i = 0; i < FINDINGS_MAX; i++) {
        struct tracked *tracked = &engine->tracked[i];
        if ((tracked->stage == STAGE_PENDING || tracked->stage == STAGE_HOLDS) &&
            tracked->finding.detector == draft->detector &&
            finding_same_subject(draft->detector, &tracked->finding.subject, &draft->subject))
            return tracked;
    }
    return NULL;
}

/* A free place, else that of the finding that ended first. NULL: all places hold. */
static struct tracked *take_place(struct finding_engine *engine)
{
    struct tracked *oldest = NULL;

    for (uint32_t i = 0; i < FINDINGS_MAX; i++) {
        struct tracked *tracked = &engine->tracked[i];
        if (tracked->stage == STAGE_FREE)
            return tracked;
        if (tracked->stage == STAGE_ENDED &&
            (!oldest || tracked->finding.ended_ns < oldest->finding.ended_ns))
            oldest = tracked;
    }
    return oldest;
}

/* Updates the finding from the draft, keeping what is known since it began. */
static void renew(struct finding_engine *engine, struct tracked *tracked,
                  const struct finding *draft)
{
    const struct finding before = tracked->finding;
    struct finding *finding = &tracked->finding;

    if (finding_is_as_bad(draft, &tracked->worst))
        tracked->worst = *draft;
    *finding = *draft;
    finding->id = before.id;
    finding->since_ns = before.since_ns;
    finding->since_least = before.since_least;
    memcpy(finding->because, before.because, sizeof(finding->because));
    if (tracked->stage != STAGE_HOLDS)
        return;
    if (draft->since_ns > 0 && draft->since_ns < before.since_ns)
        finding->since_ns = draft->since_ns;
    /* Severity rises at once and falls after some time. */
    if (draft->severity >= before.severity)
        tracked->worse_ns = engine->mono_ns;
    else if (engine->mono_ns - tracked->worse_ns < QUIET_NS || draft->severity == SEVERITY_NONE)
        finding->severity = before.severity;
}

static unsigned bits_set(unsigned bits)
{
    return (bits & 1) + (bits >> 1 & 1) + (bits >> 2 & 1);
}

static bool is_first_frame(const struct finding_engine *engine, const struct detector *detector)
{
    return engine->frames <= 1u + detector->changes;
}

/* A sum that rises with each frame above the limit and falls with others: where it began to rise,
 * the problem began. */
static void add_excess(const struct finding_engine *engine, struct tracked *tracked,
                       const struct finding *draft, const struct frame *frame)
{
    if (tracked->excess <= 0) {
        tracked->excess_wall_ns = frame->wall_ns;
        tracked->excess_was_first = is_first_frame(engine, draft->detector);
    }
    tracked->excess_at_ns = engine->mono_ns;
    tracked->excess += draft->date.excess;
    if (tracked->excess < 0)
        tracked->excess = 0;
    if (draft->date.excess > 0 || tracked->held_wall_ns == 0)
        tracked->held_wall_ns = frame->wall_ns;
}

static bool may_begin(const struct finding_engine *engine, const struct tracked *tracked,
                      const struct finding *draft, int64_t now_wall_ns)
{
    const int64_t hold_ns = tracked->finding.detector->hold_s * SECOND_NS;
    const int64_t seen_ns = engine->mono_ns - tracked->first_ns;
    const int64_t said_ns = draft->since_ns > 0 ? now_wall_ns - draft->since_ns : 0;

    if (bits_set(tracked->recent & RECENT_MASK) < 2)
        return false;
    return seen_ns >= hold_ns || said_ns >= hold_ns;
}

static void begin(struct finding_engine *engine, struct tracked *tracked,
                  const struct finding *draft)
{
    struct finding *finding = &tracked->finding;

    tracked->stage = STAGE_HOLDS;
    tracked->worse_ns = engine->mono_ns;
    finding->id = ++*engine->ids;
    if (finding->since_ns == 0 || finding->since_ns > tracked->first_wall_ns)
        finding->since_ns = tracked->first_wall_ns;
    if (draft->since_ns > 0 && draft->since_ns < finding->since_ns)
        finding->since_ns = draft->since_ns;
    finding->since_least = tracked->was_first && !draft->date.since_exact;
    if (draft->date.has_excess && tracked->excess > 0 &&
        tracked->excess_wall_ns < finding->since_ns) {
        finding->since_ns = tracked->excess_wall_ns;
        finding->since_least = tracked->excess_was_first;
    }
}

/* Below the low limit only the excess is used, to date a later finding. */
static void take_date(struct finding_engine *engine, const struct finding *draft,
                      const struct frame *frame)
{
    struct tracked *tracked = find_tracked(engine, draft);

    if (!tracked && draft->date.excess > 0) {
        tracked = take_place(engine);
        if (tracked)
            *tracked = (struct tracked){.finding = *draft, .worst = *draft, .stage = STAGE_PENDING};
    }
    if (tracked)
        add_excess(engine, tracked, draft, frame);
}

static void take_draft(struct finding_engine *engine, const struct finding *draft,
                       const struct frame *frame, struct finding_check *check)
{
    struct tracked *tracked = find_tracked(engine, draft);
    const bool high = draft->severity > SEVERITY_NONE;

    if (!tracked) {
        tracked = high ? take_place(engine) : NULL;
        check->left_out += high && !tracked;
        if (!tracked)
            return;
        *tracked = (struct tracked){.finding = *draft, .worst = *draft, .stage = STAGE_PENDING};
    }
    if (high && tracked->first_ns == 0) {
        tracked->first_ns = engine->mono_ns;
        tracked->first_wall_ns = frame->wall_ns;
        tracked->was_first = is_first_frame(engine, draft->detector);
    }
    tracked->reported = true;
    tracked->recent = (uint8_t)(tracked->recent | high);
    tracked->held_ns = engine->mono_ns;
    if (draft->date.has_excess)
        add_excess(engine, tracked, draft, frame);
    else
        tracked->held_wall_ns = draft->date.held_ns ? draft->date.held_ns : frame->wall_ns;
    renew(engine, tracked, draft);
    if (tracked->stage == STAGE_PENDING && may_begin(engine, tracked, draft, frame->wall_ns))
        begin(engine, tracked, draft);
}

static void age_tracked(struct finding_engine *engine)
{
    for (uint32_t i = 0; i < FINDINGS_MAX; i++) {
        engine->tracked[i].recent = (uint8_t)(engine->tracked[i].recent << 1);
        engine->tracked[i].reported = false;
    }
}

/* Restores the report at its worst: the last one was made while it receded, such as "full" for a
 * half-empty queue. */
static void end_finding(struct tracked *tracked)
{
    const struct finding last = tracked->finding;
    struct finding *finding = &tracked->finding;

    *finding = tracked->worst;
    finding->id = last.id;
    finding->subject = last.subject;
    finding->since_ns = last.since_ns;
    finding->since_least = last.since_least;
    finding->ended_ns = tracked->held_wall_ns;
    memcpy(finding->because, last.because, sizeof(finding->because));
    tracked->stage = STAGE_ENDED;
}

/* It cannot recur: its listener or process no longer exists. */
static bool is_gone(const struct census *census, const struct finding_subject *subject)
{
    const struct tuple tuple = {
        .family = subject->family, .local = subject->address, .local_port = subject->port};

    if (subject->kind == SUBJECT_LISTENER)
        return census_lacks_listener(census, &tuple, subject->netns, subject->pid);
    return subject->kind == SUBJECT_PROCESS &&
           census_lacks_process(census, subject->pid, subject->start_ticks);
}

/* Drafts that have not become findings start again: they may not have lasted. */
static void forget_pending(struct finding_engine *engine)
{
    for (uint32_t i = 0; i < FINDINGS_MAX; i++)
        if (engine->tracked[i].stage == STAGE_PENDING)
            engine->tracked[i].stage = STAGE_FREE;
}

static void end_quiet(struct finding_engine *engine)
{
    for (uint32_t i = 0; i < FINDINGS_MAX; i++) {
        struct tracked *tracked = &engine->tracked[i];
        if (tracked->reported)
            continue;
        const bool gone = is_gone(&engine->census, &tracked->finding.subject);
        const bool rises = tracked->excess > 0 && tracked->excess_at_ns == engine->mono_ns;
        if (tracked->stage == STAGE_PENDING &&
            (gone || !((tracked->recent & RECENT_MASK) || rises)))
            tracked->stage = STAGE_FREE;
        if (tracked->stage == STAGE_HOLDS &&
            (gone || engine->mono_ns - tracked->held_ns >= QUIET_NS))
            end_finding(tracked);
    }
}

/* --- one detector --- */

static const char *missing_fact(const struct detector *detector, const struct host_facts *facts)
{
    const char *missing = NULL;

    for (size_t i = 0; i < sizeof(detector->facts) && detector->facts[i]; i++) {
        const bool known = host_fact_known(facts, detector->facts[i]);
        if (known && detector->any_fact)
            return NULL;
        if (!known && !missing)
            missing = HOST_FACT_ROWS[detector->facts[i]].name;
    }
    return missing;
}

/* A required field that this kernel's tcp_info lacks. */
static const char *missing_field(const struct detector *detector, const struct frame *frame)
{
    for (size_t i = 0; i < sizeof(detector->fields) && detector->fields[i]; i++) {
        const struct info_field *field = &TCP_INFO[detector->fields[i]];
        if (frame->detail_count > 0 && frame->details[0].info_length > 0 &&
            frame->details[0].info_length < field->offset + field->size)
            return field->name;
    }
    return NULL;
}

/* Sticky for a while: suspect rows come and go, the reason why they were not read stays. */
static bool lacks_info(const struct finding_engine *engine)
{
    return engine->unread_ns && engine->mono_ns - engine->unread_ns < UNREAD_NS;
}

static void note_unread(struct finding_engine *engine)
{
    const uint32_t unread = engine->census.unread;

    if (unread == 0 || (unread <= SKIPPED && unread < engine->census.suspects))
        return;
    engine->suspects = engine->census.suspects;
    engine->unread = engine->census.unread;
    engine->unread_ns = engine->mono_ns;
}

/* False: it cannot be checked; the reason is noted. */
static bool can_check(struct detection *d, const struct finding_engine *engine)
{
    const struct detector *detector = d->detector;
    const char *missing = missing_fact(detector, d->facts);
    const char *field = missing_field(detector, d->frame);

    if (missing && !d->facts)
        detection_not_checked(d, "the counters of the network namespace were not read");
    else if (missing && !d->process)
        detection_not_checked(d, "%s is not in this log, or was not read on that host", missing);
    else if (missing)
        detection_not_checked(d, "%s is not readable here, or not in this kernel", missing);
    else if (field)
        detection_not_checked(d, "tcp_info of this kernel has no %s", field);
    else if (detector->details && lacks_info(engine) && engine->unread == engine->suspects)
        detection_not_checked(d, "tcp_info was not read");
    else if (detector->changes && engine->frames < 2)
        detection_learning(d, "needs a second frame");
    else
        return true;
    return false;
}

static void note_hidden(struct detection *d, const struct missing *missing)
{
    const uint32_t rows = missing->hidden_rows;

    detection_not_checked(d, "the owner%s of %u row%s %s hidden: %s", plural(rows), rows,
                          plural(rows), rows == 1 ? "is" : "are",
                          missing->hidden_why ? missing->hidden_why
                                              : "it takes root or capabilities");
}

bool detector_is_of_machine(const struct detector *detector)
{
    static const uint8_t OF_MACHINE[] = {FACT_TCP_ORPHAN, FACT_TCP_MEM_PAGES, FACT_SOFTNET_DROPPED,
                                         FACT_FILE_NR};

    for (size_t i = 0; i < sizeof(OF_MACHINE); i++)
        if (detector->facts[0] == OF_MACHINE[i])
            return true;
    return false;
}

static void check_detector(struct finding_engine *engine, size_t index,
                           const struct finding_input *input)
{
    struct finding_check *check = &engine->checks[index];
    struct detection d = {.detector = DETECTORS[index],
                          .limits = engine->settings.limits[index],
                          .frame = input->frame,
                          .facts = input->frame->facts,
                          .census = &engine->census,
                          .counters = &engine->counters,
                          .openers = input->ring ? &engine->openers : NULL,
                          .growths = &engine->growths,
                          .port_trends = &engine->port_trends,
                          .stalls = &engine->stalls,
                          .pairs = engine->pairs,
                          .list = engine->list,
                          .list_count = engine->list_count,
                          .process = input->process,
                          .process_data = input->data,
                          .watched_s =
                              (double)(engine->mono_ns - engine->began_ns) / (double)SECOND_NS,
                          .drafts = engine->drafts,
                          .check = check};

    *check = (struct finding_check){.verdict = VERDICT_OK};
    if (engine->settings.off[index]) {
        detection_not_checked(&d, "off");
        return;
    }
    if (!can_check(&d, engine))
        return;
    d.detector->evaluate(&d);
    detection_settle(&d);
    if (d.detector->by_process && check->verdict == VERDICT_OK &&
        input->frame->missing.hidden_rows > 0)
        note_hidden(&d, &input->frame->missing);
    if (d.detector->details && check->verdict == VERDICT_OK && lacks_info(engine))
        detection_not_checked(&d, "tcp_info of %u out of %u suspect row%s was not read",
                              engine->unread, engine->suspects, plural(engine->suspects));
    for (uint32_t i = 0; i < d.draft_count; i++) {
        if (engine->drafts[i].date.only)
            take_date(engine, &engine->drafts[i], input->frame);
        else
            take_draft(engine, &engine->drafts[i], input->frame, check);
    }
}

/* --- the list --- */

static int compare_holding(const struct finding *a, const struct finding *b)
{
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->confidence != b->confidence)
        return a->confidence > b->confidence ? -1 : 1;
    if (a->since_ns != b->since_ns)
        return a->since_ns < b->since_ns ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static int compare_findings(const void *left, const void *right)
{
    const struct finding *a = *(const struct finding *const *)left;
    const struct finding *b = *(const struct finding *const *)right;

    if ((a->ended_ns == 0) != (b->ended_ns == 0))
        return a->ended_ns == 0 ? -1 : 1;
    if (a->ended_ns != b->ended_ns)
        return a->ended_ns > b->ended_ns ? -1 : 1;
    return compare_holding(a, b);
}

void finding_list_order(const struct finding **list, uint32_t count)
{
    uint32_t holding = 0;

    if (count == 0)
        return;
    sort_items(list, count, sizeof(*list), compare_findings);
    while (holding < count && list[holding]->ended_ns == 0)
        holding++;
    suppress_order(list, holding);
}

uint32_t finding_engine_holding(struct finding_engine *engine, struct finding **findings,
                                uint32_t most)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < FINDINGS_MAX && count < most; i++)
        if (engine->tracked[i].stage == STAGE_HOLDS)
            findings[count++] = &engine->tracked[i].finding;
    return count;
}

static void make_list(struct finding_engine *engine, const struct frame *frame)
{
    struct finding *holding[FINDINGS_MAX];
    const uint32_t count = finding_engine_holding(engine, holding, FINDINGS_MAX);

    engine->list_count = 0;
    for (uint32_t i = 0; i < FINDINGS_MAX; i++) {
        const struct tracked *tracked = &engine->tracked[i];
        if (tracked->stage == STAGE_HOLDS || tracked->stage == STAGE_ENDED)
            engine->list[engine->list_count++] = &tracked->finding;
    }
    suppress(holding, count);
    ends_join(holding, count, frame);
    finding_list_order(engine->list, engine->list_count);
}

static void set_found(struct finding_check *check)
{
    if (check->verdict == VERDICT_LEARNING)
        check->reason[0] = '\0';
    check->verdict = VERDICT_FINDING;
}

static void set_verdicts(struct finding_engine *engine)
{
    for (size_t i = 0; i < detector_count; i++)
        for (uint32_t j = 0; j < engine->list_count; j++)
            if (engine->list[j]->detector == DETECTORS[i] && engine->list[j]->ended_ns == 0)
                set_found(&engine->checks[i]);
}

int finding_engine_take(struct finding_engine *engine, const struct finding_input *input,
                        bool machine)
{
    const struct frame *frame = input->frame;

    engine->mono_ns = frame->mono_ns;
    if (engine->frames++ == 0)
        engine->began_ns = frame->mono_ns;
    if (engine->all_off) {
        for (size_t i = 0; i < detector_count; i++)
            check_detector(engine, i, input);
        return 0;
    }
    counters_add(&engine->counters, frame->facts);
    int error = census_take(&engine->census, frame);
    if (!error)
        error = openers_update(&engine->openers, frame, input->ring, &engine->census);
    if (error)
        return error;
    note_unread(engine);
    growths_update(&engine->growths, &engine->census);
    port_trends_update(&engine->port_trends, &engine->census, host_facts_local_ports(frame->facts));
    stalls_update(&engine->stalls, &engine->census);
    if (engine->census.gap)
        forget_pending(engine);
    age_tracked(engine);
    for (size_t i = 0; i < detector_count; i++)
        if (machine || !detector_is_of_machine(DETECTORS[i]))
            check_detector(engine, i, input);
    end_quiet(engine);
    make_list(engine, frame);
    set_verdicts(engine);
    return 0;
}

int finding_engine_update(struct finding_engine *engine, const struct finding_input *input)
{
    const struct frame *frame = input->frame;

    if (frame->all_ns)
        return 0;
    if (!engine->lanes && (frame->namespace_count > 1 || frame->host_count > 0)) {
        engine->lanes = lanes_new();
        if (!engine->lanes)
            return -ENOMEM;
    }
    if (!engine->lanes)
        return finding_engine_take(engine, input, true);
    if (frame->host_count > 0) { /* none of the namespaces is ours */
        engine->began_ns = engine->mono_ns ? engine->began_ns : frame->mono_ns;
        engine->mono_ns = frame->mono_ns;
    }
    return lanes_update(engine->lanes, engine, input);
}

const struct finding *const *finding_engine_own_list(const struct finding_engine *engine,
                                                     uint32_t *count)
{
    *count = engine->list_count;
    return engine->list;
}

const struct finding_check *finding_engine_own_checks(const struct finding_engine *engine)
{
    return engine->checks;
}

const struct finding *const *finding_engine_list(const struct finding_engine *engine,
                                                 uint32_t *count)
{
    return engine->lanes ? lanes_list(engine->lanes, count)
                         : finding_engine_own_list(engine, count);
}

const struct finding_check *finding_engine_checks(const struct finding_engine *engine)
{
    return engine->lanes ? lanes_checks(engine->lanes) : engine->checks;
}

/* An engine that starts in the middle of a log lacks what came before; the recorder's findings have
 * it. */
static void date_by_log(struct finding *finding, const struct frame *frame)
{
    for (uint32_t i = 0; i < frame->logged_finding_count; i++) {
        const struct finding *logged = &frame->logged_findings[i];
        if (finding_identity(finding) != finding_identity(logged) ||
            (logged->since_ns >= finding->since_ns && logged->since_least >= finding->since_least))
            continue;
        finding->since_ns = logged->since_ns;
        finding->since_least = logged->since_least;
    }
}

/* Causes that ended so long ago that they are not listed any more. */
static void drop_unlisted_causes(struct finding *finding, const struct frame_findings *findings)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < BECAUSE_MAX && finding->because[i]; i++)
        if (frame_findings_by_id(findings, finding->because[i]))
            finding->because[kept++] = finding->because[i];
    while (kept < BECAUSE_MAX)
        finding->because[kept++] = 0;
}

int finding_engine_complete(struct finding_engine *engine, struct frame *frame,
                            const struct finding_input *input)
{
    const int error = finding_engine_update(engine, input);
    if (!error && frame->all_ns && !engine->mono_ns)
        return 0;
    const size_t checks_size = detector_count * sizeof(struct finding_check);
    struct frame_findings *kept = arena_alloc(&frame->arena, sizeof(*kept));
    uint32_t count;
    const struct finding *const *found = finding_engine_list(engine, &count);
    struct finding *list = arena_alloc(&frame->arena, (count + 1) * sizeof(struct finding));
    struct finding_check *checks = arena_alloc(&frame->arena, checks_size);

    if (error || !kept || !list || !checks)
        return error ? error : -ENOMEM;
    *kept = (struct frame_findings){.list = list,
                                    .checks = checks,
                                    .count = count,
                                    .mono_ns = frame->all_ns ? engine->mono_ns : frame->mono_ns,
                                    .watched_ns = engine->mono_ns - engine->began_ns};
    memcpy(checks, finding_engine_checks(engine), checks_size);
    for (uint32_t i = 0; i < count; i++) {
        list[i] = *found[i];
        date_by_log(&list[i], frame);
        kept->holding += list[i].ended_ns == 0;
    }
    for (uint32_t i = 0; i < count; i++)
        drop_unlisted_causes(&list[i], kept);
    frame->findings = kept;
    return 0;
}
