/* netns_name: what a namespace is called and what it belongs to, out of files only: nothing talks to
 * a daemon. */
#ifndef TCPLENS_SOURCE_NETNS_NAME_H
#define TCPLENS_SOURCE_NETNS_NAME_H

#include "core/netns.h"
#include "source/owners/group.h"

#include <stdint.h>

struct netns_slot;

struct netns_names {
    const char *proc_root;
    const char *root;                   /* below which the files of runtimes are: "" but in tests */
    char own_container[GROUP_NAME_MAX]; /* that we run in ourselves: it names no other namespace */
};

/* proc_root is not copied. */
void netns_names_init(struct netns_names *names, const char *proc_root);
/* Sets name and kind of the entry, container and pod: by the control group of its anchor, what runs
 * that, its mount or, where nothing says anything, its inode. */
void netns_name(const struct netns_names *names, struct netns_slot *slot);

/* What such processes are called: docker-proxy, conmon, rootlessport. */
bool netns_passes_ports(const char *comm);
/* The container that a process which passes on a published port serves, in safe text: by its command
 * line, of rootlessport by the other processes in its network namespace. False: it is no such process, or
 * nothing says. */
bool netns_port_target(const struct netns_names *names, int32_t pid, const char *command,
                       size_t length, char target[NETNS_NAME_MAX]);

#endif
