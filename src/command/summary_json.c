/* JSON of a summary: all there is, in one object. */
#include "base/clock.h"
#include "command/summary_text.h"
#include "core/finding/finding_json.h"
#include "core/json/json.h"
#include "core/text/text.h"

#define MOST_IN_JSON 100u

unsigned summary_checked(const struct summary_report *report)
{
    unsigned count = 0;

    for (size_t i = 0; i < detector_count; i++)
        count +=
            report->checks[i].verdict == VERDICT_OK || report->checks[i].verdict == VERDICT_FINDING;
    return count;
}

static void put_key(struct buffer *out, const char *key)
{
    const bool first = out->length && out->data[out->length - 1] == '{';

    buffer_printf(out, "%s\"%s\":", first ? "" : ",", key);
}

static void put_member(struct buffer *out, const char *key, const char *text)
{
    put_key(out, key);
    json_put_text(out, text);
}

static void put_number(struct buffer *out, const char *key, uint64_t number)
{
    put_key(out, key);
    buffer_printf(out, "%llu", (unsigned long long)number);
}

static void put_time(struct buffer *out, const char *key, int64_t wall_ns)
{
    char text[40];

    text_rfc3339(text, sizeof(text), wall_ns);
    put_member(out, key, text);
}

static void put_owner(struct buffer *out, int32_t pid, const char *name)
{
    if (pid <= 0)
        return;
    put_number(out, "pid", (uint64_t)pid);
    put_member(out, "comm", name);
}

static void put_address(struct buffer *out, const char *key, const struct addr *addr,
                        uint8_t family)
{
    char text[ADDR_TEXT_MAX];

    addr_format(text, sizeof(text), addr, family, NULL);
    put_member(out, key, text);
}

static void put_range_json(struct buffer *out, const char *name, const struct summary_range *range)
{
    put_key(out, name);
    buffer_char(out, '{');
    put_number(out, "least", range->least.count);
    put_time(out, "least_at", range->least.wall_ns);
    put_number(out, "most", range->most.count);
    put_time(out, "most_at", range->most.wall_ns);
    put_number(out, "last", range->last);
    buffer_char(out, '}');
}

static void put_states_json(struct buffer *out, const struct summary *summary)
{
    put_key(out, "states");
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
    put_member(out, "direction", place->inbound ? "in" : "out");
    put_address(out, "raddr", &place->remote, place->family);
    put_number(out, place->inbound ? "lport" : "rport", place->port);
    put_owner(out, place->pid, place->name);
    put_number(out, "opened", place->opens);
    put_number(out, "sent_bytes", place->sent_bytes);
    put_number(out, "retrans_bytes", place->retrans_bytes);
    buffer_char(out, '}');
}

static void put_places_json(struct buffer *out, const struct summary *summary, const char *key,
                            enum summary_order order)
{
    const struct summary_place *top[MOST_IN_JSON];
    const size_t count = summary_top(summary, order, top, MOST_IN_JSON);

    put_key(out, key);
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
    put_address(out, "laddr", &listener->local, listener->family);
    put_number(out, "lport", listener->port);
    put_owner(out, listener->pid, listener->name);
    if (listener->full_first_ns) {
        put_time(out, "full_first", listener->full_first_ns);
        put_number(out, "full_ms", (uint64_t)(listener->full_ns / MILLISECOND_NS));
        put_number(out, "accept_queue", listener->queue);
        put_number(out, "backlog", listener->backlog);
        put_time(out, "accept_queue_at", listener->queue_ns);
    }
    put_number(out, "drops", listener->drops);
    buffer_char(out, '}');
}

static void put_listeners_json(struct buffer *out, const struct summary *summary)
{
    const struct summary_listener *top[MOST_IN_JSON];
    const size_t count = summary_listeners(summary, top, MOST_IN_JSON);

    put_key(out, "listeners");
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
    put_key(out, "findings");
    buffer_char(out, '[');
    for (uint32_t i = 0; i < report->finding_count; i++) {
        if (i)
            buffer_char(out, ',');
        json_finding(out, report->findings[i], report->findings, report->finding_count);
    }
    buffer_char(out, ']');
}

static void put_frames_json(struct buffer *out, const struct summary_report *report)
{
    const struct summary *summary = report->summary;

    put_time(out, "first", summary->first_ns);
    put_time(out, "last", summary->last_ns);
    put_number(out, "longest_interval_ms", (uint64_t)(summary->longest_ns / MILLISECOND_NS));
    put_number(out, "frames_with_gaps", summary->frames_with_gaps);
    put_number(out, "in_bytes", summary->in_bytes);
    put_number(out, "out_bytes", summary->out_bytes);
    put_number(out, "sent_bytes", summary->sent_bytes);
    put_number(out, "retrans_bytes", summary->retrans_bytes);
    put_states_json(out, summary);
    put_places_json(out, summary, "retransmitters", SUMMARY_BY_RETRANS);
    put_listeners_json(out, summary);
    put_findings_json(out, report);
    put_number(out, "checked", summary_checked(report));
}

void summary_json(struct buffer *out, const struct summary_report *report)
{
    const struct summary *summary = report->summary;

    buffer_text(out, "{\"log\":");
    json_put_text(out, report->path);
    if (summary->host[0])
        put_member(out, "host", summary->host);
    if (report->fault[0])
        put_member(out, "fault", report->fault);
    put_number(out, "frames", summary->frames);
    put_number(out, "opened", summary->opened);
    put_number(out, "changed", summary->changed);
    put_number(out, "closed", summary->closed);
    put_number(out, "events_lost", summary->lost);
    put_places_json(out, summary, "openers", SUMMARY_BY_OPENS);
    if (summary->frames)
        put_frames_json(out, report);
    buffer_char(out, '}');
}

void summary_total_json(struct buffer *out, const struct summary *total, uint32_t logs)
{
    buffer_char(out, '{');
    put_number(out, "logs", logs);
    put_number(out, "frames", total->frames);
    put_number(out, "opened", total->opened);
    put_number(out, "changed", total->changed);
    put_number(out, "closed", total->closed);
    put_number(out, "events_lost", total->lost);
    if (total->frames) {
        put_time(out, "first", total->first_ns);
        put_time(out, "last", total->last_ns);
        put_number(out, "frames_with_gaps", total->frames_with_gaps);
        put_number(out, "in_bytes", total->in_bytes);
        put_number(out, "out_bytes", total->out_bytes);
        put_number(out, "sent_bytes", total->sent_bytes);
        put_number(out, "retrans_bytes", total->retrans_bytes);
    }
    buffer_text(out, "}\n");
}
