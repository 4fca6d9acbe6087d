/* Detectors of memory: the kernel's limits for TCP, receive buffers, who holds it. */
#include "core/finding/detectors.h"

#include <stdio.h>

#define MEBIBYTE 1048576.0

enum { MEMORY_HIGH };

/* An amount in pages of that host, "123 MiB"; "31488 pages" if their size is unknown (older logs). */
static const char *pages_text(const struct detection *d, double pages, char out[32])
{
    if (host_fact_known(d->facts, FACT_PAGE_SIZE))
        snprintf(out, 32, "%.0f MiB",
                 pages * (double)host_fact(d->facts, FACT_PAGE_SIZE) / MEBIBYTE);
    else
        snprintf(out, 32, "%.0f pages", pages);
    return out;
}

static void say_memory(struct finding *finding, const struct detection *d, double pages,
                       double aborted)
{
    char used[32], mark[32];

    pages_text(d, pages, used);
    pages_text(d, (double)host_fact(d->facts, FACT_MEM_PRESSURE), mark);
    if (aborted >= 1)
        finding_say(
            finding,
            "%.0f connection%s aborted for lack of memory; TCP uses %s, pressure begins at %s",
            aborted, aborted < 2 ? " was" : "s were", used, mark);
    else
        finding_say(finding, "TCP uses %s of memory, pressure begins at %s", used, mark);
}

static void evaluate_tcp_memory(struct detection *d)
{
    const double pages = (double)host_fact(d->facts, FACT_TCP_MEM_PAGES);
    const double pressure = (double)host_fact(d->facts, FACT_MEM_PRESSURE);
    const double high = (double)host_fact(d->facts, FACT_MEM_HIGH);
    double aborted = 0, seconds = 0;

    (void)detection_growth(d, FACT_ABORT_ON_MEMORY, 60, &aborted, &seconds);
    const bool is_of_orphans = aborted >= 1 && detection_has_many_orphans(d);
    if (is_of_orphans) /* the detector of orphans reports them */
        aborted = 0;
    if (pages < pressure * 0.8 && aborted < 1)
        return;
    const bool critical = aborted >= 1 || pages > high * d->limits[MEMORY_HIGH] / 100;
    const enum finding_severity severity = critical           ? SEVERITY_CRITICAL
                                           : pages > pressure ? SEVERITY_WARNING
                                                              : SEVERITY_NONE;
    const struct finding_subject subject = subject_host(d);
    struct finding *finding = detection_report(d, severity, CONFIDENCE_PROVEN, &subject);
    say_memory(finding, d, pages, aborted);
    finding_rows(finding, "( recvq >= 64Ki or sendq >= 64Ki ) and not state listening");
    finding_evidence_limit(finding, "mem", " pages", pages, pressure);
    finding_evidence_limit(finding, "tcp_mem[2]", " pages", pages, high);
    if (!is_of_orphans)
        finding_evidence(finding, "TCPAbortOnMemory", "", aborted);
    finding->window_ns = (int64_t)(seconds * (double)SECOND_NS);
}

const struct detector TCP_MEMORY = {
    .id = "tcp-memory",
    .section = "memory",
    .title = "TCP near its limit of memory",
    .worst = SEVERITY_CRITICAL,
    .facts = {FACT_TCP_MEM_PAGES, FACT_MEM_PRESSURE, FACT_MEM_HIGH},
    .limits = {{"critical", 90, "%", "of net.ipv4.tcp_mem[2]"}},
    .evaluate = evaluate_tcp_memory,
    .proof = "mem of /proc/net/sockstat (pages, of the whole host) against net.ipv4.tcp_mem",
    .meaning =
        "Above the pressure mark the kernel shrinks buffers and windows, above the highest it "
        "drops segments and aborts connections.",
    .advice = {"sort by wmem_queued and rmem_alloc: the holders of the memory come first",
               "look for peers and programs that do not read"}};

enum { DROPS_WARN, DROPS_CRITICAL };

static void evaluate_receive_drops(struct detection *d)
{
    static const enum host_fact FACTS[] = {FACT_RCV_PRUNED, FACT_OFO_PRUNED, FACT_RCVQ_DROP,
                                           FACT_BACKLOG_DROP, FACT_OFO_DROP};
    double all = 0, seconds = 1, growth;

    for (size_t i = 0; i < sizeof(FACTS) / sizeof(FACTS[0]); i++)
        if (detection_growth(d, FACTS[i], 60, &growth, &seconds))
            all += growth;
    const double rate = all / seconds;
    if (rate * 2 < d->limits[DROPS_WARN])
        return;
    struct growth_rule rule = {.per_s = d->limits[DROPS_WARN]};
    const struct finding_subject subject = subject_netns(d);
    struct finding *finding =
        detection_report(d, severity_above(rate, d->limits[DROPS_WARN], d->limits[DROPS_CRITICAL]),
                         CONFIDENCE_PROVEN, &subject);
    finding_say(finding, "%.1f received segments a second are thrown away for lack of room", rate);
    finding_rows(finding, "recvq >= 16Ki and not state listening");
    for (size_t i = 0; i < sizeof(FACTS) / sizeof(FACTS[0]); i++) {
        rule.plus[i] = FACTS[i];
        if (detection_growth(d, FACTS[i], 60, &growth, &seconds) && growth > 0)
            finding_evidence(finding, HOST_FACT_ROWS[FACTS[i]].name, "/s", growth / seconds);
    }
    finding_exceeds(finding, d, &rule, 60);
    finding->window_ns = (int64_t)(seconds * (double)SECOND_NS);
    finding_rule_out(finding, "probes of a shut window (TCPZeroWindowDrop), which do no harm");
}

const struct detector RECEIVE_DROPS = {
    .id = "receive-drops",
    .section = "memory",
    .title = "received segments thrown away for lack of buffer",
    .worst = SEVERITY_CRITICAL,
    .facts = {FACT_RCV_PRUNED, FACT_RCVQ_DROP},
    .any_fact = true,
    .changes = true,
    .hold_s = 10,
    .limits = {{"warn", 1, "/s", "segments dropped, over a minute"},
               {"critical", 10, "/s", "segments dropped, over a minute"}},
    .evaluate = evaluate_receive_drops,
    .proof = "RcvPruned, OfoPruned, TCPRcvQDrop, TCPBacklogDrop, TCPOFODrop",
    .meaning = "Data arrived and the receive buffer had no room: it has to be sent again.",
    .advice = {"find the program that reads too slowly; remove SO_RCVBUF from it",
               "raise net.ipv4.tcp_rmem[2]"}};

enum { HOG_PROCESS, HOG_ROW };

/* One connection holds it: only its row is meant. */
static void say_hog_row(struct finding *finding, const struct detection *d,
                        const struct process_tally *process)
{
    const struct tuple *tuple = &d->frame->conns[process->buffer_row].tuple;
    char who[EVENT_NAME_MAX], peer[SUBJECT_PLACE_MAX], address[ADDR_TEXT_MAX + 2];

    addr_format_endpoint(peer, sizeof(peer), &tuple->remote, tuple->family, NULL,
                         tuple->remote_port, NULL);
    finding_say(finding, "%s holds %.0f MiB in the buffers of one connection, with %s",
                subject_who(&finding->subject, who, sizeof(who)),
                (double)process->buffer_most / MEBIBYTE, peer);
    finding_rows(finding, "pid %d and sport = :%u and dst %s and dport = :%u",
                 (int)finding->subject.pid, tuple->local_port,
                 filter_address(address, sizeof(address), &tuple->remote, tuple->family),
                 tuple->remote_port);
}

static void report_hog(struct detection *d, uint32_t proc, double pressure)
{
    const struct process_tally *process = &d->census->processes[proc];
    const double percent = (double)process->buffer_bytes * 100 / pressure;
    const double of_row = (double)process->buffer_most * 100 / pressure;
    const bool is_row = of_row >= d->limits[HOG_ROW];
    const struct finding_subject subject = subject_process(d, proc);
    struct finding *finding = detection_report(
        d, is_row || percent >= d->limits[HOG_PROCESS] ? SEVERITY_WARNING : SEVERITY_NONE,
        CONFIDENCE_PROVEN, &subject);
    char who[EVENT_NAME_MAX];

    if (is_row) {
        say_hog_row(finding, d, process);
    } else {
        finding_say(finding, "%s holds %.0f MiB in socket buffers",
                    subject_who(&subject, who, sizeof(who)),
                    (double)process->buffer_bytes / MEBIBYTE);
        finding_rows(finding, "pid %d and ( recvq > 0 or sendq > 0 )", (int)subject.pid);
    }
    finding_evidence_limit(finding, "rmem_alloc + wmem_queued", "B", (double)process->buffer_bytes,
                           pressure * d->limits[HOG_PROCESS] / 100);
    finding_evidence_limit(finding, "largest connection", "B", (double)process->buffer_most,
                           pressure * d->limits[HOG_ROW] / 100);
    finding_leave_open(finding, "bulk transfers");
}

static void evaluate_buffer_hogs(struct detection *d)
{
    const double pressure = (double)host_fact(d->facts, FACT_MEM_PRESSURE) *
                            (double)host_fact(d->facts, FACT_PAGE_SIZE);

    for (uint32_t i = 0; i < d->frame->proc_count && pressure > 0; i++) {
        const struct process_tally *process = &d->census->processes[i];
        if ((double)process->buffer_bytes * 200 >= d->limits[HOG_PROCESS] * pressure ||
            (double)process->buffer_most * 200 >= d->limits[HOG_ROW] * pressure)
            report_hog(d, i, pressure);
    }
}

const struct detector BUFFER_HOGS = {
    .id = "buffer-hogs",
    .section = "memory",
    .title = "a process that holds most of TCP's memory",
    .by_process = true,
    .worst = SEVERITY_WARNING,
    .details = true,
    .needs = NEED_OWNER | NEED_SUSPECTS,
    .facts = {FACT_MEM_PRESSURE, FACT_PAGE_SIZE},
    .limits = {{"warn", 50, "%", "of net.ipv4.tcp_mem[1], of one process"},
               {"row", 25, "%", "of net.ipv4.tcp_mem[1], of one connection"}},
    .evaluate = evaluate_buffer_hogs,
    .proof = "rmem_alloc + wmem_queued by process and of its largest row, against "
             "net.ipv4.tcp_mem[1] (pages, of the host's PAGE_SIZE)",
    .meaning = "One program's unread or unsent data takes the memory of all.",
    .advice = {"look for slow readers: peer-not-reading, we-not-reading", "cap its buffers"}};
