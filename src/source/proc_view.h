/* proc_view: whether /proc shows the processes of our own pid namespace. A pid is a number of one
 * namespace: read from another's /proc it means another process here. Safe from any thread. */
#ifndef TCPLENS_SOURCE_PROC_VIEW_H
#define TCPLENS_SOURCE_PROC_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum proc_view_kind {
    PROC_VIEW_OWN = 0, /* its pids are the ones that system calls take here */
    PROC_VIEW_ABSENT,  /* nothing that is a proc file system is mounted on /proc */
    PROC_VIEW_FOREIGN, /* of another pid namespace */
    PROC_VIEW_UNREAD   /* could not be read: see error */
};

struct proc_view {
    enum proc_view_kind kind;
    int error;        /* PROC_VIEW_UNREAD: -errno, of no descriptors left, for example */
    bool is_complete; /* OWN, and the machine's first pid namespace: it shows every process there is
                       */
    dev_t device;     /* of what is mounted, and its root: another mount has others */
    ino_t root;
};

void proc_view_prove(struct proc_view *view);
bool proc_view_is_current(const struct proc_view *view); /* nothing else has been mounted since */
/* What is wrong with it and what to do, in words; "" for PROC_VIEW_OWN. */
void proc_view_text(const struct proc_view *view, char *out, size_t size);
/* The same of an error that came up later. */
void proc_view_error_text(int error, char *out, size_t size);

/* 0: the pidfd is of the process that /proc shows as `pid`; -ESRCH: it has exited and was reaped;
 * -EXDEV: it is of another process; other -errno: /proc cannot be asked. */
int proc_view_check_pidfd(int pidfd, int32_t pid);

/* Inode number of the pid namespace of this process; 0 = it cannot be known. */
uint32_t proc_view_pid_namespace(void);

/* The last number given to a process or thread (field 5 of loadavg, proc(5)); 0 = unknown. `root` is a
 * descriptor of /proc. */
uint32_t proc_view_last_pid(int root);

#endif
