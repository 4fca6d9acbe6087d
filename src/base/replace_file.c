#include "base/replace_file.h"

#include "base/own_file.h"
#include "base/write_all.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
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

const char *replace_file_fault(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? own_file_kind_fault(&status) : NULL;
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
