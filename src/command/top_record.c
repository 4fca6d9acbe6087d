/* top_record: starts and stops the recorder, reports how it goes. */
#include "command/top_record.h"

#include "command/log_path.h"
#include "core/text/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct frame *latest(void *data)
{
    return collector_latest(data);
}

void top_record_init(struct top_record *record, const struct options *options,
                     struct collector *collector)
{
    *record = (struct top_record){.options = options, .collector = collector, .consumer = -1};
    pthread_mutex_init(&record->lock, NULL);
}

/* With the lock held, as all below up to the public functions. */
static void release(struct top_record *record)
{
    recorder_free(record->recorder);
    record->recorder = NULL;
    record->stopping = false;
    if (record->consumer >= 0)
        collector_forget_consumer(record->collector, record->consumer);
    record->consumer = -1;
}

static void say(struct top_record *record, bool trouble, const char *text)
{
    struct screen_recording *state = &record->state;
    snprintf(state->said, sizeof(state->said), "%s", text);
    state->trouble = trouble;
    state->said_count++;
}

static int open_recorder(struct top_record *record, char *why, size_t size)
{
    struct log_settings settings = {0};
    int error = log_path_default(record->path, sizeof(record->path), why);

    if (error)
        return error;
    log_settings_fill(&settings, record->options, record->path);
    record->consumer = collector_add_consumer(record->collector);
    if (record->consumer < 0) {
        snprintf(why, size, "%s", strerror(-record->consumer));
        return record->consumer;
    }
    const struct record_source source = {.latest = latest,
                                         .data = record->collector,
                                         .ring = collector_events(record->collector),
                                         .descriptor = record->consumer};
    error = recorder_new(&record->recorder, &settings, &source, why, size);
    if (error)
        return error;
    error = recorder_start(record->recorder);
    if (error)
        snprintf(why, size, "%s", strerror(-error));
    return error;
}

static void start(struct top_record *record)
{
    char why[LOG_PATH_WHY_MAX + NAME_MAX] = "", text[sizeof(record->state.said)];

    if (open_recorder(record, why, sizeof(why)) != 0) {
        release(record);
        snprintf(text, sizeof(text), "not recorded: %.250s", why);
        say(record, true, text);
        return;
    }
    record->state.on = true;
    record->state.bytes = record->state.missed = 0;
    record->incidents = 0;
    snprintf(text, sizeof(text), "recording to %.250s (R stops)", record->path);
    say(record, false, text);
}

static void say_end(struct top_record *record, const struct log_stats *stats)
{
    char bytes[16], text[sizeof(record->state.said)];

    text_bytes(bytes, sizeof(bytes), stats->bytes, 9.95, "");
    if (stats->missed_frames || stats->trouble[0])
        snprintf(text, sizeof(text),
                 "recorded %" PRIu64 " frames, missed %" PRIu64 "%s%.60s: %.160s", stats->frames,
                 stats->missed_frames, stats->trouble[0] ? ", " : "", stats->trouble, record->path);
    else
        snprintf(text, sizeof(text), "recorded %" PRIu64 " frames, %s: %.200s", stats->frames,
                 bytes, record->path);
    say(record, stats->missed_frames || stats->trouble[0], text);
    record->missed += stats->missed_frames;
}

static void look(struct top_record *record)
{
    struct screen_recording *state = &record->state;
    struct log_stats stats;

    if (!record->recorder)
        return;
    recorder_stats(record->recorder, &stats);
    state->bytes = stats.bytes;
    state->missed = stats.missed_frames;
    if (stats.incidents != record->incidents)
        say(record, true, stats.incident);
    record->incidents = stats.incidents;
    if (strcmp(state->wrong, stats.trouble) != 0)
        snprintf(state->wrong, sizeof(state->wrong), "%s", stats.trouble);
    if (!recorder_ended(record->recorder) &&
        !(record->stopping && recorder_join(record->recorder, 0)))
        return;
    recorder_stats(record->recorder, &stats);
    say_end(record, &stats);
    release(record);
    state->on = false;
    state->missed = 0;
    state->wrong[0] = '\0';
}

void top_record_toggle(void *data)
{
    struct top_record *record = data;

    pthread_mutex_lock(&record->lock);
    if (!record->recorder) {
        start(record);
    } else {
        record->stopping = true; /* the end is reported when everything is written */
        recorder_ask_stop(record->recorder);
    }
    pthread_mutex_unlock(&record->lock);
}

void top_record_state(void *data, struct screen_recording *state)
{
    struct top_record *record = data;

    pthread_mutex_lock(&record->lock);
    look(record);
    *state = record->state;
    pthread_mutex_unlock(&record->lock);
}

bool top_record_is_on(struct top_record *record)
{
    pthread_mutex_lock(&record->lock);
    const bool on = record->recorder != NULL;
    pthread_mutex_unlock(&record->lock);
    return on;
}

void top_record_suspend(struct top_record *record)
{
    pthread_mutex_lock(&record->lock);
    if (record->recorder)
        recorder_note_gap(record->recorder, "suspended");
    pthread_mutex_unlock(&record->lock);
}

void top_record_ask_stop(struct top_record *record)
{
    pthread_mutex_lock(&record->lock);
    if (record->recorder)
        recorder_ask_stop(record->recorder);
    pthread_mutex_unlock(&record->lock);
}

bool top_record_join(struct top_record *record, int64_t timeout_ns)
{
    /* the screen has ended: nobody else takes the lock for long */
    return !record->recorder || recorder_join(record->recorder, timeout_ns);
}

uint64_t top_record_missed(struct top_record *record)
{
    struct log_stats stats = {0};

    if (record->recorder)
        recorder_stats(record->recorder, &stats);
    return record->missed + stats.missed_frames;
}

void top_record_done(struct top_record *record)
{
    release(record);
    pthread_mutex_destroy(&record->lock);
}
