/* bpf: every TCP state transition of our network namespace, reported by a small program in the
 * kernel. Only the events layer uses it, one thread at a time. If it is not built in, opening fails
 * with a message. */
#ifndef TCPLENS_SOURCE_BPF_BPF_H
#define TCPLENS_SOURCE_BPF_BPF_H

#include "core/host_facts.h"
#include "core/lifecycle.h"
#include "source/bpf/refusal.h"
#include "source/netns/netns.h"

#include <stdint.h>

struct bpf;

/* Takes what the program reports: transitions, and the process that got a socket from accept(). */
struct bpf_sink {
    void (*take)(void *context, const struct transition *transition);
    void (*own)(void *context, uint32_t netns, uint64_t cookie, int32_t pid, uint64_t start_ticks,
                const char name[LIFE_NAME_MAX]);
    void *context;
};

/* Loads and attaches, which takes about 20 ms. 0 or -errno; text says why not, or, with 0, what is
 * missing ("" = nothing). -ENOSYS: not built in. */
int bpf_open(struct bpf **bpf, const struct netns *netns, bool every_netns,
             char text[BPF_TEXT_SIZE]);
void bpf_close(struct bpf *bpf);
int bpf_descriptor(const struct bpf *bpf); /* readable when there is something */

/* Delivers pending records, at most `most` (0 = any number), and stops after one that happened
 * after until_ns (CLOCK_MONOTONIC). *lost gets the number for which the ring had no room since the
 * last call. Returns the number delivered, or -errno. */
int bpf_drain(struct bpf *bpf, const struct bpf_sink *sink, uint32_t most, int64_t until_ns,
              uint64_t *lost);

/* How many runs of the program that reports transitions Linux has skipped since the last call, as another one on the same
 * processor was interrupted by it (recursion_misses, kernel/bpf/trampoline.c): of transitions of any network namespace. */
uint64_t bpf_take_skipped(struct bpf *bpf);

/* Copies the failed calls of bind() and connect() drained so far into facts; unknown where they
 * cannot be traced. */
void bpf_failures(const struct bpf *bpf, struct host_facts *facts);

#endif
