/* owners_cgroups: finds control groups: those of processes in /proc/PID/cgroup, those of sockets by
 * their id below the cgroup2 mount (there an id is the directory's inode number; below a cgroup1
 * mount the same number is something else). What a path means is group.c. */
#include "source/owners/group.h"
#include "source/owners/private.h"

#include "core/text/text.h"

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
#define READ_AGAIN_NS  5000000000LL /* an unknown id has the mount read again, not more often */
#define GROUPS_MOST    4096u        /* then all are forgotten and the present ones read again, */
#define PRUNE_AGAIN_NS (600 * 1000000000LL) /* not more often than this */

static char *copy_clean(const char *raw)
{
    const size_t length = strlen(raw);
    char *clean = malloc(TEXT_CLEAN_MAX(length));
    if (clean)
        text_clean(clean, TEXT_CLEAN_MAX(length), raw, length);
    return clean;
}

static void free_group(struct owned_group *group)
{
    free(group->path);
    free(group->unit);
    free(group->container);
}

static uint32_t hash_text(const char *text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

/* The group of a raw path; NO_INDEX when out of memory. */
static uint32_t group_of_path(struct owners *owners, const char *raw, uint64_t id)
{
    char unit[GROUP_NAME_MAX];
    char container[GROUP_NAME_MAX];
    struct owned_group group = {.id = id, .path = copy_clean(raw), .hash = hash_text(raw)};

    for (uint32_t i = 0; group.path && i < owners->group_count; i++) {
        struct owned_group *known = &owners->groups[i];
        if (known->hash != group.hash || strcmp(known->path, group.path) != 0)
            continue;
        free(group.path);
        if (id)
            known->id = id;
        return i;
    }
    group_unit(raw, unit, sizeof unit);
    group_container(raw, container, sizeof container);
    group.unit = strdup(unit); /* escaped by systemd already: not once more */
    group.container = copy_clean(container);
    group.says_nothing = group_path_says_nothing(raw);
    if (!group.path || !group.unit || !group.container ||
        owners_reserve((void **)&owners->groups, &owners->group_capacity, owners->group_count + 1,
                       sizeof *owners->groups)) {
        free_group(&group);
        return NO_INDEX;
    }
    owners->groups[owners->group_count] = group;
    return owners->group_count++;
}

void owners_read_groups(struct owners *owners, uint32_t index)
{
    struct owner_slot *slot = &owners->slots[index];
    const int directory = owners_open_process(owners, slot);
    char *text = malloc(CGROUP_TEXT);
    char path[GROUP_PATH_MAX];
    size_t length;

    slot->group_read = true;
    if (text && directory >= 0 &&
        owners_read_file(directory, "cgroup", text, CGROUP_TEXT, &length) == 0 &&
        group_path_of_process(text, path, sizeof path))
        slot->group = group_of_path(owners, path, 0);
    if (directory >= 0)
        close(directory);
    free(text);
}

static void note_cgroup(struct owners *owners, uint64_t id, const char *path)
{
    if (owners_reserve((void **)&owners->cgroups, &owners->cgroup_capacity,
                       owners->cgroup_count + 1, sizeof *owners->cgroups))
        return;
    const uint32_t group = group_of_path(owners, path, id);
    if (group != NO_INDEX)
        owners->cgroups[owners->cgroup_count++] = (struct cgroup_name){id, group};
}

/* Notes every directory below `directory`; path is extended in place. Takes the descriptor. */
static void walk_cgroups(struct owners *owners, int directory, char *path, int depth)
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
        note_cgroup(owners, entry->d_ino, path);
        const int below =
            openat(dirfd(listing), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (below >= 0 && depth < DEPTH_MOST)
            walk_cgroups(owners, below, path, depth + 1);
        else if (below >= 0)
            close(below);
    }
    path[length] = '\0';
    closedir(listing);
}

static int compare_cgroups(const void *a, const void *b)
{
    const uint64_t first = ((const struct cgroup_name *)a)->id;
    const uint64_t second = ((const struct cgroup_name *)b)->id;
    return (first > second) - (first < second);
}

static void read_cgroups(struct owners *owners)
{
    char mount[GROUP_PATH_MAX];
    char path[GROUP_PATH_MAX] = "";
    char *mountinfo = malloc(MOUNTINFO_SIZE);
    size_t length;

    owners->cgroup_count = 0;
    if (mountinfo &&
        owners_read_file(owners->proc, "self/mountinfo", mountinfo, MOUNTINFO_SIZE, &length) == 0 &&
        group_find_mount(mountinfo, mount, sizeof mount)) {
        const int directory = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat top;
        if (directory >= 0 && fstat(directory, &top) == 0)
            note_cgroup(owners, top.st_ino, "/");
        if (directory >= 0)
            walk_cgroups(owners, directory, path, 0);
    }
    free(mountinfo);
    if (owners->cgroup_count > 1)
        qsort(owners->cgroups, owners->cgroup_count, sizeof *owners->cgroups, compare_cgroups);
}

static uint32_t find_cgroup(const struct owners *owners, uint64_t id)
{
    uint32_t low = 0;
    uint32_t high = owners->cgroup_count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (owners->cgroups[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    const bool found = low < owners->cgroup_count && owners->cgroups[low].id == id;
    return found ? owners->cgroups[low].group : NO_INDEX;
}

uint32_t owners_socket_group(struct owners *owners, uint64_t id, int64_t now_ns)
{
    uint32_t group = find_cgroup(owners, id);

    if (group == NO_INDEX &&
        (!owners->cgroups_read || now_ns - owners->cgroups_read_ns > READ_AGAIN_NS)) {
        owners->cgroups_read = true;
        owners->cgroups_read_ns = now_ns;
        read_cgroups(owners);
        group = find_cgroup(owners, id);
    }
    if (group == NO_INDEX || owners->groups[group].says_nothing)
        return NO_INDEX;
    return group;
}

void owners_groups_prune(struct owners *owners, int64_t now_ns)
{
    if (owners->group_count < GROUPS_MOST || now_ns - owners->pruned_ns < PRUNE_AGAIN_NS)
        return;
    owners->pruned_ns = now_ns;
    for (uint32_t i = 0; i < owners->group_count; i++)
        free_group(&owners->groups[i]);
    owners->group_count = owners->cgroup_count = 0;
    owners->cgroups_read = false;
    for (uint32_t i = 0; i < owners->slot_count; i++) {
        owners->slots[i].group = NO_INDEX;
        owners->slots[i].group_read = false;
    }
}

void owners_groups_done(struct owners *owners)
{
    for (uint32_t i = 0; i < owners->group_count; i++)
        free_group(&owners->groups[i]);
    free(owners->groups);
    free(owners->cgroups);
}
