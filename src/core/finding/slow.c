/* Detectors of what slows connections down: windows, buffers, queues on the way. */
#include "core/finding/detectors.h"

#include <stdio.h>

#define BUSY_LEAST_US 200000.0 /* it had something to send for so long */

enum { SHARE_INFO, SHARE_WARN };

static struct finding_subject subject_of_row(const struct detection *d, const struct conn *conn)
{
    const bool inbound = d->census->port_listener[conn->tuple.local_port] != 0;
    const struct target_tally target = {.remote = conn->tuple.remote,
                                        .port = inbound ? 0 : conn->tuple.remote_port,
                                        .family = conn->tuple.family,
                                        .netns = conn->netns,
                                        .inbound = inbound,
                                        .proc = conn->owner};
    return subject_target(d, &target);
}

static void say_row(struct finding *finding, const struct conn *conn)
{
    char address[ADDR_TEXT_MAX + 2];

    finding_rows(finding, "sport = :%u and dst %s and dport = :%u", conn->tuple.local_port,
                 filter_address(address, sizeof(address), &conn->tuple.remote, conn->tuple.family),
                 conn->tuple.remote_port);
}

static void report_share(struct detection *d, const struct watched_row *row, double percent,
                         const char *fact, const char *what)
{
    const struct conn *conn = &d->frame->conns[row->row];
    const struct finding_subject subject = subject_of_row(d, conn);
    const enum finding_severity severity = percent >= d->limits[SHARE_WARN]   ? SEVERITY_WARNING
                                           : percent >= d->limits[SHARE_INFO] ? SEVERITY_INFO
                                                                              : SEVERITY_NONE;
    struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);
    char who[EVENT_NAME_MAX];

    finding_say(finding, "%s is held back by %s for %.0f %% of the time it has data to send",
                subject_who(&subject, who, sizeof(who)), what, percent);
    say_row(finding, conn);
    finding_evidence_limit(finding, fact, "%", percent, d->limits[SHARE_INFO]);
    finding_evidence(finding, "busy_time", "s", row->busy / 1e6);
    finding_evidence(finding, "sendq", "B", conn->send_queue);
    finding->window_ns = (int64_t)(row->seconds * (double)SECOND_NS);
}

/* One finding a subject: that of its worst row. */
static void evaluate_share(struct detection *d, double (*value)(const struct watched_row *row),
                           const char *fact, const char *what)
{
    for (uint32_t i = 0; i < d->census->watched_count; i++) {
        const struct watched_row *row = &d->census->watched[i];
        const double percent =
            row->busy >= BUSY_LEAST_US && row->measured ? value(row) * 100 / row->busy : 0;
        if (percent * 2 >= d->limits[SHARE_INFO])
            report_share(d, row, percent < 100 ? percent : 100, fact, what);
    }
}

static double rwnd_of(const struct watched_row *row)
{
    return row->rwnd;
}

static double sndbuf_of(const struct watched_row *row)
{
    return row->sndbuf;
}

static void evaluate_receiver(struct detection *d)
{
    evaluate_share(d, rwnd_of, "rwnd_limited / busy_time", "its peer's receive window");
}

static void evaluate_sndbuf(struct detection *d)
{
    evaluate_share(d, sndbuf_of, "sndbuf_limited / busy_time", "its own send buffer");
}

const struct detector LIMITED_BY_RECEIVER = {
    .id = "limited-by-receiver",
    .section = "slow",
    .title = "a connection that waits for its peer's window",
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER | NEED_DETAIL,
    .changes = true,
    .hold_s = 10,
    .limits = {{"info", 20, "%", "of the time with data to send"},
               {"warn", 50, "%", "of the time with data to send"}},
    .evaluate = evaluate_receiver,
    .proof = "growth of rwnd_limited over growth of busy_time",
    .meaning =
        "The peer's program reads more slowly than we send, or its receive buffer is small for "
        "the path.",
    .advice = {"look at the peer's program and at its net.ipv4.tcp_rmem[2]"}};

const struct detector LIMITED_BY_SNDBUF = {
    .id = "limited-by-sndbuf",
    .section = "slow",
    .title = "a connection that waits for its send buffer",
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER | NEED_DETAIL,
    .changes = true,
    .hold_s = 10,
    .limits = {{"info", 20, "%", "of the time with data to send"},
               {"warn", 50, "%", "of the time with data to send"}},
    .evaluate = evaluate_sndbuf,
    .proof = "growth of sndbuf_limited over growth of busy_time",
    .meaning = "The send buffer is too small for the path: the network could take more.",
    .advice = {"remove SO_SNDBUF from the program; raise net.ipv4.tcp_wmem[2]"}};

enum { BLOAT_FOR, BLOAT_CRITICAL };

static void evaluate_bufferbloat(struct detection *d)
{
    for (uint32_t i = 0; i < d->census->watched_count; i++) {
        const struct watched_row *row = &d->census->watched[i];
        const struct conn *conn = &d->frame->conns[row->row];
        if (row->bloated_ns == 0)
            continue;
        const double for_s = (double)(d->frame->mono_ns - row->bloated_ns) / (double)SECOND_NS;
        const double queue_ms =
            (conn->rtt_us - (double)row_info(d->frame, conn, INFO_INDEX_min_rtt, 0)) / 1000;
        const enum finding_severity severity = for_s < d->limits[BLOAT_FOR] ? SEVERITY_NONE
                                               : queue_ms >= d->limits[BLOAT_CRITICAL]
                                                   ? SEVERITY_CRITICAL
                                                   : SEVERITY_WARNING;
        const struct finding_subject subject = subject_of_row(d, conn);
        struct finding *finding = detection_report(d, severity, CONFIDENCE_LIKELY, &subject);
        finding_say(finding, "packets wait for %.0f ms in a queue on the way", queue_ms);
        say_row(finding, conn);
        finding_evidence(finding, "rtt - min_rtt", "ms", queue_ms);
        finding_evidence_limit(finding, "for", "s", for_s, d->limits[BLOAT_FOR]);
        finding_leave_open(finding, "a change of the route");
    }
}

const struct detector BUFFERBLOAT = {
    .id = "bufferbloat",
    .section = "slow",
    .title = "a long queue on the way",
    .worst = SEVERITY_CRITICAL,
    .needs = NEED_OWNER | NEED_DETAIL,
    .limits = {{"for", 10, "s", "100 ms and three times the least round trip, for longer"},
               {"critical", 400, "ms", "of waiting"}},
    .evaluate = evaluate_bufferbloat,
    .proof = "rtt - min_rtt, with more than ten segments in flight",
    .meaning = "The connection itself, or others on the same link, fill a queue that is too long.",
    .advice = {"all connections of an interface: our uplink: fq_codel or cake; one: the path"}};
