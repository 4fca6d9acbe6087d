/* pane_states: the RFC 9293 diagram, live: a box for each state with its count, an arrow for each
 * transition with its rate, highlighted after a transition. state_diagram has the layout. */
#include "base/clock.h"
#include "core/grouping/grouping.h"
#include "core/text/text.h"
#include "ui/graph.h"
#include "ui/page_series.h"
#include "ui/state_diagram.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_SECONDS 3
#define BATCH        64u
#define EVENTS_BACK  8192u
#define JUMP_NS      (60 * SECOND_NS)
#define SPARK_LEAST  5 /* cells beside the text of a box */
#define SPARK_VALUES 96
#define HEAVY_RATE   10 /* a second: from here on a line is heavy */
#define DOUBLE_RATE  100

struct meter { /* how often something happened in the last whole seconds */
    int64_t second;
    uint32_t counts[RATE_SECONDS + 1];
    int64_t last_ns; /* 0 = never */
};

struct states_pane {
    struct pane pane;
    struct meter arrows[ARROW_COUNT], resets;
    uint64_t read_to;
    int64_t now_ns;
    struct grouping_row close_wait; /* of the frame */
    struct page_series series;      /* of all connections: counts by state */
    uint8_t cursor;                 /* enum box_id */
    struct canvas boxes[BOX_COUNT]; /* as last drawn, for the mouse */
};

static void meter_advance(struct meter *meter, int64_t now_ns)
{
    const int64_t second = now_ns / SECOND_NS;
    int64_t steps = second - meter->second;

    if (steps <= 0)
        return;
    if (steps > RATE_SECONDS + 1)
        steps = RATE_SECONDS + 1;
    memmove(meter->counts + steps, meter->counts,
            (size_t)(RATE_SECONDS + 1 - steps) * sizeof *meter->counts);
    memset(meter->counts, 0, (size_t)steps * sizeof *meter->counts);
    meter->second = second;
}

static void meter_count(struct meter *meter, int64_t at_ns)
{
    meter_advance(meter, at_ns);
    const int64_t back = meter->second - at_ns / SECOND_NS;
    if (back >= 0 && back <= RATE_SECONDS)
        meter->counts[back]++;
    if (at_ns > meter->last_ns)
        meter->last_ns = at_ns;
}

static uint32_t meter_in_window(const struct meter *meter)
{
    uint32_t sum = 0;

    for (size_t i = 1; i <= RATE_SECONDS; i++)
        sum += meter->counts[i];
    return sum;
}

static int states_open(struct pane **pane, const struct pane_ops *ops, struct screen *screen,
                       const void *argument)
{
    struct states_pane *states = calloc(1, sizeof *states);

    (void)argument;
    if (!states)
        return -ENOMEM;
    states->pane = (struct pane){ops, screen};
    states->cursor = BOX_ESTABLISHED;
    states->series.subject.all = true;
    states->series.reader = SERIES_OF_VIEW;
    *pane = &states->pane;
    return 0;
}

static void states_close(struct pane *pane)
{
    free(pane);
}

static uint8_t event_from(const struct event *event)
{
    if (event->kind != EVENT_OPEN)
        return event->from;
    /* what appears as SYN-RECEIVED came from a listener */
    return event->to == STATE_SYN_RECEIVED ? STATE_LISTEN : STATE_CLOSED;
}

/* A close from any state but those of an orderly end is a reset (or a failed connect). */
static bool is_reset(const struct event *event)
{
    return event->kind == EVENT_CLOSE && event->from != STATE_TIME_WAIT &&
           event->from != STATE_LAST_ACK && event->from != STATE_LISTEN &&
           event->from != STATE_CLOSED;
}

static void count_event(struct states_pane *states, const struct event *event)
{
    const uint8_t to = event->kind == EVENT_CLOSE ? STATE_CLOSED : event->to;
    const uint8_t from = event_from(event);

    if (!event_is_of_connection(event))
        return;
    if (is_reset(event))
        meter_count(&states->resets, event->mono_ns);
    for (size_t i = 0; i < ARROW_COUNT; i++)
        if (ARROWS[i].from == from && ARROWS[i].to == to)
            meter_count(&states->arrows[i], event->mono_ns);
}

/* After a jump in time counts are invalid: counts rates again from earlier events. */
static void begin_anew(struct states_pane *states, const struct picture *picture)
{
    const uint64_t next = picture->frame->next_event;
    const uint64_t oldest = event_ring_oldest(picture->events);

    memset(states->arrows, 0, sizeof states->arrows);
    states->resets = (struct meter){0};
    states->read_to = next > oldest + EVENTS_BACK ? next - EVENTS_BACK : oldest;
}

static void read_on(struct states_pane *states, const struct picture *picture)
{
    struct event batch[BATCH];
    uint64_t lost;

    if (states->read_to == 0)
        states->read_to = event_ring_oldest(picture->events);
    if (picture->frame->mono_ns < states->now_ns ||
        picture->frame->mono_ns - states->now_ns > JUMP_NS)
        begin_anew(states, picture);
    while (states->read_to < picture->frame->next_event) {
        const uint64_t left = picture->frame->next_event - states->read_to;
        const uint32_t got = event_ring_read(picture->events, &states->read_to, batch,
                                             left < BATCH ? (uint32_t)left : BATCH, &lost);
        for (uint32_t i = 0; i < got; i++)
            count_event(states, &batch[i]);
        if (got == 0)
            break;
    }
}

static void count_close_wait(struct states_pane *states, const struct picture *picture)
{
    const struct frame *frame = picture->frame;

    states->close_wait = (struct grouping_row){0};
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].state == STATE_CLOSE_WAIT)
            grouping_count_row(&states->close_wait, &picture->context, &frame->conns[i]);
}

static void states_update(struct pane *pane, const struct picture *picture)
{
    struct states_pane *states = (struct states_pane *)pane;

    if (!picture->frame)
        return;
    page_series_update(&states->series, picture);
    if (picture->events)
        read_on(states, picture);
    if (picture->frame->mono_ns != states->now_ns)
        count_close_wait(states, picture);
    states->now_ns = picture->frame->mono_ns;
    for (size_t i = 0; i < ARROW_COUNT; i++)
        meter_advance(&states->arrows[i], states->now_ns);
    meter_advance(&states->resets, states->now_ns);
}

static void rate_text(const struct meter *meter, char *out, size_t size)
{
    const uint32_t sum = meter_in_window(meter);
    char count[8];

    if (sum == 0) {
        out[0] = '\0';
    } else if (sum < RATE_SECONDS * 10) {
        snprintf(out, size, " %u.%u/s", sum / RATE_SECONDS, sum * 10 / RATE_SECONDS % 10);
    } else {
        text_count(count, sizeof count, sum / RATE_SECONDS);
        snprintf(out, size, " %s/s", count);
    }
}

static enum weight weight_of(const struct meter *meter)
{
    const uint32_t rate = meter_in_window(meter) / RATE_SECONDS;

    return rate >= DOUBLE_RATE ? WEIGHT_DOUBLE : rate >= HEAVY_RATE ? WEIGHT_HEAVY : WEIGHT_LIGHT;
}

static bool is_lit(const struct meter *meter, const struct picture *picture)
{
    return meter->last_ns && picture->now_mono_ns - meter->last_ns < picture->highlight_ns;
}

static void draw_arrow(const struct states_pane *states, const struct picture *picture,
                       const struct canvas *canvas, const struct layout *layout, size_t index)
{
    const struct meter *meter = &states->arrows[index];
    char rate[16];

    rate_text(meter, rate, sizeof rate);
    diagram_draw_arrow(canvas, layout, index, is_lit(meter, picture), weight_of(meter), rate);
}

static unsigned box_role(const struct states_pane *states, uint8_t state, uint32_t count)
{
    if (count == 0)
        return ROLE_DIM;
    if (state == STATE_CLOSE_WAIT && grouping_close_wait_grows(&states->close_wait))
        return ROLE_TROUBLE | STYLE_BOLD;
    return (unsigned)ROLE_STATE_QUIET + TCP_STATES[state].role;
}

/* Counts over time: below the text in a high box, else beside it. */
static void draw_counts(const struct states_pane *states, const struct picture *picture,
                        const struct canvas *canvas, uint8_t state, unsigned role, int text_end)
{
    const struct series_axis axis =
        series_axis_of(picture->frame->mono_ns, picture->frame->cost.interval_ns);
    const enum series_value value = (enum series_value)(SERIES_STATE + state);
    const bool below = canvas->rows > 1;
    struct canvas part = canvas_part(canvas, below, below ? 0 : text_end,
                                     below ? canvas->rows - 1 : 1, canvas->cols);
    uint64_t values[SPARK_VALUES];
    size_t count = below ? graph_values(&part, part.cols) : (size_t)part.cols;

    if (part.cols < SPARK_LEAST)
        return;
    count = count < SPARK_VALUES ? count : SPARK_VALUES;
    series_by_time(&states->series.series, value, &axis, values, count);
    if (!below) {
        graph_sparkline(&part, 0, 0, part.cols, role, values, count, 0);
        return;
    }
    const struct graph_layer layer = {.values = values,
                                      .count = count,
                                      .ceiling = graph_ceiling(values, count, 5),
                                      .style = role,
                                      .form = GRAPH_UP};
    graph_draw(&part, &layer, 1);
}

static void draw_flat(const struct canvas *canvas, unsigned role, int pad, const char *text)
{
    canvas_fill(canvas, 0, 0, canvas->cols, role);
    canvas_text(canvas, 0, 0, role, "│");
    canvas_text(canvas, 0, canvas->cols - 1, role, "│");
    canvas_text(canvas, 0, 2 + pad, role | STYLE_BOLD, text);
}

static void box_text(char *out, size_t size, uint8_t box, uint32_t count)
{
    const char *name = TCP_STATES[BOXES[box].state].short_name;
    char number[8];

    text_count(number, sizeof number, count);
    if (box == BOX_END) /* the same sockets as above: counted once */
        snprintf(out, size, "%s", name);
    else
        snprintf(out, size, "%s %s", name, number);
}

static void draw_box(struct states_pane *states, const struct picture *picture,
                     const struct canvas *canvas, const struct layout *layout, uint8_t box)
{
    const struct rectangle at = diagram_place(layout, box);
    const uint8_t state = BOXES[box].state;
    const uint32_t count = picture->frame->totals.states[state];
    const bool selected = box == states->cursor;
    const unsigned role = box_role(states, state, count);
    const unsigned layer = selected ? STYLE_SELECTED : 0;
    struct canvas part = canvas_part(canvas, at.top, at.left, at.rows, at.cols);
    char text[40];

    states->boxes[box] = part;
    if (selected)
        canvas_focus(&part, part.rows / 2, 0);
    box_text(text, sizeof text, box, count);
    const int width = (int)text_width(text), room = at.cols - 4 - width;
    const bool beside = at.rows == 3 && room > SPARK_LEAST && box != BOX_END;
    const int pad = beside || room < 0 ? 0 : room / 2;
    if (at.rows == 1) {
        draw_flat(&part, role | layer, pad, text);
        return;
    }
    struct canvas inside = canvas_box(&part, role, NULL);
    if (selected)
        canvas_fill(&part, 1, 1, part.cols - 2, role | layer);
    canvas_text(&inside, 0, pad, role | layer | STYLE_BOLD, text);
    if (box != BOX_END)
        draw_counts(states, picture, &inside, state, role | (beside ? layer : 0), width + 1);
}

static void draw_resets(const struct states_pane *states, const struct picture *picture,
                        const struct canvas *canvas, const struct layout *layout)
{
    char rate[16];

    rate_text(&states->resets, rate, sizeof rate);
    diagram_draw_resets(canvas, layout, is_lit(&states->resets, picture), rate);
}

/* Too small for the diagram: only the counts. */
static void draw_list(const struct picture *picture, const struct canvas *canvas)
{
    int row = 0;

    for (enum tcp_state state = STATE_CLOSED; state < STATE_DELETE_TCB && row < canvas->rows;
         state++)
        if (picture->frame->totals.states[state])
            canvas_printf(canvas, row++, 1, (unsigned)ROLE_STATE_QUIET + TCP_STATES[state].role,
                          "%-11s %u", TCP_STATES[state].short_name,
                          picture->frame->totals.states[state]);
}

static void states_draw(struct pane *pane, const struct picture *picture,
                        const struct canvas *canvas)
{
    struct states_pane *states = (struct states_pane *)pane;

    if (!picture->frame)
        return;
    struct layout layout;
    if (!diagram_layout(&layout, canvas)) {
        draw_list(picture, canvas);
        return;
    }
    for (size_t i = 0; i < ARROW_COUNT; i++)
        draw_arrow(states, picture, canvas, &layout, i);
    draw_resets(states, picture, canvas, &layout);
    for (uint8_t box = 0; box < BOX_COUNT; box++)
        draw_box(states, picture, canvas, &layout, box);
}

/* Connections, filtered by the state under the cursor. */
static void open_state(const struct states_pane *states)
{
    char filter[32];

    snprintf(filter, sizeof filter, "state %s", TCP_STATES[BOXES[states->cursor].state].name);
    (void)screen_drill(states->pane.screen, VIEW_CONNECTIONS, filter);
}

static bool states_command(struct pane *pane, const struct command *command)
{
    struct states_pane *states = (struct states_pane *)pane;

    if (command->id == COMMAND_OPEN)
        open_state(states);
    else if (command->id == COMMAND_UP)
        states->cursor = (uint8_t)((states->cursor + BOX_COUNT - 1) % BOX_COUNT);
    else if (command->id == COMMAND_DOWN)
        states->cursor = (uint8_t)((states->cursor + 1) % BOX_COUNT);
    else if (command->id == COMMAND_FIRST)
        states->cursor = BOX_CLOSED;
    else if (command->id == COMMAND_LAST)
        states->cursor = BOX_END;
    else
        return false;
    return true;
}

static bool states_mouse(struct pane *pane, const struct key *key, int row, int col)
{
    struct states_pane *states = (struct states_pane *)pane;

    if (key->code != KEY_CODE_MOUSE_PRESS)
        return false;
    (void)row;
    (void)col;
    for (uint8_t box = 0; box < BOX_COUNT; box++) {
        if (canvas_holds(&states->boxes[box], key->row, key->col)) {
            states->cursor = box;
            pane_open_if_twice(pane->screen, key);
            return true;
        }
    }
    return false;
}

static void states_summary(struct pane *pane, const struct picture *picture, char *out, size_t size)
{
    (void)pane;
    snprintf(out, size, "%s", picture->accept ? "of all, not only these" : "");
}

static const struct pane_key KEYS_HERE[] = {{"j k", "from state to state"},
                                            {"Enter", "the connections in this state, by a filter"},
                                            {NULL, NULL}};

const struct pane_ops PANE_STATES = {
    .lacks = COMMAND_ROWS | COMMAND_CHOICE,
    .open = states_open,
    .close = states_close,
    .update = states_update,
    .draw = states_draw,
    .command = states_command,
    .mouse = states_mouse,
    .summary = states_summary,
    /* in place of the count of rows that pass the filter, which these are not */
    .counts_rows = true,
    .keys = KEYS_HERE,
};
