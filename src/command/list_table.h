/* The table that `list` prints: whole where it goes to a file or a pipe; on a terminal the columns
 * that fit its width, in colour. */
#ifndef TCPLENS_COMMAND_LIST_TABLE_H
#define TCPLENS_COMMAND_LIST_TABLE_H

#include "core/column/column.h"
#include "core/view.h"
#include "options/options.h"

struct list_table {
    const struct options *options;
    const uint16_t *columns; /* of columns[] */
    size_t count;
    const struct column_context *context;
    const struct view *view; /* sorted */
};

/* To standard output, buffered in `out`. 0 or what output_flush returns. */
int list_table_print(const struct list_table *table, struct buffer *out);

#endif
