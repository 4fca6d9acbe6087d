/* netns: a network namespace: which one it is, and the one place where sock_diag sockets in it are
 * opened. Each purpose has a socket of its own: dumps and exact look-ups (netlink.h), ends
 * (destroy.h), closing a connection (src/act). Today there is one namespace, ours. */
#ifndef TCPLENS_SOURCE_NETNS_NETNS_H
#define TCPLENS_SOURCE_NETNS_NETNS_H

#include <stdbool.h>
#include <stdint.h>

struct netns {
    uint64_t cookie; /* SO_NETNS_COOKIE (Linux 5.14): never that of another; 0 = unknown */
    uint32_t inode;  /* as shown; given to another once the namespace is gone; 0 = unknown */
    bool is_host;    /* it is known to be that of the machine's process 1 */
};

/* The one that the calling thread is in. */
void netns_own(struct netns *netns);
/* A NETLINK_SOCK_DIAG socket in it, of this type flags (SOCK_NONBLOCK or 0), closed on exec; or
 * -errno: -EXDEV: the calling thread is in another namespace. */
int netns_open_diag(const struct netns *netns, int flags);
/* The process is in our network namespace, as far as /proc says without any right: each namespace
 * has files of its own below net. False also where it cannot be known. */
bool netns_is_of_process(int32_t pid);
/* That of the namespace of a socket; 0 = unknown. */
uint64_t netns_cookie_of_socket(int descriptor);

#endif
