/* A file that is replaced by renaming. */
#include "session/metrics_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int descriptor, const char *data, size_t length)
{
    while (length) {
        const ssize_t written = write(descriptor, data, length);
        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            data += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

/* The collector reads *.prom: the name of a file at work must not end so. */
static int new_name(char *name, size_t size, const char *path)
{
    const int length = snprintf(name, size, "%s.%ld", path, (long)getpid());

    return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int metrics_file_replace(const char *path, const char *data, size_t length)
{
    char name[PATH_MAX];
    int error = new_name(name, sizeof(name), path);

    if (error)
        return error;
    (void)unlink(name); /* of a process that had this number, and was killed */
    const int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (descriptor < 0)
        return -errno;
    error = write_all(descriptor, data, length);
    if (fchmod(descriptor, 0644) != 0 && !error) /* whatever the umask is: others read it */
        error = -errno;
    if (close(descriptor) != 0 && !error)
        error = -errno;
    if (!error && rename(name, path) != 0)
        error = -errno;
    if (error)
        (void)unlink(name);
    return error;
}
