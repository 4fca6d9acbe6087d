/* plan: see plan.h. */
#include "collect/plan.h"

#include "base/clock.h"
#include "core/column/column.h"

#define STRETCH_MAX    60 /* the budget stretches the interval at most this many times */
#define AVERAGE_FRAMES 4  /* one odd frame does not stretch the interval */
#define DEAR_SHARE     5  /* a table is expensive if reading it takes a fifth of the budget, */
#define DEAR_STILL     10 /* and stays so down to a tenth */
#define ALL_SHARE      25 /* complete readings may take a 25th of it, or come every PLAN_ALL_EVERY_NS; */
#define TROUBLED_SHARE 4 /* a quarter where they are needed more often */

/* What the budget allows in a stretch of time. */
static int64_t budget_ns(const struct wish *wish, int64_t stretch_ns)
{
    return stretch_ns / 100 * wish->budget_percent;
}

static bool is_dear(const struct plan *plan, const struct wish *wish)
{
    const int share = plan->is_dear ? DEAR_STILL : DEAR_SHARE;

    return wish->refresh == REFRESH_SEEN ||
           (plan->rows >= PLAN_ROWS_LEAST &&
            plan->all_cpu_ns > budget_ns(wish, wish->interval_ns) / share);
}

/* The time between two complete readings. */
static int64_t all_every_ns(const struct plan *plan, const struct wish *wish)
{
    if (wish->refresh == REFRESH_SEEN)
        return PLAN_ALL_EVERY_NS;
    const int share = plan->is_troubled ? TROUBLED_SHARE : ALL_SHARE;
    const int64_t every_ns = plan->last_cpu_ns * 100 * share / wish->budget_percent;
    return every_ns < PLAN_ALL_EVERY_NS ? every_ns : PLAN_ALL_EVERY_NS;
}

/* Something shown changes without an event, or earlier readings are not comparable. */
static bool wants_all(const struct plan *plan, const struct wish *wish)
{
    return wish->refresh == REFRESH_ALL || (wish->needs & (NEED_DETAIL | NEED_EVERY_ROW)) ||
           (wish->refresh == REFRESH_AUTO && wish->budget_percent == 0) || !plan->all_ns ||
           plan->state_bits != wish->state_bits || plan->families != wish->families;
}

/* So many look-ups that a dump costs less, or little more. */
static bool is_busy(const struct plan *plan, const struct wish *wish, uint32_t changed)
{
    return wish->refresh == REFRESH_AUTO && changed * PLAN_LOOK_NS > plan->all_cpu_ns / 2;
}

bool plan_reads_all(struct plan *plan, const struct wish *wish, const struct plan_facts *facts)
{
    plan->is_dear = is_dear(plan, wish);
    plan->is_troubled = facts->is_troubled;
    plan->is_sparse = plan->is_dear && facts->is_reported && !wants_all(plan, wish) &&
                      !is_busy(plan, wish, facts->changed);
    return !plan->is_sparse || wish->all || !facts->is_complete ||
           facts->waits_ns > wish->interval_ns ||
           facts->now_ns - plan->all_ns >= all_every_ns(plan, wish);
}

void plan_note(struct plan *plan, const struct wish *wish, const struct frame *frame,
               int64_t cpu_ns)
{
    const bool all = frame->all_ns == 0;
    int64_t *average_ns = all ? &plan->all_cpu_ns : &plan->seen_cpu_ns;

    *average_ns += (cpu_ns - *average_ns) / AVERAGE_FRAMES;
    if (!all)
        return;
    plan->all_ns = frame->mono_ns;
    plan->last_cpu_ns = cpu_ns;
    plan->rows = frame->live_count;
    plan->state_bits = wish->state_bits;
    plan->families = wish->families;
}

/* The cost of rare complete readings is spread over the time between them. */
static int64_t affordable_ns(const struct plan *plan, const struct wish *wish)
{
    if (!plan->is_sparse)
        return plan->all_cpu_ns * 100 / wish->budget_percent;
    const int64_t every_ns = all_every_ns(plan, wish);
    const int64_t left_ns = budget_ns(wish, every_ns) - plan->all_cpu_ns;
    return left_ns > 0
               ? plan->seen_cpu_ns * (every_ns / MILLISECOND_NS) / (left_ns / MILLISECOND_NS + 1)
               : INT64_MAX;
}

int64_t plan_interval_ns(const struct plan *plan, const struct wish *wish)
{
    const int64_t longest_ns = wish->interval_ns * STRETCH_MAX;

    if (wish->budget_percent == 0)
        return wish->interval_ns;
    const int64_t wanted_ns = affordable_ns(plan, wish);
    if (wanted_ns <= wish->interval_ns)
        return wish->interval_ns;
    return wanted_ns < longest_ns ? wanted_ns : longest_ns;
}
