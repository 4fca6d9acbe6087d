/* Growing arrays. Pure. */
#ifndef TCPLENS_BASE_GROW_H
#define TCPLENS_BASE_GROW_H

#include <stddef.h>
#include <stdint.h>

/* Makes room for at least `wanted` elements in `array`, a pointer to elements (NULL at first) of
 * which `capacity`, a uint32_t, says how many it has room for. New elements are not initialised. It
 * grows by at least half, so that appending one by one costs linear time. 0 or -ENOMEM (both are
 * unchanged).
 *
 *     if (GROW(list->rows, list->capacity, list->count + 1))
 *         return -ENOMEM; */
#define GROW(array, capacity, wanted)                                                              \
    ((wanted) <= (capacity) ? 0 : grow_room(&(array), &(capacity), (wanted), sizeof *(array)))

/* What GROW() calls; array is the address of the pointer. */
int grow_room(void *array, uint32_t *capacity, uint32_t wanted, size_t size);

#endif
