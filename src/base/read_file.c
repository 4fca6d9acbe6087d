#include "base/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int read_file(int directory, const char *name, char *text, size_t size, size_t *length)
{
    const int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    size_t used = 0;
    int error = 0;

    if (file < 0)
        return -errno;
    while (used + 1 < size) {
        const ssize_t got = read(file, text + used, size - 1 - used);
        if (got < 0)
            error = -errno;
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    close(file);
    if (error)
        return error;
    text[used] = '\0';
    *length = used;
    return 0;
}
