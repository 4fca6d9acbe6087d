/* Why the kernel refused to load a program: see refusal.h. */
#include "source/bpf/refusal.h"

#include "base/error.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static bool is_locked_down(void)
{
    char line[128] = "";
    FILE *file = fopen("/sys/kernel/security/lockdown", "re");
    if (!file)
        return false;
    const bool read = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    return read && strstr(line, "[confidentiality]");
}

static bool has_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &header, data) < 0)
        return false;
    const uint32_t admin = data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN);
    const uint32_t both = CAP_TO_MASK(CAP_BPF) | CAP_TO_MASK(CAP_PERFMON);
    return admin || (data[CAP_TO_INDEX(CAP_BPF)].effective & both) == both;
}

/* The running kernel is older than that. */
static bool is_before(const struct utsname *running, struct linux_version since)
{
    unsigned major = 0, minor = 0;

    return sscanf(running->release, "%u.%u", &major, &minor) == 2 &&
           (major < since.major || (major == since.major && minor < since.minor));
}

void bpf_explain_refusal(int error, struct linux_version since, char text[BPF_TEXT_SIZE])
{
    struct utsname running = {.release = ""};

    (void)uname(&running);
    if (is_before(&running, since)) {
        snprintf(text, BPF_TEXT_SIZE, "needs Linux %u.%u; this is %.40s", since.major, since.minor,
                 running.release);
        return;
    }
    if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
        snprintf(text, BPF_TEXT_SIZE, "the kernel has no description of its types (BTF)");
    else if (is_locked_down())
        snprintf(text, BPF_TEXT_SIZE, "the kernel is locked down (confidentiality)");
    else if ((error == -EPERM || error == -EACCES) && has_capabilities())
        snprintf(text, BPF_TEXT_SIZE,
                 "refused in spite of CAP_BPF and CAP_PERFMON (%s): a sandbox?",
                 error == -EPERM ? "EPERM" : "EACCES");
    else if (error == -EPERM || error == -EACCES)
        snprintf(text, BPF_TEXT_SIZE,
                 "needs CAP_BPF and CAP_PERFMON (root, outside of a container)");
    else if (error == -EINVAL || error == -ENOENT || error == -ESRCH || error == -EOPNOTSUPP)
        snprintf(text, BPF_TEXT_SIZE, "this kernel cannot do it: %s", error_text(error));
    else
        snprintf(text, BPF_TEXT_SIZE, "%s", strerror(-error));
}
