/* Who holds the sockets of a group, each process counted once. */
#ifndef TCPLENS_CORE_GROUPING_HOLDERS_H
#define TCPLENS_CORE_GROUPING_HOLDERS_H

#include "core/grouping/grouping.h"

/* Adds the process to the row's names. False: the row has no room for more. */
bool grouping_keep_proc(struct grouping_row *row, uint32_t proc);
/* 0 or -ENOMEM. Those beyond the ones kept count after grouping_count_holders only. */
int grouping_add_holders(struct grouping *grouping, struct grouping_row *row,
                         const struct frame *frame, const struct conn *conn);
void grouping_count_holders(struct grouping *grouping);

#endif
