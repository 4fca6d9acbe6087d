/* other_end: the other end of a connection, where both are on this machine: the row with addresses
 * and ports swapped, in the same network namespace or in another one in the frame. Connections
 * rewritten by a packet filter (DNAT, published ports) are not matched. Pure. */
#ifndef TCPLENS_CORE_OTHER_END_H
#define TCPLENS_CORE_OTHER_END_H

#include "base/hash_index.h"
#include "core/frame.h"

/* The rows of a frame by their tuple. Must not outlive it. */
struct other_ends {
    const struct frame *frame;
    struct hash_index index;
    uint32_t *hashes; /* of its rows */
};

/* 0 or -ENOMEM (then it is empty). */
int other_ends_build(struct other_ends *ends, const struct frame *frame);
void other_ends_done(struct other_ends *ends);

/* Prefetches memory for other_ends_find(), to be called some rows before it: the other end may be
 * anywhere in the frame. */
void other_ends_fetch(const struct other_ends *ends, const struct conn *conn);

/* NULL: it is not in the frame, or *several rows of different namespaces match (private addresses
 * repeat). several may be NULL. */
const struct conn *other_ends_find(const struct other_ends *ends, const struct conn *conn,
                                   uint32_t *several);
/* The same for one row, without an index. */
const struct conn *other_end_of(const struct frame *frame, const struct conn *conn,
                                uint32_t *several);

#endif
