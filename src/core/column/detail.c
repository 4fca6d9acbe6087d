/* Getters of columns[]: what only conn_detail holds, memory figures and tcp_info among it. The
 * getters of tcp_info are made from INFO_FIELDS. Must not know JSON. */
#include "core/column/values.h"
#include "core/info.h"

#define NS_PER_US 1000
#define NS_PER_MS 1000000

/* SK_MEMINFO_* of include/uapi/linux/sock_diag.h */
enum meminfo_index {
    MEMINFO_RMEM_ALLOC,
    MEMINFO_RCVBUF,
    MEMINFO_WMEM_ALLOC,
    MEMINFO_SNDBUF,
    MEMINFO_FWD_ALLOC,
    MEMINFO_WMEM_QUEUED,
    MEMINFO_OPTMEM,
    MEMINFO_BACKLOG
};

COLUMN_VALUE(congestion)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);

    if (!detail || !detail->congestion[0])
        return false;
    value->text = detail->congestion;
    return true;
}

COLUMN_VALUE(tos)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);

    if (!detail || !detail->has_tos)
        return false;
    value->number = detail->tos;
    return true;
}

COLUMN_VALUE(tclass)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);

    if (!detail || !detail->has_tclass)
        return false;
    value->number = detail->tclass;
    return true;
}

COLUMN_VALUE(fwmark)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);

    if (!detail || !detail->has_mark)
        return false;
    value->number = detail->mark;
    return true;
}

COLUMN_VALUE(class_id)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);

    if (!detail || !detail->class_id)
        return false;
    value->number = detail->class_id;
    return true;
}

/* RCV_SHUTDOWN 1, SEND_SHUTDOWN 2 of include/net/sock.h */
COLUMN_VALUE(shutdown)
{
    static const char *const names[] = {"none", "in", "out", "both"};
    const struct conn_detail *detail = frame_detail(context->frame, conn);

    if (!detail || !detail->has_shutdown)
        return false;
    value->text = names[detail->shutdown & 3];
    return true;
}

/* TLS_1_2_VERSION 0x0303, TLS_1_3_VERSION 0x0304 of include/uapi/linux/tls.h */
COLUMN_VALUE(tls_version)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);

    if (!detail || !detail->tls_version_known)
        return false;
    if (detail->tls_version != 0x0303 && detail->tls_version != 0x0304)
        return false;
    value->text = detail->tls_version == 0x0304 ? "1.3" : "1.2";
    return true;
}

/* TLS_CIPHER_* of include/uapi/linux/tls.h, from TLS_CIPHER_AES_GCM_128 = 51 on */
COLUMN_VALUE(tls_cipher)
{
    static const char *const names[] = {"aes-gcm-128",       "aes-gcm-256", "aes-ccm-128",
                                        "chacha20-poly1305", "sm4-gcm",     "sm4-ccm",
                                        "aria-gcm-128",      "aria-gcm-256"};
    const struct conn_detail *detail = frame_detail(context->frame, conn);

    if (!detail || detail->tls_cipher < 51 ||
        detail->tls_cipher >= 51 + sizeof(names) / sizeof(names[0]))
        return false;
    value->text = names[detail->tls_cipher - 51];
    return true;
}

static bool meminfo_value(const struct column_context *context, const struct conn *conn,
                          enum meminfo_index index, struct column_value *value)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);

    if (!detail || (unsigned)index >= detail->meminfo_count)
        return false;
    value->number = detail->meminfo[index];
    return true;
}

#define MEMINFO_VALUE(name, index)                                                                 \
    COLUMN_VALUE(name)                                                                             \
    {                                                                                              \
        return meminfo_value(context, conn, index, value);                                         \
    }
MEMINFO_VALUE(rmem_alloc, MEMINFO_RMEM_ALLOC)
MEMINFO_VALUE(rcvbuf, MEMINFO_RCVBUF)
MEMINFO_VALUE(wmem_alloc, MEMINFO_WMEM_ALLOC)
MEMINFO_VALUE(sndbuf, MEMINFO_SNDBUF)
MEMINFO_VALUE(fwd_alloc, MEMINFO_FWD_ALLOC)
MEMINFO_VALUE(wmem_queued, MEMINFO_WMEM_QUEUED)
MEMINFO_VALUE(optmem, MEMINFO_OPTMEM)
MEMINFO_VALUE(sock_backlog, MEMINFO_BACKLOG)

static int64_t info_to_value(uint64_t number, enum info_unit unit)
{
    uint64_t scale = unit == INFO_US ? NS_PER_US : unit == INFO_MS ? NS_PER_MS : 1;

    return number > INT64_MAX / scale ? INT64_MAX : (int64_t)(number * scale);
}

static bool info_column_value(const struct column_context *context, const struct conn *conn,
                              enum info_index index, struct column_value *value)
{
    const struct conn_detail *detail = frame_detail(context->frame, conn);
    uint64_t number = 0;

    if (!detail || !info_is_filled(conn, index) ||
        !info_value(&TCP_INFO[index], detail->info, detail->info_length, &number))
        return false;
    value->number = info_to_value(number, (enum info_unit)TCP_INFO[index].unit);
    return true;
}

#define INFO_VALUE(field, id, json, label, title, offset, size, shift, bits, unit, unset)          \
    COLUMN_VALUE(info_##field)                                                                     \
    {                                                                                              \
        return info_column_value(context, conn, INFO_##field, value);                              \
    }
INFO_FIELDS(INFO_NOTHING, INFO_VALUE)
