/* Detectors of connections that we open: what they find, and what they must not take for it. */
#include "finding_scene.h"

static struct addr host(uint8_t last)
{
    return (struct addr){.bytes = {10, 0, 0, last}};
}

/* An event of a connection from us to 10.0.0.HOST:PORT. */
static void push_event(struct scene *scene, enum event_kind kind, enum tcp_state from,
                       enum tcp_state to, uint8_t remote, uint16_t port, int64_t duration_ms)
{
    struct event event = {.kind = (uint8_t)kind,
                          .from = (uint8_t)from,
                          .to = (uint8_t)to,
                          .netns = SCENE_NETNS,
                          .pid = 100,
                          .has_duration = duration_ms >= 0,
                          .duration_ns = duration_ms * 1000000};

    event.tuple = (struct tuple){.family = FAMILY_INET,
                                 .local = host(1),
                                 .remote = host(remote),
                                 .local_port = 40000,
                                 .remote_port = port};
    snprintf(event.name, sizeof(event.name), "app");
    event_ring_push(scene->ring, &event);
}

static void narrow_range(struct scene *scene)
{
    host_fact_set(&scene->facts, FACT_PORT_FIRST, 40000);
    host_fact_set(&scene->facts, FACT_PORT_LAST, 40199);
}

/* `each` TIME-WAIT rows to each of so many targets. */
static void show_time_wait(struct scene *scene, uint32_t targets, uint32_t each)
{
    scene_frame(scene);
    for (uint32_t target = 0; target < targets; target++)
        for (uint32_t i = 0; i < each; i++)
            scene_no_owner(scene_row(scene, STATE_TIME_WAIT, (uint16_t)(40000 + i),
                                     (uint8_t)(target + 2), 9000),
                           OWNER_NONE);
    scene_show(scene);
}

static void ports_to_one_target_are_counted(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    narrow_range(&scene);
    for (int i = 0; i < 3; i++)
        show_time_wait(&scene, 1, 130);
    scene_expect(&scene, "ports-exhausted", SEVERITY_WARNING, 130);
    for (int i = 0; i < 3; i++)
        show_time_wait(&scene, 1, 190);
    const struct finding *finding = scene_expect(&scene, "ports-exhausted", SEVERITY_CRITICAL, 190);
    assert_int_equal(finding->subject.kind, SUBJECT_TARGET);
    assert_int_equal(finding->subject.port, 9000);
    assert_int_equal(finding->subject.address.bytes[3], 2);
    scene_end(&scene);
}

/* A program that binds first takes ports of the whole range of numbers. */
static void ports_outside_the_range_take_none_from_it(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    narrow_range(&scene);
    for (int i = 0; i < 3; i++)
        show_time_wait(&scene, 1, 300);
    const struct finding *finding = scene_expect(&scene, "ports-exhausted", SEVERITY_CRITICAL, 200);
    assert_non_null(strstr(finding->title, "(200 of 200, 200 in TIME-WAIT)"));
    scene_end(&scene);
}

static void time_wait_to_many_targets_does_no_harm(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    narrow_range(&scene);
    for (int i = 0; i < 3; i++)
        show_time_wait(&scene, 10, 80);
    scene_assert_quiet(&scene);
    scene_end(&scene);
}

static void ports_of_clients_are_not_ours(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    narrow_range(&scene);
    for (int i = 0; i < 3; i++) {
        scene_frame(&scene);
        scene_listener(&scene, 40000, 0, 128);
        for (uint32_t row = 0; row < 190; row++)
            scene_row(&scene, STATE_ESTABLISHED, 40000, 2, (uint16_t)(2000 + row));
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "ports-exhausted"));
    scene_end(&scene);
}

static void ports_are_not_checked_without_the_range(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    scene.without_facts = true;
    show_time_wait(&scene, 1, 190);
    assert_int_equal(scene_check(&scene, "ports-exhausted")->verdict, VERDICT_NOT_CHECKED);
    scene_end(&scene);
}

static void ports_that_are_bound_and_unused_pile_up(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    narrow_range(&scene);
    for (int i = 0; i < 8; i++) {
        scene_frame(&scene);
        for (uint16_t row = 0; row < 60; row++)
            scene_row(&scene, STATE_CLOSED, (uint16_t)(40000 + row), 0, 0);
        scene_show(&scene);
    }
    scene_expect(&scene, "bound-pile", SEVERITY_WARNING, 60);
    scene_end(&scene);
}

static void bound_sockets_that_never_stop_growing_are_found(void **state)
{
    struct scene scene;
    (void)state;
    for (uint32_t each = 0; each <= 2; each++) { /* more in each half minute */
        scene_begin(&scene);
        for (uint32_t i = 0; i < 24; i++) {
            scene.second += i > 0 ? 29 : 0;
            scene_frame(&scene);
            for (uint32_t row = 0; row < 80 + i * each * 3; row++)
                scene_row(&scene, STATE_CLOSED, (uint16_t)(40000 + row), 0, 0);
            scene_show(&scene);
        }
        if (each == 2)
            scene_expect(&scene, "bound-pile", SEVERITY_WARNING, 80 + 23 * 6);
        else
            assert_null(scene_find(&scene, "bound-pile"));
        scene_end(&scene);
    }
}

/* Connections of which each frame opens `each` more, out of 200 ports; ended: they are in TIME-WAIT. */
static void open_each_second(struct scene *scene, uint16_t each, bool ended, uint16_t seconds)
{
    for (uint16_t i = 1; i <= seconds; i++) {
        for (uint16_t n = 0; n < each; n++)
            push_event(scene, EVENT_OPEN, STATE_CLOSED, STATE_SYN_SENT, 2, 9000, -1);
        scene_frame(scene);
        for (uint16_t row = 0; row < i * each; row++) {
            struct conn *conn = scene_row(scene, ended ? STATE_TIME_WAIT : STATE_ESTABLISHED,
                                          (uint16_t)(40000 + row), 2, 9000);
            if (ended)
                scene_no_owner(conn, OWNER_NONE);
        }
        scene_show(scene);
    }
}

static void it_is_predicted_when_ports_are_used_up(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    narrow_range(&scene);
    open_each_second(&scene, 2, false, 25);
    const struct finding *finding = scene_expect(&scene, "ports-exhausted", SEVERITY_WARNING, 50);
    assert_int_equal(finding->confidence, CONFIDENCE_LIKELY);
    assert_non_null(strstr(finding->title, "; at this rate all are used in 75 s"));
    assert_non_null(finding->open[0]);
    scene_end(&scene);
}

/* After a minute as many end as begin: what they come to by then decides. */
static void time_wait_grows_for_a_minute_only(void **state)
{
    struct scene scene;
    (void)state;
    for (uint16_t each = 2; each <= 5; each += 3) {
        scene_begin(&scene);
        narrow_range(&scene);
        open_each_second(&scene, each, true, 19);
        if (each == 5)
            scene_expect(&scene, "ports-exhausted", SEVERITY_WARNING, 95);
        else
            assert_null(scene_find(&scene, "ports-exhausted"));
        scene_end(&scene);
    }
}

static void show_syn_sent(struct scene *scene, uint32_t rows, uint8_t retrans)
{
    scene_frame(scene);
    scene_row(scene, STATE_ESTABLISHED, 40100, 2, 9200);
    for (uint32_t i = 0; i < rows; i++)
        scene_timer(scene_row(scene, STATE_SYN_SENT, (uint16_t)(40000 + i), 2, 9200), TIMER_ON,
                    retrans);
    scene_show(scene);
}

static void a_target_without_an_answer_is_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 14; i++) /* however long they stay that few */
        show_syn_sent(&scene, 5, 2);
    const struct finding *finding = scene_expect(&scene, "connect-timeout", SEVERITY_WARNING, 5);
    assert_string_equal(finding->subject.name, "app");
    assert_int_equal(finding->subject.port, 9200);
    for (int i = 0; i < 3; i++)
        show_syn_sent(&scene, 25, 2);
    scene_expect(&scene, "connect-timeout", SEVERITY_CRITICAL, 25);
    scene_end(&scene);
}

/* Both findings of a detector of targets: that of our second address, and of our first one. */
static void expect_two(const struct scene *scene, const char *id, uint32_t rows_of_first,
                       uint32_t rows_of_second)
{
    uint32_t count, found = 0;
    const struct finding *const *list = finding_engine_list(scene->engine, &count);

    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(list[i]->detector->id, id) != 0)
            continue;
        const bool first = list[i]->subject.local.bytes[3] == 1;
        assert_int_equal(scene_rows_of(scene, list[i]), first ? rows_of_first : rows_of_second);
        assert_non_null(strstr(list[i]->title, first ? " from 10.0.0.1" : " from 10.0.0.9"));
        found++;
    }
    assert_int_equal(found, 2);
}

static void each_local_address_has_attempts_of_its_own(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++) {
        scene_frame(&scene);
        for (uint16_t row = 0; row < 30; row++) {
            struct conn *conn = scene_row(&scene, STATE_SYN_SENT, (uint16_t)(40000 + row), 2, 9200);
            scene_timer(conn, TIMER_ON, 2);
            if (row >= 25)
                conn->tuple.local = host(9);
        }
        scene_show(&scene);
    }
    expect_two(&scene, "connect-timeout", 25, 5);
    scene_end(&scene);
}

static void each_local_address_has_ports_of_its_own(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    narrow_range(&scene);
    for (int i = 0; i < 3; i++) {
        scene_frame(&scene);
        for (uint16_t row = 0; row < 330; row++) {
            struct conn *conn =
                scene_row(&scene, STATE_TIME_WAIT, (uint16_t)(40000 + row % 190), 2, 9000);
            scene_no_owner(conn, OWNER_NONE);
            if (row >= 190)
                conn->tuple.local = host(9);
        }
        scene_show(&scene);
    }
    expect_two(&scene, "ports-exhausted", 190, 140);
    scene_end(&scene);
}

static void attempts_that_are_young_are_no_finding(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_syn_sent(&scene, 30, 0);
    for (int i = 0; i < 3; i++)
        show_syn_sent(&scene, 2, 1);
    scene_assert_quiet(&scene);
    scene_end(&scene);
}

static void handshakes_that_lose_a_syn_are_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 6; i++) {
        scene_frame(&scene);
        scene_row(&scene, STATE_ESTABLISHED, 40000, 2, 6380);
        scene_show(&scene);
        for (int n = 0; n < 10; n++)
            push_event(&scene, EVENT_STATE, STATE_SYN_SENT, STATE_ESTABLISHED, 2, 6380,
                       n == 0 ? 1010 : 1);
    }
    const struct finding *finding = scene_expect(&scene, "syn-loss", SEVERITY_WARNING, 1);
    assert_int_equal(finding->subject.port, 6380);
    scene_end(&scene);
}

static void one_slow_handshake_is_no_finding(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 6; i++) {
        scene_frame(&scene);
        scene_show(&scene);
        push_event(&scene, EVENT_STATE, STATE_SYN_SENT, STATE_ESTABLISHED, 2, 6380,
                   i == 2 ? 1010 : 1);
    }
    scene_assert_quiet(&scene);
    scene_end(&scene);
}

static void show_refusals(struct scene *scene, unsigned each, unsigned fails)
{
    for (int i = 0; i < 8; i++) {
        scene_frame(scene);
        scene_show(scene);
        scene_count(scene, FACT_ATTEMPT_FAILS, fails);
        for (unsigned n = 0; n < each; n++)
            push_event(scene, EVENT_CLOSE, STATE_SYN_SENT, STATE_DELETE_TCB, 2, 80, 1);
    }
}

static void a_target_that_refuses_is_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_refusals(&scene, 1, 1);
    const struct finding *finding = scene_find(&scene, "connect-refused");
    assert_non_null(finding);
    assert_int_equal(finding->severity, SEVERITY_WARNING);
    assert_int_equal(finding->subject.port, 80);
    scene_end(&scene);
}

static void attempts_that_the_program_gives_up_are_no_refusals(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_refusals(&scene, 1, 0);
    assert_null(scene_find(&scene, "connect-refused"));
    scene_end(&scene);
}

/* Attempts that end so, once a second. */
static void show_ends(struct scene *scene, enum event_end end)
{
    for (int i = 0; i < 8; i++) {
        struct event event = {.kind = EVENT_CLOSE,
                              .from = STATE_SYN_SENT,
                              .to = STATE_DELETE_TCB,
                              .netns = SCENE_NETNS,
                              .pid = 100,
                              .name = "app",
                              .end = (uint8_t)end,
                              .has_duration = 1,
                              .duration_ns = 1000000};
        event.tuple = (struct tuple){.family = FAMILY_INET,
                                     .local = host(1),
                                     .remote = host(2),
                                     .local_port = 40000,
                                     .remote_port = 80};
        scene_frame(scene);
        scene_show(scene);
        event_ring_push(scene->ring, &event);
    }
}

static void refusals_are_reported_by_their_errors(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_ends(&scene, END_REFUSED);
    const struct finding *finding = scene_find(&scene, "connect-refused");
    assert_non_null(finding);
    assert_int_equal(finding->confidence, CONFIDENCE_PROVEN);
    assert_non_null(strstr(finding->title, "refuses app"));
    scene_end(&scene);
    scene_begin(&scene);
    show_ends(&scene, END_REJECTED);
    finding = scene_find(&scene, "connect-refused");
    assert_non_null(finding);
    assert_non_null(strstr(finding->advice[0], "firewall"));
    scene_end(&scene);
}

/* As where tcplens begins to read events after its first frames. */
static void a_few_guesses_leave_refusals_proven(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_refusals(&scene, 1, 1);
    const struct finding *finding = scene_find(&scene, "connect-refused");
    assert_non_null(finding);
    assert_int_equal(finding->confidence, CONFIDENCE_LIKELY);
    show_ends(&scene, END_REFUSED);
    finding = scene_find(&scene, "connect-refused");
    assert_non_null(finding);
    assert_int_equal(finding->confidence, CONFIDENCE_PROVEN);
    scene_end(&scene);
}

static void what_was_not_refused_is_no_refusal(void **state)
{
    static const enum event_end OTHERS[] = {END_GIVEN_UP, END_TIMED_OUT, END_UNREACHABLE,
                                            END_FAILED};
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        scene_begin(&scene);
        scene_count(&scene, FACT_ATTEMPT_FAILS, 100);
        show_ends(&scene, OTHERS[i]);
        assert_null(scene_find(&scene, "connect-refused"));
        scene_end(&scene);
    }
}

/* Calls of connect() to 10.0.0.2:9000 that fail at once, every `each` seconds. */
static void show_failing_calls(struct scene *scene, uint8_t error, int seconds, int each)
{
    scene->facts.connect_failures.known = true;
    for (int i = 0; i < seconds; i++) {
        show_time_wait(scene, 1, 100);
        if (i % each == 0) {
            struct call_failure call = {.address = host(2),
                                        .port = 9000,
                                        .family = FAMILY_INET,
                                        .error = error,
                                        .pid = 300,
                                        .name = "client"};
            call.last_ns[0] = scene->frame->mono_ns;
            call_failures_add(&scene->facts.connect_failures, &call);
        }
    }
}

static void calls_that_fail_here_are_found_by_their_error(void **state)
{
    static const struct {
        uint8_t error;
        const char *said;
    } CASES[] = {{ERROR_EPERM, "a rule of this host forbids it (EPERM)"},
                 {ERROR_ENETUNREACH, "there is no route (ENETUNREACH)"},
                 {ERROR_EADDRNOTAVAIL, "no local port is free (EADDRNOTAVAIL)"}};
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        scene_begin(&scene);
        show_failing_calls(&scene, CASES[i].error, 8, 1);
        const struct finding *finding =
            scene_expect(&scene, "connect-failing", SEVERITY_WARNING, 100);
        assert_string_equal(finding->subject.name, "client");
        if (!strstr(finding->title, CASES[i].said))
            fail_msg("\"%s\"", finding->title);
        /* The number of the error is called that: "EPERM 1" would be one failure. */
        const struct evidence *number = &finding->evidence[finding->evidence_count - 1];
        assert_string_equal(number->fact, "errno");
        assert_int_equal((int)number->value, CASES[i].error);
        scene_end(&scene);
    }
}

/* One is forbidden to connect, the other finds no port: neither hides the other. */
static void each_program_fails_for_a_reason_of_its_own(void **state)
{
    static const uint8_t ERRORS[] = {ERROR_EPERM, ERROR_ENETUNREACH};
    struct scene scene;
    uint32_t count, found = 0;
    (void)state;
    scene_begin(&scene);
    scene.facts.connect_failures.known = true;
    for (int i = 0; i < 8; i++) {
        scene_frame(&scene);
        for (int32_t program = 0; program < 2; program++) {
            struct call_failure call = {.address = host(2),
                                        .port = 9000,
                                        .family = FAMILY_INET,
                                        .error = ERRORS[program],
                                        .pid = 300 + program};
            snprintf(call.name, sizeof(call.name), "client%d", (int)program);
            call.last_ns[0] = scene.frame->mono_ns;
            call_failures_add(&scene.facts.connect_failures, &call);
        }
        scene_show(&scene);
    }
    const struct finding *const *list = finding_engine_list(scene.engine, &count);
    for (uint32_t i = 0; i < count; i++) {
        found += strcmp(list[i]->detector->id, "connect-failing") == 0;
        assert_string_equal(list[i]->subject.name,
                            list[i]->subject.pid == 300 ? "client0" : "client1");
        assert_non_null(
            strstr(list[i]->title, list[i]->subject.pid == 300 ? "EPERM" : "ENETUNREACH"));
    }
    assert_int_equal(found, 2);
    scene_end(&scene);
}

static void one_call_in_a_while_is_no_finding(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_failing_calls(&scene, ERROR_EPERM, 100, 20);
    assert_null(scene_find(&scene, "connect-failing"));
    scene.facts.connect_failures.known = false;
    scene_frame(&scene);
    scene_show(&scene);
    assert_int_equal(scene_check(&scene, "connect-failing")->verdict, VERDICT_NOT_CHECKED);
    scene_end(&scene);
}

static void a_call_without_a_port_makes_used_up_ports_critical(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    narrow_range(&scene);
    show_failing_calls(&scene, ERROR_EADDRNOTAVAIL, 8, 1);
    const struct finding *finding = scene_expect(&scene, "ports-exhausted", SEVERITY_CRITICAL, 100);
    assert_int_equal(finding->confidence, CONFIDENCE_PROVEN);
    assert_null(finding->open[0]);
    assert_int_equal(scene_find(&scene, "connect-failing")->because[0], finding->id);
    scene_end(&scene);
}

/* Events are counted by target, ports by our address, too: two of them share the target's. */
static void each_local_address_has_its_share_of_what_is_opened(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    narrow_range(&scene);
    for (uint16_t i = 1; i <= 30; i++) {
        for (uint16_t n = 0; n < 4; n++)
            push_event(&scene, EVENT_OPEN, STATE_CLOSED, STATE_SYN_SENT, 2, 9000, -1);
        scene_frame(&scene);
        for (uint16_t row = 0; row < i * 4; row++) {
            struct conn *conn =
                scene_row(&scene, STATE_TIME_WAIT, (uint16_t)(40000 + row / 2), 2, 9000);
            scene_no_owner(conn, OWNER_NONE);
            conn->tuple.local = host(row % 2 ? 9 : 1);
        }
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "ports-exhausted"));
    scene_end(&scene);
}

static void hosts_that_routers_call_unreachable_are_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    scene.facts.connect_failures.known = true;
    show_ends(&scene, END_UNREACHABLE);
    const struct finding *finding = scene_find(&scene, "connect-failing");
    assert_non_null(finding);
    assert_int_equal(finding->subject.port, 80);
    scene_end(&scene);
}

static void refusals_are_not_checked_without_bpf(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 2; i++) {
        scene_frame(&scene)->events = "destroy";
        scene_show(&scene);
    }
    assert_int_equal(scene_check(&scene, "connect-refused")->verdict, VERDICT_NOT_CHECKED);
    scene_end(&scene);
}

/* Attempts that are given up repeat their SYN, too. */
static void lost_syns_that_only_counters_show_are_possible(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 4; i++) {
        scene_frame(&scene)->events = "destroy";
        scene_count(&scene, FACT_SYN_RETRANS, 10);
        scene_count(&scene, FACT_ACTIVE_OPENS, 100);
        scene_show(&scene);
    }
    const struct finding *finding = scene_find(&scene, "syn-loss");
    assert_non_null(finding);
    assert_int_equal(finding->severity, SEVERITY_INFO);
    assert_int_equal(finding->confidence, CONFIDENCE_POSSIBLE);
    scene_end(&scene);
    scene_begin(&scene);
    for (int i = 0; i < 4;
         i++) { /* each attempt is known, and none of those that succeed is slow */
        scene_frame(&scene);
        scene_count(&scene, FACT_SYN_RETRANS, 10);
        scene_count(&scene, FACT_ACTIVE_OPENS, 100);
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "syn-loss"));
    scene_end(&scene);
}

static void show_churn(struct scene *scene, unsigned each, int64_t life_ms, uint32_t time_wait)
{
    for (int i = 0; i < 6; i++) {
        show_time_wait(scene, 1, time_wait);
        for (unsigned n = 0; n < each; n++) {
            push_event(scene, EVENT_OPEN, STATE_NONE, STATE_SYN_SENT, 2, 9000, -1);
            push_event(scene, EVENT_STATE, STATE_ESTABLISHED, STATE_FIN_WAIT_1, 2, 9000, life_ms);
        }
    }
}

static void short_connections_are_a_warning_only_where_ports_run_out(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_churn(&scene, 100, 3, 10);
    scene_expect(&scene, "churn", SEVERITY_INFO, 10);
    scene_end(&scene);
    scene_begin(&scene);
    show_churn(&scene, 400, 3, 1500);
    const struct finding *finding = scene_expect(&scene, "churn", SEVERITY_WARNING, 1500);
    assert_string_equal(finding->subject.name, "app");
    assert_non_null(finding->advice[0]);
    assert_non_null(strstr(finding->advice[0], "we who close first"));
    scene_end(&scene);
}

static void short_connections_that_the_other_side_closes_take_no_ports(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_churn(&scene, 400, 3, 10); /* now and then both close at once */
    const struct finding *finding = scene_expect(&scene, "churn", SEVERITY_INFO, 10);
    assert_null(finding->advice[0]);
    scene_end(&scene);
}

static void long_connections_and_slow_openers_are_no_churn(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_churn(&scene, 400, 60000, 10);
    assert_null(scene_find(&scene, "churn"));
    scene_end(&scene);
    scene_begin(&scene);
    show_churn(&scene, 10, 3, 10);
    assert_null(scene_find(&scene, "churn"));
    scene_end(&scene);
}

static void more_time_wait_than_the_kernel_keeps_is_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 4; i++) {
        show_time_wait(&scene, 1, 5);
        scene_count(&scene, FACT_TW_OVERFLOW, 7);
    }
    scene_expect(&scene, "tw-overflow", SEVERITY_WARNING, 5);
    scene_end(&scene);
}

static void what_was_counted_before_is_no_finding(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int fact = FACT_NONE + 1; fact < FACT_COUNT; fact++)
        if (HOST_FACT_ROWS[fact].file == FACT_FILE_NETSTAT ||
            HOST_FACT_ROWS[fact].file == FACT_FILE_SNMP)
            host_fact_set(&scene.facts, (enum host_fact)fact, 22438);
    for (int i = 0; i < 70; i++) {
        scene_frame(&scene);
        scene_show(&scene);
    }
    uint32_t count;
    (void)finding_engine_list(scene.engine, &count);
    assert_int_equal(count, 0);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_to_one_target_are_counted),
        cmocka_unit_test(time_wait_to_many_targets_does_no_harm),
        cmocka_unit_test(ports_outside_the_range_take_none_from_it),
        cmocka_unit_test(ports_of_clients_are_not_ours),
        cmocka_unit_test(ports_are_not_checked_without_the_range),
        cmocka_unit_test(it_is_predicted_when_ports_are_used_up),
        cmocka_unit_test(time_wait_grows_for_a_minute_only),
        cmocka_unit_test(each_local_address_has_its_share_of_what_is_opened),
        cmocka_unit_test(bound_sockets_that_never_stop_growing_are_found),
        cmocka_unit_test(ports_that_are_bound_and_unused_pile_up),
        cmocka_unit_test(a_target_without_an_answer_is_found),
        cmocka_unit_test(each_local_address_has_attempts_of_its_own),
        cmocka_unit_test(each_local_address_has_ports_of_its_own),
        cmocka_unit_test(attempts_that_are_young_are_no_finding),
        cmocka_unit_test(handshakes_that_lose_a_syn_are_found),
        cmocka_unit_test(one_slow_handshake_is_no_finding),
        cmocka_unit_test(a_target_that_refuses_is_found),
        cmocka_unit_test(attempts_that_the_program_gives_up_are_no_refusals),
        cmocka_unit_test(refusals_are_reported_by_their_errors),
        cmocka_unit_test(a_few_guesses_leave_refusals_proven),
        cmocka_unit_test(what_was_not_refused_is_no_refusal),
        cmocka_unit_test(calls_that_fail_here_are_found_by_their_error),
        cmocka_unit_test(each_program_fails_for_a_reason_of_its_own),
        cmocka_unit_test(one_call_in_a_while_is_no_finding),
        cmocka_unit_test(a_call_without_a_port_makes_used_up_ports_critical),
        cmocka_unit_test(hosts_that_routers_call_unreachable_are_found),
        cmocka_unit_test(refusals_are_not_checked_without_bpf),
        cmocka_unit_test(lost_syns_that_only_counters_show_are_possible),
        cmocka_unit_test(short_connections_are_a_warning_only_where_ports_run_out),
        cmocka_unit_test(short_connections_that_the_other_side_closes_take_no_ports),
        cmocka_unit_test(long_connections_and_slow_openers_are_no_churn),
        cmocka_unit_test(more_time_wait_than_the_kernel_keeps_is_found),
        cmocka_unit_test(what_was_counted_before_is_no_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
