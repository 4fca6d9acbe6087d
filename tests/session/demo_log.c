/* Makes logs of invented traffic. Must not know how they are read. */
#include "demo_log.h"

#include "source/demo.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS_MAX      65536
#define CHANGE_PERMILLE 60

void demo_log_init(struct demo_log *log, const char *name, uint32_t connections, uint32_t needs)
{
    demo_log_init_changing(log, name, connections, needs, CHANGE_PERMILLE);
}

void demo_log_init_changing(struct demo_log *log, const char *name, uint32_t connections,
                            uint32_t needs, uint32_t change_permille)
{
    struct source *source = NULL;
    const struct demo_settings demo = {11, connections, change_permille, 1000000000};
    const char *folder = getenv("TMPDIR");

    memset(log, 0, sizeof(*log));
    snprintf(log->folder, sizeof(log->folder), "%.40s/session.XXXXXX", folder ? folder : "/tmp");
    assert_non_null(mkdtemp(log->folder));
    snprintf(log->path, sizeof(log->path), "%s/%s", log->folder, name);
    assert_int_equal(demo_open(&source, &demo), 0);
    struct collector_settings settings = {.source = source, .highlight_ns = 3000000000};
    settings.wish = (struct wish){.interval_ns = 1000000000,
                                  .needs = needs,
                                  .state_bits = STATE_ALL_BITS,
                                  .families = WISH_INET | WISH_INET6};
    assert_int_equal(collector_new(&log->collector, &settings), 0);
    log->events = calloc(EVENTS_MAX, sizeof(*log->events));
    log->cursor = 1;
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
    frame->wall_ns += log->set_ns;
    log->frames[log->count++] = frame;
    count =
        event_ring_read(collector_events(log->collector), &cursor, log->events, EVENTS_MAX, &lost);
    for (uint32_t i = 0; i < count; i++)
        log->events[i].wall_ns += log->set_ns;
    int error = log_writer_frame(&log->writer, frame, log->events, count, lost);
    if (!error)
        log->cursor = cursor;
    return error;
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
