/* pretended_acts: what the demo does in place of acts: it says what would have happened. Must not
 * touch a process or a socket: the pids of the demo are those of strangers. */
#include "act/pretended.h"

#include "act/act.h"

#include <stdio.h>
#include <string.h>

static enum act_guard guard_of(const struct proc *proc)
{
    if (proc->pid == 1)
        return GUARD_INIT;
    return act_serves_sessions(proc->comm) ? GUARD_SESSION : GUARD_NOTHING;
}

static int freeze(const struct frame *frame, const struct proc *proc, uint32_t inode,
                  struct acts_process *process, char *text)
{
    (void)frame;
    (void)text;
    *process = (struct acts_process){.descriptor = -1,
                                     .pid = proc->pid,
                                     .start_ticks = proc->start_ticks,
                                     .inode = inode,
                                     .guard = act_guard_text(guard_of(proc))};
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

/* Some programs do not end when they are asked to. */
static bool has_exited(const struct acts_process *process)
{
    return strcmp(process->name, "java") != 0;
}

static const char *guard(const struct frame *frame, const struct conn *conn)
{
    return act_guard_text(act_guard_row(frame, conn));
}

static int close_conn(const struct conn *conn, char *text)
{
    (void)conn;
    snprintf(text, ACTS_TEXT_MAX, "would be closed, were this not the demo");
    return 0;
}

void pretended_acts_init(struct screen_acts *acts)
{
    acts->freeze = freeze;
    acts->release = release;
    acts->signal = send_signal;
    acts->exited = has_exited;
    acts->guard = guard;
    acts->close = close_conn;
}
