/* netns_list: the network namespaces of this machine, as far as this process can learn of them, and
 * the way into each. Nothing is kept open that would keep a namespace alive: neither a socket in it
 * nor a descriptor of it. What stands for a namespace is its anchor, a process in it, watched by a
 * pidfd (which pins nothing), or a mount of nsfs. One thread uses a list.
 *
 * What may be relied on. A namespace of a process that is new is found by the next refresh; one
 * that a process enters later (setns, unshare) at once where the process is younger than
 * NETNS_YOUNG_NS, else within NETNS_ROUND refreshes. Not found: one that only a descriptor, a socket
 * or a thread other than the first of its process keeps. */
#ifndef TCPLENS_SOURCE_NETNS_LIST_H
#define TCPLENS_SOURCE_NETNS_LIST_H

#include "core/netns.h"
#include "source/netns/netns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETNS_YOUNG_NS 3000000000LL
#define NETNS_ROUND    64u

struct netns_list;

struct netns_entry {
    uint64_t id;  /* the cookie; where that is unknown, a number with the highest bit set. Never 0;
                    that of another is never the same while the list is open */
    uint32_t key; /* the inode; where that may not be read, proc_inode: no inode of a namespace, as
                     the kernel hands out both as one. No two entries have the same at a time */
    struct netns netns;   /* cookie 0, inode 0 = unknown */
    uint64_t proc_inode;  /* of /proc/PID/net/tcp of each process in it; 0 = none was readable */
    uint8_t kind;         /* enum netns_kind */
    uint8_t reach;        /* enum netns_reach */
    bool is_own;          /* the one that we are in */
    bool other_user;      /* its anchor is of another user namespace than ours */
    bool is_mounted;      /* it has a mount of nsfs */
    uint32_t uid;         /* user of the anchor; UINT32_MAX = unknown */
    uint32_t processes;   /* in it, as far as /proc shows them */
    int32_t pid;          /* the anchor; 0 = none: only a mount */
    uint64_t start_ticks; /* of the anchor */
    /* Safe text. The name is never empty, and not always unique; the others are "" where there is no
     * such thing. Of a container: its own name, or its id in short. */
    char name[NETNS_NAME_MAX], container[NETNS_NAME_MAX], pod[NETNS_NAME_MAX],
        pod_namespace[NETNS_NAME_MAX];
};

/* proc_root is "/proc", or a tree that looks like it (tests). Finds nothing but our own yet. 0 or
 * -errno. */
int netns_list_open(struct netns_list **list, const char *proc_root);
void netns_list_close(struct netns_list *list);

/* Looks for what is new and forgets what is no more; to be called with each frame: decides itself
 * what is due. Where no process began and no mount changed that is two short reads and a poll. 0 or
 * -errno: the list is as it was. */
int netns_list_refresh(struct netns_list *list, int64_t mono_ns);
/* The next refresh looks at every process again: something was seen of a namespace that is not in
 * the list. */
void netns_list_hasten(struct netns_list *list);

/* Entries stay where they are until the next refresh. Our own is always there and the first, then
 * the host's, then in order of id. */
uint32_t netns_list_count(const struct netns_list *list);
const struct netns_entry *netns_list_at(const struct netns_list *list, uint32_t i);
const struct netns_entry *netns_list_find(const struct netns_list *list, uint64_t id);
const struct netns_entry *netns_list_find_inode(const struct netns_list *list, uint32_t inode);
/* The one that a person means: "host", a name, the inode, or the pid of any process in it. NULL:
 * none. */
const struct netns_entry *netns_list_match(const struct netns_list *list, const char *word);

/* A netlink socket (NETLINK_SOCK_DIAG, NETLINK_ROUTE) in a namespace, closed on exec; flags are
 * type flags. The calling thread is where it was on return. The socket keeps the namespace alive:
 * close it as soon as the answer is there. -ESRCH: that namespace is no more; -EPERM, -EACCES: it
 * may not be entered; -EXDEV: the thread could not return earlier, and enters none any more. */
int netns_list_socket(struct netns_list *list, const struct netns_entry *entry, int protocol,
                      int flags);
/* For what is read by the namespace of the reader (/proc/sys/net). After 0 netns_list_leave must
 * follow, with nothing else of ours in between. */
int netns_list_enter(struct netns_list *list, const struct netns_entry *entry);
int netns_list_leave(struct netns_list *list);
/* "/proc/PID" of a process that is in it now, as -ESRCH where there is none. /proc/PID/net shows
 * that namespace to everybody. */
int netns_list_proc(struct netns_list *list, const struct netns_entry *entry, char *path,
                    size_t size);

#endif
