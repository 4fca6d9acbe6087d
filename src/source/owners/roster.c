/* owners_roster: which processes there are, each in a slot that stays the same while anything names
 * it. Must not know sockets, but for giving up what a process held when it is gone. */
#include "source/owners/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT_CHECKS  128u /* processes a frame whose count of descriptors is asked for, */
#define COUNT_REFRESH 8u   /* and where a walk sees who gained or lost some, as a mere fact */

uint32_t owners_roster_from(const struct owners *owners, int32_t pid)
{
    uint32_t low = 0;
    uint32_t high = owners->roster_count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (owners->roster[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t owners_roster_slot(const struct owners *owners, int32_t pid)
{
    const uint32_t at = owners_roster_from(owners, pid);
    if (at == owners->roster_count || owners->roster[at].pid != pid)
        return NO_INDEX;
    return owners->roster[at].slot;
}

static void forget_texts(struct owner_slot *slot)
{
    free(slot->exe);
    free(slot->command_line);
    slot->exe = slot->command_line = NULL;
    slot->user_read = slot->executable_read = slot->cmdline_read = slot->group_read =
        slot->has_sample = false;
}

void owners_slot_release(struct owners *owners, uint32_t index)
{
    struct owner_slot *slot = &owners->slots[index];

    for (uint32_t i = 0; i < slot->fd_count; i++) {
        const uint32_t entry = owners_find_inode(owners, slot->fds[i].inode);
        if (entry != NO_INDEX)
            owners_remove_holder(owners, entry, index);
    }
    for (uint32_t i = 0; i < slot->task_inode_count; i++) {
        const uint32_t entry = owners_find_inode(owners, slot->task_inodes[i]);
        if (entry != NO_INDEX)
            owners_remove_holder(owners, entry, index);
    }
    free(slot->fds);
    free(slot->task_inodes);
    slot->fds = NULL;
    slot->task_inodes = NULL;
    slot->fd_count = slot->fd_capacity = slot->task_inode_count = 0;
}

void owners_slot_gone(struct owners *owners, uint32_t index)
{
    struct owner_slot *slot = &owners->slots[index];

    if (slot->gone)
        return;
    owners_slot_release(owners, index);
    if (!slot->visited)
        owners->fresh--;
    slot->visited = true;
    slot->gone = true;
}

static void free_slot(struct owner_slot *slot)
{
    forget_texts(slot);
    free(slot->fds);
    free(slot->task_inodes);
    memset(slot, 0, sizeof *slot);
}

/* Slots of processes that are gone and that no row names any more are free again. */
void owners_slots_collect(struct owners *owners)
{
    for (uint32_t i = 0; i < owners->slot_count; i++) {
        struct owner_slot *slot = &owners->slots[i];
        if (slot->used && slot->gone && slot->references == 0)
            free_slot(slot);
    }
}

static int new_slot(struct owners *owners, int32_t pid, uint32_t *search_from, uint32_t *index)
{
    uint32_t at = *search_from;

    while (at < owners->slot_count && owners->slots[at].used)
        at++;
    if (at == owners->slot_count) {
        const int error = owners_reserve((void **)&owners->slots, &owners->slot_capacity,
                                         owners->slot_count + 1, sizeof *owners->slots);
        if (error)
            return error;
        owners->slot_count++;
    }
    owners->slots[at] = (struct owner_slot){
        .pid = pid, .used = true, .uid = UINT32_MAX, .group = NO_INDEX, .cpu_permille = UINT32_MAX};
    owners->fresh++;
    *search_from = at + 1;
    *index = at;
    return 0;
}

static int compare_numbers(const void *a, const void *b)
{
    const uint32_t first = *(const uint32_t *)a;
    const uint32_t second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

/* The sorted numbers of all processes, to be freed. 0 or -errno. */
static int count_roster(struct owners *owners, uint32_t **numbers, uint32_t *count)
{
    const int directory = openat(owners->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint32_t capacity = owners->roster_count + owners->roster_count / 4 + 256;
    uint32_t *made = NULL;
    uint32_t used = 0;
    int error = directory < 0 ? -errno : 0;

    while (!error) { /* again with more room, until all fits */
        free(made);
        made = malloc(capacity * sizeof *made);
        if (!made || lseek(directory, 0, SEEK_SET) < 0) {
            error = made ? -errno : -ENOMEM;
            break;
        }
        used = owners_list_numbers(owners, directory, capacity, made);
        if (used < capacity)
            break;
        capacity *= 2;
    }
    if (directory >= 0)
        close(directory);
    if (error) {
        free(made);
        return error;
    }
    qsort(made, used, sizeof *made, compare_numbers);
    *numbers = made;
    *count = used;
    return 0;
}

/* The sorted numbers become the roster; who is not among them is gone. */
static int merge_roster(struct owners *owners, const uint32_t *numbers, uint32_t count)
{
    uint32_t old = 0;
    uint32_t free_from = 0;
    int error = owners_reserve((void **)&owners->roster_scratch, &owners->roster_scratch_capacity,
                               count, sizeof *owners->roster_scratch);

    for (uint32_t i = 0; i < count && !error; i++) {
        const int32_t pid = (int32_t)numbers[i];
        while (old < owners->roster_count && owners->roster[old].pid < pid)
            owners_slot_gone(owners, owners->roster[old++].slot);
        uint32_t slot = NO_INDEX;
        if (old < owners->roster_count && owners->roster[old].pid == pid)
            slot = owners->roster[old++].slot;
        if (slot == NO_INDEX || owners->slots[slot].gone)
            error = new_slot(owners, pid, &free_from, &slot);
        owners->roster_scratch[i] = (struct roster_entry){pid, slot};
    }
    if (error) { /* begins anew: all slots are given up */
        for (uint32_t i = 0; i < owners->slot_count; i++) {
            if (owners->slots[i].used)
                owners_slot_gone(owners, i);
        }
        owners->roster_count = 0;
        return error;
    }
    while (old < owners->roster_count)
        owners_slot_gone(owners, owners->roster[old++].slot);
    struct roster_entry *filled = owners->roster_scratch;
    const uint32_t capacity = owners->roster_scratch_capacity;
    owners->roster_scratch = owners->roster;
    owners->roster_scratch_capacity = owners->roster_capacity;
    owners->roster = filled;
    owners->roster_capacity = capacity;
    owners->roster_count = count;
    return 0;
}

/* The last number given to a process or thread, field 5 of loadavg; 0 where it is not told. */
static uint32_t read_last_pid(const struct owners *owners)
{
    char text[128];
    size_t length;

    if (!owners->real_proc || owners_read_file(owners->proc, "loadavg", text, sizeof text, &length))
        return 0;
    const char *space = strrchr(text, ' ');
    return space ? (uint32_t)strtoul(space, NULL, 10) : 0;
}

int owners_roster_read(struct owners *owners, bool always)
{
    const uint32_t last_pid = read_last_pid(owners);

    if (!always && last_pid && last_pid == owners->last_pid && owners->roster_count)
        return 0; /* nobody was born; deaths are noticed by owners_check_alive */
    uint32_t *numbers;
    uint32_t count;
    int error = count_roster(owners, &numbers, &count);
    if (error)
        return error;
    error = merge_roster(owners, numbers, count);
    free(numbers);
    if (!error)
        owners->last_pid = last_pid;
    /* In every pid namespace there is a 1: not to see it means hidepid (proc(5)). */
    owners->hidepid = count == 0 || owners_roster_slot(owners, 1) == NO_INDEX;
    return error;
}

static void check_alive(struct owners *owners, uint32_t index)
{
    struct owner_slot *slot = &owners->slots[index];
    char name[16];
    struct stat directory;

    snprintf(name, sizeof name, "%d", slot->pid);
    if (fstatat(owners->proc, name, &directory, 0) != 0) {
        if (errno == ENOENT || errno == ESRCH)
            owners_slot_gone(owners, index);
        return;
    }
    /* Another inode: the kernel dropped the old one, or the number has another process. A visit
     * reads the start time and tells. */
    if (slot->identified && directory.st_ino != slot->directory_inode && slot->visited) {
        slot->visited = false;
        slot->resume = 0;
        owners->fresh++;
    }
}

/* Who gained or lost descriptors is visited before its turn, unless walks do that. */
static void check_count(struct owners *owners, uint32_t index)
{
    struct owner_slot *slot = &owners->slots[index];
    char name[24];
    struct stat directory;

    snprintf(name, sizeof name, "%d/fd", slot->pid);
    if (slot->denied || slot->kernel_thread || !slot->visited ||
        fstatat(owners->proc, name, &directory, 0) != 0)
        return;
    if ((uint32_t)directory.st_size == slot->files)
        return;
    slot->files = (uint32_t)directory.st_size;
    if (owners_has_walk(owners))
        return;
    slot->visited = false;
    slot->resume = 0;
    owners->fresh++;
}

void owners_check_alive(struct owners *owners)
{
    uint32_t checked = 0;

    for (uint32_t n = 0; n < owners->slot_count && checked < OWNERS_ALIVE_CHECKS; n++) {
        owners->alive_cursor = (owners->alive_cursor + 1) % owners->slot_count;
        const struct owner_slot *slot = &owners->slots[owners->alive_cursor];
        if (!slot->used || slot->gone || slot->references == 0)
            continue;
        check_alive(owners, owners->alive_cursor);
        checked++;
    }
    const uint32_t counts = owners_has_walk(owners) ? COUNT_REFRESH : COUNT_CHECKS;
    for (uint32_t n = 0; owners->counts_files && n < owners->slot_count && n < counts; n++) {
        owners->count_cursor = (owners->count_cursor + 1) % owners->slot_count;
        const struct owner_slot *slot = &owners->slots[owners->count_cursor];
        if (slot->used && !slot->gone)
            check_count(owners, owners->count_cursor);
    }
}

void owners_roster_done(struct owners *owners)
{
    for (uint32_t i = 0; i < owners->slot_count; i++)
        free_slot(&owners->slots[i]);
    free(owners->slots);
    free(owners->slot_proc);
    free(owners->roster);
    free(owners->roster_scratch);
}
