/* The rows of a list on standard output, in order, made into text by two threads. */
#ifndef TCPLENS_COMMAND_LIST_ROWS_H
#define TCPLENS_COMMAND_LIST_ROWS_H

#include "core/json/json.h"

#include <stdint.h>

struct list_rows {
    uint32_t count;
    const void *data;
    /* Appends row number `row`. Called by two threads, each with a memo and a buffer of its own;
     * the memo may be NULL. */
    void (*put)(const void *data, uint32_t row, struct json_memo *memo, struct buffer *out);
};

/* Writes out what `out` holds, then all rows. 0 or -errno of the first write that failed. */
int list_rows_write(const struct list_rows *rows, struct buffer *out);

#endif
