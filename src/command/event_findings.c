/* Findings among the events, from the lines of a log or from an engine. */
#include "command/event_findings.h"

#include "base/grow.h"
#include "command/event_csv.h"
#include "command/event_text.h"
#include "core/finding/finding_json.h"
#include "options/output.h"

#include <errno.h>
#include <stdlib.h>

int event_findings_init(struct event_findings *findings)
{
    buffer_init(&findings->json);
    findings->steps = finding_steps_new();
    return findings->steps ? 0 : -ENOMEM;
}

void event_findings_done(struct event_findings *findings)
{
    finding_steps_free(findings->steps);
    finding_engine_free(findings->engine);
    free(findings->shown);
    buffer_done(&findings->json);
}

static void print(struct event_findings *findings, const struct finding_step *step,
                  struct buffer *out)
{
    const uint64_t seq = ++*findings->lines;

    switch (findings->options->output) {
    case OUTPUT_JSON:
        json_finding_step(out, seq, step);
        buffer_char(out, '\n');
        return;
    case OUTPUT_CSV:
        buffer_clear(&findings->json);
        json_finding_step(&findings->json, seq, step);
        event_csv_line(out, findings->json.data, findings->json.length);
        return;
    case OUTPUT_TABLE:
        event_text_finding(out, step);
        return;
    }
}

/* A row of the finding passes the filter. */
static bool has_row(const struct filter *wanted, const struct finding *finding,
                    const struct frame *frame)
{
    static const struct filter_names no_names = {.data = NULL};
    const struct column_context context = {.frame = frame, .now_ns = frame ? frame->wall_ns : 0};
    struct filter *rows = NULL;
    struct filter_error error;
    bool found = false;

    if (!frame || !finding->filter[0] ||
        filter_parse(&rows, finding->filter, &no_names, &error) != 0)
        return false;
    for (uint32_t i = 0; i < frame->live_count && !found; i++)
        found = filter_accepts(rows, &context, &frame->conns[i]) &&
                filter_accepts(wanted, &context, &frame->conns[i]);
    filter_free(rows);
    return found;
}

static uint32_t place_of(const struct event_findings *findings, uint32_t id)
{
    uint32_t i = 0;

    while (i < findings->shown_count && findings->shown[i] != id)
        i++;
    return i;
}

/* Its rows may have closed when it ends, so once its begin was printed, all of it is. Repeated
 * lines (for readers that start there) are printed once. */
static bool passes(struct event_findings *findings, const struct finding_step *step,
                   const struct frame *frame)
{
    const uint32_t place = place_of(findings, step->finding.id);
    const bool was_shown = place < findings->shown_count;

    if (step->kind == FINDING_STOP)
        return was_shown;
    if (step->kind == FINDING_END && was_shown) {
        findings->shown[place] = findings->shown[--findings->shown_count];
        return true;
    }
    if (was_shown)
        return step->kind != FINDING_HOLDS;
    if (!filter_is_empty(findings->filter) && !has_row(findings->filter, &step->finding, frame))
        return false;
    if (step->kind == FINDING_END)
        return true;
    if (GROW(findings->shown, findings->shown_capacity, findings->shown_count + 1))
        return false;
    findings->shown[findings->shown_count++] = step->finding.id;
    return true;
}

int event_findings_take_lines(struct event_findings *findings, const struct finding_step *steps,
                              uint32_t count, const struct frame *frame, bool silent,
                              struct buffer *out)
{
    for (uint32_t i = 0; i < count; i++)
        if (passes(findings, &steps[i], frame) && !silent)
            print(findings, &steps[i], out);
    return 0;
}

int event_findings_take(struct event_findings *findings, const struct frame *frame, bool silent,
                        struct buffer *out)
{
    uint32_t count;
    const int error = finding_steps_take(findings->steps, frame, false);

    if (error)
        return error;
    const struct finding_step *steps = finding_steps_list(findings->steps, &count);
    finding_steps_settle(findings->steps);
    return event_findings_take_lines(findings, steps, count, frame, silent, out);
}

int event_findings_look(struct event_findings *findings, struct frame *frame,
                        struct event_ring *ring, bool silent, struct buffer *out)
{
    const struct finding_input input = {.frame = frame, .ring = ring};

    if (!findings->engine)
        findings->engine = finding_engine_new(findings->settings);
    if (!findings->engine)
        return -ENOMEM;
    const int error = finding_engine_complete(findings->engine, frame, &input);
    if (error)
        return error;
    if (!findings->said_engine && frame->findings->count > 0)
        message("%s: findings are those of this tcplens over its frames", findings->options->from);
    findings->said_engine |= frame->findings->count > 0;
    return event_findings_take(findings, frame, silent, out);
}

int event_findings_stop(struct event_findings *findings, const struct frame *last,
                        struct buffer *out)
{
    uint32_t count;
    const int error = finding_steps_stop(findings->steps, last->wall_ns);

    if (error)
        return error;
    const struct finding_step *steps = finding_steps_list(findings->steps, &count);
    return event_findings_take_lines(findings, steps, count, last, false, out);
}
