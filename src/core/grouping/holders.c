/* holders: counts the distinct processes of a group with many sockets, each of which may have
 * several holders. */
#include "core/grouping/holders.h"

#include "base/grow.h"
#include "base/sort.h"

#include <errno.h>
#include <stdlib.h>

bool grouping_keep_proc(struct grouping_row *row, uint32_t proc)
{
    for (uint32_t i = 0; i < row->proc_count && i < GROUPING_NAMES; i++)
        if (row->procs[i] == proc)
            return true;
    if (row->proc_count >= GROUPING_NAMES)
        return false;
    row->procs[row->proc_count++] = proc;
    return true;
}

static int add_holder(struct grouping *grouping, uint32_t row, uint32_t proc)
{
    if (grouping_keep_proc(&grouping->rows[row], proc))
        return 0;
    if (GROW(grouping->holders, grouping->holder_capacity, grouping->holder_count + 1))
        return -ENOMEM;
    grouping->holders[grouping->holder_count++] = (struct grouping_holder){row, proc};
    return 0;
}

int grouping_add_holders(struct grouping *grouping, struct grouping_row *row,
                         const struct frame *frame, const struct conn *conn)
{
    int error = 0;

    for (uint32_t i = 0; !error && i < conn->owner_count; i++) {
        const struct proc *holder = frame_holder(frame, conn, i);
        if (holder)
            error = add_holder(grouping, (uint32_t)(row - grouping->rows),
                               (uint32_t)(holder - frame->procs));
    }
    return error;
}

static int compare_holders(const void *a, const void *b)
{
    const struct grouping_holder *one = a, *other = b;

    if (one->row != other->row)
        return one->row < other->row ? -1 : 1;
    return one->proc < other->proc ? -1 : one->proc > other->proc;
}

void grouping_count_holders(struct grouping *grouping)
{
    if (grouping->holder_count == 0)
        return;
    sort_items(grouping->holders, grouping->holder_count, sizeof(*grouping->holders),
               compare_holders);
    for (uint32_t i = 0; i < grouping->holder_count; i++)
        if (i == 0 || compare_holders(&grouping->holders[i - 1], &grouping->holders[i]) != 0)
            grouping->rows[grouping->holders[i].row].proc_count++;
    grouping->holder_count = 0;
}
