/* Detectors of connections that we open: ports, silent targets, refusals, churn. */
#include "core/finding/detectors.h"

#include <stdio.h>
#include <string.h>

#define LATELY_NS (60 * SECOND_NS)

static const struct opener *find_opener(const struct detection *d,
                                        const struct target_tally *target)
{
    for (uint32_t i = 0; d->openers && i < d->openers->count; i++) {
        const struct opener *opener = &d->openers->rows[i];
        if (opener->port == target->port && opener->family == target->family &&
            addr_compare(&opener->remote, &target->remote) == 0)
            return opener;
    }
    return NULL;
}

/* TIME-WAIT rows have no owner: the process that opened the latest ones counts as the owner. */
static void name_opener(struct finding_subject *subject, const struct opener *opener)
{
    if (!opener || subject->pid > 0)
        return;
    subject->pid = opener->pid;
    subject->start_ticks = opener->start_ticks;
    memcpy(subject->name, opener->name, sizeof(subject->name));
}

/* All attempts and their results are known. */
static bool attempts_are_known(const struct detection *d)
{
    return d->openers && d->frame->events && strcmp(d->frame->events, "bpf") == 0;
}

static struct finding_subject opener_subject(const struct detection *d, const struct opener *opener)
{
    struct finding_subject subject = {.kind = SUBJECT_TARGET,
                                      .family = opener->family,
                                      .port = opener->port,
                                      .netns = opener->netns ? opener->netns : d->frame->netns,
                                      .address = opener->remote};
    name_opener(&subject, opener);
    return subject;
}

static int64_t opener_window_ns(const struct detection *d)
{
    const double seconds = d->watched_s < OPENER_TAU_S ? d->watched_s : OPENER_TAU_S;
    return (int64_t)(seconds * (double)SECOND_NS);
}

/* --- ports --- */

enum { PORTS_WARN, PORTS_CRITICAL, PORTS_LEAVE, PORTS_FORECAST };

/* How often connect() to this target lately found no port; the subject gets the calling process. */
static uint32_t calls_without_port(const struct detection *d, const struct target_tally *target,
                                   struct finding_subject *subject)
{
    uint32_t calls = 0;

    for (unsigned i = 0; d->facts && i < d->facts->connect_failures.count; i++) {
        const struct call_failure *failure = &d->facts->connect_failures.rows[i];
        if (failure->error != ERROR_EADDRNOTAVAIL || failure->port != target->port ||
            failure->family != target->family ||
            addr_compare(&failure->address, &target->remote) != 0 ||
            d->frame->mono_ns - failure->last_ns[0] > LATELY_NS)
            continue;
        calls += failure->count;
        if (subject->pid > 0)
            continue;
        subject->pid = failure->pid;
        subject->start_ticks = failure->start_ticks;
        memcpy(subject->name, failure->name, sizeof(subject->name));
    }
    return calls;
}

/* Events do not say from which of our addresses: each counts for as much as it has of the ports. */
static double share_of_local(const struct detection *d, const struct target_tally *target)
{
    double all = 0;

    if (!target->several_locals)
        return 1;
    for (uint32_t i = 0; i < d->census->target_count; i++) {
        const struct target_tally *other = &d->census->targets[i];
        if (!other->inbound && other->port == target->port && other->family == target->family &&
            other->netns == target->netns && addr_compare(&other->remote, &target->remote) == 0)
            all += other->in_range;
    }
    return all > 0 ? target->in_range / all : 1;
}

/* Until all of them are used; < 0: not known, or never. */
static double ports_full_s(const struct detection *d, const struct target_tally *target,
                           uint32_t ports)
{
    const struct opener *opener = find_opener(d, target);
    const double opens = opener ? opener_rate(d->openers, opener->opens) : 0;
    return port_trends_forecast(d->port_trends, target, ports, opens * share_of_local(d, target));
}

static enum finding_severity severity_of_ports(const struct detection *d, double percent,
                                               double full_s)
{
    const enum finding_severity severity =
        severity_above(percent, d->limits[PORTS_WARN], d->limits[PORTS_CRITICAL]);

    return severity == SEVERITY_NONE && full_s >= 0 && full_s <= d->limits[PORTS_FORECAST]
               ? SEVERITY_WARNING
               : severity;
}

static void say_ports(struct finding *finding, const struct target_tally *target, uint32_t ports,
                      double full_s)
{
    const double percent = target->in_range * 100.0 / ports;
    char place[SUBJECT_PLACE_MAX], span[LASTING_MAX], forecast[LASTING_MAX + 32] = "";

    if (full_s >= 0)
        snprintf(forecast, sizeof(forecast), "; at this rate all are used in %s",
                 lasting(full_s, span));
    finding_say(finding, "%.0f %% of the local ports to %s are used (%u of %u, %u in TIME-WAIT)%s",
                percent, subject_place(&finding->subject, place, sizeof(place)), target->in_range,
                ports, target->in_range_time_wait, forecast);
}

static void report_ports(struct detection *d, const struct target_tally *target, uint32_t ports,
                         double full_s)
{
    const double percent = target->in_range * 100.0 / ports;
    const bool is_soon = full_s >= 0 && full_s <= d->limits[PORTS_FORECAST];
    struct finding_subject subject = subject_target(d, target);
    const struct opener *opener = find_opener(d, target);
    char rows[FILTER_TARGET_MAX];

    name_opener(&subject, opener);
    const uint32_t failed = calls_without_port(d, target, &subject);
    const bool is_proven = failed > 0 || percent >= d->limits[PORTS_WARN];
    struct finding *finding =
        detection_report(d, failed > 0 ? SEVERITY_CRITICAL : severity_of_ports(d, percent, full_s),
                         is_proven ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY, &subject);
    say_ports(finding, target, ports, is_soon ? full_s : -1);
    finding_rows(finding, "%s and sport >= :%u and sport <= :%u",
                 filter_target(rows, sizeof(rows), &subject), d->census->port_first,
                 d->census->port_last);
    finding_evidence_limit(finding, "ports", "", target->in_range, ports);
    finding_evidence(finding, "TIME-WAIT rows", "", target->in_range_time_wait);
    if (is_soon)
        finding_evidence_limit(finding, "time until all are used", "s", full_s,
                               d->limits[PORTS_FORECAST]);
    if (failed > 0)
        finding_evidence(finding, "connect() failed with EADDRNOTAVAIL", "", failed);
    if (opener)
        finding_evidence(finding, "opened", "/s", opener_rate(d->openers, opener->opens));
    if (opener)
        finding->window_ns = opener_window_ns(d);
    finding_rule_out(finding, "many TIME-WAIT rows to many targets, which do no harm");
    if (is_soon && !is_proven)
        finding_leave_open(finding, "growth that ends before: a pool that warms up, a burst");
}

static void evaluate_ports(struct detection *d)
{
    const uint32_t ports = host_facts_local_ports(d->facts);

    if (ports == 0)
        return;
    for (uint32_t i = 0; i < d->census->target_count; i++) {
        const struct target_tally *target = &d->census->targets[i];
        if (!port_trends_has(target, ports))
            continue;
        const double full_s = ports_full_s(d, target, ports);
        if (target->in_range * 100.0 / ports >= d->limits[PORTS_LEAVE] ||
            (full_s >= 0 && full_s <= 2 * d->limits[PORTS_FORECAST]))
            report_ports(d, target, ports, full_s);
    }
}

const struct detector PORTS_EXHAUSTED = {
    .id = "ports-exhausted",
    .section = "going out",
    .title = "local ports to one target used up",
    .worst = SEVERITY_CRITICAL,
    .needs = NEED_OWNER,
    .facts = {FACT_PORT_FIRST, FACT_PORT_LAST},
    .limits = {{"warn", 60, "%", "of the ports of ip_local_port_range, to one target"},
               {"critical", 90, "%", "of the ports of ip_local_port_range, to one target"},
               {"leave", 50, "%", "below this the finding ends"},
               {"forecast", 300, "s", "until all are used, by their growth in the last minute"}},
    .evaluate = evaluate_ports,
    .proof = "rows to one remote address and port with lport in net.ipv4.ip_local_port_range, and "
             "their growth",
    .meaning =
        "Each connection to the same target takes a local port of its own, for a minute after "
        "its end too. When all are taken connect() fails with EADDRNOTAVAIL.",
    .advice = {"reuse connections: pool, keep-alive",
               "widen net.ipv4.ip_local_port_range; set net.ipv4.tcp_tw_reuse=1 on this side",
               "use more source or target addresses; IP_BIND_ADDRESS_NO_PORT where the program "
               "binds first"}};

enum { BOUND_WARN, BOUND_GROWTH };

static void report_bound_growth(struct detection *d, const struct growth *growth)
{
    const uint32_t before = growth->bound[0], now = growth->bound[GROWTH_MINUTES];
    const struct finding_subject subject = subject_process(d, growth->proc);
    char who[EVENT_NAME_MAX];

    if (now - before < d->limits[BOUND_GROWTH])
        return;
    struct finding *finding = detection_report(d, SEVERITY_WARNING, CONFIDENCE_LIKELY, &subject);
    finding_say(
        finding,
        "%s has more and more sockets that are bound but not connected (%u, %u ten minutes before)",
        subject_who(&subject, who, sizeof(who)), now, before);
    finding_rows(finding, "pid %d and state closed", (int)subject.pid);
    finding_evidence(finding, "rows", "", now);
    finding_evidence_limit(finding, "more than ten minutes before", "", now - before,
                           d->limits[BOUND_GROWTH]);
    finding->window_ns = GROWTH_MINUTES * 60 * SECOND_NS;
    finding_holds_since(finding, d, GROWTH_MINUTES * 60 * SECOND_NS);
    finding_rule_out(finding, "sockets between bind() and connect(): these would not pile up");
}

static void evaluate_bound_pile(struct detection *d)
{
    const uint32_t ports = host_facts_local_ports(d->facts);

    for (uint32_t i = 0; i < d->frame->proc_count && ports > 0; i++) {
        const uint32_t bound = d->census->processes[i].bound;
        const double percent = bound * 100.0 / ports;
        if (percent * 2 < d->limits[BOUND_WARN])
            continue;
        const struct finding_subject subject = subject_process(d, i);
        struct finding *finding =
            detection_report(d, percent >= d->limits[BOUND_WARN] ? SEVERITY_WARNING : SEVERITY_NONE,
                             CONFIDENCE_PROVEN, &subject);
        char who[EVENT_NAME_MAX];
        finding_say(finding, "%s holds %u port%s bound and not connected",
                    subject_who(&subject, who, sizeof(who)), bound, plural(bound));
        finding_rows(finding, "pid %d and state closed", (int)subject.pid);
        finding_evidence_limit(finding, "rows", "", bound, ports);
    }
    for (uint32_t i = 0; i < d->growths->count; i++)
        if (growth_rises(d->growths->rows[i].bound, d->growths->rows[i].count))
            report_bound_growth(d, &d->growths->rows[i]);
}

const struct detector BOUND_PILE = {
    .id = "bound-pile",
    .section = "going out",
    .title = "sockets that are bound and never connected",
    .by_process = true,
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER,
    .facts = {FACT_PORT_FIRST, FACT_PORT_LAST},
    .hold_s = 5,
    .limits = {{"warn", 20, "%", "of the ports of ip_local_port_range, of one process"},
               {"growth", 100, "", "more than ten minutes before, and rising all the time"}},
    .evaluate = evaluate_bound_pile,
    .proof = "CLOSED rows with a local port, by process, and minute by minute",
    .meaning = "Ports are taken by sockets that neither listen nor connect.",
    .advice = {"bind late, or with IP_BIND_ADDRESS_NO_PORT; look for sockets that are not closed "
               "after a failed connect()"}};

/* --- no answer --- */

enum { SILENT_ROWS_WARN, SILENT_AGE_WARN, SILENT_ROWS_CRITICAL };

static void report_silent_target(struct detection *d, const struct target_tally *target)
{
    const double age_s = (double)target->syn_ns / (double)SECOND_NS;
    const bool high =
        target->syn_retried >= d->limits[SILENT_ROWS_WARN] || age_s > d->limits[SILENT_AGE_WARN];
    const bool critical = target->syn_retried >= d->limits[SILENT_ROWS_CRITICAL];
    const enum finding_severity severity = critical ? SEVERITY_CRITICAL
                                           : high   ? SEVERITY_WARNING
                                                    : SEVERITY_NONE;
    struct finding_subject subject = subject_target(d, target);
    name_opener(&subject, find_opener(d, target));
    struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);
    char who[EVENT_NAME_MAX], place[SUBJECT_PLACE_MAX], rows[FILTER_TARGET_MAX], span[LASTING_MAX];

    finding_say(finding, "%s gets no answer from %s: %u attempt%s wait%s, the oldest for %s",
                subject_who(&subject, who, sizeof(who)),
                subject_place(&subject, place, sizeof(place)), target->syn_sent,
                plural(target->syn_sent), target->syn_sent == 1 ? "s" : "", lasting(age_s, span));
    finding_rows(finding, "state syn-sent and %s", filter_target(rows, sizeof(rows), &subject));
    finding_evidence_mark(finding, "SYN-SENT rows with retries", "", target->syn_retried,
                          d->limits[SILENT_ROWS_WARN], d->limits[SILENT_ROWS_CRITICAL]);
    finding_evidence_limit(finding, "oldest", "s", age_s, d->limits[SILENT_AGE_WARN]);
    finding_evidence(finding, "ESTABLISHED rows", "", target->established);
    finding_holds_since(finding, d, target->syn_ns);
    finding_rule_out(finding, "a refusal: a reset would end the attempt at once");
    finding_leave_open(finding, "the target's accept queue is full: it looks the same from here");
}

static void evaluate_connect_timeout(struct detection *d)
{
    for (uint32_t i = 0; i < d->census->target_count; i++)
        if (d->census->targets[i].syn_retried > 0)
            report_silent_target(d, &d->census->targets[i]);
}

const struct detector CONNECT_TIMEOUT = {
    .id = "connect-timeout",
    .section = "going out",
    .title = "a target that does not answer",
    .worst = SEVERITY_CRITICAL,
    .needs = NEED_OWNER,
    .limits = {{"rows.warn", 3, "", "attempts that had to repeat their SYN"},
               {"age.warn", 3, "s", "one attempt that waits for longer"},
               {"rows.critical", 20, "", "attempts that had to repeat their SYN"}},
    .evaluate = evaluate_connect_timeout,
    .proof = "SYN-SENT rows with timer_retrans >= 1, by target",
    .meaning =
        "SYNs go out and nothing comes back: dropped by a firewall, sent to a wrong address or "
        "to a dead host. Each attempt fails after about 130 s.",
    .advice = {"check address, route and firewalls on the way to the target",
               "check whether the target's program accepts: run tcplens doctor there",
               "give connect() a time limit of a few seconds"}};

enum { LOSS_PERCENT, LOSS_LEAST };

static struct finding *report_syn_loss(struct detection *d, const struct finding_subject *subject,
                                       double slow, double all, const char *fact, double window_s)
{
    const double percent = slow * 100 / all;
    const bool high = percent >= d->limits[LOSS_PERCENT] && slow >= d->limits[LOSS_LEAST];
    const bool known = attempts_are_known(d);
    struct finding *finding =
        detection_report(d,
                         !high   ? SEVERITY_NONE
                         : known ? SEVERITY_WARNING
                                 : SEVERITY_INFO,
                         known ? CONFIDENCE_PROVEN : CONFIDENCE_POSSIBLE, subject);
    char place[SUBJECT_PLACE_MAX] = "", address[ADDR_TEXT_MAX + 2];

    finding_say(finding, "%.0f %% of the connections%s%s need a second SYN, and so a second more",
                percent, subject->family ? " to " : "",
                subject->family ? subject_place(subject, place, sizeof(place)) : "");
    if (subject->family)
        finding_rows(finding, "dst %s and dport = :%u",
                     filter_address(address, sizeof(address), &subject->address, subject->family),
                     subject->port);
    else
        finding_rows(finding, "state syn-sent");
    finding_evidence_limit(finding, fact, "%", percent, d->limits[LOSS_PERCENT]);
    finding_evidence(finding, "attempts", "", all);
    finding->window_ns = (int64_t)(window_s * (double)SECOND_NS);
    if (known)
        finding_rule_out(finding, "a target that never answers: these attempts went through");
    else
        finding_leave_open(finding, "attempts that are given up: counters do not tell them apart");
    finding_leave_open(finding, "the target's accept queue overflows now and then");
    return finding;
}

/* The kernel repeats a SYN after a second: a handshake that takes that long lost one. */
static void evaluate_syn_loss(struct detection *d)
{
    bool found = false;

    for (uint32_t i = 0; d->openers && i < d->openers->count; i++) {
        const struct opener *opener = &d->openers->rows[i];
        if (opener->slow < 1 || opener->connects < 1)
            continue;
        const struct finding_subject subject = opener_subject(d, opener);
        struct finding *finding = report_syn_loss(d, &subject, opener->slow, opener->connects,
                                                  "handshakes of a second", d->openers->seconds);
        finding_excess(finding, opener->latest.slow -
                                    opener->latest.connects * d->limits[LOSS_PERCENT] / 100);
        found = true;
    }
    double retried, opened, seconds;
    if (found || attempts_are_known(d) ||
        !detection_growth(d, FACT_SYN_RETRANS, 60, &retried, &seconds) ||
        !detection_growth(d, FACT_ACTIVE_OPENS, 60, &opened, &seconds) || retried < 1 ||
        opened < retried)
        return;
    for (uint32_t i = 0; i < d->census->target_count; i++)
        if (d->census->targets[i].syn_retried > 0)
            retried -= d->census->targets[i].syn_retried; /* reported by connect-timeout */
    const struct growth_rule rule = {.plus = {FACT_SYN_RETRANS},
                                     .of = FACT_ACTIVE_OPENS,
                                     .share = d->limits[LOSS_PERCENT] / 100};
    const struct finding_subject subject = subject_netns(d);
    if (retried >= 1)
        finding_exceeds(
            report_syn_loss(d, &subject, retried, opened, "TCPSynRetrans / ActiveOpens", seconds),
            d, &rule, 60);
}

const struct detector SYN_LOSS = {
    .id = "syn-loss",
    .section = "going out",
    .title = "handshakes that take a second because a SYN was lost",
    .worst = SEVERITY_WARNING,
    .facts = {FACT_SYN_RETRANS, FACT_ACTIVE_OPENS},
    .changes = true,
    .limits = {{"warn", 5, "%", "of the handshakes"},
               {"least", 3, "", "handshakes that lost a SYN"}},
    .evaluate = evaluate_syn_loss,
    .proof = "SYN-SENT to ESTABLISHED in a second or more; TCPSynRetrans / ActiveOpens",
    .meaning = "A lost SYN or SYN-ACK costs the client a whole second: median times look well, the "
               "slowest do not.",
    .advice = {"look for loss, rate limits and full tables on the way (firewall, conntrack, SYN "
               "limits), and for overflows of the target's accept queue",
               "keep connections open, so that fewer handshakes are needed"}};

enum { REFUSED_WARN };

static double refused_excess(const struct detection *d, const struct opener *opener)
{
    return opener->latest.refused - d->openers->latest_s * d->limits[REFUSED_WARN] / 60;
}

/* Those that are proven are reason enough. */
static bool refusals_are_proven(const struct detection *d, const struct opener *opener)
{
    const double proven = opener->refused + opener->rejected - opener->guessed;

    return opener->guessed == 0 || opener_rate(d->openers, proven) * 60 >= d->limits[REFUSED_WARN];
}

static void report_refused(struct detection *d, const struct opener *opener)
{
    const double all = opener->refused + opener->rejected;
    const double a_minute = opener_rate(d->openers, all) * 60;
    const bool rejected = opener->rejected > opener->refused;
    const enum finding_severity severity = a_minute < d->limits[REFUSED_WARN] ? SEVERITY_NONE
                                           : opener->connects < 0.5 && d->watched_s >= 60
                                               ? SEVERITY_CRITICAL
                                               : SEVERITY_WARNING;
    const struct finding_subject subject = opener_subject(d, opener);
    struct finding *finding = detection_report(
        d, severity, refusals_are_proven(d, opener) ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY,
        &subject);
    char who[EVENT_NAME_MAX], place[SUBJECT_PLACE_MAX], address[ADDR_TEXT_MAX + 2];

    finding_say(
        finding, "%s %s %s, %.0f times a minute", subject_place(&subject, place, sizeof(place)),
        rejected ? "is closed to" : "refuses", subject_who(&subject, who, sizeof(who)), a_minute);
    finding_rows(finding, "dst %s and dport = :%u",
                 filter_address(address, sizeof(address), &subject.address, subject.family),
                 subject.port);
    finding_evidence_limit(finding, "refused", "/min", a_minute, d->limits[REFUSED_WARN]);
    finding_excess(finding, refused_excess(d, opener));
    finding_evidence(finding, "by a reset", "/min", opener_rate(d->openers, opener->refused) * 60);
    if (opener->rejected > 0)
        finding_evidence(finding, "by ICMP", "/min",
                         opener_rate(d->openers, opener->rejected) * 60);
    finding_evidence(finding, "connected", "/min", opener_rate(d->openers, opener->connects) * 60);
    finding->window_ns = opener_window_ns(d);
    finding_rule_out(finding, "no answer: the attempts end at once");
    if (rejected) {
        finding_rule_out(finding, "a closed port: that answers with a reset, this is ICMP");
        finding_advise(finding, "a firewall rejects it: look at the rules on the way and there");
    }
    finding_leave_open(finding, "a health check of a service that was stopped on purpose");
}

static void judge_refused(struct detection *d, const struct opener *opener)
{
    const struct finding_subject subject = opener_subject(d, opener);
    const double all = opener->refused + opener->rejected;

    if (all >= 2)
        report_refused(d, opener);
    else if (all > 0)
        detection_excess(d, &subject, refused_excess(d, opener));
}

/* If events lack the result of attempts: AttemptFails does not include those that the program gave
 * up itself. */
static bool is_counted(const struct opener *opener, double fails)
{
    return opener->guessed == 0 || (fails >= 1 && opener->refused <= fails * 2);
}

static void evaluate_connect_refused(struct detection *d)
{
    double fails = 0, seconds = 1;

    if (!attempts_are_known(d)) {
        detection_not_checked(d, "%s", d->detector->by_bpf);
        return;
    }
    (void)detection_growth(d, FACT_ATTEMPT_FAILS, 60, &fails, &seconds);
    for (uint32_t i = 0; i < d->openers->count; i++)
        if (is_counted(&d->openers->rows[i], fails))
            judge_refused(d, &d->openers->rows[i]);
}

const struct detector CONNECT_REFUSED = {
    .id = "connect-refused",
    .section = "going out",
    .title = "a target that refuses connections",
    .by_bpf = "failed attempts are seen by BPF events only",
    .worst = SEVERITY_CRITICAL,
    .facts = {FACT_ATTEMPT_FAILS},
    .changes = true,
    .limits = {{"warn", 5, "/min", "refusals of one target"}},
    .evaluate = evaluate_connect_refused,
    .proof = "ECONNREFUSED of an attempt, with or without a reset received (BPF events)",
    .meaning =
        "The target answers with a reset: nothing listens on that port. Or with ICMP: a firewall "
        "rejects.",
    .advice = {"check that the service runs and listens on this address and port"}};

/* --- connect() fails --- */

enum { FAILING_CALLS, FAILING_WITHIN };

static const struct failure_words {
    uint8_t error;
    const char *what, *advice;
} FAILURES[] = {
    {ERROR_EADDRNOTAVAIL, "no local port is free",
     "see ports-exhausted; a program that binds its source address takes ports sooner"},
    {ERROR_EPERM, "a rule of this host forbids it",
     "look at nft list ruleset, and at BPF programs of its control group"},
    {ERROR_EACCES, "a rule of this host forbids it",
     "look at prohibit routes (ip route get), SELinux and other security modules"},
    {ERROR_ENETUNREACH, "there is no route", "look at ip route get ADDRESS"},
    {ERROR_EHOSTUNREACH, "the host is not reachable",
     "look at ip route get and ip neigh: it does not answer ARP, or a router said so"},
    {0, "the call fails", NULL},
};

static const struct failure_words *words_of_failure(uint8_t error)
{
    const struct failure_words *words = FAILURES;

    while (words->error && words->error != error)
        words++;
    return words;
}

static void report_failing(struct detection *d, const struct finding_subject *subject,
                           uint8_t error, double calls)
{
    const struct failure_words *words = words_of_failure(error);
    const char *name = words_name(&EVENT_ERROR_WORDS, error);
    struct finding *finding = detection_report(d, SEVERITY_WARNING, CONFIDENCE_PROVEN, subject);
    char who[EVENT_NAME_MAX], place[SUBJECT_PLACE_MAX], address[ADDR_TEXT_MAX + 2];

    finding_say(finding, "%s cannot connect to %s: %s (%s)", subject_who(subject, who, sizeof(who)),
                subject_place(subject, place, sizeof(place)), words->what,
                name ? name : "another error");
    finding_rows(finding, "dst %s and dport = :%u",
                 filter_address(address, sizeof(address), &subject->address, subject->family),
                 subject->port);
    finding_evidence_limit(finding, "attempts that failed", "", calls, d->limits[FAILING_CALLS]);
    finding_evidence(finding, "errno", "", error);
    finding_rule_out(finding, "a refusal by the target: it was not asked, or did not answer");
    if (words->advice)
        finding_advise(finding, words->advice);
}

static bool is_often(const struct detection *d, const struct call_failure *failure)
{
    const int64_t within_ns = (int64_t)(d->limits[FAILING_WITHIN] * (double)SECOND_NS);

    return failure->count >= d->limits[FAILING_CALLS] &&
           failure->last_ns[CALL_FAILURES_TIMES - 1] > 0 &&
           d->frame->mono_ns - failure->last_ns[CALL_FAILURES_TIMES - 1] <= within_ns;
}

static void evaluate_connect_failing(struct detection *d)
{
    if (!d->facts || !d->facts->connect_failures.known) {
        detection_not_checked(d, "%s", d->detector->by_bpf);
        return;
    }
    for (unsigned i = 0; i < d->facts->connect_failures.count; i++) {
        const struct call_failure *failure = &d->facts->connect_failures.rows[i];
        struct finding_subject subject = {.kind = SUBJECT_TARGET,
                                          .family = failure->family,
                                          .port = failure->port,
                                          .netns = d->frame->netns,
                                          .address = failure->address,
                                          .pid = failure->pid,
                                          .start_ticks = failure->start_ticks};
        snprintf(subject.name, sizeof(subject.name), "%s", failure->name);
        if (is_often(d, failure))
            report_failing(d, &subject, failure->error, failure->count);
    }
    for (uint32_t i = 0; d->openers && i < d->openers->count; i++) {
        const struct opener *opener = &d->openers->rows[i];
        const struct finding_subject subject = opener_subject(d, opener);
        if (opener->unreachable >= d->limits[FAILING_CALLS])
            report_failing(d, &subject, ERROR_EHOSTUNREACH, opener->unreachable);
    }
}

const struct detector CONNECT_FAILING = {
    .id = "connect-failing",
    .section = "going out",
    .title = "connect() fails without an answer of the target",
    .by_bpf = "errors of connect() are seen by BPF events only",
    .worst = SEVERITY_WARNING,
    .needs = NEED_HOST_FACTS,
    .limits = {{"calls", 3, "", "calls of one program to one target (3 at least)"},
               {"within", 30, "s", "the last three of them"}},
    .of_process = true,
    .evaluate = evaluate_connect_failing,
    .proof = "errno of connect(), traced by BPF; error of the socket in SYN-SENT",
    .meaning = "The attempt ends on this host, or a router ends it: no port, no route, or a rule "
               "that forbids it."};

/* --- churn --- */

enum { CHURN_RATE, CHURN_LIFE, CHURN_PORTS };

static const struct target_tally *find_target(const struct detection *d,
                                              const struct opener *opener)
{
    for (uint32_t i = 0; i < d->census->target_count; i++) {
        const struct target_tally *target = &d->census->targets[i];
        if (!target->inbound && target->port == opener->port && target->family == opener->family &&
            addr_compare(&target->remote, &opener->remote) == 0)
            return target;
    }
    return NULL;
}

/* Half of the connections opened lately are in TIME-WAIT here; if the other side closes first, only
 * few are. */
static bool ends_stay_here(const struct opener *opener, const struct target_tally *target)
{
    return target && target->time_wait > 3 * target->established &&
           target->time_wait * 2.0 >= opener->opens;
}

/* It is harmful where TIME-WAIT stays on our side and uses up ports. */
static enum finding_severity severity_of_churn(const struct detection *d, double rate,
                                               bool stay_here)
{
    const uint32_t ports = host_facts_local_ports(d->facts);

    if (rate < d->limits[CHURN_RATE])
        return SEVERITY_NONE;
    if (!stay_here || ports == 0)
        return SEVERITY_INFO;
    return rate * TIME_WAIT_S * 100 / ports >= d->limits[CHURN_PORTS] ? SEVERITY_WARNING
                                                                      : SEVERITY_INFO;
}

static double churn_excess(const struct detection *d, const struct opener *opener)
{
    return opener->latest.opens - d->openers->latest_s * d->limits[CHURN_RATE];
}

static void report_churn(struct detection *d, const struct opener *opener, double rate,
                         double life_ms)
{
    const struct target_tally *target = find_target(d, opener);
    const struct finding_subject subject = opener_subject(d, opener);
    const bool stay_here = ends_stay_here(opener, target);
    struct finding *finding =
        detection_report(d, severity_of_churn(d, rate, stay_here), CONFIDENCE_PROVEN, &subject);
    char who[EVENT_NAME_MAX], place[SUBJECT_PLACE_MAX], address[ADDR_TEXT_MAX + 2];

    finding_say(finding,
                "%s opens %.0f connections a second to %s, half of them for less than %.0f ms",
                subject_who(&subject, who, sizeof(who)), rate,
                subject_place(&subject, place, sizeof(place)), life_ms);
    finding_rows(finding, "dst %s and dport = :%u",
                 filter_address(address, sizeof(address), &subject.address, subject.family),
                 subject.port);
    finding_evidence_limit(finding, "opened", "/s", rate, d->limits[CHURN_RATE]);
    finding_excess(finding, churn_excess(d, opener));
    finding_evidence_limit(finding, "median life", "ms", life_ms, d->limits[CHURN_LIFE]);
    if (target) {
        finding_evidence(finding, "TIME-WAIT rows", "", target->time_wait);
        finding_evidence(finding, "ESTABLISHED rows", "", target->established);
    }
    finding->window_ns = opener_window_ns(d);
    if (stay_here)
        finding_advise(finding, "TIME-WAIT is on this side: it is we who close first");
    finding_leave_open(finding, "a load test");
}

static void evaluate_churn(struct detection *d)
{
    if (!d->openers) {
        detection_not_checked(d, "no events");
        return;
    }
    for (uint32_t i = 0; i < d->openers->count; i++) {
        const struct opener *opener = &d->openers->rows[i];
        const double rate = opener_rate(d->openers, opener->opens);
        const double life_ms = opener_median_ms(opener);
        const bool is_short = life_ms >= 0 && life_ms < d->limits[CHURN_LIFE];
        const struct finding_subject subject = opener_subject(d, opener);
        if (rate * 2 < d->limits[CHURN_RATE] && is_short)
            detection_excess(d, &subject, churn_excess(d, opener));
        else if (is_short)
            report_churn(d, opener, rate, life_ms);
    }
}

const struct detector CHURN = {
    .id = "churn",
    .section = "going out",
    .title = "short connections, many a second",
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER | NEED_HOST_FACTS,
    .changes = true,
    .limits = {{"rate", 50, "/s", "connections opened to one target"},
               {"life", 2000, "ms", "half of them live for less"},
               {"ports", 60, "%", "of the local ports at this rate: a warning from here on"}},
    .evaluate = evaluate_churn,
    .proof = "events: opens a second and median life, by target; TIME-WAIT rows of it",
    .meaning =
        "Each request opens a connection of its own: a round trip and a local port for each, "
        "and a minute of TIME-WAIT on the side that closes first.",
    .advice = {"use a pool or keep-alive (nginx: upstream keepalive)"}};

static void evaluate_tw_overflow(struct detection *d)
{
    double growth, seconds;

    if (!detection_growth(d, FACT_TW_OVERFLOW, 60, &growth, &seconds) || growth < d->limits[0])
        return;
    const struct finding_subject subject = subject_netns(d);
    struct finding *finding = detection_report(d, SEVERITY_WARNING, CONFIDENCE_PROVEN, &subject);
    finding_say(finding, "%.0f connections ended without TIME-WAIT: the table of %llu is full",
                growth, (unsigned long long)host_fact(d->facts, FACT_MAX_TW_BUCKETS));
    finding_rows(finding, "state time-wait");
    finding_evidence_limit(finding, "TCPTimeWaitOverflow", "", growth, d->limits[0]);
    finding_exceeds(finding, d, &(struct growth_rule){.plus = {FACT_TW_OVERFLOW}}, 60);
    finding_evidence_limit(finding, "tw", "", (double)host_fact(d->facts, FACT_TCP_TW),
                           (double)host_fact(d->facts, FACT_MAX_TW_BUCKETS));
    finding->window_ns = (int64_t)(seconds * (double)SECOND_NS);
}

const struct detector TW_OVERFLOW = {
    .id = "tw-overflow",
    .section = "going out",
    .title = "more TIME-WAIT than the kernel keeps",
    .worst = SEVERITY_WARNING,
    .facts = {FACT_TW_OVERFLOW},
    .changes = true,
    .limits = {{"warn", 1, "", "TCPTimeWaitOverflow within a minute"}},
    .evaluate = evaluate_tw_overflow,
    .proof = "TCPTimeWaitOverflow; tw against net.ipv4.tcp_max_tw_buckets",
    .meaning = "Late segments of an old connection may then reach a new one. Ports are not the "
               "trouble.",
    .advice = {"raise net.ipv4.tcp_max_tw_buckets; never lower it"}};
