/* owners_tasks: sockets that threads hold in descriptor tables of their own: unshare(CLONE_FILES),
 * or a main thread that has exited. Must not know when that is worth reading. */
#include "source/owners/private.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* True where two threads are known to have one descriptor table (kcmp may be missing or refused:
 * then each table is read). */
static bool shares_table(const struct owners *owners, uint32_t task, uint32_t other)
{
    return owners->real_proc && owners->view.kind == PROC_VIEW_OWN &&
           syscall(SYS_kcmp, (int)task, (int)other, KCMP_FILES, 0, 0) == 0;
}

static int read_task(struct owners *owners, uint32_t index, int tasks, uint32_t task)
{
    char name[24];
    snprintf(name, sizeof name, "%u/fd", task);
    const int directory = owners_open_directory(tasks, name);
    uint32_t from = 0;

    int error = directory < 0 ? directory : 0;

    if (!error) {
        error = owners_list_descriptors(owners, index, directory, true, &from, INT64_MAX);
        close(directory);
    }
    if (error == -ENOMEM || error == -EMFILE || error == -ENFILE)
        return error;
    snprintf(name, sizeof name, "%u/stat", task);
    if (error && error != -ENOENT && error != -ESRCH && !owners_is_ended(tasks, name))
        owners->denied_any = true;
    return 0; /* or the thread has ended */
}

/* It takes the place of what they held before. */
int owners_take_task_inodes(struct owners *owners, uint32_t index)
{
    struct owner_slot *slot = &owners->slots[index];
    uint32_t *before = slot->task_inodes;
    const uint32_t before_count = slot->task_inode_count;
    uint32_t *now = NULL;

    if (owners->found_count) {
        now = malloc(owners->found_count * sizeof *now);
        if (!now)
            return -ENOMEM;
    }
    for (uint32_t i = 0; i < owners->found_count; i++)
        now[i] = owners->found[i].inode;
    slot->task_inodes = now;
    slot->task_inode_count = owners->found_count;
    for (uint32_t i = 0; i < before_count; i++) {
        const uint32_t entry = owners_find_inode(owners, before[i]);
        if (entry != NO_INDEX && !owners_slot_has(slot, before[i]))
            owners_remove_holder(owners, entry, index);
    }
    free(before);
    return 0;
}

int owners_visit_tasks(struct owners *owners, uint32_t index, int directory)
{
    struct owner_slot *slot = &owners->slots[index];
    const int tasks = owners_open_directory(directory, "task");
    const uint32_t room = slot->threads + 16;
    uint32_t *numbers = tasks < 0 ? NULL : malloc(room * sizeof *numbers);
    int error = 0;

    owners->found_count = 0;
    if (numbers) {
        const uint32_t leader = (uint32_t)slot->pid;
        const uint32_t count = owners_list_numbers(owners, tasks, room, numbers);
        uint32_t read = leader;
        for (uint32_t i = 0; i < count && !error; i++) {
            if (numbers[i] == leader || shares_table(owners, numbers[i], leader) ||
                shares_table(owners, numbers[i], read))
                continue;
            error = read_task(owners, index, tasks, numbers[i]);
            read = numbers[i];
        }
    }
    if (tasks >= 0)
        close(tasks);
    free(numbers);
    return error ? error : owners_take_task_inodes(owners, index);
}
