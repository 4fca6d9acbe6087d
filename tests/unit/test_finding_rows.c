/* Detectors of rows that are not let go, of loss, of windows that are shut, of slowness. */
#include "core/finding/finding_json.h"
#include "finding_scene.h"

/* --- not let go --- */

static void show_close_wait(struct scene *scene, uint32_t rows, uint32_t unread, int64_t age)
{
    scene_frame(scene);
    scene_row(scene, STATE_ESTABLISHED, 8080, 3, 999);
    for (uint32_t i = 0; i < rows; i++) {
        struct conn *conn = scene_row(scene, STATE_CLOSE_WAIT, 8080, 2, (uint16_t)(1000 + i));
        conn->receive_queue = unread;
        scene_info(scene, conn, "last_ack_recv", (uint64_t)age * 1000);
    }
    scene_show(scene);
}

static void a_close_wait_leak_is_reported_by_what_is_unread(void **state)
{
    static const char *const ADVICE[] = {"missing close()", "without eviction", "does not read"};
    struct scene scene;
    (void)state;
    for (uint32_t unread = 0; unread < 3; unread++) {
        scene_begin(&scene);
        for (int i = 0; i < 3; i++)
            show_close_wait(&scene, 150, unread, 30 + i);
        const struct finding *finding =
            scene_expect(&scene, "close-wait-leak", SEVERITY_WARNING, 150);
        assert_non_null(strstr(finding->advice[0], ADVICE[unread]));
        assert_int_equal(finding->since_ns, scene.frame->wall_ns - 32 * SECOND);
        scene_end(&scene);
    }
}

static void the_peer_of_a_close_wait_leak_is_named(void **state)
{
    static const struct {
        uint32_t others; /* of 150 */
        const char *said;
    } CASES[] = {
        {0, "app keeps 150 connections that 10.0.0.2 has closed, the oldest for "},
        {30,
         "app keeps 150 connections that the peer has closed, 120 by 10.0.0.2, the oldest for "},
        {75, "app keeps 150 connections that the peer has closed, the oldest for "},
    };
    struct scene scene;
    (void)state;
    for (size_t k = 0; k < sizeof(CASES) / sizeof(CASES[0]); k++) {
        scene_begin(&scene);
        for (int i = 0; i < 3; i++) {
            scene_frame(&scene);
            for (uint32_t row = 0; row < 150; row++) {
                const bool other = row >= 75 && row < 75 + CASES[k].others;
                struct conn *conn =
                    scene_row(&scene, STATE_CLOSE_WAIT, 8080, other ? (uint8_t)(100 + row % 20) : 2,
                              (uint16_t)(1000 + row));
                scene_info(&scene, conn, "last_ack_recv", 30000);
            }
            scene_show(&scene);
        }
        const struct finding *finding =
            scene_expect(&scene, "close-wait-leak", SEVERITY_WARNING, 150);
        if (strncmp(finding->title, CASES[k].said, strlen(CASES[k].said)) != 0)
            fail_msg("\"%s\"", finding->title);
        scene_end(&scene);
    }
}

static void a_few_old_ones_are_reported_and_very_old_ones_warned_of(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_close_wait(&scene, 12, 1, 100);
    scene_expect(&scene, "close-wait-leak", SEVERITY_INFO, 12);
    for (int i = 0; i < 3; i++)
        show_close_wait(&scene, 12, 1, 700);
    scene_expect(&scene, "close-wait-leak", SEVERITY_WARNING, 12);
    scene_end(&scene);
}

static void descriptors_near_their_limit_make_it_critical(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    scene.has_process = true;
    scene.process =
        (struct process_facts){.state = 'S', .descriptors = 950, .descriptor_limit = 1000};
    for (int i = 0; i < 5; i++)
        show_close_wait(&scene, 150, 1, 30);
    scene_expect(&scene, "close-wait-leak", SEVERITY_CRITICAL, 150);
    scene_expect(&scene, "fd-limit", SEVERITY_CRITICAL, 151);
    scene_end(&scene);
}

static void a_busy_server_passes_through_close_wait(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 5; i++)
        show_close_wait(&scene, 150, 1, 0);
    assert_null(scene_find(&scene, "close-wait-leak"));
    scene_end(&scene);
}

/* One that is old among many that pass through: it is not they that are kept. */
static void an_old_one_among_busy_ones_is_no_leak(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 5; i++) {
        scene_frame(&scene);
        for (uint32_t n = 0; n < 150; n++) {
            struct conn *conn = scene_row(&scene, STATE_CLOSE_WAIT, 8080, 2, (uint16_t)(1000 + n));
            scene_info(&scene, conn, "last_ack_recv", n == 0 ? 30000 : 1000);
        }
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "close-wait-leak"));
    scene_end(&scene);
}

static void what_waits_for_accept_is_no_leak(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 5; i++) {
        scene_frame(&scene);
        scene_listener(&scene, 8080, 0, 4096);
        for (uint32_t row = 0; row < 150; row++) {
            struct conn *conn =
                scene_row(&scene, STATE_CLOSE_WAIT, 8080, 2, (uint16_t)(1000 + row));
            scene_no_owner(conn, OWNER_LISTENER);
            scene_info(&scene, conn, "last_ack_recv", 30000);
        }
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "close-wait-leak"));
    scene_end(&scene);
}

static void half_closed_connections_without_a_limit_are_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int limited = 0; limited < 2; limited++) {
        for (int i = 0; i < 20; i++) {
            scene_frame(&scene);
            for (uint16_t row = 0; row < 12; row++) {
                struct conn *conn =
                    scene_row(&scene, STATE_FIN_WAIT_2, (uint16_t)(40000 + row), 2, 80);
                scene_info(&scene, conn, "last_ack_recv", 90000);
                scene_timer(conn, limited ? TIMER_WAITING : 0, 0);
            }
            scene_show(&scene);
        }
        if (limited)
            assert_null(scene_find(&scene, "fin-wait-2-held"));
        else
            scene_expect(&scene, "fin-wait-2-held", SEVERITY_WARNING, 12);
    }
    scene_end(&scene);
}

/* --- peers --- */

static void show_silent(struct scene *scene, uint32_t rows, uint8_t timeouts, uint64_t ack_ms)
{
    scene_frame(scene);
    for (uint16_t row = 0; row < 17; row++)
        scene_row(scene, STATE_ESTABLISHED, (uint16_t)(41000 + row), 2, 1521);
    for (uint32_t i = 0; i < rows; i++) {
        struct conn *conn = scene_row(scene, STATE_ESTABLISHED, (uint16_t)(40000 + i), 2, 1521);
        scene_timer(conn, TIMER_ON, timeouts);
        conn->send_queue = 6;
        scene_info(scene, conn, "last_ack_recv", ack_ms);
        scene_info(scene, conn, "rto", UINT64_C(200000) << timeouts);
        conn->last_data_sent_ms = 1800;
    }
    scene_show(scene);
}

static void a_peer_that_is_gone_is_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_silent(&scene, 3, 5, 8000 + (uint64_t)i * 1000);
    const struct finding *finding = scene_expect(&scene, "dead-peer", SEVERITY_WARNING, 3);
    assert_int_equal(finding->subject.port, 1521);
    /* five timeouts of 0.2 s, doubled each time, and 1.8 s; seen first two frames ago */
    assert_int_equal(finding->since_ns, scene.frame->wall_ns - 10 * SECOND);
    for (int i = 0; i < 3; i++)
        show_silent(&scene, 3, 8, 60000);
    scene_expect(&scene, "dead-peer", SEVERITY_CRITICAL, 3);
    scene_end(&scene);
}

/* The list has room for 64 of a detector: the worst are in it, and how many are not is said. */
static void of_very_many_the_mildest_are_left_out(void **state)
{
    struct scene scene;
    uint32_t count, critical = 0, warnings = 0;
    struct buffer text;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 3; n++) {
        scene_frame(&scene);
        for (uint8_t peer = 10; peer < 90; peer++) {
            struct conn *conn = scene_row(&scene, STATE_ESTABLISHED, 40000, peer, 1521);
            scene_timer(conn, TIMER_ON, peer < 80 ? 5 : 9);
            conn->send_queue = 500;
            conn->last_data_sent_ms = 1800;
            scene_info(&scene, conn, "last_ack_recv", 8000);
            scene_info(&scene, conn, "rto", UINT64_C(200000) << 5);
        }
        scene_show(&scene);
    }
    const struct finding *const *list = finding_engine_list(scene.engine, &count);
    for (uint32_t i = 0; i < count; i++) {
        critical += list[i]->severity == SEVERITY_CRITICAL;
        warnings += list[i]->severity == SEVERITY_WARNING;
    }
    assert_int_equal(critical, 10);
    assert_int_equal(warnings, 54);
    assert_int_equal(scene_check(&scene, "dead-peer")->left_out, 16);
    buffer_init(&text);
    finding_left_out_text(&text, finding_engine_checks(scene.engine));
    assert_string_equal(text.data, " and 16 more that are not listed (dead-peer 16)");
    buffer_clear(&text);
    json_checks(&text, finding_engine_checks(scene.engine), count, &(struct other_netns){0});
    assert_non_null(
        strstr(text.data, "],\"left_out\":[{\"finding\":\"dead-peer\",\"count\":16}]}"));
    buffer_done(&text);
    scene_end(&scene);
}

static void a_peer_that_acknowledges_is_not_gone(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_silent(&scene, 3, 5, 10);
    for (int i = 0; i < 3; i++)
        show_silent(&scene, 2, 2, 5000);
    scene_assert_quiet(&scene);
    scene_end(&scene);
}

static void keepalive_probes_without_an_answer_are_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++) {
        scene_frame(&scene);
        scene_timer(scene_row(&scene, STATE_ESTABLISHED, 40000, 2, 80), TIMER_KEEPALIVE, 1);
        scene_timer(scene_row(&scene, STATE_ESTABLISHED, 40001, 3, 80), TIMER_KEEPALIVE, 0);
        scene_show(&scene);
    }
    const struct finding *finding = scene_expect(&scene, "keepalive-unanswered", SEVERITY_INFO, 1);
    assert_string_equal(strstr(finding->title, " does not"),
                        " does not answer keepalive probes of 1 connection");
    scene_end(&scene);
}

static void show_shut(struct scene *scene, uint32_t since_ms, uint64_t window)
{
    scene_frame(scene);
    struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 40000, 2, 9300);
    scene_timer(conn, TIMER_PERSIST, 0);
    conn->send_queue = 1000000;
    conn->last_data_sent_ms = since_ms;
    scene_info(scene, conn, "snd_wnd", window);
    scene_show(scene);
}

static void a_peer_whose_window_is_shut_is_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (uint32_t i = 0; i < 3; i++)
        show_shut(&scene, 20000 + i * 1000, 0);
    const struct finding *finding = scene_expect(&scene, "peer-not-reading", SEVERITY_WARNING, 1);
    assert_string_equal(finding->subject.name, "app");
    assert_int_equal(finding->since_ns, scene.frame->wall_ns - 22 * SECOND);
    scene_end(&scene);
}

static void a_short_pause_of_the_peer_is_no_finding(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 5; i++)
        show_shut(&scene, 1500, 0);
    for (int i = 0; i < 5; i++)
        show_shut(&scene, 20000, 4096);
    scene_assert_quiet(&scene);
    scene_end(&scene);
}

static void windows_are_not_checked_without_tcp_info(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    scene_frame(&scene);
    scene_row(&scene, STATE_ESTABLISHED, 40000, 2, 9300)->receive_queue = 20000;
    scene_show(&scene);
    assert_int_equal(scene_check(&scene, "we-not-reading")->verdict, VERDICT_NOT_CHECKED);
    assert_string_equal(scene_check(&scene, "we-not-reading")->reason, "tcp_info was not read");
    assert_int_equal(scene_check(&scene, "peer-not-reading")->verdict, VERDICT_OK);
    scene_end(&scene);
}

static void show_suspects(struct scene *scene, uint32_t rows, uint32_t with_info)
{
    scene_frame(scene);
    scene_row(scene, STATE_ESTABLISHED, 40000, 2, 9300); /* healthy: nothing to read */
    for (uint32_t i = 0; i < rows; i++) {
        struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 40000, 2, (uint16_t)(9400 + i));
        conn->receive_queue = 20000;
        if (i < with_info)
            scene_info(scene, conn, "rcv_wnd", 65536);
    }
    scene_show(scene);
}

/* Rows that are suspect come and go: what was not checked stays so for a minute. */
static void what_was_read_of_suspect_rows_in_part_is_not_called_well(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_suspects(&scene, 5, 5);
    assert_int_equal(scene_check(&scene, "we-not-reading")->verdict, VERDICT_OK);
    show_suspects(&scene, 5, 3); /* rows that the dump skipped */
    assert_int_equal(scene_check(&scene, "we-not-reading")->verdict, VERDICT_OK);
    show_suspects(&scene, 50, 30);
    for (int i = 0; i < 60; i++) {
        assert_int_equal(scene_check(&scene, "we-not-reading")->verdict, VERDICT_NOT_CHECKED);
        assert_string_equal(scene_check(&scene, "we-not-reading")->reason,
                            "tcp_info of 20 out of 50 suspect rows was not read");
        show_suspects(&scene, 0, 0);
    }
    assert_int_equal(scene_check(&scene, "we-not-reading")->verdict, VERDICT_OK);
    scene_end(&scene);
}

static void a_process_that_does_not_read_is_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (uint32_t i = 0; i < 3; i++) {
        scene_frame(&scene);
        struct conn *conn = scene_row(&scene, STATE_ESTABLISHED, 8080, 2, 2000);
        conn->receive_queue = 200000;
        conn->last_data_received_ms = 9000;
        scene_info(&scene, conn, "rcv_wnd", 0);
        scene_show(&scene);
    }
    scene_expect(&scene, "we-not-reading", SEVERITY_WARNING, 1);
    scene_end(&scene);
}

/* --- loss --- */

/* Rows to two peers, 1 MB a second each; of those to the first so many permille are sent again. */
static void show_bulk(struct scene *scene, uint64_t permille, uint64_t needless)
{
    const uint64_t second = (uint64_t)scene->second;

    scene_frame(scene);
    for (uint8_t peer = 2; peer < 4; peer++) {
        struct conn *conn =
            scene_row(scene, STATE_ESTABLISHED, (uint16_t)(40000 + peer), peer, 9500);
        const uint64_t resent = peer == 2 ? 1000000 * permille / 1000 * second : 0;
        conn->known |= KNOWN_INFO;
        conn->send_queue = 100000;
        conn->bytes_sent = 1000000 * second;
        conn->bytes_retrans = resent;
        conn->retrans = (uint32_t)(resent / 1448);
        scene_info(scene, conn, "dsack_dups", resent / 1448 * needless / 100);
    }
    /* It lost much, but long ago. */
    struct conn *old = scene_row(scene, STATE_ESTABLISHED, 40009, 2, 9500);
    old->known |= KNOWN_INFO;
    old->bytes_sent = 1000000;
    old->bytes_retrans = 500000;
    old->retrans = 345;
    scene_info(scene, old, "dsack_dups", 345);
    scene_count(scene, FACT_ORIG_DATA_SENT, 2000);
    scene_count(scene, FACT_RETRANS_SEGS, 1000 * permille / 1448);
    scene_show(scene);
}

static void losses_to_one_peer_are_reported_by_their_share(void **state)
{
    static const struct {
        uint64_t permille;
        enum finding_severity severity;
    } CASES[] = {{20, SEVERITY_WARNING}, {80, SEVERITY_CRITICAL}};
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(CASES); i++) {
        scene_begin(&scene);
        for (int n = 0; n < 12; n++)
            show_bulk(&scene, CASES[i].permille, 0);
        const struct finding *finding =
            scene_expect(&scene, "retransmissions", CASES[i].severity, 1);
        assert_int_equal(finding->subject.kind, SUBJECT_PEER);
        assert_int_equal(finding->subject.address.bytes[3], 2);
        scene_end(&scene);
    }
}

/* Frames of rows that send 1 MB in each, of which `resent` bytes are sent again. */
static void send_frames(struct scene *scene, uint64_t *resent_bytes, int frames, uint64_t resent)
{
    for (int i = 0; i < frames; i++) {
        const uint64_t second = (uint64_t)scene->second;
        scene_frame(scene);
        *resent_bytes += resent;
        struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 40002, 2, 9500);
        conn->known |= KNOWN_INFO;
        conn->send_queue = 100000;
        conn->bytes_sent = 1000000 * second;
        conn->bytes_retrans = *resent_bytes;
        conn->retrans = (uint32_t)(*resent_bytes / 1448);
        scene_info(scene, conn, "dsack_dups", 0);
        scene_show(scene);
    }
}

/* So many peers that resend one segment a second, and behind them one that resends much. */
static void show_crowd(struct scene *scene, uint16_t peers, uint64_t crowd, uint64_t last)
{
    const uint64_t second = (uint64_t)scene->second;

    scene_frame(scene);
    for (uint16_t n = 0; n <= peers; n++) {
        const uint64_t resent = second * (n == peers ? last : crowd);
        struct conn *conn =
            scene_row(scene, STATE_ESTABLISHED, (uint16_t)(40000 + n), (uint8_t)(n + 2), 9500);
        conn->known |= KNOWN_INFO;
        conn->send_queue = 100000;
        conn->bytes_sent = 1000000 * second;
        conn->bytes_retrans = resent * 1448;
        conn->retrans = (uint32_t)resent;
        scene_info(scene, conn, "dsack_dups", 0);
    }
    scene_show(scene);
}

static void the_worst_of_many_peers_is_judged(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 12; i++)
        show_crowd(&scene, 100, 1, 60);
    const struct finding *finding = scene_expect(&scene, "retransmissions", SEVERITY_CRITICAL, 1);
    assert_int_equal(finding->subject.address.bytes[3], 102);
    scene_end(&scene);
}

/* Enough to be judged, and no room for all of them. */
static void peers_that_are_not_judged_are_said(void **state)
{
    struct scene scene;
    (void)state;
    for (uint16_t peers = 40; peers <= 100; peers += 60) {
        scene_begin(&scene);
        for (int i = 0; i < 20; i++)
            show_crowd(&scene, peers, 2, 2);
        assert_null(scene_find(&scene, "retransmissions"));
        const struct finding_check *check = scene_check(&scene, "retransmissions");
        assert_int_equal(check->verdict, peers > 64 ? VERDICT_NOT_CHECKED : VERDICT_OK);
        assert_true(peers < 64 || strstr(check->reason, "more than 64 peers"));
        scene_end(&scene);
    }
}

/* One of 100 peers is found to be lossy: of the others it is said still that not all were judged. */
static void peers_that_are_not_judged_are_said_beside_a_finding(void **state)
{
    struct scene scene;
    struct buffer text;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 20; i++)
        show_crowd(&scene, 100, 2, 60);
    scene_expect(&scene, "retransmissions", SEVERITY_CRITICAL, 1);
    assert_true(finding_check_is_partial(scene_check(&scene, "retransmissions")));
    buffer_init(&text);
    json_checks(&text, finding_engine_checks(scene.engine), 1, &(struct other_netns){0});
    assert_non_null(strstr(text.data, "\"in_part\":[{\"finding\":\"retransmissions\",\"reason\":"
                                      "\"more than 64 peers"));
    buffer_done(&text);
    scene_end(&scene);
}

/* Of 40 rows to one peer the filter has room for some, and the evidence says for how many. */
static void a_filter_says_how_many_rows_it_names(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 12; i++) {
        const uint64_t second = (uint64_t)scene.second;
        scene_frame(&scene);
        for (uint16_t n = 0; n < 40; n++) {
            struct conn *conn =
                scene_row(&scene, STATE_ESTABLISHED, (uint16_t)(40000 + n), 2, 9500);
            conn->known |= KNOWN_INFO;
            conn->send_queue = 100000;
            conn->bytes_sent = 100000 * second;
            conn->bytes_retrans = 14480 * second;
            conn->retrans = (uint32_t)(10 * second);
            scene_info(&scene, conn, "dsack_dups", 0);
        }
        scene_show(&scene);
    }
    const struct finding *finding = scene_find(&scene, "retransmissions");
    assert_non_null(finding);
    const uint32_t rows = scene_rows_of(&scene, finding);
    const struct evidence *said = NULL;
    for (uint32_t i = 0; i < finding->evidence_count; i++)
        if (strcmp(finding->evidence[i].fact, "of them the filter names") == 0)
            said = &finding->evidence[i];
    assert_in_range(rows, 5, 39);
    assert_non_null(said);
    assert_true(said->value == rows);
    scene_end(&scene);
}

/* Sums that fade exceed their limit late, and fall below it late. */
static void losses_began_and_ended_with_the_frames_that_lost(void **state)
{
    static const uint64_t PERMILLE[] = {15, 30, 200};
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(PERMILLE); i++) {
        uint64_t resent = 0;
        scene_begin(&scene);
        for (int n = 0; n < 10; n++) { /* now and then one frame is above the limit */
            send_frames(&scene, &resent, 1, 12000);
            send_frames(&scene, &resent, 7, 1448);
        }
        const int64_t begin_ns = scene.frame->wall_ns + SECOND;
        send_frames(&scene, &resent, 50, PERMILLE[i] * 1000);
        const struct finding *finding = scene_find(&scene, "retransmissions");
        assert_non_null(finding);
        assert_in_range(finding->since_ns, begin_ns - 2 * SECOND, begin_ns + 2 * SECOND);
        assert_false(finding->since_least);
        const int64_t end_ns = scene.frame->wall_ns;
        send_frames(&scene, &resent, 120, 1448);
        uint32_t count;
        const struct finding *const *list = finding_engine_list(scene.engine, &count);
        assert_int_equal(count, 1);
        assert_in_range(list[0]->ended_ns, end_ns - 2 * SECOND, end_ns + 2 * SECOND);
        scene_end(&scene);
    }
}

static void needless_retransmissions_are_no_loss(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 30; n++)
        show_bulk(&scene, 20, 90);
    assert_null(scene_find(&scene, "retransmissions"));
    scene_expect(&scene, "spurious-retrans", SEVERITY_WARNING, 1);
    scene_end(&scene);
}

static void a_loss_now_and_then_is_no_finding(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 12; n++)
        show_bulk(&scene, 2, 0);
    scene_assert_quiet(&scene);
    scene_end(&scene);
}

/* --- slow --- */

static void show_limited(struct scene *scene, uint64_t rwnd_permille)
{
    const uint64_t second = (uint64_t)scene->second;

    scene_frame(scene);
    struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 40000, 2, 9500);
    conn->send_queue = 100000;
    scene_info(scene, conn, "busy_time", second * 900000);
    scene_info(scene, conn, "rwnd_limited", second * 900 * rwnd_permille);
    scene_show(scene);
}

static void a_receiver_that_holds_us_back_is_reported(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 15; n++)
        show_limited(&scene, 700);
    scene_expect(&scene, "limited-by-receiver", SEVERITY_WARNING, 1);
    scene_end(&scene);
    scene_begin(&scene);
    for (int n = 0; n < 15; n++)
        show_limited(&scene, 50);
    assert_null(scene_find(&scene, "limited-by-receiver"));
    scene_end(&scene);
}

static void show_round_trip(struct scene *scene, uint32_t rtt_us, uint64_t least_us)
{
    scene_frame(scene);
    struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 40000, 2, 9500);
    conn->send_queue = 100000;
    conn->rtt_us = rtt_us;
    conn->known |= KNOWN_RTT;
    scene_info(scene, conn, "min_rtt", least_us);
    scene_info(scene, conn, "unacked", 40);
    scene_show(scene);
}

static void a_queue_on_the_way_is_distinguished_from_a_far_peer(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 14; n++)
        show_round_trip(&scene, 250000, 20000);
    scene_expect(&scene, "bufferbloat", SEVERITY_WARNING, 1);
    scene_end(&scene);
    scene_begin(&scene);
    for (int n = 0; n < 14; n++)
        show_round_trip(&scene, 250000, 240000);
    scene_assert_quiet(&scene);
    scene_end(&scene);
}

/* Of rows to one peer the worst one speaks for all, wherever it stands in the table. */
static void rows_to_one_peer_are_one_finding_by_the_worst(void **state)
{
    static const uint32_t QUEUES_MS[] = {150, 600, 200};
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 14; n++) {
        scene_frame(&scene);
        for (uint16_t i = 0; i < UNIT_COUNT(QUEUES_MS); i++) {
            struct conn *conn =
                scene_row(&scene, STATE_ESTABLISHED, (uint16_t)(40000 + i), 2, 9500);
            conn->send_queue = 100000;
            conn->rtt_us = 20000 + QUEUES_MS[i] * 1000;
            conn->known |= KNOWN_RTT;
            scene_info(&scene, conn, "min_rtt", 20000);
            scene_info(&scene, conn, "unacked", 40);
        }
        scene_row(&scene, STATE_ESTABLISHED, 40009, 2, 9500); /* at rest */
        scene_show(&scene);
    }
    const struct finding *finding = scene_expect(&scene, "bufferbloat", SEVERITY_CRITICAL, 3);
    assert_string_equal(finding->title, "packets wait for 600 ms in a queue on the way");
    assert_true(finding->evidence[0].value == 600);
    const struct evidence *last = &finding->evidence[finding->evidence_count - 1];
    assert_string_equal(last->fact, "such connections");
    assert_true(last->value == 3);
    scene_end(&scene);
}

/* One sender of 1 MB a second, and forty small ones that wait so long for their answers. */
static void show_neighbors(struct scene *scene, uint32_t own_us, uint32_t others_us)
{
    scene_frame(scene);
    struct proc *other = frame_add_proc(scene->frame);
    other->pid = 200;
    other->comm = "small";
    for (uint16_t i = 0; i < 41; i++) {
        struct conn *conn = scene_row(scene, STATE_ESTABLISHED, (uint16_t)(40000 + i), 2, 9400);
        conn->owner = i == 0 ? 0 : 1;
        conn->owners = i == 0 ? 0 : 1;
        conn_set_rates(conn, 0, i == 0 ? 1000000 : 20000);
        conn->known |= KNOWN_RATES | KNOWN_RTT;
        conn->rtt_us = i == 0 ? own_us : others_us;
        scene_info(scene, conn, "min_rtt", 20);
    }
    assert_int_equal(frame_add_owner_ref(scene->frame, 1), 0);
    scene_show(scene);
}

static void a_noisy_neighbor_is_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 4; n++)
        show_neighbors(&scene, 20000, 3000);
    const struct finding *finding = scene_expect(&scene, "noisy-neighbor", SEVERITY_WARNING, 1);
    assert_string_equal(finding->subject.name, "app");
    scene_end(&scene);
}

static void a_sender_that_disturbs_nobody_is_no_finding(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 4; n++)
        show_neighbors(&scene, 20000, 150);
    for (int n = 0; n < 4; n++)
        show_neighbors(&scene, 300, 3000);
    assert_null(scene_find(&scene, "noisy-neighbor"));
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_close_wait_leak_is_reported_by_what_is_unread),
        cmocka_unit_test(the_peer_of_a_close_wait_leak_is_named),
        cmocka_unit_test(a_few_old_ones_are_reported_and_very_old_ones_warned_of),
        cmocka_unit_test(descriptors_near_their_limit_make_it_critical),
        cmocka_unit_test(a_busy_server_passes_through_close_wait),
        cmocka_unit_test(an_old_one_among_busy_ones_is_no_leak),
        cmocka_unit_test(what_waits_for_accept_is_no_leak),
        cmocka_unit_test(half_closed_connections_without_a_limit_are_found),
        cmocka_unit_test(a_peer_that_is_gone_is_found),
        cmocka_unit_test(of_very_many_the_mildest_are_left_out),
        cmocka_unit_test(a_peer_that_acknowledges_is_not_gone),
        cmocka_unit_test(keepalive_probes_without_an_answer_are_found),
        cmocka_unit_test(a_peer_whose_window_is_shut_is_found),
        cmocka_unit_test(a_short_pause_of_the_peer_is_no_finding),
        cmocka_unit_test(windows_are_not_checked_without_tcp_info),
        cmocka_unit_test(what_was_read_of_suspect_rows_in_part_is_not_called_well),
        cmocka_unit_test(a_process_that_does_not_read_is_found),
        cmocka_unit_test(losses_to_one_peer_are_reported_by_their_share),
        cmocka_unit_test(losses_began_and_ended_with_the_frames_that_lost),
        cmocka_unit_test(the_worst_of_many_peers_is_judged),
        cmocka_unit_test(peers_that_are_not_judged_are_said),
        cmocka_unit_test(peers_that_are_not_judged_are_said_beside_a_finding),
        cmocka_unit_test(a_filter_says_how_many_rows_it_names),
        cmocka_unit_test(needless_retransmissions_are_no_loss),
        cmocka_unit_test(a_loss_now_and_then_is_no_finding),
        cmocka_unit_test(a_receiver_that_holds_us_back_is_reported),
        cmocka_unit_test(a_queue_on_the_way_is_distinguished_from_a_far_peer),
        cmocka_unit_test(rows_to_one_peer_are_one_finding_by_the_worst),
        cmocka_unit_test(a_noisy_neighbor_is_found),
        cmocka_unit_test(a_sender_that_disturbs_nobody_is_no_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
