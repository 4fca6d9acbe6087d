/* The tables of the session log: kinds of lines, keys of rows, details and processes. Must not know
 * JSON. */
#include "session/format/format.h"

#include <string.h>

const struct record_facts RECORDS[RECORD_COUNT] = {
    [RECORD_NONE] = {"", ""},
    [RECORD_HEAD] = {"head", "what follows is a keyframe: version, host, kernel, interval"},
    [RECORD_FRAME] = {"frame", "ends a frame: its times, counts, and what it lacks"},
    [RECORD_ROW] = {"row", "a connection as it stands; not a change"},
    [RECORD_OPEN] = {"open", "a connection came to be"},
    [RECORD_STATE] = {"state", "a transition"},
    [RECORD_CLOSE] = {"close", "a connection ended"},
    [RECORD_SAMPLE] = {"sample", "what changed of a row; null: known no more"},
    [RECORD_PROC] = {"proc", "a process, or what changed of it"},
    [RECORD_FLOW] = {"flow", "traffic of connections that ended, by whose it was"},
    [RECORD_GAP] = {"gap", "something is missing here"},
};

#define MEMBER(type, member)                                                                       \
    .offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define WORDS(list) .words = (list), .word_count = sizeof(list) / sizeof((list)[0])

static const char *const STATE_WORDS[] = {
    NULL,         "CLOSED",     "LISTEN",  "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
    "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",    "DELETE-TCB",
};
static const char *const TIMER_WORDS[] = {NULL, "on", "keepalive", "timewait", "persist"};
static const char *const MARK_WORDS[] = {NULL, "opened", "changed", "closed"};
static const char *const OWNER_WORDS[] = {"unknown", NULL,       "hidden", "none",
                                          "last",    "listener", "unseen"};
static const char *const UNIT_FROM_WORDS[] = {NULL, "process", "socket"};
static const char *const OFFLOAD_WORDS[] = {"InHost", "Offloading", "Offloaded", "Uploading"};
static const char *const ULP_WORDS[] = {NULL, NULL, "tls", "mptcp", "smc", "other"};
static const char *const TLS_WORDS[] = {NULL, "base", "sw", "hw", "hw-record"};

#define CONN(member) MEMBER(conn, member)

const struct session_key SESSION_ROW_KEYS[] = {
    {"state", "RFC 9293 name", KEY_WORD, CONN(state), WORDS(STATE_WORDS)},
    {"kernel_state", "as the kernel numbers it", KEY_NUMBER, CONN(kernel_state)},
    {"netns", "network namespace", KEY_NUMBER, CONN(netns)},
    {"cookie", "socket cookie", KEY_HEX, CONN(cookie)},
    {"inode", "inode of the socket", KEY_NUMBER, CONN(inode), .known = KNOWN_INODE},
    {"uid", "user of the socket", KEY_NUMBER, CONN(uid), .known = KNOWN_UID},
    {"recvq", "bytes not read yet", KEY_NUMBER, KEY_NOT_LISTEN, CONN(receive_queue),
     .known = KNOWN_QUEUES},
    {"sendq", "bytes not acknowledged yet", KEY_NUMBER, KEY_NOT_LISTEN, CONN(send_queue),
     .known = KNOWN_QUEUES},
    {"accept_queue", "connections to be accepted", KEY_NUMBER, KEY_LISTEN, CONN(receive_queue),
     .known = KNOWN_QUEUES},
    {"backlog", "most of them", KEY_NUMBER, KEY_LISTEN, CONN(send_queue), .known = KNOWN_QUEUES},
    {"drops", "segments dropped at this socket", KEY_NUMBER, CONN(drops), .known = KNOWN_DROPS},
    {"cgroup_id", "control group of the socket", KEY_NUMBER, CONN(cgroup_id),
     .known = KNOWN_CGROUP},
    {"timer", "timer that runs", KEY_WORD, CONN(timer), .known = KNOWN_TIMER, WORDS(TIMER_WORDS)},
    {"timer_retrans", "its retries", KEY_NUMBER, KEY_TIMER_ON, CONN(timer_retrans),
     .known = KNOWN_TIMER},
    {"timer_ms", "its rest", KEY_TICK_DOWN, KEY_TIMER_ON, CONN(timer_ms), .known = KNOWN_TIMER},
    {"offload", "offload state", KEY_WORD, CONN(offload), .known = KNOWN_ULP, WORDS(OFFLOAD_WORDS)},
    {"ulp", "upper layer protocol", KEY_WORD, CONN(ulp), WORDS(ULP_WORDS)},
    {"tls_tx", "where TLS records are made", KEY_WORD, CONN(tls_tx), WORDS(TLS_WORDS)},
    {"tls_rx", "where TLS records are read", KEY_WORD, CONN(tls_rx), WORDS(TLS_WORDS)},
    {"owner", "in place of a process", KEY_WORD, CONN(owner_word), .absent = OWNER_PROCESS,
     WORDS(OWNER_WORDS)},
    {"unit_from", "whose unit, container, cgroup", KEY_WORD, CONN(unit_from),
     WORDS(UNIT_FROM_WORDS)},
    {"in_bytes", "payload received", KEY_NUMBER, CONN(in_bytes), .known = KNOWN_BYTES_IN},
    {"bytes_sent", "sent, retransmissions included", KEY_NUMBER, CONN(bytes_sent),
     .known = KNOWN_BYTES_OUT},
    {"bytes_retrans", "of them retransmitted", KEY_NUMBER, CONN(bytes_retrans),
     .known = KNOWN_BYTES_OUT},
    {"in_bytes_per_s", "smoothed", KEY_IN_RATE, .known = KNOWN_RATES},
    {"out_bytes_per_s", "smoothed", KEY_OUT_RATE, .known = KNOWN_RATES},
    {"rtt_us", "round trip time", KEY_NUMBER, CONN(rtt_us), .known = KNOWN_RTT},
    {"snd_cwnd", "congestion window", KEY_NUMBER, CONN(cwnd), .known = KNOWN_INFO},
    {"retrans", "retransmissions", KEY_NUMBER, KEY_NOT_LISTEN, CONN(retrans), .known = KNOWN_INFO},
    {"last_data_sent_ms", "since data was sent", KEY_TICK_UP, CONN(last_data_sent_ms),
     .known = KNOWN_LAST_DATA},
    {"last_data_recv_ms", "since data was received", KEY_TICK_UP, CONN(last_data_received_ms),
     .known = KNOWN_LAST_DATA},
    {"created_min", "it came to be then or later", KEY_TIME, CONN(created_min_ns),
     .known = KNOWN_CREATED_MIN},
    {"created_max", "it came to be then or before", KEY_TIME, CONN(created_max_ns),
     .known = KNOWN_CREATED_MAX},
    {"state_since", "it entered its state", KEY_TIME, CONN(state_since_ns),
     .known = KNOWN_STATE_SINCE},
    {"queue_full_since", "its accept queue is full since then", KEY_TIME, CONN(full_since_ns)},
    {"queue_full_seen", "that it filled was seen: else it may be full for longer", KEY_FLAG,
     .known = KNOWN_FULL_BEGAN},
    {"opened_seen", "its opening was seen", KEY_FLAG, .known = KNOWN_OPENED},
    {"mark", "what just happened to it", KEY_WORD, CONN(mark), WORDS(MARK_WORDS)},
    {"from", "state before the last change", KEY_WORD, CONN(from), WORDS(STATE_WORDS)},
    {"changed", "time of the last change", KEY_TIME, CONN(changed_ns)},
};
const size_t session_row_key_count = sizeof(SESSION_ROW_KEYS) / sizeof(SESSION_ROW_KEYS[0]);

#define DETAIL(member) MEMBER(conn_detail, member)

static const char *const SHUTDOWN_WORDS[] = {"none", "in", "out", "both"};

#define HAS(member)    .has = offsetof(struct conn_detail, member) + 1
#define MEMINFO(index) DETAIL(meminfo[index]), .meminfo = (index) + 1

const struct session_key SESSION_DETAIL_KEYS[] = {
    {"tcp_info_bytes", "length of the kernel's struct", KEY_NUMBER, DETAIL(info_length)},
    {"congestion", "congestion control", KEY_TEXT, DETAIL(congestion)},
    {"ulp_name", "as the kernel names it", KEY_TEXT, DETAIL(ulp_text)},
    {"tos", "type of service", KEY_NUMBER, DETAIL(tos), HAS(has_tos)},
    {"tclass", "IPv6 traffic class", KEY_NUMBER, DETAIL(tclass), HAS(has_tclass)},
    {"fwmark", "firewall mark", KEY_NUMBER, DETAIL(mark), HAS(has_mark)},
    {"shutdown", "directions shut down", KEY_WORD, DETAIL(shutdown), HAS(has_shutdown),
     WORDS(SHUTDOWN_WORDS)},
    {"class_id", "class of the cgroup", KEY_NUMBER, DETAIL(class_id)},
    {"tls_version_number", "TLS version, as the kernel numbers it", KEY_NUMBER, DETAIL(tls_version),
     HAS(tls_version_known)},
    {"tls_cipher_number", "TLS cipher, as the kernel numbers it", KEY_NUMBER, DETAIL(tls_cipher)},
    {"meminfo_count", "memory figures given", KEY_NUMBER, DETAIL(meminfo_count)},
    {"rmem_alloc_bytes", "receive memory in use", KEY_NUMBER, MEMINFO(0)},
    {"rcvbuf_bytes", "receive buffer", KEY_NUMBER, MEMINFO(1)},
    {"wmem_alloc_bytes", "send memory in use", KEY_NUMBER, MEMINFO(2)},
    {"sndbuf_bytes", "send buffer", KEY_NUMBER, MEMINFO(3)},
    {"fwd_alloc_bytes", "memory set aside", KEY_NUMBER, MEMINFO(4)},
    {"wmem_queued_bytes", "send queue's memory", KEY_NUMBER, MEMINFO(5)},
    {"optmem_bytes", "memory for options", KEY_NUMBER, MEMINFO(6)},
    {"sock_backlog_bytes", "memory of the backlog", KEY_NUMBER, MEMINFO(7)},
};
const size_t session_detail_key_count =
    sizeof(SESSION_DETAIL_KEYS) / sizeof(SESSION_DETAIL_KEYS[0]);

#define PROC(member) MEMBER(proc, member)

const struct session_key SESSION_PROC_KEYS[] = {
    {"pid", "process id", KEY_SIGNED, PROC(pid)},
    {"parent", "its parent's", KEY_SIGNED, PROC(parent)},
    {"start_ticks", "with pid: who it is", KEY_NUMBER, PROC(start_ticks)},
    {"start", "when it was started", KEY_TIME, PROC(start_ns)},
    {"uid", "user", KEY_NUMBER, PROC(uid), .absent = UINT32_MAX},
    {"cpu_permille", "of one core", KEY_NUMBER, PROC(cpu_permille), .absent = UINT32_MAX},
    {"threads", "threads", KEY_NUMBER, PROC(threads)},
    {"files", "open files", KEY_NUMBER, PROC(files)},
    {"memory_bytes", "resident memory", KEY_NUMBER, PROC(memory_bytes)},
    {"sockets", "TCP sockets it holds", KEY_NUMBER, PROC(sockets)},
    {"kernel_thread", "it is one", KEY_FLAG, PROC(kernel_thread)},
    {"exited", "gone, but a row names it", KEY_FLAG, PROC(gone)},
};
const size_t session_proc_key_count = sizeof(SESSION_PROC_KEYS) / sizeof(SESSION_PROC_KEYS[0]);

static const void *member_at(const struct session_key *key, const void *base)
{
    return (const char *)base + key->offset;
}

static bool has_word(const struct session_key *key, uint64_t value)
{
    return value < key->word_count && key->words[value];
}

bool session_key_known(const struct session_key *key, const void *base)
{
    const struct conn_detail *detail = base;
    uint8_t has = 1;

    if (key->known)
        has = (((const struct conn *)base)->known & key->known) != 0;
    else if (key->has)
        memcpy(&has, (const char *)base + key->has - 1, sizeof(has));
    else if (key->meminfo)
        has = detail->meminfo_count >= key->meminfo;
    else if (key->type != KEY_TEXT)
        has = session_key_value(key, base) != key->absent;
    else
        has = *(const char *)member_at(key, base) != '\0';
    return has && (key->type != KEY_WORD || has_word(key, session_key_value(key, base)));
}

uint64_t session_key_value(const struct session_key *key, const void *base)
{
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight;

    if (key->type == KEY_IN_RATE)
        return conn_in_rate(base);
    if (key->type == KEY_OUT_RATE)
        return conn_out_rate(base);
    switch (key->size) {
    case sizeof(one):
        memcpy(&one, member_at(key, base), sizeof(one));
        return one;
    case sizeof(two):
        memcpy(&two, member_at(key, base), sizeof(two));
        return two;
    case sizeof(four):
        memcpy(&four, member_at(key, base), sizeof(four));
        return four;
    case sizeof(eight):
        memcpy(&eight, member_at(key, base), sizeof(eight));
        return eight;
    default:
        return 0; /* KNOWN_OPENED: the bit is all there is */
    }
}

static void put_value(const struct session_key *key, void *base, uint64_t value)
{
    void *at = (char *)base + key->offset;
    uint8_t one = (uint8_t)value;
    uint16_t two = (uint16_t)value;
    uint32_t four = (uint32_t)value;

    if (key->type == KEY_IN_RATE)
        conn_set_rates(base, value, conn_out_rate(base));
    else if (key->type == KEY_OUT_RATE)
        conn_set_rates(base, conn_in_rate(base), value);
    else if (key->size == sizeof(one))
        memcpy(at, &one, sizeof(one));
    else if (key->size == sizeof(two))
        memcpy(at, &two, sizeof(two));
    else if (key->size == sizeof(four))
        memcpy(at, &four, sizeof(four));
    else if (key->size == sizeof(value))
        memcpy(at, &value, sizeof(value));
}

static void set_known(const struct session_key *key, void *base, bool known)
{
    uint8_t has = known;

    if (key->known && known)
        ((struct conn *)base)->known |= key->known;
    else if (key->known)
        ((struct conn *)base)->known &= ~key->known;
    else if (key->has)
        memcpy((char *)base + key->has - 1, &has, sizeof(has));
}

void session_key_set(const struct session_key *key, void *base, uint64_t value)
{
    set_known(key, base, true);
    put_value(key, base, value);
}

void session_key_forget(const struct session_key *key, void *base)
{
    set_known(key, base, false);
    if (key->type == KEY_TEXT)
        memset((char *)base + key->offset, 0, key->size);
    else
        put_value(key, base, key->absent);
}
