/* bpf_light: what the light skeletons need besides, included before them. Their header, skel_internal.h, makes numbers of
 * addresses by way of long: in a 32-bit program those of the upper half come out with the sign extended, which the
 * kernel refuses (EFAULT). */
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

/* Cuts off what a longer number has beyond an address: nothing in a 64-bit program. */
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

/* Where the program that loads a map's first content finds it: after open, before load. */
static inline void bpf_light_data(struct bpf_map_desc *map, const void *content)
{
    map->initial_value = (uintptr_t)content;
}

#endif
