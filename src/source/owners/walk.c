/* owners_walk: who holds what by one walk over the descriptors of all processes, made by somebody
 * else. What he tells is joined with the roster by pid and start time, so that a number given to
 * another process in between is never mixed up. Must not know who he is, nor when it is time. */
#include "base/clock.h"
#include "source/owners/private.h"

#include <errno.h>
#include <stdlib.h>

/* Costs to compare, measured on Linux 6.18; descriptors that are no sockets of ours are on top of
 * both, and cost /proc more. */
#define PROC_SOCKET_NS  2000LL
#define PROC_PROCESS_NS 20000LL
#define WALK_SOCKET_NS  300LL

struct task_socket {
    uint32_t slot, inode;
};

/* Descriptors come in runs: those of one table in a row. */
struct walking {
    struct owners *owners;
    struct owner_found run; /* the first of the run */
    uint32_t slot;          /* of the run's process, NO_INDEX = it is not to be found */
    bool begun, placed;     /* placed: the slot has been looked for */
    struct task_socket *tasks;
    uint32_t task_count, task_capacity;
    uint32_t number; /* of this walk */
    int error;
};

bool owners_walk_pays(const struct owners *owners)
{
    /* A walk reports pids of our own namespace, which mean nothing in another's /proc. */
    if (!owners->walk.walk || owners->view.kind != PROC_VIEW_OWN ||
        (!owners->pending && !owners->fresh))
        return false;
    int64_t walk_ns = owners->walk.first_ns + owners->pending * WALK_SOCKET_NS;
    int64_t proc_ns = owners->pending * PROC_SOCKET_NS + owners->fresh * PROC_PROCESS_NS;
    if (owners->walk_ns)
        walk_ns = owners->walk_ns;
    /* With a socket unknown every process is listed: dearer than any walk that is loaded. */
    if (owners->pending && owners_has_walk(owners))
        return true;
    return walk_ns < proc_ns;
}

/* The slot of the run's process, if /proc still has the same one. */
static uint32_t find_slot(struct owners *owners, const struct owner_found *found)
{
    const uint32_t index = owners_roster_slot(owners, found->pid);

    if (index == NO_INDEX || owners->slots[index].gone)
        return NO_INDEX;
    const struct owner_slot *slot = &owners->slots[index];
    if (!slot->identified || slot->start_ticks != found->start_ticks)
        owners_identify_again(owners, index); /* another start: its slot is given up */
    if (slot->gone || !slot->identified || slot->start_ticks != found->start_ticks)
        return NO_INDEX;
    return index;
}

static void end_run(struct walking *walking)
{
    struct owners *owners = walking->owners;

    if (!walking->begun || !walking->placed || walking->slot == NO_INDEX || walking->run.thread)
        return;
    owners->slots[walking->slot].walked = walking->number;
    owners->slots[walking->slot].denied = false;
    walking->error = owners_take_found(owners, walking->slot, 0, NO_INDEX);
}

static void begin_run(struct walking *walking, const struct owner_found *found)
{
    walking->run = *found;
    walking->begun = true;
    walking->placed = false;
    walking->owners->found_count = 0;
}

static int note_task(struct walking *walking, uint32_t inode)
{
    const int error = owners_reserve((void **)&walking->tasks, &walking->task_capacity,
                                     walking->task_count + 1, sizeof *walking->tasks);
    if (!error)
        walking->tasks[walking->task_count++] = (struct task_socket){walking->slot, inode};
    return error;
}

static void take(void *context, const struct owner_found *found)
{
    struct walking *walking = context;
    struct owners *owners = walking->owners;
    const struct owner_found *run = &walking->run;

    if (!walking->error &&
        (!walking->begun || found->pid != run->pid || found->thread != run->thread ||
         found->start_ticks != run->start_ticks)) {
        end_run(walking);
        begin_run(walking, found);
    }
    if (walking->error || found->inode > UINT32_MAX)
        return;
    const uint32_t inode = (uint32_t)found->inode;
    const uint32_t entry = owners_find_inode(owners, inode);
    if (entry == NO_INDEX)
        return; /* closed by now, or not in the frame yet */
    if (!walking->placed)
        walking->slot = find_slot(owners, found);
    walking->placed = true;
    if (walking->slot == NO_INDEX)
        return;
    walking->error = found->thread ? note_task(walking, inode)
                                   : owners_note_found(owners, found->descriptor, inode);
    if (!walking->error)
        walking->error = owners_add_holder(owners, entry, walking->slot);
}

/* What a walk did not find in a process's own table is not there any more. */
static int forget_unfound(const struct walking *walking)
{
    struct owners *owners = walking->owners;
    int error = 0;

    for (uint32_t i = 0; i < owners->slot_count && !error; i++) {
        const struct owner_slot *slot = &owners->slots[i];
        if (!slot->used || slot->gone || !slot->fd_count || slot->walked == walking->number)
            continue;
        owners->found_count = 0;
        error = owners_take_found(owners, i, 0, NO_INDEX);
    }
    return error;
}

static int compare_tasks(const void *a, const void *b)
{
    const struct task_socket *first = a;
    const struct task_socket *second = b;
    if (first->slot != second->slot)
        return first->slot < second->slot ? -1 : 1;
    return (first->inode > second->inode) - (first->inode < second->inode);
}

/* The same for tables of threads; several threads may have told the same one. */
static int take_tasks(struct walking *walking)
{
    struct owners *owners = walking->owners;
    const struct task_socket *tasks = walking->tasks;
    uint32_t at = 0;
    int error = 0;

    if (walking->task_count)
        qsort(walking->tasks, walking->task_count, sizeof *tasks, compare_tasks);
    for (uint32_t i = 0; i < owners->slot_count && !error; i++) {
        const bool has_some = at < walking->task_count && tasks[at].slot == i;
        if (!has_some && !owners->slots[i].task_inode_count)
            continue;
        owners->found_count = 0;
        for (; at < walking->task_count && tasks[at].slot == i && !error; at++) {
            if (!owners->found_count || tasks[at].inode != tasks[at - 1].inode)
                error = owners_note_found(owners, 0, tasks[at].inode);
        }
        if (!error)
            error = owners_take_task_inodes(owners, i);
    }
    return error;
}

static void mark_all_visited(struct owners *owners)
{
    for (uint32_t i = 0; i < owners->roster_count; i++)
        owners->slots[owners->roster[i].slot].visited = true;
    owners->fresh = 0;
}

/* Those that are not to be had now are asked again in the next frame. */
static int walk_failed(struct owners *owners, int error)
{
    if (error != -EAGAIN && error != -ENOMEM)
        owners->walk.walk = NULL;
    return error;
}

int owners_walk_all(struct owners *owners)
{
    const int64_t began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    struct walking walking = {.owners = owners, .number = (uint32_t)++owners->figures.walks};
    int error = owners->walk.walk(owners->walk.walker, take, &walking);

    if (error) {
        free(walking.tasks);
        return walk_failed(owners, error);
    }
    if (!walking.error)
        end_run(&walking);
    error = walking.error;
    if (!error)
        error = take_tasks(&walking);
    if (!error)
        error = forget_unfound(&walking);
    free(walking.tasks);
    if (error)
        return error;
    mark_all_visited(owners);
    owners->walk_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns - owners->walk.first_ns;
    if (owners->walk_ns < 1)
        owners->walk_ns = 1;
    owners->walk.first_ns = 0; /* that was the first */
    owners->walk_saved_ns = 0;
    owners->walk_frames = 0;
    return 0;
}

void owners_use_check(struct owners *owners, const struct owner_check *check)
{
    owners->check = *check;
}

void owners_use_walk(struct owners *owners, const struct owner_walk *walk)
{
    owners->walk = walk ? *walk : (struct owner_walk){.walk = NULL};
    owners->walk_ns = 0;
}
