/* The table of metrics: the source of readings, documents, rules and the dashboard. Internal to
 * core/metrics. */
#ifndef TCPLENS_CORE_METRICS_TABLE_H
#define TCPLENS_CORE_METRICS_TABLE_H

#include "core/metrics/metrics.h"

#include <stddef.h>

#define METRICS_PREFIX "tcplens_"

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM };

struct metric;
struct metrics_reading;

/* A reading being written. */
struct exposition {
    struct metrics *metrics;
    const struct metrics_reading *reading;
    const struct frame *frame; /* may be NULL */
    const struct metric *metric;
    struct buffer *out;
    unsigned labels; /* of the present sample */
};

struct metric {
    const char *name; /* without prefix and "_total" */
    enum metric_type type;
    const char *unit; /* "", "bytes" or "seconds": the name ends with it, as OpenMetrics wants */
    const char *help; /* without quotes and backslashes: the two formats escape them differently */
    const char *labels; /* "direction, unit", "" = none */
    void (*write)(struct exposition *to);
};
extern const struct metric METRICS[];
extern const size_t metric_count;

const char *metric_type_name(enum metric_type type);
const char *metric_suffix(const struct metric *metric); /* of its samples: "_total" or "" */

#endif
