/* transport: requests of the screen to the player of a log or history. Every function is called in
 * the screen's thread and returns at once: longer work runs in another thread, and its end is
 * signalled by the feed's frame_descriptor. */
#ifndef TCPLENS_UI_TRANSPORT_H
#define TCPLENS_UI_TRANSPORT_H

#include "core/density.h"
#include "core/filter/filter.h"
#include "core/grouping/heat.h"
#include "core/series.h"

#include <stdbool.h>
#include <stdint.h>

#define TRANSPORT_PARTS     256
#define TRANSPORT_MARKS     128
#define TRANSPORT_SLOWEST   (-2) /* 1/4 */
#define TRANSPORT_FASTEST   6    /* 64 */
#define TRANSPORT_NOT_KNOWN INT64_MIN

struct transport_mark { /* the begin of a finding that is a warning or worse */
    int64_t wall_ns;
    uint8_t severity; /* enum finding_severity */
};

enum transport_order {
    TRANSPORT_PLAY, /* play or pause */
    TRANSPORT_SLOWER,
    TRANSPORT_FASTER,
    TRANSPORT_BACK, /* one frame from the one shown */
    TRANSPORT_FORTH,
    TRANSPORT_NOW,   /* return to live; in a log to its end */
    TRANSPORT_CANCEL /* a search */
};

struct transport_state {
    bool replay;    /* a log or a pipe: not this machine */
    bool follows;   /* there are live frames to return to: a live screen, a pipe */
    bool past;      /* an earlier frame is shown; always set for a file */
    bool playing;   /* frames advance by themselves */
    bool ended;     /* the frame shown is the last one */
    bool searching; /* searching for an event; reached_ns: the progress */
    bool backward;
    bool thinned;        /* keeping the history exceeds the budget: not every frame is kept */
    int8_t speed;        /* 2 to the power of it */
    int64_t position_ns; /* wall clock of the frame shown */
    int64_t begin_ns, end_ns, reached_ns;
    struct density_part parts[TRANSPORT_PARTS];   /* from begin to end; fills in */
    bool counted;                                 /* all of them */
    struct transport_mark marks[TRANSPORT_MARKS]; /* by time */
    uint32_t mark_count;
    char lack[160];        /* what is incomplete, and why; lasting; "" = nothing */
    char said[160];        /* for the status line */
    uint32_t said_count;   /* raised with each message */
    uint32_t series_count; /* incremented when a series has been read */
};

enum series_reader {
    SERIES_OF_PAGE,
    SERIES_OF_HEADER,
    SERIES_OF_SPLIT,
    SERIES_OF_VIEW,
    SERIES_OF_HEAT,
    SERIES_READERS
};

struct series_query {
    enum series_reader reader;
    uint32_t frames; /* at most SERIES_MOST */
    struct series_subject subject;
    struct heat *heat; /* filled instead, until series_read returns true; a reference, taken over */
    int64_t before_wall_ns, before_mono_ns; /* the frame before which it is read */
    uint64_t before_number;
    int64_t interval_ns; /* between frames, 0 = unknown */
};

struct screen_transport {
    /* shown_ns: wall clock of the frame that is on the screen. */
    void (*order)(void *data, enum transport_order order, int64_t shown_ns);
    void (*seek)(void *data, int64_t wall_ns, int64_t shown_ns);
    /* Searches the next or previous event that the filter accepts; takes over the filter (NULL =
     * all). */
    void (*search)(void *data, bool backward, struct filter *filter, int64_t shown_ns);
    /* The same for the next or previous frame in which it matches a row but matched none before. */
    void (*search_when)(void *data, bool backward, struct filter *filter, int64_t shown_ns);
    void (*state)(void *data, struct transport_state *state);
    /* Reads the frames before one for a graph: a number for series_read, 0: there is no history. A
     * new query replaces the last one of the same reader. */
    uint32_t (*series)(void *data, const struct series_query *query);
    /* False: not ready yet. found: NULL if the query has a heat. */
    bool (*series_read)(void *data, uint32_t number, struct series *found);
    /* "14:03", "-5m" before last_ns. 0 or -EINVAL. */
    int (*parse_time)(const char *text, int64_t last_ns, int64_t *wall_ns);
    const char *time_expected; /* the message for an invalid time */
    void *data;
};

#endif
