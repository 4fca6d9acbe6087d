/* privilege: what the program and each of its threads may do. Gives up at the start what the
 * command does not need, in each thread what that thread does not need, and raises those of the
 * owner walk only while it opens things under /proc, those of other network namespaces only while
 * it enters one. Linux capabilities are per thread (capset changes the caller alone); a new thread
 * has those of the one that made it. */
#ifndef TCPLENS_SOURCE_PRIVILEGE_H
#define TCPLENS_SOURCE_PRIVILEGE_H

#include <stdbool.h>
#include <stdint.h>

struct privilege {
    uint32_t wanted;    /* what is raised where it is permitted */
    uint32_t permitted; /* of it, what the thread may have */
    uint32_t effective; /* of it, what it had before anything was raised */
    bool raised;
};

#define PRIVILEGE_DAC_READ_SEARCH (1u << 2)  /* opens /proc/PID/fd of other users */
#define PRIVILEGE_SYS_PTRACE      (1u << 19) /* reads the links in it */
#define PRIVILEGE_SYS_ADMIN       (1u << 21) /* enters network namespaces */
#define PRIVILEGE_ALL             (PRIVILEGE_DAC_READ_SEARCH | PRIVILEGE_SYS_PTRACE)
#define PRIVILEGE_ENTER           (PRIVILEGE_ALL | PRIVILEGE_SYS_ADMIN)

/* What else a thread may keep, bits of a 64-bit set (include/uapi/linux/capability.h). */
#define PRIVILEGE_DAC_OVERRIDE (1ull << 1) /* as root: writes a log into another user's folder */
#define PRIVILEGE_KILL         (1ull << 5) /* signals other users' processes */
#define PRIVILEGE_OTHER_USER                                                                       \
    (3ull                                                                                          \
     << 6) /* setgid, setuid: names are looked up by the user nobody; under sudo, settings as the user */
#define PRIVILEGE_NET_ADMIN (1ull << 12) /* closes sockets, large receive buffers, ULP facts */
#define PRIVILEGE_PERFMON   (1ull << 38)
#define PRIVILEGE_BPF       (1ull << 39)

/* Before the first thread: no new privileges by any exec, nothing kept but this set, CAP_SYS_ADMIN
 * not effective until it is raised; started with file capabilities (AT_SECURE) nothing is effective and the environment cannot name terminal
 * files. Where no program is started, the bounding set is `keep` too; a program that is (ssh as root) may need what this one
 * does not. */
void privilege_start(uint64_t keep, bool starts_programs);
/* The calling thread keeps at most this set, permitted and effective. */
void privilege_keep(uint64_t keep);
/* Nor any of this set. */
void privilege_drop(uint64_t dropped);

/* A process of root's continues as the user nobody, if it may. It still has to give up its
 * capabilities, and no thread may be beside it. */
void privilege_become_nobody(void);

/* The calling thread may have all of this set (it is permitted, whether effective or not). */
bool privilege_may(uint64_t wanted);
/* It has them in effect now. */
bool privilege_is_effective(uint64_t wanted);
/* Our network namespace belongs to our user namespace or one below it: what we may do counts there.
 */
bool privilege_owns_network(void);
/* PRIVILEGE_ENTER stays permitted to the calling thread, but is effective only while raised. */
void privilege_set_aside(void);

/* Reads what the calling thread has, of PRIVILEGE_ALL or of a set of the first 32. Where capget()
 * fails, nothing is permitted. */
void privilege_init(struct privilege *privilege);
void privilege_init_of(struct privilege *privilege, uint32_t wanted);
/* Both do nothing, without a system call, where there is nothing to raise. Calls do not nest. */
void privilege_raise(struct privilege *privilege);
void privilege_lower(struct privilege *privilege);

#endif
