#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GROW_FIRST 16u

int grow_room(void *array, uint32_t *capacity, uint32_t wanted, size_t size)
{
    uint64_t room = (uint64_t)*capacity + *capacity / 2;
    void *data;

    if (room < wanted)
        room = wanted;
    if (room < GROW_FIRST)
        room = GROW_FIRST;
    if (room > UINT32_MAX)
        room = UINT32_MAX;
    if (room > SIZE_MAX / size)
        return -ENOMEM;
    memcpy(&data, array, sizeof data); /* a pointer to any type, read as void * */
    data = realloc(data, (size_t)room * size);
    if (!data)
        return -ENOMEM;
    memcpy(array, &data, sizeof data);
    *capacity = (uint32_t)room;
    return 0;
}
