/* Finding lines: findings that begin, change, hold or end. */
#include "core/finding/finding_json.h"
#include "core/text/text.h"
#include "session/format/get.h"
#include "session/format/write.h"

#include <stdio.h>
#include <string.h>

static const struct session_key KEYS[] = {
    {"step", .help = "begin, change, holds, end, stop"},
    {"id", .help = "number of the finding in this recording"},
    {"finding", .help = "detector"},
    {"severity", .help = "info, warning, critical"},
    {"confidence", .help = "possible, likely, proven"},
    {"netns", .help = "network namespace"},
    {"subject", .help = "what it is about: kind, address, port, pid, ..."},
    {"since", .help = "when it began"},
    {"since_at_least", .help = "it held before the first frame"},
    {"ended", .help = "when it ended"},
    {"window_ms", .help = "of the differences in the evidence"},
    {"evidence", .help = "fact, value, limit, unit"},
    {"filter", .help = "its rows"},
    {"title", .help = "in one sentence"},
    {"causes", .help = "ids of its causes"},
};
const struct session_keys session_finding_keys = SESSION_KEYS(KEYS);

void session_write_finding(struct buffer *buffer, uint64_t seq, const struct finding_step *step)
{
    json_finding_step(buffer, seq, step);
    buffer_char(buffer, '\n');
}

/* --- reading --- */

static uint8_t get_word(struct get *get, const char *key, const struct words *words)
{
    char text[32] = "";

    if (!get_text(get, key, text, sizeof(text)))
        get_fail(get, key, "missing");
    const int number = words_find(words, text, strlen(text));
    if (number < 0)
        get_fail(get, key, "no such word");
    return number < 0 ? 0 : (uint8_t)number;
}

static bool is_key(const struct flat_member *item, const char *key)
{
    return item->key_length == strlen(key) && memcmp(item->key, key, item->key_length) == 0;
}

/* Made safe: a log may come from anywhere. */
static void take_text(const struct flat_member *item, char *out, size_t size)
{
    char raw[FINDING_TEXT_MAX];
    const size_t length = item->type == FLAT_TEXT ? flat_text(item, raw, sizeof(raw)) : 0;

    text_clean_again(out, size, raw, length);
}

static double take_value(const struct flat_member *item)
{
    return item->type == FLAT_INTEGER ? (double)item->integer
           : item->type == FLAT_REAL  ? item->real
                                      : 0;
}

static uint64_t take_number(const struct flat_member *item, uint64_t most)
{
    return item->type == FLAT_INTEGER && item->integer >= 0 && (uint64_t)item->integer <= most
               ? (uint64_t)item->integer
               : 0;
}

/* False: it is none. */
static bool take_address(const struct flat_member *item, struct addr *address, uint8_t *family)
{
    char text[ADDR_TEXT_MAX];

    take_text(item, text, sizeof(text));
    return addr_parse(text, strlen(text), address, family, NULL) == 0;
}

static void get_subject(struct get *get, struct finding_subject *subject)
{
    struct flat_items items = get_items(get, "subject", FLAT_OBJECT);
    struct flat_member item;
    char kind[16] = "";
    uint8_t family;

    while (flat_next(&items, &item)) {
        if (is_key(&item, "kind"))
            take_text(&item, kind, sizeof(kind));
        else if (is_key(&item, "address"))
            subject->family = take_address(&item, &subject->address, &family) ? family : 0;
        else if (is_key(&item, "local"))
            (void)take_address(&item, &subject->local, &family);
        else if (is_key(&item, "port"))
            subject->port = (uint16_t)take_number(&item, UINT16_MAX);
        else if (is_key(&item, "pid"))
            subject->pid = (int32_t)take_number(&item, INT32_MAX);
        else if (is_key(&item, "start_ticks"))
            subject->start_ticks = take_number(&item, INT64_MAX);
        else if (is_key(&item, "comm"))
            take_text(&item, subject->name, sizeof(subject->name));
        else if (is_key(&item, "unit"))
            take_text(&item, subject->unit, sizeof(subject->unit));
    }
    const int number = words_find(&SUBJECT_KIND_WORDS, kind, strlen(kind));
    if (number < 0)
        get_fail(get, "subject", "no kind that is known");
    subject->kind = number < 0 ? SUBJECT_HOST : (uint8_t)number;
    subject->netns = get_u32(get, "netns");
}

static const char *take_word(struct get *get, const struct flat_member *item)
{
    char text[64];

    take_text(item, text, sizeof(text));
    return session_take_word(get->state, text);
}

static void take_evidence(struct get *get, const struct flat_member *object,
                          struct evidence *evidence)
{
    struct flat_items items = flat_items(object);
    struct flat_member item;

    *evidence = (struct evidence){.fact = "", .unit = ""};
    while (flat_next(&items, &item)) {
        if (is_key(&item, "fact"))
            evidence->fact = take_word(get, &item);
        else if (is_key(&item, "unit"))
            evidence->unit = take_word(get, &item);
        else if (is_key(&item, "value"))
            evidence->value = take_value(&item);
        else if (is_key(&item, "limit"))
            evidence->limit = take_value(&item);
        evidence->has_limit |= is_key(&item, "limit");
    }
}

static void get_evidence(struct get *get, struct finding *finding)
{
    struct flat_items items = get_items(get, "evidence", FLAT_LIST);
    struct flat_member item;

    while (finding->evidence_count < EVIDENCE_MAX && flat_next(&items, &item))
        take_evidence(get, &item, &finding->evidence[finding->evidence_count++]);
}

void session_read_finding(struct get *get, struct session_line *line)
{
    struct finding_step *step = &line->finding;
    struct finding *finding = &step->finding;
    char detector[48] = "";
    uint32_t causes = 0;
    int64_t window_ns = 0;

    *step = (struct finding_step){.wall_ns = line->wall_ns};
    step->kind = get_word(get, "step", &FINDING_STEP_WORDS);
    finding->id = get_u32(get, "id");
    if (!get_text(get, "finding", detector, sizeof(detector)))
        get_fail(get, "finding", "missing");
    finding->severity = get_word(get, "severity", &SEVERITY_WORDS);
    finding->confidence = get_word(get, "confidence", &CONFIDENCE_WORDS);
    get_subject(get, &finding->subject);
    get_time(get, "since", &finding->since_ns);
    finding->since_least = get_flag(get, "since_at_least");
    get_time(get, "ended", &finding->ended_ns);
    if (get_ms(get, "window_ms", &window_ns))
        finding->window_ns = window_ns;
    get_evidence(get, finding);
    get_text(get, "filter", finding->filter, sizeof(finding->filter));
    get_text(get, "title", finding->title, sizeof(finding->title));
    get_list(get, "causes", finding->because, BECAUSE_MAX, &causes);
    if (get->error)
        return;
    finding->detector = session_take_detector(get->state, detector);
    if (!finding->detector)
        get_fail(get, "finding", "more detectors than tcplens holds");
}
