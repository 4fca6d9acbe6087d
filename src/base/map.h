/* A map from 64-bit numbers to 32-bit ones, for serials and process numbers of a log. Pure. Number
 * 0 is no key. */
#ifndef TCPLENS_BASE_MAP_H
#define TCPLENS_BASE_MAP_H

#include <stdint.h>

#define MAP_NONE UINT32_MAX

struct map_slot {
    uint64_t key; /* 0 = free */
    uint32_t value;
};

struct map {
    struct map_slot *slots;
    uint32_t count, size; /* size is a power of two or 0 */
};

void map_done(struct map *map);
void map_clear(struct map *map); /* keeps its memory */
uint32_t map_find(const struct map *map, uint64_t key);
int map_put(struct map *map, uint64_t key, uint32_t value); /* adds or replaces; 0 or -ENOMEM */
void map_remove(struct map *map, uint64_t key);

#endif
