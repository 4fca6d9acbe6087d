/* top_feed: opens collector or log, starts their threads, and connects them with the screen. */
#include "command/top_feed.h"

#include "command/at_time.h"
#include "command/finding_options.h"
#include "command/log_source.h"
#include "command/open_source.h"
#include "options/output.h"
#include "source/log/replay.h"
#include "source/past/past.h"
#include "source/privilege.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int say(int code, const char *what, const char *why)
{
    message("%s: %s", what, why);
    return code;
}

struct wish top_feed_wish(const struct options *options, const struct finding_settings *findings)
{
    return (struct wish){.interval_ns = options->interval_ns,
                         /* for the header and the finding line, from the first frame on */
                         .needs = NEED_HOST_FACTS | NEED_FEW | finding_needs(findings),
                         .state_bits = state_class_bits(options->class),
                         .families = options->families,
                         .refresh = options->refresh,
                         .budget_percent = options->budget_percent};
}

static int open_collector(struct top_feed *feed)
{
    struct collector_settings settings = {.wish = top_feed_wish(feed->options, &feed->findings),
                                          .events = feed->options->events,
                                          .walk_by_bpf = options_may_use_bpf(feed->options),
                                          .every_netns = options_netns(feed->options) != NULL,
                                          .all_netns = options_shows_all_netns(feed->options),
                                          .highlight_ns = feed->options->highlight_ns,
                                          .findings = &feed->findings,
                                          .ring_capacity = EVENT_RING_DEFAULT};
    char why[OPEN_SOURCE_WHY_MAX] = "";
    int error = open_source(&settings.source, feed->options, why);
    if (error) {
        message("%s", why);
        return error == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
    }
    settings.events_why = why;
    error = collector_new(&feed->collector, &settings);
    if (error) {
        source_close(settings.source);
        if (!why[0])
            return say(EXIT_FAILED, "collector", strerror(-error));
        message("%s", why);
        return EXIT_FAILED;
    }
    feed->consumer = collector_add_consumer(feed->collector);
    return feed->consumer < 0 ? say(EXIT_FAILED, "collector", strerror(-feed->consumer))
                              : EXIT_DONE;
}

static struct frame *next_live(void *data, const struct wish *wish, bool *over, char *why)
{
    struct top_feed *feed = data;
    struct frame *frame = collector_latest(feed->collector);

    (void)wish;
    (void)over;
    (void)why;
    if (frame && frame->number == feed->number) {
        frame_release(frame);
        return NULL;
    }
    feed->number = frame ? frame->number : 0;
    return frame;
}

static struct frame *next_of_pipe(void *data, const struct wish *wish, bool *over, char *why)
{
    struct top_feed *feed = data;
    struct frame *frame = frame_new(feed->pipe_pool);
    int error = frame ? source_next(feed->pipe, frame, wish) : -ENOMEM;

    if (!error)
        error =
            finding_engine_complete(feed->pipe_findings, frame,
                                    &(struct finding_input){.frame = frame, .ring = feed->ring});
    if (!error)
        return frame;
    *over = error != -EAGAIN;
    if (error != -EAGAIN && error != -ENODATA)
        snprintf(why, PLAYER_WHY_MAX, "%s",
                 frame && frame->missing.text[0] ? frame->missing.text : strerror(-error));
    frame_release(frame);
    return NULL;
}

/* A player over the history of live frames. */
static int open_past(struct top_feed *feed, struct player_present present, bool replay)
{
    struct event_ring *ring = feed->collector ? collector_events(feed->collector) : feed->ring;
    struct player_settings settings = {.present = present,
                                       .replay = replay,
                                       .findings = &feed->findings,
                                       .ring = ring,
                                       .wish = top_feed_wish(feed->options, &feed->findings)};
    int error = past_new(&feed->past, feed->options->past_bytes);

    if (!error)
        error = past_open(&settings.source, feed->past, ring);
    if (!error)
        error = past_open(&settings.history, feed->past, NULL);
    settings.present.past = feed->past;
    settings.present.data = feed;
    if (!error)
        error = player_new(&feed->player, &settings);
    if (!error)
        return EXIT_DONE;
    source_close(settings.source);
    source_close(settings.history);
    return say(EXIT_FAILED, "past", strerror(-error));
}

static int open_live(struct top_feed *feed)
{
    int code = open_collector(feed);

    if (!code)
        top_record_init(&feed->record, feed->options, feed->collector);
    if (code || feed->options->past_bytes == 0)
        return code;
    const struct player_present present = {
        .next = next_live, .descriptor = feed->consumer, .drain = true};
    return open_past(feed, present, false);
}

/* A pipe brings another machine's live frames; their history is kept as for a live screen. */
static int open_pipe(struct top_feed *feed, struct source *log)
{
    const struct player_present present = {.next = next_of_pipe,
                                           .descriptor = replay_descriptor(log)};
    feed->pipe = log;
    feed->pipe_pool = frame_pool_new();
    feed->pipe_findings = finding_engine_new(&feed->findings);
    if (!feed->pipe_pool || !feed->pipe_findings)
        return say(EXIT_FAILED, "replay", strerror(ENOMEM));
    return open_past(feed, present, true);
}

static int open_file(struct top_feed *feed, struct source *log, struct source *history)
{
    const struct player_settings settings = {.source = log,
                                             .history = history,
                                             .replay = true,
                                             .findings = &feed->findings,
                                             .ring = feed->ring,
                                             .wish = top_feed_wish(feed->options, &feed->findings)};
    int64_t first_ns, last_ns;
    int error = log->ops->travel->span(log, &first_ns, &last_ns);

    if (!error)
        error = player_new(&feed->player, &settings);
    if (!error)
        return EXIT_DONE;
    source_close(log);
    source_close(history);
    return say(EXIT_FAILED, log_source_name(feed->options),
               error == -ENODATA ? "there is no whole frame in it" : strerror(-error));
}

static int open_log(struct top_feed *feed)
{
    const struct options *options = feed->options;
    struct source *log = NULL, *history = NULL;
    char why[OPEN_SOURCE_WHY_MAX] = "";

    if (log_source_open(&log, options, why, sizeof(why))) {
        message("%s", why);
        return EXIT_FAILED;
    }
    const bool is_pipe = log_source_is_pipe(options, log);
    if (!is_pipe && log_source_open(&history, options, why, sizeof(why))) {
        source_close(log);
        message("%s", why);
        return EXIT_FAILED;
    }
    feed->ring = event_ring_new(EVENT_RING_DEFAULT);
    if (!feed->ring || !open_source_redact(log, options) ||
        (history && !open_source_redact(history, options))) {
        source_close(log);
        source_close(history);
        return say(EXIT_FAILED, "replay", strerror(ENOMEM));
    }
    privilege_keep(0); /* the log is open: no privilege is needed any more */
    log_source_set_ring(options, log, feed->ring);
    return is_pipe ? open_pipe(feed, log) : open_file(feed, log, history);
}

int top_feed_open(struct top_feed *feed, const struct options *options, const char *path)
{
    *feed = (struct top_feed){.options = options, .consumer = -1};
    if (finding_options_read(options, &feed->findings))
        return EXIT_USAGE;
    feed->wish = top_feed_wish(options, &feed->findings);
    return path ? open_log(feed) : open_live(feed);
}

void top_feed_done(struct top_feed *feed)
{
    player_free(feed->player);
    if (feed->record.collector)
        top_record_done(&feed->record);
    past_free(feed->past);
    source_close(feed->pipe);
    finding_engine_free(feed->pipe_findings);
    if (feed->pipe_pool)
        frame_pool_release(feed->pipe_pool);
    if (feed->consumer >= 0)
        collector_forget_consumer(feed->collector, feed->consumer);
    collector_free(feed->collector);
    event_ring_free(feed->ring);
    *feed = (struct top_feed){.consumer = -1};
}

static struct frame *latest(void *data)
{
    struct top_feed *feed = data;
    return feed->player ? player_latest(feed->player) : collector_latest(feed->collector);
}

/* A recording needs every row, and more facts than the screen may show. */
static void notify_collector(struct top_feed *feed)
{
    struct wish wish = feed->wish;
    if (top_record_is_on(&feed->record))
        wish.needs |= TOP_RECORD_NEEDS | NEED_EVERY_ROW |
                      (feed->options->detail ? (uint32_t)NEED_DETAIL : 0u);
    collector_set_wish(feed->collector, &wish);
}

static void set_wish(void *data, const struct wish *wish)
{
    struct top_feed *feed = data;
    if (feed->player)
        player_set_wish(feed->player, wish);
    feed->wish = *wish;
    if (feed->collector)
        notify_collector(feed);
}

static void toggle_recording(void *data)
{
    struct top_feed *feed = data;
    top_record_toggle(&feed->record);
    notify_collector(feed);
}

static void recording(void *data, struct screen_recording *state)
{
    top_record_state(&((struct top_feed *)data)->record, state);
}

static void trouble(void *data, char *text, size_t size)
{
    struct top_feed *feed = data;
    text[0] = '\0';
    if (feed->player)
        player_trouble(feed->player, text, size);
    if (feed->collector && !text[0])
        collector_trouble(feed->collector, text, size);
}

void top_feed_fill(struct top_feed *feed, struct screen_settings *settings)
{
    settings->feed = (struct screen_feed){
        .latest = latest,
        .frame_descriptor = feed->player ? player_descriptor(feed->player) : feed->consumer,
        .events = feed->collector ? collector_events(feed->collector) : feed->ring,
        .set_wish = set_wish,
        .trouble = trouble,
        .data = feed};
    settings->live = feed->collector != NULL;
    if (feed->collector && !options_have_hosts(feed->options)) {
        feed->recorder =
            (struct screen_recorder){.toggle = toggle_recording, .state = recording, .data = feed};
        settings->recorder = &feed->recorder;
    }
    if (!feed->player)
        return;
    feed->transport =
        (struct screen_transport){.order = player_order,
                                  .seek = player_seek,
                                  .search = player_search,
                                  .search_when = player_search_when,
                                  .state = player_state,
                                  .series = player_series,
                                  .series_read = player_series_read,
                                  .parse_time = at_time_parse,
                                  .time_expected = AT_TIME_EXPECTED_BEFORE("what is shown"),
                                  .data = feed->player};
    settings->transport = &feed->transport;
}

int top_feed_start(struct top_feed *feed)
{
    int error = feed->collector ? collector_start(feed->collector) : 0;
    if (!error && feed->player)
        error = player_start(feed->player);
    return error;
}

void top_feed_ask_stop(struct top_feed *feed)
{
    if (feed->collector)
        collector_ask_stop(feed->collector);
    if (feed->player)
        player_ask_stop(feed->player);
    if (feed->record.collector)
        top_record_ask_stop(&feed->record);
}

void top_feed_suspend(struct top_feed *feed)
{
    if (feed->record.collector)
        top_record_suspend(&feed->record);
}

bool top_feed_join(struct top_feed *feed, int64_t timeout_ns)
{
    bool joined = !feed->player || player_join(feed->player, timeout_ns);
    if (feed->record.collector)
        joined = top_record_join(&feed->record, joined ? timeout_ns : 0) && joined;
    return (!feed->collector || collector_join(feed->collector, joined ? timeout_ns : 0)) && joined;
}

uint64_t top_feed_missed(struct top_feed *feed)
{
    return feed->record.collector ? top_record_missed(&feed->record) : 0;
}
