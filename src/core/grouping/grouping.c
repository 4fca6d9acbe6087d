/* grouping: rows gathered by process, listener or peer. Knows no screen; the time is the picture's.
 */
#include "core/grouping/count.h"
#include "core/grouping/holders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PORT_COUNT 65536u
#define FLOW_ALONE 64u /* bytes a second for which a flow without rows is shown */

void grouping_init(struct grouping *grouping)
{
    *grouping = (struct grouping){0};
}

void grouping_done(struct grouping *grouping)
{
    free(grouping->rows);
    free(grouping->slots);
    free(grouping->port_first);
    free(grouping->port_next);
    free(grouping->holders);
    grouping_init(grouping);
}

static uint64_t mix(uint64_t value) /* the finalizer of splitmix64: neighbours end far apart */
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return (value ^ (value >> 31)) | 1u; /* 0 is no key */
}

static uint64_t hash_bytes(const uint8_t *bytes, size_t length, uint64_t seed)
{
    uint64_t hash = seed;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return mix(hash);
}

uint64_t grouping_process_key(const struct proc *proc)
{
    return mix((uint64_t)(uint32_t)proc->pid << 32 ^ proc->start_ticks ^
               (uint64_t)GROUPING_PROCESSES);
}

/* The same in every frame, whatever place the group has in this one's array. */
static uint64_t group_key(const struct group *group)
{
    if (!group)
        return 0;
    return group->id ? mix(group->id)
                     : hash_bytes((const uint8_t *)group->path, strlen(group->path), 0);
}

/* Rows without a process gather by what is known instead: the word, the user, the unit. */
static uint64_t ownerless_key(const struct frame *frame, const struct conn *conn)
{
    const uint64_t uid = conn->known & KNOWN_UID ? conn->uid : UINT32_MAX;
    return mix(((uint64_t)conn->owner_word << 56) ^ (uid << 20) ^
               group_key(frame_group(frame, conn)) ^ 0x9e3779b97f4a7c15u);
}

uint64_t grouping_listener_key(const struct conn *conn)
{
    const struct tuple *tuple = &conn->tuple;
    const uint64_t seed =
        ((uint64_t)tuple->scope << 32) ^ ((uint64_t)tuple->local_port << 8) ^ tuple->family;
    return hash_bytes(tuple->local.bytes, sizeof tuple->local.bytes, seed ^ conn->netns);
}

static uint64_t peer_key(const struct conn *conn)
{
    return hash_bytes(conn->tuple.remote.bytes, sizeof conn->tuple.remote.bytes,
                      conn->tuple.family);
}

static int slots_make_room(struct grouping *grouping, uint32_t rows)
{
    uint32_t wanted = 64;

    while (wanted < rows * 2)
        wanted *= 2;
    if (wanted > grouping->slot_count) {
        uint32_t *slots = realloc(grouping->slots, wanted * sizeof *slots);
        if (!slots)
            return -ENOMEM;
        grouping->slots = slots;
        grouping->slot_count = wanted;
    }
    memset(grouping->slots, 0, grouping->slot_count * sizeof *grouping->slots);
    return 0;
}

static uint32_t *find_slot(const struct grouping *grouping, const struct grouping_row *rows,
                           uint64_t key)
{
    const uint32_t mask = grouping->slot_count - 1;
    uint32_t at = (uint32_t)key & mask;

    while (grouping->slots[at] && rows[grouping->slots[at] - 1].key != key)
        at = (at + 1) & mask;
    return &grouping->slots[at];
}

static int rehash(struct grouping *grouping)
{
    const int error = slots_make_room(grouping, grouping->count * 2);

    if (error)
        return error;
    for (uint32_t i = 0; i < grouping->count; i++)
        *find_slot(grouping, grouping->rows, grouping->rows[i].key) = i + 1;
    return 0;
}

/* The row of this key, made if there is none; NULL when out of memory. */
static struct grouping_row *row_for_key(struct grouping *grouping, uint64_t key, bool *made)
{
    if (grouping->count * 2 >= grouping->slot_count && rehash(grouping))
        return NULL;
    uint32_t *slot = find_slot(grouping, grouping->rows, key);
    *made = *slot == 0;
    if (*slot)
        return &grouping->rows[*slot - 1];
    if (grouping->count == grouping->capacity) {
        const uint32_t capacity = grouping->capacity ? grouping->capacity * 2 : 256;
        struct grouping_row *rows = realloc(grouping->rows, capacity * sizeof *rows);
        if (!rows)
            return NULL;
        grouping->rows = rows;
        grouping->capacity = capacity;
    }
    *slot = ++grouping->count;
    struct grouping_row *row = &grouping->rows[grouping->count - 1];
    *row = (struct grouping_row){.key = key, .proc = CONN_NO_INDEX, .conn = CONN_NO_INDEX};
    return row;
}

static struct grouping_row *row_of_conn(struct grouping *grouping, uint64_t key,
                                        uint32_t conn_index, const struct conn *conn)
{
    bool made;
    struct grouping_row *row = row_for_key(grouping, key, &made);

    if (row && made) {
        row->conn = conn_index;
        row->owner_word = conn->owner_word;
        row->proc = conn->owner;
    }
    return row;
}

/* A socket that several processes hold belongs to each of them. */
static int gather_process(struct grouping *grouping, const struct column_context *context,
                          uint32_t index)
{
    const struct frame *frame = context->frame;
    const struct conn *conn = &frame->conns[index];
    const struct proc *owner = frame_owner(frame, conn);

    if (!owner) {
        struct grouping_row *row = row_of_conn(grouping, ownerless_key(frame, conn), index, conn);
        if (!row)
            return -ENOMEM;
        grouping_count_row(row, context, conn);
        grouping_count_age(row, conn);
        return 0;
    }
    const uint32_t holders = conn->owner_count > 0 ? conn->owner_count : 1;
    for (uint32_t i = 0; i < holders; i++) {
        const struct proc *holder = conn->owner_count > 0 ? frame_holder(frame, conn, i) : owner;
        if (!holder)
            continue;
        struct grouping_row *row = row_of_conn(grouping, grouping_process_key(holder), index, conn);
        if (!row)
            return -ENOMEM;
        row->proc = (uint32_t)(holder - frame->procs);
        row->owner_word = OWNER_PROCESS;
        grouping_count_row(row, context, conn);
        grouping_count_age(row, conn);
    }
    return 0;
}

static bool takes(const struct conn *listener, const struct conn *conn)
{
    const struct tuple *a = &listener->tuple, *b = &conn->tuple;

    if (listener->netns != conn->netns || a->local_port != b->local_port)
        return false;
    if (addr_is_zero(&a->local)) /* [::] takes IPv4 as well, as v4-mapped IPv6 rows */
        return a->family == b->family ||
               (a->family == FAMILY_INET6 && addr_is_mapped(&b->local, b->family));
    return a->family == b->family && memcmp(&a->local, &b->local, sizeof a->local) == 0;
}

static int port_table_make(struct grouping *grouping)
{
    if (!grouping->port_first)
        grouping->port_first = calloc(PORT_COUNT, sizeof *grouping->port_first);
    else
        memset(grouping->port_first, 0, PORT_COUNT * sizeof *grouping->port_first);
    if (!grouping->port_first)
        return -ENOMEM;
    if (grouping->count > grouping->port_next_capacity || !grouping->port_next) {
        uint32_t *next = realloc(grouping->port_next, (grouping->count + 1) * sizeof *next);
        if (!next)
            return -ENOMEM;
        grouping->port_next = next;
        grouping->port_next_capacity = grouping->count + 1;
    }
    return 0;
}

static void link_listener(struct grouping *grouping, const struct frame *frame, uint32_t row)
{
    const uint16_t port = frame->conns[grouping->rows[row].conn].tuple.local_port;

    grouping->port_next[row] = grouping->port_first[port];
    grouping->port_first[port] = row + 1;
}

static struct grouping_row *find_listener(const struct grouping *grouping,
                                          const struct frame *frame, const struct conn *conn)
{
    struct grouping_row *wildcard = NULL;
    uint32_t at = grouping->port_first[conn->tuple.local_port];

    for (; at; at = grouping->port_next[at - 1]) {
        struct grouping_row *row = &grouping->rows[at - 1];
        const struct conn *listener = &frame->conns[row->conn];
        if (!takes(listener, conn))
            continue;
        if (!addr_is_zero(&listener->tuple.local))
            return row;
        wildcard = row;
    }
    return wildcard;
}

static void count_listener(struct grouping_row *row, const struct conn *conn)
{
    row->sockets++;
    row->listening++;
    if (conn->known & KNOWN_QUEUES) {
        row->queue += conn->receive_queue;
        if (!(conn->known & KNOWN_NO_BACKLOG))
            row->backlog += conn->send_queue;
        row->has_backlog = row->backlog > 0;
    }
    if (conn->full_since_ns > row->full_since_ns) {
        row->full_since_ns = conn->full_since_ns;
        row->full_seen = (conn->known & KNOWN_FULL_BEGAN) != 0;
    }
    if (conn->known & KNOWN_DROPS) {
        row->drops += conn->drops;
        row->has_drops = true;
    }
    grouping_count_age(row, conn);
}

/* Full together, since the last of its sockets filled. */
static void settle_full(struct grouping *grouping)
{
    for (uint32_t i = 0; i < grouping->count; i++) {
        struct grouping_row *row = &grouping->rows[i];
        row->full = row->has_backlog && row->queue >= row->backlog;
        if (!row->full)
            row->full_since_ns = 0;
    }
}

static int gather_listeners(struct grouping *grouping, const struct column_context *context,
                            view_accept accept, const void *accept_data)
{
    const struct frame *frame = context->frame;

    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (conn->state != STATE_LISTEN || (accept && !accept(accept_data, context, conn)))
            continue;
        struct grouping_row *row = row_of_conn(grouping, grouping_listener_key(conn), i, conn);
        if (!row || grouping_add_holders(grouping, row, frame, conn) != 0)
            return -ENOMEM;
        count_listener(row, conn);
        row->changed |= grouping_is_recent(conn->changed_ns, context) && conn->mark != MARK_NONE;
    }
    grouping_count_holders(grouping);
    const int error = port_table_make(grouping);
    if (error)
        return error;
    for (uint32_t i = 0; i < grouping->count; i++)
        link_listener(grouping, frame, i);
    for (uint32_t i = 0; i < frame->conn_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (conn->state == STATE_LISTEN || conn->state == STATE_CLOSED)
            continue;
        struct grouping_row *row = find_listener(grouping, frame, conn);
        if (row)
            grouping_count_row(row, context, conn);
    }
    settle_full(grouping);
    return 0;
}

/* Ports we listen on: a connection to one of them was opened by the peer. */
static int mark_listening_ports(struct grouping *grouping, const struct frame *frame)
{
    const int error = port_table_make(grouping);

    if (error)
        return error;
    for (uint32_t i = 0; i < frame->live_count; i++)
        if (frame->conns[i].state == STATE_LISTEN)
            grouping->port_first[frame->conns[i].tuple.local_port] = 1;
    return 0;
}

static int gather_peer(struct grouping *grouping, const struct column_context *context,
                       uint32_t index)
{
    const struct conn *conn = &context->frame->conns[index];

    if (conn->state == STATE_LISTEN || conn->state == STATE_CLOSED ||
        (conn_is_ghost(conn) && (conn->from == STATE_LISTEN || conn->from == STATE_CLOSED)))
        return 0;
    struct grouping_row *row = row_of_conn(grouping, peer_key(conn), index, conn);
    if (!row)
        return -ENOMEM;
    const bool inbound = grouping->port_first[conn->tuple.local_port] != 0;
    row->inbound |= inbound;
    grouping_add_port(row, inbound ? conn->tuple.local_port : conn->tuple.remote_port);
    grouping_add_proc(row, conn->owner);
    grouping_count_row(row, context, conn);
    grouping_count_age(row, conn);
    return 0;
}

const struct conn *grouping_conn(const struct grouping_row *row, const struct frame *frame)
{
    return row->conn < frame->conn_count ? &frame->conns[row->conn]
                                         : &frame->flows[row->conn - frame->conn_count].conn;
}

/* The group of a flow. One that has no rows is there as long as it is worth a look. */
static struct grouping_row *group_of_flow(struct grouping *grouping, enum grouping_kind kind,
                                          const struct frame *frame, uint32_t index)
{
    const struct conn *flow = &frame->flows[index].conn;
    const struct proc *owner = frame_owner(frame, flow);
    uint64_t key = owner ? grouping_process_key(owner) : ownerless_key(frame, flow);

    if (kind == GROUPING_LISTENERS)
        return find_listener(grouping, frame, flow);
    if (kind == GROUPING_PEERS && addr_is_zero(&flow->tuple.remote))
        return NULL; /* gathered, as there were too many flows */
    if (kind == GROUPING_PEERS)
        key = peer_key(flow);
    const bool worth = conn_in_rate(flow) + conn_out_rate(flow) >= FLOW_ALONE;
    if (grouping->slot_count && !worth && !*find_slot(grouping, grouping->rows, key))
        return NULL;
    const uint32_t before = grouping->count;
    struct grouping_row *row = row_of_conn(grouping, key, frame->conn_count + index, flow);
    if (row && grouping->count > before && kind == GROUPING_PROCESSES && owner)
        row->owner_word = OWNER_PROCESS;
    return row;
}

static void gather_flows(struct grouping *grouping, enum grouping_kind kind,
                         const struct column_context *context, view_accept accept,
                         const void *accept_data)
{
    const struct frame *frame = context->frame;

    for (uint32_t i = 0; i < frame->flow_count; i++) {
        const struct conn *flow = &frame->flows[i].conn;
        if (accept && !accept(accept_data, context, flow))
            continue;
        struct grouping_row *row = group_of_flow(grouping, kind, frame, i);
        if (!row)
            continue;
        grouping_count_flow(row, flow);
        if (kind != GROUPING_PEERS || row->conn < frame->conn_count)
            continue;
        row->inbound |= flow->tuple.local_port != 0;
        grouping_add_port(row, row->inbound ? flow->tuple.local_port : flow->tuple.remote_port);
        grouping_add_proc(row, flow->owner);
    }
}

static int gather(struct grouping *grouping, enum grouping_kind kind,
                  const struct column_context *context, view_accept accept, const void *accept_data)
{
    int error = kind == GROUPING_PEERS ? mark_listening_ports(grouping, context->frame) : 0;

    for (uint32_t i = 0; !error && i < context->frame->conn_count; i++) {
        if (accept && !accept(accept_data, context, &context->frame->conns[i]))
            continue;
        error = kind == GROUPING_PEERS ? gather_peer(grouping, context, i)
                                       : gather_process(grouping, context, i);
    }
    return error;
}

int grouping_update(struct grouping *grouping, enum grouping_kind kind,
                    const struct column_context *context, view_accept accept,
                    const void *accept_data)
{
    int error = slots_make_room(grouping, grouping->count + 1);
    grouping->count = grouping->holder_count = 0;
    if (!error && kind == GROUPING_LISTENERS)
        error = gather_listeners(grouping, context, accept, accept_data);
    else if (!error)
        error = gather(grouping, kind, context, accept, accept_data);
    if (error)
        grouping->count = 0;
    else
        gather_flows(grouping, kind, context, accept, accept_data);
    return error;
}

static bool process_accepts(uint64_t key, const struct column_context *context,
                            const struct conn *conn)
{
    const struct proc *owner = frame_owner(context->frame, conn);

    if (!owner)
        return ownerless_key(context->frame, conn) == key;
    if (grouping_process_key(owner) == key)
        return true;
    for (uint32_t i = 0; i < conn->owner_count; i++) {
        const struct proc *holder = frame_holder(context->frame, conn, i);
        if (holder && grouping_process_key(holder) == key)
            return true;
    }
    return false;
}

bool grouping_accepts(const void *data, const struct column_context *context,
                      const struct conn *conn)
{
    const struct grouping_member *member = data;

    switch (member->kind) {
    case GROUPING_PROCESSES:
        return process_accepts(member->key, context, conn);
    case GROUPING_LISTENERS:
        return conn->state == STATE_LISTEN && grouping_listener_key(conn) == member->key;
    case GROUPING_PEERS:
        return conn->state != STATE_LISTEN && peer_key(conn) == member->key;
    }
    return false;
}
