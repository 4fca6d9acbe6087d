/* owner_scan: updates the table within the budget of a frame: new processes first, then every
 * process while a socket lacks an owner, else a part of the background round; or all of them by one
 * walk, if there is a walker. Independent of how a process is read, and of frames. */
#ifndef TCPLENS_SOURCE_OWNERS_SCAN_H
#define TCPLENS_SOURCE_OWNERS_SCAN_H

#include "source/owners/roster.h"
#include "source/owners/visit.h"
#include "source/owners/walk.h"

struct scan_round { /* over all processes; it may take several frames */
    enum visit_depth depth;
    int32_t pid; /* where it continues */
    uint32_t fd;
    uint16_t epoch;
    bool active;
    bool parked; /* sockets that it did not find may be closed by now: wait for the next frame */
};

struct owner_scan {
    struct roster *roster;
    struct visitor visitor;
    struct owner_walks walks;
    struct scan_round search, background;
    uint64_t rounds; /* background rounds ended */
    int error;       /* why the last one stopped, 0 = it did not */
};

void owner_scan_init(struct owner_scan *scan, struct roster *roster);
void owner_scan_done(struct owner_scan *scan);
/* /proc shows other processes from now on: starts again. */
void owner_scan_restart(struct owner_scan *scan);
/* budget_ns: of CPU time, 0 = no limit. Privileges must have been raised. 0 or -ENOMEM; *late: some
 * owners are still unknown. */
int owner_scan_run(struct owner_scan *scan, uint32_t row_count, int64_t budget_ns, bool *late);

#endif
