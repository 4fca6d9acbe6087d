/* privilege: capget and capset of the calling thread, by system call: two bits need no library.
 * Must not know who asks, nor open anything. */
#include "source/privilege.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(PRIVILEGE_DAC_READ_SEARCH == 1u << CAP_DAC_READ_SEARCH, "capability number");
_Static_assert(PRIVILEGE_SYS_PTRACE == 1u << CAP_SYS_PTRACE, "capability number");

static int capabilities_get(struct __user_cap_data_struct data[2])
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

    memset(data, 0, 2 * sizeof data[0]);
    return (int)syscall(SYS_capget, &header, data);
}

static void set_effective(uint32_t wanted)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    if (capabilities_get(data) != 0)
        return;
    data[0].effective = (data[0].effective & ~PRIVILEGE_ALL) | wanted;
    /* Not set: the opens that need it fail with EACCES, and that is told. */
    (void)syscall(SYS_capset, &header, data);
}

void privilege_init(struct privilege *privilege)
{
    struct __user_cap_data_struct data[2];

    memset(privilege, 0, sizeof *privilege);
    if (capabilities_get(data) != 0)
        return;
    privilege->permitted = data[0].permitted & PRIVILEGE_ALL;
    privilege->effective = data[0].effective & PRIVILEGE_ALL;
}

void privilege_raise(struct privilege *privilege)
{
    if (privilege->permitted == privilege->effective)
        return;
    set_effective(privilege->permitted);
    privilege->raised = true;
}

void privilege_lower(struct privilege *privilege)
{
    if (!privilege->raised)
        return;
    set_effective(privilege->effective);
    privilege->raised = false;
}
