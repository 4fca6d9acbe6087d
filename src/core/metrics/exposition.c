/* The table of metrics, and one reading as text. */
#include "core/finding/finding.h"
#include "core/metrics/counting.h"
#include "core/metrics/table.h"

#include <math.h>
#include <stdio.h>

/* --- one sample --- */

static void write_escaped(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buffer_char(out, '\\');
        if (*text == '\n')
            buffer_text(out, "\\n");
        else
            buffer_char(out, *text);
    }
}

static void write_label(struct exposition *to, const char *name, const char *value)
{
    buffer_char(to->out, to->labels++ ? ',' : '{');
    buffer_text(to->out, name);
    buffer_text(to->out, "=\"");
    write_escaped(to->out, value);
    buffer_char(to->out, '"');
}

static void begin_sample(struct exposition *to, const char *suffix)
{
    to->labels = 0;
    buffer_text(to->out, METRICS_PREFIX);
    buffer_text(to->out, to->metric->name);
    buffer_text(to->out, suffix);
}

static void end_sample(struct exposition *to, double value)
{
    buffer_text(to->out, to->labels ? "} " : " ");
    if (isnan(value))
        buffer_text(to->out, "NaN");
    else if (value >= 0 && value < 9e15 && value == floor(value))
        buffer_unsigned(to->out, (uint64_t)value);
    else
        buffer_printf(to->out, "%.15g", value);
    buffer_char(to->out, '\n');
}

static void write_plain(struct exposition *to, double value)
{
    begin_sample(to, metric_suffix(to->metric));
    end_sample(to, value);
}

static void label_netns(struct exposition *to, const char *name)
{
    if (name[0])
        write_label(to, "netns", name);
}

static void label_set(struct exposition *to, const struct label_set *set)
{
    const struct place *place = &to->reading->places[set->place];
    char port[16];

    if (set->port == PORT_OTHER) {
        write_label(to, "unit", "other");
        write_label(to, "container", "");
        write_label(to, "role", "other");
        write_label(to, "port", "other");
        return;
    }
    snprintf(port, sizeof(port), "%u", set->port);
    label_netns(to, place->netns);
    write_label(to, "unit", place->unit);
    write_label(to, "container", place->container);
    write_label(to, "role", set->served ? "server" : "client");
    write_label(to, "port", set->port == PORT_EPHEMERAL ? "ephemeral" : port);
}

/* --- what a metric gives --- */

static bool is_unused(const struct label_set *set)
{
    return set->port == PORT_OTHER && !counters_any(&set->carried) && !set->opens && !set->closes;
}

static void write_sets(struct exposition *to, double (*value)(const struct label_set *set),
                       const char *direction)
{
    for (uint32_t i = 0; i < to->reading->set_count; i++) {
        const struct label_set *set = &to->reading->sets[i];
        if (is_unused(set))
            continue;
        begin_sample(to, metric_suffix(to->metric));
        if (direction)
            write_label(to, "direction", direction);
        label_set(to, set);
        end_sample(to, value(set));
    }
}

static double bytes_in(const struct label_set *set)
{
    return (double)set->carried.in_bytes;
}

static double bytes_out(const struct label_set *set)
{
    return (double)counters_out(&set->carried);
}

static double bytes_retransmitted(const struct label_set *set)
{
    return (double)set->carried.bytes_retrans;
}

static double opens(const struct label_set *set)
{
    return (double)set->opens;
}

static double closes(const struct label_set *set)
{
    return (double)set->closes;
}

static double failed(const struct label_set *set)
{
    return (double)set->failed;
}

static void write_bytes(struct exposition *to)
{
    write_sets(to, bytes_in, "in");
    write_sets(to, bytes_out, "out");
}

static void write_retransmitted(struct exposition *to)
{
    write_sets(to, bytes_retransmitted, NULL);
}

static void write_opens(struct exposition *to)
{
    write_sets(to, opens, NULL);
}

static void write_closes(struct exposition *to)
{
    write_sets(to, closes, NULL);
}

/* All of them once a set has one: what is absent is not known, as without BPF. */
static void write_abnormal(struct exposition *to)
{
    for (uint32_t i = 0; i < to->reading->set_count; i++) {
        const struct label_set *set = &to->reading->sets[i];
        uint64_t any = 0;
        for (unsigned end = END_RESET_BY_PEER; end < END_COUNT; end++)
            any += set->ends[end];
        for (unsigned end = END_RESET_BY_PEER; end < END_COUNT && any; end++) {
            begin_sample(to, metric_suffix(to->metric));
            write_label(to, "reason", words_name(&EVENT_END_WORDS, end));
            label_set(to, set);
            end_sample(to, (double)set->ends[end]);
        }
    }
}

static void write_failed(struct exposition *to)
{
    write_sets(to, failed, NULL);
}

static void write_bucket(struct exposition *to, const struct label_set *set, double bound,
                         uint64_t count)
{
    char le[32] = "+Inf";

    if (bound > 0)
        snprintf(le, sizeof(le), "%g", bound);
    begin_sample(to, "_bucket");
    label_set(to, set);
    write_label(to, "le", le);
    end_sample(to, (double)count);
}

static void write_histogram(struct exposition *to, const struct label_set *set,
                            const struct histogram *histogram,
                            const struct histogram_bounds *bounds)
{
    uint64_t below = 0;

    if (!histogram->count)
        return;
    for (unsigned i = 0; i < HISTOGRAM_BOUNDS_MAX && bounds->bounds[i] > 0; i++) {
        below += histogram->buckets[i];
        write_bucket(to, set, bounds->bounds[i], below);
    }
    write_bucket(to, set, 0, histogram->count);
    begin_sample(to, "_sum");
    label_set(to, set);
    end_sample(to, histogram->sum);
    begin_sample(to, "_count");
    label_set(to, set);
    end_sample(to, (double)histogram->count);
}

static void write_connect(struct exposition *to)
{
    for (uint32_t i = 0; i < to->reading->set_count; i++)
        write_histogram(to, &to->reading->sets[i], &to->reading->sets[i].connect, &CONNECT_BOUNDS);
}

static void write_lifetime(struct exposition *to)
{
    for (uint32_t i = 0; i < to->reading->set_count; i++)
        write_histogram(to, &to->reading->sets[i], &to->reading->sets[i].lifetime,
                        &LIFETIME_BOUNDS);
}

static void write_rtt(struct exposition *to)
{
    for (uint32_t i = 0; i < to->reading->set_count; i++)
        write_histogram(to, &to->reading->sets[i], &to->reading->sets[i].rtt, &RTT_BOUNDS);
}

static void write_peer(struct exposition *to, const char *peer, const char *direction, double value)
{
    begin_sample(to, metric_suffix(to->metric));
    write_label(to, "direction", direction);
    write_label(to, "peer", peer);
    end_sample(to, value);
}

static void write_peer_bytes(struct exposition *to)
{
    const struct metrics_reading *reading = to->reading;
    char address[ADDR_TEXT_MAX];

    if (!to->metrics->settings.peers)
        return;
    for (uint32_t i = 0; i < reading->peer_count; i++) {
        const struct peer *peer = &reading->peers[i];
        addr_format(address, sizeof(address), &peer->address, peer->family, NULL);
        write_peer(to, address, "in", (double)peer->carried.in_bytes);
        write_peer(to, address, "out", (double)counters_out(&peer->carried));
    }
    write_peer(to, "other", "in", (double)reading->other_peers.in_bytes);
    write_peer(to, "other", "out", (double)counters_out(&reading->other_peers));
}

static void write_peer_retransmitted(struct exposition *to)
{
    const struct metrics_reading *reading = to->reading;
    char address[ADDR_TEXT_MAX];

    if (!to->metrics->settings.peers)
        return;
    for (uint32_t i = 0; i <= reading->peer_count; i++) {
        const bool other = i == reading->peer_count;
        const struct counters *carried = other ? &reading->other_peers : &reading->peers[i].carried;
        if (!other)
            addr_format(address, sizeof(address), &reading->peers[i].address,
                        reading->peers[i].family, NULL);
        begin_sample(to, metric_suffix(to->metric));
        write_label(to, "peer", other ? "other" : address);
        end_sample(to, (double)carried->bytes_retrans);
    }
}

static void write_segments(struct exposition *to)
{
    if (!to->reading->segments.known)
        return;
    begin_sample(to, metric_suffix(to->metric));
    write_label(to, "direction", "in");
    end_sample(to, (double)to->reading->segments.in);
    begin_sample(to, metric_suffix(to->metric));
    write_label(to, "direction", "out");
    end_sample(to, (double)to->reading->segments.out);
}

static void write_retransmitted_segments(struct exposition *to)
{
    if (to->reading->segments.known)
        write_plain(to, (double)to->reading->segments.retrans);
}

static void write_connections(struct exposition *to)
{
    for (unsigned state = STATE_CLOSED; to->frame && state < STATE_DELETE_TCB; state++) {
        begin_sample(to, "");
        write_label(to, "state", TCP_STATES[state].name);
        end_sample(to, to->frame->totals.states[state]);
    }
}

static void write_orphans(struct exposition *to)
{
    if (to->frame && !(to->frame->missing.reasons & MISSING_PROC))
        write_plain(to, to->frame->totals.orphans);
}

/* Of listeners that share a port, the sum. */
static bool is_first_of_port(const struct frame *frame, uint32_t row)
{
    for (uint32_t i = 0; i < row; i++)
        if (frame->conns[i].state == STATE_LISTEN &&
            frame->conns[i].netns == frame->conns[row].netns &&
            frame->conns[i].tuple.local_port == frame->conns[row].tuple.local_port)
            return false;
    return true;
}

static void write_queues(struct exposition *to, bool backlog)
{
    const struct frame *frame = to->frame;

    for (uint32_t i = 0; frame && i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        uint64_t sum = 0;
        char port[16];
        if (conn->state != STATE_LISTEN || !(conn->known & KNOWN_QUEUES) ||
            (backlog && conn->known & KNOWN_NO_BACKLOG) || !is_first_of_port(frame, i))
            continue;
        for (uint32_t other = i; other < frame->live_count; other++) {
            const struct conn *same = &frame->conns[other];
            if (same->state == STATE_LISTEN && same->netns == conn->netns &&
                same->tuple.local_port == conn->tuple.local_port)
                sum += backlog ? same->send_queue : same->receive_queue;
        }
        snprintf(port, sizeof(port), "%u", conn->tuple.local_port);
        begin_sample(to, "");
        label_netns(to, metrics_netns_label(frame, conn->netns));
        write_label(to, "port", port);
        end_sample(to, (double)sum);
    }
}

static void write_accept_queue(struct exposition *to)
{
    write_queues(to, false);
}

static void write_backlog(struct exposition *to)
{
    write_queues(to, true);
}

/* Whether a finding of this detector with this severity holds. */
static bool holds(const struct frame_findings *findings, const struct detector *detector,
                  unsigned severity)
{
    for (uint32_t i = 0; i < findings->holding; i++)
        if (findings->list[i].detector == detector && findings->list[i].severity == severity)
            return true;
    return false;
}

/* All findings of this detector with this severity are consequences, and there are some. */
static bool are_caused(const struct frame_findings *findings, const struct detector *detector,
                       unsigned severity)
{
    for (uint32_t i = 0; i < findings->holding; i++)
        if (findings->list[i].detector == detector && findings->list[i].severity == severity &&
            !frame_findings_is_caused(findings, &findings->list[i]))
            return false;
    return holds(findings, detector, severity);
}

static void write_caused(struct exposition *to)
{
    const struct frame_findings *findings = to->frame ? to->frame->findings : NULL;

    for (size_t i = 0; findings && i < detector_count; i++) {
        for (unsigned severity = SEVERITY_WARNING; severity <= DETECTORS[i]->worst; severity++) {
            begin_sample(to, "");
            write_label(to, "id", DETECTORS[i]->id);
            write_label(to, "severity", severity_name((enum finding_severity)severity));
            end_sample(to, are_caused(findings, DETECTORS[i], severity));
        }
    }
}

static void write_findings(struct exposition *to)
{
    const struct frame_findings *findings = to->frame ? to->frame->findings : NULL;

    for (size_t i = 0; findings && i < detector_count; i++) {
        for (unsigned severity = SEVERITY_INFO; severity <= DETECTORS[i]->worst; severity++) {
            const bool checked = findings->checks[i].verdict != VERDICT_NOT_CHECKED;
            begin_sample(to, "");
            write_label(to, "id", DETECTORS[i]->id);
            write_label(to, "severity", severity_name((enum finding_severity)severity));
            end_sample(to, checked ? holds(findings, DETECTORS[i], severity) : (double)NAN);
        }
    }
}

static void write_missing(struct exposition *to)
{
    for (unsigned bit = 0; to->frame && words_name(&MISSING_WORDS, bit); bit++) {
        begin_sample(to, "");
        write_label(to, "reason", words_name(&MISSING_WORDS, bit));
        end_sample(to, to->frame->missing.reasons >> bit & 1);
    }
}

static void write_events_source(struct exposition *to)
{
    if (!to->frame || !to->frame->events)
        return;
    begin_sample(to, "");
    write_label(to, "source", to->frame->events);
    end_sample(to, 1);
}

static void write_build(struct exposition *to)
{
    begin_sample(to, metric_suffix(to->metric));
    write_label(to, "version", to->metrics->settings.version);
    end_sample(to, 1);
}

static void write_start(struct exposition *to)
{
    write_plain(to, (double)to->metrics->settings.start_ns / 1e9);
}

static void write_frame_time(struct exposition *to)
{
    if (to->frame)
        write_plain(to, (double)to->frame->wall_ns / 1e9);
}

static void write_frames(struct exposition *to)
{
    write_plain(to, (double)to->reading->frames);
}

static void write_events_lost(struct exposition *to)
{
    write_plain(to, (double)to->reading->events_lost);
}

static void write_ageless(struct exposition *to)
{
    write_plain(to, (double)to->reading->ageless);
}

static void write_folded(struct exposition *to)
{
    write_plain(to, (double)to->reading->folded);
}

static void write_label_sets(struct exposition *to)
{
    write_plain(to, to->reading->set_count);
}

#define SET_LABELS "netns, unit, container, role, port"

const struct metric METRICS[] = {
    {"build_info", METRIC_GAUGE, "", "Version of tcplens.", "version", write_build},
    {"start_time_seconds", METRIC_GAUGE, "seconds",
     "When counting began, since the epoch: counters are of what happened after it.", "",
     write_start},
    {"frame_time_seconds", METRIC_GAUGE, "seconds",
     "When the last frame was read, since the epoch.", "", write_frame_time},
    {"frames", METRIC_COUNTER, "", "Frames read from the kernel.", "", write_frames},
    {"connections", METRIC_GAUGE, "", "Sockets by TCP state.", "state", write_connections},
    {"orphaned_connections", METRIC_GAUGE, "",
     "Connections without a process, TIME-WAIT aside. Absent where owners cannot be seen.", "",
     write_orphans},
    {"bytes", METRIC_COUNTER, "bytes",
     "Payload, also of connections that opened and closed between two frames.",
     "direction, " SET_LABELS, write_bytes},
    {"retransmitted_bytes", METRIC_COUNTER, "bytes",
     "Payload that was sent again; not in tcplens_bytes.", SET_LABELS, write_retransmitted},
    {"segments", METRIC_COUNTER, "",
     "Segments of the whole network namespace, as the kernel counts them.", "direction",
     write_segments},
    {"retransmitted_segments", METRIC_COUNTER, "",
     "Segments sent again, SYNs too, of the whole network namespace.", "",
     write_retransmitted_segments},
    {"opens", METRIC_COUNTER, "", "Connections begun: attempts, and those of clients.", SET_LABELS,
     write_opens},
    {"closes", METRIC_COUNTER, "",
     "Connections that ended, failed attempts too. One in TIME-WAIT has ended.", SET_LABELS,
     write_closes},
    {"abnormal_closes", METRIC_COUNTER, "",
     "Those of tcplens_closes that ended by a reset, a timeout or an error, where BPF events say "
     "why: a set of labels has "
     "none before its first.",
     "reason, " SET_LABELS, write_abnormal},
    {"failed_connects", METRIC_COUNTER, "", "Attempts that ended in SYN-SENT.", SET_LABELS,
     write_failed},
    {"connect_seconds", METRIC_HISTOGRAM, "seconds", "Time in SYN-SENT of attempts that succeeded.",
     SET_LABELS, write_connect},
    {"lifetime_seconds", METRIC_HISTOGRAM, "seconds",
     "Age of connections when they ended, TIME-WAIT not counted.", SET_LABELS, write_lifetime},
    {"lifetimes_unknown", METRIC_COUNTER, "",
     "Connections that ended at an age that is not known: not in tcplens_lifetime_seconds.", "",
     write_ageless},
    {"rtt_seconds", METRIC_HISTOGRAM, "seconds",
     "Smoothed round-trip time of connections when they ended.", SET_LABELS, write_rtt},
    {"accept_queue", METRIC_GAUGE, "",
     "Connections that wait to be accepted, all listeners of a port together.", "netns, port",
     write_accept_queue},
    {"accept_queue_limit", METRIC_GAUGE, "",
     "How many may wait to be accepted, all listeners of a port together.", "netns, port",
     write_backlog},
    {"peer_bytes", METRIC_COUNTER, "bytes",
     "Payload by remote address, of the busiest peers; the rest is the peer other.",
     "direction, peer", write_peer_bytes},
    {"peer_retransmitted_bytes", METRIC_COUNTER, "bytes",
     "Payload that was sent again to the busiest peers.", "peer", write_peer_retransmitted},
    {"finding", METRIC_GAUGE, "",
     "1 while the detector reports this severity, NaN where it could not check.", "id, severity",
     write_findings},
    {"finding_caused", METRIC_GAUGE, "",
     "1 while all findings of this detector with this severity are consequences of others that are "
     "as bad and concern no less: the alert rules leave them to those.",
     "id, severity", write_caused},
    {"missing", METRIC_GAUGE, "", "1 while that part of the frame is missing.", "reason",
     write_missing},
    {"events_source", METRIC_GAUGE, "",
     "Source of changes between frames; with none, short connections are missed.", "source",
     write_events_source},
    {"events_lost", METRIC_COUNTER, "", "Events that are missing in the counters, at least.", "",
     write_events_lost},
    {"label_sets", METRIC_GAUGE, "",
     "Different sets of netns, unit, container, role and port in the counters.", "",
     write_label_sets},
    {"label_sets_folded", METRIC_COUNTER, "",
     "How often something was counted under other, because there were too many label sets.", "",
     write_folded},
};
const size_t metric_count = sizeof(METRICS) / sizeof(METRICS[0]);

/* --- the whole --- */

const char *metric_type_name(enum metric_type type)
{
    static const char *const NAMES[] = {"gauge", "counter", "histogram"};
    return NAMES[type];
}

const char *metric_suffix(const struct metric *metric)
{
    return metric->type == METRIC_COUNTER ? "_total" : "";
}

/* The text format of Prometheus types a counter by the name of its samples; OpenMetrics without
 * "_total", and with a unit. */
static void write_head(struct exposition *to, enum metrics_format format)
{
    const struct metric *metric = to->metric;
    const char *const suffix = format == METRICS_OPENMETRICS ? "" : metric_suffix(metric);

    buffer_printf(to->out, "# HELP " METRICS_PREFIX "%s%s ", metric->name, suffix);
    buffer_text(to->out, metric->help);
    buffer_printf(to->out, "\n# TYPE " METRICS_PREFIX "%s%s %s\n", metric->name, suffix,
                  metric_type_name(metric->type));
    if (format == METRICS_OPENMETRICS && metric->unit[0])
        buffer_printf(to->out, "# UNIT " METRICS_PREFIX "%s %s\n", metric->name, metric->unit);
}

void metrics_write(struct metrics *metrics, const struct frame *frame, enum metrics_format format,
                   struct buffer *out)
{
    struct exposition to = {
        .metrics = metrics, .reading = &metrics->reading, .frame = frame, .out = out};

    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < metric_count; i++) {
        to.metric = &METRICS[i];
        write_head(&to, format);
        to.metric->write(&to);
    }
    pthread_mutex_unlock(&metrics->lock);
    if (format == METRICS_OPENMETRICS)
        buffer_text(out, "# EOF\n");
}
