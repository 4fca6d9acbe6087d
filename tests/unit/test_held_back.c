/* Held back: shares of time by the kernel's clocks, between samples that have them. */
#include "core/held_back.h"
#include "unit.h"

#define SECOND INT64_C(1000000000)

static void add(struct series *series, int64_t second, uint64_t busy_ms, uint64_t receiver_ms,
                uint64_t buffer_ms)
{
    struct series_sample sample = {.mono_ns = second * SECOND,
                                   .known = SERIES_BIT(SERIES_BUSY) |
                                            SERIES_BIT(SERIES_RWND_LIMITED) |
                                            SERIES_BIT(SERIES_SNDBUF_LIMITED)};
    sample.values[SERIES_BUSY] = busy_ms * 1000;
    sample.values[SERIES_RWND_LIMITED] = receiver_ms * 1000;
    sample.values[SERIES_SNDBUF_LIMITED] = buffer_ms * 1000;
    series_append(series, &sample);
}

static void check(const struct series *series, int64_t window_s, int64_t span_s,
                  const uint32_t permille[HELD_BY_COUNT])
{
    struct held_back held;
    assert_true(held_back_of(series, window_s * SECOND, &held));
    assert_int_equal(held.span_ns, span_s * SECOND);
    for (int i = 0; i < HELD_BY_COUNT; i++)
        assert_int_equal(held.permille[i], permille[i]);
}

static void time_is_divided(void **state)
{
    struct series series = {.count = 0};
    (void)state;
    add(&series, 100, 5000, 1000, 500);
    add(&series, 105, 6000, 1000, 500);
    add(&series, 110, 9000, 3000, 1500); /* of 10 s: busy 4, receiver 2, send buffer 1 */
    check(&series, 60, 10, (const uint32_t[]){100, 200, 100, 600});
    check(&series, 5, 5, (const uint32_t[]){0, 400, 200, 400});
}

static void samples_without_clocks_do_not_count(void **state)
{
    struct series series = {.count = 0};
    struct held_back held;
    const struct series_sample blank = {.mono_ns = 101 * SECOND, .known = SERIES_BIT(SERIES_BUSY)};
    (void)state;
    assert_false(held_back_of(&series, 60 * SECOND, &held));
    add(&series, 100, 0, 0, 0);
    assert_false(held_back_of(&series, 60 * SECOND, &held));
    series_append(&series, &blank);
    assert_false(held_back_of(&series, 60 * SECOND, &held));
    add(&series, 102, 1000, 0, 0);
    series_append(&series, &(struct series_sample){.mono_ns = 103 * SECOND});
    check(&series, 60, 2, (const uint32_t[]){500, 0, 0, 500});
}

/* By the tick, and read later than the frame says. */
static void clocks_may_run_ahead(void **state)
{
    struct series series = {.count = 0};
    (void)state;
    add(&series, 10, 0, 0, 0);
    add(&series, 11, 1004, 1004, 0);
    check(&series, 60, 1, (const uint32_t[]){0, 1000, 0, 0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(time_is_divided),
                                       cmocka_unit_test(samples_without_clocks_do_not_count),
                                       cmocka_unit_test(clocks_may_run_ahead)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
