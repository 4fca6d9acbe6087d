/* Finding lines of a log: those of the frames that were recorded, read back as they were written;
 * each that begins ends, or is known to hold when the recording stops. */
#include "demo_log.h"
#include "source/demo/incident.h"
#include "source/log/replay.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FRAMES    60
#define IDS       64
#define BEFORE_MS (INCIDENT_QUEUE_FULL_MS - 10000)

struct seen {
    unsigned begun[IDS], over[IDS], held[IDS]; /* lines by id */
    unsigned lines;
};

static void count_lines(struct seen *seen, const struct source *source)
{
    uint32_t count;
    const struct finding_step *steps = replay_findings(source, &count);

    for (uint32_t i = 0; i < count; i++) {
        const uint32_t id = steps[i].finding.id;
        assert_in_range(id, 1, IDS - 1);
        assert_true(steps[i].finding.title[0] != '\0');
        seen->lines++;
        seen->begun[id] += steps[i].kind == FINDING_BEGIN;
        seen->held[id] += steps[i].kind == FINDING_HOLDS;
        seen->over[id] += steps[i].kind == FINDING_END || steps[i].kind == FINDING_STOP;
    }
}

static int read_frame(struct source *source, struct frame_pool *pool, int64_t *wall_ns)
{
    const struct wish wish = {.state_bits = 0};
    struct frame *frame = frame_new(pool);
    const int error = source_next(source, frame, &wish);

    *wall_ns = frame->wall_ns;
    frame_release(frame);
    return error;
}

static void read_all(struct seen *seen, const char *path)
{
    struct frame_pool *pool = frame_pool_new();
    struct source *source = NULL;
    char why[200] = "";
    int64_t wall_ns;

    *seen = (struct seen){.lines = 0};
    if (replay_open(&source, path, why, sizeof(why)))
        fail_msg("%s", why);
    while (read_frame(source, pool, &wall_ns) == 0) {
        assert_true(replay_has_findings(source));
        count_lines(seen, source);
    }
    count_lines(seen, source);
    assert_string_equal(replay_fault(source), "");
    source_close(source);
    frame_pool_release(pool);
}

static void check_all_end(const struct seen *seen, unsigned least)
{
    unsigned begun = 0;

    for (int id = 1; id < IDS; id++) {
        assert_in_range(seen->begun[id], 0, 1);
        assert_int_equal(seen->over[id], seen->begun[id] || seen->held[id]);
        begun += seen->begun[id];
    }
    assert_true(begun >= least);
}

static void all_that_begins_ends(void **state)
{
    static const char *const NAMES[] = {"log.jsonl", "log.jsonl.zst"};
    struct demo_log log;
    struct seen seen;
    (void)state;

    for (size_t i = 0; i < UNIT_COUNT(NAMES); i++) {
        demo_log_init_incident(&log, NAMES[i], BEFORE_MS / 1000, NEED_OWNER | NEED_HOST_FACTS);
        demo_log_make(&log, 20); /* the queue is full when it stops */
        read_all(&seen, log.path);
        check_all_end(&seen, 2);
        /* appended: ids start again or continue, and there is no second begin */
        demo_log_make(&log, FRAMES);
        read_all(&seen, log.path);
        assert_true(seen.lines > 8);
        demo_log_done(&log);
    }
}

/* What a frame says is what its lines say. */
static void lines_say_what_the_frames_said(void **state)
{
    struct demo_log log;
    struct source *source = NULL;
    struct frame_pool *pool = frame_pool_new();
    char why[200] = "";
    unsigned compared = 0;
    int64_t wall_ns;
    (void)state;

    demo_log_init_incident(&log, "log.jsonl.zst", BEFORE_MS / 1000, NEED_OWNER | NEED_HOST_FACTS);
    demo_log_make(&log, FRAMES);
    if (replay_open(&source, log.path, why, sizeof(why)))
        fail_msg("%s", why);
    for (unsigned i = 0; i < FRAMES; i++) {
        uint32_t count;
        assert_int_equal(read_frame(source, pool, &wall_ns), 0);
        const struct finding_step *steps = replay_findings(source, &count);
        for (uint32_t j = 0; j < count; j++) {
            const struct finding *read = &steps[j].finding;
            const struct finding *was = frame_findings_by_id(log.frames[i]->findings, read->id);
            assert_non_null(was);
            assert_int_equal(steps[j].wall_ns, log.frames[i]->wall_ns);
            assert_ptr_equal(read->detector, was->detector);
            assert_int_equal(read->severity, was->severity);
            assert_int_equal(read->confidence, was->confidence);
            assert_int_equal(read->since_ns, was->since_ns);
            assert_int_equal(read->since_least, was->since_least);
            assert_int_equal(read->ended_ns, was->ended_ns);
            assert_int_equal(read->window_ns, was->window_ns);
            assert_string_equal(read->title, was->title);
            assert_string_equal(read->filter, was->filter);
            assert_int_equal(read->because[0], was->because[0]);
            assert_int_equal(read->subject.kind, was->subject.kind);
            assert_int_equal(read->subject.netns, was->subject.netns);
            assert_int_equal(read->subject.port, was->subject.port);
            assert_int_equal(read->subject.pid, was->subject.pid);
            assert_int_equal(read->subject.start_ticks, was->subject.start_ticks);
            assert_string_equal(read->subject.name, was->subject.name);
            assert_string_equal(read->subject.unit, was->subject.unit);
            assert_memory_equal(&read->subject.address, &was->subject.address,
                                sizeof(was->subject.address));
            assert_int_equal(read->evidence_count, was->evidence_count);
            for (int k = 0; k < was->evidence_count; k++) {
                assert_string_equal(read->evidence[k].fact, was->evidence[k].fact);
                assert_string_equal(read->evidence[k].unit, was->evidence[k].unit);
                assert_int_equal(read->evidence[k].has_limit, was->evidence[k].has_limit);
                assert_true(read->evidence[k].value - was->evidence[k].value < 0.001 &&
                            was->evidence[k].value - read->evidence[k].value < 0.001);
            }
            compared++;
        }
    }
    assert_true(compared > 6);
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

static void a_file_of_its_own_says_what_holds(void **state)
{
    struct demo_log log;
    struct log_settings settings;
    struct seen seen;
    char why[200] = "";
    (void)state;

    demo_log_init_incident(&log, "log.jsonl", BEFORE_MS / 1000, NEED_OWNER | NEED_HOST_FACTS);
    settings = demo_log_settings(&log);
    settings.rotate_ns = INT64_C(13000000000);
    settings.keep = 9;
    assert_int_equal(log_writer_open(&log.writer, &settings, why, sizeof(why)), 0);
    for (int i = 0; i < 20; i++) /* full from the 10th on, rotated at the 14th */
        assert_int_equal(demo_log_frame(&log), 0);
    log_writer_close(&log.writer);
    read_all(&seen, log.path);
    unsigned held = 0;
    for (int id = 1; id < IDS; id++)
        held += seen.held[id];
    assert_true(held >= 2);
    demo_log_done(&log);
}

/* Whoever begins in the middle: since when it holds is known by the lines of the keyframe. */
static void a_seek_finds_since_when_it_holds(void **state)
{
    const struct wish wish = {.state_bits = 0};
    struct demo_log log;
    struct source *source = NULL;
    struct frame_pool *pool = frame_pool_new();
    struct finding_settings settings;
    char why[200] = "";
    (void)state;

    demo_log_init_incident(&log, "log.jsonl.zst", BEFORE_MS / 1000, NEED_OWNER | NEED_HOST_FACTS);
    demo_log_make(&log, 24);
    if (replay_open(&source, log.path, why, sizeof(why)))
        fail_msg("%s", why);
    assert_int_equal(replay_seek(source, log.frames[20]->wall_ns), 0);
    finding_settings_init(&settings);
    struct finding_engine *engine = finding_engine_new(&settings);
    for (unsigned i = 20; i < 24; i++) {
        struct frame *frame = frame_new(pool);
        assert_int_equal(source_next(source, frame, &wish), 0);
        assert_int_equal(frame->logged_finding_count, log.frames[i]->findings->holding);
        assert_int_equal(
            finding_engine_complete(engine, frame, &(struct finding_input){.frame = frame}), 0);
        for (uint32_t j = 0; j < frame->findings->holding; j++) {
            const struct finding *found = &frame->findings->list[j], *was = NULL;
            for (uint32_t k = 0; k < log.frames[i]->findings->holding && !was; k++)
                if (log.frames[i]->findings->list[k].detector == found->detector)
                    was = &log.frames[i]->findings->list[k];
            assert_non_null(was);
            assert_int_equal(found->since_ns, was->since_ns);
            assert_int_equal(found->since_least, was->since_least);
        }
        assert_true(i < 22 || frame->findings->holding >= 2);
        frame_release(frame);
    }
    finding_engine_free(engine);
    source_close(source);
    frame_pool_release(pool);
    demo_log_done(&log);
}

static void words_of_other_versions_are_passed_over(void **state)
{
    static const char *const LINES[] = {
        "{\"ev\":\"finding\",\"t\":\"2026-11-22T12:16:20Z\",\"step\":\"begin\",\"id\":1,"
        "\"finding\":"
        "\"of-a-later-version\",\"severity\":\"warning\",\"confidence\":\"likely\",\"subject\":{"
        "\"kind\":\"host\",\"new\":[1]},\"since\":\"2026-11-22T12:16:20Z\",\"evidence\":[{\"fact\":"
        "\"rows\",\"value\":3,\"more\":{}}],\"title\":\"a\\u001b[31mb\"}",
        "{\"ev\":\"finding\",\"t\":\"2026-11-22T12:16:20Z\",\"step\":\"leap\",\"id\":1,\"finding\":"
        "\"x\",\"severity\":\"warning\",\"confidence\":\"likely\",\"subject\":{\"kind\":\"host\"}"
        "}"};
    struct session_state session;
    struct session_line line;
    char why[200];
    (void)state;

    session_state_init(&session);
    assert_int_equal(
        session_read_line(&session, LINES[0], strlen(LINES[0]), &line, why, sizeof(why)), 0);
    assert_string_equal(line.finding.finding.detector->id, "of-a-later-version");
    assert_string_equal(line.finding.finding.title, "a\\x1b[31mb");
    assert_int_equal(line.finding.finding.evidence_count, 1);
    assert_int_equal(
        session_read_line(&session, LINES[1], strlen(LINES[1]), &line, why, sizeof(why)), -EINVAL);
    assert_string_equal(why, "step: no such word");
    session_state_done(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_begins_ends),
        cmocka_unit_test(lines_say_what_the_frames_said),
        cmocka_unit_test(a_file_of_its_own_says_what_holds),
        cmocka_unit_test(a_seek_finds_since_when_it_holds),
        cmocka_unit_test(words_of_other_versions_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
