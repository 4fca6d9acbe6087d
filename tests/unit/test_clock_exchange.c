/* What is known of another clock after questions and answers: never more than what the way leaves. */
#include "unit.h"

#include "base/clock.h"
#include "source/fleet/clock_exchange.h"

#define OFFSET_NS (1000 * SECOND_NS) /* our wall clock less mono */

/* Asked at mono_ns; the way there and back takes these times, the host's clock is ahead. */
static bool exchange(struct clock_exchange *clock, int64_t mono_ns, int64_t there_ns,
                     int64_t back_ns, int64_t ahead_ns)
{
    const int64_t received_ns = mono_ns + OFFSET_NS + there_ns + ahead_ns;
    const int64_t held_ns = MILLISECOND_NS;
    uint64_t id;

    assert_true(clock_exchange_ask(clock, mono_ns, &id));
    return clock_exchange_answer(clock, id, received_ns, received_ns + held_ns,
                                 mono_ns + there_ns + held_ns + back_ns, OFFSET_NS);
}

static int64_t wrong_by(const struct clock_exchange *clock, int64_t ahead_ns)
{
    const int64_t wrong_ns = clock->skew_ns - ahead_ns;
    return wrong_ns < 0 ? -wrong_ns : wrong_ns;
}

static void the_truth_is_within_the_bound(void **state)
{
    uint64_t seed = 3;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        struct clock_exchange clock = {.waits = false};
        const int64_t ahead_ns = (int64_t)unit_random_below(&seed, 1u << 30) - (1 << 29);
        const int64_t there_ns = (int64_t)unit_random_below(&seed, 1u << 28);
        const int64_t back_ns = (int64_t)unit_random_below(&seed, 1u << 28);
        assert_true(exchange(&clock, SECOND_NS, there_ns, back_ns, ahead_ns));
        assert_true(wrong_by(&clock, ahead_ns) <= clock.error_ns);
        assert_true(clock.error_ns <= (there_ns + back_ns) / 2 + 1);
    }
}

static void the_shortest_way_counts(void **state)
{
    struct clock_exchange clock = {.waits = false};

    (void)state;
    assert_true(exchange(&clock, SECOND_NS, 80 * MILLISECOND_NS, 0, SECOND_NS));
    assert_true(exchange(&clock, 2 * SECOND_NS, MILLISECOND_NS, MILLISECOND_NS, SECOND_NS));
    assert_true(wrong_by(&clock, SECOND_NS) <= 2);
    assert_false(exchange(&clock, 3 * SECOND_NS, 0, 60 * MILLISECOND_NS, SECOND_NS));
    assert_true(wrong_by(&clock, SECOND_NS) <= 2);
    assert_int_equal(clock_exchange_skew(&clock), clock.skew_ns);
    /* It was set: a worse answer that the best one cannot be true beside. */
    assert_true(exchange(&clock, 4 * SECOND_NS, 0, 60 * MILLISECOND_NS, -SECOND_NS));
    assert_true(wrong_by(&clock, -SECOND_NS) <= clock.error_ns);
}

static void what_cannot_be_measured_is_no_skew(void **state)
{
    struct clock_exchange clock = {.waits = false};

    (void)state;
    assert_true(exchange(&clock, SECOND_NS, 0, 5 * MILLISECOND_NS, MILLISECOND_NS));
    assert_int_equal(clock_exchange_skew(&clock), 0);
    assert_true(clock_exchange_error(&clock, 1000 * SECOND_NS) > clock.error_ns);
}

/* Another number, an answer twice, one that was held longer than we waited, or that ends before it
 * began. */
static void silly_answers_are_passed_over(void **state)
{
    struct clock_exchange clock = {.waits = false};
    uint64_t id;

    (void)state;
    assert_false(clock_exchange_answer(&clock, 0, 0, 0, SECOND_NS, OFFSET_NS));
    assert_true(clock_exchange_ask(&clock, SECOND_NS, &id));
    assert_false(clock_exchange_ask(&clock, SECOND_NS, &id));
    assert_false(clock_exchange_answer(&clock, id + 1, 0, 0, 2 * SECOND_NS, OFFSET_NS));
    assert_false(clock_exchange_answer(&clock, id, 1, 0, 2 * SECOND_NS, OFFSET_NS));
    assert_false(clock_exchange_answer(&clock, id, INT64_MIN, INT64_MAX, 2 * SECOND_NS, OFFSET_NS));
    assert_false(clock_exchange_answer(&clock, id, 0, 2 * SECOND_NS, 2 * SECOND_NS, OFFSET_NS));
    assert_int_equal(clock.answers, 0);
    assert_true(clock_exchange_answer(&clock, id, INT64_MAX, INT64_MAX, 2 * SECOND_NS, OFFSET_NS));
    assert_false(clock_exchange_answer(&clock, id, 0, 0, 2 * SECOND_NS, OFFSET_NS));
    assert_int_equal(clock.answers, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_truth_is_within_the_bound),
        cmocka_unit_test(the_shortest_way_counts),
        cmocka_unit_test(what_cannot_be_measured_is_no_skew),
        cmocka_unit_test(silly_answers_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
