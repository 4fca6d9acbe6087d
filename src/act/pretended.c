/* pretended: acts over the demo's rows, which report what would have happened. No process or socket
 * is affected: the demo's pids belong to other processes here. */
#include "act/act.h"

#include <stdio.h>
#include <string.h>

static int freeze(const struct frame *frame, const struct proc *proc, uint32_t inode,
                  struct acts_process *process, char *text)
{
    (void)frame;
    (void)text;
    *process = (struct acts_process){.descriptor = -1,
                                     .pid = proc->pid,
                                     .start_ticks = proc->start_ticks,
                                     .inode = inode,
                                     .guard = act_guard_proc(proc)};
    snprintf(process->name, sizeof(process->name), "%s", proc->comm);
    return 0;
}

static void release(struct acts_process *process)
{
    process->descriptor = -1;
}

static int send_signal(const struct acts_process *process, int number, char *text)
{
    (void)process;
    (void)number;
    (void)text;
    return 0;
}

/* Some programs ignore SIGTERM. */
static bool has_exited(const struct acts_process *process)
{
    return strcmp(process->name, "java") != 0;
}

static int may_close(const struct conn *conn, char *text)
{
    (void)conn;
    (void)text;
    return 0;
}

static int close_conn(const struct conn *conn, char *text)
{
    (void)conn;
    snprintf(text, ACTS_TEXT_MAX, "would be closed, were this not the demo");
    return 0;
}

const struct screen_acts ACTS_PRETENDED = {
    .freeze = freeze,
    .release = release,
    .signal = send_signal,
    .exited = has_exited,
    .guard = act_guard_row,
    .refuses = act_close_refusal,
    .may_close = may_close,
    .close = close_conn,
    .signals = ACT_SIGNALS,
    .signal_count = ACT_SIGNAL_COUNT,
};
