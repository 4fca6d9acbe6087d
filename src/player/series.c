/* player_series: reads the frames before the one shown once more, for the graphs of an open page.
 * In the player's thread, from a source of its own, a frame at a time: orders come first. */
#include "base/clock.h"
#include "player/private.h"

/* A gap in the log, or frames that come faster than their interval: not more are looked at. */
#define FRAMES_MOST (8 * SERIES_MOST)

uint32_t player_series(void *data, const struct series_query *query)
{
    struct player *player = data;

    pthread_mutex_lock(&player->lock);
    struct player_series *series = &player->series;
    const uint32_t id = series->history ? ++series->asked : 0;
    series->query = *query;
    pthread_mutex_unlock(&player->lock);
    worker_wake(&player->worker);
    return id;
}

bool player_series_read(void *data, uint32_t id, struct series *found)
{
    struct player *player = data;

    pthread_mutex_lock(&player->lock);
    const bool there = id != 0 && player->series.done == id;
    if (there)
        *found = player->series.found;
    pthread_mutex_unlock(&player->lock);
    return there;
}

static void publish(struct player *player)
{
    struct player_series *series = &player->series;

    series->running = 0;
    pthread_mutex_lock(&player->lock);
    series->done = series->of;
    series->found = series->reading;
    player->state.series_count++;
    pthread_mutex_unlock(&player->lock);
    player_signal(player);
}

/* True: there is a query that is not answered. */
static bool take_query(struct player *player)
{
    struct player_series *series = &player->series;

    pthread_mutex_lock(&player->lock);
    const bool is_new = series->asked != series->of;
    series->of = series->asked;
    if (is_new)
        series->current = series->query;
    pthread_mutex_unlock(&player->lock);
    if (!is_new)
        return series->running > 0;
    const struct series_query *query = &series->current;
    const int64_t step_ns = query->interval_ns > 0 ? query->interval_ns : SECOND_NS;
    series->reading.count = 0;
    series->running = FRAMES_MOST;
    if (series->history->ops->travel->seek(series->history,
                                           query->before_wall_ns - step_ns * SERIES_MOST) != 0)
        publish(player);
    return series->running > 0;
}

/* The next frame of the history, if it comes before the one shown. */
static struct frame *next_before(struct player *player)
{
    const struct player_series *series = &player->series;
    struct frame *frame = frame_new(player->pool);
    struct wish wish;

    pthread_mutex_lock(&player->lock);
    wish = player->wish;
    pthread_mutex_unlock(&player->lock);
    if (frame && source_next(series->history, frame, &wish) == 0 &&
        frame->mono_ns < series->current.before_mono_ns)
        return frame;
    frame_release(frame);
    return NULL;
}

bool player_series_some(struct player *player)
{
    struct player_series *series = &player->series;
    struct series_sample sample;

    if (!series->history || !take_query(player))
        return false;
    struct frame *frame = next_before(player);
    if (frame && series_take(&series->current.subject, frame, &sample))
        series_append(&series->reading, &sample);
    if (!frame || --series->running == 0)
        publish(player);
    frame_release(frame);
    return series->running > 0;
}

void player_series_disturbed(struct player *player)
{
    struct player_series *series = &player->series;

    if (series->running > 0)
        series->of--; /* as if it had not been taken up */
    series->running = 0;
}
