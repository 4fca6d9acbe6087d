#include "base/replace_file.h"

#include "base/own_file.h"
#include "base/write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fill(int descriptor, mode_t mode, bool synced, const void *data, size_t length)
{
    const int error = write_all(descriptor, data, length);

    if (error)
        return error;
    if (fchmod(descriptor, mode) != 0)
        return -errno;
    return !synced || fsync(descriptor) == 0 ? 0 : -errno;
}

static bool is_link_into_proc(const char *path)
{
    static const char PROC[] = "/proc/";
    char target[sizeof PROC] = "";

    return readlink(path, target, sizeof target - 1) > 0 && strcmp(target, PROC) == 0;
}

static bool is_standard_stream(const struct stat *status)
{
    struct stat stream;

    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fstat(descriptor, &stream) == 0 && stream.st_dev == status->st_dev &&
            stream.st_ino == status->st_ino)
            return true;
    return false;
}

const char *replace_file_fault(const char *path)
{
    struct stat name, target;
    const bool leads = stat(path, &target) == 0;
    const char *fault = leads ? own_file_kind_fault(&target) : NULL;

    if (fault || lstat(path, &name) != 0 || !S_ISLNK(name.st_mode))
        return fault;
    /* /dev/stdout, which may lead to a plain file: the machine's name of it would be replaced. */
    return is_link_into_proc(path) || (leads && is_standard_stream(&target))
               ? "a symbolic link to an open file: choose another name"
               : NULL;
}

int replace_file(const char *path, mode_t mode, bool synced, const void *data, size_t length)
{
    /* Not the same suffix as `path`: a collector of *.prom must not read the unfinished file. */
    char beside[PATH_MAX + sizeof ".XXXXXX"];

    if (snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= (int)sizeof beside)
        return -ENAMETOOLONG;
    if (replace_file_fault(path))
        return -EPERM;
    const int descriptor = mkostemp(beside, O_CLOEXEC); /* 0600 until it is filled */
    if (descriptor < 0)
        return -errno;
    int error = fill(descriptor, mode, synced, data, length);
    if (close(descriptor) != 0 && !error)
        error = -errno;
    if (!error && rename(beside, path) != 0)
        error = -errno;
    if (error)
        (void)unlink(beside);
    return error;
}
