/* Frames made by hand for the tests of frame, diff and track. Knows nothing of what is tested. */
#ifndef TCPLENS_UNIT_ROWS_H
#define TCPLENS_UNIT_ROWS_H

#include "core/frame.h"
#include "unit.h"

#include <string.h>

#define SECOND INT64_C(1000000000)

static inline struct tuple rows_tuple(uint32_t n)
{
    struct tuple tuple = {.family = FAMILY_INET,
                          .local_port = (uint16_t)(1024 + n % 60000),
                          .remote_port = (uint16_t)(n / 60000 + 1)};
    memcpy(tuple.local.bytes, &(uint8_t[4]){10, 0, 0, 1}, 4);
    memcpy(tuple.remote.bytes, &(uint8_t[4]){10, 0, 0, 2}, 4);
    return tuple;
}

/* Row n: cookie n, its own tuple. */
static inline struct conn *rows_add(struct frame *frame, uint32_t n, enum tcp_state state)
{
    struct conn *conn = frame_add_conn(frame);
    assert_non_null(conn);
    conn->cookie = n;
    conn->netns = 1;
    conn->tuple = rows_tuple(n);
    conn->state = (uint8_t)state;
    conn->offload = OFFLOAD_UNKNOWN;
    return conn;
}

/* A frame `second` seconds after the first. */
static inline struct frame *rows_frame(struct frame_pool *pool, int64_t second)
{
    struct frame *frame = frame_new(pool);
    assert_non_null(frame);
    frame->number = (uint64_t)second + 1;
    frame->wall_ns = 1800000000 * SECOND + second * SECOND;
    frame->mono_ns = 1000 * SECOND + second * SECOND;
    return frame;
}

#endif
