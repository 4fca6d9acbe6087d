/* netns_processes: see processes.h. */
#include "source/netns/processes.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/read_file.h"
#include "base/sort.h"
#include "core/proc_stat.h"
#include "source/proc_view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A process appears in /proc slightly after its pid was allocated: one more listing, at least this
 * much later. */
#define SETTLE_NS (100 * MILLISECOND_NS)

int netns_processes_open(struct netns_processes *processes, const char *proc_root)
{
    *processes = (struct netns_processes){
        .root = open(proc_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .is_real = strcmp(proc_root, "/proc") == 0,
    };
    return processes->root < 0 ? -errno : 0;
}

void netns_processes_close(struct netns_processes *processes)
{
    if (processes->root >= 0)
        close(processes->root);
    processes->root = -1;
    free(processes->rows);
    free(processes->listed);
}

static int32_t number_of(const char *name)
{
    char *end;
    const long number = strtol(name, &end, 10);

    return name[0] >= '1' && name[0] <= '9' && *end == '\0' && number <= INT32_MAX ? (int32_t)number
                                                                                   : 0;
}

static int by_pid(const void *left, const void *right)
{
    const int32_t a = ((const struct netns_process *)left)->pid;
    const int32_t b = ((const struct netns_process *)right)->pid;

    return (a > b) - (a < b);
}

/* NULL: the end, or *error: with half a listing the other processes would seem to have ended. */
static const struct dirent *next_entry(DIR *folder, int *error)
{
    errno = 0;
    const struct dirent *entry = readdir(folder);

    if (!entry)
        *error = -errno;
    return entry;
}

static int read_listing(struct netns_processes *processes, int64_t now_ns)
{
    const int again = openat(processes->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    int error = 0;

    if (!folder) {
        error = -errno;
        if (again >= 0)
            close(again);
        return error;
    }
    processes->listed_count = 0;
    for (const struct dirent *entry; !error && (entry = next_entry(folder, &error));) {
        const int32_t pid = number_of(entry->d_name);
        if (!pid)
            continue;
        error = GROW(processes->listed, processes->listed_capacity, processes->listed_count + 1);
        if (!error)
            processes->listed[processes->listed_count++] =
                (struct netns_process){.pid = pid, .directory = entry->d_ino, .seen_ns = now_ns};
    }
    closedir(folder);
    if (!error)
        sort_items(processes->listed, processes->listed_count, sizeof(*processes->listed), by_pid);
    return error;
}

/* Moves known facts of remaining processes into the new listing, which replaces the old. */
static void merge(struct netns_processes *processes,
                  void (*left)(void *context, const struct netns_process *process), void *context)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < processes->count; i++) {
        const struct netns_process *known = &processes->rows[i];
        while (at < processes->listed_count && processes->listed[at].pid < known->pid)
            at++;
        if (at < processes->listed_count && processes->listed[at].pid == known->pid &&
            processes->listed[at].directory == known->directory)
            processes->listed[at] = *known;
        else if (known->in)
            left(context, known);
    }
    struct netns_process *const rows = processes->rows;
    const uint32_t capacity = processes->capacity;
    processes->rows = processes->listed;
    processes->count = processes->listed_count;
    processes->capacity = processes->listed_capacity;
    processes->listed = rows;
    processes->listed_capacity = capacity;
    processes->listed_count = 0;
}

int netns_processes_list(struct netns_processes *processes, bool always, int64_t now_ns,
                         void (*left)(void *context, const struct netns_process *process),
                         void *context)
{
    const uint32_t last_pid = processes->is_real ? proc_view_last_pid(processes->root) : 0;
    const bool is_same = last_pid && last_pid == processes->last_pid;

    if (!always && is_same && processes->settled && processes->count)
        return 0;
    const int error = read_listing(processes, now_ns);
    if (error)
        return error;
    merge(processes, left, context);
    if (!is_same)
        processes->changed_ns = now_ns;
    processes->settled = is_same && now_ns - processes->changed_ns >= SETTLE_NS;
    processes->last_pid = last_pid;
    return 0;
}

static bool read_inode(const struct netns_processes *processes, int32_t pid, const char *kind,
                       uint32_t *inode)
{
    const size_t named = strlen(kind);
    char path[32], link[64], *end;

    snprintf(path, sizeof(path), "%d/ns/%s", (int)pid, kind);
    const ssize_t length = readlinkat(processes->root, path, link, sizeof(link) - 1);
    if (length <= 0)
        return false;
    link[length] = '\0';
    if (strncmp(link, kind, named) != 0 || strncmp(link + named, ":[", 2) != 0)
        return false;
    *inode = (uint32_t)strtoul(link + named + 2, &end, 10);
    return *end == ']' && *inode;
}

bool netns_process_inode(const struct netns_processes *processes, int32_t pid, uint32_t *inode)
{
    return read_inode(processes, pid, "net", inode);
}

bool netns_process_user_inode(const struct netns_processes *processes, int32_t pid, uint32_t *inode)
{
    return read_inode(processes, pid, "user", inode);
}

bool netns_process_proc_inode(const struct netns_processes *processes, int32_t pid,
                              uint64_t *proc_inode)
{
    char path[32];
    struct stat found;

    snprintf(path, sizeof(path), "%d/net/tcp", (int)pid);
    if (fstatat(processes->root, path, &found, 0) != 0)
        return false;
    *proc_inode = found.st_ino;
    return true;
}

bool netns_process_start(const struct netns_processes *processes, int32_t pid,
                         uint64_t *start_ticks, uint32_t *uid)
{
    char path[32], text[1024];
    struct proc_stat stat;
    struct stat about;

    snprintf(path, sizeof(path), "%d/stat", (int)pid);
    size_t length;
    if (read_file(processes->root, path, text, sizeof(text), &length) ||
        proc_stat_parse(text, length, &stat) || stat.ending)
        return false;
    *start_ticks = stat.start_ticks;
    *uid = fstatat(processes->root, path, &about, 0) == 0 ? about.st_uid : UINT32_MAX;
    return true;
}

struct netns_process *netns_processes_find(const struct netns_processes *processes, int32_t pid)
{
    const struct netns_process wanted = {.pid = pid};

    if (processes->count == 0)
        return NULL;
    return bsearch(&wanted, processes->rows, processes->count, sizeof(wanted), by_pid);
}
