/* The engine: when a finding begins, rises, falls and ends; order and settings. */
#include "core/finding/finding_json.h"
#include "finding_scene.h"

#include <errno.h>

static void show_wait(struct scene *scene, uint32_t clients, int64_t age)
{
    scene_frame(scene);
    scene_listener(scene, 8080, 0, 128);
    for (uint32_t i = 0; i < clients; i++) {
        struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 8080, 9, (uint16_t)(2000 + i));
        scene_no_owner(conn, OWNER_LISTENER);
        scene_age(scene, conn, age);
    }
    scene_show(scene);
}

static void it_begins_with_the_second_of_three_frames(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_wait(&scene, 1, 3);
    assert_null(scene_find(&scene, "accept-wait"));
    show_wait(&scene, 0, 0);
    show_wait(&scene, 1, 3);
    assert_non_null(scene_find(&scene, "accept-wait"));
    scene_end(&scene);
}

static void it_rises_at_once_falls_later_and_ends_after_a_quiet_time(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_wait(&scene, 1, 3 + i);
    const uint32_t id = scene_find(&scene, "accept-wait")->id;
    show_wait(&scene, 1, 12);
    assert_int_equal(scene_find(&scene, "accept-wait")->severity, SEVERITY_CRITICAL);
    show_wait(&scene, 1, 2);
    assert_int_equal(scene_find(&scene, "accept-wait")->severity, SEVERITY_CRITICAL);
    for (int i = 0; i < 20; i++)
        show_wait(&scene, 1, 2);
    assert_int_equal(scene_find(&scene, "accept-wait")->severity, SEVERITY_WARNING);
    assert_int_equal(scene_find(&scene, "accept-wait")->id, id);

    const int64_t last_ns = scene.frame->wall_ns;
    for (int i = 0; i < 10; i++)
        show_wait(&scene, 0, 0);
    assert_non_null(scene_find(&scene, "accept-wait"));
    for (int i = 0; i < 10; i++)
        show_wait(&scene, 0, 0);
    assert_null(scene_find(&scene, "accept-wait"));
    uint32_t count;
    const struct finding *const *list = finding_engine_list(scene.engine, &count);
    assert_int_equal(count, 1);
    assert_int_equal(list[0]->ended_ns, last_ns);
    assert_int_equal(list[0]->severity, SEVERITY_CRITICAL); /* in the words of its worst moment */
    assert_non_null(strstr(list[0]->title, "the longest for 12 s"));
    assert_int_equal(list[0]->evidence[1].value, 12);

    for (int i = 0; i < 3; i++) /* the same again is another finding */
        show_wait(&scene, 1, 3);
    assert_true(scene_find(&scene, "accept-wait")->id != id);
    (void)finding_engine_list(scene.engine, &count);
    assert_int_equal(count, 2);
    scene_end(&scene);
}

static void what_held_in_the_first_frame_held_before(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_wait(&scene, 1, 3 + i);
    assert_true(scene_find(&scene, "accept-wait")->since_least);
    scene_end(&scene);
    scene_begin(&scene);
    for (int i = 0; i < 5; i++)
        show_wait(&scene, i > 1, 2);
    assert_false(scene_find(&scene, "accept-wait")->since_least);
    scene_end(&scene);
}

static void what_it_learns_from_changes_takes_two_frames(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_wait(&scene, 0, 0);
    assert_int_equal(scene_check(&scene, "tw-overflow")->verdict, VERDICT_LEARNING);
    show_wait(&scene, 0, 0);
    assert_int_equal(scene_check(&scene, "tw-overflow")->verdict, VERDICT_OK);
    scene_end(&scene);
}

static void what_is_hidden_is_not_taken_for_well(void **state)
{
    static const struct {
        uint32_t hidden;
        const char *why;
        const char *reason; /* NULL: it is checked */
    } FRAMES[] = {
        {0, NULL, NULL},
        {7, NULL, "the owners of 7 rows are hidden: it takes root or capabilities"},
        {1, NULL, "the owner of 1 row is hidden: it takes root or capabilities"},
        {1, "needs CAP_SYS_PTRACE", "the owner of 1 row is hidden: needs CAP_SYS_PTRACE"}};
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (size_t i = 0; i < sizeof FRAMES / sizeof FRAMES[0]; i++) {
        scene_frame(&scene)->missing.hidden_rows = FRAMES[i].hidden;
        scene.frame->missing.hidden_why = FRAMES[i].why;
        scene_info(&scene, scene_row(&scene, STATE_ESTABLISHED, 40000, 2, 80), "rtt", 100);
        scene_show(&scene);
        assert_int_equal(scene_check(&scene, "close-wait-leak")->verdict,
                         FRAMES[i].reason ? VERDICT_NOT_CHECKED : VERDICT_OK);
        if (FRAMES[i].reason)
            assert_string_equal(scene_check(&scene, "close-wait-leak")->reason, FRAMES[i].reason);
        assert_int_equal(scene_check(&scene, "peer-not-reading")->verdict, VERDICT_OK);
    }
    scene_end(&scene);
}

static void its_memory_is_bounded(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 400; i++) { /* each second another listener is in trouble */
        scene_frame(&scene);
        for (uint16_t n = 0; n < 3; n++) {
            const uint16_t port = (uint16_t)(1000 + i + n);
            scene_listener(&scene, port, 0, 128);
            struct conn *conn = scene_row(&scene, STATE_ESTABLISHED, port, 9, 2000);
            scene_no_owner(conn, OWNER_LISTENER);
            scene_age(&scene, conn, 3);
        }
        scene_show(&scene);
    }
    uint32_t count;
    const struct finding *const *list = finding_engine_list(scene.engine, &count);
    assert_true(count <= FINDINGS_MAX && count > FINDINGS_MAX - 8);
    assert_int_equal(list[0]->ended_ns, 0);
    assert_true(list[count - 1]->ended_ns > 0);
    assert_true(list[count - 2]->ended_ns >= list[count - 1]->ended_ns);
    scene_end(&scene);
}

static void limits_are_set_by_name(void **state)
{
    struct finding_settings settings;
    struct scene scene;
    char why[200];
    (void)state;
    finding_settings_init(&settings);
    assert_int_equal(finding_set(&settings, "accept-wait.warn=5", why, sizeof(why)), 0);
    scene_begin(&scene);
    finding_engine_free(scene.engine);
    scene.engine = finding_engine_new(&settings);
    for (int i = 0; i < 3; i++)
        show_wait(&scene, 1, 3);
    assert_null(scene_find(&scene, "accept-wait"));
    scene_end(&scene);
}

static void what_is_wrong_with_a_setting_is_said(void **state)
{
    static const struct {
        const char *text, *why;
    } REFUSED[] = {
        {"accept-wait", "ID.KEY=VALUE was expected"},
        {"acept-wait.warn=1", "did you mean accept-wait?"},
        {"accept-wait.warm=1", "has no limit \"warm\", but warn, critical"},
        {"accept-wait.warn=fast", "a number in s was expected"},
        {"accept-wait.warn=-1", "a number in s was expected"},
        {"accept-wait.warn=1s", "a number in s was expected"},
        {"syncookies-off.warn=1", "has no limits to set"},
    };
    struct finding_settings settings;
    char why[200];
    (void)state;
    finding_settings_init(&settings);
    for (size_t i = 0; i < UNIT_COUNT(REFUSED); i++) {
        assert_int_equal(finding_set(&settings, REFUSED[i].text, why, sizeof(why)), -EINVAL);
        if (!strstr(why, REFUSED[i].why))
            fail_msg("%s: %s", REFUSED[i].text, why);
    }
}

static void detectors_are_chosen_by_name(void **state)
{
    struct finding_settings settings;
    char why[200];
    size_t on = 0;
    (void)state;
    finding_settings_init(&settings);
    assert_int_equal(finding_only(&settings, "accept-wait,churn", why, sizeof(why)), 0);
    assert_int_equal(finding_skip(&settings, "churn", why, sizeof(why)), 0);
    for (size_t i = 0; i < detector_count; i++) {
        on += !settings.off[i];
        assert_true(settings.off[i] || strcmp(DETECTORS[i]->id, "accept-wait") == 0);
    }
    assert_int_equal(on, 1);
    assert_int_equal(finding_skip(&settings, "nonsense", why, sizeof(why)), -EINVAL);
    assert_int_equal(finding_skip(&settings, "all", why, sizeof(why)), 0);
    assert_int_equal(finding_needs(&settings), 0);
}

/* Ids and keys are what users type and what logs carry. */
static void the_table_is_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < detector_count; i++) {
        const struct detector *detector = DETECTORS[i];
        assert_non_null(detector->evaluate);
        assert_int_equal(strspn(detector->id, "abcdefghijklmnopqrstuvwxyz0123456789-"),
                         strlen(detector->id));
        assert_true(detector->worst >= SEVERITY_INFO && detector->worst <= SEVERITY_CRITICAL);
        assert_non_null(detector->section);
        assert_non_null(detector->title);
        assert_non_null(detector->proof);
        assert_non_null(detector->meaning);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(detector->id, DETECTORS[j]->id);
        for (size_t j = 0; j < LIMITS_MAX && detector->limits[j].key; j++)
            assert_non_null(detector->limits[j].help);
    }
}

static void json_names_the_finding_and_what_proves_it(void **state)
{
    struct scene scene;
    struct buffer buffer;
    uint32_t count;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_wait(&scene, 2, 3 + i);
    buffer_init(&buffer);
    const struct finding *const *list = finding_engine_list(scene.engine, &count);
    json_finding(&buffer, list[0], list, count);
    const char *begin =
        "{\"finding\":\"accept-wait\",\"severity\":\"warning\","
        "\"confidence\":\"proven\",\"netns\":4026531840,"
        "\"subject\":{\"kind\":\"listener\",\"address\":\"10.0.0.1\","
        "\"port\":8080,\"pid\":100,\"comm\":\"app\",\"start_ticks\":7},\"since\":\"";
    assert_int_equal(strncmp(buffer.data, begin, strlen(begin)), 0);
    assert_non_null(strstr(buffer.data, "{\"fact\":\"longest_wait\",\"value\":5,\"limit\":1,"
                                        "\"unit\":\"s\"}"));
    assert_non_null(strstr(buffer.data, "\"because\":[]"));
    buffer_clear(&buffer);
    const struct other_netns others = {.count = 4, .sockets = 212};
    json_checks(&buffer, finding_engine_checks(scene.engine), count, &others);
    assert_int_equal(strncmp(buffer.data, "{\"checked\":", 11), 0);
    assert_non_null(strstr(buffer.data, "\"findings\":1,\"not_checked\":[{\"finding\":\""));
    assert_non_null(strstr(buffer.data, "\",\"verdict\":\"not checked\",\"reason\":\""));
    assert_non_null(strstr(buffer.data, "],\"other_netns\":{\"count\":4,\"sockets\":212}}"));
    buffer_done(&buffer);
    scene_end(&scene);
}

static void a_frame_keeps_what_was_found_in_it(void **state)
{
    struct scene scene;
    enum finding_severity severity = SEVERITY_NONE;
    struct buffer text;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_wait(&scene, 2, 3 + i);
    struct frame *frame = scene_frame(&scene);
    scene_listener(&scene, 8080, 0, 128);
    assert_null(frame->findings);
    assert_int_equal(
        finding_engine_complete(scene.engine, frame, &(struct finding_input){.frame = frame}), 0);
    const struct frame_findings *kept = frame->findings;
    assert_non_null(kept);
    assert_int_equal(kept->holding, 1);
    const struct finding *worst = frame_findings_worst(kept, &severity);
    assert_non_null(worst);
    assert_int_equal(severity, SEVERITY_WARNING);
    assert_string_equal(worst->detector->id, "accept-wait");
    assert_ptr_equal(frame_findings_by_id(kept, worst->id), worst);
    buffer_init(&text);
    frame_findings_summary(kept, &text);
    assert_non_null(strstr(text.data, " · 1 finding · "));
    assert_non_null(strstr(text.data, " not checked: "));
    buffer_done(&text);
    scene_end(&scene);
}

/* Nothing new is found in it, and nothing ends; an engine that saw no other says nothing. */
static void a_frame_of_some_rows_keeps_what_was_found_before(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    struct frame *early = scene_frame(&scene);
    early->all_ns = early->mono_ns - 1;
    assert_int_equal(
        finding_engine_complete(scene.engine, early, &(struct finding_input){.frame = early}), 0);
    assert_null(early->findings);
    for (int i = 0; i < 3; i++)
        show_wait(&scene, 2, 3 + i);
    const int64_t found_ns = scene.frame->mono_ns;
    for (int i = 0; i < 20; i++) {
        struct frame *frame = scene_frame(&scene); /* without the clients that waited */
        frame->all_ns = found_ns;
        assert_int_equal(
            finding_engine_complete(scene.engine, frame, &(struct finding_input){.frame = frame}),
            0);
        assert_int_equal(frame->findings->holding, 1);
        assert_int_equal(frame->findings->mono_ns, found_ns);
    }
    scene_end(&scene);
}

/* Lists made by hand. */
static void the_worst_is_shown_by_its_cause(void **state)
{
    static const struct detector detector = {.id = "made-up"};
    struct finding list[3] = {
        {.id = 1, .detector = &detector, .severity = SEVERITY_WARNING},
        {.id = 2, .detector = &detector, .severity = SEVERITY_CRITICAL, .because = {1}},
        {.id = 3, .detector = &detector, .severity = SEVERITY_INFO},
    };
    struct frame_findings kept = {.list = list, .count = 3, .holding = 3};
    enum finding_severity severity = SEVERITY_NONE;
    (void)state;
    assert_ptr_equal(frame_findings_worst(&kept, &severity), &list[0]);
    assert_int_equal(severity, SEVERITY_CRITICAL);
    list[1].because[0] = 9; /* a cause that the list lacks */
    assert_ptr_equal(frame_findings_worst(&kept, &severity), &list[1]);
    list[0].because[0] = 2;
    list[1].because[0] = 1; /* round in a circle it ends all the same */
    assert_non_null(frame_findings_worst(&kept, &severity));
    list[0].severity = list[1].severity = SEVERITY_INFO;
    assert_null(frame_findings_worst(&kept, &severity));
    assert_null(frame_findings_worst(NULL, &severity));
    kept.holding = 0;
    list[0].severity = SEVERITY_CRITICAL; /* what ended is not shown */
    assert_null(frame_findings_worst(&kept, &severity));
}

/* An alert goes without words only where the cause raises one for all that it is about. */
static void what_concerns_less_causes_nothing_that_concerns_more(void **state)
{
    static const struct detector detector = {.id = "made-up"};
    static const struct {
        uint8_t cause, consequence;
        uint32_t netns;
        bool is_caused;
    } CASES[] = {
        {SUBJECT_PEER, SUBJECT_NETNS, 1, false},   {SUBJECT_TARGET, SUBJECT_NETNS, 1, false},
        {SUBJECT_PROCESS, SUBJECT_HOST, 1, false}, {SUBJECT_NETNS, SUBJECT_HOST, 1, false},
        {SUBJECT_NETNS, SUBJECT_PEER, 2, false},   {SUBJECT_NETNS, SUBJECT_PEER, 1, true},
        {SUBJECT_NETNS, SUBJECT_NETNS, 1, true},   {SUBJECT_HOST, SUBJECT_NETNS, 2, true},
        {SUBJECT_HOST, SUBJECT_LISTENER, 2, true}, {SUBJECT_LISTENER, SUBJECT_TARGET, 2, true},
        {SUBJECT_PEER, SUBJECT_TARGET, 1, true},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        const struct finding list[] = {
            {.id = 1,
             .detector = &detector,
             .severity = SEVERITY_CRITICAL,
             .subject = {.kind = CASES[i].cause, .netns = 1}},
            {.id = 2,
             .detector = &detector,
             .severity = SEVERITY_WARNING,
             .because = {1},
             .subject = {.kind = CASES[i].consequence, .netns = CASES[i].netns}}};
        const struct frame_findings kept = {.list = list, .count = 2, .holding = 2};
        if (frame_findings_is_caused(&kept, &list[1]) != CASES[i].is_caused)
            fail_msg("case %zu", i);
    }
}

static void it_is_the_same_from_frame_to_frame(void **state)
{
    static const struct detector detector = {.id = "made-up"}, other = {.id = "made-up-too"};
    struct finding one = {.id = 1,
                          .detector = &detector,
                          .since_ns = 5,
                          .subject = {.kind = SUBJECT_LISTENER, .port = 80, .pid = 7}};
    struct finding two = one;
    (void)state;
    two.id = 9;
    two.since_ns = 8;
    two.subject.pid = 8; /* another worker of the same listener */
    snprintf(two.title, sizeof(two.title), "now for longer");
    assert_true(finding_identity(&one) == finding_identity(&two));
    two.subject.port = 81;
    assert_true(finding_identity(&one) != finding_identity(&two));
    two = one;
    two.ended_ns = 10;
    assert_true(finding_identity(&one) != finding_identity(&two));
    two = one;
    two.subject.local.bytes[0] = 10; /* reached from another address */
    assert_true(finding_identity(&one) != finding_identity(&two));
    two = one;
    two.detector = &other;
    assert_true(finding_identity(&one) != finding_identity(&two));
    one.subject.kind = two.subject.kind = SUBJECT_PROCESS;
    two.detector = &detector;
    assert_true(finding_identity(&one) == finding_identity(&two));
    two.subject.start_ticks = 1;
    assert_true(finding_identity(&one) != finding_identity(&two));
}

static void evidence_is_one_line(void **state)
{
    const struct finding finding = {
        .evidence =
            {{.fact = "accept_queue", .unit = "", .value = 51, .limit = 50, .has_limit = true},
             {.fact = "longest_wait", .unit = "s", .value = 1.25},
             {.fact = "ListenOverflows", .unit = "/s", .value = 10}},
        .evidence_count = 3};
    struct buffer text;
    (void)state;
    buffer_init(&text);
    finding_evidence_text(&text, &finding, true);
    assert_string_equal(text.data, "accept_queue 51/50  longest_wait 1.25 s  ListenOverflows 10/s");
    text.length = 0;
    finding_evidence_text(&text, &finding, false);
    assert_string_equal(text.data,
                        "accept_queue 51 (limit 50), longest_wait 1.25 s, ListenOverflows 10/s");
    buffer_clear(&text);
    struct finding ended = finding;
    ended.since_ns = 1;
    ended.ended_ns = 300 * SECOND + 1;
    finding_held_text(&text, &ended);
    assert_string_equal(text.data, "held for 5:00, worst accept_queue 51/50");
    buffer_clear(&text);
    ended.evidence[0].has_limit = false;
    ended.evidence[2].has_limit = true; /* what is judged */
    ended.evidence[2].limit = 5;
    finding_held_text(&text, &ended);
    assert_string_equal(text.data, "held for 5:00, worst ListenOverflows 10/s (limit 5/s)");
    buffer_done(&text);
}

/* Not the first value that has a limit, where another is why it was found. */
static void of_an_ended_finding_the_value_that_reached_its_limit_is_said(void **state)
{
    struct finding finding = {
        .ended_ns = 5 * SECOND,
        .evidence = {{.fact = "rows", .unit = "", .value = 7},
                     {.fact = "queue", .unit = "", .value = 3, .limit = 9, .has_limit = true},
                     {.fact = "wait", .unit = "s", .value = 12, .limit = 10, .has_limit = true}},
        .evidence_count = 3};
    struct buffer text;
    (void)state;
    buffer_init(&text);
    finding_held_text(&text, &finding);
    assert_non_null(strstr(text.data, "worst wait 12/10 s"));
    finding.evidence_count = 2;
    buffer_clear(&text);
    finding_held_text(&text, &finding);
    assert_non_null(strstr(text.data, "worst queue 3/9"));
    buffer_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_with_the_second_of_three_frames),
        cmocka_unit_test(it_rises_at_once_falls_later_and_ends_after_a_quiet_time),
        cmocka_unit_test(what_held_in_the_first_frame_held_before),
        cmocka_unit_test(what_it_learns_from_changes_takes_two_frames),
        cmocka_unit_test(what_is_hidden_is_not_taken_for_well),
        cmocka_unit_test(its_memory_is_bounded),
        cmocka_unit_test(limits_are_set_by_name),
        cmocka_unit_test(what_is_wrong_with_a_setting_is_said),
        cmocka_unit_test(detectors_are_chosen_by_name),
        cmocka_unit_test(the_table_is_well_formed),
        cmocka_unit_test(a_frame_keeps_what_was_found_in_it),
        cmocka_unit_test(a_frame_of_some_rows_keeps_what_was_found_before),
        cmocka_unit_test(the_worst_is_shown_by_its_cause),
        cmocka_unit_test(what_concerns_less_causes_nothing_that_concerns_more),
        cmocka_unit_test(it_is_the_same_from_frame_to_frame),
        cmocka_unit_test(evidence_is_one_line),
        cmocka_unit_test(json_names_the_finding_and_what_proves_it),
        cmocka_unit_test(of_an_ended_finding_the_value_that_reached_its_limit_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
