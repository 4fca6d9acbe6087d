/* netns_name: the name of a namespace and its container, from files only, without talking to a
 * daemon. */
#ifndef TCPLENS_SOURCE_NETNS_NAME_H
#define TCPLENS_SOURCE_NETNS_NAME_H

#include "core/netns.h"
#include "source/owners/group.h"

#include <stdint.h>

struct netns_slot;

struct netns_names {
    const char *proc_root;
    const char *root; /* prefix of the runtimes' files: "" except in tests */
    /* the container that we run in: it names no other namespace */
    char own_container[GROUP_NAME_MAX];
};

/* proc_root is not copied. */
void netns_names_init(struct netns_names *names, const char *proc_root);
/* Sets name and kind of the entry, container and pod: by the control group of its anchor, the
 * monitor of that, its mount or, failing all, its inode. */
void netns_name(const struct netns_names *names, struct netns_slot *slot);

/* True for names of processes that forward ports: docker-proxy, conmon, rootlessport. */
bool netns_passes_ports(const char *comm);
/* The container served by a process that forwards a published port, as safe text: from its command
 * line; for rootlessport from the other processes in its network namespace. False: no such process,
 * or unknown. */
bool netns_port_target(const struct netns_names *names, int32_t pid, const char *command,
                       size_t length, char target[NETNS_NAME_MAX]);

#endif
