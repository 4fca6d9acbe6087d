/* player_play: frames of the source at its pace, steps and jumps. In the player's thread. */
#include "base/clock.h"
#include "base/memory.h"
#include "player/private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_GAP_NS (3 * SECOND_NS) /* a longer pause of the recording is skipped */
#define LOOK_NS        (SECOND_NS / 2) /* how often to look for more in a file that is being written */
#define LATE_NS        (SECOND_NS / 4) /* when later than this, the pace starts again from now */

static struct transport_state state_of(struct player *player)
{
    struct transport_state state;
    player_state(player, &state);
    return state;
}

static void set_ended(struct player *player, bool ended)
{
    pthread_mutex_lock(&player->lock);
    const bool differs = player->state.ended != ended;
    player->state.ended = ended;
    pthread_mutex_unlock(&player->lock);
    if (differs)
        player_signal(player);
}

static void fail(struct player *player, const struct frame *frame, int error)
{
    pthread_mutex_lock(&player->lock);
    snprintf(player->trouble, sizeof(player->trouble), "%s",
             frame->missing.text[0] ? frame->missing.text : strerror(-error));
    player->state.playing = false;
    pthread_mutex_unlock(&player->lock);
    player_signal(player);
}

/* The source's next frame; errors other than the end are reported. */
static int next_frame(struct player *player, struct frame **frame)
{
    struct wish wish;
    struct frame *made = frame_new(player->pool);

    if (!made)
        return -ENOMEM;
    pthread_mutex_lock(&player->lock);
    wish = player->wish;
    pthread_mutex_unlock(&player->lock);
    const int error = source_next(player->source, made, &wish);
    if (error) {
        if (error != -ENODATA && error != -EAGAIN)
            fail(player, made, error);
        frame_release(made);
        return error;
    }
    if (memory_refused() != player->memory_refused)
        frame_lacks_memory(made);
    player->memory_refused = memory_refused();
    *frame = made;
    return 0;
}

/* Takes the frame over. */
static void show(struct player *player, struct frame *frame)
{
    player_mark_frame(player, frame);
    pthread_mutex_lock(&player->lock);
    struct transport_state *state = &player->state;
    struct frame *old = player->shown;
    player->shown = frame;
    const bool entered = !state->past;
    player->trouble[0] = '\0';
    state->past = true;
    state->ended = false;
    state->position_ns = frame->wall_ns;
    if (state->end_ns < frame->wall_ns)
        state->end_ns = frame->wall_ns;
    pthread_mutex_unlock(&player->lock);
    frame_release(old);
    player->given_at_ns = clock_mono_ns();
    player->placed = true;
    if (entered)
        player_density_begin(player);
    player_signal(player);
}

/* follows: it comes after the frame shown. */
static int show_next(struct player *player, bool follows)
{
    struct frame *frame = NULL;
    const int error = next_frame(player, &frame);
    if (error)
        return error;
    (follows ? player_find_next : player_find_anew)(player, frame);
    show(player, frame);
    return 0;
}

/* Back to the live frames. */
static void show_present(struct player *player)
{
    pthread_mutex_lock(&player->lock);
    struct frame *old = player->shown;
    player->shown = NULL;
    player->state.past = false;
    player->state.playing = true;
    player->state.ended = player->over;
    if (player->newest)
        player->state.position_ns = player->newest->wall_ns;
    pthread_mutex_unlock(&player->lock);
    frame_release(old);
    player->placed = false;
    player_signal(player);
}

void player_begin(struct player *player)
{
    int64_t first_ns, last_ns;

    if (player->present.next)
        return;
    const int error = player->travel->span(player->source, &first_ns, &last_ns);
    player_set_lack(player, LACK_SPAN, error);
    if (!error) {
        pthread_mutex_lock(&player->lock);
        player->state.begin_ns = first_ns > 0 ? first_ns : 0; /* so that spans do not overflow */
        player->state.end_ns = last_ns > 0 ? last_ns : 0;
        pthread_mutex_unlock(&player->lock);
    }
    if (show_next(player, true) == -ENODATA)
        set_ended(player, true);
    player_density_begin(player);
}

/* Positions the source at the frame on the screen, where steps and searches begin. */
static int place(struct player *player, int64_t shown_ns)
{
    struct frame *frame = NULL;

    if (player->placed)
        return 0;
    int error = player->travel->seek(player->source, shown_ns);
    if (!error)
        error = next_frame(player, &frame);
    if (error) {
        player_say(player, "no history yet");
        return error;
    }
    frame_release(frame);
    player->placed = true;
    return 0;
}

static void step_back(struct player *player, int steps)
{
    struct frame *frame = NULL;
    int result = 0;

    while (steps-- > 0 && !result) {
        struct frame *before = frame;
        result = player->travel->step_back(player->source);
        if (result && result != -ENODATA)
            break;
        const int error = next_frame(player, &frame); /* reads the first one again */
        frame_release(error ? NULL : before);
        result = error ? error : result;
    }
    if (frame) {
        player_find_anew(player, frame);
        show(player, frame);
    }
    if (result == -ENODATA)
        player_say(player,
                   player->state.follows ? "the history begins here" : "the log begins here");
}

static void step_forth(struct player *player, int steps)
{
    struct frame *frame = NULL;
    int error = 0;

    while (steps-- > 0) {
        struct frame *before = frame;
        error = next_frame(player, &frame);
        if (error)
            break;
        player_find_next(player, frame);
        frame_release(before);
    }
    if (frame)
        show(player, frame);
    if (error != -ENODATA)
        return;
    if (player->present.next) {
        show_present(player);
        return;
    }
    set_ended(player, true);
    player_say(player, "the log ends here");
}

static void make_steps(struct player *player, const struct player_order *order)
{
    if (!player->placed && order->steps > 0) {
        show_present(player);
        return;
    }
    if (place(player, order->shown_ns) != 0)
        return;
    if (order->steps < 0)
        step_back(player, -order->steps);
    else
        step_forth(player, order->steps);
}

void player_go_to(struct player *player, int64_t wall_ns)
{
    int error = player->travel->seek(player->source, wall_ns);
    if (!error)
        error = show_next(player, false);
    if (error == -ENODATA)
        player_say(player, "no history yet");
    else if (error == -ESPIPE)
        player_say(player, "a pipe cannot be searched");
}

static void jump(struct player *player, int64_t wall_ns)
{
    pthread_mutex_lock(&player->lock);
    const bool later = player->newest && wall_ns >= player->newest->wall_ns;
    const bool earlier = wall_ns < player->state.begin_ns; /* never if that is unknown */
    if (!player->state.past)
        player->state.playing = false; /* a jump pauses */
    pthread_mutex_unlock(&player->lock);
    if (later)
        show_present(player);
    else
        player_go_to(player, wall_ns);
    if (earlier)
        player_say(player, player->state.follows ? "no history that far back"
                                                 : "the log begins later than that");
}

static void go_to_end(struct player *player)
{
    player_go_to(player, INT64_MAX);
    set_ended(player, true);
}

void player_obey(struct player *player, struct player_order *order)
{
    if (order->cancel)
        player_search_end(player);
    switch (order->task) {
    case TASK_NONE:
        return;
    case TASK_STEP:
        make_steps(player, order);
        return;
    case TASK_SEEK:
        jump(player, order->wall_ns);
        return;
    case TASK_SEARCH:
        if (place(player, order->shown_ns) == 0)
            player_search_begin(player, order);
        filter_free(order->filter);
        return;
    case TASK_NOW:
        if (player->present.next)
            show_present(player);
        else
            go_to_end(player);
        return;
    }
}

bool player_work(struct player *player)
{
    if (player_search_some(player))
        return true;
    const bool more = player_series_some(player);
    return player_density_some(player) || more;
}

/* The time from the frame shown to the one at next_ns, at this speed. */
static int64_t pace_ns(const struct transport_state *state, int64_t next_ns)
{
    int64_t gap_ns;

    if (__builtin_sub_overflow(next_ns, state->position_ns, &gap_ns) || gap_ns < 0)
        gap_ns = 0; /* the clock was set back */
    if (gap_ns > 3600 * SECOND_NS)
        gap_ns = 3600 * SECOND_NS;
    gap_ns = state->speed < 0 ? gap_ns << -state->speed : gap_ns >> state->speed;
    return gap_ns < LONGEST_GAP_NS ? gap_ns : LONGEST_GAP_NS;
}

/* There is no further frame, or it cannot be read. */
static int64_t play_no_further(struct player *player, int error)
{
    if (error != -ENODATA && error != -EAGAIN) {
        (void)show_next(player, true); /* reports the error */
        return INT64_MAX;
    }
    if (player->present.next) {
        show_present(player);
        return INT64_MAX;
    }
    set_ended(player, true);
    return clock_mono_ns() + LOOK_NS;
}

int64_t player_play(struct player *player)
{
    const struct transport_state state = state_of(player);
    int64_t next_ns;

    if (!state.past || !state.playing || state.searching || !player->placed)
        return !player->placed && !player->present.next && state.playing
                   ? play_no_further(player, -ENODATA) /* a log without a frame, so far */
                   : INT64_MAX;
    const int error = player->travel->peek(player->source, &next_ns);
    if (error)
        return play_no_further(player, error);
    const int64_t due_ns = player->given_at_ns + pace_ns(&state, next_ns);
    const int64_t now_ns = clock_mono_ns();
    if (now_ns < due_ns)
        return due_ns;
    if (show_next(player, true) == 0 && now_ns - due_ns < LATE_NS)
        player->given_at_ns = due_ns;
    return now_ns;
}
