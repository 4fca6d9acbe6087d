/* collect_walk: see walk.h. */
#include "collect/walk.h"

#include "source/bpf/rows.h"
#include "source/bpf/walk.h"
#include "source/privilege.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int load(struct collect_walk *walk)
{
    char text[BPF_TEXT_SIZE];
    struct netns netns;

    netns_own(&netns);
    const int error =
        walk->walk ? 0 : bpf_walk_open(&walk->walk, walk->every_netns ? NULL : &netns, text);
    if (!error && walk->every_netns && !walk->rows)
        (void)bpf_rows_open(&walk->rows, netns.inode, text); /* on failure rows are dumped */
    privilege_keep(COLLECT_PRIVILEGES);                      /* loading is not tried again */
    if (error)
        snprintf(walk->why, sizeof(walk->why), "no bpf: %s", text);
    return error ? -ENOSYS : 0;
}

static int walk_owners(void *walker, owner_visit visit, void *context)
{
    struct collect_walk *walk = walker;
    int error = walk->walk ? 0 : load(walk);
    if (error)
        return error;
    error = bpf_walk_run(walk->walk, visit, context);
    if (error && error != -EAGAIN) /* owners do not try it again */
        snprintf(walk->why, sizeof(walk->why), "bpf failed: %s", strerror(-error));
    return error;
}

void collect_walk_give(struct collect_walk *walk, struct source *source)
{
    const struct owner_walk offered = {walk_owners, walk, BPF_WALK_OPEN_NS};
    if (!source->ops->use_walk)
        return;
    source->ops->use_walk(source, &offered);
    walk->given = true;
}

void collect_walk_load(struct collect_walk *walk, struct source *source)
{
    if (!walk->given)
        return;
    const bool loaded = walk->walk != NULL;
    const struct owner_walk ready = {walk_owners, walk, 0};
    walk->given = false;
    if (!loaded)
        source->ops->use_walk(source, load(walk) ? NULL : &ready);
    privilege_keep(COLLECT_PRIVILEGES); /* it may have been loaded by another thread */
    if (walk->rows && source->ops->use_rows)
        source->ops->use_rows(source, &(struct row_walk){bpf_rows_run, walk->rows});
}

void collect_walk_done(struct collect_walk *walk)
{
    bpf_walk_close(walk->walk);
    bpf_rows_close(walk->rows);
}
