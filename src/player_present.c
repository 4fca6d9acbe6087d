/* player_present: takes up the frames of what is live and has them kept. In the player's thread. */
#include "player_private.h"

static void take_up(struct player *player, struct frame *frame)
{
    pthread_mutex_lock(&player->lock);
    struct frame *old = player->newest;
    player->newest = frame;
    player->state.end_ns = frame->wall_ns;
    if (player->state.begin_ns == TRANSPORT_NOT_KNOWN)
        player->state.begin_ns = frame->wall_ns;
    if (!player->state.past)
        player->state.position_ns = frame->wall_ns;
    pthread_mutex_unlock(&player->lock);
    frame_release(old);
    player_signal(player);
}

void player_take_present(struct player *player)
{
    struct wish wish;

    pthread_mutex_lock(&player->lock);
    wish = player->wish;
    pthread_mutex_unlock(&player->lock);
    struct frame *frame = player->present.next(player->present.data, &wish, &player->over);
    if (frame)
        take_up(player, frame);
}
