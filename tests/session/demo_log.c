/* Makes logs of invented traffic. Independent of how they are read. */
#include "demo_log.h"

#include "source/demo/demo.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS_MAX      65536
#define CHANGE_PERMILLE 60

/* The demo, with a wall clock that can be set. */
struct set_demo {
    struct source source; /* first */
    struct source *demo;
    const struct demo_log *log;
};

static int set_demo_next(struct source *source, struct frame *frame, const struct wish *wish)
{
    const struct set_demo *own = (const struct set_demo *)source;
    const int error = source_next(own->demo, frame, wish);
    frame->wall_ns += own->log->set_ns + own->log->stood_ns;
    frame->mono_ns += own->log->stood_ns;
    return error;
}

static void set_demo_close(struct source *source)
{
    source_close(((struct set_demo *)source)->demo);
    free(source);
}

static struct source *open_demo(const struct demo_log *log, const struct demo_settings *settings)
{
    static const struct source_ops ops = {
        .name = "demo", .next = set_demo_next, .close = set_demo_close};
    struct set_demo *made = calloc(1, sizeof(*made));
    assert_non_null(made);
    made->source.ops = &ops;
    made->log = log;
    assert_int_equal(demo_open(&made->demo, settings), 0);
    return &made->source;
}

static void init(struct demo_log *log, const char *name, const struct demo_settings *demo,
                 uint32_t needs, const struct finding_settings *findings)
{
    const char *folder = getenv("TMPDIR");

    memset(log, 0, sizeof(*log));
    snprintf(log->folder, sizeof(log->folder), "%.40s/session.XXXXXX", folder ? folder : "/tmp");
    assert_non_null(mkdtemp(log->folder));
    snprintf(log->path, sizeof(log->path), "%s/%s", log->folder, name);
    struct collector_settings settings = {
        .source = open_demo(log, demo), .findings = findings, .highlight_ns = 3000000000};
    settings.wish = (struct wish){.interval_ns = 1000000000,
                                  .needs = needs,
                                  .state_bits = STATE_ALL_BITS,
                                  .families = WISH_INET | WISH_INET6};
    assert_int_equal(collector_new(&log->collector, &settings), 0);
    log->events = calloc(EVENTS_MAX, sizeof(*log->events));
    log->cursor = 1;
}

void demo_log_init(struct demo_log *log, const char *name, uint32_t connections, uint32_t needs)
{
    demo_log_init_changing(log, name, connections, needs, CHANGE_PERMILLE);
}

void demo_log_init_changing(struct demo_log *log, const char *name, uint32_t connections,
                            uint32_t needs, uint32_t change_permille)
{
    const struct demo_settings demo = {.seed = 11,
                                       .connections = connections,
                                       .change_permille = change_permille,
                                       .interval_ns = 1000000000};

    init(log, name, &demo, needs, NULL);
}

void demo_log_init_incident(struct demo_log *log, const char *name, int64_t seconds, uint32_t needs)
{
    struct finding_settings findings;
    struct demo_settings demo;

    assert_int_equal(demo_parse("incident", &demo), 0);
    demo.start_ns = seconds * 1000000000;
    finding_settings_init(&findings);
    init(log, name, &demo, needs, &findings);
}

struct log_settings demo_log_settings(const struct demo_log *log)
{
    struct log_settings settings = {.path = log->path};
    snprintf(settings.head.host, sizeof(settings.head.host), "web1");
    settings.head.interval_ns = 1000000000;
    return settings;
}

void demo_log_open(struct demo_log *log)
{
    char why[200] = "";
    struct log_settings settings = demo_log_settings(log);
    if (log_writer_open(&log->writer, &settings, why, sizeof(why)))
        fail_msg("%s", why);
}

int demo_log_frame(struct demo_log *log)
{
    struct frame *frame = NULL;
    uint64_t cursor = log->cursor, lost = 0;
    uint32_t count;

    assert_true(log->count < DEMO_FRAMES_MAX);
    assert_int_equal(collector_step(log->collector, &frame), 0);
    log->frames[log->count++] = frame;
    count =
        event_ring_read(collector_events(log->collector), &cursor, log->events, EVENTS_MAX, &lost);
    int error = log_writer_frame(&log->writer, frame, log->events, count, lost);
    if (!error)
        log->cursor = cursor;
    return error;
}

void demo_log_skip(struct demo_log *log)
{
    struct frame *frame = NULL;

    assert_int_equal(collector_step(log->collector, &frame), 0);
    frame_release(frame);
}

void demo_log_make(struct demo_log *log, unsigned frames)
{
    demo_log_open(log);
    for (unsigned i = 0; i < frames; i++)
        assert_int_equal(demo_log_frame(log), 0);
    log_writer_close(&log->writer);
}

void demo_log_done(struct demo_log *log)
{
    char command[128];

    for (uint32_t i = 0; i < log->count; i++)
        frame_release(log->frames[i]);
    collector_free(log->collector);
    free(log->events);
    snprintf(command, sizeof(command), "rm -rf -- %s", log->folder);
    if (system(command) != 0)
        fail_msg("%s could not be removed", log->folder);
}
