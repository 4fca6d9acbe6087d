/* Detectors of limits and settings of the kernel. */
#include "core/finding/detectors.h"

#include <stdio.h>

enum { CONNTRACK_WARN, CONNTRACK_CRITICAL };

static void evaluate_conntrack(struct detection *d)
{
    const double count = (double)host_fact(d->facts, FACT_CONNTRACK_COUNT);
    const double most = (double)host_fact(d->facts, FACT_CONNTRACK_MAX);
    double dropped = 0, seconds = 0;

    (void)detection_growth(d, FACT_CONNTRACK_DROP, 60, &dropped, &seconds);
    const double percent = most > 0 ? count * 100 / most : 0;
    if (percent < d->limits[CONNTRACK_WARN] * 0.95 && dropped < 1)
        return;
    const enum finding_severity severity =
        dropped >= 1
            ? SEVERITY_CRITICAL
            : severity_above(percent, d->limits[CONNTRACK_WARN], d->limits[CONNTRACK_CRITICAL]);
    const struct finding_subject subject = subject_host(d);
    struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);
    finding_say(finding, "the table of tracked connections is %.0f %% full (%.0f of %.0f)", percent,
                count, most);
    finding_evidence_limit(finding, "nf_conntrack_count", "", count, most);
    finding_evidence(finding, "drop", "", dropped);
    finding->window_ns = (int64_t)(seconds * (double)SECOND_NS);
}

const struct detector CONNTRACK_FULL = {
    .id = "conntrack-full",
    .section = "limits",
    .title = "a table of tracked connections that is full",
    .worst = SEVERITY_CRITICAL,
    .facts = {FACT_CONNTRACK_COUNT, FACT_CONNTRACK_MAX},
    .limits = {{"warn", 75, "%", "of nf_conntrack_max"},
               {"critical", 95, "%", "of nf_conntrack_max"}},
    .evaluate = evaluate_conntrack,
    .proof = "nf_conntrack_count against nf_conntrack_max; drop of /proc/net/stat/nf_conntrack",
    .meaning = "When the table is full, packets of new connections are dropped.",
    .advice = {"raise net.netfilter.nf_conntrack_max with nf_conntrack_buckets",
               "find the source that holds most (conntrack -L)"}};

enum { FILES_WARN, FILES_CRITICAL };

static void evaluate_host_files(struct detection *d)
{
    const double open = (double)host_fact(d->facts, FACT_FILE_NR);
    const double most = (double)host_fact(d->facts, FACT_FILE_MAX);
    const double percent = most > 0 ? open * 100 / most : 0;

    if (percent < d->limits[FILES_WARN] * 0.95)
        return;
    const struct finding_subject subject = subject_host(d);
    struct finding *finding = detection_report(
        d, severity_above(percent, d->limits[FILES_WARN], d->limits[FILES_CRITICAL]),
        CONFIDENCE_PROVEN, &subject);
    finding_say(finding, "%.0f %% of the files that this host can open are open (%.0f of %.0f)",
                percent, open, most);
    finding_evidence_mark(finding, "open files", "%", percent, d->limits[FILES_WARN],
                          d->limits[FILES_CRITICAL]);
    finding_evidence_limit(finding, "fs.file-nr", "", open, most);
    finding_rule_out(finding, "the limit of one process: this one is the host's (fd-limit)");
}

const struct detector HOST_FILES = {
    .id = "host-files",
    .section = "limits",
    .title = "a host short of open files",
    .worst = SEVERITY_CRITICAL,
    .facts = {FACT_FILE_NR, FACT_FILE_MAX},
    .limits = {{"warn", 70, "%", "of fs.file-max"}, {"critical", 90, "%", "of fs.file-max"}},
    .evaluate = evaluate_host_files,
    .proof = "/proc/sys/fs/file-nr: open files of the host against fs.file-max",
    .meaning = "At the limit accept(), socket() and open() fail with ENFILE, in every program "
               "without CAP_SYS_ADMIN.",
    .advice = {"find the program that holds them (lsof, ls /proc/PID/fd): a leak, or too many",
               "raise fs.file-max"}};

static bool is_public_listener(const struct detection *d)
{
    for (uint32_t i = 0; i < d->census->listener_count; i++) {
        const struct tuple *tuple = &d->frame->conns[d->census->listeners[i].row].tuple;
        if (!addr_is_loopback(&tuple->local, tuple->family))
            return true;
    }
    return false;
}

static struct finding *begin_setting(struct detection *d, enum finding_severity severity,
                                     const char *title)
{
    const struct finding_subject subject = subject_netns(d);
    struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);

    finding_say(finding, "%s", title);
    finding_leave_open(finding, "set so on purpose");
    return finding;
}

static void report_setting(struct detection *d, enum finding_severity severity, const char *title)
{
    const enum host_fact fact = d->detector->facts[0];

    finding_evidence(begin_setting(d, severity, title), HOST_FACT_ROWS[fact].name, "",
                     (double)host_fact(d->facts, fact));
}

static void evaluate_syncookies(struct detection *d)
{
    if (host_fact(d->facts, FACT_SYNCOOKIES) == 0 && is_public_listener(d))
        report_setting(d, SEVERITY_INFO, "SYN cookies are off: a flood of SYNs shuts listeners");
}

static void evaluate_abort_on_overflow(struct detection *d)
{
    if (host_fact(d->facts, FACT_ABORT_ON_OVERFLOW) != 0)
        report_setting(d, SEVERITY_INFO,
                       "full accept queues answer with resets (tcp_abort_on_overflow is 1)");
}

static void evaluate_narrow_range(struct detection *d)
{
    const uint32_t ports = host_facts_local_ports(d->facts);
    char title[80];

    if (ports == 0 || ports >= d->limits[0])
        return;
    snprintf(title, sizeof(title), "only %u local ports for connections to one target", ports);
    finding_evidence_limit(begin_setting(d, SEVERITY_INFO, title), "ports of ip_local_port_range",
                           "", ports, d->limits[0]);
}

static void evaluate_timestamps(struct detection *d)
{
    if (host_fact(d->facts, FACT_TIMESTAMPS) == 0 && host_fact(d->facts, FACT_TW_REUSE) == 1)
        report_setting(d, SEVERITY_WARNING,
                       "tcp_tw_reuse needs timestamps, which are off: it has no effect");
}

const struct detector SYNCOOKIES_OFF = {
    .id = "syncookies-off",
    .section = "limits",
    .title = "SYN cookies switched off",
    .worst = SEVERITY_INFO,
    .facts = {FACT_SYNCOOKIES},
    .evaluate = evaluate_syncookies,
    .proof = "net.ipv4.tcp_syncookies 0, with listeners beyond loopback",
    .meaning = "When the SYN queue is full, new clients are dropped.",
    .advice = {"set net.ipv4.tcp_syncookies=1"}};

const struct detector ABORT_ON_OVERFLOW = {
    .id = "abort-on-overflow",
    .section = "limits",
    .title = "resets instead of patience at full accept queues",
    .worst = SEVERITY_INFO,
    .facts = {FACT_ABORT_ON_OVERFLOW},
    .evaluate = evaluate_abort_on_overflow,
    .proof = "net.ipv4.tcp_abort_on_overflow 1",
    .meaning = "A short burst makes clients fail that would have got through at their next try.",
    .advice = {"set net.ipv4.tcp_abort_on_overflow=0"}};

const struct detector NARROW_PORT_RANGE = {
    .id = "narrow-port-range",
    .section = "limits",
    .title = "few local ports",
    .worst = SEVERITY_INFO,
    .facts = {FACT_PORT_FIRST, FACT_PORT_LAST},
    .limits = {{"least", 10000, "", "ports of ip_local_port_range less those reserved"}},
    .evaluate = evaluate_narrow_range,
    .proof = "net.ipv4.ip_local_port_range less ip_local_reserved_ports",
    .meaning = "Connections to one target use up a narrow range sooner.",
    .advice = {"widen net.ipv4.ip_local_port_range"}};

const struct detector TIMESTAMPS_OFF = {
    .id = "timestamps-off",
    .section = "limits",
    .title = "tcp_tw_reuse without timestamps",
    .worst = SEVERITY_WARNING,
    .facts = {FACT_TIMESTAMPS, FACT_TW_REUSE},
    .evaluate = evaluate_timestamps,
    .proof = "net.ipv4.tcp_timestamps 0, net.ipv4.tcp_tw_reuse 1",
    .meaning = "The kernel reuses ports in TIME-WAIT only where timestamps tell old segments from "
               "new ones.",
    .advice = {"set net.ipv4.tcp_timestamps=1"}};
