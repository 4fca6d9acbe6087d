/* top_feed: where the screen's frames come from: the live kernel (or the demo) with its history, a
 * log, or a pipe with another machine's frames. Independent of the terminal. */
#ifndef TCPLENS_COMMAND_TOP_FEED_H
#define TCPLENS_COMMAND_TOP_FEED_H

#include "collect/collect.h"
#include "command/top_record.h"
#include "options/options.h"
#include "player/player.h"
#include "ui/screen/screen.h"

struct top_feed {
    const struct options *options;
    struct collector *collector; /* NULL: a log or a pipe */
    struct player *player;       /* NULL: live without a history */
    struct past *past;
    struct source *pipe; /* where the frames of a pipe come from; used by the player's thread */
    struct frame_pool *pipe_pool;
    struct finding_engine *pipe_findings;
    uint64_t number;         /* of the frame that the player got last; used by its thread */
    struct event_ring *ring; /* of a log or a pipe */
    struct finding_settings findings;
    int consumer; /* of the collector: the screen's or the player's; -1 = none */
    struct screen_transport transport;
    struct top_record record; /* live only */
    struct screen_recorder recorder;
    struct wish wish; /* of the screen, the latest */
};

/* path: the log to replay, "-" = standard input; NULL = live. Returns an exit code, after a message
 * where it failed. */
int top_feed_open(struct top_feed *feed, const struct options *options, const char *path);
void top_feed_done(struct top_feed *feed);
/* Fills in the settings of the screen that depend on it. */
void top_feed_fill(struct top_feed *feed, struct screen_settings *settings);

int top_feed_start(struct top_feed *feed);    /* 0 or -errno */
void top_feed_suspend(struct top_feed *feed); /* before the program stops */
void top_feed_ask_stop(struct top_feed *feed);
bool top_feed_join(struct top_feed *feed, int64_t timeout_ns); /* false: a thread still runs */

/* Frames missing from the logs of this run; valid once all threads have ended. */
uint64_t top_feed_missed(struct top_feed *feed);

/* The first wish of the screen. */
struct wish top_feed_wish(const struct options *options, const struct finding_settings *findings);

#endif
