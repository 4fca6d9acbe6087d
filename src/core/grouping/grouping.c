/* grouping: counts the rows of a frame into groups, as defined by a kind. */
#include "core/grouping/grouping.h"

#include "base/grow.h"
#include "core/grouping/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PORT_COUNT 65536u
#define FLOW_ALONE 64u /* bytes a second from which a flow without rows is shown */

void grouping_init(struct grouping *grouping)
{
    *grouping = (struct grouping){0};
}

void grouping_done(struct grouping *grouping)
{
    free(grouping->rows);
    hash_index_done(&grouping->places);
    free(grouping->port_first);
    free(grouping->port_next);
    free(grouping->holders);
    grouping_init(grouping);
}

uint64_t grouping_key(uint64_t value) /* the finalizer of splitmix64 */
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return (value ^ (value >> 31)) | 1u;
}

static struct grouping_row *find_row(const struct grouping *grouping, uint64_t key)
{
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&grouping->places, (uint32_t)key, &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&grouping->places, &cursor))
        if (grouping->rows[i].key == key)
            return &grouping->rows[i];
    return NULL;
}

struct grouping_row *grouping_row_of(struct grouping *grouping, uint64_t key, uint32_t conn_index,
                                     const struct conn *conn)
{
    struct grouping_row *found = find_row(grouping, key);

    if (found)
        return found;
    if (GROW(grouping->rows, grouping->capacity, grouping->count + 1) ||
        hash_index_add(&grouping->places, (uint32_t)key, grouping->count))
        return NULL;
    struct grouping_row *row = &grouping->rows[grouping->count++];
    *row = (struct grouping_row){
        .key = key, .proc = conn->owner, .conn = conn_index, .owner_word = conn->owner_word};
    return row;
}

int grouping_clear_ports(struct grouping *grouping)
{
    if (!grouping->port_first)
        grouping->port_first = calloc(PORT_COUNT, sizeof *grouping->port_first);
    else
        memset(grouping->port_first, 0, PORT_COUNT * sizeof *grouping->port_first);
    if (!grouping->port_first)
        return -ENOMEM;
    return GROW(grouping->port_next, grouping->port_next_capacity, grouping->count);
}

const struct conn *grouping_conn(const struct grouping_row *row, const struct frame *frame)
{
    static const struct conn NONE = {.owner = CONN_NO_INDEX,
                                     .owners = CONN_NO_INDEX,
                                     .group = CONN_NO_INDEX,
                                     .detail = CONN_NO_INDEX};

    if (row->conn == CONN_NO_INDEX)
        return &NONE;
    return row->conn < frame->conn_count ? &frame->conns[row->conn]
                                         : &frame->flows[row->conn - frame->conn_count].conn;
}

static int take_row(struct grouping *grouping, const struct grouping_kind *kind,
                    const struct column_context *context, uint32_t index)
{
    const struct conn *conn = &context->frame->conns[index];
    const uint64_t key = kind->key(context->frame, conn);

    if (!key)
        return 0;
    struct grouping_row *row = grouping_row_of(grouping, key, index, conn);
    if (!row)
        return -ENOMEM;
    grouping_count_row(row, context, conn);
    grouping_count_age(row, conn);
    return 0;
}

static int take_rows(struct grouping *grouping, const struct grouping_kind *kind,
                     const struct column_context *context, view_accept accept,
                     const void *accept_data)
{
    const uint32_t states = kind->states ? kind->states : UINT32_MAX;
    const struct frame *frame = context->frame;
    int error = 0;

    for (uint32_t i = 0; !error && i < frame->conn_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!(states >> conn->state & 1) || (accept && !accept(accept_data, context, conn)))
            continue;
        error =
            kind->take ? kind->take(grouping, context, i) : take_row(grouping, kind, context, i);
    }
    return error;
}

/* A group without rows is shown as long as its flow is significant. */
static struct grouping_row *group_of_flow(struct grouping *grouping,
                                          const struct grouping_kind *kind,
                                          const struct frame *frame, uint32_t index)
{
    const struct conn *flow = &frame->flows[index].conn;

    if (kind->find)
        return kind->find(grouping, frame, flow);
    const uint64_t key = kind->key(frame, flow);
    if (!key)
        return NULL;
    const bool worth = conn_in_rate(flow) + conn_out_rate(flow) >= FLOW_ALONE;
    if (!worth && !find_row(grouping, key))
        return NULL;
    return grouping_row_of(grouping, key, frame->conn_count + index, flow);
}

static void take_flows(struct grouping *grouping, const struct grouping_kind *kind,
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
        if (kind->take_flow && row->conn >= frame->conn_count)
            kind->take_flow(row, frame, flow);
    }
}

int grouping_update(struct grouping *grouping, const struct grouping_kind *kind,
                    const struct column_context *context, view_accept accept,
                    const void *accept_data)
{
    int error = hash_index_begin(&grouping->places, grouping->count);
    grouping->count = grouping->holder_count = 0;
    if (!error && kind->begin)
        error = kind->begin(grouping, context->frame);
    if (!error)
        error = take_rows(grouping, kind, context, accept, accept_data);
    if (!error && kind->end)
        error = kind->end(grouping, context);
    if (error)
        grouping->count = 0;
    else
        take_flows(grouping, kind, context, accept, accept_data);
    return error;
}

bool grouping_accepts(const void *data, const struct column_context *context,
                      const struct conn *conn)
{
    const struct grouping_member *member = data;

    if (member->kind->accepts)
        return member->kind->accepts(member->key, context->frame, conn);
    return member->kind->key(context->frame, conn) == member->key;
}
