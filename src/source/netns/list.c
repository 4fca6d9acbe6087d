/* netns_list: see list.h. A refresh first notices what ended, then checks processes that are new,
 * young or in turn, then changed mounts, and finally gives each namespace an anchor or forgets
 * it. */
#include "source/netns/list.h"

#include "base/grow.h"
#include "base/sort.h"
#include "source/netns/door.h"
#include "source/netns/mounts.h"
#include "source/netns/name.h"
#include "source/netns/processes.h"
#include "source/netns/slot.h"
#include "source/proc_view.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ID_OF_PROC   (1ull << 63) /* marks an id that is not a cookie */
#define IN_TURN_MIN  16u          /* known processes checked again in one refresh */
#define PIDFDS_SHARE 4u           /* of the descriptors that this process may have open */

struct netns_list {
    struct netns_slot **slots; /* sorted: own, host, by id */
    uint32_t count, capacity;
    struct netns_processes processes;
    struct netns_mounts mounts;
    struct netns_door door;
    struct netns_names names;
    struct privilege reads; /* needed for readlink of ns/net */
    char *proc_root;
    struct pollfd *polled; /* mountinfo, then those of the slots that have a pidfd */
    uint32_t polled_capacity;
    uint32_t pidfds, pidfds_most;
    uint64_t unknown_ids; /* used where nothing identifies a namespace permanently */
    bool hasten, sorted, mounts_read;
    bool sees_all; /* /proc shows the machine's processes */
};

/* --- slots --- */

/* Files of container runtimes are readable by root only. */
static void give_name(struct netns_list *list, struct netns_slot *slot)
{
    privilege_raise(&list->reads);
    netns_name(&list->names, slot);
    privilege_lower(&list->reads);
}

static void release_anchor(struct netns_list *list, struct netns_slot *slot)
{
    if (slot->pidfd >= 0) {
        close(slot->pidfd);
        list->pidfds--;
    }
    slot->pidfd = -1;
    slot->entry.pid = 0;
    slot->entry.start_ticks = 0;
}

static void free_slot(struct netns_list *list, struct netns_slot *slot)
{
    release_anchor(list, slot);
    free(slot->mount);
    free(slot);
}

/* 0 or -ENOMEM. Sorted at the end of the refresh. */
static int add_slot(struct netns_list *list, struct netns_slot **slot)
{
    if (GROW(list->slots, list->capacity, list->count + 1))
        return -ENOMEM;
    struct netns_slot *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    made->pidfd = -1;
    made->entry.uid = UINT32_MAX;
    list->slots[list->count++] = made;
    list->sorted = false;
    *slot = made;
    return 0;
}

static int by_order(const void *left, const void *right)
{
    const struct netns_entry *a = &(*(struct netns_slot *const *)left)->entry;
    const struct netns_entry *b = &(*(struct netns_slot *const *)right)->entry;

    if (a->is_own != b->is_own)
        return a->is_own ? -1 : 1;
    if (a->netns.is_host != b->netns.is_host)
        return a->netns.is_host ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static void sort_slots(struct netns_list *list)
{
    if (!list->sorted)
        sort_items(list->slots, list->count, sizeof(*list->slots), by_order);
    list->sorted = true;
}

static struct netns_slot *slot_of_inode(const struct netns_list *list, uint32_t inode)
{
    for (uint32_t i = 0; inode && i < list->count; i++)
        if (list->slots[i]->entry.netns.inode == inode)
            return list->slots[i];
    return NULL;
}

static struct netns_slot *slot_of_proc_inode(const struct netns_list *list, uint64_t proc_inode)
{
    for (uint32_t i = 0; proc_inode && i < list->count; i++)
        if (list->slots[i]->entry.proc_inode == proc_inode)
            return list->slots[i];
    return NULL;
}

/* --- which namespace it is --- */

static uint64_t id_of(struct netns_list *list, const struct netns_entry *entry)
{
    if (entry->netns.cookie)
        return entry->netns.cookie;
    return ID_OF_PROC | (entry->proc_inode ? entry->proc_inode : ++list->unknown_ids << 32);
}

static uint32_t key_of(const struct netns_entry *entry)
{
    return entry->netns.inode ? entry->netns.inode : (uint32_t)entry->proc_inode;
}

static void path_of_process(const struct netns_list *list, int32_t pid, char *path, size_t size)
{
    snprintf(path, size, "%s/%d/ns/net", list->proc_root, (int)pid);
}

/* Enters it to get its cookie, which also shows whether it may be entered. One that vanishes
 * meanwhile has no id. */
static void learn(struct netns_list *list, struct netns_slot *slot, const char *path)
{
    struct netns_entry *entry = &slot->entry;
    const int error =
        netns_door_cookie(&list->door, path, entry->netns.inode, &entry->netns.cookie);

    if (error == -ESRCH)
        return;
    if (error == 0)
        entry->reach = NETNS_REACH_ENTER;
    entry->id = id_of(list, entry);
}

/* A namespace with the inode of a slot whose last process left is the same only if the cookie is.
 * If that is unknown, they cannot be distinguished. */
static bool is_same(struct netns_list *list, const struct netns_slot *slot, const char *path)
{
    uint64_t cookie = 0;

    if (!slot->entry.netns.cookie)
        return true;
    if (netns_door_cookie(&list->door, path, slot->entry.netns.inode, &cookie))
        return false;
    return cookie == slot->entry.netns.cookie;
}

/* Its inodes now belong to another namespace; sweep() forgets it. */
static void disown(struct netns_slot *slot)
{
    free(slot->mount);
    slot->mount = NULL;
    slot->entry.netns.inode = 0;
    slot->entry.proc_inode = 0;
}

static int find_or_add(struct netns_list *list, const struct netns_ident *ident, const char *path,
                       struct netns_slot **found)
{
    struct netns_slot *slot = ident->inode ? slot_of_inode(list, ident->inode) : NULL;

    uint64_t proc_inode = ident->proc_inode;

    if (!slot)
        slot = slot_of_proc_inode(list, proc_inode);
    /* A different inode means another namespace: this process moved meanwhile. */
    if (slot && ident->inode && slot->entry.netns.inode &&
        slot->entry.netns.inode != ident->inode) {
        slot = NULL;
        proc_inode = 0;
    }
    if (slot && slot->lost && !slot->entry.is_own && !is_same(list, slot, path)) {
        disown(slot);
        slot = NULL;
    }
    if (!slot && add_slot(list, &slot))
        return -ENOMEM;
    struct netns_entry *entry = &slot->entry;
    const bool is_new = entry->id == 0;
    if (ident->inode)
        entry->netns.inode = ident->inode;
    if (proc_inode)
        entry->proc_inode = proc_inode;
    if (is_new)
        learn(list, slot, path);
    slot->lost = false;
    *found = slot;
    return 0;
}

/* --- processes --- */

static void leave(struct netns_process *process)
{
    struct netns_slot *slot = process->in;

    process->in = NULL;
    if (slot && slot->entry.processes > 0 && --slot->entry.processes == 0)
        slot->lost = true;
}

static void on_ended(void *context, const struct netns_process *process)
{
    struct netns_list *list = context;
    struct netns_process ended = *process;

    if (ended.in && ended.in->entry.pid == ended.pid)
        release_anchor(list, ended.in);
    leave(&ended);
}

static int enter_slot(struct netns_list *list, struct netns_process *process,
                      const struct netns_ident *ident)
{
    struct netns_slot *slot = NULL;
    char path[PATH_MAX];

    path_of_process(list, process->pid, path, sizeof(path));
    const int error = find_or_add(list, ident, path, &slot);
    if (error)
        return error;
    process->in = slot;
    slot->entry.processes++;
    return 0;
}

static bool read_inode(struct netns_list *list, int32_t pid, uint32_t *inode)
{
    privilege_raise(&list->reads);
    const bool readable = netns_process_inode(&list->processes, pid, inode);
    privilege_lower(&list->reads);
    return readable;
}

/* Left 0 if the process moved since its other inode was read: a program that visits all namespaces,
 * as we do, moves every few microseconds. */
static void read_proc_inode(struct netns_list *list, int32_t pid, struct netns_ident *ident)
{
    uint32_t inode = 0;

    (void)netns_process_proc_inode(&list->processes, pid, &ident->proc_inode);
    if (ident->inode && (!read_inode(list, pid, &inode) || inode != ident->inode))
        ident->proc_inode = 0;
}

/* Most have not moved, which takes one system call to check. */
static int look_at(struct netns_list *list, struct netns_process *process)
{
    struct netns_ident ident = {0};
    const struct netns_entry *in = process->in ? &process->in->entry : NULL;

    process->looked = true;
    const bool readable = read_inode(list, process->pid, &ident.inode);
    if (in && readable && ident.inode == in->netns.inode)
        return 0;
    if (!readable || !slot_of_inode(list, ident.inode))
        read_proc_inode(list, process->pid, &ident);
    if (in && !readable && ident.proc_inode && ident.proc_inode == in->proc_inode)
        return 0;
    if (in && in->pid == process->pid)
        release_anchor(list, process->in);
    leave(process);
    return ident.inode || ident.proc_inode ? enter_slot(list, process, &ident) : 0;
}

static bool is_due(const struct netns_list *list, const struct netns_process *process,
                   int64_t now_ns)
{
    return !process->looked || list->hasten || now_ns - process->seen_ns < NETNS_YOUNG_NS;
}

static int look_at_due(struct netns_list *list, int64_t now_ns)
{
    struct netns_processes *processes = &list->processes;
    int error = 0;

    for (uint32_t i = 0; i < processes->count && !error; i++)
        if (is_due(list, &processes->rows[i], now_ns))
            error = look_at(list, &processes->rows[i]);
    uint32_t in_turn = processes->count / NETNS_ROUND;
    in_turn = in_turn > IN_TURN_MIN ? in_turn : IN_TURN_MIN;
    for (uint32_t n = 0; n < in_turn && n < processes->count && !error; n++) {
        processes->round = processes->round + 1 < processes->count ? processes->round + 1 : 0;
        error = look_at(list, &processes->rows[processes->round]);
    }
    list->hasten = list->hasten && error;
    return error;
}

/* --- mounts --- */

static int take_mount(struct netns_list *list, const struct netns_mount *mount)
{
    const struct netns_ident ident = {.inode = mount->inode};
    struct netns_slot *slot = slot_of_inode(list, mount->inode);

    /* The mount is newer than our information about the inode: without a process in it, it may be
     * another namespace. */
    if (slot && slot->entry.processes == 0)
        slot->lost = true;
    if (find_or_add(list, &ident, mount->path, &slot))
        return -ENOMEM;
    if (slot->marked)
        return 0; /* the first of its mounts names it */
    slot->marked = true;
    if (slot->mount && strcmp(slot->mount, mount->path) == 0)
        return 0;
    char *copy = strdup(mount->path);
    if (!copy)
        return -ENOMEM;
    free(slot->mount);
    slot->mount = copy;
    slot->entry.is_mounted = true;
    give_name(list, slot);
    return 0;
}

static int take_mounts(struct netns_list *list)
{
    int error = netns_mounts_read(&list->mounts);

    if (error)
        return error == -ENOENT ? 0 : error;
    for (uint32_t i = 0; i < list->count; i++)
        list->slots[i]->marked = false;
    for (uint32_t i = 0; i < list->mounts.count && !error; i++)
        error = take_mount(list, &list->mounts.rows[i]);
    for (uint32_t i = 0; i < list->count && !error; i++) {
        struct netns_slot *slot = list->slots[i];
        if (slot->marked || !slot->mount)
            continue;
        free(slot->mount);
        slot->mount = NULL;
        slot->entry.is_mounted = false;
        give_name(list, slot);
    }
    return error;
}

/* --- anchors --- */

static int open_pidfd(struct netns_list *list, int32_t pid)
{
#ifdef SYS_pidfd_open
    if (list->pidfds < list->pidfds_most) {
        const int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd >= 0)
            list->pidfds++;
        return pidfd;
    }
#endif
    return -1;
}

static bool is_of_other_user(struct netns_list *list, int32_t pid)
{
    uint32_t ours, inode;

    privilege_raise(&list->reads);
    const bool known = netns_process_user_inode(&list->processes, getpid(), &ours) &&
                       netns_process_user_inode(&list->processes, pid, &inode);
    privilege_lower(&list->reads);
    return known && inode != ours;
}

/* The pidfd is opened before the process is examined, so that both are the same process. */
static bool anchor_to(struct netns_list *list, struct netns_slot *slot,
                      const struct netns_process *process)
{
    slot->pidfd = open_pidfd(list, process->pid);
    slot->entry.pid = process->pid;
    slot->entry.other_user = is_of_other_user(list, process->pid);
    if (netns_process_start(&list->processes, process->pid, &slot->entry.start_ticks,
                            &slot->entry.uid))
        return true;
    release_anchor(list, slot);
    return false;
}

/* The process with the lowest pid: mostly the oldest, and the first of a container. */
static void anchor_all(struct netns_list *list)
{
    struct netns_processes *processes = &list->processes;

    for (uint32_t i = 0; i < processes->count; i++) {
        struct netns_slot *slot = processes->rows[i].in;
        if (!slot || slot->entry.pid || !anchor_to(list, slot, &processes->rows[i]))
            continue;
        if (slot->entry.id == 0) {
            char path[PATH_MAX];
            path_of_process(list, slot->entry.pid, path, sizeof(path));
            learn(list, slot, path);
        }
        give_name(list, slot);
    }
}

/* Marks the namespace of the machine's process 1, if /proc shows it. */
static void mark_host(struct netns_list *list)
{
    const struct netns_process *first = netns_processes_find(&list->processes, 1);
    struct netns_slot *slot = first && list->sees_all ? first->in : NULL;

    if (!slot || slot->entry.netns.is_host)
        return;
    slot->entry.netns.is_host = true;
    list->sorted = false;
    give_name(list, slot);
}

/* True if an anchor exited; mountinfo is polled first. */
static bool poll_all(struct netns_list *list, bool *mounts_changed)
{
    nfds_t count = 0;
    bool exited = false;

    *mounts_changed = !list->mounts_read;
    if (GROW(list->polled, list->polled_capacity, list->pidfds + 1))
        return true;
    list->polled[count++] = (struct pollfd){.fd = list->mounts.file, .events = POLLPRI};
    for (uint32_t i = 0; i < list->count && count <= list->pidfds; i++)
        if (list->slots[i]->pidfd >= 0)
            list->polled[count++] = (struct pollfd){.fd = list->slots[i]->pidfd, .events = POLLIN};
    if (poll(list->polled, count, 0) <= 0)
        return false;
    *mounts_changed = *mounts_changed || list->polled[0].revents;
    for (nfds_t i = 1; i < count; i++)
        exited = exited || list->polled[i].revents;
    return exited;
}

/* Frees only slots without processes, so none points to them. */
static void sweep(struct netns_list *list)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        struct netns_slot *slot = list->slots[i];
        if (!slot->entry.is_own && slot->entry.processes == 0 && !slot->mount) {
            free_slot(list, slot);
            continue;
        }
        list->slots[kept++] = slot;
        if (slot->entry.id == 0)
            slot->entry.id = id_of(list, &slot->entry);
        if (slot->entry.reach != NETNS_REACH_ENTER)
            slot->entry.reach = slot->entry.pid ? NETNS_REACH_PROC : NETNS_REACH_NONE;
    }
    list->count = kept;
    for (uint32_t i = 0; i < kept; i++)
        list->slots[i]->entry.key = key_of(&list->slots[i]->entry);
}

/* --- the list --- */

static int add_own(struct netns_list *list)
{
    struct netns_slot *slot = NULL;
    char path[PATH_MAX];
    struct stat found;

    if (add_slot(list, &slot))
        return -ENOMEM;
    struct netns_entry *entry = &slot->entry;
    netns_own(&entry->netns);
    snprintf(path, sizeof(path), "%s/self/net/tcp", list->proc_root);
    entry->proc_inode = stat(path, &found) == 0 ? found.st_ino : 0;
    entry->is_own = true;
    entry->reach = NETNS_REACH_ENTER;
    entry->id = id_of(list, entry);
    entry->key = key_of(entry);
    give_name(list, slot);
    return 0;
}

static uint32_t descriptors_for_anchors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    const rlim_t most = limit.rlim_cur / PIDFDS_SHARE;
    return most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

int netns_list_open(struct netns_list **list, const char *proc_root)
{
    struct netns_list *made = calloc(1, sizeof(*made));
    struct proc_view view;
    int error = -ENOMEM;

    if (!made)
        return -ENOMEM;
    made->processes.root = made->mounts.file = made->door.home = -1;
    made->pidfds_most = descriptors_for_anchors();
    made->proc_root = strdup(proc_root);
    if (!made->proc_root)
        goto fail;
    error = netns_processes_open(&made->processes, proc_root);
    if (error)
        goto fail;
    proc_view_prove(&view);
    made->sees_all = made->processes.is_real && view.is_complete;
    netns_mounts_open(&made->mounts, proc_root);
    (void)netns_door_open(&made->door); /* without it no namespace is entered */
    netns_names_init(&made->names, made->proc_root);
    error = add_own(made);
    if (error)
        goto fail;
    *list = made;
    return 0;
fail:
    netns_list_close(made);
    return error;
}

void netns_list_close(struct netns_list *list)
{
    if (!list)
        return;
    for (uint32_t i = 0; i < list->count; i++)
        free_slot(list, list->slots[i]);
    free(list->slots);
    free(list->polled);
    netns_processes_close(&list->processes);
    netns_mounts_close(&list->mounts);
    netns_door_close(&list->door);
    free(list->proc_root);
    free(list);
}

int netns_list_refresh(struct netns_list *list, int64_t mono_ns)
{
    bool mounts_changed;
    const bool exited = poll_all(list, &mounts_changed);
    privilege_init(&list->reads); /* of this thread */
    int error = netns_processes_list(&list->processes, exited, mono_ns, on_ended, list);

    if (!error)
        error = look_at_due(list, mono_ns);
    if (!error && mounts_changed) {
        error = take_mounts(list);
        list->mounts_read = !error;
    }
    anchor_all(list);
    mark_host(list);
    sweep(list);
    sort_slots(list);
    return error;
}

void netns_list_hasten(struct netns_list *list)
{
    list->hasten = true;
}

uint32_t netns_list_count(const struct netns_list *list)
{
    return list->count;
}

const struct netns_entry *netns_list_at(const struct netns_list *list, uint32_t i)
{
    return &list->slots[i]->entry;
}

const struct netns_entry *netns_list_find(const struct netns_list *list, uint64_t id)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->slots[i]->entry.id == id)
            return &list->slots[i]->entry;
    return NULL;
}

const struct netns_entry *netns_list_find_inode(const struct netns_list *list, uint32_t inode)
{
    const struct netns_slot *slot = slot_of_inode(list, inode);
    return slot ? &slot->entry : NULL;
}

static const struct netns_entry *match_number(const struct netns_list *list, const char *word)
{
    char *end;
    const unsigned long long number = strtoull(word, &end, 10);

    if (*end || end == word || number > UINT32_MAX)
        return NULL;
    const struct netns_entry *entry = netns_list_find_inode(list, (uint32_t)number);
    if (entry || number > INT32_MAX)
        return entry;
    const struct netns_process *process = netns_processes_find(&list->processes, (int32_t)number);
    return process && process->in ? &process->in->entry : NULL;
}

const struct netns_entry *netns_list_match(const struct netns_list *list, const char *word)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct netns_entry *entry = &list->slots[i]->entry;
        if (entry->netns.is_host ? strcmp(word, "host") == 0 : strcmp(word, entry->name) == 0)
            return entry;
    }
    return match_number(list, word);
}

/* --- the way in --- */

static const struct netns_slot *slot_of(const struct netns_entry *entry)
{
    return (const struct netns_slot *)entry; /* its first member */
}

/* A file of nsfs for it; false: there is none. */
static bool way_in(const struct netns_list *list, const struct netns_entry *entry, char *path,
                   size_t size)
{
    if (entry->pid)
        path_of_process(list, entry->pid, path, size);
    else if (slot_of(entry)->mount)
        snprintf(path, size, "%s", slot_of(entry)->mount);
    else if (entry->is_own)
        snprintf(path, size, "%s/thread-self/ns/net", list->proc_root);
    else
        return false;
    return true;
}

int netns_list_socket(struct netns_list *list, const struct netns_entry *entry, int protocol,
                      int flags)
{
    char path[PATH_MAX];

    if (!way_in(list, entry, path, sizeof(path)))
        return -ESRCH;
    const int made = netns_door_socket(&list->door, path, entry->netns.cookie, protocol, flags);
    if (made == -ESRCH)
        list->hasten = true; /* its anchor has moved */
    return made;
}

int netns_list_enter(struct netns_list *list, const struct netns_entry *entry)
{
    char path[PATH_MAX];

    if (!way_in(list, entry, path, sizeof(path)))
        return -ESRCH;
    return netns_door_enter(&list->door, path, entry->netns.inode);
}

int netns_list_leave(struct netns_list *list)
{
    return netns_door_leave(&list->door);
}

int netns_list_proc(struct netns_list *list, const struct netns_entry *entry, char *path,
                    size_t size)
{
    uint64_t proc_inode = 0;

    if (entry->is_own) {
        snprintf(path, size, "%s/self", list->proc_root);
        return 0;
    }
    if (!entry->pid || !netns_process_proc_inode(&list->processes, entry->pid, &proc_inode) ||
        (entry->proc_inode && proc_inode != entry->proc_inode))
        return -ESRCH;
    snprintf(path, size, "%s/%d", list->proc_root, (int)entry->pid);
    return 0;
}
