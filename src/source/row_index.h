/* row_index: finds a row of a frame being filled by its cookie. Pure. Rows are known by their index
 * in the array that is handed in with every call. */
#ifndef TCPLENS_SOURCE_ROW_INDEX_H
#define TCPLENS_SOURCE_ROW_INDEX_H

#include "base/hash_index.h"
#include "core/conn.h"

struct row_index {
    struct hash_index cookies;
};

void row_index_done(struct row_index *index);
/* Empties it, with room for that many rows. 0 or -ENOMEM. */
int row_index_begin(struct row_index *index, uint32_t rows);
/* Empties it, then adds conns[0..count). 0 or -ENOMEM. */
int row_index_fill(struct row_index *index, const struct conn *conns, uint32_t count);
/* The row that has this cookie; or CONN_NO_INDEX, and from now on it is `row`. A cookie of 0 is
 * never found. Within the room of row_index_begin() it does not fail; beyond, the row may be
 * missing. */
uint32_t row_index_add(struct row_index *index, const struct conn *conns, uint64_t cookie,
                       uint32_t row);
/* The same without adding. */
uint32_t row_index_find(const struct row_index *index, const struct conn *conns, uint64_t cookie);

#endif
