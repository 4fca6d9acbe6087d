/* collect_walk: the walks by bpf over all descriptors, for the owners of one collector's frames, and for the
 * rows of other network namespaces. Loaded when the owners first need one, or on request, in the thread that
 * makes the frames. */
#ifndef TCPLENS_COLLECT_WALK_H
#define TCPLENS_COLLECT_WALK_H

#include "source/bpf/refusal.h"
#include "source/source.h"

#define COLLECT_PRIVILEGES      (PRIVILEGE_ENTER | PRIVILEGE_NET_ADMIN) /* of that thread */
#define COLLECT_WALK_PRIVILEGES (PRIVILEGE_BPF | PRIVILEGE_PERFMON)     /* until it is loaded */

struct bpf_rows;
struct bpf_walk;

struct collect_walk {
    struct bpf_walk *walk; /* NULL: not loaded */
    struct bpf_rows *rows; /* NULL: not loaded, or of no use */
    bool given;            /* to a source */
    bool every_netns;      /* over the sockets of all network namespaces */
    /* why it is not loaded: safe text; "" = it is, or was not tried */
    char why[BPF_TEXT_SIZE + 16];
};

/* Makes it available to a source, which must be closed before collect_walk_done. */
void collect_walk_give(struct collect_walk *walk, struct source *source);
/* Loads it unless that was tried before. Drops the privileges needed for it afterwards. */
void collect_walk_load(struct collect_walk *walk, struct source *source);
void collect_walk_done(struct collect_walk *walk);

#endif
