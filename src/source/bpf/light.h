/* bpf_light: adjustments for the light skeletons, included before them. Their header,
 * skel_internal.h, converts addresses to numbers through long: in a 32-bit program addresses of the
 * upper half are sign-extended, which the kernel refuses (EFAULT). */
#ifndef TCPLENS_SOURCE_BPF_LIGHT_H
#define TCPLENS_SOURCE_BPF_LIGHT_H

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Truncates a number to the size of an address: a no-op in a 64-bit program. */
static inline uint64_t bpf_light_address(uint64_t number)
{
    return (uintptr_t)number;
}

static inline int bpf_light_call(long number, enum bpf_cmd command, union bpf_attr *attributes,
                                 unsigned int size)
{
    if (command == BPF_MAP_UPDATE_ELEM) {
        attributes->key = bpf_light_address(attributes->key);
        attributes->value = bpf_light_address(attributes->value);
    } else if (command == BPF_PROG_LOAD) {
        attributes->insns = bpf_light_address(attributes->insns);
        attributes->license = bpf_light_address(attributes->license);
        attributes->fd_array = bpf_light_address(attributes->fd_array);
    } else if (command == BPF_PROG_TEST_RUN) {
        attributes->test.ctx_in = bpf_light_address(attributes->test.ctx_in);
    }
    return (int)syscall(number, command, attributes, size);
}

/* What skel_internal.h calls. */
#define syscall bpf_light_call

#include <bpf/skel_internal.h>

#undef syscall

/* Sets the initial content of a map: after open, before load. */
static inline void bpf_light_data(struct bpf_map_desc *map, const void *content)
{
    map->initial_value = (uintptr_t)content;
}

#endif
