/* demo_facts: the facts of a row of the demo in each state: what the kernel would report or not,
 * its owner, and its traffic. Independent of lives and frames. */
#include "base/clock.h"
#include "source/demo/rows.h"

#include "core/state.h"

#define TIMER_RETRANSMIT 1
#define TIMER_KEEPALIVE  2
#define SEGMENT          1448u

enum {
    ASK_AGE = 1,
    ASK_IN,
    ASK_OUT,
    ASK_IDLE,
    ASK_RTT,
    ASK_LOSS,
    ASK_QUEUE,
    ASK_BOUNDS,
    ASK_WINDOW
};

#define BOUND_FACTS (KNOWN_UID | KNOWN_INODE | KNOWN_CGROUP | KNOWN_QUEUES | KNOWN_TIMER)

/* In these states the process has closed the socket, unless it only shut it down. */
#define LET_GO_STATES                                                                              \
    (STATE_BIT(STATE_FIN_WAIT_1) | STATE_BIT(STATE_FIN_WAIT_2) | STATE_BIT(STATE_CLOSING) |        \
     STATE_BIT(STATE_LAST_ACK) | STATE_BIT(STATE_TIME_WAIT))

static uint32_t roll(const struct demo_rows *rows, uint32_t slot, uint64_t what, uint32_t below)
{
    return (uint32_t)(demo_random(rows->settings.seed, rows->frame, slot, what) % below);
}

/* Times are kept in ms of the demo's clock, wrapping; the difference to now is the age. */
static uint32_t now_ms(const struct demo_rows *rows)
{
    int64_t frames = rows->frame ? (int64_t)rows->frame - 1 : 0;
    return (uint32_t)(uint64_t)(frames * (rows->settings.interval_ns / MILLISECOND_NS));
}

/* FIN-WAIT-2 without an owner is a minisock like TIME-WAIT (tcp_fin(), Linux 6.18); SYN-RECEIVED
 * is a request, unless it came from SYN-SENT. */
static bool is_mini(const struct conn *conn, uint8_t from)
{
    return conn->state == STATE_TIME_WAIT || conn->state == STATE_FIN_WAIT_2 ||
           (conn->state == STATE_SYN_RECEIVED && from != STATE_SYN_SENT);
}

static uint8_t word_of(const struct cast_row *part, const struct conn *conn, bool mini)
{
    if (part->word != OWNER_PROCESS)
        return part->word;
    if (conn->state == STATE_SYN_RECEIVED && mini)
        return OWNER_LISTENER;
    return DEMO_HAS_BIT(LET_GO_STATES, STATE_BIT(conn->state)) ? OWNER_LAST : OWNER_PROCESS;
}

static uint32_t first_holder(uint8_t holders)
{
    uint32_t first = CAST_PROC_COUNT; /* each process alone comes before the lists */
    for (uint8_t i = HOLDERS_ONE; i < holders; i++)
        first += CAST_HOLDERS[i].count;
    return first;
}

static void put_owner(struct conn *conn, const struct cast_row *part)
{
    bool named = conn->owner_word == OWNER_PROCESS || conn->owner_word == OWNER_LAST ||
                 conn->owner_word == OWNER_LISTENER;
    bool worker = part->who >= WHO_NGINX_1 && part->who <= WHO_NGINX_3;
    conn->owner = named ? part->who : CONN_NO_INDEX;
    if (conn->owner_word == OWNER_LISTENER && worker)
        conn->owner = WHO_NGINX;
    bool held = conn->owner_word == OWNER_PROCESS;
    bool shared = held && part->holders != HOLDERS_ONE;
    conn->owner_count = shared ? CAST_HOLDERS[part->holders].count : held;
    conn->owners = shared ? first_holder(part->holders) : held ? part->who : CONN_NO_INDEX;
}

static void put_group(struct conn *conn, const struct cast_row *part)
{
    bool held = conn->owner_word == OWNER_PROCESS;
    conn->group = CONN_NO_INDEX;
    conn->unit_from = UNIT_FROM_NOTHING;
    if (held) {
        conn->group = CAST_PROCS[part->who].group;
        conn->unit_from = UNIT_FROM_PROCESS;
    } else if (part->uid != UINT32_MAX && DEMO_HAS_BIT(conn->known, KNOWN_CGROUP)) {
        conn->group = part->uid == 1000 ? GROUP_ANN : GROUP_BOB;
        conn->unit_from = UNIT_FROM_SOCKET;
    }
    if (DEMO_HAS_BIT(conn->known, KNOWN_CGROUP) && conn->group != CONN_NO_INDEX) {
        conn->cgroup_id = DEMO_CGROUP_FIRST + conn->group;
    } else {
        conn->cgroup_id = 0;
        conn->known &= ~(uint32_t)KNOWN_CGROUP;
    }
}

static void put_holder_facts(struct demo_rows *rows, struct conn *conn, const struct cast_row *part)
{
    if (conn->owner_word == OWNER_LAST || conn->owner_word == OWNER_NONE ||
        DEMO_HAS_BIT(part->traits, TRAIT_UNACCEPTED))
        conn->known &= ~(uint32_t)(KNOWN_INODE | KNOWN_CGROUP);
    if (conn->owner_word == OWNER_LISTENER)
        conn->known &= ~(uint32_t)KNOWN_UID;
    if (!DEMO_HAS_BIT(conn->known, KNOWN_INODE))
        conn->inode = 0;
    else if (conn->inode == 0)
        conn->inode = ++rows->last_inode;
    if (!DEMO_HAS_BIT(conn->known, KNOWN_UID))
        conn->uid = 0;
    else
        conn->uid = part->uid != UINT32_MAX ? part->uid : CAST_PROCS[part->who].uid;
}

/* The transient TLS is offloaded in frame 4 and taken back in frame 10. */
static void put_offload(struct conn *conn, uint8_t tls, uint64_t frame)
{
    static const uint8_t facts[][3] = {
        [TLS_NOT] = {ULP_ABSENT, 0, 0},
        [TLS_MPTCP] = {ULP_MPTCP, 0, 0},
        [TLS_SW] = {ULP_TLS, TLS_CONF_IS_SW, TLS_CONF_IS_SW},
        [TLS_HW_TX] = {ULP_TLS, TLS_CONF_IS_HW, TLS_CONF_IS_SW},
        [TLS_HW_BOTH] = {ULP_TLS, TLS_CONF_IS_HW, TLS_CONF_IS_HW},
        [TLS_COMES_AND_GOES] = {ULP_TLS, TLS_CONF_IS_BASE, TLS_CONF_IS_BASE},
    };
    uint8_t kind = tls;
    if (tls == TLS_COMES_AND_GOES && frame >= 4)
        kind = frame < 10 ? TLS_HW_TX : TLS_SW;
    uint8_t previous = conn->ulp == ULP_UNKNOWN ? OFFLOAD_UNKNOWN : conn->offload;
    conn->ulp = facts[kind][0];
    conn->tls_tx = facts[kind][1];
    conn->tls_rx = facts[kind][2];
    if (conn->ulp == ULP_MPTCP)
        conn->known |= KNOWN_SUBFLOW;
    conn->offload = (uint8_t)offload_decide(conn->ulp, conn->tls_tx, conn->tls_rx, previous);
}

static void forget_socket_facts(struct conn *conn)
{
    conn->receive_queue = conn->send_queue = conn->drops = 0;
    conn->in_bytes = conn->bytes_sent = conn->bytes_retrans = 0;
    conn->rtt_us = conn->cwnd = conn->retrans = 0;
    conn->last_data_sent_ms = conn->last_data_received_ms = 0;
    conn->cgroup_id = 0;
    conn->ulp = ULP_UNKNOWN;
    conn->tls_tx = conn->tls_rx = TLS_CONF_UNREPORTED;
    conn->offload = OFFLOAD_UNKNOWN;
}

static uint32_t facts_of(const struct conn *conn, bool mini)
{
    if (mini)
        return DEMO_MINI_FACTS;
    if (conn->state == STATE_LISTEN)
        return DEMO_LISTEN_FACTS;
    if (conn->state == STATE_CLOSED)
        return BOUND_FACTS;
    if (conn->state == STATE_SYN_SENT || conn->state == STATE_SYN_RECEIVED)
        return DEMO_SOCKET_FACTS & ~(uint32_t)(KNOWN_RTT | KNOWN_LAST_DATA);
    return DEMO_SOCKET_FACTS;
}

static void put_timer(struct conn *conn, bool mini)
{
    static const struct {
        uint8_t timer;
        uint32_t ms;
    } timers[STATE_COUNT] = {
        [STATE_SYN_SENT] = {TIMER_RETRANSMIT, 800},
        [STATE_SYN_RECEIVED] = {TIMER_RETRANSMIT, 900},
        [STATE_FIN_WAIT_1] = {TIMER_RETRANSMIT, 210},
        [STATE_FIN_WAIT_2] = {DEMO_TIMER_TIME_WAIT, 60000},
        [STATE_CLOSE_WAIT] = {TIMER_KEEPALIVE, 7100000},
        [STATE_CLOSING] = {TIMER_RETRANSMIT, 230},
        [STATE_LAST_ACK] = {TIMER_RETRANSMIT, 220},
        [STATE_TIME_WAIT] = {DEMO_TIMER_TIME_WAIT, 60000},
    };
    conn->timer = timers[conn->state].timer;
    conn->timer_ms = timers[conn->state].ms;
    conn->timer_retrans = 0;
    if (conn->state == STATE_FIN_WAIT_2 && !mini)
        conn->timer = 0;
}

void demo_facts_enter(struct demo_rows *rows, uint32_t slot, const struct cast_row *part,
                      uint8_t state)
{
    struct conn *conn = &rows->conns[slot];
    uint8_t from = conn->state;
    conn->state = state;
    conn->kernel_state = TCP_STATES[state].kernel;
    bool mini = is_mini(conn, from);
    uint32_t before = conn->known;
    conn->known = facts_of(conn, mini);
    conn->created_min_ns = conn->created_max_ns = 0; /* set once: track keeps them */
    conn->owner_word = word_of(part, conn, mini);
    put_holder_facts(rows, conn, part);
    put_owner(conn, part);
    put_timer(conn, mini);
    if (!DEMO_HAS_BIT(conn->known, KNOWN_BYTES_IN))
        forget_socket_facts(conn);
    put_group(conn, part);
    if (DEMO_HAS_BIT(conn->known, KNOWN_ULP))
        put_offload(conn, part->tls, rows->frame);
    else
        conn->offload = OFFLOAD_UNKNOWN;
    if (DEMO_HAS_BIT(conn->known, KNOWN_INFO))
        conn->cwnd = conn->cwnd ? conn->cwnd : 10;
    if (DEMO_HAS_BIT(conn->known & ~before, KNOWN_RTT))
        conn->rtt_us = part->rtt_us;
    if (DEMO_HAS_BIT(conn->known & ~before, KNOWN_LAST_DATA))
        conn->last_data_sent_ms = conn->last_data_received_ms = now_ms(rows);
    if (state == STATE_LISTEN) {
        conn->receive_queue = part->remote ? 0 : part->in;
        conn->send_queue = part->remote ? 128 : part->out;
    }
}

/* Age in frame 1: a listener is as old as its process, nothing is older. */
static uint32_t age_of(const struct demo_rows *rows, uint32_t slot, const struct cast_row *part)
{
    uint32_t age_s = 60 + roll(rows, slot, ASK_AGE, 3000);
    uint32_t most = part->who == WHO_NOBODY ? age_s : CAST_PROCS[part->who].age_s;
    bool oldest = rows->conns[slot].state == STATE_LISTEN;
    return oldest || age_s > most ? most : age_s;
}

/* Two in three have an observed opening; of the others only their process's start is known. */
static void put_bounds(const struct demo_rows *rows, uint32_t slot, const struct cast_row *part,
                       uint32_t age_s)
{
    struct conn *conn = &rows->conns[slot];
    bool seen = roll(rows, slot, ASK_BOUNDS, 3) != 0;
    if (conn->owner_word != OWNER_PROCESS)
        return;
    uint32_t oldest_s = seen ? age_s : CAST_PROCS[part->who].age_s;
    conn->created_min_ns = DEMO_START_NS - (int64_t)oldest_s * SECOND_NS;
    conn->known |= KNOWN_CREATED_MIN;
    if (seen) {
        conn->created_max_ns = conn->created_min_ns;
        conn->known |= KNOWN_CREATED_MAX;
    }
}

/* The traffic of a row before the demo began. */
void demo_facts_age(struct demo_rows *rows, uint32_t slot, const struct cast_row *part)
{
    struct conn *conn = &rows->conns[slot];
    bool silent = DEMO_HAS_BIT(part->traits, TRAIT_UNACCEPTED);
    uint32_t age_s = age_of(rows, slot, part);
    put_bounds(rows, slot, part, age_s);
    if (DEMO_HAS_BIT(conn->known, KNOWN_BYTES_IN) && !silent) {
        conn->in_bytes = 517 + (uint64_t)part->in * age_s / 4;
        conn->bytes_sent = 2100 + (uint64_t)part->out * age_s / 4;
    }
    if (DEMO_HAS_BIT(conn->known, KNOWN_LAST_DATA)) {
        conn->last_data_received_ms -= silent ? 1240 : roll(rows, slot, ASK_IDLE, age_s * 1000);
        conn->last_data_sent_ms -= silent ? 1240 : roll(rows, slot, ASK_OUT, age_s * 1000);
    }
    if (DEMO_HAS_BIT(part->traits, TRAIT_FULL))
        conn->drops = 1289;
    if (conn->timer == DEMO_TIMER_TIME_WAIT)
        conn->timer_ms = 20000 + roll(rows, slot, ASK_AGE, 40000);
}

/* Bytes of one interval: about the role's rate, in bursts, and nothing in one of six. */
static uint64_t burst(const struct demo_rows *rows, uint32_t slot, uint64_t what, uint32_t rate)
{
    uint32_t percent = 40 + roll(rows, slot, what, 120);
    uint32_t kind = roll(rows, slot, what + ASK_WINDOW, 12);
    if (kind < 2)
        return 0;
    if (kind == 11)
        percent *= 4;
    uint64_t ms = (uint64_t)(rows->settings.interval_ns / MILLISECOND_NS);
    return (uint64_t)rate * percent / 100 * ms / 1000;
}

static void lose(const struct demo_rows *rows, uint32_t slot, struct conn *conn)
{
    uint32_t segments = roll(rows, slot, ASK_LOSS, 9) / 5;
    conn->bytes_sent += (uint64_t)segments * SEGMENT;
    conn->bytes_retrans += (uint64_t)segments * SEGMENT;
    conn->retrans += segments;
    conn->timer = segments ? TIMER_RETRANSMIT : conn->timer;
    conn->timer_ms = segments ? 240 : conn->timer_ms;
}

static void flow_established(struct demo_rows *rows, uint32_t slot, const struct cast_row *part)
{
    struct conn *conn = &rows->conns[slot];
    uint64_t in = burst(rows, slot, ASK_IN, part->in);
    uint64_t out = burst(rows, slot, ASK_OUT, part->out);
    uint32_t moment = now_ms(rows) - roll(rows, slot, ASK_IDLE, 400);
    conn->in_bytes += in;
    conn->bytes_sent += out;
    if (in > 0)
        conn->last_data_received_ms = moment;
    if (out > 0)
        conn->last_data_sent_ms = moment;
    conn->rtt_us =
        part->rtt_us - part->rtt_us / 10 + roll(rows, slot, ASK_RTT, part->rtt_us / 5 + 1);
    conn->cwnd = 10 + roll(rows, slot, ASK_WINDOW, 40);
    conn->send_queue = 0;
    if (out > SEGMENT && roll(rows, slot, ASK_QUEUE, 4) == 0)
        conn->send_queue = SEGMENT * (1 + roll(rows, slot, ASK_QUEUE, 20));
    conn->timer = conn->send_queue ? TIMER_RETRANSMIT : TIMER_KEEPALIVE;
    conn->timer_ms = conn->send_queue ? 204 : 7200000 - roll(rows, slot, ASK_IDLE, 400);
}

static void flow_listen(struct demo_rows *rows, uint32_t slot, const struct cast_row *part)
{
    struct conn *conn = &rows->conns[slot];
    if (DEMO_HAS_BIT(part->traits, TRAIT_FULL))
        conn->drops += roll(rows, slot, ASK_QUEUE, 5);
    else if (!part->remote && part->in > 0)
        conn->receive_queue = part->in / 2 + roll(rows, slot, ASK_QUEUE, part->in + 1);
}

static void count_down(const struct demo_rows *rows, struct conn *conn)
{
    uint32_t ms = (uint32_t)(rows->settings.interval_ns / MILLISECOND_NS);
    if (conn->timer == DEMO_TIMER_TIME_WAIT)
        conn->timer_ms = conn->timer_ms > ms ? conn->timer_ms - ms : 60000;
    if (conn->state == STATE_SYN_SENT || conn->state == STATE_SYN_RECEIVED) {
        conn->timer_retrans++;
        conn->timer_ms = 1000u << (conn->timer_retrans & 7u);
        if (DEMO_HAS_BIT(conn->known, KNOWN_INFO))
            conn->retrans++;
    }
}

/* Traffic of one interval in its present state. */
void demo_facts_flow(struct demo_rows *rows, uint32_t slot, const struct cast_row *part)
{
    struct conn *conn = &rows->conns[slot];
    bool silent = DEMO_HAS_BIT(part->traits, TRAIT_UNACCEPTED);
    if (conn->state == STATE_ESTABLISHED && !silent)
        flow_established(rows, slot, part);
    else if (conn->state == STATE_LISTEN)
        flow_listen(rows, slot, part);
    else
        count_down(rows, conn);
    if (DEMO_HAS_BIT(part->traits, TRAIT_LOSSY))
        lose(rows, slot, conn);
    if (DEMO_HAS_BIT(conn->known, KNOWN_ULP))
        put_offload(conn, part->tls, rows->frame);
}

void demo_rows_copy(const struct demo_rows *rows, uint32_t slot, struct conn *conn)
{
    *conn = rows->conns[slot];
    if (DEMO_HAS_BIT(conn->known, KNOWN_LAST_DATA)) {
        conn->last_data_sent_ms = now_ms(rows) - conn->last_data_sent_ms;
        conn->last_data_received_ms = now_ms(rows) - conn->last_data_received_ms;
    }
}
