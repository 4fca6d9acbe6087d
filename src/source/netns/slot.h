/* netns_slot: an entry of the list with what keeps it: its anchor and its mount. Private to
 * src/source/netns. */
#ifndef TCPLENS_SOURCE_NETNS_SLOT_H
#define TCPLENS_SOURCE_NETNS_SLOT_H

#include "source/netns/list.h"

struct netns_slot {
    struct netns_entry entry; /* first */
    int pidfd;                /* of the anchor; -1 = none: it is looked after in turn */
    char *mount;              /* where it is mounted, NULL = nowhere */
    bool lost;                /* its last process left: a process with the same inode must then
                                 prove that it is the same namespace */
    bool marked;              /* scratch */
};

#endif
