/* netns: see netns.h. */
#include "source/netns/netns.h"

#include "source/proc_view.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* include/uapi/asm-generic/socket.h */
#endif

/* Used if /proc is not mounted or shows another pid namespace: SIOCGSKNS, which needs
 * CAP_NET_ADMIN. */
static uint32_t inode_of_socket(int descriptor)
{
    struct stat found = {0};
    const int netns = ioctl(descriptor, SIOCGSKNS);

    if (netns < 0)
        return 0;
    if (fstat(netns, &found) != 0)
        found.st_ino = 0;
    close(netns);
    return (uint32_t)found.st_ino;
}

uint64_t netns_cookie_of_socket(int descriptor)
{
    uint64_t cookie = 0;
    socklen_t size = sizeof(cookie);

    if (getsockopt(descriptor, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) != 0)
        return 0;
    return cookie;
}

bool netns_is_of_process(int32_t pid)
{
    char path[40];
    struct stat own, other;

    snprintf(path, sizeof(path), "/proc/%d/net/tcp", pid);
    return stat("/proc/self/net/tcp", &own) == 0 && stat(path, &other) == 0 &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

/* Process 1 of another pid namespace belongs to a container. */
static bool is_host(void)
{
    struct proc_view view;
    proc_view_prove(&view);
    return view.is_complete && netns_is_of_process(1);
}

void netns_own(struct netns *netns)
{
    const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct stat found;

    *netns = (struct netns){.is_host = is_host()};
    if (stat("/proc/self/ns/net", &found) == 0)
        netns->inode = (uint32_t)found.st_ino;
    else if (descriptor >= 0)
        netns->inode = inode_of_socket(descriptor);
    if (descriptor >= 0) {
        netns->cookie = netns_cookie_of_socket(descriptor);
        close(descriptor);
    }
}

int netns_open_diag(const struct netns *netns, int flags)
{
    const int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_SOCK_DIAG);
    if (descriptor < 0)
        return -errno;
    const uint64_t cookie = netns->cookie ? netns_cookie_of_socket(descriptor) : 0;
    if (!cookie || cookie == netns->cookie)
        return descriptor;
    close(descriptor);
    return -EXDEV;
}
