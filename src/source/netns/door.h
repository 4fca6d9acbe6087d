/* netns_door: moves the calling thread into another network namespace and back. Other threads are
 * not affected (setns(2)). Needs CAP_SYS_ADMIN in both user namespaces, which is raised only in
 * between. */
#ifndef TCPLENS_SOURCE_NETNS_DOOR_H
#define TCPLENS_SOURCE_NETNS_DOOR_H

#include "source/privilege.h"

#include <stdbool.h>
#include <stdint.h>

struct netns_door {
    int home;      /* descriptor of our own namespace */
    bool stranded; /* returning failed once: no namespace is entered any more */
    struct privilege privilege;
};

/* 0 or -errno. */
int netns_door_open(struct netns_door *door);
void netns_door_close(struct netns_door *door);

/* path: a file of nsfs (/proc/PID/ns/net, a mount). inode: the expected namespace, 0 = any; -ESRCH:
 * it is another one, or gone. On success netns_door_leave must follow. */
int netns_door_enter(struct netns_door *door, const char *path, uint32_t inode);
int netns_door_leave(struct netns_door *door);

/* Enters, opens a netlink socket there and returns; -ESRCH: the namespace has another cookie than
 * this one (0 = any). The other one: only returns its cookie. */
int netns_door_socket(struct netns_door *door, const char *path, uint64_t cookie, int protocol,
                      int flags);
int netns_door_cookie(struct netns_door *door, const char *path, uint32_t inode, uint64_t *cookie);

#endif
