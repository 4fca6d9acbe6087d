/* row_walk: a walk over the sockets that processes have open, of many network namespaces at once, handed
 * to the live source to be used in place of a dump of each. Independent of how it walks (bpf). */
#ifndef TCPLENS_SOURCE_ROW_WALK_H
#define TCPLENS_SOURCE_ROW_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One descriptor that is a TCP socket of another namespace than ours. */
struct row_found {
    uint64_t netns_cookie;
    uint32_t netns;      /* inode number */
    bool has_ulp;        /* there is an upper layer: what it is only a look-up says */
    bool is_bound;       /* neither listening nor connected */
    const void *message; /* as sock_diag has it: struct inet_diag_msg and its attributes */
    size_t length;
};

/* 0, or -errno: the walk ends. */
typedef int (*row_visit)(void *context, const struct row_found *found);

struct row_walk {
    /* Calls visit for each such descriptor, one socket as often as it has descriptors. 0; -EAGAIN: not
     * now; any other -errno: never, or what visit returned. */
    int (*walk)(void *walker, row_visit visit, void *context);
    void *walker;
};

#endif
