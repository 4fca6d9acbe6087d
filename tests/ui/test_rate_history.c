/* Rates of rows over the last frames: what was not seen is unknown, what was idle is 0. */
#include "ui/graph.h"
#include "ui/rate_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define LAST (RATE_FRAMES - 1)

/* Rows 1 .. `rows`; row n receives n * rate bytes a second, and every other one nothing. */
static struct frame *make(struct frame_pool *pool, uint64_t number, uint32_t rows, uint32_t rate)
{
    struct frame *frame = frame_new(pool);
    assert_non_null(frame);
    frame->number = number;
    for (uint32_t i = 0; i < rows; i++) {
        struct conn *conn = frame_add_conn(frame);
        conn->serial = rows - i; /* in any order */
        conn->in_bytes_per_s_low = conn->serial % 2 ? (uint32_t)conn->serial * rate : 0;
    }
    return frame;
}

static void take(struct rate_history *history, struct frame_pool *pool, uint64_t number,
                 uint32_t rows, uint32_t rate)
{
    struct frame *frame = make(pool, number, rows, rate);
    rate_history_take(history, frame);
    rate_history_take(history, frame); /* drawn twice */
    frame_release(frame);
}

static void idle_is_zero_and_unseen_is_unknown(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct rate_history history = {.number = 0};
    uint64_t in[RATE_FRAMES], out[RATE_FRAMES];
    (void)state;
    take(&history, pool, 1, 4, 10); /* the first frame has no rates */
    take(&history, pool, 2, 4, 20);
    take(&history, pool, 4, 5, 30); /* one was skipped */
    rate_history_of(&history, 3, in, out);
    assert_int_equal(in[LAST], 90);
    assert_true(in[LAST - 1] == GRAPH_UNKNOWN);
    assert_int_equal(in[LAST - 2], 60);
    assert_int_equal(out[LAST], 0);
    assert_true(in[0] == GRAPH_UNKNOWN);
    rate_history_of(&history, 2, in, out);
    assert_int_equal(in[LAST], 0);
    rate_history_of(&history, 5, in, out); /* came with frame 4 */
    assert_int_equal(in[LAST], 150);
    assert_true(in[LAST - 2] == GRAPH_UNKNOWN);
    rate_history_done(&history);
    frame_pool_release(pool);
}

static void going_back_shows_what_was(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct rate_history history = {.number = 0};
    uint64_t in[RATE_FRAMES], out[RATE_FRAMES];
    (void)state;
    for (uint64_t number = 2; number < 40; number++)
        take(&history, pool, number, 3, (uint32_t)number);
    take(&history, pool, 36, 3, 36);
    rate_history_of(&history, 1, in, out);
    assert_int_equal(in[LAST], 36);
    assert_int_equal(in[LAST - 1], 35);
    assert_int_equal(in[LAST - 4], 32);
    assert_true(in[0] == GRAPH_UNKNOWN); /* 29: its place has been taken */
    rate_history_done(&history);
    frame_pool_release(pool);
}

/* A frame that is prepared in steps is not seen before it is taken, and then as if at once. */
static void what_comes_is_not_seen_before_it_is_taken(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct rate_history history = {.number = 0};
    uint64_t in[RATE_FRAMES], out[RATE_FRAMES];
    (void)state;
    for (uint64_t number = 2; number < 12; number++)
        take(&history, pool, number, 5000, (uint32_t)number);
    struct frame *other = make(pool, 14, 900, 1), *coming = make(pool, 12, 5000, 12);
    assert_false(rate_history_prepare(&history, other, 100)); /* left unfinished */
    assert_false(rate_history_prepare(&history, coming, 4999));
    assert_true(rate_history_prepare(&history, coming, 4999));
    rate_history_of(&history, 4999, in, out);
    assert_int_equal(in[LAST], 4999 * 11);
    assert_int_equal(in[0], 4999 * 4);
    rate_history_take(&history, coming);
    for (uint64_t serial = 1; serial <= 5000; serial++) {
        rate_history_of(&history, serial, in, out);
        assert_int_equal(in[LAST], serial % 2 ? serial * 12 : 0);
        assert_int_equal(in[LAST - 1], serial % 2 ? serial * 11 : 0);
    }
    frame_release(other);
    frame_release(coming);
    rate_history_done(&history);
    frame_pool_release(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_is_zero_and_unseen_is_unknown),
        cmocka_unit_test(going_back_shows_what_was),
        cmocka_unit_test(what_comes_is_not_seen_before_it_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
