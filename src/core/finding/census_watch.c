/* What rows in trouble did since the frames before: their counters only grow, so the difference is
 * what happened. Only rows that have resent or have something to send are worth it. */
#include "base/clock.h"
#include "base/grow.h"
#include "base/hash.h"
#include "core/finding/census.h"

#include <errno.h>
#include <math.h>

#define BLOAT_US      100000u /* round trips shorter than this are not bloated */
#define BLOAT_UNACKED 10u     /* segments in flight that fill a queue */
#define BLOAT_TIMES   3u      /* the least round trip */

/* Of suspect rows. */
static bool is_watched(const struct conn *conn)
{
    const uint32_t states =
        STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_FIN_WAIT_1);

    return (STATE_BIT(conn->state) & states) && (conn->known & KNOWN_INFO) && conn->serial &&
           (conn->retrans > 0 || conn->send_queue > 0);
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

/* A long queue on the way: the round trip is a multiple of what it was, with a queue's worth in
 * flight. */
static bool is_bloated(const struct frame *frame, const struct conn *conn)
{
    if (!(conn->known & KNOWN_RTT) || conn->rtt_us < BLOAT_US)
        return false;
    const uint64_t least_us = row_info(frame, conn, INFO_min_rtt, 0);
    return least_us > 0 && conn->rtt_us > least_us + BLOAT_US &&
           conn->rtt_us > BLOAT_TIMES * least_us &&
           row_info(frame, conn, INFO_unacked, 0) > BLOAT_UNACKED;
}

static void read_counters(const struct frame *frame, const struct conn *conn,
                          struct watched_row *watched)
{
    watched->bytes_sent = conn->bytes_sent;
    watched->bytes_retrans = conn->bytes_retrans;
    watched->retrans = conn->retrans;
    watched->has_info = frame_detail(frame, conn) != NULL;
    watched->busy_us = row_info(frame, conn, INFO_busy_time, 0);
    watched->rwnd_us = row_info(frame, conn, INFO_rwnd_limited, 0);
    watched->sndbuf_us = row_info(frame, conn, INFO_sndbuf_limited, 0);
    watched->dsack = (uint32_t)row_info(frame, conn, INFO_dsack_dups, 0);
}

static void add_growth(struct watched_row *now, const struct watched_row *before, double seconds)
{
    const double kept = exp(-seconds / WATCH_TAU_S);

    now->measured = true;
    now->seconds = before->seconds * kept + seconds;
    now->sent = before->sent * kept + grown(before->bytes_sent, now->bytes_sent);
    now->resent = before->resent * kept + grown(before->bytes_retrans, now->bytes_retrans);
    now->resent_segments = before->resent_segments * kept + grown(before->retrans, now->retrans);
    if (!before->has_info || !now->has_info)
        return;
    now->busy = before->busy * kept + grown(before->busy_us, now->busy_us);
    now->rwnd = before->rwnd * kept + grown(before->rwnd_us, now->rwnd_us);
    now->sndbuf = before->sndbuf * kept + grown(before->sndbuf_us, now->sndbuf_us);
    now->dsacks = before->dsacks * kept + grown(before->dsack, now->dsack);
}

static void watch_row(struct census *census, const struct conn *conn, uint32_t row, double seconds)
{
    const struct frame *frame = census->frame;
    const struct watched_row *before = find_before(census, conn->serial);
    struct watched_row *now = &census->watched[census->watched_count++];

    *now = (struct watched_row){.serial = conn->serial, .row = row};
    read_counters(frame, conn, now);
    if (before)
        add_growth(now, before, seconds);
    if (is_bloated(frame, conn))
        now->bloated_ns = before && before->bloated_ns ? before->bloated_ns : frame->mono_ns;
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
    swap_watched(census);
    return index_before(census);
}

int census_watch(struct census *census, const struct conn *conn, uint32_t row)
{
    const double seconds = (double)(census->frame->mono_ns - census->mono_ns) / (double)SECOND_NS;

    if (!is_watched(conn) || census->watched_count == WATCHED_MAX)
        return 0;
    if (GROW(census->watched, census->watched_capacity, census->watched_count + 1))
        return -ENOMEM;
    watch_row(census, conn, row, seconds > 0 ? seconds : 0);
    return 0;
}
