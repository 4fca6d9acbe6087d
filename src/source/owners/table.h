/* owner_table: which processes hold which socket inode. Plain data, independent of /proc and of
 * frames. A process is a number, its slot in the roster. An entry costs 16 bytes, 16 to 32 in the
 * index; each further process that holds it, 8. */
#ifndef TCPLENS_SOURCE_OWNERS_TABLE_H
#define TCPLENS_SOURCE_OWNERS_TABLE_H

#include "base/hash_index.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNER_NO_INDEX UINT32_MAX

/* One socket, known by its inode; or, retired, one that has lost it (TIME-WAIT) but not its row. */
enum owner_entry_flag {
    ENTRY_SEEN = 1u << 0,    /* toggles: a row of this frame has it */
    ENTRY_PENDING = 1u << 1, /* no holder is known, and not every process has been read for it */
    ENTRY_RETIRED = 1u << 2, /* not to be found by inode; its holders are those it had last */
    ENTRY_USED = 1u << 3,
    ENTRY_MISSED = 1u << 4,  /* a shallow scan of a frame before this one did not find it */
    ENTRY_CHECKED = 1u << 5, /* the kernel said whether it is open, since no holder was found */
};

struct owner_entry { /* 16 bytes a socket */
    uint32_t inode;
    uint32_t holder; /* slot, OWNER_NO_INDEX = none */
    uint32_t more;   /* link to further holders; of a free entry: the next free one */
    uint8_t word;    /* enum owner_word */
    uint8_t flags;
    uint16_t epoch; /* of the scan after which it is due */
};

struct owner_link {
    uint32_t slot, next;
};

struct owner_table {
    struct owner_entry *entries;
    uint32_t count, capacity, first_free;
    uint32_t live;            /* entries in use */
    struct hash_index inodes; /* of those that are not retired */
    struct owner_link *links;
    uint32_t link_count, link_capacity, first_free_link;
    uint32_t *references; /* entries that name a slot, for each slot */
    uint32_t slot_capacity;
    uint32_t pending;
    uint64_t *moved; /* a bit for each entry: other processes hold it than owner_table_rest() saw */
    uint32_t moved_capacity;
    bool all_moved;
    uint16_t epoch; /* of the scan begun last */
    uint8_t toggle; /* ENTRY_SEEN of an entry that a row of this frame has */
};

void owner_table_init(struct owner_table *table);
void owner_table_done(struct owner_table *table);
size_t owner_table_footprint(const struct owner_table *table);

/* Room for so many entries in all, where a table is filled for the first time. 0 or -ENOMEM. */
int owner_table_reserve(struct owner_table *table, uint32_t entries);
/* OWNER_NO_INDEX: none. */
uint32_t owner_table_find(const struct owner_table *table, uint32_t inode);
int owner_table_find_or_add(struct owner_table *table, uint32_t inode, uint32_t *entry);
/* Its socket lost the inode. */
void owner_table_retire(struct owner_table *table, uint32_t entry);
/* A new frame: no entry has been seen in it. */
void owner_table_begin_frame(struct owner_table *table);
/* Returns 1 when the entry is seen in this frame for the first time, else 0. */
static inline uint32_t owner_table_mark_seen(struct owner_table *table, uint32_t entry)
{
    uint8_t *flags = &table->entries[entry].flags;
    const uint32_t first = (*flags & ENTRY_SEEN) != table->toggle;

    *flags = (uint8_t)((*flags & ~ENTRY_SEEN) | table->toggle);
    return first;
}
void owner_table_sweep(struct owner_table *table); /* frees the entries that were not seen */
/* Entries without a present holder are searched for again. */
void owner_table_search_again(struct owner_table *table);

int owner_table_add_holder(struct owner_table *table, uint32_t entry, uint32_t slot);
/* The last one stays as the one that held it last. */
void owner_table_remove_holder(struct owner_table *table, uint32_t entry, uint32_t slot);
/* True: since owner_table_rest() a process that held it does no longer, or a further one does. */
static inline bool owner_table_has_moved(const struct owner_table *table, uint32_t entry)
{
    return table->all_moved ||
           (entry / 64 < table->moved_capacity && (table->moved[entry / 64] >> entry % 64 & 1));
}
void owner_table_rest(struct owner_table *table);
uint32_t owner_table_references(const struct owner_table *table, uint32_t slot);

/* uint32_t link = entry->more;
 * for (slot = entry->holder; slot != OWNER_NO_INDEX; slot = owner_table_next(table, &link)) */
static inline uint32_t owner_table_next(const struct owner_table *table, uint32_t *link)
{
    if (*link == OWNER_NO_INDEX)
        return OWNER_NO_INDEX;
    const struct owner_link *found = &table->links[*link];
    *link = found->next;
    return found->slot;
}

#endif
