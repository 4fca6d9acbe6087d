/* tags: the tagged connections, by serial, so that a tag never moves to another row. */
#include "ui/tags.h"

#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void tags_done(struct tags *tags)
{
    free(tags->serials);
    *tags = (struct tags){0};
}

void tags_clear(struct tags *tags)
{
    tags->count = 0;
}

/* Place of the first serial that is not below. */
static size_t place_of(const struct tags *tags, uint64_t serial)
{
    size_t low = 0, high = tags->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tags->serials[middle] < serial)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool tags_has(const struct tags *tags, uint64_t serial)
{
    size_t at = place_of(tags, serial);
    return at < tags->count && tags->serials[at] == serial;
}

int tags_toggle(struct tags *tags, uint64_t serial)
{
    size_t at = place_of(tags, serial);
    if (at < tags->count && tags->serials[at] == serial) {
        memmove(tags->serials + at, tags->serials + at + 1,
                (tags->count - at - 1) * sizeof(*tags->serials));
        tags->count--;
        return 0;
    }
    if (GROW(tags->serials, tags->capacity, tags->count + 1))
        return -ENOMEM;
    memmove(tags->serials + at + 1, tags->serials + at,
            (tags->count - at) * sizeof(*tags->serials));
    tags->serials[at] = serial;
    tags->count++;
    return 0;
}

void tags_follow(struct tags *tags, const struct frame *frame)
{
    if (tags->count == 0)
        return;
    struct tags kept = {0};
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (tags_has(tags, frame->conns[i].serial) &&
            tags_toggle(&kept, frame->conns[i].serial) != 0)
            goto out; /* out of memory: tags of closed rows are harmless */
    free(tags->serials);
    *tags = kept;
    return;
out:
    tags_done(&kept);
}
