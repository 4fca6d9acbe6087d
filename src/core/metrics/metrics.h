/* metrics: counters over the life of a recorder and gauges of the last frame, in the text format of
 * Prometheus or OpenMetrics. What connections carried is counted where the accounts count it, each
 * byte once, of those that ended between two frames too: the sum over all label sets is what
 * frame.totals say.
 *
 * The collector's thread counts (metrics_sink, then metrics_frame for each frame); any thread
 * writes, at its own time. Pure otherwise.
 *
 * Cardinality: a label set for each unit, container, role and port that carried or opened anything,
 * METRIC_SETS_MAX at most; a port in the range of ephemeral ports is "ephemeral"; never a pid, nor
 * a client's port. Peers only where they are wanted, so many as are wanted. What does not fit is
 * counted under "other", and how much that was is a series. */
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
    uint32_t peers;      /* so many peers have series of their own; METRIC_PEERS_MAX at most */
    const char *version; /* of tcplens; static */
    int64_t start_ns;    /* wall clock: since when counters count */
};

struct metrics *metrics_new(const struct metrics_settings *settings); /* NULL: out of memory */
void metrics_free(struct metrics *metrics);

/* For the accounts that feed it. */
struct account_sink metrics_sink(struct metrics *metrics);
/* After the frame was tracked, before the next one is, whatever becomes of it: counts what happened
 * since the frame before, as the ring reports it. Without memory readers see the counters of an
 * earlier frame until there is some. */
void metrics_frame(struct metrics *metrics, const struct frame *frame, struct event_ring *ring);

enum metrics_format { METRICS_PROMETHEUS, METRICS_OPENMETRICS };

/* One reading: counters as of the last metrics_frame, gauges of `frame` (NULL: there are none yet).
 * out->failed says whether there was memory for it. */
void metrics_write(struct metrics *metrics, const struct frame *frame, enum metrics_format format,
                   struct buffer *out);
/* Lines of samples in the last reading. */
uint32_t metrics_series(struct metrics *metrics);

/* --- made of the same tables --- */

void metrics_describe(struct buffer *out);  /* a table of all metrics in Markdown */
void metrics_rules(struct buffer *out);     /* alert rules of Prometheus, one for each detector */
void metrics_dashboard(struct buffer *out); /* of Grafana, JSON */

#endif
