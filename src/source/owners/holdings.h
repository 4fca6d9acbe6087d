/* holdings: which sockets of the table a process has open, as last read, and updating the table
 * when they are read again. */
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
    struct known_fd *fds; /* sorted by fd: sockets of the frame only */
    uint32_t fd_count, fd_capacity;
    uint32_t *task_inodes; /* sockets held by threads with their own descriptor tables */
    uint32_t task_inode_count;
};

int found_fds_add(struct found_fds *found, uint32_t fd, uint32_t inode); /* 0 or -ENOMEM */

/* Index of the first of the sorted fds that is not below fd; their count if there is none. */
uint32_t holdings_from(const struct holdings *holdings, uint32_t fd);
/* Replaces descriptors [from, end) of the process in this slot by those found, which are consumed;
 * it no longer holds sockets that it lost. 0 or -ENOMEM. */
int holdings_take(struct holdings *holdings, struct owner_table *table, uint32_t slot,
                  struct found_fds *found, uint32_t from, uint32_t end);
/* The same for threads with their own descriptor tables. */
int holdings_take_tasks(struct holdings *holdings, struct owner_table *table, uint32_t slot,
                        const struct found_fds *found);
/* The process no longer holds anything. Frees them. */
void holdings_release(struct holdings *holdings, struct owner_table *table, uint32_t slot);
void holdings_done(struct holdings *holdings); /* the same, without updating the table */

#endif
