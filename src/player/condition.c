/* player_condition: looking for a frame in which a filter matches a row and matched none before,
 * read from the second source in slices, between which the player takes orders. In the player's
 * thread. */
#include "base/clock.h"
#include "player/private.h"

#include <errno.h>
#include <string.h>

#define SLICE_NS (20 * MILLISECOND_NS) /* of CPU */
#define CHUNK_NS (60 * SECOND_NS) /* backward: the first chunk; each further one is twice as long */

static bool is_true(const struct player_condition *condition, const struct frame *frame)
{
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};

    for (uint32_t i = 0; i < frame->live_count; i++)
        if (filter_accepts(condition->filter, &context, &frame->conns[i]))
            return true;
    return false;
}

/* Reads the history from `from_ns` on; the first frame only shows whether the filter matched
 * before. */
static int begin_chunk(struct player *player)
{
    struct player_condition *condition = &player->condition;
    struct source *history = player->series.history;

    condition->first = true;
    condition->found_ns = 0;
    player_series_disturbed(player);
    return history->ops->travel->seek(history, condition->from_ns);
}

int player_condition_begin(struct player *player, struct player_order *order)
{
    struct player_condition *condition = &player->condition;

    player_condition_end(player);
    if (!player->series.history)
        return -ESPIPE;
    condition->filter = order->filter;
    order->filter = NULL;
    condition->backward = order->backward;
    condition->limit_ns = order->shown_ns;
    condition->chunk_ns = CHUNK_NS;
    condition->from_ns = order->backward ? order->shown_ns - CHUNK_NS : order->shown_ns;
    const int error = begin_chunk(player);
    condition->runs = !error;
    return error;
}

void player_condition_end(struct player *player)
{
    filter_free(player->condition.filter);
    player->condition = (struct player_condition){.runs = false};
}

/* The chunk before; 1: there is one. */
static int begin_earlier(struct player *player)
{
    struct player_condition *condition = &player->condition;
    struct transport_state state;

    player_state(player, &state);
    if (condition->from_ns <= state.begin_ns || state.begin_ns == TRANSPORT_NOT_KNOWN)
        return -ENODATA;
    condition->limit_ns = condition->first_ns + 1;
    condition->chunk_ns *= 2;
    condition->from_ns = condition->first_ns - condition->chunk_ns;
    const int error = begin_chunk(player);
    return error ? error : 1;
}

/* 1: go on; 0: found; -errno. */
static int take_frame(struct player *player, const struct frame *frame)
{
    struct player_condition *condition = &player->condition;
    const bool now = is_true(condition, frame);
    const bool becomes = now && !condition->was && !condition->first;
    const bool was_first = condition->first;

    condition->reached_ns = frame->wall_ns;
    if (was_first)
        condition->first_ns = frame->wall_ns;
    condition->first = false;
    if (condition->backward && frame->wall_ns >= condition->limit_ns)
        return condition->found_ns ? 0 : begin_earlier(player);
    condition->was = now;
    if (becomes)
        condition->found_ns = frame->wall_ns;
    return becomes && !condition->backward ? 0 : 1;
}

static int read_frame(struct player *player)
{
    struct player_condition *condition = &player->condition;
    struct frame *frame = frame_new(player->pool);
    const struct wish everything = {.state_bits = 0};
    int result = frame ? source_next(player->series.history, frame, &everything) : -ENOMEM;

    if (!result)
        result = take_frame(player, frame);
    else if (result == -ENODATA && condition->backward && condition->found_ns)
        result = 0;
    frame_release(frame);
    return result;
}

int player_condition_step(struct player *player, int64_t *wall_ns, int64_t *reached_ns)
{
    const int64_t end_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) + SLICE_NS;
    int result;

    do
        result = read_frame(player);
    while (result == 1 && clock_ns(CLOCK_THREAD_CPUTIME_ID) < end_ns);
    *wall_ns = player->condition.found_ns;
    *reached_ns = player->condition.reached_ns;
    if (result != 1)
        player_condition_end(player);
    return result;
}
