/* owner_table: which processes hold which socket inode. Plain data, independent of /proc and of
 * frames. A process is identified by its slot in the roster. An entry costs 16 bytes, plus 16 to 32
 * in the index and 8 for each further holder. */
#ifndef TCPLENS_SOURCE_OWNERS_TABLE_H
#define TCPLENS_SOURCE_OWNERS_TABLE_H

#include "base/hash_index.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNER_NO_INDEX UINT32_MAX

/* One socket, identified by its inode; or, retired, one that lost its inode (TIME-WAIT) but still
 * has a row. */
enum owner_entry_flag {
    ENTRY_SEEN = 1u << 0,    /* toggles: in a row of this frame */
    ENTRY_PENDING = 1u << 1, /* no holder is known, and not all processes have been searched */
    ENTRY_RETIRED = 1u << 2, /* not found by inode; its holders are the last known */
    ENTRY_USED = 1u << 3,
    ENTRY_MISSED = 1u << 4, /* a shallow scan for an earlier frame did not find it */
    /* the kernel was asked whether it is open, after no holder was found or the last one was lost */
    ENTRY_CHECKED = 1u << 5,
};

struct owner_entry { /* 16 bytes a socket */
    uint32_t inode;
    uint32_t holder; /* slot, OWNER_NO_INDEX = none */
    uint32_t more;   /* link to further holders; of a free entry: the next free one */
    uint8_t word;    /* enum owner_word */
    uint8_t flags;
    uint16_t epoch; /* of the scan that must find it */
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
    uint32_t *references; /* for each slot, the number of entries that refer to it */
    uint32_t slot_capacity;
    uint32_t pending;
    uint64_t *moved; /* a bit for each entry: its holders changed since owner_table_rest() */
    uint32_t moved_capacity;
    bool all_moved;
    uint16_t epoch; /* of the latest scan */
    uint8_t toggle; /* value of ENTRY_SEEN for entries in this frame */
};

void owner_table_init(struct owner_table *table);
void owner_table_done(struct owner_table *table);
size_t owner_table_footprint(const struct owner_table *table);

/* Makes room for so many entries in all, before a table is first filled. 0 or -ENOMEM. */
int owner_table_reserve(struct owner_table *table, uint32_t entries);
/* OWNER_NO_INDEX: none. */
uint32_t owner_table_find(const struct owner_table *table, uint32_t inode);
int owner_table_find_or_add(struct owner_table *table, uint32_t inode, uint32_t *entry);
/* The socket lost its inode. */
void owner_table_retire(struct owner_table *table, uint32_t entry);
/* Begins a frame: no entry has been seen in it yet. */
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
/* Searches again for holders of entries without a present one. */
void owner_table_search_again(struct owner_table *table);

int owner_table_add_holder(struct owner_table *table, uint32_t entry, uint32_t slot);
/* The last remaining one is kept as the last holder. */
void owner_table_remove_holder(struct owner_table *table, uint32_t entry, uint32_t slot);
/* True: its holders changed since owner_table_rest(). */
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
