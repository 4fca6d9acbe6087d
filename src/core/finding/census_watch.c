/* Growth of the counters of rows with problems since earlier frames. Only for rows that resend,
 * have data to send, or send a lot. */
#include "base/clock.h"
#include "base/grow.h"
#include "base/hash.h"
#include "core/finding/census.h"

#include <errno.h>
#include <math.h>

#define BLOAT_US      100000u /* round trips shorter than this are not bloated */
#define BLOAT_UNACKED 10u     /* segments in flight that fill a queue */
#define GAP_S         30.0
#define GAP_TIMES     3  /* times the interval of earlier frames */
#define BLOAT_TIMES   3u /* times the minimum round trip */

bool census_is_watched(const struct conn *conn)
{
    const uint32_t states =
        STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_FIN_WAIT_1);

    return (STATE_BIT(conn->state) & states) && (conn->known & KNOWN_INFO) && conn->serial &&
           (conn->send_queue > 0 || (conn->retrans > 0 && conn_is_suspect(conn)) ||
            conn_out_rate(conn) >= WATCH_RATE);
}

static const struct watched_row *find_before(const struct census *census, uint64_t serial)
{
    struct hash_cursor cursor;

    for (uint32_t i = hash_index_first(&census->watched_index, hash_number(serial), &cursor);
         i != HASH_INDEX_NONE; i = hash_index_next(&census->watched_index, &cursor))
        if (census->watched_before[i].serial == serial)
            return &census->watched_before[i];
    return NULL;
}

static double grown(uint64_t before, uint64_t now)
{
    return now > before ? (double)(now - before) : 0;
}

/* A long queue on the path: the round trip is a multiple of the minimum, with enough in flight to
 * fill a queue. */
static bool is_bloated(const struct frame *frame, const struct conn *conn)
{
    if (!(conn->known & KNOWN_RTT) || conn->rtt_us < BLOAT_US)
        return false;
    const uint64_t least_us = row_info(frame, conn, INFO_min_rtt, 0);
    return least_us > 0 && conn->rtt_us > least_us + BLOAT_US &&
           conn->rtt_us > BLOAT_TIMES * least_us &&
           row_info(frame, conn, INFO_unacked, 0) > BLOAT_UNACKED;
}

/* The segments in flight fill at least 90 % of the congestion window. */
static bool is_window_full(const struct frame *frame, const struct conn *conn)
{
    return conn->cwnd > 0 &&
           row_info(frame, conn, INFO_unacked, 0) * 10 >= conn->cwnd * UINT64_C(9);
}

/* Nagle's algorithm is active: a partial segment waits for an ACK, while the windows have room for
 * it and nothing was lost. */
static bool is_nagled(const struct frame *frame, const struct conn *conn)
{
    const uint64_t waiting = row_info(frame, conn, INFO_notsent_bytes, 0);
    const uint64_t unacked = row_info(frame, conn, INFO_unacked, 0);

    return waiting > 0 && unacked > 0 && conn->timer_retrans == 0 &&
           waiting < row_info(frame, conn, INFO_snd_mss, 0) && conn->cwnd > unacked &&
           row_info(frame, conn, INFO_ca_state, 1) == 0 &&
           row_info(frame, conn, INFO_snd_wnd, UINT64_MAX) >= conn->send_queue;
}

/* Not all frames have tcp_info of a row: the last values stay. */
static void read_counters(const struct frame *frame, const struct conn *conn,
                          const struct watched_row *before, struct watched_row *watched)
{
    watched->bytes_sent = conn->bytes_sent;
    watched->bytes_retrans = conn->bytes_retrans;
    watched->retrans = conn->retrans;
    if (frame_detail(frame, conn)) {
        watched->info_ns = frame->mono_ns;
        watched->busy_us = row_info(frame, conn, INFO_busy_time, 0);
        watched->rwnd_us = row_info(frame, conn, INFO_rwnd_limited, 0);
        watched->sndbuf_us = row_info(frame, conn, INFO_sndbuf_limited, 0);
        watched->dsack = (uint32_t)row_info(frame, conn, INFO_dsack_dups, 0);
    } else if (before) {
        watched->info_ns = before->info_ns;
        watched->busy_us = before->busy_us;
        watched->rwnd_us = before->rwnd_us;
        watched->sndbuf_us = before->sndbuf_us;
        watched->dsack = before->dsack;
    }
}

static void add_info_growth(struct watched_row *now, const struct watched_row *before, double kept)
{
    if (before->info_ns != 0 && now->info_ns != before->info_ns) {
        now->latest.busy = grown(before->busy_us, now->busy_us);
        now->latest.rwnd = grown(before->rwnd_us, now->rwnd_us);
        now->latest.sndbuf = grown(before->sndbuf_us, now->sndbuf_us);
        now->latest.dsacks = grown(before->dsack, now->dsack);
        now->info_s = (double)(now->info_ns - before->info_ns) / (double)SECOND_NS;
    }
    now->busy = before->busy * kept + now->latest.busy;
    now->rwnd = before->rwnd * kept + now->latest.rwnd;
    now->sndbuf = before->sndbuf * kept + now->latest.sndbuf;
    now->dsacks = before->dsacks * kept + now->latest.dsacks;
    now->info_s += before->info_s * kept;
}

static void add_growth(struct watched_row *now, const struct watched_row *before, double seconds)
{
    const double kept = exp(-seconds / WATCH_TAU_S);

    now->measured = true;
    now->seconds = before->seconds * kept + seconds;
    now->latest.sent = grown(before->bytes_sent, now->bytes_sent);
    now->latest.resent = grown(before->bytes_retrans, now->bytes_retrans);
    now->latest.resent_segments = grown(before->retrans, now->retrans);
    now->sent = before->sent * kept + now->latest.sent;
    now->resent = before->resent * kept + now->latest.resent;
    now->resent_segments = before->resent_segments * kept + now->latest.resent_segments;
    now->full += before->full * kept;
    add_info_growth(now, before, kept);
}

static void watch_row(struct census *census, const struct conn *conn, uint32_t row, double seconds)
{
    const struct frame *frame = census->frame;
    const struct watched_row *before = find_before(census, conn->serial);
    struct watched_row *now = &census->watched[census->watched_count++];

    *now = (struct watched_row){.serial = conn->serial, .row = row};
    read_counters(frame, conn, before, now);
    now->nagled = is_nagled(frame, conn);
    now->full = before && is_window_full(frame, conn) ? seconds : 0;
    if (before)
        add_growth(now, before, seconds);
    if (is_bloated(frame, conn))
        now->bloated_ns =
            before && before->bloated_ns && !census->gap ? before->bloated_ns : frame->mono_ns;
}

static int index_before(struct census *census)
{
    const int error = hash_index_begin(&census->watched_index, census->before_count);
    for (uint32_t i = 0; i < census->before_count && !error; i++)
        (void)hash_index_add(&census->watched_index, hash_number(census->watched_before[i].serial),
                             i);
    return error;
}

static void swap_watched(struct census *census)
{
    struct watched_row *rows = census->watched_before;
    const uint32_t capacity = census->before_capacity;

    census->watched_before = census->watched;
    census->before_capacity = census->watched_capacity;
    census->before_count = census->watched_count;
    census->watched = rows;
    census->watched_capacity = capacity;
    census->watched_count = 0;
}

int census_watch_begin(struct census *census)
{
    const double seconds = (double)(census->frame->mono_ns - census->mono_ns) / (double)SECOND_NS;

    census->gap = census->mono_ns > 0 && seconds > GAP_S && seconds > GAP_TIMES * census->latest_s;
    census->latest_s = seconds > 0 ? seconds : 0;
    swap_watched(census);
    return index_before(census);
}

/* --- listeners --- */

/* Listeners come in the order of the last frame: the search starts behind the last one found. */
static const struct dropping_row *find_dropping(const struct dropping_rows *before, uint64_t serial,
                                                uint32_t *next)
{
    for (uint32_t n = 0; n < before->count; n++) {
        const uint32_t i = (*next + n) % before->count;
        if (before->rows[i].serial == serial) {
            *next = i + 1;
            return &before->rows[i];
        }
    }
    return NULL;
}

int census_watch_listeners(struct census *census)
{
    const double kept = exp(-census->latest_s / DROPS_TAU_S);
    struct dropping_rows reused = census->dropping_before;
    uint32_t next = 0;

    reused.count = 0;
    census->dropping_before = census->dropping;
    census->dropping = reused;
    if (GROW(census->dropping.rows, census->dropping.capacity, census->listen_row_count))
        return -ENOMEM;
    for (uint32_t i = 0; i < census->listen_row_count; i++) {
        const struct conn *conn = &census->frame->conns[census->listen_rows[i]];
        if (!(conn->known & KNOWN_DROPS) || !conn->serial)
            continue;
        const struct dropping_row *before =
            find_dropping(&census->dropping_before, conn->serial, &next);
        const bool full = (conn->known & KNOWN_QUEUES) && conn->receive_queue > conn->send_queue;
        const double more =
            before && !before->full && !full ? grown(before->drops, conn->drops) : 0;
        census->dropping.rows[census->dropping.count++] =
            (struct dropping_row){.serial = conn->serial,
                                  .row = census->listen_rows[i],
                                  .drops = conn->drops,
                                  .full = full,
                                  .lately = before ? before->lately * kept + more : 0};
    }
    return 0;
}

int census_watch(struct census *census, const struct conn *conn, uint32_t row)
{
    if (!census_is_watched(conn) || census->watched_count == WATCHED_MAX)
        return 0;
    if (GROW(census->watched, census->watched_capacity, census->watched_count + 1))
        return -ENOMEM;
    watch_row(census, conn, row, census->latest_s);
    return 0;
}
