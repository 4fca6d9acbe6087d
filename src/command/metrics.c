/* tcplens metrics: one reading after a few seconds, or rules and documents from the table of
 * metrics. */
#include "base/clock.h"
#include "base/error.h"
#include "command/commands.h"
#include "command/finding_options.h"
#include "command/metrics_output.h"
#include "command/open_hosts.h"
#include "options/output.h"

#include <errno.h>
#include <unistd.h>

#define WATCH_NS (3 * SECOND_NS) /* where --for is not given: findings need some frames */

struct reading {
    struct headless headless;
    struct finding_settings findings;
    struct metrics_output output;
    struct buffer out;
};

static int print(struct reading *reading)
{
    struct frame *frame = collector_latest(reading->headless.collector);

    if (!frame) {
        message("no frame could be read");
        return EXIT_FAILED;
    }
    metrics_write(reading->output.metrics, frame,
                  reading->headless.options->openmetrics ? METRICS_OPENMETRICS : METRICS_PROMETHEUS,
                  &reading->out);
    frame_release(frame);
    return output_exit_code(output_flush(&reading->out));
}

static int watch_live(struct reading *reading)
{
    struct headless *headless = &reading->headless;
    int signal = 0;
    const int error = collector_start(headless->collector);

    if (error) {
        message("cannot start: %s", error_text(error));
        return EXIT_FAILED;
    }
    while (!signal && !headless_is_over(headless)) {
        headless_wait(headless, NULL, 0, HEADLESS_CHECK_MS);
        headless_report_trouble(headless);
        signal = headless_signal(headless);
    }
    collector_ask_stop(headless->collector);
    if (!collector_join(headless->collector, HEADLESS_END_NS))
        /* stopped in the middle of a long frame */
        exit_without_threads(signal ? 128 + signal : print(reading));
    return signal ? headless_exit_code(signal, EXIT_DONE) : EXIT_DONE;
}

/* The demo has its own clock: no need to wait. */
static int watch_demo(struct reading *reading)
{
    int64_t first_ns = 0, last_ns = 0;

    do {
        struct frame *frame;
        const int error = collector_step(reading->headless.collector, &frame);
        if (error) {
            message("%s", error_text(error));
            return EXIT_FAILED;
        }
        last_ns = frame->mono_ns;
        first_ns = first_ns ? first_ns : last_ns;
        frame_release(frame);
    } while (last_ns - first_ns < reading->headless.window_ns &&
             !headless_signal(&reading->headless));
    return EXIT_DONE;
}

static int read_and_print(struct reading *reading)
{
    struct headless *headless = &reading->headless;

    if (finding_options_read(headless->options, &reading->findings))
        return EXIT_USAGE;
    if (headless_take_signals(headless) ||
        metrics_output_begin(&reading->output, headless->options)) {
        message("%s", error_text(errno));
        return EXIT_FAILED;
    }
    if (finding_options_any(&reading->findings))
        headless->findings = &reading->findings;
    headless->metrics = reading->output.metrics;
    int code =
        headless_open_collector(headless, NEED_OWNER | NEED_PROCESS | NEED_GROUP | NEED_HOST_FACTS);
    if (code < 0)
        code = headless->options->demo ? watch_demo(reading) : watch_live(reading);
    return code == EXIT_DONE ? print(reading) : code;
}

static int print_document(struct reading *reading, void (*write)(struct buffer *out))
{
    write(&reading->out);
    return output_exit_code(output_flush(&reading->out));
}

int cmd_metrics(const struct options *options)
{
    struct reading reading = {
        .headless = {.options = options, .signals = -1, .usual_ns = WATCH_NS}};
    int code;

    buffer_init(&reading.out);
    if (options->rules)
        code = print_document(&reading, metrics_rules);
    else if (options->dashboard)
        code = print_document(&reading, metrics_dashboard);
    else if (options->describe)
        code = print_document(&reading, metrics_describe);
    else
        code = read_and_print(&reading);
    headless_done(&reading.headless);
    metrics_output_done(&reading.output);
    buffer_done(&reading.out);
    return code;
}
