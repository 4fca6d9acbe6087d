/* Writes findings by the members of struct finding, in one order; what is unknown is absent. */
#include "core/finding/finding_json.h"

#include "core/json/json.h"
#include "core/json/member.h"

#include <math.h>
#include <string.h>

/* Whole numbers without a point. */
static void put_figure(struct buffer *buffer, double value)
{
    if (fabs(value) < 1e15 && value == floor(value))
        buffer_printf(buffer, "%.0f", value);
    else
        buffer_printf(buffer, "%.3f", value);
}

static void put_texts(struct buffer *buffer, const char *key, const char *const *first,
                      const char *const *second)
{
    bool comma = false;

    json_member_key(buffer, key);
    buffer_char(buffer, '[');
    for (int list = 0; list < 2; list++) {
        const char *const *texts = list == 0 ? first : second;
        for (int i = 0; texts && i < LOOKALIKES_MAX && texts[i]; i++) {
            if (comma)
                buffer_char(buffer, ',');
            json_put_text(buffer, texts[i]);
            comma = true;
        }
    }
    buffer_char(buffer, ']');
}

static void put_subject(struct buffer *buffer, const struct finding_subject *subject)
{
    json_member_key(buffer, "subject");
    buffer_char(buffer, '{');
    json_member_text(buffer, "kind", words_name(&SUBJECT_KIND_WORDS, subject->kind));
    if (subject->family)
        json_member_address(buffer, "address", &subject->address, subject->family);
    if (subject->family && !addr_is_zero(&subject->local))
        json_member_address(buffer, "local", &subject->local, subject->family);
    if (subject->port)
        json_member_number(buffer, "port", subject->port);
    if (subject->pid > 0)
        json_member_signed(buffer, "pid", subject->pid);
    json_member_text_if(buffer, "comm", subject->name);
    json_member_text_if(buffer, "unit", subject->unit);
    if (subject->pid > 0 && subject->start_ticks)
        json_member_number(buffer, "start_ticks", subject->start_ticks);
    buffer_char(buffer, '}');
}

static void put_evidence(struct buffer *buffer, const struct finding *finding)
{
    json_member_key(buffer, "evidence");
    buffer_char(buffer, '[');
    for (unsigned i = 0; i < finding->evidence_count; i++) {
        const struct evidence *evidence = &finding->evidence[i];
        buffer_text(buffer, i ? ",{\"fact\":" : "{\"fact\":");
        json_put_text(buffer, evidence->fact);
        json_member_key(buffer, "value");
        put_figure(buffer, evidence->value);
        if (evidence->has_limit) {
            json_member_key(buffer, "limit");
            put_figure(buffer, evidence->limit);
        }
        json_member_text_if(buffer, "unit", evidence->unit);
        buffer_char(buffer, '}');
    }
    buffer_char(buffer, ']');
}

static void put_because(struct buffer *buffer, const struct finding *finding,
                        const struct finding *const *list, uint32_t count)
{
    char subject[SUBJECT_TEXT_MAX];
    bool comma = false;

    json_member_key(buffer, "because");
    buffer_char(buffer, '[');
    for (int i = 0; i < BECAUSE_MAX && finding->because[i]; i++) {
        for (uint32_t j = 0; j < count; j++) {
            if (list[j]->id != finding->because[i])
                continue;
            subject_format(&list[j]->subject, subject, sizeof(subject));
            buffer_text(buffer, comma ? ",{\"finding\":" : "{\"finding\":");
            json_put_text(buffer, list[j]->detector->id);
            json_member_text(buffer, "subject", subject);
            buffer_char(buffer, '}');
            comma = true;
        }
    }
    buffer_char(buffer, ']');
}

/* Members common to all forms of findings. */
static void put_finding(struct buffer *buffer, const struct finding *finding)
{
    json_put_text(buffer, finding->detector->id);
    json_member_text(buffer, "severity", severity_name((enum finding_severity)finding->severity));
    json_member_text(buffer, "confidence",
                     confidence_name((enum finding_confidence)finding->confidence));
    const uint32_t netns =
        finding->subject.host[0] ? finding->subject.netns_inode : finding->subject.netns;
    json_member_text_if(buffer, "host", finding->subject.host);
    if (netns)
        json_member_number(buffer, "netns", netns);
    if (netns_is_named(finding->subject.netns_name, netns))
        json_member_text(buffer, "netns_name", finding->subject.netns_name);
    put_subject(buffer, &finding->subject);
    json_member_time(buffer, "since", finding->since_ns);
    if (finding->since_least)
        json_member_true(buffer, "since_at_least");
    if (finding->ended_ns)
        json_member_time(buffer, "ended", finding->ended_ns);
    if (finding->window_ns)
        json_member_signed(buffer, "window_ms", finding->window_ns / 1000000);
    put_evidence(buffer, finding);
    json_member_text(buffer, "filter", finding->filter);
    json_member_text(buffer, "title", finding->title);
}

void json_finding(struct buffer *buffer, const struct finding *finding,
                  const struct finding *const *list, uint32_t count)
{
    buffer_text(buffer, "{\"finding\":");
    put_finding(buffer, finding);
    put_texts(buffer, "advice", finding->advice, finding->detector->advice);
    put_because(buffer, finding, list, count);
    put_texts(buffer, "ruled_out", finding->ruled_out, NULL);
    put_texts(buffer, "lookalikes_open", finding->open, NULL);
    buffer_char(buffer, '}');
}

void json_finding_step(struct buffer *buffer, uint64_t seq, const struct finding_step *step)
{
    const struct finding *finding = &step->finding;

    buffer_text(buffer, "{\"ev\":\"finding\"");
    json_member_time(buffer, "t", step->wall_ns);
    json_member_number(buffer, "seq", seq);
    json_member_text(buffer, "step", words_name(&FINDING_STEP_WORDS, step->kind));
    json_member_number(buffer, "id", finding->id);
    json_member_key(buffer, "finding");
    put_finding(buffer, finding);
    for (int i = 0; i < BECAUSE_MAX && finding->because[i]; i++)
        buffer_printf(buffer, "%s%u", i ? "," : ",\"causes\":[", finding->because[i]);
    buffer_text(buffer, finding->because[0] ? "]}" : "}");
}

static uint32_t left_out(const struct finding_check *check)
{
    return check->left_out;
}

static void put_left_out(struct buffer *buffer, const struct finding_check *check)
{
    json_member_number(buffer, "count", check->left_out);
}

static uint32_t learning_in(const struct finding_check *check)
{
    return check->learning_in;
}

static void put_learning(struct buffer *buffer, const struct finding_check *check)
{
    json_member_number(buffer, "netns", check->learning_in);
    json_member_number(buffer, "of", check->learning_of);
}

static uint32_t in_part(const struct finding_check *check)
{
    return finding_check_is_partial(check);
}

static void put_reason(struct buffer *buffer, const struct finding_check *check)
{
    json_member_text(buffer, "reason", check->reason);
}

/* An array of the detectors of which there is such a remark. */
static void put_remarks(struct buffer *buffer, const struct finding_check *checks, const char *key,
                        uint32_t (*count)(const struct finding_check *check),
                        void (*put)(struct buffer *buffer, const struct finding_check *check))
{
    bool any = false;

    for (size_t i = 0; i < detector_count; i++) {
        if (count(&checks[i]) == 0)
            continue;
        if (any)
            buffer_char(buffer, ',');
        else
            buffer_printf(buffer, ",\"%s\":[", key);
        buffer_text(buffer, "{\"finding\":");
        json_put_text(buffer, DETECTORS[i]->id);
        put(buffer, &checks[i]);
        buffer_char(buffer, '}');
        any = true;
    }
    if (any)
        buffer_char(buffer, ']');
}

static void put_others(struct buffer *buffer, const struct other_netns *others)
{
    if (!others->count && !others->unread)
        return;
    json_member_key(buffer, "other_netns");
    buffer_printf(buffer, "{\"count\":%u,\"sockets\":%llu", others->count,
                  (unsigned long long)others->sockets);
    if (others->unread)
        json_member_number(buffer, "unread", others->unread);
    buffer_char(buffer, '}');
}

void json_checks(struct buffer *buffer, const struct finding_check *checks, uint32_t findings,
                 const struct other_netns *others)
{
    uint32_t checked = 0;
    bool comma = false;

    for (size_t i = 0; i < detector_count; i++)
        checked += checks[i].verdict == VERDICT_OK || checks[i].verdict == VERDICT_FINDING;
    buffer_printf(buffer, "{\"checked\":%u,\"findings\":%u,\"not_checked\":[", checked, findings);
    for (size_t i = 0; i < detector_count; i++) {
        if (checks[i].verdict == VERDICT_OK || checks[i].verdict == VERDICT_FINDING)
            continue;
        buffer_text(buffer, comma ? ",{\"finding\":" : "{\"finding\":");
        json_put_text(buffer, DETECTORS[i]->id);
        json_member_text(buffer, "verdict", verdict_name((enum finding_verdict)checks[i].verdict));
        json_member_text(buffer, "reason", checks[i].reason);
        buffer_char(buffer, '}');
        comma = true;
    }
    buffer_text(buffer, "]");
    put_remarks(buffer, checks, "in_part", in_part, put_reason);
    put_remarks(buffer, checks, "left_out", left_out, put_left_out);
    put_remarks(buffer, checks, "learning_in", learning_in, put_learning);
    put_others(buffer, others);
    buffer_char(buffer, '}');
}
