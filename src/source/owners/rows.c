/* owners_rows: the rows of a frame to entries of the table, and the table's holders back into the
 * rows. Runs over every row of every frame: the steady state is one index copied and one entry read
 * a row. Must not know /proc. */
#include "source/owners/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FETCH_AHEAD    8u   /* rows */
#define CHECKS_MOST    256u /* a frame: where more are hidden, it is not by their end */
#define LISTENERS_MOST 64u  /* of one port that are told of one connection */

static int reserve_rows(struct owners *owners, uint32_t count)
{
    uint32_t *rows = owners->rows_before;
    const uint32_t capacity = owners->row_before_capacity;

    owners->rows_before = owners->rows;
    owners->row_before_capacity = owners->row_capacity;
    owners->rows = rows;
    owners->row_capacity = capacity;
    return owners_reserve((void **)&owners->rows, &owners->row_capacity, count,
                          sizeof *owners->rows);
}

/* The entry of a row, given the one that its row of the frame before had. */
static int follow(struct owners *owners, const struct conn *conn, uint32_t before, uint32_t *entry)
{
    const bool has_inode = (conn->known & KNOWN_INODE) && conn->inode;
    const struct owned_entry *held = before == NO_INDEX ? NULL : &owners->entries[before];

    if (!has_inode) {
        if (held)
            owners_retire(owners, before);
        else if (conn_is_unaccepted(conn))
            owners_note_awaiting(owners, conn);
        *entry = before;
        return 0;
    }
    if (held && held->inode == conn->inode && !(held->flags & ENTRY_RETIRED)) {
        *entry = before;
        return 0;
    }
    return owners_find_or_add(owners, conn->inode, entry);
}

/* Counts an entry of this frame in *seen, once. */
static void mark_seen(struct owners *owners, uint32_t entry, uint32_t *seen)
{
    struct owned_entry *held = &owners->entries[entry];

    *seen += (held->flags & ENTRY_SEEN) != owners->toggle;
    held->flags = (uint8_t)((held->flags & ~ENTRY_SEEN) | owners->toggle);
}

static int take_listeners(struct owners *owners, const struct frame *next,
                          const struct frame *listeners, uint32_t *seen)
{
    const struct listener_list *list = &owners->listeners;
    const int error = owners_list_listeners(owners, next, listeners);

    for (uint32_t i = 0; !error && listeners && i < list->count; i++)
        mark_seen(owners, list->items[i].entry, seen);
    return error;
}

int owners_take_rows(struct owners *owners, const struct frame *previous, const struct frame *next,
                     const struct frame *listeners, const struct diff *diff)
{
    const bool follows = previous && diff && previous->number == owners->row_frame &&
                         previous->live_count == owners->row_count;
    const uint32_t joined = follows ? diff->previous_of_count : 0;
    uint32_t seen = 0;
    int error = reserve_rows(owners, next->live_count);

    owners_forget_awaited(owners);
    owners->toggle ^= ENTRY_SEEN;
    owners->row_count = 0;
    for (uint32_t i = 0; i < next->live_count && !error; i++) {
        const uint32_t at = i < joined ? diff->previous_of[i] : CONN_NO_INDEX;
        const uint32_t before =
            at != CONN_NO_INDEX && at < previous->live_count ? owners->rows_before[at] : NO_INDEX;
        uint32_t entry = NO_INDEX;
        if (i + FETCH_AHEAD < next->live_count)
            __builtin_prefetch(&next->conns[i + FETCH_AHEAD].known);
        error = follow(owners, &next->conns[i], before, &entry);
        owners->rows[i] = entry;
        if (!error && entry != NO_INDEX)
            mark_seen(owners, entry, &seen);
    }
    if (!error)
        error = take_listeners(owners, next, listeners, &seen);
    if (error)
        return error;
    owners->row_count = next->live_count;
    owners->row_frame = next->number;
    if (seen != owners->entry_live)
        owners_sweep(owners);
    return 0;
}

struct put { /* what filling the rows takes along */
    struct owners *owners;
    struct frame *frame;
    bool want_groups;
    uint32_t last_first, last_count; /* of the list of holders written last */
    uint32_t hidden_uids[64], hidden_uid_count;
    uint32_t checks;
    int error;
};

static bool is_older(const struct proc *a, const struct proc *b)
{
    if (a->start_ticks != b->start_ticks)
        return a->start_ticks < b->start_ticks;
    return a->pid < b->pid;
}

/* Appends a slot's process to the list of holders that begins at `first`, once. */
static void add_ref(struct put *put, uint32_t first, uint32_t slot)
{
    struct frame *frame = put->frame;
    const uint32_t proc = put->owners->slot_proc[slot];

    for (uint32_t i = first; i < frame->owner_ref_count; i++) {
        if (frame->owner_refs[i] == proc)
            return;
    }
    if (proc != NO_INDEX && frame_add_owner_ref(frame, proc) < 0)
        put->error = -ENOMEM;
}

/* Neighbours often have the same holders: they share one list. */
static uint32_t share_list(struct put *put, uint32_t first)
{
    struct frame *frame = put->frame;
    const uint32_t count = frame->owner_ref_count - first;

    if (count == put->last_count &&
        memcmp(frame->owner_refs + put->last_first, frame->owner_refs + first,
               count * sizeof(uint32_t)) == 0)
        frame->owner_ref_count = first;
    else {
        put->last_first = first;
        put->last_count = count;
    }
    return put->last_first;
}

/* Writes the holders of some entries as the owners of a row. */
static void put_list(struct put *put, struct conn *conn, const uint32_t *entries, uint32_t count)
{
    struct frame *frame = put->frame;
    uint32_t first = frame->owner_ref_count;

    for (uint32_t i = 0; i < count; i++) {
        const struct owned_entry *entry = &put->owners->entries[entries[i]];
        uint32_t link = entry->more;
        for (uint32_t slot = entry->holder; slot != NO_INDEX;
             slot = owners_next_holder(put->owners, &link))
            add_ref(put, first, slot);
    }
    const uint32_t held = frame->owner_ref_count - first;
    if (held == 0)
        return;
    first = share_list(put, first);
    conn->owners = first;
    conn->owner_count = held > UINT16_MAX ? UINT16_MAX : (uint16_t)held;
    conn->owner = frame->owner_refs[first];
    for (uint32_t i = 1; i < held; i++) {
        const uint32_t proc = frame->owner_refs[first + i];
        if (is_older(&frame->procs[proc], &frame->procs[conn->owner]))
            conn->owner = proc;
    }
}

/* A row whose process has ended since it was read is nobody's. */
static void check_unfound(struct put *put, const struct conn *conn, struct owned_entry *entry)
{
    const struct owner_check *check = &put->owners->check;

    if ((entry->flags & ENTRY_ASKED) || !check->is_open || put->checks == CHECKS_MOST)
        return;
    put->checks++;
    entry->flags |= ENTRY_ASKED;
    if (!check->is_open(check->context, conn))
        entry->word = OWNER_NONE;
}

static void put_entry(struct put *put, struct conn *conn, uint32_t index)
{
    struct owned_entry *entry = &put->owners->entries[index];

    if (entry->word == OWNER_HIDDEN || entry->word == OWNER_UNSEEN)
        check_unfound(put, conn, entry);
    conn->owner_word = entry->word;
    if (entry->holder == NO_INDEX)
        return;
    const uint32_t proc = put->owners->slot_proc[entry->holder];
    if (entry->more == NO_INDEX && proc != NO_INDEX) { /* owner_refs[i] is i */
        conn->owner = conn->owners = proc;
        conn->owner_count = 1;
    } else {
        put_list(put, conn, &index, 1);
    }
    if (entry->word != OWNER_PROCESS)
        return;
    for (uint32_t i = 0; i < conn->owner_count; i++)
        put->frame->procs[put->frame->owner_refs[conn->owners + i]].sockets++;
}

/* No inode and none before: not yet accepted, or let go by its program before we saw it. */
static void put_without_inode(struct put *put, struct conn *conn)
{
    uint32_t entries[LISTENERS_MOST];
    uint32_t count = 0;

    conn->owner_word = OWNER_NONE;
    if (!conn_is_unaccepted(conn))
        return;
    conn->owner_word = OWNER_UNKNOWN; /* its listener is in another network namespace, or closed */
    count = owners_find_listeners(put->owners, conn, entries, LISTENERS_MOST);
    if (count == 0)
        return;
    /* A listener whose own owner is a word hands that word on. */
    const uint8_t word = put->owners->entries[entries[0]].word;
    put_list(put, conn, entries, count);
    conn->owner_word = conn->owner_count || word == OWNER_PROCESS ? OWNER_LISTENER : word;
}

static void count_hidden(struct put *put, const struct conn *conn)
{
    struct missing *missing = &put->frame->missing;

    missing->hidden_rows++;
    if (!(conn->known & KNOWN_UID))
        return;
    for (uint32_t i = 0; i < put->hidden_uid_count; i++) {
        if (put->hidden_uids[i] == conn->uid)
            return;
    }
    if (put->hidden_uid_count < sizeof put->hidden_uids / sizeof put->hidden_uids[0])
        put->hidden_uids[put->hidden_uid_count++] = conn->uid;
}

uint32_t owners_put_group(struct owners *owners, struct frame *next, uint32_t index)
{
    if (index == NO_INDEX)
        return NO_INDEX;
    struct owned_group *known = &owners->groups[index];
    if (known->stamp == owners->stamp)
        return known->frame_index;
    struct group *group = frame_add_group(next);
    if (!group)
        return NO_INDEX;
    group->id = known->id;
    group->path = frame_copy_text(next, known->path);
    group->unit = frame_copy_text(next, known->unit);
    group->container = frame_copy_text(next, known->container);
    known->stamp = owners->stamp;
    known->frame_index = next->group_count - 1;
    return known->frame_index;
}

/* The process's own group where a pid is known; else what the socket's creator was in. */
static void put_group(struct put *put, struct conn *conn)
{
    if (conn->owner != CONN_NO_INDEX) {
        conn->group = put->frame->procs[conn->owner].group;
        if (conn->group != CONN_NO_INDEX) {
            conn->unit_from = UNIT_FROM_PROCESS;
            return;
        }
    }
    if (!(conn->known & KNOWN_CGROUP) || !conn->cgroup_id)
        return;
    const uint32_t group = owners_socket_group(put->owners, conn->cgroup_id, put->frame->mono_ns);
    conn->group = owners_put_group(put->owners, put->frame, group);
    if (conn->group != CONN_NO_INDEX)
        conn->unit_from = UNIT_FROM_SOCKET;
}

/* Rows and entries come from memory: the parts of them that are read and written. */
static void fetch_ahead(const struct owners *owners, const struct frame *next, uint32_t row)
{
    if (row >= next->live_count)
        return;
    __builtin_prefetch(&next->conns[row].known);
    __builtin_prefetch(&next->conns[row].owner_word, 1);
    __builtin_prefetch(&next->conns[row].owner_count, 1);
    __builtin_prefetch(&next->conns[row].owner, 1);
    if (owners->rows[row] != NO_INDEX)
        __builtin_prefetch(&owners->entries[owners->rows[row]]);
}

int owners_put_rows(struct owners *owners, struct frame *next, bool want_groups)
{
    struct put put = {.owners = owners, .frame = next, .want_groups = want_groups};

    for (uint32_t i = 0; i < next->live_count && !put.error; i++) {
        struct conn *conn = &next->conns[i];
        fetch_ahead(owners, next, i + FETCH_AHEAD);
        if (owners->rows[i] != NO_INDEX)
            put_entry(&put, conn, owners->rows[i]);
        else
            put_without_inode(&put, conn);
        if (conn->owner_word == OWNER_HIDDEN)
            count_hidden(&put, conn);
        if (want_groups)
            put_group(&put, conn);
    }
    next->missing.hidden_users = put.hidden_uid_count;
    return put.error;
}
