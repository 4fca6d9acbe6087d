/* player_present: takes the live frames and has them kept in the history. In the player's
 * thread. */
#include "base/clock.h"
#include "player/private.h"

#include "source/past/past.h"

#include <stdio.h>
#include <string.h>

#define AT_ONCE        16 /* frames of a pipe between two looks at the orders */
#define AVERAGE_FRAMES 4
#define CREDIT_FRAMES  4 /* unused budget is saved up only this long */

static void take_up(struct player *player, struct frame *frame)
{
    player_mark_frame(player, frame);
    pthread_mutex_lock(&player->lock);
    struct frame *old = player->newest;
    player->newest = frame;
    player->state.end_ns = frame->wall_ns;
    if (!player->state.past)
        player->state.position_ns = frame->wall_ns;
    pthread_mutex_unlock(&player->lock);
    frame_release(old);
    player_signal(player);
}

/* The history may use what frames leave of the budget, and nothing while frames are stretched. */
static bool can_afford(struct player *player, const struct frame *frame, const struct wish *wish)
{
    const int64_t budget_ns = wish->interval_ns / 100 * wish->budget_percent;
    const int64_t left_ns = budget_ns - frame->cost.cpu_ns;

    if (wish->budget_percent == 0 || player->state.replay)
        return true;
    if (frame->cost.stretched || left_ns <= 0)
        return false;
    player->credit_ns += left_ns;
    if (player->credit_ns > left_ns * CREDIT_FRAMES)
        player->credit_ns = left_ns * CREDIT_FRAMES;
    return player->credit_ns >= player->past_cost_ns;
}

static void report_reach(struct player *player, bool thinned)
{
    struct past_reach reach;

    past_reach(player->present.past, &reach);
    pthread_mutex_lock(&player->lock);
    player->state.begin_ns = reach.frames ? reach.begin_ns : TRANSPORT_NOT_KNOWN;
    player->state.thinned = thinned;
    const bool past = player->state.past;
    pthread_mutex_unlock(&player->lock);
    if (past)
        player_density_begin(player);
}

static void keep(struct player *player, struct frame *frame, const struct wish *wish)
{
    const bool afford = can_afford(player, frame, wish);

    if (afford) {
        const int64_t began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        (void)past_add(player->present.past, frame); /* if out of memory, the history has a gap */
        const int64_t cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns;
        player->credit_ns -= cost_ns;
        player->past_cost_ns += (cost_ns - player->past_cost_ns) / AVERAGE_FRAMES;
    }
    report_reach(player, !afford);
}

static void end_present(struct player *player, const char *why)
{
    pthread_mutex_lock(&player->lock);
    snprintf(player->trouble, sizeof(player->trouble), "%s", why);
    player->state.ended = !player->state.past;
    pthread_mutex_unlock(&player->lock);
    player_signal(player);
}

bool player_take_present(struct player *player)
{
    char why[PLAYER_WHY_MAX] = "";
    struct wish wish;

    pthread_mutex_lock(&player->lock);
    wish = player->wish;
    pthread_mutex_unlock(&player->lock);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        struct frame *frame = player->present.next(player->present.data, &wish, &player->over, why);
        if (player->over)
            end_present(player, why);
        if (!frame)
            return false;
        take_up(player, frame);
        keep(player, frame, &wish);
    }
    return true;
}
