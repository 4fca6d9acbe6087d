/* What detectors must not conclude from facts that are absent, counters that run backwards and frames that did not
 * come. */
#include "finding_scene.h"

#include <errno.h>

static void show_stuck_reader(struct scene *scene, uint64_t backoff, bool has_window)
{
    scene_frame(scene);
    struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 40000, 2, 9300);
    conn->send_queue = 50000;
    conn->last_data_sent_ms = 20000;
    scene_timer(conn, TIMER_PERSIST, 0);
    scene_info(scene, conn, "backoff", backoff);
    if (has_window)
        scene_info(scene, conn, "snd_wnd", 65535);
    else /* as before Linux 5.4 */
        scene->frame->details[conn->detail].info_length =
            (uint16_t)info_field_find("snd_wnd")->offset;
    scene_show(scene);
}

static void pacing_is_no_shut_window_where_the_window_is_not_known(void **state)
{
    struct scene scene;
    (void)state;
    for (int i = 0; i < 2; i++) {
        scene_begin(&scene);
        for (int n = 0; n < 4; n++)
            show_stuck_reader(&scene, 0, i == 0);
        assert_null(scene_find(&scene, "peer-not-reading"));
        scene_end(&scene);
    }
    scene_begin(&scene);
    for (int n = 0; n < 4; n++)
        show_stuck_reader(&scene, 3, false);
    assert_non_null(scene_find(&scene, "peer-not-reading"));
    scene_end(&scene);
}

static void fields_that_the_kernel_lacks_are_not_checked(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 3; n++)
        show_stuck_reader(&scene, 0, false);
    const struct finding_check *check = scene_check(&scene, "nagle-stall");
    assert_int_equal(check->verdict, VERDICT_NOT_CHECKED);
    assert_string_equal(check->reason, "tcp_info of this kernel has no snd_wnd");
    assert_int_equal(scene_check(&scene, "limited-by-receiver")->verdict, VERDICT_OK);
    scene_end(&scene);
}

static void one_counter_of_several_is_enough(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    host_fact_forget(&scene.facts, FACT_TSECR_REJECTED);
    for (int n = 0; n < 6; n++) {
        scene_frame(&scene);
        scene_show(&scene);
        scene_count(&scene, FACT_PAWS_ESTAB, 5);
    }
    assert_non_null(scene_find(&scene, "paws"));
    scene_end(&scene);
}

static void a_counter_that_runs_backwards_is_no_growth(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    host_fact_set(&scene.facts, FACT_LISTEN_OVERFLOWS, 5000);
    host_fact_set(&scene.facts, FACT_OUT_RSTS, 100000);
    for (int n = 0; n < 8; n++) {
        scene_frame(&scene);
        scene_show(&scene);
        host_fact_set(&scene.facts, FACT_LISTEN_OVERFLOWS, n < 4 ? 5000 : 3);
        host_fact_set(&scene.facts, FACT_OUT_RSTS, n < 4 ? 100000 : 7);
    }
    scene_assert_quiet(&scene);
    scene_end(&scene);
}

static void show_delayed(struct scene *scene)
{
    scene_frame(scene);
    struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 40000, 2, 9500);
    conn->send_queue = 100000;
    conn->rtt_us = 250000;
    conn->known |= KNOWN_RTT;
    scene_info(scene, conn, "min_rtt", 20000);
    scene_info(scene, conn, "unacked", 40);
    scene_show(scene);
}

/* Two frames of a long queue, hours apart, are not hours of it. */
static void what_lasted_before_a_gap_begins_anew_after_it(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 4; n++)
        show_delayed(&scene);
    scene.second += 7200;
    for (int n = 0; n < 4; n++)
        show_delayed(&scene);
    assert_null(scene_find(&scene, "bufferbloat"));
    for (int n = 0; n < 10; n++)
        show_delayed(&scene);
    assert_non_null(scene_find(&scene, "bufferbloat"));
    scene_end(&scene);
}

static void frames_a_minute_apart_are_no_gaps(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 6; n++) {
        scene.second += 59;
        show_delayed(&scene);
    }
    assert_non_null(scene_find(&scene, "bufferbloat"));
    scene_end(&scene);
}

static int unreadable(void *data, int32_t pid, uint64_t start_ticks, struct process_facts *facts)
{
    (void)data;
    (void)pid;
    (void)start_ticks;
    *facts = (struct process_facts){0};
    return -EACCES;
}

static void processes_that_cannot_be_read_are_not_well(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int n = 0; n < 5; n++) {
        scene_frame(&scene);
        for (uint16_t row = 0; row < 150; row++) {
            struct conn *conn =
                scene_row(&scene, STATE_CLOSE_WAIT, 8080, 2, (uint16_t)(1000 + row));
            scene_info(&scene, conn, "last_ack_recv", 30000);
        }
        struct host_facts *facts = frame_add_facts(scene.frame);
        assert_non_null(facts);
        *facts = scene.facts;
        const struct finding_input input = {
            .frame = scene.frame, .ring = scene.ring, .process = unreadable};
        assert_int_equal(finding_engine_update(scene.engine, &input), 0);
    }
    const struct finding *leak = scene_find(&scene, "close-wait-leak");
    assert_non_null(leak);
    for (unsigned i = 0; i < leak->evidence_count; i++)
        assert_string_not_equal(leak->evidence[i].fact, "descriptors");
    assert_int_equal(scene_check(&scene, "process-stopped")->verdict, VERDICT_NOT_CHECKED);
    assert_int_equal(scene_check(&scene, "fd-limit")->verdict, VERDICT_NOT_CHECKED);
    scene_end(&scene);
}

/* Descriptors that could not be counted are none. */
static void a_limit_without_a_count_proves_nothing(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    scene.has_process = true;
    scene.process = (struct process_facts){.state = 'S', .descriptor_limit = 1024};
    for (int n = 0; n < 5; n++) {
        scene_frame(&scene);
        for (uint16_t row = 0; row < 150; row++)
            scene_info(&scene, scene_row(&scene, STATE_CLOSE_WAIT, 8080, 2, (uint16_t)(1000 + row)),
                       "last_ack_recv", 30000);
        scene_show(&scene);
    }
    assert_int_equal(scene_check(&scene, "fd-limit")->verdict, VERDICT_NOT_CHECKED);
    assert_int_equal(scene_check(&scene, "process-stopped")->verdict, VERDICT_OK);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pacing_is_no_shut_window_where_the_window_is_not_known),
        cmocka_unit_test(fields_that_the_kernel_lacks_are_not_checked),
        cmocka_unit_test(one_counter_of_several_is_enough),
        cmocka_unit_test(a_counter_that_runs_backwards_is_no_growth),
        cmocka_unit_test(what_lasted_before_a_gap_begins_anew_after_it),
        cmocka_unit_test(frames_a_minute_apart_are_no_gaps),
        cmocka_unit_test(processes_that_cannot_be_read_are_not_well),
        cmocka_unit_test(a_limit_without_a_count_proves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
