/* bench_raw: the floor at a rhythm: one raw dump of this network namespace every so many
 * milliseconds, so that caches and clock speeds are those of a program that does the same. A line
 * for each: rows and microseconds of CPU. Ends after so many dumps, or at SIGTERM.
 *
 *     bench_raw DUMPS INTERVAL_MS
 */
#include "raw_dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: bench_raw DUMPS INTERVAL_MS\n");
        return 2;
    }
    long interval_ms = strtol(argv[2], NULL, 10);
    for (long left = strtol(argv[1], NULL, 10); left > 0; left--) {
        int64_t cpu_ns;
        uint32_t rows = raw_dump(32 * 1024, false, &cpu_ns);
        printf("%u %.3f\n", rows, (double)cpu_ns / 1e3);
        fflush(stdout);
        if (left > 1)
            nanosleep(&(struct timespec){interval_ms / 1000, interval_ms % 1000 * 1000000}, NULL);
    }
    return 0;
}
