/* Ids of control groups: below the cgroup2 mount a directory's inode number is the group's id (as
 * kernfs has it on 64 bits, Linux 5.5). */
#include "source/cgroup_id.h"

#include <limits.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static bool find_mount(char *out, size_t size)
{
    FILE *file = setmntent("/proc/self/mounts", "re");
    struct mntent entry;
    char strings[PATH_MAX + 512];
    bool found = false;

    if (!file)
        return false;
    while (!found && getmntent_r(file, &entry, strings, sizeof strings)) {
        found = strcmp(entry.mnt_type, "cgroup2") == 0;
        if (found)
            snprintf(out, size, "%s", entry.mnt_dir);
    }
    endmntent(file);
    return found;
}

static bool read_id(const char *path, uint64_t *id)
{
    struct statfs system;
    struct stat file;

    if (statfs(path, &system) != 0 || system.f_type != CGROUP2_SUPER_MAGIC ||
        stat(path, &file) != 0 || !S_ISDIR(file.st_mode))
        return false;
    *id = file.st_ino;
    return true;
}

bool cgroup_find_id(void *data, const char *path, size_t length, uint64_t *id)
{
    char mount[PATH_MAX], full[2 * PATH_MAX];

    (void)data;
    if (length == 0 || length >= PATH_MAX || path[0] != '/' || !find_mount(mount, sizeof mount))
        return false;
    snprintf(full, sizeof full, "%s%.*s", mount, (int)length, path);
    if (read_id(full, id))
        return true;
    snprintf(full, sizeof full, "%.*s", (int)length, path);
    return read_id(full, id);
}
