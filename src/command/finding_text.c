/* Text of findings: the sentence first, then the evidence, then what to do. */
#include "command/finding_text.h"

#include "base/clock.h"
#include "core/text/text.h"

#include <stdio.h>
#include <string.h>

#define LABEL "          "

static void put_clock(struct buffer *out, int64_t wall_ns)
{
    char text[CLOCK_TEXT_MAX];

    clock_local_text(text, sizeof(text), CLOCK_DATE_TIME, wall_ns);
    buffer_text(out, text);
}

static void put_since(struct buffer *out, const struct finding *finding, int64_t now_ns)
{
    const int64_t until_ns = finding->ended_ns ? finding->ended_ns : now_ns;
    char age[16];

    text_age(age, sizeof(age), until_ns - finding->since_ns);
    buffer_printf(out, LABEL "since     %s", finding->since_least ? "before " : "");
    put_clock(out, finding->since_ns);
    if (finding->ended_ns) {
        buffer_text(out, " until ");
        put_clock(out, finding->ended_ns);
    }
    buffer_printf(out, " (%s%s)\n", finding->since_least ? "at least " : "", age);
}

static void put_evidence(struct buffer *out, const struct finding *finding)
{
    buffer_text(out, LABEL "evidence  ");
    finding_evidence_text(out, finding, false);
    if (finding->window_ns)
        buffer_printf(out, "; over %.0f s", (double)finding->window_ns / (double)SECOND_NS);
    buffer_char(out, '\n');
}

static void put_texts(struct buffer *out, const char *label, const char *const *texts)
{
    for (int i = 0; i < LOOKALIKES_MAX && texts[i]; i++)
        buffer_printf(out, LABEL "%-10s%s\n", label, texts[i]);
}

static const struct finding *find_id(const struct finding *const *list, uint32_t count, uint32_t id)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i]->id == id)
            return list[i];
    return NULL;
}

static void put_because(struct buffer *out, const struct finding *finding,
                        const struct finding *const *list, uint32_t count)
{
    for (int i = 0; i < BECAUSE_MAX && finding->because[i]; i++) {
        const struct finding *cause = find_id(list, count, finding->because[i]);
        if (cause)
            buffer_printf(out, LABEL "because   %s\n", cause->title);
    }
}

void finding_text(struct buffer *out, const struct finding *finding,
                  const struct finding *const *list, uint32_t count, int64_t now_ns)
{
    char subject[SUBJECT_TEXT_MAX];

    subject_format(&finding->subject, subject, sizeof(subject));
    buffer_printf(out, "%-9s %s\n", severity_name((enum finding_severity)finding->severity),
                  finding->title);
    buffer_printf(out, LABEL "subject   %s%s%s\n", subject, finding->subject.unit[0] ? ", " : "",
                  finding->subject.unit);
    if (finding->subject.host[0])
        buffer_printf(out, LABEL "host      %s\n", finding->subject.host);
    put_because(out, finding, list, count);
    put_since(out, finding, now_ns);
    put_evidence(out, finding);
    put_texts(out, "it is not", finding->ruled_out);
    put_texts(out, "may be", finding->open);
    put_texts(out, "do", finding->advice);
    put_texts(out, "do", finding->detector->advice);
    if (finding->filter[0] && finding->subject.host[0])
        buffer_printf(out, LABEL "rows      filter %s\n", finding->filter);
    else if (finding->filter[0])
        buffer_printf(out, LABEL "rows      tcplens %s%s'%s'\n",
                      finding->of_last_10s ? "" : "list ",
                      finding->subject.netns_name[0] ? "--netns all " : "", finding->filter);
    buffer_printf(out, LABEL "detector  %s, %s\n\n", finding->detector->id,
                  confidence_name((enum finding_confidence)finding->confidence));
}

static void put_counts(struct buffer *out, const struct finding *const *list, uint32_t count)
{
    unsigned counts[SEVERITY_CRITICAL + 1] = {0}, ended = 0;

    for (uint32_t i = 0; i < count; i++) {
        counts[list[i]->severity] += list[i]->ended_ns == 0;
        ended += list[i]->ended_ns != 0;
    }
    buffer_printf(out, "%u critical, %u warning, %u info", counts[SEVERITY_CRITICAL],
                  counts[SEVERITY_WARNING], counts[SEVERITY_INFO]);
    if (ended)
        buffer_printf(out, ", %u ended", ended);
}

static bool same_reason(const struct finding_check *a, const struct finding_check *b)
{
    return a->verdict == b->verdict && strcmp(a->reason, b->reason) == 0;
}

static bool is_first_of_reason(const struct finding_check *checks, size_t index)
{
    if (checks[index].reason[0] == '\0')
        return false;
    for (size_t i = 0; i < index; i++)
        if (same_reason(&checks[i], &checks[index]))
            return false;
    return true;
}

/* All detectors with the same reason on one line. */
static void put_unchecked(struct buffer *out, const struct finding_check *checks, size_t index)
{
    buffer_printf(out, "%s: ",
                  finding_check_is_partial(&checks[index])
                      ? "checked in part"
                      : verdict_name((enum finding_verdict)checks[index].verdict));
    for (size_t i = index; i < detector_count; i++)
        if (same_reason(&checks[i], &checks[index]))
            buffer_printf(out, "%s%s", i > index ? ", " : "", DETECTORS[i]->id);
    buffer_printf(out, ": %s\n", checks[index].reason);
}

void finding_checks_text(struct buffer *out, const struct finding_check *checks,
                         const struct finding *const *list, uint32_t count, int64_t watched_ns)
{
    unsigned checked = 0;

    for (size_t i = 0; i < detector_count; i++)
        checked += checks[i].verdict == VERDICT_OK || checks[i].verdict == VERDICT_FINDING;
    buffer_printf(out, "checked %u of %zu detectors over %.1f s: ", checked, detector_count,
                  (double)watched_ns / (double)SECOND_NS);
    put_counts(out, list, count);
    finding_left_out_text(out, checks);
    finding_learning_text(out, ", ", checks);
    buffer_char(out, '\n');
    for (size_t i = 0; i < detector_count; i++)
        if (is_first_of_reason(checks, i))
            put_unchecked(out, checks, i);
}

void finding_detectors_text(struct buffer *out, const struct finding_settings *settings)
{
    for (size_t i = 0; i < detector_count; i++) {
        const struct detector *detector = DETECTORS[i];
        buffer_printf(out, "%s (%s, at worst %s)%s\n", detector->id, detector->section,
                      severity_name((enum finding_severity)detector->worst),
                      settings->off[i] ? ": off" : "");
        buffer_printf(out, "    %s\n    proof: %s\n", detector->title, detector->proof);
        for (size_t j = 0; j < LIMITS_MAX && detector->limits[j].key; j++)
            buffer_printf(out, "    %s.%s=%g%s%s  %s\n", detector->id, detector->limits[j].key,
                          settings->limits[i][j], detector->limits[j].unit[0] ? " " : "",
                          detector->limits[j].unit, detector->limits[j].help);
    }
}
