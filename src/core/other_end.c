/* other_end: see other_end.h. */
#include "core/other_end.h"

#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One end for comparison: v4-mapped IPv6 becomes IPv4, as the two ends of a connection may differ
 * in that. */
struct end {
    struct addr addr;
    uint16_t port;
    uint8_t family;
};

struct pair {
    struct end local, remote;
};

/* What has been found so far. */
struct search {
    const struct conn *conn;
    struct pair wanted;
    const struct conn *same, *other; /* in its own namespace; in another one */
    uint32_t others;
};

static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static struct end end_of(const struct addr *addr, uint8_t family, uint16_t port)
{
    struct end end = {.addr = *addr, .port = port, .family = family};

    if (family == FAMILY_INET6 && memcmp(addr->bytes, MAPPED, sizeof(MAPPED)) == 0) {
        end.addr = (struct addr){0};
        memcpy(end.addr.bytes, addr->bytes + sizeof(MAPPED), 4);
        end.family = FAMILY_INET;
    }
    return end;
}

static struct pair pair_of(const struct conn *conn)
{
    const struct tuple *tuple = &conn->tuple;
    return (struct pair){end_of(&tuple->local, tuple->family, tuple->local_port),
                         end_of(&tuple->remote, tuple->family, tuple->remote_port)};
}

static struct pair reversed(const struct conn *conn)
{
    const struct pair pair = pair_of(conn);
    return (struct pair){pair.remote, pair.local};
}

static bool same_end(const struct end *a, const struct end *b)
{
    return a->port == b->port && a->family == b->family &&
           memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

static bool has_ends(const struct conn *conn)
{
    return conn->tuple.remote_port && conn->state != STATE_LISTEN && !conn_is_ghost(conn);
}

static bool is_loopback(const struct end *end)
{
    static const uint8_t ONE[16] = {[15] = 1};

    return end->family == FAMILY_INET ? end->addr.bytes[0] == 127
                                      : memcmp(end->addr.bytes, ONE, sizeof(ONE)) == 0;
}

/* Within one family bytes are compared; v4-mapped IPv6 equals IPv4. */
static bool is_reverse(const struct search *search, const struct conn *row)
{
    const struct tuple *tuple = &row->tuple, *wanted = &search->conn->tuple;

    if (tuple->local_port != wanted->remote_port || tuple->remote_port != wanted->local_port)
        return false;
    if (tuple->family == wanted->family)
        return memcmp(&tuple->local, &wanted->remote, sizeof(tuple->local)) == 0 &&
               memcmp(&tuple->remote, &wanted->local, sizeof(tuple->remote)) == 0;
    const struct pair pair = pair_of(row);
    return same_end(&pair.local, &search->wanted.local) &&
           same_end(&pair.remote, &search->wanted.remote);
}

static void look_at(struct search *search, const struct conn *row)
{
    if (!is_reverse(search, row) || !has_ends(row) || conn_same(row, search->conn))
        return;
    if (row->netns == search->conn->netns) {
        search->same = row;
    } else if (!is_loopback(&search->wanted.local) && !is_loopback(&search->wanted.remote)) {
        search->other = row;
        search->others++;
    }
}

/* A namespace delivers to its own addresses itself. */
static const struct conn *result_of(const struct search *search, uint32_t *several)
{
    if (several)
        *several = !search->same && search->others > 1 ? search->others : 0;
    if (search->same)
        return search->same;
    return search->others == 1 ? search->other : NULL;
}

/* By words: bytewise hashing took a tenth of the time of `list --json`. */
static uint64_t hash_end(const struct end *end)
{
    uint64_t words[sizeof(end->addr) / sizeof(uint64_t)];

    memcpy(words, &end->addr, sizeof(words));
    return (words[0] * HASH_SEED ^ words[1] ^ words[1] >> 31 ^ end->port) * HASH_SEED;
}

/* Symmetric: the same for both ends, so that each row is hashed once. */
static uint32_t hash_of(const struct conn *conn)
{
    const struct pair pair = pair_of(conn);
    const uint64_t local = hash_end(&pair.local), remote = hash_end(&pair.remote);

    return hash_number((local ^ local >> 29) + (remote ^ remote >> 29));
}

int other_ends_build(struct other_ends *ends, const struct frame *frame)
{
    const uint32_t count = frame->live_count;

    *ends = (struct other_ends){.frame = frame};
    ends->hashes = malloc((count + 1) * sizeof(*ends->hashes));
    int error = ends->hashes ? hash_index_begin(&ends->index, count) : -ENOMEM;
    for (uint32_t i = 0; i < count && !error; i++) {
        ends->hashes[i] = hash_of(&frame->conns[i]);
        if (has_ends(&frame->conns[i]))
            error = hash_index_add(&ends->index, ends->hashes[i], i);
    }
    if (error)
        other_ends_done(ends);
    return error;
}

void other_ends_done(struct other_ends *ends)
{
    hash_index_done(&ends->index);
    free(ends->hashes);
    *ends = (struct other_ends){.frame = NULL};
}

/* A row of the frame, or a copy of one. */
static uint32_t known_hash(const struct other_ends *ends, const struct conn *conn)
{
    const struct conn *conns = ends->frame->conns;
    const bool is_row = conn >= conns && conn < conns + ends->frame->live_count;

    return is_row ? ends->hashes[conn - conns] : hash_of(conn);
}

void other_ends_fetch(const struct other_ends *ends, const struct conn *conn)
{
    const struct conn *conns = ends->frame->conns;
    struct hash_cursor cursor;
    uint32_t i = hash_index_first(&ends->index, known_hash(ends, conn), &cursor);

    if (i != HASH_INDEX_NONE && &conns[i] == conn)
        i = hash_index_next(&ends->index, &cursor);
    if (i == HASH_INDEX_NONE)
        return;
    __builtin_prefetch(&conns[i]);
    __builtin_prefetch(&conns[i].state);
    __builtin_prefetch(&conns[i].owner_word);
    __builtin_prefetch(&conns[i].owner);
}

const struct conn *other_ends_find(const struct other_ends *ends, const struct conn *conn,
                                   uint32_t *several)
{
    struct search search = {.conn = conn, .wanted = reversed(conn)};
    struct hash_cursor cursor;

    if (has_ends(conn)) {
        const uint32_t hash = known_hash(ends, conn);
        for (uint32_t i = hash_index_first(&ends->index, hash, &cursor); i != HASH_INDEX_NONE;
             i = hash_index_next(&ends->index, &cursor))
            look_at(&search, &ends->frame->conns[i]);
    }
    return result_of(&search, several);
}

const struct conn *other_end_of(const struct frame *frame, const struct conn *conn,
                                uint32_t *several)
{
    struct search search = {.conn = conn, .wanted = reversed(conn)};

    for (uint32_t i = 0; has_ends(conn) && i < frame->live_count; i++)
        look_at(&search, &frame->conns[i]);
    return result_of(&search, several);
}
