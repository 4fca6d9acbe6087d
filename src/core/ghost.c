/* Copies rows, with everything they refer to, from one frame into the next. */
#include "core/ghost.h"

#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void ghost_copier_begin(struct ghost_copier *copier, const struct frame *previous,
                        struct frame *next)
{
    copier->previous = previous;
    copier->next = next;
    copier->begun = false;
}

void ghost_copier_done(struct ghost_copier *copier)
{
    free(copier->procs);
    free(copier->groups);
    *copier = (struct ghost_copier){0};
}

static int map_clear(uint32_t **map, uint32_t *capacity, uint32_t count)
{
    if (GROW(*map, *capacity, count))
        return -ENOMEM;
    if (count)
        memset(*map, 0xff, count * sizeof(**map));
    return 0;
}

/* Most frames have no new ghost: the maps are cleared for the first one. */
static int copier_prepare(struct ghost_copier *copier)
{
    if (copier->begun)
        return 0;
    int error = map_clear(&copier->procs, &copier->proc_capacity, copier->previous->proc_count);
    if (!error)
        error = map_clear(&copier->groups, &copier->group_capacity, copier->previous->group_count);
    copier->begun = !error;
    return error;
}

static uint32_t find_group(const struct frame *frame, const struct group *wanted)
{
    for (uint32_t i = 0; i < frame->group_count; i++) {
        const struct group *group = &frame->groups[i];
        if (group->id == wanted->id && strcmp(group->path, wanted->path) == 0)
            return i;
    }
    return CONN_NO_INDEX;
}

static uint32_t copy_group(struct ghost_copier *copier, uint32_t index)
{
    if (index >= copier->previous->group_count)
        return CONN_NO_INDEX;
    if (copier->groups[index] != CONN_NO_INDEX)
        return copier->groups[index];

    const struct group *group = &copier->previous->groups[index];
    struct frame *next = copier->next;
    uint32_t found = find_group(next, group);
    if (found == CONN_NO_INDEX) {
        struct group *copy = frame_add_group(next);
        if (!copy)
            return CONN_NO_INDEX;
        found = next->group_count - 1;
        copy->id = group->id;
        copy->path = frame_copy_text(next, group->path);
        copy->unit = frame_copy_text(next, group->unit);
        copy->container = frame_copy_text(next, group->container);
    }
    return copier->groups[index] = found;
}

uint32_t ghost_find_proc(const struct frame *frame, int32_t pid, uint64_t start_ticks)
{
    for (uint32_t i = 0; i < frame->proc_count; i++) {
        const struct proc *proc = &frame->procs[i];
        if (proc->pid == pid &&
            (!start_ticks || !proc->start_ticks || proc->start_ticks == start_ticks))
            return i;
    }
    return CONN_NO_INDEX;
}

static uint32_t copy_proc(struct ghost_copier *copier, uint32_t index)
{
    if (index >= copier->previous->proc_count)
        return CONN_NO_INDEX;
    if (copier->procs[index] != CONN_NO_INDEX)
        return copier->procs[index];

    const struct proc *proc = &copier->previous->procs[index];
    struct frame *next = copier->next;
    uint32_t found = ghost_find_proc(next, proc->pid, proc->start_ticks);
    if (found == CONN_NO_INDEX) {
        uint32_t group = copy_group(copier, proc->group);
        bool replaced = ghost_find_proc(next, proc->pid, 0) != CONN_NO_INDEX;
        struct proc *copy = frame_add_proc(next);
        if (!copy)
            return CONN_NO_INDEX;
        found = next->proc_count - 1;
        *copy = *proc;
        copy->group = group;
        copy->sockets = 0;
        copy->gone = proc->gone || replaced;
        copy->cpu_permille = UINT32_MAX;
        frame_copy_proc_texts(next, copy);
    }
    return copier->procs[index] = found;
}

static void copy_owners(struct ghost_copier *copier, struct conn *ghost, const struct conn *conn)
{
    const struct frame *previous = copier->previous;
    struct frame *next = copier->next;

    ghost->owner = copy_proc(copier, conn->owner);
    ghost->owners = next->owner_ref_count;
    ghost->owner_count = 0;
    for (uint32_t n = 0; n < conn->owner_count; n++) {
        const struct proc *holder = frame_holder(previous, conn, n);
        if (!holder)
            break;
        uint32_t proc = copy_proc(copier, (uint32_t)(holder - previous->procs));
        if (proc == CONN_NO_INDEX || frame_add_owner_ref(next, proc) != 0)
            break;
        ghost->owner_count++;
    }
    if (!ghost->owner_count)
        ghost->owners = CONN_NO_INDEX;
}

void ghost_copy_owners(struct ghost_copier *copier, struct conn *to, const struct conn *from)
{
    if (copier_prepare(copier) == 0)
        copy_owners(copier, to, from);
}

struct conn *ghost_copy(struct ghost_copier *copier, const struct conn *conn)
{
    if (copier_prepare(copier) != 0)
        return NULL;
    struct conn *ghost = frame_add_ghost(copier->next);
    if (!ghost)
        return NULL;

    *ghost = *conn;
    copy_owners(copier, ghost, conn);
    ghost->group = copy_group(copier, conn->group);
    ghost->detail = CONN_NO_INDEX;
    const struct conn_detail *detail = frame_detail(copier->previous, conn);
    struct conn_detail *copy = detail ? frame_add_detail(copier->next) : NULL;
    if (copy) {
        *copy = *detail;
        ghost->detail = copier->next->detail_count - 1;
    }
    return ghost;
}

void ghost_mark(struct conn *ghost, uint8_t from, int64_t wall_ns)
{
    ghost->state = STATE_DELETE_TCB;
    ghost->from = from;
    ghost->mark = MARK_CLOSED;
    ghost->changed_ns = ghost->state_since_ns = wall_ns;
    ghost->known |= KNOWN_STATE_SINCE;
    ghost->known &= ~(uint32_t)KNOWN_RATES;
    conn_set_rates(ghost, 0, 0);
    if (ghost->owner_word == OWNER_PROCESS)
        ghost->owner_word = OWNER_LAST;
}

void ghost_take_totals(struct conn *conn, const struct note *note)
{
    if (!note->has_totals)
        return;
    conn->known |= KNOWN_BYTES_IN | KNOWN_BYTES_OUT;
    conn->in_bytes = note->in_bytes;
    conn->bytes_sent = note->out_bytes;
    conn->bytes_retrans = 0;
    if (note->rtt_us) {
        conn->known |= KNOWN_RTT;
        conn->rtt_us = note->rtt_us;
    }
    if (conn->known & KNOWN_INFO)
        conn->retrans = note->retrans;
}

void ghost_copy_place(struct ghost_copier *copier, struct conn *to, const struct conn *from)
{
    to->owner = to->group = CONN_NO_INDEX;
    if (copier_prepare(copier) != 0)
        return;
    to->owner = copy_proc(copier, from->owner);
    to->group = copy_group(copier, from->group);
}

uint32_t ghost_named_proc(struct frame *next, int32_t pid, uint64_t start_ticks, const char *name,
                          uint32_t *hint)
{
    uint32_t index = *hint;
    if (index >= next->proc_count || next->procs[index].pid != pid ||
        next->procs[index].start_ticks != start_ticks)
        index = ghost_find_proc(next, pid, start_ticks);
    if (index == CONN_NO_INDEX) {
        struct proc *proc = frame_add_proc(next);
        if (!proc)
            return CONN_NO_INDEX;
        index = next->proc_count - 1;
        proc->pid = pid;
        proc->start_ticks = start_ticks;
        proc->comm = frame_copy_text(next, name);
    }
    *hint = index;
    return index;
}

void ghost_set_owner(struct frame *next, struct conn *conn, const struct note *note, uint32_t *hint)
{
    uint32_t index = ghost_named_proc(next, note->pid, note->owner_start_ticks, note->name, hint);
    if (index == CONN_NO_INDEX)
        return;
    conn->owner_word = OWNER_LAST;
    conn->owner = index;
    if (frame_add_owner_ref(next, index) == 0) {
        conn->owners = next->owner_ref_count - 1;
        conn->owner_count = 1;
    }
}
