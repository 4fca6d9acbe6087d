/* Series: bounded, in order of time, filled from both sides. */
#include "core/info.h"
#include "core/series.h"
#include "rows.h"

static struct series_sample sample_at(int64_t mono_ns)
{
    return (struct series_sample){.mono_ns = mono_ns,
                                  .number = (uint64_t)mono_ns,
                                  .known = SERIES_BIT(SERIES_IN),
                                  .values = {[SERIES_IN] = (uint64_t)mono_ns}};
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
    const struct series series = series_of(1, SERIES_MOST + 36);
    (void)state;
    check(&series, 37, SERIES_MOST + 36);
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
    sample.known |= SERIES_BIT(SERIES_RTT);
    sample.values[SERIES_RTT] = 77;
    series_append(&series, &sample);
    assert_int_equal(series_values(&series, SERIES_IN, values), 4);
    assert_int_equal(values[3], 4);
    assert_int_equal(series_values(&series, SERIES_RTT, values), 1);
    assert_int_equal(values[0], 77);
    assert_int_equal(series_values(&series, SERIES_CWND, values), 0);
}

/* A graph has a column for each frame: one that was skipped leaves it blank. */
static void frames_that_are_missing_are_unknown(void **state)
{
    struct series series = series_of(1, 3);
    const struct series_sample other = {.mono_ns = 7, .number = 7};
    uint64_t values[9];
    (void)state;
    append_at(&series, 6);
    series_append(&series, &other); /* does not know it */
    series_frames(&series, SERIES_IN, values, 9);
    static const uint64_t EXPECTED[] = {
        SERIES_UNKNOWN, SERIES_UNKNOWN, 1, 2, 3, SERIES_UNKNOWN, SERIES_UNKNOWN, 6, SERIES_UNKNOWN};
    assert_memory_equal(values, EXPECTED, sizeof(EXPECTED));
    series_frames(&series, SERIES_IN, values, 2); /* the newest */
    assert_int_equal(values[0], 6);
    assert_int_equal(series_frames_span(&series, 9), 6);
    assert_int_equal(series_frames_span(&series, 2), 1);
    assert_int_equal(series_frames_span(&series, 1), 0);
    series.count = 0;
    assert_int_equal(series_frames_span(&series, 9), 0);
    series_frames(&series, SERIES_IN, values, 2);
    assert_int_equal(values[1], SERIES_UNKNOWN);
}

static struct series counts_of(const uint64_t *counts, uint32_t count)
{
    struct series series = {.count = 0};
    for (uint32_t i = 0; i < count; i++)
        append_at(&series, 10 * (i + 1));
    for (uint32_t i = 0; i < count; i++)
        series.samples[i].values[SERIES_IN] = counts[i];
    return series;
}

static void only_what_never_fell_has_grown(void **state)
{
    static const uint64_t GREW[] = {1, 1, 2, 2, 5}, FELL[] = {1, 3, 2, 4, 5}, SAME[] = {4, 4, 4, 4},
                          FELL_BEFORE[] = {9, 1, 2, 4, 4};
    (void)state;
    struct series series = counts_of(GREW, 5);
    assert_true(series_only_grew(&series, SERIES_IN, 40));
    assert_false(series_only_grew(&series, SERIES_IN, 41)); /* what was before is unknown */
    assert_false(series_only_grew(&series, SERIES_OUT, 40));
    series = counts_of(FELL, 5);
    assert_false(series_only_grew(&series, SERIES_IN, 40));
    series = counts_of(SAME, 4);
    assert_false(series_only_grew(&series, SERIES_IN, 30));
    series = counts_of(FELL_BEFORE, 5);
    assert_true(series_only_grew(&series, SERIES_IN, 30));
    assert_false(series_only_grew(&series, SERIES_IN, 40));
    series.count = 0;
    assert_false(series_only_grew(&series, SERIES_IN, 10));
}

/* One row more is no trend, nor are a few of many. */
static void a_trend_is_more_than_a_few(void **state)
{
    static const struct {
        uint64_t counts[2];
        bool grew;
    } CASES[] = {{{0, 1}, false},      {{0, 2}, false},       {{0, 3}, true},
                 {{100, 102}, false},  {{100, 103}, true},    {{1000, 1019}, false},
                 {{1000, 1020}, true}, {{1000, 1000}, false}, {{5, 4}, false}};

    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        const struct series series = counts_of(CASES[i].counts, 2);
        assert_int_equal(series_only_grew(&series, SERIES_IN, 10), CASES[i].grew);
    }
}

static void growth_is_by_the_second(void **state)
{
    static const uint64_t COUNTS[] = {100, 100, 104, 110}, BOOTED[] = {100, 3};
    double per_second = -1;
    (void)state;
    struct series series = counts_of(COUNTS, 4);
    assert_true(series_growth(&series, SERIES_IN, 20, &per_second)); /* 10 in 20 ns */
    assert_float_equal(per_second, 5e8, 1);
    assert_true(series_growth(&series, SERIES_IN, 5, &per_second)); /* since the frame before */
    assert_float_equal(per_second, 6e8, 1);
    assert_true(series_growth(&series, SERIES_IN, 1000, &per_second)); /* as far as is known */
    assert_float_equal(per_second, 10e9 / 30, 1);
    assert_false(series_growth(&series, SERIES_OUT, 20, &per_second));
    series.count = 1;
    assert_false(series_growth(&series, SERIES_IN, 20, &per_second));
    series = counts_of(BOOTED, 2);
    assert_false(series_growth(&series, SERIES_IN, 20, &per_second));
}

/* Of all connections: a first frame has no rates, and no counters where none were read. */
static void all_is_what_the_totals_say(void **state)
{
    static struct frame frame; /* of zeros */
    const struct series_subject all = {.all = true};
    struct series_sample sample;
    (void)state;
    frame.number = 1;
    frame.totals.live = 7;
    frame.totals.states[STATE_CLOSE_WAIT] = 3;
    assert_true(series_take(&all, &frame, &sample));
    assert_false(sample.known & (SERIES_BIT(SERIES_IN) | SERIES_BIT(SERIES_RETRANS)));
    assert_false(sample.known & (SERIES_BIT(SERIES_OPENS) | SERIES_BIT(SERIES_RESETS)));
    assert_int_equal(sample.values[SERIES_LIVE], 7);
    assert_int_equal(sample.values[(int)SERIES_STATE + (int)STATE_CLOSE_WAIT], 3);
    struct host_facts facts = {.netns = 1};
    host_fact_set(&facts, FACT_ACTIVE_OPENS, 10);
    host_fact_set(&facts, FACT_PASSIVE_OPENS, 5);
    frame.number = 2;
    frame.totals.out_bytes_per_s = 99;
    frame.facts = &facts;
    assert_true(series_take(&all, &frame, &sample));
    assert_true(sample.known & SERIES_BIT(SERIES_OUT));
    assert_int_equal(sample.values[SERIES_OUT], 99);
    assert_int_equal(sample.values[SERIES_OPENS], 15);
    assert_false(sample.known & SERIES_BIT(SERIES_RESETS));
    frame.namespace_count = 1;
    assert_true(series_take(&all, &frame, &sample));
    assert_true(sample.known & SERIES_BIT(SERIES_OPENS));
}

static struct host_facts opens(uint64_t active, uint64_t passive)
{
    struct host_facts facts = {.netns = 1};
    host_fact_set(&facts, FACT_ACTIVE_OPENS, active);
    host_fact_set(&facts, FACT_PASSIVE_OPENS, passive);
    host_fact_set(&facts, FACT_ESTAB_RESETS, 1);
    return facts;
}

/* Those that have none are counted; a host that is lost has none any more. */
static void counters_are_of_all_namespaces_shown(void **state)
{
    static struct frame frame;
    const struct series_subject all = {.all = true};
    struct host_facts own = opens(10, 5), other = opens(200, 1);
    struct frame_host host = {.number = 1, .state = HOST_OK};
    struct frame_netns namespaces[] = {
        {.key = 1, .id = 11}, {.key = 2, .id = 12, .facts = &other}, {.key = 3, .id = 13}};
    struct series_sample sample;
    (void)state;
    frame.netns = 1;
    frame.facts = &own;
    frame.namespaces = namespaces;
    frame.namespace_count = 3;
    assert_true(series_take(&all, &frame, &sample));
    assert_int_equal(sample.values[SERIES_OPENS], 216);
    assert_int_equal(sample.values[SERIES_RESETS], 2);
    assert_int_equal(sample.values[SERIES_UNCOUNTED], 1);
    frame.namespace_count = 2;
    assert_true(series_take(&all, &frame, &sample));
    assert_int_equal(sample.values[SERIES_UNCOUNTED], 0);
    frame.hosts = &host;
    frame.host_count = 1;
    namespaces[1].host = 1;
    assert_true(series_take(&all, &frame, &sample));
    assert_int_equal(sample.values[SERIES_OPENS], 216);
    host.state = HOST_LOST;
    assert_true(series_take(&all, &frame, &sample));
    assert_int_equal(sample.values[SERIES_OPENS], 15);
    assert_int_equal(sample.values[SERIES_UNCOUNTED], 1);
    frame.facts = NULL;
    assert_true(series_take(&all, &frame, &sample));
    assert_false(sample.known & SERIES_BIT(SERIES_OPENS));
}

/* A namespace that appears brings all that it ever counted: no growth. */
static void growth_is_of_the_same_namespaces(void **state)
{
    static const uint64_t COUNTS[] = {100, 104, 5108, 5112}, OF[] = {1, 1, 2, 2};
    double per_second = -1;
    (void)state;
    struct series series = counts_of(COUNTS, 4);
    for (size_t i = 0; i < 4; i++)
        series.samples[i].values[SERIES_COUNTED] = OF[i];
    assert_true(series_growth(&series, SERIES_IN, 1000, &per_second));
    assert_float_equal(per_second, 4e8, 1);
    series.count = 3;
    assert_false(series_growth(&series, SERIES_IN, 1000, &per_second));
    series.count = 2;
    assert_true(series_growth(&series, SERIES_IN, 1000, &per_second));
}

static void check_values(const uint64_t *values, size_t count, const int64_t *expected)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(values[i], expected[i] < 0 ? SERIES_UNKNOWN : (uint64_t)expected[i]);
}

/* Each sample speaks for the time before it; what lies before the first, in a gap or behind the
 * last is unknown. */
static void values_stand_by_time(void **state)
{
    const struct series_axis axis = {
        .end_ns = 12 * SECOND, .span_ns = 12 * SECOND, .hold_ns = 3 * SECOND};
    const int64_t by_second[] = {-1, 2, 3, 4, -1, -1, -1, 8, 9, 10, -1, -1};
    const int64_t by_three[] = {3, 4, 9, 10};
    struct series series = {.count = 0};
    uint64_t values[24];
    (void)state;
    for (int64_t second = 2; second <= 10; second++) {
        struct series_sample sample = sample_at(second * SECOND);
        sample.values[SERIES_IN] = (uint64_t)second;
        if (second < 5 || second > 7)
            series_append(&series, &sample);
    }
    series_by_time(&series, SERIES_IN, &axis, values, 12);
    check_values(values, 12, by_second);
    series_by_time(&series, SERIES_IN, &axis, values, 4); /* the largest of each */
    check_values(values, 4, by_three);
    series_by_time(&series, SERIES_IN, &axis, values, 24); /* twice each */
    for (size_t i = 0; i < 12; i++) {
        check_values(values + 2 * i, 1, by_second + i);
        check_values(values + 2 * i + 1, 1, by_second + i);
    }
    series_by_time(&series, SERIES_RTT, &axis, values, 12);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(values[i], SERIES_UNKNOWN);
}

static void a_late_frame_leaves_no_hole(void **state)
{
    const struct series_axis axis = {
        .end_ns = 6 * SECOND, .span_ns = 6 * SECOND, .hold_ns = 3 * SECOND};
    const int64_t expected[] = {1, 4, 4, 4, 5, -1};
    struct series series = {.count = 0};
    uint64_t values[6];
    (void)state;
    for (int64_t second = 1; second <= 5; second++) {
        struct series_sample sample = sample_at(second * SECOND);
        sample.values[SERIES_IN] = (uint64_t)second;
        if (second != 2 && second != 3)
            series_append(&series, &sample);
    }
    series_by_time(&series, SERIES_IN, &axis, values, 6);
    check_values(values, 6, expected);
}

static void the_axis_fits_the_samples(void **state)
{
    static const int64_t MS[][2] = {{100, 5}, {500, 30}, {1000, 60}, {2000, 120}, {60000, 3600}};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(MS); i++)
        assert_int_equal(series_axis_of(0, MS[i][0] * SECOND / 1000).span_ns, MS[i][1] * SECOND);
    assert_int_equal(series_axis_of(0, 0).span_ns, 60 * SECOND);
}

static uint64_t bytes_in_flight(uint64_t segments, uint64_t sent, uint64_t again, uint64_t acked)
{
    const struct {
        unsigned field;
        uint64_t value;
    } FIELDS[] = {{INFO_unacked, segments},
                  {INFO_snd_mss, 1000},
                  {INFO_bytes_sent, sent},
                  {INFO_bytes_retrans, again},
                  {INFO_bytes_acked, acked}};
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = rows_frame(pool, 1);
    struct conn *conn = rows_add(frame, 1, STATE_ESTABLISHED);
    struct conn_detail *detail = frame_add_detail(frame);
    struct series_sample sample;
    conn->serial = 1;
    conn->detail = 0;
    detail->info_length = 240;
    for (size_t i = 0; i < UNIT_COUNT(FIELDS); i++)
        info_set(&TCP_INFO[FIELDS[i].field], detail->info, FIELDS[i].value);
    assert_true(series_take(&(struct series_subject){.serial = 1}, frame, &sample));
    assert_true(sample.known & SERIES_BIT(SERIES_IN_FLIGHT));
    frame_release(frame);
    frame_pool_release(pool);
    return sample.values[SERIES_IN_FLIGHT];
}

static void in_flight_is_what_is_not_acknowledged(void **state)
{
    (void)state;
    assert_int_equal(bytes_in_flight(3, 10300, 300, 8000), 2000);
    assert_int_equal(bytes_in_flight(0, 10300, 300, 10001), 0);    /* the SYN counts, too */
    assert_int_equal(bytes_in_flight(2, 90000, 300, 8000), 2000);  /* counts that went apart */
    assert_int_equal(bytes_in_flight(1, 10300, 300, 10001), 1000); /* the same */
}

/* What makes a plot red: retransmissions, and a shut window, even if its probes are answered. */
static void trouble_of_one_connection(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = rows_frame(pool, 1);
    struct conn *conn = rows_add(frame, 1, STATE_ESTABLISHED);
    const struct series_subject one = {.serial = 1};
    struct series_sample sample;

    (void)state;
    conn->serial = 1;
    conn->known = 0;
    assert_true(series_take(&one, frame, &sample));
    assert_false(sample.known & (SERIES_BIT(SERIES_RETRANS_TOTAL) | SERIES_BIT(SERIES_SHUT)));
    conn->known = KNOWN_INFO | KNOWN_TIMER;
    conn->retrans = 7;
    conn->timer = 1; /* retransmit */
    assert_true(series_take(&one, frame, &sample));
    assert_int_equal(sample.values[SERIES_RETRANS_TOTAL], 7);
    assert_false(sample.known & SERIES_BIT(SERIES_SHUT));
    conn->timer = 4; /* probe */
    assert_true(series_take(&one, frame, &sample));
    assert_int_equal(sample.values[SERIES_SHUT], 1);
    frame_release(frame);
    frame_pool_release(pool);
}

/* With a peer counts what no process holds any more as well; of a process it does not. */
static void a_group_carries_what_its_rows_do(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = rows_frame(pool, 1);
    struct conn *conn = rows_add(frame, 1, STATE_FIN_WAIT_1);
    const struct column_context context = {.frame = frame};
    struct series_sample sample;

    (void)state;
    conn->owner_word = OWNER_LAST;
    conn_set_rates(conn, 5, 9);
    const struct grouping_member peer = {&GROUPING_PEERS, GROUPING_PEERS.key(frame, conn)};
    assert_true(grouping_accepts(&peer, &context, conn));
    assert_true(series_take(&(struct series_subject){.member = peer}, frame, &sample));
    assert_int_equal(sample.values[SERIES_OUT], 9);
    const uint64_t key = GROUPING_PROCESSES.key ? GROUPING_PROCESSES.key(frame, conn) : 0;
    const struct grouping_member process = {&GROUPING_PROCESSES, key};
    assert_false(series_take(&(struct series_subject){.member = process}, frame, &sample));
    frame_release(frame);
    frame_pool_release(pool);
}

/* A frame without tcp_info says nothing of it. */
static void without_details_they_are_unknown(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = rows_frame(pool, 1);
    struct series_sample sample;
    (void)state;
    rows_add(frame, 1, STATE_ESTABLISHED)->serial = 1;
    assert_true(series_take(&(struct series_subject){.serial = 1}, frame, &sample));
    assert_int_equal(sample.known, 0);
    frame_release(frame);
    frame_pool_release(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(frames_that_are_missing_are_unknown),
                                       cmocka_unit_test(only_what_never_fell_has_grown),
                                       cmocka_unit_test(a_trend_is_more_than_a_few),
                                       cmocka_unit_test(growth_is_by_the_second),
                                       cmocka_unit_test(all_is_what_the_totals_say),
                                       cmocka_unit_test(counters_are_of_all_namespaces_shown),
                                       cmocka_unit_test(growth_is_of_the_same_namespaces),
                                       cmocka_unit_test(the_newest_are_kept),
                                       cmocka_unit_test(going_back_cuts),
                                       cmocka_unit_test(older_ones_come_before),
                                       cmocka_unit_test(values_are_those_known),
                                       cmocka_unit_test(values_stand_by_time),
                                       cmocka_unit_test(a_late_frame_leaves_no_hole),
                                       cmocka_unit_test(the_axis_fits_the_samples),
                                       cmocka_unit_test(in_flight_is_what_is_not_acknowledged),
                                       cmocka_unit_test(trouble_of_one_connection),
                                       cmocka_unit_test(a_group_carries_what_its_rows_do),
                                       cmocka_unit_test(without_details_they_are_unknown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
