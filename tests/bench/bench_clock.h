/* The clock of the measurements: CPU time of this thread, user and system, so that a busy machine
 * disturbs less. */
#ifndef TCPLENS_BENCH_CLOCK_H
#define TCPLENS_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t bench_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif
