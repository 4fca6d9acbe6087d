/* proc_files: see proc_files.h. */
#include "source/owners/proc_files.h"

#include "base/grow.h"
#include "base/read_file.h"
#include "core/proc_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LISTING_SIZE 8192u

struct linux_dirent64 { /* getdents64(2) */
    uint64_t d_ino;
    int64_t d_off;
    unsigned short d_reclen;
    unsigned char d_type;
    char d_name[];
};

static void open_root(struct proc_files *files, const char *root)
{
    struct stat own;

    files->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->root < 0 && files->view.kind != PROC_VIEW_ABSENT) {
        files->view.kind = PROC_VIEW_UNREAD;
        files->view.error = -errno;
    }
    files->counts_files = files->root >= 0 && files->is_real &&
                          fstatat(files->root, "self/fd", &own, 0) == 0 && own.st_size > 0;
}

int proc_files_open(struct proc_files *files, const char *root)
{
    files->is_real = strcmp(root, "/proc") == 0;
    files->view = (struct proc_view){.kind = PROC_VIEW_OWN, .is_complete = true};
    if (files->is_real)
        proc_view_prove(&files->view);
    open_root(files, root);
    return files->root < 0 && !files->is_real ? files->view.error : 0;
}

bool proc_files_follow(struct proc_files *files)
{
    if (!files->is_real || proc_view_is_current(&files->view))
        return false;
    if (files->root >= 0)
        close(files->root);
    (void)proc_files_open(files, "/proc");
    return true;
}

bool proc_files_is_readable(const struct proc_files *files)
{
    return files->view.kind != PROC_VIEW_ABSENT && files->view.kind != PROC_VIEW_UNREAD;
}

void proc_files_done(struct proc_files *files)
{
    free(files->listing);
    if (files->root >= 0)
        close(files->root);
}

int proc_files_open_process(const struct proc_files *files, int32_t pid)
{
    char name[16];
    snprintf(name, sizeof name, "%d", pid);
    const int directory = openat(files->root, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return directory < 0 ? -errno : directory;
}

int proc_open_directory(int directory, const char *name)
{
    const int opened = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return opened < 0 ? -errno : opened;
}

int proc_is_ended(int directory, const char *name)
{
    char text[PROC_STAT_SIZE];
    struct proc_stat stat;
    size_t length = 0;
    const int error = read_file(directory, name, text, sizeof text, &length);

    if (error == -ENOENT || error == -ESRCH)
        return -ESRCH;
    return !error && !proc_stat_parse(text, length, &stat) && stat.ending;
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
    return value < UINT32_MAX;
}

/* malloc aligns the listing, the kernel each entry in it (to 8 bytes, fs/readdir.c). */
static const struct linux_dirent64 *entry_at(const char *listing, long at)
{
    return (const void *)(listing + at);
}

/* One batch of entries; as visit. */
static int visit_numbers(const char *listing, long size, proc_number_visit visit, void *context)
{
    int result = 0;

    for (long at = 0; at < size && result == 0;) {
        const struct linux_dirent64 *entry = entry_at(listing, at);
        uint32_t number;
        at += entry->d_reclen;
        if (parse_number(entry->d_name, &number))
            result = visit(context, number);
    }
    return result;
}

int proc_files_each_number(struct proc_files *files, int directory, proc_number_visit visit,
                           void *context)
{
    int result = 0;

    if (!files->listing)
        files->listing = malloc(LISTING_SIZE);
    if (!files->listing)
        return -ENOMEM;
    while (result == 0) {
        const long got = syscall(SYS_getdents64, directory, files->listing, LISTING_SIZE);
        if (got == 0 || (got < 0 && (errno == ENOENT || errno == ESRCH)))
            break;
        result = got < 0 ? -errno : visit_numbers(files->listing, got, visit, context);
    }
    return result;
}

static int add_number(void *context, uint32_t number)
{
    struct proc_numbers *numbers = context;

    if (GROW(numbers->items, numbers->capacity, numbers->count + 1))
        return -ENOMEM;
    numbers->items[numbers->count++] = number;
    return 0;
}

int proc_files_list_numbers(struct proc_files *files, int directory, struct proc_numbers *numbers)
{
    return proc_files_each_number(files, directory, add_number, numbers);
}
