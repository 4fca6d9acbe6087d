/* pane_events: every change, newest last. Holds the numbers of the events that the filter accepts,
 * not the events: those are read back from the ring when they are drawn. */
#include "base/clock.h"
#include "core/event_match.h"
#include "core/text/text.h"
#include "ui/pane/pane.h"
#include "ui/scroll.h"
#include "ui/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEPT  65536u /* as many as the ring holds by default */
#define BATCH 64u

struct events_pane {
    struct pane pane;
    uint64_t numbers[KEPT]; /* of accepted events; the oldest leave first */
    uint64_t first, count;  /* position of the oldest kept, how many were ever kept */
    uint64_t read_to;       /* cursor on the ring */
    const void *filter;     /* with generation: what the numbers were chosen by */
    uint32_t generation;
    struct event_match match;
    uint64_t cursor; /* event number, 0 = follows the newest */
    uint64_t top;    /* position */
    uint32_t height;
};

static int events_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                       const void *argument)
{
    struct events_pane *events = calloc(1, sizeof *events);

    (void)argument;
    if (!events)
        return -ENOMEM;
    events->pane = (struct pane){ops, screen};
    *pane = &events->pane;
    return 0;
}

static void events_close(struct pane *pane)
{
    event_match_done(&((struct events_pane *)pane)->match);
    free(pane);
}

static uint64_t number_at(const struct events_pane *events, uint64_t position)
{
    return events->numbers[position % KEPT];
}

static void keep(struct events_pane *events, uint64_t number)
{
    events->numbers[events->count++ % KEPT] = number;
    if (events->count - events->first > KEPT)
        events->first = events->count - KEPT;
}

/* The picture has gone back in time: what comes after it has not happened yet. */
static void forget_later(struct events_pane *events, uint64_t next_event)
{
    while (events->count > events->first && number_at(events, events->count - 1) >= next_event)
        events->count--;
    if (events->read_to > next_event)
        events->read_to = next_event;
    if (events->cursor >= next_event)
        events->cursor = 0;
}

/* Takes in what the ring has since last time; from its oldest when the filter is another one. */
static void read_on(struct events_pane *events, const struct picture *picture)
{
    struct event batch[BATCH];
    uint64_t lost;
    uint32_t got;

    if (!picture->events || !picture->frame)
        return;
    if (events->filter != picture->accept_data ||
        events->generation != picture->filter_generation) {
        events->filter = picture->accept_data;
        events->generation = picture->filter_generation;
        events->first = events->count = events->top = 0;
        events->read_to = event_ring_oldest(picture->events);
    }
    forget_later(events, picture->frame->next_event);
    /* only what the frame covers: the picture may be paused or in the past */
    while (events->read_to < picture->frame->next_event) {
        const uint64_t left = picture->frame->next_event - events->read_to;
        got = event_ring_read(picture->events, &events->read_to, batch,
                              left < BATCH ? (uint32_t)left : BATCH, &lost);
        for (uint32_t i = 0; i < got; i++)
            if (batch[i].number < picture->frame->next_event &&
                event_match_accepts(&events->match, picture->accept, picture->accept_data,
                                    &picture->context, &batch[i]))
                keep(events, batch[i].number);
        if (got == 0)
            break;
    }
    const uint64_t oldest = event_ring_oldest(picture->events);
    while (events->first < events->count && number_at(events, events->first) < oldest)
        events->first++;
}

static uint64_t cursor_position(const struct events_pane *events)
{
    if (events->count == events->first)
        return events->first;
    if (events->cursor == 0)
        return events->count - 1;
    uint64_t low = events->first, high = events->count - 1;
    while (low < high) { /* numbers ascend */
        const uint64_t middle = low + (high - low) / 2;
        if (number_at(events, middle) < events->cursor)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void events_update(struct pane *pane, const struct picture *picture)
{
    read_on((struct events_pane *)pane, picture);
}

static bool read_event(const struct picture *picture, uint64_t number, struct event *event)
{
    uint64_t cursor = number, lost;
    return event_ring_read(picture->events, &cursor, event, 1, &lost) == 1 &&
           event->number == number;
}

/* One event to the parts of its line. */
struct event_text {
    char time[16], change[32], span[12], ends[2 * (ADDR_TEXT_MAX + 32) + 8],
        owner[EVENT_NAME_MAX + 16];
    const char *mark, *word;
    unsigned role;
};

static void put_time(char *out, size_t size, int64_t wall_ns)
{
    const time_t seconds = (time_t)(wall_ns / SECOND_NS);
    struct tm broken;

    if (!localtime_r(&seconds, &broken))
        out[0] = '\0';
    else
        snprintf(out, size, "%02d:%02d:%02d.%03d", broken.tm_hour, broken.tm_min, broken.tm_sec,
                 (int)(wall_ns % SECOND_NS / 1000000));
}

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
    char age[12] = "", in[8], sent[8];
    size_t used = 0;

    out[0] = '\0';
    if (event->has_duration) {
        text_age(age, sizeof age, event->duration_ns);
        used = (size_t)snprintf(out, size, "after %s", age);
    }
    if (!event->has_totals || used >= size)
        return;
    text_count(in, sizeof in, event->in_bytes);
    text_count(sent, sizeof sent, event->out_bytes);
    snprintf(out + used, size - used, "%sin %s out %s", used ? " " : "", in, sent);
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
        text->mark = "!", text->word = "lost", text->role = ROLE_TROUBLE;
        snprintf(text->ends, sizeof text->ends, "at least %llu events (%s)",
                 (unsigned long long)event->lost, event->text);
        break;
    }
}

static void put_event(const struct picture *picture, const struct event *event,
                      struct event_text *text)
{
    memset(text, 0, sizeof *text);
    put_time(text->time, sizeof text->time, event->wall_ns);
    put_change(event, text);
    if (event->kind == EVENT_LOST)
        return;
    put_ends(picture, event, text->ends, sizeof text->ends);
    if (event->pid)
        snprintf(text->owner, sizeof text->owner, "%s %d", event->name, event->pid);
}

static void draw_event(const struct picture *picture, const struct canvas *canvas, int line,
                       const struct event *event, bool selected)
{
    struct event_text text;
    const unsigned layer = selected ? STYLE_SELECTED : 0;
    const int cols = canvas->cols;
    int col = 1;

    put_event(picture, event, &text);
    if (selected)
        canvas_fill(canvas, line, 0, cols, ROLE_NORMAL | layer);
    col = canvas_field(canvas, line, col, 12, false, ROLE_DIM | layer, text.time) + 2;
    col = canvas_printf(canvas, line, col, text.role | layer, "%s %-6s", text.mark, text.word) + 2;
    if (event->kind == EVENT_LOST) {
        canvas_text(canvas, line, col, text.role | layer, text.ends);
        return;
    }
    const int change = cols >= 100 ? 31 : 24;
    col = canvas_field(canvas, line, col, change, false, ROLE_NORMAL | layer, text.change) + 1;
    if (event->kind == EVENT_STATE && cols >= 100)
        canvas_text_right(canvas, line, col - 1, ROLE_DIM | layer, text.span);
    const int owner = cols >= 100 ? 20 : 0;
    if (cols > col + owner)
        canvas_field(canvas, line, col, cols - col - owner, false, ROLE_NORMAL | layer, text.ends);
    if (owner)
        canvas_field(canvas, line, cols - owner + 1, owner - 1, false, ROLE_NORMAL | layer,
                     text.owner);
}

/* Of a log only what was read: from the keyframe before the place that was gone to. */
static bool is_of_log(const struct picture *picture)
{
    return picture->frame && picture->frame->source && !strcmp(picture->frame->source, "log");
}

static void scroll_to_cursor(struct events_pane *events)
{
    const uint64_t at = cursor_position(events);
    const uint64_t height = events->height ? events->height : 1;

    if (events->top < events->first)
        events->top = events->first;
    if (at < events->top)
        events->top = at;
    if (at >= events->top + height)
        events->top = at - height + 1;
    if (events->cursor == 0 && events->count > height && events->top < events->count - height)
        events->top = events->count - height;
}

static const char *nothing_text(const struct picture *picture)
{
    return is_of_log(picture)
               ? "no event in this stretch of the log so far: { goes to an earlier one"
               : "no event yet: what opens, changes and closes is told here";
}

static void events_draw(struct pane *pane, const struct picture *picture,
                        const struct canvas *canvas)
{
    struct events_pane *events = (struct events_pane *)pane;
    struct event event;

    events->height = canvas->rows > 0 ? (uint32_t)canvas->rows : 1;
    read_on(events, picture);
    scroll_to_cursor(events);
    if (events->count == events->first) {
        if (picture->accept)
            pane_draw_no_match(canvas, 0, 1, picture);
        else
            canvas_text(canvas, 0, 1, ROLE_DIM, nothing_text(picture));
        return;
    }
    const uint64_t at = cursor_position(events);
    for (uint32_t line = 0; line < events->height && events->top + line < events->count; line++)
        if (read_event(picture, number_at(events, events->top + line), &event))
            draw_event(picture, canvas, (int)line, &event, events->top + line == at);
}

/* Moving onto the newest event follows again. */
static void move(struct events_pane *events, int64_t delta)
{
    if (events->count == events->first)
        return;
    const int64_t newest = (int64_t)events->count - 1;
    int64_t to = (int64_t)cursor_position(events) + delta;
    if (to < (int64_t)events->first)
        to = (int64_t)events->first;
    events->cursor = to >= newest ? 0 : number_at(events, (uint64_t)to);
}

static bool jump_to_row(struct events_pane *events)
{
    const struct picture *picture = screen_picture(events->pane.screen);
    struct event event;

    if (events->count == events->first || !picture->events ||
        !read_event(picture, number_at(events, cursor_position(events)), &event))
        return true;
    if (event.serial && picture->frame && frame_find_serial(picture->frame, event.serial))
        screen_show_connection(events->pane.screen, event.serial);
    else
        screen_say(events->pane.screen, ROLE_NOTICE, "that connection is no longer there");
    return true;
}

static bool events_command(struct pane *pane, const struct command *command)
{
    struct events_pane *events = (struct events_pane *)pane;
    const int64_t page = events->height > 1 ? events->height - 1 : 1;
    int64_t rows;

    if (!scroll_command(command, page, &rows))
        return command->id == COMMAND_OPEN && jump_to_row(events);
    move(events, rows);
    return true;
}

static bool events_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    struct events_pane *events = (struct events_pane *)pane;
    int64_t rows;

    (void)col;
    if (scroll_wheel(key, &rows)) {
        move(events, rows);
        return true;
    }
    if (key->code != KEY_CODE_MOUSE_PRESS || events->top + (uint64_t)row >= events->count)
        return false;
    move(events, (int64_t)(events->top + (uint64_t)row) - (int64_t)cursor_position(events));
    pane_open_if_twice(pane->screen, key);
    return true;
}

static uint32_t events_needs(const struct pane *pane)
{
    (void)pane;
    return NEED_OWNER;
}

/* What is seen between frames, by the source of events. */
static const char *seen_between(const struct frame *frame)
{
    static const char *const SEEN[][2] = {{"bpf", ", every step (bpf)"},
                                          {"destroy", ", ends at once (no bpf)"},
                                          {"none", ", as frames show them"}};
    for (size_t i = 0; frame && frame->events && i < sizeof(SEEN) / sizeof(SEEN[0]); i++)
        if (strcmp(frame->events, SEEN[i][0]) == 0)
            return SEEN[i][1];
    return "";
}

/* From when on there are events, if that is not the beginning of a session: "" or " since 14:03".
 */
static void put_reach(const struct picture *picture, char *out, size_t size)
{
    struct event event;
    char time[16];

    out[0] = '\0';
    if (!is_of_log(picture) || !picture->events ||
        !read_event(picture, event_ring_oldest(picture->events), &event) ||
        event.number >= picture->frame->next_event)
        return;
    put_time(time, sizeof time, event.wall_ns);
    snprintf(out, size, " since %.8s", time);
}

static void events_summary(struct pane *pane, const struct picture *picture, char *out, size_t size)
{
    const struct events_pane *events = (const struct events_pane *)pane;
    char reach[24];

    put_reach(picture, reach, sizeof reach);
    snprintf(out, size, "%llu%s%s%s", (unsigned long long)(events->count - events->first), reach,
             events->cursor ? "" : ", following", seen_between(picture->frame));
}

static const struct pane_key KEYS_HERE[] = {
    {"Enter", "the connection of the event"},
    {"G", "follow the newest"},
    {"{ }", "to the event before, after, in the history or a log"},
    {NULL, NULL}};

const struct pane_ops PANE_EVENTS = {
    .lacks = COMMAND_ROWS | COMMAND_CHOICE,
    .open = events_open,
    .close = events_close,
    .update = events_update,
    .draw = events_draw,
    .command = events_command,
    .mouse = events_mouse,
    .needs = events_needs,
    .summary = events_summary,
    .keys = KEYS_HERE,
};
