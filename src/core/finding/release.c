/* Detectors of resources that are not released: CLOSE-WAIT, FIN-WAIT-2, orphans, ports, growing
 * numbers of connections, descriptors, stopped processes. */
#include "core/finding/detectors.h"

#include <stdio.h>
#include <string.h>

static double seconds_of(int64_t ns)
{
    return (double)ns / (double)SECOND_NS;
}

/* --- CLOSE-WAIT --- */

enum { LEAK_ROWS_WARN, LEAK_OLD_WARN, LEAK_AGE_WARN, LEAK_ROWS_CRITICAL, LEAK_FDS_CRITICAL };

static const char *const UNREAD_ADVICE[UNREAD_COUNT] = {
    [UNREAD_NOTHING] = ("it has read the end and never closes: look for the missing close() on the "
                        "error path"),
    [UNREAD_FIN] = "it does not watch idle connections: look for a pool without eviction",
    [UNREAD_DATA] = "it does not read at all: blocked or deadlocked"};
static const char *const UNREAD_NAMES[UNREAD_COUNT] = {
    "rows that read the end", "rows with the end unread", "rows with data unread"};

static void say_unread(struct finding *finding, const struct process_tally *process)
{
    unsigned most = UNREAD_NOTHING;

    for (unsigned i = 0; i < UNREAD_COUNT; i++)
        if (process->unread[i] > process->unread[most])
            most = i;
    if (process->unread[most] == 0)
        return;
    finding_evidence(finding, UNREAD_NAMES[most], "", process->unread[most]);
    finding_advise(finding, UNREAD_ADVICE[most]);
}

/* < 0: unknown, or no limit. */
static double descriptors_percent(struct detection *d, const struct finding_subject *subject,
                                  struct process_facts *facts)
{
    *facts = (struct process_facts){0};
    if (!d->process || d->process(d->process_data, subject->pid, subject->start_ticks, facts) ||
        facts->descriptor_limit == 0 || facts->descriptors == 0)
        return -1;
    return facts->descriptors * 100.0 / (double)facts->descriptor_limit;
}

/* Each needs two passes over all rows: if more processes leak, the peers of the others are not
 * named. */
#define PEERS_SOUGHT 8u

static bool is_kept(const struct conn *conn, uint32_t proc)
{
    return conn->state == STATE_CLOSE_WAIT && conn->owner_word == OWNER_PROCESS &&
           conn->owner == proc;
}

static bool same_peer(const struct conn *one, const struct conn *other)
{
    return one->tuple.family == other->tuple.family &&
           addr_compare(&one->tuple.remote, &other->tuple.remote) == 0;
}

/* A row of the peer that closed more than half of the kept rows; *count gets their number. Majority
 * vote in a first pass, verified in a second. NULL: there is no such peer. */
static const struct conn *find_main_peer(const struct frame *frame, uint32_t proc, uint32_t *count)
{
    const struct conn *elected = NULL;
    uint32_t votes = 0, all = 0;

    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!is_kept(conn, proc))
            continue;
        all++;
        if (votes == 0)
            elected = conn;
        votes += same_peer(conn, elected) ? 1 : UINT32_MAX; /* one more, or one less */
    }
    *count = 0;
    for (uint32_t i = 0; elected && i < frame->live_count; i++)
        *count += is_kept(&frame->conns[i], proc) && same_peer(&frame->conns[i], elected);
    return *count * 2 > all ? elected : NULL;
}

/* Names the main peer, if there is one and it is looked for. */
static void say_kept(const struct detection *d, struct finding *finding, uint32_t proc,
                     bool seeks_peer)
{
    const struct process_tally *process = &d->census->processes[proc];
    char who[EVENT_NAME_MAX], span[LASTING_MAX], peer[ADDR_TEXT_MAX] = "the peer", most[96] = "";
    uint32_t count = 0;
    const struct conn *main = seeks_peer ? find_main_peer(d->frame, proc, &count) : NULL;

    if (main)
        addr_format(peer, sizeof(peer), &main->tuple.remote, main->tuple.family, NULL);
    if (main && count < process->close_wait) {
        snprintf(most, sizeof(most), ", %u by %s", count, peer);
        snprintf(peer, sizeof(peer), "the peer");
    }
    finding_say(finding, "%s keeps %u connection%s that %s has closed%s, the oldest for %s",
                subject_who(&finding->subject, who, sizeof(who)), process->close_wait,
                plural(process->close_wait), peer, most,
                lasting(seconds_of(process->close_wait_ns), span));
}

static void report_leak(struct detection *d, uint32_t proc, bool seeks_peer)
{
    const struct process_tally *process = &d->census->processes[proc];
    const double old_s = seconds_of(process->close_wait_ns);
    const struct finding_subject subject = subject_process(d, proc);
    struct process_facts facts;
    const double used = descriptors_percent(d, &subject, &facts);
    const bool constant =
        process->close_wait_old >= d->limits[LEAK_OLD_WARN] && old_s >= d->limits[LEAK_AGE_WARN];
    const bool many = process->close_wait_kept >= d->limits[LEAK_ROWS_WARN];
    const bool critical = many && (process->close_wait_kept >= d->limits[LEAK_ROWS_CRITICAL] ||
                                   used >= d->limits[LEAK_FDS_CRITICAL]);
    const enum finding_severity severity = critical           ? SEVERITY_CRITICAL
                                           : many || constant ? SEVERITY_WARNING
                                           : process->close_wait_old >= d->limits[LEAK_OLD_WARN]
                                               ? SEVERITY_INFO
                                               : SEVERITY_NONE;
    struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);

    say_kept(d, finding, proc, seeks_peer);
    finding_rows(finding, "pid %d and state close-wait", (int)subject.pid);
    finding_evidence(finding, "rows", "", process->close_wait);
    finding_evidence_mark(finding, "for 5 s or longer", "", process->close_wait_kept,
                          d->limits[LEAK_ROWS_WARN], d->limits[LEAK_ROWS_CRITICAL]);
    finding_evidence(finding, "oldest", "s", old_s);
    say_unread(finding, process);
    if (used >= 0)
        finding_evidence_limit(finding, "descriptors", "", facts.descriptors,
                               (double)facts.descriptor_limit);
    finding_holds_since(finding, d, process->close_wait_ns);
    finding_leave_open(finding, "a protocol that goes on after one side has closed");
}

static void evaluate_close_wait(struct detection *d)
{
    uint32_t reported = 0;

    for (uint32_t i = 0; i < d->frame->proc_count; i++) {
        const struct process_tally *process = &d->census->processes[i];
        if (process->close_wait_old >= d->limits[LEAK_OLD_WARN] ||
            process->close_wait * 2 >= d->limits[LEAK_ROWS_WARN])
            report_leak(d, i, reported++ < PEERS_SOUGHT);
    }
}

const struct detector CLOSE_WAIT_LEAK = {
    .id = "close-wait-leak",
    .section = "not let go",
    .title = "a process that does not close what its peers have closed",
    .by_process = true,
    .worst = SEVERITY_CRITICAL,
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .limits = {{"rows.warn", 100, "", "CLOSE-WAIT rows of a process, each for 5 s or longer"},
               {"old.warn", 10, "", "CLOSE-WAIT rows older than a minute: worth reporting"},
               {"age.warn", 600, "s", "... and a warning when the oldest is older than this"},
               {"rows.critical", 1000, "", "CLOSE-WAIT rows of a process, each for 5 s or longer"},
               {"descriptors.critical", 90, "%", "of its descriptors in use"}},
    .evaluate = evaluate_close_wait,
    .proof = "CLOSE-WAIT rows by process, their age, what is unread in them",
    .meaning = "The peer has closed and this program has not: each such connection holds a "
               "descriptor until the program closes it, without any time limit.",
    .advice = {"tcplens can close them from outside (key X, or tcplens close with the filter that "
               "shows them); "
               "the leak goes on"}};

/* --- FIN-WAIT-2 --- */

enum { HELD_ROWS };

static void evaluate_fin_wait_2(struct detection *d)
{
    for (uint32_t i = 0; i < d->frame->proc_count; i++) {
        const struct process_tally *process = &d->census->processes[i];
        if (process->fin_wait_2_old * 2 < d->limits[HELD_ROWS] || process->fin_wait_2_old == 0)
            continue;
        const struct finding_subject subject = subject_process(d, i);
        const bool high = process->fin_wait_2_old >= d->limits[HELD_ROWS];
        struct finding *finding = detection_report(d, high ? SEVERITY_WARNING : SEVERITY_NONE,
                                                   CONFIDENCE_PROVEN, &subject);
        char who[EVENT_NAME_MAX], span[LASTING_MAX];
        finding_say(finding, "%s waits for %u peer%s to close, for up to %s",
                    subject_who(&subject, who, sizeof(who)), process->fin_wait_2,
                    plural(process->fin_wait_2), lasting(seconds_of(process->fin_wait_2_ns), span));
        finding_rows(finding, "pid %d and state fin-wait-2", (int)subject.pid);
        finding_evidence_limit(finding, "rows older than a minute", "", process->fin_wait_2_old,
                               d->limits[HELD_ROWS]);
        finding_holds_since(finding, d, process->fin_wait_2_ns);
        finding_leave_open(finding, "long downloads after shutdown(SHUT_WR)");
    }
}

const struct detector FIN_WAIT_2_HELD = {
    .id = "fin-wait-2-held",
    .section = "not let go",
    .title = "connections half closed by us, without a time limit",
    .by_process = true,
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .limits = {{"rows", 10, "", "FIN-WAIT-2 rows of a process, older than a minute"}},
    .evaluate = evaluate_fin_wait_2,
    .proof = "FIN-WAIT-2 rows with an owner and no timer",
    .meaning =
        "The program has shut down writing and waits for the peer to close. The kernel sets no "
        "time limit as long as the socket is open.",
    .advice = {"give the peer a time limit, then close()"}};

/* --- orphans --- */

enum { ORPHANS_WARN, ORPHANS_CRITICAL, ORPHANS_LEAVE };

bool detection_has_many_orphans(const struct detection *d)
{
    return host_fact(d->facts, FACT_TCP_ORPHAN) * 5 >= host_fact(d->facts, FACT_MAX_ORPHANS) &&
           host_fact(d->facts, FACT_MAX_ORPHANS) > 0;
}

static void evaluate_orphans(struct detection *d)
{
    const double orphans = (double)host_fact(d->facts, FACT_TCP_ORPHAN);
    const double most = (double)host_fact(d->facts, FACT_MAX_ORPHANS);
    double aborted = 0, seconds = 0;

    const double percent = most > 0 ? orphans * 100 / most : 0;
    if (detection_has_many_orphans(d))
        (void)detection_growth(d, FACT_ABORT_ON_MEMORY, 60, &aborted, &seconds);
    if (percent < d->limits[ORPHANS_LEAVE] && aborted < 1)
        return;
    const struct finding_subject subject = subject_host(d);
    const enum finding_severity severity =
        aborted >= 1
            ? SEVERITY_CRITICAL
            : severity_above(percent, d->limits[ORPHANS_WARN], d->limits[ORPHANS_CRITICAL]);
    struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);
    finding_say(finding, "%.0f orphaned connections, %.0f %% of what the kernel allows", orphans,
                percent);
    finding_rows(finding, "owner none and not state time-wait");
    finding_evidence_limit(finding, "orphan", "", orphans, most);
    finding_evidence(finding, "TCPAbortOnMemory", "", aborted);
    finding_evidence(finding, "rows whose peer does not answer", "", d->census->orphans_unanswered);
    finding->window_ns = (int64_t)(seconds * (double)SECOND_NS);
    finding_rule_out(finding, "TIME-WAIT rows: they are no orphans");
}

const struct detector ORPHANS = {
    .id = "orphans",
    .section = "not let go",
    .title = "connections that no process holds and the kernel still closes",
    .worst = SEVERITY_CRITICAL,
    .facts = {FACT_TCP_ORPHAN, FACT_MAX_ORPHANS},
    .limits = {{"warn", 25, "%",
                "of net.ipv4.tcp_max_orphans (the kernel counts some twice to "
                "four times)"},
               {"critical", 50, "%", "of net.ipv4.tcp_max_orphans"},
               {"leave", 20, "%", "below this the finding ends"}},
    .evaluate = evaluate_orphans,
    .proof = "orphan against net.ipv4.tcp_max_orphans (of the whole host); TCPAbortOnMemory",
    .meaning =
        "Programs have closed while data was still queued, and the peers do not take it. Above "
        "the limit the kernel resets such connections.",
    .advice = {"look at the path to these peers",
               "lower net.ipv4.tcp_orphan_retries; raise tcp_max_orphans only with memory for it"}};

/* --- ports that cannot be bound --- */

enum { HELD_FAILURES, HELD_WITHIN };

/* [::] takes the port of IPv4, too, unless IPV6_V6ONLY is set, which is unknown here. */
static bool is_in_the_way(const struct tuple *tuple, const struct call_failure *failure)
{
    const bool any = addr_is_zero(&tuple->local), any_wanted = addr_is_zero(&failure->address);

    if (tuple->family == failure->family)
        return any || any_wanted || addr_compare(&tuple->local, &failure->address) == 0;
    return tuple->family == FAMILY_INET6 ? any : any_wanted;
}

static int32_t pid_of(const struct detection *d, const struct listener_tally *listener)
{
    const struct proc *owner = frame_owner(d->frame, &d->frame->conns[listener->row]);
    return owner ? owner->pid : 0;
}

/* The listener that has the port: one of another process before one of its own; NULL: something else
 * has it. */
static const struct listener_tally *holder_of(const struct detection *d,
                                              const struct call_failure *failure)
{
    const struct listener_tally *own = NULL;

    for (uint32_t at = d->census->port_listener[failure->port]; at;) {
        const struct listener_tally *listener = &d->census->listeners[at - 1];
        at = listener->next;
        if (!is_in_the_way(&d->frame->conns[listener->row].tuple, failure))
            continue;
        if (pid_of(d, listener) != failure->pid)
            return listener;
        own = listener;
    }
    return own;
}

static bool is_often(const struct detection *d, const struct call_failure *failure)
{
    const int64_t within_ns = (int64_t)(d->limits[HELD_WITHIN] * (double)SECOND_NS);

    return failure->count >= d->limits[HELD_FAILURES] &&
           failure->last_ns[CALL_FAILURES_TIMES - 1] > 0 &&
           d->frame->mono_ns - failure->last_ns[CALL_FAILURES_TIMES - 1] <= within_ns;
}

static struct finding_subject subject_of_port(const struct detection *d,
                                              const struct call_failure *failure)
{
    const struct listener_tally *listener = holder_of(d, failure);
    struct finding_subject subject = {.kind = SUBJECT_LISTENER,
                                      .family = failure->family,
                                      .port = failure->port,
                                      .netns = d->frame->netns,
                                      .address = failure->address};

    return listener ? subject_listener(d, listener) : subject;
}

static void report_port_held(struct detection *d, const struct call_failure *failure)
{
    const struct finding_subject subject = subject_of_port(d, failure);
    struct finding *finding = detection_report(d, SEVERITY_WARNING, CONFIDENCE_PROVEN, &subject);
    const bool other = subject.pid > 0 && strcmp(subject.name, failure->name) != 0;

    const bool itself = subject.pid > 0 && subject.pid == failure->pid;

    if (itself)
        finding_say(finding, "%s[%d] cannot bind port %u: it holds the port itself", failure->name,
                    (int)failure->pid, failure->port);
    else if (subject.pid > 0)
        finding_say(finding, "%s cannot bind port %u: %s[%d] holds it", failure->name,
                    failure->port, subject.name, (int)subject.pid);
    else
        finding_say(finding, "%s cannot bind port %u: it is in use", failure->name, failure->port);
    finding_rows(finding, "sport = :%u", failure->port);
    finding_evidence_limit(finding, "bind() failed with EADDRINUSE", "", failure->count,
                           d->limits[HELD_FAILURES]);
    finding_evidence(finding, "pid of the last try", "", failure->pid);
    finding_holds_since(finding, d, d->frame->mono_ns - failure->first_ns);
    if (itself)
        finding_advise(finding,
                       "the program binds the port twice: for addresses that overlap (0.0.0.0 "
                       "and [::]), or again without closing the old socket");
    else if (other)
        finding_advise(finding, "the holder is another program: often a child that inherited the "
                                "socket of a service that was stopped; end it, or restart it");
    else
        finding_leave_open(finding, "a second instance of the same program");
}

static void evaluate_port_held(struct detection *d)
{
    if (!d->facts || !d->facts->bind_failures.known) {
        detection_not_checked(d, "%s", d->detector->by_bpf);
        return;
    }
    for (unsigned i = 0; i < d->facts->bind_failures.count; i++) {
        const struct call_failure *failure = &d->facts->bind_failures.rows[i];
        if (failure->error == ERROR_EADDRINUSE && is_often(d, failure))
            report_port_held(d, failure);
    }
}

const struct detector PORT_HELD = {
    .id = "port-held",
    .section = "not let go",
    .title = "a program that cannot bind its port, and who holds it",
    .by_bpf = "errors of bind() are seen by BPF events only",
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER | NEED_HOST_FACTS,
    .limits = {{"failures", 3, "", "calls of bind() that failed, of one program (3 at least)"},
               {"within", 60, "s", "the last three of them"}},
    .evaluate = evaluate_port_held,
    .proof = "errno of bind(), traced by BPF; owner of the listener of that port",
    .meaning =
        "The service does not start, because its port is held: by an old instance, by a child "
        "that inherited the socket, or by another program.",
    .advice = {"ask the holder's parent and unit why it runs; set SOCK_CLOEXEC in the program that "
               "starts children"}};

/* --- more and more connections --- */

enum { GROWTH_ROWS, GROWTH_PERCENT };

static void report_growth(struct detection *d, const struct growth *growth)
{
    const uint32_t before = growth->connections[0], now = growth->connections[GROWTH_MINUTES];
    double rate_before, rate_now;

    growth_rates(growth, &rate_before, &rate_now);
    if (now - before < d->limits[GROWTH_ROWS] ||
        (now - before) * 100.0 < d->limits[GROWTH_PERCENT] * before ||
        rate_now > rate_before * 1.25 + 1000)
        return;
    const struct finding_subject subject = subject_process(d, growth->proc);
    struct finding *finding = detection_report(d, SEVERITY_WARNING, CONFIDENCE_LIKELY, &subject);
    char who[EVENT_NAME_MAX];

    finding_say(finding,
                "%s has more connections each minute (%u, %u ten minutes before) and no "
                "more traffic",
                subject_who(&subject, who, sizeof(who)), now, before);
    finding_rows(finding, "pid %d and state established", (int)subject.pid);
    finding_evidence_limit(finding, "established", "", now, before);
    finding_evidence(finding, "bytes, first five minutes", "B/s", rate_before);
    finding_evidence(finding, "bytes, last five minutes", "B/s", rate_now);
    finding->window_ns = GROWTH_MINUTES * 60 * SECOND_NS;
    finding_holds_since(finding, d, GROWTH_MINUTES * 60 * SECOND_NS);
    finding_rule_out(finding, "more work: what its connections carry does not grow");
    finding_leave_open(finding, "a pool that is still warming up, or more clients that are idle");
}

static void evaluate_growth(struct detection *d)
{
    if (d->watched_s < GROWTH_MINUTES * 60.0) {
        detection_learning(d, "needs %u minutes", GROWTH_MINUTES);
        return;
    }
    for (uint32_t i = 0; i < d->growths->count; i++)
        if (growth_rises(d->growths->rows[i].connections, d->growths->rows[i].count))
            report_growth(d, &d->growths->rows[i]);
}

const struct detector SOCKET_GROWTH = {
    .id = "socket-growth",
    .section = "not let go",
    .title = "a process with ever more connections and no more traffic",
    .by_process = true,
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER,
    .changes = true,
    .limits = {{"rows", 100, "", "connections more than ten minutes before"},
               {"percent", 20, "%", "more than ten minutes before"}},
    .evaluate = evaluate_growth,
    .proof = "ESTABLISHED rows of a process, minute by minute over ten minutes, against its bytes",
    .meaning =
        "Connections are opened or accepted and never closed: a leak long before descriptors "
        "run out.",
    .advice = {"sort its connections by age and by last data: what is old and idle leaks",
               "give idle connections a time limit"}};

/* --- processes that findings name --- */

/* Findings of the last frame that name a process, each process once. */
static bool is_first_of_process(const struct detection *d, uint32_t index)
{
    const struct finding_subject *subject = &d->list[index]->subject;

    if (subject->pid <= 0 || d->list[index]->ended_ns != 0)
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (d->list[i]->subject.pid == subject->pid && d->list[i]->ended_ns == 0)
            return false;
    return true;
}

static struct finding_subject process_of(const struct finding *named)
{
    struct finding_subject subject = named->subject;
    subject.kind = SUBJECT_PROCESS;
    subject.family = 0;
    subject.port = 0;
    return subject;
}

/* If none of the processes could be read, that there is no finding proves nothing. */
static void note_unreadable(struct detection *d, uint32_t looked, uint32_t unread)
{
    if (looked > 0 && unread == looked)
        detection_not_checked(d, "/proc of %u process%s that findings name is not readable", looked,
                              looked == 1 ? "" : "es");
}

static void report_stopped(struct detection *d, const struct finding_subject *subject, char state)
{
    const bool stopped = state == 'T' || state == 't';
    struct finding *finding = detection_report(
        d, SEVERITY_CRITICAL, stopped ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY, subject);

    finding_say(finding, "%s[%d] %s", subject->name, (int)subject->pid,
                stopped ? "is stopped by a signal" : "waits for disk or a device");
    finding_rows(finding, "pid %d", (int)subject->pid);
    finding_evidence(finding, stopped ? "state T" : "state D", "", 1);
    finding_advise(finding, stopped
                                ? "find out who stopped it; SIGCONT resumes it"
                                : "look at the disk or file system it waits for (wchan, dmesg)");
}

static void evaluate_stopped(struct detection *d)
{
    uint32_t looked = 0, unread = 0;

    if (!d->process) {
        detection_not_checked(d,
                              "the states of processes are not in logs, nor read on other hosts");
        return;
    }
    for (uint32_t i = 0; i < d->list_count; i++) {
        const struct finding_subject *subject = &d->list[i]->subject;
        struct process_facts facts = {0};
        if (!is_first_of_process(d, i))
            continue;
        looked++;
        if (d->process(d->process_data, subject->pid, subject->start_ticks, &facts) ||
            facts.state == 0) {
            unread++;
            continue;
        }
        const struct finding_subject process = process_of(d->list[i]);
        if (facts.state == 'T' || facts.state == 't' || facts.state == 'D')
            report_stopped(d, &process, facts.state);
    }
    note_unreadable(d, looked, unread);
}

const struct detector PROCESS_STOPPED = {
    .id = "process-stopped",
    .section = "not let go",
    .title = "a process in trouble that is stopped or waits for disk",
    .by_process = true,
    .worst = SEVERITY_CRITICAL,
    .needs = NEED_OWNER,
    .evaluate = evaluate_stopped,
    .proof = "state of /proc/PID/stat, of processes that other findings name",
    .meaning =
        "A stopped program accepts, reads and closes nothing: what its connections show is a "
        "consequence."};

enum { FDS_WARN, FDS_CRITICAL };
#define MANY_SOCKETS 1000u

/* False: they could not be read. */
static bool report_descriptors(struct detection *d, const struct finding_subject *subject)
{
    struct process_facts facts;
    const double percent = descriptors_percent(d, subject, &facts);

    if (percent < d->limits[FDS_WARN] * 0.95)
        return facts.descriptors > 0;
    struct finding *finding =
        detection_report(d, severity_above(percent, d->limits[FDS_WARN], d->limits[FDS_CRITICAL]),
                         CONFIDENCE_PROVEN, subject);
    finding_say(finding, "%s[%d] uses %u of its %llu descriptors", subject->name, (int)subject->pid,
                facts.descriptors, (unsigned long long)facts.descriptor_limit);
    finding_rows(finding, "pid %d", (int)subject->pid);
    finding_evidence_limit(finding, "descriptors", "", facts.descriptors,
                           (double)facts.descriptor_limit);
    return true;
}

static void evaluate_fd_limit(struct detection *d)
{
    uint32_t looked = 0, unread = 0;

    if (!d->process) {
        detection_not_checked(d, "limits of processes are not in logs, nor read on other hosts");
        return;
    }
    for (uint32_t i = 0; i < d->list_count; i++) {
        if (!is_first_of_process(d, i))
            continue;
        const struct finding_subject process = process_of(d->list[i]);
        looked++;
        unread += !report_descriptors(d, &process);
    }
    for (uint32_t i = 0; i < d->frame->proc_count; i++) {
        if (d->census->processes[i].sockets < MANY_SOCKETS)
            continue;
        const struct finding_subject process = subject_process(d, i);
        looked++;
        unread += !report_descriptors(d, &process);
    }
    note_unreadable(d, looked, unread);
}

const struct detector FD_LIMIT = {
    .id = "fd-limit",
    .section = "not let go",
    .title = "a process short of descriptors",
    .by_process = true,
    .worst = SEVERITY_CRITICAL,
    .needs = NEED_OWNER,
    .limits = {{"warn", 85, "%", "of its soft limit of open files"},
               {"critical", 95, "%", "of its soft limit of open files"}},
    .evaluate = evaluate_fd_limit,
    .proof = "/proc/PID/fd and /proc/PID/limits, of processes that other findings name or with a "
             "thousand sockets",
    .meaning = "At the limit accept(), socket() and open() fail with EMFILE.",
    .advice = {"find the leak: close-wait-leak, fin-wait-2-held",
               "raise LimitNOFILE= of the unit"}};
