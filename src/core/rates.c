/* Rates and bounds: integer arithmetic on one row. Independent of diffs and events. */
#include "core/rates.h"

#include "core/counters.h"

#define RATE_CONSTANT_US 1000000 /* time constant of the smoothing */
#define IDLE_MS          4000u   /* after this long without data the rate is exactly 0 */
#define IDLE_FLOOR       16u     /* bytes a second below which an idle rate is 0 */
#define DELTA_MAX        (UINT64_C(1) << 43) /* times 10^6 still fits 64 bits */

/* From ESTABLISHED on; before that last_data_recv counts from boot. */
#define STATES_WITH_AGE                                                                            \
    (STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_FIN_WAIT_1) | STATE_BIT(STATE_FIN_WAIT_2) |    \
     STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_CLOSING) | STATE_BIT(STATE_LAST_ACK))

/* One direction: bytes since the last sample, and for how long it has been idle. */
struct sample {
    uint64_t rate, delta;
    bool idle_known;
    uint32_t idle_ms;
};

uint64_t rates_step(uint64_t rate, uint64_t bytes, int64_t elapsed_ns)
{
    uint64_t elapsed_us = elapsed_ns > 0 ? (uint64_t)elapsed_ns / 1000 : 0;
    uint64_t spread_us = RATE_CONSTANT_US + elapsed_us;
    uint64_t capped = bytes < DELTA_MAX ? bytes : DELTA_MAX;
    uint64_t stepped = rate * RATE_CONSTANT_US + capped * 1000000;
    return (stepped + (bytes ? spread_us / 2 : 0)) / spread_us; /* pure fading reaches 0 */
}

bool flow_fade(struct flow *flow, int64_t elapsed_ns)
{
    uint64_t in = rates_step(conn_in_rate(&flow->conn), 0, elapsed_ns);
    uint64_t out = rates_step(conn_out_rate(&flow->conn), 0, elapsed_ns);
    conn_set_rates(&flow->conn, in, out);
    flow->in_bytes = flow->out_bytes = 0;
    return in || out || flow->conn.sent_10s;
}

static uint64_t smooth(const struct sample *sample, int64_t elapsed_ns, uint64_t *rest)
{
    uint64_t stepped = rates_step(sample->rate, sample->delta, elapsed_ns);
    bool idle = !sample->delta && sample->idle_known && sample->idle_ms >= IDLE_MS;
    bool low = !sample->delta && stepped < IDLE_FLOOR;

    *rest = idle && !low ? stepped : 0;
    return idle || low ? 0 : stepped;
}

static uint64_t first_rate(uint64_t delta, int64_t elapsed_ns)
{
    return (delta < DELTA_MAX ? delta : DELTA_MAX) * 1000000 / ((uint64_t)elapsed_ns / 1000);
}

void rates_update(const struct conn *previous, struct conn *next, int64_t elapsed_ns,
                  struct in_out *rest)
{
    *rest = (struct in_out){0};
    if (!counters_known(previous) || !counters_known(next))
        return;
    if (elapsed_ns < 1000) { /* no time passed: unchanged */
        next->known |= previous->known & KNOWN_RATES;
        conn_set_rates(next, conn_in_rate(previous), conn_out_rate(previous));
        return;
    }
    next->known |= KNOWN_RATES;
    bool idle_known = (next->known & KNOWN_LAST_DATA) != 0;
    struct sample in = {.rate = conn_in_rate(previous),
                        .delta = counters_grown_by(previous->in_bytes, next->in_bytes),
                        .idle_known = idle_known,
                        .idle_ms = next->last_data_received_ms};
    struct sample out = {.rate = conn_out_rate(previous),
                         .delta = counters_grown_by(conn_out_bytes(previous), conn_out_bytes(next)),
                         .idle_known = idle_known,
                         .idle_ms = next->last_data_sent_ms};
    if (!in.rate && !in.delta && !out.rate && !out.delta)
        return;

    if (previous->known & KNOWN_RATES) {
        uint64_t in_rate = smooth(&in, elapsed_ns, &rest->in);
        conn_set_rates(next, in_rate, smooth(&out, elapsed_ns, &rest->out));
    } else { /* it existed when the session began: assumes the same rate before */
        conn_set_rates(next, first_rate(in.delta, elapsed_ns), first_rate(out.delta, elapsed_ns));
    }
}

void rates_begin(struct conn *next, const struct in_out *bytes, int64_t elapsed_ns)
{
    if (elapsed_ns < 1000)
        return;
    next->known |= KNOWN_RATES;
    conn_set_rates(next, rates_step(0, bytes->in, elapsed_ns),
                   rates_step(0, bytes->out, elapsed_ns));
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
     * the row was read is unknown. */
    int64_t began_ns = frame->wall_ns - (int64_t)age_ms * 1000000;
    int64_t latest_ns = frame->wall_ns + frame->dump_ns;
    int64_t max_ns = began_ns + frame->dump_ns + tick_ns;
    bounds_at_most(conn, max_ns < latest_ns ? max_ns : latest_ns);
    if (silent_in || silent_out)
        bounds_at_least(conn, began_ns - tick_ns);
}
