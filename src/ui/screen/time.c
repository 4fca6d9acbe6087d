/* screen_time: travelling in time: its keys, the header line that shows the position, the
 * prompt for a time. The same for a log and for the history of a live screen. */
#include "ui/screen/time.h"

#include "base/clock.h"
#include "core/text/text.h"
#include "ui/screen/head.h"
#include "ui/screen/state.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIME_CELLS  8
#define BAR_LEAST   8
#define BAR_MOST    64
#define PROMPT_AT   9 /* " go to: " */
#define HINTS_CELLS 46
#define HINTS       "[ ] frame  { } event  t time  L now"

bool screen_travels(const struct screen *screen)
{
    const struct transport_state *state = &screen->travel.state;
    return screen->settings.transport && (state->past || state->replay);
}

static bool is_past(const struct screen *screen)
{
    return screen->settings.transport && screen->travel.state.past;
}

static int64_t shown_ns(const struct screen *screen)
{
    return screen->picture.frame ? screen->picture.frame->wall_ns : 0;
}

/* What a log shows, and what is past, is not there to be acted upon. */
static void follow(struct screen *screen)
{
    struct picture *picture = &screen->picture;

    picture->live = screen->settings.live && !is_past(screen);
    if (is_past(screen))
        picture->paused = false; /* the player pauses */
}

void screen_time_look(struct screen *screen)
{
    const struct screen_transport *transport = screen->settings.transport;
    struct travel *travel = &screen->travel;
    struct transport_state state;

    if (!transport)
        return;
    transport->state(transport->data, &state);
    if (state.said_count != travel->state.said_count)
        screen_say(screen, ROLE_NOTICE, "%s", state.said);
    screen->paint |= memcmp(&state, &travel->state, sizeof(state)) != 0;
    if (state.past != travel->state.past || state.series_count != travel->state.series_count)
        screen->void_panes = true;
    const bool read = state.series_count != travel->state.series_count;
    travel->state = state;
    follow(screen);
    if (read)
        screen_head_update(screen);
}

/* Nanoseconds that have passed in the picture since its frame. */
int64_t screen_time_passed(const struct screen *screen, int64_t real_ns)
{
    const struct transport_state *state = &screen->travel.state;

    if (!is_past(screen))
        return screen->picture.paused ? 0 : real_ns;
    if (!state->playing)
        return 0;
    return state->speed < 0 ? real_ns >> -state->speed : real_ns << state->speed;
}

static bool order(struct screen *screen, enum transport_order what)
{
    const struct screen_transport *transport = screen->settings.transport;

    screen->travel.seeks = false;
    transport->order(transport->data, what, shown_ns(screen));
    if (what != TRANSPORT_PLAY && screen->picture.paused) {
        screen->picture.paused = false; /* from here on the player says what is shown */
        screen->void_panes = true;
    }
    screen->paint = true;
    return true;
}

bool screen_time_pause(struct screen *screen)
{
    return is_past(screen) && order(screen, TRANSPORT_PLAY);
}

bool screen_time_speed(struct screen *screen, bool faster)
{
    return is_past(screen) && order(screen, faster ? TRANSPORT_FASTER : TRANSPORT_SLOWER);
}

bool screen_time_cancel(struct screen *screen)
{
    return screen->settings.transport && screen->travel.state.searching &&
           order(screen, TRANSPORT_CANCEL);
}

static void search(struct screen *screen, bool backward)
{
    const struct screen_transport *transport = screen->settings.transport;
    struct filter_error error;
    struct filter *filter = NULL;

    if (filter_parse(&filter, screen->filter.text, screen->settings.filter_names, &error) != 0)
        return; /* out of memory: what is in force has been parsed before */
    screen->travel.seeks = false;
    transport->search(transport->data, backward, filter, shown_ns(screen));
    screen->picture.paused = false;
    screen->paint = true;
}

static void open_prompt(struct screen *screen)
{
    screen->travel.open = true;
    prompt_set(&screen->travel.prompt, "");
    screen->travel.prompt.history_at = screen->travel.prompt.history_count;
}

bool screen_time_command(struct screen *screen, const struct command *command)
{
    if (command->id != COMMAND_FRAME_BACK && command->id != COMMAND_FRAME_FORTH &&
        command->id != COMMAND_EVENT_BACK && command->id != COMMAND_EVENT_FORTH &&
        command->id != COMMAND_GO_TO && command->id != COMMAND_NOW)
        return false;
    if (!screen->settings.transport)
        screen_say(screen, ROLE_NOTICE, "no past is kept here (--past 64M keeps it)");
    else if (command->id == COMMAND_GO_TO)
        open_prompt(screen);
    else if (command->id == COMMAND_EVENT_BACK || command->id == COMMAND_EVENT_FORTH)
        search(screen, command->id == COMMAND_EVENT_BACK);
    else
        order(screen, command->id == COMMAND_NOW          ? TRANSPORT_NOW
                      : command->id == COMMAND_FRAME_BACK ? TRANSPORT_BACK
                                                          : TRANSPORT_FORTH);
    return true;
}

static void go_to(struct screen *screen, const char *text)
{
    const struct screen_transport *transport = screen->settings.transport;
    const struct transport_state *state = &screen->travel.state;
    const int64_t end_ns = state->end_ns == TRANSPORT_NOT_KNOWN ? shown_ns(screen) : state->end_ns;
    int64_t wall_ns;

    if (!text[0])
        return;
    /* "-5m" counts from what is shown, a time of day is one before the end */
    if (transport->parse_time(text, text[0] == '-' ? shown_ns(screen) : end_ns, &wall_ns) != 0) {
        screen_say(screen, ROLE_TROUBLE, "\"%s\": %s", text, transport->time_expected);
        return;
    }
    screen->travel.seeks = false;
    transport->seek(transport->data, wall_ns, shown_ns(screen));
    screen->picture.paused = false;
}

bool screen_time_key(struct screen *screen, const struct key *key)
{
    struct travel *travel = &screen->travel;

    if (!travel->open)
        return false;
    const enum prompt_result result = prompt_key(&travel->prompt, key);
    if (result == PROMPT_ACCEPTED || result == PROMPT_CANCELLED)
        travel->open = false;
    if (result == PROMPT_ACCEPTED)
        go_to(screen, travel->prompt.text);
    screen->paint = true;
    return true;
}

void screen_time_draw_prompt(struct screen *screen, const struct canvas *canvas)
{
    canvas_text(canvas, 0, 1, ROLE_KEY, "go to:");
    prompt_draw(&screen->travel.prompt, canvas, 0, PROMPT_AT, canvas->cols - PROMPT_AT - 1,
                ROLE_NORMAL);
}

enum clock_form { CLOCK_DAY, CLOCK_TIME, CLOCK_DAY_TIME };

static void clock_text(char *out, size_t size, enum clock_form form, int64_t wall_ns)
{
    const time_t seconds = (time_t)(wall_ns / SECOND_NS);
    struct tm broken;

    out[0] = '\0';
    if (wall_ns == TRANSPORT_NOT_KNOWN || !localtime_r(&seconds, &broken))
        return;
    if (form == CLOCK_DAY)
        strftime(out, size, "%Y-%m-%d", &broken);
    else if (form == CLOCK_TIME)
        strftime(out, size, "%H:%M:%S", &broken);
    else
        strftime(out, size, "%m-%d %H:%M", &broken);
}

static bool has_passed_midnight(const struct transport_state *state)
{
    char begin[16], end[16];

    clock_text(begin, sizeof(begin), CLOCK_DAY, state->begin_ns);
    clock_text(end, sizeof(end), CLOCK_DAY, state->end_ns);
    return strcmp(begin, end) != 0;
}

bool screen_time_status(const struct screen *screen, char *out, size_t size)
{
    const struct transport_state *state = &screen->travel.state;
    char reached[TIME_CELLS + 16];

    if (!screen->settings.transport || !state->searching)
        return false;
    clock_text(reached, sizeof(reached), has_passed_midnight(state) ? CLOCK_DAY_TIME : CLOCK_TIME,
               state->reached_ns);
    snprintf(out, size, "looking for %s event%s: at %s (Esc ends it)",
             state->backward ? "an earlier" : "a later",
             screen->filter.text[0] ? " that matches" : "", reached);
    return true;
}

/* How far back the live screen's past reaches. */
bool screen_time_reach(const struct screen *screen, char *out, size_t size)
{
    const struct transport_state *state = &screen->travel.state;
    char age[12];

    if (!screen->settings.transport || state->begin_ns == TRANSPORT_NOT_KNOWN || !state->past ||
        !state->follows)
        return false;
    text_age(age, sizeof(age), state->end_ns - state->begin_ns);
    snprintf(out, size, "the past reaches back %s%s; L comes back to now", age,
             state->thinned ? ", with gaps as --budget is used up" : "");
    return true;
}

static void speed_text(char *out, size_t size, const struct transport_state *state)
{
    if (state->ended)
        snprintf(out, size, "▮ end");
    else if (!state->past)
        snprintf(out, size, "▶ now");
    else if (!state->playing)
        snprintf(out, size, "⏸ ");
    else
        snprintf(out, size, "▶ ");
    if (!state->past || state->ended)
        return;
    size_t used = strlen(out);
    if (state->speed < 0)
        snprintf(out + used, size - used, "1/%dx", 1 << -state->speed);
    else
        snprintf(out + used, size - used, "%dx", 1 << state->speed);
}

static int cell_of(const struct transport_state *state, int64_t wall_ns, int cells)
{
    const int64_t span_ns = state->end_ns - state->begin_ns;
    if (span_ns <= 0)
        return cells - 1;
    const double at = ((double)wall_ns - (double)state->begin_ns) / (double)span_ns * (cells - 1);
    return at < 0 ? 0 : at > cells - 1 ? cells - 1 : (int)(at + 0.5);
}

/* The busiest of the parts that this cell stands for. */
static uint32_t cell_count(const struct transport_state *state, int cell, int cells)
{
    const int from = cell * TRANSPORT_PARTS / cells;
    int to = (cell + 1) * TRANSPORT_PARTS / cells;
    uint32_t most = 0;

    to = to > from ? to : from + 1;
    for (int i = from; i < to && i < TRANSPORT_PARTS; i++)
        most = state->parts[i] > most ? state->parts[i] : most;
    return most;
}

static void draw_bar(const struct canvas *canvas, int col, int cells,
                     const struct transport_state *state)
{
    static const char *const LEVELS[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇"};
    const unsigned level_count = sizeof(LEVELS) / sizeof(LEVELS[0]);
    const int inner = cells - 2;
    const int here = cell_of(state, state->position_ns, inner);
    uint32_t most = 1;

    for (int i = 0; i < TRANSPORT_PARTS; i++)
        most = state->parts[i] > most ? state->parts[i] : most;
    col = canvas_text(canvas, 0, col, ROLE_DIM, "├");
    for (int i = 0; i < inner; i++) {
        const uint64_t count = cell_count(state, i, inner);
        const uint64_t level = count * level_count / ((uint64_t)most + 1);
        const char *glyph = i == here ? "●" : count ? LEVELS[level] : "─";
        col = canvas_text(canvas, 0, col, i == here ? ROLE_ACCENT : ROLE_DIM, glyph);
    }
    canvas_text(canvas, 0, col, ROLE_DIM, "┤");
}

void screen_time_draw(struct screen *screen, const struct canvas *canvas)
{
    const struct transport_state *state = &screen->travel.state;
    const struct frame *frame = screen->picture.frame;
    char name[64], date[16], speed[24], now[16], end[24];
    int col = 1, right = canvas->cols - 1;

    text_cut(name, sizeof(name), frame ? frame->host : "", 24, "…");
    clock_text(date, sizeof(date), CLOCK_DAY, state->position_ns);
    clock_text(now, sizeof(now), CLOCK_TIME, state->position_ns);
    clock_text(end, sizeof(end), has_passed_midnight(state) ? CLOCK_DAY_TIME : CLOCK_TIME,
               state->end_ns);
    speed_text(speed, sizeof(speed), state);
    const int needed = (int)(text_width(name) + text_width(end)) + 32 + BAR_LEAST;
    col = canvas_text(canvas, 0, col, ROLE_ACCENT | STYLE_BOLD, state->replay ? "REPLAY" : "PAST");
    if (canvas->cols >= needed + 10)
        col = canvas_text(canvas, 0, col + 1, ROLE_STRONG, name);
    if (canvas->cols >= needed)
        col = canvas_text(canvas, 0, col + 1, ROLE_NORMAL, date);
    col =
        canvas_field(canvas, 0, col + 2, 7, false, state->playing ? ROLE_GOOD : ROLE_NOTICE, speed);
    col = canvas_text(canvas, 0, col + 1, ROLE_STRONG, now) + 1;
    if (canvas->cols - col >= HINTS_CELLS + 2 * BAR_LEAST)
        right = canvas_text_right(canvas, 0, right, ROLE_DIM, HINTS) - 3;
    const int bar = right - col - (int)text_width(end) - 1;
    if (bar < BAR_LEAST || state->begin_ns == TRANSPORT_NOT_KNOWN)
        return;
    const int cells = bar < BAR_MOST + 2 ? bar : BAR_MOST + 2;
    draw_bar(canvas, col, cells, state);
    canvas_text(canvas, 0, col + cells + 1, ROLE_DIM, end);
}
