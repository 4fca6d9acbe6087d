/* The line of /proc/PID/stat: who a process is, read in one place for the walk and for the acts.
 * Pure: the caller has read the file. */
#ifndef TCPLENS_CORE_PROC_STAT_H
#define TCPLENS_CORE_PROC_STAT_H

#include "core/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proc_stat {
    char name[EVENT_NAME_MAX]; /* safe text; the longer ones of kernel threads are cut */
    char state;                /* a letter of proc_pid_stat(5) */
    bool kernel_thread;
    bool ending;     /* exiting or a zombie: its descriptors are gone, or about to be */
    int32_t parent;  /* pid, 0 = none */
    int32_t session; /* pid of its leader, 0 = none here */
    uint32_t threads;
    uint64_t start_ticks; /* clock ticks after boot */
};

/* `text` is the whole file, a NUL behind it. Returns 0, or -EBADMSG where it is no such line. */
int proc_stat_parse(const char *text, size_t length, struct proc_stat *out);

#endif
