/* finding_watch: see finding_watch.h. */
#include "command/finding_watch.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/wake.h"
#include "command/log_frames.h"
#include "command/open_hosts.h"
#include "options/output.h"
#include "source/confine.h"

#include <errno.h>

/* Takes the reference over. */
static int take_frame(struct finding_watch *watch, struct frame *frame,
                      const struct finding_input *input)
{
    const int error = finding_engine_update(watch->engine, input);

    if (watch->frames++ == 0)
        watch->first_ns = frame->mono_ns;
    watch->last_ns = frame->mono_ns;
    watch->last_wall_ns = frame->wall_ns;
    frame_release(watch->frame);
    watch->frame = frame;
    return error;
}

static int take_live(struct finding_watch *watch, struct frame *frame)
{
    const struct finding_input input = collector_finding_input(watch->headless.collector, frame);

    return take_frame(watch, frame, &input);
}

static int watch_live(struct finding_watch *watch)
{
    struct headless *headless = &watch->headless;
    const int consumer = collector_add_consumer(headless->collector);
    int signal = 0, error = consumer < 0 ? consumer : collector_start(headless->collector);

    if (error) {
        message("cannot start: %s", error_text(error));
        return error;
    }
    while (!error && !signal && !headless_is_over(headless)) {
        headless_wait(headless, &consumer, 1, HEADLESS_CHECK_MS);
        headless_report_trouble(headless);
        wake_drain(consumer);
        struct frame *frame = collector_latest(headless->collector);
        if (frame && (!watch->frame || frame->number != watch->frame->number))
            error = take_live(watch, frame);
        else
            frame_release(frame);
        signal = headless_signal(headless);
    }
    collector_ask_stop(headless->collector);
    if (!collector_join(headless->collector, HEADLESS_END_NS)) {
        /* in the middle of a long frame: report what is known */
        const int code = watch->report(watch->data);
        exit_without_threads(signal ? 128 + signal : code);
    }
    return error;
}

/* The demo has its own clock: no need to wait. */
static int watch_demo(struct finding_watch *watch)
{
    struct headless *headless = &watch->headless;
    struct frame *frame;
    int error = 0;

    while (!error && !headless_signal(headless) &&
           (watch->frames == 0 || watch->last_ns - watch->first_ns < headless->window_ns)) {
        error = collector_step(headless->collector, &frame);
        if (!error)
            error = take_live(watch, frame);
    }
    return error;
}

static int run_live(struct finding_watch *watch)
{
    struct headless *headless = &watch->headless;

    if (headless_open_collector(headless, watch->needs | finding_needs(&watch->settings)) >= 0)
        return -EIO;
    return headless->options->demo ? watch_demo(watch) : watch_live(watch);
}

/* -ENODATA: --for is over. */
static int take_log_frame(void *data, struct frame *frame, struct event_ring *ring)
{
    struct finding_watch *watch = data;
    const int64_t for_ns = watch->headless.options->for_ns;

    if (for_ns == 0 || watch->frames == 0 || frame->mono_ns - watch->first_ns <= for_ns)
        return take_frame(watch, frame, &(struct finding_input){.frame = frame, .ring = ring});
    frame_release(frame);
    return -ENODATA;
}

static int run_log(struct finding_watch *watch)
{
    struct log_frames reading = {.headless = &watch->headless,
                                 .options = watch->headless.options,
                                 .take = take_log_frame,
                                 .data = watch};
    confine_log_reader(&(struct confinement){0});
    const int error = log_frames_read(&reading);

    if (reading.fault[0])
        message("%s", reading.fault);
    return error;
}

int finding_watch_run(struct finding_watch *watch, int failed)
{
    watch->engine = finding_engine_new(&watch->settings);
    if (!watch->engine || headless_take_signals(&watch->headless)) {
        message("cannot start: %s", error_text(watch->engine ? errno : ENOMEM));
        return failed;
    }
    const int error = watch->headless.options->from ? run_log(watch) : run_live(watch);
    return error && watch->frames == 0 ? failed : watch->report(watch->data);
}

void finding_watch_done(struct finding_watch *watch)
{
    frame_release(watch->frame);
    finding_engine_free(watch->engine);
    headless_done(&watch->headless);
}
