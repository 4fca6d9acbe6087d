/* pairs: see pairs.h. */
#include "core/finding/pairs.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/hash.h"
#include "core/finding/census.h"
#include "core/other_end.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_MOST  65536u
#define TAKE_NS     (SECOND_NS / 2)
#define WINDOW_NS   (30 * SECOND_NS)
#define UNREAD_BITS ((uint32_t)(MISSING_DUMP_PART | MISSING_SOCK_DIAG | MISSING_LOG))

/* Counters of both ends, absolute or since a time. */
struct counts {
    int64_t at_ns; /* mono, 0 = unknown */
    double sent_bytes, resent_bytes, resent, needless;
    double out_of_order; /* of the row at the other end; < 0: unknown */
    double queued;       /* TCPOFOQueue of that namespace; < 0: unknown */
};

/* A row whose other end was seen, or is expected. */
struct known_row {
    uint64_t serial;
    uint32_t other;
    bool was_seen;
    uint32_t readings;
    uint64_t in_bytes;
    int64_t alone_ns; /* mono: the first frame without its other end; 0 = it is there */
    int64_t own_read_ns, other_read_ns;
    struct counts before, begin; /* at the begin of the last window, and of this one */
};

/* The namespace where connections to an address and port have their other end; other 0: several. */
struct place {
    struct addr remote;
    uint32_t netns, other;
    uint16_t port;
    uint8_t family;
};

struct pairs {
    const struct frame *frame;
    struct other_ends ends;
    struct known_row *known, *before;
    uint32_t known_count, known_capacity, before_count, before_capacity;
    struct hash_index known_index; /* of `before`, by serial */
    struct place *places;
    uint32_t place_count, place_capacity;
    struct hash_index place_index, listen_index; /* listen: indexes in frame.conns */
    struct lone_end *lone;
    uint32_t lone_count, lone_capacity;
    struct pair_loss *losses;
    uint32_t loss_count, loss_capacity;
    int64_t taken_ns;
};

struct pairs *pairs_new(void)
{
    return calloc(1, sizeof(struct pairs));
}

void pairs_free(struct pairs *pairs)
{
    if (!pairs)
        return;
    hash_index_done(&pairs->known_index);
    hash_index_done(&pairs->place_index);
    hash_index_done(&pairs->listen_index);
    free(pairs->known);
    free(pairs->before);
    free(pairs->places);
    free(pairs->lone);
    free(pairs->losses);
    free(pairs);
}

/* --- what is known of rows --- */

static const struct known_row *find_before(const struct pairs *pairs, uint64_t serial)
{
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&pairs->known_index, hash_number(serial), &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&pairs->known_index, &cursor))
        if (pairs->before[i].serial == serial)
            return &pairs->before[i];
    return NULL;
}

static int keep(struct pairs *pairs, const struct known_row *row)
{
    if (pairs->known_count == KNOWN_MOST)
        return 0;
    if (GROW(pairs->known, pairs->known_capacity, pairs->known_count + 1))
        return -ENOMEM;
    pairs->known[pairs->known_count++] = *row;
    return 0;
}

static int turn_over(struct pairs *pairs)
{
    struct known_row *rows = pairs->before;
    const uint32_t capacity = pairs->before_capacity;
    int error = hash_index_begin(&pairs->known_index, pairs->known_count);

    for (uint32_t i = 0; i < pairs->known_count && !error; i++)
        error = hash_index_add(&pairs->known_index, hash_number(pairs->known[i].serial), i);
    pairs->before = pairs->known;
    pairs->before_count = error ? 0 : pairs->known_count;
    pairs->before_capacity = pairs->known_capacity;
    pairs->known = rows;
    pairs->known_capacity = capacity;
    pairs->known_count = 0;
    return error;
}

/* --- places --- */

static uint32_t hash_of_place(uint32_t netns, const struct addr *remote, uint16_t port)
{
    const uint32_t numbers[2] = {netns, port};
    return hash_number(
        hash_bytes(remote, sizeof(*remote), hash_bytes(numbers, sizeof(numbers), HASH_SEED)));
}

static struct place *find_place(const struct pairs *pairs, const struct conn *conn)
{
    const struct tuple *tuple = &conn->tuple;
    const uint32_t hash = hash_of_place(conn->netns, &tuple->remote, tuple->remote_port);
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&pairs->place_index, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(&pairs->place_index, &cursor)) {
        struct place *place = &pairs->places[i];
        if (place->netns == conn->netns && place->port == tuple->remote_port &&
            place->family == tuple->family && addr_compare(&place->remote, &tuple->remote) == 0)
            return place;
    }
    return NULL;
}

static uint32_t hash_of_port(uint32_t netns, uint16_t port)
{
    return hash_number((uint64_t)netns << 16 | port);
}

static bool listens(const struct pairs *pairs, uint32_t netns, uint16_t port)
{
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&pairs->listen_index, hash_of_port(netns, port), &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&pairs->listen_index, &cursor))
        if (pairs->frame->conns[i].netns == netns &&
            pairs->frame->conns[i].tuple.local_port == port)
            return true;
    return false;
}

/* For connections that this end opened: their place has a listener. */
static int add_place(struct pairs *pairs, const struct conn *conn, const struct conn *other)
{
    const struct tuple *tuple = &conn->tuple;
    struct place *place = find_place(pairs, conn);

    if (place) {
        place->other = place->other == other->netns ? other->netns : 0;
        return 0;
    }
    if (!listens(pairs, other->netns, tuple->remote_port))
        return 0;
    if (GROW(pairs->places, pairs->place_capacity, pairs->place_count + 1) ||
        hash_index_reserve(&pairs->place_index, pairs->place_count + 1))
        return -ENOMEM;
    pairs->places[pairs->place_count] = (struct place){.remote = tuple->remote,
                                                       .netns = conn->netns,
                                                       .other = other->netns,
                                                       .port = tuple->remote_port,
                                                       .family = tuple->family};
    return hash_index_add(&pairs->place_index,
                          hash_of_place(conn->netns, &tuple->remote, tuple->remote_port),
                          pairs->place_count++);
}

/* --- what both ends count --- */

static struct counts less(const struct counts *a, const struct counts *b)
{
    return (struct counts){.at_ns = a->at_ns - b->at_ns,
                           .sent_bytes = a->sent_bytes - b->sent_bytes,
                           .resent_bytes = a->resent_bytes - b->resent_bytes,
                           .resent = a->resent - b->resent,
                           .needless = a->needless - b->needless};
}

static double queued_in(const struct frame *frame, uint32_t netns)
{
    const struct frame_netns *found = frame_find_netns(frame, netns);
    const struct host_facts *facts = found ? found->facts : NULL;

    return facts && host_fact_known(facts, FACT_OFO_QUEUE)
               ? (double)host_fact(facts, FACT_OFO_QUEUE)
               : -1;
}

/* False if the frame has no tcp_info of the row. */
static bool read_counts(const struct frame *frame, const struct conn *conn,
                        const struct conn *other, struct counts *counts)
{
    const uint64_t needless = row_info(frame, conn, INFO_dsack_dups, UINT64_MAX);
    const uint64_t out_of_order = row_info(frame, other, INFO_rcv_ooopack, UINT64_MAX);

    if (needless == UINT64_MAX || !(conn->known & KNOWN_INFO))
        return false;
    *counts =
        (struct counts){.at_ns = frame->mono_ns,
                        .sent_bytes = (double)conn->bytes_sent,
                        .resent_bytes = (double)conn->bytes_retrans,
                        .resent = conn->retrans,
                        .needless = (double)needless,
                        .out_of_order = out_of_order == UINT64_MAX ? -1 : (double)out_of_order,
                        .queued = queued_in(frame, other->netns)};
    return true;
}

/* Growth of out-of-order segments since then, for the row or, if there were none at all, for its
 * namespace. False: unknown. */
static bool out_of_order_since(const struct counts *now, const struct counts *from, double *grown)
{
    if (now->out_of_order >= 0 && from->out_of_order >= 0)
        *grown = now->out_of_order - from->out_of_order;
    else if (now->queued >= 0 && from->queued == now->queued)
        *grown = 0;
    else
        return false;
    return true;
}

static void begin_window(struct known_row *row, const struct counts *now)
{
    const bool is_known_now = now->out_of_order >= 0 && row->begin.out_of_order < 0;

    if (row->begin.at_ns == 0 || (is_known_now && now->queued != row->begin.queued)) {
        row->before = (struct counts){0};
        row->begin = *now;
    } else if (now->at_ns - row->begin.at_ns >= WINDOW_NS) {
        row->before = row->begin;
        row->begin = *now;
    }
}

static int count_loss(struct pairs *pairs, const struct conn *conn, const struct conn *other,
                      struct known_row *row)
{
    struct counts now;
    double out_of_order;

    if (conn->retrans == 0 || !read_counts(pairs->frame, conn, other, &now))
        return 0;
    begin_window(row, &now);
    const struct counts *from = row->before.at_ns ? &row->before : &row->begin;
    const struct counts grown = less(&now, from);
    if (grown.resent <= 0 || grown.at_ns > 3 * WINDOW_NS ||
        !out_of_order_since(&now, from, &out_of_order))
        return 0;
    if (GROW(pairs->losses, pairs->loss_capacity, pairs->loss_count + 1))
        return -ENOMEM;
    pairs->losses[pairs->loss_count++] = (struct pair_loss){.tuple = conn->tuple,
                                                            .netns = conn->netns,
                                                            .other = other->netns,
                                                            .owner = conn->owner,
                                                            .sent_bytes = grown.sent_bytes,
                                                            .resent_bytes = grown.resent_bytes,
                                                            .resent = grown.resent,
                                                            .needless = grown.needless,
                                                            .out_of_order = out_of_order,
                                                            .window_ns = grown.at_ns};
    return 0;
}

/* --- alone --- */

/* When all kinds of its rows were last read; 0 = not completely read now. */
static int64_t read_ns_of(const struct frame *frame, uint32_t netns)
{
    const struct frame_netns *found = frame_find_netns(frame, netns);
    const struct frame_host *host = frame_host_of(frame, netns);

    if (!found || (found->why && found->why[0]))
        return 0;
    if (host ? host->state != HOST_OK || host->missing & UNREAD_BITS
             : frame->missing.reasons & UNREAD_BITS)
        return 0;
    const int64_t held_ns = frame_read_ns(frame, netns, NETNS_ROWS_HELD);
    const int64_t rest_ns = frame_read_ns(frame, netns, NETNS_ROWS_UNHELD);
    return held_ns < rest_ns ? held_ns : rest_ns;
}

/* The peer sent something since then: so its other end is elsewhere. */
static bool peer_speaks(const struct frame *frame, const struct conn *conn,
                        const struct known_row *row)
{
    const uint64_t alone_ms = (uint64_t)((frame->mono_ns - row->alone_ns) / MILLISECOND_NS);

    return conn->in_bytes != row->in_bytes ||
           row_info(frame, conn, INFO_last_ack_recv, UINT64_MAX) < alone_ms;
}

static int add_lone(struct pairs *pairs, const struct conn *conn, const struct known_row *row)
{
    const struct frame *frame = pairs->frame;

    if (GROW(pairs->lone, pairs->lone_capacity, pairs->lone_count + 1))
        return -ENOMEM;
    pairs->lone[pairs->lone_count++] = (struct lone_end){
        .tuple = conn->tuple,
        .netns = conn->netns,
        .other = row->other,
        .owner = conn->owner,
        .was_seen = row->was_seen,
        .is_client = listens(pairs, row->other, conn->tuple.remote_port),
        .readings = row->readings,
        .alone_ns = frame->mono_ns - row->alone_ns,
        .silent_ms = conn->known & KNOWN_LAST_DATA ? (int64_t)conn->last_data_received_ms : -1};
    return 0;
}

/* Handles a row without its other end, which should be in `row`'s place. */
static int look_alone(struct pairs *pairs, const struct conn *conn, struct known_row *row)
{
    const struct frame *frame = pairs->frame;
    const int64_t own_ns = read_ns_of(frame, conn->netns), other_ns = read_ns_of(frame, row->other);

    if (own_ns == 0 ||
        other_ns == 0) { /* nothing follows from namespaces that are not read; start again */
        row->alone_ns = 0;
        return row->was_seen ? keep(pairs, row) : 0;
    }
    if (row->alone_ns == 0) {
        row->alone_ns = frame->mono_ns;
        row->readings = 0;
        row->in_bytes = conn->in_bytes;
        row->own_read_ns = own_ns;
        row->other_read_ns = other_ns;
        return keep(pairs, row);
    }
    if (peer_speaks(frame, conn, row))
        return 0;
    if (own_ns > row->own_read_ns && other_ns > row->other_read_ns) {
        row->readings++;
        row->own_read_ns = own_ns;
        row->other_read_ns = other_ns;
    }
    const int error = keep(pairs, row);
    return error || row->readings == 0 ? error : add_lone(pairs, conn, row);
}

static bool is_looked_at(const struct conn *conn)
{
    return conn->state == STATE_ESTABLISHED && conn->serial && conn->tuple.remote_port;
}

/* First rows with both ends: they show where the other ends of others should be. */
static int take_joined(struct pairs *pairs, const struct conn *conn)
{
    uint32_t several;
    const struct conn *other = other_ends_find(&pairs->ends, conn, &several);
    const struct known_row *before = other ? find_before(pairs, conn->serial) : NULL;
    struct known_row row = {.serial = conn->serial};

    if (!other)
        return 0;
    if (before)
        row = *before;
    row.other = other->netns;
    row.was_seen = true;
    row.alone_ns = 0;
    int error = count_loss(pairs, conn, other, &row);
    if (!error)
        error = keep(pairs, &row);
    return error || other->netns == conn->netns ? error : add_place(pairs, conn, other);
}

static int take_alone(struct pairs *pairs, const struct conn *conn)
{
    uint32_t several;
    const struct known_row *before = find_before(pairs, conn->serial);
    struct known_row row = {.serial = conn->serial};

    if (other_ends_find(&pairs->ends, conn, &several) || several)
        return 0;
    const struct place *place = find_place(pairs, conn);
    if (before)
        row = *before;
    else if (place && place->other)
        row.other = place->other;
    else
        return 0;
    return look_alone(pairs, conn, &row);
}

static int index_listeners(struct pairs *pairs)
{
    const struct frame *frame = pairs->frame;
    int error = hash_index_begin(&pairs->listen_index, 64);

    for (uint32_t i = 0; i < frame->live_count && !error; i++) {
        const struct conn *conn = &frame->conns[i];
        if (conn->state == STATE_LISTEN)
            error = hash_index_reserve(&pairs->listen_index, pairs->listen_index.count + 1);
        if (!error && conn->state == STATE_LISTEN)
            error = hash_index_add(&pairs->listen_index,
                                   hash_of_port(conn->netns, conn->tuple.local_port), i);
    }
    return error;
}

static int take_rows(struct pairs *pairs, int (*take)(struct pairs *pairs, const struct conn *conn))
{
    int error = 0;

    for (uint32_t i = 0; i < pairs->frame->live_count && !error; i++)
        if (is_looked_at(&pairs->frame->conns[i]))
            error = take(pairs, &pairs->frame->conns[i]);
    return error;
}

int pairs_take(struct pairs *pairs, const struct frame *frame)
{
    if (pairs->taken_ns && frame->mono_ns - pairs->taken_ns < TAKE_NS &&
        frame->mono_ns >= pairs->taken_ns)
        return 0; /* the index of all rows is built only now and then */
    pairs->taken_ns = frame->mono_ns;
    pairs->frame = frame;
    pairs->place_count = pairs->lone_count = pairs->loss_count = 0;
    int error = turn_over(pairs);
    if (!error)
        error = other_ends_build(&pairs->ends, frame);
    if (!error)
        error = index_listeners(pairs);
    if (!error)
        error = hash_index_begin(&pairs->place_index, 64);
    if (!error)
        error = take_rows(pairs, take_joined);
    if (!error && !frame->is_narrowed)
        error = take_rows(pairs, take_alone);
    other_ends_done(&pairs->ends); /* it must not outlive the frame */
    pairs->frame = NULL;
    return error;
}

const struct lone_end *pairs_lone(const struct pairs *pairs, uint32_t *count)
{
    *count = pairs->lone_count;
    return pairs->lone;
}

const struct pair_loss *pairs_losses(const struct pairs *pairs, uint32_t *count)
{
    *count = pairs->loss_count;
    return pairs->losses;
}
