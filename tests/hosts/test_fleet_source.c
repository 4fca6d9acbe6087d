/* Hosts that come and go: what is read of each, what stays of one that is lost, what is left of their
 * programs. argv[1]: tcplens. */
#include "base/clock.h"
#include "source/fleet/fleet.h"
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define DEADLINE_NS (40 * SECOND_NS)
#define LOOK_MS     20

static const char *tcplens;

struct scene {
    struct source *source;
    struct frame_pool *pool;
    struct frame *frame;
};

/* Each host is a shell with its name as $0 and the words of tcplens behind it. */
static struct scene open_scene_at(const char *const *hosts, uint32_t count, const char *script,
                                  int64_t interval_ns)
{
    struct scene scene = {.pool = frame_pool_new()};
    char template[600], why[200];

    snprintf(template, sizeof(template), "/bin/sh -c 'shift; %s' {host} {}", script);
    const struct fleet_settings settings = {
        .targets = hosts,
        .count = count,
        .wish = {.interval_ns = interval_ns, .template = template}};
    assert_int_equal(fleet_open(&scene.source, &settings, why, sizeof(why)), 0);
    return scene;
}

static struct scene open_scene(const char *const *hosts, uint32_t count, const char *script)
{
    return open_scene_at(hosts, count, script, SECOND_NS / 10);
}

static void close_scene(struct scene *scene)
{
    int status;

    frame_release(scene->frame);
    source_close(scene->source);
    frame_pool_release(scene->pool);
    assert_int_equal(waitpid(-1, &status, WNOHANG), -1); /* no program is left */
    assert_int_equal(errno, ECHILD);
}

/* Takes frames until it holds of one of them. */
static void until(struct scene *scene, bool (*holds)(const struct frame *frame))
{
    static const struct wish wish = {.interval_ns = SECOND_NS / 10};
    const int64_t end_ns = clock_mono_ns() + DEADLINE_NS;

    for (;;) {
        frame_release(scene->frame);
        scene->frame = frame_new(scene->pool);
        assert_non_null(scene->frame);
        assert_int_equal(source_next(scene->source, scene->frame, &wish), 0);
        if (holds(scene->frame))
            return;
        assert_true(clock_mono_ns() < end_ns);
        poll(NULL, 0, LOOK_MS);
    }
}

static uint8_t state_of(const struct frame *frame, uint32_t number)
{
    return frame_find_host(frame, number)->state;
}

static uint32_t rows_of(const struct frame *frame, uint32_t number)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < frame->live_count; i++)
        count += frame_host_number(frame, frame->conns[i].netns) == number;
    return count;
}

static bool second_is_lost(const struct frame *frame)
{
    return state_of(frame, 1) == HOST_OK && state_of(frame, 2) == HOST_LOST &&
           frame_find_host(frame, 2)->frames > 0;
}

static bool second_is_back(const struct frame *frame)
{
    return state_of(frame, 2) == HOST_OK;
}

#define DEMO "exec %s \"$@\" --demo 3,20"

static void test_lost_and_found(void **state)
{
    static const char *const HOSTS[] = {"stays", "ends"};
    char script[400];

    (void)state;
    snprintf(script, sizeof(script), "test $0 = stays || more=\"--for 0.5\"; " DEMO " $more",
             tcplens);
    struct scene scene = open_scene(HOSTS, 2, script);
    until(&scene, second_is_lost);
    assert_true(rows_of(scene.frame, 1) > 0);
    assert_true(rows_of(scene.frame, 2) > 0); /* as they were last */
    assert_true(scene.frame->missing.reasons & MISSING_HOSTS);
    const uint64_t frames = frame_find_host(scene.frame, 2)->frames;
    until(&scene, second_is_back);
    assert_true(frame_find_host(scene.frame, 2)->frames > frames);
    assert_false(scene.frame->missing.reasons & MISSING_HOSTS);
    close_scene(&scene);
}

static bool second_is_late(const struct frame *frame)
{
    return state_of(frame, 1) == HOST_OK && state_of(frame, 2) == HOST_LATE;
}

/* One that is stopped does not end when it is asked to. */
static void test_stopped(void **state)
{
    static const char *const HOSTS[] = {"stays", "stops"};
    char script[400];

    (void)state;
    snprintf(script, sizeof(script),
             "test $0 = stays || { %s \"$@\" --demo 3,20 --for 0.3; kill -STOP $$; }; " DEMO,
             tcplens, tcplens);
    struct scene scene = open_scene(HOSTS, 2, script);
    until(&scene, second_is_late);
    assert_true(rows_of(scene.frame, 2) > 0);
    close_scene(&scene);
}

static bool first_goes_on(const struct frame *frame)
{
    return state_of(frame, 1) == HOST_OK && frame_find_host(frame, 1)->frames >= 10;
}

/* Lines without an end, as fast as they are taken. */
static void test_flood(void **state)
{
    static const char *const HOSTS[] = {"stays", "floods"};
    char script[400];

    (void)state;
    snprintf(script, sizeof(script),
             "test $0 = stays || { %s \"$@\" --demo 3,20 --for 0.3; exec yes; }; " DEMO, tcplens,
             tcplens);
    struct scene scene = open_scene(HOSTS, 2, script);
    until(&scene, first_goes_on);
    close_scene(&scene);
}

static bool has_events(const struct frame *frame)
{
    return frame->next_event - frame->first_event > 8;
}

/* Events of one merged frame do not push each other out, however many there are. */
static void test_many_events(void **state)
{
    static const char *const HOSTS[] = {"one", "other"};
    struct event_ring *ring = event_ring_new(2);
    struct event event;
    char script[400];
    uint64_t lost;

    (void)state;
    snprintf(script, sizeof(script), "exec %s \"$@\" --demo 3,200", tcplens);
    struct scene scene = open_scene(HOSTS, 2, script);
    scene.source->ops->use_ring(scene.source, ring);
    until(&scene, has_events);
    uint64_t cursor = scene.frame->first_event;
    while (event_ring_read(ring, &cursor, &event, 1, &lost) == 1)
        assert_int_equal(lost, 0);
    assert_int_equal(cursor, scene.frame->next_event);
    close_scene(&scene);
    event_ring_free(ring);
}

static bool all_go_on(const struct frame *frame)
{
    for (uint32_t i = 0; i < frame->host_count; i++)
        if (frame->hosts[i].state != HOST_OK)
            return false;
    return true;
}

/* More than are started at a time. */
static void test_many(void **state)
{
    static char names[20][8];
    const char *hosts[20];
    char script[400];

    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(names[i], sizeof(names[i]), "h%d", i);
        hosts[i] = names[i];
    }
    snprintf(script, sizeof(script), DEMO, tcplens);
    struct scene scene = open_scene(hosts, 20, script);
    until(&scene, all_go_on);
    close_scene(&scene);
}

static bool ninth_rests(const struct frame *frame)
{
    const struct frame_host *host = frame_find_host(frame, 9);

    assert_int_not_equal(host->state, HOST_LATE);
    return host->state == HOST_OK && frame->mono_ns - host->mono_ns > 3 * SECOND_NS / 2;
}

/* Eight that never answer keep no other from being started; and one that sends a frame a minute is not
 * late because the screen is refreshed more often. */
static void test_hung(void **state)
{
    static const char *const HOSTS[] = {"a", "b", "c", "d", "e", "f", "g", "h", "answers"};
    char script[400];

    (void)state;
    snprintf(script, sizeof(script), "test $0 = answers || exec sleep infinity; " DEMO, tcplens);
    struct scene scene = open_scene_at(HOSTS, 9, script, 60 * SECOND_NS);
    until(&scene, ninth_rests);
    assert_int_equal(state_of(scene.frame, 1), HOST_CONNECTING);
    close_scene(&scene);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lost_and_found), cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_flood),          cmocka_unit_test(test_many),
        cmocka_unit_test(test_hung),           cmocka_unit_test(test_many_events),
    };
    if (argc != 2)
        return 2;
    tcplens = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
