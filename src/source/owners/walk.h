/* owner_walks: who holds what by one walk over the descriptors of all processes, made by a walker
 * that was handed in (walker.h). What it finds is joined with the roster by pid and start time, so
 * that a number given to another process in between is never mixed up. */
#ifndef TCPLENS_SOURCE_OWNERS_WALK_H
#define TCPLENS_SOURCE_OWNERS_WALK_H

#include "source/owners/roster.h"
#include "source/owners/walker.h"

/* What a walk found before there were rows. */
struct walk_ahead {
    struct walk_run *runs; /* of descriptors of one table */
    uint32_t run_count, run_capacity;
    struct found_fds fds;
    uint32_t slots; /* of the roster, when it began: processes in later ones are newer than it */
    int64_t cost_ns;
    int error;
    bool made;
};

struct owner_walks {
    struct roster *roster;
    struct owner_walk walker; /* .walk NULL: there is none */
    struct found_fds found;   /* scratch */
    uint64_t count;           /* walks made */
    int64_t cost_ns;          /* what the last one took, 0 = none yet */
    int64_t saved_ns;         /* share of the frames since then, for one in the background */
    uint32_t frames;          /* since then */
    struct walk_ahead ahead;
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
/* As owner_walks_pays(), for that many sockets without an owner; reads the roster. */
bool owner_walks_expect(struct owner_walks *walks, uint32_t sockets);
/* A walk that is kept until owner_walks_run() makes use of it in place of one of its own. From any
 * thread, while nothing else is done with the walks, roster and table. */
void owner_walks_ahead(struct owner_walks *walks);
bool owner_walks_is_ahead(const struct owner_walks *walks);
void owner_walks_drop_ahead(struct owner_walks *walks);
void owner_walks_use(struct owner_walks *walks, const struct owner_walk *walker);
void owner_walks_done(struct owner_walks *walks);

#endif
