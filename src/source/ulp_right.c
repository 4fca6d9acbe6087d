/* ulp_right: does the kernel tell the calling thread of upper layers? It must not know messages.
 * INET_DIAG_ULP_INFO came with Linux 5.4 for CAP_NET_ADMIN; since 6.15 it is given to everyone. */
#include "source/ulp_right.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* NS_GET_USERNS refuses a namespace that belongs to a user namespace above ours. */
static bool owns_network_namespace(void)
{
    int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (netns < 0)
        return false;
    int owner = ioctl(netns, NS_GET_USERNS);
    close(netns);
    if (owner < 0)
        return false;
    close(owner);
    return true;
}

void ulp_right_init(struct ulp_right *right)
{
    struct utsname system;
    unsigned major = 0;
    unsigned minor = 0;
    if (uname(&system) < 0 || sscanf(system.release, "%u.%u", &major, &minor) != 2)
        major = 0;
    right->everyone = major > 6 || (major == 6 && minor >= 15);
    right->privileged = (major > 5 || (major == 5 && minor >= 4)) && owns_network_namespace();
}

bool ulp_right_holds(const struct ulp_right *right)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (right->everyone)
        return true;
    if (!right->privileged || syscall(SYS_capget, &header, data) < 0)
        return false;
    return data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN);
}
