/* metrics_output: writes metrics to a file, replaced at an interval, in addition to a session log
 * or in place of it. */
#ifndef TCPLENS_COMMAND_METRICS_OUTPUT_H
#define TCPLENS_COMMAND_METRICS_OUTPUT_H

#include "command/headless.h"
#include "core/metrics/metrics.h"

struct metrics_output {
    const struct options *options;
    struct metrics *metrics; /* NULL: none are wanted */
    struct buffer text;
    int64_t next_ns; /* monotonic time of the next write */
    int trouble;     /* -errno of the last write, 0 = success */
    bool written;    /* at least once */
};

/* Begins to count; before the collector is made. 0 or -ENOMEM. */
int metrics_output_begin(struct metrics_output *output, const struct options *options);
/* Writes if it is due, or if `now`. An error is reported once, and its end. */
void metrics_output_tick(struct metrics_output *output, struct collector *collector, bool now);
void metrics_output_done(struct metrics_output *output); /* after the collector is gone */

#endif
