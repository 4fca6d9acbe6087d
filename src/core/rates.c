/* Rates and bounds: integer arithmetic on one row. Must not know of diffs or events. */
#include "core/rates.h"

#define RATE_CONSTANT_US 2500000 /* time constant of the smoothing */
#define IDLE_CONSTANT_US                                                                           \
    800000               /* while nothing comes and nobody says for how long: falls faster         \
                          */
#define IDLE_MS    4000u /* nothing for so long: the rate is 0, not nearly 0 */
#define IDLE_FLOOR 64u   /* bytes a second below which an idle rate is 0 */
#define DELTA_MAX  (UINT64_C(1) << 43) /* times 10^6 still fits 64 bits */

/* From ESTABLISHED on; before it last_data_recv counts from boot. */
#define STATES_WITH_AGE                                                                            \
    (STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_FIN_WAIT_1) | STATE_BIT(STATE_FIN_WAIT_2) |    \
     STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_CLOSING) | STATE_BIT(STATE_LAST_ACK))

#define KNOWN_BYTES (KNOWN_BYTES_IN | KNOWN_BYTES_OUT)

/* What one direction did: bytes since the last sample, and for how long it is idle. */
struct flow {
    uint64_t rate, delta;
    bool idle_known;
    uint32_t idle_ms;
};

static uint64_t smooth(const struct flow *flow, uint64_t elapsed_us)
{
    uint64_t delta = flow->delta < DELTA_MAX ? flow->delta : DELTA_MAX;
    if (!delta && flow->idle_known && flow->idle_ms >= IDLE_MS)
        return 0;
    uint64_t constant = delta || flow->idle_known ? RATE_CONSTANT_US : IDLE_CONSTANT_US;
    uint64_t smoothed = (flow->rate * constant + delta * 1000000) / (constant + elapsed_us);
    return !delta && smoothed < IDLE_FLOOR ? 0 : smoothed;
}

static uint64_t first_rate(uint64_t delta, uint64_t elapsed_us)
{
    return (delta < DELTA_MAX ? delta : DELTA_MAX) * 1000000 / elapsed_us;
}

static uint64_t grown_by(uint64_t before, uint64_t after)
{
    return after > before ? after - before : 0;
}

void rates_update(const struct conn *previous, struct conn *next, int64_t elapsed_ns)
{
    if ((previous->known & next->known & KNOWN_BYTES) != KNOWN_BYTES)
        return;
    if (elapsed_ns < 1000) { /* no time passed: what was known still is */
        next->known |= previous->known & KNOWN_RATES;
        conn_set_rates(next, conn_in_rate(previous), conn_out_rate(previous));
        return;
    }
    next->known |= KNOWN_RATES;
    bool idle_known = (next->known & KNOWN_LAST_DATA) != 0;
    struct flow in = {.rate = conn_in_rate(previous),
                      .delta = grown_by(previous->in_bytes, next->in_bytes),
                      .idle_known = idle_known,
                      .idle_ms = next->last_data_received_ms};
    struct flow out = {.rate = conn_out_rate(previous),
                       .delta = grown_by(conn_out_bytes(previous), conn_out_bytes(next)),
                       .idle_known = idle_known,
                       .idle_ms = next->last_data_sent_ms};
    if (!in.rate && !in.delta && !out.rate && !out.delta)
        return;

    uint64_t elapsed_us = (uint64_t)elapsed_ns / 1000;
    if (previous->known & KNOWN_RATES)
        conn_set_rates(next, smooth(&in, elapsed_us), smooth(&out, elapsed_us));
    else
        conn_set_rates(next, first_rate(in.delta, elapsed_us), first_rate(out.delta, elapsed_us));
}

static bool queue_is_full(const struct conn *conn)
{
    const uint32_t known = conn->known & (KNOWN_QUEUES | KNOWN_NO_BACKLOG);
    return conn->state == STATE_LISTEN && known == KNOWN_QUEUES && conn->send_queue > 0 &&
           conn->receive_queue >= conn->send_queue;
}

void queue_update(struct conn *conn, int64_t wall_ns, bool seen)
{
    const bool full = queue_is_full(conn);

    if (full && conn->full_since_ns)
        return;
    conn->known &= ~(uint32_t)KNOWN_FULL_BEGAN;
    conn->known |= full && seen ? KNOWN_FULL_BEGAN : 0;
    conn->full_since_ns = full ? wall_ns : 0;
}

void bounds_at_least(struct conn *conn, int64_t min_ns)
{
    if ((conn->known & KNOWN_CREATED_MAX) && min_ns > conn->created_max_ns)
        return;
    if ((conn->known & KNOWN_CREATED_MIN) && min_ns <= conn->created_min_ns)
        return;
    conn->known |= KNOWN_CREATED_MIN;
    conn->created_min_ns = min_ns;
}

void bounds_at_most(struct conn *conn, int64_t max_ns)
{
    if ((conn->known & KNOWN_CREATED_MIN) && max_ns < conn->created_min_ns)
        return;
    if ((conn->known & KNOWN_CREATED_MAX) && max_ns >= conn->created_max_ns)
        return;
    conn->known |= KNOWN_CREATED_MAX;
    conn->created_max_ns = max_ns;
}

void bounds_exact(struct conn *conn, int64_t created_ns)
{
    conn->known |= KNOWN_CREATED_MIN | KNOWN_CREATED_MAX | KNOWN_OPENED;
    conn->created_min_ns = conn->created_max_ns = created_ns;
}

void bounds_from_info(struct conn *conn, const struct frame *frame, int64_t tick_ns)
{
    const uint32_t both = KNOWN_CREATED_MIN | KNOWN_CREATED_MAX;
    if (!(conn->known & KNOWN_LAST_DATA) || !(STATE_BIT(conn->state) & STATES_WITH_AGE))
        return;
    if ((conn->known & both) == both && conn->created_min_ns == conn->created_max_ns)
        return;

    bool silent_in = (conn->known & KNOWN_BYTES_IN) && conn->in_bytes == 0;
    bool silent_out = (conn->known & KNOWN_BYTES_OUT) && conn->bytes_sent == 0;
    uint32_t age_ms = conn->last_data_received_ms > conn->last_data_sent_ms
                          ? conn->last_data_received_ms
                          : conn->last_data_sent_ms;
    if (silent_in)
        age_ms = conn->last_data_received_ms;
    else if (silent_out)
        age_ms = conn->last_data_sent_ms;

    /* Both clocks tick: a difference of them is good to one tick either way. When within the dump
     * the row was read is not known. */
    int64_t began_ns = frame->wall_ns - (int64_t)age_ms * 1000000;
    int64_t latest_ns = frame->wall_ns + frame->dump_ns;
    int64_t max_ns = began_ns + frame->dump_ns + tick_ns;
    bounds_at_most(conn, max_ns < latest_ns ? max_ns : latest_ns);
    if (silent_in || silent_out)
        bounds_at_least(conn, began_ns - tick_ns);
}
