/* screen_time: moving in time: its keys, the header line with the position, the prompt for a time.
 * The same for a log and for the history of a live screen. */
#include "ui/screen/time.h"

#include "base/clock.h"
#include "core/text/text.h"
#include "ui/finding_marks.h"
#include "ui/hit.h"
#include "ui/screen/head.h"
#include "ui/screen/state.h"

#include <stdio.h>
#include <string.h>

#define TIME_CELLS  8
#define BAR_LEAST   8
#define LAYER_CELLS 22 /* "   bar: retransmitted" */

/* By enum density_layer. */
static const char *const LAYERS[] = {"events", "retransmitted", "bytes", "CLOSE-WAIT", "drops"};

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

/* No acts on a log or the history. */
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
    if (state.past != travel->state.past || state.series_count != travel->state.series_count ||
        state.playing != travel->state.playing) /* its time stops or continues */
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
        screen->picture.paused = false; /* from now on the player decides what is shown */
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
        return; /* out of memory: it has been parsed before */
    screen->travel.seeks = false;
    screen->travel.seeks_condition = false;
    transport->search(transport->data, backward, filter, shown_ns(screen));
    screen->picture.paused = false;
    screen->paint = true;
}

static void search_when(struct screen *screen, bool backward)
{
    const struct screen_transport *transport = screen->settings.transport;
    struct filter_error error;
    struct filter *filter = NULL;

    if (filter_parse(&filter, screen->travel.condition, screen->settings.filter_names, &error) != 0)
        return; /* out of memory: it has been parsed before */
    screen->travel.seeks = false;
    screen->travel.seeks_condition = true;
    transport->search_when(transport->data, backward, filter, shown_ns(screen));
    screen->picture.paused = false;
    screen->paint = true;
}

/* Empty: { } mean events again. An error is reported, and the last condition stays. */
static void set_condition(struct screen *screen, const char *text)
{
    struct filter_error error;
    struct filter *filter = NULL;

    if (filter_parse(&filter, text, screen->settings.filter_names, &error) != 0) {
        screen_say(screen, ROLE_TROUBLE, "%s", error.message);
        return;
    }
    const bool is_empty = filter_is_empty(filter);
    filter_free(filter);
    snprintf(screen->travel.condition, sizeof(screen->travel.condition), "%s",
             is_empty ? "" : text);
    if (is_empty)
        screen_say(screen, ROLE_NOTICE, "{ } go to events again");
    else
        search_when(screen, !is_past(screen)); /* there is nothing after live */
}

/* A frame shows what began up to an interval before it. */
static int64_t frame_ns(const struct screen *screen)
{
    const struct frame *frame = screen->picture.frame;
    return frame && frame->cost.interval_ns > 0 ? frame->cost.interval_ns : SECOND_NS;
}

/* The begin of the next or previous finding, if known. */
static const struct transport_mark *find_mark(const struct screen *screen, bool backward)
{
    const struct transport_state *state = &screen->travel.state;
    const struct transport_mark *found = NULL;
    const int64_t here_ns = shown_ns(screen);

    for (uint32_t i = 0; i < state->mark_count; i++) {
        const struct transport_mark *mark = &state->marks[i];
        if (!backward && mark->wall_ns > here_ns)
            return mark;
        if (backward && mark->wall_ns < here_ns - frame_ns(screen))
            found = mark;
    }
    return found;
}

static void go_to_finding(struct screen *screen, bool backward)
{
    const struct screen_transport *transport = screen->settings.transport;
    const struct transport_mark *mark = find_mark(screen, backward);

    if (!mark) {
        screen_say(screen, ROLE_NOTICE, "no finding begins %s this frame%s",
                   backward ? "before" : "after",
                   screen->travel.state.counted ? "" : ", as far as the log has been read");
        return;
    }
    screen->travel.seeks = false;
    transport->seek(transport->data, mark->wall_ns + frame_ns(screen), shown_ns(screen));
    screen->picture.paused = false;
    screen->paint = true;
}

static void seek_event(struct screen *screen, bool backward)
{
    if (screen->view == VIEW_FINDINGS && screen->page_count == 0)
        go_to_finding(screen, backward);
    else if (screen->travel.condition[0])
        search_when(screen, backward);
    else
        search(screen, backward);
}

static void next_layer(struct screen *screen)
{
    screen->travel.layer = (screen->travel.layer + 1) % DENSITY_LAYERS;
    screen->paint = true;
    if (!screen_travels(screen))
        screen_say(screen, ROLE_NOTICE, "time bar: %s ([ goes back in time)",
                   LAYERS[screen->travel.layer]);
}

static void open_prompt(struct screen *screen)
{
    screen->travel.open = true;
    prompt_set(&screen->travel.prompt, "");
    screen->travel.prompt.history_at = screen->travel.prompt.history_count;
}

static void open_when(struct screen *screen)
{
    struct travel *travel = &screen->travel;

    travel->when_open = true;
    prompt_set(&travel->when, travel->condition);
    prompt_select(&travel->when);
    travel->when.history_at = travel->when.history_count;
}

bool screen_time_command(struct screen *screen, const struct command *command)
{
    if (command->id != COMMAND_FRAME_BACK && command->id != COMMAND_FRAME_FORTH &&
        command->id != COMMAND_EVENT_BACK && command->id != COMMAND_EVENT_FORTH &&
        command->id != COMMAND_LAYER && command->id != COMMAND_WHEN &&
        command->id != COMMAND_GO_TO && command->id != COMMAND_NOW)
        return false;
    if (!screen->settings.transport)
        screen_say(screen, ROLE_NOTICE, "the history is off (--past 64M turns it on)");
    else if (command->id == COMMAND_GO_TO)
        open_prompt(screen);
    else if (command->id == COMMAND_WHEN)
        open_when(screen);
    else if (command->id == COMMAND_LAYER)
        next_layer(screen);
    else if (command->id == COMMAND_EVENT_BACK || command->id == COMMAND_EVENT_FORTH)
        seek_event(screen, command->id == COMMAND_EVENT_BACK);
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

static bool when_key(struct screen *screen, const struct key *key)
{
    struct travel *travel = &screen->travel;
    const enum prompt_result result = prompt_key(&travel->when, key);

    if (result == PROMPT_ACCEPTED || result == PROMPT_CANCELLED)
        travel->when_open = false;
    if (result == PROMPT_ACCEPTED)
        set_condition(screen, travel->when.text);
    screen->paint = true;
    return true;
}

bool screen_time_key(struct screen *screen, const struct key *key)
{
    struct travel *travel = &screen->travel;

    if (travel->when_open)
        return when_key(screen, key);
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
    const struct travel *travel = &screen->travel;
    const char *label = travel->when_open ? "go to where:" : "go to:";
    const int at = canvas_text(canvas, 0, 1, ROLE_KEY, label) + 2;

    prompt_draw(travel->when_open ? &travel->when : &travel->prompt, canvas, 0, at,
                canvas->cols - at - 1, ROLE_NORMAL);
}

static void clock_text(char *out, size_t size, enum clock_form form, int64_t wall_ns)
{
    out[0] = '\0';
    if (wall_ns != TRANSPORT_NOT_KNOWN)
        clock_local_text(out, size, form, wall_ns);
}

static bool has_passed_midnight(const struct transport_state *state)
{
    char begin[16], end[16];

    clock_text(begin, sizeof(begin), CLOCK_DATE, state->begin_ns);
    clock_text(end, sizeof(end), CLOCK_DATE, state->end_ns);
    return strcmp(begin, end) != 0;
}

bool screen_time_status(const struct screen *screen, char *out, size_t size)
{
    const struct transport_state *state = &screen->travel.state;
    char reached[TIME_CELLS + 16];

    if (!screen->settings.transport || !state->searching)
        return false;
    clock_text(reached, sizeof(reached), has_passed_midnight(state) ? CLOCK_DAY_MINUTE : CLOCK_TIME,
               state->reached_ns);
    if (screen->travel.seeks_condition)
        snprintf(out, size, "searching %s for %.60s: at %s (Esc stops)",
                 state->backward ? "back" : "forward", screen->travel.condition, reached);
    else
        snprintf(out, size, "searching for %s event%s: at %s (Esc stops)",
                 state->backward ? "an earlier" : "a later",
                 screen->filter.text[0] ? " that matches" : "", reached);
    return true;
}

/* How far back the live screen's history reaches. */
bool screen_time_reach(const struct screen *screen, char *out, size_t size)
{
    const struct transport_state *state = &screen->travel.state;
    char age[12];

    if (!screen->settings.transport || state->begin_ns == TRANSPORT_NOT_KNOWN || !state->past ||
        !state->follows)
        return false;
    text_age(age, sizeof(age), state->end_ns - state->begin_ns);
    snprintf(out, size, "the history reaches back %s%s; L returns to live", age,
             state->thinned ? ", with gaps (--budget is used up)" : "");
    return true;
}

static void speed_text(char *out, size_t size, const struct transport_state *state)
{
    if (state->ended)
        snprintf(out, size, "▮ end");
    else if (!state->past)
        snprintf(out, size, "▶ live");
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

#define CELL_UNKNOWN UINT64_MAX

static bool is_known(const struct transport_state *state, enum density_layer layer, int from,
                     int to)
{
    for (int i = from; i < to && i < TRANSPORT_PARTS; i++)
        if (state->parts[i].known >> layer & 1)
            return true;
    return false;
}

/* The value of a cell: the busiest of its parts; if no frame falls into them, that of the last
 * frame. Unknown: not read yet, or not in the frames. */
static uint64_t cell_value(const struct transport_state *state, enum density_layer layer, int cell,
                           int cells)
{
    int from = cell * TRANSPORT_PARTS / cells;
    int to = (cell + 1) * TRANSPORT_PARTS / cells;
    uint64_t most = CELL_UNKNOWN;

    to = to > from ? to : from + 1;
    while (state->counted && from > 0 && !is_known(state, layer, from, to))
        to = from--;
    for (int i = from; i < to && i < TRANSPORT_PARTS; i++) {
        const struct density_part *part = &state->parts[i];
        if (!(part->known >> layer & 1))
            continue;
        if (most == CELL_UNKNOWN || part->values[layer] > most)
            most = part->values[layer];
    }
    return most;
}

/* The worst finding that began in the cell. */
static uint8_t cell_mark(const struct transport_state *state, int cell, int cells)
{
    uint8_t worst = 0;

    for (uint32_t i = 0; i < state->mark_count; i++) {
        const struct transport_mark *mark = &state->marks[i];
        if (mark->wall_ns < state->begin_ns || mark->wall_ns > state->end_ns ||
            cell_of(state, mark->wall_ns, cells) != cell)
            continue;
        worst = mark->severity > worst ? mark->severity : worst;
    }
    return worst;
}

struct bar_cell {
    const char *glyph;
    unsigned role;
};

static struct bar_cell bar_cell(const struct transport_state *state, enum density_layer layer,
                                int cell, int cells, uint64_t most)
{
    static const char *const LEVELS[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇"};
    const uint64_t level_count = sizeof(LEVELS) / sizeof(LEVELS[0]);
    const uint64_t value = cell_value(state, layer, cell, cells);
    const uint8_t mark = cell_mark(state, cell, cells);

    if (cell == cell_of(state, state->position_ns, cells))
        return (struct bar_cell){"●", ROLE_ACCENT};
    if (mark)
        return (struct bar_cell){"!", finding_role((enum finding_severity)mark)};
    if (value == CELL_UNKNOWN)
        return (struct bar_cell){state->counted ? "─" : "·", ROLE_DIM};
    if (value == 0)
        return (struct bar_cell){"─", ROLE_DIM};
    const uint64_t level = (uint64_t)((double)value / ((double)most + 1) * (double)level_count);
    return (struct bar_cell){LEVELS[level < level_count ? level : level_count - 1], ROLE_DIM};
}

/* A press goes to the time of its cell, the wheel moves by one cell. */
static bool press_bar(struct screen *screen, const struct hit *hit, const struct key *key)
{
    const struct screen_transport *transport = screen->settings.transport;
    const struct transport_state *state = &screen->travel.state;
    const int cells = hit->to - hit->from;
    const double span = (double)state->end_ns - (double)state->begin_ns;
    const double step = cells > 1 ? span / (cells - 1) : span;
    double wall_ns = (double)state->begin_ns + step * (key->col - hit->from);

    if (key->code == KEY_CODE_WHEEL_UP || key->code == KEY_CODE_WHEEL_DOWN)
        wall_ns = (double)state->position_ns + (key->code == KEY_CODE_WHEEL_UP ? -step : step);
    else if (key->code != KEY_CODE_MOUSE_PRESS)
        return false;
    if (wall_ns < (double)state->begin_ns)
        wall_ns = (double)state->begin_ns;
    screen->travel.seeks = false;
    transport->seek(transport->data, (int64_t)wall_ns, shown_ns(screen));
    screen->picture.paused = false;
    screen->paint = true;
    return true;
}

static void draw_bar(struct screen *screen, const struct canvas *canvas, int col, int cells)
{
    const struct transport_state *state = &screen->travel.state;
    const enum density_layer layer = screen->travel.layer;
    const int inner = cells - 2;
    uint64_t most = 0;

    for (int i = 0; i < TRANSPORT_PARTS; i++)
        if (state->parts[i].values[layer] > most)
            most = state->parts[i].values[layer];
    col = canvas_text(canvas, 0, col, ROLE_DIM, "├");
    screen_add_hit(screen, canvas, 0, col, col + inner, &(struct hit){.mouse = press_bar});
    for (int i = 0; i < inner; i++) {
        const struct bar_cell cell = bar_cell(state, layer, i, inner, most);
        col = canvas_text(canvas, 0, col, cell.role, cell.glyph);
    }
    canvas_text(canvas, 0, col, ROLE_DIM, "┤");
}

static bool layer_is_known(const struct transport_state *state, enum density_layer layer)
{
    for (int i = 0; i < TRANSPORT_PARTS; i++)
        if (state->parts[i].known >> layer & 1)
            return true;
    return !state->counted;
}

/* At the right end. Returns the column where it begins. */
static int draw_layer(struct screen *screen, const struct canvas *canvas, int end)
{
    const struct transport_state *state = &screen->travel.state;
    const enum density_layer layer = screen->travel.layer;
    char text[40];

    snprintf(text, sizeof(text), "bar: %s%s", LAYERS[layer],
             layer_is_known(state, layer) ? "" : " (not recorded)");
    const int begin = canvas_text_right(canvas, 0, end, ROLE_DIM, text);
    screen_add_hit(screen, canvas, 0, begin, end, &(struct hit){.command = command_for_key('b')});
    return begin;
}

void screen_time_draw(struct screen *screen, const struct canvas *canvas)
{
    const struct transport_state *state = &screen->travel.state;
    const struct frame *frame = screen->picture.frame;
    char name[64], date[16], speed[24], now[16], end[24];
    int col = 1, right = canvas->cols - 1;

    text_cut(name, sizeof(name), frame ? frame->host : "", 24, "…");
    clock_text(date, sizeof(date), CLOCK_DATE, state->position_ns);
    clock_text(now, sizeof(now), CLOCK_TIME, state->position_ns);
    clock_text(end, sizeof(end), has_passed_midnight(state) ? CLOCK_DAY_MINUTE : CLOCK_TIME,
               state->end_ns);
    speed_text(speed, sizeof(speed), state);
    const int needed = (int)(text_width(name) + text_width(end)) + 32 + BAR_LEAST;
    col =
        canvas_text(canvas, 0, col, ROLE_ACCENT | STYLE_BOLD, state->replay ? "REPLAY" : "HISTORY");
    if (canvas->cols >= needed + 10)
        col = canvas_text(canvas, 0, col + 1, ROLE_STRONG, name);
    if (canvas->cols >= needed)
        col = canvas_text(canvas, 0, col + 1, ROLE_NORMAL, date);
    col =
        canvas_field(canvas, 0, col + 2, 7, false, state->playing ? ROLE_GOOD : ROLE_NOTICE, speed);
    col = canvas_text(canvas, 0, col + 1, ROLE_STRONG, now) + 1;
    if (canvas->cols - col >= LAYER_CELLS + 3 * BAR_LEAST)
        right = draw_layer(screen, canvas, right) - 3;
    const int bar = right - col - (int)text_width(end) - 1;
    if (bar < BAR_LEAST || state->begin_ns == TRANSPORT_NOT_KNOWN)
        return;
    draw_bar(screen, canvas, col, bar);
    canvas_text(canvas, 0, col + bar + 1, ROLE_DIM, end);
}
