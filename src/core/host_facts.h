/* host_facts: counters and settings of the kernel for a whole network namespace:
 * /proc/net/{netstat,snmp,snmp6,sockstat,sockstat6}, sysctls, conntrack, softnet; and some of the
 * whole machine. One row of HOST_FACTS a fact. A fact that is absent (older kernel, module not loaded, file not readable) is
 * unknown, never 0. Pure: source/host_facts.c reads the files. */
#ifndef TCPLENS_CORE_HOST_FACTS_H
#define TCPLENS_CORE_HOST_FACTS_H

#include "core/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which file has a fact; the formats differ. */
enum fact_file {
    FACT_FILE_NETSTAT,   /* pairs of lines: names, then values */
    FACT_FILE_SNMP,      /* as netstat */
    FACT_FILE_SNMP6,     /* a name and a value a line */
    FACT_FILE_SOCKSTAT,  /* "TCP: inuse 1 orphan 0 ..." */
    FACT_FILE_SOCKSTAT6, /* as sockstat */
    FACT_FILE_SYSCTL,    /* a file for each fact: numbers between blanks */
    FACT_FILE_CONNTRACK, /* a line of names, then one of hexadecimal values for each CPU: summed */
    FACT_FILE_SOFTNET,   /* hexadecimal columns, a line for each CPU: summed; has no names */
    FACT_FILE_NONE       /* from a system call */
};

/* X(id, name, group, file, column). name: the kernel's; group: its line, or the prefix that makes
 * the name unique. column: of sysctl and softnet files. */
#define HOST_FACTS(X)                                                                              \
    X(LISTEN_OVERFLOWS, "ListenOverflows", "TcpExt", NETSTAT, 0)                                   \
    X(LISTEN_DROPS, "ListenDrops", "TcpExt", NETSTAT, 0)                                           \
    X(REQ_FULL_COOKIES, "TCPReqQFullDoCookies", "TcpExt", NETSTAT, 0)                              \
    X(REQ_FULL_DROP, "TCPReqQFullDrop", "TcpExt", NETSTAT, 0)                                      \
    X(SYNCOOKIES_SENT, "SyncookiesSent", "TcpExt", NETSTAT, 0)                                     \
    X(SYNCOOKIES_RECV, "SyncookiesRecv", "TcpExt", NETSTAT, 0)                                     \
    X(EMBRYONIC_RSTS, "EmbryonicRsts", "TcpExt", NETSTAT, 0)                                       \
    X(DEFER_ACCEPT_DROP, "TCPDeferAcceptDrop", "TcpExt", NETSTAT, 0)                               \
    X(RPFILTER_DROP, "IPReversePathFilter", "TcpExt", NETSTAT, 0)                                  \
    X(MIN_TTL_DROP, "TCPMinTTLDrop", "TcpExt", NETSTAT, 0)                                         \
    X(SYN_RETRANS, "TCPSynRetrans", "TcpExt", NETSTAT, 0)                                          \
    X(TW_OVERFLOW, "TCPTimeWaitOverflow", "TcpExt", NETSTAT, 0)                                    \
    X(ABORT_ON_MEMORY, "TCPAbortOnMemory", "TcpExt", NETSTAT, 0)                                   \
    X(ABORT_ON_TIMEOUT, "TCPAbortOnTimeout", "TcpExt", NETSTAT, 0)                                 \
    X(ABORT_ON_CLOSE, "TCPAbortOnClose", "TcpExt", NETSTAT, 0)                                     \
    X(ABORT_ON_DATA, "TCPAbortOnData", "TcpExt", NETSTAT, 0)                                       \
    X(ABORT_FAILED, "TCPAbortFailed", "TcpExt", NETSTAT, 0)                                        \
    X(MEMORY_PRESSURES, "TCPMemoryPressures", "TcpExt", NETSTAT, 0)                                \
    X(MEMORY_PRESSURE_MS, "TCPMemoryPressuresChrono", "TcpExt", NETSTAT, 0)                        \
    X(RCV_PRUNED, "RcvPruned", "TcpExt", NETSTAT, 0)                                               \
    X(OFO_PRUNED, "OfoPruned", "TcpExt", NETSTAT, 0)                                               \
    X(PRUNE_CALLED, "PruneCalled", "TcpExt", NETSTAT, 0)                                           \
    X(RCV_COLLAPSED, "TCPRcvCollapsed", "TcpExt", NETSTAT, 0)                                      \
    X(RCVQ_DROP, "TCPRcvQDrop", "TcpExt", NETSTAT, 0)                                              \
    X(BACKLOG_DROP, "TCPBacklogDrop", "TcpExt", NETSTAT, 0)                                        \
    X(OFO_DROP, "TCPOFODrop", "TcpExt", NETSTAT, 0)                                                \
    X(OFO_QUEUE, "TCPOFOQueue", "TcpExt", NETSTAT, 0)                                              \
    X(ORIG_DATA_SENT, "TCPOrigDataSent", "TcpExt", NETSTAT, 0)                                     \
    X(TIMEOUTS, "TCPTimeouts", "TcpExt", NETSTAT, 0)                                               \
    X(SPURIOUS_RTOS, "TCPSpuriousRTOs", "TcpExt", NETSTAT, 0)                                      \
    X(DSACK_RECV, "TCPDSACKRecv", "TcpExt", NETSTAT, 0)                                            \
    X(SACK_REORDER, "TCPSACKReorder", "TcpExt", NETSTAT, 0)                                        \
    X(TO_ZERO_WINDOW, "TCPToZeroWindowAdv", "TcpExt", NETSTAT, 0)                                  \
    X(WIN_PROBE, "TCPWinProbe", "TcpExt", NETSTAT, 0)                                              \
    X(MTUP_FAIL, "TCPMTUPFail", "TcpExt", NETSTAT, 0)                                              \
    X(TFO_ACTIVE_FAIL, "TCPFastOpenActiveFail", "TcpExt", NETSTAT, 0)                              \
    X(TFO_BLACKHOLE, "TCPFastOpenBlackhole", "TcpExt", NETSTAT, 0)                                 \
    X(TFO_LISTEN_OVERFLOW, "TCPFastOpenListenOverflow", "TcpExt", NETSTAT, 0)                      \
    X(MD5_NOT_FOUND, "TCPMD5NotFound", "TcpExt", NETSTAT, 0)                                       \
    X(MD5_UNEXPECTED, "TCPMD5Unexpected", "TcpExt", NETSTAT, 0)                                    \
    X(MD5_FAILURE, "TCPMD5Failure", "TcpExt", NETSTAT, 0)                                          \
    X(AO_REQUIRED, "TCPAORequired", "TcpExt", NETSTAT, 0)                                          \
    X(AO_BAD, "TCPAOBad", "TcpExt", NETSTAT, 0)                                                    \
    X(AO_KEY_NOT_FOUND, "TCPAOKeyNotFound", "TcpExt", NETSTAT, 0)                                  \
    X(PAWS_ACTIVE, "PAWSActive", "TcpExt", NETSTAT, 0)                                             \
    X(PAWS_ESTAB, "PAWSEstab", "TcpExt", NETSTAT, 0)                                               \
    X(PAWS_TIMEWAIT, "PAWSTimewait", "TcpExt", NETSTAT, 0)                                         \
    X(TSECR_REJECTED, "TSEcrRejected", "TcpExt", NETSTAT, 0)                                       \
    X(CHALLENGE_ACK, "TCPChallengeACK", "TcpExt", NETSTAT, 0)                                      \
    X(SYN_CHALLENGE, "TCPSYNChallenge", "TcpExt", NETSTAT, 0)                                      \
    X(RETRANS_FAIL, "TCPRetransFail", "TcpExt", NETSTAT, 0)                                        \
    X(SPURIOUS_QUEUES, "TCPSpuriousRtxHostQueues", "TcpExt", NETSTAT, 0)                           \
    X(ACTIVE_OPENS, "ActiveOpens", "Tcp", SNMP, 0)                                                 \
    X(PASSIVE_OPENS, "PassiveOpens", "Tcp", SNMP, 0)                                               \
    X(ATTEMPT_FAILS, "AttemptFails", "Tcp", SNMP, 0)                                               \
    X(ESTAB_RESETS, "EstabResets", "Tcp", SNMP, 0)                                                 \
    X(IN_SEGS, "InSegs", "Tcp", SNMP, 0)                                                           \
    X(OUT_SEGS, "OutSegs", "Tcp", SNMP, 0)                                                         \
    X(RETRANS_SEGS, "RetransSegs", "Tcp", SNMP, 0)                                                 \
    X(OUT_RSTS, "OutRsts", "Tcp", SNMP, 0)                                                         \
    X(IN_CSUM_ERRORS, "InCsumErrors", "Tcp", SNMP, 0)                                              \
    X(IN6_TOO_BIG, "Icmp6InPktTooBigs", "", SNMP6, 0)                                              \
    X(TCP_INUSE, "inuse", "TCP", SOCKSTAT, 0)                                                      \
    X(TCP_ORPHAN, "orphan", "TCP", SOCKSTAT, 0)                                                    \
    X(TCP_TW, "tw", "TCP", SOCKSTAT, 0)                                                            \
    X(TCP_ALLOC, "alloc", "TCP", SOCKSTAT, 0)                                                      \
    X(TCP_MEM_PAGES, "mem", "TCP", SOCKSTAT, 0)                                                    \
    X(TCP6_INUSE, "inuse", "TCP6", SOCKSTAT6, 0)                                                   \
    X(SOMAXCONN, "net.core.somaxconn", "net/core/somaxconn", SYSCTL, 0)                            \
    X(PORT_FIRST, "net.ipv4.ip_local_port_range[0]", "net/ipv4/ip_local_port_range", SYSCTL, 0)    \
    X(PORT_LAST, "net.ipv4.ip_local_port_range[1]", "net/ipv4/ip_local_port_range", SYSCTL, 1)     \
    X(SYNCOOKIES, "net.ipv4.tcp_syncookies", "net/ipv4/tcp_syncookies", SYSCTL, 0)                 \
    X(MAX_SYN_BACKLOG, "net.ipv4.tcp_max_syn_backlog", "net/ipv4/tcp_max_syn_backlog", SYSCTL, 0)  \
    X(MAX_TW_BUCKETS, "net.ipv4.tcp_max_tw_buckets", "net/ipv4/tcp_max_tw_buckets", SYSCTL, 0)     \
    X(MAX_ORPHANS, "net.ipv4.tcp_max_orphans", "net/ipv4/tcp_max_orphans", SYSCTL, 0)              \
    X(MEM_PRESSURE, "net.ipv4.tcp_mem[1]", "net/ipv4/tcp_mem", SYSCTL, 1)                          \
    X(MEM_HIGH, "net.ipv4.tcp_mem[2]", "net/ipv4/tcp_mem", SYSCTL, 2)                              \
    X(TW_REUSE, "net.ipv4.tcp_tw_reuse", "net/ipv4/tcp_tw_reuse", SYSCTL, 0)                       \
    X(TIMESTAMPS, "net.ipv4.tcp_timestamps", "net/ipv4/tcp_timestamps", SYSCTL, 0)                 \
    X(ABORT_ON_OVERFLOW, "net.ipv4.tcp_abort_on_overflow", "net/ipv4/tcp_abort_on_overflow",       \
      SYSCTL, 0)                                                                                   \
    X(KEEPALIVE_TIME, "net.ipv4.tcp_keepalive_time", "net/ipv4/tcp_keepalive_time", SYSCTL, 0)     \
    X(CONNTRACK_COUNT, "nf_conntrack_count", "net/netfilter/nf_conntrack_count", SYSCTL, 0)        \
    X(CONNTRACK_MAX, "nf_conntrack_max", "net/netfilter/nf_conntrack_max", SYSCTL, 0)              \
    X(FILE_NR, "fs.file-nr[0]", "fs/file-nr", SYSCTL, 0)                                           \
    X(FILE_MAX, "fs.file-nr[2]", "fs/file-nr", SYSCTL, 2)                                          \
    X(CONNTRACK_INSERT_FAILED, "insert_failed", "", CONNTRACK, 0)                                  \
    X(CONNTRACK_DROP, "drop", "", CONNTRACK, 0)                                                    \
    X(CONNTRACK_EARLY_DROP, "early_drop", "", CONNTRACK, 0)                                        \
    X(SOFTNET_DROPPED, "softnet dropped", "", SOFTNET, 1)                                          \
    X(SOFTNET_SQUEEZED, "softnet time_squeeze", "", SOFTNET, 2)                                    \
    X(PAGE_SIZE, "PAGE_SIZE", "", NONE, 0)

enum host_fact {
    FACT_NONE = 0, /* ends a list */
#define HOST_FACT_ID(id, name, group, file, column) FACT_##id,
    HOST_FACTS(HOST_FACT_ID)
#undef HOST_FACT_ID
        FACT_COUNT
};

struct host_fact_row {
    const char *name;  /* the kernel's: "ListenOverflows", "net.core.somaxconn" */
    const char *group; /* see HOST_FACTS; sysctl: the path below /proc/sys */
    uint8_t file;      /* enum fact_file */
    uint8_t column;
};
extern const struct host_fact_row HOST_FACT_ROWS[FACT_COUNT]; /* [FACT_NONE] is empty */

#define PORT_SPANS_MAX 32

/* Calls of bind() or connect() by one program to one address that failed with one error. */
#define CALL_FAILURES_MAX   8u
#define CALL_FAILURES_TIMES 3
#define CALL_NAME_MAX       64
struct call_failure {
    struct addr address;
    uint16_t port;
    uint8_t family;
    uint8_t error;        /* errno */
    int32_t pid;          /* of the last call, 0 = unknown */
    uint64_t start_ticks; /* of that process */
    uint32_t count;
    int64_t first_ns;                     /* mono time of the first call */
    int64_t last_ns[CALL_FAILURES_TIMES]; /* mono times of the last calls, newest first; 0 = none */
    char name[CALL_NAME_MAX];             /* safe text */
};
struct call_failures {
    bool known; /* the call is traced */
    uint8_t count;
    struct call_failure rows[CALL_FAILURES_MAX];
};
/* One call: name, address, error, pid and last_ns[0] are filled in. If there are too many, the
 * least recent one is dropped. */
void call_failures_add(struct call_failures *failures, const struct call_failure *call);
/* Sets all calls of one kind so far. */
void call_failures_set(struct call_failures *failures, const struct call_failure *calls);
/* NULL: there are none of its name, address and error. */
const struct call_failure *call_failures_find(const struct call_failures *failures,
                                              const struct call_failure *call);

struct host_facts {
    uint32_t netns;  /* inode number of the network namespace, 0 = unknown */
    int64_t mono_ns; /* when the counters were read */
    uint64_t known[(FACT_COUNT + 63) / 64];
    uint64_t values[FACT_COUNT];
    struct port_span {
        uint16_t first, last;
    } reserved[PORT_SPANS_MAX]; /* ip_local_reserved_ports; what exceeds the array is left out */
    uint8_t reserved_count;
    struct call_failures bind_failures;
    struct call_failures connect_failures; /* those without a connection, and so without events */
};

static inline bool host_fact_known(const struct host_facts *facts, enum host_fact fact)
{
    return facts && (facts->known[fact / 64] >> fact % 64 & 1);
}

/* 0 if unknown: use host_fact_known where that matters. */
static inline uint64_t host_fact(const struct host_facts *facts, enum host_fact fact)
{
    return host_fact_known(facts, fact) ? facts->values[fact] : 0;
}

static inline void host_fact_forget(struct host_facts *facts, enum host_fact fact)
{
    facts->known[fact / 64] &= ~(UINT64_C(1) << fact % 64);
    facts->values[fact] = 0;
}

static inline void host_fact_set(struct host_facts *facts, enum host_fact fact, uint64_t value)
{
    facts->known[fact / 64] |= UINT64_C(1) << fact % 64;
    facts->values[fact] = value;
}

/* Parses the facts of one file (no NUL needed). Unknown names are skipped, a malformed or truncated
 * rest is ignored: facts that were not read stay unchanged. Not for FACT_FILE_SYSCTL and FACT_FILE_NONE. */
void host_facts_parse(struct host_facts *facts, enum fact_file file, const char *text,
                      size_t length);
/* The text of the sysctl file in which `fact` stands. */
void host_facts_parse_sysctl(struct host_facts *facts, enum host_fact fact, const char *text,
                             size_t length);
/* "8080,9000-9010" of ip_local_reserved_ports. */
void host_facts_parse_reserved(struct host_facts *facts, const char *text, size_t length);
bool host_facts_is_reserved(const struct host_facts *facts, uint16_t port);
/* Ports that the kernel may choose from: the range less what is reserved. 0 = unknown. */
uint32_t host_facts_local_ports(const struct host_facts *facts);

#endif
