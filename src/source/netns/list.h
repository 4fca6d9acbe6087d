/* netns_list: the network namespaces of this machine that this process can find, and how to enter
 * them. Nothing is kept open that would keep a namespace alive: neither a socket in it nor a
 * descriptor of it. A namespace is represented by its anchor: a process in it, watched by a pidfd
 * (which pins nothing), or a mount of nsfs. One thread uses a list.
 *
 * Guarantees: the namespace of a new process is found by the next refresh; one that a process
 * enters later (setns, unshare) at once where the process is younger than NETNS_YOUNG_NS, else
 * within NETNS_ROUND refreshes. Not found: a namespace kept only by a descriptor, a socket or a
 * thread other than the main one. */
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
    /* the cookie; if unknown, a number with the highest bit set. Never 0; unique while the list is
     * open */
    uint64_t id;
    /* the inode; if not readable, proc_inode, which never equals a namespace's inode, as the kernel
     * allocates both from one pool. Unique at any time */
    uint32_t key;
    struct netns netns;   /* cookie 0, inode 0 = unknown */
    uint64_t proc_inode;  /* of /proc/PID/net/tcp of the processes in it; 0 = not readable */
    uint8_t kind;         /* enum netns_kind */
    uint8_t reach;        /* enum netns_reach */
    bool is_own;          /* the one that we are in */
    bool other_user;      /* its anchor is of another user namespace than ours */
    bool is_mounted;      /* it has a mount of nsfs */
    uint32_t uid;         /* user of the anchor; UINT32_MAX = unknown */
    uint32_t processes;   /* processes in it, as shown by /proc */
    int32_t pid;          /* the anchor; 0 = none: only a mount */
    uint64_t start_ticks; /* of the anchor */
    /* Safe text. The name is never empty, but may not be unique; the others are "" where they do
     * not apply. A container has its own name, or its short id. */
    char name[NETNS_NAME_MAX], container[NETNS_NAME_MAX], pod[NETNS_NAME_MAX],
        pod_namespace[NETNS_NAME_MAX];
};

/* proc_root is "/proc", or a tree that looks like it (tests). At first it contains only our own. 0
 * or -errno. */
int netns_list_open(struct netns_list **list, const char *proc_root);
void netns_list_close(struct netns_list *list);

/* Finds new namespaces and forgets vanished ones; to be called with each frame, it decides itself
 * what is due. If no process started and no mount changed, it costs two short reads and a poll. 0
 * or -errno (the list is unchanged). */
int netns_list_refresh(struct netns_list *list, int64_t mono_ns);
/* The next refresh looks at every process again: for when something was seen of a namespace that is
 * not in the list. */
void netns_list_hasten(struct netns_list *list);

/* Entries stay where they are until the next refresh. Our own is always there and the first, then
 * the host's, then in order of id. */
uint32_t netns_list_count(const struct netns_list *list);
const struct netns_entry *netns_list_at(const struct netns_list *list, uint32_t i);
const struct netns_entry *netns_list_find(const struct netns_list *list, uint64_t id);
const struct netns_entry *netns_list_find_inode(const struct netns_list *list, uint32_t inode);
/* The namespace that a user names: "host", a name, the inode, or the pid of any process in it.
 * NULL: none. */
const struct netns_entry *netns_list_match(const struct netns_list *list, const char *word);

/* A netlink socket (NETLINK_SOCK_DIAG, NETLINK_ROUTE) in a namespace, closed on exec; flags are
 * type flags. On return the calling thread is back in its own namespace. The socket keeps the
 * namespace alive: close it as soon as possible. -ESRCH: the namespace is gone; -EPERM, -EACCES: it
 * may not be entered; -EXDEV: the thread could not return once, and enters none any more. */
int netns_list_socket(struct netns_list *list, const struct netns_entry *entry, int protocol,
                      int flags);
/* For files whose content depends on the reader's namespace (/proc/sys/net). On success
 * netns_list_leave must follow, with no other call of this module in between. */
int netns_list_enter(struct netns_list *list, const struct netns_entry *entry);
int netns_list_leave(struct netns_list *list);
/* "/proc/PID" of a process that is in it now; -ESRCH: there is none. /proc/PID/net shows that
 * namespace to everybody. */
int netns_list_proc(struct netns_list *list, const struct netns_entry *entry, char *path,
                    size_t size);

#endif
