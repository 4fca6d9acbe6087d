/* replay_scan: searches and the density of events, by a separate reader. */
#ifndef TCPLENS_SOURCE_LOG_SCAN_H
#define TCPLENS_SOURCE_LOG_SCAN_H

#include "session/format/format.h"
#include "session/log/reader.h"
#include "source/source.h"

struct replay;

/* A frame's place in the order of the log, independent of its time: the keyframe before it, and the
 * number of frame lines since. */
struct replay_position {
    uint64_t place;
    uint32_t frames;
};

struct replay_scan { /* one such scan */
    struct log_reader *reader;
    struct replay_position at;    /* of the last frame line */
    struct replay_position limit; /* forward: matches must be after it; backward: before it */
    struct replay_position found; /* the last match so far, found_ns its time */
    int64_t reached_ns, found_ns;
    uint64_t place; /* backward: keyframe at which the present stretch begins */
    struct source_search search;
    struct redaction *redaction; /* NULL: events are matched as they are */
    bool matched;                /* an event since the last frame line matched */
    bool matches;                /* backward: matches in the present stretch */
    /* with rows: the state up to here, and the events since the last frame line */
    struct session_state state;
    struct frame_pool *pool;
    struct event *events;
    uint32_t event_count, event_capacity;
    struct density density;
    struct session_state lines; /* for the density: frame lines only */
    bool counts;                /* `lines` is in use */
    bool has_totals;            /* frame lines have totals: not in version 1.0 */
    uint64_t drops;             /* ListenDrops as the frame before had them, UINT64_MAX: not
                     known */
    int64_t from_ns, to_ns;
};

static inline bool replay_is_before(struct replay_position a, struct replay_position b)
{
    return a.place < b.place || (a.place == b.place && a.frames < b.frames);
}

/* Opens a separate reader at the log's beginning. 0 or -errno (-ESPIPE: it cannot be read
 * twice). */
int replay_scan_open(struct replay *replay, struct replay_scan *scan);
void replay_scan_done(struct replay_scan *scan);

#endif
