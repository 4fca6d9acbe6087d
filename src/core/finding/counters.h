/* counters: the host's counters of the last minutes, for deltas over a window. Internal to
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

/* facts NULL: nothing was read with this frame. Forgets all when the namespace is another one, or
 * when the time goes back. */
void counters_add(struct counters *counters, const struct host_facts *facts);
/* Growth over the last most_s seconds, or since the oldest sample. False: not known in both. */
bool counters_growth(const struct counters *counters, enum host_fact fact, double most_s,
                     double *growth, double *seconds);

#endif
