/* holdings: which sockets of the table one process has open, as its descriptors were last read, and
 * what the table learns when they are read again. */
#ifndef TCPLENS_SOURCE_OWNERS_HOLDINGS_H
#define TCPLENS_SOURCE_OWNERS_HOLDINGS_H

#include "source/owners/table.h"

#include <stdbool.h>

struct known_fd {
    uint32_t fd, inode;
};

/* What one reading found: sorted by fd, sockets of the table only. */
struct found_fds {
    struct known_fd *items;
    uint32_t count, capacity;
};

struct holdings {
    struct known_fd *fds; /* sorted by fd: those that are sockets of the frame */
    uint32_t fd_count, fd_capacity;
    uint32_t *task_inodes; /* sockets that threads hold in tables of their own */
    uint32_t task_inode_count;
};

int found_fds_add(struct found_fds *found, uint32_t fd, uint32_t inode); /* 0 or -ENOMEM */

/* The first of the sorted fds that is not below fd; their count where there is none. */
uint32_t holdings_from(const struct holdings *holdings, uint32_t fd);
/* Descriptors [from, end) of the process in this slot are now those found, which are used up; it
 * no longer holds sockets that it lost. 0 or -ENOMEM. */
int holdings_take(struct holdings *holdings, struct owner_table *table, uint32_t slot,
                  struct found_fds *found, uint32_t from, uint32_t end);
/* What its threads hold in tables of their own is now what was found. */
int holdings_take_tasks(struct holdings *holdings, struct owner_table *table, uint32_t slot,
                        const struct found_fds *found);
/* It holds nothing any more. Frees them. */
void holdings_release(struct holdings *holdings, struct owner_table *table, uint32_t slot);
void holdings_done(struct holdings *holdings); /* the same, where the table no longer matters */

#endif
