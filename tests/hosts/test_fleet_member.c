/* One host of several, read without the thread that does it: what is kept of frames between two merged
 * ones, and of events between two starts of its program. */
#include "base/clock.h"
#include "demo_log.h"
#include "source/fleet/member.h"
#include "source/log/replay.h"
#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define FRAMES      6u
#define DEADLINE_NS (20 * SECOND_NS)
#define NUMBER      3u /* of the host */

struct scene {
    struct demo_log log;
    struct fleet_member member;
    struct event_ring *ring;
};

static void begin(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    demo_log_init_changing(&scene->log, "host.jsonl", 40, NEED_OWNER, 200);
    demo_log_make(&scene->log, FRAMES);
    scene->ring = event_ring_new(EVENT_RING_DEFAULT);
    assert_int_equal(fleet_member_init(&scene->member, NUMBER), 0);
    struct remote_command *command = &scene->member.command;
    snprintf(command->name, sizeof(command->name), "host");
    command->words[0] = "cat";
    command->words[1] = scene->log.path;
    command->count = 2;
}

static void end(struct scene *scene)
{
    fleet_member_stop(&scene->member, true);
    fleet_member_done(&scene->member);
    event_ring_free(scene->ring);
    demo_log_done(&scene->log);
}

static void wait_for(int descriptor)
{
    struct pollfd waits = {descriptor, POLLIN, 0};
    (void)poll(&waits, 1, 10);
}

/* Starts its program and reads all that it writes. */
static void run(struct scene *scene)
{
    static const struct wish wish;
    struct fleet_member *member = &scene->member;
    const int64_t until_ns = clock_mono_ns() + DEADLINE_NS;

    while (!member->log) { /* the one before may still have to end */
        fleet_member_start(member);
        assert_true(clock_mono_ns() < until_ns);
    }
    while (member->log) {
        fleet_member_read(member, &wish, scene->ring);
        if (member->log)
            wait_for(replay_descriptor(member->log));
        assert_true(clock_mono_ns() < until_ns);
    }
    while (!fleet_member_end(member)) {
        wait_for(-1);
        assert_true(clock_mono_ns() < until_ns);
    }
}

static void add(struct totals *sum, const struct totals *totals)
{
    sum->opened += totals->opened;
    sum->changed += totals->changed;
    sum->closed += totals->closed;
    sum->in_interval += totals->in_interval;
    sum->out_interval += totals->out_interval;
    sum->sent_interval += totals->sent_interval;
}

static void check_sums(const struct totals *is, const struct totals *expected)
{
    assert_int_equal(is->opened, expected->opened);
    assert_int_equal(is->changed, expected->changed);
    assert_int_equal(is->closed, expected->closed);
    assert_int_equal(is->in_interval, expected->in_interval);
    assert_int_equal(is->out_interval, expected->out_interval);
    assert_int_equal(is->sent_interval, expected->sent_interval);
}

/* The latest frame says what happened in all that were not taken. */
static void test_sums_of_skipped_frames(void **state)
{
    struct totals expected = {0};
    struct scene scene;

    (void)state;
    begin(&scene);
    for (uint32_t i = 0; i < FRAMES; i++)
        add(&expected, &scene.log.frames[i]->totals);
    assert_true(expected.opened > scene.log.frames[FRAMES - 1]->totals.opened);
    run(&scene);
    assert_int_equal(scene.member.host.frames, FRAMES);
    check_sums(&scene.member.latest->totals, &expected);
    scene.member.is_taken = true;
    run(&scene);
    check_sums(&scene.member.latest->totals, &expected); /* the second time alone */
    end(&scene);
}

/* Of events that wait while its program is started again, too. */
static void test_events_keep_their_recording(void **state)
{
    const struct fleet_part parts[] = {{.host = {.number = NUMBER}, .generation = 1},
                                       {.host = {.number = NUMBER}, .generation = 2}};
    struct scene scene;
    uint32_t count[3] = {0};

    (void)state;
    begin(&scene);
    for (uint32_t n = 0; n < 2; n++) {
        run(&scene);
        count[n + 1] = scene.member.event_count;
        assert_true(count[n + 1] > count[n]);
        for (uint32_t i = count[n]; i < count[n + 1]; i++) {
            struct event expected = {.kind = EVENT_OPEN, .serial = scene.member.events[i].serial};
            fleet_stamp_event(&expected, &parts[n]);
            assert_int_equal(scene.member.events[i].serial, expected.serial);
        }
    }
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_of_skipped_frames),
        cmocka_unit_test(test_events_keep_their_recording),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
