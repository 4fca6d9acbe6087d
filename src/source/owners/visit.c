/* owners_visit: reads one process: who it is, and which sockets its descriptors are. Everything is
 * opened below one descriptor of /proc/PID, so that a number given to another process in between
 * is never mixed up. Must not know whom to visit when. */
#include "base/clock.h"
#include "source/owners/private.h"

#include "core/proc_stat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LISTING_SIZE   8192u
#define CLOCK_EVERY    32u /* links between two looks at the clock */
#define STAT_TEXT_SIZE 1024u

struct linux_dirent64 { /* getdents64(2) */
    uint64_t d_ino;
    int64_t d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[];
};

int owners_read_file(int directory, const char *name, char *text, size_t size, size_t *length)
{
    const int file = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    size_t used = 0;
    int error = 0;

    if (file < 0)
        return -errno;
    while (used + 1 < size) {
        const ssize_t got = read(file, text + used, size - 1 - used);
        if (got < 0)
            error = -errno;
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    close(file);
    if (error)
        return error;
    text[used] = '\0';
    *length = used;
    return 0;
}

static bool parse_number(const char *text, uint32_t *number)
{
    uint64_t value = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || value > UINT32_MAX / 10)
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *number = (uint32_t)value;
    return value < NO_INDEX;
}

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

static char *listing_buffer(struct owners *owners)
{
    if (!owners->listing)
        owners->listing = malloc(LISTING_SIZE);
    return owners->listing;
}

/* malloc aligns the listing, the kernel each entry in it (to 8 bytes, fs/readdir.c). */
static const struct linux_dirent64 *entry_at(const char *listing, long at)
{
    return (const void *)(listing + at);
}

uint32_t owners_list_numbers(struct owners *owners, int directory, uint32_t at_most,
                             uint32_t *numbers)
{
    char *listing = listing_buffer(owners);
    uint32_t count = 0;

    while (listing) {
        const long got = syscall(SYS_getdents64, directory, listing, LISTING_SIZE);
        if (got <= 0)
            break;
        for (long at = 0; at < got;) {
            const struct linux_dirent64 *entry = entry_at(listing, at);
            uint32_t number;
            at += entry->d_reclen;
            if (!parse_number(entry->d_name, &number))
                continue;
            if (count == at_most)
                return count;
            numbers[count++] = number;
        }
    }
    return count;
}

int owners_open_process(const struct owners *owners, const struct owner_slot *slot)
{
    char name[16];
    snprintf(name, sizeof name, "%d", slot->pid);
    const int directory = openat(owners->proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return directory < 0 ? -errno : directory;
}

/* Who the process is now; another start means another process in an old number. */
int owners_identify(struct owners *owners, uint32_t index, int directory, const struct stat *about)
{
    struct owner_slot *slot = &owners->slots[index];
    char text[STAT_TEXT_SIZE];
    size_t length = 0;
    struct proc_stat stat;
    int error = owners_read_file(directory, "stat", text, sizeof text, &length);

    if (error)
        return error == -ENOENT ? -ESRCH : error;
    error = proc_stat_parse(text, length, &stat);
    if (error)
        return error;
    if (slot->identified && slot->start_ticks != stat.start_ticks)
        return -ESRCH;
    slot->start_ticks = stat.start_ticks;
    slot->parent = stat.parent;
    slot->threads = stat.threads;
    slot->zombie = stat.state == 'Z';
    slot->kernel_thread = stat.kernel_thread;
    if (strcmp(stat.name, slot->comm) != 0) { /* it has become another program */
        memcpy(slot->comm, stat.name, sizeof slot->comm);
        slot->executable_read = slot->cmdline_read = false;
    }
    slot->user_read = false; /* setuid changes it without any other sign */
    slot->directory_inode = about->st_ino;
    slot->identified = true;
    slot->identified_in = owners->stamp;
    return 0;
}

static bool is_denied(int error)
{
    return error == -EACCES || error == -EPERM;
}

/* Writes the inode of "socket:[N]"; 0 for any other descriptor, or one closed meanwhile. -EACCES:
 * the directory may be read, the links in it may not. */
static int read_socket(struct owners *owners, int directory, const char *name, uint32_t *found)
{
    static const char prefix[] = "socket:[";
    char link[40];
    uint32_t inode = 0;
    const ssize_t length = readlinkat(directory, name, link, sizeof link - 1);

    owners->figures.links++;
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

static uint32_t fds_from(const struct known_fd *fds, uint32_t count, uint32_t fd)
{
    uint32_t low = 0;

    while (low < count) {
        const uint32_t middle = low + (count - low) / 2;
        if (fds[middle].fd < fd)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

int owners_note_found(struct owners *owners, uint32_t fd, uint32_t inode)
{
    const int error = owners_reserve((void **)&owners->found, &owners->found_capacity,
                                     owners->found_count + 1, sizeof *owners->found);
    if (!error)
        owners->found[owners->found_count++] = (struct known_fd){fd, inode};
    return error;
}

/* One descriptor. What is known of it stands in a shallow visit while its socket is in the frame:
 * a closed socket leaves the frame, or its inode is not found by the end and all are read. */
static int look_at(struct owners *owners, uint32_t index, int directory, uint32_t fd, bool deep)
{
    struct owner_slot *slot = &owners->slots[index];
    const uint32_t at = fds_from(slot->fds, slot->fd_count, fd);
    char name[11];

    if (!deep && at < slot->fd_count && slot->fds[at].fd == fd &&
        owners_find_inode(owners, slot->fds[at].inode) != NO_INDEX) {
        slot->kept = true;
        return owners_note_found(owners, fd, slot->fds[at].inode);
    }
    format_number(name, fd);
    uint32_t inode;
    int error = read_socket(owners, directory, name, &inode);
    const uint32_t entry = inode ? owners_find_inode(owners, inode) : NO_INDEX;
    if (error || entry == NO_INDEX)
        return error;
    error = owners_add_holder(owners, entry, index);
    return error ? error : owners_note_found(owners, fd, inode);
}

int owners_list_descriptors(struct owners *owners, uint32_t index, int directory, bool deep,
                            uint32_t *from, int64_t deadline_ns)
{
    char *listing = listing_buffer(owners);
    uint32_t since_clock = 0;

    /* f_pos of a fd directory is the descriptor + 2 (fs/proc/fd.c, Linux 6.18) */
    if (!listing || (*from && lseek(directory, (off_t)*from + 2, SEEK_SET) < 0))
        return listing ? -errno : -ENOMEM;
    for (;;) {
        const long got = syscall(SYS_getdents64, directory, listing, LISTING_SIZE);
        if (got == 0 || (got < 0 && (errno == ENOENT || errno == ESRCH)))
            return 0;
        if (got < 0)
            return -errno;
        for (long at = 0; at < got;) {
            const struct linux_dirent64 *entry = entry_at(listing, at);
            uint32_t fd;
            at += entry->d_reclen;
            if (!parse_number(entry->d_name, &fd))
                continue;
            const int error = look_at(owners, index, directory, fd, deep);
            if (error)
                return error;
            if (++since_clock % CLOCK_EVERY == 0 && owners->real_proc &&
                clock_ns(CLOCK_THREAD_CPUTIME_ID) > deadline_ns) {
                *from = fd + 1;
                return 1;
            }
        }
    }
}

static int compare_fds(const void *a, const void *b)
{
    const uint32_t first = ((const struct known_fd *)a)->fd;
    const uint32_t second = ((const struct known_fd *)b)->fd;
    return (first > second) - (first < second);
}

bool owners_slot_has(const struct owner_slot *slot, uint32_t inode)
{
    for (uint32_t i = 0; i < slot->fd_count; i++) {
        if (slot->fds[i].inode == inode)
            return true;
    }
    for (uint32_t i = 0; i < slot->task_inode_count; i++) {
        if (slot->task_inodes[i] == inode)
            return true;
    }
    return false;
}

/* Puts what was found in place of fds[first..last); what was there before goes to owners.found. */
static int replace_range(struct owners *owners, struct owner_slot *slot, uint32_t first,
                         uint32_t last)
{
    const uint32_t removed = last - first;
    const uint32_t added = owners->found_count;
    const uint32_t tail = slot->fd_count - last;
    int error = owners_reserve((void **)&owners->found, &owners->found_capacity, added + removed,
                               sizeof *owners->found);

    if (!error)
        error = owners_reserve((void **)&slot->fds, &slot->fd_capacity,
                               slot->fd_count - removed + added, sizeof *slot->fds);
    if (error)
        return error;
    struct known_fd *fds = slot->fds;
    if (removed)
        memcpy(owners->found + added, fds + first, removed * sizeof *fds);
    if (tail)
        memmove(fds + first + added, fds + last, tail * sizeof *fds);
    if (added)
        memcpy(fds + first, owners->found, added * sizeof *fds);
    slot->fd_count = slot->fd_count - removed + added;
    return 0;
}

/* Sockets that it lost lose it. */
int owners_take_found(struct owners *owners, uint32_t index, uint32_t from, uint32_t end)
{
    struct owner_slot *slot = &owners->slots[index];
    const uint32_t first = fds_from(slot->fds, slot->fd_count, from);
    const uint32_t last = fds_from(slot->fds, slot->fd_count, end);
    const uint32_t added = owners->found_count;

    if (added > 1 && !owners->real_proc) /* the kernel lists them in order */
        qsort(owners->found, added, sizeof *owners->found, compare_fds);
    const int error = replace_range(owners, slot, first, last);
    if (error || first == last)
        return error;
    const struct known_fd *present = owners->found;
    for (const struct known_fd *old = present + added; old < present + added + (last - first);
         old++) {
        const uint32_t at = fds_from(present, added, old->fd);
        if (at < added && present[at].fd == old->fd && present[at].inode == old->inode)
            continue;
        const uint32_t entry = owners_find_inode(owners, old->inode);
        if (entry != NO_INDEX && !owners_slot_has(slot, old->inode))
            owners_remove_holder(owners, entry, index);
    }
    return 0;
}

int owners_open_directory(int directory, const char *name)
{
    const int opened = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return opened < 0 ? -errno : opened;
}

int owners_is_ended(int directory, const char *name)
{
    char text[STAT_TEXT_SIZE];
    struct proc_stat stat;
    size_t length = 0;
    const int error = owners_read_file(directory, name, text, sizeof text, &length);

    if (error == -ENOENT || error == -ESRCH)
        return -ESRCH;
    return !error && !proc_stat_parse(text, length, &stat) && stat.ending;
}

static int deny(struct owners *owners, uint32_t index)
{
    owners->slots[index].denied = true;
    owners->denied_any = true;
    owners_slot_release(owners, index);
    return 0;
}

static int deny_unless_ended(struct owners *owners, uint32_t index, int directory)
{
    const int ended = owners_is_ended(directory, "stat");

    if (ended < 0)
        return ended;
    if (!ended)
        return deny(owners, index);
    owners_slot_release(owners, index);
    return 0;
}

/* The descriptors of the process itself. */
static int visit_descriptors(struct owners *owners, uint32_t index, int directory, bool deep,
                             uint32_t *from, int64_t deadline_ns)
{
    struct owner_slot *slot = &owners->slots[index];
    const uint32_t began = *from;
    struct stat about;
    const int descriptors = owners_open_directory(directory, "fd");

    slot->denied = false;
    if (is_denied(descriptors))
        return deny_unless_ended(owners, index, directory);
    if (descriptors < 0)
        return descriptors == -ENOENT ? -ESRCH : descriptors;
    if (began == 0 && fstat(descriptors, &about) == 0)
        slot->files = (uint32_t)about.st_size;
    if (began == 0) {
        slot->begun_epoch = owners->epoch;
        slot->kept = false;
    }
    owners->found_count = 0;
    owners->figures.visits += began == 0;
    const int result = owners_list_descriptors(owners, index, descriptors, deep, from, deadline_ns);
    close(descriptors);
    if (is_denied(result))
        return deny_unless_ended(owners, index, directory);
    if (result < 0)
        return result;
    const int error = owners_take_found(owners, index, began, result ? *from : NO_INDEX);
    if (error || result)
        return error ? error : result;
    slot->read_epoch = slot->begun_epoch;
    if (!slot->kept)
        slot->deep_epoch = slot->begun_epoch;
    return 0;
}

static bool has_tasks_to_read(const struct owner_slot *slot, enum scan_stage stage)
{
    if (slot->denied || slot->kernel_thread)
        return false;
    if (stage == SCAN_DEEP)
        return slot->task_inode_count > 0;
    return stage == SCAN_TASKS && (slot->threads > 1 || slot->zombie);
}

static int visit_open(struct owners *owners, uint32_t index, enum scan_stage stage, uint32_t *from,
                      int64_t deadline_ns, int directory)
{
    struct owner_slot *slot = &owners->slots[index];
    struct stat about;
    int result = 0;

    if (fstat(directory, &about) != 0)
        return -ESRCH;
    if (!slot->identified || about.st_ino != slot->directory_inode ||
        (stage != SCAN_SHALLOW && *from == 0))
        result = owners_identify(owners, index, directory, &about);
    if (result)
        return result;
    if (slot->kernel_thread)
        return 0;
    if (stage != SCAN_TASKS)
        result = visit_descriptors(owners, index, directory, stage == SCAN_DEEP, from, deadline_ns);
    if (result == 0 && has_tasks_to_read(slot, stage))
        result = owners_visit_tasks(owners, index, directory);
    return result;
}

int owners_visit(struct owners *owners, uint32_t index, enum scan_stage stage, uint32_t *from,
                 int64_t deadline_ns)
{
    const int directory = owners_open_process(owners, &owners->slots[index]);
    if (directory == -ENOENT || directory == -ESRCH)
        return -ESRCH;
    if (is_denied(directory)) /* hidepid=1 */
        return deny(owners, index);
    if (directory < 0)
        return directory;
    const int result = visit_open(owners, index, stage, from, deadline_ns, directory);
    close(directory);
    if (result == -ENOENT)
        return -ESRCH;
    if (result < 0 && result != -ESRCH && result != -ENOMEM && result != -EMFILE &&
        result != -ENFILE)
        return deny(owners, index); /* something odd about this one process stops no scan */
    return result;
}
