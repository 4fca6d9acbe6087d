/* event_line: one event in words. */
#include "ui/event_line.h"

#include "core/event_place.h"
#include "core/text/text.h"
#include "ui/page.h"

#include <stdio.h>
#include <string.h>

#define WIDE_COLS 100 /* from this width on with owner and duration of the last state */

/* The parts of an event's line. */
struct event_text {
    char time[16], change[72], span[12], ends[2 * (ADDR_TEXT_MAX + 32) + 8],
        owner[EVENT_NAME_MAX + 16];
    const char *mark, *word;
    unsigned role;
};

static void put_ends(const struct picture *picture, const struct event *event, char *out,
                     size_t size)
{
    const struct tuple *tuple = &event->tuple;
    const char *interface = frame_interface_name(picture->frame, event->netns, tuple->scope);
    char local[ADDR_TEXT_MAX + 32], remote[ADDR_TEXT_MAX + 32];

    tuple_format_end(local, sizeof local, tuple, false, interface, NULL);
    tuple_format_end(remote, sizeof remote, tuple, true, interface, NULL);
    if (tuple->remote_port == 0 && addr_is_zero(&tuple->remote)) /* listening, or only bound */
        snprintf(out, size, "%s", local);
    else
        snprintf(out, size, "%s ▸ %s", local, remote);
}

static void put_close(const struct event *event, char *out, size_t size)
{
    char age[12] = "", in[8], sent[8], end[EVENT_END_MAX];
    size_t used = 0;

    out[0] = '\0';
    if (event->has_duration)
        text_age(age, sizeof age, event->duration_ns);
    if (event_end_text(end, sizeof end, event)) {
        snprintf(out, size, "%s%s%s", end, age[0] ? " after " : "", age);
        return;
    }
    if (event->has_duration)
        used = (size_t)snprintf(out, size, "after %s", age);
    if (!event->has_totals || used >= size)
        return;
    text_count(in, sizeof in, event->in_bytes);
    text_count(sent, sizeof sent, event->out_bytes);
    snprintf(out + used, size - used, "%sin %s out %s", used ? " " : "", in, sent);
}

/* What is about no connection, of whichever host. */
static void put_about(const struct frame *frame, const struct event *event, char *out, size_t size)
{
    const struct frame_host *host = event_host(frame, event);
    const int used = host ? snprintf(out, size, "%s: ", host->name) : 0;

    if (used < 0 || (size_t)used >= size)
        return;
    out += used;
    size -= (size_t)used;
    if (event->kind == EVENT_NETNS)
        event_netns_text(out, size, event);
    else if (event->lost)
        snprintf(out, size, "at least %llu events (%s)", (unsigned long long)event->lost,
                 event->text);
    else
        snprintf(out, size, "%s", event->text);
}

static void put_change(const struct event *event, struct event_text *text)
{
    const char *from = TCP_STATES[event->from].short_name, *to = TCP_STATES[event->to].short_name;

    switch ((enum event_kind)event->kind) {
    case EVENT_OPEN:
        text->mark = "+", text->word = "opened", text->role = ROLE_OPENED;
        snprintf(text->change, sizeof text->change, "%s", to);
        break;
    case EVENT_STATE:
        text->mark = "~", text->word = "state", text->role = ROLE_CHANGED;
        snprintf(text->change, sizeof text->change, "%s ▸ %s", from, to);
        if (event->has_duration)
            text_span(text->span, sizeof text->span, event->duration_ns);
        break;
    case EVENT_CLOSE:
        text->mark = "-", text->word = "closed", text->role = ROLE_CLOSED;
        put_close(event, text->change, sizeof text->change);
        if (!text->change[0])
            snprintf(text->change, sizeof text->change, "%s%s",
                     event->from ? "from " : "between frames", from);
        break;
    case EVENT_LOST:
        text->mark = "!", text->word = event->lost ? "lost" : "gap", text->role = ROLE_TROUBLE;
        break;
    case EVENT_NETNS:
        text->mark = event->left ? "-" : "+", text->word = "netns";
        text->role = event->left ? ROLE_CLOSED : ROLE_OPENED;
        break;
    }
}

static void put_event(const struct picture *picture, const struct event *event,
                      struct event_text *text)
{
    memset(text, 0, sizeof *text);
    page_clock(text->time, sizeof text->time, event->wall_ns, true);
    put_change(event, text);
    if (!event_is_of_connection(event)) {
        put_about(picture->frame, event, text->ends, sizeof text->ends);
        return;
    }
    put_ends(picture, event, text->ends, sizeof text->ends);
    if (event->pid)
        snprintf(text->owner, sizeof text->owner, "%s %d", event->name, event->pid);
}

void event_line_draw(const struct picture *picture, const struct canvas *canvas, int line,
                     const struct event *event, bool selected)
{
    struct event_text text;
    const unsigned layer = selected ? STYLE_SELECTED : 0;
    const int cols = canvas->cols;
    int col = 1;

    put_event(picture, event, &text);
    if (selected) {
        canvas_fill(canvas, line, 0, cols, ROLE_NORMAL | layer);
        canvas_focus(canvas, line, 1);
    }
    col = canvas_field(canvas, line, col, 12, false, ROLE_DIM | layer, text.time) + 2;
    col = canvas_printf(canvas, line, col, text.role | layer, "%s %-6s", text.mark, text.word) + 2;
    if (!event_is_of_connection(event)) {
        canvas_text(canvas, line, col, text.role | layer, text.ends);
        return;
    }
    const int change = cols >= WIDE_COLS ? 31 : 24;
    col = canvas_field(canvas, line, col, change, false, ROLE_NORMAL | layer, text.change) + 1;
    if (event->kind == EVENT_STATE && cols >= WIDE_COLS)
        canvas_text_right(canvas, line, col - 1, ROLE_DIM | layer, text.span);
    const int owner = cols >= WIDE_COLS ? 20 : 0;
    if (cols > col + owner)
        canvas_field(canvas, line, col, cols - col - owner, false, ROLE_NORMAL | layer, text.ends);
    if (owner)
        canvas_field(canvas, line, cols - owner + 1, owner - 1, false, ROLE_NORMAL | layer,
                     text.owner);
}

size_t event_line_text(const struct picture *picture, const struct event *event, char *out,
                       size_t size)
{
    struct event_text text;
    int length;

    put_event(picture, event, &text);
    if (!event_is_of_connection(event))
        length = snprintf(out, size, "%s %s %s", text.time, text.word, text.ends);
    else
        length = snprintf(out, size, "%s %s %s%s%s %s%s%s", text.time, text.word, text.change,
                          text.span[0] ? " after " : "", text.span, text.ends,
                          text.owner[0] ? " " : "", text.owner);
    return length > 0 ? (size_t)length : 0;
}

bool event_line_read(const struct picture *picture, uint64_t number, struct event *event)
{
    uint64_t cursor = number, lost;

    return event_ring_read(picture->events, &cursor, event, 1, &lost) == 1 &&
           event->number == number;
}
