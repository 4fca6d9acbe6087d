/* A view's order. Keys are numbers taken once a row; the window is found by selection, so that of
 * 200,000 rows only those on the screen are sorted. Must not know how rows are drawn. */
#include "core/view.h"

#include "base/grow.h"
#include "core/view_order.h"

#include <stdlib.h>
#include <string.h>

#define MARGIN_WINDOWS 4
#define FETCH_AHEAD    12u /* rows */

void view_init(struct view *view)
{
    *view = (struct view){0};
}

void view_done(struct view *view)
{
    free(view->entries);
    free(view->coming.entries);
    free(view->held);
    view_init(view);
}

static struct order view_order(const struct view *view, const struct column_context *context)
{
    struct order order = {.descending = view->descending, .context = context};

    /* All other types have their whole value in the key. */
    if (view->sort && !view->held_count &&
        (view->sort->type == TYPE_TEXT || view->sort->type == TYPE_ADDRESS ||
         view->sort->type == TYPE_STATE))
        order.sort = view->sort;
    return order;
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
    int error = GROW(view->held, view->held_capacity, view->entry_count);

    if (error)
        return error;
    order_sort(view->entries, view->top, &order);
    order_sort(view->entries + shown_end, view->entry_count - shown_end, &order);
    for (uint32_t i = 0; i < view->entry_count; i++)
        view->held[i] = (struct view_entry){.key = i, .serial = view->entries[i].serial};
    view->held_count = view->entry_count;
    if (view->held_count > 1)
        qsort(view->held, view->held_count, sizeof(*view->held), compare_serials);
    return 0;
}

/* Rows that came since stand behind all held ones, by serial. */
static uint64_t held_key(const struct view *view, uint64_t serial)
{
    struct view_entry wanted = {.serial = serial};
    const struct view_entry *found =
        view->held_count > 0
            ? bsearch(&wanted, view->held, view->held_count, sizeof(*view->held), compare_serials)
            : NULL;

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
        if (entry->unknown)
            entry->key = UINT64_MAX;
        else if (view->descending)
            entry->key = ~entry->key;
    } else if (view->descending) {
        entry->key = ~conn->serial;
    }
}

static bool accepts(const struct view *view, const struct column_context *context, uint32_t row)
{
    const struct conn *conn = &context->frame->conns[row];

    if (row >= context->frame->live_count && view->accept_ghost &&
        !view->accept_ghost(view->accept_data, context, conn))
        return false;
    return !view->accept || view->accept(view->accept_data, context, conn);
}

/* Rows come from memory, not from the cache, and mostly these two parts of them are read. */
static void fetch_ahead(const struct frame *frame, uint32_t row)
{
    if (row >= frame->conn_count)
        return;
    __builtin_prefetch(&frame->conns[row].state);
    __builtin_prefetch(&frame->conns[row].serial);
}

static bool has_begun(const struct view *view, const struct frame *frame)
{
    const struct view_rows *coming = &view->coming;

    return coming->frame == frame && coming->number == frame->number &&
           coming->wall_ns == frame->wall_ns && coming->next <= frame->conn_count &&
           coming->sort == view->sort && coming->descending == view->descending &&
           coming->accept_generation == view->accept_generation;
}

static int begin(struct view *view, const struct frame *frame)
{
    struct view_rows *coming = &view->coming;
    int error = GROW(coming->entries, coming->capacity, frame->conn_count);

    if (error)
        return error;
    *coming = (struct view_rows){.frame = frame,
                                 .number = frame->number,
                                 .wall_ns = frame->wall_ns,
                                 .sort = view->sort,
                                 .descending = view->descending,
                                 .accept_generation = view->accept_generation,
                                 .entries = coming->entries,
                                 .capacity = coming->capacity,
                                 .cursor = view->cursor,
                                 .cursor_at = UINT32_MAX};
    return 0;
}

static void take_rows(struct view *view, const struct column_context *context, uint32_t rows)
{
    struct view_rows *coming = &view->coming;
    const uint32_t left = context->frame->conn_count - coming->next;
    const uint32_t end = coming->next + (rows < left ? rows : left);
    uint32_t count = coming->count;

    for (uint32_t row = coming->next; row < end; row++) {
        fetch_ahead(context->frame, row + FETCH_AHEAD);
        if (!accepts(view, context, row))
            continue;
        fill_entry(view, context, row, &coming->entries[count]);
        if (coming->entries[count].serial == coming->cursor)
            coming->cursor_at = count;
        count++;
        coming->live += row < context->frame->live_count;
    }
    coming->count = count;
    coming->next = end;
}

/* The cursor may have been moved since its row was looked for. */
static uint32_t find_cursor(const struct view *view)
{
    const struct view_rows *coming = &view->coming;

    if (coming->cursor == view->cursor)
        return coming->cursor_at;
    for (uint32_t i = 0; i < coming->count; i++)
        if (coming->entries[i].serial == view->cursor)
            return i;
    return UINT32_MAX;
}

/* All rows, but for those taken ahead. *cursor becomes the place of the row under the cursor, if it
 * is still there. */
static int fill_entries(struct view *view, const struct column_context *context, uint32_t *cursor)
{
    struct view_rows *coming = &view->coming;
    const int error = has_begun(view, context->frame) ? 0 : begin(view, context->frame);

    if (error)
        return error;
    take_rows(view, context, UINT32_MAX);
    *cursor = find_cursor(view);
    struct view_entry *const old = view->entries;
    const uint32_t old_capacity = view->entry_capacity;
    view->entries = coming->entries;
    view->entry_capacity = coming->capacity;
    view->entry_count = coming->count;
    view->accepted_live = coming->live;
    *coming = (struct view_rows){.entries = old, .capacity = old_capacity};
    return 0;
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

static void order_shown(struct view *view, struct order *order)
{
    uint32_t end = view->top + view->shown, margin = view->shown * MARGIN_WINDOWS;
    uint32_t first = view->top > margin ? view->top - margin : 0;

    if (!view->entry_count)
        return;
    if (view->ordered_first <= view->top && end <= view->ordered_end)
        return;
    end = view->entry_count - end > margin ? end + margin : view->entry_count;
    order_window(view->entries, view->entry_count, first, end, order);
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
        order_window(view->entries, view->entry_count, rank, rank + 1, order);
    }
    view->cursor = view->entries[rank].serial;
}

/* Rank of the cursor's row; without it of what took its place. */
static uint32_t find_rank(const struct view *view, uint32_t cursor, const struct order *order)
{
    if (view->at_top || !view->entry_count)
        return 0;
    if (view->cursor && cursor < view->entry_count)
        return order_rank(view->entries, view->entry_count, &view->entries[cursor], order);
    return view->cursor_rank < view->entry_count ? view->cursor_rank : view->entry_count - 1;
}

static void settle(struct view *view, const struct column_context *context, uint32_t cursor,
                   uint32_t height)
{
    struct order order = view_order(view, context);

    view->cursor_rank = find_rank(view, cursor, &order);
    if (view->from_top) {
        view->at_top |= view->cursor_rank >= height;
        view->cursor_rank = view->at_top ? 0 : view->cursor_rank;
        view->top = 0;
        view->from_top = false;
    }
    scroll(view, height);
    view->ordered_first = view->ordered_end = 0;
    order_shown(view, &order);
    hold_cursor(view, &order, height);
}

bool view_prepare(struct view *view, const struct column_context *context, uint32_t rows)
{
    /* An order that is kept needs the one before. */
    if (view->frozen || view->held_count)
        return true;
    if (!has_begun(view, context->frame) && begin(view, context->frame) != 0)
        return true;
    take_rows(view, context, rows);
    return view->coming.next == context->frame->conn_count;
}

int view_update(struct view *view, const struct column_context *context, uint32_t height)
{
    uint32_t cursor = UINT32_MAX;
    int error = 0;

    if (view->frozen || view->held_count)
        view->coming.frame = NULL;
    if (!view->frozen)
        view->held_count = 0;
    else if (!view->held_count && view->entry_count)
        error = hold_order(view);
    if (!error)
        error = fill_entries(view, context, &cursor);
    if (error)
        return error;
    settle(view, context, cursor, height);
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
    view->at_top = false;
    scroll(view, height);
    order_shown(view, &order);
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

/* As rows are where they stand as their source had them: by serial, all keys alike. */
static bool is_in_order(const struct view *view, struct order *order)
{
    for (uint32_t i = 1; i < view->entry_count; i++) {
        if (order_is_before(&view->entries[i], &view->entries[i - 1], order))
            return false;
    }
    return true;
}

int view_sort_all(struct view *view, const struct column_context *context)
{
    struct order order;
    uint32_t cursor;
    int error = fill_entries(view, context, &cursor);

    if (error)
        return error;
    order = view_order(view, context);
    if (!is_in_order(view, &order))
        order_sort(view->entries, view->entry_count, &order);
    view->top = 0;
    view->shown = view->entry_count;
    return 0;
}
