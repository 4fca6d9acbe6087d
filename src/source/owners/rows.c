/* owner_rows: see rows.h. */
#include "source/owners/rows.h"

#include "base/grow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FETCH_AHEAD    8u          /* rows */
#define CHECKS_MOST    256u        /* per frame: if more are hidden, exits are not the reason */
#define LISTENERS_MOST 64u         /* of one port, listed as holders of one connection */
#define ROW_HELD       0x80000000u /* flag in an entry's index: the row's holders are up to date */

/* The row is a copy of one with holders, or its holders were set for this frame. */
static bool is_held(uint32_t entry)
{
    return entry != OWNER_NO_INDEX && (entry & ROW_HELD);
}

static uint32_t entry_of(uint32_t entry)
{
    return entry == OWNER_NO_INDEX ? OWNER_NO_INDEX : entry & ~ROW_HELD;
}

static int reserve_rows(struct owner_rows *rows, uint32_t count)
{
    uint32_t *entries = rows->entries_before;
    const uint32_t capacity = rows->capacity_before;

    rows->entries_before = rows->entries;
    rows->capacity_before = rows->capacity;
    rows->entries = entries;
    rows->capacity = capacity;
    return GROW(rows->entries, rows->capacity, count);
}

/* The entry of a row, from that of its row in the last frame. */
static int follow(struct owner_rows *rows, const struct conn *conn, uint32_t before,
                  uint32_t *entry)
{
    const bool has_inode = (conn->known & KNOWN_INODE) && conn->inode;
    const struct owner_entry *held =
        before == OWNER_NO_INDEX ? NULL : &rows->table->entries[before];

    if (!has_inode) {
        if (held)
            owner_table_retire(rows->table, before);
        else if (conn_is_unaccepted(conn))
            accept_queues_note(&rows->queues, conn);
        *entry = before;
        return 0;
    }
    if (held && held->inode == conn->inode && !(held->flags & ENTRY_RETIRED)) {
        *entry = before;
        return 0;
    }
    return owner_table_find_or_add(rows->table, conn->inode, entry);
}

/* Lists the listeners of waiting connections. Those in a separate frame get entries in the
 * table. */
static int list_listeners(struct owner_rows *rows, const struct frame *frame, bool is_next,
                          uint32_t *seen)
{
    int error = 0;

    for (uint32_t i = 0; i < frame->live_count && !error; i++) {
        const struct conn *conn = &frame->conns[i];
        uint32_t entry = is_next ? entry_of(rows->entries[i]) : OWNER_NO_INDEX;
        if (conn->state != STATE_LISTEN || !accept_queues_has_port(&rows->queues, conn))
            continue;
        if (!is_next && conn->inode)
            error = owner_table_find_or_add(rows->table, conn->inode, &entry);
        if (error || entry == OWNER_NO_INDEX)
            continue;
        *seen += owner_table_mark_seen(rows->table, entry);
        error = accept_queues_add(&rows->queues, conn, entry);
    }
    accept_queues_sort(&rows->queues);
    return error;
}

static int take_rows(struct owner_rows *rows, const struct frame *next, const struct diff *diff,
                     uint32_t joined, uint32_t *seen)
{
    int error = 0;

    for (uint32_t i = 0; i < next->live_count && !error; i++) {
        const uint32_t origin = joined ? diff_origin(diff, i) : CONN_NO_INDEX;
        if (origin < rows->count && is_held(rows->entries_before[origin])) {
            rows->entries[i] = rows->entries_before[origin];
            *seen += owner_table_mark_seen(rows->table, entry_of(rows->entries[i]));
            continue;
        }
        const uint32_t at = i < joined ? diff->previous_of[i] : CONN_NO_INDEX;
        const uint32_t before =
            at < rows->count ? entry_of(rows->entries_before[at]) : OWNER_NO_INDEX;
        uint32_t entry = OWNER_NO_INDEX;
        if (i + FETCH_AHEAD < next->live_count)
            __builtin_prefetch(&next->conns[i + FETCH_AHEAD].known);
        error = follow(rows, &next->conns[i], before, &entry);
        rows->entries[i] = entry;
        if (!error && entry != OWNER_NO_INDEX)
            *seen += owner_table_mark_seen(rows->table, entry);
    }
    return error;
}

int owner_rows_take(struct owner_rows *rows, const struct frame *previous, const struct frame *next,
                    const struct frame *listeners, const struct diff *diff)
{
    const bool follows =
        previous && diff && previous->number == rows->frame && previous->live_count == rows->count;
    const uint32_t joined = follows ? diff->previous_of_count : 0;
    uint32_t seen = 0;
    rows->follows = follows;
    int error = reserve_rows(rows, next->live_count);

    accept_queues_clear(&rows->queues);
    owner_table_begin_frame(rows->table);
    if (!error && !rows->table->count)
        error = owner_table_reserve(rows->table, next->live_count);
    if (!error)
        error = take_rows(rows, next, diff, joined, &seen);
    rows->count = 0;
    if (!error && rows->queues.any)
        error = list_listeners(rows, listeners ? listeners : next, !listeners, &seen);
    if (error)
        return error;
    rows->count = next->live_count;
    rows->frame = next->number;
    if (seen != rows->table->live)
        owner_table_sweep(rows->table);
    return 0;
}

struct put { /* the state of filling the rows */
    const struct owner_rows *rows;
    const struct owner_rows_put *what;
    const uint32_t *slot_proc;
    struct frame *frame;
    uint32_t last_first, last_count; /* of the last list of holders written */
    uint32_t hidden_uids[64], hidden_uid_count;
    uint32_t checks;
    int error;
};

/* systemd, of the system or of a user, keeps sockets that it passes to services. */
static bool is_systemd(const struct proc *proc)
{
    return strcmp(proc->comm, "systemd") == 0;
}

/* The order of display: the oldest process that uses the socket itself comes first. */
static bool comes_before(const struct proc *a, const struct proc *b)
{
    if (is_systemd(a) != is_systemd(b))
        return is_systemd(b);
    if (a->start_ticks != b->start_ticks)
        return a->start_ticks < b->start_ticks;
    return a->pid < b->pid;
}

/* Appends a slot's process to the list of holders that begins at `first`, once. */
static void add_ref(struct put *put, uint32_t first, uint32_t slot)
{
    struct frame *frame = put->frame;
    const uint32_t proc = put->slot_proc[slot];

    for (uint32_t i = first; i < frame->owner_ref_count; i++) {
        if (frame->owner_refs[i] == proc)
            return;
    }
    if (proc != OWNER_NO_INDEX && frame_add_owner_ref(frame, proc) < 0)
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
        const struct owner_entry *entry = &put->rows->table->entries[entries[i]];
        uint32_t link = entry->more;
        for (uint32_t slot = entry->holder; slot != OWNER_NO_INDEX;
             slot = owner_table_next(put->rows->table, &link))
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
        if (comes_before(&frame->procs[proc], &frame->procs[conn->owner]))
            conn->owner = proc;
    }
}

/* True: it was closed since the row was read. */
static bool is_closed_since(struct put *put, const struct conn *conn)
{
    const struct owner_check *check = &put->rows->check;

    return check->is_open && put->checks++ < CHECKS_MOST && !check->is_open(check->context, conn);
}

/* Checks whether a row without a holder lost its process since it was read. */
static void check_unfound(struct put *put, const struct conn *conn, struct owner_entry *entry)
{
    if ((entry->flags & ENTRY_CHECKED) || put->checks >= CHECKS_MOST)
        return;
    entry->flags |= ENTRY_CHECKED;
    if (is_closed_since(put, conn))
        entry->word = OWNER_NONE;
}

/* The row is as of the dump: a socket that was closed after it was held then. One that is still open
 * is being passed from one process to another. */
static bool was_held_when_read(struct put *put, const struct conn *conn, struct owner_entry *entry)
{
    if (entry->word != OWNER_LAST || (entry->flags & (ENTRY_RETIRED | ENTRY_CHECKED)) ||
        put->checks >= CHECKS_MOST)
        return false;
    const bool is_closed = is_closed_since(put, conn);
    if (!is_closed)
        entry->flags |= ENTRY_CHECKED;
    return is_closed;
}

static void put_entry(struct put *put, struct conn *conn, uint32_t index)
{
    struct owner_entry *entry = &put->rows->table->entries[index];

    if (entry->word == OWNER_HIDDEN || entry->word == OWNER_UNSEEN)
        check_unfound(put, conn, entry);
    conn->owner_word = was_held_when_read(put, conn, entry) ? (uint8_t)OWNER_PROCESS : entry->word;
    if (entry->holder == OWNER_NO_INDEX)
        return;
    const uint32_t proc = put->slot_proc[entry->holder];
    if (entry->more == OWNER_NO_INDEX && proc != OWNER_NO_INDEX) { /* owner_refs[i] is i */
        conn->owner = conn->owners = proc;
        conn->owner_count = 1;
    } else {
        put_list(put, conn, &index, 1);
    }
    if (conn->owner_word != OWNER_PROCESS)
        return;
    for (uint32_t i = 0; i < conn->owner_count; i++)
        put->frame->procs[put->frame->owner_refs[conn->owners + i]].sockets++;
}

/* No inode now or before: not yet accepted, or closed by its program before we saw it. */
static void put_without_inode(struct put *put, struct conn *conn)
{
    uint32_t entries[LISTENERS_MOST];
    uint32_t count = 0;

    conn->owner_word = OWNER_NONE;
    if (!conn_is_unaccepted(conn))
        return;
    conn->owner_word = OWNER_UNKNOWN; /* its listener is in another network namespace, or closed */
    count = accept_queues_find(&put->rows->queues, conn, entries, LISTENERS_MOST);
    if (count == 0)
        return;
    /* If the listener has an owner word, the connection gets the same. */
    const uint8_t word = put->rows->table->entries[entries[0]].word;
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

/* Process 1 holds listeners for services that it activates. */
static bool put_activation(struct put *put, struct conn *conn)
{
    const struct proc *owner =
        conn->owner != CONN_NO_INDEX ? &put->frame->procs[conn->owner] : NULL;

    if (conn->state != STATE_LISTEN || conn->owner_word != OWNER_PROCESS || !owner ||
        owner->pid != 1 || !is_systemd(owner))
        return false;
    const uint32_t group =
        owner_groups_of_activation(put->rows->groups, &conn->tuple, put->frame->mono_ns);
    conn->group = owner_groups_put(put->rows->groups, put->frame, group);
    if (conn->group != CONN_NO_INDEX)
        conn->unit_from = UNIT_FROM_ACTIVATION;
    return conn->group != CONN_NO_INDEX;
}

/* The process's group if the pid is known; else that of the socket's creator. */
static void put_group(struct put *put, struct conn *conn)
{
    if (put_activation(put, conn))
        return;
    if (conn->owner != CONN_NO_INDEX) {
        conn->group = put->frame->procs[conn->owner].group;
        if (conn->group != CONN_NO_INDEX) {
            conn->unit_from = UNIT_FROM_PROCESS;
            return;
        }
    }
    if (!(conn->known & KNOWN_CGROUP) || !conn->cgroup_id)
        return;
    const uint32_t group =
        owner_groups_of_socket(put->rows->groups, conn->cgroup_id, put->frame->mono_ns);
    conn->group = owner_groups_put(put->rows->groups, put->frame, group);
    if (conn->group != CONN_NO_INDEX)
        conn->unit_from = UNIT_FROM_SOCKET;
}

/* Prefetches the parts of rows and entries that are read and written. */
static void fetch_ahead(const struct owner_rows *rows, const struct frame *next, uint32_t row)
{
    const uint32_t entry = entry_of(rows->entries[row]);

    __builtin_prefetch(&next->conns[row].known);
    __builtin_prefetch(&next->conns[row].owner_word, 1);
    __builtin_prefetch(&next->conns[row].owner_count, 1);
    __builtin_prefetch(&next->conns[row].owner, 1);
    if (entry != OWNER_NO_INDEX)
        __builtin_prefetch(&rows->table->entries[entry]);
}

/* True if the row can stay unchanged: a copy with holders from an entry that did not change. */
static bool is_kept(const struct put *put, uint32_t row)
{
    const uint32_t entry = put->rows->entries[row];

    return put->what->previous && is_held(entry) &&
           !owner_table_has_moved(put->rows->table, entry_of(entry));
}

/* Counts of sockets start from those of the last frame: subtracts a row that is gone or changed. */
static void uncount(struct put *put, uint32_t previous)
{
    const struct frame *frame = put->what->previous;
    const struct conn *conn = frame && previous != CONN_NO_INDEX ? &frame->conns[previous] : NULL;

    if (!conn || conn->owner_word != OWNER_PROCESS)
        return;
    for (uint32_t i = 0; i < conn->owner_count; i++)
        put->frame->procs[frame->owner_refs[conn->owners + i]].sockets--;
}

static void begin_counts(struct put *put)
{
    const struct owner_rows_put *what = put->what;

    if (!what->previous)
        return;
    for (uint32_t i = 0; i < put->frame->proc_count; i++)
        put->frame->procs[i].sockets = what->previous->procs[i].sockets;
    for (uint32_t i = 0; i < what->diff->change_count; i++)
        if (what->diff->changes[i].kind == CHANGE_CLOSED)
            uncount(put, what->diff->changes[i].previous);
}

/* Keeps the lists of holders that rows share with those of the last frame. */
static void keep_lists(struct put *put)
{
    const struct frame *previous = put->what->previous;

    for (uint32_t i = put->frame->owner_ref_count; previous && i < put->rows->refs; i++)
        if (frame_add_owner_ref(put->frame, previous->owner_refs[i]))
            put->error = -ENOMEM;
}

static void forget_holders(struct conn *conn)
{
    conn->owner = conn->owners = conn->group = CONN_NO_INDEX;
    conn->owner_count = 0;
    conn->owner_word = OWNER_UNKNOWN;
    conn->unit_from = UNIT_FROM_NOTHING;
}

static void put_row(struct put *put, uint32_t row)
{
    const struct diff *diff = put->what->diff;
    struct conn *conn = &put->frame->conns[row];
    uint32_t *at = &put->rows->entries[row];
    const uint32_t entry = entry_of(*at);

    if (put->what->previous && row < diff->previous_of_count)
        uncount(put, diff->previous_of[row]);
    if (diff && diff_calm(diff, row))
        diff->copies.calm[row] = 0;
    forget_holders(conn);
    if (entry != OWNER_NO_INDEX)
        put_entry(put, conn, entry);
    else
        put_without_inode(put, conn);
    if (conn->owner_word == OWNER_HIDDEN)
        count_hidden(put, conn);
    if (put->what->want_groups)
        put_group(put, conn);
    const bool holds = conn->owner_word == OWNER_PROCESS && conn->owner_count &&
                       entry != OWNER_NO_INDEX &&
                       put->rows->table->entries[entry].word == OWNER_PROCESS &&
                       (!put->what->want_groups || conn->group != CONN_NO_INDEX);
    *at = holds ? entry | ROW_HELD : entry;
}

int owner_rows_put(struct owner_rows *rows, const struct owner_rows_put *what)
{
    struct frame *next = what->next;
    struct put put = {.rows = rows, .what = what, .slot_proc = what->slot_proc, .frame = next};

    begin_counts(&put);
    keep_lists(&put);
    for (uint32_t i = 0; i < next->live_count && !put.error; i++) {
        const uint32_t ahead = i + FETCH_AHEAD;
        if (ahead < next->live_count && !is_kept(&put, ahead))
            fetch_ahead(rows, next, ahead);
        if (!is_kept(&put, i))
            put_row(&put, i);
    }
    next->missing.hidden_users = put.hidden_uid_count;
    rows->refs = next->owner_ref_count;
    rows->had_groups = what->want_groups;
    owner_table_rest(rows->table);
    return put.error;
}

bool owner_rows_may_keep(const struct owner_rows *rows, const struct frame *next, bool want_groups)
{
    return next->all_ns && rows->follows && rows->had_groups == want_groups;
}

void owner_rows_init(struct owner_rows *rows, struct owner_table *table,
                     struct owner_groups *groups)
{
    *rows = (struct owner_rows){.table = table, .groups = groups};
}

size_t owner_rows_footprint(const struct owner_rows *rows)
{
    return ((size_t)rows->capacity + rows->capacity_before) * sizeof *rows->entries;
}

void owner_rows_done(struct owner_rows *rows)
{
    accept_queues_done(&rows->queues);
    free(rows->entries);
    free(rows->entries_before);
}
