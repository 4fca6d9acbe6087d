/* Joins two frames, cheapest method first: the row after the last match, then a hash of the
 * remaining rows, then tuples for rows without a cookie. Keeps nothing but memory between two
 * calls. */
#include "core/diff.h"

#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DROPPED (CONN_NO_INDEX - 1) /* in previous_of: a duplicate, to be removed */
#define LOOK_AHEAD                                                                                 \
    4u /* rows of previous tried for each row: as many may have closed in succession */
#define SLOT_FREE   UINT64_MAX
#define FETCH_AHEAD 8u  /* rows: how early their first cache line is prefetched */
#define LOST_AFTER  16u /* rows in succession without a match: the order is lost, use a hash */

/* The state of one comparison. */
struct join {
    struct diff *diff;
    const struct frame *previous, *next;
    const struct conn *before, *after;
    const uint32_t *origins; /* for rows of `after` that are copies; NULL: none is */
    uint32_t before_count, after_count;
    uint32_t joined;    /* joined rows of `before` */
    uint32_t slot_mask; /* 0 = no index built */
    bool by_tuple;      /* the index is by tuple for every row, not only for those without cookie */
    bool cookieless;    /* `before` has rows without a cookie */
    bool tuples_matter; /* unjoined rows of `after` may still join by tuple */
    bool reused;        /* a namespace key of `before` means another namespace in `after` */
};

void diff_init(struct diff *diff)
{
    *diff = (struct diff){0};
}

void diff_done(struct diff *diff)
{
    free(diff->previous_of);
    free(diff->changes);
    free(diff->slots);
    free(diff->taken);
    free(diff->hashes);
    free(diff->touched);
    diff_init(diff);
}

/* Slots per row that may have opened; in a first frame that is every row. */
static uint32_t opened_spread(bool has_previous)
{
    return has_previous ? 4 : 2;
}

/* Only for a first frame all rows are indexed: that memory is not kept. */
static void free_index(struct diff *diff)
{
    free(diff->slots);
    free(diff->hashes);
    free(diff->touched);
    diff->slots = NULL;
    diff->hashes = diff->touched = NULL;
    diff->slot_capacity = diff->hash_capacity = diff->touched_capacity = 0;
}

/* Allocates all memory in advance, so that a failure leaves next unchanged. */
static int diff_make_room(struct diff *diff, uint32_t before, uint32_t after, bool has_previous)
{
    const uint64_t spread = opened_spread(has_previous);
    uint64_t slots = 64;
    while (slots < 2 * (uint64_t)before || slots < spread * after)
        slots *= 2;

    const uint64_t changes = has_previous ? (uint64_t)before + after : 0;
    if (slots > UINT32_MAX || changes > UINT32_MAX)
        return -ENOMEM;
    if (GROW(diff->previous_of, diff->previous_of_capacity, after) ||
        GROW(diff->touched, diff->touched_capacity, after) ||
        GROW(diff->hashes, diff->hash_capacity, after) ||
        GROW(diff->taken, diff->taken_capacity, before) ||
        GROW(diff->slots, diff->slot_capacity, (uint32_t)slots) ||
        GROW(diff->changes, diff->change_capacity, (uint32_t)changes))
        return -ENOMEM;
    return 0;
}

/* Without cookies, the states show whether a tuple was reused. */
static bool may_have_become(uint8_t from, uint8_t to)
{
    return from == to || state_may_reach(from, to);
}

bool diff_joins(const struct conn *previous, const struct conn *next)
{
    if (previous->cookie && next->cookie)
        return previous->cookie == next->cookie && previous->netns == next->netns;
    return conn_same(previous, next) && may_have_become(previous->state, next->state);
}

/* Inode numbers of namespaces are reused at once. */
static bool is_reused(const struct join *join, const struct conn *row)
{
    return join->reused && !frame_same_netns(join->previous, join->next, row->netns);
}

static bool any_reused(const struct frame *previous, const struct frame *next)
{
    for (uint32_t i = 0; i < previous->namespace_count; i++)
        if (!frame_same_netns(previous, next, previous->namespaces[i].key))
            return true;
    return false;
}

static uint32_t row_hash(const struct conn *conn, bool by_tuple)
{
    /* Cookies are counted up per CPU: the high bits of the product spread them. Every namespace
     * may have the same tuple. */
    const uint64_t spread = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = conn->cookie && !by_tuple ? conn->cookie * spread
                                              : tuple_hash(&conn->tuple) ^ conn->netns * spread;
    return (uint32_t)(hash >> 32);
}

static uint64_t slot_of(uint32_t hash, uint32_t row)
{
    return (uint64_t)hash << 32 | row;
}

static uint32_t slot_row(uint64_t slot)
{
    return (uint32_t)slot;
}

static uint32_t slots_clear(struct diff *diff, uint32_t rows, uint32_t spread)
{
    uint32_t size = 64;
    while (size / spread < rows)
        size *= 2;
    memset(diff->slots, 0xff, size * sizeof(*diff->slots));
    return size - 1;
}

/* Indexes the unjoined rows of `before`. */
static void index_build(struct join *join, bool by_tuple)
{
    uint64_t *slots = join->diff->slots;
    const uint8_t *taken = join->diff->taken;
    join->slot_mask = slots_clear(join->diff, join->before_count - join->joined, 2);
    join->by_tuple = by_tuple;
    for (uint32_t i = 0; i < join->before_count; i++) {
        if (taken[i])
            continue;
        join->cookieless |= !join->before[i].cookie;
        uint32_t hash = row_hash(&join->before[i], by_tuple);
        uint32_t slot = hash & join->slot_mask;
        while (slots[slot] != SLOT_FREE)
            slot = (slot + 1) & join->slot_mask;
        slots[slot] = slot_of(hash, i);
    }
}

static uint32_t index_find(const struct join *join, const struct conn *row, uint32_t hash)
{
    const uint64_t *slots = join->diff->slots;
    uint32_t slot = hash & join->slot_mask;
    for (; slots[slot] != SLOT_FREE; slot = (slot + 1) & join->slot_mask) {
        uint32_t i = slot_row(slots[slot]);
        if (slots[slot] != slot_of(hash, i) || join->diff->taken[i])
            continue;
        const struct conn *before = &join->before[i];
        if (diff_joins(before, row) && !is_reused(join, row))
            return i;
    }
    return CONN_NO_INDEX;
}

static uint32_t find_near(const struct join *join, uint32_t hint, const struct conn *row)
{
    uint32_t end = join->before_count - hint < LOOK_AHEAD ? join->before_count : hint + LOOK_AHEAD;
    for (uint32_t i = hint; i < end; i++) {
        if (!join->diff->taken[i] && diff_joins(&join->before[i], row) && !is_reused(join, row))
            return i;
    }
    return CONN_NO_INDEX;
}

static void join_rows(struct join *join, uint32_t before, uint32_t after)
{
    join->diff->taken[before] = 1;
    join->diff->previous_of[after] = before;
    join->joined++;
}

static void fetch_ahead(const struct join *join, uint32_t hint, uint32_t i)
{
    if (i + FETCH_AHEAD < join->after_count)
        __builtin_prefetch(&join->after[i + FETCH_AHEAD]);
    if (hint + FETCH_AHEAD < join->before_count)
        __builtin_prefetch(&join->before[hint + FETCH_AHEAD]);
}

static bool is_copy(const struct join *join, uint32_t i)
{
    return join->origins && join->origins[i] != CONN_NO_INDEX;
}

/* Goes over both frames in order, which is mostly the same. */
static void join_in_order(struct join *join)
{
    struct diff *diff = join->diff;
    uint32_t hint = 0, lost = 0;

    for (uint32_t i = 0; i < join->after_count; i++) {
        const struct conn *row = &join->after[i];
        if (is_copy(join, i)) {
            hint = join->origins[i] + 1;
            join_rows(join, join->origins[i], i);
            continue;
        }
        fetch_ahead(join, hint, i);
        uint32_t hash = row_hash(row, false);
        diff->hashes[i] = hash;
        uint32_t found = find_near(join, hint, row);
        if (found == CONN_NO_INDEX && join->slot_mask)
            found = index_find(join, row, hash);
        if (found == CONN_NO_INDEX) {
            diff->previous_of[i] = CONN_NO_INDEX;
            diff->touched[diff->touched_count++] = i;
            join->tuples_matter |= !row->cookie;
            if (++lost == LOST_AFTER && !join->slot_mask && join->joined < join->before_count)
                index_build(join, false);
            continue;
        }
        if (join->before[found].state != row->state)
            diff->touched[diff->touched_count++] = i;
        join_rows(join, found, i);
        hint = found + 1;
        lost = 0;
    }
}

/* Joins the remaining rows by the index, building it if necessary. */
static void join_rest(struct join *join, bool by_tuple)
{
    const struct diff *diff = join->diff;
    bool built = false;

    if (by_tuple && !join->tuples_matter && !join->cookieless)
        return;
    for (uint32_t t = 0; t < diff->touched_count && join->joined < join->before_count; t++) {
        uint32_t i = diff->touched[t];
        const struct conn *row = &join->after[i];
        if (diff->previous_of[i] != CONN_NO_INDEX)
            continue;
        if (by_tuple && row->cookie && !join->cookieless)
            continue;
        if (!built) {
            index_build(join, by_tuple);
            built = true;
        }
        uint32_t hash = by_tuple ? row_hash(row, true) : diff->hashes[i];
        uint32_t found = index_find(join, row, hash);
        if (found != CONN_NO_INDEX)
            join_rows(join, found, i);
    }
}

/* The slot of an opened row that is the same connection as row i of next (or an earlier duplicate),
 * else a free one. */
static uint64_t *opened_slot(const struct join *join, uint32_t i)
{
    const struct diff *diff = join->diff;
    uint32_t hash = diff->hashes[i];
    for (uint32_t at = hash & join->slot_mask;; at = (at + 1) & join->slot_mask) {
        uint64_t *slot = &diff->slots[at];
        uint32_t j = slot_row(*slot);
        if (*slot == SLOT_FREE)
            return slot;
        if (*slot != slot_of(hash, j) || diff->previous_of[j] != CONN_NO_INDEX)
            continue;
        const struct conn *first = &join->after[j < i ? j : i];
        const struct conn *second = &join->after[j < i ? i : j];
        if (diff_joins(first, second))
            return slot;
    }
}

/* Puts rows of next without a row in previous into the slots; of duplicates the last one stays. */
static uint32_t drop_among_opened(struct join *join)
{
    struct diff *diff = join->diff;
    uint32_t kept = 0;

    join->slot_mask = slots_clear(diff, diff->touched_count, opened_spread(join->previous));
    for (uint32_t t = 0; t < diff->touched_count; t++) {
        uint32_t i = diff->touched[t];
        if (diff->previous_of[i] != CONN_NO_INDEX)
            continue;
        uint64_t *slot = opened_slot(join, i);
        if (*slot != SLOT_FREE) {
            diff->previous_of[slot_row(*slot)] = DROPPED;
            diff->duplicates++;
        } else {
            kept++;
        }
        *slot = slot_of(diff->hashes[i], i);
    }
    return kept;
}

/* Row i of next was joined; if it is a duplicate of an opened row, the later of the two keeps the
 * join. */
static void drop_if_opened_too(struct join *join, uint32_t i)
{
    struct diff *diff = join->diff;
    const uint64_t *slot = opened_slot(join, i);
    if (*slot == SLOT_FREE)
        return;
    uint32_t j = slot_row(*slot);
    diff->previous_of[j] = j > i ? diff->previous_of[i] : DROPPED;
    if (j > i)
        diff->previous_of[i] = DROPPED;
    diff->duplicates++;
}

static void find_duplicates(struct join *join)
{
    struct diff *diff = join->diff;

    if (join->joined == join->after_count || !drop_among_opened(join) || !join->joined)
        return;
    for (uint32_t i = 0; i < join->after_count; i++) {
        if (is_copy(join, i))
            diff->hashes[i] = row_hash(&join->after[i], false);
        if (diff->previous_of[i] < DROPPED)
            drop_if_opened_too(join, i);
    }
}

/* Removes dropped rows. */
static void compact(struct diff *diff, struct frame *next)
{
    uint32_t out = 0, touched_out = 0, touched = 0;

    for (uint32_t i = 0; i < next->live_count; i++) {
        bool is_touched = touched < diff->touched_count && diff->touched[touched] == i;
        touched += is_touched;
        if (diff->previous_of[i] == DROPPED)
            continue;
        if (is_touched)
            diff->touched[touched_out++] = out;
        if (out != i) {
            next->conns[out] = next->conns[i];
            diff->previous_of[out] = diff->previous_of[i];
        }
        out++;
    }
    diff->touched_count = touched_out;
    next->live_count = next->conn_count = out;
}

static void diff_add(struct diff *diff, enum change_kind kind, uint8_t from, uint8_t to,
                     uint32_t previous, uint32_t next)
{
    diff->changes[diff->change_count++] = (struct change){
        .kind = (uint8_t)kind, .from = from, .to = to, .previous = previous, .next = next};
}

static void report_changes(const struct join *join)
{
    struct diff *diff = join->diff;

    for (uint32_t i = 0;
         i < join->before_count && diff->change_count + join->joined < join->before_count; i++) {
        if (!diff->taken[i])
            diff_add(diff, CHANGE_CLOSED, join->before[i].state, STATE_DELETE_TCB, i,
                     CONN_NO_INDEX);
    }
    for (uint32_t t = 0; t < diff->touched_count; t++) {
        uint32_t i = diff->touched[t], previous = diff->previous_of[i];
        uint8_t to = join->after[i].state;
        if (previous == CONN_NO_INDEX)
            diff_add(diff, CHANGE_OPENED, STATE_NONE, to, CONN_NO_INDEX, i);
        else if (join->before[previous].state != to)
            diff_add(diff, CHANGE_STATE, join->before[previous].state, to, previous, i);
    }
}

int diff_frames(struct diff *diff, const struct frame *previous, struct frame *next)
{
    return diff_copies(diff, previous, next, NULL);
}

int diff_copies(struct diff *diff, const struct frame *previous, struct frame *next,
                const struct row_copies *copies)
{
    struct join join = {.diff = diff,
                        .origins = copies ? copies->origins : NULL,
                        .previous = previous,
                        .next = next,
                        .after = next->conns,
                        .after_count = next->live_count};
    if (previous) {
        join.reused = any_reused(previous, next);
        join.before = previous->conns;
        join.before_count = previous->live_count;
    }

    diff->previous_of_count = diff->change_count = diff->touched_count = diff->duplicates = 0;
    diff->copies = copies ? *copies : (struct row_copies){0};
    diff->copy_count = next->live_count;
    int error = diff_make_room(diff, join.before_count, join.after_count, previous);
    if (error)
        return error;
    if (join.before_count)
        memset(diff->taken, 0, join.before_count);

    join_in_order(&join);
    join_rest(&join, false);
    join_rest(&join, true);
    find_duplicates(&join);
    if (diff->duplicates) {
        compact(diff, next);
        diff->copies = (struct row_copies){0};
    }
    diff->previous_of_count = next->live_count;
    if (previous)
        report_changes(&join);
    else
        free_index(diff);
    return 0;
}

int diff_amend(struct diff *diff, const struct frame *previous, const struct frame *next,
               uint32_t first, const uint32_t *previous_rows, uint32_t count)
{
    if (GROW(diff->previous_of, diff->previous_of_capacity, first + count) ||
        GROW(diff->changes, diff->change_capacity, diff->change_count + count))
        return -ENOMEM;

    for (uint32_t k = 0; k < count; k++) {
        diff->taken[previous_rows[k]] = 1;
        diff->previous_of[first + k] = previous_rows[k];
    }
    diff->previous_of_count = first + count;

    uint32_t kept = 0;
    for (uint32_t c = 0; c < diff->change_count; c++) {
        const struct change *change = &diff->changes[c];
        if (change->kind != CHANGE_CLOSED || !diff->taken[change->previous])
            diff->changes[kept++] = *change;
    }
    diff->change_count = kept;

    for (uint32_t k = 0; k < count; k++) {
        uint8_t from = previous->conns[previous_rows[k]].state;
        uint8_t to = next->conns[first + k].state;
        if (from != to)
            diff_add(diff, CHANGE_STATE, from, to, previous_rows[k], first + k);
    }
    return 0;
}
