/* owners_facts: what small files below /proc/PID tell of one process: user, executable, count of
 * descriptors, a new name. Must not know which processes matter, nor frames. */
#include "source/owners/private.h"

#include "core/text/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATUS_SIZE 2048u

void owners_read_user(struct owners *owners, struct owner_slot *slot)
{
    const int directory = owners_open_process(owners, slot);
    char text[STATUS_SIZE];
    size_t length;
    char *end;
    int error = directory;

    slot->user_read = true;
    if (directory >= 0) {
        error = owners_read_file(directory, "status", text, sizeof text, &length);
        close(directory);
    }
    if (error < 0)
        return;
    const char *line = strstr(text, "\nUid:"); /* real, effective, saved, file system */
    if (!line)
        return;
    strtoul(line + 5, &end, 10);
    const unsigned long effective = strtoul(end, &end, 10);
    if (*end == '\t')
        slot->uid = (uint32_t)effective;
}

void owners_read_executable(struct owners *owners, struct owner_slot *slot)
{
    const int directory = owners_open_process(owners, slot);
    char raw[PATH_MAX];

    slot->executable_read = true;
    if (directory < 0)
        return;
    const ssize_t length = readlinkat(directory, "exe", raw, sizeof raw);
    close(directory);
    free(slot->exe);
    slot->exe = NULL; /* not to be read: not known */
    if (length <= 0)
        return;
    slot->exe = malloc(TEXT_CLEAN_MAX(length));
    if (slot->exe)
        text_clean(slot->exe, TEXT_CLEAN_MAX(length), raw, (size_t)length);
}

/* Before Linux 6.2 a fd directory does not tell its count, and it is listed. */
void owners_count_files(struct owners *owners, struct owner_slot *slot)
{
    uint32_t numbers[512];
    struct stat about;
    char name[24];

    if (slot->files || slot->denied)
        return;
    snprintf(name, sizeof name, "%d/fd", slot->pid);
    if (owners->counts_files) {
        if (fstatat(owners->proc, name, &about, 0) == 0)
            slot->files = (uint32_t)about.st_size;
        return;
    }
    const int directory = openat(owners->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return;
    for (uint32_t more = 1; more;) {
        more = owners_list_numbers(owners, directory, 512, numbers);
        slot->files += more;
    }
    close(directory);
}

/* exec and prctl give a process another name without another start. */
void owners_identify_again(struct owners *owners, uint32_t index)
{
    const int directory = owners_open_process(owners, &owners->slots[index]);
    struct stat about;
    int result = directory;

    if (directory >= 0) {
        result = fstat(directory, &about) == 0 ? owners_identify(owners, index, directory, &about)
                                               : -ESRCH;
        close(directory);
    }
    if (result == -ENOENT || result == -ESRCH) {
        owners_slot_gone(owners, index);
        owners->last_pid = 0; /* the number may have another process */
    }
}
