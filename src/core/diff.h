/* diff: what changed between two frames. A function of their live rows only.
 * Rows are joined by (netns, cookie); where one of the two has no cookie by tuple, netns and, where
 * both have one, inode. Two cookies that differ are two connections, whatever their tuples: a dump
 * gives each socket its cookie, which TIME-WAIT takes over (inet_twsk_alloc in
 * net/ipv4/inet_timewait_sock.c, Linux 6.18). */
#ifndef TCPLENS_CORE_DIFF_H
#define TCPLENS_CORE_DIFF_H

#include "core/frame.h"

enum change_kind { CHANGE_OPENED = 1, CHANGE_STATE, CHANGE_CLOSED };

struct change {
    uint8_t kind;            /* enum change_kind */
    uint8_t from, to;        /* enum tcp_state */
    uint32_t previous, next; /* row indexes; CONN_NO_INDEX where there is none */
};

/* Rows of a frame that are copies of rows of the frame before. */
struct row_copies {
    /* for each row: the original, or CONN_NO_INDEX; NULL: there are no copies */
    const uint32_t *origins;
    /* for each row: its state if it is a copy that track need not update: no mark, no rate, same
     * holders; else 0. NULL: none is */
    uint8_t *calm;
};

struct diff {
    uint32_t *previous_of; /* for each live row of next: its row in previous or CONN_NO_INDEX */
    uint32_t previous_of_count, previous_of_capacity;
    struct change *changes; /* closed first (in previous' order), then next's order */
    uint32_t change_count, change_capacity;
    uint32_t duplicates;      /* rows dropped from next */
    struct row_copies copies; /* as diff_copies() got them, of copy_count rows; else empty */
    uint32_t copy_count;

    /* scratch */
    uint64_t *slots; /* hash table of rows (hash and index), built only when the orders differ */
    uint32_t slot_capacity;
    uint32_t *hashes; /* for each row of next, so that a look-up touches only rows that match */
    uint32_t hash_capacity;
    uint8_t *taken; /* for each row of previous: it was joined */
    uint32_t taken_capacity;
    uint32_t *touched; /* rows of next, in order, that the first pass did not join as unchanged */
    uint32_t touched_count, touched_capacity;
};

void diff_init(struct diff *diff);
void diff_done(struct diff *diff);

/* Compares. A dump that is not atomic may repeat a row: of rows of next that are one connection
 * only the last, the newest, stays; next is compacted in place (order kept), which is the only
 * change to it; so it must not be published yet, nor have ghosts. Indexes in the diff are those
 * after that. previous may be NULL: no changes, all previous_of are none, duplicates are dropped
 * all the same. 0 or -ENOMEM (then diff is empty and next as it was). Calls no malloc when the
 * frames are no larger than before. */
int diff_frames(struct diff *diff, const struct frame *previous, struct frame *next);

/* The same where rows of next are copies of rows of previous; copies NULL: none is. A copy joins what it was made of,
 * without either being read. */
int diff_copies(struct diff *diff, const struct frame *previous, struct frame *next,
                const struct row_copies *copies);

/* The row of previous that a row of next is a copy of; CONN_NO_INDEX: none. */
static inline uint32_t diff_origin(const struct diff *diff, uint32_t row)
{
    return diff->copies.origins && row < diff->copy_count ? diff->copies.origins[row]
                                                          : CONN_NO_INDEX;
}

/* row_copies.calm of a row of next. */
static inline uint8_t diff_calm(const struct diff *diff, uint32_t row)
{
    return diff->copies.calm && row < diff->copy_count ? diff->copies.calm[row] : 0;
}

/* The same join for a handful of rows that were appended to next after diff_frames (rows found
 * again by exact look-up): drops their CLOSED changes and adds STATE changes where due. `first` is
 * the index in next of the first appended row; `previous_rows` has, for each, its row in previous.
 * 0 or -ENOMEM (diff is as before). */
int diff_amend(struct diff *diff, const struct frame *previous, const struct frame *next,
               uint32_t first, const uint32_t *previous_rows, uint32_t count);

/* True if `previous` and `next` are the same connection, by the rules above. */
bool diff_joins(const struct conn *previous, const struct conn *next);

#endif
