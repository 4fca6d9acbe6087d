/* tcplens summary: what a session log amounts to, on one screen, or as one object of JSON. */
#include "base/error.h"
#include "command/commands.h"
#include "command/finding_options.h"
#include "command/log_frames.h"
#include "command/log_source.h"
#include "command/summary_text.h"
#include "options/output.h"

#include <errno.h>
#include <string.h>

struct summary_run {
    struct headless headless;
    struct summary summary;
    struct finding_engine *engine;
    struct buffer out;
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

/* Without the name of the log, which stands beside it. */
static const char *fault_alone(const struct log_frames *reading)
{
    const char *name = log_source_name(reading->options);
    const size_t length = strlen(name);

    return strncmp(reading->fault, name, length) == 0 && reading->fault[length] == ':'
               ? reading->fault + length + 2
               : reading->fault;
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

static int summarize(struct summary_run *run)
{
    struct log_frames reading = {.headless = &run->headless,
                                 .options = run->headless.options,
                                 .take = take_frame,
                                 .take_rest = take_rest,
                                 .data = run};
    const int error = log_frames_read(&reading);

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
    const int code = print(run, &reading);
    const bool partly = code == EXIT_DONE && reading.fault[0];
    return headless_exit_code(reading.signal, partly ? EXIT_PARTLY : code);
}

int cmd_summary(const struct options *options)
{
    struct summary_run run = {.headless = {.options = options, .signals = -1}};
    struct finding_settings settings;
    int code = EXIT_FAILED;

    buffer_init(&run.out);
    summary_init(&run.summary);
    if (finding_options_read(options, &settings) == 0)
        run.engine = finding_engine_new(&settings);
    if (!run.engine || headless_take_signals(&run.headless))
        message("cannot start: %s", error_text(run.engine ? errno : ENOMEM));
    else
        code = summarize(&run);
    finding_engine_free(run.engine);
    summary_done(&run.summary);
    buffer_done(&run.out);
    headless_done(&run.headless);
    return code;
}
