/* Standard output without stdio: an error is known for what it is, when it happens. */
#include "output.h"

#include "options.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENOUGH (64u << 10)

/* Standard output may have been made non-blocking by whoever shares it. */
static void wait_writable(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    (void)poll(&out, 1, -1);
}

int output_flush(struct buffer *buffer)
{
    size_t done = 0;

    if (buffer->failed)
        return buffer->failed;
    while (done < buffer->length) {
        ssize_t written = write(STDOUT_FILENO, buffer->data + done, buffer->length - done);

        if (written >= 0)
            done += (size_t)written;
        else if (errno == EAGAIN)
            wait_writable();
        else if (errno != EINTR)
            return -errno;
    }
    buffer_clear(buffer);
    return 0;
}

int output_flush_some(struct buffer *buffer)
{
    return buffer->length < ENOUGH && !buffer->failed ? 0 : output_flush(buffer);
}

int output_exit_code(int error)
{
    if (!error || error == -EPIPE)
        return EXIT_DONE;
    fprintf(stderr, "tcplens: standard output: %s\n", strerror(-error));
    return EXIT_FAILED;
}
