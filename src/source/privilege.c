/* privilege: capget and capset of the calling thread, by system call: no library is needed for two
 * bits. */
#include "source/privilege.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534 /* the kernel's number of a user without rights (fs.overflowuid) */

_Static_assert(PRIVILEGE_DAC_READ_SEARCH == 1u << CAP_DAC_READ_SEARCH, "capability number");
_Static_assert(PRIVILEGE_SYS_PTRACE == 1u << CAP_SYS_PTRACE, "capability number");
_Static_assert(PRIVILEGE_SYS_ADMIN == 1u << CAP_SYS_ADMIN, "capability number");

static int capabilities_get(struct __user_cap_data_struct data[2])
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

    memset(data, 0, 2 * sizeof data[0]);
    return (int)syscall(SYS_capget, &header, data);
}

/* Makes exactly `wanted` of the capabilities `of` effective. */
static void set_effective(uint32_t of, uint32_t wanted)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    if (capabilities_get(data) != 0)
        return;
    data[0].effective = (data[0].effective & ~of) | wanted;
    /* If that fails, opens that need it fail with EACCES, which is reported. */
    (void)syscall(SYS_capset, &header, data);
}

bool privilege_may(uint64_t wanted)
{
    struct __user_cap_data_struct data[2];

    if (capabilities_get(data) != 0)
        return false;
    const uint64_t permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    return (permitted & wanted) == wanted;
}

bool privilege_is_effective(uint64_t wanted)
{
    struct __user_cap_data_struct data[2];

    if (capabilities_get(data) != 0)
        return false;
    const uint64_t effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    return (effective & wanted) == wanted;
}

/* NS_GET_USERNS refuses a namespace that belongs to a user namespace above ours. */
bool privilege_owns_network(void)
{
    const int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    const int owner = netns < 0 ? -1 : ioctl(netns, NS_GET_USERNS);

    if (owner >= 0)
        close(owner);
    if (netns >= 0)
        close(netns);
    return owner >= 0;
}

void privilege_set_aside(void)
{
    set_effective(PRIVILEGE_ENTER, 0);
}

void privilege_init_of(struct privilege *privilege, uint32_t wanted)
{
    struct __user_cap_data_struct data[2];

    *privilege = (struct privilege){.wanted = wanted};
    if (capabilities_get(data) != 0)
        return;
    privilege->permitted = data[0].permitted & wanted;
    privilege->effective = data[0].effective & wanted;
}

void privilege_init(struct privilege *privilege)
{
    privilege_init_of(privilege, PRIVILEGE_ALL);
}

void privilege_raise(struct privilege *privilege)
{
    if (privilege->permitted == privilege->effective)
        return;
    set_effective(privilege->wanted, privilege->permitted);
    privilege->raised = true;
}

void privilege_lower(struct privilege *privilege)
{
    if (!privilege->raised)
        return;
    set_effective(privilege->wanted, privilege->effective);
    privilege->raised = false;
}

static void keep_half(struct __user_cap_data_struct *half, uint32_t keep)
{
    half->permitted &= keep;
    half->effective &= half->permitted;
    half->inheritable = 0;
}

static void set_kept(uint64_t keep, bool nothing_effective)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    if (capabilities_get(data) != 0)
        return;
    keep_half(&data[0], (uint32_t)keep);
    keep_half(&data[1], (uint32_t)(keep >> 32));
    if (nothing_effective)
        data[0].effective = data[1].effective = 0;
    (void)syscall(SYS_capset, &header, data); /* dropping is always allowed */
}

void privilege_keep(uint64_t keep)
{
    set_kept(keep, false);
}

void privilege_drop(uint64_t dropped)
{
    set_kept(~dropped, false);
}

void privilege_become_nobody(void)
{
    if (getuid() != 0)
        return;
    /* Fails in a user namespace where "nobody" is not mapped: then there is no other user to
     * become. */
    if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
        return;
}

/* Variables by which the user of a privileged program could make terminal or resolver libraries
 * open files. */
static const char *const UNSAFE_VARIABLES[] = {
    "TERMINFO",      "TERMINFO_DIRS",      "TERMCAP",     "TERMPATH",
    "NCURSES_TRACE", "NCURSES_NO_PADDING", "ESCDELAY",    "TABSIZE",
    "HOSTALIASES",   "LOCALDOMAIN",        "RES_OPTIONS", "CARES_HOSTS",
};

/* Ends at the last capability of the kernel. Needs CAP_SETPCAP, which root has. */
static void narrow_bounding_set(uint64_t keep)
{
    for (unsigned long bit = 0; bit < 64 && prctl(PR_CAPBSET_READ, bit, 0, 0, 0) >= 0; bit++)
        if (!(keep >> bit & 1))
            (void)prctl(PR_CAPBSET_DROP, bit, 0, 0, 0);
}

/* Our caller has fewer rights: no core dump, whatever fs.suid_dumpable is, and none of those
 * files. */
static void distrust_caller(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    for (size_t i = 0; i < sizeof UNSAFE_VARIABLES / sizeof *UNSAFE_VARIABLES; i++)
        unsetenv(UNSAFE_VARIABLES[i]);
}

void privilege_start(uint64_t keep, bool starts_programs)
{
    const bool secure = getauxval(AT_SECURE) != 0;

    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0,
                0); /* Linux 3.5; nor do started programs gain privileges */
    if (secure)
        distrust_caller();
    if (!starts_programs)
        narrow_bounding_set(keep);
    set_kept(keep, secure);
    set_effective(PRIVILEGE_SYS_ADMIN, 0);
}
