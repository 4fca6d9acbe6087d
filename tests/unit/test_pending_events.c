/* Events that wait for the owner of their connection. */
#include "core/pending_events.h"

#include "rows.h"

static struct event event_at(uint64_t cookie, int64_t mono_ns)
{
    return (struct event){.cookie = cookie, .mono_ns = mono_ns};
}

static void must_add(struct pending_events *pending, uint64_t cookie, int64_t mono_ns)
{
    const struct event event = event_at(cookie, mono_ns);
    assert_true(pending_events_add(pending, &event));
}

static void connection_is_taken_in_its_order(void **state)
{
    (void)state;
    static struct pending_events pending;
    struct event event;
    must_add(&pending, 1, 10);
    must_add(&pending, 2, 11);
    must_add(&pending, 1, 12);
    assert_false(pending_events_take(&pending, 3, 1, &event)); /* of another network namespace */
    assert_true(pending_events_take(&pending, 0, 1, &event));
    assert_int_equal(event.mono_ns, 10);
    assert_true(pending_events_take(&pending, 0, 1, &event));
    assert_int_equal(event.mono_ns, 12);
    assert_false(pending_events_take(&pending, 0, 1, &event));
    assert_false(pending_events_take(&pending, 0, 0, &event));
    assert_true(pending_events_take(&pending, 0, 2, &event));
    assert_false(pending_events_any(&pending));
}

static void oldest_are_given_up_first(void **state)
{
    (void)state;
    static struct pending_events pending;
    struct event event;
    must_add(&pending, 1, 10);
    must_add(&pending, 2, 11);
    must_add(&pending, 3, 12);
    assert_true(pending_events_take(&pending, 0, 2, &event)); /* leaves a gap */
    assert_false(pending_events_take_oldest(&pending, 9, &event));
    assert_true(pending_events_take_oldest(&pending, 12, &event));
    assert_int_equal(event.cookie, 1);
    assert_false(pending_events_take_oldest(&pending, 11, &event));
    assert_true(pending_events_take_oldest(&pending, 12, &event));
    assert_int_equal(event.cookie, 3);
    assert_false(pending_events_take_oldest(&pending, INT64_MAX, &event));
}

static void full_and_around(void **state)
{
    (void)state;
    static struct pending_events pending;
    const struct event nobody = event_at(0, 1), more = event_at(9999, 1);
    struct event event;
    assert_false(pending_events_add(&pending, &nobody));
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 1; i <= PENDING_EVENTS_MAX; i++)
            must_add(&pending, i, i);
        assert_int_equal(pending_events_room(&pending), 0);
        assert_false(pending_events_add(&pending, &more));
        assert_true(pending_events_take(&pending, 0, PENDING_EVENTS_MAX, &event));
        for (uint32_t i = 1; i < PENDING_EVENTS_MAX; i += 2)
            assert_true(pending_events_take(&pending, 0, i, &event));
        for (uint32_t i = 2; i < PENDING_EVENTS_MAX; i += 2) {
            assert_true(pending_events_take_oldest(&pending, INT64_MAX, &event));
            assert_int_equal(event.cookie, i);
        }
        assert_int_equal(pending_events_room(&pending), PENDING_EVENTS_MAX);
        must_add(&pending, 5, 5); /* the next round begins elsewhere */
        assert_true(pending_events_take(&pending, 0, 5, &event));
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
