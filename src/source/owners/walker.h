/* owner_walk: a walker over the descriptors of all processes at once, which the owners use in place
 * of /proc where it is cheaper. Independent of how it works (bpf) and what it is used for. */
#ifndef TCPLENS_SOURCE_OWNERS_WALKER_H
#define TCPLENS_SOURCE_OWNERS_WALKER_H

#include <stdint.h>

/* One descriptor that is a TCP socket. */
struct owner_found {
    uint64_t inode;
    uint64_t start_ticks; /* of the process, as in /proc/PID/stat */
    int32_t pid;
    uint32_t descriptor;
    uint32_t thread; /* 0: in the process's own table; else in that of this thread */
};

typedef void (*owner_visit)(void *context, const struct owner_found *found);

struct owner_walk {
    /* Calls visit for every such descriptor, grouped by table and in order; all of them, or it
     * fails. 0; -EAGAIN: not now; any other -errno: never. */
    int (*walk)(void *walker, owner_visit visit, void *context);
    void *walker;
    int64_t first_ns; /* cost of loading, before the first walk */
};

#endif
