/* owner_walks: see walk.h. */
#include "source/owners/walk.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/sort.h"
#include "source/owners/owners.h"

#include <errno.h>
#include <stdlib.h>

/* Costs to compare, measured on Linux 6.18; other descriptors add to both, and cost more through
 * /proc. */
#define PROC_SOCKET_NS  2000LL
#define PROC_PROCESS_NS 20000LL
#define WALK_SOCKET_NS  300LL

struct task_socket {
    uint32_t slot, inode;
};

struct walk_run {
    struct owner_found first;
    uint32_t count; /* of its descriptors */
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

static bool pays(const struct owner_walks *walks, uint32_t pending, uint32_t fresh)
{
    int64_t walk_ns = walks->walker.first_ns + pending * WALK_SOCKET_NS;
    const int64_t proc_ns = pending * PROC_SOCKET_NS + fresh * PROC_PROCESS_NS;

    /* A walk reports pids of our own namespace, which are meaningless in another's /proc. */
    if (!walks->walker.walk || walks->roster->files->view.kind != PROC_VIEW_OWN)
        return false;
    if (walks->cost_ns)
        walk_ns = walks->cost_ns;
    /* With an unknown socket every process is listed: more expensive than any loaded walk. */
    if (pending && owner_walks_is_ready(walks))
        return true;
    return walk_ns < proc_ns;
}

bool owner_walks_pays(const struct owner_walks *walks)
{
    const uint32_t pending = walks->roster->table->pending;
    const uint32_t fresh = walks->roster->fresh;

    return (pending || fresh) && pays(walks, pending, fresh);
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
        roster_identify_again(roster, index); /* another start time: releases its slot */
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

/* The next descriptor belongs to another table than the run. */
static bool is_next_run(const struct owner_found *run, const struct owner_found *found)
{
    return found->pid != run->pid || found->thread != run->thread ||
           found->start_ticks != run->start_ticks;
}

static void take(void *context, const struct owner_found *found)
{
    struct walking *walking = context;
    struct roster *roster = walking->roster;

    if (!walking->error && (!walking->begun || is_next_run(&walking->run, found))) {
        end_run(walking);
        begin_run(walking, found);
    }
    if (walking->error || found->inode > UINT32_MAX)
        return;
    const uint32_t inode = (uint32_t)found->inode;
    const uint32_t entry = owner_table_find(roster->table, inode);
    if (entry == OWNER_NO_INDEX)
        return; /* already closed, or not in the frame yet */
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

/* Removes descriptors that a walk did not find in a process's own table. */
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

/* slots: those that existed when the walk began. */
static void mark_visited(struct roster *roster, uint32_t slots)
{
    for (uint32_t i = 0; i < roster->count; i++)
        if (roster->entries[i].slot < slots)
            roster_mark_visited(roster, roster->entries[i].slot);
}

/* -EAGAIN is retried in the next frame. */
static int walk_failed(struct owner_walks *walks, int error)
{
    if (error != -EAGAIN && error != -ENOMEM)
        walks->walker.walk = NULL;
    return error;
}

/* Applies the complete results of the walk. */
static int conclude(struct walking *walking)
{
    if (!walking->error)
        end_run(walking);
    int error = walking->error;
    if (!error)
        error = take_tasks(walking);
    return error ? error : forget_unfound(walking);
}

bool owner_walks_expect(struct owner_walks *walks, uint32_t sockets)
{
    if (!walks->walker.walk || roster_read(walks->roster, false))
        return false;
    walks->ahead.slots = walks->roster->slot_count;
    return pays(walks, sockets, walks->roster->fresh);
}

static void keep(void *context, const struct owner_found *found)
{
    struct walk_ahead *ahead = context;
    const uint32_t last = ahead->run_count - 1;

    if (ahead->error || found->inode > UINT32_MAX)
        return;
    if (!ahead->run_count || is_next_run(&ahead->runs[last].first, found)) {
        if (GROW(ahead->runs, ahead->run_capacity, ahead->run_count + 1)) {
            ahead->error = -ENOMEM;
            return;
        }
        ahead->runs[ahead->run_count++] = (struct walk_run){.first = *found};
    }
    ahead->error = found_fds_add(&ahead->fds, found->descriptor, (uint32_t)found->inode);
    ahead->runs[ahead->run_count - 1].count++;
}

void owner_walks_ahead(struct owner_walks *walks)
{
    struct walk_ahead *ahead = &walks->ahead;
    const int64_t began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    const int error = walks->walker.walk(walks->walker.walker, keep, ahead);

    if (error)
        ahead->error = error;
    ahead->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns;
    ahead->made = true;
}

bool owner_walks_is_ahead(const struct owner_walks *walks)
{
    return walks->ahead.made;
}

void owner_walks_drop_ahead(struct owner_walks *walks)
{
    free(walks->ahead.runs);
    free(walks->ahead.fds.items);
    walks->ahead = (struct walk_ahead){.made = false};
}

static int take_ahead(const struct walk_ahead *ahead, struct walking *walking)
{
    const struct known_fd *fd = ahead->fds.items;

    for (uint32_t i = 0; i < ahead->run_count && !ahead->error; i++) {
        struct owner_found found = ahead->runs[i].first;
        for (uint32_t n = 0; n < ahead->runs[i].count; n++, fd++) {
            found.inode = fd->inode;
            found.descriptor = fd->fd;
            take(walking, &found);
        }
    }
    return ahead->error;
}

int owner_walks_run(struct owner_walks *walks)
{
    const struct walk_ahead ahead = walks->ahead;
    const int64_t began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    struct walking walking = {
        .roster = walks->roster, .found = &walks->found, .number = (uint32_t)++walks->count};
    int error = ahead.made ? take_ahead(&ahead, &walking)
                           : walks->walker.walk(walks->walker.walker, take, &walking);

    error = error ? walk_failed(walks, error) : conclude(&walking);
    free(walking.tasks);
    owner_walks_drop_ahead(walks);
    if (error)
        return error;
    mark_visited(walks->roster, ahead.made ? ahead.slots : UINT32_MAX);
    walks->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns + ahead.cost_ns;
    walks->cost_ns -= walks->walker.first_ns;
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
    owner_walks_drop_ahead(walks);
    free(walks->found.items);
}
