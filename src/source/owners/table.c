/* owners_table: which process slots hold which socket inode. Plain data; must not know /proc, nor
 * frames. An entry costs 16 bytes and 5 to 11 in the map; a process that holds it, 8. */
#include "source/owners/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAP_BITS_LEAST 6u

int owners_reserve(void **array, uint32_t *capacity, uint32_t count, size_t size)
{
    if (count <= *capacity)
        return 0;
    const uint64_t grown = (uint64_t)*capacity + *capacity / 4 + 16;
    const uint64_t wanted = grown > count ? grown : count;
    if (wanted >= NO_INDEX)
        return -ENOMEM;
    void *larger = realloc(*array, (size_t)wanted * size);
    if (!larger)
        return -ENOMEM;
    *array = larger;
    *capacity = (uint32_t)wanted;
    return 0;
}

static uint32_t map_home(const struct owners *owners, uint32_t inode)
{
    return (inode * 2654435769u) >> (32u - owners->inode_map_bits); /* Knuth: 2^32 / phi */
}

static uint32_t map_mask(const struct owners *owners)
{
    return (1u << owners->inode_map_bits) - 1u;
}

static void map_put(struct owners *owners, uint32_t entry)
{
    uint32_t at = map_home(owners, owners->entries[entry].inode);
    while (owners->inode_map[at])
        at = (at + 1) & map_mask(owners);
    owners->inode_map[at] = entry + 1;
}

static int map_reserve(struct owners *owners)
{
    if (owners->inode_map &&
        (uint64_t)(owners->inode_map_used + 1) * 4 <= (UINT64_C(3) << owners->inode_map_bits))
        return 0;
    const uint32_t bits = owners->inode_map ? owners->inode_map_bits + 1 : MAP_BITS_LEAST;
    uint32_t *map = bits < 32 ? calloc((size_t)1 << bits, sizeof *map) : NULL;
    if (!map)
        return -ENOMEM;
    free(owners->inode_map);
    owners->inode_map = map;
    owners->inode_map_bits = bits;
    for (uint32_t i = 0; i < owners->entry_count; i++) {
        const uint8_t flags = owners->entries[i].flags;
        if ((flags & ENTRY_USED) && !(flags & ENTRY_RETIRED))
            map_put(owners, i);
    }
    return 0;
}

/* Where the map has the inode; NO_INDEX where it has not. */
static uint32_t map_find(const struct owners *owners, uint32_t inode)
{
    if (!owners->inode_map)
        return NO_INDEX;
    uint32_t at = map_home(owners, inode);
    while (owners->inode_map[at]) {
        if (owners->entries[owners->inode_map[at] - 1].inode == inode)
            return at;
        at = (at + 1) & map_mask(owners);
    }
    return NO_INDEX;
}

uint32_t owners_find_inode(const struct owners *owners, uint32_t inode)
{
    const uint32_t at = map_find(owners, inode);
    return at == NO_INDEX ? NO_INDEX : owners->inode_map[at] - 1;
}

/* Linear probing without tombstones: what follows moves up. */
static void map_remove(struct owners *owners, uint32_t inode)
{
    uint32_t hole = map_find(owners, inode);
    if (hole == NO_INDEX)
        return;
    const uint32_t mask = map_mask(owners);
    for (uint32_t at = (hole + 1) & mask; owners->inode_map[at]; at = (at + 1) & mask) {
        const uint32_t home = map_home(owners, owners->entries[owners->inode_map[at] - 1].inode);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue; /* it lies between hole and at: stays */
        owners->inode_map[hole] = owners->inode_map[at];
        hole = at;
    }
    owners->inode_map[hole] = 0;
    owners->inode_map_used--;
}

static int take_entry(struct owners *owners, uint32_t *entry)
{
    if (owners->entry_free != NO_INDEX) {
        *entry = owners->entry_free;
        owners->entry_free = owners->entries[*entry].more;
        return 0;
    }
    const int error = owners_reserve((void **)&owners->entries, &owners->entry_capacity,
                                     owners->entry_count + 1, sizeof *owners->entries);
    if (error)
        return error;
    *entry = owners->entry_count++;
    return 0;
}

int owners_find_or_add(struct owners *owners, uint32_t inode, uint32_t *entry)
{
    uint32_t found = owners_find_inode(owners, inode);
    if (found == NO_INDEX) {
        int error = map_reserve(owners);
        if (!error)
            error = take_entry(owners, &found);
        if (error)
            return error;
        /* The opposite of seen, so that whoever marks it counts it. */
        const uint8_t unseen = owners->toggle ? 0 : ENTRY_SEEN;
        owners->entries[found] =
            (struct owned_entry){.inode = inode,
                                 .holder = NO_INDEX,
                                 .more = NO_INDEX,
                                 .word = OWNER_UNKNOWN,
                                 .flags = (uint8_t)(ENTRY_USED | ENTRY_PENDING | unseen),
                                 .epoch = owners->epoch};
        owners->inode_map_used++;
        owners->entry_live++;
        owners->pending++;
        map_put(owners, found);
    }
    *entry = found;
    return 0;
}

static void settle(struct owners *owners, struct owned_entry *entry)
{
    if (entry->flags & ENTRY_PENDING)
        owners->pending--;
    entry->flags = (uint8_t)(entry->flags & ~(ENTRY_PENDING | ENTRY_MISSED));
}

void owners_retire(struct owners *owners, uint32_t index)
{
    struct owned_entry *entry = &owners->entries[index];
    if (entry->flags & ENTRY_RETIRED)
        return;
    map_remove(owners, entry->inode);
    entry->flags |= ENTRY_RETIRED;
    entry->word = entry->holder == NO_INDEX ? OWNER_NONE : OWNER_LAST;
    settle(owners, entry);
}

static void drop_holders(struct owners *owners, struct owned_entry *entry)
{
    if (entry->holder != NO_INDEX)
        owners->slots[entry->holder].references--;
    while (entry->more != NO_INDEX) {
        struct holder_link *link = &owners->links[entry->more];
        const uint32_t next = link->next;
        owners->slots[link->slot].references--;
        link->next = owners->link_free;
        owners->link_free = entry->more;
        entry->more = next;
    }
    entry->holder = NO_INDEX;
}

void owners_sweep(struct owners *owners)
{
    for (uint32_t i = 0; i < owners->entry_count; i++) {
        struct owned_entry *entry = &owners->entries[i];
        if (!(entry->flags & ENTRY_USED) || (entry->flags & ENTRY_SEEN) == owners->toggle)
            continue;
        if (!(entry->flags & ENTRY_RETIRED))
            map_remove(owners, entry->inode);
        settle(owners, entry);
        drop_holders(owners, entry);
        *entry = (struct owned_entry){.more = owners->entry_free};
        owners->entry_free = i;
        owners->entry_live--;
    }
}

static bool has_holder(const struct owners *owners, const struct owned_entry *entry, uint32_t slot)
{
    uint32_t link = entry->more;
    for (uint32_t held = entry->holder; held != NO_INDEX;
         held = owners_next_holder(owners, &link)) {
        if (held == slot)
            return true;
    }
    return false;
}

static int add_link(struct owners *owners, struct owned_entry *entry, uint32_t slot)
{
    uint32_t link = owners->link_free;
    if (link != NO_INDEX) {
        owners->link_free = owners->links[link].next;
    } else {
        const int error = owners_reserve((void **)&owners->links, &owners->link_capacity,
                                         owners->link_count + 1, sizeof *owners->links);
        if (error)
            return error;
        link = owners->link_count++;
    }
    owners->links[link] = (struct holder_link){slot, entry->more};
    entry->more = link;
    return 0;
}

int owners_add_holder(struct owners *owners, uint32_t index, uint32_t slot)
{
    struct owned_entry *entry = &owners->entries[index];

    if (entry->word == OWNER_LAST)
        drop_holders(owners, entry); /* it has a present one again */
    if (has_holder(owners, entry, slot))
        return 0;
    if (entry->holder == NO_INDEX) {
        entry->holder = slot;
    } else {
        const int error = add_link(owners, entry, slot);
        if (error)
            return error;
    }
    entry->word = OWNER_PROCESS;
    owners->slots[slot].references++;
    settle(owners, entry);
    return 0;
}

/* The last holder stays as the one that held it last, until another is found. */
static void lose_last_holder(struct owners *owners, struct owned_entry *entry)
{
    entry->word = OWNER_LAST;
    entry->epoch = owners->epoch;
    if (!(entry->flags & ENTRY_PENDING))
        owners->pending++;
    entry->flags |= ENTRY_PENDING;
}

static void take_first_link(struct owners *owners, struct owned_entry *entry)
{
    const uint32_t link = entry->more;
    entry->holder = owners->links[link].slot;
    entry->more = owners->links[link].next;
    owners->links[link].next = owners->link_free;
    owners->link_free = link;
}

void owners_remove_holder(struct owners *owners, uint32_t index, uint32_t slot)
{
    struct owned_entry *entry = &owners->entries[index];

    if (entry->word != OWNER_PROCESS || !has_holder(owners, entry, slot))
        return;
    if (entry->more == NO_INDEX) {
        lose_last_holder(owners, entry);
        return;
    }
    owners->slots[slot].references--;
    if (entry->holder == slot) {
        take_first_link(owners, entry);
        return;
    }
    for (uint32_t *at = &entry->more; *at != NO_INDEX; at = &owners->links[*at].next) {
        const uint32_t link = *at;
        if (owners->links[link].slot != slot)
            continue;
        *at = owners->links[link].next;
        owners->links[link].next = owners->link_free;
        owners->link_free = link;
        return;
    }
}

void owners_table_done(struct owners *owners)
{
    free(owners->entries);
    free(owners->inode_map);
    free(owners->links);
    free(owners->rows);
    free(owners->rows_before);
}

void owners_tell_figures(const struct owners *owners, struct owners_figures *figures)
{
    *figures = owners->figures;
    figures->entries = owners->entry_live;
    figures->slots = owners->roster_count;
    figures->footprint =
        sizeof *owners + owners->entry_capacity * sizeof *owners->entries +
        (owners->inode_map ? sizeof(uint32_t) << owners->inode_map_bits : 0) +
        owners->link_capacity * sizeof *owners->links +
        ((size_t)owners->row_capacity + owners->row_before_capacity) * sizeof(uint32_t) +
        owners->slot_capacity * (sizeof *owners->slots + sizeof(uint32_t)) +
        owners->found_capacity * sizeof *owners->found;
    for (uint32_t i = 0; i < owners->slot_count; i++)
        figures->footprint += owners->slots[i].fd_capacity * sizeof(struct known_fd);
}
