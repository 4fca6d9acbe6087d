/* diag: requests to messages, and messages to the rows of a dump. Pure: bytes in, rows out.
 * diag_row.c reads the attributes of a row. */
#include "source/diag.h"

#include "source/diag_row.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/sock_diag.h>
#include <string.h>

#define EXTENSION(attribute) (1u << ((attribute)-1))

/* Extensions for every frame, and for a row's detail only. SHUTDOWN and CGROUP_ID are always sent,
 * ULP_INFO with INFO, CLASS_ID with TCLASS (net/ipv4/inet_diag.c). */
static const uint8_t EXTENSIONS_LEAN = EXTENSION(INET_DIAG_INFO) | EXTENSION(INET_DIAG_SKMEMINFO);
static const uint8_t EXTENSIONS_DETAIL =
    EXTENSION(INET_DIAG_INFO) | EXTENSION(INET_DIAG_SKMEMINFO) | EXTENSION(INET_DIAG_CONG) |
    EXTENSION(INET_DIAG_TOS) | EXTENSION(INET_DIAG_TCLASS);

static uint8_t kernel_family(uint8_t family)
{
    return family == FAMILY_INET6 ? AF_INET6 : AF_INET;
}

static struct nlmsghdr *put_header(void *buffer, uint16_t type, uint16_t flags, uint32_t sequence)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = type;
    header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    header->nlmsg_seq = sequence;
    return header;
}

static struct inet_diag_req_v2 *put_request(void *buffer, uint16_t type, uint16_t flags,
                                            uint8_t family, uint32_t sequence)
{
    struct nlmsghdr *header = put_header(buffer, type, flags, sequence);
    struct inet_diag_req_v2 *request = mnl_nlmsg_put_extra_header(header, sizeof(*request));
    request->sdiag_family = kernel_family(family);
    request->sdiag_protocol = IPPROTO_TCP;
    return request;
}

static void put_dump_of_family(void *buffer, const struct diag_request *request, uint8_t extensions)
{
    struct inet_diag_req_v2 *body =
        put_request(buffer, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, request->family, request->sequence);
    body->idiag_ext = extensions;
    body->idiag_states = request->kernel_states;
}

/* The request used before Linux 3.3: it has no family, and returns rows of all (AF_UNSPEC;
 * inet_diag_dump_compat, net/ipv4/inet_diag.c, Linux 3.3 to 6.18). Otherwise it is handled like
 * SOCK_DIAG_BY_FAMILY: the same extensions, states, bytecode, attributes and rights. */
static void put_dump_of_both(void *buffer, const struct diag_request *request, uint8_t extensions)
{
    struct nlmsghdr *header = put_header(buffer, TCPDIAG_GETSOCK, NLM_F_DUMP, request->sequence);
    struct inet_diag_req *body = mnl_nlmsg_put_extra_header(header, sizeof(*body));
    body->idiag_ext = extensions;
    body->idiag_states = request->kernel_states;
}

size_t diag_put_dump(void *buffer, const struct diag_request *request)
{
    const uint8_t extensions = request->detail ? EXTENSIONS_DETAIL : EXTENSIONS_LEAN;
    if (request->family == DIAG_BOTH_FAMILIES)
        put_dump_of_both(buffer, request, extensions);
    else
        put_dump_of_family(buffer, request, extensions);
    struct nlmsghdr *header = buffer;
    if (request->bytecode)
        mnl_attr_put(header, INET_DIAG_REQ_BYTECODE, request->bytecode_length, request->bytecode);
    return header->nlmsg_len;
}

static void put_identity(struct inet_diag_req_v2 *request, const struct conn *conn)
{
    struct inet_diag_sockid *id = &request->id;
    id->idiag_sport = htons(conn->tuple.local_port);
    id->idiag_dport = htons(conn->tuple.remote_port);
    memcpy(id->idiag_src, conn->tuple.local.bytes, sizeof(id->idiag_src));
    memcpy(id->idiag_dst, conn->tuple.remote.bytes, sizeof(id->idiag_dst));
    id->idiag_if = conn->tuple.scope;
    id->idiag_cookie[0] = conn->cookie ? (uint32_t)conn->cookie : INET_DIAG_NOCOOKIE;
    id->idiag_cookie[1] = conn->cookie ? (uint32_t)(conn->cookie >> 32) : INET_DIAG_NOCOOKIE;
}

size_t diag_put_lookup(void *buffer, const struct conn *conn, bool detail, uint32_t sequence)
{
    struct inet_diag_req_v2 *request =
        put_request(buffer, SOCK_DIAG_BY_FAMILY, 0, conn->tuple.family, sequence);
    request->idiag_ext = detail ? EXTENSIONS_DETAIL : EXTENSIONS_LEAN;
    request->idiag_states = state_kernel_mask(STATE_ALL_BITS);
    put_identity(request, conn);
    return ((const struct nlmsghdr *)buffer)->nlmsg_len;
}

int diag_put_destroy(void *buffer, const struct conn *conn, uint32_t sequence, size_t *length)
{
    /* Without a cookie the kernel destroys whatever matches the tuple, even a listener. */
    if (conn->cookie == 0 || conn->cookie == UINT64_MAX)
        return -EINVAL;
    struct inet_diag_req_v2 *request =
        put_request(buffer, SOCK_DESTROY, NLM_F_ACK, conn->tuple.family, sequence);
    request->idiag_states = state_kernel_mask(STATE_ALL_BITS);
    put_identity(request, conn);
    *length = ((const struct nlmsghdr *)buffer)->nlmsg_len;
    return 0;
}

static uint32_t get_u32(const uint8_t *data)
{
    uint32_t value;
    memcpy(&value, data, sizeof(value));
    return value;
}

static bool wants_detail(const struct diag_parse *parse, const struct inet_diag_msg *message)
{
    if (parse->want_detail)
        return true;
    return parse->page.cookie && parse->page.cookie == diag_row_cookie(&message->id) &&
           parse->page.netns == parse->netns;
}

int diag_add_row(struct diag_parse *parse, const void *payload, size_t length)
{
    const struct inet_diag_msg *message = diag_row_check(payload, length);
    if (!message) {
        parse->malformed++;
        return 0;
    }
    if (!(parse->state_bits & STATE_BIT(state_from_kernel(message->idiag_state)))) {
        parse->skipped++;
        return 0;
    }
    struct conn_detail *detail = NULL;
    if (wants_detail(parse, message)) {
        detail = frame_add_detail(parse->frame);
        if (!detail)
            return -ENOMEM;
    }
    struct conn *conn = frame_add_conn(parse->frame);
    if (!conn)
        return -ENOMEM;
    const bool suspect = diag_row_fill(message, length, parse->admin, conn, detail);
    if ((suspect || parse->few) && !detail && parse->want_suspects &&
        parse->frame->detail_count < DIAG_SUSPECTS_MAX) {
        detail = frame_add_detail(parse->frame);
        if (!detail)
            return -ENOMEM;
        diag_row_fill(message, length, parse->admin, conn, detail);
    }
    conn->netns = parse->netns;
    if (detail)
        conn->detail = parse->frame->detail_count - 1;
    parse->rows++;
    return 0;
}

/* NLMSG_ERROR and NLMSG_DONE both begin with a negative errno or 0; DONE of old kernels may be
 * empty. libmnl 1.0.4 ignores that of DONE: a failed dump would look like "0 rows, success". */
static int end_dump(struct diag_parse *parse, int error)
{
    parse->done = true;
    parse->error = error > 0 ? -EPROTO : error;
    return 0;
}

static int read_message(struct diag_parse *parse, const struct nlmsghdr *header)
{
    const uint8_t *payload = (const uint8_t *)header + NLMSG_HDRLEN;
    size_t length = header->nlmsg_len - NLMSG_HDRLEN;
    int error = length >= sizeof(error) ? (int)get_u32(payload) : 0;
    bool is_ours = header->nlmsg_seq == parse->sequence &&
                   (!parse->port_id || header->nlmsg_pid == parse->port_id);
    if (!is_ours) {
        parse->skipped++;
        return 1;
    }
    if (header->nlmsg_flags & NLM_F_DUMP_INTR)
        parse->interrupted = true;
    switch (header->nlmsg_type) {
    case SOCK_DIAG_BY_FAMILY:
    case TCPDIAG_GETSOCK: /* rows have the type of the request */
        return diag_add_row(parse, payload, length) < 0 ? -ENOMEM : 1;
    case NLMSG_DONE:
        return end_dump(parse, error);
    case NLMSG_ERROR:
        return end_dump(parse, length >= sizeof(error) ? error : -EPROTO);
    case NLMSG_OVERRUN:
        return end_dump(parse, -ENOBUFS);
    default: /* the kernel's numbers, not our own */
        parse->skipped++;
        return 1;
    }
}

int diag_parse_messages(struct diag_parse *parse, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    while (length >= NLMSG_HDRLEN) {
        const struct nlmsghdr *header = (const void *)at;
        size_t step = NLMSG_ALIGN((size_t)header->nlmsg_len);
        if (header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > length)
            break;
        int result = read_message(parse, header);
        if (result != 1)
            return result;
        if (step >= length)
            return 1;
        at += step;
        length -= step;
    }
    parse->malformed++;
    return -EBADMSG;
}
