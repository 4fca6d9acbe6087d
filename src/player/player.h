/* The player: a thread that gives the screen the frames of a source that can go back: a log at its
 * own pace, or the history of the live screen. Only this thread reads that source, so that the
 * screen never waits for a disk. */
#ifndef TCPLENS_PLAYER_PLAYER_H
#define TCPLENS_PLAYER_PLAYER_H

#include "core/event.h"
#include "core/finding/finding.h"
#include "core/frame.h"
#include "core/wish.h"
#include "source/source.h"
#include "ui/transport.h"

#define PLAYER_WHY_MAX 160

struct player;
struct past;

/* Where live frames come from, if there are any. */
struct player_present {
    /* A reference to a frame newer than the last, NULL: none yet. *over: there will be no more;
     * why: the error, if it was one. Called in the player's thread. */
    struct frame *(*next)(void *data, const struct wish *wish, bool *over,
                          char why[PLAYER_WHY_MAX]);
    int descriptor; /* readable when there may be one; the player reads it if `drain` */
    bool drain;
    struct past *past; /* keeps its frames */
    void *data;
};

struct player_settings {
    struct source *source;   /* with travel; taken over: closed by player_free */
    struct source *history;  /* the same once more, for graphs and for what findings need of
                              * the frames before; taken over; NULL: none */
    struct event_ring *ring; /* filled by the source, NULL = none */
    const struct finding_settings *findings; /* frames carry findings; NULL = they do not */
    struct player_present present;           /* next NULL: a log in a file */
    bool replay;
    struct wish wish;
};

int player_new(struct player **player, const struct player_settings *settings); /* 0 or -errno */
void player_free(struct player *player); /* stops the thread first if it runs */
int player_start(struct player *player); /* 0 or -errno */
void player_ask_stop(struct player *player);
bool player_join(struct player *player, int64_t timeout_ns); /* false: still running */

/* From any thread. */
struct frame *player_latest(struct player *player); /* a reference, NULL before the first */
/* an eventfd: a new frame, or a changed state */
int player_descriptor(const struct player *player);
void player_set_wish(struct player *player, const struct wish *wish);
void player_trouble(struct player *player, char *text, size_t size);

/* As struct screen_transport has them. */
void player_order(void *player, enum transport_order order, int64_t shown_ns);
void player_seek(void *player, int64_t wall_ns, int64_t shown_ns);
void player_search(void *player, bool backward, struct filter *filter, int64_t shown_ns);
void player_search_when(void *player, bool backward, struct filter *filter, int64_t shown_ns);
void player_state(void *player, struct transport_state *state);
uint32_t player_series(void *player, const struct series_query *query);
bool player_series_read(void *player, uint32_t number, struct series *found);

#endif
