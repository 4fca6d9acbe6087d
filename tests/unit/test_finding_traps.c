/* What looks like trouble and is none, or is another trouble than it looks like. */
#include "finding_scene.h"

/* Whatever state it is in, a connection takes its local port. */
static void ports_are_used_up_in_any_state(void **state)
{
    static const enum tcp_state STATES[] = {STATE_SYN_SENT,   STATE_ESTABLISHED, STATE_FIN_WAIT_1,
                                            STATE_FIN_WAIT_2, STATE_CLOSE_WAIT,  STATE_LAST_ACK,
                                            STATE_CLOSING,    STATE_TIME_WAIT};
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < sizeof(STATES) / sizeof(STATES[0]); i++) {
        scene_begin(&scene);
        host_fact_set(&scene.facts, FACT_PORT_FIRST, 40000);
        host_fact_set(&scene.facts, FACT_PORT_LAST, 40019);
        for (int n = 0; n < 3; n++) {
            scene_frame(&scene);
            for (uint16_t port = 40000; port < 40020; port++)
                scene_row(&scene, STATES[i], port, 2, 9000);
            scene_show(&scene);
        }
        scene_expect(&scene, "ports-exhausted", SEVERITY_CRITICAL, 20);
        scene_end(&scene);
    }
}

static void time_wait_rows_are_no_orphans(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    host_fact_set(&scene.facts, FACT_MAX_ORPHANS, 100);
    for (int n = 0; n < 4; n++) {
        scene_frame(&scene);
        for (uint16_t row = 0; row < 200; row++)
            scene_no_owner(scene_row(&scene, STATE_TIME_WAIT, 8080, 2, (uint16_t)(1000 + row)),
                           OWNER_NONE);
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "orphans"));
    scene_end(&scene);
}

static void a_squeezed_softirq_alone_is_no_drop(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 10; n++) {
        scene_frame(&scene);
        scene_show(&scene);
        scene_count(&scene, FACT_SOFTNET_SQUEEZED, 1000);
    }
    assert_null(scene_find(&scene, "host-drops"));
    scene_end(&scene);
}

static void show_many_sockets(struct scene *scene, uint64_t limit)
{
    scene->process =
        (struct process_facts){.state = 'S', .descriptors = 1010, .descriptor_limit = limit};
    scene_frame(scene);
    for (uint16_t row = 0; row < 1000; row++)
        scene_row(scene, STATE_ESTABLISHED, 8080, 2, (uint16_t)(1000 + row));
    scene_show(scene);
}

static void a_limit_that_is_raised_at_run_time_counts(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    scene.has_process = true;
    for (int n = 0; n < 3; n++)
        show_many_sockets(&scene, 1024);
    scene_expect(&scene, "fd-limit", SEVERITY_CRITICAL, 1000);
    for (int n = 0; n < 20; n++)
        show_many_sockets(&scene, 65536);
    assert_null(scene_find(&scene, "fd-limit"));
    scene_end(&scene);
}

static void one_lost_keepalive_probe_is_no_warning(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 5; n++) {
        scene_frame(&scene);
        scene_timer(scene_row(&scene, STATE_ESTABLISHED, 40000, 2, 22), TIMER_KEEPALIVE, 1);
        scene_show(&scene);
    }
    scene_assert_quiet(&scene);
    scene_end(&scene);
}

/* An ACK that is delayed makes a long round trip, too: nothing fills a queue. */
static void a_long_round_trip_with_little_in_flight_is_no_queue(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 20; n++) {
        scene_frame(&scene);
        struct conn *conn = scene_row(&scene, STATE_ESTABLISHED, 40000, 2, 9500);
        conn->send_queue = 200;
        conn->rtt_us = 240000;
        conn->known |= KNOWN_RTT;
        scene_info(&scene, conn, "min_rtt", 20000);
        scene_info(&scene, conn, "unacked", 1);
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "bufferbloat"));
    scene_end(&scene);
}

static void show_unread_peer(struct scene *scene, uint8_t unanswered)
{
    scene_frame(scene);
    struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 40000, 2, 9300);
    conn->send_queue = 50000;
    conn->last_data_sent_ms = 20000;
    scene_timer(conn, TIMER_PERSIST, unanswered);
    scene_info(scene, conn, "snd_mss", 1448); /* snd_wnd is 0 */
    scene_show(scene);
}

static void a_silent_peer_with_a_shut_window_may_be_dead(void **state)
{
    struct scene scene;
    (void)state;
    for (uint8_t unanswered = 0; unanswered < 6; unanswered += 5) {
        scene_begin(&scene);
        for (int n = 0; n < 4; n++)
            show_unread_peer(&scene, unanswered);
        const struct finding *finding =
            scene_expect(&scene, "peer-not-reading", SEVERITY_WARNING, 1);
        const char *said = unanswered ? finding->open[0] : finding->ruled_out[0];
        assert_non_null(said);
        assert_non_null(strstr(said, "dead peer"));
        scene_end(&scene);
    }
}

static void show_limited(struct scene *scene, uint64_t options)
{
    const uint64_t second = (uint64_t)scene->second;

    scene_frame(scene);
    struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 40000, 2, 9500);
    conn->send_queue = 100000;
    scene_info(scene, conn, "busy_time", second * 900000);
    scene_info(scene, conn, "rwnd_limited", second * 700000);
    scene_info(scene, conn, "options", options);
    scene_show(scene);
}

static void a_window_that_cannot_scale_is_named(void **state)
{
    struct scene scene;
    (void)state;
    for (uint64_t scales = 0; scales < 2; scales++) {
        scene_begin(&scene);
        for (int n = 0; n < 15; n++)
            show_limited(&scene, scales ? 7 : 3);
        const struct finding *finding =
            scene_expect(&scene, "limited-by-receiver", SEVERITY_WARNING, 1);
        assert_true((finding->advice[0] != NULL) == (scales == 0));
        scene_end(&scene);
    }
}

/* Forged addresses do not answer: that is the flood, not the way back. */
static void a_flood_explains_handshakes_without_an_answer(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 4; n++) {
        scene_frame(&scene);
        scene_listener(&scene, 8084, 0, 20);
        for (uint8_t row = 0; row < 21; row++) {
            struct conn *conn =
                scene_row(&scene, STATE_SYN_RECEIVED, 8084, (uint8_t)(10 + row), 5000);
            scene_no_owner(conn, OWNER_LISTENER);
            scene_timer(conn, TIMER_ON, 3);
        }
        scene_show(&scene);
        scene_count(&scene, FACT_REQ_FULL_COOKIES, 100);
        scene_count(&scene, FACT_SYNCOOKIES_SENT, 100);
    }
    const struct finding *flood = scene_find(&scene, "syn-queue-full");
    const struct finding *unanswered = scene_find(&scene, "handshake-unanswered");
    assert_non_null(flood);
    assert_non_null(unanswered);
    assert_int_equal(unanswered->because[0], flood->id);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_are_used_up_in_any_state),
        cmocka_unit_test(time_wait_rows_are_no_orphans),
        cmocka_unit_test(a_squeezed_softirq_alone_is_no_drop),
        cmocka_unit_test(a_limit_that_is_raised_at_run_time_counts),
        cmocka_unit_test(one_lost_keepalive_probe_is_no_warning),
        cmocka_unit_test(a_long_round_trip_with_little_in_flight_is_no_queue),
        cmocka_unit_test(a_silent_peer_with_a_shut_window_may_be_dead),
        cmocka_unit_test(a_window_that_cannot_scale_is_named),
        cmocka_unit_test(a_flood_explains_handshakes_without_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
