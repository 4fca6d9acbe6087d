/* The parts of the staged outage, one row of ACTS[] each. */
#include "source/demo/incident.h"

#include "base/clock.h"
#include "source/demo/rows.h"

#include <string.h>

#define HERE        "10.0.0.5"
#define UPSTREAM    "10.0.0.11"
#define DATABASE    "10.0.0.12"
#define BACKLOG     50u
#define CLIENT_MS   100 /* between two clients of :8080 */
#define ACCEPT_MS   50  /* between two calls of accept(), once it accepts again */
#define SERVE_MS    1000
#define LEAK_MS     100 /* between two leaked connections */
#define LEAK_LIFE   2000
#define LEAKS       300u
#define QUERY_MS    5 /* between two connections to the database */
#define QUERY_LIFE  300
#define TIME_WAIT   60000
#define PORT_FIRST  32768u
#define PORTS       10000u
#define PORT_STRIDE 7919u /* coprime to PORTS */
#define COOKIES     0x100000u
#define INODES      200000u

static uint32_t in_ms(int64_t ms)
{
    return (uint32_t)(ms < 0 ? 0 : ms);
}

static void put_end(const char *text, uint8_t *family, struct addr *addr)
{
    addr_parse(text, strlen(text), addr, family, NULL);
}

static void put_tuple(struct conn *conn, uint16_t port, const char *remote, uint16_t remote_port)
{
    put_end(HERE, &conn->tuple.family, &conn->tuple.local);
    put_end(remote, &conn->tuple.family, &conn->tuple.remote);
    conn->tuple.local_port = port;
    conn->tuple.remote_port = remote_port;
}

static void put_state(struct conn *conn, uint8_t state, uint32_t known)
{
    conn->state = state;
    conn->kernel_state = TCP_STATES[state].kernel;
    conn->known = known;
}

static void put_owner(struct conn *conn, uint8_t word, uint8_t who)
{
    conn->owner_word = word;
    conn->owner = who;
    if (word != OWNER_PROCESS)
        return;
    conn->owners = who;
    conn->owner_count = 1;
    conn->uid = CAST_PROCS[who].uid;
    conn->group = CAST_PROCS[who].group;
    conn->cgroup_id = DEMO_CGROUP_FIRST + conn->group;
    conn->unit_from = UNIT_FROM_PROCESS;
}

/* Data sent and received at its beginning, and not since. */
static void put_traffic(struct conn *conn, uint32_t in, uint32_t out, int64_t silent_ms)
{
    conn->in_bytes = in;
    conn->bytes_sent = out;
    conn->rtt_us = 240;
    conn->cwnd = 10;
    conn->last_data_sent_ms = conn->last_data_received_ms = in_ms(silent_ms);
    conn->ulp = ULP_ABSENT;
    conn->offload = OFFLOAD_IN_HOST;
}

static void put_creation(struct conn *conn, int64_t start_ns, int64_t at_ms)
{
    conn->created_min_ns = conn->created_max_ns = start_ns + at_ms * MILLISECOND_NS;
    conn->known |= KNOWN_CREATED_MIN | KNOWN_CREATED_MAX;
}

/* --- a program that stops accepting --- */

static int64_t arrives_ms(uint32_t client)
{
    return INCIDENT_ACCEPT_STOPS_MS + (int64_t)client * CLIENT_MS;
}

static int64_t accepted_ms(uint32_t client)
{
    return INCIDENT_ACCEPTS_MS + (int64_t)client * ACCEPT_MS;
}

static bool put_client(uint32_t client, int64_t now_ms, int64_t start_ns, struct conn *conn)
{
    static const char *const peers[] = {"198.51.100.31", "198.51.100.77", "203.0.113.80"};
    const int64_t accepted = accepted_ms(client);
    const bool waits = now_ms < accepted;
    const uint32_t unaccepted = DEMO_SOCKET_FACTS & ~(uint32_t)(KNOWN_UID | KNOWN_INODE);

    if (now_ms < arrives_ms(client) || now_ms >= accepted + SERVE_MS)
        return false;
    put_state(conn, STATE_ESTABLISHED, waits ? unaccepted : DEMO_SOCKET_FACTS);
    put_tuple(conn, 8080, peers[client % 3], (uint16_t)(41000 + client));
    put_owner(conn, waits ? OWNER_LISTENER : OWNER_PROCESS, WHO_JAVA);
    put_traffic(conn, 310, waits ? 0 : 12000, now_ms - (waits ? arrives_ms(client) : accepted));
    conn->receive_queue = waits ? 310 : 0;
    put_creation(conn, start_ns, arrives_ms(client));
    return true;
}

/* Waiting clients; the queue holds BACKLOG + 1. */
static uint32_t waiting(int64_t now_ms)
{
    uint32_t count = 0;

    for (uint32_t client = 0; client <= BACKLOG; client++)
        count += now_ms >= arrives_ms(client) && now_ms < accepted_ms(client);
    return count;
}

static uint32_t refused(int64_t now_ms)
{
    const int64_t until_ms = now_ms < INCIDENT_ACCEPTS_MS ? now_ms : INCIDENT_ACCEPTS_MS;
    return in_ms(until_ms - INCIDENT_QUEUE_FULL_MS) / CLIENT_MS;
}

static bool put_listener(uint32_t index, int64_t now_ms, int64_t start_ns, struct conn *conn)
{
    (void)index;
    put_state(conn, STATE_LISTEN, DEMO_LISTEN_FACTS);
    put_end(HERE, &conn->tuple.family, &conn->tuple.local);
    conn->tuple.local_port = 8080;
    put_owner(conn, OWNER_PROCESS, WHO_JAVA);
    conn->receive_queue = waiting(now_ms);
    conn->send_queue = BACKLOG;
    conn->drops = refused(now_ms);
    conn->ulp = ULP_ABSENT;
    conn->offload = OFFLOAD_IN_HOST;
    put_creation(conn, start_ns, -(int64_t)CAST_PROCS[WHO_JAVA].age_s * 1000);
    return true;
}

/* --- connections that are never closed --- */

static bool put_leak(uint32_t index, int64_t now_ms, int64_t start_ns, struct conn *conn)
{
    const int64_t closed_ms = INCIDENT_LEAK_MS + (int64_t)index * LEAK_MS; /* by the peer */
    const int64_t opened_ms = closed_ms - LEAK_LIFE;
    const bool kept = now_ms >= closed_ms;

    if (now_ms < opened_ms || now_ms >= INCIDENT_RESTART_MS)
        return false;
    put_state(conn, kept ? STATE_CLOSE_WAIT : STATE_ESTABLISHED, DEMO_SOCKET_FACTS);
    put_tuple(conn, (uint16_t)(45000 + index), UPSTREAM, 8443);
    put_owner(conn, OWNER_PROCESS, WHO_NODE);
    put_traffic(conn, 5200, 900, kept ? now_ms - closed_ms : 0);
    conn->receive_queue = kept; /* the FIN, unread */
    put_creation(conn, start_ns, opened_ms);
    return true;
}

uint32_t demo_incident_descriptors(unsigned who, int64_t now_ms)
{
    const uint32_t leaks = in_ms(now_ms - INCIDENT_LEAK_MS) / LEAK_MS;

    if (who != WHO_NODE || now_ms >= INCIDENT_RESTART_MS)
        return 0;
    return leaks < LEAKS ? leaks : LEAKS;
}

/* --- local ports --- */

static int64_t opened_ms(uint32_t query)
{
    return INCIDENT_CHURN_MS + (int64_t)query * QUERY_MS;
}

static bool put_query(uint32_t index, int64_t now_ms, int64_t start_ns, struct conn *conn)
{
    const int64_t age_ms = now_ms - opened_ms(index);
    const bool over = age_ms >= QUERY_LIFE;

    if (age_ms < 0 || age_ms >= QUERY_LIFE + TIME_WAIT)
        return false;
    put_state(conn, over ? STATE_TIME_WAIT : STATE_ESTABLISHED,
              over ? DEMO_MINI_FACTS : DEMO_SOCKET_FACTS);
    put_tuple(conn, (uint16_t)(PORT_FIRST + index * PORT_STRIDE % PORTS), DATABASE, 5432);
    put_owner(conn, over ? OWNER_LAST : OWNER_PROCESS, WHO_JAVA);
    put_creation(conn, start_ns, opened_ms(index));
    if (!over) {
        put_traffic(conn, 800, 220, age_ms);
        return true;
    }
    conn->timer = DEMO_TIMER_TIME_WAIT;
    conn->timer_ms = in_ms(QUERY_LIFE + TIME_WAIT - age_ms);
    return true;
}

static uint32_t queries_begun(int64_t since_ms)
{
    const uint32_t count = since_ms < 0 ? 0 : in_ms(since_ms) / QUERY_MS + 1;
    return count < PORTS ? count : PORTS;
}

/* --- all of it --- */

static const struct act {
    uint32_t slots;
    bool (*put)(uint32_t index, int64_t now_ms, int64_t start_ns, struct conn *conn);
} ACTS[] = {
    {1, put_listener},
    {BACKLOG + 1, put_client},
    {LEAKS, put_leak},
    {PORTS, put_query},
};
const uint32_t demo_incident_slots = 1 + BACKLOG + 1 + LEAKS + PORTS;

bool demo_incident_row(uint32_t slot, int64_t now_ms, int64_t start_ns, struct conn *conn)
{
    const struct act *act = ACTS;
    uint32_t index = slot;

    *conn = (struct conn){.netns = DEMO_NETNS,
                          .cookie = COOKIES + slot,
                          .owner = CONN_NO_INDEX,
                          .owners = CONN_NO_INDEX,
                          .group = CONN_NO_INDEX,
                          .detail = CONN_NO_INDEX,
                          .ulp = ULP_UNKNOWN,
                          .offload = OFFLOAD_UNKNOWN,
                          .tls_tx = TLS_CONF_UNREPORTED,
                          .tls_rx = TLS_CONF_UNREPORTED};
    for (; index >= act->slots; act++)
        index -= act->slots;
    if (!act->put(index, now_ms, start_ns, conn))
        return false;
    if (conn->owner_word != OWNER_PROCESS)
        conn->known &= ~(uint32_t)KNOWN_CGROUP;
    if (conn->known & KNOWN_INODE)
        conn->inode = INODES + slot;
    return true;
}

void demo_incident_host(struct host_facts *facts, int64_t now_ms)
{
    const int64_t since_ms = now_ms - INCIDENT_CHURN_MS;
    const uint32_t begun = queries_begun(since_ms);
    const uint32_t over = queries_begun(since_ms - QUERY_LIFE);
    const uint32_t forgotten = queries_begun(since_ms - QUERY_LIFE - TIME_WAIT);

    host_fact_set(facts, FACT_PORT_FIRST, PORT_FIRST);
    host_fact_set(facts, FACT_PORT_LAST, PORT_FIRST + PORTS - 1);
    host_fact_set(facts, FACT_LISTEN_OVERFLOWS, refused(now_ms));
    host_fact_set(facts, FACT_LISTEN_DROPS, refused(now_ms));
    host_fact_set(facts, FACT_ACTIVE_OPENS, host_fact(facts, FACT_ACTIVE_OPENS) + begun);
    host_fact_set(facts, FACT_TCP_TW, host_fact(facts, FACT_TCP_TW) + over - forgotten);
}

bool demo_incident_leaves_out(const struct cast_row *part)
{
    const bool troubled = part->traits != 0 || part->life == LIFE_REFUSED ||
                          part->life == LIFE_TOUR || part->life == LIFE_TURNED_AWAY;
    return troubled || part->word == OWNER_UNKNOWN;
}
