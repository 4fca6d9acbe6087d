/* bpf_iterator: see iterator.h. */
#include "source/bpf/iterator.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int bpf_iterator_begin(int link)
{
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof(attributes));
    attributes.iter_create.link_fd = (uint32_t)link;
    const long descriptor = syscall(SYS_bpf, BPF_ITER_CREATE, &attributes, sizeof(attributes));
    if (descriptor >= 0)
        return (int)descriptor;
    return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -EAGAIN : -errno;
}

int bpf_iterator_read(int descriptor, void *bytes, size_t size, size_t *got)
{
    for (;;) {
        const ssize_t length = read(descriptor, bytes, size);
        if (length >= 0) {
            *got = (size_t)length;
            return 0;
        }
        if (errno != EINTR && errno != EAGAIN)
            return -errno;
    }
}
