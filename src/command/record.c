/* tcplens record: a session log without a screen, until a signal comes or the time is over. */
#include "session/record.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/replace_file.h"
#include "command/clock_questions.h"
#include "command/commands.h"
#include "command/filter_read.h"
#include "command/finding_options.h"
#include "command/headless.h"
#include "command/log_path.h"
#include "command/metrics_output.h"
#include "command/open_hosts.h"
#include "command/record_hosts.h"
#include "core/text/text.h"
#include "options/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct record_run {
    struct headless headless;
    struct finding_settings settings;
    struct recorder *recorder; /* NULL: --no-log */
    int consumer;
    struct metrics_output metrics;
    char path[PATH_MAX];
    struct clock_questions questions; /* from the reader of standard output */
    struct log_stats said;            /* errors and incidents reported on stderr */
};

static struct frame *latest(void *data)
{
    return collector_latest(data);
}

static int say(int code, const char *why)
{
    message("%s", why);
    return code;
}

static int open_recorder(struct record_run *run)
{
    const struct options *options = run->headless.options;
    struct collector *collector = run->headless.collector;
    struct log_settings settings = {0};
    char why[LOG_PATH_WHY_MAX + NAME_MAX] = "";

    if (options->output_file)
        snprintf(run->path, sizeof(run->path), "%s", options->output_file);
    else if (log_path_default(run->path, sizeof(run->path), why))
        return say(EXIT_FAILED, why);
    log_settings_fill(&settings, options, run->path);
    if (!filter_is_empty(run->headless.filter)) {
        settings.view.accept = filter_accepts;
        settings.view.accept_data = run->headless.filter;
    }
    run->consumer = collector_add_consumer(collector);
    if (run->consumer < 0)
        return say(EXIT_FAILED, error_text(run->consumer));
    const struct record_source source = {.latest = latest,
                                         .data = collector,
                                         .ring = collector_events(collector),
                                         .descriptor = run->consumer};
    return recorder_new(&run->recorder, &settings, &source, why, sizeof(why))
               ? say(EXIT_FAILED, why)
               : -1;
}

/* Each error once: a full disk is not reported every second. */
static void say_trouble(struct record_run *run)
{
    struct log_stats stats;

    if (!run->recorder)
        return;
    recorder_stats(run->recorder, &stats);
    if (stats.incidents != run->said.incidents)
        message("record: %s", stats.incident);
    if (strcmp(stats.trouble, run->said.trouble) != 0 && stats.trouble[0])
        message("record: %s: continues when it can", stats.trouble);
    else if (strcmp(stats.trouble, run->said.trouble) != 0)
        message("record: writing again");
    run->said = stats;
}

static void say_end(const struct record_run *run, const struct log_stats *stats)
{
    char bytes[16], missed[80] = "";

    text_bytes(bytes, sizeof(bytes), stats->bytes, 9.95, "");
    if (stats->missed_frames || stats->missed_events)
        snprintf(missed, sizeof(missed), "; missed %" PRIu64 " frames, %s%" PRIu64 " events",
                 stats->missed_frames, stats->at_most ? "at most " : "", stats->missed_events);
    message("record: %" PRIu64 " frames, %" PRIu64 " events, %s in %s%s%s%s%s", stats->frames,
            stats->events, bytes, strcmp(run->path, "-") ? run->path : "standard output",
            stats->files > 1 ? " and what was rotated" : "", missed,
            stats->trouble[0] ? "; at the end: " : "", stats->trouble);
}

/* A daemon has no terminal: for it SIGHUP means that its log was renamed. */
static bool has_terminal(void)
{
    int terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (terminal >= 0)
        close(terminal);
    return terminal >= 0;
}

static void reopen(struct record_run *run)
{
    if (run->recorder)
        recorder_reopen(run->recorder);
}

/* True: the reader closed its end. */
static bool take_questions(struct record_run *run)
{
    struct pollfd polled = {run->questions.descriptor, POLLIN, 0};
    uint64_t id;

    if (polled.fd < 0 || poll(&polled, 1, 0) <= 0)
        return false;
    const int64_t now_ns = clock_mono_ns() + clock_wall_offset_ns();
    const enum clock_news news = clock_questions_take(&run->questions, &id);
    if (news == CLOCK_QUESTION)
        recorder_answer_clock(run->recorder, id, now_ns);
    return news == CLOCK_END;
}

static int watch(struct record_run *run)
{
    struct headless *headless = &run->headless;
    const int end = run->recorder ? recorder_end_descriptor(run->recorder) : -1;
    bool terminal = has_terminal();

    while (!headless_is_over(headless) && !(run->recorder && recorder_ended(run->recorder))) {
        const int descriptors[] = {end, run->questions.descriptor};
        headless_wait(headless, descriptors, 2, HEADLESS_CHECK_MS);
        if (take_questions(run))
            return SIGTERM;
        int signal = headless_signal(headless);
        if (signal == SIGHUP && !terminal)
            reopen(run);
        else if (signal)
            return signal;
        say_trouble(run);
        headless_report_trouble(headless);
        metrics_output_tick(&run->metrics, headless->collector, false);
    }
    return 0;
}

/* 0 if every frame is in the log. */
static int exit_code(const struct log_stats *stats, bool ended, bool reader_left)
{
    if (reader_left)
        return EXIT_DONE;
    if (!stats->frames && !stats->missed_frames)
        return EXIT_FAILED;
    const bool whole = ended && !stats->missed_frames && !stats->missed_events;
    return whole && !stats->trouble[0] ? EXIT_DONE : EXIT_PARTLY;
}

/* A disk may be slow; a second signal ends the wait. */
static bool join_recorder(struct record_run *run)
{
    struct pollfd polled[] = {{recorder_end_descriptor(run->recorder), POLLIN, 0},
                              {run->headless.signals, POLLIN, 0}};

    (void)poll(polled, 2, HEADLESS_LAST_FRAME_END_NS / MILLISECOND_NS);
    return recorder_join(run->recorder, HEADLESS_END_NS);
}

/* The exit code for the log; *ended: whether it was completed. */
static int end_log(struct record_run *run, bool *ended)
{
    struct log_stats stats;

    recorder_ask_stop(run->recorder);
    *ended = join_recorder(run) && *ended;
    say_trouble(run);
    recorder_stats(run->recorder, &stats);
    say_end(run, &stats);
    if (!*ended) /* stuck in a pipe that is not read, or in a dump */
        message("record: the end could not be written in time");
    return exit_code(&stats, *ended, recorder_ended(run->recorder));
}

/* The exit code, given that of the log. Without a log, that of the metrics alone. */
static int end_metrics(struct record_run *run, int code)
{
    metrics_output_tick(&run->metrics, run->headless.collector, true);
    if (!run->metrics.metrics || code != EXIT_DONE)
        return code;
    if (run->metrics.trouble)
        return EXIT_PARTLY;
    if (run->metrics.written)
        return EXIT_DONE;
    message("record: ended before the first frame: %s is not written",
            run->headless.options->metrics_file);
    return run->recorder ? EXIT_PARTLY : EXIT_FAILED;
}

static int run_record(struct record_run *run)
{
    struct headless *headless = &run->headless;
    int error = run->recorder ? recorder_start(run->recorder) : 0;

    if (!error)
        error = collector_start(headless->collector);
    if (error)
        return say(EXIT_FAILED, error_text(error));
    if (run->recorder && strcmp(run->path, "-") == 0)
        clock_questions_begin(&run->questions, STDIN_FILENO);
    int signal = watch(run);
    clock_questions_done(&run->questions);
    collector_ask_stop(headless->collector);
    bool ended = collector_join(headless->collector, HEADLESS_LAST_FRAME_END_NS);
    int code = run->recorder ? end_log(run, &ended) : EXIT_DONE;
    code = headless_exit_code(signal, end_metrics(run, code));
    if (!ended)
        exit_without_threads(code);
    return code;
}

/* Metrics cover all connections, whatever the filter of the log. */
static int begin_metrics(struct record_run *run)
{
    const char *path = run->headless.options->metrics_file;
    const char *fault = path ? replace_file_fault(path) : NULL;

    if (fault) {
        message("record: --metrics %s: %s", path, fault);
        return EXIT_FAILED;
    }
    if (!path)
        return -1;
    if (metrics_output_begin(&run->metrics, run->headless.options))
        return say(EXIT_FAILED, error_text(-ENOMEM));
    run->headless.metrics = run->metrics.metrics;
    return -1;
}

int cmd_record(const struct options *options)
{
    if (options_have_hosts(options))
        return record_hosts(options);
    struct record_run run = {.headless = {.options = options, .signals = -1, .last_frame = true},
                             .questions = {.descriptor = -1, .scratch = {-1, -1}},
                             .consumer = -1};
    uint32_t needs = NEED_OWNER | NEED_PROCESS | NEED_GROUP | NEED_HOST_FACTS |
                     (options->detail ? NEED_DETAIL : 0);
    int code = filter_read(&run.headless.filter, options->filter, 0);

    if (code < 0 && finding_options_read(options, &run.settings))
        code = EXIT_USAGE;
    if (finding_options_any(&run.settings))
        run.headless.findings = &run.settings;
    if (code < 0 && filter_needs_kernel(run.headless.filter))
        code = say(EXIT_USAGE,
                   "filter: only the kernel can test autobound: it works in list and close");
    if (code < 0 && headless_take_signals(&run.headless))
        code = say(EXIT_FAILED, error_text(errno));
    if (code < 0)
        code = begin_metrics(&run);
    if (code < 0)
        code = headless_open_collector(&run.headless, needs | filter_needs(run.headless.filter));
    if (code < 0 && !options->no_log)
        code = open_recorder(&run);
    if (code < 0)
        code = run_record(&run);
    recorder_free(run.recorder);
    if (run.consumer >= 0)
        collector_forget_consumer(run.headless.collector, run.consumer);
    headless_done(&run.headless);
    metrics_output_done(&run.metrics);
    return code;
}
