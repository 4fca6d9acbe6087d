/* The rows that `list` prints as JSON or CSV. Of many rows the text is made by all processors at
 * once: it is as much work as all before it together. */
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

/* To standard output, by way of `out`. 0 or what output_flush returns. */
int list_rows_print(const struct list_rows *rows, enum output_format format, struct buffer *out);

#endif
