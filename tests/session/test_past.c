/* What the past keeps is what was shown: every frame, by step, by time, in any order; events are
 * found; the limit is kept; what has left is not given. */
#include "unit.h"

#include "demo_log.h"
#include "equal.h"
#include "source/demo/demo.h"
#include "source/past/past.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 200
#define NEEDS  (NEED_OWNER | NEED_PROCESS | NEED_GROUP)
#define MUCH   (64u << 20)

static const struct wish no_wish;

struct scene {
    struct collector *collector;
    struct past *past;
    struct source *source;
    struct frame_pool *pool;
    struct frame *frames[FRAMES];
};

static void begin(struct scene *scene, uint32_t connections, uint32_t needs, uint64_t limit)
{
    const struct demo_settings demo = {
        .seed = 5, .connections = connections, .change_permille = 60, .interval_ns = 1000000000};
    struct collector_settings settings = {.highlight_ns = 3000000000};

    memset(scene, 0, sizeof(*scene));
    assert_int_equal(demo_open(&settings.source, &demo), 0);
    settings.wish = (struct wish){.interval_ns = 1000000000,
                                  .needs = needs,
                                  .state_bits = STATE_ALL_BITS,
                                  .families = WISH_INET | WISH_INET6};
    assert_int_equal(collector_new(&scene->collector, &settings), 0);
    assert_int_equal(past_new(&scene->past, limit), 0);
    assert_int_equal(past_open(&scene->source, scene->past, collector_events(scene->collector)), 0);
    scene->pool = frame_pool_new();
    for (unsigned i = 0; i < FRAMES; i++) {
        assert_int_equal(collector_step(scene->collector, &scene->frames[i]), 0);
        assert_int_equal(past_add(scene->past, scene->frames[i]), 0);
    }
}

static void end(struct scene *scene)
{
    for (unsigned i = 0; i < FRAMES; i++)
        frame_release(scene->frames[i]);
    source_close(scene->source);
    past_free(scene->past);
    collector_free(scene->collector);
    frame_pool_release(scene->pool);
}

/* Every byte of every row, and all that belongs to it. */
static void expect(struct scene *scene, unsigned index)
{
    const struct frame *shown = scene->frames[index];
    struct frame *frame = frame_new(scene->pool);
    int error = source_next(scene->source, frame, &no_wish);

    if (error)
        fail_msg("frame %u: %s", index, strerror(-error));
    assert_int_equal(frame->number, shown->number);
    assert_int_equal(frame->conn_count, shown->conn_count);
    assert_int_equal(frame->live_count, shown->live_count);
    assert_memory_equal(frame->conns, shown->conns, shown->conn_count * sizeof(*shown->conns));
    assert_int_equal(frame->owner_ref_count, shown->owner_ref_count);
    assert_memory_equal(frame->owner_refs, shown->owner_refs,
                        shown->owner_ref_count * sizeof(*shown->owner_refs));
    assert_int_equal(frame->detail_count, shown->detail_count);
    for (uint32_t i = 0; i < shown->detail_count; i++)
        assert_memory_equal(&frame->details[i], &shown->details[i], sizeof(*shown->details));
    assert_int_equal(frame->first_event, shown->first_event);
    assert_int_equal(frame->next_event, shown->next_event);
    assert_memory_equal(&frame->totals, &shown->totals, sizeof(shown->totals));
    assert_memory_equal(&frame->cost, &shown->cost, sizeof(shown->cost));
    assert_int_equal(frame->facts != NULL, shown->facts != NULL);
    if (shown->facts)
        assert_memory_equal(frame->facts, shown->facts, sizeof(*shown->facts));
    const char *differs = frames_differ(shown, frame);
    if (differs)
        fail_msg("frame %u: %s", index, differs);
    frame_release(frame);
}

static void check_all(uint32_t connections, uint32_t needs)
{
    struct scene scene;

    begin(&scene, connections, needs, MUCH);
    for (unsigned i = 0; i < FRAMES; i++)
        expect(&scene, i);
    struct frame *frame = frame_new(scene.pool);
    assert_int_equal(source_next(scene.source, frame, &no_wish), -ENODATA);
    frame_release(frame);
    for (unsigned i = FRAMES - 1; i-- > 0;) {
        assert_int_equal(scene.source->ops->travel->step_back(scene.source), 0);
        expect(&scene, i);
    }
    assert_int_equal(scene.source->ops->travel->step_back(scene.source), -ENODATA);
    expect(&scene, 0);
    end(&scene);
}

static void test_equal(void **state)
{
    (void)state;
    check_all(80, NEEDS);
    check_all(80, NEEDS | NEED_DETAIL);
    check_all(80, NEEDS | NEED_HOST_FACTS);
    check_all(300, 0);
    check_all(1, NEEDS);
}

/* n back and n forth is the same frame; a time is the last frame at or before it. */
static void test_anywhere(void **state)
{
    struct scene scene;
    unsigned at = 0;

    (void)state;
    begin(&scene, 60, NEEDS, MUCH);
    const struct source_travel *travel = scene.source->ops->travel;
    srandom(7);
    for (unsigned round = 0; round < 150; round++) {
        at = (unsigned)random() % FRAMES;
        const int64_t later = (random() % 2) * 400000000;
        assert_int_equal(travel->seek(scene.source, scene.frames[at]->wall_ns + later), 0);
        int64_t peeked = 0;
        assert_int_equal(travel->peek(scene.source, &peeked), 0);
        assert_true(peeked == scene.frames[at]->wall_ns);
        expect(&scene, at);
        const unsigned back = (unsigned)random() % (at + 1) % 70;
        for (unsigned i = 1; i <= back; i++) {
            assert_int_equal(travel->step_back(scene.source), 0);
            expect(&scene, at - i);
        }
        for (unsigned i = back; i-- > 0;)
            expect(&scene, at - i);
    }
    assert_int_equal(travel->seek(scene.source, INT64_MIN), 0);
    expect(&scene, 0);
    assert_int_equal(travel->seek(scene.source, INT64_MAX), 0);
    expect(&scene, FRAMES - 1);
    end(&scene);
}

/* Little room: the oldest leave, what is there is right, also for who stands where it left. */
static void test_limit(void **state)
{
    const size_t limit = 400 << 10;
    struct past_reach reach;
    struct scene scene;

    (void)state;
    begin(&scene, 200, NEEDS, limit);
    past_reach(scene.past, &reach);
    assert_true(reach.bytes <= limit && reach.bytes > limit / 2);
    assert_true(reach.frames > 10 && reach.frames < FRAMES);
    const unsigned first = FRAMES - reach.frames;
    assert_true(reach.begin_ns == scene.frames[first]->wall_ns);
    assert_int_equal(scene.source->ops->travel->seek(scene.source, 0), 0);
    for (unsigned i = first; i < FRAMES; i++)
        expect(&scene, i);
    assert_int_equal(scene.source->ops->travel->seek(scene.source, 0), 0);
    expect(&scene, first);
    for (unsigned i = 0; i < FRAMES; i++) /* the frame stood at leaves */
        assert_int_equal(past_add(scene.past, scene.frames[i]), 0);
    assert_int_equal(scene.source->ops->travel->step_back(scene.source), -ENODATA);
    past_reach(scene.past, &reach);
    expect(&scene, FRAMES - reach.frames);
    end(&scene);
}

static void test_empty(void **state)
{
    struct event_ring *ring = event_ring_new(64);
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = frame_new(pool);
    struct source *source;
    struct past *past;
    int64_t first, last;

    (void)state;
    assert_int_equal(past_new(&past, MUCH), 0);
    assert_int_equal(past_open(&source, past, ring), 0);
    assert_int_equal(source_next(source, frame, &no_wish), -ENODATA);
    assert_int_equal(source->ops->travel->seek(source, 0), -ENODATA);
    assert_int_equal(source->ops->travel->step_back(source), -ENODATA);
    assert_int_equal(source->ops->travel->span(source, &first, &last), -ENODATA);
    assert_int_equal(past_add(past, frame), 0); /* without a row */
    struct frame *again = frame_new(pool);
    assert_int_equal(source_next(source, again, &no_wish), 0);
    assert_int_equal(again->conn_count, 0);
    frame_release(again);
    frame_release(frame);
    source_close(source);
    past_free(past);
    frame_pool_release(pool);
    event_ring_free(ring);
}

static bool is_close_of(void *data, const struct event *event, const struct frame *frame)
{
    (void)frame;
    return event->kind == EVENT_CLOSE && event->serial == *(uint64_t *)data;
}

/* Every close is found, from before it and from after it, in the frame that shows it first. */
static void test_search(void **state)
{
    struct scene scene;
    struct event event;
    uint64_t lost, cursor = 1;
    unsigned found = 0;

    (void)state;
    begin(&scene, 60, NEEDS, MUCH);
    const struct source_travel *travel = scene.source->ops->travel;
    struct event_ring *ring = collector_events(scene.collector);
    while (event_ring_read(ring, &cursor, &event, 1, &lost) == 1 && found < 60) {
        int64_t wall_ns = 0, reached_ns;
        unsigned shown = 0;
        if (event.kind != EVENT_CLOSE || !event.serial)
            continue;
        while (scene.frames[shown]->next_event <= event.number)
            shown++;
        for (int backward = 0; backward < 2; backward++) {
            const unsigned from = backward ? FRAMES - 1 : 0;
            if (shown == from)
                continue;
            assert_int_equal(travel->seek(scene.source, scene.frames[from]->wall_ns), 0);
            expect(&scene, from);
            const struct source_search search = {
                .match = is_close_of, .data = &event.serial, .backward = backward};
            assert_int_equal(travel->search_begin(scene.source, &search), 0);
            int result;
            do
                result = travel->search_step(scene.source, 100, &wall_ns, &reached_ns);
            while (result == 1);
            assert_int_equal(result, 0);
            assert_true(wall_ns == scene.frames[shown]->wall_ns);
        }
        found++;
    }
    assert_true(found > 20);
    uint64_t nobody = UINT64_MAX;
    int64_t wall_ns, reached_ns;
    const struct source_search search = {.match = is_close_of, .data = &nobody, .backward = true};
    assert_int_equal(travel->search_begin(scene.source, &search), 0);
    int result;
    do
        result = travel->search_step(scene.source, 100, &wall_ns, &reached_ns);
    while (result == 1);
    assert_int_equal(result, -ENODATA);
    end(&scene);
}

static void test_density(void **state)
{
    struct density_part parts[10];
    const struct density density = {.parts = parts, .count = 10};
    uint64_t sum = 0, happened = 0, bytes = 0, carried = 0;
    struct scene scene;

    (void)state;
    begin(&scene, 60, NEEDS, MUCH);
    assert_int_equal(
        scene.source->ops->travel->density_begin(scene.source, scene.frames[0]->wall_ns,
                                                 scene.frames[FRAMES - 1]->wall_ns, &density),
        0);
    assert_int_equal(scene.source->ops->travel->density_step(scene.source, 1), 0);
    for (unsigned i = 0; i < 10; i++) {
        sum += parts[i].values[DENSITY_EVENTS];
        bytes += parts[i].values[DENSITY_BYTES];
    }
    for (unsigned i = 0; i < FRAMES; i++)
        carried += scene.frames[i]->totals.in_interval + scene.frames[i]->totals.out_interval;
    assert_int_equal(bytes, carried);
    for (unsigned i = 0; i < FRAMES; i++)
        happened += scene.frames[i]->totals.opened + scene.frames[i]->totals.changed +
                    scene.frames[i]->totals.closed;
    assert_true(sum > 0);
    assert_int_equal(sum, happened);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),  cmocka_unit_test(test_anywhere),
        cmocka_unit_test(test_limit),  cmocka_unit_test(test_empty),
        cmocka_unit_test(test_search), cmocka_unit_test(test_density),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
