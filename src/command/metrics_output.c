/* The file of metrics: when it is written, and errors of writing it. */
#include "command/metrics_output.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/replace_file.h"
#include "options/output.h"

#include <errno.h>
#include <sys/stat.h>

static const mode_t READ_BY_ALL = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH; /* node_exporter's user */

int metrics_output_begin(struct metrics_output *output, const struct options *options)
{
    const struct metrics_settings settings = {
        .peers = options->metrics_peers, .version = TCPLENS_VERSION, .start_ns = clock_wall_ns()};

    output->options = options;
    output->metrics = metrics_new(&settings);
    return output->metrics ? 0 : -ENOMEM;
}

static int write_file(struct metrics_output *output, struct collector *collector)
{
    struct frame *frame = collector_latest(collector);

    buffer_clear(&output->text);
    if (!frame)
        return 0; /* nothing is known yet */
    metrics_write(output->metrics, frame,
                  output->options->openmetrics ? METRICS_OPENMETRICS : METRICS_PROMETHEUS,
                  &output->text);
    frame_release(frame);
    if (output->text.failed)
        return -ENOMEM;
    const int error = replace_file(output->options->metrics_file, READ_BY_ALL, false,
                                   output->text.data, output->text.length);
    output->written |= !error;
    return error;
}

void metrics_output_tick(struct metrics_output *output, struct collector *collector, bool now)
{
    const int64_t time_ns = clock_mono_ns();

    if (!output->metrics || (!now && time_ns < output->next_ns))
        return;
    output->next_ns = time_ns + output->options->metrics_interval_ns;
    const int error = write_file(output, collector);
    if (error && error != output->trouble)
        message("%s: %s: the metrics in it are old until it can be written",
                output->options->metrics_file, error_text(error));
    else if (!error && output->trouble)
        message("%s: written again", output->options->metrics_file);
    output->trouble = error;
}

void metrics_output_done(struct metrics_output *output)
{
    metrics_free(output->metrics);
    buffer_done(&output->text);
}
