/* Detectors of connections that come in: accept queues, SYN queues, listeners. */
#include "core/finding/detectors.h"

#include "base/clock.h"

#include <stdio.h>

#define STUCK_S        2.0 /* if a client waits longer than this, none is accepted */
#define DROPPED_LATELY 0.5 /* of DROPS_TAU_S: one, 40 s ago */
#define TINY_BACKLOG   6u  /* queues of programs that call listen(0) to listen(5) are often full */

static const struct conn *row_of(const struct detection *d, const struct listener_tally *listener)
{
    return &d->frame->conns[listener->row];
}

static bool has_backlog(const struct detection *d, const struct listener_tally *listener)
{
    const struct conn *conn = row_of(d, listener);
    return (conn->known & KNOWN_QUEUES) && !(conn->known & KNOWN_NO_BACKLOG);
}

/* "src A and sport = :P and ( state listening or CONDITION )" */
static void say_rows(struct finding *finding, const struct detection *d,
                     const struct listener_tally *listener, const char *condition)
{
    const struct tuple *tuple = &row_of(d, listener)->tuple;
    char source[ADDR_TEXT_MAX + 16];

    finding_rows(finding, "%ssport = :%u and %s",
                 filter_source(source, sizeof(source), &tuple->local, tuple->family),
                 tuple->local_port, condition);
}

/* The kernel refuses when the queue exceeds the backlog: if equal, the next one is refused. */
static bool is_full(const struct listener_tally *listener)
{
    return listener->queue > listener->backlog ||
           (listener->backlog >= TINY_BACKLOG && listener->queue == listener->backlog);
}

/* A full queue is harmful if clients are refused or wait longer than this; else it is a burst being
 * served. If the wait is unknown (rows not read, or the first frame), it counts as harmful. */
#define HARM_NS (SECOND_NS / 2)

static bool does_harm(const struct detection *d, const struct listener_tally *listener,
                      double overflows)
{
    return overflows > 0 || listener->unaccepted == 0 || listener->unaccepted_ns >= HARM_NS ||
           d->watched_s <= 0;
}

enum { FULL_WAIT_CRITICAL, FULL_OVERFLOWS_CRITICAL };

/* How long it has been full, and what the program does. */
static void say_full(struct finding *finding, const struct detection *d,
                     const struct listener_tally *listener)
{
    const int64_t full_ns = row_of(d, listener)->full_since_ns;
    const double full_s = full_ns ? (double)(d->frame->wall_ns - full_ns) / (double)SECOND_NS : 0;
    const double waits_s = (double)listener->unaccepted_ns / (double)SECOND_NS;
    char who[EVENT_NAME_MAX], does[48] = "accepts too slowly", time[32] = "", span[LASTING_MAX];

    if (waits_s >= STUCK_S)
        snprintf(does, sizeof(does), "has not accepted for %s", lasting(waits_s, span));
    if (full_s >= 1)
        snprintf(time, sizeof(time), " for %s", lasting(full_s, span));
    finding_say(finding, "accept queue of :%u is full (%u, backlog %u)%s: %s %s",
                finding->subject.port, listener->queue, listener->backlog, time,
                subject_who(&finding->subject, who, sizeof(who)), does);
    if (full_ns && (row_of(d, listener)->known & KNOWN_FULL_BEGAN))
        finding_began(finding, full_ns);
    else if (full_ns)
        finding->since_ns = full_ns;
}

static void report_full(struct detection *d, const struct listener_tally *listener,
                        double overflows)
{
    const struct finding_subject subject = subject_listener(d, listener);
    const bool stuck =
        listener->unaccepted_ns >= (int64_t)(d->limits[FULL_WAIT_CRITICAL] * (double)SECOND_NS);
    const bool critical = stuck || overflows > d->limits[FULL_OVERFLOWS_CRITICAL];
    const bool high = is_full(listener) && does_harm(d, listener, overflows);
    const enum finding_severity severity = !high      ? SEVERITY_NONE
                                           : critical ? SEVERITY_CRITICAL
                                                      : SEVERITY_WARNING;
    struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);

    say_full(finding, d, listener);
    say_rows(finding, d, listener, "( state listening or owner listener )");
    finding_evidence_limit(finding, "accept_queue", "", listener->queue, listener->backlog);
    if (listener->unaccepted_ns > 0)
        finding_evidence_reached(finding, "longest_wait", "s",
                                 (double)listener->unaccepted_ns / (double)SECOND_NS,
                                 d->limits[FULL_WAIT_CRITICAL]);
    if (overflows >= 0)
        finding_evidence_reached(finding, "ListenOverflows", "/s", overflows,
                                 d->limits[FULL_OVERFLOWS_CRITICAL]);
    if (host_fact_known(d->facts, FACT_SOMAXCONN))
        finding_evidence_limit(finding, "backlog", "", listener->backlog,
                               (double)host_fact(d->facts, FACT_SOMAXCONN));
    finding->window_ns = 10 * SECOND_NS;
    if (stuck)
        finding_rule_out(finding, "a burst: the oldest client waits for longer");
    else
        finding_leave_open(finding, "a burst that the next frames take");
    if (listener->backlog < TINY_BACKLOG)
        finding_leave_open(finding, "a program that asks for a tiny backlog on purpose");
}

static void evaluate_accept_queue(struct detection *d)
{
    double growth, seconds, overflows = -1; /* not known */

    if (detection_growth(d, FACT_LISTEN_OVERFLOWS, 10, &growth, &seconds))
        overflows = growth / seconds;
    for (uint32_t i = 0; i < d->census->listener_count; i++) {
        const struct listener_tally *listener = &d->census->listeners[i];
        if (!has_backlog(d, listener) || listener->queue == 0)
            continue;
        if (is_full(listener) || (uint64_t)listener->queue * 2 > listener->backlog)
            report_full(d, listener, overflows);
    }
}

const struct detector ACCEPT_QUEUE_FULL = {
    .id = "accept-queue-full",
    .section = "coming in",
    .title = "a listener whose accept queue is full",
    .worst = SEVERITY_CRITICAL,
    .needs = NEED_OWNER | NEED_HOST_FACTS,
    .limits = {{"wait.critical", 10, "s", "the oldest client waits for longer"},
               {"overflows.critical", 5, "/s", "ListenOverflows of the network namespace"}},
    .evaluate = evaluate_accept_queue,
    .proof = "accept_queue > backlog of the listener; ListenOverflows",
    .meaning = "Clients are connected by the kernel, but the program does not take them. New ones "
               "get no answer and try again after 1, 2, 4 s.",
    .advice = {"find out why it does not accept: stopped or waiting for disk, out of "
               "descriptors, one thread at 100 %, deadlock",
               "then raise the backlog of listen() and net.core.somaxconn, and restart it",
               "leave net.ipv4.tcp_abort_on_overflow at 0"}};

enum { WAIT_WARN, WAIT_CRITICAL };

static void evaluate_accept_wait(struct detection *d)
{
    for (uint32_t i = 0; i < d->census->listener_count; i++) {
        const struct listener_tally *listener = &d->census->listeners[i];
        const double wait_s = (double)listener->unaccepted_ns / (double)SECOND_NS;
        if (listener->unaccepted == 0 || wait_s * 2 < d->limits[WAIT_WARN])
            continue;
        const struct finding_subject subject = subject_listener(d, listener);
        const enum finding_severity severity =
            severity_above(wait_s, d->limits[WAIT_WARN], d->limits[WAIT_CRITICAL]);
        struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);
        char span[LASTING_MAX];
        finding_say(finding, "%u client%s of :%u wait%s for accept(), the longest for %s",
                    listener->unaccepted, plural(listener->unaccepted), subject.port,
                    listener->unaccepted == 1 ? "s" : "", lasting(wait_s, span));
        say_rows(finding, d, listener, "owner listener");
        finding_evidence(finding, "rows", "", listener->unaccepted);
        finding_evidence_mark(finding, "longest_wait", "s", wait_s, d->limits[WAIT_WARN],
                              d->limits[WAIT_CRITICAL]);
        finding_holds_since(finding, d, listener->unaccepted_ns);
        finding_leave_open(finding, "TCP_DEFER_ACCEPT, which holds them on purpose");
    }
}

const struct detector ACCEPT_WAIT = {
    .id = "accept-wait",
    .section = "coming in",
    .title = "clients that wait for accept()",
    .worst = SEVERITY_CRITICAL,
    .needs = NEED_OWNER,
    .limits = {{"warn", 1, "s", "the oldest client waits for longer"},
               {"critical", 10, "s", "the oldest client waits for longer"}},
    .evaluate = evaluate_accept_wait,
    .proof = "age of connections whose owner is the listener",
    .meaning = "The handshake is done and the program has not called accept(): the client feels "
               "this wait long before the queue overflows.",
    .advice = {"see accept-queue-full: stopped, out of descriptors, busy, blocked"}};

static void evaluate_backlog_capped(struct detection *d)
{
    const uint64_t most = host_fact(d->facts, FACT_SOMAXCONN);

    for (uint32_t i = 0; i < d->census->listener_count; i++) {
        const struct listener_tally *listener = &d->census->listeners[i];
        if (!has_backlog(d, listener) || listener->backlog != most || listener->queue * 2 <= most)
            continue;
        const struct finding_subject subject = subject_listener(d, listener);
        struct finding *finding = detection_report(d, SEVERITY_INFO, CONFIDENCE_LIKELY, &subject);
        finding_say(finding, "backlog of :%u is capped by somaxconn (%u) and half used",
                    subject.port, listener->backlog);
        say_rows(finding, d, listener, "state listening");
        finding_evidence_limit(finding, "backlog", "", listener->backlog, (double)most);
        finding_evidence(finding, "accept_queue", "", listener->queue);
        finding_leave_open(finding, "a program that asks for just that much");
    }
}

const struct detector BACKLOG_CAPPED = {
    .id = "backlog-capped",
    .section = "coming in",
    .title = "a backlog cut short by net.core.somaxconn",
    .worst = SEVERITY_INFO,
    .facts = {FACT_SOMAXCONN},
    .evaluate = evaluate_backlog_capped,
    .proof = "backlog equals net.core.somaxconn, accept_queue > half of it",
    .meaning = "The program may have asked for a longer queue than the kernel gives it.",
    .advice = {"raise net.core.somaxconn, then restart the listener"}};

enum { DROPS_WARN };

/* Lately, and its queue has room. */
static bool is_dropping(const struct dropping_row *row)
{
    return row->lately >= DROPPED_LATELY && !row->full;
}

/* Sockets that share a port (SO_REUSEPORT) are one condition of the filter. */
static bool is_named_before(const struct detection *d, uint32_t index)
{
    const struct dropping_row *rows = d->census->dropping.rows;
    const struct tuple *tuple = &d->frame->conns[rows[index].row].tuple;

    for (uint32_t i = 0; i < index; i++) {
        const struct tuple *other = &d->frame->conns[rows[i].row].tuple;
        if (is_dropping(&rows[i]) && other->local_port == tuple->local_port &&
            other->family == tuple->family && addr_compare(&other->local, &tuple->local) == 0)
            return true;
    }
    return false;
}

/* The listeners that dropped something lately, where the kernel says so of each. */
static void say_dropping(struct finding *finding, const struct detection *d)
{
    struct named_rows rows = {0};

    for (uint32_t i = 0; i < d->census->dropping.count; i++) {
        const struct dropping_row *dropping = &d->census->dropping.rows[i];
        const struct tuple *tuple = &d->frame->conns[dropping->row].tuple;
        char source[ADDR_TEXT_MAX + 16];
        if (is_dropping(dropping) && !is_named_before(d, i))
            (void)named_rows_add(
                &rows, "( %ssport = :%u )",
                filter_source(source, sizeof(source), &tuple->local, tuple->family),
                tuple->local_port);
    }
    if (rows.count > 0)
        finding_rows(finding,
                     rows.count > 1 ? "state listening and ( %s )" : "state listening and %s",
                     rows.text);
    finding_names(finding, rows.count, rows.wanted);
}

static void evaluate_listen_drops(struct detection *d)
{
    double drops, overflows = 0, full = 0, seconds;

    if (!detection_growth(d, FACT_LISTEN_DROPS, 60, &drops, &seconds))
        return;
    (void)detection_growth(d, FACT_LISTEN_OVERFLOWS, 60, &overflows, &seconds);
    (void)detection_growth(d, FACT_REQ_FULL_DROP, 60, &full, &seconds);
    const double other = (drops - overflows - full) / seconds;
    if (other * 2 < d->limits[DROPS_WARN])
        return;
    const struct growth_rule rule = {.plus = {FACT_LISTEN_DROPS},
                                     .minus = {FACT_LISTEN_OVERFLOWS, FACT_REQ_FULL_DROP},
                                     .per_s = d->limits[DROPS_WARN]};
    const struct finding_subject subject = subject_netns(d);
    const enum finding_severity severity =
        other > d->limits[DROPS_WARN] ? SEVERITY_WARNING : SEVERITY_NONE;
    struct finding *finding = detection_report(d, severity, CONFIDENCE_LIKELY, &subject);
    finding_say(finding, "%.1f connections a second are dropped by listeners with room left",
                other);
    finding_evidence_limit(finding, "ListenDrops", "/s", other, d->limits[DROPS_WARN]);
    say_dropping(finding, d);
    finding_exceeds(finding, d, &rule, 60);
    finding->window_ns = (int64_t)(seconds * (double)SECOND_NS);
    finding_rule_out(finding, "full accept and SYN queues: their counters did not grow as much");
    finding_leave_open(finding, "scans");
    finding_leave_open(finding, "a security module");
}

const struct detector LISTEN_DROPS_OTHER = {
    .id = "listen-drops-other",
    .section = "coming in",
    .title = "listeners that drop although their queues have room",
    .worst = SEVERITY_WARNING,
    .facts = {FACT_LISTEN_DROPS, FACT_LISTEN_OVERFLOWS},
    .changes = true,
    .hold_s = 5,
    .limits = {{"warn", 1, "/s", "ListenDrops less what full queues explain"}},
    .evaluate = evaluate_listen_drops,
    .proof = "ListenDrops - ListenOverflows - TCPReqQFullDrop; growth of drops names listeners",
    .meaning =
        "The kernel gave up on incoming connections for another reason than a full queue: no "
        "route back to the client, memory, a security module.",
    .advice = {"check the route back to the clients (ip route get) and rp_filter",
               "check memory: detector tcp-memory"}};

enum { SYN_WARN, SYN_CRITICAL };

/* The listener whose SYN queue is full: its rows show it, or no other has any. NULL: not known. */
static const struct listener_tally *full_of_half_open(const struct detection *d, bool *is_shown)
{
    const struct census *census = d->census;
    const struct listener_tally *most = NULL;
    uint32_t with_rows = 0;

    for (uint32_t i = 0; i < census->listener_count; i++) {
        const struct listener_tally *listener = &census->listeners[i];
        if (listener->syn_received == 0)
            continue;
        with_rows++;
        if (!most || listener->syn_received > most->syn_received)
            most = listener;
    }
    *is_shown = most && has_backlog(d, most) && most->syn_received >= most->backlog;
    return *is_shown || with_rows == 1 ? most : NULL;
}

enum surge { SURGE_UNKNOWN, SURGE_FLOOD, SURGE_BURST };

static const struct {
    const char *title; /* behind "SYN queue of :80 is full: " */
    const char *ruled_out, *advice;
} SURGES[] = {
    [SURGE_UNKNOWN] = {"more SYNs than the backlog takes, and no SYN cookies are sent", NULL,
                       "raise the backlog of listen() and net.core.somaxconn; with "
                       "net.ipv4.tcp_syncookies=1 real clients get through"},
    [SURGE_FLOOD] = {"a flood of SYNs that nobody completes",
                     "a burst of real clients: few SYN cookies come back",
                     "keep net.ipv4.tcp_syncookies=1; filter upstream or by SYNPROXY"},
    [SURGE_BURST] = {"more clients at once than the backlog takes",
                     "a flood: the SYN cookies come back",
                     "raise the backlog of listen() and net.core.somaxconn"},
};

/* Cookies that are returned were sent to real clients. */
static void say_flood_or_burst(struct finding *finding, const struct detection *d,
                               const struct listener_tally *listener)
{
    double sent = 0, received = 0, seconds = 1;
    char whose[24] = "a listener";

    (void)detection_growth(d, FACT_SYNCOOKIES_SENT, 60, &sent, &seconds);
    (void)detection_growth(d, FACT_SYNCOOKIES_RECV, 60, &received, &seconds);
    const enum surge surge = sent <= 0             ? SURGE_UNKNOWN
                             : received < sent / 4 ? SURGE_FLOOD
                                                   : SURGE_BURST;

    finding_evidence(finding, "SyncookiesSent", "/s", sent / seconds);
    finding_evidence(finding, "SyncookiesRecv", "/s", received / seconds);
    if (listener)
        snprintf(whose, sizeof(whose), ":%u", finding->subject.port);
    finding_say(finding, "SYN queue of %s is full: %s", whose, SURGES[surge].title);
    if (SURGES[surge].ruled_out) {
        finding_rule_out(finding, SURGES[surge].ruled_out);
    } else {
        finding_leave_open(finding, "a flood of SYNs with forged addresses");
        finding_leave_open(finding, "a burst of real clients");
    }
    finding_advise(finding, SURGES[surge].advice);
}

static void evaluate_syn_queue(struct detection *d)
{
    bool is_shown;
    const struct listener_tally *listener = full_of_half_open(d, &is_shown);
    double cookies, drops = 0, seconds;

    if (!detection_growth(d, FACT_REQ_FULL_COOKIES, 60, &cookies, &seconds))
        return;
    (void)detection_growth(d, FACT_REQ_FULL_DROP, 60, &drops, &seconds);
    const double rate = (cookies + drops) / seconds;
    if (rate * 2 < d->limits[SYN_WARN])
        return;
    const struct growth_rule rule = {.plus = {FACT_REQ_FULL_COOKIES, FACT_REQ_FULL_DROP},
                                     .per_s = d->limits[SYN_WARN]};
    const struct finding_subject subject =
        listener ? subject_listener(d, listener) : subject_netns(d);
    struct finding *finding =
        detection_report(d, severity_above(rate, d->limits[SYN_WARN], d->limits[SYN_CRITICAL]),
                         is_shown || !listener ? CONFIDENCE_PROVEN : CONFIDENCE_LIKELY, &subject);
    finding_evidence_mark(finding, "TCPReqQFullDoCookies + TCPReqQFullDrop", "/s", rate,
                          d->limits[SYN_WARN], d->limits[SYN_CRITICAL]);
    if (listener) {
        finding_evidence_limit(finding, "SYN-RECEIVED rows", "", listener->syn_received,
                               listener->backlog);
        finding_evidence(finding, "rows with repetitions", "", listener->syn_repeated);
        say_rows(finding, d, listener, "state syn-recv");
    }
    say_flood_or_burst(finding, d, listener);
    finding_exceeds(finding, d, &rule, 60);
    finding->window_ns = (int64_t)(seconds * (double)SECOND_NS);
}

const struct detector SYN_QUEUE_FULL = {
    .id = "syn-queue-full",
    .section = "coming in",
    .title = "a SYN queue that is full: flood or burst",
    .worst = SEVERITY_CRITICAL,
    .needs = NEED_OWNER,
    .facts = {FACT_REQ_FULL_COOKIES},
    .changes = true,
    .limits = {{"warn", 1, "/s", "SYNs for which the queue had no room"},
               {"critical", 5, "/s", "SYNs for which the queue had no room"}},
    .evaluate = evaluate_syn_queue,
    .proof = "TCPReqQFullDoCookies, TCPReqQFullDrop; SYN-RECEIVED rows of a listener > backlog",
    .meaning = "More handshakes are under way than the listener's backlog allows. With SYN cookies "
               "on, real clients still get through, without some TCP options.",
    .advice = {"do not raise net.ipv4.tcp_max_syn_backlog alone: with SYN cookies on, the backlog "
               "of listen() is the limit"}};

enum { UNANSWERED_ROWS, UNANSWERED_PEERS };

static void evaluate_handshake_unanswered(struct detection *d)
{
    for (uint32_t i = 0; i < d->census->listener_count; i++) {
        const struct listener_tally *listener = &d->census->listeners[i];
        if (listener->syn_stuck * 2 < d->limits[UNANSWERED_ROWS] || listener->syn_stuck == 0)
            continue;
        const bool high = listener->syn_stuck >= d->limits[UNANSWERED_ROWS] &&
                          listener->syn_peers >= d->limits[UNANSWERED_PEERS];
        const struct finding_subject subject = subject_listener(d, listener);
        struct finding *finding = detection_report(d, high ? SEVERITY_WARNING : SEVERITY_NONE,
                                                   CONFIDENCE_LIKELY, &subject);
        finding_say(finding, "%u client%s of :%u %s not hear our SYN-ACK", listener->syn_stuck,
                    plural(listener->syn_stuck), subject.port,
                    listener->syn_stuck == 1 ? "does" : "do");
        say_rows(finding, d, listener, "state syn-recv and timer_retrans >= 3");
        finding_evidence_limit(finding, "rows", "", listener->syn_stuck,
                               d->limits[UNANSWERED_ROWS]);
        finding_leave_open(finding, "SYNs with forged addresses");
    }
}

const struct detector HANDSHAKE_UNANSWERED = {
    .id = "handshake-unanswered",
    .section = "coming in",
    .title = "clients that do not complete the handshake",
    .worst = SEVERITY_WARNING,
    .needs = NEED_OWNER,
    .limits = {{"rows", 10, "", "SYN-RECEIVED rows with three repetitions or more"},
               {"peers", 3, "", "from so many peers"}},
    .evaluate = evaluate_handshake_unanswered,
    .proof = "SYN-RECEIVED rows with timer_retrans >= 3",
    .meaning =
        "Our answers to SYNs do not arrive, or the final ACK does not: another path back, or a "
        "filter.",
    .advice = {"look for asymmetric routing and firewalls on the way back"}};

static bool is_ephemeral(const struct detection *d, uint16_t port)
{
    return port >= d->census->port_first && port <= d->census->port_last &&
           !host_facts_is_reserved(d->facts, port);
}

static void evaluate_listener_on_ephemeral(struct detection *d)
{
    for (uint32_t i = 0; i < d->census->listener_count; i++) {
        const struct listener_tally *listener = &d->census->listeners[i];
        const struct conn *conn = row_of(d, listener);
        if (!is_ephemeral(d, conn->tuple.local_port) ||
            addr_is_loopback(&conn->tuple.local, conn->tuple.family))
            continue;
        const struct finding_subject subject = subject_listener(d, listener);
        struct finding *finding = detection_report(d, SEVERITY_INFO, CONFIDENCE_POSSIBLE, &subject);
        finding_say(finding, "listener on :%u, which any outgoing connection may take",
                    subject.port);
        say_rows(finding, d, listener, "state listening");
        finding_evidence(finding, "lport", "", subject.port);
        finding_leave_open(finding, "a program that lets the kernel choose its port");
    }
}

const struct detector LISTENER_ON_EPHEMERAL_PORT = {
    .id = "listener-on-ephemeral-port",
    .section = "coming in",
    .title = "a listener inside the range of ephemeral ports",
    .worst = SEVERITY_INFO,
    .needs = NEED_OWNER,
    .facts = {FACT_PORT_FIRST, FACT_PORT_LAST},
    .evaluate = evaluate_listener_on_ephemeral,
    .proof = "lport within net.ipv4.ip_local_port_range, not reserved",
    .meaning = "After a restart the port may be taken by an outgoing connection: bind() then fails "
               "with EADDRINUSE.",
    .advice = {"reserve it in net.ipv4.ip_local_reserved_ports, or move the listener"}};
