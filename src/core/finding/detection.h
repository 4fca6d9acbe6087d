/* detection: one detector working on one frame: its input, and how it reports. Internal to
 * core/finding; a detector's file includes this and nothing else of the folder but its own
 * tables. */
#ifndef TCPLENS_CORE_FINDING_DETECTION_H
#define TCPLENS_CORE_FINDING_DETECTION_H

#include "base/clock.h"
#include "core/finding/census.h"
#include "core/finding/counters.h"
#include "core/finding/finding.h"
#include "core/finding/growth.h"
#include "core/finding/openers.h"
#include "core/finding/pairs.h"
#include "core/finding/port_trends.h"
#include "core/finding/stalls.h"

#define DRAFTS_MAX 64u /* findings of one detector in one frame; the mildest beyond are left out */

#define LEFT_OUT_BITS 4096u

struct detection {
    const struct detector *detector;
    const double *limits; /* in the order of detector->limits */
    const struct frame *frame;
    const struct host_facts *facts; /* NULL = none were read */
    const struct census *census;
    const struct counters *counters;
    const struct openers *openers;
    const struct growths *growths;
    const struct port_trends *port_trends;
    const struct stalls *stalls;
    const struct pairs *pairs; /* NULL: one network namespace is shown */
    const struct finding *const
        *list; /* findings of the frame before, for detectors of processes */
    uint32_t list_count;
    int (*process)(void *data, int32_t pid, uint64_t start_ticks, struct process_facts *facts);
    void *process_data;
    double watched_s; /* since the first frame */
    struct finding *drafts;
    uint32_t draft_count;                           /* without the latest report */
    uint16_t merged[DRAFTS_MAX], named[DRAFTS_MAX]; /* reports in a draft; ... in its filter */
    uint64_t left_out[LEFT_OUT_BITS / 64];          /* hashes of the subjects that are left out */
    struct finding latest; /* being filled in; no detector: there is none */
    struct finding_check *check;
};

/* --- verdicts other than findings --- */

void detection_not_checked(struct detection *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void detection_learning(struct detection *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The kernel aborts connections for lack of memory, and for too many orphans: it counts both as
 * TCPAbortOnMemory. Orphans are the reason from a fifth of their limit on. */
bool detection_has_many_orphans(const struct detection *d);

/* --- reporting --- */

/* "" for one, else "s": the plural of a counted noun. */
const char *plural(uint32_t count);

/* A finding to be filled in until the next one is reported; never NULL. Of one subject the worst
 * report is kept, with the rows of all. SEVERITY_NONE: below the high mark, above the low one. */
struct finding *detection_report(struct detection *d, enum finding_severity severity,
                                 enum finding_confidence confidence,
                                 const struct finding_subject *subject);
/* A finding of that subject has no room. Each subject counts once; of thousands, a few less. */
void detection_leave_out(struct detection *d, const struct finding_subject *subject);
/* Nothing more is reported. */
void detection_settle(struct detection *d);
void finding_say(struct finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* the title */
void finding_rows(struct finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* the filter, FINDING_ROWS_MAX with its NUL */
#define FINDING_ROWS_MAX 640               /* leaves room for the host and the network namespace */
void finding_evidence(struct finding *finding, const char *fact, const char *unit, double value);
void finding_evidence_limit(struct finding *finding, const char *fact, const char *unit,
                            double value, double limit);
/* With that limit if it reaches it: a milder finding has other reasons. */
void finding_evidence_reached(struct finding *finding, const char *fact, const char *unit,
                              double value, double limit);
/* With the limit of the severity that it reaches. */
void finding_evidence_mark(struct finding *finding, const char *fact, const char *unit,
                           double value, double warn, double critical);
void finding_rule_out(struct finding *finding, const char *lookalike);
void finding_leave_open(struct finding *finding, const char *lookalike);
void finding_advise(struct finding *finding, const char *advice);
/* It has held at least this long, by the rows. */
void finding_holds_since(struct finding *finding, const struct detection *d, int64_t age_ns);
/* It began at this time, exactly. */
void finding_began(struct finding *finding, int64_t wall_ns);
/* By how much this frame alone exceeds the limit (< 0: it is below). A finding based on decaying
 * sums began when this excess did, not when the sums crossed the limit. */
void finding_excess(struct finding *finding, double excess);
/* The same while the sums are below the low mark, and nothing is reported. */
void detection_excess(struct detection *d, const struct finding_subject *subject, double excess);
/* The same by counters of the host. */
void finding_exceeds(struct finding *finding, const struct detection *d,
                     const struct growth_rule *rule, double most_s);

static inline enum finding_severity severity_above(double value, double warn, double critical)
{
    return value >= critical ? SEVERITY_CRITICAL : value >= warn ? SEVERITY_WARNING : SEVERITY_NONE;
}

/* --- subjects --- */

struct finding_subject subject_host(const struct detection *d);
struct finding_subject subject_netns(const struct detection *d);
struct finding_subject subject_process(const struct detection *d, uint32_t proc);
struct finding_subject subject_listener(const struct detection *d,
                                        const struct listener_tally *listener);
struct finding_subject subject_target(const struct detection *d, const struct target_tally *target);
/* Where it is, for titles: "10.0.0.2:9200", with " from 10.0.0.1" where it is reached from others,
 * too. */
const char *subject_place(const struct finding_subject *subject, char *out, size_t size);
#define SUBJECT_PLACE_MAX (2 * ADDR_TEXT_MAX + 16)
/* The process, for titles: "nginx", "process 14612", "a process". */
const char *subject_who(const struct finding_subject *subject, char *out, size_t size);

#define LASTING_MAX 24
/* How long it lasts, for titles: "48 s", "18 min", "5.2 h", "12 days". Returns `out`. */
const char *lasting(double seconds, char out[LASTING_MAX]);

/* An address as filters take it: "10.0.0.2", "[2001:db8::1]". Size at least ADDR_TEXT_MAX + 2. */
const char *filter_address(char *out, size_t size, const struct addr *addr, uint8_t family);
/* "src 10.0.0.1 and ", "" for the unspecified address. Size at least ADDR_TEXT_MAX + 16. */
const char *filter_source(char *out, size_t size, const struct addr *addr, uint8_t family);
/* The rows of that subject: "dst A and dport = :P" of a target, "dst A" of a peer, with "src A and "
 * where it is reached from others, too. Size at least FILTER_TARGET_MAX. */
const char *filter_target(char *out, size_t size, const struct finding_subject *subject);
#define FILTER_TARGET_MAX (2 * ADDR_TEXT_MAX + 48)

/* Rows named one by one in a filter: "sport = :1 or sport = :2". */
struct named_rows {
    char text[480];
    size_t length;
    uint32_t count, wanted; /* that are named, that should be */
};
/* Adds the condition of one more row. False: there is no room, and nothing was added. */
bool named_rows_add(struct named_rows *rows, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Evidence of how many rows the filter names, where that is not all; not the first evidence. */
void finding_names(struct finding *finding, uint32_t named, uint32_t all);
/* The filter: of the rows to the subject's address these. With finding_names(). */
void finding_rows_to(struct finding *finding, const struct finding_subject *subject,
                     const struct named_rows *rows);

/* Growth of a counter over the last `most_s` seconds, or as long as there were frames; *seconds
 * gets how long that is. False: unknown. */
static inline bool detection_growth(const struct detection *d, enum host_fact fact, double most_s,
                                    double *growth, double *seconds)
{
    return counters_growth(d->counters, fact, most_s, growth, seconds);
}

#endif
