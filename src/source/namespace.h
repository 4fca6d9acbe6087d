/* namespace: which namespaces this process is in. */
#ifndef TCPLENS_SOURCE_NAMESPACE_H
#define TCPLENS_SOURCE_NAMESPACE_H

#include <stdint.h>

/* Inode number of our namespace of that kind, "net" or "pid"; 0 = it cannot be known. */
uint32_t namespace_inode(const char *kind);

#endif
