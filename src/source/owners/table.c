/* owner_table: see table.h. */
#include "source/owners/table.h"

#include "base/grow.h"
#include "base/hash.h"
#include "core/conn.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

uint32_t owner_table_find(const struct owner_table *table, uint32_t inode)
{
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&table->inodes, hash_number(inode), &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&table->inodes, &cursor)) {
        if (table->entries[i].inode == inode)
            return i;
    }
    return OWNER_NO_INDEX;
}

static int take_entry(struct owner_table *table, uint32_t *entry)
{
    if (table->first_free != OWNER_NO_INDEX) {
        *entry = table->first_free;
        table->first_free = table->entries[*entry].more;
        return 0;
    }
    if (GROW(table->entries, table->capacity, table->count + 1))
        return -ENOMEM;
    *entry = table->count++;
    return 0;
}

int owner_table_reserve(struct owner_table *table, uint32_t entries)
{
    if (GROW(table->entries, table->capacity, entries))
        return -ENOMEM;
    return hash_index_reserve(&table->inodes, entries);
}

int owner_table_find_or_add(struct owner_table *table, uint32_t inode, uint32_t *entry)
{
    uint32_t found = owner_table_find(table, inode);
    if (found == OWNER_NO_INDEX) {
        int error = hash_index_reserve(&table->inodes, table->inodes.count + 1);
        if (!error)
            error = take_entry(table, &found);
        if (error)
            return error;
        /* The opposite of seen, so that marking it counts it. */
        const uint8_t unseen = table->toggle ? 0 : ENTRY_SEEN;
        table->entries[found] =
            (struct owner_entry){.inode = inode,
                                 .holder = OWNER_NO_INDEX,
                                 .more = OWNER_NO_INDEX,
                                 .word = OWNER_UNKNOWN,
                                 .flags = (uint8_t)(ENTRY_USED | ENTRY_PENDING | unseen),
                                 .epoch = table->epoch};
        table->live++;
        table->pending++;
        (void)hash_index_add(&table->inodes, hash_number(inode), found); /* reserved */
    }
    *entry = found;
    return 0;
}

static void settle(struct owner_table *table, struct owner_entry *entry)
{
    if (entry->flags & ENTRY_PENDING)
        table->pending--;
    entry->flags = (uint8_t)(entry->flags & ~(ENTRY_PENDING | ENTRY_MISSED));
}

void owner_table_retire(struct owner_table *table, uint32_t index)
{
    struct owner_entry *entry = &table->entries[index];
    if (entry->flags & ENTRY_RETIRED)
        return;
    hash_index_remove(&table->inodes, hash_number(entry->inode), index);
    entry->flags |= ENTRY_RETIRED;
    entry->word = entry->holder == OWNER_NO_INDEX ? OWNER_NONE : OWNER_LAST;
    settle(table, entry);
}

void owner_table_begin_frame(struct owner_table *table)
{
    table->toggle ^= ENTRY_SEEN;
}

static void drop_holders(struct owner_table *table, struct owner_entry *entry)
{
    if (entry->holder != OWNER_NO_INDEX)
        table->references[entry->holder]--;
    while (entry->more != OWNER_NO_INDEX) {
        struct owner_link *link = &table->links[entry->more];
        const uint32_t next = link->next;
        table->references[link->slot]--;
        link->next = table->first_free_link;
        table->first_free_link = entry->more;
        entry->more = next;
    }
    entry->holder = OWNER_NO_INDEX;
}

void owner_table_sweep(struct owner_table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct owner_entry *entry = &table->entries[i];
        if (!(entry->flags & ENTRY_USED) || (entry->flags & ENTRY_SEEN) == table->toggle)
            continue;
        if (!(entry->flags & ENTRY_RETIRED))
            hash_index_remove(&table->inodes, hash_number(entry->inode), i);
        settle(table, entry);
        drop_holders(table, entry);
        *entry = (struct owner_entry){.more = table->first_free};
        table->first_free = i;
        table->live--;
    }
}

/* If out of memory, all count as changed. */
static void note_moved(struct owner_table *table, uint32_t entry)
{
    const uint32_t before = table->moved_capacity;

    if (GROW(table->moved, table->moved_capacity, entry / 64 + 1)) {
        table->all_moved = true;
        return;
    }
    if (table->moved_capacity > before)
        memset(table->moved + before, 0, (table->moved_capacity - before) * sizeof *table->moved);
    table->moved[entry / 64] |= UINT64_C(1) << entry % 64;
}

void owner_table_rest(struct owner_table *table)
{
    table->all_moved = false;
    if (table->moved_capacity)
        memset(table->moved, 0, table->moved_capacity * sizeof *table->moved);
}

static bool has_holder(const struct owner_table *table, const struct owner_entry *entry,
                       uint32_t slot)
{
    uint32_t link = entry->more;
    for (uint32_t held = entry->holder; held != OWNER_NO_INDEX;
         held = owner_table_next(table, &link)) {
        if (held == slot)
            return true;
    }
    return false;
}

static int add_link(struct owner_table *table, struct owner_entry *entry, uint32_t slot)
{
    uint32_t link = table->first_free_link;
    if (link != OWNER_NO_INDEX) {
        table->first_free_link = table->links[link].next;
    } else {
        if (GROW(table->links, table->link_capacity, table->link_count + 1))
            return -ENOMEM;
        link = table->link_count++;
    }
    table->links[link] = (struct owner_link){slot, entry->more};
    entry->more = link;
    return 0;
}

/* New slots have no references. */
static int reserve_references(struct owner_table *table, uint32_t slot)
{
    const uint32_t before = table->slot_capacity;

    if (GROW(table->references, table->slot_capacity, slot + 1))
        return -ENOMEM;
    if (table->slot_capacity > before)
        memset(table->references + before, 0,
               (table->slot_capacity - before) * sizeof *table->references);
    return 0;
}

int owner_table_add_holder(struct owner_table *table, uint32_t index, uint32_t slot)
{
    struct owner_entry *entry = &table->entries[index];

    if (reserve_references(table, slot))
        return -ENOMEM;

    if (entry->word == OWNER_LAST)
        drop_holders(table, entry); /* it has a present holder again */
    if (has_holder(table, entry, slot))
        return 0;
    note_moved(table, index);
    if (entry->holder == OWNER_NO_INDEX) {
        entry->holder = slot;
    } else {
        const int error = add_link(table, entry, slot);
        if (error)
            return error;
    }
    entry->word = OWNER_PROCESS;
    table->references[slot]++;
    settle(table, entry);
    return 0;
}

/* Its search begins with the next scan. */
static void set_pending(struct owner_table *table, struct owner_entry *entry)
{
    entry->epoch = table->epoch;
    if (!(entry->flags & ENTRY_PENDING))
        table->pending++;
    entry->flags |= ENTRY_PENDING;
}

/* The last holder is kept as such until another is found. */
static void lose_last_holder(struct owner_table *table, struct owner_entry *entry)
{
    entry->word = OWNER_LAST;
    entry->flags = (uint8_t)(entry->flags & ~ENTRY_CHECKED);
    set_pending(table, entry);
}

static void take_first_link(struct owner_table *table, struct owner_entry *entry)
{
    const uint32_t link = entry->more;
    entry->holder = table->links[link].slot;
    entry->more = table->links[link].next;
    table->links[link].next = table->first_free_link;
    table->first_free_link = link;
}

void owner_table_remove_holder(struct owner_table *table, uint32_t index, uint32_t slot)
{
    struct owner_entry *entry = &table->entries[index];

    if (entry->word != OWNER_PROCESS || !has_holder(table, entry, slot))
        return;
    note_moved(table, index);
    if (entry->more == OWNER_NO_INDEX) {
        lose_last_holder(table, entry);
        return;
    }
    table->references[slot]--;
    if (entry->holder == slot) {
        take_first_link(table, entry);
        return;
    }
    for (uint32_t *at = &entry->more; *at != OWNER_NO_INDEX; at = &table->links[*at].next) {
        const uint32_t link = *at;
        if (table->links[link].slot != slot)
            continue;
        *at = table->links[link].next;
        table->links[link].next = table->first_free_link;
        table->first_free_link = link;
        return;
    }
}

uint32_t owner_table_references(const struct owner_table *table, uint32_t slot)
{
    return slot < table->slot_capacity ? table->references[slot] : 0;
}

void owner_table_search_again(struct owner_table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct owner_entry *entry = &table->entries[i];
        if (!(entry->flags & ENTRY_USED) || (entry->flags & ENTRY_RETIRED) ||
            entry->word == OWNER_PROCESS || entry->word == OWNER_LAST)
            continue;
        entry->word = OWNER_UNKNOWN;
        set_pending(table, entry);
    }
}

void owner_table_init(struct owner_table *table)
{
    *table = (struct owner_table){.first_free = OWNER_NO_INDEX, .first_free_link = OWNER_NO_INDEX};
}

void owner_table_done(struct owner_table *table)
{
    hash_index_done(&table->inodes);
    free(table->entries);
    free(table->links);
    free(table->references);
    free(table->moved);
}

size_t owner_table_footprint(const struct owner_table *table)
{
    return table->capacity * sizeof *table->entries +
           table->inodes.room * sizeof *table->inodes.slots +
           table->link_capacity * sizeof *table->links +
           table->moved_capacity * sizeof *table->moved +
           table->slot_capacity * sizeof *table->references;
}
