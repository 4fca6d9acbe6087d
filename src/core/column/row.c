/* Reading what the kernel says of a row: through the description of the member, and getters of
 * columns[] for what is more than a member. Each returns false and leaves the value alone where the
 * fact is unknown. */
#include "core/column/values.h"
#include "core/info.h"

#include <string.h>

static int64_t scale(uint64_t number, uint64_t unit)
{
    return number > INT64_MAX / unit ? INT64_MAX : (int64_t)(number * unit);
}

static uint64_t unit_of(const struct column *column)
{
    return column->type == TYPE_DURATION ? column->unit_ns : 1;
}

/* A field of tcp_info. */
static bool read_info(const struct column *column, const struct column_context *context,
                      const struct conn *conn, struct column_value *value)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);
    const unsigned index = (unsigned)column->argument - 1;
    uint64_t number = 0;

    if (!detail || !info_is_filled(conn, index) ||
        !info_value(&TCP_INFO[index], detail->info, detail->info_length, &number))
        return false;
    value->number = scale(number, unit_of(column));
    return true;
}

/* Hexadecimal digits without leading zeros, as ss prints cookies. */
static const char *write_hex(char *out, size_t size, uint64_t number)
{
    static const char digits[] = "0123456789abcdef";
    char *at = out + size - 1;

    *at = '\0';
    for (; number; number >>= 4)
        *--at = digits[number & 15];
    return at;
}

static bool take_number(const struct column *column, uint64_t number, struct column_value *value)
{
    const struct fact *fact = &column->fact;

    if (fact->form == FACT_HEX)
        value->text = write_hex(value->scratch, sizeof(value->scratch), number);
    else if (column->type == TYPE_TEXT)
        value->text = words_name(fact->words, number);
    else
        value->number = scale(number, unit_of(column));
    return column->type != TYPE_TEXT || value->text;
}

static bool read_detail(const struct column *column, const struct conn_detail *detail,
                        struct column_value *value)
{
    const struct fact *fact = &column->fact;

    if (!detail || !fact_is_known(fact, detail))
        return false;
    if (fact->form != FACT_TEXT)
        return take_number(column, fact_number(fact, detail), value);
    value->text = fact_text(fact, detail);
    return true;
}

bool column_read(const struct column *column, const struct column_context *context,
                 const struct conn *conn, struct column_value *value)
{
    uint64_t number;

    if (column->argument)
        return read_info(column, context, conn, value);
    if (column->fact.of == FACT_OF_DETAIL)
        return read_detail(column, frame_detail(context->frame, conn), value);
    return column_read_conn(column, conn, &number) && take_number(column, number, value);
}

COLUMN_VALUE(from)
{
    (void)context;
    if (conn->mark == MARK_NONE || conn->from == STATE_NONE)
        return false;
    value->number = conn->from;
    return true;
}

COLUMN_VALUE(proto)
{
    (void)context;
    (void)conn;
    value->text = "tcp";
    return true;
}

COLUMN_VALUE(family)
{
    (void)context;
    value->text = conn->tuple.family == FAMILY_INET6 ? "inet6" : "inet";
    return true;
}

bool has_remote(const struct conn *conn)
{
    const struct tuple *tuple = &conn->tuple;

    return tuple->remote_port || !addr_is_zero(&tuple->remote);
}

COLUMN_VALUE(local)
{
    (void)context;
    if (tuple_lacks_local(&conn->tuple))
        return false;
    addr_format(value->scratch, sizeof(value->scratch), &conn->tuple.local, conn->tuple.family,
                NULL);
    value->text = value->scratch;
    return true;
}

COLUMN_VALUE(remote)
{
    (void)context;
    if (!has_remote(conn))
        return false;
    addr_format(value->scratch, sizeof(value->scratch), &conn->tuple.remote, conn->tuple.family,
                NULL);
    value->text = value->scratch;
    return true;
}

COLUMN_VALUE(rport)
{
    (void)context;
    if (!has_remote(conn) || tuple_lacks_remote_port(&conn->tuple))
        return false;
    value->number = conn->tuple.remote_port;
    return true;
}

COLUMN_VALUE(ifname)
{
    const char *name;

    if (!conn->tuple.scope)
        return false;
    name = frame_interface_name(context->frame, conn->netns, conn->tuple.scope);
    if (!name)
        return false;
    value->text = name;
    return true;
}

/* A namespace whose inode cannot be read has a key nevertheless. */
COLUMN_VALUE(netns)
{
    const struct frame_netns *netns = frame_find_netns(context->frame, conn->netns);

    if (!conn->netns || (netns && !netns->inode))
        return false;
    value->number = netns ? netns->inode : conn->netns;
    return true;
}

static bool netns_text(const char *text, struct column_value *value)
{
    if (!text || !text[0])
        return false;
    value->text = text;
    return true;
}

COLUMN_VALUE(host)
{
    const struct frame_host *host = frame_host_of(context->frame, conn->netns);

    return host && netns_text(host->name, value);
}

COLUMN_VALUE(netns_name)
{
    const struct frame_netns *netns = frame_find_netns(context->frame, conn->netns);

    return netns && netns_is_named(netns->name, netns->inode) && netns_text(netns->name, value);
}

COLUMN_VALUE(netns_kind)
{
    const struct frame_netns *netns = frame_find_netns(context->frame, conn->netns);

    return netns && netns_text(words_name(&NETNS_KIND_WORDS, netns->kind), value);
}

COLUMN_VALUE(pod)
{
    const struct frame_netns *netns = frame_find_netns(context->frame, conn->netns);

    return netns && netns_text(netns->pod, value);
}

COLUMN_VALUE(pod_namespace)
{
    const struct frame_netns *netns = frame_find_netns(context->frame, conn->netns);

    return netns && netns_text(netns->pod_namespace, value);
}

COLUMN_VALUE(out_bytes)
{
    (void)context;
    if (!(conn->known & KNOWN_BYTES_OUT))
        return false;
    value->number = scale(conn_out_bytes(conn), 1);
    return true;
}

COLUMN_VALUE(retrans_10s)
{
    (void)context;
    return conn_share(conn->retrans_10s, conn->sent_10s, &value->number);
}

COLUMN_VALUE(ulp)
{
    const struct conn_detail *detail;
    const char *name = NULL;

    if (!(conn->known & KNOWN_ULP) || conn->ulp == ULP_ABSENT)
        return false;
    detail = frame_detail(context->frame, conn);
    name = detail && detail->ulp_text[0] ? detail->ulp_text : ulp_name(conn->ulp);
    if (!name)
        return false;
    value->text = name;
    return true;
}
