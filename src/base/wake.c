#include "base/wake.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int wake_open(void)
{
    const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    return descriptor < 0 ? -errno : descriptor;
}

void wake_signal(int descriptor)
{
    const uint64_t one = 1;

    if (write(descriptor, &one, sizeof one) == (ssize_t)sizeof one)
        return;
    const ssize_t again = write(descriptor, &one, sizeof one); /* others may wait for it for ever */
    (void)again; /* a full counter is as good a signal */
}

void wake_drain(int descriptor)
{
    uint64_t count;
    ssize_t got = read(descriptor, &count, sizeof count);

    (void)got;
}

void wake_close(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}
