/* player: the thread, its orders, and the functions for other threads. play.c moves through the
 * frames. */
#include "base/clock.h"
#include "base/wake.h"
#include "player/private.h"
#include "source/privilege.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void player_signal(struct player *player)
{
    wake_signal(player->frames);
}

void player_say(struct player *player, const char *text)
{
    pthread_mutex_lock(&player->lock);
    snprintf(player->state.said, sizeof(player->state.said), "%s", text);
    player->state.said_count++;
    pthread_mutex_unlock(&player->lock);
    player_signal(player);
}

static const char *const LACKING[LACK_GRAPHS + 1] = {
    [LACK_SPAN] = "the time bar lacks the log's start and end",
    [LACK_DENSITY] = "the time bar lacks events",
    [LACK_FINDINGS] = "findings lack earlier frames",
    [LACK_GRAPHS] = "graphs lack earlier frames"};

/* The first. */
static void describe_lack(const int lacks[LACKS], char *out, size_t size)
{
    unsigned what = 0;

    while (what < LACKS && !lacks[what])
        what++;
    out[0] = '\0';
    if (what < LACKS)
        snprintf(out, size, "%s: %s", LACKING[what < LACK_GRAPHS ? what : LACK_GRAPHS],
                 strerror(-lacks[what]));
}

void player_set_lack(struct player *player, unsigned what, int error)
{
    const int lack = error == -ENODATA || error == -EAGAIN ? 0 : error;

    pthread_mutex_lock(&player->lock);
    const bool changes = player->lacks[what] != lack;
    player->lacks[what] = lack;
    if (changes)
        describe_lack(player->lacks, player->state.lack, sizeof(player->state.lack));
    pthread_mutex_unlock(&player->lock);
    if (changes)
        player_signal(player);
}

int player_new(struct player **player, const struct player_settings *settings)
{
    struct player *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    pthread_mutex_init(&made->lock, NULL);
    made->travel = settings->source->ops->travel;
    made->present = settings->present;
    made->wish = settings->wish;
    const bool follows = settings->present.next != NULL;
    made->state = (struct transport_state){.replay = settings->replay,
                                           .follows = follows,
                                           .past = !follows,
                                           .playing = true,
                                           .position_ns = TRANSPORT_NOT_KNOWN,
                                           .begin_ns = TRANSPORT_NOT_KNOWN,
                                           .end_ns = TRANSPORT_NOT_KNOWN};
    const int error = worker_init(&made->worker);
    made->frames = wake_open();
    made->pool = frame_pool_new();
    if (error || made->frames < 0 || !made->pool) {
        player_free(made);
        return -ENOMEM;
    }
    made->source = settings->source;
    made->series.history = settings->history;
    made->findings.ring = settings->ring;
    made->findings.wanted = settings->findings != NULL;
    if (settings->findings)
        made->findings.settings = *settings->findings;
    *player = made;
    return 0;
}

void player_free(struct player *player)
{
    if (!player)
        return;
    worker_done(&player->worker);
    source_close(player->source);
    source_close(player->series.history);
    player_series_done(player);
    frame_release(player->shown);
    frame_release(player->newest);
    frame_pool_release(player->pool);
    finding_engine_free(player->findings.engine);
    player_condition_end(player);
    filter_free(player->filter);
    event_match_done(&player->match);
    filter_free(player->order.filter);
    wake_close(player->frames);
    pthread_mutex_destroy(&player->lock);
    free(player);
}

/* True: to stop. */
static bool take_order(struct player *player, struct player_order *order)
{
    pthread_mutex_lock(&player->lock);
    *order = player->order;
    player->order = (struct player_order){.task = TASK_NONE};
    pthread_mutex_unlock(&player->lock);
    return worker_stopping(&player->worker);
}

static void wait_until(struct player *player, int64_t due_ns)
{
    struct pollfd polled[] = {
        {.fd = player->worker.wake, .events = POLLIN},
        {.fd = player->over ? -1 : player->present.descriptor, .events = POLLIN}};
    const nfds_t count = player->present.next ? 2 : 1;
    int64_t left_ns = due_ns == INT64_MAX ? 0 : due_ns - clock_mono_ns();
    left_ns = left_ns > 0 ? left_ns : 0;
    const struct timespec left = clock_timespec(left_ns);

    if (ppoll(polled, count, due_ns == INT64_MAX ? NULL : &left, NULL) <= 0)
        return;
    if (polled[0].revents)
        wake_drain(player->worker.wake);
    if (count > 1 && polled[1].revents && player->present.drain)
        wake_drain(player->present.descriptor);
}

static void player_main(void *data)
{
    struct player *player = data;
    struct player_order order;

    privilege_keep(0); /* what it reads is open already, or in memory */
    player_begin(player);
    while (!take_order(player, &order)) {
        bool more = player->present.next && !player->over && player_take_present(player);
        player_obey(player, &order);
        const int64_t due_ns = player_play(player);
        more |= player_work(player);
        wait_until(player, more ? 0 : due_ns);
    }
    filter_free(order.filter);
}

int player_start(struct player *player)
{
    return worker_start(&player->worker, "player", player_main, player);
}

void player_ask_stop(struct player *player)
{
    worker_ask_stop(&player->worker);
}

bool player_join(struct player *player, int64_t timeout_ns)
{
    return worker_join(&player->worker, timeout_ns);
}

struct frame *player_latest(struct player *player)
{
    pthread_mutex_lock(&player->lock);
    struct frame *frame = player->state.past ? player->shown : player->newest;
    frame = frame ? frame_reference(frame) : NULL;
    pthread_mutex_unlock(&player->lock);
    return frame;
}

int player_descriptor(const struct player *player)
{
    return player->frames;
}

void player_set_wish(struct player *player, const struct wish *wish)
{
    pthread_mutex_lock(&player->lock);
    player->wish = *wish;
    pthread_mutex_unlock(&player->lock);
}

void player_trouble(struct player *player, char *text, size_t size)
{
    pthread_mutex_lock(&player->lock);
    snprintf(text, size, "%s", player->trouble);
    pthread_mutex_unlock(&player->lock);
}

void player_state(void *data, struct transport_state *state)
{
    struct player *player = data;

    pthread_mutex_lock(&player->lock);
    *state = player->state;
    pthread_mutex_unlock(&player->lock);
}

/* With the lock held. An order that goes to another frame ends a running search. */
static void put_order(struct player *player, const struct player_order *order)
{
    filter_free(player->order.filter);
    player->order = *order;
    player->order.cancel = true;
}

/* With the lock held. Steps that are still to be made add up. */
static void put_step(struct player *player, int step, int64_t shown_ns)
{
    const int steps = player->order.task == TASK_STEP ? player->order.steps : 0;
    const struct player_order order = {
        .task = TASK_STEP, .steps = steps + step, .shown_ns = shown_ns};

    put_order(player, &order);
    player->state.playing = false;
}

static void change_speed(struct transport_state *state, int by)
{
    const int speed = state->speed + by;
    if (speed >= TRANSPORT_SLOWEST && speed <= TRANSPORT_FASTEST)
        state->speed = (int8_t)speed;
}

void player_order(void *data, enum transport_order order, int64_t shown_ns)
{
    struct player *player = data;
    const struct player_order now = {.task = TASK_NOW, .shown_ns = shown_ns};

    pthread_mutex_lock(&player->lock);
    switch (order) {
    case TRANSPORT_PLAY:
        player->state.playing = !player->state.playing;
        break;
    case TRANSPORT_SLOWER:
    case TRANSPORT_FASTER:
        change_speed(&player->state, order == TRANSPORT_FASTER ? 1 : -1);
        break;
    case TRANSPORT_BACK:
    case TRANSPORT_FORTH:
        put_step(player, order == TRANSPORT_FORTH ? 1 : -1, shown_ns);
        break;
    case TRANSPORT_NOW:
        put_order(player, &now);
        break;
    case TRANSPORT_CANCEL:
        player->order.cancel = true;
        break;
    }
    pthread_mutex_unlock(&player->lock);
    worker_wake(&player->worker);
}

void player_seek(void *data, int64_t wall_ns, int64_t shown_ns)
{
    struct player *player = data;
    const struct player_order order = {.task = TASK_SEEK, .wall_ns = wall_ns, .shown_ns = shown_ns};

    pthread_mutex_lock(&player->lock);
    put_order(player, &order);
    pthread_mutex_unlock(&player->lock);
    worker_wake(&player->worker);
}

static void put_search(struct player *player, const struct player_order *order)
{
    pthread_mutex_lock(&player->lock);
    put_order(player, order);
    player->state.playing = false;
    pthread_mutex_unlock(&player->lock);
    worker_wake(&player->worker);
}

void player_search(void *data, bool backward, struct filter *filter, int64_t shown_ns)
{
    const struct player_order order = {
        .task = TASK_SEARCH, .backward = backward, .filter = filter, .shown_ns = shown_ns};

    put_search(data, &order);
}

void player_search_when(void *data, bool backward, struct filter *filter, int64_t shown_ns)
{
    const struct player_order order = {.task = TASK_SEARCH,
                                       .backward = backward,
                                       .when = true,
                                       .filter = filter,
                                       .shown_ns = shown_ns};

    put_search(data, &order);
}
