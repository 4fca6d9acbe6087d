/* runtime_state: containers whose control group has a name that says nothing (containerd's /NAMESPACE/ID of `ctr`, any
 * path of runc and crun): found by the folder in which the runtime keeps their state. */
#ifndef TCPLENS_SOURCE_OWNERS_RUNTIME_STATE_H
#define TCPLENS_SOURCE_OWNERS_RUNTIME_STATE_H

#include <stdbool.h>
#include <stddef.h>

/* The innermost container that a control group lies in: "containerd:web", "runc:web". root: below which the folders
 * are, "" but in tests. Nothing is read and no link followed; takes the rights to search folders of root. */
bool runtime_state_container(const char *root, const char *path, char *container, size_t size);

#endif
