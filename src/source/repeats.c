/* repeats: see repeats.h. Cookies are handed out in sequence (net/core/sock_diag.c, Linux 6.18), so that the cookies of a
 * busy machine lie close together and hardly ever share a bit. */
#include "source/repeats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BITS_LEAST   (1u << 14)
#define BITS_MOST    (1u << 26)
#define BITS_PER_ROW 16u

void repeats_done(struct repeats *repeats)
{
    free(repeats->seen);
    row_index_done(&repeats->index);
    *repeats = (struct repeats){0};
}

int repeats_begin(struct repeats *repeats, uint32_t rows)
{
    uint32_t bits = BITS_LEAST;
    while (bits < BITS_MOST && bits / BITS_PER_ROW < rows)
        bits *= 2;
    if (bits > repeats->capacity) {
        uint64_t *memory = malloc(bits / 8 * 2);
        if (!memory)
            return -ENOMEM;
        free(repeats->seen);
        repeats->seen = memory;
        repeats->capacity = bits;
    }
    repeats->bits = bits;
    repeats->again = repeats->seen + bits / 64;
    memset(repeats->seen, 0, repeats->bits / 8 * 2);
    repeats->suspects = 0;
    return 0;
}

static bool was_again(const struct repeats *repeats, uint64_t cookie)
{
    uint32_t bit = (uint32_t)cookie & (repeats->bits - 1);
    return repeats->again[bit / 64] >> (bit % 64) & 1;
}

uint32_t repeats_remove(struct repeats *repeats, struct conn *conns, uint32_t count)
{
    uint32_t kept = 0;
    if (repeats->suspects == 0)
        return count;
    /* A bit that was set n times again stands for n + 1 rows. */
    if (row_index_begin(&repeats->index, repeats->suspects * 2))
        return count;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t cookie = conns[i].cookie;
        uint32_t seen = CONN_NO_INDEX;
        if (was_again(repeats, cookie))
            seen = row_index_add(&repeats->index, conns, cookie, kept);
        if (seen == CONN_NO_INDEX)
            seen = kept++;
        if (seen != i)
            conns[seen] = conns[i];
    }
    return kept;
}
