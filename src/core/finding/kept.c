/* Findings in a frame: look-up and text. */
#include "base/hash.h"
#include "core/finding/finding.h"
#include "core/text/text.h"

#include <math.h>
#include <string.h>

/* What sets one subject apart from another for that detector, 0 where it does not. */
struct subject_key {
    uint64_t kind, netns, family, port, pid, start_ticks;
    struct addr address, local;
};

static struct subject_key key_of(const struct detector *detector,
                                 const struct finding_subject *subject)
{
    const bool by_pid = subject->kind == SUBJECT_PROCESS || detector->of_process;
    struct subject_key key = {.kind = subject->kind, .netns = subject->netns};

    if (by_pid) {
        key.pid = (uint64_t)subject->pid;
        key.start_ticks = subject->start_ticks;
    }
    if (subject->kind == SUBJECT_PROCESS)
        return key;
    key.family = subject->family;
    key.port = subject->port;
    key.address = subject->address;
    key.local = subject->local;
    return key;
}

bool finding_same_subject(const struct detector *detector, const struct finding_subject *a,
                          const struct finding_subject *b)
{
    const struct subject_key left = key_of(detector, a), right = key_of(detector, b);
    return memcmp(&left, &right, sizeof(left)) == 0;
}

uint64_t finding_subject_hash(const struct detector *detector,
                              const struct finding_subject *subject)
{
    const struct subject_key key = key_of(detector, subject);
    return hash_bytes(&key, sizeof(key), hash_text(detector->id, HASH_SEED));
}

uint64_t finding_identity(const struct finding *finding)
{
    const uint64_t hash = finding_subject_hash(finding->detector, &finding->subject);
    return hash_bytes(&finding->ended_ns, sizeof(finding->ended_ns), hash);
}

bool finding_is_as_bad(const struct finding *finding, const struct finding *other)
{
    if (finding->severity != other->severity)
        return finding->severity > other->severity;
    return finding->evidence_count == 0 || other->evidence_count == 0 ||
           finding->evidence[0].value >= other->evidence[0].value;
}

const struct finding *frame_findings_by_id(const struct frame_findings *findings, uint32_t id)
{
    for (uint32_t i = 0; i < findings->count; i++)
        if (findings->list[i].id == id)
            return &findings->list[i];
    return NULL;
}

/* A consequence may be worse than its cause. */
static const struct finding *cause_of(const struct frame_findings *findings,
                                      const struct finding *finding)
{
    for (unsigned depth = 0; depth < BECAUSE_MAX && finding->because[0]; depth++) {
        const struct finding *cause = frame_findings_by_id(findings, finding->because[0]);
        if (!cause || cause->ended_ns)
            break;
        finding = cause;
    }
    return finding;
}

const struct finding *frame_findings_worst(const struct frame_findings *findings,
                                           enum finding_severity *severity)
{
    const struct finding *worst = NULL;

    for (uint32_t i = 0; findings && i < findings->holding; i++)
        if (findings->list[i].severity >= SEVERITY_WARNING &&
            (!worst || findings->list[i].severity > worst->severity))
            worst = &findings->list[i];
    if (!worst)
        return NULL;
    *severity = (enum finding_severity)worst->severity;
    return cause_of(findings, worst);
}

/* Where the cause ends, so does all of the consequence: one peer is not why a whole namespace suffers. */
static bool covers(const struct finding_subject *cause, const struct finding_subject *consequence)
{
    if (cause->kind == SUBJECT_HOST)
        return true;
    if (cause->kind == SUBJECT_NETNS)
        return consequence->kind != SUBJECT_HOST && consequence->netns == cause->netns;
    return consequence->kind != SUBJECT_HOST && consequence->kind != SUBJECT_NETNS;
}

bool frame_findings_is_caused(const struct frame_findings *findings, const struct finding *finding)
{
    for (unsigned i = 0; i < BECAUSE_MAX && finding->because[i]; i++) {
        const struct finding *cause = frame_findings_by_id(findings, finding->because[i]);
        if (cause && !cause->ended_ns && cause->severity >= finding->severity &&
            covers(&cause->subject, &finding->subject))
            return true;
    }
    return false;
}

bool finding_check_is_partial(const struct finding_check *check)
{
    return check->verdict == VERDICT_FINDING && check->reason[0];
}

static bool is_open(const struct finding_check *check)
{
    return check->verdict == VERDICT_LEARNING || check->verdict == VERDICT_NOT_CHECKED;
}

static bool same_reason(const struct finding_check *a, const struct finding_check *b)
{
    return a->verdict == b->verdict && strcmp(a->reason, b->reason) == 0;
}

/* Each reason once, with the number of its detectors. */
static void put_reasons(struct buffer *out, const struct finding_check *checks,
                        enum finding_verdict verdict)
{
    const char *before = ": ";

    for (size_t i = 0; i < detector_count; i++) {
        unsigned same = 0;
        bool first = true;
        for (size_t j = 0; j < detector_count; j++) {
            same += same_reason(&checks[j], &checks[i]);
            first &= j >= i || !same_reason(&checks[j], &checks[i]);
        }
        if (checks[i].verdict != verdict || !first || checks[i].reason[0] == '\0')
            continue;
        buffer_printf(out, "%s%s", before, checks[i].reason);
        if (same > 1)
            buffer_printf(out, " (%u)", same);
        before = ", ";
    }
}

static unsigned count_verdict(const struct finding_check *checks, enum finding_verdict verdict)
{
    unsigned count = 0;

    for (size_t i = 0; i < detector_count; i++)
        count += checks[i].verdict == verdict;
    return count;
}

void finding_left_out_text(struct buffer *out, const struct finding_check *checks)
{
    unsigned all = 0;

    for (size_t i = 0; i < detector_count; i++)
        all += checks[i].left_out;
    if (all == 0)
        return;
    buffer_printf(out, " and %u more that are not listed (", all);
    for (size_t i = 0; i < detector_count; i++) {
        if (checks[i].left_out == 0)
            continue;
        buffer_printf(out, "%s %u%s", DETECTORS[i]->id, checks[i].left_out,
                      (all -= checks[i].left_out) > 0 ? ", " : ")");
    }
}

void finding_learning_text(struct buffer *out, const char *separator,
                           const struct finding_check *checks)
{
    unsigned detectors = 0;
    const struct finding_check *most = checks;

    for (size_t i = 0; i < detector_count; i++) {
        detectors += checks[i].learning_in > 0;
        if (checks[i].learning_in > most->learning_in)
            most = &checks[i];
    }
    if (detectors > 0)
        buffer_printf(out, "%s%u still learning in up to %u of %u network namespaces", separator,
                      detectors, most->learning_in, most->learning_of);
}

void frame_findings_summary(const struct frame_findings *findings, struct buffer *out)
{
    static const enum finding_verdict OPEN[] = {VERDICT_LEARNING, VERDICT_NOT_CHECKED};
    unsigned checked = 0;

    for (size_t i = 0; i < detector_count; i++)
        checked += !is_open(&findings->checks[i]);
    buffer_printf(out, "checked %u · %u finding%s", checked, findings->holding,
                  findings->holding == 1 ? "" : "s");
    finding_left_out_text(out, findings->checks);
    finding_learning_text(out, " · ", findings->checks);
    for (size_t i = 0; i < sizeof(OPEN) / sizeof(OPEN[0]); i++) {
        const unsigned count = count_verdict(findings->checks, OPEN[i]);
        if (count == 0)
            continue;
        buffer_printf(out, " · %u %s", count, verdict_name(OPEN[i]));
        put_reasons(out, findings->checks, OPEN[i]);
    }
    unsigned partial = 0;
    for (size_t i = 0; i < detector_count; i++)
        partial += finding_check_is_partial(&findings->checks[i]);
    if (partial == 0)
        return;
    buffer_printf(out, " · %u checked in part", partial);
    put_reasons(out, findings->checks, VERDICT_FINDING);
}

void finding_value_text(struct buffer *out, double value, const char *unit)
{
    if (value == floor(value) || fabs(value) >= 1000)
        buffer_printf(out, "%.0f", value);
    else
        buffer_printf(out, fabs(value) < 10 ? "%.2f" : "%.1f", value);
    if (unit[0])
        buffer_printf(out, "%s%s", unit[0] == '/' || unit[0] == ' ' ? "" : " ", unit);
}

static void put_evidence(struct buffer *out, const struct evidence *evidence, bool narrow)
{
    /* the unit stands behind the limit, but "10/5/s" is a puzzle */
    const bool once = narrow && evidence->has_limit && evidence->unit[0] != '/';

    buffer_printf(out, "%s ", evidence->fact);
    finding_value_text(out, evidence->value, once ? "" : evidence->unit);
    if (!evidence->has_limit)
        return;
    buffer_text(out, once ? "/" : " (limit ");
    finding_value_text(out, evidence->limit, evidence->unit);
    buffer_text(out, once ? "" : ")");
}

void finding_evidence_text(struct buffer *out, const struct finding *finding, bool narrow)
{
    for (unsigned i = 0; i < finding->evidence_count; i++) {
        if (i > 0)
            buffer_text(out, narrow ? "  " : ", ");
        put_evidence(out, &finding->evidence[i], narrow);
    }
}

/* What reached its limit, else what has one, else what detectors name first. */
static const struct evidence *main_evidence(const struct finding *finding)
{
    const struct evidence *first = NULL;

    for (unsigned i = 0; i < finding->evidence_count; i++) {
        const struct evidence *evidence = &finding->evidence[i];
        if (evidence->has_limit && evidence->value >= evidence->limit)
            return evidence;
        if (evidence->has_limit && !first)
            first = evidence;
    }
    return first ? first : &finding->evidence[0];
}

void finding_held_text(struct buffer *out, const struct finding *finding)
{
    char age[16];

    text_age(age, sizeof(age), finding->ended_ns - finding->since_ns);
    buffer_printf(out, "held for %s", age);
    if (finding->evidence_count == 0)
        return;
    buffer_text(out, ", worst ");
    put_evidence(out, main_evidence(finding), true);
}
