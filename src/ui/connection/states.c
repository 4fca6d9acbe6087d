/* connection_states: the states that a connection went through, and when, from the event ring. */
#include "base/clock.h"
#include "core/text/text.h"
#include "ui/connection/connection.h"
#include "ui/recent_events.h"

#include <stdio.h>
#include <string.h>

#define BATCH         64u
#define TITLE_CELLS   15
#define TEN_SECOND_S  10
#define SEGMENT_GAP   2
#define SEGMENT_TEXT  48
#define LIFELINE_BAR  72 /* a wider one has no more information */
#define HISTORY_TEXTS 96

static void add(struct connection_states *states, const struct connection_state *state)
{
    if (states->count == CONNECTION_STATES) {
        memmove(states->items, states->items + 1,
                (CONNECTION_STATES - 1) * sizeof(states->items[0]));
        states->count--;
    }
    states->items[states->count++] = *state;
}

static void take(struct connection_states *states, const struct event *event)
{
    const struct connection_state *last =
        states->count > 0 ? &states->items[states->count - 1] : NULL;
    const bool timed = event->kind == EVENT_STATE && event->has_duration;
    if (!last && event->kind != EVENT_OPEN && event->from != STATE_NONE)
        add(states,
            &(struct connection_state){.wall_ns = timed ? event->wall_ns - event->duration_ns : 0,
                                       .mono_ns = timed ? event->mono_ns - event->duration_ns : 0,
                                       .state = event->from,
                                       .exact = event->exact != 0});
    if (last && last->state == event->to) /* reported by two sources */
        return;
    add(states, &(struct connection_state){.wall_ns = event->wall_ns,
                                           .mono_ns = event->mono_ns,
                                           .state = event->to,
                                           .exact = event->exact != 0,
                                           .jumped = event->polled_jump != 0});
}

void connection_states_read(struct connection_states *states, const struct picture *picture,
                            const struct conn *conn)
{
    const struct event_subject subject = event_subject_of_conn(conn);
    struct event batch[BATCH];
    uint64_t lost;
    if (!picture->events || !picture->frame)
        return;
    if (states->cursor == 0 || states->cursor > picture->frame->next_event ||
        picture->frame->mono_ns < states->read_ns) /* back in time */
        *states = (struct connection_states){.cursor = event_ring_oldest(picture->events)};
    states->read_ns = picture->frame->mono_ns;
    /* Only events up to the frame: the picture may be paused, or in the history. */
    while (states->cursor < picture->frame->next_event) {
        uint64_t left = picture->frame->next_event - states->cursor;
        uint32_t got = event_ring_read(picture->events, &states->cursor, batch,
                                       left < BATCH ? (uint32_t)left : BATCH, &lost);
        for (uint32_t i = 0; i < got; i++)
            if (event_is_of(&batch[i], &subject))
                take(states, &batch[i]);
        if (got == 0)
            break;
    }
}

void connection_states_complete(struct connection_states *states, const struct frame *frame,
                                const struct conn *conn)
{
    const bool known = (conn->known & KNOWN_STATE_SINCE) != 0;
    if (states->count > 0)
        return;
    states->items[states->count++] = (struct connection_state){
        .wall_ns = known ? conn->state_since_ns : 0,
        .mono_ns = known ? frame->mono_ns - (frame->wall_ns - conn->state_since_ns) : 0,
        .state = conn->state,
        .exact = true};
}

struct life { /* what is drawn */
    struct connection_states states;
    int64_t end_ns; /* monotonic: of the known part */
    int64_t now_ns; /* wall: of the frame that is shown */
    bool over;      /* the state after the last one is unknown */
};

static struct life life_of(const struct connection_model *model, const struct picture *picture)
{
    struct life life = {.states = model->states, .over = model->ended};

    connection_states_complete(&life.states, model->frame, &model->conn);
    life.now_ns = picture->frame->wall_ns;
    life.end_ns = model->ended ? model->frame->mono_ns : picture->frame->mono_ns;
    return life;
}

/* Short spans need milliseconds. */
static void span(char *out, size_t size, int64_t ns)
{
    if (ns < MILLISECOND_NS)
        snprintf(out, size, "0 ms");
    else if (ns >= TEN_SECOND_S * SECOND_NS)
        text_age(out, size, ns);
    else
        text_span(out, size, ns);
}

/* How long it was in a state; false: unknown. */
static bool stay(const struct life *life, size_t i, int64_t *ns)
{
    const struct connection_state *state = &life->states.items[i];
    const int64_t end_ns =
        i + 1 == life->states.count ? life->end_ns : life->states.items[i + 1].mono_ns;

    *ns = end_ns - state->mono_ns;
    return state->wall_ns != 0 && *ns >= 0;
}

/* --- lifeline --- */

struct segment {
    char name[16], span[SEGMENT_TEXT];
    unsigned role;
    double weight; /* of its bar; 0: unknown duration */
    int cells;     /* that its texts take */
};

static bool is_closed(uint8_t state)
{
    return state == STATE_DELETE_TCB;
}

static bool is_now(const struct life *life, size_t i)
{
    return i + 1 == life->states.count && !life->over && !is_closed(life->states.items[i].state);
}

static void fill_segment(struct segment *segment, const struct life *life, size_t i)
{
    const struct connection_state *state = &life->states.items[i];
    int64_t ns;
    char spent[24] = "";

    *segment = (struct segment){.role = (unsigned)ROLE_STATE_QUIET + TCP_STATES[state->state].role};
    snprintf(segment->name, sizeof(segment->name), "%s",
             is_closed(state->state) ? "closed" : TCP_STATES[state->state].short_name);
    if (!is_closed(state->state) && stay(life, i, &ns)) {
        segment->weight = (double)(ns > 0 ? ns : 1);
        span(spent, sizeof(spent), ns);
        snprintf(segment->span, sizeof(segment->span), "%s%s", state->exact ? "" : "~", spent);
    }
    if (is_now(life, i))
        snprintf(segment->span + strlen(segment->span),
                 sizeof(segment->span) - strlen(segment->span), "%snow", spent[0] ? " " : "");
    segment->cells = (int)(text_width(segment->name) + text_width(segment->span)) + 2 + SEGMENT_GAP;
}

/* Cells of the bar: proportional, at least one. */
static int bar_cells(const struct segment *segment, double sum, int room)
{
    const int cells = (int)(sum > 0 ? segment->weight / sum * room + 0.5 : room);
    return cells > 0 ? cells : 1;
}

static void draw_segment(const struct segment *segment, int cells, struct page *text)
{
    page_text(text, segment->role, segment->name);
    text->col++;
    if (strcmp(segment->name, "closed") == 0)
        return;
    for (int i = 0; i < cells; i++)
        page_text(text, segment->weight > 0 ? segment->role : (unsigned)ROLE_DIM,
                  segment->weight > 0 ? "━" : "·");
    text->col++;
    page_text(text, ROLE_NORMAL, segment->span);
    text->col += SEGMENT_GAP;
}

void connection_draw_lifeline(const struct connection_model *model, const struct picture *picture,
                              struct page *text)
{
    const struct life life = life_of(model, picture);
    const size_t count = life.states.count;
    struct segment segments[CONNECTION_STATES];
    char clock[24];
    int room = text->canvas->cols - 2 - TITLE_CELLS;
    size_t first = count;
    double sum = 0;

    page_text(text, ROLE_DIM, "lifeline");
    text->col = 1 + TITLE_CELLS;
    if (model->not_yet) {
        page_clock(clock, sizeof(clock), picture->frame->wall_ns, false);
        page_printf(text, ROLE_DIM, "not there at %s", clock);
        page_line(text);
        return;
    }
    for (size_t i = count; i-- > 0;) { /* the oldest are dropped if they do not fit */
        fill_segment(&segments[i], &life, i);
        if (room - segments[i].cells < (int)(count - i) && first < count)
            break;
        room -= segments[i].cells;
        sum += segments[i].weight;
        first = i;
    }
    if (first > 0) {
        text->col -= 2;
        page_text(text, ROLE_DIM, "… ");
    }
    room = room > LIFELINE_BAR ? LIFELINE_BAR : room;
    if (sum <= 0)
        room /= (int)(count - first);
    for (size_t i = first; i < count; i++)
        draw_segment(&segments[i], bar_cells(&segments[i], sum, room), text);
    page_line(text);
}

/* --- history --- */

static void history_text(const struct life *life, size_t i, char *out, size_t size)
{
    const struct connection_state *state = &life->states.items[i];
    char clock[PAGE_MOMENT_MAX] = "earlier", spent[24] = "";
    int64_t ns;

    if (state->wall_ns)
        page_moment(clock, state->wall_ns, life->now_ns, true);
    if (!is_closed(state->state) && stay(life, i, &ns))
        span(spent, sizeof(spent), ns);
    snprintf(out, size, "%s%s %s%s%s%s%s", state->wall_ns && !state->exact ? "~" : "", clock,
             state->jumped ? "… " : "",
             is_closed(state->state) ? "closed" : TCP_STATES[state->state].short_name,
             spent[0] ? " " : "", spent, is_now(life, i) ? ", now" : "");
}

void connection_draw_history(const struct connection_model *model, const struct picture *picture,
                             struct page *text)
{
    const struct life life = life_of(model, picture);
    bool about = false, jumped = false;
    char words[HISTORY_TEXTS];

    if (model->not_yet)
        return;
    page_text(text, ROLE_DIM, "history");
    text->col = 1 + TITLE_CELLS;
    for (size_t i = 0; i < life.states.count; i++) {
        const struct connection_state *state = &life.states.items[i];
        history_text(&life, i, words, sizeof(words));
        text->col -= i == 0; /* no label, so no blank after it */
        page_item(text, 1 + TITLE_CELLS, i > 0 ? "▸" : "",
                  (unsigned)ROLE_STATE_QUIET + TCP_STATES[state->state].role, words);
        about |= state->wall_ns && !state->exact;
        jumped |= state->jumped;
    }
    page_line(text);
    if (!about && !jumped)
        return;
    text->col = 1 + TITLE_CELLS;
    page_printf(text, ROLE_DIM, "%s%s%s", about ? "~ seen in the frame of that time" : "",
                about && jumped ? "; " : "", jumped ? "… states in between were not seen" : "");
    page_line(text);
}
