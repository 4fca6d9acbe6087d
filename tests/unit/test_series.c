/* Series: bounded, in order of time, filled from both sides. */
#include "core/series.h"
#include "unit.h"

static struct series_sample sample_at(int64_t mono_ns)
{
    return (struct series_sample){
        .mono_ns = mono_ns, .known = 1u << SERIES_IN, .values = {[SERIES_IN] = (uint64_t)mono_ns}};
}

static void append_at(struct series *series, int64_t mono_ns)
{
    const struct series_sample sample = sample_at(mono_ns);
    series_append(series, &sample);
}

static struct series series_of(int64_t first, int64_t last)
{
    struct series series = {.count = 0};
    for (int64_t at = first; at <= last; at++)
        append_at(&series, at);
    return series;
}

static void check(const struct series *series, int64_t first, int64_t last)
{
    assert_int_equal(series->count, last - first + 1);
    for (uint32_t i = 0; i < series->count; i++)
        assert_int_equal(series->samples[i].mono_ns, first + i);
}

static void the_newest_are_kept(void **state)
{
    const struct series series = series_of(1, 100);
    (void)state;
    check(&series, 100 - SERIES_MOST + 1, 100);
}

static void going_back_cuts(void **state)
{
    struct series series = series_of(1, 10);
    (void)state;
    series_cut(&series, 7);
    check(&series, 1, 6);
    series_cut(&series, 1);
    assert_int_equal(series.count, 0);
    series_cut(&series, 1);
}

/* What is read covers what was there in part, or all of it, or leaves a gap. */
static void older_ones_come_before(void **state)
{
    struct series series = series_of(20, 25), older = series_of(15, 22);
    (void)state;
    series_prepend(&series, &older);
    check(&series, 15, 25);
    older = series_of(10, 14);
    series = series_of(15, 15);
    series_prepend(&series, &older);
    check(&series, 10, 15);
    older = series_of(1, SERIES_MOST);
    series_prepend(&series, &older); /* all of it was there */
    check(&series, 1, SERIES_MOST);
    series = series_of(SERIES_MOST + 1, SERIES_MOST + 5);
    series_prepend(&series, &older);
    check(&series, 6, SERIES_MOST + 5);
    older.count = 0;
    series_prepend(&series, &older);
    check(&series, 6, SERIES_MOST + 5);
}

static void values_are_those_known(void **state)
{
    struct series series = series_of(1, 3);
    struct series_sample sample = sample_at(4);
    uint64_t values[SERIES_MOST];
    (void)state;
    sample.known |= 1u << SERIES_RTT;
    sample.values[SERIES_RTT] = 77;
    series_append(&series, &sample);
    assert_int_equal(series_values(&series, SERIES_IN, values), 4);
    assert_int_equal(values[3], 4);
    assert_int_equal(series_values(&series, SERIES_RTT, values), 1);
    assert_int_equal(values[0], 77);
    assert_int_equal(series_values(&series, SERIES_CWND, values), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_are_kept), cmocka_unit_test(going_back_cuts),
        cmocka_unit_test(older_ones_come_before), cmocka_unit_test(values_are_those_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
