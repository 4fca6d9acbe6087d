/* Reading lines of the session log: heads, frames, events, gaps; rows and processes go to
 * row.c. Trusts nothing: a line is bounded, read as a whole, and refused in words. Must not
 * know files. */
#include "core/text/text.h"
#include "session/format/get.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS   1000000
#define INTERVAL_MS UINT64_C(1000000000000) /* a bound, not a meaning */

static void read_version(struct get *get, struct session_head *head)
{
    char text[32], *rest = text;

    text[0] = '\0';
    get_text(get, "version", text, sizeof(text));
    unsigned long major = strtoul(text, &rest, 10);
    if (rest == text || *rest != '.' || major > 1000000) {
        get_fail(get, "version", "not a version like 1.0");
        return;
    }
    head->major = (uint32_t)major;
    head->minor = (uint32_t)strtoul(rest + 1, NULL, 10);
    if (major == SESSION_MAJOR || get->error)
        return;
    snprintf(get->why, get->why_size,
             "session log version %lu: this tcplens reads version %u.x; use a newer tcplens", major,
             SESSION_MAJOR);
    get->error = -EPROTONOSUPPORT;
}

static void read_head(struct get *get, struct session_line *line)
{
    struct session_head *head = &line->head;
    char format[32] = "";
    uint64_t interval = 0;

    *head = (struct session_head){.wall_ns = line->wall_ns, .start_ns = line->wall_ns};
    get_text(get, "format", format, sizeof(format));
    if (strcmp(format, SESSION_FORMAT) != 0)
        get_fail(get, "format", "not " SESSION_FORMAT);
    read_version(get, head);
    get_text(get, "tcplens", head->tcplens, sizeof(head->tcplens));
    get_text(get, "host", head->host, sizeof(head->host));
    get_text(get, "kernel", head->kernel, sizeof(head->kernel));
    get_text(get, "boot_id", head->boot_id, sizeof(head->boot_id));
    get_text(get, "source", head->source, sizeof(head->source));
    get_time(get, "start", &head->start_ns);
    if (get_number(get, "interval_ms", INTERVAL_MS, &interval))
        head->interval_ns = (int64_t)interval * NS_PER_MS;
    if (!get->error)
        session_state_clear(get->state);
}

static uint32_t get_u32(struct get *get, const char *key)
{
    uint64_t value = 0;
    get_number(get, key, UINT32_MAX, &value);
    return (uint32_t)value;
}

static uint64_t get_u64(struct get *get, const char *key)
{
    uint64_t value = 0;
    get_number(get, key, UINT64_MAX, &value);
    return value;
}

static int64_t get_ns(struct get *get, const char *key)
{
    int64_t value = 0;
    if (get_signed(get, key, &value) && value < 0)
        get_fail(get, key, "out of range");
    return value;
}

static uint32_t get_reasons(struct get *get)
{
    struct flat_items items = get_items(get, "missing", FLAT_LIST);
    struct flat_member item;
    uint32_t reasons = 0;

    while (flat_next(&items, &item)) {
        int bit =
            item.type == FLAT_TEXT ? words_find(&MISSING_WORDS, item.text, item.text_length) : -1;
        if (bit >= 0)
            reasons |= 1u << bit;
    }
    return reasons;
}

static void read_missing(struct get *get, struct missing *missing)
{
    int64_t error = 0;

    missing->reasons = get_reasons(get);
    if (get_signed(get, "missing_errno", &error) && (error < -4096 || error > 4096))
        get_fail(get, "missing_errno", "out of range");
    missing->error = (int)error;
    missing->hidden_users = get_u32(get, "hidden_users");
    missing->hidden_rows = get_u32(get, "hidden_rows");
    missing->events_lost = get_u64(get, "events_lost");
    get_text(get, "missing_text", missing->text, sizeof(missing->text));
}

static void read_cost(struct get *get, struct frame_cost *cost)
{
    uint64_t permille = UINT32_MAX;

    cost->cpu_ns = get_ns(get, "cost_cpu_ns");
    cost->wall_ns = get_ns(get, "cost_wall_ns");
    cost->interval_ns = get_ns(get, "interval_ns");
    cost->stretched = get_flag(get, "stretched");
    get_number(get, "cpu_permille", UINT32_MAX, &permille);
    cost->cpu_permille = (uint32_t)permille;
}

static void read_frame(struct get *get, struct session_line *line)
{
    struct session_frame *frame = &line->frame;

    *frame = (struct session_frame){.wall_ns = line->wall_ns};
    frame->number = get_u64(get, "number");
    frame->key = get_flag(get, "key");
    frame->mono_ns = get_ns(get, "mono_ns");
    frame->dump_ns = get_ns(get, "dump_ns");
    frame->netns = get_u32(get, "netns");
    frame->netns_is_host = get_flag(get, "netns_is_host");
    frame->rows = get_u32(get, "rows");
    frame->ghosts = get_u32(get, "ghosts");
    frame->opened = get_u32(get, "opens");
    frame->changed = get_u32(get, "transitions");
    frame->closed = get_u32(get, "closes");
    frame->marks_opened = get_u32(get, "marked_opened");
    frame->marks_changed = get_u32(get, "marked_changed");
    frame->marks_closed = get_u32(get, "marked_closed");
    frame->in_interval = get_u64(get, "in_interval_bytes");
    frame->out_interval = get_u64(get, "out_interval_bytes");
    frame->in_total = get_u64(get, "in_total_bytes");
    frame->out_total = get_u64(get, "out_total_bytes");
    frame->segs_known = get_is_there(get, "out_interval_segs");
    frame->segs_in = get_u64(get, "in_interval_segs");
    frame->segs_out = get_u64(get, "out_interval_segs");
    frame->segs_retrans = get_u64(get, "retrans_interval_segs");
    frame->sent_interval = get_u64(get, "sent_interval_bytes");
    frame->retrans_interval = get_u64(get, "retrans_interval_bytes");
    read_missing(get, &frame->missing);
    read_cost(get, &frame->cost);
    read_facts(get);
}

static uint8_t get_origin(struct get *get)
{
    char word[16] = "";

    get_text(get, "origin", word, sizeof(word));
    int origin = words_find(&EVENT_ORIGIN_WORDS, word, strlen(word));
    return origin > EVENT_FROM_FRAME ? (uint8_t)origin : (uint8_t)EVENT_FROM_LOG;
}

static void read_event_totals(struct get *get, struct event *event)
{
    const char *duration = event->kind == EVENT_CLOSE ? "duration_ms" : "from_ms";

    event->has_totals = get_number(get, "in_bytes", UINT64_MAX, &event->in_bytes);
    event->out_bytes = get_u64(get, "out_bytes");
    event->rtt_us = get_u32(get, "rtt_us");
    event->retrans = get_u32(get, "retrans");
    event->has_duration = get_ms(get, duration, &event->duration_ns);
}

static void read_event(struct get *get, struct session_line *line)
{
    struct event *event = &line->event;
    uint64_t uid = UINT32_MAX;

    *event = (struct event){.wall_ns = line->wall_ns};
    event->kind = (uint8_t)(line->kind == RECORD_OPEN    ? EVENT_OPEN
                            : line->kind == RECORD_STATE ? EVENT_STATE
                                                         : EVENT_CLOSE);
    event->origin = get_origin(get);
    get_state(get, "from", &event->from);
    if (!get_state(get, "to", &event->to))
        get_fail(get, "to", "missing");
    event->exact = get_flag(get, "exact");
    event->polled_jump = get_flag(get, "polled_jump");
    get_hex(get, "cookie", &event->cookie);
    event->serial = get_u64(get, "id");
    event->netns = get_u32(get, "netns");
    get_number(get, "uid", UINT32_MAX, &uid);
    event->uid = (uint32_t)uid;
    if (!get_tuple(get, &event->tuple))
        get_fail(get, "family", "missing");
    event->pid = (int32_t)(get_u32(get, "pid") & INT32_MAX);
    get_text(get, "comm", event->name, sizeof(event->name));
    event->owner_start_ticks = get_u64(get, "start_ticks");
    read_event_totals(get, event);
}

static void read_gap(struct get *get, struct session_line *line)
{
    struct session_gap *gap = &line->gap;
    char of[16] = "";

    *gap = (struct session_gap){.wall_ns = line->wall_ns};
    uint64_t count = get_u64(get, "count");
    get_text(get, "of", of, sizeof(of));
    if (strcmp(of, "frames") == 0) {
        gap->frames = count;
        gap->events = get_u64(get, "events");
    } else {
        gap->events = count;
    }
    get_time(get, "since", &gap->since_ns);
    get_text(get, "reason", gap->reason, sizeof(gap->reason));
}

static enum record_kind find_kind(const char *name, size_t length)
{
    for (enum record_kind kind = RECORD_HEAD; kind < RECORD_COUNT; kind++) {
        if (strlen(RECORDS[kind].name) == length && !memcmp(RECORDS[kind].name, name, length))
            return kind;
    }
    return RECORD_NONE;
}

static void read_object(struct get *get, struct session_line *line)
{
    char name[16] = "";

    if (!get_text(get, "ev", name, sizeof(name)))
        get_fail(get, "ev", "missing");
    line->kind = find_kind(name, strlen(name));
    if (!get_time(get, "t", &line->wall_ns))
        get_fail(get, "t", "missing");
    if (get->error)
        return;
    switch (line->kind) {
    case RECORD_HEAD:
        read_head(get, line);
        return;
    case RECORD_FRAME:
        read_frame(get, line);
        if (!get->error)
            session_fade_flows(get->state, line->frame.mono_ns);
        return;
    case RECORD_ROW:
    case RECORD_SAMPLE:
        read_row(get, line->kind == RECORD_SAMPLE, line->wall_ns);
        return;
    case RECORD_OPEN:
    case RECORD_STATE:
    case RECORD_CLOSE:
        read_event(get, line);
        return;
    case RECORD_PROC:
        read_proc(get);
        return;
    case RECORD_FLOW:
        read_flow(get);
        return;
    case RECORD_GAP:
        read_gap(get, line);
        return;
    case RECORD_NONE:
    case RECORD_COUNT:
        return;
    }
}

int session_read_line(struct session_state *state, const char *text, size_t length,
                      struct session_line *line, char *why, size_t why_size)
{
    struct flat flat;
    struct get get;

    get.flat = &flat; /* no initialiser: it would clear the scratch of each line */
    get.state = state;
    get.why = why;
    get.why_size = why_size;
    get.error = 0;
    why[0] = '\0';
    line->kind = RECORD_NONE;
    line->wall_ns = 0;
    if (length > SESSION_LINE_MAX) {
        snprintf(why, why_size, "a line of more than %u bytes", SESSION_LINE_MAX);
        return -E2BIG;
    }
    if (!flat_parse(&flat, text, length)) {
        snprintf(why, why_size, "not a JSON object");
        return -EINVAL;
    }
    read_object(&get, line);
    if (get.error == -ENOMEM && !why[0])
        snprintf(why, why_size, "more rows or names than tcplens holds, or no memory");
    return get.error;
}

int session_peek_line(const char *text, size_t length, enum record_kind *kind, int64_t *wall_ns)
{
    static const char begin[] = "{\"ev\":\"", middle[] = "\",\"t\":\"";
    const size_t begin_length = sizeof(begin) - 1, middle_length = sizeof(middle) - 1;

    if (length < begin_length || memcmp(text, begin, begin_length) != 0)
        return -EINVAL;
    const char *name = text + begin_length, *end = text + length;
    const char *quote = memchr(name, '"', (size_t)(end - name));
    if (!quote || (size_t)(end - quote) < middle_length ||
        memcmp(quote, middle, middle_length) != 0)
        return -EINVAL;
    const char *time = quote + middle_length;
    const char *time_end = memchr(time, '"', (size_t)(end - time));
    if (!time_end)
        return -EINVAL;
    *kind = find_kind(name, (size_t)(quote - name));
    return text_parse_rfc3339(time, (size_t)(time_end - time), wall_ns);
}
