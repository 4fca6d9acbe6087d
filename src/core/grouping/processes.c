/* processes: rows by the process that holds them, or by what is known instead. */
#include "base/hash.h"
#include "core/grouping/rows.h"

#include <errno.h>
#include <string.h>

uint64_t grouping_process_key(const struct proc *proc)
{
    return grouping_key((uint64_t)proc->host << 52 ^ (uint64_t)(uint32_t)proc->pid << 32 ^
                        proc->start_ticks);
}

/* The same in every frame, independent of the group's index. */
static uint64_t group_key(const struct group *group)
{
    if (!group)
        return 0;
    return group->id ? grouping_key(group->id)
                     : grouping_key(hash_bytes(group->path, strlen(group->path), 0));
}

/* Rows without a process gather by what is known instead: the word, the user, the unit. */
static uint64_t ownerless_key(const struct frame *frame, const struct conn *conn)
{
    const uint64_t uid = conn->known & KNOWN_UID ? conn->uid : UINT32_MAX;
    return grouping_key(((uint64_t)conn->owner_word << 56) ^ (uid << 20) ^
                        (uint64_t)frame_host_number(frame, conn->netns) << 44 ^
                        group_key(frame_group(frame, conn)) ^ 0x9e3779b97f4a7c15u);
}

static uint64_t process_key(const struct frame *frame, const struct conn *conn)
{
    const struct proc *owner = frame_owner(frame, conn);

    return owner ? grouping_process_key(owner) : ownerless_key(frame, conn);
}

/* A socket held by several processes counts for each of them. */
static int process_take(struct grouping *grouping, const struct column_context *context,
                        uint32_t index)
{
    const struct frame *frame = context->frame;
    const struct conn *conn = &frame->conns[index];
    const struct proc *owner = frame_owner(frame, conn);

    if (!owner) {
        struct grouping_row *row =
            grouping_row_of(grouping, ownerless_key(frame, conn), index, conn);
        if (!row)
            return -ENOMEM;
        grouping_count_row(row, context, conn);
        grouping_count_age(row, conn);
        return 0;
    }
    const uint32_t holders = conn->owner_count > 0 ? conn->owner_count : 1;
    for (uint32_t i = 0; i < holders; i++) {
        const struct proc *holder = conn->owner_count > 0 ? frame_holder(frame, conn, i) : owner;
        if (!holder)
            continue;
        struct grouping_row *row =
            grouping_row_of(grouping, grouping_process_key(holder), index, conn);
        if (!row)
            return -ENOMEM;
        row->proc = (uint32_t)(holder - frame->procs);
        row->owner_word = OWNER_PROCESS;
        grouping_count_row(row, context, conn);
        grouping_count_age(row, conn);
    }
    return 0;
}

static void process_take_flow(struct grouping_row *row, const struct frame *frame,
                              const struct conn *flow)
{
    if (frame_owner(frame, flow))
        row->owner_word = OWNER_PROCESS;
}

static bool process_accepts(uint64_t key, const struct frame *frame, const struct conn *conn)
{
    const struct proc *owner = frame_owner(frame, conn);

    if (!owner)
        return ownerless_key(frame, conn) == key;
    if (grouping_process_key(owner) == key)
        return true;
    for (uint32_t i = 0; i < conn->owner_count; i++) {
        const struct proc *holder = frame_holder(frame, conn, i);
        if (holder && grouping_process_key(holder) == key)
            return true;
    }
    return false;
}

const struct grouping_kind GROUPING_PROCESSES = {
    .key = process_key,
    .take = process_take,
    .take_flow = process_take_flow,
    .accepts = process_accepts,
};
