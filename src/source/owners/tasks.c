/* visit_tasks: sockets that threads hold in descriptor tables of their own. Independent of when
 * that is worth reading. */
#include "source/owners/visit.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* True where two threads are known to have one descriptor table (kcmp may be missing or refused:
 * then each table is read). */
static bool shares_table(const struct roster *roster, uint32_t task, uint32_t other)
{
    return roster->files->is_real && roster->files->view.kind == PROC_VIEW_OWN &&
           syscall(SYS_kcmp, (int)task, (int)other, KCMP_FILES, 0, 0) == 0;
}

static int read_task(struct visitor *visitor, uint32_t index, int tasks, uint32_t task)
{
    char name[24];
    snprintf(name, sizeof name, "%u/fd", task);
    const int directory = proc_open_directory(tasks, name);
    uint32_t from = 0;

    int error = directory < 0 ? directory : 0;

    if (!error) {
        error = visit_descriptors(visitor, index, directory, true, &from, INT64_MAX);
        close(directory);
    }
    if (error == -ENOMEM || error == -EMFILE || error == -ENFILE)
        return error;
    snprintf(name, sizeof name, "%u/stat", task);
    if (error && error != -ENOENT && error != -ESRCH && !proc_is_ended(tasks, name))
        visitor->roster->denied_any = true;
    return 0; /* or the thread has ended */
}

/* Reads each table of the listed threads once. */
static int read_tasks(struct visitor *visitor, uint32_t index, int tasks,
                      const struct proc_numbers *numbers)
{
    const uint32_t leader = (uint32_t)visitor->roster->slots[index].pid;
    uint32_t read = leader;
    int error = 0;

    for (uint32_t i = 0; i < numbers->count && !error; i++) {
        const uint32_t task = numbers->items[i];
        if (task == leader || shares_table(visitor->roster, task, leader) ||
            shares_table(visitor->roster, task, read))
            continue;
        error = read_task(visitor, index, tasks, task);
        read = task;
    }
    return error;
}

int visit_tasks(struct visitor *visitor, uint32_t index, int directory)
{
    struct roster *roster = visitor->roster;
    const int tasks = proc_open_directory(directory, "task");
    struct proc_numbers numbers = {0};
    int error = 0;

    visitor->found.count = 0;
    if (tasks >= 0) {
        (void)proc_files_list_numbers(roster->files, tasks, &numbers);
        error = read_tasks(visitor, index, tasks, &numbers);
        close(tasks);
    }
    free(numbers.items);
    return error ? error
                 : holdings_take_tasks(&roster->slots[index].holdings, roster->table, index,
                                       &visitor->found);
}
