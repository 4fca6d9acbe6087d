/* owner_walks: finds all holders by one walk over the descriptors of all processes, made by a
 * walker that was passed in (walker.h). Results are joined with the roster by pid and start time,
 * so that a reused pid causes no confusion. */
#ifndef TCPLENS_SOURCE_OWNERS_WALK_H
#define TCPLENS_SOURCE_OWNERS_WALK_H

#include "source/owners/roster.h"
#include "source/owners/walker.h"

/* Results of a walk made before there were rows. */
struct walk_ahead {
    struct walk_run *runs; /* of descriptors of one table */
    uint32_t run_count, run_capacity;
    struct found_fds fds;
    uint32_t slots; /* of the roster when it began: processes in later slots are newer */
    int64_t cost_ns;
    int error;
    bool made;
};

struct owner_walks {
    struct roster *roster;
    struct owner_walk walker; /* .walk NULL: none */
    struct found_fds found;   /* scratch */
    uint64_t count;           /* walks made */
    int64_t cost_ns;          /* cost of the last one, 0 = none yet */
    int64_t saved_ns;         /* share of the frames since then, saved for one in the background */
    uint32_t frames;          /* since then */
    struct walk_ahead ahead;
};

/* There is a walker, and it has been loaded. */
bool owner_walks_is_ready(const struct owner_walks *walks);
/* There is a walker, and it costs less than reading descriptors through /proc for the pending
 * sockets and new processes. */
bool owner_walks_pays(const struct owner_walks *walks);
/* Adds a share of the present frame for a walk in the background; true when one is due. */
bool owner_walks_save(struct owner_walks *walks, int64_t share_ns);
/* Sets all holders of all sockets in the table and marks every process of the roster as visited. 0;
 * -ENOMEM; other -errno: no result, read /proc instead. */
int owner_walks_run(struct owner_walks *walks);
/* As owner_walks_pays(), for that many sockets without an owner; reads the roster. */
bool owner_walks_expect(struct owner_walks *walks, uint32_t sockets);
/* Makes a walk whose results the next owner_walks_run() uses. From any thread, while walks, roster
 * and table are not used otherwise. */
void owner_walks_ahead(struct owner_walks *walks);
bool owner_walks_is_ahead(const struct owner_walks *walks);
void owner_walks_drop_ahead(struct owner_walks *walks);
void owner_walks_use(struct owner_walks *walks, const struct owner_walk *walker);
void owner_walks_done(struct owner_walks *walks);

#endif
