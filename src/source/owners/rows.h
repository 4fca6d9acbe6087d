/* owner_rows: maps the rows of a frame to entries of the table, and copies the table's holders into
 * the rows. It processes every row of every frame: in the steady state it copies one index and
 * reads one entry per row. A copied row that has a present holder is not even read, as long as its
 * entry did not change and processes and groups have the same indexes. Independent of /proc. */
#ifndef TCPLENS_SOURCE_OWNERS_ROWS_H
#define TCPLENS_SOURCE_OWNERS_ROWS_H

#include "core/diff.h"
#include "core/frame.h"
#include "source/owners/groups.h"
#include "source/owners/listen.h"
#include "source/owners/owners.h"
#include "source/owners/table.h"

struct owner_rows {
    struct owner_table *table;
    struct owner_groups *groups;
    /* for each row of the frame, and of the last one; ROW_HELD */
    uint32_t *entries, *entries_before;
    uint32_t capacity, capacity_before, count;
    uint64_t frame;  /* number of the frame of `entries` */
    uint32_t refs;   /* owner_refs of that frame after owner_rows_put() */
    bool follows;    /* entries_before are those of the last frame */
    bool had_groups; /* want_groups then */
    struct accept_queues queues;
    struct owner_check check; /* .is_open NULL: none */
};

void owner_rows_init(struct owner_rows *rows, struct owner_table *table,
                     struct owner_groups *groups);
void owner_rows_done(struct owner_rows *rows);
size_t owner_rows_footprint(const struct owner_rows *rows);

/* listeners: as in owners_apply(). 0 or -ENOMEM. */
int owner_rows_take(struct owner_rows *rows, const struct frame *previous, const struct frame *next,
                    const struct frame *listeners, const struct diff *diff);
/* False: holders of copied rows in next must be ignored. */
bool owner_rows_may_keep(const struct owner_rows *rows, const struct frame *next, bool want_groups);
struct owner_rows_put {
    /* its processes and groups have the same indexes in next, so that copies of its rows are still
     * valid; NULL: they differ */
    const struct frame *previous;
    const struct diff *diff;
    struct frame *next;
    /* the index in next->procs of each slot that an entry names (OWNER_NO_INDEX: none);
     * owner_refs[i] must be i for each of these, and there must be no others */
    const uint32_t *slot_proc;
    bool want_groups; /* fill the rows' groups, too */
};
int owner_rows_put(struct owner_rows *rows, const struct owner_rows_put *what);

#endif
