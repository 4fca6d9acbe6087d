/* track: bounds of a row's creation, and its rates. */
#include "play.h"

static void opened_is_bounded_by_frames(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    int64_t first_ns = play_step(&play)->wall_ns;
    play.next->dump_ns = 5 * MS;
    rows_add(play.next, 1, STATE_LISTEN);
    const struct conn *row = row_of(play_step(&play), 1);
    const uint32_t known = KNOWN_CREATED_MIN | KNOWN_CREATED_MAX | KNOWN_OPENED | KNOWN_STATE_SINCE;
    assert_int_equal(row->known & known, known);
    assert_int_equal(row->created_min_ns, first_ns);
    assert_int_equal(row->created_max_ns, first_ns + SECOND + 5 * MS);
    rows_add(play.next, 1, STATE_LISTEN);
    row = row_of(play_step(&play), 1);
    assert_int_equal(row->created_min_ns, first_ns);
    play_end(&play);
}

static struct conn *silent(struct frame *frame, uint32_t n, enum tcp_state state, uint64_t in,
                           uint32_t received_ms, uint64_t sent, uint32_t sent_ms)
{
    struct conn *row = with_bytes(rows_add(frame, n, state), in, sent);
    row->known |= KNOWN_LAST_DATA;
    row->last_data_received_ms = received_ms;
    row->last_data_sent_ms = sent_ms;
    return row;
}

/* Bounds of a row in the first frame, relative to its time; `known` as it then is. */
static uint32_t first_bounds(enum tcp_state state, uint64_t in, uint32_t received_ms, uint64_t sent,
                             uint32_t sent_ms, int64_t *min_ms, int64_t *max_ms)
{
    struct play play;
    play_begin(&play);
    silent(play.next, 1, state, in, received_ms, sent, sent_ms);
    const struct frame *frame = play_step(&play);
    const struct conn *row = &frame->conns[0];
    uint32_t known = row->known & (KNOWN_CREATED_MIN | KNOWN_CREATED_MAX);
    *min_ms = (row->created_min_ns - frame->wall_ns) / MS;
    *max_ms = (row->created_max_ns - frame->wall_ns) / MS;
    play_end(&play);
    return known;
}

static void info_bounds_the_age(void **unused)
{
    const uint32_t both = KNOWN_CREATED_MIN | KNOWN_CREATED_MAX;
    int64_t min, max;
    (void)unused;
    assert_int_equal(first_bounds(STATE_ESTABLISHED, 0, 9000, 5, 100, &min, &max), both);
    assert_int_equal(min, -9004);
    assert_int_equal(max, -8996);
    assert_int_equal(first_bounds(STATE_CLOSE_WAIT, 5, 100, 0, 7000, &min, &max), both);
    assert_int_equal(min, -7004);
    assert_int_equal(max, -6996);
    assert_int_equal(first_bounds(STATE_ESTABLISHED, 5, 100, 5, 3000, &min, &max),
                     KNOWN_CREATED_MAX);
    assert_int_equal(max, -2996);
    /* that it existed when it was read, and no more */
    assert_int_equal(first_bounds(STATE_SYN_SENT, 0, 4000000, 0, 4000000, &min, &max),
                     KNOWN_CREATED_MAX);
    assert_int_equal(max, 0);
    assert_int_equal(first_bounds(STATE_LISTEN, 0, 4000000, 0, 4000000, &min, &max),
                     KNOWN_CREATED_MAX);
    assert_int_equal(max, 0);
    assert_int_equal(first_bounds(STATE_ESTABLISHED, 0, 1, 0, 1, &min, &max), both);
    assert_true(max <= 0);
}

/* Whatever tcp_info claims from frame to frame, and whatever the wall clock does: bounds only
 * narrow. They move with that clock; its steps of less than 10 ms are not noticed. */
static void bounds_never_cross(void **unused)
{
    uint64_t seed = 2026;
    (void)unused;
    for (int round = 0; round < 50; round++) {
        struct play play;
        int64_t min = INT64_MIN / 2, max = INT64_MAX / 2;
        play_begin(&play);
        if (round % 2)
            play_step(&play);
        for (int second = 0; second < 10; second++) {
            play.next->wall_ns += (int64_t)(unit_random(&seed) % 3000) * MS - 1500 * MS;
            play.next->dump_ns = (int64_t)(unit_random(&seed) % 200) * MS;
            silent(play.next, 1, STATE_ESTABLISHED, unit_random(&seed) % 2,
                   (uint32_t)(unit_random(&seed) % 20000), unit_random(&seed) % 2,
                   (uint32_t)(unit_random(&seed) % 20000));
            const struct frame *frame = play_step(&play);
            const struct conn *row = row_of(frame, 1);
            const int64_t offset = frame->wall_ns - frame->mono_ns;
            if (row->known & KNOWN_CREATED_MIN) {
                assert_true(row->created_min_ns - offset >= min - 10 * MS);
                min = row->created_min_ns - offset;
            }
            if (row->known & KNOWN_CREATED_MAX) {
                assert_true(row->created_max_ns - offset <= max + 10 * MS);
                max = row->created_max_ns - offset;
            }
            assert_true(min <= max);
        }
        play_end(&play);
    }
}

/* A row that a dump skipped before it was ever seen is not as young as it looks. */
static void skipped_before_is_not_young(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    play_step(&play);
    silent(play.next, 1, STATE_ESTABLISHED, 0, 60000, 0, 60000);
    const struct frame *frame = play_step(&play);
    assert_true(frame->conns[0].created_max_ns < frame->wall_ns - 59 * SECOND);
    assert_int_equal(frame->conns[0].known & KNOWN_OPENED, 0);
    play_end(&play);
}

static struct conn *add_listener(struct play *play, uint32_t n, uint32_t queue)
{
    struct conn *row = rows_add(play->next, n, STATE_LISTEN);
    row->known |= KNOWN_QUEUES;
    row->receive_queue = queue;
    row->send_queue = 128;
    return row;
}

/* The time since when a queue is full comes from the frames, and ends when it drains. */
static void a_full_queue_is_dated(void **unused)
{
    struct play play;
    const struct frame *frame;
    int64_t filled_ns;

    (void)unused;
    play_begin(&play);
    add_listener(&play, 1, 128); /* for how long before the first frame is unknown */
    add_listener(&play, 2, 127);
    frame = play_step(&play);
    const int64_t first_ns = frame->wall_ns;
    assert_int_equal(row_of(frame, 1)->full_since_ns, first_ns);
    assert_false(row_of(frame, 1)->known & KNOWN_FULL_BEGAN);
    assert_int_equal(row_of(frame, 2)->full_since_ns, 0);
    for (int second = 0; second < 3; second++) {
        add_listener(&play, 1, 129);
        add_listener(&play, 2, 128);
        play.next->wall_ns += second == 2 ? 3600 * SECOND : 0; /* it was set */
        frame = play_step(&play);
    }
    assert_int_equal(frame->wall_ns - row_of(frame, 1)->full_since_ns, 3 * SECOND);
    assert_false(row_of(frame, 1)->known & KNOWN_FULL_BEGAN);
    assert_int_equal(frame->wall_ns - row_of(frame, 2)->full_since_ns, 2 * SECOND);
    assert_true(row_of(frame, 2)->known & KNOWN_FULL_BEGAN);
    add_listener(&play, 1, 3);
    add_listener(&play, 2, 129)->known |= KNOWN_NO_BACKLOG; /* from another source */
    frame = play_step(&play);
    assert_int_equal(row_of(frame, 1)->full_since_ns, 0);
    assert_int_equal(row_of(frame, 2)->full_since_ns, 0);
    assert_false(row_of(frame, 2)->known & KNOWN_FULL_BEGAN);
    add_listener(&play, 1, 128); /* anew */
    filled_ns = play.next->wall_ns;
    frame = play_step(&play);
    assert_int_equal(row_of(frame, 1)->full_since_ns, filled_ns);
    assert_true(row_of(frame, 1)->known & KNOWN_FULL_BEGAN);
    play_end(&play);
}

static void rates_follow_and_end_at_zero(void **unused)
{
    struct play play;
    uint64_t bytes = 5000, last = 0;
    (void)unused;
    play_begin(&play);
    for (int second = 0; second < 12; second++, bytes += 100000) {
        with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), bytes, 7);
        const struct frame *frame = play_step(&play);
        const struct conn *row = &frame->conns[0];
        assert_int_equal((row->known & KNOWN_RATES) != 0, second > 0);
        assert_int_equal(conn_in_rate(row), second ? 100000 : 0);
        assert_int_equal(conn_out_rate(row), 0);
        assert_int_equal(frame->totals.in_bytes_per_s, second ? 100000 : 0);
        last = conn_in_rate(row);
    }
    bytes -= 100000;
    for (int second = 0; second < 20; second++) {
        with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), bytes, 7);
        uint64_t rate = conn_in_rate(&play_step(&play)->conns[0]);
        assert_true(rate < last || rate == 0);
        last = rate;
    }
    assert_int_equal(last, 0);
    play_end(&play);
}

/* The kernel says for how long nothing came: then the rate is 0 at once. Halved counters (another
 * socket under the same cookie) make no rate. */
static void idle_is_zero(void **unused)
{
    struct play play;
    (void)unused;
    play_begin(&play);
    silent(play.next, 1, STATE_ESTABLISHED, 0, 0, 0, 0);
    play_step(&play);
    silent(play.next, 1, STATE_ESTABLISHED, 1 << 30, 10, 1000, 10);
    const struct frame *frame = play_step(&play);
    assert_int_equal(conn_in_rate(&frame->conns[0]), 1 << 30);
    assert_int_equal(frame->totals.sent_interval, 1000);
    silent(play.next, 1, STATE_ESTABLISHED, 1 << 30, 4000, 900, 2000);
    frame = play_step(&play);
    assert_int_equal(conn_in_rate(&frame->conns[0]), 0);
    assert_true(conn_out_rate(&frame->conns[0]) > 0);
    assert_int_equal(frame->totals.sent_interval, 0);
    play_end(&play);
}

static void huge_rates_do_not_wrap(void **unused)
{
    struct play play;
    uint64_t bytes = 0;
    (void)unused;
    play_begin(&play);
    for (int second = 0; second < 8; second++, bytes += UINT64_C(1) << 60) {
        with_bytes(rows_add(play.next, 1, STATE_ESTABLISHED), bytes, bytes);
        const struct conn *row = row_of(play_step(&play), 1);
        assert_int_equal(conn_in_rate(row), second ? (INT64_C(1) << 40) - 1 : 0);
    }
    play_end(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opened_is_bounded_by_frames),
        cmocka_unit_test(info_bounds_the_age),
        cmocka_unit_test(bounds_never_cross),
        cmocka_unit_test(skipped_before_is_not_young),
        cmocka_unit_test(a_full_queue_is_dated),
        cmocka_unit_test(rates_follow_and_end_at_zero),
        cmocka_unit_test(idle_is_zero),
        cmocka_unit_test(huge_rates_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
