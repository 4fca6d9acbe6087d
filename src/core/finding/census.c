/* One sweep over the rows of a frame. A healthy row costs a look at its first cache lines and, if
 * outbound, one hash look-up; tcp_info is read only for rows with problems. */
#include "core/finding/census.h"

#include "base/clock.h"
#include "base/grow.h"
#include "base/hash.h"
#include "core/column/column.h"
#include "core/info.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STUCK_RETRIES  3u
#define LINEAR_RETRIES 5u
#define RETRIES_LAST_S 130 /* after that the kernel has given up, with the default of six */
#define FETCH_AHEAD    8u  /* rows */
#define SILENT_LONG    5u
#define STUCK_MSS      1300u /* segments that may be too large for a tunnel on the path */

void census_init(struct census *census)
{
    memset(census, 0, sizeof(*census));
}

void census_done(struct census *census)
{
    free(census->listeners);
    free(census->listen_rows);
    free(census->processes);
    free(census->targets);
    free(census->watched);
    free(census->watched_before);
    free(census->dropping.rows);
    free(census->dropping_before.rows);
    hash_index_done(&census->target_index);
    hash_index_done(&census->watched_index);
}

uint64_t row_info(const struct frame *frame, const struct conn *conn, enum info_index field,
                  uint64_t unknown)
{
    const struct conn_detail *detail = frame_detail(frame, conn);
    uint64_t value;

    if (!detail || !info_value(&TCP_INFO[field], detail->info, detail->info_length, &value))
        return unknown;
    return value;
}

/* --- listeners --- */

static struct listener_tally *find_listener(const struct census *census, const struct tuple *tuple,
                                            bool exactly)
{
    const struct frame *frame = census->frame;
    struct listener_tally *any = NULL;

    for (uint32_t at = census->port_listener[tuple->local_port]; at;) {
        struct listener_tally *listener = &census->listeners[at - 1];
        const struct conn *row = &frame->conns[listener->row];
        if (census_same_place(&row->tuple, tuple))
            return listener;
        if (!exactly && addr_is_zero(&row->tuple.local))
            any = listener;
        at = listener->next;
    }
    return any;
}

const struct listener_tally *census_listener(const struct census *census, const struct tuple *tuple,
                                             bool exactly)
{
    return find_listener(census, tuple, exactly);
}

/* Compares queue/backlog without dividing. */
static bool is_fuller(const struct conn *conn, const struct listener_tally *listener)
{
    return (uint64_t)conn->receive_queue * (listener->backlog + 1u) >
           (uint64_t)listener->queue * (conn->send_queue + 1u);
}

static int add_listener(struct census *census, uint32_t row)
{
    const struct conn *conn = &census->frame->conns[row];
    struct listener_tally *listener = find_listener(census, &conn->tuple, true);

    if (GROW(census->listen_rows, census->listen_row_capacity, census->listen_row_count + 1))
        return -ENOMEM;
    census->listen_rows[census->listen_row_count++] = row;
    if (!listener) {
        if (census->listener_count == UINT16_MAX)
            return 0;
        if (GROW(census->listeners, census->listener_capacity, census->listener_count + 1))
            return -ENOMEM;
        listener = &census->listeners[census->listener_count++];
        *listener = (struct listener_tally){.row = row,
                                            .port = conn->tuple.local_port,
                                            .next = census->port_listener[conn->tuple.local_port]};
        census->port_listener[conn->tuple.local_port] = (uint16_t)census->listener_count;
    }
    listener->sockets++;
    if (!(conn->known & KNOWN_QUEUES) || (conn->known & KNOWN_NO_BACKLOG))
        return 0;
    if (listener->sockets == 1 || is_fuller(conn, listener)) {
        listener->row = row;
        listener->queue = conn->receive_queue;
        listener->backlog = conn->send_queue;
    }
    return 0;
}

/* Clears the entries of the last frame only: they are few, and the table is large. */
static void forget_listeners(struct census *census)
{
    for (uint32_t i = 0; i < census->listener_count; i++)
        census->port_listener[census->listeners[i].port] = 0;
    census->listener_count = census->listen_row_count = 0;
}

static int take_listeners(struct census *census)
{
    const struct frame *frame = census->frame;
    const struct totals *totals = &frame->totals;
    uint32_t left = totals->live == frame->live_count ? totals->states[STATE_LISTEN] : UINT32_MAX;

    forget_listeners(census);
    for (uint32_t i = 0; i < frame->live_count && left > 0; i++) { /* mostly they come first */
        if (frame->conns[i].state != STATE_LISTEN)
            continue;
        const int error = add_listener(census, i);
        if (error)
            return error;
        left--;
    }
    return 0;
}

/* Rows or owners may be missing from the frame. */
static bool is_partial(const struct frame *frame)
{
    return frame->missing.reasons & (MISSING_DUMP_PART | MISSING_SOCK_DIAG | MISSING_OWNERS_LATE |
                                     MISSING_PROC | MISSING_LOG | MISSING_NETNS | MISSING_MEMORY);
}

bool census_lacks_process(const struct census *census, int32_t pid, uint64_t start_ticks)
{
    const struct frame *frame = census->frame;

    for (uint32_t i = 0; i < frame->proc_count; i++)
        if (frame->procs[i].pid == pid && frame->procs[i].start_ticks == start_ticks)
            return false;
    return !is_partial(frame);
}

bool census_lacks_listener(const struct census *census, const struct tuple *tuple, uint32_t netns,
                           int32_t pid)
{
    const struct frame *frame = census->frame;

    for (uint32_t at = census->port_listener[tuple->local_port]; at;) {
        const struct listener_tally *listener = &census->listeners[at - 1];
        const struct conn *row = &frame->conns[listener->row];
        const bool same_place = row->netns == netns && row->tuple.family == tuple->family &&
                                addr_compare(&row->tuple.local, &tuple->local) == 0;
        if (same_place && (pid <= 0 || row->owner >= frame->proc_count ||
                           frame->procs[row->owner].pid == pid || listener->sockets > 1))
            return false;
        at = listener->next;
    }
    return !is_partial(frame);
}

/* Age of a row, at least. */
static int64_t least_age_ns(const struct census *census, const struct conn *conn)
{
    const int64_t now_ns = census->frame->wall_ns;
    if (!(conn->known & KNOWN_CREATED_MAX) || conn->created_max_ns >= now_ns)
        return 0;
    return now_ns - conn->created_max_ns;
}

static void take_half_open(struct census *census, const struct conn *conn)
{
    struct listener_tally *listener = find_listener(census, &conn->tuple, false);

    if (!listener)
        return;
    listener->syn_received++;
    if (!(conn->known & KNOWN_TIMER))
        return;
    listener->syn_repeated += conn->timer_retrans >= 1;
    if (conn->timer_retrans < STUCK_RETRIES)
        return;
    listener->syn_stuck++;
    if (addr_compare(&listener->last_peer, &conn->tuple.remote) != 0)
        listener->syn_peers++;
    listener->last_peer = conn->tuple.remote;
}

static void take_unaccepted(struct census *census, const struct conn *conn)
{
    struct listener_tally *listener = find_listener(census, &conn->tuple, false);
    const int64_t age_ns = least_age_ns(census, conn);

    if (!listener)
        return;
    listener->unaccepted++;
    listener->unaccepted_close_wait += conn->state == STATE_CLOSE_WAIT;
    if (age_ns > listener->unaccepted_ns)
        listener->unaccepted_ns = age_ns;
}

/* --- targets and peers --- */

static uint64_t load_64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof(value));
    return value;
}

static uint32_t hash_target(const struct target_tally *key)
{
    uint64_t hash = load_64(key->remote.bytes) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= load_64(key->remote.bytes + 8) + load_64(key->local.bytes) * 3;
    hash ^= load_64(key->local.bytes + 8) * 5 + key->port + key->netns;
    return hash_number(hash * UINT64_C(0xff51afd7ed558ccd));
}

static bool same_target(const struct target_tally *a, const struct target_tally *b)
{
    return a->port == b->port && a->netns == b->netns && a->family == b->family &&
           memcmp(&a->remote, &b->remote, sizeof(a->remote)) == 0 &&
           memcmp(&a->local, &b->local, sizeof(a->local)) == 0;
}

/* Of the same remote place those with other local addresses are marked, as this one is: the first of
 * them stands in the index without its local address, too. */
static void note_place(struct census *census, struct target_tally *target)
{
    struct target_tally place = *target;
    struct hash_cursor cursor;

    memset(&place.local, 0, sizeof(place.local));
    const uint32_t hash = hash_target(&place);
    for (uint32_t i = hash_index_first(&census->target_index, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(&census->target_index, &cursor)) {
        place.local = census->targets[i].local;
        if (&census->targets[i] == target || !same_target(&census->targets[i], &place))
            continue;
        census->targets[i].several_locals = target->several_locals = true;
        return;
    }
    (void)hash_index_add(&census->target_index, hash, (uint32_t)(target - census->targets));
}

/* NULL: there are too many. */
static struct target_tally *target_of(struct census *census, const struct conn *conn, bool inbound)
{
    struct target_tally key = {.remote = conn->tuple.remote,
                               .family = conn->tuple.family,
                               .netns = conn->netns,
                               .inbound = inbound,
                               .proc = CONN_NO_INDEX};
    struct hash_cursor cursor;

    if (!inbound) {
        key.local = conn->tuple.local;
        key.port = conn->tuple.remote_port;
    }
    const uint32_t hash = hash_target(&key);
    for (uint32_t i = hash_index_first(&census->target_index, hash, &cursor); i != HASH_INDEX_NONE;
         i = hash_index_next(&census->target_index, &cursor))
        if (same_target(&census->targets[i], &key))
            return &census->targets[i];
    if (census->target_count == TARGETS_MAX)
        return NULL;
    if (GROW(census->targets, census->target_capacity, census->target_count + 1))
        return NULL;
    if (hash_index_reserve(&census->target_index, census->target_index.count + 2))
        return NULL;
    struct target_tally *target = &census->targets[census->target_count];
    *target = key;
    (void)hash_index_add(&census->target_index, hash, census->target_count++);
    if (!inbound)
        note_place(census, target);
    return target;
}

static void name_process(struct target_tally *target, const struct conn *conn)
{
    if (conn->owner == CONN_NO_INDEX || conn->owner_word == OWNER_LISTENER)
        return;
    target->procs_differ |= target->proc != CONN_NO_INDEX && target->proc != conn->owner;
    target->proc = conn->owner;
}

/* The minimum time for so many retries of a SYN: a second each at first, then doubling (Linux 6.5;
 * older kernels double from the start). */
static int64_t retries_ns(unsigned retries)
{
    const unsigned linear = retries < LINEAR_RETRIES ? retries : LINEAR_RETRIES;
    int64_t seconds = linear;

    for (unsigned i = linear, wait = 2; i < retries && seconds < RETRIES_LAST_S; i++, wait *= 2)
        seconds += wait;
    return seconds * SECOND_NS;
}

static void take_syn_sent(struct census *census, struct target_tally *target,
                          const struct conn *conn)
{
    int64_t age_ns = least_age_ns(census, conn);

    target->syn_sent++;
    name_process(target, conn);
    if (!(conn->known & KNOWN_TIMER) || conn->timer_retrans == 0)
        return;
    target->syn_retried++;
    raise_ns(&age_ns, retries_ns(conn->timer_retrans));
    raise_ns(&target->syn_ns, age_ns);
}

/* How long it has been resending: each timeout doubles, and the last ACK may be older than the
 * unacknowledged data. */
static uint32_t silent_ms(const struct conn *conn, uint64_t rto_us, uint64_t ack_ms)
{
    const unsigned timeouts = conn->timer_retrans < 32 ? conn->timer_retrans : 32;
    const uint64_t timeouts_ms = (rto_us - (rto_us >> timeouts)) / 1000;
    const uint64_t resending_ms = timeouts_ms + conn->last_data_sent_ms;
    const uint64_t least_ms = ack_ms < resending_ms ? ack_ms : resending_ms;

    return least_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)least_ms;
}

/* Full segments are resent, and only smaller ones were ever acknowledged. */
static bool is_stuck(const struct frame *frame, const struct conn *conn)
{
    const uint64_t mss = row_info(frame, conn, INFO_snd_mss, 0);
    const uint64_t acked = row_info(frame, conn, INFO_bytes_acked, UINT64_MAX);
    const uint64_t delivered = row_info(frame, conn, INFO_delivered, 0);

    return mss >= STUCK_MSS && conn->send_queue >= mss && acked <= (delivered + 1) * mss / 2;
}

static void take_silent(struct census *census, struct target_tally *target, const struct conn *conn,
                        uint32_t row)
{
    const uint64_t ack_ms = row_info(census->frame, conn, INFO_last_ack_recv, UINT32_MAX);
    const uint64_t rto_us = row_info(census->frame, conn, INFO_rto, 0);

    if (ack_ms * 1000 < rto_us / 2) /* an ACK came meanwhile */
        return;
    target->silent++;
    target->silent_5 += conn->timer_retrans >= SILENT_LONG;
    name_process(target, conn);
    const uint32_t least_ms = silent_ms(conn, rto_us, ack_ms);
    if (is_stuck(census->frame, conn)) {
        target->stuck++;
        if (least_ms >= target->stuck_ms) {
            target->stuck_ms = least_ms;
            target->stuck_row = row;
        }
    }
    if (conn->timer_retrans <= target->silent_most)
        return;
    target->silent_most = conn->timer_retrans;
    target->silent_row = row;
    target->silent_ms = least_ms;
}

/* The timer alone is ambiguous: pacing uses it, too. Where the kernel does not report the window
 * (before 5.4), probes show it: each doubles the wait for the next. */
static bool is_shut(const struct frame *frame, const struct conn *conn)
{
    const uint64_t window = row_info(frame, conn, INFO_snd_wnd, UINT64_MAX);

    return window == 0 || (window == UINT64_MAX && row_info(frame, conn, INFO_backoff, 1) > 0);
}

static void take_shut(struct census *census, struct target_tally *target, const struct conn *conn,
                      uint32_t row)
{
    if (conn->send_queue == 0 || !is_shut(census->frame, conn))
        return;
    target->shut++;
    target->shut_unanswered += conn->timer_retrans > 0;
    target->shut_row = row;
    name_process(target, conn);
    if (conn->known & KNOWN_LAST_DATA)
        raise_ns(&target->shut_ns, (int64_t)conn->last_data_sent_ms * MILLISECOND_NS);
}

static bool is_in_trouble(const struct conn *conn)
{
    if (!(conn->known & KNOWN_TIMER) || conn->state == STATE_SYN_SENT ||
        conn->state == STATE_SYN_RECEIVED)
        return false;
    return (conn->timer == TIMER_RETRANSMIT && conn->timer_retrans >= SILENT_TIMEOUTS) ||
           conn->timer == TIMER_PERSIST ||
           (conn->timer == TIMER_KEEPALIVE && conn->timer_retrans > 0);
}

static void take_trouble(struct census *census, struct target_tally *target,
                         const struct conn *conn, uint32_t row)
{
    switch (conn->timer) {
    case TIMER_RETRANSMIT:
        take_silent(census, target, conn, row);
        return;
    case TIMER_PERSIST:
        take_shut(census, target, conn, row);
        return;
    default:
        target->keepalive_unanswered++;
        name_process(target, conn);
        if (conn->timer_retrans > target->keepalive_most)
            target->keepalive_most = conn->timer_retrans;
    }
}

static void take_to_target(struct census *census, const struct conn *conn, uint32_t row)
{
    const bool inbound = census->port_listener[conn->tuple.local_port] != 0;
    const bool in_range =
        conn->tuple.local_port >= census->port_first && conn->tuple.local_port <= census->port_last;
    const bool trouble = is_in_trouble(conn);

    if (inbound && !trouble)
        return;
    struct target_tally *target = target_of(census, conn, inbound);
    if (!target)
        return;
    target->rows++;
    target->in_range += in_range;
    target->in_range_time_wait += in_range && conn->state == STATE_TIME_WAIT;
    target->time_wait += conn->state == STATE_TIME_WAIT;
    target->established += conn->state == STATE_ESTABLISHED;
    if (conn->state == STATE_SYN_SENT)
        take_syn_sent(census, target, conn);
    else if (target->proc == CONN_NO_INDEX)
        name_process(target, conn);
    if (trouble)
        take_trouble(census, target, conn, row);
}

static void take_orphan(struct census *census, const struct conn *conn)
{
    const uint32_t closing =
        STATE_BIT(STATE_FIN_WAIT_1) | STATE_BIT(STATE_CLOSING) | STATE_BIT(STATE_LAST_ACK);

    if (conn->owner_word != OWNER_NONE || !(STATE_BIT(conn->state) & closing))
        return;
    census->orphans++;
    census->orphans_unanswered +=
        (conn->known & KNOWN_TIMER) && conn->timer == TIMER_RETRANSMIT && conn->timer_retrans > 0;
}

static int take_suspect(struct census *census, const struct conn *conn, uint32_t row)
{
    census->suspects++;
    census->unread += conn->detail == CONN_NO_INDEX;
    return census_watch(census, conn, row);
}

/* Rows are not in the cache; prefetch the parts that are read. */
static void fetch_ahead(const struct frame *frame, uint32_t row)
{
    if (row >= frame->live_count)
        return;
    __builtin_prefetch(&frame->conns[row].tuple);
    __builtin_prefetch(&frame->conns[row].known);
    __builtin_prefetch(&frame->conns[row].out_bytes_per_s_low);
    __builtin_prefetch(&frame->conns[row].owner);
}

static void take_row(struct census *census, const struct conn *conn, uint32_t row)
{
    census->out_rate += conn_out_rate(conn);
    if (conn->owner_word == OWNER_PROCESS && conn->owner < census->frame->proc_count)
        census_take_of_process(census, conn, row);
    else if (conn->owner_word == OWNER_LISTENER && conn->state != STATE_SYN_RECEIVED)
        take_unaccepted(census, conn);
    if (conn->state == STATE_LISTEN || conn->state == STATE_CLOSED)
        return;
    if (conn->state == STATE_SYN_RECEIVED)
        take_half_open(census, conn);
    else
        take_to_target(census, conn, row);
    take_orphan(census, conn);
}

static int make_room_for_processes(struct census *census)
{
    const uint32_t count = census->frame->proc_count;

    if (GROW(census->processes, census->process_capacity, count))
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        census->processes[i] = (struct process_tally){.row = CONN_NO_INDEX};
    return 0;
}

int census_take(struct census *census, const struct frame *frame)
{
    census->frame = frame;
    census->target_count = 0;
    census->orphans = census->orphans_unanswered = 0;
    census->suspects = census->unread = 0;
    census->out_rate = 0;
    census->port_first = (uint16_t)host_fact(frame->facts, FACT_PORT_FIRST);
    census->port_last = (uint16_t)host_fact(frame->facts, FACT_PORT_LAST);
    int error = hash_index_begin(&census->target_index, 0);
    if (!error)
        error = make_room_for_processes(census);
    if (!error)
        error = take_listeners(census);
    if (!error)
        error = census_watch_begin(census);
    if (!error)
        error = census_watch_listeners(census);
    for (uint32_t i = 0; i < frame->live_count && !error; i++) {
        const struct conn *conn = &frame->conns[i];
        fetch_ahead(frame, i + FETCH_AHEAD);
        if (conn_is_suspect(conn))
            error = take_suspect(census, conn, i);
        else if (conn_out_rate(conn) >= WATCH_RATE)
            error = census_watch(census, conn, i);
        take_row(census, conn, i);
    }
    census->mono_ns = frame->mono_ns;
    return error;
}
