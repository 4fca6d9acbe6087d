/* netns_mounts: the mounts of nsfs that hold network namespaces, out of mountinfo: `ip netns` has
 * them in /run/netns, docker in /run/docker/netns. */
#ifndef TCPLENS_SOURCE_NETNS_MOUNTS_H
#define TCPLENS_SOURCE_NETNS_MOUNTS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct netns_mount {
    uint32_t inode;
    const char *path;
};

struct netns_mounts {
    struct netns_mount *rows; /* in the order of mountinfo */
    uint32_t count, capacity;
    struct buffer text;
    struct arena paths;
    int file; /* of mountinfo: readable with POLLPRI when mounts changed; -1 = there is none */
};

void netns_mounts_open(struct netns_mounts *mounts, const char *proc_root);
void netns_mounts_close(struct netns_mounts *mounts);
/* Reads it again. 0 or -errno (the list may be incomplete). */
int netns_mounts_read(struct netns_mounts *mounts);
/* Appends the rows of a mountinfo text. 0 or -ENOMEM. */
int netns_mounts_parse(struct netns_mounts *mounts, const char *text, size_t length);

#endif
