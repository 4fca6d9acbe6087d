/* repeats: finds the rows that a dump gave twice. PURE. While a dump comes in each cookie sets a
 * bit, which stays in the processor's cache where a table of all rows would not; rows whose bit was
 * set before are compared exactly at the end. */
#ifndef TCPLENS_SOURCE_REPEATS_H
#define TCPLENS_SOURCE_REPEATS_H

#include "source/row_index.h"

#include <stdint.h>

struct repeats {
    uint64_t *seen, *again; /* one bit for each cookie modulo `bits`; one block of memory */
    uint32_t bits;          /* a power of two */
    uint32_t capacity;      /* bits there is memory for */
    uint32_t suspects;      /* cookies whose bit was set before */
    struct row_index index;
};

void repeats_done(struct repeats *repeats);
/* For a dump of about `rows` rows. 0 or -ENOMEM. */
int repeats_begin(struct repeats *repeats, uint32_t rows);
/* Drops the earlier sight of every row that was given twice: the later one takes its place. Order
 * is kept. Returns how many rows are left; without memory to compare them, all. */
uint32_t repeats_remove(struct repeats *repeats, struct conn *conns, uint32_t count);

static inline void repeats_note(struct repeats *repeats, uint64_t cookie)
{
    uint32_t bit = (uint32_t)cookie & (repeats->bits - 1);
    uint64_t mask = (uint64_t)1 << (bit % 64);
    uint64_t *seen = &repeats->seen[bit / 64];
    if (*seen & mask) {
        repeats->again[bit / 64] |= mask;
        repeats->suspects++;
    }
    *seen |= mask;
}

#endif
