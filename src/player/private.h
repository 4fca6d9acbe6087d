/* Private to player*.c. */
#ifndef TCPLENS_PLAYER_PRIVATE_H
#define TCPLENS_PLAYER_PRIVATE_H

#include "base/worker.h"
#include "core/event_match.h"
#include "player/player.h"

#include <pthread.h>

/* What may be incomplete, each until it has been read anew. */
enum player_lack {
    LACK_SPAN,
    LACK_DENSITY,
    LACK_FINDINGS,
    LACK_GRAPHS, /* of the first series_reader; then of the others */
    LACKS = LACK_GRAPHS + SERIES_READERS
};

enum player_task { TASK_NONE, TASK_STEP, TASK_SEEK, TASK_SEARCH, TASK_NOW };

struct player_order { /* what to do next; a new one replaces the last */
    enum player_task task;
    int steps;        /* < 0: back */
    int64_t wall_ns;  /* TASK_SEEK */
    int64_t shown_ns; /* what the screen shows */
    bool backward;    /* TASK_SEARCH */
    bool when;        /* TASK_SEARCH: for a frame in which the filter matches a row, not
                an event */
    struct filter *filter;
    bool cancel; /* the search that runs */
};

struct series_slot { /* of one reader; guarded by the player's lock */
    uint32_t asked, done;
    struct series_query query;
    struct series found;
};

struct player_series { /* of the frames before one, read from the history */
    struct source *history;
    enum series_reader reader;   /* of the query being read, or read last */
    uint32_t running;            /* frames that may still be read; 0 = idle */
    uint32_t of[SERIES_READERS]; /* number of the query being read, or read last */
    struct series_query current;
    struct series reading;
    struct series_slot slots[SERIES_READERS];
};

struct player_condition { /* of rows, that is looked for */
    bool runs, backward;
    struct filter *filter;
    bool was, first; /* whether the filter matched in the last frame; there is none yet */
    int64_t from_ns, limit_ns, chunk_ns, first_ns, found_ns, reached_ns;
};

struct player_findings { /* of the frames shown */
    bool wanted;
    struct finding_settings settings;
    struct finding_engine *engine; /* NULL: nothing was shown yet, or out of memory */
    struct event_ring *ring;
};

struct player {
    struct source *source;
    const struct source_travel *travel;
    struct player_present present;
    struct frame_pool *pool;
    struct worker worker;
    int frames; /* eventfd for the screen: there is something new */

    /* used by the player's thread only */
    int64_t given_at_ns;     /* monotonic: when the present frame was shown */
    bool over;               /* there will be no more live frames */
    uint64_t memory_refused; /* when a frame was read last */
    bool placed;             /* the source is positioned at the frame shown */
    struct filter *filter;   /* of the search that runs */
    struct event_match match;
    struct density_part parts[TRANSPORT_PARTS];
    unsigned density_left; /* stretches that remain to be counted */
    bool density_runs;
    int64_t density_begin_ns, density_end_ns, reported_ns;
    unsigned density_part;
    int64_t credit_ns, past_cost_ns; /* CPU that keeping the history may take, and takes */
    struct player_series series;
    struct player_findings findings;
    struct player_condition condition;

    pthread_mutex_t lock; /* guards what follows */
    struct wish wish;
    struct frame *shown, *newest; /* shown: of the source; newest: the live one */
    struct transport_state state;
    int lacks[LACKS]; /* -errno, or 0 */
    struct player_order order;
    char trouble[PLAYER_WHY_MAX];
};

void player_signal(struct player *player); /* wakes the screen: something changed */
void player_say(struct player *player, const char *text);
/* Says that it is incomplete, and why, from now on; no longer, without an error or at the end of the source. */
void player_set_lack(struct player *player, unsigned what, int error);

/* play.c; in the player's thread */
void player_begin(struct player *player);
void player_obey(struct player *player, struct player_order *order);
/* A slice of what runs. True: there is more to do at once. */
bool player_work(struct player *player);
/* Gives the next frame if it is due; monotonic time at which to call it again, INT64_MAX = never.
 */
int64_t player_play(struct player *player);

/* marks.c */
/* Marks where the frame's findings began. */
void player_mark_frame(struct player *player, const struct frame *frame);
void player_mark(void *player, int64_t since_ns, uint8_t severity);

/* condition.c */
int player_condition_begin(struct player *player, struct player_order *order); /* 0 or -errno */
/* As search_step of a source. */
int player_condition_step(struct player *player, int64_t *wall_ns, int64_t *reached_ns);
void player_condition_end(struct player *player);

/* scan.c */
void player_search_begin(struct player *player, struct player_order *order);
bool player_search_some(struct player *player);
void player_search_end(struct player *player);
void player_density_begin(struct player *player);
bool player_density_some(struct player *player);
/* Shows the frame at wall_ns: it is what the source returns next. */
void player_go_to(struct player *player, int64_t wall_ns);

/* series.c */
bool player_series_some(struct player *player);
void player_series_done(struct player *player);
/* The next frame of the history, if it comes before that time. 0 or -errno, -ENODATA: none does. */
int player_next_before(struct player *player, int64_t mono_ns, struct frame **frame);
/* The history was moved by another reader: what is being read starts again. */
void player_series_disturbed(struct player *player);

/* findings.c; called before a frame is shown */
/* The frame follows the last one that the engine took. */
void player_find_next(struct player *player, struct frame *frame);
/* It is any other: a new engine starts with the frames before it. */
void player_find_anew(struct player *player, struct frame *frame);

/* present.c */
bool player_take_present(struct player *player); /* true: there may be more at once */

#endif
