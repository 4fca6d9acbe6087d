/* namespace: see namespace.h. Must not know what the number is compared with. */
#include "source/namespace.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where /proc is not mounted or another pid namespace's: SIOCGSKNS, which needs CAP_NET_ADMIN. */
static uint32_t inode_by_socket(void)
{
    struct stat found = {0};
    const int asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int netns = asked < 0 ? -1 : ioctl(asked, SIOCGSKNS);

    if (netns >= 0 && fstat(netns, &found) != 0)
        found.st_ino = 0;
    if (netns >= 0)
        close(netns);
    if (asked >= 0)
        close(asked);
    return (uint32_t)found.st_ino;
}

uint32_t namespace_inode(const char *kind)
{
    char path[40];
    struct stat found;

    snprintf(path, sizeof(path), "/proc/self/ns/%.16s", kind);
    if (stat(path, &found) == 0)
        return (uint32_t)found.st_ino;
    return strcmp(kind, "net") == 0 ? inode_by_socket() : 0;
}

bool namespace_shares_net(int32_t pid)
{
    char path[40];
    struct stat own, other;

    snprintf(path, sizeof(path), "/proc/%d/net/tcp", pid);
    return stat("/proc/self/net/tcp", &own) == 0 && stat(path, &other) == 0 &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}
