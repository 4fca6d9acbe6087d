/* netns: a network namespace: its identity, and opening sock_diag sockets in our own. Each purpose
 * has its own socket: dumps and exact look-ups (netlink.h), ends (destroy.h), closing a connection
 * (src/act). */
#ifndef TCPLENS_SOURCE_NETNS_NETNS_H
#define TCPLENS_SOURCE_NETNS_NETNS_H

#include <stdbool.h>
#include <stdint.h>

struct netns {
    uint64_t cookie; /* SO_NETNS_COOKIE (Linux 5.14): unique; 0 = unknown */
    uint32_t inode;  /* as shown to users; reused after the namespace is gone; 0 = unknown */
    bool is_host;    /* it is known to be that of the machine's process 1 */
};

/* The namespace of the calling thread. */
void netns_own(struct netns *netns);
/* A NETLINK_SOCK_DIAG socket in it, with these type flags (SOCK_NONBLOCK or 0), closed on exec; or
 * -errno: -EXDEV: the calling thread is in another namespace. */
int netns_open_diag(const struct netns *netns, int flags);
/* True if the process is in our network namespace, as seen in /proc without privileges: each
 * namespace has its own files below net. False also if unknown. */
bool netns_is_of_process(int32_t pid);
/* The cookie of a socket's namespace; 0 = unknown. */
uint64_t netns_cookie_of_socket(int descriptor);

#endif
