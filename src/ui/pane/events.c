/* pane_events: every change, newest last. Holds the numbers of the events that the filter accepts,
 * not the events: those are read back from the ring when they are drawn. */
#include "core/event_match.h"
#include "ui/event_line.h"
#include "ui/page.h"
#include "ui/pages.h"
#include "ui/recent_events.h"
#include "ui/scroll.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT  65536u /* as many as the ring holds by default */
#define BATCH 64u

struct events_pane {
    struct pane pane;
    uint64_t numbers[KEPT]; /* of accepted events; the oldest are dropped */
    uint64_t first, count;  /* position of the oldest kept, how many were ever kept */
    uint64_t read_to;       /* cursor on the ring */
    const void *filter;     /* with generation: the filter of these numbers */
    uint32_t generation;
    struct event_match match;
    bool limited; /* to one connection or process: the filter of the screen does not count */
    struct event_subject subject;
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

static int events_of_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                          const void *argument)
{
    const int error = events_open(pane, ops, screen, NULL);

    if (error)
        return error;
    struct events_pane *events = (struct events_pane *)*pane;
    events->limited = true;
    events->subject = *(const struct event_subject *)argument;
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

/* The picture has gone back in time: drops later events. */
static void forget_later(struct events_pane *events, uint64_t next_event)
{
    while (events->count > events->first && number_at(events, events->count - 1) >= next_event)
        events->count--;
    if (events->read_to > next_event)
        events->read_to = next_event;
    if (events->cursor >= next_event)
        events->cursor = 0;
}

static bool is_wanted(struct events_pane *events, const struct picture *picture,
                      const struct event *event)
{
    if (event->number >= picture->frame->next_event)
        return false;
    return events->limited ? event_is_of(event, &events->subject)
                           : event_match_accepts(&events->match, picture->accept,
                                                 picture->accept_data, &picture->context, event);
}

/* Reads new events from the ring; all of them if the filter has changed. */
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
    /* only events up to the frame: the picture may be paused, or in the history */
    while (events->read_to < picture->frame->next_event) {
        const uint64_t left = picture->frame->next_event - events->read_to;
        got = event_ring_read(picture->events, &events->read_to, batch,
                              left < BATCH ? (uint32_t)left : BATCH, &lost);
        for (uint32_t i = 0; i < got; i++)
            if (is_wanted(events, picture, &batch[i]))
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

/* In a log events start at the keyframe before the position. */
static bool is_of_log(const struct picture *picture)
{
    return picture->frame && frame_is_of_log(picture->frame);
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

static const char *nothing_text(const struct events_pane *events, const struct picture *picture)
{
    if (events->limited)
        return is_of_log(picture) ? "no events of it in this part of the log"
                                  : "no events of it in the history";
    return is_of_log(picture) ? "no events in this part of the log: { goes to an earlier one"
                              : "no events yet: opens, state changes and closes appear here";
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
        if (picture->accept && !events->limited)
            pane_draw_no_match(canvas, 0, 1, picture);
        else
            canvas_text(canvas, 0, 1, ROLE_DIM, nothing_text(events, picture));
        return;
    }
    const uint64_t at = cursor_position(events);
    for (uint32_t line = 0; line < events->height && events->top + line < events->count; line++)
        if (event_line_read(picture, number_at(events, events->top + line), &event))
            event_line_draw(picture, canvas, (int)line, &event, events->top + line == at);
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

/* The event under the cursor. */
static bool cursor_event(const struct events_pane *events, const struct picture *picture,
                         struct event *event)
{
    return events->count > events->first && picture->events && picture->frame &&
           event_line_read(picture, number_at(events, cursor_position(events)), event);
}

static bool open_event(struct events_pane *events)
{
    struct event event;

    if (!cursor_event(events, screen_picture(events->pane.screen), &event) ||
        !event_is_of_connection(&event))
        return false;
    screen_go_to_event(events->pane.screen, &event);
    return true;
}

static size_t events_text(const struct pane *pane, const struct picture *picture, char *out,
                          size_t size)
{
    struct event event;

    if (!cursor_event((const struct events_pane *)pane, picture, &event))
        return 0;
    return event_line_text(picture, &event, out, size);
}

static bool events_command(struct pane *pane, const struct command *command)
{
    struct events_pane *events = (struct events_pane *)pane;
    const int64_t page = events->height > 1 ? events->height - 1 : 1;
    int64_t rows;

    if (scroll_command(command, page, &rows))
        move(events, rows);
    else if (command->id == COMMAND_OPEN)
        return open_event(events);
    else
        return false;
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

/* Which events are seen between frames, by their source. */
static const char *seen_between(const struct frame *frame)
{
    static const char *const SEEN[][2] = {{"bpf", ", every step (bpf)"},
                                          {"destroy", ", closes at once (no bpf)"},
                                          {"none", ", as frames show them"}};
    for (size_t i = 0; frame && frame->events && i < sizeof(SEEN) / sizeof(SEEN[0]); i++)
        if (strcmp(frame->events, SEEN[i][0]) == 0)
            return SEEN[i][1];
    return "";
}

/* The time of the first events, unless that is the beginning of the session: "" or " since
 * 14:03". */
static void put_reach(const struct picture *picture, char *out, size_t size)
{
    struct event event;
    char time[PAGE_MOMENT_MAX];

    out[0] = '\0';
    if (!is_of_log(picture) || !picture->events ||
        !event_line_read(picture, event_ring_oldest(picture->events), &event) ||
        event.number >= picture->frame->next_event)
        return;
    page_moment(time, event.wall_ns, picture->frame->wall_ns, false);
    snprintf(out, size, " since %s", time);
}

static void events_summary(struct pane *pane, const struct picture *picture, char *out, size_t size)
{
    const struct events_pane *events = (const struct events_pane *)pane;
    char reach[PAGE_MOMENT_MAX + 8];

    put_reach(picture, reach, sizeof reach);
    snprintf(out, size, "%llu%s%s%s", (unsigned long long)(events->count - events->first), reach,
             events->cursor ? "" : ", following", seen_between(picture->frame));
}

static const struct pane_key KEYS_HERE[] = {
    {"Enter", "go to its time, with the page of the connection"},
    {"y", "copy the line"},
    {"G", "follow the newest"},
    {"{ }", "previous / next event, in the history or a log"},
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
    .text = events_text,
    .keys = KEYS_HERE,
};

const struct pane_ops PANE_EVENTS_OF = {
    .title = "Events",
    .lacks = COMMAND_ROWS | COMMAND_CHOICE,
    .open = events_of_open,
    .close = events_close,
    .update = events_update,
    .draw = events_draw,
    .command = events_command,
    .mouse = events_mouse,
    .needs = events_needs,
    .text = events_text,
    .keys = KEYS_HERE,
};
