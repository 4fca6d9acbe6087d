#include "base/write_all.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static void wait_writable(int descriptor)
{
    struct pollfd polled = {.fd = descriptor, .events = POLLOUT};

    (void)poll(&polled, 1, -1);
}

int write_all(int descriptor, const char *data, size_t length)
{
    while (length > 0) {
        const ssize_t written = write(descriptor, data, length);
        if (written >= 0) {
            data += written;
            length -= (size_t)written;
        } else if (errno == EAGAIN) {
            wait_writable(descriptor);
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}
