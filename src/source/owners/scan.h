/* owner_scan: brings the table up to date within the budget of a frame: new processes first, then
 * every process while a socket is without an owner, else a piece of the background round; or all of
 * them by one walk, where there is a walker. Independent of how a process is read, and of frames.
 */
#ifndef TCPLENS_SOURCE_OWNERS_SCAN_H
#define TCPLENS_SOURCE_OWNERS_SCAN_H

#include "source/owners/roster.h"
#include "source/owners/visit.h"
#include "source/owners/walk.h"

struct scan_round { /* over all processes; it may take several frames */
    enum visit_depth depth;
    int32_t pid; /* where it goes on */
    uint32_t fd;
    uint16_t epoch;
    bool active;
    bool parked; /* what it did not find may be closed by now: the next frame shows */
};

struct owner_scan {
    struct roster *roster;
    struct visitor visitor;
    struct owner_walks walks;
    struct scan_round search, background;
    uint64_t rounds; /* background rounds ended */
    int error;       /* why the last one could not go on, 0 = it could */
};

void owner_scan_init(struct owner_scan *scan, struct roster *roster);
void owner_scan_done(struct owner_scan *scan);
/* The processes are others from here on: begins anew. */
void owner_scan_restart(struct owner_scan *scan);
/* budget_ns: of CPU time, 0 = no limit. Privileges must have been raised. 0 or -ENOMEM; *late: not
 * all is known yet. */
int owner_scan_run(struct owner_scan *scan, uint32_t row_count, int64_t budget_ns, bool *late);

#endif
