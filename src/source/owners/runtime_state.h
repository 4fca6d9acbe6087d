/* runtime_state: containers whose control group does not show the runtime (containerd's
 * /NAMESPACE/ID of `ctr`, any path of runc and crun): found by the runtime's state folder. */
#ifndef TCPLENS_SOURCE_OWNERS_RUNTIME_STATE_H
#define TCPLENS_SOURCE_OWNERS_RUNTIME_STATE_H

#include <stdbool.h>
#include <stddef.h>

/* The innermost container that a control group lies in: "containerd:web", "runc:web". root: prefix
 * of the folders, "" except in tests. Reads no file and follows no link; needs the right to search
 * root's folders. */
bool runtime_state_container(const char *root, const char *path, char *container, size_t size);

#endif
