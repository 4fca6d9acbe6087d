/* lately: what was sent over the last 10 s, and what of it was retransmitted, in slots of 2 s that
 * begin at the same moments for all rows: sums of several are those of one. A slot is dropped as a
 * whole, so that at least the last 8 s are counted; if frames are further apart, the last frame.
 * Used by the accounts only. Pure. */
#ifndef TCPLENS_CORE_LATELY_H
#define TCPLENS_CORE_LATELY_H

#include "core/counters.h"
#include "core/frame.h"

#define LATELY_SLOT_NS INT64_C(2000000000)

/* Slots that began between two times of the monotonic clock, LATELY_SLOTS at most. */
uint32_t lately_passed(int64_t from_ns, int64_t to_ns);
void lately_age(struct lately *lately, uint32_t passed);
void lately_add(struct lately *lately, const struct counters *grown); /* to the newest slot */
void lately_merge(struct lately *lately, const struct lately *more);
/* Sets conn->sent_10s and retrans_10s. */
void lately_show(const struct lately *lately, struct conn *conn);

/* Those of the rows of one frame; only rows that sent something lately have one. */
struct lately_rows {
    struct lately *list;
    uint32_t count, capacity;
    uint32_t *places; /* by row; not set for a row that has none */
    uint32_t place_capacity;
};

void lately_rows_done(struct lately_rows *rows);
/* Of a row with conn->sent_10s. */
const struct lately *lately_rows_find(const struct lately_rows *rows, uint32_t row);
/* A blank one; NULL when out of memory. */
struct lately *lately_rows_add(struct lately_rows *rows, uint32_t row);

#endif
