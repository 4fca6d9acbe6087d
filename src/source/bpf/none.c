/* bpf_none: stands in for bpf.c, walk.c and rows.c where tcplens is built without libbpf. */
#include "source/bpf/bpf.h"
#include "source/bpf/rows.h"
#include "source/bpf/walk.h"

#include <errno.h>
#include <stdio.h>

static int refuse(char text[BPF_TEXT_SIZE])
{
    snprintf(text, BPF_TEXT_SIZE, "not built in (TCPLENS_BPF)");
    return -ENOSYS;
}

int bpf_open(struct bpf **bpf, const struct netns *netns, bool every_netns,
             char text[BPF_TEXT_SIZE])
{
    (void)every_netns;
    (void)bpf;
    (void)netns;
    return refuse(text);
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

int bpf_drain(struct bpf *bpf, const struct bpf_sink *sink, uint32_t most, int64_t until_ns,
              uint64_t *lost)
{
    (void)bpf;
    (void)sink;
    (void)most;
    (void)until_ns;
    (void)lost;
    return -ENOSYS;
}

uint64_t bpf_take_skipped(struct bpf *bpf)
{
    (void)bpf;
    return 0;
}

void bpf_failures(const struct bpf *bpf, struct host_facts *facts)
{
    (void)bpf;
    facts->bind_failures = facts->connect_failures = (struct call_failures){.known = false};
}

int bpf_walk_open(struct bpf_walk **walk, const struct netns *netns, char text[BPF_TEXT_SIZE])
{
    (void)walk;
    (void)netns;
    return refuse(text);
}

void bpf_walk_close(struct bpf_walk *walk)
{
    (void)walk;
}

int bpf_walk_run(void *walker, owner_visit visit, void *context)
{
    (void)walker;
    (void)visit;
    (void)context;
    return -ENOSYS;
}

int bpf_rows_open(struct bpf_rows **rows, uint32_t except_netns, char text[BPF_TEXT_SIZE])
{
    (void)rows;
    (void)except_netns;
    return refuse(text);
}

void bpf_rows_close(struct bpf_rows *rows)
{
    (void)rows;
}

int bpf_rows_run(void *walker, row_visit visit, void *context)
{
    (void)walker;
    (void)visit;
    (void)context;
    return -ENOSYS;
}
