/* Sockets of which one end was seen: each is known once, and the oldest go. */
#include "core/late_ends.h"
#include "unit.h"

static void each_is_known_once(void **unused)
{
    struct late_ends *ends = late_ends_new();
    (void)unused;
    assert_non_null(ends);
    assert_false(late_ends_take(ends, 1, 7));
    late_ends_add(ends, 1, 7);
    late_ends_add(ends, 1, 8);
    late_ends_add(ends, 1, 0);
    assert_false(late_ends_take(ends, 1, 0));
    assert_false(late_ends_take(ends, 2, 7)); /* of another network namespace */
    assert_true(late_ends_take(ends, 1, 7));
    assert_false(late_ends_take(ends, 1, 7));
    assert_true(late_ends_take(ends, 1, 8));
    late_ends_free(ends);
    late_ends_free(NULL);
}

static void the_oldest_are_forgotten(void **unused)
{
    struct late_ends *ends = late_ends_new();
    (void)unused;
    assert_non_null(ends);
    for (uint64_t cookie = 1; cookie <= LATE_ENDS_MOST + 100; cookie++)
        late_ends_add(ends, 1, cookie);
    for (uint64_t cookie = 1; cookie <= 100; cookie++)
        assert_false(late_ends_take(ends, 1, cookie));
    for (uint64_t cookie = 101; cookie <= LATE_ENDS_MOST + 100; cookie++)
        assert_true(late_ends_take(ends, 1, cookie));
    for (uint64_t cookie = 1; cookie <= 3 * LATE_ENDS_MOST; cookie++) { /* holes do no harm */
        late_ends_add(ends, 1, cookie);
        if (cookie % 3)
            assert_true(late_ends_take(ends, 1, cookie));
    }
    assert_true(late_ends_take(ends, 1, 3 * LATE_ENDS_MOST));
    late_ends_free(ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_known_once),
        cmocka_unit_test(the_oldest_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
