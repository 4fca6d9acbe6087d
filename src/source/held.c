/* held: see held.h. */
#include "source/held.h"

#include "base/clock.h"
#include "base/grow.h"
#include "core/column/column.h"
#include "source/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The state of one walk. */
struct walking {
    struct held *held;
    struct places *places;
    struct frame *frame;
    const struct frame *last;
    const struct frame_netns *netns; /* of the last row; NULL: its rows are skipped */
    uint32_t key;                    /* of the last row */
    uint64_t cookie;
    uint8_t families;
    uint64_t strangest; /* see held.h */
    struct diag_parse parse;
};

void held_done(struct held *held)
{
    repeats_done(&held->repeats);
    free(held->places);
}

static struct held_place *place_of(const struct walking *walking, const struct frame_netns *netns)
{
    return &walking->held->places[netns - walking->frame->namespaces];
}

/* The inode may have been reused: the cookie decides. */
static void walk_to(struct walking *walking, const struct row_found *found)
{
    const struct frame_netns *netns = frame_find_netns(walking->frame, found->netns);

    walking->key = found->netns;
    walking->cookie = found->netns_cookie;
    if (netns && netns->cookie && netns->cookie != found->netns_cookie)
        netns = NULL;
    if (!netns && found->netns_cookie > walking->strangest)
        walking->strangest = found->netns_cookie;
    walking->netns = netns && !netns->is_own && netns->reach == NETNS_REACH_ENTER ? netns : NULL;
    walking->parse.netns = found->netns;
}

static uint8_t family_bit(const struct conn *conn)
{
    return conn->tuple.family == FAMILY_INET6 ? WISH_INET6 : WISH_INET;
}

/* False: only a dump provides the name. */
static bool name_interface(const struct walking *walking, const struct conn *conn)
{
    const uint32_t scope = conn->tuple.scope;

    if (!scope || frame_interface_name(walking->frame, conn->netns, scope))
        return true;
    const char *name =
        walking->last ? frame_interface_name(walking->last, conn->netns, scope) : NULL;
    return name && frame_add_interface(walking->frame, conn->netns, scope, name) == 0;
}

/* False: it could not be looked up. */
static bool look_up_layer(const struct walking *walking, struct conn *conn)
{
    struct netlink *netlink;
    struct conn now;

    if (places_enter(walking->places, walking->netns, &netlink) ||
        netlink_lookup(netlink, conn, &now))
        return false;
    conn->ulp = now.ulp;
    conn->tls_tx = now.tls_tx;
    conn->tls_rx = now.tls_rx;
    conn->offload = now.offload;
    conn->known |= now.known & (KNOWN_ULP | KNOWN_SUBFLOW);
    return true;
}

static int visit(void *context, const struct row_found *found)
{
    struct walking *walking = context;
    struct frame *frame = walking->frame;
    const uint32_t rows = frame->live_count;

    if (found->netns != walking->key || found->netns_cookie != walking->cookie)
        walk_to(walking, found);
    if (!walking->netns)
        return 0;
    const int error = diag_add_row(&walking->parse, found->message, found->length);
    if (error || frame->live_count == rows)
        return error;
    struct conn *conn = &frame->conns[rows];
    struct held_place *place = place_of(walking, walking->netns);
    if (!(family_bit(conn) & walking->families)) {
        frame->live_count = frame->conn_count = rows;
        return 0;
    }
    repeats_note(&walking->held->repeats, conn->cookie);
    if (found->has_ulp) {
        conn->ulp = ULP_UNKNOWN;
        conn->known &= ~(uint32_t)KNOWN_ULP;
    }
    if (!name_interface(walking, conn) || (found->has_ulp && !look_up_layer(walking, conn)))
        place->lacks = true;
    return (conn->known & KNOWN_UID) && frame_add_user(frame, conn->uid, "") < 0 ? -ENOMEM : 0;
}

/* A socket with several descriptors has one row. */
static void count_rows(struct held *held, const struct frame *frame)
{
    const struct frame_netns *netns = NULL;

    for (uint32_t i = held->first; i < held->first + held->count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!netns || netns->key != conn->netns)
            netns = frame_find_netns(frame, conn->netns);
        if (netns && conn->state != STATE_CLOSED)
            held->places[netns - frame->namespaces].hashed++;
    }
}

/* The row of an open page is read by a dump, which has more facts. */
static void note_page(const struct held *held, const struct frame *frame, const struct wish *wish)
{
    const struct frame_netns *netns =
        wish->page.cookie ? frame_find_netns(frame, wish->page.netns) : NULL;

    if (netns)
        held->places[netns - frame->namespaces].lacks = true;
}

static int prepare(struct held *held, const struct frame *frame)
{
    if (GROW(held->places, held->place_capacity, frame->namespace_count))
        return -ENOMEM;
    memset(held->places, 0, frame->namespace_count * sizeof(*held->places));
    return repeats_begin(&held->repeats, held->count);
}

int held_read(struct held *held, struct places *places, struct frame *frame,
              const struct frame *last, const struct wish *wish)
{
    const int64_t began_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    const uint32_t details = frame->detail_count;
    struct walking walking = {
        .held = held,
        .places = places,
        .frame = frame,
        .last = last,
        .families = wish->families,
        .parse = {.frame = frame,
                  .state_bits = wish->state_bits,
                  .want_suspects = wish->needs & NEED_SUSPECTS,
                  .few = (wish->needs & NEED_FEW) && held->count <= WISH_FEW_ROWS,
                  .admin = true}};
    int error = prepare(held, frame);

    held->first = frame->live_count;
    if (!error)
        error = held->walk.walk(held->walk.walker, visit, &walking);
    places_leave(places);
    if (error) {
        frame->live_count = frame->conn_count = held->first;
        frame->detail_count = details;
        held->count = 0;
        if (error != -EAGAIN && error != -ENOMEM)
            held->walk.walk = NULL;
        return error;
    }
    held->count =
        repeats_remove(&held->repeats, frame->conns + held->first, frame->live_count - held->first);
    frame->live_count = frame->conn_count = held->first + held->count;
    count_rows(held, frame);
    note_page(held, frame, wish);
    /* A namespace kept only by a descriptor is never listed: search for it only once. */
    if (walking.strangest && walking.strangest != held->strangest)
        places_hasten(places);
    held->strangest = walking.strangest;
    held->cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - began_ns;
    return 0;
}

void held_drop(struct held *held, struct frame *frame, const bool *drop)
{
    const struct frame_netns *netns = NULL;
    const uint32_t end = held->first + held->count;
    uint32_t kept = held->first;

    for (uint32_t i = held->first; i < end; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!netns || netns->key != conn->netns)
            netns = frame_find_netns(frame, conn->netns);
        if (!netns || drop[netns - frame->namespaces])
            continue;
        if (kept != i)
            frame->conns[kept] = *conn;
        kept++;
    }
    memmove(frame->conns + kept, frame->conns + end,
            (frame->live_count - end) * sizeof(*frame->conns));
    held->count = kept - held->first;
    frame->live_count = frame->conn_count = frame->live_count - (end - kept);
}
