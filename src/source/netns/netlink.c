/* netlink: dumps and exact look-ups over NETLINK_SOCK_DIAG, one socket per purpose, reopened on any
 * error. diag.c decodes messages, diff and live.c determine what became of rows. */
#include "source/netns/netlink.h"

#include "base/clock.h"
#include "base/error.h"
#include "core/column/column.h"
#include "source/diag.h"
#include "source/interface_name.h"
#include "source/netns/smc.h"
#include "source/repeats.h"
#include "source/ulp_right.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ATTEMPTS       3 /* one and two more */
#define ANSWER_SECONDS 5 /* the kernel answers in the caller's context: only for broken kernels */
#define REQUEST_ROOM   8192u
#define SMC_AGAIN_NS   (5 * SECOND_NS) /* where there is none */
#define LOOKS_AT_ONCE  16u /* their answers fit the smallest receive buffers that are in use */
#define LOOK_ROOM      128u

struct channel {
    struct mnl_socket *socket; /* NULL: to be opened */
    uint32_t port_id;
    uint32_t sequence;
};

struct netlink {
    struct channel dump, exact;
    struct repeats repeats;
    struct ulp_right ulp;
    struct smc_sockets smc;
    int64_t smc_next_ns; /* not before */
    bool apart;          /* the kernel dumps families only one by one */
    struct netlink_place place;
    struct netns own;  /* of netlink_open() */
    uint32_t rows;     /* of the last frame */
    uint32_t first;    /* row of the frame with which the dump begins */
    uint32_t last_uid; /* of the last row, UINT32_MAX = none */
    /* interface that no longer has a name: not looked up again for each row */
    uint32_t nameless_scope;
    _Alignas(8) uint8_t buffer[DIAG_BUFFER_SIZE];
};

struct errno_words {
    int error;
    const char *name, *words;
};

static const struct errno_words ERRNO_WORDS[] = {
    {EACCES, "EACCES", "not permitted"},
    {EAFNOSUPPORT, "EAFNOSUPPORT", "no such address family"},
    {EAGAIN, "EAGAIN", "the kernel did not answer"},
    {EBADMSG, "EBADMSG", "the answer was not a netlink message"},
    {EBUSY, "EBUSY", "another dump is running on the socket"},
    {EINTR, "EINTR", "interrupted"},
    {EINVAL, "EINVAL", "the kernel does not know the request"},
    {EMFILE, "EMFILE", "too many open files"},
    {ENFILE, "ENFILE", "too many open files in the system"},
    {ENOBUFS, "ENOBUFS", "the receive buffer overran"},
    {ENOENT, "ENOENT", "the kernel has no tcp_diag"},
    {ENOMEM, "ENOMEM", "out of memory"},
    {ENOSPC, "ENOSPC", "an answer was cut short"}, /* libmnl's error for MSG_TRUNC */
    {EPERM, "EPERM", "not permitted"},
    {EPROTO, "EPROTO", "the answer was invalid"},
    {EPROTONOSUPPORT, "EPROTONOSUPPORT", "the kernel has no sock_diag"},
};

static const struct errno_words *find_errno(int error)
{
    for (size_t i = 0; i < sizeof(ERRNO_WORDS) / sizeof(ERRNO_WORDS[0]); i++)
        if (ERRNO_WORDS[i].error == error)
            return &ERRNO_WORDS[i];
    return NULL;
}

void netlink_mark_missing(struct frame *frame, const char *what, int error, const char *so)
{
    const struct errno_words *known = find_errno(error);
    struct missing *missing = &frame->missing;
    const char *mark = so ? "; " : "";
    missing->reasons |= MISSING_DUMP_PART;
    missing->error = error;
    so = so ? so : "";
    if (known)
        snprintf(missing->text, sizeof(missing->text), "%s failed: %s (%s)%s%s", what, known->words,
                 known->name, mark, so);
    else
        snprintf(missing->text, sizeof(missing->text), "%s failed: %s%s%s", what, error_text(error),
                 mark, so);
}

static void channel_close(struct channel *channel)
{
    if (channel->socket)
        mnl_socket_close(channel->socket);
    channel->socket = NULL;
}

static int channel_open(const struct netlink *netlink, struct channel *channel)
{
    if (channel->socket)
        return 0;
    const int descriptor = netlink->place.open(netlink->place.context);
    if (descriptor < 0)
        return descriptor;
    channel->socket = mnl_socket_fdopen(descriptor);
    if (!channel->socket) {
        close(descriptor);
        return -ENOMEM;
    }
    struct timeval patience = {.tv_sec = ANSWER_SECONDS};
    if (mnl_socket_bind(channel->socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
        setsockopt(mnl_socket_get_fd(channel->socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
                   sizeof(patience)) < 0) {
        int error = -errno;
        channel_close(channel);
        return error;
    }
    channel->port_id = mnl_socket_get_portid(channel->socket);
    return 0;
}

static int channel_send(struct channel *channel, const void *request, size_t length)
{
    for (;;) {
        if (mnl_socket_sendto(channel->socket, request, length) >= 0)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
}

/* Bytes of one datagram or -errno; -ENOSPC when it was longer than the buffer. */
static ssize_t channel_receive(struct netlink *netlink, struct channel *channel)
{
    for (;;) {
        ssize_t got =
            mnl_socket_recvfrom(channel->socket, netlink->buffer, sizeof(netlink->buffer));
        if (got >= 0)
            return got;
        if (errno != EINTR)
            return -errno;
    }
}

static void name_scope(struct netlink *netlink, struct frame *frame, uint32_t scope)
{
    const uint32_t netns = netlink->place.netns;
    char name[INTERFACE_NAME_MAX];
    if (scope == netlink->nameless_scope || frame_interface_name(frame, netns, scope))
        return;
    /* A failed dump of SMC has closed it. */
    if (channel_open(netlink, &netlink->dump) < 0)
        return;
    if (!interface_name_by(mnl_socket_get_fd(netlink->dump.socket), scope, name) ||
        frame_add_interface(frame, netns, scope, name) < 0)
        netlink->nameless_scope = scope;
}

void netlink_settle_row(struct netlink *netlink, struct frame *frame, const struct conn *conn)
{
    if ((conn->known & KNOWN_UID) && conn->uid != netlink->last_uid) {
        netlink->last_uid = conn->uid;
        frame_add_user(frame, conn->uid, ""); /* if out of memory, only a name is missing */
    }
    if (conn->tuple.scope)
        name_scope(netlink, frame, conn->tuple.scope);
}

/* Handles the rows of a datagram while they are in the cache: notes cookies and users, names
 * interfaces. */
static void settle_rows(struct netlink *netlink, struct frame *frame, uint32_t first)
{
    for (uint32_t i = first; i < frame->live_count; i++) {
        repeats_note(&netlink->repeats, frame->conns[i].cookie);
        netlink_settle_row(netlink, frame, &frame->conns[i]);
    }
}

static int receive_dump(struct netlink *netlink, struct diag_parse *parse)
{
    for (;;) {
        ssize_t got = channel_receive(netlink, &netlink->dump);
        if (got < 0)
            return (int)got;
        uint32_t first = parse->frame->live_count;
        int result = diag_parse_messages(parse, netlink->buffer, (size_t)got);
        settle_rows(netlink, parse->frame, first);
        if (result <= 0)
            return result < 0 ? result : parse->error;
    }
}

static int dump_once(struct netlink *netlink, struct diag_parse *parse,
                     const struct diag_request *wanted)
{
    int result = channel_open(netlink, &netlink->dump);
    if (result < 0)
        return result;
    size_t room = REQUEST_ROOM + wanted->bytecode_length;
    void *message = calloc(1, room);
    if (!message)
        return -ENOMEM;
    struct diag_request request = *wanted;
    request.sequence = ++netlink->dump.sequence;
    parse->sequence = request.sequence;
    parse->port_id = netlink->dump.port_id;
    result = channel_send(&netlink->dump, message, diag_put_dump(message, &request));
    free(message);
    if (result == 0)
        result = receive_dump(netlink, parse);
    if (result == 0 && parse->interrupted)
        result = -EINTR;
    if (result == 0 && parse->malformed)
        result = -EBADMSG;
    if (result < 0)
        channel_close(&netlink->dump); /* its remaining data would be mixed with the next dump */
    return result;
}

/* Errors that would recur for the same request. */
static bool is_refused(int error)
{
    static const int REFUSED[] = {ENOENT, EPROTONOSUPPORT, EAFNOSUPPORT, EACCES,
                                  EPERM,  EOPNOTSUPP,      EINVAL};
    for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++)
        if (error == -REFUSED[i])
            return true;
    return false;
}

/* One request: rows of a failed attempt are dropped before the next, those of the last are kept. */
static int dump_patiently(struct netlink *netlink, const struct diag_parse *blank,
                          const struct diag_request *request)
{
    struct frame *frame = blank->frame;
    uint32_t conns = frame->live_count;
    uint32_t details = frame->detail_count;
    for (int attempt = 1;; attempt++) {
        struct diag_parse parse = *blank;
        int result = dump_once(netlink, &parse, request);
        if (result == 0 || attempt == ATTEMPTS || result == -ENOMEM || is_refused(result))
            return result;
        frame->live_count = conns;
        frame->conn_count = conns;
        frame->detail_count = details;
    }
}

static struct diag_parse parse_for(struct netlink *netlink, struct frame *frame,
                                   uint32_t state_bits)
{
    if (!frame->netns)
        frame->netns = netlink->place.netns;
    return (struct diag_parse){.frame = frame,
                               .state_bits = state_bits,
                               .admin = ulp_right_holds(&netlink->ulp),
                               .netns = netlink->place.netns};
}

static int begin_dump(struct netlink *netlink, const struct frame *frame, uint32_t rows)
{
    netlink->first = frame->live_count;
    netlink->nameless_scope = 0;
    netlink->last_uid = UINT32_MAX;
    return repeats_begin(&netlink->repeats, rows);
}

/* A dump repeats rows when sockets come and go under it (inet_diag resumes by offset inside a hash
 * bucket), and a bound socket that connects meanwhile stands in two tables. */
static void end_dump(struct netlink *netlink, struct frame *frame)
{
    const uint32_t count = frame->live_count - netlink->first;

    if (count)
        frame->live_count = netlink->first +
                            repeats_remove(&netlink->repeats, frame->conns + netlink->first, count);
    frame->conn_count = frame->live_count;
}

/* Reports what a dump lacks; a kernel without IPv6 is not an error. */
static void note_failure(struct frame *frame, uint8_t family, int error)
{
    if (family == FAMILY_INET6 && (error == -ENOENT || error == -EAFNOSUPPORT))
        frame->missing.reasons |= MISSING_IPV6;
    else
        netlink_mark_missing(frame, family == FAMILY_INET6 ? "tcp dump (IPv6)" : "tcp dump", -error,
                             "showing what was read");
}

/* Dumps one family after the other. 0 or, if nothing at all was read, -errno. */
static int dump_each(struct netlink *netlink, const struct diag_parse *blank,
                     const struct diag_request *wanted, const uint8_t *families, size_t count)
{
    int error = 0;
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        struct diag_request request = *wanted;
        request.family = families[i];
        int result = dump_patiently(netlink, blank, &request);
        any = any || result == 0;
        if (result < 0)
            note_failure(blank->frame, families[i], result);
        if (result < 0 && error == 0)
            error = result;
    }
    if (any || blank->frame->live_count > netlink->first || error == 0)
        return 0;
    netlink_mark_missing(blank->frame, "tcp dump", -error, NULL);
    return error;
}

/* In one pass if the kernel supports that: the fixed cost of a dump is the walk through the hash
 * table, once per request. A failure is remembered only if single families work: else the reason is
 * another (unknown bytecode). */
static int dump_families(struct netlink *netlink, const struct diag_parse *blank,
                         const struct diag_request *wanted, uint8_t families)
{
    static const uint8_t BOTH[] = {DIAG_BOTH_FAMILIES};
    static const uint8_t EACH[] = {FAMILY_INET, FAMILY_INET6};
    const struct missing before = blank->frame->missing;
    if (families == WISH_INET)
        return dump_each(netlink, blank, wanted, &EACH[0], 1);
    if (families == WISH_INET6)
        return dump_each(netlink, blank, wanted, &EACH[1], 1);
    int result = netlink->apart ? -EOPNOTSUPP : dump_each(netlink, blank, wanted, BOTH, 1);
    if (!is_refused(result))
        return result;
    blank->frame->missing = before;
    result = dump_each(netlink, blank, wanted, EACH, 2);
    if (result == 0 && blank->frame->missing.error == 0)
        netlink->apart = true;
    return result;
}

/* --- sockets of SMC: those above some of the rows --- */

/* The request would load a module, which is useless without SMC itself. */
static bool kernel_has_smc(void)
{
    FILE *file = fopen("/proc/self/net/protocols", "re");
    char line[256];
    bool found = false;

    while (file && !found && fgets(line, sizeof(line), file))
        found = strncmp(line, "SMC", 3) == 0;
    if (file)
        fclose(file);
    return found;
}

/* One datagram: 1 = more follow, 0 = that was all, -errno. */
static int read_smc(struct netlink *netlink, size_t length)
{
    const struct nlmsghdr *header = (const void *)netlink->buffer;
    int left = (int)length;

    for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
        if (header->nlmsg_seq != netlink->dump.sequence)
            return -EPROTO;
        if (header->nlmsg_type == NLMSG_DONE)
            return 0;
        if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
            return -EPROTONOSUPPORT;
        if (smc_add(&netlink->smc, mnl_nlmsg_get_payload(header),
                    mnl_nlmsg_get_payload_len(header)))
            return -ENOMEM;
    }
    return 1;
}

static int dump_smc(struct netlink *netlink)
{
    struct {
        struct nlmsghdr header;
        uint8_t body[SMC_REQUEST_SIZE];
    } request = {.header = {.nlmsg_len = sizeof(request),
                            .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                            .nlmsg_seq = ++netlink->dump.sequence}};
    int result = channel_open(netlink, &netlink->dump);

    smc_put_request(request.body);
    if (result == 0)
        result = channel_send(&netlink->dump, &request, sizeof(request));
    for (int more = result == 0; more;) {
        const ssize_t got = channel_receive(netlink, &netlink->dump);
        result = got < 0 ? (int)got : read_smc(netlink, (size_t)got);
        more = result > 0;
    }
    if (result < 0)
        channel_close(&netlink->dump);
    return result;
}

/* Without this, such rows have no process. */
static void join_smc(struct netlink *netlink, struct frame *frame)
{
    const uint32_t first = netlink->first;

    if (frame->live_count == first || frame->mono_ns < netlink->smc_next_ns)
        return;
    smc_clear(&netlink->smc);
    if (kernel_has_smc() && dump_smc(netlink) == 0)
        smc_join(&netlink->smc, frame->conns + first, frame->live_count - first);
    else
        netlink->smc_next_ns = frame->mono_ns + SMC_AGAIN_NS;
    for (uint32_t i = first; netlink->smc.count && i < frame->live_count; i++)
        if (frame->conns[i].known & KNOWN_UID)
            frame_add_user(frame, frame->conns[i].uid, "");
}

int netlink_dump(struct netlink *netlink, struct frame *frame, const struct wish *wish,
                 const struct netlink_bytecode *bytecode)
{
    struct diag_parse blank = parse_for(netlink, frame, wish->state_bits);
    blank.want_detail = wish->needs & NEED_DETAIL;
    blank.want_suspects = wish->needs & NEED_SUSPECTS;
    blank.few = (wish->needs & NEED_FEW) && netlink->rows <= WISH_FEW_ROWS;
    blank.page = wish->page;
    const struct diag_request wanted = {.kernel_states = state_kernel_mask(wish->state_bits),
                                        .bytecode = bytecode ? bytecode->code : NULL,
                                        .bytecode_length = bytecode ? bytecode->length : 0,
                                        .detail = blank.want_detail || wish->page.cookie};
    frame->source = "sock_diag";
    if (!blank.admin)
        frame->missing.reasons |= MISSING_ULP;
    /* Before the first dump, only the reserved memory hints at the size. */
    int result = begin_dump(netlink, frame, netlink->rows ? netlink->rows : frame->conn_capacity);
    if (result < 0)
        return result;
    result = dump_families(netlink, &blank, &wanted, wish->families);
    end_dump(netlink, frame);
    join_smc(netlink, frame);
    netlink->rows = frame->live_count - netlink->first;
    return result;
}

int netlink_dump_states(struct netlink *netlink, struct frame *frame, uint8_t family,
                        uint32_t state_bits)
{
    struct diag_parse blank = parse_for(netlink, frame, state_bits);
    struct diag_request request = {.family = family,
                                   .kernel_states = state_kernel_mask(state_bits)};
    int result = begin_dump(netlink, frame, 0);
    if (result < 0)
        return result;
    result = dump_patiently(netlink, &blank, &request);
    end_dump(netlink, frame);
    return result;
}

int netlink_dump_listeners(struct netlink *netlink, struct frame *frame, const struct wish *wish)
{
    const uint32_t rows = netlink->rows; /* of a complete frame */
    struct wish listeners = {.state_bits = STATE_BIT(STATE_LISTEN), .families = wish->families};
    if (rows <= WISH_FEW_ROWS) {
        listeners.needs = wish->needs;
        listeners.page = wish->page;
    }
    netlink->rows = 0;
    const int result = netlink_dump(netlink, frame, &listeners, NULL);
    netlink->rows = rows;
    return result;
}

/* The answer to a look-up: 0, -ENOENT, other -errno. */
static int read_answer(struct netlink *netlink, size_t length, uint32_t sequence, struct conn *conn,
                       struct conn_detail *detail)
{
    const struct nlmsghdr *header = (const void *)netlink->buffer;
    if (length < NLMSG_HDRLEN || header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > length)
        return -EBADMSG;
    if (header->nlmsg_seq != sequence)
        return -EPROTO;
    const uint8_t *payload = netlink->buffer + NLMSG_HDRLEN;
    size_t size = header->nlmsg_len - NLMSG_HDRLEN;
    if (header->nlmsg_type == NLMSG_ERROR) {
        int error = 0;
        if (size >= sizeof(error))
            memcpy(&error, payload, sizeof(error));
        return error < 0 ? error : -EPROTO;
    }
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return -EPROTO;
    const int result = diag_parse_row(payload, size, ulp_right_holds(&netlink->ulp), conn, detail);
    conn->netns = netlink->place.netns;
    return result;
}

/* What the kernel finds for a tuple: a connection, else the listener that would take one. */
static int ask(struct netlink *netlink, const struct conn *wanted, struct conn *found)
{
    int result = channel_open(netlink, &netlink->exact);
    if (result < 0)
        return result;
    const uint32_t sequence = ++netlink->exact.sequence;
    size_t length = diag_put_lookup(netlink->buffer, wanted, true, sequence);
    result = channel_send(&netlink->exact, netlink->buffer, length);
    if (result == 0) {
        ssize_t got = channel_receive(netlink, &netlink->exact);
        result = got < 0 ? (int)got : read_answer(netlink, (size_t)got, sequence, found, NULL);
    }
    if (result < 0 && result != -ENOENT)
        channel_close(&netlink->exact);
    return result;
}

/* Only a dump shows the layer above. */
static void keep_smc(const struct conn *wanted, struct conn *found)
{
    const uint32_t facts = KNOWN_ULP | KNOWN_INODE | KNOWN_UID;

    if (!ulp_is_smc(wanted->ulp) || !conn_same(wanted, found))
        return;
    found->ulp = wanted->ulp;
    found->offload = wanted->offload;
    found->inode = wanted->inode;
    found->uid = wanted->uid;
    found->known = (found->known & ~facts) | (wanted->known & facts);
}

/* Otherwise it is another connection with the same tuple, or a listener. */
static bool is_wanted(const struct conn *wanted, const struct conn *found)
{
    return wanted->cookie ? found->cookie == wanted->cookie
                          : tuple_equal(&found->tuple, &wanted->tuple);
}

int netlink_lookup(struct netlink *netlink, const struct conn *wanted, struct conn *conn)
{
    struct conn found;
    const int result = ask(netlink, wanted, &found);

    if (result < 0)
        return result;
    if (!is_wanted(wanted, &found))
        return -ENOENT;
    *conn = found;
    keep_smc(wanted, conn);
    return 0;
}

static int send_looks(struct netlink *netlink, const struct netlink_look *looks, uint32_t count)
{
    _Alignas(8) uint8_t requests[LOOKS_AT_ONCE * LOOK_ROOM];
    size_t length = 0;
    const int result = channel_open(netlink, &netlink->exact);

    if (result < 0)
        return result;
    for (uint32_t i = 0; i < count; i++)
        length += NLMSG_ALIGN(diag_put_lookup(requests + length, looks[i].wanted, !looks[i].is_lean,
                                              ++netlink->exact.sequence));
    return channel_send(&netlink->exact, requests, length);
}

/* One datagram for each request, in order. -errno: the rest was not answered. */
static int receive_look(struct netlink *netlink, struct netlink_look *look, uint32_t sequence)
{
    const ssize_t got = channel_receive(netlink, &netlink->exact);
    int result = got < 0 ? (int)got
                         : read_answer(netlink, (size_t)got, sequence, &look->found, look->detail);

    if (result == 0 && !is_wanted(look->wanted, &look->found))
        result = -ENOENT;
    if (result == 0)
        keep_smc(look->wanted, &look->found);
    look->result = result;
    return result == -ENOENT ? 0 : result;
}

static void look_up_some(struct netlink *netlink, struct netlink_look *looks, uint32_t count)
{
    int error = send_looks(netlink, looks, count);

    for (uint32_t i = 0; i < count; i++) {
        if (!error)
            error = receive_look(netlink, &looks[i], netlink->exact.sequence - (count - 1 - i));
        else
            looks[i].result = error;
    }
    if (error)
        channel_close(&netlink->exact);
}

void netlink_look_up(struct netlink *netlink, struct netlink_look *looks, uint32_t count)
{
    for (uint32_t at = 0; at < count; at += LOOKS_AT_ONCE)
        look_up_some(netlink, looks + at, count - at < LOOKS_AT_ONCE ? count - at : LOOKS_AT_ONCE);
}

int netlink_find(struct netlink *netlink, const struct conn *wanted, struct conn *conn)
{
    struct conn anyone = *wanted;
    anyone.cookie = 0;
    return netlink_lookup(netlink, &anyone, conn);
}

bool netlink_has_listener(struct netlink *netlink, const struct tuple *at)
{
    struct conn wanted = {.tuple = *at}; /* without a remote end, so that no connection matches */
    struct conn found;

    memset(&wanted.tuple.remote, 0, sizeof(wanted.tuple.remote));
    wanted.tuple.remote_port = 0;
    return ask(netlink, &wanted, &found) == 0 && found.state == STATE_LISTEN;
}

/* A small dump shows whether sock_diag supports TCP: of listeners, since for any other state the
 * kernel goes through all connections (25 ms for 100,000), and with bytecode that rejects all. */
static int try_out(struct netlink *netlink)
{
    static const struct inet_diag_bc_op none = {INET_DIAG_BC_JMP, sizeof(none), 2 * sizeof(none)};
    struct diag_request request = {.family = FAMILY_INET,
                                   .kernel_states = state_kernel_mask(STATE_BIT(STATE_LISTEN)),
                                   .bytecode = &none,
                                   .bytecode_length = sizeof(none)};
    struct frame nothing = {0};
    struct diag_parse parse = {.frame = &nothing}; /* no states: adds no rows */
    return dump_patiently(netlink, &parse, &request);
}

static int open_own(void *context)
{
    const struct netlink *netlink = context;
    return netns_open_diag(&netlink->own, 0);
}

int netlink_new(struct netlink **netlink)
{
    struct netlink *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    ulp_right_init(&made->ulp);
    *netlink = made;
    return 0;
}

int netlink_enter(struct netlink *netlink, const struct netlink_place *place)
{
    netlink_leave(netlink);
    netlink->place = *place;
    return channel_open(netlink, &netlink->dump);
}

void netlink_leave(struct netlink *netlink)
{
    channel_close(&netlink->dump);
    channel_close(&netlink->exact);
    netlink->place = (struct netlink_place){0};
}

int netlink_open(struct netlink **netlink, const struct netns *netns)
{
    struct netlink *made = NULL;
    int result = netlink_new(&made);
    if (result < 0)
        return result;
    made->own = *netns;
    made->place = (struct netlink_place){.netns = netns->inode, .open = open_own, .context = made};
    result = try_out(made);
    if (result < 0) {
        netlink_close(made);
        return result;
    }
    *netlink = made;
    return 0;
}

void netlink_close(struct netlink *netlink)
{
    if (!netlink)
        return;
    netlink_leave(netlink);
    repeats_done(&netlink->repeats);
    smc_done(&netlink->smc);
    free(netlink);
}
