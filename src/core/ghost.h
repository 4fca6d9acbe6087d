/* Ghosts: rows of the frame before, copied into a frame as DELETE-TCB together with what they refer
 * to. Used by track only. Pure. */
#ifndef TCPLENS_CORE_GHOST_H
#define TCPLENS_CORE_GHOST_H

#include "core/frame.h"
#include "core/note.h"

/* Where the processes and groups of previous stand in next: filled as they are needed. */
struct ghost_copier {
    const struct frame *previous;
    struct frame *next;
    uint32_t *procs, *groups; /* index in next, CONN_NO_INDEX = not looked for yet */
    uint32_t proc_capacity, group_capacity;
    bool begun;
};

void ghost_copier_begin(struct ghost_copier *copier, const struct frame *previous,
                        struct frame *next);
void ghost_copier_done(struct ghost_copier *copier); /* frees its memory */

/* A copy of a row of previous at the end of next's rows, with its processes, groups and detail:
 * those that next holds already, else copies. NULL when out of memory. Raises conn_count. */
struct conn *ghost_copy(struct ghost_copier *copier, const struct conn *conn);

/* The owners of a row of previous, given to a row of next. */
void ghost_copy_owners(struct ghost_copier *copier, struct conn *to, const struct conn *from);

/* What a row becomes when it has closed, from the state `from`, at wall_ns. */
void ghost_mark(struct conn *ghost, uint8_t from, int64_t wall_ns);
void ghost_take_totals(struct conn *conn, const struct note *note); /* the final counters */

/* Makes the process that a note names the last holder of a row; one that next does not hold is
 * added. *hint: index of the one named before, mostly the same. */
void ghost_set_owner(struct frame *next, struct conn *conn, const struct note *note,
                     uint32_t *hint);

/* Owner and group of a row of previous, given to a row of next by its indexes there. */
void ghost_copy_place(struct ghost_copier *copier, struct conn *to, const struct conn *from);

/* Index in next of the process that was named so, which is added if need be; CONN_NO_INDEX when out
 * of memory. *hint: index of the one named before, mostly the same. */
uint32_t ghost_named_proc(struct frame *next, int32_t pid, uint64_t start_ticks, const char *name,
                          uint32_t *hint);

/* Index in frame of the process (pid, start), CONN_NO_INDEX if it is not there. start 0 = any. */
uint32_t ghost_find_proc(const struct frame *frame, int32_t pid, uint64_t start_ticks);

#endif
