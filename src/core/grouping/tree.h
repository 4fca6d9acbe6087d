/* tree: rows of GROUPING_PROCESSES by who started whom: a process under its topmost ancestor that
 * has a row as well (not process 1). On the row of such an ancestor stands what all of its tree
 * holds, each socket once. Pure. */
#ifndef TCPLENS_CORE_GROUPING_TREE_H
#define TCPLENS_CORE_GROUPING_TREE_H

#include "base/map.h"
#include "core/grouping/grouping.h"

struct grouping_tree {
    uint32_t *roots;   /* of each row of the grouping: the row of its root, itself if it is one */
    uint32_t *members; /* of each row that is a root: processes in its tree, itself included */
    uint32_t root_capacity, member_capacity;
    struct map rows; /* by pid */
};

void grouping_tree_done(struct grouping_tree *tree);
/* After grouping_update with the same arguments. 0 or -ENOMEM: then there are no trees. */
int grouping_tree_update(struct grouping_tree *tree, struct grouping *grouping,
                         const struct column_context *context, view_accept accept,
                         const void *accept_data);

#endif
