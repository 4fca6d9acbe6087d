/* namespace: which namespaces this process is in. */
#ifndef TCPLENS_SOURCE_NAMESPACE_H
#define TCPLENS_SOURCE_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>

/* Inode number of our namespace of that kind, "net" or "pid"; 0 = it cannot be known. */
uint32_t namespace_inode(const char *kind);
/* The process is in our network namespace, as far as /proc says without any right: each namespace
 * has files of its own below net. False also where it cannot be known. */
bool namespace_shares_net(int32_t pid);

#endif
