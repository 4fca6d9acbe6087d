#include "base/read_at.h"

#include <errno.h>
#include <unistd.h>

ssize_t read_at(int descriptor, void *bytes, size_t size, uint64_t offset)
{
    size_t done = 0;

    while (done < size) {
        const ssize_t got =
            pread(descriptor, (char *)bytes + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}
