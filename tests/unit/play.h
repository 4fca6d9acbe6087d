/* A session played frame by frame through diff and track, and what it reported. Knows nothing of what
 * is expected. */
#ifndef TCPLENS_UNIT_PLAY_H
#define TCPLENS_UNIT_PLAY_H

#include "core/track.h"
#include "rows.h"

#define TICK         INT64_C(4000000)
#define MS           INT64_C(1000000)
#define REPORTED_MAX 64

struct play {
    struct frame_pool *pool;
    struct track *track;
    struct event_ring *ring;
    struct frame *previous, *next;
    struct diff diff;
    struct event reported[REPORTED_MAX]; /* by the last step */
    uint32_t reported_count;
    uint64_t cursor;
    int64_t second;
};

static inline void play_next(struct play *play)
{
    play->next = rows_frame(play->pool, play->second++);
}

static inline void play_begin(struct play *play)
{
    const struct track_settings settings = {.highlight_ns = 3 * SECOND, .tick_ns = TICK};
    *play = (struct play){.pool = frame_pool_new(),
                          .track = track_new(&settings),
                          .ring = event_ring_new(256),
                          .cursor = 1};
    diff_init(&play->diff);
    play_next(play);
}

static inline void play_end(struct play *play)
{
    frame_release(play->previous);
    frame_release(play->next);
    frame_pool_release(play->pool);
    track_free(play->track);
    event_ring_free(play->ring);
    diff_done(&play->diff);
}

/* Tracks the frame that was filled; it becomes `previous`, and the next one, empty, is there. */
static inline const struct frame *play_step(struct play *play)
{
    uint64_t lost;
    assert_int_equal(diff_frames(&play->diff, play->previous, play->next), 0);
    assert_int_equal(track_apply(play->track, play->previous, play->next, &play->diff, play->ring),
                     0);
    play->reported_count =
        event_ring_read(play->ring, &play->cursor, play->reported, REPORTED_MAX, &lost);
    assert_int_equal(lost, 0);
    assert_int_equal(play->next->next_event, play->cursor);
    if (play->previous)
        assert_int_equal(play->next->first_event, play->previous->next_event);
    frame_release(play->previous);
    play->previous = play->next;
    play_next(play);
    return play->previous;
}

static inline const struct conn *row_of(const struct frame *frame, uint64_t cookie)
{
    for (uint32_t i = 0; i < frame->conn_count; i++) {
        if (frame->conns[i].cookie == cookie)
            return &frame->conns[i];
    }
    return NULL;
}

static inline void check_reported(const struct play *play, uint32_t index, enum event_kind kind,
                                  enum tcp_state from, enum tcp_state to)
{
    assert_true(index < play->reported_count);
    assert_int_equal(play->reported[index].kind, kind);
    assert_int_equal(play->reported[index].from, from);
    assert_int_equal(play->reported[index].to, to);
}

static inline struct conn *with_bytes(struct conn *row, uint64_t in, uint64_t out)
{
    row->known |= KNOWN_BYTES_IN | KNOWN_BYTES_OUT | KNOWN_INFO;
    row->in_bytes = in;
    row->bytes_sent = out;
    return row;
}

#endif
