/* owner_groups: see groups.h. */
#include "source/owners/groups.h"

#include "base/grow.h"
#include "base/hash.h"
#include "base/read_file.h"
#include "core/text/text.h"
#include "source/cgroup_id.h"
#include "source/owners/group.h"
#include "source/owners/runtime_state.h"
#include "source/owners/socket_units.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOUNTINFO_SIZE ((size_t)256 * 1024)
#define CGROUP_TEXT    ((size_t)16 * 1024)
#define DEPTH_MOST     32
#define READ_AGAIN_NS                                                                              \
    5000000000LL             /* how often an unknown id may cause the mount to be read again */
#define GROUPS_MOST    4096u /* beyond this all are forgotten and the present ones read again, */
#define UNITS_AGAIN_NS 60000000000LL        /* files of units may have changed */
#define PRUNE_AGAIN_NS (600 * 1000000000LL) /* not more often than this */

static char *copy_clean(const char *raw)
{
    const size_t length = strlen(raw);
    char *clean = malloc(TEXT_CLEAN_MAX(length));
    if (clean)
        text_clean(clean, TEXT_CLEAN_MAX(length), raw, length);
    return clean;
}

static void free_group(struct owner_group *group)
{
    free(group->path);
    free(group->unit);
    free(group->container);
}

static int add_group(struct owner_groups *groups, const struct owner_group *group, uint32_t hash)
{
    if (!group->path || !group->unit || !group->container ||
        GROW(groups->groups, groups->capacity, groups->count + 1) ||
        hash_index_add(&groups->paths, hash, groups->count))
        return -ENOMEM;
    groups->groups[groups->count++] = *group;
    return 0;
}

static uint32_t find_path(const struct owner_groups *groups, uint32_t hash, const char *path)
{
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&groups->paths, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(&groups->paths, &cursor)) {
        if (strcmp(groups->groups[i].path, path) == 0)
            return i;
    }
    return OWNER_GROUP_NONE;
}

/* The group of a raw path; OWNER_GROUP_NONE when out of memory. */
static uint32_t group_of_path(struct owner_groups *groups, const char *raw, uint64_t id)
{
    char unit[GROUP_NAME_MAX];
    char container[GROUP_NAME_MAX];
    struct owner_group group = {.id = id, .path = copy_clean(raw)};
    const uint32_t hash = (uint32_t)hash_text(raw, HASH_SEED);
    const uint32_t known = group.path ? find_path(groups, hash, group.path) : OWNER_GROUP_NONE;

    if (known != OWNER_GROUP_NONE) {
        free(group.path);
        if (id)
            groups->groups[known].id = id;
        return known;
    }
    group_unit(raw, unit, sizeof unit);
    group_container(raw, container, sizeof container);
    if (!container[0])
        (void)runtime_state_container("", raw, container, sizeof container);
    group.unit = strdup(unit); /* already escaped by systemd */
    group.container = copy_clean(container);
    group.says_nothing = group_path_says_nothing(raw);
    if (add_group(groups, &group, hash) == 0)
        return groups->count - 1;
    free_group(&group);
    return OWNER_GROUP_NONE;
}

/* Only once: a version 1 hierarchy has none. */
static void find_id(struct owner_group *group, const char *path)
{
    if (!group->id && !group->id_sought)
        (void)cgroup_find_id(NULL, path, strlen(path), &group->id);
    group->id_sought = true;
}

uint32_t owner_groups_of_process(struct owner_groups *groups, int32_t pid)
{
    const int directory = proc_files_open_process(groups->files, pid);
    char *text = malloc(CGROUP_TEXT);
    char path[GROUP_PATH_MAX];
    size_t length;
    uint32_t group = OWNER_GROUP_NONE;
    const bool found = text && directory >= 0 &&
                       read_file(directory, "cgroup", text, CGROUP_TEXT, &length) == 0 &&
                       group_path_of_process(text, path, sizeof path);

    if (directory >= 0)
        close(directory);
    free(text);
    if (!found)
        return OWNER_GROUP_NONE;
    /* What follows is read outside /proc. */
    privilege_lower(groups->privilege);
    group = group_of_path(groups, path, 0);
    if (group != OWNER_GROUP_NONE)
        find_id(&groups->groups[group], path);
    privilege_raise(groups->privilege);
    return group;
}

static void note_cgroup(struct owner_groups *groups, uint64_t id, const char *path)
{
    const uint32_t group = group_of_path(groups, path, id);

    if (group != OWNER_GROUP_NONE)
        (void)map_put(&groups->ids, id, group);
}

/* Notes every directory below `directory`; path is extended in place. Takes over the descriptor. */
static void walk_cgroups(struct owner_groups *groups, int directory, char *path, int depth)
{
    DIR *listing = fdopendir(directory);
    const size_t length = strlen(path);

    if (!listing) {
        close(directory);
        return;
    }
    for (struct dirent *entry = readdir(listing); entry; entry = readdir(listing)) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        const int added = snprintf(path + length, GROUP_PATH_MAX - length, "/%s", entry->d_name);
        if (added < 0 || (size_t)added >= GROUP_PATH_MAX - length)
            continue;
        note_cgroup(groups, entry->d_ino, path);
        const int below =
            openat(dirfd(listing), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (below >= 0 && depth < DEPTH_MOST)
            walk_cgroups(groups, below, path, depth + 1);
        else if (below >= 0)
            close(below);
    }
    path[length] = '\0';
    closedir(listing);
}

static void read_cgroups(struct owner_groups *groups)
{
    char mount[GROUP_PATH_MAX];
    char path[GROUP_PATH_MAX] = "";
    char *mountinfo = malloc(MOUNTINFO_SIZE);
    size_t length;

    map_clear(&groups->ids);
    if (mountinfo &&
        read_file(groups->files->root, "self/mountinfo", mountinfo, MOUNTINFO_SIZE, &length) == 0 &&
        group_find_mount(mountinfo, mount, sizeof mount)) {
        const int directory = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat top;
        if (directory >= 0 && fstat(directory, &top) == 0)
            note_cgroup(groups, top.st_ino, "/");
        if (directory >= 0)
            walk_cgroups(groups, directory, path, 0);
    }
    free(mountinfo);
}

uint32_t owner_groups_of_socket(struct owner_groups *groups, uint64_t id, int64_t now_ns)
{
    uint32_t group = map_find(&groups->ids, id);

    if (group == MAP_NONE && (!groups->ids_read || now_ns - groups->ids_read_ns > READ_AGAIN_NS)) {
        groups->ids_read = true;
        groups->ids_read_ns = now_ns;
        read_cgroups(groups);
        group = map_find(&groups->ids, id);
    }
    if (group == MAP_NONE || groups->groups[group].says_nothing)
        return OWNER_GROUP_NONE;
    return group;
}

/* --- listeners of systemd --- */

static uint32_t group_of_unit(struct owner_groups *groups, const char *unit)
{
    struct owner_group group = {
        .path = strdup(""), .unit = copy_clean(unit), .container = strdup("")};

    for (uint32_t i = 0; group.unit && i < groups->count; i++) {
        const struct owner_group *known = &groups->groups[i];
        if (!known->path[0] && strcmp(known->unit, group.unit) == 0) {
            free_group(&group);
            return i;
        }
    }
    if (add_group(groups, &group, (uint32_t)hash_text(unit, HASH_SEED)) == 0)
        return groups->count - 1;
    free_group(&group);
    return OWNER_GROUP_NONE;
}

static bool same_listener(const struct tuple *a, const struct tuple *b)
{
    return a->family == b->family && a->local_port == b->local_port &&
           memcmp(&a->local, &b->local, sizeof(a->local)) == 0;
}

uint32_t owner_groups_of_activation(struct owner_groups *groups, const struct tuple *at,
                                    int64_t now_ns)
{
    char unit[SOCKET_UNIT_MAX];

    if (now_ns - groups->activations_ns > UNITS_AGAIN_NS) {
        groups->activations_ns = now_ns;
        groups->activation_count = 0;
    }
    for (uint32_t i = 0; i < groups->activation_count; i++)
        if (same_listener(&groups->activations[i].at, at))
            return groups->activations[i].group;
    if (GROW(groups->activations, groups->activation_capacity, groups->activation_count + 1))
        return OWNER_GROUP_NONE;
    const uint32_t group =
        socket_units_find("", at, unit) ? group_of_unit(groups, unit) : OWNER_GROUP_NONE;
    groups->activations[groups->activation_count++] = (struct owner_activation){*at, group};
    return group;
}

static void forget(struct owner_groups *groups)
{
    groups->activation_count = 0;
    for (uint32_t i = 0; i < groups->count; i++)
        free_group(&groups->groups[i]);
    groups->count = groups->order_count = groups->order_before = 0;
    groups->were_forgotten = true;
    hash_index_done(&groups->paths);
    map_done(&groups->ids);
    groups->ids_read = false;
}

bool owner_groups_begin_frame(struct owner_groups *groups, int64_t now_ns)
{
    groups->frames++;
    groups->order_before = groups->order_count;
    groups->order_count = 0;
    groups->were_forgotten = false;
    if (groups->count < GROUPS_MOST || now_ns - groups->pruned_ns < PRUNE_AGAIN_NS)
        return false;
    groups->pruned_ns = now_ns;
    forget(groups);
    return true;
}

uint32_t owner_groups_put(struct owner_groups *groups, struct frame *next, uint32_t index)
{
    if (index == OWNER_GROUP_NONE)
        return OWNER_GROUP_NONE;
    struct owner_group *known = &groups->groups[index];
    if (known->frame == groups->frames)
        return known->frame_index;
    struct group *group = GROW(groups->order, groups->order_capacity, groups->order_count + 1)
                              ? NULL
                              : frame_add_group(next);
    if (!group)
        return OWNER_GROUP_NONE;
    groups->order[groups->order_count++] = index;
    group->id = known->id;
    group->path = frame_copy_text(next, known->path);
    group->unit = frame_copy_text(next, known->unit);
    group->container = frame_copy_text(next, known->container);
    known->frame = groups->frames;
    known->frame_index = next->group_count - 1;
    return known->frame_index;
}

bool owner_groups_keep(struct owner_groups *groups, struct frame *next)
{
    if (groups->were_forgotten || next->group_count || groups->order_count)
        return false;
    for (uint32_t i = 0; i < groups->order_before; i++)
        if (owner_groups_put(groups, next, groups->order[i]) != i)
            return false;
    return true;
}

void owner_groups_init(struct owner_groups *groups, struct proc_files *files,
                       struct privilege *privilege)
{
    *groups = (struct owner_groups){.files = files, .privilege = privilege};
}

void owner_groups_done(struct owner_groups *groups)
{
    forget(groups);
    free(groups->activations);
    free(groups->order);
    free(groups->groups);
}
