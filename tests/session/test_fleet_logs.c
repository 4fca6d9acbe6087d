/* Logs of several hosts as one: the same frames whichever way one goes through them, events of all in
 * one order and none more or less, and the clock of a host that was recorded from elsewhere. */
#include "unit.h"

#include "base/clock.h"
#include "core/series.h"
#include "demo_log.h"
#include "player/player.h"
#include "session/log/copy.h"
#include "session/log/reader.h"
#include "source/fleet/log_member.h"
#include "source/fleet/logs.h"
#include "ui/page_series.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES      40u
#define HOSTS       2u
#define SHOWN       128u
#define GRAPH       16u /* frames in a graph */
#define DEADLINE_NS (20 * SECOND_NS)
#define AHEAD_NS                                                                                   \
    (3600 * SECOND_NS + 300 * MILLISECOND_NS) /* the clock of the second host, and its phase */
#define SKEW_NS (3600 * SECOND_NS)

struct shown { /* of a frame */
    int64_t wall_ns;
    uint64_t number;
    uint64_t numbers[HOSTS]; /* of the hosts' own frames */
    uint32_t rows;
};

struct scene {
    struct demo_log logs[HOSTS];
    char collected[128]; /* the second, as a recorder of several hosts leaves it */
    struct source *source;
    struct frame_pool *pool;
    struct event_ring *ring;
    struct shown shown[SHOWN];
    uint32_t count;
};

static const struct wish no_wish;

/* Its lines as they are, with a host line that says what its clock is. */
static void collect(struct scene *scene)
{
    const struct demo_log *from = &scene->logs[1];
    struct session_host host = {
        .name = "second", .skew_known = true, .exchanged = true, .skew_ns = SKEW_NS};
    struct session_state state;
    struct session_line line;
    struct log_copy copy;
    struct log_text text;
    struct log_reader *reader;
    char why[200];

    snprintf(scene->collected, sizeof(scene->collected), "%s/collected.jsonl.zst", from->folder);
    const struct log_copy_settings settings = {.path = scene->collected};
    session_state_init(&state);
    assert_int_equal(log_copy_open(&copy, &settings, why, sizeof(why)), 0);
    assert_int_equal(log_reader_open(&reader, from->path, why, sizeof(why)), 0);
    log_copy_set_host(&copy, &host, 1);
    while (log_reader_next(reader, &text) == 0) {
        assert_int_equal(session_read_line(&state, text.text, text.length, &line, why, sizeof(why)),
                         0);
        log_copy_line(&copy, &line, text.text, text.length, 1);
    }
    log_copy_close(&copy, 0);
    log_reader_close(reader);
    session_state_done(&state);
}

static void open_logs(struct scene *scene)
{
    const char *const paths[] = {scene->logs[0].path, scene->collected};
    char why[320];

    *scene = (struct scene){.count = 0};
    demo_log_init_changing(&scene->logs[0], "first.jsonl.zst", 30, NEED_OWNER, 200);
    demo_log_init_changing(&scene->logs[1], "second.jsonl.zst", 50, NEED_OWNER, 200);
    scene->logs[1].set_ns = AHEAD_NS;
    for (unsigned i = 0; i < HOSTS; i++)
        demo_log_make(&scene->logs[i], FRAMES);
    collect(scene);
    assert_int_equal(fleet_logs_open(&scene->source, paths, HOSTS, why, sizeof(why)), 0);
    scene->pool = frame_pool_new();
    scene->ring = event_ring_new(EVENT_RING_DEFAULT);
    scene->source->ops->use_ring(scene->source, scene->ring);
}

static void close_logs(struct scene *scene)
{
    source_close(scene->source); /* NULL: the player's */
    frame_pool_release(scene->pool);
    event_ring_free(scene->ring);
    unlink(scene->collected);
    for (unsigned i = 0; i < HOSTS; i++)
        demo_log_done(&scene->logs[i]);
}

/* The source's next frame: 0 or what it says. */
static int next(struct scene *scene, struct shown *shown)
{
    struct frame *frame = frame_new(scene->pool);
    const int error = source_next(scene->source, frame, &no_wish);

    if (!error) {
        assert_int_equal(frame->host_count, HOSTS);
        *shown = (struct shown){
            .wall_ns = frame->wall_ns, .number = frame->number, .rows = frame->live_count};
        for (unsigned i = 0; i < HOSTS; i++)
            shown->numbers[i] = frame->hosts[i].number_in_host;
    }
    frame_release(frame);
    return error;
}

static void read_all(struct scene *scene)
{
    while (next(scene, &scene->shown[scene->count]) == 0) {
        const uint32_t count = ++scene->count;
        assert_true(count < SHOWN);
        assert_true(count < 2 || scene->shown[count - 1].wall_ns > scene->shown[count - 2].wall_ns);
    }
}

static void assert_shown(const struct shown *is, const struct shown *expected)
{
    assert_int_equal(is->wall_ns, expected->wall_ns);
    assert_int_equal(is->rows, expected->rows);
    assert_memory_equal(is->numbers, expected->numbers, sizeof(is->numbers));
}

/* The clocks of both are one: frames near each other are one. */
static void test_one_clock(void **state)
{
    struct scene scene;

    (void)state;
    open_logs(&scene);
    read_all(&scene);
    assert_int_equal(scene.count, FRAMES); /* 0.3 s apart: one of both */
    for (uint32_t i = 0; i < scene.count; i++)
        assert_int_equal(scene.shown[i].number, i + 1);
    for (uint32_t i = 1; i < scene.count; i++)
        for (unsigned host = 0; host < HOSTS; host++)
            assert_int_equal(scene.shown[i].numbers[host], scene.shown[i - 1].numbers[host] + 1);
    close_logs(&scene);
}

static void test_back_and_forth(void **state)
{
    struct scene scene;
    struct shown shown;

    (void)state;
    open_logs(&scene);
    read_all(&scene);
    for (uint32_t i = scene.count - 1; i-- > 0;) {
        assert_int_equal(scene.source->ops->travel->step_back(scene.source), 0);
        assert_int_equal(next(&scene, &shown), 0);
        assert_shown(&shown, &scene.shown[i]);
        assert_int_equal(shown.number, scene.shown[i].number);
    }
    assert_int_equal(scene.source->ops->travel->step_back(scene.source), -ENODATA);
    for (uint32_t i = 0; i < scene.count; i++) {
        assert_int_equal(next(&scene, &shown), 0);
        assert_shown(&shown, &scene.shown[i]);
        assert_int_equal(shown.number, scene.shown[i].number);
    }
    assert_int_equal(next(&scene, &shown), -ENODATA);
    close_logs(&scene);
}

/* To a time of a frame, between two, before the first and behind the last. No frame after a jump
 * seems to follow one before it. */
static void test_seek(void **state)
{
    struct scene scene;
    struct shown shown;
    uint64_t seed = 5, before = FRAMES;

    (void)state;
    open_logs(&scene);
    read_all(&scene);
    const struct source_travel *travel = scene.source->ops->travel;
    for (unsigned n = 0; n < 60; n++) {
        const size_t i = unit_random_below(&seed, scene.count);
        const int64_t by_ns = n % 2 ? 1 : 0;
        assert_int_equal(travel->seek(scene.source, scene.shown[i].wall_ns + by_ns), 0);
        assert_int_equal(next(&scene, &shown), 0);
        assert_shown(&shown, &scene.shown[i]);
        assert_true(shown.number > before + SERIES_MOST);
        before = shown.number;
    }
    assert_int_equal(travel->seek(scene.source, 0), 0);
    assert_int_equal(next(&scene, &shown), 0);
    assert_shown(&shown, &scene.shown[0]);
    assert_int_equal(travel->seek(scene.source, INT64_MAX), 0);
    assert_int_equal(next(&scene, &shown), 0);
    assert_shown(&shown, &scene.shown[scene.count - 1]);
    close_logs(&scene);
}

static bool is_event(void *data, const struct event *event, const struct frame *frame)
{
    (void)data;
    (void)frame;
    return event->kind != EVENT_LOST;
}

/* Of the event found, after which the source gives its frame. */
static int search(struct scene *scene, bool backward, struct shown *shown)
{
    const struct source_travel *travel = scene->source->ops->travel;
    const struct source_search wanted = {.match = is_event, .backward = backward};
    int64_t wall_ns, reached_ns;
    int result = travel->search_begin(scene->source, &wanted);

    assert_int_equal(result, 0);
    do
        result = travel->search_step(scene->source, 100, &wall_ns, &reached_ns);
    while (result == 1);
    if (result)
        return result;
    assert_int_equal(travel->seek(scene->source, wall_ns), 0);
    assert_int_equal(next(scene, shown), 0);
    assert_int_equal(shown->wall_ns, wall_ns);
    return 0;
}

/* Forth and back over the same frames. */
static void test_search(void **state)
{
    struct scene scene;
    struct shown shown, found[SHOWN];
    uint32_t count = 0;
    int64_t before_ns;
    int result;

    (void)state;
    open_logs(&scene);
    assert_int_equal(next(&scene, &shown), 0);
    while (search(&scene, false, &found[count]) == 0) {
        assert_true(found[count].wall_ns > (count ? found[count - 1].wall_ns : shown.wall_ns));
        assert_true(++count < SHOWN);
    }
    assert_true(count > FRAMES);
    shown = found[count - 1];
    do
        before_ns = shown.wall_ns;
    while ((result = search(&scene, true, &shown)) == 0 && shown.wall_ns < before_ns);
    assert_int_equal(result, -ENODATA);
    assert_true(before_ns - found[0].wall_ns < SECOND_NS / 2); /* a frame of both */
    close_logs(&scene);
}

/* In the order of time; each of both logs once. */
static void test_events(void **state)
{
    struct scene scene;
    struct event event;
    uint64_t cursor, lost, counted[HOSTS] = {0}, written[HOSTS] = {0};
    int64_t before_ns = INT64_MIN;

    (void)state;
    open_logs(&scene);
    for (unsigned i = 0; i < HOSTS; i++)
        written[i] = scene.logs[i].writer.stats.events;
    cursor = event_ring_next(scene.ring);
    read_all(&scene);
    while (event_ring_read(scene.ring, &cursor, &event, 1, &lost) == 1) {
        assert_int_equal(lost, 0);
        assert_true(event.wall_ns >= before_ns);
        before_ns = event.wall_ns;
        counted[(event.serial >> 52) - 1]++;
    }
    for (unsigned i = 0; i < HOSTS; i++) {
        assert_true(written[i] > FRAMES);
        assert_int_equal(counted[i], written[i]);
    }
    close_logs(&scene);
}

/* As much as in both together. */
static void test_density(void **state)
{
    struct density_part parts[16];
    const struct density density = {.parts = parts, .count = UNIT_COUNT(parts)};
    struct scene scene;
    int64_t first_ns, last_ns;
    uint64_t events = 0;
    int result;

    (void)state;
    open_logs(&scene);
    const struct source_travel *travel = scene.source->ops->travel;
    assert_int_equal(travel->span(scene.source, &first_ns, &last_ns), 0);
    assert_int_equal(last_ns - first_ns, (FRAMES - 1) * SECOND_NS + AHEAD_NS - SKEW_NS);
    assert_int_equal(travel->density_begin(scene.source, first_ns, last_ns, &density), 0);
    do
        result = travel->density_step(scene.source, 50);
    while (result == 1);
    assert_int_equal(result, 0);
    for (size_t i = 0; i < UNIT_COUNT(parts); i++)
        events += parts[i].values[DENSITY_EVENTS];
    assert_int_equal(events, scene.logs[0].writer.stats.events + scene.logs[1].writer.stats.events);
    close_logs(&scene);
}

static void add(uint64_t sums[4], const struct totals *totals)
{
    sums[0] += totals->opened;
    sums[1] += totals->closed;
    sums[2] += totals->in_interval;
    sums[3] += totals->sent_interval;
}

/* One log has several frames where a merged one has one: what happened in each of them is in it. */
static void test_sums(void **state)
{
    struct scene scene = {.pool = frame_pool_new()};
    uint64_t expected[4] = {0}, sums[4] = {0};
    const char *paths[HOSTS];
    uint32_t count = 0;
    char why[320];
    int error = 0;

    (void)state;
    demo_log_init_changing(&scene.logs[0], "first.jsonl", 30, NEED_OWNER, 200);
    demo_log_init_changing(&scene.logs[1], "second.jsonl", 30, NEED_OWNER, 200);
    demo_log_make(&scene.logs[0], FRAMES / 4);
    demo_log_open(&scene.logs[1]);
    for (int64_t i = 0; i < FRAMES; i++) {
        scene.logs[1].stood_ns = i * -(SECOND_NS - SECOND_NS / 5); /* five a second */
        assert_int_equal(demo_log_frame(&scene.logs[1]), 0);
    }
    log_writer_close(&scene.logs[1].writer);
    for (unsigned i = 0; i < HOSTS; i++) {
        paths[i] = scene.logs[i].path;
        for (uint32_t n = 0; n < scene.logs[i].count; n++)
            add(expected, &scene.logs[i].frames[n]->totals);
    }
    assert_int_equal(fleet_logs_open(&scene.source, paths, HOSTS, why, sizeof(why)), 0);
    while (!error) {
        struct frame *frame = frame_new(scene.pool);
        error = source_next(scene.source, frame, &no_wish);
        if (!error)
            add(sums, &frame->totals);
        count += !error;
        frame_release(frame);
    }
    assert_int_equal(error, -ENODATA);
    assert_true(count < scene.logs[1].count);
    assert_memory_equal(sums, expected, sizeof(sums));
    scene.ring = event_ring_new(1);
    close_logs(&scene);
}

/* The merged logs on a screen, the frames before those shown from a second reader. */
static struct player *play(struct scene *scene)
{
    const char *const paths[] = {scene->logs[0].path, scene->collected};
    struct player_settings settings = {.source = scene->source, .replay = true};
    struct player *player;
    char why[320];

    assert_int_equal(fleet_logs_open(&settings.history, paths, HOSTS, why, sizeof(why)), 0);
    assert_int_equal(player_new(&player, &settings), 0);
    player_order(player, TRANSPORT_PLAY, 0); /* stands still from the first frame on */
    assert_int_equal(player_start(player), 0);
    return player;
}

static void wait_for_more(struct player *player, int64_t end_ns)
{
    struct pollfd wait = {.fd = player_descriptor(player), .events = POLLIN};
    uint64_t count;

    assert_true(clock_mono_ns() < end_ns);
    if (poll(&wait, 1, 100) > 0)
        assert_int_equal(read(wait.fd, &count, sizeof(count)), sizeof(count));
}

static struct frame *wait_frame(struct player *player, int64_t wall_ns)
{
    const int64_t end_ns = clock_mono_ns() + DEADLINE_NS;
    struct frame *frame = player_latest(player);

    while (!frame || frame->wall_ns != wall_ns) {
        wait_for_more(player, end_ns);
        frame_release(frame);
        frame = player_latest(player);
    }
    return frame;
}

/* A graph that ends with that frame has a value of each frame before it, from the log's first on. */
static void check_graph(struct player *player, struct page_series *graph, const struct scene *scene,
                        uint32_t at)
{
    const struct screen_transport transport = {
        .series = player_series, .series_read = player_series_read, .data = player};
    struct frame *frame = wait_frame(player, scene->shown[at].wall_ns);
    const struct picture picture = {.frame = frame, .transport = &transport};
    const int64_t end_ns = clock_mono_ns() + DEADLINE_NS;
    const uint32_t first = at + 1 > GRAPH ? at + 1 - GRAPH : 0;
    uint64_t values[GRAPH];

    page_series_update(graph, &picture);
    while (graph->query) {
        wait_for_more(player, end_ns);
        page_series_update(graph, &picture);
    }
    series_frames(&graph->series, SERIES_LIVE, values, GRAPH);
    for (uint32_t i = 0; i < GRAPH; i++) {
        const bool is_before = at + i + 1 < GRAPH;
        assert_int_equal(values[i],
                         is_before ? SERIES_UNKNOWN : scene->shown[at + i + 1 - GRAPH].rows);
    }
    assert_int_equal(series_frames_span(&graph->series, GRAPH),
                     scene->shown[at].wall_ns - scene->shown[first].wall_ns);
    frame_release(frame);
}

/* Wherever the screen has jumped to, however often, and back from there and on. */
static void test_graph(void **state)
{
    static const uint32_t PLACES[] = {30, 12, 3, 39, 20, 0, 25};
    struct page_series graph = {
        .subject = {.all = true}, .reader = SERIES_OF_HEADER, .frames = GRAPH};
    struct scene scene;

    (void)state;
    open_logs(&scene);
    read_all(&scene);
    assert_int_equal(scene.source->ops->travel->seek(scene.source, 0), 0);
    struct player *player = play(&scene);
    check_graph(player, &graph, &scene, 0);
    for (size_t i = 0; i < UNIT_COUNT(PLACES); i++) {
        uint32_t at = PLACES[i];
        player_seek(player, scene.shown[at].wall_ns + (int64_t)(i % 2), 0);
        check_graph(player, &graph, &scene, at);
        for (unsigned steps = 0; steps < 3 && at > 0; steps++) {
            player_order(player, TRANSPORT_BACK, scene.shown[at].wall_ns);
            check_graph(player, &graph, &scene, --at);
        }
        player_order(player, TRANSPORT_FORTH, scene.shown[at].wall_ns);
        check_graph(player, &graph, &scene, at + 1);
    }
    player_free(player);
    scene.source = NULL;
    close_logs(&scene);
}

/* What was missed is reported at the end at the latest, and is not of another place. */
static void test_missed(void **state)
{
    struct event_ring *scratch = event_ring_new(EVENT_RING_DEFAULT);
    struct frame_pool *pool = frame_pool_new();
    struct log_member member;
    struct demo_log log;
    char why[320];

    (void)state;
    demo_log_init(&log, "one.jsonl", 30, NEED_OWNER);
    demo_log_make(&log, 3);
    const struct log_path path = {.path = log.path};
    assert_int_equal(log_member_open(&member, &path, scratch, why, sizeof(why)), 0);
    member.missed = 7;
    assert_int_equal(log_member_stand(&member, scratch, member.next_ns), 0);
    assert_int_equal(member.missed, 0);
    while (!member.done) {
        log_member_read(&member, scratch, pool, &no_wish);
        log_member_peek(&member, scratch);
    }
    assert_string_equal(member.fault, "");
    member.missed = 7;
    log_member_note_rest(&member);
    assert_string_equal(member.fault, "memory was refused: 7 events before its end are missing");
    log_member_done(&member);
    frame_pool_release(pool);
    event_ring_free(scratch);
    demo_log_done(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_clock), cmocka_unit_test(test_back_and_forth),
        cmocka_unit_test(test_seek),      cmocka_unit_test(test_search),
        cmocka_unit_test(test_events),    cmocka_unit_test(test_density),
        cmocka_unit_test(test_sums),      cmocka_unit_test(test_graph),
        cmocka_unit_test(test_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
