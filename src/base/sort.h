/* qsort(3) and qsort_r(3) for arrays that may be empty: passing NULL to those is undefined.
 * Pure. */
#ifndef TCPLENS_BASE_SORT_H
#define TCPLENS_BASE_SORT_H

#include <stdlib.h>

static inline void sort_items(void *items, size_t count, size_t size,
                              int (*compare)(const void *a, const void *b))
{
    if (count > 1)
        qsort(items, count, size, compare);
}

static inline void sort_items_by(void *items, size_t count, size_t size,
                                 int (*compare)(const void *a, const void *b, void *data),
                                 void *data)
{
    if (count > 1)
        qsort_r(items, count, size, compare, data);
}

#endif
