/* connection_states: which states a connection went through, and when, from the event ring. */
#include "base/clock.h"
#include "core/text/text.h"
#include "ui/connection_page.h"

#include <stdio.h>
#include <string.h>

#define BATCH        64u
#define TITLE_CELLS  10
#define STATE_CELLS  14
#define CLOCK_CELLS  15
#define TEN_SECOND_S 10

/* By serial where both have one; an event that came before its row was seen has none. */
static bool is_of(const struct event *event, const struct conn *conn)
{
    if (event->kind == EVENT_LOST || event->netns != conn->netns)
        return false;
    if (event->serial)
        return event->serial == conn->serial;
    if (event->cookie && conn->cookie)
        return event->cookie == conn->cookie;
    return tuple_equal(&event->tuple, &conn->tuple);
}

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
    struct event batch[BATCH];
    uint64_t lost;
    if (!picture->events || !picture->frame)
        return;
    /* Only what the frame covers: the picture may be paused, or in the past. */
    while (states->cursor < picture->frame->next_event) {
        uint64_t left = picture->frame->next_event - states->cursor;
        uint32_t got = event_ring_read(picture->events, &states->cursor, batch,
                                       left < BATCH ? (uint32_t)left : BATCH, &lost);
        for (uint32_t i = 0; i < got; i++)
            if (is_of(&batch[i], conn))
                take(states, &batch[i]);
        if (got == 0)
            break;
    }
}

/* Milliseconds matter in what is short. */
static void span(char *out, size_t size, int64_t ns)
{
    if (ns >= TEN_SECOND_S * SECOND_NS)
        text_age(out, size, ns);
    else
        text_span(out, size, ns);
}

static void draw_state(const struct connection_states *states, size_t i, struct page *text,
                       int64_t now_mono_ns)
{
    const struct connection_state *state = &states->items[i];
    bool last = i + 1 == states->count;
    int64_t end_ns = last ? now_mono_ns : states->items[i + 1].mono_ns;
    char clock[24] = "earlier", spent[16] = "", mark = ' ';
    if (state->wall_ns)
        page_clock(clock, sizeof(clock), state->wall_ns, true);
    if (state->wall_ns && !state->exact)
        mark = '~';
    if (state->wall_ns && end_ns > state->mono_ns && state->state != STATE_DELETE_TCB)
        span(spent, sizeof(spent), end_ns - state->mono_ns);
    text->col = 1 + TITLE_CELLS;
    page_printf(text, ROLE_DIM, "%c%s", mark, clock);
    text->col = 1 + TITLE_CELLS + CLOCK_CELLS;
    page_text(text, (unsigned)ROLE_STATE_QUIET + TCP_STATES[state->state].role,
              state->state == STATE_DELETE_TCB ? "closed" : TCP_STATES[state->state].name);
    text->col = 1 + TITLE_CELLS + CLOCK_CELLS + STATE_CELLS;
    page_text(text, ROLE_NORMAL, spent);
    if (last && state->state != STATE_DELETE_TCB)
        page_text(text, ROLE_NORMAL, spent[0] ? ", now" : "now");
    if (state->jumped)
        page_text(text, ROLE_DIM, "  (states in between passed unseen)");
    page_line(text);
}

void connection_states_draw(const struct connection_states *states, struct page *text,
                            int64_t now_mono_ns)
{
    bool about = false;
    page_text(text, ROLE_DIM, "history");
    for (size_t i = 0; i < states->count; i++) {
        draw_state(states, i, text, now_mono_ns);
        about |= states->items[i].wall_ns && !states->items[i].exact;
    }
    if (about) {
        text->col = 1 + TITLE_CELLS;
        page_text(text, ROLE_DIM,
                  "~ seen in the frame of that time: it came in the interval before");
    }
    page_line(text);
}
