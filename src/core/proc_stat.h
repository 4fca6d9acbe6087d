/* The line of /proc/PID/stat: the identity of a process, parsed here for both the owner walk and
 * the acts. Pure: the caller has read the file. */
#ifndef TCPLENS_CORE_PROC_STAT_H
#define TCPLENS_CORE_PROC_STAT_H

#include "core/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proc_stat {
    char name[EVENT_NAME_MAX]; /* safe text; longer names of kernel threads are truncated */
    char state;                /* a letter of proc_pid_stat(5) */
    bool kernel_thread;
    bool ending;     /* exiting or a zombie: its descriptors are closed, or about to be */
    int32_t parent;  /* pid, 0 = none */
    int32_t session; /* pid of its leader, 0 = none here */
    uint32_t threads;
    uint64_t start_ticks; /* clock ticks after boot */
};

/* `text` is the whole file, followed by a NUL. 0, or -EBADMSG if it is malformed. */
int proc_stat_parse(const char *text, size_t length, struct proc_stat *out);

#endif
