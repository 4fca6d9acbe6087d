/* Private to replay*.c. */
#ifndef TCPLENS_SOURCE_LOG_PRIVATE_H
#define TCPLENS_SOURCE_LOG_PRIVATE_H

#include "session/format/format.h"
#include "session/log/reader.h"
#include "source/log/replay.h"

/* A frame's place in the order of the log, whatever its clock says: frame lines from a keyframe on,
 * and where that is. */
struct replay_position {
    uint64_t place;
    uint32_t frames;
};

struct replay_scan { /* a look at the log aside from the frames: a reader of its own */
    struct log_reader *reader;
    struct replay_position at;    /* of the frame line read last */
    struct replay_position limit; /* forward: to be behind it; backward: to be before it */
    struct replay_position found; /* the last match so far, found_ns its time */
    int64_t reached_ns, found_ns;
    uint64_t place; /* backward: keyframe where the stretch at work begins */
    struct source_search search;
    bool matched; /* by an event since the last frame line */
    bool matches; /* backward: in the stretch at work */
    /* with rows: what the lines up to here say, and the events since the last frame line */
    struct session_state state;
    struct frame_pool *pool;
    struct event *events;
    uint32_t event_count, event_capacity;
    uint32_t *parts, part_count;
    int64_t from_ns, to_ns;
};

struct replay {
    struct source source; /* first */
    struct log_reader *reader;
    struct session_state state;
    struct session_head head;
    struct session_frame frame; /* the last frame line */
    struct event_ring *ring;
    struct event *pending; /* events read since that line */
    uint32_t pending_count, pending_capacity;
    bool has_frame; /* frame and state go together: nothing was read since */
    bool ready;     /* the next frame to give is `frame` */
    bool stale;     /* something was damaged since the last keyframe */
    bool unchecked; /* nothing of it could be read when it was opened */
    bool torn;      /* the log ends within a frame */
    bool framed;    /* a frame line was read: else events are all that there is */
    bool gap_line;  /* one was read since the last frame line */
    bool gap;       /* one stands right before `frame` */
    char damage[200];
    bool (*interrupted)(void *data); /* NULL = never */
    void *interrupt_data;
    uint32_t looked;
    int64_t before_mono_ns;           /* of the frame line before `frame`, 0 = none was read */
    int64_t given_ns;                 /* wall_ns of the frame given last, INT64_MIN = none */
    struct replay_position at, given; /* of the frame line read last, of the frame given last */
    struct replay_position found; /* what a search has found, at found_ns: a seek there is meant */
    int64_t found_ns;             /* INT64_MIN: nothing */
    uint64_t first_event;
    struct replay_scan search, density;
};

static inline struct replay *replay_of(struct source *source)
{
    return (struct replay *)source;
}

static inline bool replay_is_before(struct replay_position a, struct replay_position b)
{
    return a.place < b.place || (a.place == b.place && a.frames < b.frames);
}

/* The next line's text; what is damaged is noted and passed over. */
int replay_next_text(struct replay *replay, struct log_text *text);
/* One line. 0 with its kind; -errno of the reader. What a line cannot be read for is noted. */
int replay_read_line(struct replay *replay, const struct log_text *text, enum record_kind *kind);
int replay_read_to_frame(struct replay *replay);
/* Counts a head or frame line that was just read. */
void replay_count_line(struct replay_position *at, const struct log_reader *reader,
                       enum record_kind kind);
/* A reader of its own at the log's beginning. 0 or -errno (-ESPIPE: it cannot be read twice). */
int replay_scan_open(struct replay *replay, struct replay_scan *scan);
void replay_scan_done(struct replay_scan *scan);

#endif
