/* A recorded outage summed up: when there was most of what, who opened it, which queue filled, and
 * when each finding began and ended. */
#include "collect/collect.h"
#include "command/log_frames.h"
#include "core/finding/finding.h"
#include "core/summary.h"
#include "session/log/writer.h"
#include "source/demo/demo.h"
#include "source/demo/incident.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_NS  INT64_C(1795349780000000000)
#define SECOND_MS 1000
#define FRAMES    201

struct sum {
    struct summary summary;
    struct finding_engine *engine;
    char folder[64], path[96];
};

static void record(const struct sum *sum, const char *demo_text, unsigned frames, uint32_t needs)
{
    struct collector_settings settings = {.highlight_ns = 3000000000};
    struct log_settings log_settings = {.path = sum->path};
    struct demo_settings demo;
    struct collector *collector = NULL;
    struct log_writer writer;
    struct event *events = calloc(EVENT_RING_DEFAULT, sizeof(*events));
    uint64_t cursor = 1, lost;
    char why[200] = "";

    assert_int_equal(demo_parse(demo_text, &demo), 0);
    assert_int_equal(demo_open(&settings.source, &demo), 0);
    settings.wish = (struct wish){.interval_ns = demo.interval_ns,
                                  .needs = needs,
                                  .state_bits = STATE_ALL_BITS,
                                  .families = WISH_INET | WISH_INET6};
    assert_int_equal(collector_new(&collector, &settings), 0);
    log_settings.head.interval_ns = demo.interval_ns;
    if (log_writer_open(&writer, &log_settings, why, sizeof(why)))
        fail_msg("%s", why);
    for (unsigned i = 0; i < frames; i++) {
        struct frame *frame = NULL;
        assert_int_equal(collector_step(collector, &frame), 0);
        const uint32_t count = event_ring_read(collector_events(collector), &cursor, events,
                                               EVENT_RING_DEFAULT, &lost);
        assert_int_equal(log_writer_frame(&writer, frame, events, count, lost), 0);
        frame_release(frame);
    }
    log_writer_close(&writer);
    collector_free(collector);
    free(events);
}

static int take(void *data, struct frame *frame, struct event_ring *ring)
{
    struct sum *sum = data;
    const struct finding_input input = {.frame = frame, .ring = ring};

    assert_int_equal(summary_take(&sum->summary, frame, ring), 0);
    assert_int_equal(finding_engine_update(sum->engine, &input), 0);
    frame_release(frame);
    return 0;
}

static void begin(struct sum *sum, const char *demo_text, unsigned frames)
{
    const char *folder = getenv("TMPDIR");
    struct finding_settings settings;
    const struct options options = {.file = sum->path};
    struct headless headless = {.options = &options, .signals = -1};

    memset(sum, 0, sizeof(*sum));
    summary_init(&sum->summary);
    finding_settings_init(&settings);
    sum->engine = finding_engine_new(&settings);
    assert_non_null(sum->engine);
    snprintf(sum->folder, sizeof(sum->folder), "%.40s/summary.XXXXXX", folder ? folder : "/tmp");
    assert_non_null(mkdtemp(sum->folder));
    snprintf(sum->path, sizeof(sum->path), "%s/log.jsonl.zst", sum->folder);
    record(sum, demo_text, frames, finding_needs(&settings));
    struct log_frames reading = {
        .headless = &headless, .options = &options, .take = take, .data = sum};
    assert_int_equal(log_frames_read(&reading), 0);
    assert_string_equal(reading.fault, "");
    assert_int_equal(reading.frames, frames);
}

static void end(struct sum *sum)
{
    unlink(sum->path);
    rmdir(sum->folder);
    finding_engine_free(sum->engine);
    summary_done(&sum->summary);
}

static void assert_near(int64_t wall_ns, int64_t wanted_ms)
{
    const int64_t ms = (wall_ns - START_NS) / 1000000;
    if (ms < wanted_ms - 2 * SECOND_MS || ms > wanted_ms + 2 * SECOND_MS)
        fail_msg("%lld ms, not %lld", (long long)ms, (long long)wanted_ms);
}

static void check_finding(const struct sum *sum, const char *id, int64_t since_ms, int64_t end_ms)
{
    uint32_t count;
    const struct finding *const *list = finding_engine_list(sum->engine, &count);

    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(list[i]->detector->id, id) != 0)
            continue;
        assert_near(list[i]->since_ns, since_ms);
        assert_near(list[i]->ended_ns, end_ms);
        return;
    }
    fail_msg("no %s", id);
}

static void an_outage_is_summed_up(void **state)
{
    const struct summary_place *place;
    const struct summary_listener *listener;
    struct sum sum;

    (void)state;
    begin(&sum, "incident", FRAMES);
    assert_int_equal(sum.summary.frames, FRAMES);
    assert_int_equal(sum.summary.first_ns, START_NS);
    assert_near(sum.summary.last_ns, INCIDENT_OVER_MS);

    const struct summary_range *range = &sum.summary.states[STATE_CLOSE_WAIT];
    assert_in_range(range->most.count, 300, 310);
    assert_near(range->most.wall_ns, INCIDENT_LEAK_MS + 30000);
    assert_true(range->last < 10);
    range = &sum.summary.states[STATE_TIME_WAIT];
    assert_in_range(range->most.count, 9950, 10050);
    assert_near(range->most.wall_ns, INCIDENT_POOL_MS + 1000);

    assert_int_equal(summary_top(&sum.summary, SUMMARY_BY_OPENS, &place, 1), 1);
    assert_false(place->inbound);
    assert_int_equal(place->port, 5432);
    assert_string_equal(place->name, "java");
    assert_int_equal(place->opens, 10000);

    assert_int_equal(summary_listeners(&sum.summary, &listener, 1), 1);
    assert_int_equal(listener->port, 8080);
    assert_string_equal(listener->name, "java");
    assert_int_equal(listener->queue, 51);
    assert_int_equal(listener->backlog, 50);
    assert_near(listener->full_first_ns, INCIDENT_QUEUE_FULL_MS);
    assert_in_range(listener->full_ns / 1000000000, 19, 22);
    assert_int_equal(listener->drops, (INCIDENT_ACCEPTS_MS - INCIDENT_QUEUE_FULL_MS) / 100);

    check_finding(&sum, "accept-queue-full", INCIDENT_QUEUE_FULL_MS, INCIDENT_ACCEPTS_MS + 1300);
    check_finding(&sum, "close-wait-leak", INCIDENT_LEAK_MS, INCIDENT_RESTART_MS);
    check_finding(&sum, "ports-exhausted", INCIDENT_PORTS_60_MS, INCIDENT_PORTS_50_MS);
    end(&sum);
}

/* What places retransmitted is what the frames say in all; none is counted that was sent before
 * the log began. */
static void retransmitted_bytes_add_up(void **state)
{
    const struct summary_place *top[100];
    struct sum sum;
    uint64_t retrans = 0;

    (void)state;
    begin(&sum, "7", 60);
    const size_t count = summary_top(&sum.summary, SUMMARY_BY_RETRANS, top, 100);
    assert_in_range(count, 1, 99);
    for (size_t i = 0; i < count; i++) {
        retrans += top[i]->retrans_bytes;
        assert_true(i == 0 || top[i]->retrans_bytes <= top[i - 1]->retrans_bytes);
        assert_true(top[i]->retrans_bytes <= top[i]->sent_bytes);
    }
    assert_int_equal(retrans, sum.summary.retrans_bytes);
    end(&sum);
}

/* In the first frames of a busy machine owners may not have been found yet. */
static void an_owner_found_later_is_named(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct event_ring *ring = event_ring_new(64);
    struct summary summary;
    const struct summary_listener *listener;

    (void)state;
    summary_init(&summary);
    for (int i = 0; i < 2; i++) {
        struct frame *frame = frame_new(pool);
        frame->number = (uint64_t)i + 1;
        frame->mono_ns = frame->wall_ns = START_NS + i * INT64_C(1000000000);
        frame->next_event = 1;
        struct conn *conn = frame_add_conn(frame);
        conn->serial = 5;
        conn->state = STATE_LISTEN;
        conn->known = KNOWN_QUEUES;
        conn->receive_queue = 9;
        conn->send_queue = 8;
        if (i == 1) {
            struct proc *proc = frame_add_proc(frame);
            proc->pid = 77;
            proc->comm = "late";
            conn->owner_word = OWNER_PROCESS;
            conn->owner = 0;
        }
        assert_int_equal(summary_take(&summary, frame, ring), 0);
        frame_release(frame);
    }
    assert_int_equal(summary_listeners(&summary, &listener, 1), 1);
    assert_int_equal(listener->pid, 77);
    assert_string_equal(listener->name, "late");
    summary_done(&summary);
    event_ring_free(ring);
    frame_pool_release(pool);
}

/* A frame with a full listener of this process in this network namespace. */
static void take_full(struct summary *summary, struct frame_pool *pool, uint32_t netns, int32_t pid)
{
    struct event_ring *ring = event_ring_new(64);
    struct frame *frame = frame_new(pool);
    struct conn *conn = frame_add_conn(frame);
    struct proc *proc = frame_add_proc(frame);

    frame->number = 1;
    frame->mono_ns = frame->wall_ns = START_NS;
    frame->next_event = 1;
    *conn = (struct conn){.serial = 1,
                          .state = STATE_LISTEN,
                          .netns = netns,
                          .known = KNOWN_QUEUES,
                          .receive_queue = 9,
                          .send_queue = 8,
                          .owner_word = OWNER_PROCESS};
    proc->pid = pid;
    proc->comm = "server";
    assert_int_equal(summary_take(summary, frame, ring), 0);
    frame_release(frame);
    event_ring_free(ring);
}

/* Started again it is the same listener with another pid; one of another network namespace is not. */
static void a_listener_is_resumed_in_its_namespace(void **state)
{
    struct frame_pool *pool = frame_pool_new();
    struct summary summary;

    (void)state;
    summary_init(&summary);
    take_full(&summary, pool, 1, 77);
    summary_begin_recording(&summary);
    take_full(&summary, pool, 2, 88);
    assert_int_equal(summary.listener_count, 2);
    summary_begin_recording(&summary);
    take_full(&summary, pool, 1, 99);
    assert_int_equal(summary.listener_count, 2);
    assert_int_equal(summary.listeners[0].pid, 99);
    assert_int_equal(summary.listeners[1].pid, 88);
    summary_done(&summary);
    frame_pool_release(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_owner_found_later_is_named),
        cmocka_unit_test(a_listener_is_resumed_in_its_namespace),
        cmocka_unit_test(an_outage_is_summed_up),
        cmocka_unit_test(retransmitted_bytes_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
