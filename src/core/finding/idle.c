/* Detectors of idle connections that something on the way may forget. */
#include "core/finding/detectors.h"

#include <stdio.h>

#define NOT_LOOPBACK " and not dst 127.0.0.0/8 and not dst ::1"

static void evaluate_idle(struct detection *d)
{
    for (uint32_t i = 0; i < d->frame->proc_count; i++) {
        const struct process_tally *process = &d->census->processes[i];
        if (process->idle * 2 < d->limits[0] || process->idle == 0)
            continue;
        const struct finding_subject subject = subject_process(d, i);
        const enum finding_severity severity = process->idle_public >= d->limits[0]
                                                   ? SEVERITY_WARNING
                                               : process->idle >= d->limits[0] ? SEVERITY_INFO
                                                                               : SEVERITY_NONE;
        struct finding *finding = detection_report(d, severity, CONFIDENCE_POSSIBLE, &subject);
        char who[EVENT_NAME_MAX], span[LASTING_MAX];
        finding_say(finding, "%s has %u idle connection%s without keepalive, the longest for %s",
                    subject_who(&subject, who, sizeof(who)), process->idle, plural(process->idle),
                    lasting((double)process->idle_ns / (double)SECOND_NS, span));
        finding_rows(finding,
                     "pid %d and state established and last_data_sent > 350s and last_data_recv > "
                     "350s and not timer keepalive" NOT_LOOPBACK,
                     (int)subject.pid);
        finding_evidence_limit(finding, "rows", "", process->idle, d->limits[0]);
        finding_evidence(finding, "rows to public addresses", "", process->idle_public);
        finding_leave_open(finding, "a network without NAT and load balancers on the way");
    }
}

const struct detector IDLE_WITHOUT_KEEPALIVE = {
    .id = "idle-without-keepalive",
    .section = "idle",
    .title = "idle connections without keepalive",
    .by_process = true,
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER,
    .limits = {{"rows", 20, "", "rows of a process, idle for more than 350 s"}},
    .evaluate = evaluate_idle,
    .proof = "ESTABLISHED, no timer, last_data_sent and last_data_recv > 350 s, not loopback",
    .meaning = "NAT gateways and load balancers forget idle connections without notice (AWS after "
               "350 s, IPVS after 900 s): the next request then hangs.",
    .advice = {
        "set SO_KEEPALIVE with TCP_KEEPIDLE below the limit of the path; the kernel's 7,200 s "
        "are too long"}};

static void evaluate_slow_keepalive(struct detection *d)
{
    for (uint32_t i = 0; i < d->frame->proc_count; i++) {
        const uint32_t rows = d->census->processes[i].slow_keepalive;
        if (rows * 2 < d->limits[0] || rows == 0)
            continue;
        const struct finding_subject subject = subject_process(d, i);
        struct finding *finding = detection_report(
            d, rows >= d->limits[0] ? SEVERITY_INFO : SEVERITY_NONE, CONFIDENCE_POSSIBLE, &subject);
        char who[EVENT_NAME_MAX];
        finding_say(finding, "%s has %u connection%s whose keepalive begins after more than 350 s",
                    subject_who(&subject, who, sizeof(who)), rows, plural(rows));
        finding_rows(finding, "pid %d and timer keepalive and state established" NOT_LOOPBACK,
                     (int)subject.pid);
        finding_evidence_limit(finding, "rows", "", rows, d->limits[0]);
        finding_evidence(finding, "net.ipv4.tcp_keepalive_time", "s",
                         (double)host_fact(d->facts, FACT_KEEPALIVE_TIME));
        finding_leave_open(finding, "a network without NAT and load balancers on the way");
    }
}

const struct detector KEEPALIVE_TOO_SLOW = {
    .id = "keepalive-too-slow",
    .section = "idle",
    .title = "keepalive that begins later than NAT forgets",
    .by_process = true,
    .worst = SEVERITY_INFO,
    .needs = NEED_OWNER,
    .facts = {FACT_KEEPALIVE_TIME},
    .limits = {{"rows", 20, "", "rows of a process"}},
    .evaluate = evaluate_slow_keepalive,
    .proof = "timer keepalive, time left + time idle > 350 s, not loopback",
    .meaning = "The first probe comes after a NAT gateway or load balancer has forgotten the "
               "connection.",
    .advice = {"set TCP_KEEPIDLE below the limit of the path"}};
