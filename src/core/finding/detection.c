/* Shared by detectors: drafts of findings, subjects, parts of filters. */
#include "core/finding/detection.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set_check(struct detection *d, enum finding_verdict verdict, const char *format,
                      va_list arguments) __attribute__((format(printf, 3, 0)));

static void set_check(struct detection *d, enum finding_verdict verdict, const char *format,
                      va_list arguments)
{
    d->check->verdict = (uint8_t)verdict;
    vsnprintf(d->check->reason, sizeof(d->check->reason), format, arguments);
}

const char *plural(uint32_t count)
{
    return count == 1 ? "" : "s";
}

void detection_not_checked(struct detection *d, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_check(d, VERDICT_NOT_CHECKED, format, arguments);
    va_end(arguments);
}

void detection_learning(struct detection *d, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_check(d, VERDICT_LEARNING, format, arguments);
    va_end(arguments);
}

/* "( A ) or ( B )". False: one of them is the same or empty, or there is no room. */
static bool join_filters(struct finding *finding, bool is_joined, const char *more)
{
    char text[FINDING_ROWS_MAX];

    if (more[0] == '\0' || strcmp(finding->filter, more) == 0)
        return false;
    if (finding->filter[0] == '\0') {
        snprintf(finding->filter, sizeof(finding->filter), "%s", more);
        return false;
    }
    if (snprintf(text, sizeof(text), is_joined ? "%s or ( %s )" : "( %s ) or ( %s )",
                 finding->filter, more) >= (int)sizeof(text))
        return false;
    memcpy(finding->filter, text, sizeof(text));
    return true;
}

static int64_t older_of(int64_t a_ns, int64_t b_ns)
{
    return a_ns == 0 || (b_ns != 0 && b_ns < a_ns) ? b_ns : a_ns;
}

/* What the worst of them says, and the rows of both; what is below the high mark adds none. */
static void merge(struct detection *d, uint32_t at)
{
    struct finding *draft = &d->drafts[at], *latest = &d->latest;
    const double excess = draft->date.excess + latest->date.excess;

    if ((draft->severity == SEVERITY_NONE) != (latest->severity == SEVERITY_NONE)) {
        if (draft->severity == SEVERITY_NONE) {
            *draft = *latest;
            d->merged[at] = d->named[at] = 1;
        }
        draft->date.excess = excess;
        return;
    }
    const int64_t since_ns = older_of(draft->since_ns, latest->since_ns);
    d->merged[at]++;
    if (join_filters(draft, d->named[at] > 1, latest->filter))
        d->named[at]++;
    if (!finding_is_as_bad(draft, latest)) {
        memcpy(latest->filter, draft->filter, sizeof(latest->filter));
        *draft = *latest;
    }
    draft->since_ns = since_ns;
    draft->date.excess = excess;
}

void detection_leave_out(struct detection *d, const struct finding_subject *subject)
{
    const uint64_t bit = finding_subject_hash(d->detector, subject) % LEFT_OUT_BITS;
    const uint64_t mask = UINT64_C(1) << bit % 64;

    d->check->left_out += (d->left_out[bit / 64] & mask) == 0;
    d->left_out[bit / 64] |= mask;
}

/* Where there is room, or that of a milder one. NULL: there is none. */
static struct finding *take_draft_place(struct detection *d)
{
    struct finding *mildest = d->drafts;

    if (d->draft_count < DRAFTS_MAX)
        return &d->drafts[d->draft_count++];
    for (uint32_t i = 1; i < d->draft_count; i++)
        if (d->drafts[i].severity < mildest->severity)
            mildest = &d->drafts[i];
    const bool is_worse = d->latest.severity > mildest->severity;
    const struct finding *left_out = is_worse ? mildest : &d->latest;
    if (left_out->severity > SEVERITY_NONE)
        detection_leave_out(d, &left_out->subject);
    return is_worse ? mildest : NULL;
}

/* Room is made for it, or it is merged with what was reported of its subject. */
static void keep_latest(struct detection *d)
{
    const struct finding *latest = &d->latest;

    for (uint32_t i = 0; latest->detector && i < d->draft_count; i++)
        if (d->drafts[i].date.only == latest->date.only &&
            finding_same_subject(d->detector, &d->drafts[i].subject, &latest->subject)) {
            merge(d, i);
            return;
        }
    struct finding *place = latest->detector ? take_draft_place(d) : NULL;
    if (!place)
        return;
    *place = *latest;
    d->merged[place - d->drafts] = d->named[place - d->drafts] = 1;
}

struct finding *detection_report(struct detection *d, enum finding_severity severity,
                                 enum finding_confidence confidence,
                                 const struct finding_subject *subject)
{
    struct finding *finding = &d->latest;

    keep_latest(d);
    *finding = (struct finding){.detector = d->detector, .subject = *subject};
    finding->severity =
        (uint8_t)(severity > d->detector->worst ? d->detector->worst : (uint8_t)severity);
    finding->confidence = (uint8_t)confidence;
    return finding;
}

void detection_settle(struct detection *d)
{
    keep_latest(d);
    d->latest.detector = NULL;
    for (uint32_t i = 0; i < d->draft_count; i++) {
        if (d->merged[i] > 1 && d->named[i] > 1)
            finding_evidence(&d->drafts[i], "such connections", "", d->merged[i]);
        if (d->named[i] > 1)
            finding_names(&d->drafts[i], d->named[i], d->merged[i]);
    }
}

void finding_say(struct finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->title, sizeof(finding->title), format, arguments);
    va_end(arguments);
}

void finding_rows(struct finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(finding->filter, FINDING_ROWS_MAX, format, arguments) >= FINDING_ROWS_MAX)
        finding->filter[0] = '\0'; /* half a filter has other rows */
    va_end(arguments);
}

static struct evidence *add_evidence(struct finding *finding)
{
    const uint8_t last = EVIDENCE_MAX - 1;
    return &finding->evidence[finding->evidence_count < last ? finding->evidence_count++ : last];
}

void finding_evidence(struct finding *finding, const char *fact, const char *unit, double value)
{
    *add_evidence(finding) = (struct evidence){.fact = fact, .unit = unit, .value = value};
}

void finding_evidence_limit(struct finding *finding, const char *fact, const char *unit,
                            double value, double limit)
{
    *add_evidence(finding) = (struct evidence){
        .fact = fact, .unit = unit, .value = value, .limit = limit, .has_limit = true};
}

void finding_evidence_reached(struct finding *finding, const char *fact, const char *unit,
                              double value, double limit)
{
    if (value >= limit)
        finding_evidence_limit(finding, fact, unit, value, limit);
    else
        finding_evidence(finding, fact, unit, value);
}

void finding_evidence_mark(struct finding *finding, const char *fact, const char *unit,
                           double value, double warn, double critical)
{
    finding_evidence_limit(finding, fact, unit, value, value >= critical ? critical : warn);
}

static void add_text(const char **texts, const char *text)
{
    for (int i = 0; i < LOOKALIKES_MAX; i++) {
        if (!texts[i]) {
            texts[i] = text;
            return;
        }
    }
}

void finding_rule_out(struct finding *finding, const char *lookalike)
{
    add_text(finding->ruled_out, lookalike);
}

void finding_leave_open(struct finding *finding, const char *lookalike)
{
    add_text(finding->open, lookalike);
}

void finding_advise(struct finding *finding, const char *advice)
{
    add_text(finding->advice, advice);
}

void finding_holds_since(struct finding *finding, const struct detection *d, int64_t age_ns)
{
    if (age_ns > 0)
        finding->since_ns = d->frame->wall_ns - age_ns;
}

void finding_began(struct finding *finding, int64_t wall_ns)
{
    finding->since_ns = wall_ns;
    finding->date.since_exact = true;
}

void finding_excess(struct finding *finding, double excess)
{
    finding->date.has_excess = true;
    finding->date.excess = excess;
}

void detection_excess(struct detection *d, const struct finding_subject *subject, double excess)
{
    if (d->draft_count >= DRAFTS_MAX / 2) /* leave room for reported findings */
        return;
    struct finding *finding = detection_report(d, SEVERITY_NONE, CONFIDENCE_POSSIBLE, subject);

    finding_excess(finding, excess);
    finding->date.only = true;
}

void finding_exceeds(struct finding *finding, const struct detection *d,
                     const struct growth_rule *rule, double most_s)
{
    const int64_t to_wall_ns = d->frame->wall_ns - d->frame->mono_ns;
    const struct growth_span span = counters_exceed(d->counters, rule, most_s);

    if (span.since_ns)
        finding->since_ns = span.since_ns + to_wall_ns;
    if (span.last_ns)
        finding->date.held_ns = span.last_ns + to_wall_ns;
}

/* --- subjects --- */

struct finding_subject subject_host(const struct detection *d)
{
    (void)d;
    return (struct finding_subject){.kind = SUBJECT_HOST};
}

struct finding_subject subject_netns(const struct detection *d)
{
    return (struct finding_subject){.kind = SUBJECT_NETNS,
                                    .netns = d->facts ? d->facts->netns : d->frame->netns};
}

static void name_process(struct finding_subject *subject, const struct frame *frame, uint32_t proc)
{
    if (proc >= frame->proc_count)
        return;
    const struct proc *process = &frame->procs[proc];
    subject->pid = process->pid;
    subject->start_ticks = process->start_ticks;
    snprintf(subject->name, sizeof(subject->name), "%s", process->comm);
    if (process->group < frame->group_count) {
        const struct group *group = &frame->groups[process->group];
        snprintf(subject->unit, sizeof(subject->unit), "%s",
                 group->container[0] ? group->container : group->unit);
    }
}

struct finding_subject subject_process(const struct detection *d, uint32_t proc)
{
    struct finding_subject subject = {.kind = SUBJECT_PROCESS, .netns = d->frame->netns};
    name_process(&subject, d->frame, proc);
    return subject;
}

struct finding_subject subject_listener(const struct detection *d,
                                        const struct listener_tally *listener)
{
    const struct conn *conn = &d->frame->conns[listener->row];
    struct finding_subject subject = {.kind = SUBJECT_LISTENER,
                                      .family = conn->tuple.family,
                                      .port = conn->tuple.local_port,
                                      .netns = conn->netns,
                                      .address = conn->tuple.local};
    name_process(&subject, d->frame, conn->owner);
    return subject;
}

struct finding_subject subject_target(const struct detection *d, const struct target_tally *target)
{
    struct finding_subject subject = {.kind = target->inbound ? SUBJECT_PEER : SUBJECT_TARGET,
                                      .family = target->family,
                                      .port = target->port,
                                      .netns = target->netns,
                                      .address = target->remote,
                                      .local = target->local,
                                      .several_locals = target->several_locals};
    if (!target->procs_differ)
        name_process(&subject, d->frame, target->proc);
    return subject;
}

const char *subject_place(const struct finding_subject *subject, char *out, size_t size)
{
    char local[ADDR_TEXT_MAX];

    if (subject->kind == SUBJECT_PEER)
        addr_format(out, size, &subject->address, subject->family, NULL);
    else
        addr_format_endpoint(out, size, &subject->address, subject->family, NULL, subject->port,
                             NULL);
    if (!subject->several_locals)
        return out;
    addr_format(local, sizeof(local), &subject->local, subject->family, NULL);
    const size_t length = strlen(out);
    snprintf(out + length, size - length, " from %s", local);
    return out;
}

const char *subject_who(const struct finding_subject *subject, char *out, size_t size)
{
    if (subject->name[0])
        snprintf(out, size, "%s", subject->name);
    else if (subject->pid > 0)
        snprintf(out, size, "process %d", (int)subject->pid);
    else
        snprintf(out, size, "a process");
    return out;
}

const char *lasting(double seconds, char out[LASTING_MAX])
{
    const double minutes = seconds / 60, hours = minutes / 60;

    if (seconds < 120)
        snprintf(out, LASTING_MAX, "%.0f s", seconds);
    else if (minutes < 120)
        snprintf(out, LASTING_MAX, "%.0f min", minutes);
    else if (hours < 48)
        snprintf(out, LASTING_MAX, "%.1f h", hours);
    else
        snprintf(out, LASTING_MAX, "%.0f days", hours / 24);
    return out;
}

static size_t format_process(const struct finding_subject *subject, char *out, size_t size)
{
    if (subject->pid <= 0)
        return (size_t)snprintf(out, size, "%s", subject->name);
    return (size_t)snprintf(out, size, "%s[%d]", subject->name, (int)subject->pid);
}

static const char *const SUBJECT_KINDS[] = {
    [SUBJECT_HOST] = "host",       [SUBJECT_NETNS] = "netns", [SUBJECT_LISTENER] = "listener",
    [SUBJECT_PROCESS] = "process", [SUBJECT_PEER] = "peer",   [SUBJECT_TARGET] = "target"};
const struct words SUBJECT_KIND_WORDS = WORDS(SUBJECT_KINDS);

size_t subject_format(const struct finding_subject *subject, char *out, size_t size)
{
    static const char *const PLAIN[] = {
        [SUBJECT_HOST] = "host", [SUBJECT_NETNS] = "network namespace"};
    char place[SUBJECT_PLACE_MAX] = "", process[EVENT_NAME_MAX + 16] = "";
    const char *arrow = subject->kind == SUBJECT_LISTENER ? " on " : " to ";

    if (subject->kind == SUBJECT_HOST && subject->host[0])
        return (size_t)snprintf(out, size, "host %s", subject->host);
    if (subject->kind == SUBJECT_HOST || subject->kind == SUBJECT_NETNS)
        return (size_t)snprintf(out, size, "%s%s%s", PLAIN[subject->kind],
                                subject->netns_name[0] ? " " : "", subject->netns_name);
    if (subject->family)
        subject_place(subject, place, sizeof(place));
    format_process(subject, process, sizeof(process));
    return (size_t)snprintf(out, size, "%s%s%s", process, process[0] && place[0] ? arrow : "",
                            place);
}

/* --- filters --- */

const char *filter_address(char *out, size_t size, const struct addr *addr, uint8_t family)
{
    char text[ADDR_TEXT_MAX];

    addr_format(text, sizeof(text), addr, family, NULL);
    snprintf(out, size, family == FAMILY_INET6 ? "[%s]" : "%s", text);
    return out;
}

const char *filter_source(char *out, size_t size, const struct addr *addr, uint8_t family)
{
    char text[ADDR_TEXT_MAX + 2] = "";

    out[0] = '\0';
    if (!addr_is_zero(addr))
        snprintf(out, size, "src %s and ", filter_address(text, sizeof(text), addr, family));
    return out;
}

const char *filter_target(char *out, size_t size, const struct finding_subject *subject)
{
    char text[ADDR_TEXT_MAX + 2] = "", source[ADDR_TEXT_MAX + 16] = "";

    if (subject->several_locals)
        filter_source(source, sizeof(source), &subject->local, subject->family);
    filter_address(text, sizeof(text), &subject->address, subject->family);
    if (subject->kind == SUBJECT_PEER)
        snprintf(out, size, "%sdst %s", source, text);
    else
        snprintf(out, size, "%sdst %s and dport = :%u", source, text, subject->port);
    return out;
}

bool named_rows_add(struct named_rows *rows, const char *format, ...)
{
    const size_t room = sizeof(rows->text) - rows->length;
    char condition[ADDR_TEXT_MAX + 48];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(condition, sizeof(condition), format, arguments);
    va_end(arguments);
    rows->wanted++;
    const size_t wanted = (size_t)snprintf(rows->text + rows->length, room, "%s%s",
                                           rows->count ? " or " : "", condition);
    if (wanted >= room) {
        rows->text[rows->length] = '\0';
        return false;
    }
    rows->length += wanted;
    rows->count++;
    return true;
}

void finding_names(struct finding *finding, uint32_t named, uint32_t all)
{
    if (named < all)
        finding_evidence(finding, "of them the filter names", "", named);
}

void finding_rows_to(struct finding *finding, const struct finding_subject *subject,
                     const struct named_rows *rows)
{
    char address[ADDR_TEXT_MAX + 2];

    filter_address(address, sizeof(address), &subject->address, subject->family);
    if (rows->count > 0)
        finding_rows(finding, rows->count > 1 ? "dst %s and ( %s )" : "dst %s and %s", address,
                     rows->text);
    finding_names(finding, rows->count, rows->wanted);
}
