/* What kinds of groupings share: rows by key, and what is counted into them. Included by the kinds.
 * Pure. */
#ifndef TCPLENS_CORE_GROUPING_ROWS_H
#define TCPLENS_CORE_GROUPING_ROWS_H

#include "core/grouping/grouping.h"

/* The row with this key, created from this connection if missing; NULL when out of memory. */
struct grouping_row *grouping_row_of(struct grouping *grouping, uint64_t key, uint32_t conn_index,
                                     const struct conn *conn);
/* Empties port_first, and makes room in port_next for the rows there are. 0 or -ENOMEM. */
int grouping_clear_ports(struct grouping *grouping);

bool grouping_is_recent(int64_t at_ns, const struct column_context *context);
void grouping_count_age(struct grouping_row *row, const struct conn *conn);
void grouping_add_port(struct grouping_row *row, uint16_t port);
/* For peers three names are enough, and whether there are more. */
void grouping_add_proc(struct grouping_row *row, uint32_t proc);

#endif
