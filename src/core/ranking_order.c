/* Orders a window of many entries: its bounds are estimated from a sample, one pass gathers the
 * entries between them, and only those are selected and sorted. Selecting among all 200,000 rows
 * instead takes 24 ms at worst for a keystroke of a field filter, rather than 9 (goal: 20, see
 * doc/performance.md). */
#include "core/ranking_order.h"

#include "base/sort.h"

#include <stdlib.h>

#define SMALL        24   /* entries that are sorted rather than partitioned further */
#define SAMPLES      1024 /* taken evenly from all entries */
#define SAMPLE_SLACK 48   /* tolerance of a rank in the sample: 3 sigma at most */
#define SAMPLE_FROM  8192 /* entries from which on a sample pays */

int order_compare_tied(const struct ranking_entry *a, const struct ranking_entry *b,
                       const struct ranking_order *order)
{
    if (a->unknown != b->unknown)
        return a->unknown < b->unknown ? -1 : 1;
    if (order->compare && !a->unknown && !a->whole) {
        const int text = order->compare(order->data, a->row, b->row);

        if (text)
            return order->descending ? -text : text;
    }
    return (a->id > b->id) - (a->id < b->id);
}

static int compare_for_sort(const void *left, const void *right, void *order)
{
    const struct ranking_entry *a = left, *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return order_compare_tied(a, b, order);
}

void order_sort(struct ranking_entry *entries, size_t count, const struct ranking_order *order)
{
    sort_items_by(entries, count, sizeof(*entries), compare_for_sort, (void *)order);
}

static void swap_entries(struct ranking_entry *a, struct ranking_entry *b)
{
    struct ranking_entry kept = *a;

    *a = *b;
    *b = kept;
}

/* The median of first, middle and last becomes the pivot, at the front. */
static void choose_pivot(struct ranking_entry *entries, size_t count,
                         const struct ranking_order *order)
{
    struct ranking_entry *first = entries, *middle = entries + count / 2,
                         *last = entries + count - 1;

    if (order_is_before(middle, first, order))
        swap_entries(middle, first);
    if (order_is_before(last, middle, order))
        swap_entries(last, middle);
    if (order_is_before(middle, first, order))
        swap_entries(middle, first);
    swap_entries(first, middle);
}

/* Lower entries before the pivot, higher ones after it; returns its place. */
static size_t partition(struct ranking_entry *entries, size_t count,
                        const struct ranking_order *order)
{
    size_t low = 1, high = count - 1;

    choose_pivot(entries, count, order);
    for (;;) {
        while (low <= high && order_is_before(&entries[low], &entries[0], order))
            low++;
        while (low <= high && order_is_before(&entries[0], &entries[high], order))
            high--;
        if (low >= high)
            break;
        swap_entries(&entries[low++], &entries[high--]);
    }
    swap_entries(&entries[0], &entries[high]);
    return high;
}

/* Introselect: afterwards no entry before `rank` sorts after one at or behind it. If partitions do
 * not shrink (adversarial order), it falls back to sorting. */
static void select_rank(struct ranking_entry *entries, size_t count, size_t rank,
                        const struct ranking_order *order)
{
    size_t first = 0, last = count; /* [first, last) holds the entry of that rank */
    unsigned patience = 8;

    for (size_t rest = count; rest > 1; rest /= 2)
        patience += 2;
    if (rank == 0 || rank >= count)
        return;
    while (last - first > SMALL && patience) {
        size_t pivot = first + partition(entries + first, last - first, order);

        patience--;
        if (pivot == rank)
            return;
        if (pivot < rank)
            first = pivot + 1;
        else
            last = pivot;
    }
    order_sort(entries + first, last - first, order);
}

/* Entries before `bound` to the front; returns how many. */
static size_t gather(struct ranking_entry *entries, size_t count, const struct ranking_entry *bound,
                     const struct ranking_order *order)
{
    size_t gathered = 0;

    for (size_t i = 0; i < count; i++) {
        if (!order_is_before(&entries[i], bound, order))
            continue;
        if (i != gathered)
            swap_entries(&entries[i], &entries[gathered]);
        gathered++;
    }
    return gathered;
}

/* Moves entries that certainly come before rank *first to the front and those certainly after rank
 * *last to the end: the ranks in between are in [*first, *last) afterwards. */
static void narrow(struct ranking_entry *entries, size_t count, size_t *first, size_t *last,
                   const struct ranking_order *order)
{
    struct ranking_entry sample[SAMPLES];
    size_t low = *first * SAMPLES / count, high = *last * SAMPLES / count;
    size_t begin = 0, end = count;

    for (size_t i = 0; i < SAMPLES; i++)
        sample[i] = entries[i * count / SAMPLES];
    order_sort(sample, SAMPLES, order);
    if (high + SAMPLE_SLACK < SAMPLES)
        end = gather(entries, count, &sample[high + SAMPLE_SLACK], order);
    if (end < *last) /* the sample was not representative */
        end = count;
    if (low > SAMPLE_SLACK)
        begin = gather(entries, end, &sample[low - SAMPLE_SLACK], order);
    *first = begin <= *first ? begin : 0;
    *last = end;
}

void order_window(struct ranking_entry *entries, size_t count, size_t first, size_t end,
                  const struct ranking_order *order)
{
    size_t low = first, high = end;

    if (count >= SAMPLE_FROM)
        narrow(entries, count, &low, &high, order);
    else
        low = 0, high = count;
    select_rank(entries + low, high - low, first - low, order);
    select_rank(entries + first, high - first, end - first, order);
    order_sort(entries + first, end - first, order);
}

uint32_t order_rank(const struct ranking_entry *entries, uint32_t count,
                    const struct ranking_entry *entry, const struct ranking_order *order)
{
    const struct ranking_entry wanted = *entry;
    uint32_t rank = 0;

    for (uint32_t i = 0; i < count; i++)
        rank += order_is_before(&entries[i], &wanted, order);
    return rank;
}
