#include "base/clock.h"

#include <stdio.h>

#define READ_NS      100000 /* two reads take less than this */
#define OFFSET_TRIES 64     /* on an emulated kernel no clock may stand still */

int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

int64_t clock_mono_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t clock_wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

/* The coarse clocks stand still between two ticks, and differ by the kernel's own offset, to the
 * nanosecond (timekeeping_update in kernel/time/timekeeping.c, Linux 6.18). */
int64_t clock_wall_offset_ns(void)
{
    int64_t wall_ns = 0, mono_ns = 0, again_ns = -1;

    for (unsigned tries = 0; tries < OFFSET_TRIES && wall_ns != again_ns; tries++) {
        wall_ns = clock_ns(CLOCK_REALTIME_COARSE);
        mono_ns = clock_ns(CLOCK_MONOTONIC_COARSE);
        again_ns = clock_ns(CLOCK_REALTIME_COARSE);
    }
    return wall_ns - mono_ns;
}

/* How long the machine has been suspended since boot, plus the time between two reads; they are
 * repeated if the thread was preempted in between. */
static int64_t suspended(void)
{
    int64_t suspended_ns = 0, shortest_ns = INT64_MAX;

    for (unsigned tries = 0; tries < OFFSET_TRIES && shortest_ns > READ_NS; tries++) {
        const int64_t mono_ns = clock_mono_ns(), boot_ns = clock_ns(CLOCK_BOOTTIME);
        const int64_t took_ns = clock_mono_ns() - mono_ns;
        if (took_ns >= shortest_ns)
            continue;
        shortest_ns = took_ns;
        suspended_ns = boot_ns - mono_ns;
    }
    return suspended_ns;
}

int64_t clock_boot_wall_ns(void)
{
    int64_t suspended_ns = suspended();

    if (suspended_ns > -MILLISECOND_NS && suspended_ns < MILLISECOND_NS)
        suspended_ns = 0; /* never suspended: this is the time between the two reads */
    const int64_t boot_ns = clock_wall_offset_ns() - suspended_ns;
    return boot_ns - boot_ns % MILLISECOND_NS;
}

struct timespec clock_timespec(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / SECOND_NS), .tv_nsec = (long)(ns % SECOND_NS)};
}

void clock_local_text(char *out, size_t size, enum clock_form form, int64_t wall_ns)
{
    static const struct {
        int at, length; /* of the longest one */
    } FORMS[] = {
        [CLOCK_DATE_TIME] = {0, 19}, [CLOCK_DATE] = {0, 10},     [CLOCK_TIME] = {11, 8},
        [CLOCK_MINUTE] = {11, 5},    [CLOCK_DAY_TIME] = {5, 14}, [CLOCK_DAY_MINUTE] = {5, 11},
    };
    const time_t seconds = (time_t)(wall_ns / SECOND_NS);
    char text[CLOCK_TEXT_MAX] = "";
    struct tm local;

    if (localtime_r(&seconds, &local)) /* any int64_t of nanoseconds has a year of four digits */
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
    snprintf(out, size, "%.*s", FORMS[form].length, text + FORMS[form].at);
}
