/* The order of rows by a column: keys, and the comparison of rows with equal keys. */
#include "core/column/values.h"
#include "core/text/text.h"

#include <string.h>

static const struct addr *column_addr(const struct column *column, const struct conn *conn)
{
    return column->value == value_remote ? &conn->tuple.remote : &conn->tuple.local;
}

static uint16_t column_port(const struct column *column, const struct conn *conn)
{
    return column->value == value_remote ? conn->tuple.remote_port : conn->tuple.local_port;
}

static uint64_t number_of(const uint8_t *bytes, size_t length)
{
    uint64_t number = 0;

    for (size_t i = 0; i < length; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* Where addresses begin alike, in the order of their bytes. */
enum end_kind { END_INET, END_LOW, END_BETWEEN, END_MAPPED, END_INET6 };

static enum end_kind end_kind(const struct addr *addr, uint8_t family)
{
    static const uint8_t zeros[12];

    if (family == FAMILY_INET)
        return END_INET;
    if (memcmp(addr->bytes, zeros, 12) == 0)
        return END_LOW;
    if (addr_is_mapped(addr, family))
        return END_MAPPED;
    return memcmp(addr->bytes, zeros, 10) == 0 ? END_BETWEEN : END_INET6;
}

/* Address and port fit in a key. */
static bool is_whole_end(enum end_kind kind)
{
    return kind == END_INET || kind == END_LOW || kind == END_MAPPED;
}

/* IPv4 before IPv6, each by number, then by port. Different ends with equal keys are common only
 * among IPv6 addresses of one network, which agree in the highest 51 bits. */
static uint64_t end_key(const struct addr *addr, uint16_t port, uint8_t family)
{
    const enum end_kind kind = end_kind(addr, family);
    uint64_t rest;

    if (is_whole_end(kind))
        rest = number_of(addr->bytes + (kind == END_INET ? 0 : 12), 4) << 32 | (uint64_t)port << 16;
    else
        rest = number_of(addr->bytes + (kind == END_BETWEEN ? 8 : 0), 8);
    return (uint64_t)kind << 61 | rest >> 3;
}

static bool address_key(const struct column *column, const struct conn *conn, uint64_t *key)
{
    if (column->value == value_remote ? !has_remote(conn) : tuple_lacks_local(&conn->tuple))
        return false;
    *key = end_key(column_addr(column, conn), column->parts ? column_port(column, conn) : 0,
                   conn->tuple.family);
    return true;
}

/* Rows with only bounds of their age are sorted by the bound that is shown. */
static bool age_key(const struct column_context *context, const struct conn *conn, uint64_t *key)
{
    struct age age;

    if (!column_age(context, conn, &age) || (!age.least_ns && age.most_ns == INT64_MAX))
        return false;
    *key = (uint64_t)(age.exact || age.least_ns ? age.least_ns : age.most_ns);
    return true;
}

/* States sort in the order of a connection's life; those that only wait for others come last. */
static const uint8_t STATE_ORDER[STATE_COUNT] = {
    [STATE_SYN_SENT] = 1,    [STATE_SYN_RECEIVED] = 2, [STATE_ESTABLISHED] = 3,
    [STATE_CLOSE_WAIT] = 4,  [STATE_FIN_WAIT_1] = 5,   [STATE_FIN_WAIT_2] = 6,
    [STATE_CLOSING] = 7,     [STATE_LAST_ACK] = 8,     [STATE_TIME_WAIT] = 9,
    [STATE_DELETE_TCB] = 10, [STATE_LISTEN] = 11,      [STATE_CLOSED] = 12,
};

/* A closed row keeps its place among those of its last state, so that neither it nor the cursor
 * jumps. */
static uint8_t state_place(const struct conn *conn, int64_t state)
{
    if (state == STATE_DELETE_TCB && conn->from != STATE_NONE)
        state = conn->from;
    return STATE_ORDER[state];
}

#define PLACE_SHIFT 60 /* bit of the state's place in the key */
#define RANK_SHIFT  40 /* bit of the process's rank; the remote end is below it */
#define RANK_LAST   ((UINT64_C(1) << (PLACE_SHIFT - RANK_SHIFT)) - 1)

/* Without ranks the key is the state alone. */
static uint64_t state_key(const struct column_context *context, const struct conn *conn,
                          int64_t state)
{
    const uint64_t place = (uint64_t)state_place(conn, state) << PLACE_SHIFT;
    const struct tuple *tuple = &conn->tuple;

    if (!context->name_ranks)
        return place;
    const uint64_t rank = name_rank(context->name_ranks, conn->owner);
    return place | (rank < RANK_LAST ? rank : RANK_LAST) << RANK_SHIFT |
           end_key(&tuple->remote, tuple->remote_port, tuple->family) >> (64 - RANK_SHIFT);
}

/* The lowest byte is 0 if the text fits in a key. */
static bool name_key(const struct column_context *context, const struct conn *conn, uint64_t *key)
{
    const uint32_t rank = name_rank(context->name_ranks, conn->owner);

    if (rank == NAME_RANK_LAST)
        return false;
    *key = (uint64_t)rank << 8;
    return true;
}

bool column_sorts_by_name(const struct column *column)
{
    return column->type == TYPE_STATE || column->value == value_proc;
}

bool column_sort_key(const struct column *column, const struct column_context *context,
                     const struct conn *conn, uint64_t *key)
{
    struct column_value value;

    if (column->value == value_age)
        return age_key(context, conn, key);
    if (column->type == TYPE_ADDRESS)
        return address_key(column, conn, key);
    if (column->value == value_proc && context->name_ranks)
        return name_key(context, conn, key);
    if (!column_get(column, context, conn, &value))
        return false;
    if (column->type == TYPE_TEXT)
        *key = text_key(value.text);
    else if (column->type == TYPE_STATE)
        *key = state_key(context, conn, value.number);
    else
        *key = (uint64_t)value.number ^ UINT64_C(1) << 63; /* order of signed numbers */
    return true;
}

bool column_key_is_whole(const struct column *column, uint64_t key)
{
    switch ((enum column_type)column->type) {
    case TYPE_TEXT:
        return (key & 0xff) == 0; /* shorter than the key */
    case TYPE_ADDRESS:
        return is_whole_end((enum end_kind)(key >> 61));
    case TYPE_STATE:
        return false;
    default:
        return true;
    }
}

static int compare_addresses(const struct column *column, const struct conn *a,
                             const struct conn *b)
{
    int order = addr_compare(column_addr(column, a), column_addr(column, b));

    if (order || !column->parts)
        return order;
    return (int)column_port(column, a) - (int)column_port(column, b);
}

static int compare_ends(const struct addr *a, uint16_t port_a, const struct addr *b,
                        uint16_t port_b)
{
    int order = addr_compare(a, b);

    return order ? order : (int)port_a - (int)port_b;
}

static int compare_processes(const struct column_context *context, const struct conn *a,
                             const struct conn *b)
{
    struct column_value value_a, value_b;

    if (a->owner == b->owner)
        return 0;
    if (context->name_ranks) {
        const uint32_t rank_a = name_rank(context->name_ranks, a->owner),
                       rank_b = name_rank(context->name_ranks, b->owner);
        return (rank_a > rank_b) - (rank_a < rank_b);
    }
    const bool has_a = value_proc(context, a, &value_a), has_b = value_proc(context, b, &value_b);
    if (!has_a || !has_b)
        return (int)has_b - (int)has_a;
    return value_a.text == value_b.text ? 0 : strcmp(value_a.text, value_b.text);
}

/* Rows of one state: by process, then by remote end, then by local end. */
static int compare_within_state(const struct column_context *context, const struct conn *a,
                                const struct conn *b)
{
    const struct tuple *left = &a->tuple, *right = &b->tuple;
    int order = compare_processes(context, a, b);

    if (!order)
        order = (int)left->family - (int)right->family;
    if (!order)
        order = compare_ends(&left->remote, left->remote_port, &right->remote, right->remote_port);
    if (!order)
        order = compare_ends(&left->local, left->local_port, &right->local, right->local_port);
    return order;
}

int column_compare(const struct column *column, const struct column_context *context,
                   const struct conn *a, const struct conn *b)
{
    struct column_value value_a, value_b;
    bool has_a, has_b;

    if (column->type == TYPE_ADDRESS)
        return compare_addresses(column, a, b);
    if (column->type == TYPE_STATE && a->state == b->state && a->from == b->from)
        return compare_within_state(context, a, b);
    has_a = column_get(column, context, a, &value_a);
    has_b = column_get(column, context, b, &value_b);
    if (!has_a || !has_b)
        return (int)has_b - (int)has_a;
    if (column->type == TYPE_TEXT)
        return strcmp(value_a.text, value_b.text);
    if (column->type == TYPE_STATE) {
        int order = state_place(a, value_a.number) - state_place(b, value_b.number);
        return order ? order : compare_within_state(context, a, b);
    }
    return (value_a.number > value_b.number) - (value_a.number < value_b.number);
}
