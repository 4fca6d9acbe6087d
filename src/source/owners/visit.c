/* visit: see visit.h. */
#include "source/owners/visit.h"

#include "base/clock.h"
#include "base/sort.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_EVERY 32u /* links between two looks at the clock */

static void format_number(char out[11], uint32_t number)
{
    char digits[10];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    for (size_t i = 0; i < count; i++)
        out[i] = digits[count - 1 - i];
    out[count] = '\0';
}

static bool is_denied(int error)
{
    return error == -EACCES || error == -EPERM;
}

/* Writes the inode of "socket:[N]"; 0 for any other descriptor, or one closed meanwhile. -EACCES:
 * the directory may be read, the links in it may not. */
static int read_socket(struct visitor *visitor, int directory, const char *name, uint32_t *found)
{
    static const char prefix[] = "socket:[";
    char link[40];
    uint32_t inode = 0;
    const ssize_t length = readlinkat(directory, name, link, sizeof link - 1);

    visitor->links++;
    *found = 0;
    if (length < 0)
        return is_denied(-errno) ? -EACCES : 0;
    if (length <= (ssize_t)sizeof prefix || memcmp(link, prefix, sizeof prefix - 1) != 0)
        return 0;
    for (const char *c = link + sizeof prefix - 1; c < link + length && *c >= '0' && *c <= '9'; c++)
        inode = inode * 10 + (uint32_t)(*c - '0');
    *found = inode;
    return 0;
}

/* Reads one descriptor. A shallow visit assumes it unchanged while its socket is in the frame: a
 * closed socket leaves the frame; or an inode is not found, and then all are read. */
static int look_at(struct visitor *visitor, uint32_t index, int directory, uint32_t fd, bool deep)
{
    struct owner_table *table = visitor->roster->table;
    struct roster_slot *slot = &visitor->roster->slots[index];
    const struct holdings *holdings = &slot->holdings;
    const uint32_t at = holdings_from(holdings, fd);
    char name[11];

    if (!deep && at < holdings->fd_count && holdings->fds[at].fd == fd &&
        owner_table_find(table, holdings->fds[at].inode) != OWNER_NO_INDEX) {
        slot->kept = true;
        return found_fds_add(&visitor->found, fd, holdings->fds[at].inode);
    }
    format_number(name, fd);
    uint32_t inode;
    int error = read_socket(visitor, directory, name, &inode);
    const uint32_t entry = inode ? owner_table_find(table, inode) : OWNER_NO_INDEX;
    if (error || entry == OWNER_NO_INDEX)
        return error;
    error = owner_table_add_holder(table, entry, index);
    return error ? error : found_fds_add(&visitor->found, fd, inode);
}

/* The state of listing a fd directory. */
struct listing {
    struct visitor *visitor;
    uint32_t slot;
    int directory;
    bool deep;
    uint32_t since_clock, next; /* next: descriptor after the last one read */
    int64_t deadline_ns;
};

static int look_at_listed(void *context, uint32_t fd)
{
    struct listing *listing = context;
    const int error =
        look_at(listing->visitor, listing->slot, listing->directory, fd, listing->deep);

    if (error)
        return error;
    listing->next = fd + 1;
    return ++listing->since_clock % CLOCK_EVERY == 0 && listing->visitor->roster->files->is_real &&
           clock_ns(CLOCK_THREAD_CPUTIME_ID) > listing->deadline_ns;
}

int visit_descriptors(struct visitor *visitor, uint32_t index, int directory, bool deep,
                      uint32_t *from, int64_t deadline_ns)
{
    struct listing listing = {.visitor = visitor,
                              .slot = index,
                              .directory = directory,
                              .deep = deep,
                              .deadline_ns = deadline_ns};

    /* f_pos of a fd directory is the descriptor + 2 (fs/proc/fd.c, Linux 6.18) */
    if (*from && lseek(directory, (off_t)*from + 2, SEEK_SET) < 0)
        return -errno;
    const int result =
        proc_files_each_number(visitor->roster->files, directory, look_at_listed, &listing);
    if (result == 1)
        *from = listing.next;
    return result;
}

static int compare_fds(const void *a, const void *b)
{
    const uint32_t first = ((const struct known_fd *)a)->fd;
    const uint32_t second = ((const struct known_fd *)b)->fd;
    return (first > second) - (first < second);
}

static int deny(struct visitor *visitor, uint32_t index)
{
    visitor->roster->slots[index].denied = true;
    visitor->roster->slots[index].readable = false;
    visitor->roster->denied_any = true;
    roster_release(visitor->roster, index);
    return 0;
}

static int deny_unless_ended(struct visitor *visitor, uint32_t index, int directory)
{
    const int ended = proc_is_ended(directory, "stat");

    if (ended < 0)
        return ended;
    if (!ended)
        return deny(visitor, index);
    roster_release(visitor->roster, index);
    return 0;
}

static int take_found(struct visitor *visitor, uint32_t index, uint32_t from, uint32_t end)
{
    struct roster *roster = visitor->roster;
    struct found_fds *found = &visitor->found;

    if (!roster->files->is_real) /* the kernel lists them in order */
        sort_items(found->items, found->count, sizeof *found->items, compare_fds);
    return holdings_take(&roster->slots[index].holdings, roster->table, index, found, from, end);
}

/* The descriptors of the process itself. */
static int visit_own_table(struct visitor *visitor, uint32_t index, int directory, bool deep,
                           uint32_t *from, int64_t deadline_ns)
{
    struct roster_slot *slot = &visitor->roster->slots[index];
    const uint32_t began = *from;
    struct stat about;
    const int descriptors = proc_open_directory(directory, "fd");

    slot->denied = false;
    if (is_denied(descriptors))
        return deny_unless_ended(visitor, index, directory);
    if (descriptors < 0)
        return descriptors == -ENOENT ? -ESRCH : descriptors;
    if (began == 0 && fstat(descriptors, &about) == 0)
        slot->files = (uint32_t)about.st_size;
    if (began == 0) {
        slot->begun_epoch = visitor->roster->table->epoch;
        slot->kept = false;
    }
    visitor->found.count = 0;
    visitor->visits += began == 0;
    const int result = visit_descriptors(visitor, index, descriptors, deep, from, deadline_ns);
    close(descriptors);
    if (is_denied(result))
        return deny_unless_ended(visitor, index, directory);
    if (result < 0)
        return result;
    const int error = take_found(visitor, index, began, result ? *from : UINT32_MAX);
    if (error || result)
        return error ? error : result;
    slot->readable = true;
    slot->read_epoch = slot->begun_epoch;
    if (!slot->kept)
        slot->deep_epoch = slot->begun_epoch;
    return 0;
}

static bool has_tasks_to_read(const struct roster_slot *slot, enum visit_depth depth)
{
    if (slot->denied || slot->kernel_thread)
        return false;
    if (depth == VISIT_DEEP)
        return slot->holdings.task_inode_count > 0;
    return depth == VISIT_TASKS && (slot->threads > 1 || slot->zombie);
}

static int visit_open(struct visitor *visitor, uint32_t index, enum visit_depth depth,
                      uint32_t *from, int64_t deadline_ns, int directory)
{
    struct roster_slot *slot = &visitor->roster->slots[index];
    struct stat about;
    int result = 0;

    if (fstat(directory, &about) != 0)
        return -ESRCH;
    if (!slot->identified || about.st_ino != slot->directory_inode ||
        (depth != VISIT_SHALLOW && *from == 0))
        result = roster_identify(visitor->roster, index, directory, &about);
    if (result)
        return result;
    if (slot->kernel_thread)
        return 0;
    if (depth != VISIT_TASKS)
        result = visit_own_table(visitor, index, directory, depth == VISIT_DEEP, from, deadline_ns);
    if (result == 0 && has_tasks_to_read(slot, depth))
        result = visit_tasks(visitor, index, directory);
    return result;
}

/* 0: /proc shows its descriptors; -EACCES: it refuses them; other -errno: neither is known, as it ends
 * or no descriptor is left here. */
static int try_descriptors(const struct roster *roster, int32_t pid)
{
    const int directory = proc_files_open_process(roster->files, pid);
    const int descriptors = directory >= 0 ? proc_open_directory(directory, "fd") : directory;
    int result = descriptors < 0 ? descriptors : 0;
    char link[64];

    /* The same rights are needed for the list of descriptors, and for what each is as for ns/net. */
    if (result == 0 && readlinkat(directory, "ns/net", link, sizeof link) < 0 && is_denied(-errno))
        result = -EACCES;
    if (is_denied(result))
        result = directory >= 0 && proc_is_ended(directory, "stat") != 0 ? -ESRCH : -EACCES;
    if (descriptors >= 0)
        close(descriptors);
    if (directory >= 0)
        close(directory);
    return result;
}

/* One that was refused is tried again: a program may be so only while it starts. */
bool visit_is_denied_any(struct roster *roster, uint32_t walk)
{
    for (uint32_t i = 0; i < roster->count; i++) {
        struct roster_slot *slot = &roster->slots[roster->entries[i].slot];
        if (slot->gone || slot->kernel_thread || slot->readable || slot->walked == walk)
            continue;
        const int result = try_descriptors(roster, slot->pid);
        slot->readable = result == 0;
        slot->denied = result == -EACCES || (slot->denied && result != 0);
        if (slot->denied)
            return true;
    }
    return false;
}

int visit_process(struct visitor *visitor, uint32_t index, enum visit_depth depth, uint32_t *from,
                  int64_t deadline_ns)
{
    const int directory =
        proc_files_open_process(visitor->roster->files, visitor->roster->slots[index].pid);
    if (directory == -ENOENT || directory == -ESRCH)
        return -ESRCH;
    if (is_denied(directory)) /* hidepid=1 */
        return deny(visitor, index);
    if (directory < 0)
        return directory;
    const int result = visit_open(visitor, index, depth, from, deadline_ns, directory);
    close(directory);
    if (result == -ENOENT)
        return -ESRCH;
    if (result < 0 && result != -ESRCH && result != -ENOMEM && result != -EMFILE &&
        result != -ENFILE)
        return deny(visitor, index); /* an error with one process must not stop the scan */
    return result;
}
