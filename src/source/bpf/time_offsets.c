/* time_offsets: reads /proc/self/timens_offsets, which has the offsets of the time namespace of
 * children. Kernels before 6.3 leave the process itself where it was until it forks. */
#include "source/bpf/time_offsets.h"

#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

/* In the time namespace that children get. */
static bool is_where_children_are(void)
{
    struct stat ours, children;

    return stat("/proc/self/ns/time", &ours) == 0 &&
           stat("/proc/self/ns/time_for_children", &children) == 0 &&
           ours.st_dev == children.st_dev && ours.st_ino == children.st_ino;
}

struct time_offsets time_offsets_read(void)
{
    FILE *file = is_where_children_are() ? fopen("/proc/self/timens_offsets", "re") : NULL;
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
