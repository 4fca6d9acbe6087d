/* How the entries of a view compare, and bringing a window of them into order without sorting all.
 * Private to view.c. Pure. */
#ifndef TCPLENS_CORE_VIEW_ORDER_H
#define TCPLENS_CORE_VIEW_ORDER_H

#include "core/view.h"

struct order {                 /* how two entries compare */
    const struct column *sort; /* set only where keys may tie without being equal */
    bool descending;
    const struct column_context *context;
};

/* Equal keys: what is not known last, then the text, then the serial. Total: no two rows of a frame
 * have the same serial. */
int order_compare_tied(const struct view_entry *a, const struct view_entry *b,
                       const struct order *order);

/* In the header because a frame of 200,000 rows asks it a million times. What is not known has the
 * highest key. */
static inline bool order_is_before(const struct view_entry *a, const struct view_entry *b,
                                   const struct order *order)
{
    if (a->key != b->key)
        return a->key < b->key;
    if (!order->sort && a->unknown == b->unknown)
        return a->serial < b->serial;
    return order_compare_tied(a, b, order) < 0;
}

void order_sort(struct view_entry *entries, size_t count, struct order *order);
/* Brings the entries of the ranks [first, end) into their places. */
void order_window(struct view_entry *entries, size_t count, size_t first, size_t end,
                  struct order *order);
/* How many entries sort before this one. */
uint32_t order_rank(const struct view_entry *entries, uint32_t count,
                    const struct view_entry *entry, const struct order *order);

#endif
