/* Reading a whole log. Independent of what is done with its frames. */
#include "command/log_frames.h"

#include "base/error.h"
#include "command/open_source.h"
#include "options/output.h"
#include "source/confine.h"
#include "source/fleet/logs.h"
#include "source/log/replay.h"
#include "source/privilege.h"

#include <errno.h>
#include <stdio.h>

static bool take_signal(void *data)
{
    struct log_frames *reading = data;

    if (!reading->signal)
        reading->signal = headless_signal(reading->headless);
    return reading->signal != 0;
}

/* -ENODATA: the log is over, or `take` has enough. */
static int read_next(struct log_frames *reading, struct source *source, struct frame_pool *pool,
                     struct event_ring *ring)
{
    const struct wish wish = {.state_bits = 0};
    const int descriptor = reading->path_count > 1 ? -1 : replay_descriptor(source);
    struct frame *frame = frame_new(pool);
    const int error = frame ? source_next(source, frame, &wish) : -ENOMEM;

    if (!error) {
        reading->frames++;
        return reading->take(reading->data, frame, ring);
    }
    if (error != -EAGAIN && error != -ENODATA && error != -EINTR)
        message("%s: %s", reading->path,
                frame && frame->missing.text[0] ? frame->missing.text : error_text(error));
    frame_release(frame);
    if (error == -EAGAIN)
        headless_wait(reading->headless, &descriptor, 1, -1);
    return error == -EAGAIN || error == -EINTR ? 0 : error;
}

static void use_ring(struct source *source, struct event_ring *ring)
{
    source->ops->use_ring(source, ring);
    redact_ring(source->redaction, ring);
}

static int read_all(struct log_frames *reading, struct source *source)
{
    struct frame_pool *pool = frame_pool_new();
    struct event_ring *ring = event_ring_new(EVENT_RING_DEFAULT);
    int error = pool && ring ? 0 : -ENOMEM;

    if (error)
        message("%s", error_text(error));
    else if (reading->path_count > 1)
        use_ring(source, ring);
    else
        replay_set_ring(source, ring);
    if (reading->path_count <= 1)
        replay_set_interrupt(source, take_signal, reading);
    reading->headless->end_ns = INT64_MAX; /* --for is time of the log here */
    while (!error && !take_signal(reading))
        error = read_next(reading, source, pool, ring);
    if (error == -ENODATA)
        error = reading->take_rest ? reading->take_rest(reading->data, ring) : 0;
    event_ring_free(ring);
    if (pool)
        frame_pool_release(pool);
    return error;
}

static int read_several(struct log_frames *reading)
{
    struct source *source = NULL;
    char why[LOG_FAULT_MAX] = "";
    int error = fleet_logs_open(&source, reading->paths, reading->path_count, why, sizeof(why));

    if (error) {
        message("%s", why);
        return error;
    }
    privilege_keep(0); /* all is open */
    error = open_source_redact(source, reading->headless->options) ? read_all(reading, source)
                                                                   : -ENOMEM;
    snprintf(reading->fault, sizeof(reading->fault), "%s", fleet_logs_fault(source));
    source_close(source);
    return error;
}

int log_frames_read(struct log_frames *reading)
{
    confine_log_reader(&(struct confinement){0});
    if (reading->path_count > 1)
        return read_several(reading);
    struct source *source = NULL;
    char why[LOG_FAULT_MAX] = "";
    int error = replay_open(&source, reading->path, why, sizeof(why));

    if (error) {
        message("%s", why);
        return error;
    }
    privilege_keep(0); /* all is open */
    reading->is_pipe = replay_is_pipe(source);
    error = open_source_redact(source, reading->headless->options) ? read_all(reading, source)
                                                                   : -ENOMEM;
    snprintf(reading->fault, sizeof(reading->fault), "%s", replay_fault(source));
    source_close(source);
    return error;
}
