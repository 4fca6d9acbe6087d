/* Clocks, in nanoseconds. */
#ifndef TCPLENS_BASE_CLOCK_H
#define TCPLENS_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define SECOND_NS      INT64_C(1000000000)
#define MILLISECOND_NS INT64_C(1000000)

int64_t clock_ns(clockid_t clock);
int64_t clock_mono_ns(void); /* CLOCK_MONOTONIC: durations, deadlines */
int64_t clock_wall_ns(void); /* CLOCK_REALTIME: labels for people, times in a log */

/* Wall clock less monotonic clock. The two are read together, so that a thread preempted in between
 * does not look like a clock that was set. */
int64_t clock_wall_offset_ns(void);

/* Wall time of the boot, by the present wall clock, rounded down to a millisecond: the same in
 * every run unless the clock is set. */
int64_t clock_boot_wall_ns(void);

/* A log may contain any time: sums and differences wrap rather than overflow. */
static inline int64_t clock_add(int64_t ns, int64_t by_ns)
{
    return (int64_t)((uint64_t)ns + (uint64_t)by_ns);
}

static inline int64_t clock_less(int64_t ns, int64_t by_ns)
{
    return (int64_t)((uint64_t)ns - (uint64_t)by_ns);
}

struct timespec clock_timespec(int64_t ns); /* ns >= 0 */

enum clock_form {
    CLOCK_DATE_TIME,  /* "2026-11-22 12:16:31" */
    CLOCK_DATE,       /* "2026-11-22" */
    CLOCK_TIME,       /* "12:16:31" */
    CLOCK_MINUTE,     /* "12:16" */
    CLOCK_DAY_TIME,   /* "11-22 12:16:31" */
    CLOCK_DAY_MINUTE, /* "11-22 12:16" */
};
#define CLOCK_TEXT_MAX 20
/* Wall time in the local time zone; cut where `size` is too small. */
void clock_local_text(char *out, size_t size, enum clock_form form, int64_t wall_ns);

#endif
