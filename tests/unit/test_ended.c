/* Sockets of which one end was seen: each is known once, and the oldest go. */
#include "core/ended.h"
#include "unit.h"

static void each_is_known_once(void **unused)
{
    struct ended *ended = ended_new();
    (void)unused;
    assert_non_null(ended);
    assert_false(ended_take(ended, 7));
    ended_add(ended, 7);
    ended_add(ended, 8);
    ended_add(ended, 0);
    assert_false(ended_take(ended, 0));
    assert_true(ended_take(ended, 7));
    assert_false(ended_take(ended, 7));
    assert_true(ended_take(ended, 8));
    ended_free(ended);
    ended_free(NULL);
}

static void the_oldest_are_forgotten(void **unused)
{
    struct ended *ended = ended_new();
    (void)unused;
    assert_non_null(ended);
    for (uint64_t cookie = 1; cookie <= ENDED_MOST + 100; cookie++)
        ended_add(ended, cookie);
    for (uint64_t cookie = 1; cookie <= 100; cookie++)
        assert_false(ended_take(ended, cookie));
    for (uint64_t cookie = 101; cookie <= ENDED_MOST + 100; cookie++)
        assert_true(ended_take(ended, cookie));
    for (uint64_t cookie = 1; cookie <= 3 * ENDED_MOST; cookie++) { /* holes do no harm */
        ended_add(ended, cookie);
        if (cookie % 3)
            assert_true(ended_take(ended, cookie));
    }
    assert_true(ended_take(ended, 3 * ENDED_MOST));
    ended_free(ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_known_once),
        cmocka_unit_test(the_oldest_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
