/* top_acts: hands act.c to the screen in the screen's own terms. */
#include "act/screen_acts.h"

#include "act/act.h"
#include "act/pretended.h"

#include <string.h>

_Static_assert(ACTS_TEXT_MAX >= ACT_TEXT_MAX, "texts of acts would be cut");

static struct act_process to_act(const struct acts_process *process)
{
    struct act_process same = {.pidfd = process->descriptor,
                               .pid = process->pid,
                               .start_ticks = process->start_ticks,
                               .inode = process->inode};
    memcpy(same.name, process->name, sizeof(same.name));
    return same;
}

static int freeze(const struct frame *frame, const struct proc *proc, uint32_t inode,
                  struct acts_process *process, char *text)
{
    struct act_process frozen;
    int error = act_process_freeze(&frozen, proc->pid, proc->start_ticks, inode, text);
    if (error)
        return error;
    if (frozen.guard == GUARD_NOTHING)
        frozen.guard = act_guard_holder(frame, proc);
    *process = (struct acts_process){.descriptor = frozen.pidfd,
                                     .pid = frozen.pid,
                                     .start_ticks = frozen.start_ticks,
                                     .inode = frozen.inode,
                                     .guard = act_guard_text(frozen.guard)};
    memcpy(process->name, frozen.name, sizeof(process->name));
    return 0;
}

static void release(struct acts_process *process)
{
    struct act_process same = to_act(process);
    act_process_release(&same);
    process->descriptor = -1;
}

static int send_signal(const struct acts_process *process, int number, char *text)
{
    const struct act_process same = to_act(process);
    return act_process_signal(&same, number, text);
}

static bool has_exited(const struct acts_process *process)
{
    const struct act_process same = to_act(process);
    return act_process_exited(&same);
}

static const char *guard(const struct frame *frame, const struct conn *conn)
{
    return act_guard_text(act_guard_conn(frame, conn));
}

static int close_conn(const struct conn *conn, char *text)
{
    return act_close_conn(conn, text);
}

void top_acts_init(struct top_acts *acts, enum top_acts_kind kind)
{
    static const char READ_ONLY[] = "--read-only: nothing is signalled or closed";
    size_t count = act_signal_count < TOP_ACTS_SIGNALS ? act_signal_count : TOP_ACTS_SIGNALS;
    for (size_t i = 0; i < count; i++)
        acts->signals[i] = (struct acts_signal){ACT_SIGNALS[i].number, ACT_SIGNALS[i].name,
                                                ACT_SIGNALS[i].help, ACT_SIGNALS[i].ends};
    acts->acts = (struct screen_acts){.refused = kind == TOP_ACTS_READ_ONLY ? READ_ONLY : NULL,
                                      .freeze = freeze,
                                      .release = release,
                                      .signal = send_signal,
                                      .exited = has_exited,
                                      .guard = guard,
                                      .refuses = act_close_refusal,
                                      .close = close_conn,
                                      .signals = acts->signals,
                                      .signal_count = count};
    if (kind == TOP_ACTS_PRETENDED)
        pretended_acts_init(&acts->acts);
}
