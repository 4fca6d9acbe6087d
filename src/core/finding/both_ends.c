/* Detectors that use both ends of a connection: one end alone gives a guess, both give proof. */
#include "core/finding/detectors.h"

#include <stdio.h>
#include <string.h>

#define GROUPS_MOST DRAFTS_MAX /* of one network namespace */
#define ROWS_NAMED  32u        /* of a group, one by one */
#define NAME_MAX    80
#define PLACE_MAX   (ADDR_TEXT_MAX + 8)

static bool is_checked(struct detection *d)
{
    if (d->pairs)
        return true;
    detection_not_checked(d, "needs both ends in view: other hosts (ssh:HOST), or --netns all");
    return false;
}

/* A namespace's host, its own name, or both. */
static const char *name_of(const struct detection *d, uint32_t netns, char out[NAME_MAX])
{
    const struct frame_netns *found = frame_find_netns(d->frame, netns);
    const struct frame_host *host = frame_host_of(d->frame, netns);
    const char *name = found && found->name[0] && !(host && found->is_host) ? found->name : "";

    if (host)
        snprintf(out, NAME_MAX, "%.40s%s%.36s", host->name, name[0] ? " " : "", name);
    else if (name[0])
        snprintf(out, NAME_MAX, "%.70s", name);
    else
        snprintf(out, NAME_MAX, "network namespace %u", found ? found->inode : 0);
    return out;
}

/* The remote end, with its port where connections are made to it. */
static struct finding_subject subject_of(const struct detection *d, const struct tuple *tuple,
                                         uint32_t owner, bool is_client)
{
    const struct target_tally target = {.remote = tuple->remote,
                                        .port = is_client ? tuple->remote_port : 0,
                                        .family = tuple->family,
                                        .netns = d->frame->netns,
                                        .inbound = !is_client,
                                        .proc = owner};
    return subject_target(d, &target);
}

static bool same_remote(const struct tuple *a, const struct tuple *b)
{
    return a->family == b->family && addr_compare(&a->remote, &b->remote) == 0;
}

/* --- half-open --- */

enum { HALF_OPEN_AFTER, HALF_OPEN_READINGS };

struct lone_group {
    const struct lone_end *longest;
    const struct lone_end *rows[ROWS_NAMED];
    uint32_t count, seen; /* all; of them those whose other end was seen before */
    bool ports_differ;    /* the local ones */
};

/* What sets subjects apart: one finding for each group. */
static bool belongs(const struct lone_end *a, const struct lone_end *b)
{
    return a->other == b->other && a->is_client == b->is_client &&
           same_remote(&a->tuple, &b->tuple) &&
           addr_compare(&a->tuple.local, &b->tuple.local) == 0 &&
           (!a->is_client || a->tuple.remote_port == b->tuple.remote_port);
}

static void add_to_group(struct lone_group *group, const struct lone_end *lone)
{
    if (group->count < ROWS_NAMED)
        group->rows[group->count] = lone;
    group->ports_differ |=
        group->longest && group->longest->tuple.local_port != lone->tuple.local_port;
    if (!group->longest || lone->alone_ns > group->longest->alone_ns)
        group->longest = lone;
    group->count++;
    group->seen += lone->was_seen;
}

/* "sport = :P", or what else tells it apart from the others. False: there is no room. */
static bool name_row(struct named_rows *rows, const struct lone_group *group,
                     const struct lone_end *row)
{
    if (group->longest->is_client)
        return named_rows_add(rows, "sport = :%u", row->tuple.local_port);
    if (group->ports_differ)
        return named_rows_add(rows, "( sport = :%u and dport = :%u )", row->tuple.local_port,
                              row->tuple.remote_port);
    return named_rows_add(rows, "dport = :%u", row->tuple.remote_port);
}

/* Exactly these rows, or as many of them as there is room for: none that is healthy. Returns how
 * many it names. */
static uint32_t filter_group(struct finding *finding, const struct lone_group *group)
{
    const struct tuple *tuple = &group->longest->tuple;
    char source[ADDR_TEXT_MAX + 16], address[ADDR_TEXT_MAX + 2], port[32] = "";
    struct named_rows rows = {0};

    while (rows.count < group->count && rows.count < ROWS_NAMED &&
           name_row(&rows, group, group->rows[rows.count]))
        continue;
    if (group->longest->is_client)
        snprintf(port, sizeof(port), "dport = :%u and ", tuple->remote_port);
    else if (!group->ports_differ)
        snprintf(port, sizeof(port), "sport = :%u and ", tuple->local_port);
    finding_rows(finding, rows.count > 1 ? "%sdst %s and %s( %s )" : "%sdst %s and %s%s",
                 filter_source(source, sizeof(source), &tuple->local, tuple->family),
                 filter_address(address, sizeof(address), &tuple->remote, tuple->family), port,
                 rows.text);
    return rows.count;
}

static struct finding_subject subject_of_lone(const struct detection *d,
                                              const struct lone_end *lone)
{
    struct finding_subject subject = subject_of(d, &lone->tuple, lone->owner, lone->is_client);
    subject.local = lone->tuple.local;
    return subject;
}

static void report_half_open(struct detection *d, const struct lone_group *group)
{
    const struct lone_end *lone = group->longest;
    const struct finding_subject subject = subject_of_lone(d, lone);
    const bool is_proven = group->seen == group->count;
    struct finding *finding =
        detection_report(d, group->seen > 0 ? SEVERITY_WARNING : SEVERITY_INFO,
                         is_proven ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY, &subject);
    char place[PLACE_MAX], other[NAME_MAX];

    if (lone->is_client)
        addr_format_endpoint(place, sizeof(place), &lone->tuple.remote, lone->tuple.family, NULL,
                             lone->tuple.remote_port, NULL);
    else
        addr_format(place, sizeof(place), &lone->tuple.remote, lone->tuple.family, NULL);
    finding_say(finding, "%u connection%s with %s %s half-open: established here, gone at %s",
                group->count, plural(group->count), place, group->count == 1 ? "is" : "are",
                name_of(d, lone->other, other));
    const uint32_t named = filter_group(finding, group);
    finding_evidence(finding, "established here", "", group->count);
    finding_names(finding, named, group->count);
    if (group->seen > 0 && !is_proven)
        finding_evidence(finding, "of them seen at both ends before", "", group->seen);
    finding_evidence(finding, "rows at the other end", "", 0);
    finding_evidence_limit(finding, "readings of both ends", "", lone->readings,
                           d->limits[HALF_OPEN_READINGS]);
    if (lone->silent_ms >= 0)
        finding_evidence(finding, "silent for", "s", (double)lone->silent_ms / 1000);
    finding_holds_since(finding, d, lone->alone_ns);
    if (is_proven)
        finding_rule_out(finding, "an address that is translated: both ends were seen before");
    else
        finding_leave_open(finding, "another machine that answers at the same address (virtual "
                                    "addresses, load balancers)");
}

static void evaluate_half_open(struct detection *d)
{
    struct lone_group groups[GROUPS_MOST] = {0};
    uint32_t count = 0, all;

    if (!is_checked(d))
        return;
    const struct lone_end *lone = pairs_lone(d->pairs, &all);
    for (uint32_t i = 0; i < all; i++) {
        uint32_t at = 0;
        if (lone[i].netns != d->frame->netns || lone[i].readings < d->limits[HALF_OPEN_READINGS] ||
            (double)lone[i].alone_ns < d->limits[HALF_OPEN_AFTER] * (double)SECOND_NS)
            continue;
        while (at < count && !belongs(groups[at].longest, &lone[i]))
            at++;
        if (at == GROUPS_MOST) {
            const struct finding_subject subject = subject_of_lone(d, &lone[i]);
            detection_leave_out(d, &subject);
            continue;
        }
        count += at == count;
        add_to_group(&groups[at], &lone[i]);
    }
    for (uint32_t i = 0; i < count; i++)
        report_half_open(d, &groups[i]);
}

const struct detector HALF_OPEN = {
    .id = "half-open",
    .section = "both ends",
    .title = "connections that only one end still has",
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .changes = true,
    .limits = {{"after", 5, "s", "the other end is absent"},
               {"readings", 3, "", "both ends were read again since"}},
    .evaluate = evaluate_half_open,
    .proof = "ESTABLISHED at one end; at the other, which is read, no row in any state",
    .meaning =
        "The other end is gone, and no segment that says so arrived: its machine was restarted, a "
        "firewall or NAT "
        "dropped the end, or its accept queue was full. This end waits for something that "
        "cannot come.",
    .advice = {
        "close this end (key X, or tcplens close with the filter that shows it): its program then "
        "connects anew",
        "keepalive or TCP_USER_TIMEOUT would have found it; heartbeats of the application do"}};

/* --- lost on the way --- */

enum { LOST_LEAST, LOST_SHARE, LOST_NEEDLESS, LOST_ARRIVED };

struct loss_sum {
    const struct pair_loss *first;
    struct pair_loss sum;
    uint32_t rows;
};

enum way { WAY_UNKNOWN, WAY_DATA, WAY_ACKS, WAY_ORDER };

/* Resent segments that had arrived, as the other end reports, were not lost; lost ones leave holes
 * there. */
static enum way way_of(const struct detection *d, const struct pair_loss *sum)
{
    const double needless = sum->needless * 100 / sum->resent;

    if (sum->resent < d->limits[LOST_LEAST])
        return WAY_UNKNOWN;
    if (needless < d->limits[LOST_NEEDLESS])
        return sum->out_of_order > 0 ? WAY_DATA : WAY_UNKNOWN;
    if (needless < d->limits[LOST_ARRIVED])
        return WAY_UNKNOWN; /* some of both */
    return sum->out_of_order > 0 ? WAY_ORDER : WAY_ACKS;
}

static const struct {
    const char *title; /* behind "segments to web1" */
    const char *advice;
} WAYS[] = {
    [WAY_DATA] = {"are lost on the way there", "look between the two: links and queues at both "
                                               "(ethtool -S, tc -s qdisc), rules of nft there, "
                                               "softnet drops"},
    [WAY_ACKS] =
        {"arrive, but their ACKs are lost on the way back, or late",
         "look at the way back: queues and rules of that direction, and routes that differ"},
    [WAY_ORDER] = {"arrive out of order, none is lost",
                   "look for paths that reorder (bonding, ECMP)"},
};

/* Both are of the same direction between the same two. */
static bool is_of_sum(const struct pair_loss *pair, const struct pair_loss *first)
{
    return pair->netns == first->netns && pair->other == first->other &&
           same_remote(&first->tuple, &pair->tuple);
}

static void report_loss(struct detection *d, const struct loss_sum *loss, enum way way)
{
    uint32_t all;
    const struct pair_loss *pairs = pairs_losses(d->pairs, &all);
    const struct pair_loss *sum = &loss->sum;
    const double share = sum->sent_bytes > 0 ? sum->resent_bytes * 100 / sum->sent_bytes : 0;
    const struct finding_subject subject =
        subject_of(d, &loss->first->tuple, loss->first->owner, false);
    struct finding *finding =
        detection_report(d, share >= d->limits[LOST_SHARE] ? SEVERITY_WARNING : SEVERITY_INFO,
                         CONFIDENCE_PROVEN, &subject);
    char other[NAME_MAX], span[LASTING_MAX];
    struct named_rows rows = {0};

    finding_say(finding, "segments to %s %s: %.0f sent again in %s",
                name_of(d, loss->first->other, other), WAYS[way].title, sum->resent,
                lasting((double)sum->window_ns / (double)SECOND_NS, span));
    for (uint32_t i = 0; i < all; i++)
        if (pairs[i].resent > 0 && is_of_sum(&pairs[i], loss->first))
            (void)named_rows_add(&rows, "( sport = :%u and dport = :%u )",
                                 pairs[i].tuple.local_port, pairs[i].tuple.remote_port);
    finding_evidence_limit(finding, "bytes_retrans / bytes_sent of these rows", "%", share,
                           d->limits[LOST_SHARE]);
    finding_evidence_limit(finding, "sent again here", "", sum->resent, d->limits[LOST_LEAST]);
    finding_evidence(finding, "dsack_dups here", "", sum->needless);
    finding_evidence(finding, "rcv_ooopack there", "", sum->out_of_order);
    finding_evidence(finding, "rows", "", loss->rows);
    finding_rows_to(finding, &subject, &rows);
    finding->window_ns = sum->window_ns;
    finding_advise(finding, WAYS[way].advice);
}

static void add_loss(struct loss_sum *loss, const struct pair_loss *pair)
{
    if (!loss->first)
        *loss = (struct loss_sum){.first = pair};
    loss->sum.sent_bytes += pair->sent_bytes;
    loss->sum.resent_bytes += pair->resent_bytes;
    loss->sum.resent += pair->resent;
    loss->sum.needless += pair->needless;
    loss->sum.out_of_order += pair->out_of_order;
    if (pair->window_ns > loss->sum.window_ns)
        loss->sum.window_ns = pair->window_ns;
    loss->rows++;
}

static void evaluate_lost(struct detection *d)
{
    struct loss_sum sums[GROUPS_MOST] = {0};
    uint32_t count = 0, left_out = 0, all;

    if (!is_checked(d))
        return;
    const struct pair_loss *pairs = pairs_losses(d->pairs, &all);
    for (uint32_t i = 0; i < all; i++) {
        uint32_t at = 0;
        if (pairs[i].netns != d->frame->netns)
            continue;
        while (at < count && !is_of_sum(&pairs[i], sums[at].first))
            at++;
        if (at == GROUPS_MOST) {
            left_out += pairs[i].resent > 0;
            continue;
        }
        count += at == count;
        add_loss(&sums[at], &pairs[i]);
    }
    if (left_out > 0)
        detection_not_checked(d, "%u rows that resent are to others than the first %u hosts",
                              left_out, GROUPS_MOST);
    for (uint32_t i = 0; i < count; i++) {
        const enum way way = way_of(d, &sums[i].sum);
        if (way != WAY_UNKNOWN)
            report_loss(d, &sums[i], way);
    }
}

const struct detector LOST_ON_THE_WAY = {
    .id = "lost-on-the-way",
    .section = "both ends",
    .title = "which way segments are lost between two hosts",
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER | NEED_SUSPECTS | NEED_HOST_FACTS,
    .changes = true,
    .limits = {{"least", 10, "", "segments sent again within the last half minute or minute"},
               {"warn", 1, "%", "of the bytes of these rows were sent again"},
               {"needless", 30, "%", "of these had arrived: with less they are lost"},
               {"arrived", 50, "%", "of these had arrived: with more their ACKs are lost"}},
    .evaluate = evaluate_lost,
    .proof = "retransmissions and dsack_dups at one end, rcv_ooopack at the other",
    .meaning =
        "What is lost on the way leaves holes at the other end; what had arrived is answered there "
        "with a "
        "duplicate SACK. So both ends tell loss of data from loss of ACKs and from reordering.",
    .advice = {NULL}};
