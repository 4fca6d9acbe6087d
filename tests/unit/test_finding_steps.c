/* What is reported of findings from frame to frame: once, whatever frames were skipped or lost. */
#include "core/finding/steps.h"
#include "unit.h"

#include <string.h>

#define SECOND INT64_C(1000000000)

struct scene {
    struct finding_steps *steps;
    struct frame_pool *pool;
    struct finding list[4];
    struct frame_findings findings;
    int64_t second;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){
        .steps = finding_steps_new(), .pool = frame_pool_new(), .findings.list = scene->list};
    assert_non_null(scene->steps);
}

static void end(struct scene *scene)
{
    finding_steps_free(scene->steps);
    frame_pool_release(scene->pool);
}

static struct finding *hold(struct scene *scene, uint32_t id, uint8_t severity, double value)
{
    struct finding *finding = &scene->list[scene->findings.count];

    *finding = (struct finding){.id = id,
                                .detector = DETECTORS[0],
                                .severity = severity,
                                .since_ns = SECOND,
                                .evidence_count = 1,
                                .evidence = {{.fact = "rows", .unit = "", .value = value}}};
    scene->findings.holding = ++scene->findings.count;
    return finding;
}

static void nothing(struct scene *scene)
{
    scene->findings.count = scene->findings.holding = 0;
}

/* The steps of a frame of now, settled or not, as "begin 1 change 2". */
static void expect(struct scene *scene, bool repeat, bool settle, const char *wanted)
{
    struct frame *frame = frame_new(scene->pool);
    struct buffer said;
    uint32_t count;

    assert_non_null(frame);
    frame->findings = &scene->findings;
    frame->wall_ns = frame->mono_ns = ++scene->second * SECOND;
    assert_int_equal(finding_steps_take(scene->steps, frame, repeat), 0);
    const struct finding_step *list = finding_steps_list(scene->steps, &count);
    buffer_init(&said);
    buffer_text(&said, "");
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(list[i].wall_ns, frame->wall_ns);
        buffer_printf(&said, "%s%s %u", i ? " " : "", words_name(&FINDING_STEP_WORDS, list[i].kind),
                      list[i].finding.id);
    }
    assert_string_equal(said.data ? said.data : "", wanted);
    buffer_done(&said);
    if (settle)
        finding_steps_settle(scene->steps);
    frame_release(frame);
}

static void each_is_reported_from_begin_to_end(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    expect(&scene, true, true, "");
    hold(&scene, 1, SEVERITY_WARNING, 10);
    expect(&scene, false, true, "begin 1");
    expect(&scene, false, true, "");
    expect(&scene, true, true, "holds 1");
    scene.list[0].severity = SEVERITY_CRITICAL;
    expect(&scene, false, true, "change 1");
    hold(&scene, 2, SEVERITY_INFO, 1);
    expect(&scene, true, true, "holds 1 begin 2");
    scene.findings.holding = 1; /* the second one has ended */
    scene.list[1].ended_ns = scene.second * SECOND;
    expect(&scene, false, true, "end 2");
    expect(&scene, false, true, "");
    nothing(&scene); /* its place was taken while frames were skipped */
    expect(&scene, false, true, "end 1");
    end(&scene);
}

static void what_held_at_first_has_not_begun(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    hold(&scene, 7, SEVERITY_WARNING, 10);
    expect(&scene, false, true, "holds 7");
    expect(&scene, false, true, "");
    end(&scene);
}

static void evidence_counts_when_it_doubles_and_not_each_second(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    struct finding *finding = hold(&scene, 1, SEVERITY_WARNING, 10);
    expect(&scene, false, true, "holds 1");
    finding->evidence[0].value = 20;
    expect(&scene, false, true, "");
    scene.second += 10;
    finding->evidence[0].value = 19;
    expect(&scene, false, true, "");
    finding->evidence[0].value = 20;
    expect(&scene, false, true, "change 1");
    scene.second += 10;
    expect(&scene, false, true, "");
    finding->evidence[0].value = 10;
    expect(&scene, false, true, "change 1");
    end(&scene);
}

static void what_was_not_written_is_reported_again(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    expect(&scene, true, true, "");
    hold(&scene, 1, SEVERITY_WARNING, 10);
    expect(&scene, false, false, "begin 1");
    expect(&scene, true, true, "begin 1");
    scene.findings.holding = 0;
    scene.list[0].ended_ns = scene.second * SECOND;
    expect(&scene, false, false, "end 1");
    nothing(&scene);
    expect(&scene, true, true, "end 1");
    end(&scene);
}

static void what_holds_at_the_end_is_known(void **state)
{
    struct scene scene;
    uint32_t count;
    (void)state;
    begin(&scene);
    hold(&scene, 1, SEVERITY_WARNING, 10);
    hold(&scene, 2, SEVERITY_CRITICAL, 10);
    expect(&scene, false, true, "holds 1 holds 2");
    scene.findings.holding = 1;
    expect(&scene, false, true, "end 2");
    assert_int_equal(finding_steps_stop(scene.steps, 99), 0);
    const struct finding_step *list = finding_steps_list(scene.steps, &count);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].kind, FINDING_STOP);
    assert_int_equal(list[0].wall_ns, 99);
    assert_int_equal(list[0].finding.id, 1);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_reported_from_begin_to_end),
        cmocka_unit_test(what_held_at_first_has_not_begun),
        cmocka_unit_test(evidence_counts_when_it_doubles_and_not_each_second),
        cmocka_unit_test(what_was_not_written_is_reported_again),
        cmocka_unit_test(what_holds_at_the_end_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
