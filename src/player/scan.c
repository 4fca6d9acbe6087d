/* player_scan: looking for an event, and counting events for the time bar, in slices between which
 * the player takes orders. In the player's thread. */
#include "base/clock.h"
#include "player/private.h"

#include "core/event_match.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SLICE_LINES 4000
#define REPORT_NS   (SECOND_NS / 5) /* how often progress is reported */

static bool matches(void *data, const struct event *event, const struct frame *frame)
{
    struct player *player = data;
    const struct column_context context = {.frame = frame};

    return event->kind != EVENT_LOST &&
           event_match_accepts(&player->match,
                               filter_is_empty(player->filter) ? NULL : filter_accepts,
                               player->filter, &context, event);
}

static bool is_searching(struct player *player, bool *backward)
{
    pthread_mutex_lock(&player->lock);
    const bool searching = player->state.searching;
    *backward = player->state.backward;
    pthread_mutex_unlock(&player->lock);
    return searching;
}

static void set_searching(struct player *player, bool searching, bool backward, int64_t reached_ns)
{
    pthread_mutex_lock(&player->lock);
    player->state.searching = searching;
    player->state.backward = backward;
    player->state.reached_ns = reached_ns;
    pthread_mutex_unlock(&player->lock);
}

static int begin_event(struct player *player, struct player_order *order)
{
    filter_free(player->filter);
    event_match_done(&player->match);
    player->filter = order->filter;
    order->filter = NULL;
    const struct source_search search = {.match = matches,
                                         .data = player,
                                         .backward = order->backward,
                                         .with_rows = filter_needs_rows(player->filter),
                                         .with_all = filter_counts(player->filter)};
    return player->travel->search_begin(player->source, &search);
}

void player_search_begin(struct player *player, struct player_order *order)
{
    const int error =
        order->when ? player_condition_begin(player, order) : begin_event(player, order);

    if (error)
        player_say(player, error == -ESPIPE ? "this log cannot be read twice" : strerror(-error));
    else
        set_searching(player, true, order->backward, order->shown_ns);
    player_signal(player);
}

void player_search_end(struct player *player)
{
    bool backward;

    if (!is_searching(player, &backward))
        return;
    set_searching(player, false, backward, 0);
    player_condition_end(player);
    player_say(player, "the search was ended");
}

static bool is_time_to_tell(struct player *player)
{
    const int64_t now_ns = clock_mono_ns();

    if (now_ns - player->reported_ns < REPORT_NS)
        return false;
    player->reported_ns = now_ns;
    return true;
}

static void say_none(struct player *player, bool when, bool backward)
{
    if (when)
        player_say(player, backward ? "this filter does not begin to match before this frame"
                                    : "this filter does not begin to match after this frame");
    else
        player_say(player, backward ? "no event that matches comes before this frame"
                                    : "no event that matches comes after this frame");
}

bool player_search_some(struct player *player)
{
    int64_t wall_ns, reached_ns;
    bool backward;

    if (!is_searching(player, &backward))
        return false;
    const bool when = player->condition.runs;
    const int result =
        when ? player_condition_step(player, &wall_ns, &reached_ns)
             : player->travel->search_step(player->source, SLICE_LINES, &wall_ns, &reached_ns);
    set_searching(player, result == 1, backward, reached_ns);
    if (result == 0) {
        player_go_to(player, wall_ns);
    } else if (result == 1) {
        if (is_time_to_tell(player))
            player_signal(player);
    } else if (result == -ENODATA) {
        say_none(player, when, backward);
    } else {
        player_say(player, strerror(-result));
    }
    return result == 1;
}

/* First from the frame shown to the end, then what comes before it. */
void player_density_begin(struct player *player)
{
    struct transport_state state;

    player_state(player, &state);
    player->density_left = 0;
    if (!player->travel->density_begin || state.begin_ns == TRANSPORT_NOT_KNOWN ||
        state.end_ns <= state.begin_ns)
        return;
    player->density_begin_ns = state.begin_ns;
    player->density_end_ns = state.end_ns;
    const double span = (double)(state.end_ns - state.begin_ns);
    const int64_t passed_ns =
        state.position_ns == TRANSPORT_NOT_KNOWN ? 0 : state.position_ns - state.begin_ns;
    const double at = (double)passed_ns / span * TRANSPORT_PARTS;
    player->density_part = at <= 0 ? 0 : at >= TRANSPORT_PARTS ? TRANSPORT_PARTS - 1 : (unsigned)at;
    player->density_left = player->density_part ? 2 : 1;
    player->density_runs = false;
    memset(player->parts, 0, sizeof(player->parts));
}

static int64_t part_ns(const struct player *player, unsigned part)
{
    const int64_t span_ns = player->density_end_ns - player->density_begin_ns;
    return player->density_begin_ns + (int64_t)((double)span_ns * part / TRANSPORT_PARTS);
}

static int begin_stretch(struct player *player)
{
    const bool second = player->density_left == 1 && player->density_part;
    const unsigned from = second ? 0 : player->density_part;
    const unsigned to = second ? player->density_part : TRANSPORT_PARTS;

    const struct density density = {
        .parts = player->parts + from, .count = to - from, .found = player_mark, .data = player};

    return player->travel->density_begin(
        player->source, part_ns(player, from),
        to == TRANSPORT_PARTS ? player->density_end_ns : part_ns(player, to) - 1, &density);
}

bool player_density_some(struct player *player)
{
    if (!player->density_left)
        return false;
    int result = player->density_runs ? 1 : begin_stretch(player);
    player->density_runs = result >= 0;
    if (result >= 0)
        result = player->travel->density_step(player->source, SLICE_LINES);
    player_set_lack(player, LACK_DENSITY, result < 0 ? result : 0);
    if (result != 1) {
        player->density_left = result == 0 ? player->density_left - 1 : 0;
        player->density_runs = false;
    }
    if (result != 1 || is_time_to_tell(player)) {
        pthread_mutex_lock(&player->lock);
        memcpy(player->state.parts, player->parts, sizeof(player->parts));
        player->state.counted = result == 0 && player->density_left == 0;
        pthread_mutex_unlock(&player->lock);
        player_signal(player);
    }
    return player->density_left > 0;
}
