#include "base/hash_index.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64u
#define SLOTS_MOST  (UINT32_C(1) << 31)

void hash_index_done(struct hash_index *index)
{
    free(index->slots);
    *index = (struct hash_index){0};
}

static void put(struct hash_index *index, uint64_t slot)
{
    uint32_t at = (uint32_t)(slot >> 32) & index->mask;

    while (index->slots[at])
        at = (at + 1) & index->mask;
    index->slots[at] = slot;
    index->count++;
}

static uint32_t slots_for(uint32_t elements)
{
    uint32_t size = SLOTS_FIRST;

    while (size / 2 < elements)
        size *= 2;
    return size;
}

/* Moves all elements. Begins after a free slot, so that equal hashes keep their order. */
static void move_slots(const struct hash_index *from, struct hash_index *to)
{
    uint32_t begin = 0;

    while (from->slots[begin])
        begin++;
    for (uint32_t i = 1; i <= from->mask; i++) {
        const uint64_t slot = from->slots[(begin + i) & from->mask];
        if (slot)
            put(to, slot);
    }
}

int hash_index_reserve(struct hash_index *index, uint32_t elements)
{
    if (index->mask && elements <= (index->mask + 1) / 2)
        return 0;
    if (elements > SLOTS_MOST / 2)
        return -ENOMEM;
    const uint32_t size = slots_for(elements);
    struct hash_index bigger = {.mask = size - 1, .room = size};
    bigger.slots = calloc(size, sizeof *bigger.slots);
    if (!bigger.slots)
        return -ENOMEM;
    if (index->count)
        move_slots(index, &bigger);
    free(index->slots);
    *index = bigger;
    return 0;
}

int hash_index_begin(struct hash_index *index, uint32_t elements)
{
    index->count = 0;
    if (elements > SLOTS_MOST / 2)
        return -ENOMEM;
    const uint32_t size = slots_for(elements);
    if (size > index->room) {
        hash_index_done(index);
        return hash_index_reserve(index, elements);
    }
    index->mask = size - 1;
    memset(index->slots, 0, size * sizeof *index->slots);
    return 0;
}

int hash_index_add(struct hash_index *index, uint32_t hash, uint32_t element)
{
    const int error = hash_index_reserve(index, index->count + 1);

    if (!error)
        put(index, (uint64_t)hash << 32 | (element + 1));
    return error;
}

/* Whether the element in slot `at`, whose probing began at `home`, may move to `hole`. */
static bool may_move(const struct hash_index *index, uint32_t home, uint32_t at, uint32_t hole)
{
    return ((at - home) & index->mask) >= ((at - hole) & index->mask);
}

/* Linear probing without tombstones: elements after the hole move up. */
static void close_hole(struct hash_index *index, uint32_t hole)
{
    uint64_t *slots = index->slots;

    for (uint32_t at = (hole + 1) & index->mask; slots[at]; at = (at + 1) & index->mask) {
        if (!may_move(index, (uint32_t)(slots[at] >> 32) & index->mask, at, hole))
            continue;
        slots[hole] = slots[at];
        hole = at;
    }
    slots[hole] = 0;
}

void hash_index_remove(struct hash_index *index, uint32_t hash, uint32_t element)
{
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(index, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(index, &cursor)) {
        if (i != element)
            continue;
        close_hole(index, (cursor.slot - 1) & index->mask);
        index->count--;
        return;
    }
}
