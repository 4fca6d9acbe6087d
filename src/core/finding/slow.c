/* Detectors of what slows connections down: windows, buffers, queues on the path. */
#include "core/finding/detectors.h"

#include <stdio.h>

#define OPTION_WSCALE 4u       /* TCPI_OPT_WSCALE */
#define BUSY_LEAST_US 200000.0 /* it had data to send for at least this long */

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

/* A share of the time in which a row had data to send. */
struct share {
    double (*lately)(const struct watched_row *row), (*latest)(const struct watched_row *row);
    const char *fact, *what;
};

static double share_excess(const struct detection *d, const struct watched_row *row,
                           const struct share *share)
{
    return share->latest(row) - row->latest.busy * d->limits[SHARE_INFO] / 100;
}

static void report_share(struct detection *d, const struct watched_row *row,
                         const struct share *share, double percent)
{
    const struct conn *conn = &d->frame->conns[row->row];
    const struct finding_subject subject = subject_of_row(d, conn);
    const enum finding_severity severity = percent >= d->limits[SHARE_WARN]   ? SEVERITY_WARNING
                                           : percent >= d->limits[SHARE_INFO] ? SEVERITY_INFO
                                                                              : SEVERITY_NONE;
    struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);
    char who[EVENT_NAME_MAX];

    finding_say(finding, "%s is held back by %s for %.0f %% of the time it has data to send",
                subject_who(&subject, who, sizeof(who)), share->what, percent);
    say_row(finding, conn);
    finding_excess(finding, share_excess(d, row, share));
    finding_evidence_mark(finding, share->fact, "%", percent, d->limits[SHARE_INFO],
                          d->limits[SHARE_WARN]);
    finding_evidence(finding, "busy_time", "s", row->busy / 1e6);
    finding_evidence(finding, "sendq", "B", conn->send_queue);
    if (d->detector == &LIMITED_BY_RECEIVER &&
        !(row_info(d->frame, conn, INFO_options, OPTION_WSCALE) & OPTION_WSCALE))
        finding_advise(finding, "window scaling is off in this connection: its window is 64 KiB at "
                                "most; look at net.ipv4.tcp_window_scaling at both ends");
    finding->window_ns = (int64_t)(row->seconds * (double)SECOND_NS);
}

/* One finding per subject, for its worst row. */
static void evaluate_share(struct detection *d, const struct share *share)
{
    for (uint32_t i = 0; i < d->census->watched_count; i++) {
        const struct watched_row *row = &d->census->watched[i];
        const struct finding_subject subject = subject_of_row(d, &d->frame->conns[row->row]);
        if (!row->measured || row->busy <= 0)
            continue;
        const double percent = share->lately(row) * 100 / row->busy;
        if (row->busy >= BUSY_LEAST_US && percent * 2 >= d->limits[SHARE_INFO])
            report_share(d, row, share, percent < 100 ? percent : 100);
        else if (share->latest(row) > 0)
            detection_excess(d, &subject, share_excess(d, row, share));
    }
}

static double rwnd_lately(const struct watched_row *row)
{
    return row->rwnd;
}

static double rwnd_latest(const struct watched_row *row)
{
    return row->latest.rwnd;
}

static double sndbuf_lately(const struct watched_row *row)
{
    return row->sndbuf;
}

static double sndbuf_latest(const struct watched_row *row)
{
    return row->latest.sndbuf;
}

static void evaluate_receiver(struct detection *d)
{
    static const struct share SHARE = {rwnd_lately, rwnd_latest, "rwnd_limited / busy_time",
                                       "its peer's receive window"};
    evaluate_share(d, &SHARE);
}

static void evaluate_sndbuf(struct detection *d)
{
    static const struct share SHARE = {sndbuf_lately, sndbuf_latest, "sndbuf_limited / busy_time",
                                       "its own send buffer"};
    evaluate_share(d, &SHARE);
}

const struct detector LIMITED_BY_RECEIVER = {
    .id = "limited-by-receiver",
    .section = "slow",
    .title = "a connection that waits for its peer's window",
    .worst = SEVERITY_WARNING,
    .details = true,
    .fields = {INFO_rwnd_limited},
    .needs = NEED_OWNER | NEED_SUSPECTS,
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
    .details = true,
    .fields = {INFO_sndbuf_limited},
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .changes = true,
    .hold_s = 10,
    .limits = {{"info", 20, "%", "of the time with data to send"},
               {"warn", 50, "%", "of the time with data to send"}},
    .evaluate = evaluate_sndbuf,
    .proof = "growth of sndbuf_limited over growth of busy_time",
    .meaning = "The send buffer is too small for the path: the network could take more.",
    .advice = {"remove SO_SNDBUF from the program; raise net.ipv4.tcp_wmem[2]"}};

enum { NETWORK_INFO };

static double network_of(const struct watched_row *row)
{
    const double held = row->rwnd + row->sndbuf;

    return row->busy > held ? row->busy - held : 0;
}

/* The congestion window is full most of the time, and segments were lost: it is the path. */
static void evaluate_network(struct detection *d)
{
    for (uint32_t i = 0; i < d->census->watched_count; i++) {
        const struct watched_row *row = &d->census->watched[i];
        const struct conn *conn = &d->frame->conns[row->row];
        if (!row->measured || row->busy < BUSY_LEAST_US || row->resent_segments < 1 ||
            row->full * 2 < row->seconds || conn->timer_retrans >= SILENT_TIMEOUTS)
            continue;
        const double percent = network_of(row) * 100 / row->busy;
        if (percent < d->limits[NETWORK_INFO])
            continue;
        const struct finding_subject subject = subject_of_row(d, conn);
        struct finding *finding = detection_report(d, SEVERITY_INFO, CONFIDENCE_LIKELY, &subject);
        char who[EVENT_NAME_MAX];
        finding_say(finding,
                    "%s waits for the network: its congestion window is full, after losses",
                    subject_who(&subject, who, sizeof(who)));
        say_row(finding, conn);
        finding_evidence_limit(finding, "busy_time without other limits", "%", percent,
                               d->limits[NETWORK_INFO]);
        finding_evidence(finding, "congestion window full", "%", row->full * 100 / row->seconds);
        finding_evidence(finding, "retransmitted segments", "/s",
                         row->resent_segments / row->seconds);
        finding_evidence(finding, "snd_cwnd", "", conn->cwnd);
        finding->window_ns = (int64_t)(row->seconds * (double)SECOND_NS);
        finding_rule_out(finding, "its send buffer and the peer's window: they limit it less");
    }
}

const struct detector LIMITED_BY_NETWORK = {
    .id = "limited-by-network",
    .section = "slow",
    .title = "a connection that waits for the network",
    .worst = SEVERITY_INFO,
    .details = true,
    .fields = {INFO_busy_time},
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .changes = true,
    .hold_s = 10,
    .limits = {{"info", 50, "%", "of the time with data to send, less that of other limits"}},
    .evaluate = evaluate_network,
    .proof = "growth of busy_time less rwnd_limited and sndbuf_limited; unacked against snd_cwnd; "
             "retransmissions",
    .meaning = "Program, buffers and the peer would go faster: losses on the path keep the "
               "congestion window small.",
    .advice = {"look for the loss: detectors retransmissions and bufferbloat",
               "over long paths with light loss, BBR sends faster than CUBIC"}};

enum { PROGRAM_BUSY, PROGRAM_RATE };

static void evaluate_program(struct detection *d)
{
    for (uint32_t i = 0; i < d->census->watched_count; i++) {
        const struct watched_row *row = &d->census->watched[i];
        const struct conn *conn = &d->frame->conns[row->row];
        if (row->info_s <= 0 || row->sent < d->limits[PROGRAM_RATE] * row->seconds ||
            row_info(d->frame, conn, INFO_delivery_rate_app_limited, 0) == 0)
            continue;
        const double busy = row->busy / 1e4 / row->info_s;
        if (busy >= d->limits[PROGRAM_BUSY])
            continue;
        const struct finding_subject subject = subject_of_row(d, conn);
        struct finding *finding = detection_report(d, SEVERITY_INFO, CONFIDENCE_PROVEN, &subject);
        char who[EVENT_NAME_MAX];
        finding_say(finding, "the network waits for %s for %.0f %% of the time",
                    subject_who(&subject, who, sizeof(who)), 100 - busy);
        say_row(finding, conn);
        finding_evidence_limit(finding, "busy_time", "%", busy, d->limits[PROGRAM_BUSY]);
        finding_evidence(finding, "sent", "B/s", row->sent / row->seconds);
        finding_evidence(finding, "delivery_rate_app_limited", "", 1);
        finding->window_ns = (int64_t)(row->seconds * (double)SECOND_NS);
        finding_rule_out(finding, "a slow network: it had nothing in flight");
    }
}

const struct detector LIMITED_BY_PROGRAM = {
    .id = "limited-by-program",
    .section = "slow",
    .title = "a transfer that is as fast as the program that sends",
    .worst = SEVERITY_INFO,
    .details = true,
    .fields = {INFO_busy_time},
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .changes = true,
    .hold_s = 10,
    .limits = {{"busy", 50, "%", "of the time with data in flight, at most"},
               {"rate", 10000000, "B/s", "sent, at least (never less than 1 MB/s)"}},
    .evaluate = evaluate_program,
    .proof = "delivery_rate_app_limited; growth of busy_time over the time that passed",
    .meaning = "No fault of the network: the program produces data more slowly than the connection "
               "could carry it.",
    .advice = {"to make it faster look at the program: its disk, its CPU, how it waits"}};

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
            (conn->rtt_us - (double)row_info(d->frame, conn, INFO_min_rtt, 0)) / 1000;
        const enum finding_severity severity = for_s < d->limits[BLOAT_FOR] ? SEVERITY_NONE
                                               : queue_ms >= d->limits[BLOAT_CRITICAL]
                                                   ? SEVERITY_CRITICAL
                                                   : SEVERITY_WARNING;
        const struct finding_subject subject = subject_of_row(d, conn);
        struct finding *finding = detection_report(d, severity, CONFIDENCE_LIKELY, &subject);
        finding_say(finding, "packets wait for %.0f ms in a queue on the way", queue_ms);
        say_row(finding, conn);
        finding_evidence_reached(finding, "rtt - min_rtt", "ms", queue_ms,
                                 d->limits[BLOAT_CRITICAL]);
        finding_evidence_limit(finding, "for", "s", for_s, d->limits[BLOAT_FOR]);
        finding_holds_since(finding, d, d->frame->mono_ns - row->bloated_ns);
        finding_leave_open(finding, "a change of the route");
    }
}

const struct detector BUFFERBLOAT = {
    .id = "bufferbloat",
    .section = "slow",
    .title = "a long queue on the way",
    .worst = SEVERITY_CRITICAL,
    .details = true,
    .fields = {INFO_min_rtt},
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .limits = {{"for", 10, "s", "100 ms and three times the least round trip, for longer"},
               {"critical", 400, "ms", "of waiting"}},
    .evaluate = evaluate_bufferbloat,
    .proof = "rtt - min_rtt, with more than ten segments in flight",
    .meaning = "The connection itself, or others on the same link, fill a queue that is too long.",
    .advice = {"all connections of an interface: our uplink: fq_codel or cake; one: the path"}};

/* --- a neighbor that fills the queue for all --- */

enum { NEIGHBOR_SHARE, NEIGHBOR_RATE, NEIGHBOR_QUEUE, NEIGHBOR_DELAY, NEIGHBOR_ROWS };
#define DELAYED_TIMES 10 /* times the minimum round trip: more than the path explains */

struct neighbors {
    const struct conn *heavy; /* the row of the heavy sender that sends most */
    double others_ms;         /* the largest delay of the others */
    uint32_t rows, delayed;
};

/* The delay of a row beyond its minimum round trip. */
static double added_ms(const struct detection *d, const struct conn *conn)
{
    const uint64_t least_us = row_info(d->frame, conn, INFO_min_rtt, 0);

    if (!(conn->known & KNOWN_RTT) || least_us == 0 || conn->rtt_us < DELAYED_TIMES * least_us)
        return 0;
    return (double)(conn->rtt_us - least_us) / 1000;
}

static uint32_t heaviest_sender(const struct detection *d)
{
    uint32_t heaviest = CONN_NO_INDEX;
    uint64_t most = 0;

    for (uint32_t i = 0; i < d->frame->proc_count; i++) {
        if (d->census->processes[i].out_rate <= most)
            continue;
        most = d->census->processes[i].out_rate;
        heaviest = i;
    }
    return heaviest;
}

static const struct conn *heaviest_row(const struct frame *frame, uint32_t proc)
{
    const struct conn *heaviest = NULL;

    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (conn->owner == proc && (!heaviest || conn_out_rate(conn) > conn_out_rate(heaviest)))
            heaviest = conn;
    }
    return heaviest;
}

/* Others that send from the same address, hence through the same interface. */
static void count_delayed(const struct detection *d, uint32_t proc, struct neighbors *neighbors)
{
    for (uint32_t i = 0; i < d->frame->live_count; i++) {
        const struct conn *conn = &d->frame->conns[i];
        if (conn->owner == proc || conn_out_rate(conn) == 0 ||
            conn->tuple.family != neighbors->heavy->tuple.family ||
            addr_compare(&conn->tuple.local, &neighbors->heavy->tuple.local) != 0)
            continue;
        const double ms = added_ms(d, conn);
        neighbors->rows++;
        neighbors->delayed += ms >= d->limits[NEIGHBOR_DELAY];
        if (ms > neighbors->others_ms)
            neighbors->others_ms = ms;
    }
}

static void report_neighbor(struct detection *d, uint32_t proc, const struct neighbors *neighbors)
{
    const double rate = (double)d->census->processes[proc].out_rate;
    const double percent = rate * 100 / (double)d->census->out_rate;
    const bool high =
        neighbors->delayed >= d->limits[NEIGHBOR_ROWS] && neighbors->delayed * 2 >= neighbors->rows;
    const struct finding_subject subject = subject_process(d, proc);
    struct finding *finding =
        detection_report(d, high ? SEVERITY_WARNING : SEVERITY_NONE, CONFIDENCE_LIKELY, &subject);
    char who[EVENT_NAME_MAX];
    double held = 0, seconds;

    finding_say(finding,
                "%s sends %.0f %% of all bytes; %u of %u connections wait behind it, for up to "
                "%.1f ms",
                subject_who(&subject, who, sizeof(who)), percent, neighbors->delayed,
                neighbors->rows, neighbors->others_ms);
    finding_rows(finding, "pid %d", (int)subject.pid);
    finding_evidence_limit(finding, "share of bytes sent", "%", percent, d->limits[NEIGHBOR_SHARE]);
    finding_evidence(finding, "out", "B/s", rate);
    finding_evidence_limit(finding, "rtt - min_rtt of it", "ms", added_ms(d, neighbors->heavy),
                           d->limits[NEIGHBOR_QUEUE]);
    finding_evidence_limit(finding, "rtt - min_rtt of others", "ms", neighbors->others_ms,
                           d->limits[NEIGHBOR_DELAY]);
    if (detection_growth(d, FACT_SPURIOUS_QUEUES, 60, &held, &seconds) && held > 0)
        finding_rule_out(finding, "a queue on the way: segments waited in this host's own queue");
    else
        finding_leave_open(finding, "a queue on the way that others fill");
}

static void evaluate_neighbor(struct detection *d)
{
    const uint32_t proc = heaviest_sender(d);
    struct neighbors neighbors = {0};

    if (proc == CONN_NO_INDEX)
        return;
    const double rate = (double)d->census->processes[proc].out_rate;
    if (rate < d->limits[NEIGHBOR_RATE] ||
        rate * 100 < (double)d->census->out_rate * d->limits[NEIGHBOR_SHARE])
        return;
    neighbors.heavy = heaviest_row(d->frame, proc);
    if (!neighbors.heavy || added_ms(d, neighbors.heavy) < d->limits[NEIGHBOR_QUEUE])
        return;
    count_delayed(d, proc, &neighbors);
    if (neighbors.delayed > 0)
        report_neighbor(d, proc, &neighbors);
}

const struct detector NOISY_NEIGHBOR = {
    .id = "noisy-neighbor",
    .section = "slow",
    .title = "a process whose traffic makes all others wait",
    .by_process = true,
    .worst = SEVERITY_WARNING,
    .details = true,
    .fields = {INFO_min_rtt},
    .needs = NEED_OWNER | NEED_SUSPECTS | NEED_HOST_FACTS,
    .changes = true,
    .limits = {{"share", 30, "%", "of the bytes sent, by one process"},
               {"rate", 100000, "B/s", "and at least so many"},
               {"queue", 5, "ms", "its own segments wait so long in a queue"},
               {"delay", 1, "ms", "others wait so long, and ten times their least round trip"},
               {"rows", 5, "", "so many others, and a quarter of them"}},
    .evaluate = evaluate_neighbor,
    .proof =
        "bytes sent by process; rtt against min_rtt of it and of others with its local address",
    .meaning = "One sender fills the queue of the interface: small requests of all others wait "
               "behind its bursts.",
    .advice = {"limit it: SO_MAX_PACING_RATE, tc, or a class of its own",
               "use fq_codel or cake on the interface, so that small flows pass"}};
