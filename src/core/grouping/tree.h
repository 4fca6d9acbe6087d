/* tree: rows of GROUPING_PROCESSES by ancestry: a process under its topmost ancestor that has a row
 * too (not process 1). The row of that ancestor counts the sockets of its whole tree, each once.
 * Pure. */
#ifndef TCPLENS_CORE_GROUPING_TREE_H
#define TCPLENS_CORE_GROUPING_TREE_H

#include "base/map.h"
#include "core/grouping/grouping.h"

struct grouping_tree {
    uint32_t *roots;   /* of each row of the grouping: the row of its root, or itself */
    uint32_t *members; /* of each row that is a root: processes in its tree, itself included */
    uint32_t root_capacity, member_capacity;
    struct map rows; /* by pid */
};

void grouping_tree_done(struct grouping_tree *tree);
/* To be called after grouping_update with the same arguments. 0 or -ENOMEM (no trees then). */
int grouping_tree_update(struct grouping_tree *tree, struct grouping *grouping,
                         const struct column_context *context, view_accept accept,
                         const void *accept_data);

#endif
