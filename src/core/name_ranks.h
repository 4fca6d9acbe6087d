/* The processes of a frame, ranked by name: to sort 200,000 rows, comparing numbers instead of
 * names saves most of the time. Pure. */
#ifndef TCPLENS_CORE_NAME_RANKS_H
#define TCPLENS_CORE_NAME_RANKS_H

#include "core/frame.h"

#define NAME_RANK_LAST UINT32_MAX /* of processes whose name is unknown */

struct name_rank {
    uint64_t begin; /* the first eight bytes of the name of another process, */
    uint32_t proc;  /* which stands here in the order of names */
    uint32_t rank;  /* of this process: equal where names are equal */
};

struct name_ranks {
    struct name_rank *list; /* as frame.procs */
    uint32_t count, capacity;
};

static inline uint32_t name_rank(const struct name_ranks *ranks, uint32_t proc)
{
    return proc < ranks->count ? ranks->list[proc].rank : NAME_RANK_LAST;
}

/* 0 or -ENOMEM. */
int name_ranks_take(struct name_ranks *ranks, const struct frame *frame);
void name_ranks_done(struct name_ranks *ranks);

#endif
