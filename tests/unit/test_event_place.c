/* Whose an event is, by the frame beside it. */
#include "core/event_place.h"
#include "unit.h"

#include <string.h>

static struct frame *make_frame(struct frame_pool *pool)
{
    struct frame *frame = frame_new(pool);

    assert_non_null(frame);
    struct group *group = frame_add_group(frame);
    *group = (struct group){.path = "/a", .unit = "a.service", .container = "docker:1"};
    struct proc *proc = frame_add_proc(frame);
    proc->pid = 77;
    proc->start_ticks = 1000;
    proc->uid = 33;
    proc->group = 0;
    proc = frame_add_proc(frame);
    proc->pid = 78;
    proc->uid = UINT32_MAX;
    proc->group = CONN_NO_INDEX;
    assert_int_equal(frame_add_user(frame, 33, "www-data"), 0);
    return frame;
}

static void test_process_of_the_frame(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = make_frame(pool);
    struct event_places places = {0};
    struct event event = {.uid = UINT32_MAX, .pid = 77, .owner_start_ticks = 1000};

    (void)state;
    struct event_place place = event_places_find(&places, frame, &event);
    assert_string_equal(place.user, "www-data");
    assert_string_equal(place.unit, "a.service");
    assert_string_equal(place.container, "docker:1");
    event.owner_start_ticks = 2000; /* the number was another process's */
    place = event_places_find(&places, frame, &event);
    assert_string_equal(place.user, "");
    assert_string_equal(place.unit, "");
    event.owner_start_ticks = 0;
    event.uid = 0; /* of the socket: that counts */
    place = event_places_find(&places, frame, &event);
    assert_string_equal(place.user, "");
    assert_string_equal(place.unit, "a.service");
    event.pid = 78;
    place = event_places_find(&places, frame, &event);
    assert_string_equal(place.unit, "");
    event_places_done(&places);
    frame_release(frame);
    frame_pool_release(pool);
}

/* As frames of several logs: without numbers, in the memory of the frame before. */
static void test_next_frame_in_the_same_memory(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = make_frame(pool);
    struct event_places places = {0};
    const struct event event = {.uid = UINT32_MAX, .pid = 78, .cookie = 8};

    (void)state;
    frame->wall_ns = 1;
    frame_add_conn(frame)->cookie = 8;
    assert_int_equal(event_places_process(&places, frame, &event)->pid, 78);
    (void)event_places_find(&places, frame, &event);
    frame->wall_ns = 2;
    frame->procs[0].pid = 78;
    frame->proc_count = 1;
    frame->conn_count = 0;
    assert_ptr_equal(event_places_process(&places, frame, &event), &frame->procs[0]);
    assert_int_equal(event_places_find(&places, frame, &event).serial, 0);
    event_places_done(&places);
    frame_release(frame);
    frame_pool_release(pool);
}

/* A process that no frame shows: of the control group its socket was made in. And a connection that
 * opened after the frame before. */
static void test_group_and_row_of_the_socket(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = make_frame(pool);
    struct event_places places = {0};
    struct event event = {.uid = 33, .pid = 99, .cgroup_id = 4711, .cookie = 8, .netns = 1};

    (void)state;
    frame->groups[0].id = 4711;
    struct conn *conn = frame_add_conn(frame);
    *conn = (struct conn){.cookie = 8, .netns = 1, .serial = 5};
    struct event_place place = event_places_find(&places, frame, &event);
    assert_string_equal(place.unit, "a.service");
    assert_string_equal(place.container, "docker:1");
    assert_int_equal(place.serial, 5);
    event.cgroup_id = 4712;
    event.netns = 2;
    place = event_places_find(&places, frame, &event);
    assert_string_equal(place.unit, "");
    assert_int_equal(place.serial, 0);
    event.serial = 7; /* of the row that showed it before */
    assert_int_equal(event_places_find(&places, frame, &event).serial, 7);
    event.pid = 77; /* a process that is shown counts before the socket */
    event.cgroup_id = 4712;
    assert_string_equal(event_places_find(&places, frame, &event).unit, "a.service");
    event_places_done(&places);
    frame_release(frame);
    frame_pool_release(pool);
}

/* The frame of several hosts does not show the network namespace any more. */
static void test_host_of_the_event(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = make_frame(pool);
    struct event_places places = {0};
    struct event event = {.uid = UINT32_MAX, .pid = 77, .netns = 9, .host = 2};

    (void)state;
    frame->procs[0].host = 2;
    assert_ptr_equal(event_places_process(&places, frame, &event), &frame->procs[0]);
    event.host = 1;
    assert_null(event_places_process(&places, frame, &event));
    event_places_done(&places);
    frame_release(frame);
    frame_pool_release(pool);
}

static void test_nothing_known(void **state)
{
    struct event_places places = {0};
    const struct event event = {.uid = UINT32_MAX, .pid = 77};

    (void)state;
    const struct event_place place = event_places_find(&places, NULL, &event);
    assert_string_equal(place.user, "");
    assert_string_equal(place.unit, "");
    assert_string_equal(place.container, "");
    event_places_done(&places);
}

/* A frame that has the memory of one that is gone is another frame. */
static void test_next_frame(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = make_frame(pool);
    struct event_places places = {0};
    const struct event event = {.uid = UINT32_MAX, .pid = 77};

    (void)state;
    frame->number = 1;
    assert_string_equal(event_places_find(&places, frame, &event).unit, "a.service");
    frame->number = 2;
    frame->proc_count = 0;
    assert_string_equal(event_places_find(&places, frame, &event).unit, "");
    event_places_done(&places);
    frame_release(frame);
    frame_pool_release(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process_of_the_frame),
        cmocka_unit_test(test_next_frame_in_the_same_memory),
        cmocka_unit_test(test_group_and_row_of_the_socket),
        cmocka_unit_test(test_host_of_the_event),
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_next_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
