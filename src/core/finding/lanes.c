/* lanes: see lanes.h. */
#include "core/finding/lanes.h"

#include "base/grow.h"
#include "core/finding/ends.h"
#include "core/finding/engine.h"
#include "core/finding/suppress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED_MAX (4u * FINDINGS_MAX) /* gathered before the list is truncated */

struct lane {
    uint64_t id; /* of the namespace */
    struct finding_engine *engine;
    bool is_own;     /* the engine is the caller's */
    bool seen;       /* in this frame */
    bool machine;    /* it checks what all namespaces of a host share */
    uint64_t frames; /* frames of its host taken so far; 0 without hosts */
    struct host_facts facts;
};

struct lanes {
    struct lane rows[LANES_MAX];
    uint32_t count;
    uint32_t left_out; /* namespaces of this frame beyond LANES_MAX */
    struct pairs *pairs;
    struct conn *conns; /* of the frame, by namespace */
    uint32_t conn_capacity;
    uint32_t *starts; /* of each namespace in conns, and the end */
    uint32_t start_capacity;
    struct finding *joined[LISTED_MAX];
    struct finding *named; /* findings of lanes, with the names of their namespaces */
    uint32_t named_capacity;
    const struct finding *list[LISTED_MAX];
    uint32_t list_count;
    struct finding_check checks[DETECTORS_MAX];
    uint32_t cut[DETECTORS_MAX]; /* findings of each that the list has no room for */
};

struct lanes *lanes_new(void)
{
    struct lanes *lanes = calloc(1, sizeof(*lanes));

    if (!lanes)
        return NULL;
    lanes->pairs = pairs_new();
    if (!lanes->pairs) {
        free(lanes);
        return NULL;
    }
    return lanes;
}

void lanes_free(struct lanes *lanes)
{
    if (!lanes)
        return;
    for (uint32_t i = 0; i < lanes->count; i++)
        if (!lanes->rows[i].is_own)
            finding_engine_free(lanes->rows[i].engine);
    pairs_free(lanes->pairs);
    free(lanes->conns);
    free(lanes->starts);
    free(lanes->named);
    free(lanes);
}

/* --- rows by namespace --- */

static uint32_t place_of(const struct frame *frame, const struct conn *conn)
{
    const struct frame_netns *found = frame_find_netns(frame, conn->netns);
    return found ? (uint32_t)(found - frame->namespaces) : frame->namespace_count;
}

/* A counting sort: rows starts[i] to starts[i + 1] are in namespaces[i]; rows without namespace are
 * left out. */
static int sort_rows(struct lanes *lanes, const struct frame *frame)
{
    const uint32_t count = frame->namespace_count;

    if (GROW(lanes->conns, lanes->conn_capacity, frame->live_count) ||
        GROW(lanes->starts, lanes->start_capacity, count + 2))
        return -ENOMEM;
    memset(lanes->starts, 0, (count + 2) * sizeof(*lanes->starts));
    uint32_t *const ends = lanes->starts + 1;
    for (uint32_t i = 0; i < frame->live_count; i++)
        ends[place_of(frame, &frame->conns[i])]++;
    for (uint32_t i = 0, sum = 0; i <= count; i++) {
        const uint32_t rows = ends[i];
        ends[i] = sum;
        sum += rows;
    }
    for (uint32_t i = 0; i < frame->live_count; i++) {
        const uint32_t place = place_of(frame, &frame->conns[i]);
        if (place < count)
            lanes->conns[ends[place]] = frame->conns[i];
        ends[place]++;
    }
    return 0;
}

/* --- lanes --- */

static struct lane *lane_of(struct lanes *lanes, struct finding_engine *own,
                            const struct frame_netns *netns)
{
    for (uint32_t i = 0; i < lanes->count; i++)
        if (lanes->rows[i].id == netns->id)
            return &lanes->rows[i];
    if (lanes->count == LANES_MAX)
        return NULL;
    struct finding_engine *engine = netns->is_own ? own : finding_engine_new_lane(own);
    if (!engine)
        return NULL;
    finding_engine_use_pairs(engine, lanes->pairs);
    struct lane *lane = &lanes->rows[lanes->count++];
    *lane = (struct lane){.id = netns->id, .engine = engine, .is_own = netns->is_own};
    return lane;
}

/* The findings of a vanished namespace are dropped. */
static void drop_unseen(struct lanes *lanes)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < lanes->count; i++) {
        struct lane *lane = &lanes->rows[i];
        if (lane->seen || lane->is_own)
            lanes->rows[kept++] = *lane;
        else
            finding_engine_free(lane->engine);
    }
    lanes->count = kept;
}

/* The facts of a namespace, with the limits of its machine, which other namespaces than the first do
 * not show. NULL: none were read. */
static struct host_facts *complete_facts(struct lane *lane, struct host_facts *facts,
                                         const struct host_facts *machine)
{
    static const uint8_t OF_MACHINE[] = {FACT_MEM_PRESSURE, FACT_MEM_HIGH, FACT_PAGE_SIZE};

    if (!facts || !machine)
        return facts;
    lane->facts = *facts;
    for (size_t i = 0; i < sizeof(OF_MACHINE); i++) {
        const enum host_fact fact = (enum host_fact)OF_MACHINE[i];
        if (!host_fact_known(facts, fact) && host_fact_known(machine, fact))
            host_fact_set(&lane->facts, fact, host_fact(machine, fact));
    }
    return &lane->facts;
}

/* The part of the frame in one namespace; everything else is shared. */
static struct frame part_of(const struct lanes *lanes, const struct frame *frame, uint32_t at)
{
    const struct frame_netns *netns = &frame->namespaces[at];
    const struct frame_host *host = frame_find_host(frame, netns->host);
    struct frame part;

    memcpy(&part, frame, sizeof(part)); /* includes the reference count, which is unused here */
    part.conns = lanes->conns + lanes->starts[at];
    part.live_count = part.conn_count = lanes->starts[at + 1] - lanes->starts[at];
    part.netns = netns->key;
    part.netns_is_host = netns->is_host;
    part.facts = netns->facts;
    if (host) { /* its frame has another time than the merged frame */
        part.wall_ns = host->wall_ns;
        part.mono_ns = host->mono_ns;
        part.number = host->number_in_host;
    }
    return part;
}

/* Detectors of the whole machine run in the host's namespace, which alone has their limits, else in
 * ours. */
static uint32_t machine_place(const struct frame *frame, uint32_t host)
{
    uint32_t own = UINT32_MAX;

    for (uint32_t i = 0; i < frame->namespace_count; i++) {
        if (frame->namespaces[i].host != host)
            continue;
        if (frame->namespaces[i].is_host)
            return i;
        own = own == UINT32_MAX || frame->namespaces[i].is_own ? i : own;
    }
    return own;
}

/* A host's frame is checked once, however often it is shown. */
static bool is_news(struct lane *lane, const struct frame_host *host)
{
    const uint64_t before = lane->frames;

    lane->frames = host ? host->frames : 0;
    return !host || host->frames != before;
}

static int update_one(struct lanes *lanes, struct lane *lane, const struct finding_input *input,
                      uint32_t at)
{
    const struct frame_netns *namespaces = input->frame->namespaces;
    const uint32_t machine = machine_place(input->frame, namespaces[at].host);
    struct finding_input own = *input;

    lane->seen = true;
    lane->machine = at == machine;
    if (!is_news(lane, frame_find_host(input->frame, namespaces[at].host)))
        return 0;
    struct frame part = part_of(lanes, input->frame, at);
    part.facts =
        complete_facts(lane, part.facts, machine == UINT32_MAX ? NULL : namespaces[machine].facts);
    own.frame = &part;
    return finding_engine_take(lane->engine, &own, lane->machine);
}

/* --- what they say --- */

static const struct frame_netns *netns_of(const struct frame *frame, uint64_t id)
{
    for (uint32_t i = 0; i < frame->namespace_count; i++)
        if (frame->namespaces[i].id == id)
            return &frame->namespaces[i];
    return NULL;
}

/* "host = web1 and (...)": only if it fits as a whole. */
static void narrow_filter(struct finding *finding, const char *condition)
{
    char text[FINDING_FILTER_MAX + 128];
    const int length = snprintf(text, sizeof(text), "%.96s and (%s)", condition, finding->filter);

    if (finding->filter[0] && (size_t)length < sizeof(finding->filter))
        memcpy(finding->filter, text, (size_t)length + 1);
}

static void name_host(struct finding *finding, const struct frame_netns *netns,
                      const struct frame_host *host)
{
    const struct finding plain = *finding;
    const bool is_named = !netns->is_host && netns->name[0];
    char condition[96];

    snprintf(finding->subject.host, sizeof(finding->subject.host), "%s", host->name);
    finding->subject.netns_inode = netns->inode;
    snprintf(condition, sizeof(condition), "host = \"%.64s\"", host->name);
    if (netns->inode && is_named)
        snprintf(condition, sizeof(condition), "host = \"%.50s\" and netns %u", host->name,
                 netns->inode);
    narrow_filter(finding, condition);
    snprintf(finding->title, sizeof(finding->title), "%.40s%s%.30s: %.110s", host->name,
             is_named ? " " : "", is_named ? netns->name : "", plain.title);
}

/* Restricts its filter to its namespace, and names that in its title. */
static void name_finding(struct finding *finding, const struct frame_netns *netns,
                         const struct frame_host *host)
{
    const struct finding plain = *finding;
    char condition[32];

    if (host) {
        name_host(finding, netns, host);
        return;
    }
    if (finding->subject.kind == SUBJECT_HOST)
        return;
    snprintf(condition, sizeof(condition), "netns %u", netns->inode);
    if (netns->inode)
        narrow_filter(finding, condition);
    if (netns->is_own)
        return;
    snprintf(finding->subject.netns_name, sizeof(finding->subject.netns_name), "%s", netns->name);
    snprintf(finding->title, sizeof(finding->title), "%.40s: %.140s", netns->name, plain.title);
}

/* There is no room for it. */
static void leave_out(struct lanes *lanes, const struct finding *finding)
{
    for (size_t i = 0; i < detector_count && !finding->ended_ns; i++)
        lanes->cut[i] += DETECTORS[i] == finding->detector;
}

static uint32_t host_of(const struct frame *frame, const struct lane *lane)
{
    const struct frame_netns *netns = netns_of(frame, lane->id);
    return netns ? netns->host : 0;
}

/* What a whole host lacks causes what its namespaces suffer. */
static void suppress_in_host(struct lanes *lanes, const struct frame *frame, uint32_t host)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < lanes->count; i++)
        if (host_of(frame, &lanes->rows[i]) == host)
            count += finding_engine_holding(lanes->rows[i].engine, lanes->joined + count,
                                            LISTED_MAX - count);
    suppress(lanes->joined, count);
}

static void suppress_all(struct lanes *lanes, const struct frame *frame)
{
    for (uint32_t i = 0; i < lanes->count; i++) {
        const uint32_t host = host_of(frame, &lanes->rows[i]);
        bool is_first = true;
        for (uint32_t j = 0; j < i; j++)
            is_first &= host_of(frame, &lanes->rows[j]) != host;
        if (is_first)
            suppress_in_host(lanes, frame, host);
    }
}

static int gather(struct lanes *lanes, const struct frame *frame)
{
    uint32_t named = 0;

    lanes->list_count = 0;
    memset(lanes->cut, 0, sizeof(lanes->cut));
    if (GROW(lanes->named, lanes->named_capacity, LISTED_MAX))
        return -ENOMEM;
    suppress_all(lanes, frame);
    for (uint32_t i = 0; i < lanes->count; i++) {
        const struct frame_netns *netns = netns_of(frame, lanes->rows[i].id);
        uint32_t count;
        const struct finding *const *list = finding_engine_own_list(lanes->rows[i].engine, &count);
        for (uint32_t j = 0; j < count; j++) {
            if (named == LISTED_MAX) {
                leave_out(lanes, list[j]);
                continue;
            }
            lanes->named[named] = *list[j];
            if (netns)
                name_finding(&lanes->named[named], netns, frame_find_host(frame, netns->host));
            lanes->joined[lanes->list_count] = &lanes->named[named];
            lanes->list[lanes->list_count++] = &lanes->named[named++];
        }
    }
    ends_join(lanes->joined, lanes->list_count, frame);
    finding_list_order(lanes->list, lanes->list_count);
    while (lanes->list_count > FINDINGS_MAX) /* it begins with the worst */
        leave_out(lanes, lanes->list[--lanes->list_count]);
    return 0;
}

/* The combined verdict of all lanes: a finding in one counts, then what could not be checked in one;
 * a namespace that has just appeared does not make all of them young. */
static struct finding_check verdict_of(const struct lanes *lanes, size_t detector)
{
    static const uint8_t WEIGHT[] = {
        [VERDICT_LEARNING] = 0, [VERDICT_OK] = 1, [VERDICT_NOT_CHECKED] = 2, [VERDICT_FINDING] = 3};
    struct finding_check worst = {.verdict = VERDICT_NOT_CHECKED,
                                  .reason = "no connections were read"};
    const char *why = NULL; /* of the first that could not be checked */
    uint32_t unchecked = 0, learning = 0, asked = 0, left_out = lanes->cut[detector];

    for (uint32_t i = 0; i < lanes->count; i++) {
        const struct finding_check *check =
            &finding_engine_own_checks(lanes->rows[i].engine)[detector];
        if (!lanes->rows[i].machine && detector_is_of_machine(DETECTORS[detector]))
            continue;
        left_out += check->left_out;
        if (check->verdict == VERDICT_NOT_CHECKED && unchecked++ == 0)
            why = check->reason;
        learning += check->verdict == VERDICT_LEARNING;
        if (asked++ == 0 || WEIGHT[check->verdict] > WEIGHT[worst.verdict])
            worst = *check;
    }
    if (why && unchecked < asked && !finding_check_is_partial(&worst))
        snprintf(worst.reason, sizeof(worst.reason), "in %u of %u network namespaces: %.140s",
                 unchecked, asked, why);
    if (worst.verdict == VERDICT_OK && lanes->left_out) {
        worst.verdict = VERDICT_NOT_CHECKED;
        snprintf(worst.reason, sizeof(worst.reason), "in %u network namespaces beyond %u",
                 lanes->left_out, LANES_MAX);
    }
    if (worst.verdict != VERDICT_LEARNING && learning > 0) {
        worst.learning_in = (uint16_t)learning;
        worst.learning_of = (uint16_t)asked;
    }
    worst.left_out = left_out;
    return worst;
}

int lanes_update(struct lanes *lanes, struct finding_engine *own, const struct finding_input *input)
{
    const struct frame *frame = input->frame;
    int error = pairs_take(lanes->pairs, frame);

    if (!error)
        error = sort_rows(lanes, frame);

    for (uint32_t i = 0; i < lanes->count; i++)
        lanes->rows[i].seen = false;
    lanes->left_out = 0;
    for (uint32_t i = 0; i < frame->namespace_count && !error; i++) {
        struct lane *lane = lane_of(lanes, own, &frame->namespaces[i]);
        if (lane)
            error = update_one(lanes, lane, input, i);
        else
            lanes->left_out++;
    }
    drop_unseen(lanes);
    if (!error)
        error = gather(lanes, frame);
    for (size_t i = 0; i < detector_count; i++)
        lanes->checks[i] = verdict_of(lanes, i);
    return error;
}

const struct finding *const *lanes_list(const struct lanes *lanes, uint32_t *count)
{
    *count = lanes->list_count;
    return lanes->list;
}

const struct finding_check *lanes_checks(const struct lanes *lanes)
{
    return lanes->checks;
}
