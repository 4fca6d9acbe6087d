/* Endings: an array and an index by cookie. Independent of frames. */
#include "core/endings.h"

#include "base/grow.h"
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>

void endings_done(struct endings *endings)
{
    free(endings->list);
    hash_index_done(&endings->index);
    *endings = (struct endings){0};
}

struct ending *endings_find(const struct endings *endings, uint64_t cookie, uint32_t netns)
{
    struct hash_cursor cursor;
    if (endings->count == 0 || !cookie)
        return NULL;
    for (uint32_t i = hash_index_first(&endings->index, hash_number(cookie), &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&endings->index, &cursor)) {
        const struct socket_end *end = &endings->list[i].end;
        if (end->cookie == cookie && end->netns == netns)
            return &endings->list[i];
    }
    return NULL;
}

struct ending *endings_take(struct endings *endings, uint64_t cookie, uint32_t netns)
{
    struct ending *found = endings_find(endings, cookie, netns);
    if (found)
        return found;
    if (GROW(endings->list, endings->capacity, endings->count + 1) ||
        hash_index_add(&endings->index, hash_number(cookie), endings->count))
        return NULL;
    struct ending *added = &endings->list[endings->count++];
    *added = (struct ending){.end = {.cookie = cookie, .netns = netns, .uid = UINT32_MAX}};
    return added;
}

int endings_note(struct endings *endings, const struct socket_end *end)
{
    struct ending *ending = endings_take(endings, end->cookie, end->netns);
    if (!ending)
        return -ENOMEM;
    const struct socket_end was = ending->end;
    ending->end = *end;
    if (ending->ended)
        counters_add(&ending->end.counters, &was.counters);
    if (!end->pid && was.pid) {
        ending->end.pid = was.pid;
        ending->end.owner_start_ticks = was.owner_start_ticks;
        ending->end.uid = was.uid;
    }
    ending->ended = true;
    return 0;
}

void endings_sift(struct endings *endings)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < endings->count; i++) {
        if (endings->list[i].done)
            continue;
        if (kept != i)
            endings->list[kept] = endings->list[i];
        endings->list[kept++].live = false;
    }
    if (kept == endings->count)
        return;
    endings->count = hash_index_begin(&endings->index, kept) ? 0 : kept; /* no memory: none */
    for (uint32_t i = 0; i < endings->count; i++) /* never fails within what was reserved */
        (void)hash_index_add(&endings->index, hash_number(endings->list[i].end.cookie), i);
}
