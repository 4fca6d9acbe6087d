/* ended: a ring of cookies and an index over it. Independent of frames and events. */
#include "core/ended.h"

#include "base/hash.h"
#include "base/hash_index.h"

#include <stdlib.h>

struct ended {
    struct hash_index index;
    uint32_t next;
    uint64_t cookies[ENDED_MOST]; /* 0 = free */
};

struct ended *ended_new(void)
{
    struct ended *ended = calloc(1, sizeof(*ended)); /* pages come when they are written */
    if (ended && hash_index_begin(&ended->index, 0)) {
        free(ended);
        return NULL;
    }
    return ended;
}

void ended_free(struct ended *ended)
{
    if (!ended)
        return;
    hash_index_done(&ended->index);
    free(ended);
}

static void forget(struct ended *ended, uint32_t at)
{
    hash_index_remove(&ended->index, hash_number(ended->cookies[at]), at);
    ended->cookies[at] = 0;
}

bool ended_take(struct ended *ended, uint64_t cookie)
{
    struct hash_cursor cursor;
    for (uint32_t at = hash_index_first(&ended->index, hash_number(cookie), &cursor);
         at != HASH_INDEX_NONE; at = hash_index_next(&ended->index, &cursor)) {
        if (ended->cookies[at] != cookie)
            continue;
        forget(ended, at);
        return true;
    }
    return false;
}

void ended_add(struct ended *ended, uint64_t cookie)
{
    if (ended->cookies[ended->next])
        forget(ended, ended->next);
    if (!cookie || hash_index_reserve(&ended->index, ended->index.count + 1) ||
        hash_index_add(&ended->index, hash_number(cookie), ended->next))
        return;
    ended->cookies[ended->next] = cookie;
    ended->next = (ended->next + 1) % ENDED_MOST;
}
