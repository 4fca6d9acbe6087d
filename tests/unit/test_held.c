/* Events that wait for the owner of their connection. */
#include "core/held.h"

#include "rows.h"

static struct event event_at(uint64_t cookie, int64_t mono_ns)
{
    return (struct event){.cookie = cookie, .mono_ns = mono_ns};
}

static void must_add(struct held *held, uint64_t cookie, int64_t mono_ns)
{
    const struct event event = event_at(cookie, mono_ns);
    assert_true(held_add(held, &event));
}

static void connection_is_taken_in_its_order(void **state)
{
    (void)state;
    static struct held held;
    struct event event;
    must_add(&held, 1, 10);
    must_add(&held, 2, 11);
    must_add(&held, 1, 12);
    assert_false(held_take(&held, 3, 1, &event)); /* of another network namespace */
    assert_true(held_take(&held, 0, 1, &event));
    assert_int_equal(event.mono_ns, 10);
    assert_true(held_take(&held, 0, 1, &event));
    assert_int_equal(event.mono_ns, 12);
    assert_false(held_take(&held, 0, 1, &event));
    assert_false(held_take(&held, 0, 0, &event));
    assert_true(held_take(&held, 0, 2, &event));
    assert_false(held_any(&held));
}

static void oldest_are_given_up_first(void **state)
{
    (void)state;
    static struct held held;
    struct event event;
    must_add(&held, 1, 10);
    must_add(&held, 2, 11);
    must_add(&held, 3, 12);
    assert_true(held_take(&held, 0, 2, &event)); /* leaves a gap */
    assert_false(held_take_oldest(&held, 9, &event));
    assert_true(held_take_oldest(&held, 12, &event));
    assert_int_equal(event.cookie, 1);
    assert_false(held_take_oldest(&held, 11, &event));
    assert_true(held_take_oldest(&held, 12, &event));
    assert_int_equal(event.cookie, 3);
    assert_false(held_take_oldest(&held, INT64_MAX, &event));
}

static void full_and_around(void **state)
{
    (void)state;
    static struct held held;
    const struct event nobody = event_at(0, 1), more = event_at(9999, 1);
    struct event event;
    assert_false(held_add(&held, &nobody));
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 1; i <= HELD_MAX; i++)
            must_add(&held, i, i);
        assert_int_equal(held_room(&held), 0);
        assert_false(held_add(&held, &more));
        assert_true(held_take(&held, 0, HELD_MAX, &event));
        for (uint32_t i = 1; i < HELD_MAX; i += 2)
            assert_true(held_take(&held, 0, i, &event));
        for (uint32_t i = 2; i < HELD_MAX; i += 2) {
            assert_true(held_take_oldest(&held, INT64_MAX, &event));
            assert_int_equal(event.cookie, i);
        }
        assert_int_equal(held_room(&held), HELD_MAX);
        must_add(&held, 5, 5); /* the next round begins elsewhere */
        assert_true(held_take(&held, 0, 5, &event));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connection_is_taken_in_its_order),
        cmocka_unit_test(oldest_are_given_up_first),
        cmocka_unit_test(full_and_around),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
