/* Detectors of listeners that several processes share, and do not share evenly. */
#include "core/finding/detectors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define UNKNOWN_MOST  10.0 /* percent of the connections accepted by an unknown process */
#define BUSY_PERMILLE 900u

/* The sockets of one address and port, and their accepting processes. */
struct sharing {
    const struct listener_tally *listener;
    const struct accept_group *group;
    uint32_t sockets;
    uint32_t holders; /* of these, with exactly one process each, all different */
    uint32_t queued;  /* waiting in the accept queues of all */
    double sum, most;
    int32_t pid; /* the process that accepted most */
};

#define BY_BPF "which process accepts is seen by BPF events only"

/* Accepted connections between frames are only in events, and owners only in those of BPF. */
static bool sees_accepts(struct detection *d)
{
    if (d->openers && d->frame->events && strcmp(d->frame->events, "bpf") == 0)
        return true;
    detection_not_checked(d, "%s", d->detector->by_bpf);
    return false;
}

static bool is_holder_of_other(const struct detection *d, const struct sharing *sharing,
                               const struct conn *conn)
{
    for (uint32_t i = 0; i < d->census->listen_row_count; i++) {
        const struct conn *other = &d->frame->conns[d->census->listen_rows[i]];
        if (other != conn && other->owner_count > 0 && other->owner == conn->owner &&
            census_same_place(&other->tuple, &d->frame->conns[sharing->listener->row].tuple))
            return true;
    }
    return false;
}

static void count_sockets(const struct detection *d, struct sharing *sharing)
{
    const struct tuple *place = &d->frame->conns[sharing->listener->row].tuple;

    for (uint32_t i = 0; i < d->census->listen_row_count; i++) {
        const struct conn *conn = &d->frame->conns[d->census->listen_rows[i]];
        if (!census_same_place(&conn->tuple, place))
            continue;
        sharing->sockets++;
        sharing->holders += conn->owner_word == OWNER_PROCESS && conn->owner_count == 1 &&
                            !is_holder_of_other(d, sharing, conn);
        sharing->queued += (conn->known & KNOWN_QUEUES) ? conn->receive_queue : 0;
    }
}

/* False: too little was accepted, or by whom is unknown. */
static bool take_sharing(struct detection *d, const struct listener_tally *listener, double least,
                         struct sharing *sharing)
{
    *sharing = (struct sharing){.listener = listener,
                                .group = acceptors_of(&d->openers->acceptors, d->census, listener)};
    if (!sharing->group || sharing->group->overflow)
        return false;
    sharing->sum = accept_group_sum(sharing->group);
    const double all = sharing->sum + sharing->group->unknown;
    if (all < least)
        return false;
    if (sharing->group->unknown * 100 > all * UNKNOWN_MOST) {
        detection_not_checked(d, "of %.0f %% of the accepted connections the process is not known",
                              sharing->group->unknown * 100 / all);
        return false;
    }
    for (uint32_t i = 0; i < sharing->group->count; i++) {
        if (sharing->group->members[i].accepts <= sharing->most)
            continue;
        sharing->most = sharing->group->members[i].accepts;
        sharing->pid = sharing->group->members[i].pid;
    }
    count_sockets(d, sharing);
    return true;
}

static const struct proc *acceptor_of(const struct detection *d, const struct sharing *sharing)
{
    return frame_find_host_proc(d->frame, frame_host_number(d->frame, d->frame->netns),
                                sharing->pid);
}

static int64_t window_ns(const struct detection *d)
{
    return (int64_t)(fmin(ACCEPT_TAU_S, d->watched_s) * (double)SECOND_NS);
}

/* The listener, with the process that accepts most of its connections. */
static struct finding_subject subject_of(const struct detection *d, const struct sharing *sharing)
{
    struct finding_subject subject = subject_listener(d, sharing->listener);
    const struct proc *proc = acceptor_of(d, sharing);

    if (proc) {
        subject.pid = proc->pid;
        subject.start_ticks = proc->start_ticks;
        snprintf(subject.name, sizeof(subject.name), "%s", proc->comm);
    }
    return subject;
}

static void say_listener(struct finding *finding, const struct detection *d,
                         const struct sharing *sharing, const char *more)
{
    const struct tuple *tuple = &d->frame->conns[sharing->listener->row].tuple;
    char source[ADDR_TEXT_MAX + 16];

    finding_rows(finding, "%ssport = :%u%s",
                 filter_source(source, sizeof(source), &tuple->local, tuple->family),
                 tuple->local_port, more);
}

/* --- several sockets of one port --- */

enum { IMBALANCE_ACCEPTS, IMBALANCE_SIGMA, IMBALANCE_TIMES };

static bool is_beyond_chance(const struct detection *d, const struct sharing *sharing)
{
    const double mean = sharing->sum / sharing->sockets;
    const double deviation = sqrt(mean * (1 - 1.0 / sharing->sockets));

    return sharing->most - mean > d->limits[IMBALANCE_SIGMA] * deviation &&
           sharing->most >= d->limits[IMBALANCE_TIMES] * mean;
}

static void report_imbalance(struct detection *d, const struct sharing *sharing)
{
    const bool exact = sharing->holders == sharing->sockets;
    const struct finding_subject subject = subject_of(d, sharing);
    struct finding *finding = detection_report(
        d, SEVERITY_WARNING, exact ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY, &subject);

    finding_say(finding, "%s[%d] accepts %.0f %% of the connections to :%u, which has %u sockets",
                subject.name, (int)sharing->pid, sharing->most * 100 / sharing->sum, subject.port,
                sharing->sockets);
    say_listener(finding, d, sharing, " and state listening");
    finding_evidence_limit(finding, "accepted by one socket", "%",
                           sharing->most * 100 / sharing->sum, 100.0 / sharing->sockets);
    finding_evidence(finding, "accepted by all", "", sharing->sum);
    finding_evidence(finding, "sockets", "", sharing->sockets);
    finding_evidence(finding, "waiting in their accept queues", "", sharing->queued);
    finding->window_ns = window_ns(d);
    finding_rule_out(finding, "chance: the kernel's hash does not deviate that far");
    finding_rule_out(finding, "a reload: the same processes hold the same sockets since");
    if (sharing->queued > 0)
        finding_leave_open(finding, "a worker that is slow: connections wait in accept queues");
    finding_leave_open(finding, "a BPF program that selects the socket on purpose");
}

static void evaluate_imbalance(struct detection *d)
{
    struct sharing sharing;
    bool ambiguous = false, reported = false;

    if (!sees_accepts(d))
        return;
    for (uint32_t i = 0; i < d->census->listener_count; i++) {
        const struct listener_tally *listener = &d->census->listeners[i];
        if (listener->sockets < 2 ||
            !take_sharing(d, listener, d->limits[IMBALANCE_ACCEPTS], &sharing))
            continue;
        if (sharing.holders < sharing.sockets && sharing.group->count != sharing.sockets) {
            ambiguous = true;
        } else if (is_beyond_chance(d, &sharing)) {
            report_imbalance(d, &sharing);
            reported = true;
        }
    }
    if (ambiguous && !reported)
        detection_not_checked(d, "one process holds several sockets of a port: the kernel does not "
                                 "report which of them accepted");
}

const struct detector REUSEPORT_IMBALANCE = {
    .id = "reuseport-imbalance",
    .section = "coming in",
    .title = "sockets of one port that get unequal shares of the connections",
    .by_process = true,
    .by_bpf = BY_BPF,
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER,
    .changes = true,
    .hold_s = 3,
    .limits = {{"accepts", 200, "", "connections accepted lately, at least"},
               {"sigma", 3, "", "standard deviations beyond an equal share"},
               {"times", 1.5, "", "an equal share, at least"}},
    .evaluate = evaluate_imbalance,
    .proof = "connections accepted by each process (BPF events), of LISTEN rows of one address and "
             "port (SO_REUSEPORT)",
    .meaning =
        "The kernel spreads connections over the sockets of a port by a hash, without regard "
        "to who is busy: one worker has more than its share, others wait.",
    .advice = {
        "look for a socket whose process does not accept, and for a BPF selector "
        "(SO_ATTACH_REUSEPORT_EBPF)",
        "set net.ipv4.tcp_migrate_req=1, so that a reload loses no connection (Linux 5.14)"}};

/* --- one socket, several processes --- */

enum { MONOPOLY_ACCEPTS, MONOPOLY_TIMES };

/* It is the parent of all other holders: it accepts for its children. */
static bool is_parent_of_all(const struct detection *d, const struct conn *conn, int32_t pid)
{
    for (uint32_t n = 0; n < conn->owner_count; n++) {
        const struct proc *holder = frame_holder(d->frame, conn, n);
        if (!holder || (holder->pid != pid && holder->parent != pid))
            return false;
    }
    return true;
}

/* Holders without the one that only started the others. */
static uint32_t workers_of(const struct detection *d, const struct sharing *sharing)
{
    const struct conn *conn = &d->frame->conns[sharing->listener->row];
    uint32_t workers = conn->owner_count;

    for (uint32_t n = 0; n < conn->owner_count; n++) {
        const struct proc *holder = frame_holder(d->frame, conn, n);
        if (holder && accept_group_by(sharing->group, holder->pid) < 1 &&
            is_parent_of_all(d, conn, holder->pid))
            workers--;
    }
    return workers;
}

static void report_monopoly(struct detection *d, const struct sharing *sharing, uint32_t workers)
{
    const struct proc *proc = acceptor_of(d, sharing);
    const bool busy =
        proc && proc->cpu_permille != UINT32_MAX && proc->cpu_permille >= BUSY_PERMILLE;
    const bool high = sharing->most * workers > d->limits[MONOPOLY_TIMES] * sharing->sum;
    const struct finding_subject subject = subject_of(d, sharing);
    struct finding *finding = detection_report(d,
                                               !high  ? SEVERITY_NONE
                                               : busy ? SEVERITY_WARNING
                                                      : SEVERITY_INFO,
                                               CONFIDENCE_PROVEN, &subject);
    char more[64];

    finding_say(
        finding, "%s[%d] accepts %.0f %% of the connections to :%u, which %u processes share",
        subject.name, (int)sharing->pid, sharing->most * 100 / sharing->sum, subject.port, workers);
    snprintf(more, sizeof(more), " and pid %d and not state listening", (int)sharing->pid);
    say_listener(finding, d, sharing, more);
    finding_evidence_limit(finding, "accepted by one process", "%",
                           sharing->most * 100 / sharing->sum, 100.0 / workers);
    finding_evidence(finding, "accepted by all", "", sharing->sum);
    if (proc && proc->cpu_permille != UINT32_MAX)
        finding_evidence(finding, "cpu of that process", "%", proc->cpu_permille / 10.0);
    finding->window_ns = window_ns(d);
    finding_rule_out(finding, "a process that accepts for its children: it is not their parent");
    if (!busy)
        finding_leave_open(finding, "idle workers: epoll wakes the one that waited last, which is "
                                    "harmless while it has time");
}

static void evaluate_monopoly(struct detection *d)
{
    struct sharing sharing;

    if (!sees_accepts(d))
        return;
    for (uint32_t i = 0; i < d->census->listener_count; i++) {
        const struct listener_tally *listener = &d->census->listeners[i];
        const struct conn *conn = &d->frame->conns[listener->row];
        if (listener->sockets != 1 || conn->owner_count < 2 ||
            !take_sharing(d, listener, d->limits[MONOPOLY_ACCEPTS], &sharing) ||
            is_parent_of_all(d, conn, sharing.pid))
            continue;
        const uint32_t workers = workers_of(d, &sharing);
        if (sharing.most * workers * 1.25 > d->limits[MONOPOLY_TIMES] * sharing.sum)
            report_monopoly(d, &sharing, workers);
    }
}

const struct detector ACCEPT_MONOPOLY = {
    .id = "accept-monopoly",
    .section = "coming in",
    .title = "one of several processes accepts nearly everything",
    .by_process = true,
    .by_bpf = BY_BPF,
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER,
    .changes = true,
    .hold_s = 3,
    .limits = {{"accepts", 200, "", "connections accepted lately, at least"},
               {"times", 3, "", "an equal share, by one process"}},
    .evaluate = evaluate_monopoly,
    .proof = "connections accepted by each process (BPF events), of one LISTEN row with several "
             "holders; a warning where that process uses 90 % of a core",
    .meaning = "Workers that wait for one socket by epoll are woken last in, first out: one gets "
               "most of the connections, and its load.",
    .advice = {"give each worker a socket of its own (SO_REUSEPORT), or use EPOLLEXCLUSIVE and "
               "re-arm it"}};
