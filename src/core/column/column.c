/* What is done with columns[]: finding, parsing lists, formatting by type, sort keys. */
#include "core/column/values.h"
#include "core/text/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_word(const char *word, const char *id, size_t length)
{
    return id && strlen(id) == length && !strncasecmp(id, word, length);
}

/* By id; JSON keys are understood too, for whoever has just read some. */
const struct column *column_find(const char *id, size_t length)
{
    for (size_t i = 0; i < column_count; i++) {
        if (is_word(id, columns[i].id, length))
            return &columns[i];
    }
    for (size_t i = 0; i < column_count; i++) {
        if (is_word(id, columns[i].json, length))
            return &columns[i];
    }
    return NULL;
}

size_t column_index(const struct column *column)
{
    return (size_t)(column - columns);
}

void column_suggest(const char *word, char *out, size_t size)
{
    size_t used = 0;
    unsigned most = strlen(word) < 5 ? 1 : 2; /* anything is near to next to nothing */

    out[0] = '\0';
    if (strlen(word) < 2)
        return;
    for (unsigned edits = 1; edits <= most && !used; edits++) {
        for (size_t i = 0; i < column_count; i++) {
            size_t length = strlen(columns[i].id);

            if (text_distance(word, columns[i].id) > edits && strncmp(word, columns[i].id, 3) != 0)
                continue;
            if (used + length + 3 > size || used > 60)
                return;
            used +=
                (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", columns[i].id);
        }
    }
}

int columns_parse(const char *list, uint16_t *out, size_t max, size_t *count, const char **bad)
{
    size_t found = 0;

    for (const char *word = list;; word++) {
        size_t length = strcspn(word, ",");
        const struct column *column = column_find(word, length);

        if (!column || found == max) {
            *bad = word;
            return -EINVAL;
        }
        out[found++] = (uint16_t)column_index(column);
        word += length;
        if (!*word)
            break;
    }
    *count = found;
    return 0;
}

static bool contains(const uint16_t *list, size_t count, uint16_t index)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == index)
            return true;
    }
    return false;
}

#define PARTS_MAX 4

int columns_expand(const uint16_t *columns_in, size_t count_in, uint16_t *out, size_t max,
                   size_t *count)
{
    size_t used = 0;

    for (size_t i = 0; i < count_in; i++) {
        uint16_t parts[PARTS_MAX] = {columns_in[i]};
        size_t part_count = 1;
        const char *bad;

        if (columns[columns_in[i]].parts)
            (void)columns_parse(columns[columns_in[i]].parts, parts, PARTS_MAX, &part_count, &bad);
        for (size_t j = 0; j < part_count; j++) {
            if (contains(out, used, parts[j]))
                continue;
            if (used == max)
                return -EINVAL;
            out[used++] = parts[j];
        }
    }
    *count = used;
    return 0;
}

uint32_t columns_needs(const uint16_t *list, size_t count)
{
    uint32_t needs = NEED_NOTHING;

    for (size_t i = 0; i < count; i++)
        needs |= columns[list[i]].needs;
    return needs;
}

static size_t copy(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (!size)
        return 0;
    if (length >= size)
        length = size - 1;
    memcpy(out, text, length);
    out[length] = '\0';
    return length;
}

static size_t format_by_type(const struct column *column, const struct column_value *value,
                             char *out, size_t size)
{
    switch ((enum column_type)column->type) {
    case TYPE_TEXT:
    case TYPE_ADDRESS:
        return copy(out, size, value->text);
    case TYPE_STATE:
        return copy(out, size, TCP_STATES[value->number].short_name);
    case TYPE_PORT:
        return (size_t)snprintf(out, size, "%lld", (long long)value->number);
    case TYPE_COUNT:
        if (column->exact)
            return (size_t)snprintf(out, size, "%lld", (long long)value->number);
        return text_count(out, size, (uint64_t)value->number);
    case TYPE_BYTES:
    case TYPE_RATE:
        return text_count(out, size, (uint64_t)value->number);
    case TYPE_DURATION:
        return text_span(out, size, value->number);
    case TYPE_TIME:
        return text_rfc3339(out, size, value->number);
    case TYPE_FLAG:
        return copy(out, size, value->number ? "yes" : "no");
    case TYPE_SHARE:
        return text_share(out, size, value->number);
    }
    return copy(out, size, "");
}

size_t column_format(const struct column *column, const struct column_context *context,
                     const struct conn *conn, char *out, size_t size)
{
    struct column_value value;

    if (column->format)
        return column->format(context, conn, out, size);
    if (!column_get(column, context, conn, &value))
        return copy(out, size, "");
    return format_by_type(column, &value, out, size);
}

static const struct addr *column_addr(const struct column *column, const struct conn *conn)
{
    return column->value == value_remote ? &conn->tuple.remote : &conn->tuple.local;
}

static uint16_t column_port(const struct column *column, const struct conn *conn)
{
    return column->value == value_remote ? conn->tuple.remote_port : conn->tuple.local_port;
}

static uint64_t first_eight(const uint8_t *bytes, size_t length)
{
    uint64_t key = 0;

    for (size_t i = 0; i < 8; i++)
        key = key << 8 | (i < length ? bytes[i] : 0u);
    return key;
}

/* IPv4 before IPv6, each by number. */
static uint64_t address_key(const struct addr *addr, uint8_t family)
{
    if (family == FAMILY_INET)
        return first_eight(addr->bytes, 4) >> 32;
    return first_eight(addr->bytes, 16) >> 1 | UINT64_C(1) << 63;
}

/* Rows whose age has bounds only are sorted by the bound that is shown. */
static bool age_key(const struct column_context *context, const struct conn *conn, uint64_t *key)
{
    struct age age;

    if (!column_age(context, conn, &age) || (!age.least_ns && age.most_ns == INT64_MAX))
        return false;
    *key = (uint64_t)(age.exact || age.least_ns ? age.least_ns : age.most_ns);
    return true;
}

/* States sort as a connection lives through them; what only waits for others comes last. */
static const uint8_t STATE_ORDER[STATE_COUNT] = {
    [STATE_SYN_SENT] = 1,    [STATE_SYN_RECEIVED] = 2, [STATE_ESTABLISHED] = 3,
    [STATE_CLOSE_WAIT] = 4,  [STATE_FIN_WAIT_1] = 5,   [STATE_FIN_WAIT_2] = 6,
    [STATE_CLOSING] = 7,     [STATE_LAST_ACK] = 8,     [STATE_TIME_WAIT] = 9,
    [STATE_DELETE_TCB] = 10, [STATE_LISTEN] = 11,      [STATE_CLOSED] = 12,
};

/* A row that has closed keeps its place among those of its last state, so that what is read does
 * not run away, nor the cursor with it. */
static uint8_t state_place(const struct conn *conn, int64_t state)
{
    if (state == STATE_DELETE_TCB && conn->from != STATE_NONE)
        state = conn->from;
    return STATE_ORDER[state];
}

/* Seven bytes of it; rows without a process come last. */
static uint64_t process_key(const struct column_context *context, const struct conn *conn)
{
    struct column_value value;

    if (!value_proc(context, conn, &value))
        return UINT64_MAX >> 8;
    return first_eight((const uint8_t *)value.text, strlen(value.text)) >> 8;
}

bool column_sort_key(const struct column *column, const struct column_context *context,
                     const struct conn *conn, uint64_t *key)
{
    struct column_value value;

    if (column->value == value_age)
        return age_key(context, conn, key);
    if (!column_get(column, context, conn, &value))
        return false;
    if (column->type == TYPE_ADDRESS)
        *key = address_key(column_addr(column, conn), conn->tuple.family);
    else if (column->type == TYPE_TEXT)
        *key = first_eight((const uint8_t *)value.text, strlen(value.text));
    else if (column->type == TYPE_STATE)
        *key = (uint64_t)state_place(conn, value.number) << 56 | process_key(context, conn);
    else
        *key = (uint64_t)value.number ^ UINT64_C(1) << 63; /* order of signed numbers */
    return true;
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
    bool has_a = value_proc(context, a, &value_a), has_b = value_proc(context, b, &value_b);
    if (!has_a || !has_b)
        return (int)has_b - (int)has_a;
    return value_a.text == value_b.text ? 0 : strcmp(value_a.text, value_b.text);
}

/* Those of one state: by process, then by the remote end, then by the local one. */
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
