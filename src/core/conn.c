/* One row: its identity, its rates, the words for what stands in place of an owner.
 * Knows nothing of frames. */
#include "core/conn.h"

#include <stddef.h>

#define RATE_MAX ((UINT64_C(1) << 40) - 1)

static const char *const OWNER_WORDS[] = {
    [OWNER_UNKNOWN] = "unknown", [OWNER_PROCESS] = NULL, [OWNER_HIDDEN] = "hidden",
    [OWNER_NONE] = "none",       [OWNER_LAST] = "last",  [OWNER_LISTENER] = "listener",
    [OWNER_UNSEEN] = "unseen",
};

const char *owner_word_name(uint8_t word)
{
    return word < sizeof(OWNER_WORDS) / sizeof(OWNER_WORDS[0]) ? OWNER_WORDS[word] : NULL;
}

static uint64_t cap_rate(uint64_t rate)
{
    return rate < RATE_MAX ? rate : RATE_MAX;
}

void conn_set_rates(struct conn *conn, uint64_t in, uint64_t out)
{
    uint64_t in_rate = cap_rate(in);
    uint64_t out_rate = cap_rate(out);

    conn->in_bytes_per_s_low = (uint32_t)in_rate;
    conn->in_bytes_per_s_high = (uint8_t)(in_rate >> 32);
    conn->out_bytes_per_s_low = (uint32_t)out_rate;
    conn->out_bytes_per_s_high = (uint8_t)(out_rate >> 32);
}

bool conn_is_ghost(const struct conn *conn)
{
    return conn->state == STATE_DELETE_TCB;
}

bool conn_is_unaccepted(const struct conn *conn)
{
    static const uint32_t states =
        STATE_BIT(STATE_SYN_RECEIVED) | STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_CLOSE_WAIT);
    return (states & STATE_BIT(conn->state)) && !((conn->known & KNOWN_INODE) && conn->inode);
}

void conn_move_times(struct conn *conn, int64_t by_ns)
{
    if (by_ns == 0)
        return;
    if (conn->known & KNOWN_CREATED_MIN)
        conn->created_min_ns += by_ns;
    if (conn->known & KNOWN_CREATED_MAX)
        conn->created_max_ns += by_ns;
    if (conn->known & KNOWN_STATE_SINCE)
        conn->state_since_ns += by_ns;
    if (conn->changed_ns)
        conn->changed_ns += by_ns;
    if (conn->full_since_ns)
        conn->full_since_ns += by_ns;
}

bool conn_same(const struct conn *a, const struct conn *b)
{
    if (a->netns != b->netns)
        return false;
    if (a->cookie && b->cookie)
        return a->cookie == b->cookie;
    /* SO_REUSEPORT listeners share a tuple: only their inodes tell them apart. A row without an
     * inode (orphaned, TIME-WAIT) has lost it and still is the same connection. */
    if ((a->known & b->known & KNOWN_INODE) && a->inode != b->inode)
        return false;
    return tuple_equal(&a->tuple, &b->tuple);
}
