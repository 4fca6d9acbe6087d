/* Samples of processes, a minute apart. */
#include "core/finding/growth.h"

#include "base/clock.h"

#include <string.h>

#define MINUTE_NS  (60 * SECOND_NS)
#define STILL_MOST 2u /* minutes without growth */

static struct growth *find_growth(struct growths *growths, const struct proc *proc, int64_t now_ns)
{
    for (uint32_t i = 0; i < growths->count; i++)
        if (growths->rows[i].pid == proc->pid && growths->rows[i].start_ticks == proc->start_ticks)
            return &growths->rows[i];
    if (growths->count == GROWTHS_MAX)
        return NULL;
    growths->rows[growths->count] =
        (struct growth){.pid = proc->pid, .start_ticks = proc->start_ticks, .began_ns = now_ns};
    return &growths->rows[growths->count++];
}

static void add_sample(struct growth *growth, const struct process_tally *process, double rate)
{
    if (growth->count == GROWTH_MINUTES + 1) {
        growth->count--;
        memmove(growth->connections, growth->connections + 1,
                growth->count * sizeof(growth->connections[0]));
        memmove(growth->bound, growth->bound + 1, growth->count * sizeof(growth->bound[0]));
        memmove(growth->rates, growth->rates + 1, growth->count * sizeof(growth->rates[0]));
    }
    growth->connections[growth->count] = process->established;
    growth->bound[growth->count] = process->bound;
    growth->rates[growth->count++] = rate;
}

static void take_process(struct growth *growth, const struct process_tally *process, int64_t now_ns,
                         double seconds)
{
    growth->seen = true;
    growth->carried += (double)(process->in_rate + process->out_rate) * seconds;
    const double elapsed_s = (double)(now_ns - growth->began_ns) / (double)SECOND_NS;
    if (growth->count > 0 && now_ns - growth->began_ns < MINUTE_NS)
        return;
    add_sample(growth, process, elapsed_s > 0 ? growth->carried / elapsed_s : 0);
    growth->began_ns = now_ns;
    growth->carried = 0;
}

static void drop_unseen(struct growths *growths)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < growths->count; i++) {
        if (!growths->rows[i].seen)
            continue;
        if (left != i)
            growths->rows[left] = growths->rows[i];
        growths->rows[left++].seen = false;
    }
    growths->count = left;
}

void growths_update(struct growths *growths, const struct census *census)
{
    const struct frame *frame = census->frame;
    const int64_t passed_ns = frame->mono_ns - growths->mono_ns;

    if (passed_ns < 0 || census->gap)
        growths->count = 0;
    growths->mono_ns = frame->mono_ns;
    for (uint32_t i = 0; i < frame->proc_count; i++) {
        if (census->processes[i].established < GROWTH_LEAST &&
            census->processes[i].bound < GROWTH_LEAST)
            continue;
        struct growth *growth = find_growth(growths, &frame->procs[i], frame->mono_ns);
        if (!growth)
            continue;
        growth->proc = i;
        take_process(growth, &census->processes[i], frame->mono_ns,
                     (double)passed_ns / (double)SECOND_NS);
    }
    drop_unseen(growths);
}

bool growth_rises(const uint32_t *samples, uint32_t count)
{
    unsigned still = 0;

    if (count <= GROWTH_MINUTES)
        return false;
    for (uint32_t i = 1; i < count; i++) {
        if (samples[i] < samples[i - 1])
            return false;
        still += samples[i] == samples[i - 1];
    }
    return still <= STILL_MOST;
}

void growth_rates(const struct growth *growth, double *before, double *now)
{
    const uint32_t half = GROWTH_MINUTES / 2;

    *before = *now = 0;
    for (uint32_t i = 1; i <= half; i++) {
        *before += growth->rates[i] / half;
        *now += growth->rates[half + i] / half;
    }
}
