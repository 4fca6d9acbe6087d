/* bpf_none: stands in for bpf.c where tcplens is built without libbpf. */
#include "source/bpf.h"

#include <errno.h>
#include <stdio.h>

int bpf_open(struct bpf **bpf, char text[BPF_TEXT_SIZE])
{
    (void)bpf;
    snprintf(text, BPF_TEXT_SIZE, "not built in (TCPLENS_BPF)");
    return -ENOSYS;
}

void bpf_close(struct bpf *bpf)
{
    (void)bpf;
}

int bpf_descriptor(const struct bpf *bpf)
{
    (void)bpf;
    return -1;
}

int bpf_drain(struct bpf *bpf, const struct bpf_hearer *hearer, uint32_t most, int64_t until_ns,
              uint64_t *lost)
{
    (void)bpf;
    (void)hearer;
    (void)most;
    (void)until_ns;
    (void)lost;
    return -ENOSYS;
}

int bpf_walk_owners(const struct bpf *bpf, bpf_visit visit, void *context)
{
    (void)bpf;
    (void)visit;
    (void)context;
    return -ENOSYS;
}
