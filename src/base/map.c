/* Open addressing with linear probing; a removed slot is closed by moving its followers up, so that
 * no tombstones accumulate over weeks of recording. */
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAP_FIRST 64u

static uint32_t slot_of(const struct map *map, uint64_t key)
{
    uint64_t x = (key ^ key >> 32) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(x >> 32) & (map->size - 1);
}

void map_done(struct map *map)
{
    free(map->slots);
    *map = (struct map){0};
}

void map_clear(struct map *map)
{
    if (map->size)
        memset(map->slots, 0, map->size * sizeof(*map->slots));
    map->count = 0;
}

/* The slot that holds key, or the free one where it belongs. */
static uint32_t probe(const struct map *map, uint64_t key)
{
    uint32_t at = slot_of(map, key);
    while (map->slots[at].key && map->slots[at].key != key)
        at = (at + 1) & (map->size - 1);
    return at;
}

uint32_t map_find(const struct map *map, uint64_t key)
{
    if (!map->count || !key)
        return MAP_NONE;
    const struct map_slot *slot = &map->slots[probe(map, key)];
    return slot->key ? slot->value : MAP_NONE;
}

static int map_grow(struct map *map)
{
    if (map->size > UINT32_MAX / 2)
        return -ENOMEM;
    struct map bigger = {.size = map->size ? map->size * 2 : MAP_FIRST, .count = map->count};
    bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
    if (!bigger.slots)
        return -ENOMEM;
    for (uint32_t i = 0; i < map->size; i++) {
        if (map->slots[i].key)
            bigger.slots[probe(&bigger, map->slots[i].key)] = map->slots[i];
    }
    free(map->slots);
    *map = bigger;
    return 0;
}

int map_put(struct map *map, uint64_t key, uint32_t value)
{
    if (map->count >= map->size / 2) {
        int error = map_grow(map);
        if (error)
            return error;
    }
    struct map_slot *slot = &map->slots[probe(map, key)];
    if (!slot->key)
        map->count++;
    *slot = (struct map_slot){.key = key, .value = value};
    return 0;
}

void map_remove(struct map *map, uint64_t key)
{
    if (!map->count || !key)
        return;
    uint32_t hole = probe(map, key), mask = map->size - 1;
    if (!map->slots[hole].key)
        return;
    map->count--;
    for (uint32_t at = (hole + 1) & mask; map->slots[at].key; at = (at + 1) & mask) {
        uint32_t home = slot_of(map, map->slots[at].key);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue; /* it would land before its home */
        map->slots[hole] = map->slots[at];
        hole = at;
    }
    map->slots[hole].key = 0;
}
