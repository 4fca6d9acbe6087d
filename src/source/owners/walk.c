/* owner_walks: see walk.h. */
#include "source/owners/walk.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/sort.h"
#include "source/owners/owners.h"

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
    struct roster *roster;
    struct found_fds *found;
    struct owner_found run; /* the first of the run */
    uint32_t slot;          /* of the run's process, OWNER_NO_INDEX = it is not to be found */
    bool begun, placed;     /* placed: the slot has been looked for */
    struct task_socket *tasks;
    uint32_t task_count, task_capacity;
    uint32_t number; /* of this walk */
    int error;
};

bool owner_walks_is_ready(const struct owner_walks *walks)
{
    return walks->walker.walk && !walks->walker.first_ns &&
           walks->roster->files->view.kind == PROC_VIEW_OWN;
}

bool owner_walks_pays(const struct owner_walks *walks)
{
    const uint32_t pending = walks->roster->table->pending;
    const uint32_t fresh = walks->roster->fresh;

    /* A walk reports pids of our own namespace, which mean nothing in another's /proc. */
    if (!walks->walker.walk || walks->roster->files->view.kind != PROC_VIEW_OWN ||
        (!pending && !fresh))
        return false;
    int64_t walk_ns = walks->walker.first_ns + pending * WALK_SOCKET_NS;
    int64_t proc_ns = pending * PROC_SOCKET_NS + fresh * PROC_PROCESS_NS;
    if (walks->cost_ns)
        walk_ns = walks->cost_ns;
    /* With a socket unknown every process is listed: dearer than any walk that is loaded. */
    if (pending && owner_walks_is_ready(walks))
        return true;
    return walk_ns < proc_ns;
}

bool owner_walks_save(struct owner_walks *walks, int64_t share_ns)
{
    walks->saved_ns += share_ns;
    return ++walks->frames >= WALK_FRAMES_LEAST && walks->saved_ns >= walks->cost_ns;
}

/* The slot of the run's process, if /proc still has the same one. */
static uint32_t find_slot(struct roster *roster, const struct owner_found *found)
{
    const uint32_t index = roster_find(roster, found->pid);

    if (index == OWNER_NO_INDEX || roster->slots[index].gone)
        return OWNER_NO_INDEX;
    const struct roster_slot *slot = &roster->slots[index];
    if (!slot->identified || slot->start_ticks != found->start_ticks)
        roster_identify_again(roster, index); /* another start: its slot is given up */
    if (slot->gone || !slot->identified || slot->start_ticks != found->start_ticks)
        return OWNER_NO_INDEX;
    return index;
}

static int take_found(const struct walking *walking, uint32_t slot)
{
    struct roster *roster = walking->roster;
    return holdings_take(&roster->slots[slot].holdings, roster->table, slot, walking->found, 0,
                         UINT32_MAX);
}

static void end_run(struct walking *walking)
{
    struct roster *roster = walking->roster;

    if (!walking->begun || !walking->placed || walking->slot == OWNER_NO_INDEX ||
        walking->run.thread)
        return;
    roster->slots[walking->slot].walked = walking->number;
    roster->slots[walking->slot].denied = false;
    walking->error = take_found(walking, walking->slot);
}

static void begin_run(struct walking *walking, const struct owner_found *found)
{
    walking->run = *found;
    walking->begun = true;
    walking->placed = false;
    walking->found->count = 0;
}

static int note_task(struct walking *walking, uint32_t inode)
{
    if (GROW(walking->tasks, walking->task_capacity, walking->task_count + 1))
        return -ENOMEM;
    walking->tasks[walking->task_count++] = (struct task_socket){walking->slot, inode};
    return 0;
}

static void take(void *context, const struct owner_found *found)
{
    struct walking *walking = context;
    struct roster *roster = walking->roster;
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
    const uint32_t entry = owner_table_find(roster->table, inode);
    if (entry == OWNER_NO_INDEX)
        return; /* closed by now, or not in the frame yet */
    if (!walking->placed)
        walking->slot = find_slot(roster, found);
    walking->placed = true;
    if (walking->slot == OWNER_NO_INDEX)
        return;
    walking->error = found->thread ? note_task(walking, inode)
                                   : found_fds_add(walking->found, found->descriptor, inode);
    if (!walking->error)
        walking->error = owner_table_add_holder(roster->table, entry, walking->slot);
}

/* What a walk did not find in a process's own table is not there any more. */
static int forget_unfound(const struct walking *walking)
{
    struct roster *roster = walking->roster;
    int error = 0;

    for (uint32_t i = 0; i < roster->slot_count && !error; i++) {
        const struct roster_slot *slot = &roster->slots[i];
        if (!slot->used || slot->gone || !slot->holdings.fd_count ||
            slot->walked == walking->number)
            continue;
        walking->found->count = 0;
        error = take_found(walking, i);
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

/* The same for tables of threads; several threads may hold the same one. */
static int take_tasks(struct walking *walking)
{
    struct roster *roster = walking->roster;
    const struct task_socket *tasks = walking->tasks;
    uint32_t at = 0;
    int error = 0;

    sort_items(walking->tasks, walking->task_count, sizeof *tasks, compare_tasks);
    for (uint32_t i = 0; i < roster->slot_count && !error; i++) {
        const bool has_some = at < walking->task_count && tasks[at].slot == i;
        if (!has_some && !roster->slots[i].holdings.task_inode_count)
            continue;
        walking->found->count = 0;
        for (; at < walking->task_count && tasks[at].slot == i && !error; at++) {
            if (!walking->found->count || tasks[at].inode != tasks[at - 1].inode)
                error = found_fds_add(walking->found, 0, tasks[at].inode);
        }
        if (!error)
            error =
                holdings_take_tasks(&roster->slots[i].holdings, roster->table, i, walking->found);
    }
    return error;
}

static void mark_all_visited(struct roster *roster)
{
    for (uint32_t i = 0; i < roster->count; i++)
        roster->slots[roster->entries[i].slot].visited = true;
    roster->fresh = 0;
}

/* "Not now" is tried again in the next frame. */
static int walk_failed(struct owner_walks *walks, int error)
{
    if (error != -EAGAIN && error != -ENOMEM)
        walks->walker.walk = NULL;
    return error;
}

/* What the walk found, and did not find, is what there is. */
static int conclude(struct walking *walking)
{
    if (!walking->error)
        end_run(walking);
    int error = walking->error;
    if (!error)
        error = take_tasks(walking);
    return error ? error : forget_unfound(walking);
}

int owner_walks_run(struct owner_walks *walks)
{
    const int64_t began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    struct walking walking = {
        .roster = walks->roster, .found = &walks->found, .number = (uint32_t)++walks->count};
    int error = walks->walker.walk(walks->walker.walker, take, &walking);

    error = error ? walk_failed(walks, error) : conclude(&walking);
    free(walking.tasks);
    if (error)
        return error;
    mark_all_visited(walks->roster);
    walks->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns - walks->walker.first_ns;
    if (walks->cost_ns < 1)
        walks->cost_ns = 1;
    walks->walker.first_ns = 0; /* that was the first */
    walks->saved_ns = 0;
    walks->frames = 0;
    return 0;
}

void owner_walks_use(struct owner_walks *walks, const struct owner_walk *walker)
{
    walks->walker = walker ? *walker : (struct owner_walk){.walk = NULL};
    walks->cost_ns = 0;
}

void owner_walks_done(struct owner_walks *walks)
{
    free(walks->found.items);
}
