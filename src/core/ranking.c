/* ranking: orders only the visible part, and a margin around it. */
#include "core/ranking.h"

#include "core/ranking_order.h"

#include <errno.h>
#include <stdlib.h>

#define MARGIN_WINDOWS 4
#define HELD_SLACK     1024u /* kept places of closed rows, in addition to the number of rows */

void ranking_done(struct ranking *ranking)
{
    free(ranking->entries);
    map_done(&ranking->held);
    *ranking = (struct ranking){0};
}

bool ranking_is_held(const struct ranking *ranking)
{
    return ranking->held.count > 0;
}

static int hold_places(struct ranking *ranking, uint64_t (*place)(const struct ranking *, uint32_t))
{
    map_clear(&ranking->held);
    for (uint32_t i = 0; i < ranking->count; i++)
        if (map_put(&ranking->held, ranking->entries[i].id, (uint32_t)place(ranking, i))) {
            map_clear(&ranking->held);
            return -ENOMEM;
        }
    return 0;
}

static uint64_t rank_of(const struct ranking *ranking, uint32_t at)
{
    (void)ranking;
    return at;
}

static uint64_t key_of(const struct ranking *ranking, uint32_t at)
{
    return ranking->entries[at].key;
}

/* Keeps the order of the last update: the visible part is ordered already, the rest is ordered now
 * by the keys of then. */
static int hold_order(struct ranking *ranking)
{
    const struct ranking_order order = {0};
    const uint32_t shown_end = ranking->top + ranking->shown;

    order_sort(ranking->entries, ranking->top, &order);
    order_sort(ranking->entries + shown_end, ranking->count - shown_end, &order);
    ranking->held_next = ranking->count;
    return hold_places(ranking, rank_of);
}

int ranking_begin(struct ranking *ranking)
{
    if (!ranking->frozen) {
        map_clear(&ranking->held);
        return 0;
    }
    if (ranking->count == 0)
        return 0;
    if (!ranking_is_held(ranking))
        return hold_order(ranking);
    ranking->held_next++;
    if (ranking->held_next < ranking->count)
        ranking->held_next = ranking->count; /* keys may be ranks */
    if (ranking->held.count > 2 * (uint64_t)ranking->count + HELD_SLACK)
        return hold_places(ranking, key_of);
    return 0;
}

uint64_t ranking_held_place(struct ranking *ranking, uint64_t id)
{
    const uint32_t place = map_find(&ranking->held, id);

    if (place != MAP_NONE)
        return place;
    /* if out of memory, it comes last again */
    (void)map_put(&ranking->held, id, ranking->held_next);
    return ranking->held_next;
}

uint32_t ranking_find(const struct ranking *ranking, uint64_t id)
{
    for (uint32_t i = 0; i < ranking->count; i++)
        if (ranking->entries[i].id == id)
            return i;
    return RANKING_NONE;
}

/* The cursor's rank decides what is shown: as little scrolling as keeps it on the screen. */
static void scroll(struct ranking *ranking, uint32_t height)
{
    uint32_t highest = ranking->count > height ? ranking->count - height : 0;

    if (ranking->cursor_rank < ranking->top)
        ranking->top = ranking->cursor_rank;
    if (height && ranking->cursor_rank - ranking->top >= height)
        ranking->top = ranking->cursor_rank - height + 1;
    if (ranking->top > highest)
        ranking->top = highest;
    ranking->shown =
        ranking->count - ranking->top < height ? ranking->count - ranking->top : height;
}

static void order_shown(struct ranking *ranking, const struct ranking_order *order)
{
    uint32_t end = ranking->top + ranking->shown, margin = ranking->shown * MARGIN_WINDOWS;
    uint32_t first = ranking->top > margin ? ranking->top - margin : 0;

    if (!ranking->count)
        return;
    if (ranking->ordered_first <= ranking->top && end <= ranking->ordered_end)
        return;
    end = ranking->count - end > margin ? end + margin : ranking->count;
    order_window(ranking->entries, ranking->count, first, end, order);
    ranking->ordered_first = first;
    ranking->ordered_end = end;
}

/* Cursor to the row of its rank; that row must be in its final place. */
static void hold_cursor(struct ranking *ranking, const struct ranking_order *order, uint32_t height)
{
    uint32_t rank = ranking->cursor_rank;

    if (!ranking->count) {
        ranking->cursor = 0;
        return;
    }
    if (!height) {
        ranking->ordered_first = ranking->ordered_end = 0;
        order_window(ranking->entries, ranking->count, rank, rank + 1, order);
    }
    ranking->cursor = ranking->entries[rank].id;
}

/* Rank of the cursor's row; if it is gone, of the row in its place. */
static uint32_t find_rank(const struct ranking *ranking, uint32_t cursor,
                          const struct ranking_order *order)
{
    if (ranking->at_top || !ranking->count)
        return 0;
    if (ranking->cursor && cursor < ranking->count)
        return order_rank(ranking->entries, ranking->count, &ranking->entries[cursor], order);
    return ranking->cursor_rank < ranking->count ? ranking->cursor_rank : ranking->count - 1;
}

void ranking_settle(struct ranking *ranking, const struct ranking_order *order, uint32_t cursor_at,
                    uint32_t height)
{
    ranking->cursor_rank = find_rank(ranking, cursor_at, order);
    if (ranking->from_top) {
        ranking->at_top |= ranking->cursor_rank >= height;
        ranking->cursor_rank = ranking->at_top ? 0 : ranking->cursor_rank;
        ranking->top = 0;
        ranking->from_top = false;
    }
    scroll(ranking, height);
    ranking->ordered_first = ranking->ordered_end = 0;
    order_shown(ranking, order);
    hold_cursor(ranking, order, height);
}

void ranking_move(struct ranking *ranking, const struct ranking_order *order, int64_t delta,
                  uint32_t height)
{
    const int64_t last = (int64_t)ranking->count - 1;
    int64_t rank;

    if (!ranking->count)
        return;
    if (__builtin_add_overflow((int64_t)ranking->cursor_rank, delta, &rank))
        rank = delta < 0 ? 0 : last;
    ranking->cursor_rank = (uint32_t)(rank < 0 ? 0 : rank > last ? last : rank);
    ranking->at_top = false;
    scroll(ranking, height);
    order_shown(ranking, order);
    hold_cursor(ranking, order, height);
}

void ranking_point(struct ranking *ranking, uint32_t line)
{
    if (line >= ranking->shown)
        return;
    ranking->cursor_rank = ranking->top + line;
    ranking->cursor = ranking->entries[ranking->cursor_rank].id;
    ranking->at_top = false;
}

uint32_t ranking_row(const struct ranking *ranking, uint32_t line)
{
    return line < ranking->shown ? ranking->entries[ranking->top + line].row : RANKING_NONE;
}

uint32_t ranking_cursor_row(const struct ranking *ranking)
{
    if (ranking->cursor_rank < ranking->top)
        return RANKING_NONE;
    return ranking_row(ranking, ranking->cursor_rank - ranking->top);
}

/* Rows are often in their source's order already: by id, with equal keys. */
static bool is_in_order(const struct ranking *ranking, const struct ranking_order *order)
{
    for (uint32_t i = 1; i < ranking->count; i++)
        if (order_is_before(&ranking->entries[i], &ranking->entries[i - 1], order))
            return false;
    return true;
}

void ranking_sort_all(struct ranking *ranking, const struct ranking_order *order)
{
    if (!is_in_order(ranking, order))
        order_sort(ranking->entries, ranking->count, order);
    ranking->top = 0;
    ranking->shown = ranking->count;
}
