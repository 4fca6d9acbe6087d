/* What measurements time and sort by: CPU time of this thread, user and system, so that a busy machine
 * disturbs less. */
#ifndef TCPLENS_BENCH_TIMING_H
#define TCPLENS_BENCH_TIMING_H

#include "base/clock.h"

static inline int64_t bench_cpu_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* For qsort() of int64_t. */
static inline int bench_compare_ns(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

#endif
