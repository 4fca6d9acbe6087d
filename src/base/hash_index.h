/* An index over elements that live elsewhere: from a 32-bit hash to the numbers of the elements
 * that have it. The caller compares the elements; the same hash may be there many times. Pure.
 *
 *     struct hash_cursor cursor;
 *     for (uint32_t i = hash_index_first(&index, hash, &cursor); i != HASH_INDEX_NONE;
 *          i = hash_index_next(&index, &cursor)) {
 *         if (rows[i].key == key)
 *             return i;
 *     } */
#ifndef TCPLENS_BASE_HASH_INDEX_H
#define TCPLENS_BASE_HASH_INDEX_H

#include <stdint.h>

#define HASH_INDEX_NONE UINT32_MAX

struct hash_index {
    uint64_t *slots; /* hash << 32 | element + 1; 0 = free */
    uint32_t mask;   /* slots in use - 1; 0 = none */
    uint32_t room;   /* slots there are, a power of two or 0 */
    uint32_t count;  /* at most half of the slots */
};

struct hash_cursor {
    uint32_t hash, slot;
};

void hash_index_done(struct hash_index *index);
/* Empties it and makes room for so many elements; keeps its memory, but uses only as much as these
 * need. 0 or -ENOMEM (it is empty then, too). */
int hash_index_begin(struct hash_index *index, uint32_t elements);
/* Room for so many elements in all. 0 or -ENOMEM (nothing changed). */
int hash_index_reserve(struct hash_index *index, uint32_t elements);
/* element < HASH_INDEX_NONE. 0 or -ENOMEM; never fails within what was reserved. Of elements with
 * equal hashes the first added is found first. */
int hash_index_add(struct hash_index *index, uint32_t hash, uint32_t element);
void hash_index_remove(struct hash_index *index, uint32_t hash, uint32_t element);

static inline uint32_t hash_index_next(const struct hash_index *index, struct hash_cursor *cursor)
{
    for (;; cursor->slot++) {
        const uint64_t slot = index->slots[cursor->slot & index->mask];
        if (slot == 0)
            return HASH_INDEX_NONE;
        if (slot >> 32 == cursor->hash) {
            cursor->slot++;
            return (uint32_t)slot - 1;
        }
    }
}

static inline uint32_t hash_index_first(const struct hash_index *index, uint32_t hash,
                                        struct hash_cursor *cursor)
{
    *cursor = (struct hash_cursor){.hash = hash, .slot = hash};
    return index->count ? hash_index_next(index, cursor) : HASH_INDEX_NONE;
}

#endif
