/* privilege: raises the two capabilities that the owner walk needs, in the calling thread only and
 * only while it opens things under /proc. Knows nothing of what is opened. Linux capabilities are
 * per thread (capset changes the caller alone). */
#ifndef TCPLENS_SOURCE_PRIVILEGE_H
#define TCPLENS_SOURCE_PRIVILEGE_H

#include <stdbool.h>
#include <stdint.h>

struct privilege {
    uint32_t permitted; /* PRIVILEGE_* that the thread may have */
    uint32_t effective; /* PRIVILEGE_* it had before anything was raised */
    bool raised;
};

#define PRIVILEGE_DAC_READ_SEARCH (1u << 2)  /* opens /proc/PID/fd of other users */
#define PRIVILEGE_SYS_PTRACE      (1u << 19) /* reads the links in it */
#define PRIVILEGE_ALL             (PRIVILEGE_DAC_READ_SEARCH | PRIVILEGE_SYS_PTRACE)

/* Reads what the calling thread has. A kernel that does not tell: nothing is permitted. */
void privilege_init(struct privilege *privilege);
/* Both do nothing, without a system call, where there is nothing to raise. Calls do not nest. */
void privilege_raise(struct privilege *privilege);
void privilege_lower(struct privilege *privilege);

#endif
