/* The rows that `list` prints as JSON or CSV. The text of many rows is made by several threads: it
 * costs as much as everything before it. */
#ifndef TCPLENS_COMMAND_LIST_ROWS_H
#define TCPLENS_COMMAND_LIST_ROWS_H

#include "core/column/column.h"
#include "core/view.h"
#include "options/output.h"

struct list_rows {
    const uint16_t *columns; /* of columns[] */
    size_t count;            /* 0: JSON with everything that is known */
    const struct column_context *context;
    const struct view *view; /* sorted */
};

/* To standard output, buffered in `out`. 0 or what output_flush returns. */
int list_rows_print(const struct list_rows *rows, enum output_format format, struct buffer *out);

#endif
