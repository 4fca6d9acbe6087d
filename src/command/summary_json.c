/* A summary as JSON: everything, in one object. */
#include "base/clock.h"
#include "command/summary_text.h"
#include "core/finding/finding_json.h"
#include "core/json/member.h"

#define MOST_IN_JSON 100u

unsigned summary_checked(const struct summary_report *report)
{
    unsigned count = 0;

    for (size_t i = 0; i < detector_count; i++)
        count +=
            report->checks[i].verdict == VERDICT_OK || report->checks[i].verdict == VERDICT_FINDING;
    return count;
}

static void put_owner(struct buffer *out, int32_t pid, const char *name)
{
    if (pid <= 0)
        return;
    json_member_number(out, "pid", (uint64_t)pid);
    json_member_text(out, "comm", name);
}

static void put_range_json(struct buffer *out, const char *name, const struct summary_range *range)
{
    json_member_key(out, name);
    buffer_char(out, '{');
    json_member_number(out, "least", range->least.count);
    json_member_time(out, "least_at", range->least.wall_ns);
    json_member_number(out, "most", range->most.count);
    json_member_time(out, "most_at", range->most.wall_ns);
    json_member_number(out, "last", range->last);
    buffer_char(out, '}');
}

static void put_states_json(struct buffer *out, const struct summary *summary)
{
    json_member_key(out, "states");
    buffer_char(out, '{');
    put_range_json(out, "all", &summary->all);
    for (int state = STATE_CLOSED; state < STATE_DELETE_TCB; state++)
        if (summary->states[state].most.count > 0)
            put_range_json(out, TCP_STATES[state].name, &summary->states[state]);
    buffer_char(out, '}');
}

static void put_place_json(struct buffer *out, const struct summary_place *place)
{
    buffer_char(out, '{');
    json_member_text(out, "direction", place->inbound ? "in" : "out");
    json_member_address(out, "raddr", &place->remote, place->family);
    json_member_number(out, place->inbound ? "lport" : "rport", place->port);
    put_owner(out, place->pid, place->name);
    json_member_number(out, "opened", place->opens);
    json_member_number(out, "sent_bytes", place->sent_bytes);
    json_member_number(out, "retrans_bytes", place->retrans_bytes);
    buffer_char(out, '}');
}

static void put_places_json(struct buffer *out, const struct summary *summary, const char *key,
                            enum summary_order order)
{
    const struct summary_place *top[MOST_IN_JSON];
    const size_t count = summary_top(summary, order, top, MOST_IN_JSON);

    json_member_key(out, key);
    buffer_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buffer_char(out, ',');
        put_place_json(out, top[i]);
    }
    buffer_char(out, ']');
}

static void put_listener_json(struct buffer *out, const struct summary_listener *listener)
{
    buffer_char(out, '{');
    json_member_address(out, "laddr", &listener->local, listener->family);
    json_member_number(out, "lport", listener->port);
    put_owner(out, listener->pid, listener->name);
    if (listener->full_first_ns) {
        json_member_time(out, "full_first", listener->full_first_ns);
        json_member_number(out, "full_ms", (uint64_t)(listener->full_ns / MILLISECOND_NS));
        json_member_number(out, "accept_queue", listener->queue);
        json_member_number(out, "backlog", listener->backlog);
        json_member_time(out, "accept_queue_at", listener->queue_ns);
    }
    json_member_number(out, "drops", listener->drops);
    buffer_char(out, '}');
}

static void put_listeners_json(struct buffer *out, const struct summary *summary)
{
    const struct summary_listener *top[MOST_IN_JSON];
    const size_t count = summary_listeners(summary, top, MOST_IN_JSON);

    json_member_key(out, "listeners");
    buffer_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buffer_char(out, ',');
        put_listener_json(out, top[i]);
    }
    buffer_char(out, ']');
}

static void put_findings_json(struct buffer *out, const struct summary_report *report)
{
    json_member_key(out, "findings");
    buffer_char(out, '[');
    for (uint32_t i = 0; i < report->finding_count; i++) {
        if (i)
            buffer_char(out, ',');
        json_finding(out, report->findings[i], report->findings, report->finding_count);
    }
    buffer_char(out, ']');
}

static void put_events_json(struct buffer *out, const struct summary *summary)
{
    json_member_number(out, "frames", summary->frames);
    json_member_number(out, "opened", summary->opened);
    json_member_number(out, "changed", summary->changed);
    json_member_number(out, "closed", summary->closed);
    json_member_number(out, "events_lost", summary->lost);
}

static void put_frames_json(struct buffer *out, const struct summary *summary)
{
    json_member_time(out, "first", summary->first_ns);
    json_member_time(out, "last", summary->last_ns);
    if (summary->longest_ns)
        json_member_number(out, "longest_interval_ms",
                           (uint64_t)(summary->longest_ns / MILLISECOND_NS));
    json_member_number(out, "frames_with_gaps", summary->frames_with_gaps);
    json_member_number(out, "in_bytes", summary->in_bytes);
    json_member_number(out, "out_bytes", summary->out_bytes);
    json_member_number(out, "sent_bytes", summary->sent_bytes);
    json_member_number(out, "retrans_bytes", summary->retrans_bytes);
}

void summary_json(struct buffer *out, const struct summary_report *report)
{
    const struct summary *summary = report->summary;

    buffer_char(out, '{');
    json_member_text(out, "log", report->path);
    if (report->parts > 1)
        json_member_number(out, "parts", report->parts);
    json_member_text_if(out, "host", summary->host);
    json_member_text_if(out, "fault", report->fault);
    put_events_json(out, summary);
    put_places_json(out, summary, "openers", SUMMARY_BY_OPENS);
    if (summary->frames) {
        put_frames_json(out, summary);
        put_states_json(out, summary);
        put_places_json(out, summary, "retransmitters", SUMMARY_BY_RETRANS);
        put_listeners_json(out, summary);
        put_findings_json(out, report);
        json_member_number(out, "checked", summary_checked(report));
    }
    buffer_char(out, '}');
}

void summary_total_json(struct buffer *out, const struct summary *total, uint32_t logs)
{
    buffer_char(out, '{');
    json_member_number(out, "logs", logs);
    put_events_json(out, total);
    if (total->frames)
        put_frames_json(out, total);
    buffer_text(out, "}\n");
}
