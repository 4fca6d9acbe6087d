/* What changed between the findings of two frames. */
#include "core/finding/steps.h"

#include "base/clock.h"
#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>

#define EVIDENCE_EVERY_NS (10 * SECOND_NS) /* changes of the evidence alone */

static const char *const WORDS_LIST[] = {"begin", "change", "holds", "end", "stop"};
const struct words FINDING_STEP_WORDS = WORDS(WORDS_LIST);

struct known {
    struct finding finding; /* as it was reported last */
    int64_t reported_ns;    /* mono */
};

struct known_list {
    struct known *items;
    uint32_t count, capacity;
};

struct finding_steps {
    struct known_list settled, taken;
    struct finding_step *list;
    uint32_t count, capacity;
    bool is_begun, will_begin;
};

struct finding_steps *finding_steps_new(void)
{
    return calloc(1, sizeof(struct finding_steps));
}

void finding_steps_free(struct finding_steps *steps)
{
    if (!steps)
        return;
    free(steps->settled.items);
    free(steps->taken.items);
    free(steps->list);
    free(steps);
}

static int add_step(struct finding_steps *steps, enum finding_step_kind kind,
                    const struct finding *finding, int64_t wall_ns)
{
    if (GROW(steps->list, steps->capacity, steps->count + 1))
        return -ENOMEM;
    steps->list[steps->count++] =
        (struct finding_step){.kind = (uint8_t)kind, .wall_ns = wall_ns, .finding = *finding};
    return 0;
}

static int keep(struct finding_steps *steps, const struct finding *finding, int64_t reported_ns)
{
    struct known_list *taken = &steps->taken;

    if (GROW(taken->items, taken->capacity, taken->count + 1))
        return -ENOMEM;
    taken->items[taken->count++] = (struct known){.finding = *finding, .reported_ns = reported_ns};
    return 0;
}

static const struct known *find_known(const struct known_list *list, uint32_t id)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].finding.id == id)
            return &list->items[i];
    return NULL;
}

static bool evidence_changed(const struct finding *before, const struct finding *now)
{
    if (before->evidence_count == 0 || now->evidence_count == 0)
        return before->evidence_count != now->evidence_count;
    const double was = before->evidence[0].value, is = now->evidence[0].value;
    return is >= 2 * was ? is > was : is * 2 <= was && is < was;
}

static bool has_changed(const struct known *known, const struct finding *now, int64_t mono_ns)
{
    const struct finding *before = &known->finding;

    return before->severity != now->severity || before->confidence != now->confidence ||
           before->because[0] != now->because[0] ||
           llabs(before->since_ns - now->since_ns) > SECOND_NS ||
           (mono_ns - known->reported_ns >= EVIDENCE_EVERY_NS && evidence_changed(before, now));
}

static int take_holding(struct finding_steps *steps, const struct finding *finding,
                        const struct frame *frame, bool repeat)
{
    const struct known *known = find_known(&steps->settled, finding->id);
    enum finding_step_kind kind = FINDING_HOLDS;

    if (!known && steps->is_begun)
        kind = FINDING_BEGIN;
    else if (known && has_changed(known, finding, frame->mono_ns))
        kind = FINDING_CHANGE;
    else if (known && !repeat)
        return keep(steps, &known->finding, known->reported_ns);
    const int error = add_step(steps, kind, finding, frame->wall_ns);
    return error ? error : keep(steps, finding, frame->mono_ns);
}

/* As in the frame; if its place was reused meanwhile, as last reported. */
static int take_ended(struct finding_steps *steps, const struct known *known,
                      const struct frame *frame)
{
    const struct finding *now = frame_findings_by_id(frame->findings, known->finding.id);
    struct finding ended = now ? *now : known->finding;

    if (ended.ended_ns == 0)
        ended.ended_ns = frame->wall_ns;
    return add_step(steps, FINDING_END, &ended, frame->wall_ns);
}

int finding_steps_take(struct finding_steps *steps, const struct frame *frame, bool repeat)
{
    const struct frame_findings *findings = frame->findings;
    int error = 0;

    steps->count = steps->taken.count = 0;
    steps->will_begin = findings != NULL;
    for (uint32_t i = 0; findings && i < findings->holding && !error; i++)
        error = take_holding(steps, &findings->list[i], frame, repeat);
    for (uint32_t i = 0; findings && i < steps->settled.count && !error; i++)
        if (!find_known(&steps->taken, steps->settled.items[i].finding.id))
            error = take_ended(steps, &steps->settled.items[i], frame);
    return error;
}

int finding_steps_stop(struct finding_steps *steps, int64_t wall_ns)
{
    int error = 0;

    steps->count = steps->taken.count = 0;
    for (uint32_t i = 0; i < steps->settled.count && !error; i++)
        error = add_step(steps, FINDING_STOP, &steps->settled.items[i].finding, wall_ns);
    return error;
}

const struct finding_step *finding_steps_list(const struct finding_steps *steps, uint32_t *count)
{
    *count = steps->count;
    return steps->list;
}

void finding_steps_settle(struct finding_steps *steps)
{
    const struct known_list before = steps->settled;

    steps->settled = steps->taken;
    steps->taken = before;
    steps->is_begun |= steps->will_begin;
}
