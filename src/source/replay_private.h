/* Private to replay*.c. */
#ifndef TCPLENS_SOURCE_REPLAY_PRIVATE_H
#define TCPLENS_SOURCE_REPLAY_PRIVATE_H

#include "session/format.h"
#include "session/log_reader.h"
#include "source/replay.h"

struct replay_scan { /* a look at the log aside from the frames: a reader of its own */
    struct log_reader *reader;
    int64_t frame_ns; /* of the frame given last when it began */
    int64_t reached_ns;
    bool backward, matched; /* matched: by an event since the last frame line */
    bool matches, begun;    /* backward: in the stretch at work; a frame of it was seen */
    int64_t found_ns;       /* backward: the last match so far */
    int64_t begin_ns;       /* backward: first frame of the stretch */
    uint64_t place;         /* backward: keyframe where the stretch at work begins */
    int64_t stop_ns;        /* backward: where it ends */
    replay_match match;
    void *data;
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
    bool gap;       /* a gap line was read since the last frame */
    char damage[200];
    int64_t given_ns; /* wall_ns of the frame given last, INT64_MIN = none */
    uint64_t first_event;
    struct replay_scan search, density;
};

static inline struct replay *replay_of(struct source *source)
{
    return (struct replay *)source;
}

void replay_scan_done(struct replay_scan *scan);

#endif
