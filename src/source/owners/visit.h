/* visit: reads the sockets among the descriptors of one process. Independent of which processes are
 * visited, and when. Privileges must have been raised. */
#ifndef TCPLENS_SOURCE_OWNERS_VISIT_H
#define TCPLENS_SOURCE_OWNERS_VISIT_H

#include "source/owners/roster.h"

/* shallow: known descriptors whose socket is in the table are not read again; deep: all are; tasks:
 * those of threads with their own descriptor tables. */
enum visit_depth { VISIT_SHALLOW, VISIT_DEEP, VISIT_TASKS };

struct visitor {
    struct roster *roster;
    struct found_fds found; /* scratch of a visit */
    uint64_t visits, links; /* processes listed, descriptors read; since it was created */
};

/* 0: read to the end; 1: out of time, *from is where to continue; -ESRCH: the process no longer
 * exists; other -errno: could not be read (out of memory, no descriptors left). For a process that
 * may not be read: 0, and it is `denied`. deadline_ns: CPU time of the thread. */
int visit_process(struct visitor *visitor, uint32_t slot, enum visit_depth depth, uint32_t *from,
                  int64_t deadline_ns);
/* Whether /proc refuses the descriptors of any process in which the last walk found no socket. */
bool visit_is_denied_any(struct roster *roster, uint32_t walk);
/* Threads with their own descriptor tables: unshare(CLONE_FILES), or a main thread that has exited.
 * directory: of /proc/PID. */
int visit_tasks(struct visitor *visitor, uint32_t slot, int directory);
/* Lists an open fd directory from descriptor *from on into visitor->found and the table; 0 at the
 * end, 1 when out of time (*from is where to continue), or -errno. */
int visit_descriptors(struct visitor *visitor, uint32_t slot, int directory, bool deep,
                      uint32_t *from, int64_t deadline_ns);

#endif
