/* A ring of readings of the host's counters. */
#include "core/finding/counters.h"

#include "base/clock.h"

static const struct host_facts *sample_at(const struct counters *counters, uint32_t age)
{
    return &counters->samples[(counters->next + COUNTER_SAMPLES - 1 - age) % COUNTER_SAMPLES];
}

void counters_add(struct counters *counters, const struct host_facts *facts)
{
    if (!facts)
        return;
    if (counters->count > 0 &&
        (facts->netns != counters->latest.netns || facts->mono_ns < counters->latest.mono_ns))
        counters->count = 0;
    counters->latest = *facts;
    if (counters->count > 0 && facts->mono_ns - sample_at(counters, 0)->mono_ns < SECOND_NS)
        return;
    counters->samples[counters->next] = *facts;
    counters->next = (counters->next + 1) % COUNTER_SAMPLES;
    counters->count += counters->count < COUNTER_SAMPLES;
}

bool counters_growth(const struct counters *counters, enum host_fact fact, double most_s,
                     double *growth, double *seconds)
{
    const struct host_facts *from = NULL;
    const struct host_facts *to = &counters->latest;

    for (uint32_t age = 0; age < counters->count; age++) {
        const struct host_facts *sample = sample_at(counters, age);
        if (from && (double)(to->mono_ns - sample->mono_ns) > most_s * (double)SECOND_NS)
            break;
        from = sample;
    }
    if (!from || from->mono_ns >= to->mono_ns || !host_fact_known(from, fact) ||
        !host_fact_known(to, fact))
        return false;
    const uint64_t before = host_fact(from, fact), now = host_fact(to, fact);
    *seconds = (double)(to->mono_ns - from->mono_ns) / (double)SECOND_NS;
    *growth = now > before ? (double)(now - before) : 0;
    return true;
}

static double grown(const struct host_facts *from, const struct host_facts *to, enum host_fact fact)
{
    if (!host_fact_known(from, fact) || !host_fact_known(to, fact))
        return 0;
    const uint64_t before = host_fact(from, fact), now = host_fact(to, fact);
    return now > before ? (double)(now - before) : 0;
}

static double excess_of(const struct growth_rule *rule, const struct host_facts *from,
                        const struct host_facts *to)
{
    double excess = -rule->per_s * (double)(to->mono_ns - from->mono_ns) / (double)SECOND_NS;

    for (size_t i = 0; i < sizeof(rule->plus) / sizeof(rule->plus[0]) && rule->plus[i]; i++)
        excess += grown(from, to, rule->plus[i]);
    for (size_t i = 0; i < sizeof(rule->minus) / sizeof(rule->minus[0]) && rule->minus[i]; i++)
        excess -= grown(from, to, rule->minus[i]);
    return rule->of ? excess - rule->share * grown(from, to, rule->of) : excess;
}

struct growth_span counters_exceed(const struct counters *counters, const struct growth_rule *rule,
                                   double most_s)
{
    const struct host_facts *latest = &counters->latest, *before = NULL;
    struct growth_span span = {0, 0};
    double sum = 0, most = 0;

    for (uint32_t age = counters->count + 1; age-- > 0;) {
        const struct host_facts *now = age ? sample_at(counters, age - 1) : latest;
        if ((double)(latest->mono_ns - now->mono_ns) > most_s * (double)SECOND_NS)
            continue;
        const double excess = before ? excess_of(rule, before, now) : 0;
        if (sum <= 0 && excess > 0) {
            span.since_ns = now->mono_ns;
            most = 0;
        }
        sum = sum + excess > 0 ? sum + excess : 0;
        if (sum > most) {
            most = sum;
            span.last_ns = now->mono_ns;
        }
        before = now;
    }
    if (sum <= 0)
        span.since_ns = 0;
    return span;
}
