/* The player gives the frames of a log: n back and n forth is the same frame, a time is the frame
 * at or before it, what is searched is found, and it plays at its pace; a live screen comes back to
 * its present. The thread runs: each order is followed by a wait for what it must lead to. */
#include "unit.h"

#include "demo_log.h"
#include "equal.h"
#include "player/player.h"
#include "source/demo/incident.h"
#include "source/log/replay.h"
#include "source/past/past.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define FRAMES      100
#define NEEDS       (NEED_OWNER | NEED_PROCESS | NEED_GROUP)
#define DEADLINE_MS 20000

struct scene {
    struct demo_log log;
    struct player *player;
    struct event_ring *ring;
    struct past *past;
    unsigned at; /* next frame of the log that becomes the present */
    int wake;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Of what is in scene.log already. */
static void begin_over(struct scene *scene, const struct finding_settings *findings)
{
    struct player_settings settings = {.replay = true, .findings = findings};
    char why[200] = "";

    demo_log_make(&scene->log, FRAMES);
    if (replay_open(&settings.source, scene->log.path, why, sizeof(why)) ||
        replay_open(&settings.history, scene->log.path, why, sizeof(why)))
        fail_msg("%s", why);
    scene->ring = event_ring_new(EVENT_RING_DEFAULT);
    replay_set_ring(settings.source, scene->ring);
    assert_int_equal(player_new(&scene->player, &settings), 0);
    player_order(scene->player, TRANSPORT_PLAY, 0); /* stands still from the first frame on */
    assert_int_equal(player_start(scene->player), 0);
}

static void begin(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    demo_log_init(&scene->log, "log.jsonl.zst", 60, NEEDS);
    begin_over(scene, NULL);
}

static void end(struct scene *scene)
{
    player_free(scene->player);
    past_free(scene->past);
    event_ring_free(scene->ring);
    demo_log_done(&scene->log);
}

/* What the screen would show, once it is frame `index` of the log; a reference. */
static struct frame *wait_frame(struct scene *scene, unsigned index)
{
    const struct frame *wanted = scene->log.frames[index];
    struct pollfd wait = {.fd = player_descriptor(scene->player), .events = POLLIN};
    const int64_t end_ms = now_ms() + DEADLINE_MS;
    struct frame *frame = NULL;
    uint64_t count;

    while (now_ms() < end_ms) {
        frame_release(frame);
        frame = player_latest(scene->player);
        if (frame && frame->wall_ns == wanted->wall_ns)
            break;
        if (poll(&wait, 1, 100) > 0 && read(wait.fd, &count, sizeof(count)) < 0)
            fail_msg("the descriptor cannot be read");
    }
    if (!frame)
        fail_msg("no frame where %u was expected", index);
    return frame;
}

static void expect(struct scene *scene, unsigned index)
{
    struct frame *frame = wait_frame(scene, index);
    const char *differs = frames_differ(scene->log.frames[index], frame);
    if (differs)
        fail_msg("frame %u: %s", index, differs);
    frame_release(frame);
}

static struct transport_state wait_said(struct scene *scene, uint32_t before)
{
    const int64_t end_ms = now_ms() + DEADLINE_MS;
    struct pollfd wait = {.fd = player_descriptor(scene->player), .events = POLLIN};
    struct transport_state state;

    for (;;) {
        player_state(scene->player, &state);
        if (state.said_count != before || now_ms() > end_ms)
            break;
        poll(&wait, 1, 20);
    }
    assert_true(state.said_count != before);
    return state;
}

static int64_t wall(const struct scene *scene, unsigned index)
{
    return scene->log.frames[index]->wall_ns;
}

static void test_steps(void **state)
{
    struct scene scene;
    unsigned at = 0;

    (void)state;
    begin(&scene);
    expect(&scene, 0);
    srandom(3);
    for (unsigned round = 0; round < 25; round++) {
        at = (unsigned)random() % FRAMES;
        player_seek(scene.player, wall(&scene, at) + random() % 900000000, 0);
        expect(&scene, at);
        const unsigned steps = (unsigned)random() % (at + 1) % 12;
        for (unsigned i = 0; i < steps; i++)
            player_order(scene.player, TRANSPORT_BACK, wall(&scene, at));
        expect(&scene, at - steps);
        for (unsigned i = 0; i < steps; i++)
            player_order(scene.player, TRANSPORT_FORTH, wall(&scene, at));
        expect(&scene, at);
    }
    struct transport_state said;
    player_state(scene.player, &said);
    player_seek(scene.player, wall(&scene, 0), 0);
    expect(&scene, 0);
    player_order(scene.player, TRANSPORT_BACK, wall(&scene, 0));
    said = wait_said(&scene, said.said_count);
    assert_string_equal(said.said, "the log begins here");
    expect(&scene, 0);
    player_order(scene.player, TRANSPORT_NOW, wall(&scene, 0));
    expect(&scene, FRAMES - 1);
    assert_true(said.begin_ns == wall(&scene, 0) && said.end_ns == wall(&scene, FRAMES - 1));
    end(&scene);
}

/* At 64 times a second of the log is 1/64 of a second: all frames come by, in their order. */
static void test_plays(void **state)
{
    struct scene scene;
    struct transport_state at;

    (void)state;
    begin(&scene);
    expect(&scene, 0);
    for (int i = 0; i < 10; i++)
        player_order(scene.player, TRANSPORT_FASTER, 0);
    player_state(scene.player, &at);
    assert_int_equal(at.speed, TRANSPORT_FASTEST);
    assert_false(at.playing);
    player_order(scene.player, TRANSPORT_PLAY, 0);
    expect(&scene, FRAMES - 1);
    for (int i = 0; i < 20; i++)
        player_order(scene.player, TRANSPORT_SLOWER, 0);
    player_state(scene.player, &at);
    assert_int_equal(at.speed, TRANSPORT_SLOWEST);
    end(&scene);
}

static unsigned frame_of_event(const struct scene *scene, const struct event *event)
{
    unsigned index = 0;
    while (scene->log.frames[index]->next_event <= event->number)
        index++;
    return index;
}

/* The next event of all, and one that there is not. */
static void test_search(void **state)
{
    struct transport_state said;
    struct scene scene;
    struct event event;
    uint64_t cursor = 1, lost;
    unsigned found = 0;

    (void)state;
    begin(&scene);
    expect(&scene, 0);
    struct event_ring *ring = collector_events(scene.log.collector);
    while (found < 12 && event_ring_read(ring, &cursor, &event, 1, &lost) == 1) {
        const unsigned index = frame_of_event(&scene, &event);
        if (event.kind != EVENT_CLOSE || index == 0 || index + 1 >= FRAMES)
            continue;
        struct filter_error error;
        struct filter *filter = NULL;
        assert_int_equal(filter_parse(&filter, NULL, NULL, &error), 0);
        player_seek(scene.player, wall(&scene, index - 1), 0);
        expect(&scene, index - 1);
        player_search(scene.player, false, filter, wall(&scene, index - 1));
        expect(&scene, index); /* any event: it has some */
        found++;
    }
    assert_true(found > 3);
    struct filter_error error;
    struct filter *nothing = NULL;
    assert_int_equal(filter_parse(&nothing, "sport = 1 and dport = 1", NULL, &error), 0);
    player_state(scene.player, &said);
    player_search(scene.player, true, nothing, 0);
    said = wait_said(&scene, said.said_count);
    assert_string_equal(said.said, "no event that matches comes before this frame");
    end(&scene);
}

static uint32_t established(const struct scene *scene, unsigned index)
{
    return scene->log.frames[index]->totals.states[STATE_ESTABLISHED];
}

/* So many that it is more in some frames and fewer in others. */
static uint32_t some_limit(const struct scene *scene)
{
    uint32_t least = UINT32_MAX, most = 0;

    for (unsigned i = 0; i < FRAMES; i++) {
        least = established(scene, i) < least ? established(scene, i) : least;
        most = established(scene, i) > most ? established(scene, i) : most;
    }
    assert_true(most > least);
    return (least + most) / 2;
}

static struct filter *more_than(uint32_t limit)
{
    struct filter *filter = NULL;
    char text[64];

    snprintf(text, sizeof(text), "count(state established) > %u", limit);
    assert_int_equal(filter_parse(&filter, text, NULL, NULL), 0);
    return filter;
}

/* Each frame in which it is true and was not before, one after the other, there and back. */
static void check_condition(struct scene *scene)
{
    const uint32_t limit = some_limit(scene);
    struct transport_state said;
    unsigned here = 0, found = 0;

    for (unsigned i = 1; i < FRAMES; i++) {
        if (established(scene, i) <= limit || established(scene, i - 1) > limit)
            continue;
        player_search_when(scene->player, false, more_than(limit), wall(scene, here));
        expect(scene, i);
        here = i;
        found++;
    }
    assert_true(found > 0);
    player_state(scene->player, &said);
    player_search_when(scene->player, false, more_than(limit), wall(scene, here));
    said = wait_said(scene, said.said_count);
    assert_string_equal(said.said, "this filter does not begin to match after this frame");
    for (unsigned i = here; i-- > 1;) {
        if (established(scene, i) <= limit || established(scene, i - 1) > limit)
            continue;
        player_search_when(scene->player, true, more_than(limit), wall(scene, here));
        expect(scene, i);
        here = i;
    }
    player_state(scene->player, &said);
    player_search_when(scene->player, true, more_than(limit), wall(scene, here));
    said = wait_said(scene, said.said_count);
    assert_string_equal(said.said, "this filter does not begin to match before this frame");
}

static void test_condition(void **state)
{
    struct scene scene;

    (void)state;
    begin(&scene);
    expect(&scene, 0);
    check_condition(&scene);
    end(&scene);
}

static struct transport_state wait_counted(const struct scene *scene)
{
    const int64_t end_ms = now_ms() + 20000;
    struct transport_state state;

    do {
        struct pollfd polled = {.fd = player_descriptor(scene->player), .events = POLLIN};
        player_state(scene->player, &state);
        if (!state.counted)
            (void)poll(&polled, 1, 100);
    } while (!state.counted && now_ms() < end_ms);
    assert_true(state.counted);
    return state;
}

/* The lines of a log say where findings began, before their frames are shown. */
static void test_marks(void **state)
{
    struct scene scene;

    (void)state;
    memset(&scene, 0, sizeof(scene));
    demo_log_init_incident(&scene.log, "log.jsonl.zst", INCIDENT_QUEUE_FULL_MS / 1000 - 15,
                           NEED_OWNER | NEED_HOST_FACTS);
    begin_over(&scene, NULL);
    const struct transport_state at = wait_counted(&scene);
    const struct frame_findings *last = scene.log.frames[FRAMES - 1]->findings;
    unsigned worth = 0;
    assert_true(at.mark_count >= 2);
    for (uint32_t i = 0; i < last->count; i++) {
        bool found = false;
        for (uint32_t j = 0; j < at.mark_count; j++)
            found |= llabs(at.marks[j].wall_ns - last->list[i].since_ns) < 1000000000;
        if (!found && last->list[i].severity >= SEVERITY_WARNING)
            fail_msg("no mark where %s began: %s", last->list[i].detector->id, last->list[i].title);
        worth += last->list[i].severity >= SEVERITY_WARNING;
    }
    assert_true(worth >= 2);
    for (uint32_t j = 1; j < at.mark_count; j++)
        assert_true(at.marks[j].wall_ns > at.marks[j - 1].wall_ns);
    end(&scene);
}

static struct frame *next_of_log(void *data, const struct wish *wish, bool *over,
                                 char why[PLAYER_WHY_MAX])
{
    struct scene *scene = data;
    uint64_t count;

    (void)wish;
    (void)over;
    (void)why;
    if (scene->at == FRAMES || read(scene->wake, &count, sizeof(count)) < 0)
        return NULL;
    return frame_reference(scene->log.frames[scene->at++]);
}

static void come(struct scene *scene, unsigned frames)
{
    const uint64_t count = frames;
    assert_int_equal(write(scene->wake, &count, sizeof(count)), sizeof(count));
}

static void begin_live_over(struct scene *scene, const struct finding_settings *findings)
{
    demo_log_make(&scene->log, FRAMES);
    scene->wake = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
    assert_int_equal(past_new(&scene->past, 64 << 20), 0);
    struct player_settings settings = {
        .findings = findings,
        .present = {
            .next = next_of_log, .descriptor = scene->wake, .past = scene->past, .data = scene}};
    assert_int_equal(
        past_open(&settings.source, scene->past, collector_events(scene->log.collector)), 0);
    assert_int_equal(past_open(&settings.history, scene->past, NULL), 0);
    assert_int_equal(player_new(&scene->player, &settings), 0);
    assert_int_equal(player_start(scene->player), 0);
}

static void begin_live(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    demo_log_init(&scene->log, "log.jsonl", 60, NEEDS);
    begin_live_over(scene, NULL);
}

static void end_live(struct scene *scene)
{
    player_free(scene->player);
    close(scene->wake);
    past_free(scene->past);
    demo_log_done(&scene->log);
}

/* Live: the present goes on while the past is looked at, and is come back to. */
static void test_present(void **state)
{
    struct scene scene;
    struct transport_state told;

    (void)state;
    begin_live(&scene);
    come(&scene, 50);
    expect(&scene, 49);
    for (unsigned i = 0; i < 7; i++)
        player_order(scene.player, TRANSPORT_BACK, wall(&scene, 49));
    expect(&scene, 42);
    player_state(scene.player, &told);
    assert_true(told.past && !told.playing);
    come(&scene, 10);
    player_seek(scene.player, wall(&scene, 20), wall(&scene, 42));
    expect(&scene, 20);
    player_order(scene.player, TRANSPORT_NOW, wall(&scene, 20));
    expect(&scene, 59);
    player_state(scene.player, &told);
    assert_true(!told.past && told.begin_ns == wall(&scene, 0));
    player_order(scene.player, TRANSPORT_BACK, wall(&scene, 59));
    expect(&scene, 58);
    player_order(scene.player, TRANSPORT_FORTH, wall(&scene, 58));
    expect(&scene, 59);
    player_order(scene.player, TRANSPORT_FORTH, wall(&scene, 59)); /* into the present */
    come(&scene, 1);
    expect(&scene, 60);
    end_live(&scene);
}

/* What the frames kept say of the subject, from SERIES_PAGE frames before `before` on. */
static struct series series_of_frames(const struct scene *scene,
                                      const struct series_subject *subject, unsigned before)
{
    struct series series = {.count = 0};
    struct series_sample sample;

    for (unsigned i = before > SERIES_PAGE ? before - SERIES_PAGE : 0; i < before; i++)
        if (series_take(subject, scene->log.frames[i], &sample))
            series_append(&series, &sample);
    return series;
}

static uint32_t ask(const struct scene *scene, enum series_reader reader,
                    const struct series_subject *subject, unsigned before)
{
    const struct frame *frame = scene->log.frames[before];
    const struct series_query query = {.reader = reader,
                                       .frames = SERIES_PAGE,
                                       .subject = *subject,
                                       .before_wall_ns = frame->wall_ns,
                                       .before_mono_ns = frame->mono_ns,
                                       .interval_ns = 1000000000};
    const uint32_t number = player_series(scene->player, &query);

    assert_true(number > 0);
    return number;
}

static struct series wait_series(const struct scene *scene, uint32_t number)
{
    struct pollfd wait = {.fd = player_descriptor(scene->player), .events = POLLIN};
    const int64_t end_ms = now_ms() + DEADLINE_MS;
    struct series found;

    while (!player_series_read(scene->player, number, &found)) {
        assert_true(now_ms() < end_ms);
        poll(&wait, 1, 20);
    }
    return found;
}

static void check_answer(const struct scene *scene, uint32_t number,
                         const struct series_subject *subject, unsigned before)
{
    const struct series found = wait_series(scene, number);
    const struct series expected = series_of_frames(scene, subject, before);

    assert_int_equal(found.count, expected.count);
    for (uint32_t i = 0; i < found.count; i++) {
        assert_int_equal(found.samples[i].mono_ns, expected.samples[i].mono_ns);
        assert_int_equal(found.samples[i].known, expected.samples[i].known);
        assert_memory_equal(found.samples[i].values, expected.samples[i].values,
                            sizeof(found.samples[i].values));
    }
}

static void check_series(const struct scene *scene, const struct series_subject *subject,
                         unsigned before)
{
    check_answer(scene, ask(scene, SERIES_OF_PAGE, subject, before), subject, before);
}

/* Page and header have queries of their own: neither takes the place of the other. */
static void check_two_readers(const struct scene *scene, unsigned before)
{
    const struct series_subject all = {.all = true};
    const struct series_subject conn = {.serial = scene->log.frames[before]->conns[0].serial};
    const uint32_t of_header = ask(scene, SERIES_OF_HEADER, &all, before);
    const uint32_t of_page = ask(scene, SERIES_OF_PAGE, &conn, before);

    check_answer(scene, of_page, &conn, before);
    check_answer(scene, of_header, &all, before);
}

static struct series_subject busy_process(const struct frame *frame)
{
    const struct conn *most = &frame->conns[0];
    for (uint32_t i = 1; i < frame->live_count; i++)
        if (frame->conns[i].owner_word == OWNER_PROCESS &&
            conn_in_rate(&frame->conns[i]) > conn_in_rate(most))
            most = &frame->conns[i];
    return (struct series_subject){
        .member = {&GROUPING_PROCESSES, grouping_process_key(frame_owner(frame, most))}};
}

/* A graph's samples are those of the frames before the one shown, whatever was shown before. */
static void check_both_subjects(const struct scene *scene, unsigned last)
{
    static const unsigned PLACES[] = {50, 99, 3, 70, 1, 0};
    const struct frame *frame = scene->log.frames[40];
    const struct series_subject process = busy_process(frame);
    unsigned long samples = 0;

    for (size_t i = 0; i < UNIT_COUNT(PLACES); i++) {
        const unsigned place = PLACES[i] < last ? PLACES[i] : last;
        for (uint32_t row = 0; row < frame->live_count; row += 7) {
            const struct series_subject conn = {.serial = frame->conns[row].serial};
            check_series(scene, &conn, place);
            samples += series_of_frames(scene, &conn, place).count;
        }
        check_series(scene, &process, place);
        check_two_readers(scene, place);
    }
    assert_true(samples > 500);
}

static void test_series_of_log(void **state)
{
    struct scene scene;
    (void)state;

    begin(&scene);
    expect(&scene, 0);
    player_seek(scene.player, wall(&scene, 60), wall(&scene, 0));
    check_both_subjects(&scene, FRAMES - 1);
    expect(&scene, 60); /* it is where it was */
    player_order(scene.player, TRANSPORT_BACK, wall(&scene, 60));
    expect(&scene, 59);
    end(&scene);
}

/* A history that can be read only where `works`. */
static struct {
    struct source source;
    struct source *log;
    _Atomic bool works;
} unreliable;

static int seek_if_works(struct source *source, int64_t wall_ns)
{
    (void)source;
    return unreliable.works ? unreliable.log->ops->travel->seek(unreliable.log, wall_ns) : -EIO;
}

static int next_there(struct source *source, struct frame *frame, const struct wish *wish)
{
    (void)source;
    return source_next(unreliable.log, frame, wish);
}

static void close_log(struct source *source)
{
    (void)source;
    source_close(unreliable.log);
}

static void expect_lack(struct scene *scene, const char *lack)
{
    const struct series_subject all = {.all = true};
    struct transport_state state;

    (void)wait_series(scene, ask(scene, SERIES_OF_PAGE, &all, 50));
    player_state(scene->player, &state);
    assert_string_equal(state.lack, lack);
}

/* Words that last until it has been read. */
static void test_lack_lasts(void **state)
{
    static const struct source_travel TRAVEL = {.seek = seek_if_works};
    static const struct source_ops OPS = {
        .name = "unreliable", .next = next_there, .close = close_log, .travel = &TRAVEL};
    struct scene scene = {.player = NULL};
    struct player_settings settings = {.replay = true, .history = &unreliable.source};
    const struct series_subject all = {.all = true};
    char why[200] = "";

    (void)state;
    demo_log_init(&scene.log, "log.jsonl.zst", 60, NEEDS);
    demo_log_make(&scene.log, FRAMES);
    if (replay_open(&settings.source, scene.log.path, why, sizeof(why)) ||
        replay_open(&unreliable.log, scene.log.path, why, sizeof(why)))
        fail_msg("%s", why);
    unreliable.source.ops = &OPS;
    assert_int_equal(player_new(&scene.player, &settings), 0);
    assert_int_equal(player_start(scene.player), 0);
    expect_lack(&scene, "graphs lack earlier frames: Input/output error");
    (void)wait_series(&scene, ask(&scene, SERIES_OF_HEADER, &all, 60));
    expect_lack(&scene, "graphs lack earlier frames: Input/output error");
    unreliable.works = true;
    (void)wait_series(&scene, ask(&scene, SERIES_OF_HEADER, &all, 60));
    expect_lack(&scene, "");
    end(&scene);
}

static void test_series_of_history(void **state)
{
    struct scene scene;
    (void)state;

    begin_live(&scene);
    come(&scene, 90);
    expect(&scene, 89);
    check_both_subjects(&scene, 89);
    end_live(&scene);
}

#define INCIDENT_BEGIN 20 /* s: frame n is of second 20 + n of the staged outage */
#define QUEUE_FULL     15 /* frames at which :8080 refuses clients, or does no more */
#define QUEUE_EMPTY    50
#define FINDING_NEEDS  (NEED_OWNER | NEED_DETAIL | NEED_HOST_FACTS)

static bool holds(const struct frame *frame, const char *detector)
{
    for (uint32_t i = 0; i < frame->findings->holding; i++)
        if (strcmp(frame->findings->list[i].detector->id, detector) == 0)
            return true;
    return false;
}

static void expect_queue_full(struct scene *scene, unsigned index, bool full)
{
    struct frame *frame = wait_frame(scene, index);

    assert_non_null(frame->findings);
    if (holds(frame, "accept-queue-full") != full)
        fail_msg("frame %u: full accept queue %s", index, full ? "not found" : "found");
    frame_release(frame);
}

/* Found in the frame that is shown, however it was come to. */
static void test_findings_of_log(void **state)
{
    struct finding_settings findings;
    struct scene scene;

    (void)state;
    finding_settings_init(&findings);
    memset(&scene, 0, sizeof(scene));
    demo_log_init_incident(&scene.log, "log.jsonl.zst", INCIDENT_BEGIN, FINDING_NEEDS);
    begin_over(&scene, &findings);
    expect_queue_full(&scene, 0, false);
    player_seek(scene.player, wall(&scene, QUEUE_FULL), wall(&scene, 0));
    expect_queue_full(&scene, QUEUE_FULL, true);
    player_order(scene.player, TRANSPORT_BACK, wall(&scene, QUEUE_FULL));
    expect_queue_full(&scene, QUEUE_FULL - 1, true);
    player_order(scene.player, TRANSPORT_FORTH, wall(&scene, QUEUE_FULL - 1));
    expect_queue_full(&scene, QUEUE_FULL, true);
    player_seek(scene.player, wall(&scene, 2), wall(&scene, QUEUE_FULL));
    expect_queue_full(&scene, 2, false);
    player_seek(scene.player, wall(&scene, QUEUE_EMPTY), wall(&scene, 2));
    expect_queue_full(&scene, QUEUE_EMPTY, false);
    end(&scene);
}

static void test_findings_of_history(void **state)
{
    struct finding_settings findings;
    struct scene scene;

    (void)state;
    finding_settings_init(&findings);
    memset(&scene, 0, sizeof(scene));
    demo_log_init_incident(&scene.log, "log.jsonl", INCIDENT_BEGIN, FINDING_NEEDS);
    begin_live_over(&scene, &findings);
    come(&scene, QUEUE_EMPTY);
    expect(&scene, QUEUE_EMPTY - 1);
    player_seek(scene.player, wall(&scene, QUEUE_FULL), wall(&scene, QUEUE_EMPTY - 1));
    expect_queue_full(&scene, QUEUE_FULL, true);
    player_seek(scene.player, wall(&scene, 2), wall(&scene, QUEUE_FULL));
    expect_queue_full(&scene, 2, false);
    end_live(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),           cmocka_unit_test(test_plays),
        cmocka_unit_test(test_search),          cmocka_unit_test(test_condition),
        cmocka_unit_test(test_marks),           cmocka_unit_test(test_present),
        cmocka_unit_test(test_findings_of_log), cmocka_unit_test(test_findings_of_history),
        cmocka_unit_test(test_series_of_log),   cmocka_unit_test(test_series_of_history),
        cmocka_unit_test(test_lack_lasts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
