/* Detectors of resets and of packets that this host drops before TCP. */
#include "core/finding/detectors.h"

enum { RESETS_WARN, RESETS_CRITICAL };

/* Resets of connections, from events: by which side, and why. */
static void say_sides(struct finding *finding, const struct detection *d)
{
    const struct openers *openers = d->openers;

    if (!openers || openers->seconds <= 0)
        return;
    if (openers->reset_by_peer >= 1)
        finding_evidence(finding, "received", "/s", opener_rate(openers, openers->reset_by_peer));
    for (unsigned i = 0; i <= RESET_WHY_ENDED; i++) {
        const char *why = words_name(&EVENT_RESET_LABELS, i);
        if (why && openers->reset_by_us[i] >= 1)
            finding_evidence(finding, why, "/s", opener_rate(openers, openers->reset_by_us[i]));
    }
}

static void evaluate_resets(struct detection *d)
{
    static const enum host_fact KINDS[] = {FACT_ESTAB_RESETS, FACT_ATTEMPT_FAILS,
                                           FACT_ABORT_ON_CLOSE, FACT_ABORT_ON_DATA,
                                           FACT_ABORT_ON_TIMEOUT};
    double resets, seconds, growth;

    if (!detection_growth(d, FACT_OUT_RSTS, 10, &resets, &seconds) ||
        resets / seconds * 2 < d->limits[RESETS_WARN])
        return;
    const struct growth_rule rule = {.plus = {FACT_OUT_RSTS}, .per_s = d->limits[RESETS_WARN]};
    const struct finding_subject subject = subject_netns(d);
    struct finding *finding = detection_report(
        d, severity_above(resets / seconds, d->limits[RESETS_WARN], d->limits[RESETS_CRITICAL]),
        CONFIDENCE_PROVEN, &subject);
    finding_say(finding, "%.0f resets a second are sent", resets / seconds);
    finding_evidence_mark(finding, "OutRsts", "/s", resets / seconds, d->limits[RESETS_WARN],
                          d->limits[RESETS_CRITICAL]);
    finding_exceeds(finding, d, &rule, 60);
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        if (detection_growth(d, KINDS[i], 10, &growth, &seconds) && growth > 0)
            finding_evidence(finding, HOST_FACT_ROWS[KINDS[i]].name, "/s", growth / seconds);
    say_sides(finding, d);
    finding->window_ns = (int64_t)(seconds * (double)SECOND_NS);
    finding_leave_open(finding, "scanners, and probes of load balancers");
    finding_leave_open(finding, "connections within this host, which count twice");
}

const struct detector RESET_STORM = {
    .id = "reset-storm",
    .section = "loss",
    .title = "many resets",
    .worst = SEVERITY_CRITICAL,
    .facts = {FACT_OUT_RSTS},
    .changes = true,
    .hold_s = 5,
    .limits = {{"warn", 50, "/s", "resets sent, over ten seconds"},
               {"critical", 500, "/s", "resets sent, over ten seconds"}},
    .evaluate = evaluate_resets,
    .proof = "OutRsts; split by EstabResets, AttemptFails, TCPAbortOnClose, TCPAbortOnData, and by "
             "the ends of connections (BPF events)",
    .meaning = "Clients reach closed ports, or programs end connections without reading them out.",
    .advice = {"AttemptFails: a closed port; TCPAbortOnClose: a program closes with data unread; "
               "TCPAbortOnData: SO_LINGER 0, or data after close"}};

static void evaluate_host_drops(struct detection *d)
{
    double dropped, squeezed = 0, seconds;

    if (!detection_growth(d, FACT_SOFTNET_DROPPED, 60, &dropped, &seconds) || dropped < 1)
        return;
    (void)detection_growth(d, FACT_SOFTNET_SQUEEZED, 60, &squeezed, &seconds);
    const struct growth_rule rule = {.plus = {FACT_SOFTNET_DROPPED}};
    const struct finding_subject subject = subject_host(d);
    const double rate = dropped / seconds;
    struct finding *finding = detection_report(
        d, rate >= d->limits[0] ? SEVERITY_WARNING : SEVERITY_INFO, CONFIDENCE_PROVEN, &subject);
    finding_say(finding, "this host drops %.1f received packets a second before TCP sees them",
                rate);
    finding_evidence_limit(finding, "softnet dropped", "/s", rate, d->limits[0]);
    finding_exceeds(finding, d, &rule, 60);
    finding_evidence(finding, "softnet time_squeeze", "/s", squeezed / seconds);
    finding->window_ns = (int64_t)(seconds * (double)SECOND_NS);
}

const struct detector HOST_DROPS = {
    .id = "host-drops",
    .section = "loss",
    .title = "packets dropped by this host's receive queue",
    .worst = SEVERITY_WARNING,
    .facts = {FACT_SOFTNET_DROPPED},
    .changes = true,
    .limits = {{"warn", 1, "/s", "packets dropped"}},
    .evaluate = evaluate_host_drops,
    .proof = "second column of /proc/net/softnet_stat",
    .meaning = "Packets arrive faster than the CPUs take them.",
    .advice = {"raise net.core.netdev_max_backlog; spread interrupts over CPUs (RSS, RPS)"}};
