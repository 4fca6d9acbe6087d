/* finding: problems of this machine's TCP. Detectors (DETECTORS[], one row each) look at every
 * frame and report findings; the engine keeps each from its begin to its end. Pure: time comes with
 * the frames, facts about processes that frames lack come by a callback.
 *
 *     struct finding_settings settings;
 *     finding_settings_init(&settings);                        // defaults; then finding_set() ...
 *     struct finding_engine *engine = finding_engine_new(&settings);
 *     for each frame: // made with finding_needs(&settings)
 *         finding_engine_update(engine, &(struct finding_input){.frame = frame, .ring = ring});
 *         list = finding_engine_list(engine, &count); // worst first, consequences below causes
 *         checks = finding_engine_checks(engine);     // one verdict for each detector
 *
 * To list the rows that a finding means, apply its `filter` (core/filter.h parses it). */
#ifndef TCPLENS_CORE_FINDING_FINDING_H
#define TCPLENS_CORE_FINDING_FINDING_H

#include "core/column/column.h"
#include "core/event.h"
#include "core/frame.h"
#include "core/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum finding_severity {
    SEVERITY_NONE, /* between the two limits: continues a finding, begins none */
    SEVERITY_INFO,
    SEVERITY_WARNING,
    SEVERITY_CRITICAL
};
enum finding_confidence {
    CONFIDENCE_POSSIBLE, /* one explanation among others */
    CONFIDENCE_LIKELY,   /* a pattern */
    CONFIDENCE_PROVEN    /* the kernel counted it, or the rows show it */
};
enum finding_verdict { VERDICT_OK, VERDICT_FINDING, VERDICT_LEARNING, VERDICT_NOT_CHECKED };

/* Names of the above as JSON and text have them: "warning", "likely", "not checked". */
const char *severity_name(enum finding_severity severity);
const char *confidence_name(enum finding_confidence confidence);
const char *verdict_name(enum finding_verdict verdict);
extern const struct words SEVERITY_WORDS, CONFIDENCE_WORDS;
int severity_from_name(const char *name, enum finding_severity *severity); /* 0 or -EINVAL */

/* What a finding is about. */
enum subject_kind {
    SUBJECT_HOST,
    SUBJECT_NETNS,
    SUBJECT_LISTENER, /* address, port: local */
    SUBJECT_PROCESS,
    SUBJECT_PEER,  /* address: remote */
    SUBJECT_TARGET /* address, port: remote */
};
extern const struct words SUBJECT_KIND_WORDS; /* "host" ... */
#define SUBJECT_TEXT_MAX (ADDR_TEXT_MAX + EVENT_NAME_MAX + 128)

struct finding_subject {
    uint8_t kind;   /* enum subject_kind */
    uint8_t family; /* 0 = no address */
    uint16_t port;
    uint32_t netns;
    struct addr address;
    struct addr local;   /* of what is remote: the address it is reached from; 0 = any */
    bool several_locals; /* it is reached from others, too */
    int32_t pid;         /* process concerned, also of a listener or target; 0 = unknown */
    uint64_t start_ticks;
    char name[EVENT_NAME_MAX]; /* of that process, "" = unknown */
    char unit[64];             /* its unit or container, "" = none known */
    char netns_name[64];       /* of another network namespace than ours, "" = ours */
    char host[64];             /* where several are shown; "" = the only one */
    uint32_t netns_inode;      /* with host: the namespace by its number, 0 = unknown */
};
/* "nginx[14612] :8080", "10.0.0.2:9200", "host", "network namespace web". Returns the length. */
size_t subject_format(const struct finding_subject *subject, char *out, size_t size);

/* A fact that supports the finding. */
struct evidence {
    const char *fact; /* static: id of a column, name of a kernel counter, or a plain word */
    const char *unit; /* static: "", "/s", "%", "ms", "B" */
    double value, limit;
    bool has_limit;
};
#define EVIDENCE_MAX       8
#define LOOKALIKES_MAX     4
#define BECAUSE_MAX        4
#define FINDING_TEXT_MAX   192
#define FINDING_FILTER_MAX 768 /* rows that nothing else sets apart are named one by one */

struct finding {
    uint32_t id; /* > 0, never reused by an engine */
    const struct detector *detector;
    /* enum finding_severity; for an ended finding, its worst, with the text and evidence of then */
    uint8_t severity;
    uint8_t confidence; /* enum finding_confidence */
    bool since_least;   /* it has held at least since `since_ns`: it did in the first frame */
    struct finding_subject subject;
    int64_t since_ns;                /* wall clock, by the facts where they say it */
    int64_t ended_ns;                /* wall clock; 0 = it goes on */
    int64_t window_ns;               /* window of growth in the evidence; 0 = present values */
    char title[FINDING_TEXT_MAX];    /* one sentence without a full stop */
    char filter[FINDING_FILTER_MAX]; /* selects exactly its rows; "" = it has none */
    bool of_last_10s; /* its filter needs what the last 10 s carried; one frame does not have it */
    struct evidence evidence[EVIDENCE_MAX];
    uint8_t evidence_count;
    const char *ruled_out[LOOKALIKES_MAX]; /* static; NULL behind the last */
    const char *open[LOOKALIKES_MAX];      /* lookalikes that could not be ruled out */
    const char *advice[LOOKALIKES_MAX];    /* in addition to those of the detector; static */
    /* ids of the findings that cause it, those that hold first; 0 behind the last */
    uint32_t because[BECAUSE_MAX];
    /* of a draft: better evidence of when it began than the time of the report */
    struct finding_date {
        bool since_exact; /* since_ns is when it began, not a time at which it held */
        bool only;        /* only the date counts: it is below the low limit */
        bool has_excess;
        double excess;   /* by how much this frame alone exceeds the limit; < 0: below */
        int64_t held_ns; /* wall clock: when it last held; 0 = in this frame */
    } date;
};

/* --- detectors --- */

#define LIMITS_MAX 6
struct detector_limit {
    const char *key; /* "warn": set by ID.KEY=VALUE; NULL behind the last */
    double preset;
    const char *unit; /* "", "%", "s", "/s" */
    const char *help;
};

struct detection; /* what an evaluate function works on: detection.h */

struct detector {
    const char *id;      /* "accept-queue-full" */
    const char *section; /* "coming in" */
    const char *title;   /* what it detects, one line */
    uint8_t worst;       /* enum finding_severity: never reports worse */
    uint32_t needs;      /* enum need of the frames */
    uint8_t facts[4];    /* enum host_fact without which it cannot be checked; 0 behind the last */
    bool any_fact;       /* one of them is enough */
    uint8_t fields[3];   /* enum info_index without which it cannot be checked; 0 behind the last */
    bool of_process;     /* of one target, each process is a subject of its own */
    bool by_process;     /* rows whose owner is hidden are not seen by it */
    /* why it is not checked without BPF events; NULL = it does not need them */
    const char *by_bpf;
    bool details;    /* cannot be checked without tcp_info */
    bool changes;    /* needs two frames at least */
    uint16_t hold_s; /* must hold this long before it begins; 0 = in two of three frames */
    struct detector_limit limits[LIMITS_MAX];
    void (*evaluate)(struct detection *detection);
    const char *proof;     /* facts that prove it, one line */
    const char *meaning;   /* one or two sentences */
    const char *advice[4]; /* what to do, most important first; NULL after the last */
};
/* The same trouble's: they say the same of it, or one is as it was later. */
bool finding_same_subject(const struct detector *detector, const struct finding_subject *a,
                          const struct finding_subject *b);
uint64_t finding_subject_hash(const struct detector *detector,
                              const struct finding_subject *subject);
/* By severity, then by the evidence that detectors name first. */
bool finding_is_as_bad(const struct finding *finding, const struct finding *other);
extern const struct detector *const DETECTORS[];
extern const size_t detector_count;
#define DETECTORS_MAX 96

/* --- settings --- */

struct finding_settings {
    double limits[DETECTORS_MAX][LIMITS_MAX];
    bool off[DETECTORS_MAX];
};
void finding_settings_init(struct finding_settings *settings);
/* "ID.KEY=VALUE". 0, or -EINVAL with one line in why. */
int finding_set(struct finding_settings *settings, const char *text, char *why, size_t size);
/* "ID,ID": only those, or all but those. 0, or -EINVAL with one line in why. */
int finding_only(struct finding_settings *settings, const char *list, char *why, size_t size);
int finding_skip(struct finding_settings *settings, const char *list, char *why, size_t size);
/* enum need of all detectors that are on. */
uint32_t finding_needs(const struct finding_settings *settings);

/* --- the engine --- */

/* Facts of a process that frames do not carry: read only for processes that findings name. */
struct process_facts {
    char state;                /* a letter of proc_pid_stat(5), 0 = unknown */
    uint32_t descriptors;      /* 0 = unknown */
    uint64_t descriptor_limit; /* soft limit; 0 = unknown, or unlimited */
};

struct finding_input {
    const struct frame *frame;
    struct event_ring *ring; /* opens and closes between frames; NULL = none */
    /* 0, or -errno where it cannot be known; NULL = never known (a log). */
    int (*process)(void *data, int32_t pid, uint64_t start_ticks, struct process_facts *facts);
    void *data;
};

struct finding_check {
    uint8_t verdict; /* enum finding_verdict */
    /* of those checked elsewhere: network namespaces in which it needs to see more, out of all */
    uint16_t learning_in, learning_of;
    uint32_t left_out; /* findings for which there is no room, none worse than what is listed */
    /* of VERDICT_NOT_CHECKED and VERDICT_LEARNING; of VERDICT_FINDING: what else it could not check,
     * mostly "" */
    char reason[FINDING_TEXT_MAX];
};

struct finding_engine;

struct finding_engine *finding_engine_new(const struct finding_settings *settings); /* or NULL */
void finding_engine_free(struct finding_engine *engine);
/* Takes the next frame; frames come in order of time, not necessarily all. Detectors compare rows: one that read some
 * of them only (frame.all_ns) changes nothing. 0 or -ENOMEM. */
int finding_engine_update(struct finding_engine *engine, const struct finding_input *input);
/* At most FINDINGS_MAX: findings that hold, worst first, each consequence below its cause; then
 * ended ones, newest first. Valid until the next update. */
#define FINDINGS_MAX 256
const struct finding *const *finding_engine_list(const struct finding_engine *engine,
                                                 uint32_t *count);
/* One for each of DETECTORS[]. A detector that is off: VERDICT_NOT_CHECKED, "off". */
const struct finding_check *finding_engine_checks(const struct finding_engine *engine);

/* --- kept with a frame --- */

/* The findings of an engine, copied into the frame's arena. */
struct frame_findings {
    const struct finding *list;         /* as finding_engine_list has them */
    const struct finding_check *checks; /* one for each of DETECTORS[] */
    uint32_t count;
    uint32_t holding;   /* of them those that hold: they stand first */
    int64_t mono_ns;    /* of the frame that was looked at: this one, or one before it */
    int64_t watched_ns; /* for how long the engine has run; 0 = this is its first frame */
};

/* The engine takes the frame, and its findings are stored in the frame; before the frame is
 * published. Until the engine has got a frame that read all rows, there are none. 0 or -ENOMEM. */
int finding_engine_complete(struct finding_engine *engine, struct frame *frame,
                            const struct finding_input *input);
/* Identifies a problem of a subject, from frame to frame and from engine to engine; after it ended,
 * a new one differs. */
uint64_t finding_identity(const struct finding *finding);
/* NULL where there is none. */
const struct finding *frame_findings_by_id(const struct frame_findings *findings, uint32_t id);
/* One that is as bad causes it, holds, and is about all that it is about. */
bool frame_findings_is_caused(const struct frame_findings *findings, const struct finding *finding);
/* For one line: the worst finding that holds, or its cause; *severity: of the worst. NULL: none is
 * a warning or worse. findings may be NULL. */
const struct finding *frame_findings_worst(const struct frame_findings *findings,
                                           enum finding_severity *severity);
/* "checked 49 · 2 findings · 3 not checked: conntrack_count is not readable here (2), ..." */
void frame_findings_summary(const struct frame_findings *findings, struct buffer *out);

/* --- words --- */

/* " and 6 more that are not listed (dead-peer 6)", "" where all are. */
void finding_left_out_text(struct buffer *out, const struct finding_check *checks);
/* ", 12 still learning in up to 1 of 3 network namespaces", "" where none is, behind the separator. */
void finding_learning_text(struct buffer *out, const char *separator,
                           const struct finding_check *checks);
/* Something was found, and something else could not be checked: `reason` says what. */
bool finding_check_is_partial(const struct finding_check *check);
void finding_value_text(struct buffer *out, double value, const char *unit); /* "1.50 ms" */
/* "accept_queue 129/128 ListenOverflows 1078": its evidence, on one line. */
/* "rows 120 (limit 100), oldest 61 s"; narrow: "rows 120/100  oldest 61 s". */
void finding_evidence_text(struct buffer *out, const struct finding *finding, bool narrow);
/* Of one that has ended: "held for 5 min, worst accept_queue 129/128". */
void finding_held_text(struct buffer *out, const struct finding *finding);

#endif
