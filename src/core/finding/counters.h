/* counters: the host's counters over the last minutes, for growth over a window. Internal to
 * core/finding. */
#ifndef TCPLENS_CORE_FINDING_COUNTERS_H
#define TCPLENS_CORE_FINDING_COUNTERS_H

#include "core/host_facts.h"

#define COUNTER_SAMPLES 64u

struct counters {
    struct host_facts samples[COUNTER_SAMPLES]; /* a ring, a second apart at least */
    uint32_t next, count;
    struct host_facts latest;
};

/* facts NULL: nothing was read for this frame. Starts again when the namespace changes, or the time
 * goes back. */
void counters_add(struct counters *counters, const struct host_facts *facts);
/* Growth over the last most_s seconds, or since the oldest sample. False: unknown in both. */
bool counters_growth(const struct counters *counters, enum host_fact fact, double most_s,
                     double *growth, double *seconds);

/* Growth that is too much: more than so much a second, or more than a share of another counter. */
struct growth_rule {
    enum host_fact plus[5], minus[2]; /* FACT_NONE behind the last */
    double per_s;
    enum host_fact of; /* FACT_NONE: share means nothing */
    double share;
};
/* When growth began to exceed the rule (0: it does not now), and when it last did (0: never), from
 * the samples of the last most_s seconds: where the sum of the excess, never below 0, began to
 * rise, and where it was highest. So a single sample within the rule ends nothing, and a rare
 * earlier one does not count. Monotonic times. */
struct growth_span {
    int64_t since_ns, last_ns;
};
struct growth_span counters_exceed(const struct counters *counters, const struct growth_rule *rule,
                                   double most_s);

#endif
