/* procps by libproc2 of procps-ng 4. */
#include "source/owners/procps.h"

#include <libproc2/pids.h>
#include <stdlib.h>
#include <string.h>

#if PROC2_VAL_TAKES_INFO
#define FACT(item, type, stack, info) PIDS_VAL(item, type, stack, info)
#else
#define FACT(item, type, stack, info) PIDS_VAL(item, type, stack)
#endif

enum sample_item { SAMPLE_PID, SAMPLE_START, SAMPLE_THREADS, SAMPLE_CPU, SAMPLE_RSS, SAMPLE_COUNT };
enum line_item { LINE_PID, LINE_START, LINE_ARGUMENTS, LINE_COUNT };

struct procps {
    struct pids_info *info[2]; /* by enum procps_kind; opened when first used */
};

static struct pids_info *open_pids(struct procps *procps, enum procps_kind kind)
{
    /* the library takes a non-const pointer, but does not modify it */
    enum pids_item samples[SAMPLE_COUNT] = {
        [SAMPLE_PID] = PIDS_ID_PID,   [SAMPLE_START] = PIDS_TICS_BEGAN,
        [SAMPLE_THREADS] = PIDS_NLWP, [SAMPLE_CPU] = PIDS_TICS_ALL,
        [SAMPLE_RSS] = PIDS_RSS,
    };
    enum pids_item lines[LINE_COUNT] = {
        [LINE_PID] = PIDS_ID_PID,
        [LINE_START] = PIDS_TICS_BEGAN,
        [LINE_ARGUMENTS] = PIDS_CMDLINE_V, /* raw bytes; PIDS_CMDLINE loses what it escapes */
    };
    struct pids_info **info = &procps->info[kind];

    if (!*info && procps_pids_new(info, kind == PROCPS_SAMPLES ? samples : lines,
                                  kind == PROCPS_SAMPLES ? (int)SAMPLE_COUNT : (int)LINE_COUNT) < 0)
        *info = NULL;
    return *info;
}

static struct procps_process read_sample(const struct pids_stack *stack, struct pids_info *info)
{
    (void)info;
    return (struct procps_process){
        .pid = FACT(SAMPLE_PID, s_int, stack, info),
        .start_ticks = FACT(SAMPLE_START, ull_int, stack, info),
        .cpu_ticks = FACT(SAMPLE_CPU, ull_int, stack, info),
        .threads = FACT(SAMPLE_THREADS, s_int, stack, info),
        .resident_pages = FACT(SAMPLE_RSS, ul_int, stack, info),
    };
}

static struct procps_process read_line(const struct pids_stack *stack, struct pids_info *info)
{
    (void)info;
    return (struct procps_process){
        .pid = FACT(LINE_PID, s_int, stack, info),
        .start_ticks = FACT(LINE_START, ull_int, stack, info),
        .arguments = FACT(LINE_ARGUMENTS, strv, stack, info),
    };
}

void procps_read(struct procps **procps, enum procps_kind kind, const unsigned *pids,
                 unsigned count, procps_take *take, void *data)
{
    unsigned copy[PROCPS_MOST];

    if (count == 0 || count > PROCPS_MOST)
        return;
    if (!*procps)
        *procps = calloc(1, sizeof(**procps));
    struct pids_info *info = *procps ? open_pids(*procps, kind) : NULL;
    if (!info)
        return;
    memcpy(copy, pids, count * sizeof(*pids));
    struct pids_fetch *fetch = procps_pids_select(info, copy, (int)count, PIDS_SELECT_PID);
    if (!fetch) { /* out of memory: version 4.0.2 then has inconsistent state */
        procps_pids_unref(&(*procps)->info[kind]);
        return;
    }
    for (int i = 0; i < fetch->counts->total; i++) {
        const struct procps_process process = kind == PROCPS_SAMPLES
                                                  ? read_sample(fetch->stacks[i], info)
                                                  : read_line(fetch->stacks[i], info);
        take(data, &process);
    }
}

void procps_done(struct procps *procps)
{
    if (!procps)
        return;
    for (int kind = 0; kind < 2; kind++)
        if (procps->info[kind])
            procps_pids_unref(&procps->info[kind]);
    free(procps);
}
