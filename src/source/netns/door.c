/* netns_door: see door.h. */
#include "source/netns/door.h"

#include "source/netns/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES_HOME 100 /* the kernel may be out of memory for a moment */

int netns_door_open(struct netns_door *door)
{
    *door = (struct netns_door){.home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
    return door->home < 0 ? -errno : 0;
}

void netns_door_close(struct netns_door *door)
{
    if (door->home >= 0)
        close(door->home);
    door->home = -1;
}

static int open_namespace(const char *path, uint32_t inode)
{
    struct stat found;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (file < 0)
        return errno == ENOENT ? -ESRCH : -errno;
    if (fstat(file, &found) == 0 && (inode == 0 || found.st_ino == inode))
        return file;
    close(file);
    return -ESRCH;
}

static int go(const char *path, uint32_t inode)
{
    const int file = open_namespace(path, inode);

    if (file < 0)
        return file;
    const int error = setns(file, CLONE_NEWNET) == 0 ? 0 : -errno;
    close(file);
    return error;
}

int netns_door_enter(struct netns_door *door, const char *path, uint32_t inode)
{
    if (door->stranded)
        return -EXDEV;
    if (door->home < 0)
        return -EPERM;
    privilege_init_of(&door->privilege, PRIVILEGE_ENTER);
    privilege_raise(&door->privilege);
    const int error = go(path, inode);
    if (error)
        privilege_lower(&door->privilege);
    return error;
}

int netns_door_leave(struct netns_door *door)
{
    int error = -EXDEV;

    for (int i = 0; i < TRIES_HOME && error; i++) {
        error = setns(door->home, CLONE_NEWNET) == 0 ? 0 : -errno;
        if (error)
            sched_yield();
    }
    privilege_lower(&door->privilege);
    door->stranded = error != 0;
    return error ? -EXDEV : 0;
}

int netns_door_socket(struct netns_door *door, const char *path, uint64_t cookie, int protocol,
                      int flags)
{
    int error = netns_door_enter(door, path, 0);
    if (error)
        return error;
    const int made = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, protocol);
    error = made < 0 ? -errno : 0;
    const int left = netns_door_leave(door);
    if (!error && cookie && netns_cookie_of_socket(made) != cookie)
        error = -ESRCH;
    if (!error)
        error = left;
    if (error && made >= 0)
        close(made);
    return error ? error : made;
}

int netns_door_cookie(struct netns_door *door, const char *path, uint32_t inode, uint64_t *cookie)
{
    const int error = netns_door_enter(door, path, inode);
    if (error)
        return error;
    const int made = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int failed = made < 0 ? -errno : 0;
    const int left = netns_door_leave(door);
    if (failed)
        return failed;
    *cookie = netns_cookie_of_socket(made);
    close(made);
    return left;
}
