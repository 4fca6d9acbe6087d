/* owner_groups: the control groups, units and containers that processes and sockets are in: those
 * of processes from /proc/PID/cgroup, those of sockets by their id below the cgroup2 mount (there
 * an id is the directory's inode number; below a cgroup1 mount the same number is something else).
 * group.h interprets the paths. */
#ifndef TCPLENS_SOURCE_OWNERS_GROUPS_H
#define TCPLENS_SOURCE_OWNERS_GROUPS_H

#include "base/hash_index.h"
#include "base/map.h"
#include "core/frame.h"
#include "source/owners/proc_files.h"
#include "source/privilege.h"

#include <stdbool.h>
#include <stdint.h>

#define OWNER_GROUP_NONE UINT32_MAX

struct owner_group {
    uint64_t id;
    char *path, *unit, *container; /* safe text */
    bool id_sought;
    bool says_nothing;
    uint32_t frame_index; /* in frame.groups; valid if `frame` is the present one */
    uint32_t frame;       /* number of the last frame that has it */
};

/* A listener held by systemd: the group of the unit that it activates, OWNER_GROUP_NONE:
 * unknown. */
struct owner_activation {
    struct tuple at;
    uint32_t group;
};

struct owner_groups {
    struct proc_files *files;
    struct privilege *privilege; /* of the thread that reads */
    struct owner_group *groups;
    uint32_t count, capacity;
    struct hash_index paths;
    struct map ids; /* of control groups, to groups */
    bool ids_read;
    int64_t ids_read_ns; /* monotonic */
    int64_t pruned_ns;
    uint32_t frames; /* begun */
    uint32_t *order; /* groups of the present frame, in its order; then of the last one */
    uint32_t order_count, order_before, order_capacity;
    bool were_forgotten; /* since the last frame */
    struct owner_activation *activations;
    uint32_t activation_count, activation_capacity;
    int64_t activations_ns; /* monotonic: when they were first kept */
};

void owner_groups_init(struct owner_groups *groups, struct proc_files *files,
                       struct privilege *privilege);
void owner_groups_done(struct owner_groups *groups);

/* Begins a frame. If there are too many groups, all are forgotten: then true, and all numbers are
 * invalid. Not more often than PRUNE_AGAIN_NS. */
bool owner_groups_begin_frame(struct owner_groups *groups, int64_t now_ns);
/* The group of a process; privileges must have been raised, and are raised again on return.
 * OWNER_GROUP_NONE: not readable. */
uint32_t owner_groups_of_process(struct owner_groups *groups, int32_t pid);
/* The group of a socket by its cgroup id; OWNER_GROUP_NONE: unknown, or it does not show the
 * owner. */
uint32_t owner_groups_of_socket(struct owner_groups *groups, uint64_t id, int64_t now_ns);
/* The group of the unit that systemd activates for its listener: a unit without path. */
uint32_t owner_groups_of_activation(struct owner_groups *groups, const struct tuple *at,
                                    int64_t now_ns);
/* The group's index in next->groups, to which it is added once. OWNER_GROUP_NONE: none, or out of
 * memory. */
uint32_t owner_groups_put(struct owner_groups *groups, struct frame *next, uint32_t group);
/* To be called first in a frame: adds all groups of the last frame with the same indexes. False:
 * indexes may differ. */
bool owner_groups_keep(struct owner_groups *groups, struct frame *next);

#endif
