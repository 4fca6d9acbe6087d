/* Growing arrays: room, what they held, and sizes that no memory has. */
#include "base/grow.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

static void elements_stay_and_appending_is_seldom_a_move(void **unused)
{
    uint32_t *numbers = NULL, capacity = 0, moves = 0;

    (void)unused;
    for (uint32_t i = 0; i < 10000; i++) {
        const uint32_t before = capacity;
        assert_int_equal(GROW(numbers, capacity, i + 1), 0);
        moves += capacity != before;
        assert_true(capacity > i);
        numbers[i] = i;
    }
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(numbers[i], i);
    assert_true(moves < 30);
    free(numbers);
}

static void too_much_changes_nothing(void **unused)
{
    uint64_t *array = NULL;
    uint32_t capacity = 0, nothing = 0;

    (void)unused;
    assert_int_equal(GROW(array, capacity, nothing), 0);
    assert_null(array);
    assert_int_equal(GROW(array, capacity, 4), 0);
    const uint64_t *before = array;
    const uint32_t room = capacity;
    assert_int_equal(grow_room(&array, &capacity, UINT32_MAX, SIZE_MAX / 2), -ENOMEM);
    assert_ptr_equal(array, before);
    assert_int_equal(capacity, room);
    free(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_stay_and_appending_is_seldom_a_move),
        cmocka_unit_test(too_much_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
