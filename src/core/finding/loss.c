/* Detectors of loss, dead peers and shut windows. */
#include "core/finding/detectors.h"

#include <stdio.h>

#define PEERS_MOST    DRAFTS_MAX /* that are judged in one frame: those with the most losses */
#define SEGMENT_BYTES 1448.0

static double seconds_of(int64_t ns)
{
    return (double)ns / (double)SECOND_NS;
}

/* --- loss by peer --- */

struct peer_loss {
    const struct conn *conn; /* one of its rows */
    double most;             /* it resent at most so many segments, by choose_peers */
    double sent, resent, segments, dsacks, seconds;
    double open_segments, open_dsacks; /* of rows with an open peer window */
    double latest_sent, latest_resent, latest_segments, latest_dsacks; /* since the last frame */
    uint32_t rows;
};

struct losses {
    struct peer_loss peers[PEERS_MOST];
    uint32_t count;
    double segments; /* resent, of all watched rows */
    double left_out; /* the most that a peer resent which is not among these */
};

static struct peer_loss *peer_of(struct losses *losses, const struct conn *conn)
{
    for (uint32_t i = 0; i < losses->count; i++) {
        struct peer_loss *peer = &losses->peers[i];
        if (peer->conn->tuple.family == conn->tuple.family &&
            addr_compare(&peer->conn->tuple.remote, &conn->tuple.remote) == 0)
            return peer;
    }
    return NULL;
}

/* Probes of a shut window repeat data that has arrived, and the peer reports that: the path is not
 * to blame. */
static bool is_held_by_window(const struct watched_row *row)
{
    return row->busy > 0 && row->rwnd * 2 >= row->busy;
}

static struct peer_loss *mildest_of(struct losses *losses)
{
    struct peer_loss *mildest = losses->peers;

    for (uint32_t i = 1; i < losses->count; i++)
        if (losses->peers[i].most < mildest->most)
            mildest = &losses->peers[i];
    return mildest;
}

static bool is_lossy(const struct watched_row *row)
{
    return row->measured && row->resent_segments >= 1;
}

/* Space-saving (Metwally, 2005): one that takes the place of the mildest inherits its sum, so that
 * none with more than that is missing at the end. */
static void choose_peers(struct losses *losses, const struct detection *d)
{
    for (uint32_t i = 0; i < d->census->watched_count; i++) {
        const struct watched_row *row = &d->census->watched[i];
        const struct conn *conn = &d->frame->conns[row->row];
        if (!is_lossy(row))
            continue;
        struct peer_loss *peer = peer_of(losses, conn);
        const bool is_full = losses->count == PEERS_MOST;
        if (!peer) {
            peer = is_full ? mildest_of(losses) : &losses->peers[losses->count++];
            *peer = (struct peer_loss){.conn = conn, .most = is_full ? peer->most : 0};
            losses->left_out += is_full;
        }
        peer->most += row->resent_segments;
    }
    if (losses->left_out > 0)
        losses->left_out = mildest_of(losses)->most;
}

static void add_watched(struct losses *losses, const struct detection *d)
{
    for (uint32_t i = 0; i < d->census->watched_count; i++) {
        const struct watched_row *row = &d->census->watched[i];
        struct peer_loss *peer = peer_of(losses, &d->frame->conns[row->row]);
        if (!row->measured)
            continue;
        losses->segments += row->resent_segments;
        if (!peer)
            continue;
        peer->rows += is_lossy(row);
        peer->sent += row->sent;
        peer->resent += row->resent;
        peer->segments += row->resent_segments;
        peer->dsacks += row->dsacks;
        if (!is_held_by_window(row)) {
            peer->open_segments += row->resent_segments;
            peer->open_dsacks += row->dsacks;
        }
        peer->latest_sent += row->latest.sent;
        peer->latest_resent += row->latest.resent;
        peer->latest_segments += row->latest.resent_segments;
        peer->latest_dsacks += row->latest.dsacks;
        if (row->seconds > peer->seconds)
            peer->seconds = row->seconds;
    }
}

/* Adds other traffic to the same peers, by the rates of the rows. */
static void add_healthy(struct losses *losses, const struct detection *d)
{
    for (uint32_t i = 0; i < d->frame->live_count && losses->count > 0; i++) {
        const struct conn *conn = &d->frame->conns[i];
        if (conn_out_rate(conn) == 0 || conn->retrans > 0 || census_is_watched(conn))
            continue;
        struct peer_loss *peer = peer_of(losses, conn);
        if (!peer)
            continue;
        peer->sent += (double)conn_out_rate(conn) * peer->seconds;
        peer->latest_sent += (double)conn_out_rate(conn) * d->census->latest_s;
    }
}

static void gather_losses(struct losses *losses, const struct detection *d)
{
    *losses = (struct losses){0};
    choose_peers(losses, d);
    add_watched(losses, d);
    add_healthy(losses, d);
}

/* If one that is not judged may have resent as many segments as a finding needs. */
static void note_left_out(struct detection *d, const struct losses *losses, double least)
{
    if (losses->left_out >= least)
        detection_not_checked(d,
                              "more than %u peers have losses: those with up to %.0f segments "
                              "were not judged",
                              PEERS_MOST, losses->left_out);
}

enum { RETRANS_WARN, RETRANS_CRITICAL, RETRANS_LEAST, RETRANS_PACE };

static struct finding_subject subject_of_peer(const struct detection *d,
                                              const struct peer_loss *peer)
{
    const struct target_tally target = {.remote = peer->conn->tuple.remote,
                                        .family = peer->conn->tuple.family,
                                        .netns = peer->conn->netns,
                                        .inbound = true,
                                        .proc = peer->conn->owner};
    return subject_target(d, &target);
}

static double resent_percent(const struct peer_loss *peer)
{
    const double needless = peer->segments > 0 ? peer->dsacks / peer->segments : 0;
    return peer->sent > 0 ? peer->resent * (needless < 1 ? 1 - needless : 0) * 100 / peer->sent : 0;
}

static bool is_enough(const struct detection *d, const struct peer_loss *peer)
{
    return peer->segments >= d->limits[RETRANS_LEAST] && peer->seconds >= 3 &&
           peer->sent / SEGMENT_BYTES / peer->seconds >= d->limits[RETRANS_PACE];
}

static double excess_of_peer(const struct detection *d, const struct peer_loss *peer)
{
    return peer->latest_resent - peer->latest_sent * d->limits[RETRANS_WARN] / 100;
}

/* The rows that resent lately: what others resent long ago is none of this. */
static void say_lossy_rows(struct finding *finding, const struct detection *d,
                           const struct peer_loss *peer)
{
    struct named_rows rows = {0};

    for (uint32_t i = 0; i < d->census->watched_count; i++) {
        const struct watched_row *row = &d->census->watched[i];
        const struct tuple *tuple = &d->frame->conns[row->row].tuple;
        if (is_lossy(row) && tuple->family == peer->conn->tuple.family &&
            addr_compare(&tuple->remote, &peer->conn->tuple.remote) == 0)
            (void)named_rows_add(&rows, "( sport = :%u and dport = :%u )", tuple->local_port,
                                 tuple->remote_port);
    }
    finding_rows_to(finding, &finding->subject, &rows);
}

static void report_lossy_peer(struct detection *d, const struct peer_loss *peer, uint32_t peers)
{
    const double percent = resent_percent(peer);
    const struct finding_subject subject = subject_of_peer(d, peer);
    struct finding *finding = detection_report(
        d, severity_above(percent, d->limits[RETRANS_WARN], d->limits[RETRANS_CRITICAL]),
        CONFIDENCE_PROVEN, &subject);
    char place[SUBJECT_PLACE_MAX];

    finding_say(finding, "%.1f %% of what is sent to %s is retransmitted", percent,
                subject_place(&subject, place, sizeof(place)));
    finding_evidence_mark(finding, "bytes_retrans / bytes_sent", "%", percent,
                          d->limits[RETRANS_WARN], d->limits[RETRANS_CRITICAL]);
    finding_evidence(finding, "retransmitted segments", "/s", peer->segments / peer->seconds);
    finding_evidence(finding, "rows", "", peer->rows);
    say_lossy_rows(finding, d, peer);
    finding_evidence(finding, "peers with losses", "", peers);
    finding_excess(finding, excess_of_peer(d, peer));
    finding->window_ns = (int64_t)(peer->seconds * (double)SECOND_NS);
    finding_rule_out(finding, "needless retransmissions: what was acknowledged twice is left out");
    if (peers == 1)
        finding_rule_out(finding, "this host: other peers have no losses");
}

static void report_lossy_host(struct detection *d, double resent, double sent, double seconds)
{
    const double percent = resent * 100 / sent;
    const struct growth_rule rule = {.plus = {FACT_RETRANS_SEGS},
                                     .minus = {FACT_SYN_RETRANS},
                                     .of = FACT_ORIG_DATA_SENT,
                                     .share = d->limits[RETRANS_WARN] / 100};
    const struct finding_subject subject = subject_netns(d);
    struct finding *finding = detection_report(
        d, severity_above(percent, d->limits[RETRANS_WARN], d->limits[RETRANS_CRITICAL]),
        CONFIDENCE_PROVEN, &subject);

    finding_exceeds(finding, d, &rule, 60);
    finding_say(finding, "%.1f %% of all segments are retransmitted, not to one peer alone",
                percent);
    finding_rows(finding, "retrans_10s > 0");
    finding->of_last_10s = true;
    finding_evidence_mark(finding, "RetransSegs / TCPOrigDataSent", "%", percent,
                          d->limits[RETRANS_WARN], d->limits[RETRANS_CRITICAL]);
    finding_evidence(finding, "TCPOrigDataSent", "/s", sent / seconds);
    finding->window_ns = (int64_t)(seconds * (double)SECOND_NS);
    finding_leave_open(finding, "SYN retries and loss probes, which RetransSegs counts too");
}

static void evaluate_retransmissions(struct detection *d)
{
    struct losses losses;
    double resent, sent, seconds;
    bool found = false;

    gather_losses(&losses, d);
    for (uint32_t i = 0; i < losses.count; i++) {
        const struct peer_loss *peer = &losses.peers[i];
        if (!is_enough(d, peer) || resent_percent(peer) * 2 < d->limits[RETRANS_WARN]) {
            const struct finding_subject subject = subject_of_peer(d, peer);
            detection_excess(d, &subject, excess_of_peer(d, peer));
            continue;
        }
        report_lossy_peer(d, peer, losses.count);
        found = true;
    }
    note_left_out(d, &losses, d->limits[RETRANS_LEAST]);
    if (found || d->watched_s < 5 ||
        !detection_growth(d, FACT_RETRANS_SEGS, 60, &resent, &seconds) ||
        !detection_growth(d, FACT_ORIG_DATA_SENT, 60, &sent, &seconds))
        return;
    double syns = 0;
    (void)detection_growth(d, FACT_SYN_RETRANS, 60, &syns, &seconds);
    resent = resent > syns ? resent - syns : 0;
    if (sent / seconds >= 100 && resent >= d->limits[RETRANS_LEAST] &&
        resent * 200 >= sent * d->limits[RETRANS_WARN])
        report_lossy_host(d, resent, sent, seconds);
}

const struct detector RETRANSMISSIONS = {
    .id = "retransmissions",
    .section = "loss",
    .title = "much that has to be sent again",
    .worst = SEVERITY_CRITICAL,
    .fields = {INFO_bytes_retrans},
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .facts = {FACT_RETRANS_SEGS, FACT_ORIG_DATA_SENT},
    .changes = true,
    .limits = {{"warn", 1, "%", "of the bytes sent to a peer, or of all segments"},
               {"critical", 5, "%", "of the bytes sent to a peer, or of all segments"},
               {"least", 10, "", "retransmitted segments lately"},
               {"pace", 10, "/s", "segments sent to the peer"}},
    .evaluate = evaluate_retransmissions,
    .proof = "bytes_retrans / bytes_sent by peer, less duplicates; RetransSegs / TCPOrigDataSent",
    .meaning = "Segments are lost on the way, or their ACKs are. Throughput falls and answers come "
               "late.",
    .advice = {"one peer: look at the path to it; all peers: at this host's links, queues (ethtool "
               "-S, tc -s qdisc) and softnet drops"}};

enum { SPURIOUS_SHARE, SPURIOUS_LEAST };

static void evaluate_spurious(struct detection *d)
{
    struct losses losses;

    gather_losses(&losses, d);
    for (uint32_t i = 0; i < losses.count; i++) {
        const struct peer_loss *peer = &losses.peers[i];
        const double segments = peer->open_segments;
        const double percent = segments > 0 ? peer->open_dsacks * 100 / segments : 0;
        const double excess =
            peer->latest_dsacks - peer->latest_segments * d->limits[SPURIOUS_SHARE] / 100;
        const struct finding_subject subject = subject_of_peer(d, peer);
        if (segments < d->limits[SPURIOUS_LEAST] || percent < d->limits[SPURIOUS_SHARE]) {
            detection_excess(d, &subject, excess);
            continue;
        }
        struct finding *finding =
            detection_report(d, SEVERITY_WARNING, CONFIDENCE_LIKELY, &subject);
        char place[SUBJECT_PLACE_MAX];
        finding_say(finding, "%.0f %% of the retransmissions to %s were needless", percent,
                    subject_place(&subject, place, sizeof(place)));
        finding_evidence_limit(finding, "dsack_dups / retrans", "%", percent,
                               d->limits[SPURIOUS_SHARE]);
        finding_evidence(finding, "rows", "", peer->rows);
        say_lossy_rows(finding, d, peer);
        finding_excess(finding, excess);
        finding->window_ns = (int64_t)(peer->seconds * (double)SECOND_NS);
        finding_leave_open(finding, "loss of ACKs");
    }
    note_left_out(d, &losses, d->limits[SPURIOUS_LEAST]);
}

const struct detector SPURIOUS_RETRANS = {
    .id = "spurious-retrans",
    .section = "loss",
    .title = "retransmissions of what had arrived",
    .worst = SEVERITY_WARNING,
    .details = true,
    .fields = {INFO_dsack_dups},
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .changes = true,
    .limits = {{"warn", 30, "%", "of the retransmitted segments"},
               {"least", 100, "", "retransmitted segments lately"}},
    .evaluate = evaluate_spurious,
    .proof = "dsack_dups / retrans by peer",
    .meaning = "The peer got segments twice: they were late or out of order, not lost.",
    .advice = {"look for paths that reorder (bonding, ECMP) and for spikes of delay"}};

/* --- peers that are gone --- */

enum { DEAD_ROWS, DEAD_CRITICAL };

static void report_dead(struct detection *d, const struct target_tally *target)
{
    const bool high = target->silent >= d->limits[DEAD_ROWS] || target->silent_5 > 0;
    const enum finding_severity severity = target->silent_most >= d->limits[DEAD_CRITICAL]
                                               ? SEVERITY_CRITICAL
                                           : high ? SEVERITY_WARNING
                                                  : SEVERITY_NONE;
    const struct finding_subject subject = subject_target(d, target);
    struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);
    char place[SUBJECT_PLACE_MAX], rows[FILTER_TARGET_MAX], span[LASTING_MAX];

    finding_say(finding, "%s is gone: %u connection%s resend%s without an answer for up to %s",
                subject_place(&subject, place, sizeof(place)), target->silent,
                plural(target->silent), target->silent == 1 ? "s" : "",
                lasting(target->silent_ms / 1000.0, span));
    finding_rows(finding, "%s and timer on and timer_retrans >= 3",
                 filter_target(rows, sizeof(rows), &subject));
    finding_evidence_limit(finding, "rows", "", target->silent, d->limits[DEAD_ROWS]);
    finding_evidence_reached(finding, "timer_retrans", "", target->silent_most,
                             d->limits[DEAD_CRITICAL]);
    finding_evidence(finding, "resending for", "s", target->silent_ms / 1000.0);
    if (!target->inbound)
        finding_evidence(finding, "other rows to it", "", target->rows - target->silent);
    finding_holds_since(finding, d, (int64_t)target->silent_ms * MILLISECOND_NS);
    finding_rule_out(finding, "a peer that does not read: its window is open");
    if (target->rows > target->silent && !target->inbound)
        finding_leave_open(finding, "the other connections to it may be dead too: they have sent "
                                    "nothing since");
}

static void evaluate_dead_peer(struct detection *d)
{
    for (uint32_t i = 0; i < d->census->target_count; i++)
        if (d->census->targets[i].silent > 0)
            report_dead(d, &d->census->targets[i]);
}

const struct detector DEAD_PEER = {
    .id = "dead-peer",
    .section = "loss",
    .title = "a peer that acknowledges nothing any more",
    .worst = SEVERITY_CRITICAL,
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .limits = {{"rows", 5, "", "rows with three timeouts in a row (one row with five is enough)"},
               {"critical", 8, "", "timeouts in a row"}},
    .evaluate = evaluate_dead_peer,
    .proof = "timer on, timer_retrans >= 3, last_ack_recv beyond the retransmission timeout",
    .meaning = "Data is resent and no ACK comes: the peer, its NAT entry or the path is gone. The "
               "kernel gives up after net.ipv4.tcp_retries2 timeouts, about 15 minutes.",
    .advice = {"many peers at once: look at our link; one: at that host and the firewalls on the "
               "way",
               "set TCP_USER_TIMEOUT in the program, or lower net.ipv4.tcp_retries2",
               "set keepalive, so that idle connections notice too"}};

static void evaluate_keepalive(struct detection *d)
{
    for (uint32_t i = 0; i < d->census->target_count; i++) {
        const struct target_tally *target = &d->census->targets[i];
        if (target->keepalive_unanswered == 0)
            continue;
        const enum finding_severity severity =
            target->keepalive_most >= d->limits[0] ? SEVERITY_WARNING : SEVERITY_INFO;
        const struct finding_subject subject = subject_target(d, target);
        struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);
        char place[SUBJECT_PLACE_MAX], rows[FILTER_TARGET_MAX];
        finding_say(finding, "%s does not answer keepalive probes of %u connection%s",
                    subject_place(&subject, place, sizeof(place)), target->keepalive_unanswered,
                    plural(target->keepalive_unanswered));
        finding_rows(finding, "%s and timer keepalive and timer_retrans >= 1",
                     filter_target(rows, sizeof(rows), &subject));
        finding_evidence_limit(finding, "timer_retrans", "", target->keepalive_most, d->limits[0]);
        finding_leave_open(finding, "a lost probe");
    }
}

const struct detector KEEPALIVE_UNANSWERED = {
    .id = "keepalive-unanswered",
    .section = "loss",
    .title = "keepalive probes without an answer",
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER,
    .limits = {{"warn", 3, "", "probes in a row"}},
    .evaluate = evaluate_keepalive,
    .proof = "timer keepalive, timer_retrans >= 1",
    .meaning = "The peer or its NAT entry is gone. The kernel ends the connection after the last "
               "probe."};

/* --- windows that are shut --- */

enum { SHUT_WARN, SHUT_CRITICAL };

static void report_shut(struct detection *d, const struct target_tally *target)
{
    const double shut_s = seconds_of(target->shut_ns);
    const struct conn *conn = &d->frame->conns[target->shut_row];
    const struct finding_subject subject = subject_target(d, target);
    struct finding *finding =
        detection_report(d, severity_above(shut_s, d->limits[SHUT_WARN], d->limits[SHUT_CRITICAL]),
                         CONFIDENCE_PROVEN, &subject);
    char place[SUBJECT_PLACE_MAX], rows[FILTER_TARGET_MAX], who[EVENT_NAME_MAX], span[LASTING_MAX];

    finding_say(finding, "%s does not read: its window is shut for %s and %s waits",
                subject_place(&subject, place, sizeof(place)), lasting(shut_s, span),
                subject_who(&subject, who, sizeof(who)));
    finding_rows(finding, "%s and timer persist", filter_target(rows, sizeof(rows), &subject));
    finding_evidence(finding, "snd_wnd", "B", 0);
    finding_evidence_mark(finding, "window shut", "s", shut_s, d->limits[SHUT_WARN],
                          d->limits[SHUT_CRITICAL]);
    finding_evidence(finding, "rows", "", target->shut);
    finding_evidence(finding, "sendq", "B", conn->send_queue);
    finding_holds_since(finding, d, target->shut_ns);
    if (target->shut_unanswered == 0)
        finding_rule_out(finding, "a dead peer: it answers the probes");
    else
        finding_leave_open(finding, "a dead peer: some probes have no answer");
    finding_leave_open(finding, "back-pressure on purpose (a proxy)");
}

static void evaluate_peer_not_reading(struct detection *d)
{
    for (uint32_t i = 0; i < d->census->target_count; i++)
        if (d->census->targets[i].shut > 0)
            report_shut(d, &d->census->targets[i]);
}

const struct detector PEER_NOT_READING = {
    .id = "peer-not-reading",
    .section = "loss",
    .title = "a peer whose window is shut",
    .worst = SEVERITY_CRITICAL,
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .limits = {{"warn", 5, "s", "the window is shut for longer"},
               {"critical", 60, "s", "the window is shut for longer"}},
    .evaluate = evaluate_peer_not_reading,
    .proof = "snd_wnd 0, timer persist, sendq > 0",
    .meaning = "The peer's kernel is alive and its program does not read: our data waits, for ever "
               "unless a time limit is set.",
    .advice = {"look at the program on the other side: stopped, blocked, overloaded",
               "set TCP_USER_TIMEOUT where waiting for ever is wrong"}};

static void report_unread(struct detection *d, uint32_t proc, const struct process_tally *process)
{
    const double unread_s = seconds_of(process->unread_ns);
    const struct finding_subject subject = subject_process(d, proc);
    struct finding *finding = detection_report(
        d, severity_above(unread_s, d->limits[SHUT_WARN], d->limits[SHUT_CRITICAL]),
        CONFIDENCE_PROVEN, &subject);
    char who[EVENT_NAME_MAX], span[LASTING_MAX];

    finding_say(finding, "%s does not read %u of its connections, for up to %s",
                subject_who(&subject, who, sizeof(who)), process->unread_rows,
                lasting(unread_s, span));
    finding_rows(finding, "pid %d and recvq >= 16Ki", (int)subject.pid);
    finding_evidence(finding, "rows", "", process->unread_rows);
    finding_evidence_mark(finding, "no data taken", "s", unread_s, d->limits[SHUT_WARN],
                          d->limits[SHUT_CRITICAL]);
    finding_holds_since(finding, d, process->unread_ns);
    finding_leave_open(finding, "flow control on purpose");
}

static void evaluate_we_not_reading(struct detection *d)
{
    for (uint32_t i = 0; i < d->frame->proc_count; i++)
        if (d->census->processes[i].unread_rows > 0)
            report_unread(d, i, &d->census->processes[i]);
}

const struct detector WE_NOT_READING = {
    .id = "we-not-reading",
    .section = "loss",
    .title = "a process that does not read what arrived",
    .by_process = true,
    .worst = SEVERITY_CRITICAL,
    .details = true,
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .limits = {{"warn", 5, "s", "nothing new could be received for longer"},
               {"critical", 60, "s", "nothing new could be received for longer"}},
    .evaluate = evaluate_we_not_reading,
    .proof = "rcv_wnd 0, or recvq >= 90 % of rcvbuf",
    .meaning = "The receive buffer is full: the peer has to wait for our program.",
    .advice = {"look at our program: stopped, blocked, one thread busy"}};
