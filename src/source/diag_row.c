/* diag_row: one inet_diag message to a row. Pure: bytes in, a row out. Formats:
 * include/uapi/linux/inet_diag.h, sock_diag.h, tcp.h, tls.h (Linux 6.18). */
#include "source/diag_row.h"

#include "core/text/text.h"
#include "source/diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/tls.h>
#include <string.h>

/* The FIN has been received in these states, and bytes_received counts it. */
static const uint32_t STATES_AFTER_FIN = STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_CLOSING) |
                                         STATE_BIT(STATE_LAST_ACK) | STATE_BIT(STATE_TIME_WAIT);

/* Before these states last_data_recv is the time since boot (Linux 6.18, tcp_get_info). */
static const uint32_t STATES_WITH_LAST_DATA =
    STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_FIN_WAIT_1) | STATE_BIT(STATE_FIN_WAIT_2) |
    STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_CLOSING) | STATE_BIT(STATE_LAST_ACK);

/* NLA_HDRLEN and NLA_TYPE_MASK are signed. */
#define ATTRIBUTE_HEADER sizeof(struct nlattr)
#define ATTRIBUTE_TYPES  0x3fffu

struct bytes {
    const uint8_t *data;
    size_t length;
};

/* A row being decoded. */
struct row {
    struct conn *conn;
    struct conn_detail *detail; /* may be NULL */
    bool owner_is_known;        /* uid, inode and cgroup are facts */
    bool has_info;              /* INET_DIAG_INFO, and so ULP_INFO too if there is one */
    bool ulp_unclear;           /* there is one, or the attributes are truncated */
    bool waits;                 /* it waits for something that a detector may explain */
};

static uint16_t get_u16(const uint8_t *data)
{
    uint16_t value;
    memcpy(&value, data, sizeof(value));
    return value;
}

static uint32_t get_u32(const uint8_t *data)
{
    uint32_t value;
    memcpy(&value, data, sizeof(value));
    return value;
}

static uint64_t get_u64(const uint8_t *data)
{
    uint64_t value;
    memcpy(&value, data, sizeof(value));
    return value;
}

/* Takes the next attribute off `rest`; false at the end or if the rest is truncated. */
static inline bool next_attribute(struct bytes *rest, unsigned *type, struct bytes *payload)
{
    if (rest->length < ATTRIBUTE_HEADER)
        return false;
    size_t length = get_u16(rest->data);
    if (length < ATTRIBUTE_HEADER || length > rest->length)
        return false;
    *type = get_u16(rest->data + 2) & ATTRIBUTE_TYPES;
    payload->data = rest->data + ATTRIBUTE_HEADER;
    payload->length = length - ATTRIBUTE_HEADER;
    size_t step = (length + 3) & ~(size_t)3;
    if (step > rest->length)
        step = rest->length;
    rest->data += step;
    rest->length -= step;
    return true;
}

#define INFO_HAS(info, field)                                                                      \
    ((info).length >= offsetof(struct tcp_info, field) + sizeof(((struct tcp_info *)0)->field))
#define INFO_U32(info, field) get_u32((info).data + offsetof(struct tcp_info, field))
#define INFO_U64(info, field) get_u64((info).data + offsetof(struct tcp_info, field))

/* tcpi_state is read after the state of the header, and before the counters: a FIN may have come
 * in between (tcp_get_info, Linux 6.18). */
static bool counts_fin(const struct conn *conn, struct bytes info)
{
    const enum tcp_state later =
        state_from_kernel(info.data[offsetof(struct tcp_info, tcpi_state)]);

    return STATES_AFTER_FIN & (STATE_BIT(conn->state) | STATE_BIT(later));
}

static void read_info_counters(struct conn *conn, struct bytes info)
{
    if (INFO_HAS(info, tcpi_bytes_received)) {
        uint64_t received = INFO_U64(info, tcpi_bytes_received);
        conn->in_bytes = received - (received > 0 && counts_fin(conn, info) ? 1 : 0);
        conn->known |= KNOWN_BYTES_IN;
    }
    if (INFO_HAS(info, tcpi_bytes_retrans)) {
        conn->bytes_sent = INFO_U64(info, tcpi_bytes_sent);
        conn->bytes_retrans = INFO_U64(info, tcpi_bytes_retrans);
        conn->known |= KNOWN_BYTES_OUT;
    }
}

static void read_info(struct row *row, struct bytes info)
{
    struct conn *conn = row->conn;
    row->has_info = true;
    /* For a listener the kernel fills only the queues, which the header has too, and defaults: the
     * zeros are not facts (tcp_get_info). */
    if (conn->state == STATE_LISTEN)
        return;
    if (row->detail) {
        size_t length = info.length < CONN_INFO_MAX ? info.length : CONN_INFO_MAX;
        memcpy(row->detail->info, info.data, length);
        row->detail->info_length = (uint16_t)length;
    }
    if (!INFO_HAS(info, tcpi_total_retrans))
        return;
    conn->known |= KNOWN_INFO;
    conn->rtt_us = INFO_U32(info, tcpi_rtt);
    if (conn->rtt_us)
        conn->known |= KNOWN_RTT;
    conn->cwnd = INFO_U32(info, tcpi_snd_cwnd);
    conn->retrans = INFO_U32(info, tcpi_total_retrans);
    if (STATES_WITH_LAST_DATA & STATE_BIT(conn->state)) {
        conn->last_data_sent_ms = INFO_U32(info, tcpi_last_data_sent);
        conn->last_data_received_ms = INFO_U32(info, tcpi_last_data_recv);
        conn->known |= KNOWN_LAST_DATA;
    }
    read_info_counters(conn, info);
    if (INFO_HAS(info, tcpi_min_rtt)) {
        const uint32_t min_rtt_us = INFO_U32(info, tcpi_min_rtt);
        row->waits = conn_is_delayed(conn, min_rtt_us) || conn_is_far(conn, min_rtt_us) ||
                     conn_is_heavy(conn);
    }
    if (INFO_HAS(info, tcpi_rcv_ooopack))
        row->waits |= conn_is_disordered(conn, INFO_U32(info, tcpi_rcv_ooopack));
}

static void read_meminfo(struct row *row, struct bytes payload)
{
    size_t count = payload.length / sizeof(uint32_t);
    if (count > SK_MEMINFO_DROPS) {
        row->conn->drops = get_u32(payload.data + SK_MEMINFO_DROPS * sizeof(uint32_t));
        row->conn->known |= KNOWN_DROPS;
    }
    struct conn_detail *detail = row->detail;
    if (!detail)
        return;
    size_t room = sizeof(detail->meminfo) / sizeof(detail->meminfo[0]);
    if (count > room)
        count = room;
    memcpy(detail->meminfo, payload.data, count * sizeof(uint32_t));
    detail->meminfo_count = (uint8_t)count;
}

static uint8_t read_tls_conf(struct bytes payload)
{
    uint16_t conf = payload.length >= sizeof(uint16_t) ? get_u16(payload.data) : 0;
    return conf <= TLS_CONF_IS_HW_RECORD ? (uint8_t)conf : (uint8_t)TLS_CONF_UNREPORTED;
}

static void read_tls_detail(struct conn_detail *detail, unsigned type, struct bytes payload)
{
    if (!detail || payload.length < sizeof(uint16_t))
        return;
    if (type == TLS_INFO_VERSION) {
        detail->tls_version = get_u16(payload.data);
        detail->tls_version_known = 1;
    } else if (type == TLS_INFO_CIPHER) {
        detail->tls_cipher = get_u16(payload.data);
    }
}

static void read_tls(struct row *row, struct bytes rest)
{
    unsigned type;
    struct bytes payload;
    while (next_attribute(&rest, &type, &payload)) {
        if (type == TLS_INFO_TXCONF)
            row->conn->tls_tx = read_tls_conf(payload);
        else if (type == TLS_INFO_RXCONF)
            row->conn->tls_rx = read_tls_conf(payload);
        else
            read_tls_detail(row->detail, type, payload);
    }
}

static void read_ulp_name(struct row *row, struct bytes payload)
{
    const char *name = (const char *)payload.data;
    size_t length = strnlen(name, payload.length);
    if (length == 0)
        return;
    row->conn->ulp = ulp_from_name(name, length);
    if (row->detail)
        text_clean(row->detail->ulp_text, sizeof(row->detail->ulp_text), name, length);
}

/* From include/uapi/linux/mptcp.h, which conflicts with netinet/in.h of some C libraries. */
enum {
    SUBFLOW_TOKEN_LOCAL = 2,
    SUBFLOW_FLAGS = 8,
    SUBFLOW_IS_CAPABLE = 1 << 0, /* the peer speaks MPTCP, too */
    SUBFLOW_HAS_JOINED = 1 << 2,
};

static void read_subflow(struct row *row, struct bytes rest)
{
    unsigned type;
    struct bytes payload;
    while (next_attribute(&rest, &type, &payload)) {
        if (payload.length < sizeof(uint32_t))
            continue;
        const uint32_t value = get_u32(payload.data);
        if (type == SUBFLOW_FLAGS && (value & (SUBFLOW_IS_CAPABLE | SUBFLOW_HAS_JOINED)))
            row->conn->known |= KNOWN_SUBFLOW;
        else if (type == SUBFLOW_TOKEN_LOCAL && row->detail)
            row->detail->mptcp_token = value;
    }
    if (row->detail && !(row->conn->known & KNOWN_SUBFLOW))
        row->detail->mptcp_token = 0;
}

static void read_ulp(struct row *row, struct bytes rest)
{
    unsigned type;
    struct bytes payload;
    while (next_attribute(&rest, &type, &payload)) {
        if (type == INET_ULP_INFO_NAME)
            read_ulp_name(row, payload);
        else if (type == INET_ULP_INFO_TLS)
            read_tls(row, payload);
        else if (type == INET_ULP_INFO_MPTCP)
            read_subflow(row, payload);
    }
}

static void read_cgroup(struct row *row, struct bytes payload)
{
    uint64_t id = payload.length >= sizeof(uint64_t) ? get_u64(payload.data) : 0;
    if (!row->owner_is_known || id == 0)
        return;
    row->conn->cgroup_id = id;
    row->conn->known |= KNOWN_CGROUP;
}

static void read_congestion(struct conn_detail *detail, struct bytes payload)
{
    const char *name = (const char *)payload.data;
    text_clean(detail->congestion, sizeof(detail->congestion), name, strnlen(name, payload.length));
}

/* Attributes that only a row's detail contains; payload.length > 0. */
static void read_detail(struct conn_detail *detail, unsigned type, struct bytes payload)
{
    bool has_u32 = payload.length >= sizeof(uint32_t);
    switch (type) {
    case INET_DIAG_CONG:
        read_congestion(detail, payload);
        break;
    case INET_DIAG_TOS:
        detail->has_tos = 1;
        detail->tos = payload.data[0];
        break;
    case INET_DIAG_TCLASS:
        detail->has_tclass = 1;
        detail->tclass = payload.data[0];
        break;
    case INET_DIAG_SHUTDOWN:
        detail->has_shutdown = 1;
        detail->shutdown = payload.data[0];
        break;
    case INET_DIAG_MARK:
        detail->has_mark = has_u32;
        detail->mark = has_u32 ? get_u32(payload.data) : 0;
        break;
    case INET_DIAG_CLASS_ID:
        detail->class_id = has_u32 ? get_u32(payload.data) : 0;
        break;
    }
}

static void read_attributes(struct row *row, struct bytes rest)
{
    unsigned type;
    struct bytes payload;
    while (next_attribute(&rest, &type, &payload)) {
        switch (type) {
        case INET_DIAG_INFO:
            read_info(row, payload);
            break;
        case INET_DIAG_SKMEMINFO:
            read_meminfo(row, payload);
            break;
        case INET_DIAG_CGROUP_ID:
            read_cgroup(row, payload);
            break;
        case INET_DIAG_ULP_INFO:
            row->ulp_unclear = true;
            read_ulp(row, payload);
            break;
        default: /* the kernel's numbers, not our own */
            if (row->detail && payload.length > 0)
                read_detail(row->detail, type, payload);
        }
    }
    if (rest.length > 0)
        row->ulp_unclear = true;
}

static void read_tuple(struct tuple *tuple, const struct inet_diag_msg *message)
{
    const struct inet_diag_sockid *id = &message->id;
    size_t size = message->idiag_family == AF_INET6 ? 16 : 4;
    tuple->family = message->idiag_family == AF_INET6 ? FAMILY_INET6 : FAMILY_INET;
    memcpy(tuple->local.bytes, id->idiag_src, size);
    memcpy(tuple->remote.bytes, id->idiag_dst, size);
    tuple->local_port = ntohs(id->idiag_sport);
    tuple->remote_port = ntohs(id->idiag_dport);
    tuple->scope = id->idiag_if;
}

uint64_t diag_row_cookie(const struct inet_diag_sockid *id)
{
    uint64_t cookie = (uint64_t)id->idiag_cookie[1] << 32 | id->idiag_cookie[0];
    return cookie == UINT64_MAX ? 0 : cookie; /* INET_DIAG_NOCOOKIE twice */
}

static void read_header(struct row *row, const struct inet_diag_msg *message)
{
    struct conn *conn = row->conn;
    conn->cookie = diag_row_cookie(&message->id);
    read_tuple(&conn->tuple, message);
    conn->state = (uint8_t)state_from_kernel(message->idiag_state);
    conn->kernel_state = message->idiag_state;
    conn->timer = message->idiag_timer;
    conn->timer_retrans = message->idiag_retrans;
    conn->timer_ms = message->idiag_expires;
    conn->receive_queue = message->idiag_rqueue;
    conn->send_queue = message->idiag_wqueue;
    conn->known = KNOWN_QUEUES | KNOWN_TIMER;
    /* Without an inode uid 0 means "unknown": minisocks, connections not yet accepted, orphans. */
    row->owner_is_known = message->idiag_inode != 0 || message->idiag_uid != 0;
    if (row->owner_is_known) {
        conn->uid = message->idiag_uid;
        conn->known |= KNOWN_UID;
    }
    if (message->idiag_inode != 0) {
        conn->inode = message->idiag_inode;
        conn->known |= KNOWN_INODE;
    }
}

static void settle_offload(struct row *row, bool ulp_is_reported)
{
    struct conn *conn = row->conn;
    /* For minisocks (TIME-WAIT, SYN-RECEIVED, FIN-WAIT-2 of an orphan) and bound sockets the kernel
     * reports no upper layer (inet_sk_diag_fill). */
    if (conn->ulp == ULP_UNKNOWN && ulp_is_reported && row->has_info && !row->ulp_unclear)
        conn->ulp = ULP_ABSENT;
    if (conn->ulp != ULP_UNKNOWN)
        conn->known |= KNOWN_ULP;
    conn->offload = (uint8_t)offload_decide(conn->ulp, conn->tls_tx, conn->tls_rx, OFFLOAD_UNKNOWN);
}

const struct inet_diag_msg *diag_row_check(const void *payload, size_t length)
{
    const struct inet_diag_msg *message = payload;
    if (length < sizeof(*message))
        return NULL;
    if (message->idiag_family != AF_INET && message->idiag_family != AF_INET6)
        return NULL;
    return state_from_kernel(message->idiag_state) == STATE_NONE ? NULL : message;
}

bool diag_row_fill(const struct inet_diag_msg *message, size_t length, bool ulp_is_reported,
                   struct conn *conn, struct conn_detail *detail)
{
    struct row row = {.conn = conn, .detail = detail};
    size_t header = NLMSG_ALIGN(sizeof(*message));
    read_header(&row, message);
    if (length > header)
        read_attributes(&row, (struct bytes){(const uint8_t *)message + header, length - header});
    settle_offload(&row, ulp_is_reported);
    return row.waits || conn_is_suspect(conn);
}

int diag_parse_row(const void *payload, size_t length, bool ulp_is_reported, struct conn *conn,
                   struct conn_detail *detail)
{
    const struct inet_diag_msg *message = diag_row_check(payload, length);
    if (!message)
        return -EBADMSG;
    *conn = (struct conn){.owner = CONN_NO_INDEX,
                          .owners = CONN_NO_INDEX,
                          .group = CONN_NO_INDEX,
                          .detail = CONN_NO_INDEX};
    if (detail)
        memset(detail, 0, sizeof(*detail));
    diag_row_fill(message, length, ulp_is_reported, conn, detail);
    return 0;
}
