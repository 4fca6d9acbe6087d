/* Metrics: each byte once whatever the labels, counters that never go back, bounded cardinality,
 * and a text that its readers accept. */
#include "collect/collect.h"
#include "core/metrics/metrics.h"
#include "core/metrics/peers.h"
#include "core/metrics/sets.h"
#include "source/demo/demo.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without memory once so many calls have been made; 0 = never. */
static unsigned no_memory_in;

int __real_finding_engine_complete(struct finding_engine *engine, struct frame *frame,
                                   const struct finding_input *input);
int __wrap_finding_engine_complete(struct finding_engine *engine, struct frame *frame,
                                   const struct finding_input *input);
int __wrap_finding_engine_complete(struct finding_engine *engine, struct frame *frame,
                                   const struct finding_input *input)
{
    if (no_memory_in && --no_memory_in == 0)
        return -ENOMEM;
    return __real_finding_engine_complete(engine, frame, input);
}

static unsigned no_ghosts_in;

int __real_track_apply(struct track *track, const struct frame *previous, struct frame *next,
                       const struct diff *diff, struct event_ring *ring);
int __wrap_track_apply(struct track *track, const struct frame *previous, struct frame *next,
                       const struct diff *diff, struct event_ring *ring);
int __wrap_track_apply(struct track *track, const struct frame *previous, struct frame *next,
                       const struct diff *diff, struct event_ring *ring)
{
    const int error = __real_track_apply(track, previous, next, diff, ring);

    return no_ghosts_in && --no_ghosts_in == 0 ? -ENOMEM : error;
}

struct run {
    struct metrics *metrics;
    struct collector *collector;
    struct finding_settings findings;
    struct frame *frame;
    struct buffer text;
};

static void begin(struct run *run, const char *demo_text, uint32_t peers)
{
    const struct metrics_settings wanted = {.peers = peers, .version = "1", .start_ns = 1000000000};
    struct demo_settings demo;
    struct collector_settings settings = {.ring_capacity = EVENT_RING_DEFAULT};

    *run = (struct run){.metrics = metrics_new(&wanted)};
    assert_non_null(run->metrics);
    finding_settings_init(&run->findings);
    assert_int_equal(demo_parse(demo_text, &demo), 0);
    demo.interval_ns = INT64_C(1000000000);
    assert_int_equal(demo_open(&settings.source, &demo), 0);
    settings.wish = (struct wish){.interval_ns = demo.interval_ns,
                                  .needs = finding_needs(&run->findings) | NEED_OWNER | NEED_GROUP,
                                  .state_bits = STATE_ALL_BITS,
                                  .families = WISH_INET | WISH_INET6};
    settings.findings = &run->findings;
    settings.metrics = run->metrics;
    assert_int_equal(collector_new(&run->collector, &settings), 0);
}

static void step(struct run *run, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        frame_release(run->frame);
        assert_int_equal(collector_step(run->collector, &run->frame), 0);
    }
    buffer_clear(&run->text);
    metrics_write(run->metrics, run->frame, METRICS_PROMETHEUS, &run->text);
    assert_int_equal(run->text.failed, 0);
}

static void end(struct run *run)
{
    frame_release(run->frame);
    collector_free(run->collector);
    metrics_free(run->metrics);
    buffer_done(&run->text);
}

/* The sum of the samples whose line begins so and has `part` in it. */
static double sum_of(const struct run *run, const char *begins, const char *part)
{
    double sum = 0;
    const char *line = run->text.data;

    for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        const char *const line_end = strchr(line, '\n');
        const char *const found = strstr(line, part);
        if (strncmp(line, begins, strlen(begins)) == 0 && found && found < line_end) {
            const char *value = line_end;
            while (value[-1] != ' ')
                value--;
            sum += strtod(value, NULL);
        }
    }
    return sum;
}

static void test_sums_are_totals(void **state)
{
    struct run run;

    (void)state;
    begin(&run, "7,400,300", 3);
    for (unsigned i = 0; i < 20; i++) {
        step(&run, 3);
        const double in = (double)run.frame->totals.in_total;
        const double out = (double)run.frame->totals.out_total;
        assert_true(sum_of(&run, "tcplens_bytes_total", "direction=\"in\"") == in);
        assert_true(sum_of(&run, "tcplens_bytes_total", "direction=\"out\"") == out);
        assert_true(sum_of(&run, "tcplens_peer_bytes_total", "direction=\"in\"") == in);
        assert_true(sum_of(&run, "tcplens_peer_bytes_total", "direction=\"out\"") == out);
    }
    assert_true(run.frame->totals.in_total > 0);
    end(&run);
}

static void test_opens_and_closes(void **state)
{
    struct run run;
    uint64_t opened = 0, cursor;
    struct event event;
    uint64_t lost;

    (void)state;
    begin(&run, "7,400,300", 0);
    step(&run, 1);
    cursor = run.frame->next_event;
    step(&run, 30);
    while (event_ring_read(collector_events(run.collector), &cursor, &event, 1, &lost) == 1)
        opened += event.kind == EVENT_OPEN && event.to != STATE_LISTEN && event.to != STATE_CLOSED;
    assert_true(opened > 100);
    assert_true(sum_of(&run, "tcplens_opens_total", "") >= (double)opened);
    assert_true(sum_of(&run, "tcplens_closes_total", "") > 0);
    /* Each end that was counted is in the histogram, or known not to be. */
    assert_true(sum_of(&run, "tcplens_lifetime_seconds_count", "") +
                    sum_of(&run, "tcplens_lifetimes_unknown_total", "") ==
                sum_of(&run, "tcplens_closes_total", ""));
    end(&run);
}

#define FRAMES_COUNTED 40u

static void check_counted_once(const struct run *run, const struct run *whole)
{
    static const char *const COUNTERS[] = {
        "tcplens_bytes_total",    "tcplens_retransmitted_bytes_total",
        "tcplens_opens_total",    "tcplens_closes_total",
        "tcplens_segments_total", "tcplens_frames_total"};

    for (size_t i = 0; i < UNIT_COUNT(COUNTERS); i++) {
        const double wanted = sum_of(whole, COUNTERS[i], "");
        if (sum_of(run, COUNTERS[i], "") != wanted || wanted <= 0)
            fail_msg("%s: %.0f, not %.0f", COUNTERS[i], sum_of(run, COUNTERS[i], ""), wanted);
    }
}

/* A frame that there is no memory to publish has been counted: what it counted is not counted again
 * with the next one. */
static void test_frame_that_is_given_up(void **state)
{
    struct run whole, run;

    (void)state;
    begin(&whole, "7,300", 3);
    step(&whole, FRAMES_COUNTED);
    begin(&run, "7,300", 3);
    for (unsigned i = 0; i < 4; i++) {
        struct frame *none = NULL;
        step(&run, FRAMES_COUNTED / 4 - 1);
        if (i % 2 == 0) {
            no_memory_in = 1;
            assert_int_equal(collector_step(run.collector, &none), -ENOMEM);
        } else {
            no_ghosts_in = 1;
            step(&run, 1);
            assert_true(run.frame->missing.reasons & MISSING_EVENTS);
        }
    }
    buffer_clear(&run.text);
    metrics_write(run.metrics, run.frame, METRICS_PROMETHEUS, &run.text);
    check_counted_once(&run, &whole);
    end(&run);
    end(&whole);
}

/* A socket that was in no frame and whose opening was not reported: by destroy messages its end is, or its TIME-WAIT. */
static void test_seen_by_its_end_only(void **state)
{
    static const struct event ENDS[] = {
        {.kind = EVENT_CLOSE, .to = STATE_DELETE_TCB, .cookie = 11, .tuple = {.local_port = 80}},
        {.kind = EVENT_OPEN, .to = STATE_TIME_WAIT, .cookie = 12, .tuple = {.remote_port = 443}},
        {.kind = EVENT_CLOSE,
         .to = STATE_DELETE_TCB,
         .from = STATE_ESTABLISHED,
         .serial = 3,
         .end = END_TIMED_OUT},
    };
    const struct metrics_settings wanted = {.version = "1"};
    struct run run = {.metrics = metrics_new(&wanted)};
    struct event_ring *ring = event_ring_new(16);
    struct frame frame = {.next_event = event_ring_next(ring)};

    (void)state;
    metrics_frame(run.metrics, &frame, ring);
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++)
        event_ring_push(ring, &ENDS[i]);
    frame.next_event = event_ring_next(ring);
    metrics_frame(run.metrics, &frame, ring);
    metrics_write(run.metrics, NULL, METRICS_PROMETHEUS, &run.text);
    assert_true(sum_of(&run, "tcplens_opens_total", "") == 2); /* the third was there before */
    assert_true(sum_of(&run, "tcplens_closes_total", "") == 3);
    assert_true(sum_of(&run, "tcplens_lifetimes_unknown_total", "") == 3);
    assert_true(sum_of(&run, "tcplens_abnormal_closes_total", "") == 1);
    assert_true(sum_of(&run, "tcplens_abnormal_closes_total", "reason=\"timed-out\"") == 1);
    assert_null(strstr(run.text.data, "reason=\"closed\""));
    event_ring_free(ring);
    metrics_free(run.metrics);
    buffer_done(&run.text);
}

/* Names of namespaces are labels where there are several; those that only processes name come and go. */
static void test_namespaces(void **state)
{
    static const struct event OPENS[] = {
        {.kind = EVENT_OPEN, .to = STATE_SYN_SENT, .cookie = 1, .netns = 7},
        {.kind = EVENT_OPEN, .to = STATE_SYN_SENT, .cookie = 2, .netns = 8},
        {.kind = EVENT_OPEN, .to = STATE_SYN_SENT, .cookie = 3, .netns = 9},
    };
    const struct metrics_settings wanted = {.version = "1"};
    struct run run = {.metrics = metrics_new(&wanted)};
    struct event_ring *ring = event_ring_new(16);
    struct frame_netns namespaces[] = {
        {.key = 7, .kind = NETNS_KIND_HOST, .name = "host"},
        {.key = 8, .kind = NETNS_KIND_NAMED, .name = "blue"},
        {.key = 9, .kind = NETNS_KIND_PROCESS, .name = "bash[4711]"},
    };
    struct frame frame = {.next_event = event_ring_next(ring), .namespaces = namespaces};

    (void)state;
    for (uint32_t count = 1; count <= 3; count += 2) {
        frame.namespace_count = count;
        frame.next_event = event_ring_next(ring);
        metrics_frame(run.metrics, &frame, ring);
        for (uint32_t i = 0; i < count; i++)
            event_ring_push(ring, &OPENS[i]);
        frame.next_event = event_ring_next(ring);
        metrics_frame(run.metrics, &frame, ring);
    }
    metrics_write(run.metrics, NULL, METRICS_PROMETHEUS, &run.text);
    assert_true(sum_of(&run, "tcplens_opens_total{unit=", "") == 1); /* while there was one */
    assert_true(sum_of(&run, "tcplens_opens_total{netns=\"host\",unit=", "") == 1);
    assert_true(sum_of(&run, "tcplens_opens_total{netns=\"blue\",unit=", "") == 1);
    assert_true(sum_of(&run, "tcplens_opens_total{netns=\"unnamed\",unit=", "") == 1);
    event_ring_free(ring);
    metrics_free(run.metrics);
    buffer_done(&run.text);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each family is announced once, before its samples, and no series is there twice. */
static void check_text(char *text)
{
    char *series[20000];
    size_t count = 0;
    char family[128] = "";

    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *const space = strrchr(line, ' ');
        if (strncmp(line, "# HELP ", 7) == 0) {
            assert_null(strpbrk(line, "\"\\"));
            continue;
        }
        if (sscanf(line, "# TYPE %127s", family) == 1 || line[0] == '#')
            continue;
        assert_int_equal(strncmp(line, family, strlen(family)), 0);
        assert_non_null(space);
        *space = '\0';
        assert_true(count < sizeof(series) / sizeof(series[0]));
        series[count++] = line;
    }
    qsort(series, count, sizeof(series[0]), compare_lines);
    for (size_t i = 1; i < count; i++)
        assert_string_not_equal(series[i - 1], series[i]);
    assert_true(count > 100);
}

static void test_text(void **state)
{
    struct run run;

    (void)state;
    begin(&run, "7,400,300", 5);
    step(&run, 30);
    char *const copy = strdup(run.text.data);
    assert_non_null(copy);
    check_text(copy);
    free(copy);
    assert_true(sum_of(&run, "tcplens_connections", "ESTABLISHED") ==
                run.frame->totals.states[STATE_ESTABLISHED]);
    buffer_clear(&run.text);
    metrics_write(run.metrics, run.frame, METRICS_OPENMETRICS, &run.text);
    assert_non_null(strstr(run.text.data, "# TYPE tcplens_bytes counter\n"));
    assert_non_null(strstr(run.text.data, "# UNIT tcplens_bytes bytes\n"));
    assert_string_equal(run.text.data + run.text.length - 6, "# EOF\n");
    end(&run);
}

static void test_without_a_frame(void **state)
{
    const struct metrics_settings wanted = {.version = "1"};
    struct metrics *metrics = metrics_new(&wanted);
    struct buffer text;

    (void)state;
    buffer_init(&text);
    metrics_write(metrics, NULL, METRICS_PROMETHEUS, &text);
    assert_non_null(strstr(text.data, "tcplens_build_info{version=\"1\"} 1\n"));
    assert_null(strstr(text.data, "\ntcplens_connections{")); /* not known: no zeros */
    assert_null(strstr(text.data, "\ntcplens_segments_total"));
    buffer_done(&text);
    metrics_free(metrics);
}

/* A label's value is whatever a unit is called. */
static void test_labels_are_escaped(void **state)
{
    const struct metrics_settings wanted = {.version = "a\"b\\c\nd"};
    struct metrics *metrics = metrics_new(&wanted);
    struct buffer text;

    (void)state;
    buffer_init(&text);
    metrics_write(metrics, NULL, METRICS_PROMETHEUS, &text);
    assert_non_null(strstr(text.data, "version=\"a\\\"b\\\\c\\nd\"} 1\n"));
    buffer_done(&text);
    metrics_free(metrics);
}

static void test_too_many_sets(void **state)
{
    struct sets sets;

    (void)state;
    assert_int_equal(sets_init(&sets), 0);
    for (uint32_t port = 1; port < METRIC_SETS_MAX; port++)
        assert_int_not_equal(sets_find(&sets, 0, port, false), SET_OTHER);
    assert_int_equal(sets_find(&sets, 0, METRIC_SETS_MAX, false), SET_OTHER);
    assert_int_equal(sets.folded, 1);
    assert_int_not_equal(sets_find(&sets, 0, 7, false), SET_OTHER); /* those that are there stay */
    sets_done(&sets);
}

static uint64_t peers_sum(const struct peers *peers)
{
    uint64_t sum = peers->other.in_bytes;

    for (uint32_t i = 0; i < peers->shown; i++)
        sum += peers->list[i].carried.in_bytes;
    return sum;
}

static bool is_shown(const struct peers *peers, uint8_t number)
{
    for (uint32_t i = 0; i < peers->shown; i++)
        if (peers->list[i].address.bytes[3] == number)
            return true;
    return false;
}

static void test_peers(void **state)
{
    struct peers peers = {.wanted = 2};
    uint64_t sum = 0, other = 0;

    (void)state;
    for (unsigned turn = 0; turn < 60; turn++) {
        for (uint8_t number = 1; number <= 20; number++) {
            /* the busiest are 19 and 20 at first, 1 and 2 later */
            const bool busy = turn < 30 ? number > 18 : number <= 2;
            const struct counters grown = {.in_bytes = busy ? 1000 : turn < 30 ? 1 : 0};
            const struct addr address = {{10, 0, 0, number}};
            if (counters_any(&grown))
                peers_count(&peers, &address, FAMILY_INET, &grown);
            sum += grown.in_bytes;
        }
        assert_int_equal(peers_sum(&peers), sum);
        assert_true(peers.other.in_bytes >= other); /* a counter never goes back */
        other = peers.other.in_bytes;
        peers_choose(&peers);
        assert_true(peers.shown <= 2);
        assert_int_equal(peers_sum(&peers), sum);
        if (turn == 20)
            assert_true(is_shown(&peers, 19) && is_shown(&peers, 20));
    }
    assert_true(is_shown(&peers, 1) && is_shown(&peers, 2));
    peers_done(&peers);
}

static void test_histogram(void **state)
{
    struct histogram histogram = {0};

    (void)state;
    histogram_observe(&histogram, &CONNECT_BOUNDS, 0.0005); /* a bound belongs to its bucket */
    histogram_observe(&histogram, &CONNECT_BOUNDS, 0.0006);
    histogram_observe(&histogram, &CONNECT_BOUNDS, 1e9);
    assert_int_equal(histogram.buckets[0], 1);
    assert_int_equal(histogram.buckets[1], 1);
    assert_int_equal(histogram.buckets[HISTOGRAM_BOUNDS_MAX], 1);
    assert_int_equal(histogram.count, 3);
}

/* An alert for each detector that can warn, and every name in it is a metric. */
static void test_rules(void **state)
{
    struct buffer text;

    (void)state;
    buffer_init(&text);
    metrics_rules(&text);
    for (size_t i = 0; i < detector_count; i++) {
        char id[80];
        snprintf(id, sizeof(id), "id=\"%s\"", DETECTORS[i]->id);
        assert_int_equal(strstr(text.data, id) != NULL, DETECTORS[i]->worst >= SEVERITY_WARNING);
    }
    buffer_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_are_totals),
        cmocka_unit_test(test_opens_and_closes),
        cmocka_unit_test(test_frame_that_is_given_up),
        cmocka_unit_test(test_seen_by_its_end_only),
        cmocka_unit_test(test_namespaces),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_without_a_frame),
        cmocka_unit_test(test_labels_are_escaped),
        cmocka_unit_test(test_too_many_sets),
        cmocka_unit_test(test_peers),
        cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
