/* tree: roots of processes, and what their trees hold. */
#include "core/grouping/tree.h"

#include "base/grow.h"
#include "core/grouping/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANCESTORS_MOST 64 /* reused pids could form a cycle */

void grouping_tree_done(struct grouping_tree *tree)
{
    free(tree->roots);
    free(tree->members);
    map_done(&tree->rows);
    *tree = (struct grouping_tree){0};
}

/* Of a pid of one host. */
static uint64_t pid_key(const struct proc *proc, int32_t pid)
{
    return (uint64_t)proc->host << 32 | (uint32_t)pid;
}

static const struct proc *proc_of(const struct grouping *grouping, const struct frame *frame,
                                  uint32_t row)
{
    const uint32_t proc = grouping->rows[row].proc;

    return proc < frame->proc_count ? &frame->procs[proc] : NULL;
}

static uint32_t root_of(const struct grouping_tree *tree, const struct grouping *grouping,
                        const struct frame *frame, uint32_t row)
{
    for (int i = 0; i < ANCESTORS_MOST; i++) {
        const struct proc *proc = proc_of(grouping, frame, row);
        const uint32_t above = proc && proc->parent > 1
                                   ? map_find(&tree->rows, pid_key(proc, proc->parent))
                                   : MAP_NONE;
        const struct proc *parent = above == MAP_NONE ? NULL : proc_of(grouping, frame, above);
        if (!parent || above == row || parent->start_ticks > proc->start_ticks)
            break;
        row = above;
    }
    return row;
}

static int find_roots(struct grouping_tree *tree, const struct grouping *grouping,
                      const struct frame *frame)
{
    const uint32_t count = grouping->count;

    map_clear(&tree->rows);
    if (GROW(tree->roots, tree->root_capacity, count) ||
        GROW(tree->members, tree->member_capacity, count))
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const struct proc *proc = proc_of(grouping, frame, i);
        tree->members[i] = 0;
        if (proc && proc->pid > 0 && map_put(&tree->rows, pid_key(proc, proc->pid), i) != 0)
            return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        tree->roots[i] = root_of(tree, grouping, frame, i);
        tree->members[tree->roots[i]]++;
    }
    return 0;
}

/* The root's row for a process, MAP_NONE if it has no tree. */
static uint32_t tree_of(const struct grouping_tree *tree, const struct proc *proc)
{
    const uint32_t row = proc ? map_find(&tree->rows, pid_key(proc, proc->pid)) : MAP_NONE;

    if (row == MAP_NONE || tree->members[tree->roots[row]] < 2)
        return MAP_NONE;
    return tree->roots[row];
}

static void empty_roots(const struct grouping_tree *tree, struct grouping *grouping)
{
    for (uint32_t i = 0; i < grouping->count; i++) {
        const struct grouping_row *row = &grouping->rows[i];
        if (tree->members[i] > 1)
            grouping->rows[i] = (struct grouping_row){.key = row->key,
                                                      .proc = row->proc,
                                                      .conn = row->conn,
                                                      .owner_word = row->owner_word};
    }
}

/* Counts the connection once for each tree whose processes hold it. */
static void count_conn(const struct grouping_tree *tree, struct grouping *grouping,
                       const struct column_context *context, const struct conn *conn)
{
    const struct frame *frame = context->frame;
    uint32_t before = MAP_NONE;

    if (conn->owner_count == 0) {
        before = tree_of(tree, frame_owner(frame, conn));
        if (before != MAP_NONE)
            grouping_count_row(&grouping->rows[before], context, conn);
        return;
    }
    for (uint32_t n = 0; n < conn->owner_count; n++) {
        const uint32_t root = tree_of(tree, frame_holder(frame, conn, n));
        bool counted = root == MAP_NONE || root == before;
        for (uint32_t i = 0; i < n && !counted; i++)
            counted = tree_of(tree, frame_holder(frame, conn, i)) == root;
        before = root;
        if (counted)
            continue;
        grouping_count_row(&grouping->rows[root], context, conn);
        grouping_count_age(&grouping->rows[root], conn);
    }
}

int grouping_tree_update(struct grouping_tree *tree, struct grouping *grouping,
                         const struct column_context *context, view_accept accept,
                         const void *accept_data)
{
    const struct frame *frame = context->frame;

    if (find_roots(tree, grouping, frame) != 0)
        return -ENOMEM;
    empty_roots(tree, grouping);
    for (uint32_t i = 0; i < frame->conn_count; i++)
        if (!accept || accept(accept_data, context, &frame->conns[i]))
            count_conn(tree, grouping, context, &frame->conns[i]);
    for (uint32_t i = 0; i < frame->flow_count; i++) {
        const struct conn *flow = &frame->flows[i].conn;
        const uint32_t root = tree_of(tree, frame_owner(frame, flow));
        if (root != MAP_NONE && (!accept || accept(accept_data, context, flow)))
            grouping_count_flow(&grouping->rows[root], flow);
    }
    return 0;
}
