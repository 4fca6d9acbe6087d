#include "base/clock.h"

#define OFFSET_TRIES   8
#define OFFSET_NEAR_NS 20000

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

int64_t clock_wall_offset_ns(void)
{
    int64_t best_ns = INT64_MAX, offset_ns = 0;

    for (unsigned tries = 0; tries < OFFSET_TRIES && best_ns > OFFSET_NEAR_NS; tries++) {
        const int64_t before_ns = clock_mono_ns(), wall_ns = clock_wall_ns();
        const int64_t took_ns = clock_mono_ns() - before_ns;
        if (took_ns >= best_ns)
            continue;
        best_ns = took_ns;
        offset_ns = wall_ns - before_ns - took_ns / 2;
    }
    return offset_ns;
}

struct timespec clock_timespec(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / SECOND_NS), .tv_nsec = (long)(ns % SECOND_NS)};
}
