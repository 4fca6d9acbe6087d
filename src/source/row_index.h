/* row_index: finds a row of a frame being filled by its cookie, to tell repeated rows. PURE.
 * Rows are known by their index in the array that is handed in with every call. */
#ifndef TCPLENS_SOURCE_ROW_INDEX_H
#define TCPLENS_SOURCE_ROW_INDEX_H

#include "core/conn.h"

#include <stdint.h>

struct row_index {
    uint64_t *slots; /* low half of the cookie, row + 1; 0 = free */
    uint32_t bits;   /* 1 << bits slots, at most half of them taken */
};

void row_index_done(struct row_index *index);
/* Forgets all, then knows conns[0..count) (as far as there is room for them). */
void row_index_rebuild(struct row_index *index, const struct conn *conns, uint32_t count);
/* Room for `count` rows, the first `filled` of which are in it. 0 or -ENOMEM. */
int row_index_reserve(struct row_index *index, const struct conn *conns, uint32_t filled,
                      uint32_t count);
/* The row that has this cookie; or CONN_NO_INDEX, and from now on it is `row`. A cookie of 0 is
 * never found. Room must have been reserved. */
uint32_t row_index_add(struct row_index *index, const struct conn *conns, uint64_t cookie,
                       uint32_t row);
/* The same without adding. */
uint32_t row_index_find(const struct row_index *index, const struct conn *conns, uint64_t cookie);

#endif
