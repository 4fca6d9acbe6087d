/* A view's order. Keys are numbers taken once a row; the window is found by selection, so that of
 * 200,000 rows only those on the screen are sorted. Must not know how rows are drawn. */
#include "core/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct order {                 /* how two entries compare */
    const struct column *sort; /* set only where keys may tie without being equal */
    bool descending;
    const struct column_context *context;
};

void view_init(struct view *view)
{
    *view = (struct view){0};
}

void view_done(struct view *view)
{
    free(view->entries);
    free(view->held);
    view_init(view);
}

/* Total: no two rows of a frame have the same serial. */
static int compare_entries(const struct view_entry *a, const struct view_entry *b,
                           const struct order *order)
{
    if (a->unknown != b->unknown)
        return a->unknown < b->unknown ? -1 : 1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (order->sort && !a->unknown) {
        const struct conn *conns = order->context->frame->conns;
        int text = column_compare(order->sort, order->context, &conns[a->row], &conns[b->row]);

        if (text)
            return order->descending ? -text : text;
    }
    return (a->serial > b->serial) - (a->serial < b->serial);
}

static int compare_for_qsort(const void *a, const void *b, void *order)
{
    return compare_entries(a, b, order);
}

static void sort_entries(struct view_entry *entries, size_t count, struct order *order)
{
    if (count > 1)
        qsort_r(entries, count, sizeof(*entries), compare_for_qsort, order);
}

static void swap_entries(struct view_entry *a, struct view_entry *b)
{
    struct view_entry kept = *a;

    *a = *b;
    *b = kept;
}

/* Middle one of first, middle and last, moved to the front as the pivot. */
static void choose_pivot(struct view_entry *entries, size_t count, const struct order *order)
{
    struct view_entry *first = entries, *middle = entries + count / 2, *last = entries + count - 1;

    if (compare_entries(middle, first, order) < 0)
        swap_entries(middle, first);
    if (compare_entries(last, middle, order) < 0)
        swap_entries(last, middle);
    if (compare_entries(middle, first, order) < 0)
        swap_entries(middle, first);
    swap_entries(first, middle);
}

/* Lower entries before the pivot, higher ones after it; returns its place. */
static size_t partition(struct view_entry *entries, size_t count, const struct order *order)
{
    size_t low = 1, high = count - 1;

    choose_pivot(entries, count, order);
    for (;;) {
        while (low <= high && compare_entries(&entries[low], &entries[0], order) < 0)
            low++;
        while (low <= high && compare_entries(&entries[high], &entries[0], order) > 0)
            high--;
        if (low >= high)
            break;
        swap_entries(&entries[low++], &entries[high--]);
    }
    swap_entries(&entries[0], &entries[high]);
    return high;
}

#define MARGIN_WINDOWS 4
#define SMALL          24 /* entries that are sorted rather than partitioned further */

/* Introselect: afterwards no entry before `rank` sorts after one at or behind it. Partitions that
 * do not shrink (an order made to hurt) end in a sort. */
static void select_rank(struct view_entry *entries, size_t count, size_t rank, struct order *order)
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
    sort_entries(entries + first, last - first, order);
}

static struct order view_order(const struct view *view, const struct column_context *context)
{
    struct order order = {.descending = view->descending, .context = context};

    /* All other types have their whole value in the key. */
    if (view->sort && !view->held_count &&
        (view->sort->type == TYPE_TEXT || view->sort->type == TYPE_ADDRESS))
        order.sort = view->sort;
    return order;
}

static int grow_entries(struct view_entry **entries, uint32_t *capacity, uint32_t wanted)
{
    struct view_entry *grown;
    uint32_t size = wanted + wanted / 4 + 16;

    if (wanted <= *capacity)
        return 0;
    grown = realloc(*entries, (size_t)size * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    *entries = grown;
    *capacity = size;
    return 0;
}

static int compare_serials(const void *a, const void *b)
{
    const struct view_entry *left = a, *right = b;

    return (left->serial > right->serial) - (left->serial < right->serial);
}

/* Keeps the order of the last update: what was shown is in it already, what lay before and behind
 * is brought into order by the keys of then. */
static int hold_order(struct view *view)
{
    struct order order = {0};
    uint32_t shown_end = view->top + view->shown;
    int error = grow_entries(&view->held, &view->held_capacity, view->entry_count);

    if (error)
        return error;
    sort_entries(view->entries, view->top, &order);
    sort_entries(view->entries + shown_end, view->entry_count - shown_end, &order);
    for (uint32_t i = 0; i < view->entry_count; i++)
        view->held[i] = (struct view_entry){.key = i, .serial = view->entries[i].serial};
    view->held_count = view->entry_count;
    qsort(view->held, view->held_count, sizeof(*view->held), compare_serials);
    return 0;
}

/* Rows that came since stand behind all held ones, by serial. */
static uint64_t held_key(const struct view *view, uint64_t serial)
{
    struct view_entry wanted = {.serial = serial};
    const struct view_entry *found =
        bsearch(&wanted, view->held, view->held_count, sizeof(*view->held), compare_serials);

    return found ? found->key : UINT32_MAX;
}

static void fill_entry(const struct view *view, const struct column_context *context, uint32_t row,
                       struct view_entry *entry)
{
    const struct conn *conn = &context->frame->conns[row];

    *entry = (struct view_entry){.serial = conn->serial, .row = row};
    if (view->held_count) {
        entry->key = held_key(view, conn->serial);
    } else if (view->sort) {
        entry->unknown = !column_sort_key(view->sort, context, conn, &entry->key);
        if (view->descending && !entry->unknown)
            entry->key = ~entry->key;
    } else if (view->descending) {
        entry->key = ~conn->serial;
    }
}

static int fill_entries(struct view *view, const struct column_context *context)
{
    const struct frame *frame = context->frame;
    int error = grow_entries(&view->entries, &view->entry_capacity, frame->conn_count);

    if (error)
        return error;
    view->entry_count = view->accepted_live = 0;
    for (uint32_t row = 0; row < frame->conn_count; row++) {
        const struct conn *conn = &frame->conns[row];

        if (view->accept && !view->accept(view->accept_data, context, conn))
            continue;
        fill_entry(view, context, row, &view->entries[view->entry_count++]);
        if (row < frame->live_count)
            view->accepted_live++;
    }
    return 0;
}

static const struct view_entry *find_serial(const struct view *view, uint64_t serial)
{
    for (uint32_t i = 0; serial && i < view->entry_count; i++) {
        if (view->entries[i].serial == serial)
            return &view->entries[i];
    }
    return NULL;
}

static uint32_t rank_of(const struct view *view, const struct view_entry *entry,
                        const struct order *order)
{
    struct view_entry wanted = *entry;
    uint32_t rank = 0;

    for (uint32_t i = 0; i < view->entry_count; i++) {
        if (compare_entries(&view->entries[i], &wanted, order) < 0)
            rank++;
    }
    return rank;
}

/* The cursor's rank decides what is shown: as little scrolling as keeps it on the screen. */
static void scroll(struct view *view, uint32_t height)
{
    uint32_t highest = view->entry_count > height ? view->entry_count - height : 0;

    if (view->cursor_rank < view->top)
        view->top = view->cursor_rank;
    if (height && view->cursor_rank - view->top >= height)
        view->top = view->cursor_rank - height + 1;
    if (view->top > highest)
        view->top = highest;
    view->shown = view->entry_count - view->top < height ? view->entry_count - view->top : height;
}

static void order_window(struct view *view, struct order *order)
{
    uint32_t end = view->top + view->shown, margin = view->shown * MARGIN_WINDOWS;
    uint32_t first = view->top > margin ? view->top - margin : 0;

    if (!view->entry_count)
        return;
    if (view->ordered_first <= view->top && end <= view->ordered_end)
        return;
    end = view->entry_count - end > margin ? end + margin : view->entry_count;
    select_rank(view->entries, view->entry_count, first, order);
    select_rank(view->entries + first, view->entry_count - first, end - first, order);
    sort_entries(view->entries + first, end - first, order);
    view->ordered_first = first;
    view->ordered_end = end;
}

/* Cursor to the row of its rank; that row must be in its final place. */
static void hold_cursor(struct view *view, struct order *order, uint32_t height)
{
    uint32_t rank = view->cursor_rank;

    if (!view->entry_count) {
        view->cursor = 0;
        return;
    }
    if (!height) {
        view->ordered_first = view->ordered_end = 0;
        select_rank(view->entries, view->entry_count, rank, order);
    }
    if (!height && rank + 1 < view->entry_count)
        select_rank(view->entries + rank, view->entry_count - rank, 1, order);
    view->cursor = view->entries[rank].serial;
}

static void settle(struct view *view, const struct column_context *context, uint32_t height)
{
    struct order order = view_order(view, context);
    const struct view_entry *entry = find_serial(view, view->cursor);

    if (entry)
        view->cursor_rank = rank_of(view, entry, &order);
    else if (view->cursor_rank >= view->entry_count)
        view->cursor_rank = view->entry_count ? view->entry_count - 1 : 0;
    scroll(view, height);
    view->ordered_first = view->ordered_end = 0;
    order_window(view, &order);
    hold_cursor(view, &order, height);
}

int view_update(struct view *view, const struct column_context *context, uint32_t height)
{
    int error = 0;

    if (!view->frozen)
        view->held_count = 0;
    else if (!view->held_count && view->entry_count)
        error = hold_order(view);
    if (!error)
        error = fill_entries(view, context);
    if (error)
        return error;
    settle(view, context, height);
    return 0;
}

int view_move(struct view *view, const struct column_context *context, int64_t delta,
              uint32_t height)
{
    struct order order = view_order(view, context);
    int64_t last = (int64_t)view->entry_count - 1, rank;

    if (!view->entry_count)
        return 0;
    if (__builtin_add_overflow((int64_t)view->cursor_rank, delta, &rank))
        rank = delta < 0 ? 0 : last;
    view->cursor_rank = (uint32_t)(rank < 0 ? 0 : rank > last ? last : rank);
    scroll(view, height);
    order_window(view, &order);
    hold_cursor(view, &order, height);
    return 0;
}

const struct conn *view_row(const struct view *view, const struct frame *frame, uint32_t line)
{
    uint32_t row;

    if (line >= view->shown)
        return NULL;
    row = view->entries[view->top + line].row;
    return row < frame->conn_count ? &frame->conns[row] : NULL;
}

int view_sort_all(struct view *view, const struct column_context *context)
{
    struct order order;
    int error = fill_entries(view, context);

    if (error)
        return error;
    order = view_order(view, context);
    sort_entries(view->entries, view->entry_count, &order);
    view->top = 0;
    view->shown = view->entry_count;
    return 0;
}
