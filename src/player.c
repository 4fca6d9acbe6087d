/* player: the thread, its orders, and what others may ask of it from any thread. Must not know how
 * frames are found: player_play.c does. */
#include "base/clock.h"
#include "player_private.h"
#include "source/privilege.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static void signal_eventfd(int descriptor)
{
    const uint64_t one = 1;
    ssize_t written = write(descriptor, &one, sizeof one);
    (void)written; /* a full counter is as good a signal */
}

static void drain_eventfd(int descriptor)
{
    uint64_t count;
    ssize_t got = read(descriptor, &count, sizeof count);
    (void)got;
}

void player_signal(struct player *player)
{
    signal_eventfd(player->frames);
}

void player_say(struct player *player, const char *text)
{
    pthread_mutex_lock(&player->lock);
    snprintf(player->state.said, sizeof(player->state.said), "%s", text);
    player->state.said_count++;
    pthread_mutex_unlock(&player->lock);
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
    made->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    made->frames = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    made->pool = frame_pool_new();
    if (made->wake < 0 || made->frames < 0 || !made->pool) {
        player_free(made);
        return -ENOMEM;
    }
    made->source = settings->source;
    *player = made;
    return 0;
}

void player_free(struct player *player)
{
    if (!player)
        return;
    if (player->running) {
        player_ask_stop(player);
        pthread_join(player->thread, NULL);
    }
    source_close(player->source);
    frame_release(player->shown);
    frame_release(player->newest);
    frame_pool_release(player->pool);
    filter_free(player->filter);
    event_match_done(&player->match);
    filter_free(player->order.filter);
    if (player->wake >= 0)
        close(player->wake);
    if (player->frames >= 0)
        close(player->frames);
    pthread_mutex_destroy(&player->lock);
    free(player);
}

/* True: to stop. */
static bool take_order(struct player *player, struct player_order *order)
{
    pthread_mutex_lock(&player->lock);
    *order = player->order;
    player->order = (struct player_order){.task = TASK_NONE};
    const bool stop = player->stop;
    pthread_mutex_unlock(&player->lock);
    return stop;
}

static void wait_until(struct player *player, int64_t due_ns)
{
    struct pollfd polled[] = {
        {.fd = player->wake, .events = POLLIN},
        {.fd = player->over ? -1 : player->present.descriptor, .events = POLLIN}};
    const nfds_t count = player->present.next ? 2 : 1;
    int64_t left_ns = due_ns == INT64_MAX ? 0 : due_ns - clock_mono_ns();
    left_ns = left_ns > 0 ? left_ns : 0;
    const struct timespec left = {left_ns / SECOND_NS, left_ns % SECOND_NS};

    if (ppoll(polled, count, due_ns == INT64_MAX ? NULL : &left, NULL) <= 0)
        return;
    if (polled[0].revents)
        drain_eventfd(player->wake);
    if (count > 1 && polled[1].revents && player->present.drain)
        drain_eventfd(player->present.descriptor);
}

static void *player_main(void *data)
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
    return NULL;
}

int player_start(struct player *player)
{
    sigset_t all, before;

    /* main takes all signals; the deadly ones stay open for its handler */
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    sigfillset(&all);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        sigdelset(&all, deadly[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&player->thread, NULL, player_main, player);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return -error;
    pthread_setname_np(player->thread, "player");
    player->running = true;
    return 0;
}

void player_ask_stop(struct player *player)
{
    pthread_mutex_lock(&player->lock);
    player->stop = true;
    pthread_mutex_unlock(&player->lock);
    signal_eventfd(player->wake);
}

bool player_join(struct player *player, int64_t timeout_ns)
{
    const int64_t end_ns = clock_wall_ns() + timeout_ns;
    const struct timespec end = {end_ns / SECOND_NS, end_ns % SECOND_NS};

    if (player->running && pthread_timedjoin_np(player->thread, NULL, &end) != 0)
        return false;
    player->running = false;
    return true;
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

/* With the lock. What goes to another frame ends the search that runs. */
static void put_order(struct player *player, const struct player_order *order)
{
    filter_free(player->order.filter);
    player->order = *order;
    player->order.cancel = true;
}

/* With the lock. Steps that have not been made yet add up. */
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
    signal_eventfd(player->wake);
}

void player_seek(void *data, int64_t wall_ns, int64_t shown_ns)
{
    struct player *player = data;
    const struct player_order order = {.task = TASK_SEEK, .wall_ns = wall_ns, .shown_ns = shown_ns};

    pthread_mutex_lock(&player->lock);
    put_order(player, &order);
    pthread_mutex_unlock(&player->lock);
    signal_eventfd(player->wake);
}

void player_search(void *data, bool backward, struct filter *filter, int64_t shown_ns)
{
    struct player *player = data;
    const struct player_order order = {
        .task = TASK_SEARCH, .backward = backward, .filter = filter, .shown_ns = shown_ns};

    pthread_mutex_lock(&player->lock);
    put_order(player, &order);
    player->state.playing = false;
    pthread_mutex_unlock(&player->lock);
    signal_eventfd(player->wake);
}
