/* Growing arrays: room, what they held, and sizes that no memory has. */
#include "base/grow.h"
#include "unit.h"

#include <stdlib.h>

static void elements_stay_and_appending_is_seldom_a_move(void **unused)
{
    uint32_t *numbers = NULL, capacity = 0, moves = 0;

    (void)unused;
    for (uint32_t i = 0; i < 10000; i++) {
        const uint32_t before = capacity;
        uint32_t *grown = grow_array(numbers, &capacity, i + 1, sizeof *numbers);
        assert_non_null(grown);
        numbers = grown;
        moves += capacity != before;
        assert_true(capacity > i);
        numbers[i] = i;
    }
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(numbers[i], i);
    assert_true(moves < 30);
    free(numbers);
}

static void nothing_wanted_is_an_array_all_the_same(void **unused)
{
    uint32_t capacity = 0;
    void *array = grow_array(NULL, &capacity, 0, 8);

    (void)unused;
    assert_non_null(array);
    assert_true(capacity > 0);
    free(array);
}

static void too_much_changes_nothing(void **unused)
{
    uint32_t capacity = 0;
    void *array = grow_array(NULL, &capacity, 4, 8);
    const uint32_t before = capacity;

    (void)unused;
    assert_non_null(array);
    assert_null(grow_array(array, &capacity, UINT32_MAX, SIZE_MAX / 2));
    assert_int_equal(capacity, before);
    free(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_stay_and_appending_is_seldom_a_move),
        cmocka_unit_test(nothing_wanted_is_an_array_all_the_same),
        cmocka_unit_test(too_much_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
