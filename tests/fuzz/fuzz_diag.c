/* Any bytes as a datagram of sock_diag: nothing beyond them is read, known facts are within bounds,
 * counters add up. The first byte selects the request, the next three are skipped so that messages
 * begin at a multiple of 4. */
#include "core/text/text.h"
#include "fuzz_target.h"
#include "source/diag.h"
#include "source/netns/smc.h"

#include <errno.h>
#include <string.h>

enum { PREFIX = 4 };

static void check_text_is_safe(const char *text, size_t size)
{
    CHECK(memchr(text, '\0', size) != NULL);
    for (; *text != '\0'; text++)
        CHECK((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_conn(const struct frame *frame, const struct conn *conn)
{
    CHECK(conn->state > STATE_NONE && conn->state < STATE_DELETE_TCB);
    CHECK(conn->tuple.family == FAMILY_INET || conn->tuple.family == FAMILY_INET6);
    CHECK(conn->tls_tx <= TLS_CONF_IS_HW_RECORD && conn->tls_rx <= TLS_CONF_IS_HW_RECORD);
    CHECK(conn->offload <= OFFLOAD_UPLOADING || conn->offload == OFFLOAD_UNKNOWN);
    CHECK((conn->known & KNOWN_INODE) != 0 || conn->inode == 0);
    CHECK((conn->known & KNOWN_UID) != 0 || conn->uid == 0);
    CHECK((conn->known & KNOWN_BYTES_IN) != 0 || conn->in_bytes == 0);
    CHECK(((conn->known & KNOWN_ULP) != 0) == (conn->ulp != ULP_UNKNOWN));
    CHECK(conn->detail == CONN_NO_INDEX || conn->detail < frame->detail_count);
}

static void check_detail(const struct conn_detail *detail)
{
    CHECK(detail->info_length <= CONN_INFO_MAX);
    CHECK(detail->meminfo_count <= 9);
    check_text_is_safe(detail->congestion, sizeof(detail->congestion));
    check_text_is_safe(detail->ulp_text, sizeof(detail->ulp_text));
}

static void check_frame(const struct frame *frame)
{
    for (uint32_t i = 0; i < frame->live_count; i++)
        check_conn(frame, &frame->conns[i]);
    for (uint32_t i = 0; i < frame->detail_count; i++)
        check_detail(&frame->details[i]);
}

/* Sequence and port of the first message, so that the fuzzer need not guess them. */
static void take_identity(struct diag_parse *parse, const uint8_t *bytes, size_t length)
{
    struct nlmsghdr header;
    if (length < sizeof(header))
        return;
    memcpy(&header, bytes, sizeof(header));
    parse->sequence = header.nlmsg_seq;
    parse->port_id = header.nlmsg_pid;
}

/* The same bytes as sockets of SMC above those rows. */
static void join_smc(struct frame *frame, const uint8_t *bytes, size_t length)
{
    struct smc_sockets sockets = {0};
    for (size_t at = 0; at < length; at += 64)
        CHECK(smc_add(&sockets, bytes + at, length - at) == 0);
    smc_join(&sockets, frame->conns, frame->live_count);
    smc_done(&sockets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < PREFIX)
        return 0;
    size_t length = size - PREFIX;
    uint8_t *bytes = malloc(length ? length : 1);
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = pool ? frame_new(pool) : NULL;
    struct diag_parse parse = {.frame = frame,
                               .state_bits = STATE_ALL_BITS,
                               .want_detail = data[0] & 1,
                               .admin = data[0] & 2};
    struct conn conn;
    struct conn_detail detail;
    CHECK(bytes && frame);
    memcpy(bytes, data + PREFIX, length);
    take_identity(&parse, bytes, length);
    int result = diag_parse_messages(&parse, bytes, length);
    CHECK(result == 0 || result == 1 || result == -EBADMSG);
    CHECK((result == 0) == parse.done);
    CHECK(parse.error <= 0);
    CHECK(parse.rows == frame->live_count);
    check_frame(frame);
    join_smc(frame, bytes, length);
    check_frame(frame);
    if (diag_parse_row(bytes, length, parse.admin, &conn, &detail) == 0) {
        check_conn(frame, &conn);
        check_detail(&detail);
    }
    frame_release(frame);
    frame_pool_release(pool);
    free(bytes);
    return 0;
}
