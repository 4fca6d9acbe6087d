/* roster: see roster.h. */
#include "source/owners/roster.h"

#include "base/grow.h"
#include "base/read_file.h"
#include "base/sort.h"
#include "core/proc_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALIVE_CHECKS  256u /* holders checked per frame */
#define COUNT_CHECKS  128u /* processes per frame whose count of descriptors is read, */
#define COUNT_REFRESH 8u   /* and if walks find changes, only to show the count */

uint32_t roster_from(const struct roster *roster, int32_t pid)
{
    uint32_t low = 0;
    uint32_t high = roster->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (roster->entries[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t roster_find(const struct roster *roster, int32_t pid)
{
    const uint32_t at = roster_from(roster, pid);
    if (at == roster->count || roster->entries[at].pid != pid)
        return OWNER_NO_INDEX;
    return roster->entries[at].slot;
}

static void forget_texts(struct roster_slot *slot)
{
    free(slot->exe);
    free(slot->command_line);
    free(slot->title);
    free(slot->serves);
    slot->exe = slot->command_line = slot->title = slot->serves = NULL;
    slot->serves_read = slot->user_read = slot->executable_read = slot->cmdline_read =
        slot->group_read = slot->has_sample = false;
}

void roster_release(struct roster *roster, uint32_t index)
{
    holdings_release(&roster->slots[index].holdings, roster->table, index);
}

void roster_mark_gone(struct roster *roster, uint32_t index)
{
    struct roster_slot *slot = &roster->slots[index];

    if (slot->gone)
        return;
    roster_release(roster, index);
    roster_mark_visited(roster, index);
    slot->gone = true;
}

static void free_slot(struct roster_slot *slot)
{
    forget_texts(slot);
    holdings_done(&slot->holdings);
    memset(slot, 0, sizeof *slot);
}

void roster_collect(struct roster *roster)
{
    for (uint32_t i = 0; i < roster->slot_count; i++) {
        struct roster_slot *slot = &roster->slots[i];
        if (slot->used && slot->gone && owner_table_references(roster->table, i) == 0)
            free_slot(slot);
    }
}

static int new_slot(struct roster *roster, int32_t pid, uint32_t *search_from, uint32_t *index)
{
    uint32_t at = *search_from;

    while (at < roster->slot_count && roster->slots[at].used)
        at++;
    if (at == roster->slot_count) {
        if (GROW(roster->slots, roster->slot_capacity, roster->slot_count + 1))
            return -ENOMEM;
        roster->slot_count++;
    }
    roster->slots[at] = (struct roster_slot){.pid = pid,
                                             .used = true,
                                             .uid = UINT32_MAX,
                                             .group = OWNER_NO_INDEX,
                                             .cpu_permille = UINT32_MAX};
    roster->fresh++;
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

/* The sorted numbers of all processes. 0 or -errno. */
static int list_processes(struct roster *roster)
{
    struct proc_numbers *numbers = &roster->numbers;
    const int directory = proc_open_directory(roster->files->root, ".");

    numbers->count = 0;
    if (directory < 0)
        return directory;
    const int error = proc_files_list_numbers(roster->files, directory, numbers);
    close(directory);
    if (!error)
        sort_items(numbers->items, numbers->count, sizeof *numbers->items, compare_numbers);
    return error;
}

void roster_forget(struct roster *roster)
{
    for (uint32_t i = 0; i < roster->slot_count; i++) {
        if (roster->slots[i].used)
            roster_mark_gone(roster, i);
    }
    roster->count = roster->last_pid = 0;
}

/* The sorted pids become the roster; missing ones have ended. */
static int merge(struct roster *roster)
{
    const uint32_t *numbers = roster->numbers.items;
    const uint32_t count = roster->numbers.count;
    uint32_t old = 0;
    uint32_t free_from = 0;
    int error = GROW(roster->scratch, roster->scratch_capacity, count);

    for (uint32_t i = 0; i < count && !error; i++) {
        const int32_t pid = (int32_t)numbers[i];
        while (old < roster->count && roster->entries[old].pid < pid)
            roster_mark_gone(roster, roster->entries[old++].slot);
        uint32_t slot = OWNER_NO_INDEX;
        if (old < roster->count && roster->entries[old].pid == pid)
            slot = roster->entries[old++].slot;
        if (slot == OWNER_NO_INDEX || roster->slots[slot].gone)
            error = new_slot(roster, pid, &free_from, &slot);
        roster->scratch[i] = (struct roster_entry){pid, slot};
    }
    if (error) {
        roster_forget(roster);
        return error;
    }
    while (old < roster->count)
        roster_mark_gone(roster, roster->entries[old++].slot);
    struct roster_entry *filled = roster->scratch;
    const uint32_t capacity = roster->scratch_capacity;
    roster->scratch = roster->entries;
    roster->scratch_capacity = roster->capacity;
    roster->entries = filled;
    roster->capacity = capacity;
    roster->count = count;
    return 0;
}

int roster_read(struct roster *roster, bool always)
{
    const struct proc_files *files = roster->files;
    const uint32_t last_pid = files->is_real ? proc_view_last_pid(files->root) : 0;

    if (!always && last_pid && last_pid == roster->last_pid && roster->count)
        return 0; /* no new process; roster_check_alive notices ends */
    int error = list_processes(roster);
    if (error)
        return error;
    error = merge(roster);
    if (!error)
        roster->last_pid = last_pid;
    /* Every pid namespace has a process 1: if it is not visible, that is hidepid (proc(5)). */
    roster->hidepid = roster->count == 0 || roster_find(roster, 1) == OWNER_NO_INDEX;
    return error;
}

void roster_mark_visited(struct roster *roster, uint32_t index)
{
    struct roster_slot *slot = &roster->slots[index];

    if (!slot->visited)
        roster->fresh--;
    slot->visited = true;
}

void roster_lose(struct roster *roster, uint32_t index)
{
    roster_mark_gone(roster, index);
    roster->last_pid = 0;
}

static void visit_again(struct roster *roster, struct roster_slot *slot)
{
    slot->visited = false;
    slot->resume = 0;
    roster->fresh++;
}

static void check_alive(struct roster *roster, uint32_t index)
{
    struct roster_slot *slot = &roster->slots[index];
    char name[16];
    struct stat directory;

    snprintf(name, sizeof name, "%d", slot->pid);
    if (fstatat(roster->files->root, name, &directory, 0) != 0) {
        if (errno == ENOENT || errno == ESRCH)
            roster_mark_gone(roster, index);
        return;
    }
    /* Another inode: the kernel dropped the old one, or the pid was reused. A visit reads the start
     * time and decides. */
    if (slot->identified && directory.st_ino != slot->directory_inode && slot->visited)
        visit_again(roster, slot);
}

/* Processes that gained or lost descriptors are visited early, unless walks find them. */
static void check_count(struct roster *roster, uint32_t index, bool has_walk)
{
    struct roster_slot *slot = &roster->slots[index];
    char name[24];
    struct stat directory;

    snprintf(name, sizeof name, "%d/fd", slot->pid);
    if (slot->denied || slot->kernel_thread || !slot->visited ||
        fstatat(roster->files->root, name, &directory, 0) != 0)
        return;
    if ((uint32_t)directory.st_size == slot->files)
        return;
    slot->files = (uint32_t)directory.st_size;
    if (!has_walk)
        visit_again(roster, slot);
}

void roster_check_alive(struct roster *roster, bool has_walk)
{
    uint32_t checked = 0;

    for (uint32_t n = 0; n < roster->slot_count && checked < ALIVE_CHECKS; n++) {
        roster->alive_cursor = (roster->alive_cursor + 1) % roster->slot_count;
        const struct roster_slot *slot = &roster->slots[roster->alive_cursor];
        if (!slot->used || slot->gone ||
            owner_table_references(roster->table, roster->alive_cursor) == 0)
            continue;
        check_alive(roster, roster->alive_cursor);
        checked++;
    }
    const uint32_t counts = has_walk ? COUNT_REFRESH : COUNT_CHECKS;
    for (uint32_t n = 0; roster->files->counts_files && n < roster->slot_count && n < counts; n++) {
        roster->count_cursor = (roster->count_cursor + 1) % roster->slot_count;
        const struct roster_slot *slot = &roster->slots[roster->count_cursor];
        if (slot->used && !slot->gone)
            check_count(roster, roster->count_cursor, has_walk);
    }
}

void roster_init(struct roster *roster, struct proc_files *files, struct owner_table *table)
{
    *roster = (struct roster){.files = files, .table = table};
}

size_t roster_footprint(const struct roster *roster)
{
    size_t bytes = roster->slot_capacity * sizeof *roster->slots +
                   (roster->capacity + roster->scratch_capacity) * sizeof *roster->entries;
    for (uint32_t i = 0; i < roster->slot_count; i++)
        bytes += roster->slots[i].holdings.fd_capacity * sizeof(struct known_fd);
    return bytes;
}

void roster_done(struct roster *roster)
{
    for (uint32_t i = 0; i < roster->slot_count; i++)
        free_slot(&roster->slots[i]);
    free(roster->slots);
    free(roster->entries);
    free(roster->scratch);
    free(roster->numbers.items);
}

int roster_identify(struct roster *roster, uint32_t index, int directory, const struct stat *about)
{
    struct roster_slot *slot = &roster->slots[index];
    char text[PROC_STAT_SIZE];
    size_t length = 0;
    struct proc_stat stat;
    int error = read_file(directory, "stat", text, sizeof text, &length);

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
    if (strcmp(stat.name, slot->comm) != 0) { /* it executed another program */
        memcpy(slot->comm, stat.name, sizeof slot->comm);
        slot->executable_read = slot->cmdline_read = false;
    }
    slot->user_read = false; /* setuid changes the user without any other sign */
    slot->directory_inode = about->st_ino;
    slot->identified = true;
    slot->identified_in = roster->call;
    return 0;
}

void roster_identify_again(struct roster *roster, uint32_t index)
{
    const int directory = proc_files_open_process(roster->files, roster->slots[index].pid);
    struct stat about;
    int result = directory;

    if (directory >= 0) {
        result = fstat(directory, &about) == 0 ? roster_identify(roster, index, directory, &about)
                                               : -ESRCH;
        close(directory);
    }
    if (result == -ENOENT || result == -ESRCH)
        roster_lose(roster, index);
}
