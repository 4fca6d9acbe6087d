/* procps: reads some facts of processes with a library of procps-ng: libproc2 (procps_4.c), or its
 * predecessor libprocps (procps_3.c). */
#ifndef TCPLENS_SOURCE_OWNERS_PROCPS_H
#define TCPLENS_SOURCE_OWNERS_PROCPS_H

#define PROCPS_MOST 255u /* FILL_ID_MAX in library/pids.c, procps-ng 4.0.2 */

struct procps; /* state of the library between reads */

struct procps_process {
    int pid;
    unsigned long long start_ticks;
    /* with PROCPS_SAMPLES, else 0 */
    unsigned long long cpu_ticks;
    int threads;
    unsigned long resident_pages;
    /* with PROCPS_ARGUMENTS, else NULL: raw bytes, NULL after the last; may be NULL */
    char **arguments;
};

enum procps_kind { PROCPS_SAMPLES, PROCPS_ARGUMENTS };

/* Called for each process that exists; `process` is valid until it returns. */
typedef void procps_take(void *data, const struct procps_process *process);

/* At most PROCPS_MOST pids. *procps is NULL at first; processes that cannot be read are skipped. */
void procps_read(struct procps **procps, enum procps_kind kind, const unsigned *pids,
                 unsigned count, procps_take *take, void *data);
void procps_done(struct procps *procps); /* NULL is fine */

#endif
