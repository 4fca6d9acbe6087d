/* Detectors of counters that do not grow on a healthy host: their growth is the finding. */
#include "core/finding/detectors.h"

#include <stdio.h>

enum { RARE_WARN, RARE_LEAST };
#define RARE_WINDOW_S 60.0

static void evaluate_rare(struct detection *d)
{
    struct growth_rule rule = {.per_s = d->limits[RARE_LEAST] / RARE_WINDOW_S};
    double all = 0, seconds = 1, growth;

    for (size_t i = 0; i < sizeof(d->detector->facts) && d->detector->facts[i]; i++) {
        rule.plus[i] = (enum host_fact)d->detector->facts[i];
        if (detection_growth(d, d->detector->facts[i], RARE_WINDOW_S, &growth, &seconds))
            all += growth;
    }
    if (all < d->limits[RARE_LEAST])
        return;
    const enum finding_severity severity =
        all / seconds >= d->limits[RARE_WARN] && all >= 10 ? SEVERITY_WARNING : SEVERITY_INFO;
    const struct finding_subject subject = subject_netns(d);
    struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);
    finding_say(finding, "%s: %.0f in %.0f s", d->detector->title, all, seconds);
    for (size_t i = 0; i < sizeof(d->detector->facts) && d->detector->facts[i]; i++)
        if (detection_growth(d, d->detector->facts[i], RARE_WINDOW_S, &growth, &seconds) &&
            growth > 0)
            finding_evidence_limit(finding, HOST_FACT_ROWS[d->detector->facts[i]].name, "/s",
                                   growth / seconds, d->limits[RARE_WARN]);
    finding_exceeds(finding, d, &rule, RARE_WINDOW_S);
    finding->window_ns = (int64_t)(seconds * (double)SECOND_NS);
}

#define RARE(id_, section_, title_, proof_, meaning_, advice_, ...)                                \
    {                                                                                              \
        .id = id_, .section = section_, .title = title_, .worst = SEVERITY_WARNING,                \
        .facts = {__VA_ARGS__}, .any_fact = true, .changes = true,                                 \
        .limits = {{"warn", 1, "/s", "growth over a minute; less is worth a line"},                \
                   {"least", 3, "", "growth within a minute that is worth a line"}},               \
        .evaluate = evaluate_rare, .proof = proof_, .meaning = meaning_, .advice = {advice_},      \
    }

const struct detector DEFER_ACCEPT_DROPS = RARE(
    "defer-accept-drops", "coming in", "clients dropped that sent nothing", "TCPDeferAcceptDrop",
    "A listener with TCP_DEFER_ACCEPT gave up on clients that connected and stayed silent.",
    "raise the time of TCP_DEFER_ACCEPT, or do without it", FACT_DEFER_ACCEPT_DROP);

const struct detector RPFILTER_DROPS =
    RARE("rpfilter-drops", "coming in", "packets dropped by the reverse path filter",
         "IPReversePathFilter",
         "Packets came in by an interface that the route back to their sender does not use.",
         "check routes, or set net.ipv4.conf.*.rp_filter=2", FACT_RPFILTER_DROP);

const struct detector TTL_DROPS =
    RARE("ttl-drops", "coming in", "segments dropped for their TTL", "TCPMinTTLDrop",
         "A socket with IP_MINTTL refused segments from further away.",
         "check the distance of the peer and the setting (BGP: ttl-security)", FACT_MIN_TTL_DROP);

const struct detector RECEIVE_COLLAPSE = {
    .id = "receive-collapse",
    .section = "memory",
    .title = "receive queues packed to save memory",
    .worst = SEVERITY_WARNING,
    .facts = {FACT_PRUNE_CALLED, FACT_RCV_COLLAPSED},
    .any_fact = true,
    .changes = true,
    .limits = {{"warn", 100, "/s", "growth over a minute; less is worth a line"},
               {"least", 100, "", "growth within a minute that is worth a line"}},
    .evaluate = evaluate_rare,
    .proof = "PruneCalled, TCPRcvCollapsed",
    .meaning =
        "The kernel copies queued segments together to make room, which costs CPU in bursts.",
    .advice = {"read faster; a smaller net.ipv4.tcp_rmem[2] makes the bursts shorter"}};

const struct detector TFO_FAILING =
    RARE("tfo-failing", "rare", "TCP Fast Open fails",
         "TCPFastOpenActiveFail, TCPFastOpenBlackhole, TCPFastOpenListenOverflow",
         "SYNs with data are dropped on the way, or by listeners.",
         "switch TCP Fast Open off where the path does not carry it", FACT_TFO_ACTIVE_FAIL,
         FACT_TFO_BLACKHOLE, FACT_TFO_LISTEN_OVERFLOW);

const struct detector MD5_FAILING = RARE(
    "md5-failing", "rare", "segments with a missing or wrong MD5 signature",
    "TCPMD5NotFound, TCPMD5Unexpected, TCPMD5Failure",
    "One side signs segments (BGP) and the other does not, or with another key.",
    "compare the keys on both sides", FACT_MD5_NOT_FOUND, FACT_MD5_UNEXPECTED, FACT_MD5_FAILURE);

const struct detector TCP_AO_FAILING =
    RARE("tcp-ao-failing", "rare", "segments that TCP-AO refuses",
         "TCPAORequired, TCPAOBad, TCPAOKeyNotFound",
         "One side signs segments (BGP) and the other does not, or with another key.",
         "compare the keys on both sides", FACT_AO_REQUIRED, FACT_AO_BAD, FACT_AO_KEY_NOT_FOUND);

const struct detector PAWS_REJECTED =
    RARE("paws", "rare", "segments refused for an old timestamp",
         "PAWSActive, PAWSEstab, PAWSTimewait, TSEcrRejected",
         "Timestamps of one address go back: several hosts behind a NAT, or late duplicates.",
         "look for a NAT that mixes the timestamps of several hosts", FACT_PAWS_ACTIVE,
         FACT_PAWS_ESTAB, FACT_PAWS_TIMEWAIT, FACT_TSECR_REJECTED);

const struct detector CHALLENGE_ACKS =
    RARE("challenge-acks", "rare", "segments that do not fit their connection",
         "TCPChallengeACK, TCPSYNChallenge",
         "A peer came back with the ports of an old connection, or segments are forged.",
         "look for peers that restarted, and for NAT that reuses ports early", FACT_CHALLENGE_ACK,
         FACT_SYN_CHALLENGE);

const struct detector BAD_CHECKSUMS =
    RARE("bad-checksums", "rare", "segments with a wrong checksum", "InCsumErrors",
         "Something on the way, often a network card or its driver, damages packets.",
         "look at offloads (ethtool -k) and at the error counters of the interfaces",
         FACT_IN_CSUM_ERRORS);

const struct detector RETRANS_NOT_SENT = RARE(
    "retrans-not-sent", "rare", "retransmissions that did not leave this host",
    "TCPRetransFail, TCPSpuriousRtxHostQueues",
    "The queue of our own interface is full, or there is no memory or no route.",
    "look at the queues of our interfaces (tc -s qdisc)", FACT_RETRANS_FAIL, FACT_SPURIOUS_QUEUES);

const struct detector KEEPALIVE_ABORT =
    RARE("keepalive-abort", "rare", "connections ended because the peer was silent",
         "TCPAbortOnTimeout", "The kernel gave up: keepalive, retransmissions or FIN-WAIT ran out.",
         "look for dead-peer and keepalive-unanswered before", FACT_ABORT_ON_TIMEOUT);
