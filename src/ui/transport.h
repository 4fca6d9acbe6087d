/* Travelling in time: what the screen requests of the player of a log or history. Every function
 * is called in the screen's thread and returns at once: longer work runs in another thread, and its
 * end is signalled by the feed's frame_descriptor. */
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

struct transport_mark { /* where a finding began that is a warning or worse */
    int64_t wall_ns;
    uint8_t severity; /* enum finding_severity */
};

enum transport_order {
    TRANSPORT_PLAY, /* play or pause */
    TRANSPORT_SLOWER,
    TRANSPORT_FASTER,
    TRANSPORT_BACK, /* one frame from the one shown */
    TRANSPORT_FORTH,
    TRANSPORT_NOW,   /* the present; of a log its end */
    TRANSPORT_CANCEL /* a search */
};

struct transport_state {
    bool replay;    /* of a log or a pipe: not of this machine */
    bool follows;   /* there is a present to come back to: a live screen, a pipe */
    bool past;      /* what is shown is not the present; always so for a file */
    bool playing;   /* frames follow each other by themselves */
    bool ended;     /* nothing comes after the frame shown */
    bool searching; /* for an event; reached_ns: how far it has come */
    bool backward;
    bool thinned;        /* keeping the past goes beyond the budget: not every frame is kept */
    int8_t speed;        /* 2 to the power of it */
    int64_t position_ns; /* wall clock of the frame shown */
    int64_t begin_ns, end_ns, reached_ns;
    struct density_part parts[TRANSPORT_PARTS];   /* from begin to end; fills in */
    bool counted;                                 /* all of them */
    struct transport_mark marks[TRANSPORT_MARKS]; /* by time */
    uint32_t mark_count;
    char said[160];        /* for the status line */
    uint32_t said_count;   /* raised with each */
    uint32_t series_count; /* raised when a series has been read */
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
    struct heat *heat; /* filled instead, until series_read says so; a reference, taken over */
    int64_t before_wall_ns, before_mono_ns; /* the frame up to which it is read */
    int64_t interval_ns;                    /* between frames, 0 = unknown */
};

struct screen_transport {
    /* shown_ns: wall clock of the frame that is on the screen. */
    void (*order)(void *data, enum transport_order order, int64_t shown_ns);
    void (*seek)(void *data, int64_t wall_ns, int64_t shown_ns);
    /* To the next or previous event that the filter accepts; the filter (NULL = all) is taken over.
     */
    void (*search)(void *data, bool backward, struct filter *filter, int64_t shown_ns);
    /* The same to the next or previous frame in which it matches a row and
   * matched none before. */
    void (*search_when)(void *data, bool backward, struct filter *filter, int64_t shown_ns);
    void (*state)(void *data, struct transport_state *state);
    /* Reads the frames before one for a graph: a number for series_read, 0: there is no history.
     * Another query takes the place of the one before of the same reader. */
    uint32_t (*series)(void *data, const struct series_query *query);
    /* False: not yet. found: NULL where the query brought a heat. */
    bool (*series_read)(void *data, uint32_t number, struct series *found);
    /* "14:03", "-5m" before last_ns. 0 or -EINVAL. */
    int (*parse_time)(const char *text, int64_t last_ns, int64_t *wall_ns);
    const char *time_expected; /* what to say of a time that is none */
    void *data;
};

#endif
