/* Detectors of connections that come in: what they find, and what they must not take for it. */
#include "finding_scene.h"

/* A listener of port 8080, and clients that wait to be accepted since `age` seconds. */
static void add_queue(struct scene *scene, uint32_t queue, uint32_t backlog, int64_t age)
{
    scene_frame(scene);
    scene_listener(scene, 22, 0, 128);
    struct conn *listener = scene_listener(scene, 8080, queue, backlog);
    if (queue > backlog)
        listener->full_since_ns = scene->frame->wall_ns - age * SECOND;
    for (uint32_t i = 0; i < queue && i < 200; i++) {
        struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 8080, 9, (uint16_t)(2000 + i));
        scene_no_owner(conn, OWNER_LISTENER);
        scene_age(scene, conn, age);
    }
}

static void show_queue(struct scene *scene, uint32_t queue, uint32_t backlog, int64_t age)
{
    add_queue(scene, queue, backlog, age);
    scene_show(scene);
}

static void a_full_accept_queue_is_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++) {
        show_queue(&scene, 129, 128, 4 + i);
        scene_count(&scene, FACT_LISTEN_OVERFLOWS, 1);
    }
    const struct finding *finding =
        scene_expect(&scene, "accept-queue-full", SEVERITY_WARNING, 130);
    assert_int_equal(finding->subject.kind, SUBJECT_LISTENER);
    assert_int_equal(finding->subject.port, 8080);
    assert_string_equal(finding->subject.name, "app");
    assert_int_equal(finding->confidence, CONFIDENCE_PROVEN);
    assert_int_equal(finding->since_ns, scene.frame->wall_ns - 6 * SECOND);
    scene_end(&scene);
}

/* Clients wait for longer than the queue is full: it had to fill. */
static void it_is_full_since_it_filled(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++) {
        show_queue(&scene, 100, 128, 20 + i);
        scene.frame->conns[1].full_since_ns = 0;
    }
    const int64_t full_ns = scene.frame->wall_ns + 500 * INT64_C(1000000);
    for (int i = 0; i < 4; i++) {
        scene_frame(&scene);
        struct conn *listener = scene_listener(&scene, 8080, 129, 128);
        listener->full_since_ns = full_ns;
        listener->known |= KNOWN_FULL_BEGAN;
        struct conn *client = scene_row(&scene, STATE_ESTABLISHED, 8080, 9, 2000);
        scene_no_owner(client, OWNER_LISTENER);
        scene_age(&scene, client, 23 + i);
        scene_show(&scene);
    }
    const struct finding *finding = scene_find(&scene, "accept-queue-full");
    assert_non_null(finding);
    assert_int_equal(finding->since_ns, full_ns);
    assert_false(finding->since_least);
    assert_string_equal(finding->title, "accept queue of :8080 is full (129, backlog 128) for 4 s: "
                                        "app has not accepted for 26 s");
    scene_end(&scene);
}

static void it_says_how_long_in_a_unit_that_fits(void **state)
{
    static const struct {
        int64_t seconds;
        const char *full;
    } AGES[] = {{118, "for 119 s: "},
                {1117, "for 19 min: "},
                {18000, "for 5.0 h: "},
                {1036800, "for 12 days: "}};
    (void)state;
    for (size_t i = 0; i < sizeof(AGES) / sizeof(AGES[0]); i++) {
        struct scene scene;
        scene_begin(&scene);
        for (int frame = 0; frame < 2; frame++)
            show_queue(&scene, 129, 128, AGES[i].seconds + frame);
        const struct finding *finding = scene_find(&scene, "accept-queue-full");
        assert_non_null(finding);
        assert_non_null(strstr(finding->title, AGES[i].full));
        scene_end(&scene);
    }
}

/* Not after a quiet time: there is nothing to come back. */
static void it_ends_with_its_listener(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_queue(&scene, 129, 128, 20);
    assert_non_null(scene_find(&scene, "accept-queue-full"));
    const int64_t held_ns = scene.frame->wall_ns;
    scene_frame(&scene);
    scene.frame->missing.reasons |= MISSING_DUMP_PART; /* it may be among the missing rows */
    scene_listener(&scene, 22, 0, 128);
    scene_show(&scene);
    assert_non_null(scene_find(&scene, "accept-queue-full"));
    scene_frame(&scene);
    scene_listener(&scene, 22, 0, 128);
    scene_show(&scene);
    uint32_t count;
    const struct finding *const *list = finding_engine_list(scene.engine, &count);
    assert_int_equal(count, 2);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(list[i]->ended_ns, held_ns);
    scene_end(&scene);
}

/* The same port, another process: what was said is not of this one. */
static void it_ends_where_another_process_listens(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_queue(&scene, 129, 128, 20);
    show_queue(&scene, 0, 128, 0);
    assert_non_null(scene_find(&scene, "accept-queue-full")); /* it may fill again */
    scene_frame(&scene);
    scene.frame->procs[0].pid = 101;
    scene_listener(&scene, 8080, 0, 128);
    scene_show(&scene);
    assert_null(scene_find(&scene, "accept-queue-full"));
    scene_end(&scene);
}

static void one_that_stays_full_is_critical(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_queue(&scene, 129, 128, 20);
    scene_expect(&scene, "accept-queue-full", SEVERITY_CRITICAL, 130);
    /* the wait is its consequence, and stands below it */
    uint32_t count;
    const struct finding *const *list = finding_engine_list(scene.engine, &count);
    assert_true(count >= 2);
    assert_string_equal(list[0]->detector->id, "accept-queue-full");
    assert_string_equal(list[1]->detector->id, "accept-wait");
    assert_int_equal(list[1]->because[0], list[0]->id);
    scene_end(&scene);
}

/* At a warning accept() still succeeds: it is not why nobody accepts. */
static void a_host_short_of_files_is_the_cause_once_it_is_critical(void **state)
{
    static const uint64_t OPEN[] = {72000, 92000};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(OPEN); i++) {
        struct scene scene;
        scene_begin(&scene);
        host_fact_set(&scene.facts, FACT_FILE_NR, OPEN[i]);
        for (int frame = 0; frame < 3; frame++)
            show_queue(&scene, 129, 128, 20);
        const struct finding *files = scene_find(&scene, "host-files");
        const struct finding *full = scene_find(&scene, "accept-queue-full");
        assert_non_null(files);
        assert_int_equal(full->because[0], files->severity == SEVERITY_CRITICAL ? files->id : 0);
        scene_end(&scene);
    }
}

/* The finding's id. */
static uint32_t fill_queue(struct scene *scene)
{
    for (int i = 0; i < 3; i++)
        show_queue(scene, 129, 128, 20 + i);
    return scene_find(scene, "accept-queue-full")->id;
}

/* The queue has room again, and clients that came while it was full wait still. */
static void a_cause_that_has_ended_stays_the_cause(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    const uint32_t cause = fill_queue(&scene);
    for (int i = 3; i < 23; i++)
        show_queue(&scene, 20, 128, 20 + i);
    assert_null(scene_find(&scene, "accept-queue-full"));
    const struct finding *wait = scene_find(&scene, "accept-wait");
    assert_non_null(wait);
    assert_int_equal(wait->because[0], cause);
    scene_end(&scene);
}

/* So many others began and ended since that the list has room for it no more. */
static void a_cause_that_is_not_listed_any_more_is_dropped(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    const uint32_t cause = fill_queue(&scene);
    for (int i = 0; i < 40; i++) {
        add_queue(&scene, 20, 128, 23 + i);
        for (uint16_t n = 0; n < 60; n++)
            scene_listener(&scene, (uint16_t)(40000 + i / 4 * 100 + n), 0, 128);
        scene_show(&scene);
    }
    assert_int_equal(scene_find(&scene, "accept-wait")->because[0], cause);
    struct frame *frame = scene.frame;
    const struct finding_input input = {.frame = frame, .ring = scene.ring};
    assert_int_equal(finding_engine_complete(scene.engine, frame, &input), 0);
    const struct frame_findings *findings = frame->findings;
    assert_null(frame_findings_by_id(findings, cause));
    const struct finding *wait =
        frame_findings_by_id(findings, scene_find(&scene, "accept-wait")->id);
    assert_non_null(wait);
    assert_int_equal(wait->because[0], 0);
    scene_end(&scene);
}

static bool has_limit(const struct finding *finding, const char *fact, double limit)
{
    for (unsigned i = 0; i < finding->evidence_count; i++)
        if (strcmp(finding->evidence[i].fact, fact) == 0)
            return finding->evidence[i].has_limit && finding->evidence[i].limit == limit;
    fail_msg("no evidence %s", fact);
    return false;
}

/* What makes it critical stands beside what makes it so. */
static void evidence_has_the_limit_that_was_crossed(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++) {
        show_queue(&scene, 129, 128, 5);
        scene_count(&scene, FACT_LISTEN_OVERFLOWS, 20);
    }
    assert_true(has_limit(scene_find(&scene, "accept-wait"), "longest_wait", 1));
    assert_true(has_limit(scene_find(&scene, "accept-queue-full"), "ListenOverflows", 5));
    assert_false(has_limit(scene_find(&scene, "accept-queue-full"), "longest_wait", 10));
    for (int i = 0; i < 3; i++)
        show_queue(&scene, 129, 128, 24);
    assert_int_equal(scene_find(&scene, "accept-wait")->severity, SEVERITY_CRITICAL);
    assert_true(has_limit(scene_find(&scene, "accept-wait"), "longest_wait", 10));
    assert_true(has_limit(scene_find(&scene, "accept-queue-full"), "longest_wait", 10));
    scene_end(&scene);
}

static void a_burst_of_one_frame_is_no_finding(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 12; i++) {
        show_queue(&scene, i % 4 == 0 ? 129 : 3, 128, 0);
        scene_count(&scene, FACT_LISTEN_OVERFLOWS, i % 4 == 0);
    }
    scene_assert_quiet(&scene);
    scene_end(&scene);
}

static void a_full_queue_that_is_served_is_no_finding(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 5; i++)
        show_queue(&scene, 2, 1, 0); /* each time others, and none was refused */
    assert_null(scene_find(&scene, "accept-queue-full"));
    for (int i = 0; i < 3; i++) {
        show_queue(&scene, 2, 1, 0);
        scene_count(&scene, FACT_LISTEN_OVERFLOWS, 1);
    }
    scene_expect(&scene, "accept-queue-full", SEVERITY_WARNING, 3);
    scene_end(&scene);
}

static void a_tiny_backlog_is_full_at_its_limit_on_purpose(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 4; i++)
        show_queue(&scene, 1, 1, 0);
    assert_null(scene_find(&scene, "accept-queue-full"));
    scene_end(&scene);
}

static void a_backlog_that_is_not_known_is_never_full(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 4; i++) {
        scene_frame(&scene);
        scene_listener(&scene, 8080, 50, 0)->known |= KNOWN_NO_BACKLOG;
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "accept-queue-full"));
    scene_end(&scene);
}

static void a_stopped_process_is_the_cause(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    scene.has_process = true;
    scene.process.state = 'T';
    for (int i = 0; i < 5; i++)
        show_queue(&scene, 129, 128, 20);
    scene_expect(&scene, "process-stopped", SEVERITY_CRITICAL, 2);
    uint32_t count;
    const struct finding *const *list = finding_engine_list(scene.engine, &count);
    assert_string_equal(list[0]->detector->id, "process-stopped");
    assert_string_equal(list[1]->detector->id, "accept-queue-full");
    assert_int_equal(list[1]->because[0], list[0]->id);
    scene_end(&scene);
}

static void clients_wait_for_accept_before_the_queue_is_full(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_queue(&scene, 5, 128, 3);
    scene_expect(&scene, "accept-wait", SEVERITY_WARNING, 5);
    assert_null(scene_find(&scene, "accept-queue-full"));
    scene_end(&scene);
}

static void a_backlog_cut_by_somaxconn_is_reported(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    host_fact_set(&scene.facts, FACT_SOMAXCONN, 128);
    for (int i = 0; i < 3; i++)
        show_queue(&scene, 70, 128, 0);
    scene_expect(&scene, "backlog-capped", SEVERITY_INFO, 1);
    scene_end(&scene);
}

static void show_half_open(struct scene *scene, uint32_t rows, uint8_t retrans)
{
    scene_frame(scene);
    scene_listener(scene, 8084, 0, 64);
    for (uint32_t i = 0; i < rows; i++) {
        struct conn *conn =
            scene_row(scene, STATE_SYN_RECEIVED, 8084, (uint8_t)(i % 5 + 1), (uint16_t)(3000 + i));
        scene_no_owner(conn, OWNER_NONE);
        scene_timer(conn, TIMER_ON, retrans);
    }
    scene_show(scene);
}

static void a_flood_of_syns_is_distinguished_from_a_burst(void **state)
{
    struct scene scene;
    (void)state;
    for (int flood = 0; flood < 2; flood++) {
        scene_begin(&scene);
        for (int i = 0; i < 4; i++) {
            show_half_open(&scene, 65, flood ? 1 : 0);
            scene_count(&scene, FACT_REQ_FULL_COOKIES, 100);
            scene_count(&scene, FACT_SYNCOOKIES_SENT, 100);
            scene_count(&scene, FACT_SYNCOOKIES_RECV, flood ? 0 : 95);
        }
        const struct finding *finding =
            scene_expect(&scene, "syn-queue-full", SEVERITY_CRITICAL, 65);
        assert_int_equal(finding->subject.port, 8084);
        assert_non_null(strstr(finding->title, flood ? "flood" : "more clients"));
        scene_end(&scene);
    }
}

/* Handshakes are under way at two listeners, and of neither the rows show that its queue is full. */
static void a_full_syn_queue_of_which_listener_is_not_guessed(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 4; i++) {
        scene_frame(&scene);
        scene_listener(&scene, 8084, 0, 64);
        scene_listener(&scene, 8085, 0, 64);
        for (uint16_t row = 0; row < 50; row++)
            scene_no_owner(scene_row(&scene, STATE_SYN_RECEIVED, row < 30 ? 8084 : 8085,
                                     (uint8_t)(row % 5 + 1), (uint16_t)(3000 + row)),
                           OWNER_NONE);
        scene_show(&scene);
        scene_count(&scene, FACT_REQ_FULL_COOKIES, 100);
    }
    const struct finding *finding = scene_find(&scene, "syn-queue-full");
    assert_non_null(finding);
    assert_int_equal(finding->subject.kind, SUBJECT_NETNS);
    assert_string_equal(finding->filter, "");
    assert_memory_equal(finding->title, "SYN queue of a listener is full", 31);
    scene_end(&scene);
}

/* Half-open clients of two listeners; `sent` and `received` SYN cookies a second. */
static const struct finding *fill_some_queue(struct scene *scene, uint64_t sent, uint64_t received)
{
    for (int i = 0; i < 4; i++) {
        scene_frame(scene);
        scene_listener(scene, 8084, 0, 64);
        scene_listener(scene, 8085, 0, 64);
        scene_no_owner(scene_row(scene, STATE_SYN_RECEIVED, 8084, 1, 3000), OWNER_NONE);
        scene_no_owner(scene_row(scene, STATE_SYN_RECEIVED, 8085, 1, 3001), OWNER_NONE);
        scene_show(scene);
        scene_count(scene, sent ? FACT_REQ_FULL_COOKIES : FACT_REQ_FULL_DROP, 100);
        scene_count(scene, FACT_SYNCOOKIES_SENT, sent);
        scene_count(scene, FACT_SYNCOOKIES_RECV, received);
    }
    const struct finding *finding = scene_find(scene, "syn-queue-full");
    assert_non_null(finding);
    assert_int_equal(finding->subject.kind, SUBJECT_NETNS);
    return finding;
}

/* Title, what is ruled out and the advice say the same, also where no listener is named. */
static void what_is_ruled_out_fits_the_title(void **state)
{
    static const struct {
        uint64_t sent, received;
        const char *title, *ruled_out, *advice;
    } CASES[] = {{100, 0, "a flood of SYNs", "a burst of real clients", "SYNPROXY"},
                 {100, 95, "more clients at once", "a flood", "raise the backlog"},
                 {0, 0, "no SYN cookies are sent", NULL, "tcp_syncookies=1"}};
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        struct scene scene;
        scene_begin(&scene);
        const struct finding *finding = fill_some_queue(&scene, CASES[i].sent, CASES[i].received);
        assert_non_null(strstr(finding->title, CASES[i].title));
        assert_non_null(strstr(finding->advice[0], CASES[i].advice));
        if (CASES[i].ruled_out)
            assert_memory_equal(finding->ruled_out[0], CASES[i].ruled_out,
                                strlen(CASES[i].ruled_out));
        else
            assert_null(finding->ruled_out[0]);
        scene_end(&scene);
    }
}

static void syn_queues_are_not_checked_without_the_counter(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    scene.facts.known[FACT_REQ_FULL_COOKIES / 64] &= ~(UINT64_C(1) << FACT_REQ_FULL_COOKIES % 64);
    show_half_open(&scene, 65, 1);
    assert_int_equal(scene_check(&scene, "syn-queue-full")->verdict, VERDICT_NOT_CHECKED);
    assert_non_null(strstr(scene_check(&scene, "syn-queue-full")->reason, "TCPReqQFullDoCookies"));
    scene_end(&scene);
}

static void clients_that_do_not_hear_us_are_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_half_open(&scene, 12, 3);
    scene_expect(&scene, "handshake-unanswered", SEVERITY_WARNING, 12);
    scene_end(&scene);
}

static void drops_with_room_in_the_queue_are_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 12; i++) {
        scene_frame(&scene);
        scene_listener(&scene, 8080, 0, 128);
        scene_show(&scene);
        scene_count(&scene, FACT_LISTEN_DROPS, 5);
    }
    const struct finding *finding = scene_find(&scene, "listen-drops-other");
    assert_non_null(finding);
    assert_int_equal(finding->severity, SEVERITY_WARNING);
    assert_int_equal(finding->subject.kind, SUBJECT_NETNS);
    scene_end(&scene);
}

/* Port 80 dropped much long ago, 81 and 82 do now. */
static void only_listeners_that_drop_now_are_shown(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (uint32_t i = 0; i < 12; i++) {
        scene_frame(&scene);
        for (uint16_t port = 80; port < 84; port++) {
            struct conn *conn = scene_listener(&scene, port, 0, 128);
            conn->known |= KNOWN_DROPS;
            conn->drops = port == 80 ? 5000 : port == 83 ? 0 : 7 + i * 3;
        }
        scene_show(&scene);
        scene_count(&scene, FACT_LISTEN_DROPS, 6);
    }
    const struct finding *finding = scene_expect(&scene, "listen-drops-other", SEVERITY_WARNING, 2);
    assert_false(scene_accepts(&scene, finding, &scene.frame->conns[0]));
    scene_end(&scene);
}

/* Two ports of 40 sockets each (SO_REUSEPORT), and one whose queue is full, which drops for that. */
static void listeners_that_drop_are_shown_by_port_and_without_full_ones(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (uint32_t i = 0; i < 12; i++) {
        scene_frame(&scene);
        for (uint16_t row = 0; row < 81; row++) {
            const bool full = row == 80;
            struct conn *conn =
                scene_listener(&scene, (uint16_t)(80 + row / 40), full ? 129 : 0, 128);
            conn->known |= KNOWN_DROPS;
            conn->drops = i * 3;
        }
        scene_show(&scene);
        scene_count(&scene, FACT_LISTEN_DROPS, 6);
    }
    const struct finding *finding =
        scene_expect(&scene, "listen-drops-other", SEVERITY_WARNING, 80);
    assert_string_equal(finding->filter, "state listening and ( ( src 10.0.0.1 and sport = :80 ) "
                                         "or ( src 10.0.0.1 and sport = :81 ) )");
    assert_int_equal(finding->evidence_count, 1); /* all are named */
    scene_end(&scene);
}

static void drops_that_overflows_explain_are_not(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 12; i++) {
        scene_frame(&scene);
        scene_show(&scene);
        scene_count(&scene, FACT_LISTEN_DROPS, 5);
        scene_count(&scene, FACT_LISTEN_OVERFLOWS, 5);
    }
    assert_null(scene_find(&scene, "listen-drops-other"));
    scene_end(&scene);
}

static void a_listener_in_the_ephemeral_range_is_reported(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++) {
        scene_frame(&scene);
        scene_listener(&scene, 40000, 0, 128);
        scene_listener(&scene, 8080, 0, 128);
        scene_show(&scene);
    }
    scene_expect(&scene, "listener-on-ephemeral-port", SEVERITY_INFO, 1);
    scene_end(&scene);
}

static void a_reserved_port_is_not_ephemeral(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    host_facts_parse_reserved(&scene.facts, "39999-40001\n", 12);
    for (int i = 0; i < 3; i++) {
        scene_frame(&scene);
        scene_listener(&scene, 40000, 0, 128);
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "listener-on-ephemeral-port"));
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_accept_queue_is_found),
        cmocka_unit_test(it_is_full_since_it_filled),
        cmocka_unit_test(it_says_how_long_in_a_unit_that_fits),
        cmocka_unit_test(it_ends_with_its_listener),
        cmocka_unit_test(it_ends_where_another_process_listens),
        cmocka_unit_test(one_that_stays_full_is_critical),
        cmocka_unit_test(a_host_short_of_files_is_the_cause_once_it_is_critical),
        cmocka_unit_test(a_cause_that_has_ended_stays_the_cause),
        cmocka_unit_test(a_cause_that_is_not_listed_any_more_is_dropped),
        cmocka_unit_test(evidence_has_the_limit_that_was_crossed),
        cmocka_unit_test(a_burst_of_one_frame_is_no_finding),
        cmocka_unit_test(a_full_queue_that_is_served_is_no_finding),
        cmocka_unit_test(a_tiny_backlog_is_full_at_its_limit_on_purpose),
        cmocka_unit_test(a_backlog_that_is_not_known_is_never_full),
        cmocka_unit_test(a_stopped_process_is_the_cause),
        cmocka_unit_test(clients_wait_for_accept_before_the_queue_is_full),
        cmocka_unit_test(a_backlog_cut_by_somaxconn_is_reported),
        cmocka_unit_test(a_flood_of_syns_is_distinguished_from_a_burst),
        cmocka_unit_test(a_full_syn_queue_of_which_listener_is_not_guessed),
        cmocka_unit_test(what_is_ruled_out_fits_the_title),
        cmocka_unit_test(syn_queues_are_not_checked_without_the_counter),
        cmocka_unit_test(clients_that_do_not_hear_us_are_found),
        cmocka_unit_test(drops_with_room_in_the_queue_are_found),
        cmocka_unit_test(only_listeners_that_drop_now_are_shown),
        cmocka_unit_test(listeners_that_drop_are_shown_by_port_and_without_full_ones),
        cmocka_unit_test(drops_that_overflows_explain_are_not),
        cmocka_unit_test(a_listener_in_the_ephemeral_range_is_reported),
        cmocka_unit_test(a_reserved_port_is_not_ephemeral),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
