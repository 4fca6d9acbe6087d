/* What the parts of owners share: owners.c (facts, libproc2), rows.c (frame to table and
 * back), table.c (who holds what), roster.c (processes there are), visit.c
 * (reading one), scan.c (whom to read when), walk.c (all at once, by somebody else),
 * cgroups.c (groups), proc.c (whose /proc it is). Included by them only. */
#ifndef TCPLENS_SOURCE_OWNERS_PRIVATE_H
#define TCPLENS_SOURCE_OWNERS_PRIVATE_H

#include "core/proc_stat.h"
#include "source/owners/owners.h"
#include "source/owners/walker.h"
#include "source/privilege.h"
#include "source/proc_view.h"

#include <stdbool.h>
#include <sys/stat.h>

#define NO_INDEX UINT32_MAX

/* One socket, known by its inode; or, retired, one that has lost it (TIME-WAIT) but not its row. */
enum entry_flag {
    ENTRY_SEEN = 1u << 0,    /* toggles: a row of this frame has it */
    ENTRY_PENDING = 1u << 1, /* nobody holds it as far as known, and not everyone was asked */
    ENTRY_RETIRED = 1u << 2, /* not to be found by inode; its holders are those it had last */
    ENTRY_USED = 1u << 3,
    ENTRY_ASKED = 1u << 5,  /* whether it still is open, since it was found to be held by nobody */
    ENTRY_MISSED = 1u << 4, /* a shallow scan of a frame before this one did not find it */
};

struct owned_entry { /* 16 bytes a socket */
    uint32_t inode;
    uint32_t holder; /* slot, NO_INDEX = none */
    uint32_t more;   /* link to further holders; of a free entry: the next free one */
    uint8_t word;    /* enum owner_word */
    uint8_t flags;
    uint16_t epoch; /* of the scan after which it is due */
};

struct holder_link {
    uint32_t slot, next;
};

struct known_fd {
    uint32_t fd, inode;
};

/* One process of the machine. Slots are stable: entries name them. */
struct owner_slot {
    int32_t pid, parent;
    bool used, gone, visited, denied, kernel_thread, zombie, identified;
    bool user_read, executable_read, cmdline_read, group_read, has_sample;
    uint32_t uid;
    uint32_t threads, files; /* files: open descriptors when it was last listed */
    uint32_t resume;         /* descriptor at which the first visit goes on */
    uint16_t begun_epoch;    /* scan in which the visit in progress began */
    uint16_t read_epoch;     /* scan in which it was read to the end */
    uint16_t deep_epoch;     /* the same, with no descriptor taken as known */
    uint32_t walked;         /* number of the last walk that found a socket in its own table */
    uint32_t identified_in;  /* number of the call that last read who it is */
    bool kept;               /* the visit in progress took one as known */
    uint64_t start_ticks;
    uint64_t directory_inode; /* of /proc/PID: another one is another process */
    uint32_t references;      /* entries that name it */
    uint32_t group;           /* in owners.groups */
    struct known_fd *fds;     /* sorted by fd: those that are sockets of the frame */
    uint32_t fd_count, fd_capacity;
    uint32_t *task_inodes; /* sockets that threads hold in tables of their own */
    uint32_t task_inode_count;
    char comm[EVENT_NAME_MAX]; /* safe text */
    char *exe, *command_line;
    uint64_t cpu_ticks, memory_bytes;
    int64_t sampled_ns;
    uint32_t cpu_permille;
};

struct roster_entry {
    int32_t pid;
    uint32_t slot;
};

enum scan_stage { SCAN_SHALLOW, SCAN_DEEP, SCAN_TASKS };

struct scan { /* a walk over all processes that may take several frames */
    enum scan_stage stage;
    int32_t pid; /* where it goes on */
    uint32_t fd;
    uint16_t epoch;
    bool active;
    bool parked; /* what it did not find may be closed by now: the next frame tells */
};

struct owned_group {
    uint64_t id;
    char *path, *unit, *container; /* safe text */
    bool says_nothing;
    uint32_t hash;        /* of the raw path */
    uint32_t frame_index; /* in frame.groups, where stamp is that of the call */
    uint32_t stamp;
};

struct cgroup_name { /* of the map from ids to paths, sorted by id */
    uint64_t id;
    uint32_t group;
};

struct awaited_ports { /* at which connections of the frame wait to be accepted */
    uint8_t bits[(UINT16_MAX + 1) / 8];
    bool any;
};

struct listener { /* at which connections of the frame wait to be accepted */
    uint16_t port;
    uint8_t family;
    uint32_t netns, entry;
    struct addr bound;
};

struct listener_list {
    struct listener *items; /* sorted by port */
    uint32_t count, capacity;
};

struct fact_reader; /* libproc2, in owners.c */

struct owners {
    int proc;              /* descriptor of proc_root; -1: it cannot be opened */
    struct proc_view view; /* whose processes it shows; of a tree of a test: all there are */
    int scan_error;        /* why the last scan could not go on, 0 = it could */
    struct privilege privilege;
    int64_t boot_ns;
    int64_t ticks_per_s;

    struct owned_entry *entries;
    uint32_t entry_count, entry_capacity, entry_free, entry_live;
    uint32_t *inode_map; /* entry + 1 at the hash of its inode, 0 = free */
    uint32_t inode_map_bits, inode_map_used;
    struct holder_link *links;
    uint32_t link_count, link_capacity, link_free;
    uint32_t pending;

    uint32_t *rows, *rows_before; /* entry of each row of the frame, of the one before */
    uint32_t row_capacity, row_before_capacity, row_count;
    uint64_t row_frame; /* number of the frame that rows stands for */
    uint8_t toggle;
    struct awaited_ports awaited;
    struct listener_list listeners; /* of the frame, at these ports */

    struct owner_slot *slots;
    uint32_t slot_count, slot_capacity;
    uint32_t *slot_proc; /* index in frame.procs, for each slot */
    uint32_t slot_proc_capacity;
    struct roster_entry *roster, *roster_scratch;
    uint32_t roster_count, roster_capacity, roster_scratch_capacity;
    uint32_t last_pid; /* of /proc/loadavg: moves when a process or thread is made */
    uint32_t fresh;    /* slots not visited yet */
    uint32_t alive_cursor, count_cursor;

    struct scan scan, background;
    struct owner_walk walk;   /* .walk NULL: there is none */
    struct owner_check check; /* .is_open NULL: there is none */
    int64_t walk_ns;          /* what the last one took, 0 = none yet */
    int64_t walk_saved_ns;    /* share of the frames since then, for one in the background */
    uint32_t walk_frames;     /* since then */
    uint16_t epoch;
    struct known_fd *found; /* scratch of a visit */
    uint32_t found_count, found_capacity;
    char *listing; /* scratch of getdents64 */

    struct owned_group *groups;
    uint32_t group_count, group_capacity;
    struct cgroup_name *cgroups;
    uint32_t cgroup_count, cgroup_capacity;
    int64_t cgroups_read_ns; /* monotonic */
    int64_t pruned_ns;
    uint32_t stamp; /* number of the call */

    struct fact_reader *reader;
    struct owners_figures figures;
    bool real_proc;    /* the kernel's: pids are ours, libproc2 can be asked */
    bool counts_files; /* a fd directory tells its count (Linux 6.2) */
    bool hidepid;
    bool denied_any; /* somebody could not be read, in the scan that runs or ran last */
    bool cgroups_read;
};

/* Room for `count` elements of `size`; grows by a quarter. 0 or -ENOMEM. */
int owners_reserve(void **array, uint32_t *capacity, uint32_t count, size_t size);

/* table.c */
uint32_t owners_find_inode(const struct owners *owners, uint32_t inode); /* NO_INDEX: none */
int owners_find_or_add(struct owners *owners, uint32_t inode, uint32_t *entry);
void owners_retire(struct owners *owners, uint32_t entry);
void owners_sweep(struct owners *owners); /* frees the entries that no row has */
int owners_add_holder(struct owners *owners, uint32_t entry, uint32_t slot);
void owners_remove_holder(struct owners *owners, uint32_t entry, uint32_t slot);
void owners_table_done(struct owners *owners);
static inline uint32_t owners_next_holder(const struct owners *owners, uint32_t *link)
{
    if (*link == NO_INDEX)
        return NO_INDEX;
    const struct holder_link *found = &owners->links[*link];
    *link = found->next;
    return found->slot;
}

/* roster.c */
uint32_t owners_roster_from(const struct owners *owners, int32_t pid); /* index, or roster_count */
uint32_t owners_roster_slot(const struct owners *owners, int32_t pid); /* NO_INDEX: none */
int owners_roster_read(struct owners *owners, bool always);
void owners_check_alive(struct owners *owners);
void owners_slot_gone(struct owners *owners, uint32_t slot);
/* The slot is another process from here on, or lost its descriptors: it holds nothing. */
void owners_slot_release(struct owners *owners, uint32_t slot);
void owners_slots_collect(struct owners *owners);
void owners_roster_done(struct owners *owners);

/* visit.c. 0: read to the end; 1: out of time, *from is where to go on; -ESRCH: there is no
 * such process any more; other -errno: could not be read (no memory, no descriptors left). A
 * process that may not be read is `denied`, and 0. Privileges must have been raised. */
int owners_visit(struct owners *owners, uint32_t slot, enum scan_stage stage, uint32_t *from,
                 int64_t deadline_ns);
/* Its parts: lists an open fd directory from descriptor *from on into owners->found and the table;
 * 0 at the end, 1 when out of time (*from is then where to go on), or -errno. */
int owners_list_descriptors(struct owners *owners, uint32_t slot, int directory, bool deep,
                            uint32_t *from, int64_t deadline_ns);
int owners_open_directory(int directory, const char *name); /* or -errno */
bool owners_slot_has(const struct owner_slot *slot, uint32_t inode);
/* Reads /proc/PID/stat below `directory` (a descriptor of /proc/PID, `about` its fstat): who the
 * process is now. -ESRCH: another start, that is another process in an old number. */
int owners_identify(struct owners *owners, uint32_t slot, int directory, const struct stat *about);
/* Bytes of a file below `directory`, at most size - 1, and a NUL; -errno. */
int owners_read_file(int directory, const char *name, char *text, size_t size, size_t *length);
/* The descriptors of a process that ends are refused as those of others are (EACCES). Reads its
 * stat file `name` below `directory`: 1: it is ending, that was no matter of permission; 0: it is
 * not; -ESRCH: it is not there any more. */
int owners_is_ended(int directory, const char *name);
int owners_open_process(const struct owners *owners, const struct owner_slot *slot);
uint32_t owners_list_numbers(struct owners *owners, int directory, uint32_t at_most,
                             uint32_t *numbers);

/* tasks.c: like owners_visit, of the threads that have descriptor tables of their own. */
int owners_visit_tasks(struct owners *owners, uint32_t slot, int directory);

/* facts.c; privileges must have been raised. */
void owners_read_user(struct owners *owners, struct owner_slot *slot);
void owners_read_executable(struct owners *owners, struct owner_slot *slot);
void owners_count_files(struct owners *owners, struct owner_slot *slot); /* where not told yet */
void owners_identify_again(struct owners *owners, uint32_t slot);        /* may find it gone */

/* Descriptors [from, end) of the slot are now those in owners->found. */
int owners_take_found(struct owners *owners, uint32_t slot, uint32_t from, uint32_t end);
int owners_note_found(struct owners *owners, uint32_t fd, uint32_t inode);
/* What its threads hold in tables of their own is now what is in owners->found. */
int owners_take_task_inodes(struct owners *owners, uint32_t slot);

/* walk.c. Somebody walks who has nothing to load any more. */
static inline bool owners_has_walk(const struct owners *owners)
{
    return owners->walk.walk && !owners->walk.first_ns && owners->view.kind == PROC_VIEW_OWN;
}
/* There is a walk, and it costs less than to list `pending` sockets' and `fresh`
 * processes' descriptors through /proc. */
bool owners_walk_pays(const struct owners *owners);
/* All holders of all sockets in the table, and every process of the roster visited. 0, or -errno:
 * nothing may be concluded from it; -ENOMEM: as everywhere; others: read /proc instead. */
int owners_walk_all(struct owners *owners);

/* proc.c: opens proc_root and proves what it shows, at first and whenever something else has
 * been mounted there since; nobody's holders are known then. */
int owners_open_proc(struct owners *owners, const char *proc_root);
void owners_follow_proc(struct owners *owners);

/* scan.c: brings the table up to date within the budget; sets *late. */
int owners_scan(struct owners *owners, uint32_t row_count, int64_t budget_ns, bool *late);

/* cgroups.c */
void owners_read_groups(struct owners *owners, uint32_t slot);
uint32_t owners_socket_group(struct owners *owners, uint64_t id, int64_t now_ns);
void owners_groups_done(struct owners *owners);
void owners_groups_prune(struct owners *owners, int64_t now_ns);

/* rows.c: frame to table, */
int owners_take_rows(struct owners *owners, const struct frame *previous, const struct frame *next,
                     const struct frame *listeners, const struct diff *diff);
/* and table to frame. slot_proc has been filled: the index in next->procs of each slot that matters
 * (NO_INDEX: none), and owner_refs[i] is i for each of these. */
int owners_put_rows(struct owners *owners, struct frame *next, bool want_groups);
/* The group's index in next->groups. NO_INDEX: none, or out of memory. */
uint32_t owners_put_group(struct owners *owners, struct frame *next, uint32_t group);

/* listen.c. A connection of the frame waits to be accepted; the ports noted are those of the
 * last frame until they are forgotten. */
void owners_forget_awaited(struct owners *owners);
void owners_note_awaiting(struct owners *owners, const struct conn *conn);
/* The listeners at these ports. Those of `listeners` get entries in the table; NULL: those of
 * `next` itself, whose rows must have theirs. 0 or -ENOMEM. */
int owners_list_listeners(struct owners *owners, const struct frame *next,
                          const struct frame *listeners);
/* Entries of the listeners that fit best, at most `size`; returns how many. */
uint32_t owners_find_listeners(const struct owners *owners, const struct conn *conn,
                               uint32_t *entries, uint32_t size);

#endif
