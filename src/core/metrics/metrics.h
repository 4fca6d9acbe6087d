/* metrics: counters over the life of a recorder and gauges of the last frame, in the text format of
 * Prometheus or OpenMetrics. Traffic is counted together with the accounts, each byte once,
 * including connections that ended between two frames: the sum over all label sets equals
 * frame.totals.
 *
 * The collector's thread counts (metrics_sink, then metrics_frame for each frame); any thread
 * writes, at its own time. Pure otherwise.
 *
 * Cardinality: a label set for each unit, container, role and port that carried or opened anything,
 * METRIC_SETS_MAX at most; a port in the range of ephemeral ports is "ephemeral"; never a pid, nor
 * a client's port. Peers only if requested, as many as requested. What does not fit is counted
 * under "other", and how often is a metric itself. */
#ifndef TCPLENS_CORE_METRICS_METRICS_H
#define TCPLENS_CORE_METRICS_METRICS_H

#include "base/arena.h"
#include "core/account.h"
#include "core/event.h"
#include "core/frame.h"

#include <stdint.h>

#define METRIC_SETS_MAX  512u
#define METRIC_PEERS_MAX 1000u

struct metrics;

struct metrics_settings {
    uint32_t peers;      /* peers with series of their own; METRIC_PEERS_MAX at most */
    const char *version; /* of tcplens; static */
    int64_t start_ns;    /* wall clock: when counting began */
};

struct metrics *metrics_new(const struct metrics_settings *settings); /* NULL: out of memory */
void metrics_free(struct metrics *metrics);

/* The sink for the accounts. */
struct account_sink metrics_sink(struct metrics *metrics);
/* To be called after the frame was tracked and before the next one is, whether or not it is
 * published: counts events since the last frame from the ring. If out of memory, readers see the
 * counters of an earlier frame. */
void metrics_frame(struct metrics *metrics, const struct frame *frame, struct event_ring *ring);

enum metrics_format { METRICS_PROMETHEUS, METRICS_OPENMETRICS };

/* One reading: counters as of the last metrics_frame, gauges of `frame` (NULL: none yet).
 * out->failed is set when out of memory. */
void metrics_write(struct metrics *metrics, const struct frame *frame, enum metrics_format format,
                   struct buffer *out);

/* --- made from the same tables --- */

void metrics_describe(struct buffer *out);  /* a table of all metrics in Markdown */
void metrics_rules(struct buffer *out);     /* alert rules of Prometheus, one for each detector */
void metrics_dashboard(struct buffer *out); /* of Grafana, JSON */

#endif
