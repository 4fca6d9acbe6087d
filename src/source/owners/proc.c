/* owners_proc: whose processes /proc shows, and what becomes of what was found when something else
 * is mounted there. Independent of rows. */
#include "source/owners/private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void open_root(struct owners *owners, const char *proc_root)
{
    struct stat own;

    owners->proc = open(proc_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (owners->proc < 0 && owners->view.kind != PROC_VIEW_ABSENT) {
        owners->view.kind = PROC_VIEW_UNREAD;
        owners->view.error = -errno;
    }
    owners->counts_files = owners->proc >= 0 && owners->real_proc &&
                           fstatat(owners->proc, "self/fd", &own, 0) == 0 && own.st_size > 0;
}

/* A tree that looks like /proc is taken as it is; /proc itself may be mounted later. */
int owners_open_proc(struct owners *owners, const char *proc_root)
{
    owners->real_proc = strcmp(proc_root, "/proc") == 0;
    owners->view = (struct proc_view){.kind = PROC_VIEW_OWN, .is_complete = true};
    if (owners->real_proc)
        proc_view_prove(&owners->view);
    open_root(owners, proc_root);
    return owners->proc < 0 && !owners->real_proc ? owners->view.error : 0;
}

/* Sockets without a holder were looked for among other processes: they are looked for again. */
static void forget_words(struct owners *owners)
{
    for (uint32_t i = 0; i < owners->entry_count; i++) {
        struct owned_entry *entry = &owners->entries[i];
        if (!(entry->flags & ENTRY_USED) || (entry->flags & ENTRY_RETIRED) ||
            entry->word == OWNER_PROCESS || entry->word == OWNER_LAST)
            continue;
        entry->word = OWNER_UNKNOWN;
        entry->epoch = owners->epoch;
        if (!(entry->flags & ENTRY_PENDING))
            owners->pending++;
        entry->flags |= ENTRY_PENDING;
    }
}

void owners_follow_proc(struct owners *owners)
{
    if (!owners->real_proc || proc_view_is_current(&owners->view))
        return;
    for (uint32_t i = 0; i < owners->slot_count; i++) {
        if (owners->slots[i].used)
            owners_slot_gone(owners, i);
    }
    owners->roster_count = owners->last_pid = 0;
    owners->scan = owners->background = (struct scan){.active = false};
    forget_words(owners);
    if (owners->proc >= 0)
        close(owners->proc);
    (void)owners_open_proc(owners, "/proc");
}
