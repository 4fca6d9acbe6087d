/* Network namespaces: what kinds there are, and how their connections can be read. Pure. */
#ifndef TCPLENS_CORE_NETNS_H
#define TCPLENS_CORE_NETNS_H

#include "core/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETNS_NAME_MAX 128 /* a name in safe text, cut where it is longer */

enum netns_kind {
    NETNS_KIND_PROCESS = 0, /* known only by its processes */
    NETNS_KIND_HOST,        /* that of the machine's process 1 */
    NETNS_KIND_NAMED,       /* ip netns: a file in /run/netns */
    NETNS_KIND_MOUNT,       /* another mount of nsfs holds it */
    NETNS_KIND_DOCKER,
    NETNS_KIND_PODMAN,
    NETNS_KIND_CONTAINERD,
    NETNS_KIND_CRIO,
    NETNS_KIND_POD,
    NETNS_KIND_LXC,
    NETNS_KIND_NSPAWN,
    NETNS_KIND_CONTAINER, /* of a runtime that the control group does not show */
    NETNS_KIND_COUNT
};
extern const struct words NETNS_KIND_WORDS;

/* Its name is more than its inode number in digits, which stands for one that has none. */
bool netns_is_named(const char *name, uint32_t inode);

enum netns_reach {
    NETNS_REACH_NONE = 0,
    NETNS_REACH_PROC, /* /proc/PID/net: no counters, no cookies */
    NETNS_REACH_ENTER /* sock_diag in it */
};
extern const struct words NETNS_REACH_WORDS;

/* Namespaces with processes whose connections are not shown. */
struct other_netns {
    uint32_t count;   /* that hold TCP sockets */
    uint64_t sockets; /* of those */
    uint32_t unread;  /* whose sockets cannot be counted */
};
/* "4 other network namespaces hold 212 sockets: --netns all", "" = nothing to say. Its length. */
size_t other_netns_text(const struct other_netns *others, char *out, size_t size);

#endif
