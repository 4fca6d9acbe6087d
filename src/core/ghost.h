/* Ghosts: rows of the last frame, copied into a frame as DELETE-TCB with everything they refer to.
 * Used by track only. Pure. */
#ifndef TCPLENS_CORE_GHOST_H
#define TCPLENS_CORE_GHOST_H

#include "core/frame.h"
#include "core/note.h"

/* Indexes in next of the processes and groups of previous, filled when needed. */
struct ghost_copier {
    const struct frame *previous;
    struct frame *next;
    uint32_t *procs, *groups; /* index in next, CONN_NO_INDEX = not looked up yet */
    uint32_t proc_capacity, group_capacity;
    bool begun;
};

void ghost_copier_begin(struct ghost_copier *copier, const struct frame *previous,
                        struct frame *next);
void ghost_copier_done(struct ghost_copier *copier); /* frees its memory */

/* A copy of a row of previous at the end of next's rows, with its processes, groups and detail:
 * those that next has already, else copies. NULL when out of memory. Raises conn_count. */
struct conn *ghost_copy(struct ghost_copier *copier, const struct conn *conn);

/* Copies the owners of a row of previous to a row of next. */
void ghost_copy_owners(struct ghost_copier *copier, struct conn *to, const struct conn *from);

/* Marks a row as closed, from the state `from`, at wall_ns. */
void ghost_mark(struct conn *ghost, uint8_t from, int64_t wall_ns);
void ghost_take_totals(struct conn *conn, const struct note *note); /* the final counters */

/* Makes the process named by a note the last holder of a row, adding it to next if it is missing.
 * *hint: index of the last one named, mostly the same. */
void ghost_set_owner(struct frame *next, struct conn *conn, const struct note *note,
                     uint32_t *hint);

/* Copies owner and group of a row of previous to a row of next. */
void ghost_copy_place(struct ghost_copier *copier, struct conn *to, const struct conn *from);

/* Index in next of the named process, which is added if missing; CONN_NO_INDEX when out of memory.
 * *hint: index of the last one named, mostly the same. */
uint32_t ghost_named_proc(struct frame *next, int32_t pid, uint64_t start_ticks, const char *name,
                          uint32_t *hint);

/* Index in frame of the process (pid, start), CONN_NO_INDEX if it is not there. start 0 = any. */
uint32_t ghost_find_proc(const struct frame *frame, int32_t pid, uint64_t start_ticks);

#endif
