/* Room for rows before they are read: as many as the kernel counts, none without a count. */
#include "source/expected_rows.h"
#include "unit.h"

#define DATA TEST_DATA "/../data/proc/"

static struct frame *new_frame(void)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = frame_new(pool);

    assert_non_null(frame);
    frame_pool_release(pool);
    return frame;
}

static void there_is_room_for_what_the_kernel_counts(void **unused)
{
    struct frame *frame = new_frame();
    const struct conn *first;

    (void)unused;
    expected_rows_reserve(frame, DATA "counted", false);
    assert_true(frame->conn_capacity >= 4000 && frame->conn_capacity < 4500);
    assert_int_equal(frame->detail_capacity, 0);
    expected_rows_reserve(frame, DATA "counted", true);
    assert_true(frame->detail_capacity >= 4000);
    assert_int_equal(frame->conn_count, 0);
    first = frame_add_conn(frame);
    expected_rows_reserve(frame, DATA "counted", true); /* rows stay where they are */
    for (int i = 1; i < 4000; i++)
        assert_non_null(frame_add_conn(frame));
    assert_ptr_equal(frame->conns, first);
    frame_release(frame);
}

static void without_a_count_arrays_grow(void **unused)
{
    struct frame *frame = new_frame();

    (void)unused;
    expected_rows_reserve(frame, DATA "nowhere", true);
    assert_int_equal(frame->conn_capacity, 0);
    assert_non_null(frame_add_conn(frame));
    frame_release(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_room_for_what_the_kernel_counts),
        cmocka_unit_test(without_a_count_arrays_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
