/* roster: the processes and their identities, each in a slot that is constant while an entry of the
 * table refers to it. A process that ends releases what it held. */
#ifndef TCPLENS_SOURCE_OWNERS_ROSTER_H
#define TCPLENS_SOURCE_OWNERS_ROSTER_H

#include "core/event.h"
#include "source/owners/holdings.h"
#include "source/owners/proc_files.h"
#include "source/owners/table.h"

#include <stdbool.h>
#include <sys/stat.h>

struct roster_slot {
    int32_t pid, parent;
    bool used, gone, visited, denied, kernel_thread, zombie, identified;
    bool readable; /* its descriptors can be read, or could when that was last tried */
    bool user_read, executable_read, cmdline_read, group_read, has_sample, serves_read;
    uint32_t uid;
    uint32_t threads, files; /* files: open descriptors when it was last listed */
    uint32_t resume;         /* descriptor at which the first visit continues */
    uint16_t begun_epoch;    /* scan in which the visit in progress began */
    uint16_t read_epoch;     /* scan in which it was read to the end */
    uint16_t deep_epoch;     /* the same, reading every descriptor */
    uint32_t walked;         /* number of the last walk that found a socket in its own table */
    uint32_t identified_in;  /* number of the call that last read its identity */
    bool kept;               /* the visit in progress assumed one to be unchanged */
    uint64_t start_ticks;
    uint64_t directory_inode; /* of /proc/PID: another one is another process */
    uint32_t group;           /* in struct owner_groups */
    struct holdings holdings;
    char comm[EVENT_NAME_MAX]; /* safe text */
    char *exe, *command_line;
    char *title;     /* command_line without arguments */
    int64_t line_ns; /* monotonic: when they were read */
    char *serves;    /* the container whose published port it forwards; NULL: none */
    uint64_t cpu_ticks, memory_bytes;
    int64_t sampled_ns;
    uint32_t cpu_permille;
};

struct roster_entry {
    int32_t pid;
    uint32_t slot;
};

struct roster {
    struct proc_files *files;
    struct owner_table *table;
    struct roster_slot *slots;
    uint32_t slot_count, slot_capacity;
    struct roster_entry *entries, *scratch; /* sorted by pid */
    uint32_t count, capacity, scratch_capacity;
    struct proc_numbers numbers; /* scratch for reading it */
    uint32_t last_pid;           /* of /proc/loadavg: changes when a process or thread is created */
    uint32_t fresh;              /* slots not visited yet */
    uint32_t alive_cursor, count_cursor;
    uint32_t call;   /* number of the call of owners_apply */
    bool hidepid;    /* other users' processes are not listed */
    bool denied_any; /* one could not be read, in the present or last scan */
};

void roster_init(struct roster *roster, struct proc_files *files, struct owner_table *table);
void roster_done(struct roster *roster);
size_t roster_footprint(const struct roster *roster);

/* Lists the processes; unless `always`, only if one was created since. 0 or -errno. */
int roster_read(struct roster *roster, bool always);
/* Notices holders that have ended and, unless walks do that, processes that gained or lost
 * descriptors, which must be visited again. */
void roster_check_alive(struct roster *roster, bool has_walk);
/* Frees slots of ended processes that no entry refers to any more. */
void roster_collect(struct roster *roster);
/* All processes are gone: /proc now shows others. */
void roster_forget(struct roster *roster);

uint32_t roster_from(const struct roster *roster, int32_t pid); /* index, or count */
uint32_t roster_find(const struct roster *roster, int32_t pid); /* slot; OWNER_NO_INDEX: none */
void roster_mark_visited(struct roster *roster, uint32_t slot);
void roster_mark_gone(struct roster *roster, uint32_t slot);
/* The process ended, or its pid was reused: the roster must be read again. */
void roster_lose(struct roster *roster, uint32_t slot);
/* It closed its descriptors, or is not readable any more: it holds nothing. */
void roster_release(struct roster *roster, uint32_t slot);

/* Reads /proc/PID/stat below `directory` (a descriptor of /proc/PID, `about` its fstat): its
 * present identity. -ESRCH: another start time, so the pid was reused. */
int roster_identify(struct roster *roster, uint32_t slot, int directory, const struct stat *about);
/* exec and prctl change the name but not the start time. The process may turn out to be gone. */
void roster_identify_again(struct roster *roster, uint32_t slot);

#endif
