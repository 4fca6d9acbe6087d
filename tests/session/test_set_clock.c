/* A log over which the wall clock was set: what was recorded before and after is as old as it was.
 */
#include "demo_log.h"
#include "source/log/replay.h"
#include "unit.h"

#define FRAMES_EACH 20
#define SECOND      INT64_C(1000000000)
#define NEEDS       (NEED_OWNER | NEED_PROCESS | NEED_GROUP)

static const struct wish WISH = {.state_bits = STATE_ALL_BITS, .families = 3};

/* Times of the row lie as far before the frame's as they did when it was recorded. */
static void check_row(const struct frame *frame, const struct conn *row,
                      const struct frame *recorded)
{
    const struct conn *was = frame_find_serial(recorded, row->serial);

    assert_non_null(was);
    assert_int_equal(row->known & KNOWN_CREATED_MAX, was->known & KNOWN_CREATED_MAX);
    assert_int_equal(row->known & KNOWN_STATE_SINCE, was->known & KNOWN_STATE_SINCE);
    if (row->known & KNOWN_CREATED_MAX)
        assert_int_equal(frame->wall_ns - row->created_max_ns,
                         recorded->wall_ns - was->created_max_ns);
    if (row->known & KNOWN_STATE_SINCE)
        assert_int_equal(frame->wall_ns - row->state_since_ns,
                         recorded->wall_ns - was->state_since_ns);
    if (row->known & KNOWN_OPENED) {
        assert_in_range(frame->wall_ns - row->created_max_ns, 0, 2 * FRAMES_EACH * SECOND);
        assert_in_range(frame->wall_ns - row->state_since_ns, 0, 2 * FRAMES_EACH * SECOND);
    }
    if (row->mark)
        assert_in_range(frame->wall_ns - row->changed_ns, 0, 3 * SECOND);
}

static void check_set(int64_t by_ns)
{
    struct demo_log log;
    struct frame_pool *pool = frame_pool_new();
    struct source *source;
    char why[200] = "";
    uint32_t opened = 0;

    demo_log_init(&log, "log.jsonl", 60, NEEDS);
    demo_log_open(&log);
    for (uint32_t i = 0; i < 2 * FRAMES_EACH; i++) {
        log.set_ns = i < FRAMES_EACH ? 0 : by_ns;
        assert_int_equal(demo_log_frame(&log), 0);
    }
    log_writer_close(&log.writer);
    assert_int_equal(replay_open(&source, log.path, why, sizeof(why)), 0);
    for (uint32_t i = 0; i < log.count; i++) {
        struct frame *frame = frame_new(pool);
        assert_int_equal(source_next(source, frame, &WISH), 0);
        assert_int_equal(frame->conn_count, log.frames[i]->conn_count);
        for (uint32_t n = 0; n < frame->conn_count; n++) {
            check_row(frame, &frame->conns[n], log.frames[i]);
            opened += (frame->conns[n].known & KNOWN_OPENED) != 0;
        }
        frame_release(frame);
    }
    assert_true(opened > 100);
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

static void a_day_forward(void **state)
{
    (void)state;
    check_set(86400 * SECOND);
}

static void an_hour_back(void **state)
{
    (void)state;
    check_set(-3600 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_day_forward),
                                       cmocka_unit_test(an_hour_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
