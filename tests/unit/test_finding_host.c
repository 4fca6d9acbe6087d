/* Detectors of counters and settings of the host and the network namespace. */
#include "finding_scene.h"

/* So many frames, each counting `more` of a fact. */
static void count_frames(struct scene *scene, unsigned frames, enum host_fact fact, uint64_t more)
{
    for (unsigned i = 0; i < frames; i++) {
        scene_frame(scene);
        scene_listener(scene, 80, 0, 128);
        scene_info(scene, scene_row(scene, STATE_ESTABLISHED, 40000, 2, 80), "rtt", 100);
        scene_show(scene);
        scene_count(scene, fact, more);
    }
}

/* A detector, the counter it watches, how much in a frame is too much and how much is not. */
static const struct {
    const char *id;
    enum host_fact fact;
    uint64_t much, little;
} COUNTERS[] = {
    {"receive-drops", FACT_RCV_PRUNED, 5, 0},
    {"receive-drops", FACT_BACKLOG_DROP, 5, 0},
    {"reset-storm", FACT_OUT_RSTS, 100, 10},
    {"host-drops", FACT_SOFTNET_DROPPED, 5, 0},
    {"tw-overflow", FACT_TW_OVERFLOW, 1, 0},
    {"bad-checksums", FACT_IN_CSUM_ERRORS, 5, 0},
    {"rpfilter-drops", FACT_RPFILTER_DROP, 5, 0},
    {"ttl-drops", FACT_MIN_TTL_DROP, 5, 0},
    {"defer-accept-drops", FACT_DEFER_ACCEPT_DROP, 5, 0},
    {"receive-collapse", FACT_RCV_COLLAPSED, 200, 5},
    {"tfo-failing", FACT_TFO_BLACKHOLE, 5, 0},
    {"md5-failing", FACT_MD5_FAILURE, 5, 0},
    {"tcp-ao-failing", FACT_AO_BAD, 5, 0},
    {"paws", FACT_PAWS_ESTAB, 5, 0},
    {"challenge-acks", FACT_CHALLENGE_ACK, 5, 0},
    {"retrans-not-sent", FACT_RETRANS_FAIL, 5, 0},
    {"keepalive-abort", FACT_ABORT_ON_TIMEOUT, 5, 0},
};

/* The one of that detector that ended last; NULL = none did. */
static const struct finding *find_ended(const struct scene *scene, const char *id)
{
    uint32_t count;
    const struct finding *const *list = finding_engine_list(scene->engine, &count);

    for (uint32_t i = 0; i < count; i++)
        if (strcmp(list[i]->detector->id, id) == 0 && list[i]->ended_ns)
            return list[i];
    return NULL;
}

/* Within two frames of the growth, however long the window and the time it must hold. */
static void they_began_and_ended_with_the_growth(void **state)
{
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(COUNTERS); i++) {
        const char *id = COUNTERS[i].id;
        scene_begin(&scene);
        count_frames(&scene, 2, COUNTERS[i].fact,
                     COUNTERS[i].much); /* long before: no part of it */
        count_frames(&scene, 90, COUNTERS[i].fact, COUNTERS[i].little / 5);
        const int64_t begin_ns = scene.frame->wall_ns;
        count_frames(&scene, 60, COUNTERS[i].fact, COUNTERS[i].much);
        const struct finding *finding = scene_find(&scene, id);
        if (!finding)
            fail_msg("%s: nothing was found", id);
        if (llabs(finding->since_ns - begin_ns) > 2 * SECOND)
            fail_msg("%s since %lld s after it began", id,
                     (long long)((finding->since_ns - begin_ns) / SECOND));
        assert_false(finding->since_least);
        const int64_t end_ns = scene.frame->wall_ns;
        count_frames(&scene, 100, COUNTERS[i].fact, COUNTERS[i].little / 5);
        finding = find_ended(&scene, id);
        if (!finding || llabs(finding->ended_ns - end_ns) > 2 * SECOND)
            fail_msg("%s ended %lld s after the growth did", id,
                     finding ? (long long)((finding->ended_ns - end_ns) / SECOND) : -1);
        scene_end(&scene);
    }
}

static void counters_that_grow_are_found(void **state)
{
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(COUNTERS); i++) {
        scene_begin(&scene);
        count_frames(&scene, 14, COUNTERS[i].fact, COUNTERS[i].much);
        const struct finding *finding = scene_find(&scene, COUNTERS[i].id);
        if (!finding || finding->severity != SEVERITY_WARNING)
            fail_msg("%s: no warning", COUNTERS[i].id);
        assert_true(finding->evidence_count > 0);
        assert_true(finding->window_ns > 0);
        scene_end(&scene);
    }
}

static void counters_that_hardly_grow_are_not(void **state)
{
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(COUNTERS); i++) {
        scene_begin(&scene);
        count_frames(&scene, 14, COUNTERS[i].fact, COUNTERS[i].little);
        assert_null(scene_find(&scene, COUNTERS[i].id));
        scene_end(&scene);
    }
}

static void a_counter_that_is_absent_is_not_checked(void **state)
{
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(COUNTERS); i++) {
        scene_begin(&scene);
        for (size_t j = 0; j < sizeof(scene.facts.known) / sizeof(scene.facts.known[0]); j++)
            scene.facts.known[j] = 0;
        scene_frame(&scene);
        scene_show(&scene);
        assert_int_equal(scene_check(&scene, COUNTERS[i].id)->verdict, VERDICT_NOT_CHECKED);
        scene_end(&scene);
    }
}

/* A gauge, and from where on it is a warning, and critical. */
static const struct {
    const char *id;
    enum host_fact fact;
    uint64_t well, warning, critical;
} GAUGES[] = {
    {"tcp-memory", FACT_TCP_MEM_PAGES, 70000, 110000, 140000},
    {"orphans", FACT_TCP_ORPHAN, 10000, 20000, 40000},
    {"conntrack-full", FACT_CONNTRACK_COUNT, 40000, 52000, 64000},
    {"host-files", FACT_FILE_NR, 60000, 72000, 92000},
};

static void gauges_are_compared_with_their_limits(void **state)
{
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(GAUGES); i++) {
        scene_begin(&scene);
        host_fact_set(&scene.facts, GAUGES[i].fact, GAUGES[i].well);
        count_frames(&scene, 3, FACT_IN_SEGS, 1);
        assert_null(scene_find(&scene, GAUGES[i].id));
        host_fact_set(&scene.facts, GAUGES[i].fact, GAUGES[i].warning);
        count_frames(&scene, 3, FACT_IN_SEGS, 1);
        assert_int_equal(scene_find(&scene, GAUGES[i].id)->severity, SEVERITY_WARNING);
        host_fact_set(&scene.facts, GAUGES[i].fact, GAUGES[i].critical);
        count_frames(&scene, 1, FACT_IN_SEGS, 1);
        assert_int_equal(scene_find(&scene, GAUGES[i].id)->severity, SEVERITY_CRITICAL);
        scene_end(&scene);
    }
}

static const struct {
    const char *id;
    enum host_fact fact;
    uint64_t value, said; /* said: as evidence */
} SETTINGS[] = {
    {"syncookies-off", FACT_SYNCOOKIES, 0, 0},
    {"abort-on-overflow", FACT_ABORT_ON_OVERFLOW, 1, 1},
    {"narrow-port-range", FACT_PORT_FIRST, 60000, 1000}, /* the number of ports */
};

static void settings_are_reported_and_no_more(void **state)
{
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(SETTINGS); i++) {
        scene_begin(&scene);
        count_frames(&scene, 3, FACT_IN_SEGS, 1);
        assert_null(scene_find(&scene, SETTINGS[i].id));
        host_fact_set(&scene.facts, SETTINGS[i].fact, SETTINGS[i].value);
        count_frames(&scene, 3, FACT_IN_SEGS, 1);
        const struct finding *finding = scene_find(&scene, SETTINGS[i].id);
        assert_int_equal(finding->severity, SEVERITY_INFO);
        assert_int_equal(finding->evidence[0].value, SETTINGS[i].said);
        scene_end(&scene);
    }
    scene_begin(&scene);
    host_fact_set(&scene.facts, FACT_TIMESTAMPS, 0);
    host_fact_set(&scene.facts, FACT_TW_REUSE, 1);
    count_frames(&scene, 3, FACT_IN_SEGS, 1);
    assert_int_equal(scene_find(&scene, "timestamps-off")->severity, SEVERITY_WARNING);
    scene_end(&scene);
}

/* Rows of "app" to hosts 2, 3 ... with so many MiB to send each. */
static void show_buffers(struct scene *scene, const uint32_t *mebibytes, uint8_t count)
{
    for (int i = 0; i < 3; i++) {
        scene_frame(scene);
        for (uint8_t row = 0; row < count; row++) {
            struct conn *conn = scene_row(scene, STATE_ESTABLISHED, (uint16_t)(40000 + row),
                                          (uint8_t)(2 + row), 80);
            conn->send_queue = 1000;
            scene_info(scene, conn, "rtt", 100);
            scene->frame->details[conn->detail].meminfo_count = 9;
            scene->frame->details[conn->detail].meminfo[5] = mebibytes[row] << 20;
        }
        scene_show(scene);
    }
}

static void memory_of_one_process_is_reported(void **state)
{
    const uint32_t many[] = {75, 75, 75}; /* pressure begins at 390 MiB */
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_buffers(&scene, many, 3);
    assert_non_null(
        strstr(scene_expect(&scene, "buffer-hogs", SEVERITY_WARNING, 3)->title, "225 MiB"));
    scene_end(&scene);
}

static void memory_of_one_connection_is_reported_and_its_row_shown(void **state)
{
    const uint32_t one[] = {5, 120, 5};
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_buffers(&scene, one, 3);
    const struct finding *finding = scene_expect(&scene, "buffer-hogs", SEVERITY_WARNING, 1);
    assert_non_null(strstr(finding->title, "one connection, with 10.0.0.3:80"));
    scene_end(&scene);
}

/* The kernel counts in its own pages. */
static void memory_is_counted_in_the_pages_of_that_host(void **state)
{
    const uint32_t many[] = {95, 95, 95}; /* of 6 GiB */
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    host_fact_set(&scene.facts, FACT_PAGE_SIZE, 65536);
    host_fact_set(&scene.facts, FACT_TCP_MEM_PAGES, 112000);
    show_buffers(&scene, many, 3);
    assert_null(scene_find(&scene, "buffer-hogs"));
    assert_non_null(strstr(scene_find(&scene, "tcp-memory")->title, "7000 MiB"));
    scene_end(&scene);

    scene_begin(&scene);
    host_fact_forget(&scene.facts, FACT_PAGE_SIZE);
    host_fact_set(&scene.facts, FACT_TCP_MEM_PAGES, 112000);
    show_buffers(&scene, many, 3);
    assert_int_equal(scene_check(&scene, "buffer-hogs")->verdict, VERDICT_NOT_CHECKED);
    assert_string_equal(scene_check(&scene, "buffer-hogs")->reason,
                        "PAGE_SIZE is not in this log, or was not read on that host");
    assert_non_null(strstr(scene_find(&scene, "tcp-memory")->title, "112000 pages"));
    scene_end(&scene);
}

/* TCPAbortOnMemory counts both. */
static void aborts_are_put_to_what_is_short(void **state)
{
    struct scene scene;
    (void)state;
    for (int orphans = 0; orphans < 2; orphans++) {
        scene_begin(&scene);
        if (orphans)
            host_fact_set(&scene.facts, FACT_TCP_ORPHAN, 15000);
        for (int i = 0; i < 4; i++)
            count_frames(&scene, 1, FACT_ABORT_ON_MEMORY, 3);
        const struct finding *memory = scene_find(&scene, "tcp-memory");
        const struct finding *finding = scene_find(&scene, "orphans");
        if (orphans) {
            assert_null(memory);
            assert_int_equal(finding->severity, SEVERITY_CRITICAL);
            host_fact_set(&scene.facts, FACT_TCP_MEM_PAGES, 112000);
            count_frames(&scene, 3, FACT_ABORT_ON_MEMORY, 3);
            memory = scene_find(&scene, "tcp-memory");
            assert_int_equal(memory->severity, SEVERITY_WARNING);
            assert_null(strstr(memory->title, "aborted"));
        } else {
            assert_null(finding);
            assert_int_equal(memory->severity, SEVERITY_CRITICAL);
            assert_non_null(strstr(memory->title, "9 connections were aborted"));
        }
        scene_end(&scene);
    }
}

static void losses_of_no_peer_in_particular_are_reported_of_the_namespace(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 8; i++) {
        count_frames(&scene, 1, FACT_ORIG_DATA_SENT, 1000);
        scene_count(&scene, FACT_RETRANS_SEGS, 30);
    }
    const struct finding *finding = scene_find(&scene, "retransmissions");
    assert_non_null(finding);
    assert_int_equal(finding->subject.kind, SUBJECT_NETNS);
    scene_end(&scene);
}

static void repeated_syns_are_no_losses_of_data(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 8; i++) {
        count_frames(&scene, 1, FACT_ORIG_DATA_SENT, 1000);
        scene_count(&scene, FACT_RETRANS_SEGS, 30);
        scene_count(&scene, FACT_SYN_RETRANS, 30);
    }
    assert_null(scene_find(&scene, "retransmissions"));
    scene_end(&scene);
}

/* "app" of pid 300 tries to bind port 8081 every two seconds. */
static void try_to_bind(struct scene *scene, uint8_t error, uint8_t address)
{
    struct call_failure call = {
        .port = 8081, .family = FAMILY_INET, .error = error, .pid = 300, .name = "appserver"};

    call.address.bytes[3] = address;
    call.last_ns[0] = scene->frame->mono_ns;
    call_failures_add(&scene->facts.bind_failures, &call);
}

/* A unit with RestartSec=25. */
static void a_program_that_is_restarted_slowly_is_found_too(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    scene.facts.bind_failures.known = true;
    for (int i = 0; i < 54; i++) {
        scene_frame(&scene);
        scene_listener(&scene, 8081, 0, 128);
        if (i % 25 == 0)
            try_to_bind(&scene, 98, 0);
        scene_show(&scene);
    }
    scene_expect(&scene, "port-held", SEVERITY_WARNING, 1);
    scene_end(&scene);
}

static void a_port_that_is_held_is_reported_with_its_holder(void **state)
{
    struct scene scene;
    (void)state;
    for (int in_use = 0; in_use < 2; in_use++) {
        scene_begin(&scene);
        scene.facts.bind_failures.known = true;
        for (int i = 0; i < 8; i++) {
            scene_frame(&scene);
            scene_listener(&scene, 8081, 0, 128);
            scene_listener(&scene, 80, 0, 128);
            if (i % 2 == 0)
                try_to_bind(&scene, in_use ? 98 : 13, 0);
            scene_show(&scene);
        }
        if (in_use) {
            const struct finding *finding = scene_expect(&scene, "port-held", SEVERITY_WARNING, 1);
            assert_int_equal(finding->subject.port, 8081);
            assert_int_equal(finding->subject.pid, 100);
            assert_string_equal(finding->title,
                                "appserver cannot bind port 8081: app[100] holds it");
        } else {
            assert_null(scene_find(&scene, "port-held"));
        }
        scene_end(&scene);
    }
}

/* A listener on port 8081 at the last byte of an address, 0 = any, held by this process. */
static void listen_at(struct scene *scene, uint8_t address, const char *name, int32_t pid)
{
    struct conn *conn = scene_listener(scene, 8081, 0, 128);
    struct proc *proc = frame_add_proc(scene->frame);
    const uint32_t index = (uint32_t)(proc - scene->frame->procs);

    memset(&conn->tuple.local, 0, sizeof(conn->tuple.local));
    conn->tuple.local.bytes[3] = address;
    proc->pid = pid;
    proc->comm = name;
    conn->owner = index;
    conn->owners = scene->frame->owner_ref_count;
    assert_int_equal(frame_add_owner_ref(scene->frame, index), 0);
}

/* The first listener of the port need not be the one in the way. */
static void a_port_is_held_by_who_has_its_address(void **state)
{
    static const struct {
        uint8_t own, other, wanted; /* addresses: of the process that fails, of another one */
        const char *title;
    } CASES[] = {
        {1, 2, 2, "appserver cannot bind port 8081: other[400] holds it"},
        {1, 2, 0, "appserver cannot bind port 8081: other[400] holds it"},
        {1, 2, 1, "appserver[300] cannot bind port 8081: it holds the port itself"},
        {1, 2, 3, "appserver cannot bind port 8081: it is in use"},
    };
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        for (int own_first = 0; own_first < 2; own_first++) {
            struct scene scene;
            scene_begin(&scene);
            scene.facts.bind_failures.known = true;
            for (int frame = 0; frame < 8; frame++) {
                scene_frame(&scene);
                if (own_first)
                    listen_at(&scene, CASES[i].own, "appserver", 300);
                listen_at(&scene, CASES[i].other, "other", 400);
                if (!own_first)
                    listen_at(&scene, CASES[i].own, "appserver", 300);
                if (frame % 2 == 0)
                    try_to_bind(&scene, 98, CASES[i].wanted);
                scene_show(&scene);
            }
            const struct finding *finding = scene_expect(&scene, "port-held", SEVERITY_WARNING, 2);
            assert_string_equal(finding->title, CASES[i].title);
            scene_end(&scene);
        }
    }
}

static void a_restart_that_fails_once_is_no_finding(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    scene.facts.bind_failures.known = true;
    for (int i = 0; i < 100; i++) {
        scene_frame(&scene);
        scene_listener(&scene, 8081, 0, 128);
        if (i % 40 == 0)
            try_to_bind(&scene, 98, 0);
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "port-held"));
    scene.facts.bind_failures.known = false;
    scene_frame(&scene);
    scene_show(&scene);
    assert_int_equal(scene_check(&scene, "port-held")->verdict, VERDICT_NOT_CHECKED);
    scene_end(&scene);
}

static void failures_of_bind_are_bounded_and_the_latest_stay(void **state)
{
    struct call_failures failures = {0};
    (void)state;
    for (uint16_t port = 1; port <= 20; port++) {
        struct call_failure call = {.port = port, .family = FAMILY_INET, .error = 98};
        call.last_ns[0] = port;
        call_failures_add(&failures, &call);
    }
    assert_int_equal(failures.count, CALL_FAILURES_MAX);
    for (unsigned i = 0; i < failures.count; i++)
        assert_true(failures.rows[i].port > 20 - CALL_FAILURES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_that_grow_are_found),
        cmocka_unit_test(they_began_and_ended_with_the_growth),
        cmocka_unit_test(counters_that_hardly_grow_are_not),
        cmocka_unit_test(a_counter_that_is_absent_is_not_checked),
        cmocka_unit_test(gauges_are_compared_with_their_limits),
        cmocka_unit_test(settings_are_reported_and_no_more),
        cmocka_unit_test(memory_of_one_process_is_reported),
        cmocka_unit_test(memory_of_one_connection_is_reported_and_its_row_shown),
        cmocka_unit_test(memory_is_counted_in_the_pages_of_that_host),
        cmocka_unit_test(aborts_are_put_to_what_is_short),
        cmocka_unit_test(losses_of_no_peer_in_particular_are_reported_of_the_namespace),
        cmocka_unit_test(a_program_that_is_restarted_slowly_is_found_too),
        cmocka_unit_test(a_port_that_is_held_is_reported_with_its_holder),
        cmocka_unit_test(a_port_is_held_by_who_has_its_address),
        cmocka_unit_test(a_restart_that_fails_once_is_no_finding),
        cmocka_unit_test(failures_of_bind_are_bounded_and_the_latest_stay),
        cmocka_unit_test(repeated_syns_are_no_losses_of_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
