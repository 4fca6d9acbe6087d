/* Comparing entries of a ranking, and ordering a window of them without sorting all. Used by
 * ranking.c. Pure. */
#ifndef TCPLENS_CORE_RANKING_ORDER_H
#define TCPLENS_CORE_RANKING_ORDER_H

#include "core/ranking.h"

#include <stddef.h>

/* Equal keys: what is unknown last, then `compare` unless they are whole, then the id. Total: no
 * two rows have the same id. */
int order_compare_tied(const struct ranking_entry *a, const struct ranking_entry *b,
                       const struct ranking_order *order);

/* Inline because a frame of 200,000 rows calls it a million times. What is unknown has the
 * highest key. */
static inline bool order_is_before(const struct ranking_entry *a, const struct ranking_entry *b,
                                   const struct ranking_order *order)
{
    if (a->key != b->key)
        return a->key < b->key;
    if ((a->whole || !order->compare) && a->unknown == b->unknown)
        return a->id < b->id;
    return order_compare_tied(a, b, order) < 0;
}

void order_sort(struct ranking_entry *entries, size_t count, const struct ranking_order *order);
/* Puts the entries of ranks [first, end) into their final places. */
void order_window(struct ranking_entry *entries, size_t count, size_t first, size_t end,
                  const struct ranking_order *order);
/* How many entries sort before this one. */
uint32_t order_rank(const struct ranking_entry *entries, uint32_t count,
                    const struct ranking_entry *entry, const struct ranking_order *order);

#endif
