/* confine: see confine.h. Numbers of Landlock from include/uapi/linux/landlock.h, which Debian 11
 * does not have. */
#include "source/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* At exit LeakSanitizer attaches to its own threads, and another program symbolizes reports. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FOR_SANITIZERS true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FOR_SANITIZERS true
#endif
#endif
#ifndef FOR_SANITIZERS
#define FOR_SANITIZERS false
#endif

/* --- Landlock: what is written --- */

#define LANDLOCK_CREATE   444 /* numbers of system calls: the same on every architecture */
#define LANDLOCK_ADD      445
#define LANDLOCK_RESTRICT 446
#define LANDLOCK_VERSION  1u
#define LANDLOCK_BENEATH  1

#define FS_EXECUTE  (1ull << 0)
#define FS_WRITE    (1ull << 1)
#define FS_REMOVE   (1ull << 5)
#define FS_MAKE_DIR (1ull << 7)
#define FS_MAKE_REG (1ull << 8)
#define FS_CHANGES  (0x1ff0ull) /* removes and makes of every kind */
#define FS_REFER    (1ull << 13)
#define FS_TRUNCATE (1ull << 14)
#define SCOPES      3ull /* abstract sockets and signals to processes outside */

struct landlock_rules {
    uint64_t files, net, scoped;
};

struct __attribute__((packed)) landlock_beneath {
    uint64_t allowed;
    int32_t folder;
};

static void allow_beneath(int rules, const char *path, uint64_t rights)
{
    struct landlock_beneath beneath = {rights, open(path, O_PATH | O_CLOEXEC)};

    if (beneath.folder < 0)
        return;
    (void)syscall(LANDLOCK_ADD, rules, LANDLOCK_BENEATH, &beneath, 0u);
    close(beneath.folder);
}

/* The folder of the file, or the nearest existing one above it. */
static void allow_replacing(int rules, const char *file, uint64_t rights)
{
    char path[PATH_MAX];

    if (!realpath(file, path) && snprintf(path, sizeof(path), "%s", file) >= (int)sizeof(path))
        return;
    for (char *slash = strrchr(path, '/'); slash && slash > path; slash = strrchr(path, '/')) {
        *slash = '\0';
        if (access(path, F_OK) == 0) {
            allow_beneath(rules, path, rights);
            return;
        }
    }
}

static void restrict_files(const char *writes)
{
    const long version = syscall(LANDLOCK_CREATE, NULL, (size_t)0, LANDLOCK_VERSION);
    const uint64_t cut = version >= 3 ? FS_TRUNCATE : 0, refer = version >= 2 ? FS_REFER : 0;
    const struct landlock_rules asked = {.files = FS_WRITE | FS_CHANGES | refer | cut |
                                                  (FOR_SANITIZERS ? 0 : FS_EXECUTE),
                                         .scoped = version >= 6 ? SCOPES : 0};
    const size_t size = version >= 6 ? sizeof(asked) : sizeof(asked.files);
    const int rules = version < 1 ? -1 : (int)syscall(LANDLOCK_CREATE, &asked, size, 0u);

    if (rules < 0)
        return;
    allow_beneath(rules, "/dev/null", FS_WRITE | cut); /* for painting without a terminal */
    allow_beneath(rules, "/dev/tty", FS_WRITE | cut);
    allow_beneath(rules, "/proc/self/task", FS_WRITE); /* names of threads */
    if (writes && writes[0])
        allow_replacing(rules, writes, FS_WRITE | FS_REMOVE | FS_MAKE_DIR | FS_MAKE_REG | cut);
    (void)syscall(LANDLOCK_RESTRICT, rules, 0u);
    close(rules);
}

/* --- seccomp, for system calls: by hand, since libseccomp 2.5 crashes or hangs when out of memory
 * --- */

#if defined(__x86_64__) && !defined(__ILP32__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define NATIVE AUDIT_ARCH_I386
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined(__arm__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define NATIVE AUDIT_ARCH_S390X
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE AUDIT_ARCH_PPC64LE
#endif

#ifdef NATIVE

#define X32_FIRST 0x40000000u /* x32 calls have their own numbers */

static const unsigned short REFUSED[] = {
    /* calls that affect other processes: only tgkill() stays, to ourselves */
    SYS_kill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    424, /* pidfd_send_signal */
    434 /* pidfd_open */,
    438 /* pidfd_getfd */,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    440 /* process_madvise */,
#ifdef __GLIBC__ /* raise() of musl calls it */
    SYS_tkill,
#endif
    /* calls that change the machine, or our view of it */
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_setns,
    SYS_unshare,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_acct,
    SYS_quotactl,
    SYS_syslog,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_userfaultfd,
    SYS_open_by_handle_at,
    SYS_personality,
    428 /* open_tree */,
    429 /* move_mount */,
    430 /* fsopen */,
    432 /* fsmount */,
    442 /* mount_setattr */,
    425 /* io_uring_setup */,
    426 /* io_uring_enter */,
    427 /* io_uring_register */,
#ifdef SYS_kexec_load
    SYS_kexec_load,
#endif
};

static const unsigned short REFUSED_TO_ALL_BUT_SANITIZERS[] = {SYS_execve, SYS_execveat,
                                                               SYS_ptrace};

static const unsigned short SOCKETS[] = {
    SYS_socket,
    SYS_socketpair,
#ifdef SYS_socketcall
    SYS_socketcall,
#endif
};

#define FILTER_MAX 256

struct filter {
    struct sock_filter code[FILTER_MAX];
    unsigned short length;
};

static void add(struct filter *filter, struct sock_filter instruction)
{
    filter->code[filter->length++] = instruction;
}

static void add_end(struct filter *filter, bool allowed)
{
    add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, allowed ? SECCOMP_RET_ALLOW
                                                                      : SECCOMP_RET_ERRNO | EPERM));
}

/* Loads the field at this offset of struct seccomp_data. */
static void add_load(struct filter *filter, size_t offset)
{
    add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* Skips the next `skipped` instructions unless the loaded value equals `value`. */
static void add_unless(struct filter *filter, uint32_t value, unsigned char skipped)
{
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped));
}

static void refuse(struct filter *filter, const unsigned short *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_unless(filter, calls[i], 1);
        add_end(filter, false);
    }
}

/* The low half of the first argument, which is an int in these calls. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FIRST_ARGUMENT offsetof(struct seccomp_data, args)
#else
#define FIRST_ARGUMENT (offsetof(struct seccomp_data, args) + 4)
#endif

/* Allows the call if its first argument is one of two. */
static void allow_with(struct filter *filter, uint32_t call, uint32_t one, uint32_t other)
{
    add_unless(filter, call, 6);
    add_load(filter, FIRST_ARGUMENT);
    add_unless(filter, one, 1);
    add_end(filter, true);
    add_unless(filter, other, 1);
    add_end(filter, true);
    add_end(filter, false);
}

static void restrict_calls(bool asks_names)
{
    struct filter filter = {.length = 0};
    const uint32_t self = (uint32_t)getpid();

    add_load(&filter, offsetof(struct seccomp_data, arch));
    add(&filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0));
    add_end(&filter, false);
    add_load(&filter, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
    add(&filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_FIRST, 0, 1));
    add_end(&filter, false);
#endif
    refuse(&filter, REFUSED, sizeof(REFUSED) / sizeof(*REFUSED));
    if (!FOR_SANITIZERS)
        refuse(&filter, REFUSED_TO_ALL_BUT_SANITIZERS,
               sizeof(REFUSED_TO_ALL_BUT_SANITIZERS) / sizeof(*REFUSED_TO_ALL_BUT_SANITIZERS));
    if (asks_names)
        allow_with(&filter, SYS_socket, AF_INET, AF_INET6);
    else
        refuse(&filter, SOCKETS, sizeof(SOCKETS) / sizeof(*SOCKETS));
    allow_with(&filter, SYS_tgkill, self, self);
    add_end(&filter, true);
    const struct sock_fprog program = {filter.length, filter.code};
    (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

#else

static void restrict_calls(bool asks_names)
{
    (void)asks_names; /* system calls of this architecture have not been checked */
}

#endif

void confine_log_reader(const struct confinement *confinement)
{
    /* Required for both, and irrevocable; main has set it already. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return;
    restrict_files(confinement->writes);
    restrict_calls(confinement->asks_names);
}
