/* Detectors of idle connections that something on the way may forget. */
#include "finding_scene.h"

/* Nothing is between its ends that could forget it. */
static void add_loopback(struct scene *scene, uint8_t timer, uint32_t timer_ms, uint32_t silent_ms)
{
    struct conn *conn = scene_row(scene, STATE_ESTABLISHED, 41000, 2, 5432);

    conn->last_data_sent_ms = conn->last_data_received_ms = silent_ms;
    conn->timer = timer;
    conn->timer_ms = timer_ms;
    memcpy(conn->tuple.remote.bytes, (uint8_t[]){127, 0, 0, 1}, 4);
}

static void show_idle(struct scene *scene, uint32_t rows, bool public, uint32_t silent_ms,
                      uint8_t timer)
{
    scene_frame(scene);
    for (uint32_t i = 0; i < rows; i++) {
        struct conn *conn = scene_row(scene, STATE_ESTABLISHED, (uint16_t)(40000 + i), 2, 5432);
        conn->last_data_sent_ms = conn->last_data_received_ms = silent_ms;
        conn->timer = timer;
        if (public)
            conn->tuple.remote.bytes[0] = 52;
    }
    add_loopback(scene, timer, 0, silent_ms);
    scene_show(scene);
}

static void idle_connections_without_keepalive_are_reported(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_idle(&scene, 25, true, 400000, 0);
    scene_expect(&scene, "idle-without-keepalive", SEVERITY_WARNING, 25);
    scene_end(&scene);
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_idle(&scene, 25, false, 400000, 0);
    scene_expect(&scene, "idle-without-keepalive", SEVERITY_INFO, 25);
    scene_end(&scene);
}

static void keepalive_that_begins_too_late_is_reported(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 6; i++) {
        scene_frame(&scene);
        for (uint16_t row = 0; row < 25; row++) {
            struct conn *conn =
                scene_row(&scene, STATE_ESTABLISHED, (uint16_t)(40000 + row), 2, 5432);
            scene_timer(conn, TIMER_KEEPALIVE, 0);
            conn->timer_ms = i < 3 ? 60000 : 7199744;
        }
        add_loopback(&scene, TIMER_KEEPALIVE, 7199744, 0);
        scene_show(&scene);
        if (i == 2)
            assert_null(scene_find(&scene, "keepalive-too-slow"));
    }
    scene_expect(&scene, "keepalive-too-slow", SEVERITY_INFO, 25);
    scene_end(&scene);
}

static void heartbeats_and_keepalive_are_enough(void **state)
{
    struct scene scene;
    (void)state;
    scene_begin(&scene);
    for (int i = 0; i < 3; i++)
        show_idle(&scene, 25, true, 30000, 0);
    for (int i = 0; i < 3; i++)
        show_idle(&scene, 25, true, 400000, TIMER_KEEPALIVE);
    assert_null(scene_find(&scene, "idle-without-keepalive"));
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_connections_without_keepalive_are_reported),
        cmocka_unit_test(keepalive_that_begins_too_late_is_reported),
        cmocka_unit_test(heartbeats_and_keepalive_are_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
