/* The staged outage of the demo, through collector and engine: which findings begin and end, and
 * when, at several refresh intervals. */
#include "collect/collect.h"
#include "core/finding/finding.h"
#include "source/demo/demo.h"
#include "source/demo/incident.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define MS_NS    INT64_C(1000000)
#define START_NS INT64_C(1795349780000000000)
#define NEVER    INT64_MIN
#define AFTER_MS 20000 /* a finding ends when nothing was seen of it for 15 s */

struct act {
    const char *id;
    int64_t begins_ms, critical_ms; /* NEVER: it never is */
    int64_t ends_ms;
};
/* Those that the story is about, in its order. */
static const struct act ACTS[] = {
    {"accept-queue-full", INCIDENT_QUEUE_FULL_MS, INCIDENT_ACCEPT_STOPS_MS + 10000,
     INCIDENT_ACCEPTS_MS + 1300}, /* half empty again */
    {"close-wait-leak", INCIDENT_LEAK_100_MS + 5000 /* when all have been kept for so long */,
     NEVER, INCIDENT_RESTART_MS},
    {"ports-exhausted", INCIDENT_PORTS_60_MS, INCIDENT_PORTS_90_MS, INCIDENT_PORTS_50_MS},
};
/* What comes with them. */
static const char *const CONSEQUENCES[] = {"accept-wait", "churn"};

struct seen {
    int64_t begins_ms, critical_ms, ends_ms;
    int64_t since_ns;
};

struct run {
    struct collector *collector;
    struct finding_engine *engine;
    struct frame *frame;
    struct seen acts[sizeof(ACTS) / sizeof(ACTS[0])];
    int64_t interval_ms, now_ms;
    uint32_t listed;
};

static void begin(struct run *run, const char *text, int64_t interval_ms)
{
    struct finding_settings findings;
    struct demo_settings demo;
    struct collector_settings settings = {.ring_capacity = EVENT_RING_DEFAULT};

    *run = (struct run){.interval_ms = interval_ms};
    for (size_t i = 0; i < sizeof(ACTS) / sizeof(ACTS[0]); i++)
        run->acts[i] = (struct seen){NEVER, NEVER, NEVER, 0};
    finding_settings_init(&findings);
    assert_int_equal(demo_parse(text, &demo), 0);
    demo.interval_ns = interval_ms * MS_NS;
    assert_int_equal(demo_open(&settings.source, &demo), 0);
    settings.wish = (struct wish){.interval_ns = demo.interval_ns,
                                  .needs = finding_needs(&findings),
                                  .state_bits = STATE_ALL_BITS,
                                  .families = WISH_INET | WISH_INET6};
    assert_int_equal(collector_new(&run->collector, &settings), 0);
    run->engine = finding_engine_new(&findings);
    assert_non_null(run->engine);
}

static void end(struct run *run)
{
    frame_release(run->frame);
    finding_engine_free(run->engine);
    collector_free(run->collector);
}

/* The demo knows the descriptors of its processes. */
static void check_descriptors(const struct finding *finding)
{
    for (unsigned i = 0; i < finding->evidence_count; i++)
        if (strcmp(finding->evidence[i].fact, "descriptors") == 0)
            return;
    fail_msg("%s without descriptors", finding->detector->id);
}

static void note(struct run *run, const struct finding *finding)
{
    if (strcmp(finding->detector->id, "close-wait-leak") == 0)
        check_descriptors(finding);
    for (size_t i = 0; i < sizeof(ACTS) / sizeof(ACTS[0]); i++) {
        struct seen *seen = &run->acts[i];
        if (strcmp(finding->detector->id, ACTS[i].id) != 0)
            continue;
        if (seen->begins_ms == NEVER)
            seen->begins_ms = run->now_ms;
        if (seen->critical_ms == NEVER && finding->severity == SEVERITY_CRITICAL)
            seen->critical_ms = run->now_ms;
        if (finding->ended_ns)
            seen->ends_ms = (finding->ended_ns - START_NS) / MS_NS;
        seen->since_ns = finding->since_ns;
        return;
    }
    for (size_t i = 0; i < sizeof(CONSEQUENCES) / sizeof(CONSEQUENCES[0]); i++)
        if (strcmp(finding->detector->id, CONSEQUENCES[i]) == 0)
            return;
    fail_msg("%s at %lld ms: %s", finding->detector->id, (long long)run->now_ms, finding->title);
}

static void step(struct run *run)
{
    const struct finding *const *list;

    frame_release(run->frame);
    assert_int_equal(collector_step(run->collector, &run->frame), 0);
    const struct finding_input input = collector_finding_input(run->collector, run->frame);
    assert_int_equal(finding_engine_update(run->engine, &input), 0);
    run->now_ms = (run->frame->wall_ns - START_NS) / MS_NS;
    list = finding_engine_list(run->engine, &run->listed);
    for (uint32_t i = 0; i < run->listed; i++)
        note(run, list[i]);
}

static void assert_within_two_frames(const struct run *run, const char *what, int64_t ms,
                                     int64_t wanted_ms)
{
    const int64_t late_ms = ms - wanted_ms;
    if (late_ms < -2 * run->interval_ms || late_ms > 2 * run->interval_ms)
        fail_msg("%s at %lld ms, not at %lld ms, frames every %lld ms", what, (long long)ms,
                 (long long)wanted_ms, (long long)run->interval_ms);
}

static void plays_at(int64_t interval_ms)
{
    struct run run;

    begin(&run, "incident", interval_ms);
    do {
        step(&run);
        if (run.now_ms < INCIDENT_ACCEPT_STOPS_MS)
            assert_int_equal(run.listed, 0);
    } while (run.now_ms < INCIDENT_OVER_MS);
    uint32_t count;
    const struct finding *const *list = finding_engine_list(run.engine, &count);
    assert_true(count > 0 && list[0]->ended_ns != 0); /* those that hold come first */
    for (size_t i = 0; i < sizeof(ACTS) / sizeof(ACTS[0]); i++) {
        const struct seen *seen = &run.acts[i];
        assert_within_two_frames(&run, ACTS[i].id, seen->begins_ms, ACTS[i].begins_ms);
        assert_within_two_frames(&run, "its end", seen->ends_ms, ACTS[i].ends_ms);
        if (ACTS[i].critical_ms == NEVER)
            assert_true(seen->critical_ms == NEVER);
        else
            assert_within_two_frames(&run, "critical", seen->critical_ms, ACTS[i].critical_ms);
        assert_true(i == 0 || seen->begins_ms > run.acts[i - 1].ends_ms - AFTER_MS);
    }
    /* When the queue filled, not the second frame that saw it. */
    assert_within_two_frames(&run, "since", (run.acts[0].since_ns - START_NS) / MS_NS,
                             INCIDENT_QUEUE_FULL_MS);
    end(&run);
}

static void it_plays(void **state)
{
    (void)state;
    plays_at(1000);
    plays_at(500);
    plays_at(2000);
}

static void it_is_the_same_each_time(void **state)
{
    struct run one, other;

    (void)state;
    begin(&one, "incident,50", 1000);
    begin(&other, "incident,50", 1000);
    for (int i = 0; i < 60; i++) {
        step(&one);
        step(&other);
        assert_int_equal(one.frame->conn_count, other.frame->conn_count);
        assert_memory_equal(one.frame->conns, other.frame->conns,
                            one.frame->conn_count * sizeof(*one.frame->conns));
    }
    end(&one);
    end(&other);
}

static void it_can_begin_later(void **state)
{
    struct run run;

    (void)state;
    begin(&run, "incident,130", 1000);
    step(&run);
    step(&run);
    assert_int_equal(run.acts[2].begins_ms, 131000);
    end(&run);
}

static void its_settings_are_read(void **state)
{
    static const char *const bad[] = {"incident,",  "incident,x",     "incident,1,2", "incidents",
                                      "incident 1", "incident,86401", "incident,-1",  "inciden"};
    struct demo_settings settings;

    (void)state;
    assert_int_equal(demo_parse("incident", &settings), 0);
    assert_true(settings.incident && settings.start_ns == 0);
    assert_int_equal(demo_parse("incident,90", &settings), 0);
    assert_true(settings.incident && settings.start_ns == 90000 * MS_NS);
    assert_int_equal(demo_parse("7,60", &settings), 0);
    assert_false(settings.incident);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(demo_parse(bad[i], &settings), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_plays),
        cmocka_unit_test(it_is_the_same_each_time),
        cmocka_unit_test(it_can_begin_later),
        cmocka_unit_test(its_settings_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
