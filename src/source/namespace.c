/* namespace: see namespace.h. Must not know what the number is compared with. */
#include "source/namespace.h"

#include <stdio.h>
#include <sys/stat.h>

uint32_t namespace_inode(const char *kind)
{
    char path[40];
    struct stat found;

    snprintf(path, sizeof(path), "/proc/self/ns/%.16s", kind);
    return stat(path, &found) == 0 ? (uint32_t)found.st_ino : 0;
}
