/* A summary as text: each part has a limit of lines, so that all of it fits on one screen. */
#include "command/summary_text.h"

#include "base/clock.h"
#include "base/sort.h"
#include "core/text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH         80u
#define STATES_SHOWN  5u
#define OPENERS_SHOWN 3u
#define PEERS_SHOWN   2u
#define QUEUES_SHOWN  2u
#define FOUND_SHOWN   5u
#define DAY_NS        (INT64_C(86400) * SECOND_NS)
#define LABEL_CELLS   15u

/* --- pieces --- */

static void put_when(struct buffer *out, const struct summary *summary, int64_t wall_ns)
{
    const bool days = summary->last_ns - summary->first_ns >= DAY_NS;
    char text[CLOCK_TEXT_MAX];

    clock_local_text(text, sizeof(text), days ? CLOCK_DAY_TIME : CLOCK_TIME, wall_ns);
    buffer_text(out, text);
}

static void put_date(struct buffer *out, int64_t wall_ns)
{
    char text[CLOCK_TEXT_MAX];

    clock_local_text(text, sizeof(text), CLOCK_DATE_TIME, wall_ns);
    buffer_text(out, text);
}

static void put_bytes(struct buffer *out, uint64_t bytes)
{
    char text[16];

    text_bytes(text, sizeof(text), bytes, 9.95, "");
    buffer_text(out, text);
}

/* Ends the line that began at `start`, truncated to the width of the screen. */
static void end_line(struct buffer *out, size_t start)
{
    char line[1024];
    const size_t length = out->length - start;

    buffer_char(out, '\0');
    if (out->failed)
        return;
    if (length < sizeof(line)) {
        text_cut(line, sizeof(line), out->data + start, WIDTH, "…");
        out->length = start;
        buffer_text(out, line);
    } else {
        out->length--;
    }
    buffer_char(out, '\n');
}

static void put_label(struct buffer *out, const char *label, bool first)
{
    buffer_printf(out, "%-*s", (int)LABEL_CELLS, first ? label : "");
}

static void put_none(struct buffer *out, const char *label)
{
    put_label(out, label, true);
    buffer_text(out, "none\n");
}

static void put_process(struct buffer *out, const char *name, int32_t pid, bool several)
{
    if (pid <= 0)
        return;
    if (several)
        buffer_printf(out, " (%s and others)", name);
    else
        buffer_printf(out, " (%s[%d])", name, (int)pid);
}

/* "to 10.0.0.9:5432 (java[2210])", "from 198.51.100.9 to :443 (nginx[1021])". */
static void put_place(struct buffer *out, const struct summary_place *place)
{
    char text[ADDR_TEXT_MAX + 32];

    if (place->inbound) {
        addr_format(text, sizeof(text), &place->remote, place->family, NULL);
        buffer_printf(out, "from %s to :%u", text, place->port);
    } else {
        addr_format_endpoint(text, sizeof(text), &place->remote, place->family, NULL, place->port,
                             NULL);
        buffer_printf(out, "to %s", text);
    }
    put_process(out, place->name, place->pid, place->several);
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? (double)part * 100 / (double)whole : 0;
}

/* --- text --- */

static void put_head(struct buffer *out, const char *name, uint32_t parts,
                     const struct summary *summary)
{
    const size_t start = out->length;
    char age[16];

    text_age(age, sizeof(age), summary->last_ns - summary->first_ns);
    buffer_printf(out, "%s: ", name);
    put_date(out, summary->first_ns);
    buffer_text(out, " to ");
    put_when(out, summary, summary->last_ns);
    buffer_printf(out, " (%s), %llu frames", age, (unsigned long long)summary->frames);
    if (summary->frames_with_gaps)
        buffer_printf(out, ", %llu with gaps", (unsigned long long)summary->frames_with_gaps);
    if (parts > 1)
        buffer_printf(out, ", %u parts", parts);
    end_line(out, start);
}

static void put_flow(struct buffer *out, const struct summary *summary)
{
    const size_t start = out->length;

    buffer_printf(out, "%llu opened, %llu closed", (unsigned long long)summary->opened,
                  (unsigned long long)summary->closed);
    if (summary->lost)
        buffer_printf(out, " (at least %llu not seen)", (unsigned long long)summary->lost);
    if (summary->frames > 1) {
        buffer_text(out, "; in ");
        put_bytes(out, summary->in_bytes);
        buffer_text(out, ", out ");
        put_bytes(out, summary->out_bytes);
        buffer_printf(out, ", retransmitted %.1f %%",
                      percent(summary->retrans_bytes, summary->sent_bytes));
    }
    end_line(out, start);
}

static void put_range(struct buffer *out, const struct summary *summary, const char *name,
                      const struct summary_range *range)
{
    const size_t start = out->length;

    buffer_printf(out, "%-*s%7u  ", (int)LABEL_CELLS, name, range->least.count);
    put_when(out, summary, range->least.wall_ns);
    buffer_printf(out, "%9u  ", range->most.count);
    put_when(out, summary, range->most.wall_ns);
    buffer_printf(out, "%9u", range->last);
    end_line(out, start);
}

/* The states with most, in the order of the table. */
static void put_states(struct buffer *out, const struct summary *summary)
{
    const int when = summary->last_ns - summary->first_ns >= DAY_NS ? 14 : 8;
    bool shown[STATE_COUNT] = {false};

    buffer_printf(out, "%-*s%7s  %-*s%9s  %-*s%9s\n", (int)LABEL_CELLS, "CONNECTIONS", "LEAST",
                  when, "WHEN", "MOST", when, "WHEN", "LAST");
    put_range(out, summary, "all", &summary->all);
    for (unsigned i = 0; i < STATES_SHOWN; i++) {
        int most = STATE_NONE;
        for (int state = STATE_CLOSED; state < STATE_DELETE_TCB; state++)
            if (!shown[state] && summary->states[state].most.count > 0 &&
                (most == STATE_NONE ||
                 summary->states[state].most.count > summary->states[most].most.count))
                most = state;
        shown[most] = true;
    }
    for (int state = STATE_CLOSED; state < STATE_DELETE_TCB; state++)
        if (shown[state])
            put_range(out, summary, TCP_STATES[state].name, &summary->states[state]);
}

static void put_openers(struct buffer *out, const struct summary *summary)
{
    const struct summary_place *top[OPENERS_SHOWN];
    const size_t count = summary_top(summary, SUMMARY_BY_OPENS, top, OPENERS_SHOWN);

    if (count == 0)
        put_none(out, "opened most");
    for (size_t i = 0; i < count; i++) {
        const size_t start = out->length;
        put_label(out, "opened most", i == 0);
        buffer_printf(out, "%7llu  ", (unsigned long long)top[i]->opens);
        put_place(out, top[i]);
        end_line(out, start);
    }
}

static void put_retransmitters(struct buffer *out, const struct summary *summary)
{
    const struct summary_place *top[PEERS_SHOWN];
    const size_t count = summary_top(summary, SUMMARY_BY_RETRANS, top, PEERS_SHOWN);

    if (count == 0)
        put_none(out, "retransmitted");
    for (size_t i = 0; i < count; i++) {
        const size_t start = out->length;
        char bytes[16];
        put_label(out, "retransmitted", i == 0);
        text_bytes(bytes, sizeof(bytes), top[i]->retrans_bytes, 9.95, "");
        buffer_printf(out, "%7s  %.1f %% ", bytes,
                      percent(top[i]->retrans_bytes, top[i]->sent_bytes));
        put_place(out, top[i]);
        end_line(out, start);
    }
}

static void put_queue(struct buffer *out, const struct summary *summary,
                      const struct summary_listener *listener)
{
    char age[16];

    buffer_printf(out, ":%u", listener->port);
    put_process(out, listener->name, listener->pid, false);
    if (listener->full_first_ns) {
        text_age(age, sizeof(age), listener->full_ns);
        buffer_printf(out, " %u/%u, full %s from ", listener->queue, listener->backlog, age);
        put_when(out, summary, listener->full_first_ns);
    }
    if (listener->drops)
        buffer_printf(out, "%s %llu dropped", listener->full_first_ns ? "," : "",
                      (unsigned long long)listener->drops);
}

static void put_queues(struct buffer *out, const struct summary *summary)
{
    const struct summary_listener *top[QUEUES_SHOWN];
    const size_t count = summary_listeners(summary, top, QUEUES_SHOWN);

    if (count == 0)
        put_none(out, "accept queues");
    for (size_t i = 0; i < count; i++) {
        const size_t start = out->length;
        put_label(out, "accept queues", i == 0);
        put_queue(out, summary, top[i]);
        end_line(out, start);
    }
}

static bool comes_before(const struct finding *a, const struct finding *b)
{
    const bool a_root = a->because[0] == 0, b_root = b->because[0] == 0;

    if (a->severity != b->severity)
        return a->severity > b->severity;
    return a_root != b_root ? a_root : a->since_ns < b->since_ns;
}

static int compare_begin(const void *left, const void *right)
{
    const struct finding *a = *(const struct finding *const *)left;
    const struct finding *b = *(const struct finding *const *)right;

    if (a->since_ns != b->since_ns)
        return a->since_ns < b->since_ns ? -1 : 1;
    return comes_before(a, b) ? -1 : 1;
}

/* The worst, in order of time. */
static size_t choose_findings(const struct summary_report *report, const struct finding **chosen)
{
    size_t count = 0;

    for (uint32_t i = 0; i < report->finding_count; i++) {
        size_t at = count;
        while (at > 0 && comes_before(report->findings[i], chosen[at - 1]))
            at--;
        if (at == FOUND_SHOWN)
            continue;
        count += count < FOUND_SHOWN;
        memmove(&chosen[at + 1], &chosen[at], (count - at - 1) * sizeof(*chosen));
        chosen[at] = report->findings[i];
    }
    sort_items(chosen, count, sizeof(*chosen), compare_begin);
    return count;
}

static void put_finding(struct buffer *out, const struct summary *summary,
                        const struct finding *finding)
{
    const int64_t until_ns = finding->ended_ns ? finding->ended_ns : summary->last_ns;
    const size_t start = out->length;
    char age[16], least[20];

    text_age(age, sizeof(age), until_ns - finding->since_ns);
    snprintf(least, sizeof(least), "%s%s", finding->since_least ? ">" : "", age);
    put_when(out, summary, finding->since_ns);
    buffer_printf(out, " %6s  %-8s  %s", least,
                  severity_name((enum finding_severity)finding->severity), finding->title);
    end_line(out, start);
}

static void put_findings(struct buffer *out, const struct summary_report *report)
{
    const struct finding *chosen[FOUND_SHOWN];
    const size_t count = choose_findings(report, chosen);
    const int when = report->summary->last_ns - report->summary->first_ns >= DAY_NS ? 14 : 8;

    if (count > 0)
        buffer_printf(out, "%-*s %6s  %-8s  %s\n", when, "SINCE", "FOR", "SEVERITY", "FINDING");
    for (size_t i = 0; i < count; i++)
        put_finding(out, report->summary, chosen[i]);
}

static void put_foot(struct buffer *out, const struct summary_report *report)
{
    buffer_printf(out, "%u finding%s by %u of %zu detectors; all of it:\n  tcplens doctor %s\n",
                  report->finding_count, report->finding_count == 1 ? "" : "s",
                  summary_checked(report), detector_count, report->from);
}

void summary_total_text(struct buffer *out, const struct summary *total, uint32_t logs)
{
    char name[32];

    snprintf(name, sizeof(name), "all %u log%s", logs, logs == 1 ? "" : "s");
    buffer_char(out, '\n');
    put_head(out, name, 1, total);
    put_flow(out, total);
}

void summary_text(struct buffer *out, const struct summary_report *report)
{
    const struct summary *summary = report->summary;

    if (summary->frames)
        put_head(out, summary->host[0] ? summary->host : report->path, report->parts, summary);
    put_flow(out, summary);
    if (summary->frames)
        put_states(out, summary);
    put_openers(out, summary);
    if (!summary->frames)
        return;
    put_retransmitters(out, summary);
    put_queues(out, summary);
    put_findings(out, report);
    put_foot(out, report);
}
