/* view: rows of a frame filtered, with their sort keys, for a ranking. */
#include "core/view.h"

#include "base/grow.h"

#include <stdlib.h>

#define FETCH_AHEAD 12u /* rows */

void view_init(struct view *view)
{
    *view = (struct view){0};
}

void view_done(struct view *view)
{
    ranking_done(&view->ranking);
    name_ranks_done(&view->names);
    free(view->coming.entries);
    name_ranks_done(&view->coming.names);
    view_init(view);
}

struct ties { /* for comparing rows with equal keys */
    const struct column *sort;
    struct column_context context;
};

static int compare_ties(const void *data, uint32_t row, uint32_t other)
{
    const struct ties *ties = data;
    const struct conn *conns = ties->context.frame->conns;

    return column_compare(ties->sort, &ties->context, &conns[row], &conns[other]);
}

static struct column_context with_names(const struct view *view,
                                        const struct column_context *context,
                                        const struct name_ranks *names)
{
    struct column_context with = *context;

    with.name_ranks = view->sort && column_sorts_by_name(view->sort) ? names : NULL;
    return with;
}

static struct ranking_order order_of(const struct view *view, const struct column_context *context,
                                     struct ties *ties)
{
    *ties = (struct ties){view->sort, with_names(view, context, &view->names)};
    const bool by_column = view->sort && !ranking_is_held(&view->ranking);
    return (struct ranking_order){
        .compare = by_column ? compare_ties : NULL, .data = ties, .descending = view->descending};
}

static void fill_entry(struct view *view, const struct column_context *context, uint32_t row,
                       bool held, struct ranking_entry *entry)
{
    const struct conn *conn = &context->frame->conns[row];

    *entry = (struct ranking_entry){.id = conn->serial, .row = row};
    if (held) {
        entry->key = ranking_held_place(&view->ranking, conn->serial);
    } else if (view->sort) {
        entry->unknown = !column_sort_key(view->sort, context, conn, &entry->key);
        entry->whole = column_key_is_whole(view->sort, entry->key);
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

/* Rows are not in the cache; mostly these two parts of them are read. */
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

    return frame_mark_is(&coming->of, frame) && coming->next <= frame->conn_count &&
           coming->sort == view->sort && coming->descending == view->descending &&
           coming->accept_generation == view->accept_generation;
}

static int begin(struct view *view, const struct frame *frame)
{
    struct view_rows *coming = &view->coming;
    int error = GROW(coming->entries, coming->capacity, frame->conn_count);

    if (!error && view->sort && column_sorts_by_name(view->sort))
        error = name_ranks_take(&coming->names, frame);
    if (error)
        return error;
    *coming = (struct view_rows){.of = frame_mark_of(frame),
                                 .sort = view->sort,
                                 .descending = view->descending,
                                 .accept_generation = view->accept_generation,
                                 .names = coming->names,
                                 .entries = coming->entries,
                                 .capacity = coming->capacity,
                                 .cursor = view->ranking.cursor,
                                 .cursor_at = RANKING_NONE};
    return 0;
}

static void take_rows(struct view *view, const struct column_context *context, uint32_t rows)
{
    struct view_rows *coming = &view->coming;
    const struct column_context with = with_names(view, context, &coming->names);
    const uint32_t left = context->frame->conn_count - coming->next;
    const uint32_t end = coming->next + (rows < left ? rows : left);
    const bool held = ranking_is_held(&view->ranking);
    uint32_t count = coming->count;

    for (uint32_t row = coming->next; row < end; row++) {
        fetch_ahead(context->frame, row + FETCH_AHEAD);
        if (!accepts(view, context, row))
            continue;
        fill_entry(view, &with, row, held, &coming->entries[count]);
        if (coming->entries[count].id == coming->cursor)
            coming->cursor_at = count;
        count++;
        coming->live += row < context->frame->live_count;
    }
    coming->count = count;
    coming->next = end;
}

/* The cursor may have moved since its row was looked up. */
static uint32_t find_cursor(const struct view *view, const struct view_rows *taken)
{
    if (taken->cursor == view->ranking.cursor)
        return taken->cursor_at;
    return ranking_find(&view->ranking, view->ranking.cursor);
}

/* Adds all rows except those prepared already. *cursor becomes the place of the row under the
 * cursor. */
static int fill_entries(struct view *view, const struct column_context *context, uint32_t *cursor)
{
    struct ranking *ranking = &view->ranking;
    const int error = has_begun(view, context->frame) ? 0 : begin(view, context->frame);

    if (error)
        return error;
    take_rows(view, context, UINT32_MAX);
    const struct view_rows taken = view->coming;
    view->coming = (struct view_rows){
        .names = view->names, .entries = ranking->entries, .capacity = ranking->capacity};
    view->names = taken.names;
    ranking->entries = taken.entries;
    ranking->capacity = taken.capacity;
    ranking->count = taken.count;
    view->accepted_live = taken.live;
    *cursor = find_cursor(view, &taken);
    return 0;
}

bool view_prepare(struct view *view, const struct column_context *context, uint32_t rows)
{
    /* A frozen order needs the previous one. */
    if (view->ranking.frozen || ranking_is_held(&view->ranking))
        return true;
    if (!has_begun(view, context->frame) && begin(view, context->frame) != 0)
        return true;
    take_rows(view, context, rows);
    return view->coming.next == context->frame->conn_count;
}

int view_update(struct view *view, const struct column_context *context, uint32_t height)
{
    uint32_t cursor = RANKING_NONE;
    struct ties ties;

    if (view->ranking.frozen || ranking_is_held(&view->ranking))
        view->coming.of = (struct frame_mark){0};
    int error = ranking_begin(&view->ranking);
    if (!error)
        error = fill_entries(view, context, &cursor);
    if (error)
        return error;
    const struct ranking_order order = order_of(view, context, &ties);
    ranking_settle(&view->ranking, &order, cursor, height);
    return 0;
}

void view_move(struct view *view, const struct column_context *context, int64_t delta,
               uint32_t height)
{
    struct ties ties;
    const struct ranking_order order = order_of(view, context, &ties);

    ranking_move(&view->ranking, &order, delta, height);
}

const struct conn *view_row(const struct view *view, const struct frame *frame, uint32_t line)
{
    const uint32_t row = ranking_row(&view->ranking, line);

    return row < frame->conn_count ? &frame->conns[row] : NULL;
}

int view_sort_all(struct view *view, const struct column_context *context)
{
    struct ties ties;
    uint32_t cursor;
    const int error = fill_entries(view, context, &cursor);

    if (error)
        return error;
    const struct ranking_order order = order_of(view, context, &ties);
    ranking_sort_all(&view->ranking, &order);
    return 0;
}
