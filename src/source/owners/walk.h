/* owner_walks: who holds what by one walk over the descriptors of all processes, made by a walker
 * that was handed in (walker.h). What it finds is joined with the roster by pid and start time, so
 * that a number given to another process in between is never mixed up. */
#ifndef TCPLENS_SOURCE_OWNERS_WALK_H
#define TCPLENS_SOURCE_OWNERS_WALK_H

#include "source/owners/roster.h"
#include "source/owners/walker.h"

struct owner_walks {
    struct roster *roster;
    struct owner_walk walker; /* .walk NULL: there is none */
    struct found_fds found;   /* scratch */
    uint64_t count;           /* walks made */
    int64_t cost_ns;          /* what the last one took, 0 = none yet */
    int64_t saved_ns;         /* share of the frames since then, for one in the background */
    uint32_t frames;          /* since then */
};

/* There is a walker, and nothing is to be loaded for it any more. */
bool owner_walks_is_ready(const struct owner_walks *walks);
/* There is a walker, and it costs less than to list the pending sockets' and new processes'
 * descriptors through /proc. */
bool owner_walks_pays(const struct owner_walks *walks);
/* A share of the frame at hand for a walk in the background; true when one is due. */
bool owner_walks_save(struct owner_walks *walks, int64_t share_ns);
/* All holders of all sockets in the table, and every process of the roster visited. 0, or -errno:
 * nothing may be concluded from it; -ENOMEM: as everywhere; others: read /proc instead. */
int owner_walks_run(struct owner_walks *walks);
void owner_walks_use(struct owner_walks *walks, const struct owner_walk *walker);
void owner_walks_done(struct owner_walks *walks);

#endif
