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
#include <stdio.h>
#include <string.h>

struct summary_run {
    struct headless headless;
    struct summary summary;
    const struct log_frames *reading;
    int64_t start_ns; /* of the recording at work */
    struct finding_engine *engine;
    struct event_ring *ring;   /* of all parts of a log */
    char fault[LOG_FAULT_MAX]; /* the first of its parts */
    struct buffer from;        /* "--from FILE", for each, as a shell takes it */
    uint32_t parts;            /* of the log, that were read */
    struct buffer out;
    struct summary total; /* of several logs: counts only */
    uint32_t logs;        /* logs in `total` */
    int signal;           /* that stopped the reading; 0 = none */
};

static int take_frame(void *data, struct frame *frame, struct event_ring *ring)
{
    struct summary_run *run = data;
    const struct finding_input input = {.frame = frame, .ring = ring};
    if (run->reading->start_ns != run->start_ns)
        summary_begin_recording(&run->summary);
    run->start_ns = run->reading->start_ns;
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

static int print(struct summary_run *run, const char *path)
{
    struct summary_report report = {.path = path,
                                    .parts = run->parts,
                                    .summary = &run->summary,
                                    .checks = finding_engine_checks(run->engine),
                                    .fault = run->fault};

    buffer_char(&run->from, '\0');
    report.from = run->from.failed ? "" : run->from.data;
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

/* A word of a shell, in quotes where it needs them. */
static void put_word(struct buffer *out, const char *word)
{
    static const char PLAIN[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";

    if (word[0] && !word[strspn(word, PLAIN)]) {
        buffer_text(out, word);
        return;
    }
    buffer_char(out, '\'');
    for (const char *at = word; *at; at++)
        buffer_printf(out, *at == '\'' ? "'\\''" : "%c", *at);
    buffer_char(out, '\'');
}

/* Each part in a line of its own. */
static void put_part(struct summary_run *run, const char *name)
{
    buffer_text(&run->from, run->parts++ ? " \\\n    --from " : "--from ");
    put_word(&run->from, name);
}

/* Of a log, or of a part of one, named by the options. -1, or the exit code. */
static int read_part(struct summary_run *run, const struct options *options, bool more_follow)
{
    struct log_frames reading = {.headless = &run->headless,
                                 .options = options,
                                 .take = take_frame,
                                 .take_rest = take_rest,
                                 .data = run,
                                 .ring = run->ring,
                                 .more_follow = more_follow};
    run->reading = &reading;
    const int error = log_frames_read(&reading);

    run->signal = reading.signal;
    if (error)
        return EXIT_FAILED;
    if (reading.signal && !reading.is_pipe)
        return 128 + reading.signal;
    if (reading.fault[0])
        message("%s", reading.fault);
    if (reading.fault[0] && !run->fault[0])
        snprintf(run->fault, sizeof(run->fault), "%s", fault_alone(&reading));
    put_part(run, log_source_name(options));
    return -1;
}

/* What was read of the log, whose last part is at `path`. */
static int sum_up(struct summary_run *run, const char *path)
{
    if (run->summary.frames == 0 && run->summary.opened + run->summary.closed == 0) {
        message("%s: it has no frame and no event", path);
        return EXIT_FAILED;
    }
    add_to_total(&run->total, &run->summary);
    run->logs++;
    const int code = print(run, path);
    const bool partly = code == EXIT_DONE && run->fault[0];
    return headless_exit_code(run->signal, partly ? EXIT_PARTLY : code);
}

static int begin_log(struct summary_run *run, const struct finding_settings *settings)
{
    finding_engine_free(run->engine);
    event_ring_free(run->ring);
    summary_done(&run->summary);
    summary_init(&run->summary);
    buffer_clear(&run->from);
    run->fault[0] = '\0';
    run->parts = 0;
    run->engine = finding_engine_new(settings);
    run->ring = event_ring_new(EVENT_RING_DEFAULT);
    if (run->engine && run->ring)
        return -1;
    message("%s", error_text(-ENOMEM));
    return EXIT_FAILED;
}

static int summarize(struct summary_run *run)
{
    const struct options *options = run->headless.options;
    const int code = read_part(run, options, false);

    return code < 0 ? sum_up(run, log_source_name(options)) : code;
}

/* Reads part i; behind the last part of a log prints its summary. */
static int summarize_path(struct summary_run *run, const struct finding_settings *settings,
                          const struct log_paths *paths, uint32_t i)
{
    const struct log_path *path = &paths->list[i];
    const bool is_first = i == 0 || path[-1].part_of != path->part_of;
    const bool is_last = i + 1 == paths->count || path[1].part_of != path->part_of;
    const bool is_json = run->headless.options->output == OUTPUT_JSON;
    const struct options one = {
        .command = RUN_SUMMARY, .output = run->headless.options->output, .file = path->path};
    int code = is_first ? begin_log(run, settings) : run->engine && run->ring ? -1 : EXIT_FAILED;

    if (code < 0)
        code = read_part(run, &one, i + 1 < paths->count);
    if (!is_last || run->signal || run->parts == 0)
        return code < 0 ? EXIT_DONE : code;
    if (path->part_of > 1 && !is_json)
        buffer_char(&run->out, '\n');
    const int summed = sum_up(run, path->path);
    return code < 0 ? summed : code;
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
        const int code = summarize_path(run, settings, &paths, i);
        worst = code != EXIT_DONE && !run->signal ? EXIT_PARTLY : run->signal ? code : worst;
    }
    const bool is_one = paths.logs == 1 && paths.count > 1; /* of several parts */
    log_paths_done(&paths);
    if (run->logs == 0)
        return run->signal ? worst : EXIT_FAILED;
    const int code = run->signal || is_one ? EXIT_DONE : print_total(run);
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
    buffer_init(&run.from);
    if (finding_options_read(options, &settings) == 0 && begin_log(&run, &settings) < 0) {
        if (headless_take_signals(&run.headless))
            message("cannot start: %s", error_text(errno));
        else
            code = options_have_logs(options) ? summarize_each(&run, &settings) : summarize(&run);
    }
    finding_engine_free(run.engine);
    event_ring_free(run.ring);
    buffer_done(&run.from);
    summary_done(&run.summary);
    buffer_done(&run.out);
    headless_done(&run.headless);
    return code;
}
