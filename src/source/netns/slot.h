/* netns_slot: an entry of the list with its anchor and its mount. Private to src/source/netns. */
#ifndef TCPLENS_SOURCE_NETNS_SLOT_H
#define TCPLENS_SOURCE_NETNS_SLOT_H

#include "source/netns/list.h"

struct netns_slot {
    struct netns_entry entry; /* first */
    int pidfd;                /* of the anchor; -1 = none: it is polled in turn */
    char *mount;              /* where it is mounted, NULL = nowhere */
    /* its last process left: another process with the same inode must prove that it is the same
     * namespace */
    bool lost;
    bool marked; /* scratch */
};

#endif
