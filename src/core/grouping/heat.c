/* heat: a level per slice for each key, in a ring. */
#include "core/grouping/heat.h"

#include "base/grow.h"
#include "base/map.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 16384u

struct heat_row {
    uint64_t key;
    int64_t slice; /* of the last level */
    uint8_t levels[HEAT_SLICES];
};

struct heat {
    atomic_uint references;
    const struct grouping_kind *kind;
    struct grouping grouping;
    int64_t slice_ns;
    struct map place; /* key -> index of rows */
    struct heat_row *rows;
    uint32_t count, capacity;
};

struct heat *heat_new(const struct grouping_kind *kind, int64_t slice_ns)
{
    struct heat *heat = calloc(1, sizeof(*heat));

    if (!heat)
        return NULL;
    atomic_init(&heat->references, 1);
    heat->kind = kind;
    heat->slice_ns = slice_ns;
    grouping_init(&heat->grouping);
    return heat;
}

struct heat *heat_reference(struct heat *heat)
{
    atomic_fetch_add(&heat->references, 1);
    return heat;
}

void heat_release(struct heat *heat)
{
    if (!heat || atomic_fetch_sub(&heat->references, 1) != 1)
        return;
    grouping_done(&heat->grouping);
    map_done(&heat->place);
    free(heat->rows);
    free(heat);
}

enum heat_level heat_of(const struct grouping_row *row)
{
    if (row->stalled > 0)
        return row->stalled >= row->rows ? HEAT_STALLED : HEAT_HIGH;
    if (conn_share_is_high(row->retrans_10s, row->sent_10s))
        return HEAT_HIGH;
    return row->retrans_10s > 0 ? HEAT_WARM : HEAT_QUIET;
}

/* Removes groups without any known level. */
static void sweep(struct heat *heat, int64_t slice)
{
    uint32_t kept = 0;

    map_clear(&heat->place);
    for (uint32_t i = 0; i < heat->count; i++)
        if (slice - heat->rows[i].slice < (int64_t)HEAT_SLICES &&
            map_put(&heat->place, heat->rows[i].key, kept) == 0)
            heat->rows[kept++] = heat->rows[i];
    heat->count = kept;
}

static struct heat_row *row_of(struct heat *heat, uint64_t key, int64_t slice)
{
    const uint32_t at = map_find(&heat->place, key);

    if (at != MAP_NONE)
        return &heat->rows[at];
    if (heat->count >= GROUPS_MAX)
        sweep(heat, slice);
    if (heat->count >= GROUPS_MAX || GROW(heat->rows, heat->capacity, heat->count + 1) ||
        map_put(&heat->place, key, heat->count))
        return NULL;
    heat->rows[heat->count] = (struct heat_row){.key = key};
    return &heat->rows[heat->count++];
}

/* Advances to a slice. */
static void advance(struct heat_row *row, int64_t slice)
{
    const int64_t steps = slice - row->slice;

    if (steps <= 0)
        return;
    if (steps >= (int64_t)HEAT_SLICES) {
        memset(row->levels, HEAT_UNKNOWN, sizeof(row->levels));
    } else {
        memmove(row->levels, row->levels + steps, HEAT_SLICES - (size_t)steps);
        memset(row->levels + HEAT_SLICES - steps, HEAT_UNKNOWN, (size_t)steps);
    }
    row->slice = slice;
}

/* Back in time: removes later slices. */
static void cut(struct heat *heat, int64_t slice)
{
    for (uint32_t i = 0; i < heat->count; i++) {
        struct heat_row *row = &heat->rows[i];
        const int64_t steps = row->slice - slice;
        if (steps <= 0)
            continue;
        const size_t kept = steps < (int64_t)HEAT_SLICES ? HEAT_SLICES - (size_t)steps : 0;
        memmove(row->levels + HEAT_SLICES - kept, row->levels, kept);
        memset(row->levels, HEAT_UNKNOWN, HEAT_SLICES - kept);
        row->slice = slice;
    }
}

void heat_take(struct heat *heat, const struct frame *frame)
{
    const struct column_context context = {.frame = frame, .now_ns = frame->wall_ns};
    const int64_t slice = frame->mono_ns / heat->slice_ns;

    cut(heat, slice);
    if (grouping_update(&heat->grouping, heat->kind, &context, NULL, NULL))
        return;
    for (uint32_t i = 0; i < heat->grouping.count; i++) {
        const struct grouping_row *group = &heat->grouping.rows[i];
        struct heat_row *row = row_of(heat, group->key, slice);
        if (!row)
            return;
        advance(row, slice);
        const uint8_t level = (uint8_t)heat_of(group);
        if (row->levels[HEAT_SLICES - 1] < level)
            row->levels[HEAT_SLICES - 1] = level;
    }
}

void heat_merge(struct heat *heat, const struct heat *older)
{
    for (uint32_t i = 0; i < older->count; i++) {
        const struct heat_row *from = &older->rows[i];
        struct heat_row *row = row_of(heat, from->key, from->slice);
        if (!row)
            return;
        if (row->slice < from->slice)
            advance(row, from->slice);
        const int64_t behind = row->slice - from->slice;
        for (int64_t at = behind; at < (int64_t)HEAT_SLICES; at++)
            if (row->levels[at - behind] < from->levels[at])
                row->levels[at - behind] = from->levels[at];
    }
}

void heat_read(const struct heat *heat, uint64_t key, int64_t now_mono_ns,
               uint8_t levels[HEAT_SLICES])
{
    const uint32_t at = map_find(&heat->place, key);
    struct heat_row row = {0};

    if (at != MAP_NONE)
        row = heat->rows[at];
    advance(&row, now_mono_ns / heat->slice_ns);
    memcpy(levels, row.levels, HEAT_SLICES);
}
