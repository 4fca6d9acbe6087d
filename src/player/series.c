/* player_series: reads the frames before the one shown once more, for the graphs of an open page.
 * In the player's thread, from a source of its own, a frame at a time: orders have priority. */
#include "base/clock.h"
#include "player/private.h"

#include <errno.h>

/* Limits the work where the log has a gap, or frames come faster than their interval. */
#define FRAMES_MOST 8u /* times the number wanted */

/* The number identifies query and reader. */
static uint32_t number_of(uint32_t asked, enum series_reader reader)
{
    return asked * SERIES_READERS + (uint32_t)reader;
}

uint32_t player_series(void *data, const struct series_query *query)
{
    struct player *player = data;
    struct series_slot *slot = &player->series.slots[query->reader];

    pthread_mutex_lock(&player->lock);
    const uint32_t number = player->series.history ? number_of(++slot->asked, query->reader) : 0;
    struct heat *before = slot->query.heat;
    slot->query = *query;
    pthread_mutex_unlock(&player->lock);
    heat_release(before);
    worker_wake(&player->worker);
    return number;
}

bool player_series_read(void *data, uint32_t number, struct series *found)
{
    struct player *player = data;
    const enum series_reader reader = (enum series_reader)(number % SERIES_READERS);
    const struct series_slot *slot = &player->series.slots[reader];

    pthread_mutex_lock(&player->lock);
    const bool there = number != 0 && number_of(slot->done, reader) == number;
    if (there && found)
        *found = slot->found;
    pthread_mutex_unlock(&player->lock);
    return there;
}

static void publish(struct player *player)
{
    struct player_series *series = &player->series;
    struct series_slot *slot = &series->slots[series->reader];

    series->running = 0;
    pthread_mutex_lock(&player->lock);
    slot->done = series->of[series->reader];
    slot->found = series->reading;
    player->state.series_count++;
    pthread_mutex_unlock(&player->lock);
    player_signal(player);
}

/* True: `series->current` is a new one. A query being read continues unless it was replaced; the
 * page's has priority over the header's. */
static bool take_newest(struct player *player)
{
    struct player_series *series = &player->series;
    struct heat *before = series->current.heat;
    bool found = false;

    pthread_mutex_lock(&player->lock);
    for (unsigned i = 0; i < SERIES_READERS && !found; i++) {
        const struct series_slot *slot = &series->slots[i];
        if (slot->asked == series->of[i] || (series->running > 0 && i != series->reader))
            continue;
        series->reader = (enum series_reader)i;
        series->of[i] = slot->asked;
        series->current = slot->query;
        if (series->current.heat)
            heat_reference(series->current.heat);
        found = true;
    }
    pthread_mutex_unlock(&player->lock);
    if (found)
        heat_release(before);
    return found;
}

static void set_lack(struct player *player, int error)
{
    player_set_lack(player, LACK_GRAPHS + (unsigned)player->series.reader, error);
}

/* True: there is a query that is not answered. */
static bool take_query(struct player *player)
{
    struct player_series *series = &player->series;

    if (!take_newest(player))
        return series->running > 0;
    const struct series_query *query = &series->current;
    const int64_t step_ns = query->interval_ns > 0 ? query->interval_ns : SECOND_NS;
    series->reading.count = 0;
    series->running = FRAMES_MOST * query->frames;
    const int error = series->history->ops->travel->seek(
        series->history, query->before_wall_ns - step_ns * query->frames);
    if (error) {
        set_lack(player, error);
        publish(player);
    }
    return true;
}

/* The next frame of the history; NULL if there is none. */
static int next_frame(struct player *player, struct frame **out)
{
    struct frame *frame = frame_new(player->pool);
    struct wish wish;

    pthread_mutex_lock(&player->lock);
    wish = player->wish;
    pthread_mutex_unlock(&player->lock);
    const int error = frame ? source_next(player->series.history, frame, &wish) : -ENOMEM;
    if (error)
        frame_release(frame);
    *out = error ? NULL : frame;
    return error;
}

int player_next_before(struct player *player, int64_t mono_ns, struct frame **out)
{
    const int error = next_frame(player, out);

    if (error || (*out)->mono_ns < mono_ns)
        return error;
    frame_release(*out);
    *out = NULL;
    return -ENODATA;
}

/* Merged frames of several logs are counted by each source from its own last jump on: the numbers become
 * those of the source whose frame is shown. 0, which precedes all: its frame was not reached. */
static void renumber(struct player_series *series, const struct frame *last, bool is_reached)
{
    const uint64_t shift = series->current.before_number - last->number;

    for (uint32_t i = 0; i < series->reading.count && last->host_count > 0; i++) {
        struct series_sample *sample = &series->reading.samples[i];
        sample->number = is_reached ? sample->number + shift : 0;
    }
}

static void take(struct player_series *series, const struct frame *frame)
{
    struct series_sample sample;

    if (series->current.heat)
        heat_take(series->current.heat, frame);
    else if (series_take(&series->current.subject, frame, &sample))
        series_append(&series->reading, &sample);
}

bool player_series_some(struct player *player)
{
    struct player_series *series = &player->series;

    if (!series->history || !take_query(player))
        return false;
    if (series->running == 0) /* that one is answered; look for another */
        return true;
    struct frame *frame;
    set_lack(player, next_frame(player, &frame));
    const bool is_reached = frame && frame->mono_ns >= series->current.before_mono_ns;
    if (frame && !is_reached)
        take(series, frame);
    const bool is_done = !frame || is_reached || --series->running == 0;
    if (frame && is_done)
        renumber(series, frame, is_reached);
    if (is_done)
        publish(player);
    frame_release(frame);
    return true;
}

void player_series_disturbed(struct player *player)
{
    struct player_series *series = &player->series;

    if (series->running > 0)
        series->of[series->reader]--; /* take it up again later */
    series->running = 0;
}

void player_series_done(struct player *player)
{
    heat_release(player->series.current.heat);
    for (unsigned i = 0; i < SERIES_READERS; i++)
        heat_release(player->series.slots[i].query.heat);
}
