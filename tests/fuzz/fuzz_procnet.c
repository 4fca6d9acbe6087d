/* Any bytes as lines of /proc/net/tcp and tcp6: a row is legal or refused, and what is unknown
 * of it is zero. */
#include "fuzz_target.h"
#include "source/procnet.h"

#include <errno.h>
#include <string.h>

static void check_row(const struct conn *conn, uint8_t family)
{
    CHECK(conn->tuple.family == family);
    CHECK(conn->state >= STATE_CLOSED && conn->state < STATE_DELETE_TCB);
    CHECK(state_from_kernel(conn->kernel_state) == conn->state);
    CHECK((conn->known & KNOWN_UID) || conn->uid == 0);
    CHECK(((conn->known & KNOWN_INODE) != 0) == (conn->inode != 0));
    CHECK(!(conn->known & KNOWN_NO_BACKLOG) || conn->send_queue == 0);
    CHECK(conn->offload == OFFLOAD_UNKNOWN && conn->cookie == 0);
    CHECK(conn->state != STATE_TIME_WAIT || !(conn->known & KNOWN_UID));
    if (family == FAMILY_INET)
        for (unsigned i = 4; i < sizeof(conn->tuple.local.bytes); i++)
            CHECK(conn->tuple.local.bytes[i] == 0 && conn->tuple.remote.bytes[i] == 0);
}

static void check_line(const char *line, size_t length, uint8_t family)
{
    struct conn before, conn;
    memset(&before, 0x5a, sizeof(before));
    conn = before;
    int result = procnet_parse_line(line, length, family, &conn);
    CHECK(result == 0 || result == -ENOMSG || result == -EBADMSG);
    if (result == 0)
        check_row(&conn, family);
    else
        CHECK(memcmp(&conn, &before, sizeof(conn)) == 0);
}

/* Each line in memory of its own, so that a sanitizer sees a byte read behind it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0;
    while (at < size) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t length = end ? (size_t)(end - data) - at : size - at;
        char *line = malloc(length ? length : 1);
        CHECK(line != NULL);
        memcpy(line, data + at, length);
        check_line(line, length, FAMILY_INET);
        check_line(line, length, FAMILY_INET6);
        free(line);
        at += length + 1;
    }
    return 0;
}
