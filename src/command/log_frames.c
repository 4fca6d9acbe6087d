/* Reading a whole log. */
#include "command/log_frames.h"

#include "base/error.h"
#include "command/log_source.h"
#include "command/open_source.h"
#include "options/output.h"
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
    const int descriptor = log_source_descriptor(reading->options, source);
    struct frame *frame = frame_new(pool);
    const int error = frame ? source_next(source, frame, &wish) : -ENOMEM;

    if (!error) {
        reading->frames++;
        reading->start_ns = log_source_start(reading->options, source);
        return reading->take(reading->data, frame, ring);
    }
    if (error != -EAGAIN && error != -ENODATA && error != -EINTR)
        message("%s: %s", log_source_name(reading->options),
                frame && frame->missing.text[0] ? frame->missing.text : error_text(error));
    frame_release(frame);
    if (error == -EINTR)
        return 0;
    const bool has_rest = reading->take_rest && (error == -EAGAIN || error == -ENODATA);
    const int rest = has_rest ? reading->take_rest(reading->data, ring) : 0;
    if (error == -EAGAIN)
        headless_wait(reading->headless, &descriptor, 1, -1);
    return rest ? rest : error == -EAGAIN ? 0 : error;
}

static int read_all(struct log_frames *reading, struct source *source)
{
    struct frame_pool *pool = frame_pool_new();
    struct event_ring *ring = reading->ring ? reading->ring : event_ring_new(EVENT_RING_DEFAULT);
    int error = pool && ring ? 0 : -ENOMEM;

    if (error)
        message("%s", error_text(error));
    else
        log_source_set_ring(reading->options, source, ring);
    log_source_set_interrupt(reading->options, source, take_signal, reading);
    while (!error && !take_signal(reading))
        error = read_next(reading, source, pool, ring);
    if (error == -ENODATA)
        error = 0;
    if (!reading->ring)
        event_ring_free(ring);
    if (pool)
        frame_pool_release(pool);
    return error;
}

int log_frames_read(struct log_frames *reading)
{
    const struct options *options = reading->options;
    struct source *source = NULL;
    char why[LOG_FAULT_MAX] = "";
    int error = log_source_open(&source, options, why, sizeof(why));

    if (error) {
        message("%s", why);
        return error;
    }
    if (!reading->more_follow)
        privilege_keep(0); /* everything is open */
    reading->is_pipe = log_source_is_pipe(options, source);
    error = open_source_redact(source, options) ? read_all(reading, source) : -ENOMEM;
    snprintf(reading->fault, sizeof(reading->fault), "%s", log_source_fault(options, source));
    source_close(source);
    return error;
}
