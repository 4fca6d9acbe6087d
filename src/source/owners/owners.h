/* owners: the processes that hold the sockets of a frame, facts about them, and their units and
 * containers. Keeps its results from frame to frame; for the collector thread only. Independent of
 * where rows come from.
 *
 * Guarantees: a socket with a new inode is searched in every process, within the time budget of the
 * frame, continuing in the next one (MISSING_OWNERS_LATE). A new process is read in the frame that
 * first sees it; a holder that exits is noticed in the next frame (at most 256 are checked in one).
 * Changes without a new inode or a new process (dup and close, SCM_RIGHTS) are noticed by the
 * background round, which reads every descriptor of every process once in
 *     (descriptors * 2 us + processes * 20 us) / (0.2 ms + rows * 15 ns)   frames,
 * at most: about 120 frames for 20,000 sockets and 500 processes; a process whose count of open
 * descriptors changed is read sooner (Linux 6.2 and later: processes / 128 frames).
 *
 * With a walk (owners_use_walk), where it is cheaper: a frame with new inodes makes one walk over
 * all descriptors of the machine, after which all holders of all sockets are exact, including
 * threads with their own tables; it is not limited by the budget (0.1 to 0.3 us a descriptor). The
 * background round is such a walk, once in
 *     cost of a walk / (50 us + rows * 5 ns)   frames,
 * about 30 for 20,000 sockets, and not more often than in each WALK_FRAMES_LEAST. */
#ifndef TCPLENS_SOURCE_OWNERS_OWNERS_H
#define TCPLENS_SOURCE_OWNERS_OWNERS_H

#include "core/diff.h"
#include "core/frame.h"
#include "core/wish.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNERS_BUDGET_NS  50000000LL /* walk of one frame; wish.budget_percent 0: no limit */
#define WALK_FRAMES_LEAST 8u

struct owners;
struct owner_walk;

/* proc_root is "/proc", or a tree that looks like it (tests): then libproc2 is not used, and facts
 * that only it provides are unknown. 0 or -errno (proc_root cannot be opened). */
int owners_open(struct owners **owners, const char *proc_root);
void owners_close(struct owners *owners);
/* A faster walker, which must outlive `owners` or be replaced (NULL: by none). One that fails
 * permanently is not used again. */
void owners_use_walk(struct owners *owners, const struct owner_walk *walk);

/* is_open: whether the socket of a row still is open, with that row's inode. Called for sockets
 * without a readable holder before their rows say hidden or unseen, and for those that lost their last
 * one: a process may have ended since the rows were read. */
struct owner_check {
    bool (*is_open)(void *context, const struct conn *conn);
    void *context;
};
void owners_use_check(struct owners *owners, const struct owner_check *check);

bool owners_are_wanted(const struct wish *wish);
/* The operation `find_owners` of struct source_ops. listeners: a frame with all listeners, if
 * `next` may lack those of waiting connections; NULL: `next` has them. 0 or -ENOMEM: some rows may
 * lack owners, which are found in the next frame. */
int owners_apply(struct owners *owners, const struct frame *previous, struct frame *next,
                 const struct frame *listeners, const struct diff *diff, const struct wish *wish);

/* Before the first frame, of about so many rows. True: a walk pays, and owners_walk_ahead() may be
 * called once, from any thread, while the owners are not used otherwise; the next owners_apply()
 * uses its results, and searches for sockets that it lacks. */
bool owners_expect(struct owners *owners, uint32_t rows, const struct wish *wish);
void owners_walk_ahead(struct owners *owners);
/* Discards the results of a walk for a frame that was not made. */
void owners_drop_ahead(struct owners *owners);

struct owners_figures { /* since it was opened; for tests and benchmarks */
    uint64_t visits;    /* processes whose descriptors were listed */
    uint64_t links;     /* descriptors read */
    uint64_t rounds;    /* background rounds ended */
    uint64_t walks;     /* by the walker of owners_use_walk */
    uint32_t entries, slots;
    size_t footprint; /* bytes held */
};
void owners_figures(const struct owners *owners, struct owners_figures *figures);

#endif
