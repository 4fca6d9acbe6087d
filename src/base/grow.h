/* Growing arrays. Pure. */
#ifndef TCPLENS_BASE_GROW_H
#define TCPLENS_BASE_GROW_H

#include <stddef.h>
#include <stdint.h>

/* The array with room for at least `wanted` elements of `size` bytes each; *capacity is what it now
 * has room for, new elements are not initialised. It grows by at least half, so that appending one
 * by one costs linear time. NULL when out of memory: array and *capacity then stand unchanged.
 *
 *     struct row *rows = grow_array(list->rows, &list->capacity, list->count + 1, sizeof *rows);
 *     if (!rows)
 *         return -ENOMEM;
 *     list->rows = rows; */
void *grow_array(void *array, uint32_t *capacity, uint32_t wanted, size_t size);

#endif
