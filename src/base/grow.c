#include "base/grow.h"

#include <stdlib.h>

#define GROW_FIRST 16u

void *grow_array(void *array, uint32_t *capacity, uint32_t wanted, size_t size)
{
    if (array && wanted <= *capacity)
        return array;
    uint64_t room = (uint64_t)*capacity + *capacity / 2;
    if (room < wanted)
        room = wanted;
    if (room < GROW_FIRST)
        room = GROW_FIRST;
    if (room > UINT32_MAX)
        room = UINT32_MAX;
    if (room > SIZE_MAX / size)
        return NULL;
    void *grown = realloc(array, (size_t)room * size);
    if (grown)
        *capacity = (uint32_t)room;
    return grown;
}
