/* bpf_walk: a walk over the descriptors of all processes by a BPF program: 0.1 us a descriptor,
 * where reading /proc takes 2 us. It sees all processes of our pid namespace, even those that we
 * may not read in /proc. If it is not built in, opening fails with a message. */
#ifndef TCPLENS_SOURCE_BPF_WALK_H
#define TCPLENS_SOURCE_BPF_WALK_H

#include "source/bpf/refusal.h"
#include "source/netns/netns.h"
#include "source/owners/walker.h"

struct bpf_walk;

#define BPF_WALK_OPEN_NS 6000000LL /* cost of opening */

/* Loads it, with CAP_BPF and CAP_PERFMON, over the sockets of that network namespace, or (NULL) of
 * all; walking does not need them (before Linux 5.19 it does, and fails without). 0, or -errno and
 * why. */
int bpf_walk_open(struct bpf_walk **walk, const struct netns *netns, char text[BPF_TEXT_SIZE]);
void bpf_walk_close(struct bpf_walk *walk);

/* The `walk` of struct owner_walk; walker is a struct bpf_walk. One thread at a time. */
int bpf_walk_run(void *walker, owner_visit visit, void *context);

#endif
