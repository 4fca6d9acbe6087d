/* tcplens summary: summarizes a session log, on one screen, or as one object of JSON. */
#include "base/error.h"
#include "command/commands.h"
#include "command/finding_options.h"
#include "command/log_frames.h"
#include "command/log_source.h"
#include "command/summary_text.h"
#include "options/output.h"
#include "source/confine.h"
#include "source/fleet/log_paths.h"

#include <errno.h>
#include <string.h>

struct summary_run {
    struct headless headless;
    struct summary summary;
    struct finding_engine *engine;
    struct buffer out;
    struct summary total; /* of several logs: counts only */
    uint32_t logs;        /* logs in `total` */
    int signal;           /* that stopped the reading; 0 = none */
};

static int take_frame(void *data, struct frame *frame, struct event_ring *ring)
{
    struct summary_run *run = data;
    const struct finding_input input = {.frame = frame, .ring = ring};
    int error = summary_take(&run->summary, frame, ring);

    if (!error)
        error = finding_engine_update(run->engine, &input);
    frame_release(frame);
    if (error)
        message("%s", error_text(error));
    return error;
}

static int take_rest(void *data, struct event_ring *ring)
{
    return summary_take_rest(&((struct summary_run *)data)->summary, ring);
}

/* Without the name of the log, which is printed beside it. */
static const char *fault_alone(const struct log_frames *reading)
{
    const char *name = log_source_name(reading->options);
    const size_t length = strlen(name);

    return strncmp(reading->fault, name, length) == 0 && reading->fault[length] == ':'
               ? reading->fault + length + 2
               : reading->fault;
}

/* Adds one log to the total. */
static void add_to_total(struct summary *total, const struct summary *summary)
{
    if (summary->frames && (!total->first_ns || summary->first_ns < total->first_ns))
        total->first_ns = summary->first_ns;
    if (summary->last_ns > total->last_ns)
        total->last_ns = summary->last_ns;
    total->frames += summary->frames;
    total->frames_with_gaps += summary->frames_with_gaps;
    total->opened += summary->opened;
    total->changed += summary->changed;
    total->closed += summary->closed;
    total->lost += summary->lost;
    total->in_bytes += summary->in_bytes;
    total->out_bytes += summary->out_bytes;
    total->sent_bytes += summary->sent_bytes;
    total->retrans_bytes += summary->retrans_bytes;
}

static int print(struct summary_run *run, const struct log_frames *reading)
{
    struct summary_report report = {.path = log_source_name(reading->options),
                                    .summary = &run->summary,
                                    .checks = finding_engine_checks(run->engine),
                                    .fault = fault_alone(reading)};

    report.findings = finding_engine_list(run->engine, &report.finding_count);
    if (run->headless.options->output == OUTPUT_JSON) {
        summary_json(&run->out, &report);
        buffer_char(&run->out, '\n');
    } else {
        summary_text(&run->out, &report);
    }
    return output_exit_code(output_flush(&run->out));
}

static int print_total(struct summary_run *run)
{
    if (run->headless.options->output == OUTPUT_JSON)
        summary_total_json(&run->out, &run->total, run->logs);
    else
        summary_total_text(&run->out, &run->total, run->logs);
    return output_exit_code(output_flush(&run->out));
}

/* Summarizes one log, named by the options. */
static int summarize(struct summary_run *run, const struct options *options, bool more_follow)
{
    struct log_frames reading = {.headless = &run->headless,
                                 .options = options,
                                 .take = take_frame,
                                 .take_rest = take_rest,
                                 .data = run,
                                 .more_follow = more_follow};
    const int error = log_frames_read(&reading);

    run->signal = reading.signal;
    if (error)
        return EXIT_FAILED;
    if (reading.signal && !reading.is_pipe)
        return 128 + reading.signal;
    if (reading.fault[0])
        message("%s", reading.fault);
    if (run->summary.frames == 0 && run->summary.opened + run->summary.closed == 0) {
        message("%s: it has no frame and no event", log_source_name(reading.options));
        return EXIT_FAILED;
    }
    add_to_total(&run->total, &run->summary);
    run->logs++;
    const int code = print(run, &reading);
    const bool partly = code == EXIT_DONE && reading.fault[0];
    return headless_exit_code(reading.signal, partly ? EXIT_PARTLY : code);
}

static int begin_log(struct summary_run *run, const struct finding_settings *settings)
{
    finding_engine_free(run->engine);
    summary_done(&run->summary);
    summary_init(&run->summary);
    run->engine = finding_engine_new(settings);
    if (!run->engine)
        message("%s", error_text(-ENOMEM));
    return run->engine ? -1 : EXIT_FAILED;
}

/* A log that cannot be read does not stop the others. */
static int summarize_each(struct summary_run *run, const struct finding_settings *settings)
{
    const struct options *options = run->headless.options;
    struct log_paths paths;
    char why[LOG_FAULT_MAX];
    int worst = EXIT_DONE;

    if (log_paths_find(&paths, options->logs.texts, options->logs.count, why, sizeof(why))) {
        message("%s", why);
        log_paths_done(&paths);
        return EXIT_FAILED;
    }
    for (uint32_t i = 0; i < paths.count && !run->signal; i++) {
        const struct options one = {
            .command = options->command, .output = options->output, .file = paths.list[i].path};
        int code = begin_log(run, settings);
        if (code < 0 && i > 0 && options->output != OUTPUT_JSON)
            buffer_char(&run->out, '\n');
        if (code < 0)
            code = summarize(run, &one, i + 1 < paths.count);
        worst = code != EXIT_DONE && !run->signal ? EXIT_PARTLY : run->signal ? code : worst;
    }
    log_paths_done(&paths);
    if (run->logs == 0)
        return run->signal ? worst : EXIT_FAILED;
    const int code = run->signal ? EXIT_DONE : print_total(run);
    return code == EXIT_DONE ? worst : code;
}

int cmd_summary(const struct options *options)
{
    struct summary_run run = {.headless = {.options = options, .signals = -1}};
    struct finding_settings settings;
    int code = EXIT_FAILED;

    confine_log_reader(&(struct confinement){0});
    buffer_init(&run.out);
    summary_init(&run.summary);
    if (finding_options_read(options, &settings) == 0)
        run.engine = finding_engine_new(&settings);
    if (!run.engine || headless_take_signals(&run.headless))
        message("cannot start: %s", error_text(run.engine ? errno : ENOMEM));
    else
        code = options_have_logs(options) ? summarize_each(&run, &settings)
                                          : summarize(&run, options, false);
    finding_engine_free(run.engine);
    summary_done(&run.summary);
    buffer_done(&run.out);
    headless_done(&run.headless);
    return code;
}
