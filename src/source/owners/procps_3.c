/* procps by libprocps of procps-ng 3, where libproc2 is not available: Debian 11, Ubuntu 22.04,
 * RHEL 9. It keeps nothing between reads. */
#include "source/owners/procps.h"

#include <stddef.h>
#include <sys/types.h>

#include <proc/readproc.h>

void procps_read(struct procps **procps, enum procps_kind kind, const unsigned *pids,
                 unsigned count, procps_take *take, void *data)
{
    const int flags =
        PROC_PID | PROC_FILLSTAT | (kind == PROCPS_ARGUMENTS ? PROC_FILLARG : PROC_FILLSTAT);
    pid_t list[PROCPS_MOST + 1] = {0}; /* 0 behind the last */
    proc_t *found;

    (void)procps;
    if (count == 0 || count > PROCPS_MOST)
        return;
    for (unsigned i = 0; i < count; i++)
        list[i] = (pid_t)pids[i];
    PROCTAB *table = openproc(flags, list);
    while (table && (found = readproc(table, NULL)) != NULL) {
        const struct procps_process process = {
            .pid = found->tgid,
            .start_ticks = found->start_time,
            .cpu_ticks = found->utime + found->stime,
            .threads = found->nlwp,
            .resident_pages = (unsigned long)found->rss,
            .arguments = found->cmdline,
        };
        take(data, &process);
        freeproc(found);
    }
    if (table)
        closeproc(table);
}

void procps_done(struct procps *procps)
{
    (void)procps;
}
