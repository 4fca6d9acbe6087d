/* row_index: finds a row of a frame being filled by its cookie. PURE: it must not know sockets. */
#include "source/row_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BITS_LEAST 10u
#define BITS_MOST  31u

void row_index_done(struct row_index *index)
{
    free(index->slots);
    *index = (struct row_index){0};
}

/* The slot that holds the cookie, or the free one where it belongs. Cookies are handed out in
 * sequence: multiplied by 2^64 / golden ratio, or runs of them would collide with other runs. */
static uint64_t *find_slot(const struct row_index *index, const struct conn *conns, uint64_t cookie)
{
    uint32_t mask = (1u << index->bits) - 1;
    uint32_t at = (uint32_t)(cookie * 0x9e3779b97f4a7c15u >> (64 - index->bits));
    for (;; at = (at + 1) & mask) {
        uint64_t *slot = &index->slots[at];
        if (*slot == 0)
            return slot;
        if (*slot >> 32 == (uint32_t)cookie && conns[(uint32_t)*slot - 1].cookie == cookie)
            return slot;
    }
}

uint32_t row_index_add(struct row_index *index, const struct conn *conns, uint64_t cookie,
                       uint32_t row)
{
    if (cookie == 0)
        return CONN_NO_INDEX;
    uint64_t *slot = find_slot(index, conns, cookie);
    if (*slot)
        return (uint32_t)*slot - 1;
    *slot = cookie << 32 | (row + 1);
    return CONN_NO_INDEX;
}

uint32_t row_index_find(const struct row_index *index, const struct conn *conns, uint64_t cookie)
{
    if (cookie == 0 || !index->slots)
        return CONN_NO_INDEX;
    const uint64_t *slot = find_slot(index, conns, cookie);
    return *slot ? (uint32_t)*slot - 1 : CONN_NO_INDEX;
}

static uint32_t capacity(const struct row_index *index)
{
    return index->slots ? 1u << (index->bits - 1) : 0;
}

void row_index_rebuild(struct row_index *index, const struct conn *conns, uint32_t count)
{
    if (!index->slots)
        return;
    memset(index->slots, 0, sizeof(*index->slots) << index->bits);
    for (uint32_t i = 0; i < count && i < capacity(index); i++)
        row_index_add(index, conns, conns[i].cookie, i);
}

int row_index_reserve(struct row_index *index, const struct conn *conns, uint32_t filled,
                      uint32_t count)
{
    uint32_t bits = index->slots ? index->bits : BITS_LEAST;
    if (count <= capacity(index))
        return 0;
    while (bits < BITS_MOST && 1u << (bits - 1) < count)
        bits++;
    uint64_t *slots = calloc((size_t)1 << bits, sizeof(*slots));
    if (!slots || 1u << (bits - 1) < count) {
        free(slots);
        return -ENOMEM;
    }
    free(index->slots);
    *index = (struct row_index){.slots = slots, .bits = bits};
    for (uint32_t i = 0; i < filled; i++)
        row_index_add(index, conns, conns[i].cookie, i);
    return 0;
}
