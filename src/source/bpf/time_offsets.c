/* time_offsets: reads /proc/self/timens_offsets. */
#include "source/bpf/time_offsets.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "boottime SECONDS NANOSECONDS" */
static void read_line(const char *line, const char *name, int64_t *offset_ns)
{
    const size_t length = strlen(name);
    char *at;

    if (strncmp(line, name, length) != 0)
        return;
    const int64_t seconds = strtoll(line + length, &at, 10);
    *offset_ns = seconds * SECOND_NS + strtoll(at, NULL, 10);
}

struct time_offsets time_offsets_read(void)
{
    FILE *file = fopen("/proc/self/timens_offsets", "re");
    struct time_offsets offsets = {0};
    char line[128];

    while (file && fgets(line, sizeof(line), file)) {
        read_line(line, "monotonic", &offsets.mono_ns);
        read_line(line, "boottime", &offsets.boot_ns);
    }
    if (file)
        fclose(file);
    return offsets;
}
