/* holdings: see holdings.h. */
#include "source/owners/holdings.h"

#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int found_fds_add(struct found_fds *found, uint32_t fd, uint32_t inode)
{
    if (GROW(found->items, found->capacity, found->count + 1))
        return -ENOMEM;
    found->items[found->count++] = (struct known_fd){fd, inode};
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

uint32_t holdings_from(const struct holdings *holdings, uint32_t fd)
{
    return fds_from(holdings->fds, holdings->fd_count, fd);
}

static bool holds(const struct holdings *holdings, uint32_t inode)
{
    for (uint32_t i = 0; i < holdings->fd_count; i++) {
        if (holdings->fds[i].inode == inode)
            return true;
    }
    for (uint32_t i = 0; i < holdings->task_inode_count; i++) {
        if (holdings->task_inodes[i] == inode)
            return true;
    }
    return false;
}

/* The process no longer has one descriptor of this socket; it may have others. */
static void lose(const struct holdings *holdings, struct owner_table *table, uint32_t slot,
                 uint32_t inode)
{
    const uint32_t entry = owner_table_find(table, inode);

    if (entry != OWNER_NO_INDEX && !holds(holdings, inode))
        owner_table_remove_holder(table, entry, slot);
}

/* Replaces fds[first..last) by the found ones; the old ones are appended to `found`, beyond its
 * count. */
static int replace_range(struct holdings *holdings, struct found_fds *found, uint32_t first,
                         uint32_t last)
{
    const uint32_t removed = last - first;
    const uint32_t added = found->count;
    const uint32_t tail = holdings->fd_count - last;

    if (GROW(found->items, found->capacity, added + removed) ||
        GROW(holdings->fds, holdings->fd_capacity, holdings->fd_count - removed + added))
        return -ENOMEM;
    struct known_fd *fds = holdings->fds;
    if (removed)
        memcpy(found->items + added, fds + first, removed * sizeof *fds);
    if (tail)
        memmove(fds + first + added, fds + last, tail * sizeof *fds);
    if (added)
        memcpy(fds + first, found->items, added * sizeof *fds);
    holdings->fd_count = holdings->fd_count - removed + added;
    return 0;
}

int holdings_take(struct holdings *holdings, struct owner_table *table, uint32_t slot,
                  struct found_fds *found, uint32_t from, uint32_t end)
{
    const uint32_t first = holdings_from(holdings, from);
    const uint32_t last = holdings_from(holdings, end);
    const uint32_t added = found->count;
    const int error = replace_range(holdings, found, first, last);

    if (error || first == last)
        return error;
    const struct known_fd *present = found->items;
    for (const struct known_fd *old = present + added; old < present + added + (last - first);
         old++) {
        const uint32_t at = fds_from(present, added, old->fd);
        if (at < added && present[at].fd == old->fd && present[at].inode == old->inode)
            continue;
        lose(holdings, table, slot, old->inode);
    }
    return 0;
}

int holdings_take_tasks(struct holdings *holdings, struct owner_table *table, uint32_t slot,
                        const struct found_fds *found)
{
    uint32_t *before = holdings->task_inodes;
    const uint32_t before_count = holdings->task_inode_count;
    uint32_t *now = NULL;

    if (found->count) {
        now = malloc(found->count * sizeof *now);
        if (!now)
            return -ENOMEM;
    }
    for (uint32_t i = 0; i < found->count; i++)
        now[i] = found->items[i].inode;
    holdings->task_inodes = now;
    holdings->task_inode_count = found->count;
    for (uint32_t i = 0; i < before_count; i++)
        lose(holdings, table, slot, before[i]);
    free(before);
    return 0;
}

void holdings_release(struct holdings *holdings, struct owner_table *table, uint32_t slot)
{
    struct holdings before = *holdings;

    *holdings = (struct holdings){0};
    for (uint32_t i = 0; i < before.fd_count; i++)
        lose(holdings, table, slot, before.fds[i].inode);
    for (uint32_t i = 0; i < before.task_inode_count; i++)
        lose(holdings, table, slot, before.task_inodes[i]);
    holdings_done(&before);
}

void holdings_done(struct holdings *holdings)
{
    free(holdings->fds);
    free(holdings->task_inodes);
    *holdings = (struct holdings){0};
}
