/* Events as text. */
#include "command/event_text.h"

#include "base/clock.h"
#include "core/event_place.h"
#include "core/text/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHANGE_CELLS 34
#define NETNS_CELLS  12
#define HOST_CELLS   12
#define ENDS_CELLS   44
#define ENDPOINT_MAX (ADDR_TEXT_MAX + 32)

static void put_clock(struct buffer *out, int64_t wall_ns)
{
    char text[CLOCK_TEXT_MAX];

    clock_local_text(text, sizeof(text), CLOCK_TIME, wall_ns);
    buffer_printf(out, "%s.%03d  ", text, (int)(wall_ns % SECOND_NS / MILLISECOND_NS));
}

static void format_ends(char *out, size_t size, const struct event *event,
                        const struct frame *frame, const char *arrow)
{
    const struct tuple *tuple = &event->tuple;
    const char *interface = frame ? frame_interface_name(frame, event->netns, tuple->scope) : NULL;
    char local[ENDPOINT_MAX], remote[ENDPOINT_MAX];

    tuple_format_end(local, sizeof(local), tuple, false, interface, NULL);
    tuple_format_end(remote, sizeof(remote), tuple, true, interface, NULL);
    if (tuple->remote_port == 0 && addr_is_zero(&tuple->remote))
        snprintf(out, size, "%s", local);
    else
        snprintf(out, size, "%s %s %s", local, arrow, remote);
}

static void format_close(char *out, size_t size, const struct event *event)
{
    char age[16] = "", in[16], sent[16];
    int used;

    if (event->has_duration && event->duration_ns < SECOND_NS) /* "0:00" would be useless */
        text_span(age, sizeof(age), event->duration_ns);
    else if (event->has_duration)
        text_age(age, sizeof(age), event->duration_ns);
    used = event->has_duration ? snprintf(out, size, "after %s", age)
           : event->from == STATE_NONE
               ? snprintf(out, size, "between frames")
               : snprintf(out, size, "from %s", TCP_STATES[event->from].short_name);
    if (!event->has_totals || used < 0 || (size_t)used >= size)
        return;
    text_count(in, sizeof(in), event->in_bytes);
    text_count(sent, sizeof(sent), event->out_bytes);
    snprintf(out + used, size - (size_t)used, " in %s out %s", in, sent);
}

static void format_state(char *out, size_t size, const struct event *event, const char *arrow)
{
    char span[16] = "", change[64];

    snprintf(change, sizeof(change), "%s %s %s", TCP_STATES[event->from].short_name, arrow,
             TCP_STATES[event->to].short_name);
    if (event->has_duration)
        text_span(span, sizeof(span), event->duration_ns);
    size_t width = text_width(change) + strlen(span);
    int gap = width < CHANGE_CELLS ? (int)(CHANGE_CELLS - width) : 1;
    snprintf(out, size, "%s%*s%s", change, gap, "", span);
}

static void put_field(struct buffer *out, const char *text, size_t cells)
{
    size_t width = text_width(text);

    buffer_text(out, text);
    for (; width < cells; width++)
        buffer_char(out, ' ');
    buffer_text(out, "  ");
}

/* The host and namespace of the addresses, where there are several. */
static void put_host(struct buffer *out, const struct event *event, const struct frame *frame)
{
    const struct frame_host *host = event_host(frame, event);

    if (host)
        put_field(out, host->name, HOST_CELLS);
}

static void put_netns(struct buffer *out, const struct event *event, const struct frame *frame)
{
    const struct frame_netns *netns =
        frame && frame->namespace_count > 1 ? frame_find_netns(frame, event->netns) : NULL;

    if (netns && !(netns->host && netns->is_host))
        put_field(out, netns->name, NETNS_CELLS);
}

static void put_lost(struct buffer *out, const struct event *event, const struct frame *frame)
{
    put_field(out, event->lost ? "! lost" : "! gap", 8);
    put_host(out, event, frame);
    if (event->lost)
        buffer_printf(out, "at least %" PRIu64 " events (%s)\n", event->lost, event->text);
    else
        buffer_printf(out, "%s\n", event->text);
}

static void put_namespace(struct buffer *out, const struct event *event, const struct frame *frame)
{
    char netns[EVENT_NETNS_MAX];

    event_netns_text(netns, sizeof(netns), event);
    put_field(out, event->left ? "- netns" : "+ netns", 8);
    put_host(out, event, frame);
    buffer_printf(out, "%s\n", netns);
}

void event_text_line(struct buffer *out, const struct event *event, const struct frame *frame,
                     bool ascii)
{
    static const char *const words[] = {"", "+ opened", "~ state", "- closed"};
    const char *arrow = ascii ? ">" : "▸";
    char change[128] = "", ends[2 * ENDPOINT_MAX + 8], end[EVENT_END_MAX];

    put_clock(out, event->wall_ns);
    if (event->kind == EVENT_LOST) {
        put_lost(out, event, frame);
        return;
    }
    if (event->kind == EVENT_NETNS) {
        put_namespace(out, event, frame);
        return;
    }
    put_field(out, words[event->kind], 8);
    if (event->kind == EVENT_OPEN)
        snprintf(change, sizeof(change), "%s", TCP_STATES[event->to].short_name);
    else if (event->kind == EVENT_STATE)
        format_state(change, sizeof(change), event, arrow);
    else
        format_close(change, sizeof(change), event);
    put_field(out, change, CHANGE_CELLS);
    put_host(out, event, frame);
    put_netns(out, event, frame);
    format_ends(ends, sizeof(ends), event, frame, arrow);
    event_end_text(end, sizeof(end), event);
    if (event->pid || end[0])
        put_field(out, ends, ENDS_CELLS);
    else
        buffer_text(out, ends);
    if (event->pid)
        buffer_printf(out, "%s %d", event->name, event->pid);
    if (end[0])
        buffer_printf(out, "%s%s", event->pid ? "  " : "", end);
    buffer_char(out, '\n');
}

static void put_since(struct buffer *out, const struct finding_step *step)
{
    const struct finding *finding = &step->finding;
    const int64_t ended_ns = step->kind == FINDING_END ? finding->ended_ns : step->wall_ns;
    char span[16];

    if (ended_ns - finding->since_ns < SECOND_NS)
        return;
    text_age(span, sizeof(span), ended_ns - finding->since_ns);
    buffer_printf(out, step->kind == FINDING_END ? " (after %s%s)" : " (for %s%s)",
                  finding->since_least ? "at least " : "", span);
}

void event_text_finding(struct buffer *out, const struct finding_step *step)
{
    static const char *const words[] = {[FINDING_BEGIN] = "! found",
                                        [FINDING_CHANGE] = "! change",
                                        [FINDING_HOLDS] = "! holds",
                                        [FINDING_END] = "! ended",
                                        [FINDING_STOP] = "! holds"};

    put_clock(out, step->wall_ns);
    put_field(out, words[step->kind], 8);
    put_field(out, severity_name((enum finding_severity)step->finding.severity), 8);
    buffer_text(out, step->finding.title);
    put_since(out, step);
    buffer_char(out, '\n');
}
