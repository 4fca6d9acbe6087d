/* act_netns: the way to the network namespace in which an act is to be done. Used by act.c, in one
 * thread at a time. */
#ifndef TCPLENS_ACT_NETNS_H
#define TCPLENS_ACT_NETNS_H

#include <stdbool.h>
#include <stdint.h>

/* The namespace of a row (conn.netns) is that of this process, or unknown. */
bool act_netns_is_own(uint32_t netns);
/* A NETLINK_SOCK_DIAG socket in the namespace of a row (conn.netns; 0 = ours), or -errno: -ESRCH:
 * it no longer exists; -EXDEV: it may not be entered. To be closed as soon as the act is done: it
 * keeps the namespace alive. */
int act_netns_open_diag(uint32_t netns);

#endif
