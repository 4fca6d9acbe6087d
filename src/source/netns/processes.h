/* netns_processes: the processes, and the network namespace that each was last seen in. */
#ifndef TCPLENS_SOURCE_NETNS_PROCESSES_H
#define TCPLENS_SOURCE_NETNS_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

struct netns_slot;

struct netns_process {
    uint64_t directory;    /* inode of /proc/PID: changes with the process */
    int64_t seen_ns;       /* when it was first listed */
    struct netns_slot *in; /* NULL: not examined, or unknown */
    int32_t pid;
    bool looked;
};

struct netns_processes {
    int root; /* descriptor of /proc */
    bool is_real;
    struct netns_process *rows, *listed; /* sorted by pid */
    uint32_t count, capacity, listed_count, listed_capacity;
    uint32_t last_pid;  /* of /proc/loadavg: changes when a process or thread is created */
    int64_t changed_ns; /* when last_pid changed */
    bool settled;       /* the process with that number has been listed */
    uint32_t round;     /* where the next check of known ones begins */
};

int netns_processes_open(struct netns_processes *processes, const char *proc_root);
void netns_processes_close(struct netns_processes *processes);

/* Lists them if one was created since or shortly before, or always. Ended ones are removed: `left`
 * is called for each that was in a namespace, before anything else changes. 0 or -errno (nothing
 * changed). */
int netns_processes_list(struct netns_processes *processes, bool always, int64_t now_ns,
                         void (*left)(void *context, const struct netns_process *process),
                         void *context);

/* Identifies the namespace of a process; 0 = not readable. */
struct netns_ident {
    uint64_t proc_inode; /* of its /proc/PID/net/tcp */
    uint32_t inode;      /* of its nsfs file */
};
/* The present one; false: not readable. */
bool netns_process_inode(const struct netns_processes *processes, int32_t pid, uint32_t *inode);
/* Of its user namespace. */
bool netns_process_user_inode(const struct netns_processes *processes, int32_t pid,
                              uint32_t *inode);
bool netns_process_proc_inode(const struct netns_processes *processes, int32_t pid,
                              uint64_t *proc_inode);
/* Field 22 of its stat file, and its user; false: it has ended. */
bool netns_process_start(const struct netns_processes *processes, int32_t pid,
                         uint64_t *start_ticks, uint32_t *uid);
struct netns_process *netns_processes_find(const struct netns_processes *processes, int32_t pid);

#endif
