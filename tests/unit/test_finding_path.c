/* Detectors of what limits a transfer, of far peers, of small segments and of stalled writes. */
#include "finding_scene.h"

/* --- what limits a transfer --- */

struct transfer {
    uint64_t sent_s, busy_us_s, rwnd_us_s; /* growth in a second */
    uint32_t retrans_s, unacked, send_queue, timeouts;
    bool app_limited;
};

static void show_transfer(struct scene *scene, int seconds, const struct transfer *transfer)
{
    for (int i = 0; i < seconds; i++) {
        const uint64_t passed = (uint64_t)scene->second + 1;
        scene_frame(scene);
        struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 40000, 2, 9000);
        conn->send_queue = transfer->send_queue;
        conn->bytes_sent = transfer->sent_s * passed;
        conn->retrans = (uint32_t)(transfer->retrans_s * passed);
        conn->bytes_retrans = conn->retrans * UINT64_C(1448);
        conn->cwnd = 20;
        scene_timer(conn, TIMER_ON, (uint8_t)transfer->timeouts);
        conn_set_rates(conn, 0, transfer->sent_s);
        scene_info(scene, conn, "busy_time", transfer->busy_us_s * passed);
        scene_info(scene, conn, "rwnd_limited", transfer->rwnd_us_s * passed);
        scene_info(scene, conn, "unacked", transfer->unacked);
        if (transfer->app_limited)
            scene_info(scene, conn, "delivery_rate_app_limited", 1);
        scene_show(scene);
    }
}

static void a_full_congestion_window_after_losses_is_the_network(void **state)
{
    const struct transfer lossy = {.sent_s = 2000000,
                                   .busy_us_s = 1000000,
                                   .retrans_s = 5,
                                   .unacked = 20,
                                   .send_queue = 100000};
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_transfer(&scene, 14, &lossy);
    const struct finding *finding = scene_expect(&scene, "limited-by-network", SEVERITY_INFO, 1);
    assert_int_equal(finding->confidence, CONFIDENCE_LIKELY);
    assert_null(scene_find(&scene, "limited-by-program"));
    scene_end(&scene);
}

static void without_losses_or_behind_another_limit_it_is_not_the_network(void **state)
{
    static const struct transfer OTHERS[] = {
        {.sent_s = 2000000, .busy_us_s = 1000000, .unacked = 20, .send_queue = 100000},
        {.sent_s = 2000000,
         .busy_us_s = 1000000,
         .rwnd_us_s = 900000,
         .retrans_s = 5,
         .unacked = 20,
         .send_queue = 100000},
        {.sent_s = 2000000,
         .busy_us_s = 1000000,
         .retrans_s = 5,
         .unacked = 3,
         .send_queue = 100000},
        {.sent_s = 2000,
         .busy_us_s = 1000000,
         .retrans_s = 1,
         .unacked = 20,
         .send_queue = 100000,
         .timeouts = 4}};
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        scene_begin(&scene);
        show_transfer(&scene, 14, &OTHERS[i]);
        assert_null(scene_find(&scene, "limited-by-network"));
        scene_end(&scene);
    }
}

static void a_transfer_that_waits_for_its_program_is_worth_a_line(void **state)
{
    const struct transfer slow = {.sent_s = 50000000, .busy_us_s = 200000, .app_limited = true};
    const struct transfer talk = {.sent_s = 2000000, .busy_us_s = 20000, .app_limited = true};
    const struct transfer busy = {.sent_s = 50000000, .busy_us_s = 900000, .app_limited = true};
    const struct transfer free = {.sent_s = 50000000, .busy_us_s = 200000};
    const struct transfer *const none[] = {&talk, &busy, &free};
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_transfer(&scene, 14, &slow);
    scene_expect(&scene, "limited-by-program", SEVERITY_INFO, 1);
    scene_end(&scene);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        scene_begin(&scene);
        show_transfer(&scene, 14, none[i]);
        assert_null(scene_find(&scene, "limited-by-program"));
        scene_end(&scene);
    }
}

/* --- near and far --- */

static struct conn *add_far(struct scene *scene, uint16_t port, uint32_t rtt_us, uint32_t min_us)
{
    struct conn *conn = scene_row(scene, STATE_ESTABLISHED, port, 2, 9000);

    conn->known |= KNOWN_RTT;
    conn->rtt_us = rtt_us;
    scene_info(scene, conn, "min_rtt", min_us);
    return conn;
}

static void private_peers_that_are_far_are_worth_a_line(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 14; i++) {
        scene_frame(&scene);
        add_far(&scene, 40000, 40000, 38000);
        add_far(&scene, 40001, 300, 200);
        add_far(&scene, 40002, 42000, 400); /* delayed ACKs, or a queue */
        struct conn *remote = add_far(&scene, 40003, 90000, 80000);
        memcpy(remote->tuple.remote.bytes, (uint8_t[]){192, 0, 2, 9}, 4);
        scene_show(&scene);
    }
    scene_expect(&scene, "rtt-near", SEVERITY_INFO, 1);
    scene_end(&scene);
}

static void queues_public_peers_and_loopback_are_not_far(void **state)
{
    static const uint8_t OTHERS[][4] = {{192, 0, 2, 9}, {127, 0, 0, 1}, {172, 32, 0, 1}};
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 14; i++) {
        scene_frame(&scene);
        add_far(&scene, 40000, 42000, 400);
        for (uint16_t other = 0; other < 3; other++)
            memcpy(add_far(&scene, (uint16_t)(40001 + other), 90000, 80000)->tuple.remote.bytes,
                   OTHERS[other], 4);
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "rtt-near"));
    scene_end(&scene);
}

/* --- small writes --- */

struct write {
    uint32_t notsent, unacked, snd_wnd, cwnd, retrans, ca_state;
};
#define NAGLED                                                                                     \
    (struct write)                                                                                 \
    {                                                                                              \
        .notsent = 1, .unacked = 1, .snd_wnd = 65535, .cwnd = 10                                   \
    }

static void add_write(struct scene *scene, uint16_t port, const struct write *write)
{
    struct conn *conn = scene_row(scene, STATE_ESTABLISHED, port, 2, 9000);

    conn->send_queue = write->notsent + write->unacked * 200;
    conn->cwnd = write->cwnd;
    scene_timer(conn, TIMER_ON, (uint8_t)write->retrans);
    scene_info(scene, conn, "notsent_bytes", write->notsent);
    scene_info(scene, conn, "unacked", write->unacked);
    scene_info(scene, conn, "snd_wnd", write->snd_wnd);
    scene_info(scene, conn, "snd_mss", 1448);
    scene_info(scene, conn, "ca_state", write->ca_state);
}

/* In every third frame. */
static void show_writes(struct scene *scene, uint16_t rows, struct write write)
{
    for (int i = 0; i < 12; i++) {
        scene_frame(scene);
        for (uint16_t row = 0; row < rows; row++) {
            if (i % 3 == 0)
                add_write(scene, (uint16_t)(40000 + row), &write);
            else
                scene_row(scene, STATE_ESTABLISHED, (uint16_t)(40000 + row), 2, 9000);
        }
        scene_info(scene, scene_row(scene, STATE_ESTABLISHED, 50000, 3, 9001), "snd_mss", 1448);
        scene_show(scene);
    }
}

static void writes_that_wait_for_an_ack_are_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_writes(&scene, 2, NAGLED);
    const struct finding *finding = scene_expect(&scene, "nagle-stall", SEVERITY_INFO, 2);
    assert_int_equal(finding->confidence, CONFIDENCE_LIKELY);
    assert_int_equal(finding->subject.pid, 100);
    scene_end(&scene);
    scene_begin(&scene);
    show_writes(&scene, 12, NAGLED);
    scene_expect(&scene, "nagle-stall", SEVERITY_WARNING, 12);
    scene_end(&scene);
}

static void what_waits_for_room_or_for_a_resend_is_not_nagle(void **state)
{
    const struct write others[] = {
        {.notsent = 1, .unacked = 10, .snd_wnd = 65535, .cwnd = 10},   /* congestion window */
        {.notsent = 1, .unacked = 1, .snd_wnd = 200, .cwnd = 10},      /* the peer's window */
        {.notsent = 5000, .unacked = 1, .snd_wnd = 65535, .cwnd = 10}, /* a full segment waits */
        {.notsent = 1, .unacked = 0, .snd_wnd = 65535, .cwnd = 10},    /* pacing, a host queue */
        {.notsent = 0, .unacked = 3, .snd_wnd = 65535, .cwnd = 10},    /* TCP_NODELAY */
        {.notsent = 1, .unacked = 1, .snd_wnd = 65535, .cwnd = 10, .retrans = 1},
        {.notsent = 1, .unacked = 1, .snd_wnd = 65535, .cwnd = 10, .ca_state = 3}};
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        scene_begin(&scene);
        show_writes(&scene, 12, others[i]);
        assert_null(scene_find(&scene, "nagle-stall"));
        scene_end(&scene);
    }
}

static void one_stalled_frame_is_no_finding(void **state)
{
    const struct write nagled = NAGLED;
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 60; i++) {
        scene_frame(&scene);
        if (i % 30 == 5 || i % 30 == 7)
            add_write(&scene, 40000, &nagled);
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "nagle-stall"));
    scene_end(&scene);
}

/* --- small segments --- */

static void show_segments(struct scene *scene, uint32_t mss, uint32_t pmtu, uint32_t window,
                          bool loopback)
{
    for (int i = 0; i < 10; i++) {
        scene_frame(scene);
        for (uint16_t row = 0; row < 2; row++) {
            struct conn *conn =
                scene_row(scene, STATE_ESTABLISHED, (uint16_t)(40000 + row), 2, 9000);
            conn->send_queue = 20000;
            scene_info(scene, conn, "snd_mss", row == 0 ? mss : 1448);
            scene_info(scene, conn, "pmtu", pmtu);
            scene_info(scene, conn, "snd_wnd", window);
            if (loopback)
                memcpy(conn->tuple.remote.bytes, (uint8_t[]){127, 0, 0, 1}, 4);
        }
        scene_show(scene);
    }
}

static void small_segments_are_worth_a_line_with_their_reason(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_segments(&scene, 1100, 1140, 65535, false);
    const struct finding *finding = scene_expect(&scene, "small-mss", SEVERITY_INFO, 1);
    assert_non_null(strstr(finding->title, "packets of 1140 bytes"));
    scene_end(&scene);
    scene_begin(&scene);
    show_segments(&scene, 536, 1500, 65535, false);
    finding = scene_expect(&scene, "small-mss", SEVERITY_INFO, 1);
    assert_non_null(strstr(finding->title, "segments of 536 bytes"));
    scene_end(&scene);
}

/* Of two rows one has learned that its path takes less than our interface. What is offered is less by
 * the 12 bytes of timestamps where these are used. */
static void a_path_narrower_than_our_interface_is_worth_a_line(void **state)
{
    struct scene scene;
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t pmtu = i < 2 ? 1380 : 1420;
        const bool timestamps = i % 2 == 0;
        scene_begin(&scene);
        for (int n = 0; n < 3; n++) {
            scene_frame(&scene);
            for (uint16_t row = 0; row < 2; row++) {
                struct conn *conn =
                    scene_row(&scene, STATE_ESTABLISHED, (uint16_t)(40000 + row), 2, 9000);
                conn->send_queue = 20000;
                scene_info(&scene, conn, "snd_mss", row ? 1448 : pmtu - 52);
                scene_info(&scene, conn, "pmtu", row ? 1500 : pmtu);
                scene_info(&scene, conn, "advmss", timestamps ? 1448 : 1460);
                scene_info(&scene, conn, "options", timestamps ? 7 : 6);
                scene_info(&scene, conn, "snd_wnd", 65535);
            }
            scene_show(&scene);
        }
        if (pmtu == 1380) {
            const struct finding *finding = scene_expect(&scene, "small-mss", SEVERITY_INFO, 1);
            assert_non_null(
                strstr(finding->title, "packets of 1380 bytes at most, our interface 1500"));
            assert_false(finding->evidence[0].has_limit); /* its segments are not small */
            assert_int_equal(finding->evidence[1].limit, 1400);
        } else {
            assert_null(scene_find(&scene, "small-mss"));
        }
        scene_end(&scene);
    }
}

static void usual_segments_small_windows_and_loopback_are_no_small_mss(void **state)
{
    struct scene scene;
    (void)state;
    for (int i = 0; i < 3; i++) {
        scene_begin(&scene);
        show_segments(&scene, i == 0 ? 1400 : 1100, 1500, i == 1 ? 2200 : 65535, i == 2);
        assert_null(scene_find(&scene, "small-mss"));
        scene_end(&scene);
    }
}

/* Two rows to each of `peers` with small segments. */
static void show_small_peers(struct scene *scene, uint8_t peers)
{
    scene_frame(scene);
    for (uint16_t row = 0; row < 2 * peers; row++) {
        struct conn *conn = scene_row(scene, STATE_ESTABLISHED, (uint16_t)(40000 + row),
                                      (uint8_t)(row % peers + 2), 9000);
        conn->send_queue = 20000;
        scene_info(scene, conn, "snd_mss", 1100);
        scene_info(scene, conn, "snd_wnd", 65535);
    }
    scene_show(scene);
}

/* However many rows they have. */
static void peers_without_room_count_once_each(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_small_peers(&scene, 70);
    assert_int_equal(scene_check(&scene, "small-mss")->left_out, 6);
    scene_end(&scene);
}

/* --- black holes --- */

struct hole {
    uint8_t hosts;        /* that stuck rows go to */
    uint32_t acked;       /* bytes, in 4 segments */
    uint32_t queue;       /* of the stuck row */
    uint32_t data_ago_ms; /* since another connection to the same host got data */
};

static void show_hole(struct scene *scene, const struct hole *hole)
{
    for (int i = 0; i < 3; i++) {
        scene_frame(scene);
        for (uint8_t host = 2; host < 2 + hole->hosts; host++) {
            struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 40000, host, 9000);
            scene_timer(conn, TIMER_ON, 4);
            conn->send_queue = hole->queue;
            conn->last_data_sent_ms = 3000;
            scene_info(scene, conn, "snd_mss", 1448);
            scene_info(scene, conn, "rto", 3200000);
            scene_info(scene, conn, "last_ack_recv", 6000);
            scene_info(scene, conn, "bytes_acked", hole->acked);
            scene_info(scene, conn, "delivered", 4);
            conn->last_data_received_ms = 7000;
            struct conn *other = scene_row(scene, STATE_ESTABLISHED, 40001, host, 9000);
            other->last_data_received_ms = hole->data_ago_ms;
        }
        scene_show(scene);
    }
}

static void full_segments_that_vanish_are_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_hole(&scene, &(struct hole){.hosts = 2, .acked = 400, .queue = 9000, .data_ago_ms = 100});
    const struct finding *finding = scene_expect(&scene, "pmtu-blackhole", SEVERITY_WARNING, 1);
    assert_int_equal(finding->confidence, CONFIDENCE_LIKELY);
    const struct finding *silent = scene_find(&scene, "dead-peer");
    if (silent)
        assert_int_not_equal(silent->because[0], 0);
    scene_end(&scene);
    scene_begin(&scene);
    show_hole(&scene, &(struct hole){.hosts = 1, .acked = 400, .queue = 9000, .data_ago_ms = 100});
    finding = scene_expect(&scene, "pmtu-blackhole", SEVERITY_INFO, 1);
    assert_int_equal(finding->confidence, CONFIDENCE_POSSIBLE);
    scene_end(&scene);
}

static void dead_peers_small_rests_and_paths_that_worked_are_no_black_hole(void **state)
{
    static const struct hole OTHERS[] = {
        {.hosts = 2, .acked = 400, .queue = 9000, .data_ago_ms = 9000},  /* no data arrived */
        {.hosts = 2, .acked = 400, .queue = 200, .data_ago_ms = 100},    /* a small segment */
        {.hosts = 2, .acked = 5793, .queue = 9000, .data_ago_ms = 100}}; /* full ones arrived */
    struct scene scene;
    (void)state;
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        scene_begin(&scene);
        show_hole(&scene, &OTHERS[i]);
        assert_null(scene_find(&scene, "pmtu-blackhole"));
        scene_end(&scene);
    }
}

/* --- connections that only grow --- */

/* Ten minutes and a half, with `add` more connections a minute, which carry `rate` bytes a second
 * together, `more` of it for each minute. */
static void show_growth(struct scene *scene, uint32_t first, int32_t add, uint64_t rate,
                        uint64_t more)
{
    for (int second = 0; second < 630; second += 2) {
        scene->second = second;
        scene_frame(scene);
        const uint32_t rows = first + (uint32_t)(add * second / 60);
        for (uint32_t i = 0; i < rows; i++) {
            struct conn *conn = scene_row(scene, STATE_ESTABLISHED, (uint16_t)(20000 + i), 2, 9000);
            conn->last_data_sent_ms = 1000;
            if (i == 0)
                conn_set_rates(conn, rate + more * (uint64_t)second / 60, 0);
        }
        scene_show(scene);
    }
}

static void connections_that_grow_without_traffic_are_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_growth(&scene, 100, 30, 100000, 0);
    const struct finding *finding =
        scene_expect(&scene, "socket-growth", SEVERITY_WARNING, scene.frame->live_count);
    assert_int_equal(scene.frame->wall_ns - finding->since_ns >= 600 * SECOND, true);
    scene_end(&scene);
}

static void growth_with_traffic_or_that_ends_is_no_leak(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    show_growth(&scene, 100, 30, 100000, 40000);
    assert_null(scene_find(&scene, "socket-growth"));
    scene_end(&scene);
    scene_begin(&scene);
    show_growth(&scene, 300, 2, 100000, 0);
    assert_null(scene_find(&scene, "socket-growth"));
    scene_end(&scene);
    scene_begin(&scene);
    show_growth(&scene, 500, -10, 100000, 0);
    assert_null(scene_find(&scene, "socket-growth"));
    assert_int_equal(scene_check(&scene, "socket-growth")->verdict, VERDICT_OK);
    scene_end(&scene);
}

static void growth_needs_ten_minutes_without_a_gap(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    scene_frame(&scene);
    scene_show(&scene);
    assert_int_equal(scene_check(&scene, "socket-growth")->verdict, VERDICT_LEARNING);
    for (int n = 0; n < 48; n++) { /* four frames, then a minute without any */
        scene.second = 100 + n % 4 + n / 4 * 64;
        scene_frame(&scene);
        for (uint32_t i = 0; i < 100 + 20 * (uint32_t)n; i++)
            scene_row(&scene, STATE_ESTABLISHED, (uint16_t)(20000 + i), 2, 9000);
        scene_show(&scene);
    }
    assert_null(scene_find(&scene, "socket-growth"));
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_congestion_window_after_losses_is_the_network),
        cmocka_unit_test(without_losses_or_behind_another_limit_it_is_not_the_network),
        cmocka_unit_test(a_transfer_that_waits_for_its_program_is_worth_a_line),
        cmocka_unit_test(private_peers_that_are_far_are_worth_a_line),
        cmocka_unit_test(queues_public_peers_and_loopback_are_not_far),
        cmocka_unit_test(writes_that_wait_for_an_ack_are_found),
        cmocka_unit_test(what_waits_for_room_or_for_a_resend_is_not_nagle),
        cmocka_unit_test(one_stalled_frame_is_no_finding),
        cmocka_unit_test(small_segments_are_worth_a_line_with_their_reason),
        cmocka_unit_test(a_path_narrower_than_our_interface_is_worth_a_line),
        cmocka_unit_test(usual_segments_small_windows_and_loopback_are_no_small_mss),
        cmocka_unit_test(peers_without_room_count_once_each),
        cmocka_unit_test(full_segments_that_vanish_are_found),
        cmocka_unit_test(dead_peers_small_rests_and_paths_that_worked_are_no_black_hole),
        cmocka_unit_test(connections_that_grow_without_traffic_are_found),
        cmocka_unit_test(growth_with_traffic_or_that_ends_is_no_leak),
        cmocka_unit_test(growth_needs_ten_minutes_without_a_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
