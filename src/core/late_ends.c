/* late_ends: a ring of sockets, by network namespace and cookie, and an index over it. Independent
 * of frames and events. */
#include "core/late_ends.h"

#include "base/hash.h"
#include "base/hash_index.h"

#include <stdlib.h>

struct late_ends {
    struct hash_index index;
    uint32_t next;
    uint64_t cookies[LATE_ENDS_MOST]; /* 0 = free */
    uint32_t netns[LATE_ENDS_MOST];
};

struct late_ends *late_ends_new(void)
{
    struct late_ends *ends = calloc(1, sizeof(*ends)); /* pages come when they are written */
    if (ends && hash_index_begin(&ends->index, 0)) {
        free(ends);
        return NULL;
    }
    return ends;
}

void late_ends_free(struct late_ends *ends)
{
    if (!ends)
        return;
    hash_index_done(&ends->index);
    free(ends);
}

static void forget(struct late_ends *ends, uint32_t at)
{
    hash_index_remove(&ends->index, hash_number(ends->cookies[at]), at);
    ends->cookies[at] = 0;
}

bool late_ends_take(struct late_ends *ends, uint32_t netns, uint64_t cookie)
{
    struct hash_cursor cursor;
    for (uint32_t at = hash_index_first(&ends->index, hash_number(cookie), &cursor);
         at != HASH_INDEX_NONE; at = hash_index_next(&ends->index, &cursor)) {
        if (ends->cookies[at] != cookie || ends->netns[at] != netns)
            continue;
        forget(ends, at);
        return true;
    }
    return false;
}

void late_ends_add(struct late_ends *ends, uint32_t netns, uint64_t cookie)
{
    if (ends->cookies[ends->next])
        forget(ends, ends->next);
    if (!cookie || hash_index_reserve(&ends->index, ends->index.count + 1) ||
        hash_index_add(&ends->index, hash_number(cookie), ends->next))
        return;
    ends->cookies[ends->next] = cookie;
    ends->netns[ends->next] = netns;
    ends->next = (ends->next + 1) % LATE_ENDS_MOST;
}
