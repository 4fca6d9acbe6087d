/* netns_name: what a namespace is called and what it belongs to, out of files only: nothing talks to
 * a daemon. */
#ifndef TCPLENS_SOURCE_NETNS_NAME_H
#define TCPLENS_SOURCE_NETNS_NAME_H

struct netns_slot;

/* Sets name and kind of the entry by its mount, its anchor, or, where neither says anything, its
 * inode. */
void netns_name(struct netns_slot *slot, const char *proc_root);

#endif
