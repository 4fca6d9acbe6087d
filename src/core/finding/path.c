/* Detectors of small segments, distant peers, and writes that wait for an ACK. */
#include "core/finding/detectors.h"

#include <stdio.h>
#include <string.h>

/* --- peers that are near and far away --- */

static void evaluate_rtt_near(struct detection *d)
{
    for (uint32_t i = 0; i < d->frame->proc_count; i++) {
        const struct process_tally *process = &d->census->processes[i];
        if (process->far == 0 || process->far < d->limits[0])
            continue;
        const struct finding_subject subject = subject_process(d, i);
        struct finding *finding = detection_report(d, SEVERITY_INFO, CONFIDENCE_POSSIBLE, &subject);
        char who[EVENT_NAME_MAX];
        finding_say(finding, "%s: %u connection%s to private addresses, up to %.0f ms away",
                    subject_who(&subject, who, sizeof(who)), process->far, plural(process->far),
                    process->far_us / 1e3);
        finding_rows(finding,
                     "pid %d and state established and min_rtt > %ums and ( dst 10/8 or dst "
                     "172.16/12 or dst 192.168/16 or dst 169.254/16 or dst fc00::/7 or dst "
                     "fe80::/10 )",
                     (int)subject.pid, CONN_NEAR_US / 1000);
        finding_evidence_limit(finding, "min_rtt", "ms", process->far_us / 1e3, CONN_NEAR_US / 1e3);
        finding_evidence(finding, "rows", "", process->far);
        finding_rule_out(finding, "queues and delayed ACKs: the least round trip counts");
        finding_leave_open(finding, "a VPN, or private addresses in another place");
    }
}

const struct detector RTT_NEAR = {
    .id = "rtt-near",
    .section = "slow",
    .title = "private addresses that are far away",
    .by_process = true,
    .worst = SEVERITY_INFO,
    .details = true,
    .fields = {INFO_min_rtt},
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .limits = {{"rows", 1, "", "connections of a process, with 10 ms or more"}},
    .evaluate = evaluate_rtt_near,
    .proof = "min_rtt > 10 ms to an address of RFC 1918, fc00::/7 or link-local",
    .meaning = "Within one place a round trip takes less than a millisecond: each request to these "
               "peers takes longer than it seems it should.",
    .advice = {"check where the peer runs (zone, region, VPN), and the route to it"}};

/* --- writes that wait for an ACK --- */

enum { STALL_LEAST, STALL_ROWS };
#define STALL_LISTED 4u /* rows that a filter lists one by one */

struct stalled {
    const struct stall *rows[STALL_LISTED];
    uint32_t count;
    unsigned most; /* stalled frames of the worst row */
    int32_t pid;
    bool same_target, same_port;
};

static void add_stall(struct stalled *stalled, const struct stall *stall)
{
    const unsigned frames = stall_frames(stall);
    const struct tuple *first = stalled->count > 0 ? &stalled->rows[0]->tuple : &stall->tuple;

    if (stalled->count == 0)
        stalled->same_target = stalled->same_port = true;
    stalled->same_target &= first->remote_port == stall->tuple.remote_port &&
                            addr_compare(&first->remote, &stall->tuple.remote) == 0;
    stalled->same_port &= first->local_port == stall->tuple.local_port;
    if (stalled->count < STALL_LISTED)
        stalled->rows[stalled->count] = stall;
    stalled->count++;
    if (frames > stalled->most)
        stalled->most = frames;
}

/* A filter for each row if there are few, else for what they have in common. */
static void say_stalled(struct finding *finding, const struct stalled *stalled)
{
    const struct tuple *first = &stalled->rows[0]->tuple;
    char address[ADDR_TEXT_MAX + 2];
    size_t used = (size_t)snprintf(finding->filter, sizeof(finding->filter), "pid %d and ",
                                   (int)stalled->pid);
    char *rest = finding->filter + used;
    const size_t room = sizeof(finding->filter) - used;

    if (stalled->count == 1) {
        snprintf(rest, room, "sport = :%u and dport = :%u", first->local_port, first->remote_port);
    } else if (stalled->count <= STALL_LISTED) {
        for (uint32_t i = 0; i < stalled->count; i++)
            used += (size_t)snprintf(finding->filter + used, sizeof(finding->filter) - used,
                                     "%s( sport = :%u and dport = :%u )", i == 0 ? "( " : " or ",
                                     stalled->rows[i]->tuple.local_port,
                                     stalled->rows[i]->tuple.remote_port);
        snprintf(finding->filter + used, sizeof(finding->filter) - used, " )");
    } else if (stalled->same_target) {
        filter_address(address, sizeof(address), &first->remote, first->family);
        snprintf(rest, room, "dst %s and dport = :%u", address, first->remote_port);
    } else if (stalled->same_port) {
        snprintf(rest, room, "sport = :%u and not state listening", first->local_port);
    } else {
        snprintf(rest, room, "state established");
    }
}

static void report_stalled(struct detection *d, const struct stalled *stalled)
{
    const bool many = stalled->count >= d->limits[STALL_ROWS];
    struct finding_subject subject = {
        .kind = SUBJECT_PROCESS, .netns = d->frame->netns, .pid = stalled->pid};

    for (uint32_t i = 0; i < d->frame->proc_count; i++)
        if (d->frame->procs[i].pid == stalled->pid)
            subject = subject_process(d, i);
    struct finding *finding =
        detection_report(d, many ? SEVERITY_WARNING : SEVERITY_INFO, CONFIDENCE_LIKELY, &subject);
    char who[EVENT_NAME_MAX];
    finding_say(finding, "%s: small writes wait for an ACK in %u connection%s (Nagle's algorithm)",
                subject_who(&subject, who, sizeof(who)), stalled->count, plural(stalled->count));
    say_stalled(finding, stalled);
    finding_evidence_limit(finding, "frames of the last 20", "", stalled->most,
                           d->limits[STALL_LEAST]);
    finding_evidence_limit(finding, "rows", "", stalled->count, d->limits[STALL_ROWS]);
    finding_rule_out(finding, "windows: there is room in the peer's and in the congestion window");
    finding_rule_out(finding, "loss: nothing is resent");
    finding_leave_open(finding, "TCP_CORK or MSG_MORE, set on purpose");
}

static void evaluate_nagle(struct detection *d)
{
    const struct stalls *stalls = d->stalls;

    for (uint32_t i = 0; i < stalls->count; i++) {
        struct stalled stalled = {.pid = stalls->rows[i].pid};
        bool reported = stalled.pid == 0 || stall_frames(&stalls->rows[i]) < d->limits[STALL_LEAST];
        for (uint32_t j = 0; j < i && !reported; j++)
            reported = stalls->rows[j].pid == stalled.pid &&
                       stall_frames(&stalls->rows[j]) >= d->limits[STALL_LEAST];
        for (uint32_t j = i; j < stalls->count && !reported; j++)
            if (stalls->rows[j].pid == stalled.pid &&
                stall_frames(&stalls->rows[j]) >= d->limits[STALL_LEAST])
                add_stall(&stalled, &stalls->rows[j]);
        if (stalled.count > 0)
            report_stalled(d, &stalled);
    }
}

const struct detector NAGLE_STALL = {
    .id = "nagle-stall",
    .section = "slow",
    .title = "small writes that wait for an ACK",
    .by_process = true,
    .worst = SEVERITY_WARNING,
    .details = true,
    .fields = {INFO_notsent_bytes, INFO_snd_wnd},
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .changes = true,
    .limits = {{"frames", 3, "", "of the last 20, of one connection"},
               {"rows", 10, "", "such connections of a process, for a warning"}},
    .evaluate = evaluate_nagle,
    .proof = "0 < notsent_bytes < snd_mss with segments in flight and room in both windows",
    .meaning = "A program writes a message in pieces: the second waits until the first is "
               "acknowledged, which a peer that delays ACKs does after 40 ms.",
    .advice = {"set TCP_NODELAY, or write each message with one call"}};

/* --- small segments --- */

enum { MSS_LEAST, MSS_BELOW };
#define MSS_PEERS_MAX DRAFTS_MAX
#define MSS_PMTU      1300u /* a path MTU below this explains small segments */

struct small_peer {
    const struct conn *conn;       /* the row with the smallest segments */
    uint32_t mss, pmtu, mtu, rows; /* mtu: of our interface; 0 = unknown */
};

static struct small_peer *small_peer_of(struct small_peer *peers, uint32_t *count,
                                        const struct conn *conn)
{
    for (uint32_t i = 0; i < *count; i++)
        if (peers[i].conn->tuple.family == conn->tuple.family &&
            addr_compare(&peers[i].conn->tuple.remote, &conn->tuple.remote) == 0)
            return &peers[i];
    if (*count == MSS_PEERS_MAX)
        return NULL;
    peers[*count] = (struct small_peer){.conn = conn, .mss = UINT32_MAX};
    return &peers[(*count)++];
}

#define WITH_TIMESTAMPS 1u /* of tcpi_options */
#define TIMESTAMPS_SIZE 12u

/* Of the interface that its route has: what we offer our peer is that less both headers, and less the
 * timestamps where they are used. 0 = unknown. */
static uint32_t mtu_of(const struct detection *d, const struct conn *conn)
{
    const uint64_t offered = row_info(d->frame, conn, INFO_advmss, 0);

    if (offered == 0)
        return 0;
    const uint32_t headers = conn->tuple.family == FAMILY_INET6 ? 60 : 40;
    const bool timestamps = row_info(d->frame, conn, INFO_options, 0) & WITH_TIMESTAMPS;
    return (uint32_t)offered + headers + (timestamps ? TIMESTAMPS_SIZE : 0);
}

/* A router on the way said that it takes less than our interface. */
static bool is_narrow(const struct detection *d, uint32_t pmtu, uint32_t mtu)
{
    return pmtu > 0 && mtu > 0 && pmtu + d->limits[MSS_BELOW] < mtu;
}

/* A tiny window limits segments, too: that is not a small MSS. */
static bool has_small_segments(const struct detection *d, const struct conn *conn, uint64_t mss)
{
    const uint32_t pmtu = (uint32_t)row_info(d->frame, conn, INFO_pmtu, 0);

    return mss > 0 && conn->state == STATE_ESTABLISHED &&
           ((double)mss < d->limits[MSS_LEAST] || is_narrow(d, pmtu, mtu_of(d, conn))) &&
           !addr_is_loopback(&conn->tuple.remote, conn->tuple.family) &&
           (double)row_info(d->frame, conn, INFO_snd_wnd, UINT64_MAX) >= 4 * d->limits[MSS_LEAST];
}

static struct finding_subject subject_of_small(const struct detection *d, const struct conn *conn)
{
    const struct target_tally target = {.remote = conn->tuple.remote,
                                        .family = conn->tuple.family,
                                        .netns = conn->netns,
                                        .inbound = true,
                                        .proc = conn->owner};
    return subject_target(d, &target);
}

/* A limit is shown only where the size is below it. */
static void say_sizes(struct finding *finding, const struct detection *d,
                      const struct small_peer *peer)
{
    if (peer->mss < d->limits[MSS_LEAST])
        finding_evidence_limit(finding, "snd_mss", "B", peer->mss, d->limits[MSS_LEAST]);
    else
        finding_evidence(finding, "snd_mss", "B", peer->mss);
    if (is_narrow(d, peer->pmtu, peer->mtu))
        finding_evidence_limit(finding, "pmtu", "B", peer->pmtu, peer->mtu - d->limits[MSS_BELOW]);
    else
        finding_evidence(finding, "pmtu", "B", peer->pmtu);
}

static void report_small(struct detection *d, const struct small_peer *peer)
{
    const struct finding_subject subject = subject_of_small(d, peer->conn);
    struct finding *finding = detection_report(d, SEVERITY_INFO, CONFIDENCE_PROVEN, &subject);
    char address[ADDR_TEXT_MAX + 2];

    filter_address(address, sizeof(address), &subject.address, subject.family);
    if (is_narrow(d, peer->pmtu, peer->mtu))
        finding_say(finding, "the path to %s takes packets of %u bytes at most, our interface %u",
                    address, peer->pmtu, peer->mtu);
    else if (peer->pmtu > 0 && peer->pmtu < MSS_PMTU)
        finding_say(finding, "the path to %s takes packets of %u bytes at most", address,
                    peer->pmtu);
    else
        finding_say(finding, "%s takes segments of %u bytes at most", address, peer->mss);
    if (peer->mss < d->limits[MSS_LEAST])
        finding_rows(finding, "state established and dst %s and snd_mss < %.0f", address,
                     d->limits[MSS_LEAST]);
    else
        finding_rows(finding, "state established and dst %s and pmtu < %.0f", address,
                     peer->mtu - d->limits[MSS_BELOW]);
    say_sizes(finding, d, peer);
    finding_evidence(finding, "rows with data to send", "", peer->rows);
    finding_rule_out(finding, "a small window, which bounds segments too");
    finding_leave_open(finding, "a tunnel or VPN, or MSS clamping on purpose");
}

static void evaluate_small_mss(struct detection *d)
{
    struct small_peer peers[MSS_PEERS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < d->census->watched_count; i++) {
        const struct conn *conn = &d->frame->conns[d->census->watched[i].row];
        const uint64_t mss = row_info(d->frame, conn, INFO_snd_mss, 0);
        if (!has_small_segments(d, conn, mss))
            continue;
        struct small_peer *peer = small_peer_of(peers, &count, conn);
        if (!peer) {
            const struct finding_subject subject = subject_of_small(d, conn);
            detection_leave_out(d, &subject);
            continue;
        }
        peer->rows++;
        if (mss < peer->mss) {
            peer->mss = (uint32_t)mss;
            peer->pmtu = (uint32_t)row_info(d->frame, conn, INFO_pmtu, 0);
            peer->mtu = mtu_of(d, conn);
        }
    }
    for (uint32_t i = 0; i < count; i++)
        report_small(d, &peers[i]);
}

const struct detector SMALL_MSS = {
    .id = "small-mss",
    .section = "slow",
    .title = "small segments",
    .worst = SEVERITY_INFO,
    .details = true,
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .limits = {{"least", 1220, "B", "snd_mss: what the least MTU of IPv6 has room for"},
               {"below", 100, "B", "pmtu below the MTU of our interface by more"}},
    .evaluate = evaluate_small_mss,
    .proof = "snd_mss of rows with data to send; pmtu, and advmss, which says the MTU of our "
             "interface, unless the kernel knew the narrower path when the connection began",
    .meaning =
        "Each segment carries little: more packets, more CPU and a slower start for the same "
        "bytes.",
    .advice = {"look for tunnels, the MTU of interfaces on the way, and rules that clamp the MSS"}};

/* --- full segments that never arrive --- */

enum { HOLE_PEERS };

/* Rows that received something from the host after the full segments were sent: it is alive. */
static uint32_t rows_that_hear(const struct detection *d, const struct target_tally *target)
{
    uint32_t rows = 0;

    for (uint32_t i = 0; i < d->frame->live_count; i++) {
        const struct conn *conn = &d->frame->conns[i];
        rows += (conn->known & KNOWN_LAST_DATA) && conn->tuple.family == target->family &&
                conn->last_data_received_ms < target->stuck_ms &&
                addr_compare(&conn->tuple.remote, &target->remote) == 0;
    }
    return rows;
}

/* Each remote address once. */
static bool is_first_of_host(const struct census *census, uint32_t index)
{
    const struct target_tally *target = &census->targets[index];

    for (uint32_t i = 0; i < index; i++)
        if (census->targets[i].stuck > 0 && census->targets[i].family == target->family &&
            addr_compare(&census->targets[i].remote, &target->remote) == 0)
            return false;
    return true;
}

static void report_hole(struct detection *d, const struct target_tally *target, uint32_t hearing,
                        uint32_t peers)
{
    const bool likely = peers >= d->limits[HOLE_PEERS];
    const struct conn *conn = &d->frame->conns[target->stuck_row];
    const struct finding_subject subject = subject_target(d, target);
    struct finding *finding =
        detection_report(d, likely ? SEVERITY_WARNING : SEVERITY_INFO,
                         likely ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE, &subject);
    char address[ADDR_TEXT_MAX + 2], rows[FILTER_TARGET_MAX];
    double probes, seconds;

    filter_address(address, sizeof(address), &subject.address, subject.family);
    finding_say(finding, "full segments do not arrive at %s, small ones do: a path MTU black hole",
                address);
    finding_rows(finding, "%s and timer on and timer_retrans >= 3 and sendq >= %llu",
                 filter_target(rows, sizeof(rows), &subject),
                 (unsigned long long)row_info(d->frame, conn, INFO_snd_mss, 0));
    finding_evidence(finding, "rows that resend full segments", "", target->stuck);
    finding_evidence(finding, "snd_mss", "B", (double)row_info(d->frame, conn, INFO_snd_mss, 0));
    finding_evidence(finding, "bytes_acked", "B",
                     (double)row_info(d->frame, conn, INFO_bytes_acked, 0));
    finding_evidence(finding, "rows that receive from the host", "", hearing);
    finding_evidence_limit(finding, "hosts", "", peers, d->limits[HOLE_PEERS]);
    if (detection_growth(d, FACT_MTUP_FAIL, 60, &probes, &seconds) && probes > 0)
        finding_evidence(finding, "TCPMTUPFail", "", probes);
    finding_holds_since(finding, d, (int64_t)target->stuck_ms * MILLISECOND_NS);
    finding_rule_out(finding, "a dead peer: other segments from it arrive");
    if (!likely)
        finding_leave_open(finding, "loss: it is one host only");
}

static void evaluate_black_hole(struct detection *d)
{
    const struct census *census = d->census;
    uint32_t hearing[DRAFTS_MAX], targets[DRAFTS_MAX], count = 0, peers = 0, left_out = 0;

    for (uint32_t i = 0; i < census->target_count; i++) {
        if (census->targets[i].stuck == 0)
            continue;
        if (count == DRAFTS_MAX) {
            left_out++;
            continue;
        }
        hearing[count] = rows_that_hear(d, &census->targets[i]);
        if (hearing[count] == 0)
            continue;
        targets[count++] = i;
        peers += is_first_of_host(census, i);
    }
    if (left_out > 0)
        detection_not_checked(d, "%u more targets to which rows resend full segments", left_out);
    for (uint32_t i = 0; i < count; i++)
        report_hole(d, &census->targets[targets[i]], hearing[i], peers);
}

const struct detector PMTU_BLACKHOLE = {
    .id = "pmtu-blackhole",
    .section = "slow",
    .title = "full segments that vanish while small ones arrive",
    .worst = SEVERITY_WARNING,
    .details = true,
    .fields = {INFO_delivered},
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .limits = {{"peers", 2, "", "hosts for a warning; one alone is worth a line"}},
    .evaluate = evaluate_black_hole,
    .proof =
        "three timeouts in a row with a full segment of 1300 bytes or more to send, only small "
        "ones ever acknowledged, and data from the same host since",
    .meaning = "A link on the way is narrower than both ends know, and the ICMP message that says "
               "so does not arrive: connections come about and then hang.",
    .advice = {"set net.ipv4.tcp_mtu_probing=1; let ICMP \"too big\" pass",
               "clamp the MSS at the tunnel, or lower the MTU of the interface"}};
