/* Private to grouping: what a group counts of a row. Pure. */
#ifndef TCPLENS_CORE_GROUPING_COUNT_H
#define TCPLENS_CORE_GROUPING_COUNT_H

#include "core/grouping/grouping.h"

bool grouping_is_recent(int64_t at_ns, const struct column_context *context);
void grouping_count_age(struct grouping_row *row, const struct conn *conn);
void grouping_add_port(struct grouping_row *row, uint16_t port);
/* Of peers three names are enough, and that there are more. */
void grouping_add_proc(struct grouping_row *row, uint32_t proc);

#endif
