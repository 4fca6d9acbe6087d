/* collect_walk: the walk by bpf over all descriptors, for the owners of one collector's frames.
 * Loaded when the owners first need it, or on request, in the thread that makes the frames. */
#ifndef TCPLENS_COLLECT_WALK_H
#define TCPLENS_COLLECT_WALK_H

#include "source/bpf/refusal.h"
#include "source/source.h"

#define COLLECT_PRIVILEGES      (PRIVILEGE_ENTER | PRIVILEGE_NET_ADMIN) /* of that thread */
#define COLLECT_WALK_PRIVILEGES (PRIVILEGE_BPF | PRIVILEGE_PERFMON)     /* until it is loaded */

struct bpf_walk;

struct collect_walk {
    struct bpf_walk *walk; /* NULL: not loaded */
    bool given;            /* to a source */
    bool every_netns;      /* over the sockets of all network namespaces */
    char
        why[BPF_TEXT_SIZE + 16]; /* why there is none: safe text, "" = it was not tried, or works */
};

/* Offers it to a source, which must be closed before collect_walk_done. */
void collect_walk_give(struct collect_walk *walk, struct source *source);
/* Loads it if that was not tried yet. Gives up the privileges that it takes. */
void collect_walk_load(struct collect_walk *walk, struct source *source);
void collect_walk_done(struct collect_walk *walk);

#endif
