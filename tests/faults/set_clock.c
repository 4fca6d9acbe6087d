/* set_clock: preloaded, adds to the wall clock the number in the file SET_CLOCK (64-bit seconds,
 * may change at any time); the machine's clock is not changed. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *seconds;
static int (*next_clock_gettime)(clockid_t clock, struct timespec *now);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SET_CLOCK");
    const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *symbol = dlsym(RTLD_NEXT, "clock_gettime");

    __builtin_memcpy(&next_clock_gettime, &symbol, sizeof(symbol));
    void *map =
        file < 0 ? MAP_FAILED : mmap(NULL, sizeof(*seconds), PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED || !symbol)
        abort();
    seconds = map;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const int result = next_clock_gettime(clock, now);

    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += (time_t)*seconds;
    return result;
}

time_t time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){.tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000};
    return 0;
}
