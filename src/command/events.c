/* tcplens events: opens, transitions, closes and findings as they happen, or from a log; as text,
 * JSON or CSV, in whole lines. */
#include "base/error.h"
#include "base/wake.h"
#include "command/commands.h"
#include "command/event_csv.h"
#include "command/event_findings.h"
#include "command/event_text.h"
#include "command/filter_read.h"
#include "command/finding_options.h"
#include "command/headless.h"
#include "command/log_source.h"
#include "command/log_when.h"
#include "command/open_hosts.h"
#include "command/open_source.h"
#include "core/event_match.h"
#include "core/json/json.h"
#include "options/output.h"
#include "source/confine.h"
#include "source/fleet/logs.h"
#include "source/log/replay.h"
#include "source/privilege.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BATCH 256u

struct events_run {
    struct headless headless;
    struct buffer out, json; /* json: of a line of CSV */
    struct frame *frame;
    struct filter *when; /* NULL = not given */
    struct event_match match;
    struct event_places places;
    struct finding_settings settings;
    struct event_findings findings;
    struct event_ring *ring;
    uint64_t cursor;
    uint64_t lines;      /* printed */
    bool outside;        /* --at is outside the log; reported */
    int signal;          /* received while a log was read; 0 = none */
    int64_t end_mono_ns; /* of a log: later events are not printed */
};

/* --- output --- */

static bool accepts(struct events_run *run, const struct event *event)
{
    const struct filter *filter = run->headless.filter;
    const struct column_context context = {.frame = run->frame};

    return event_match_accepts(&run->match, filter_is_empty(filter) ? NULL : filter_accepts, filter,
                               &context, event);
}

static bool is_wished(const struct options *options, const struct event *event)
{
    uint8_t family = event->tuple.family == FAMILY_INET6 ? WISH_INET6 : WISH_INET;
    uint32_t states = STATE_BIT(event->from) | STATE_BIT(event->to);

    if (!event_is_of_connection(event))
        return true;
    states &= ~(STATE_BIT(STATE_NONE) | STATE_BIT(STATE_DELETE_TCB));
    /* A destroy message of an unseen connection does not say which state it left. */
    return (options->families & family) && (!states || (state_class_bits(options->class) & states));
}

static void print_event(struct events_run *run, const struct event *event)
{
    struct event_place place;
    const uint64_t seq = ++run->lines;

    switch (run->headless.options->output) {
    case OUTPUT_JSON:
        place = event_places_find(&run->places, run->frame, event);
        json_event(&run->out, seq, event, &place);
        buffer_char(&run->out, '\n');
        return;
    case OUTPUT_CSV:
        place = event_places_find(&run->places, run->frame, event);
        buffer_clear(&run->json);
        json_event(&run->json, seq, event, &place);
        event_csv_line(&run->out, run->json.data, run->json.length);
        return;
    case OUTPUT_TABLE:
        event_text_line(&run->out, event, run->frame, output_is_ascii());
        return;
    }
}

/* Of a log nothing is overwritten before it was read, unless memory for it was refused. */
static void print_lost(struct events_run *run, uint64_t lost, const struct event *next)
{
    const bool is_log = run->headless.options->from != NULL;
    struct event event = {.kind = EVENT_LOST, .wall_ns = next->wall_ns, .lost = lost};

    snprintf(event.text, sizeof(event.text), "%s",
             is_log ? "memory was refused" : "read too slowly");
    print_event(run, &event);
}

/* Prints the ring's events up to `until`. 0 or -errno of the output. */
static int print_ring(struct events_run *run, uint64_t until)
{
    struct event events[BATCH];

    while (run->cursor < until) {
        uint64_t lost = 0;
        uint32_t got = event_ring_read(run->ring, &run->cursor, events, BATCH, &lost);
        if (got && lost)
            print_lost(run, lost, &events[0]);
        for (uint32_t i = 0; i < got; i++) {
            if (events[i].mono_ns < run->end_mono_ns &&
                is_wished(run->headless.options, &events[i]) && accepts(run, &events[i]))
                print_event(run, &events[i]);
        }
        int error = output_flush_some(&run->out);
        if (error)
            return error;
        if (!got)
            break;
    }
    return output_flush(&run->out);
}

static void take_frame(struct events_run *run, struct frame *frame)
{
    frame_release(run->frame);
    run->frame = frame;
}

static bool finds(const struct events_run *run)
{
    return finding_options_any(&run->settings);
}

/* --- live --- */

/* Findings of a new frame. */
static int print_found(struct events_run *run, uint64_t seen)
{
    if (!run->frame || run->frame->number == seen)
        return 0;
    const int error = event_findings_take(&run->findings, run->frame, false, &run->out);
    return error ? error : output_flush(&run->out);
}

/* New events and findings. */
static int print_new(struct events_run *run)
{
    const uint64_t seen = run->frame ? run->frame->number : 0;

    take_frame(run, collector_latest(run->headless.collector));
    const int error = print_ring(run, event_ring_next(run->ring));
    return error ? error : print_found(run, seen);
}

/* Nothing was printed, and nothing is known to have happened. */
static int no_frame(void)
{
    message("no frame was finished in that time: look for longer, with --for");
    return EXIT_FAILED;
}

static int run_live(struct events_run *run)
{
    struct headless *headless = &run->headless;
    int consumer = collector_add_event_consumer(headless->collector);
    int signal = 0, error = consumer < 0 ? consumer : collector_start(headless->collector);

    if (error) {
        message("cannot start: %s", error_text(error));
        return EXIT_FAILED;
    }
    run->ring = collector_events(headless->collector);
    run->cursor = event_ring_next(run->ring);
    while (!error && !signal && !headless_is_over(headless)) {
        headless_wait(headless, &consumer, 1, HEADLESS_CHECK_MS);
        headless_report_trouble(headless);
        wake_drain(consumer);
        error = print_new(run);
        signal = headless_signal(headless);
    }
    collector_ask_stop(headless->collector);
    const bool ended = collector_join(headless->collector, HEADLESS_LAST_FRAME_END_NS);
    if (ended && !error)
        error = print_new(run);
    if (error == -EINTR) /* the output was not read */
        signal = headless_signal(headless);
    int code = error == -EINTR ? 128 + signal : headless_exit_code(signal, output_exit_code(error));
    if (!run->frame && code == EXIT_DONE && !signal)
        code = no_frame();
    if (!ended)
        exit_without_threads(code);
    return code;
}

static int events_live(struct events_run *run)
{
    uint32_t needs = NEED_OWNER | filter_needs(run->headless.filter);

    run->headless.findings = finds(run) ? &run->settings : NULL;
    int code = headless_open_collector(&run->headless, needs);
    return code >= 0 ? code : run_live(run);
}

/* --- from a log --- */

/* Goes to --at. -1: go on; else the exit code. */
static int seek_at(struct events_run *run, struct source *source, int64_t *from_ns)
{
    char why[OPEN_SOURCE_WHY_MAX] = "";

    *from_ns = INT64_MIN;
    if (!run->headless.options->at)
        return -1;
    int error = open_source_seek(source, run->headless.options->at, from_ns, why);
    if (why[0])
        message("%s", why);
    run->outside = why[0] && !error;
    return !error ? -1 : error == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

static bool take_signal(void *data)
{
    struct events_run *run = data;

    if (!run->signal)
        run->signal = headless_signal(&run->headless);
    return run->signal != 0;
}

/* Goes to the frame that --when selects. -1: go on; else the exit code. */
static int seek_when(struct events_run *run, struct source *source, int64_t *from_ns)
{
    char why[OPEN_SOURCE_WHY_MAX];

    if (!run->when)
        return -1;
    const int error = log_when_seek(source, run->when, from_ns, why, sizeof(why));
    if (!error)
        return -1;
    if (error == -EINTR)
        return 128 + run->signal;
    message("%s", why);
    return error == -ENODATA ? EXIT_PARTLY : EXIT_FAILED;
}

/* True: findings are those of the log; else, as thresholds are given or the log has none, those of
 * an engine. */
static bool uses_lines(const struct events_run *run, const struct source *source)
{
    const struct options *options = run->headless.options;

    return !options_have_logs(options) && !options->sets.count && !options->only &&
           !options->skip && !options->redact && replay_has_findings(source);
}

static int print_lines(struct events_run *run, const struct source *source, bool silent)
{
    uint32_t count;
    const struct finding_step *steps = replay_findings(source, &count);

    return event_findings_take_lines(&run->findings, steps, count, run->frame, silent, &run->out);
}

static int print_frame_findings(struct events_run *run, struct source *source, bool silent)
{
    if (!finds(run))
        return 0;
    return uses_lines(run, source)
               ? print_lines(run, source, silent)
               : event_findings_look(&run->findings, run->frame, run->ring, silent, &run->out);
}

/* Findings that hold at the end of the log. */
static int print_rest(struct events_run *run, const struct source *source)
{
    if (!finds(run) || !run->frame)
        return 0;
    const int error = uses_lines(run, source)
                          ? print_lines(run, source, false)
                          : event_findings_stop(&run->findings, run->frame, &run->out);
    return error ? error : output_flush(&run->out);
}

/* Events of the frame that was read. 0, -ENODATA past the end of --for, or -errno of the output. */
static int print_frame(struct events_run *run, struct source *source, struct frame *frame,
                       int64_t from_ns)
{
    const int64_t for_ns = run->headless.options->for_ns;

    if (run->end_mono_ns == INT64_MAX && for_ns > 0)
        run->end_mono_ns = frame->mono_ns + for_ns;
    const bool over = frame->mono_ns >= run->end_mono_ns;
    const bool before = frame->wall_ns < from_ns;
    int error = 0;

    take_frame(run, frame);
    if (before)
        run->cursor = frame->next_event;
    else /* a frame past the end may have events from before it */
        error = print_ring(run, frame->next_event);
    if (!error)
        error = print_frame_findings(run, source, before || over);
    return error ? error : over ? -ENODATA : 0;
}

/* No frame: -EAGAIN (wait for more), -ENODATA, or -errno of the output. A log that contains only
 * events still puts them into the ring. */
static int print_frameless(struct events_run *run, struct source *source, int error)
{
    const int descriptor = log_source_descriptor(run->headless.options, source);
    int printed = print_ring(run, event_ring_next(run->ring));

    if (!printed && error == -ENODATA)
        printed = print_rest(run, source);
    if (!printed && error == -EAGAIN)
        headless_wait(&run->headless, &descriptor, 1, -1);
    return printed ? printed : error;
}

/* A pipe is followed until a signal comes. For a file a signal is an interruption, as it is where
 * the output is not read. */
static int signal_code(const struct events_run *run, const struct source *source, int error)
{
    const bool is_pipe = log_source_is_pipe(run->headless.options, source);

    return is_pipe && error != -EINTR ? headless_exit_code(run->signal, EXIT_DONE)
                                      : 128 + run->signal;
}

static int read_log(struct events_run *run, struct source *source, struct frame_pool *pool,
                    int64_t from_ns)
{
    const struct wish wish = {.state_bits = 0};
    int error = 0;

    while (!error || error == -EAGAIN) {
        struct frame *frame = frame_new(pool);
        error = frame ? source_next(source, frame, &wish) : -ENOMEM;
        if (!error) {
            error = print_frame(run, source, frame, from_ns);
        } else {
            if (error != -EAGAIN && error != -ENODATA && error != -EINTR) {
                message("%s: %s", run->headless.options->from,
                        frame ? frame->missing.text : error_text(error));
                frame_release(frame);
                return EXIT_FAILED;
            }
            frame_release(frame);
            error = error == -EINTR ? -EAGAIN : print_frameless(run, source, error);
        }
        if (take_signal(run))
            return signal_code(run, source, error);
    }
    return error == -ENODATA ? EXIT_DONE : error;
}

/* Reports what is damaged in the log. False: nothing. */
static bool say_fault(const struct events_run *run, struct source *source)
{
    const char *fault = log_source_fault(run->headless.options, source);

    if (fault[0])
        message("%s", fault);
    return fault[0] != '\0';
}

static int events_from(struct events_run *run)
{
    const struct options *options = run->headless.options;
    const char *from = options->from;
    struct source *source = NULL;
    char why[OPEN_SOURCE_WHY_MAX] = "";
    int64_t from_ns;
    int code, error;

    confine_log_reader(&(struct confinement){0});
    error = log_source_open(&source, options, why, sizeof(why));
    if (error) {
        message("%s", why);
        return EXIT_FAILED;
    }
    privilege_keep(0); /* everything is open */
    struct frame_pool *pool = frame_pool_new();
    run->ring = event_ring_new(EVENT_RING_DEFAULT);
    if (!pool || !run->ring) {
        code = output_exit_code(-ENOMEM);
        goto out;
    }
    if (!open_source_redact(source, options)) {
        code = output_exit_code(-ENOMEM);
        goto out;
    }
    log_source_set_ring(options, source, run->ring);
    log_source_set_interrupt(options, source, take_signal, run);
    code = seek_at(run, source, &from_ns);
    if (code < 0)
        code = seek_when(run, source, &from_ns);
    run->cursor = event_ring_next(run->ring);
    if (code < 0)
        code = read_log(run, source, pool, from_ns);
    if (code < 0)
        code = output_exit_code(code);
    if (code == EXIT_DONE && run->outside)
        code = EXIT_PARTLY;
    if (code != EXIT_FAILED && say_fault(run, source)) {
        code = code == EXIT_DONE ? EXIT_PARTLY : code;
    } else if (code == EXIT_DONE && !run->signal && !run->frame &&
               event_ring_next(run->ring) == 1) {
        message("%s: it has no frame and no event", from);
        code = EXIT_FAILED;
    }
out:
    take_frame(run, NULL);
    source_close(source);
    event_ring_free(run->ring);
    if (pool)
        frame_pool_release(pool);
    return code;
}

int cmd_events(const struct options *options)
{
    struct events_run run = {.headless = {.options = options, .signals = -1, .last_frame = true},
                             .end_mono_ns = INT64_MAX};
    int code = filter_read(&run.headless.filter, options->filter, filter_machines(options));

    if (code < 0 && options->when)
        code = filter_read(&run.when, options->when, filter_machines(options));
    if (code < 0 && finding_options_read(options, &run.settings))
        code = EXIT_USAGE;
    run.findings = (struct event_findings){.options = options,
                                           .settings = &run.settings,
                                           .filter = run.headless.filter,
                                           .lines = &run.lines};
    if (code < 0 && event_findings_init(&run.findings))
        code = output_exit_code(-ENOMEM);
    if (code >= 0) {
        filter_free(run.when);
        filter_free(run.headless.filter);
        return code;
    }
    buffer_init(&run.out);
    buffer_init(&run.json);
    if (filter_needs_kernel(run.headless.filter) || (run.when && filter_needs_kernel(run.when))) {
        message("filter: only the kernel can test autobound: it works in list and close");
        code = EXIT_USAGE;
    } else if (headless_take_signals(&run.headless)) {
        message("%s", error_text(errno));
        code = EXIT_FAILED;
    } else {
        output_interrupt_by(run.headless.signals);
        if (options->output == OUTPUT_CSV)
            event_csv_header(&run.out);
        code = options->from ? events_from(&run) : events_live(&run);
    }
    take_frame(&run, NULL);
    event_match_done(&run.match);
    event_places_done(&run.places);
    event_findings_done(&run.findings);
    filter_free(run.when);
    buffer_done(&run.out);
    buffer_done(&run.json);
    output_interrupt_by(-1);
    headless_done(&run.headless);
    return code;
}
