/* visit: reads one process: which sockets its descriptors are. Independent of which processes are
 * visited, and when. Privileges must have been raised. */
#ifndef TCPLENS_SOURCE_OWNERS_VISIT_H
#define TCPLENS_SOURCE_OWNERS_VISIT_H

#include "source/owners/roster.h"

/* shallow: descriptors that are known and whose socket is in the table are not read again; deep:
 * all are; tasks: those of threads with descriptor tables of their own. */
enum visit_depth { VISIT_SHALLOW, VISIT_DEEP, VISIT_TASKS };

struct visitor {
    struct roster *roster;
    struct found_fds found; /* scratch of a visit */
    uint64_t visits, links; /* processes listed, descriptors read; since it was made */
};

/* 0: read to the end; 1: out of time, *from is where to go on; -ESRCH: there is no such process any
 * more; other -errno: could not be read (out of memory, no descriptors left). A process that may not be
 * read is `denied`, and 0. deadline_ns: CPU time of the thread. */
int visit_process(struct visitor *visitor, uint32_t slot, enum visit_depth depth, uint32_t *from,
                  int64_t deadline_ns);
/* Whether /proc refuses the descriptors of any process in which the last walk found no socket. */
bool visit_is_denied_any(struct roster *roster, uint32_t walk);
/* Its threads that have descriptor tables of their own: unshare(CLONE_FILES), or a main thread that
 * has exited. directory: of /proc/PID. */
int visit_tasks(struct visitor *visitor, uint32_t slot, int directory);
/* Lists an open fd directory from descriptor *from on into visitor->found and the table; 0 at the
 * end, 1 when out of time (*from is then where to go on), or -errno. */
int visit_descriptors(struct visitor *visitor, uint32_t slot, int directory, bool deep,
                      uint32_t *from, int64_t deadline_ns);

#endif
