/* columns[]: the table itself, one row for each fact, in the order of doc/json.md. Adding a fact
 * means adding a row here, or a field to INFO_FIELDS. */
#include "core/column/values.h"
#include "core/info.h"

#define NS_PER_US 1000u
#define NS_PER_MS 1000000u

#define KEY(text)                                                                                  \
    .json = text,                                                                                  \
    .json_member = ",\"" text "\":", .json_member_length = sizeof(",\"" text "\":") - 1
#define NUMBER(cells) .width = cells, .min_width = cells, .right = true, .descending = true
#define EXACT(cells)  .width = cells, .min_width = cells, .right = true
#define TEXT(cells)   .width = cells, .min_width = 4, .grow = 1
#define WORD(cells)   .width = cells, .min_width = cells

#define LOGGED .logged = true
#define MOVES  .moves = true

#define ROW(member)         .fact.of = FACT_OF_CONN, FACT_NUMBER_AT(.fact, conn, member)
#define ROW_WORD(member, w) .fact.of = FACT_OF_CONN, FACT_WORD_AT(.fact, conn, member, w)
#define ROW_TIME(member)    .fact.of = FACT_OF_CONN, FACT_TIME_AT(.fact, conn, member)
#define ROW_RATE(member)                                                                           \
    ROW(member##_low), .fact.high = (uint16_t)offsetof(struct conn, member##_high) + 1
#define KNOWN(bit) .fact.known = KNOWN_##bit
#define OF(rows)   .fact.where = WHERE_##rows

#define DETAIL(member) .fact.of = FACT_OF_DETAIL, FACT_NUMBER_AT(.fact, conn_detail, member)
#define DETAIL_WORD(member, w)                                                                     \
    .fact.of = FACT_OF_DETAIL, FACT_WORD_AT(.fact, conn_detail, member, w)
#define DETAIL_TEXT(member) .fact.of = FACT_OF_DETAIL, FACT_TEXT_AT(.fact, conn_detail, member)
#define FLAG(member)        .fact.flag = (uint16_t)offsetof(struct conn_detail, member) + 1
#define COUNTER(member, more)                                                                      \
    .fact.counter = (uint16_t)offsetof(struct conn_detail, member) + 1, .fact.least = (more) + 1
#define MEMINFO(index) DETAIL(meminfo[index]), COUNTER(meminfo_count, index)

#define DETAIL_TYPE(unit)                                                                          \
    ((unit) == INFO_BYTES                     ? TYPE_BYTES                                         \
     : (unit) == INFO_BYTES_PER_S             ? TYPE_RATE                                          \
     : (unit) == INFO_US || (unit) == INFO_MS ? TYPE_DURATION                                      \
                                              : TYPE_COUNT)
#define DETAIL_COLUMN(field, word, key, label, name, offset, size, shift, bits, unit, unset)       \
    {.id = word,                                                                                   \
     KEY(key),                                                                                     \
     .title = name,                                                                                \
     .help = label,                                                                                \
     .type = DETAIL_TYPE(unit),                                                                    \
     NUMBER(9),                                                                                    \
     .leave = 9,                                                                                   \
     .needs = NEED_DETAIL,                                                                         \
     .unit_ns = (unit) == INFO_MS ? NS_PER_MS : NS_PER_US,                                         \
     .argument = INFO_##field + 1},

const char COLUMNS_SCREEN[] =
    "state,local,remote,process,pid,command,user,age,recvq,sendq,in,out,rtt,retrans_10s";
const char COLUMNS_SCREEN_MANY[] =
    "state,netns,local,remote,process,pid,command,user,age,recvq,sendq,in,out,rtt,retrans_10s";
const char COLUMNS_SCREEN_HOSTS[] =
    "host,state,local,remote,process,pid,command,user,age,recvq,sendq,in,out,rtt,retrans_10s";
const char COLUMNS_LIST[] =
    "state,recvq,sendq,local,remote,process,pid,user,age,in_bytes,out_bytes,rtt,retrans";
const char COLUMNS_LIST_MANY[] =
    "state,netns,recvq,sendq,local,remote,process,pid,user,age,in_bytes,out_bytes,rtt,retrans";

const char COLUMNS_LIST_HOSTS[] =
    "host,state,recvq,sendq,local,remote,process,pid,user,age,in_bytes,out_bytes,rtt,retrans";

/* clang-format off */
const struct column columns[] = {
    {.id = "state", KEY("state"), .title = "STATE", .help = "state of the connection",
     .type = TYPE_STATE, WORD(11), LOGGED, ROW_WORD(state, STATE_WORDS)},
    {.id = "mib_state", KEY("mib_state"), .title = "MIB", .help = "number of the state, 1 to 12",
     .type = TYPE_COUNT, EXACT(3), .leave = 9, ROW(state), .fact.absent = UINT64_MAX},
    {.id = "from", KEY("from"), .when_named = true, .title = "FROM", .help = "state before the last change, while that is marked",
     .type = TYPE_STATE, WORD(11), .leave = 8, .value = value_from, LOGGED, ROW_WORD(from, STATE_WORDS)},
    {.id = "proto", KEY("proto"), .title = "PROTO", .help = "protocol", .type = TYPE_TEXT,
     WORD(5), .leave = 9, .value = value_proto},
    {.id = "family", KEY("family"), .title = "FAMILY", .help = "address family, inet or inet6",
     .type = TYPE_TEXT, WORD(6), .leave = 9, .value = value_family},
    {.id = "local", .parts = "laddr,lport", .title = "LOCAL", .help = "local address and port",
     .type = TYPE_ADDRESS, .width = 20, .min_width = 14, .grow = 2, .value = value_local,
     .format = format_local},
    {.id = "remote", .parts = "raddr,rport", .title = "REMOTE", .help = "remote address and port",
     .type = TYPE_ADDRESS, .width = 28, .min_width = 17, .grow = 3, .needs = NEED_HOST_NAME,
     .value = value_remote, .format = format_remote},
    {.id = "laddr", KEY("laddr"), .title = "LADDR", .help = "local address", .type = TYPE_ADDRESS,
     TEXT(16), .leave = 7, .value = value_local},
    {.id = "lport", KEY("lport"), .title = "LPORT", .help = "local port", .type = TYPE_PORT,
     EXACT(6), .leave = 7, ROW(tuple.local_port), .fact.absent = UINT64_MAX, .format = format_lport},
    {.id = "raddr", KEY("raddr"), .title = "RADDR", .help = "remote address",
     .type = TYPE_ADDRESS, TEXT(16), .leave = 7, .value = value_remote},
    {.id = "rport", KEY("rport"), .title = "RPORT", .help = "remote port", .type = TYPE_PORT,
     EXACT(6), .leave = 7, .value = value_rport, .format = format_rport},
    {.id = "ifname", KEY("ifname"), .title = "IFNAME",
     .help = "interface it is bound to, or of its link-local address", .type = TYPE_TEXT, TEXT(8),
     .leave = 8, .value = value_ifname},
    {.id = "ifindex", KEY("ifindex"), .title = "IFINDEX", .help = "number of that interface",
     .type = TYPE_COUNT, EXACT(7), .leave = 9, ROW(tuple.scope)},
    {.id = "host", KEY("host"), .title = "HOST", .help = "machine, where several are shown",
     .type = TYPE_TEXT, TEXT(12), .leave = 2, .value = value_host, .format = format_host},
    {.id = "netns", KEY("netns"), .title = "NETNS", .help = "network namespace, its inode number",
     .type = TYPE_COUNT, TEXT(12), .leave = 3, LOGGED, ROW(netns), .exact = true,
     .value = value_netns, .format = format_netns},
    {.id = "netns_name", KEY("netns_name"), .title = "NAMESPACE",
     .help = "name of the network namespace: host, a name of ip netns, a container",
     .type = TYPE_TEXT, TEXT(16), .leave = 8, .value = value_netns_name},
    {.id = "netns_kind", KEY("netns_kind"), .title = "KIND",
     .help = "kind of the network namespace: host, named, docker, podman, pod, process, ...",
     .type = TYPE_TEXT, WORD(10), .leave = 9, .value = value_netns_kind},
    {.id = "pod", KEY("pod"), .title = "POD", .help = "Kubernetes pod of the network namespace",
     .type = TYPE_TEXT, TEXT(16), .leave = 8, .value = value_pod},
    {.id = "pod_namespace", KEY("pod_namespace"), .title = "PODNS",
     .help = "Kubernetes namespace of that pod", .type = TYPE_TEXT, TEXT(12), .leave = 9,
     .value = value_pod_namespace},
    {.id = "cookie", KEY("cookie"), .title = "COOKIE",
     .help = "socket cookie, hexadecimal as ss prints it", .type = TYPE_TEXT, EXACT(8),
     .leave = 8, LOGGED, ROW(cookie), .fact.form = FACT_HEX},
    {.id = "inode", KEY("inode"), .title = "INODE", .help = "inode of the socket",
     .type = TYPE_COUNT, EXACT(9), .leave = 8, LOGGED, ROW(inode), KNOWN(INODE), .exact = true},
    {.id = "uid", .of_owner = true, KEY("uid"), .title = "UID", .help = "user id of the socket", .type = TYPE_COUNT,
     EXACT(6), .leave = 8, LOGGED, ROW(uid), KNOWN(UID), .exact = true},
    {.id = "user", .of_owner = true, KEY("user"), .title = "USER", .help = "user of the socket", .type = TYPE_TEXT,
     .width = 8, .min_width = 8, .leave = 7, .value = value_user, .format = format_user},
    {.id = "pid", .of_owner = true, KEY("pid"), .title = "PID", .help = "process that holds it, the oldest one",
     .type = TYPE_COUNT, .width = 7, .min_width = 5, .right = true, .leave = 1, .needs = NEED_OWNER, .value = value_pid,
     .format = format_pid, .exact = true},
    {.id = "process", .of_owner = true, .parts = "comm,owner", .title = "PROCESS",
     .help = "process, with its unit or container where that says more; or hidden, none, unseen",
     .type = TYPE_TEXT, .width = 13, .min_width = 7, .grow = 1, .leave = 1, .needs = NEED_OWNER | NEED_GROUP,
     .value = value_proc, .format = format_process},
    {.id = "proc", .of_owner = true, KEY("comm"), .title = "COMM", .help = "name of the process that holds it",
     .type = TYPE_TEXT, TEXT(15), .leave = 7, .needs = NEED_OWNER, .value = value_proc},
    {.id = "exe", .of_owner = true, KEY("exe"), .title = "EXE", .help = "executable of the process that holds it",
     .type = TYPE_TEXT, TEXT(24), .leave = 8, .needs = NEED_OWNER | NEED_EXECUTABLE,
     .value = value_exe},
    {.id = "unit", .of_owner = true, KEY("unit"), .title = "UNIT", .help = "systemd unit", .type = TYPE_TEXT,
     TEXT(16), .leave = 7, .needs = NEED_OWNER | NEED_GROUP, .value = value_unit},
    {.id = "container", .of_owner = true, KEY("container"), .title = "CONTAINER", .help = "container",
     .type = TYPE_TEXT, TEXT(16), .leave = 7, .needs = NEED_OWNER | NEED_GROUP,
     .value = value_container},
    {.id = "serves", .of_owner = true, KEY("serves"), .title = "SERVES",
     .help = "container whose published port its process passes on (docker-proxy, conmon, rootlessport)",
     .type = TYPE_TEXT, TEXT(16), .leave = 7, .needs = NEED_OWNER | NEED_GROUP,
     .value = value_serves},
    {.id = "cgroup", .of_owner = true, KEY("cgroup"), .title = "CGROUP", .help = "path of the control group",
     .type = TYPE_TEXT, TEXT(24), .leave = 8, .needs = NEED_OWNER | NEED_GROUP,
     .value = value_cgroup},
    {.id = "cgroup_id", .of_owner = true, KEY("cgroup_id"), .title = "CGROUPID",
     .help = "id of the control group that created the socket", .type = TYPE_COUNT, EXACT(8),
     .leave = 9, LOGGED, ROW(cgroup_id), KNOWN(CGROUP), .exact = true},
    {.id = "unit_from", .of_owner = true, KEY("unit_from"), .title = "UNITFROM",
     .help = "unit, container and cgroup are those of the process, or of the socket",
     .type = TYPE_TEXT, WORD(8), .leave = 9, .needs = NEED_OWNER | NEED_GROUP,
     .value = value_unit_from, LOGGED,
     ROW_WORD(unit_from, UNIT_FROM_WORDS)},
    {.id = "owners", .of_owner = true, KEY("owners"), .title = "OWNERS", .help = "all processes that hold it",
     .type = TYPE_COUNT, TEXT(20), .descending = true, .leave = 8, .needs = NEED_OWNER,
     .value = value_owners, .format = format_owners, .put_json = put_json_owners},
    {.id = "owner", .of_owner = true, KEY("owner"), .title = "OWNER",
     .help = "word in place of a pid: hidden, none, unseen, unknown, last, listener", .type = TYPE_TEXT,
     WORD(8), .leave = 8, .needs = NEED_OWNER, LOGGED, ROW_WORD(owner_word, OWNER_WORDS), .fact.absent = OWNER_PROCESS},
    {.id = "command", KEY("command"), .when_named = true, .title = "COMMAND",
     .help = "command line of the process; its arguments by key A, --with-args",
     .type = TYPE_TEXT, .width = 16, .min_width = 8, .grow = 1, .leave = 6,
     .needs = NEED_OWNER | NEED_COMMAND, .value = value_command},
    {.id = "created_min", KEY("created_min"), .title = "CREATED MIN",
     .help = "it was created at this time or later", .type = TYPE_TIME, WORD(30),
     .descending = true, .leave = 9, LOGGED, ROW_TIME(created_min_ns), KNOWN(CREATED_MIN)},
    {.id = "created_max", KEY("created_max"), .title = "CREATED MAX",
     .help = "it was created at this time or before", .type = TYPE_TIME, WORD(30),
     .descending = true, .leave = 9, LOGGED, ROW_TIME(created_max_ns), KNOWN(CREATED_MAX)},
    {.id = "age", KEY("age_ms"), .title = "AGE", .help = "time since it was created",
     .type = TYPE_DURATION, NUMBER(6), .leave = 3, .value = value_age, .format = format_age,
     .unit_ns = NS_PER_MS},
    {.id = "state_since", KEY("state_since"), .title = "SINCE",
     .help = "when it entered its state, if that was seen", .type = TYPE_TIME, WORD(30),
     .descending = true, .leave = 9, LOGGED, ROW_TIME(state_since_ns), KNOWN(STATE_SINCE)},
    {.id = "state_age", KEY("state_age_ms"), .title = "IN STATE",
     .help = "time since it entered its state, if that was seen", .type = TYPE_DURATION,
     NUMBER(8), .leave = 8, .value = value_state_age, .unit_ns = NS_PER_MS},
    {.id = "offload", KEY("offload"), .title = "OFFLOAD",
     .help = "InHost, Offloading, Offloaded or Uploading", .type = TYPE_TEXT, WORD(12),
     MOVES, .leave = 8, LOGGED, ROW_WORD(offload, OFFLOAD_WORDS), KNOWN(ULP), .format = format_offload},
    {.id = "ulp", KEY("ulp"), .title = "ULP", .help = "upper layer protocol in the kernel",
     .type = TYPE_TEXT, WORD(6), MOVES, .leave = 8, .value = value_ulp, LOGGED,
     ROW_WORD(ulp, ULP_WORDS)},
    {.id = "tls_version", KEY("tls_version"), .label = "tls", .title = "TLS", .help = "version of kernel TLS",
     .type = TYPE_TEXT, WORD(4), .leave = 9, .needs = NEED_DETAIL, DETAIL_WORD(tls_version, TLS_VERSION_WORDS), FLAG(tls_version_known)},
    {.id = "tls_cipher", KEY("tls_cipher"), .label = "cipher", .title = "CIPHER", .help = "cipher of kernel TLS",
     .type = TYPE_TEXT, WORD(17), .leave = 9, .needs = NEED_DETAIL, DETAIL_WORD(tls_cipher, TLS_CIPHER_WORDS)},
    {.id = "mptcp_token", KEY("mptcp_token"), .label = "mptcp token", .title = "MPTCP",
     .help = "MPTCP connection of which it is a subflow, by its token as ss -M prints it",
     .type = TYPE_TEXT, EXACT(8), .leave = 9, .needs = NEED_DETAIL, LOGGED, DETAIL(mptcp_token), .fact.form = FACT_HEX},
    {.id = "recvq", KEY("recvq"), .title = "RECVQ", .help = "bytes received and not yet read; in tables, of a listener: its accept queue",
     .type = TYPE_BYTES, NUMBER(5), MOVES, .leave = 5, LOGGED, ROW(receive_queue), KNOWN(QUEUES), OF(NOT_LISTEN), .format = format_recvq},
    {.id = "sendq", KEY("sendq"), .title = "SENDQ",
     .help = "bytes not yet acknowledged or sent; in tables, of a listener: its backlog",
     .type = TYPE_BYTES, NUMBER(5), MOVES, .leave = 5, LOGGED, ROW(send_queue), KNOWN(QUEUES), OF(NOT_LISTEN), .format = format_sendq},
    {.id = "accept_queue", KEY("accept_queue"), .title = "ACCEPTQ",
     .help = "listener: connections that wait to be accepted", .type = TYPE_COUNT, NUMBER(7),
     .leave = 7, LOGGED, ROW(receive_queue), KNOWN(QUEUES), OF(LISTEN)},
    {.id = "backlog", KEY("backlog"), .title = "BACKLOG",
     .help = "listener: most connections that may wait to be accepted", .type = TYPE_COUNT,
     NUMBER(7), .leave = 7, LOGGED, ROW(send_queue), KNOWN(QUEUES), OF(LISTEN),
     .fact.without = KNOWN_NO_BACKLOG},
    {.id = "drops", KEY("drops"), .title = "DROPS",
     .help = "segments dropped at this socket; at a listener stray ones too: not refused connections",
     .type = TYPE_COUNT, NUMBER(6), MOVES, .leave = 7, LOGGED, ROW(drops), KNOWN(DROPS)},
    {.id = "in_bytes", KEY("in_bytes"), .title = "IN", .help = "payload bytes received",
     .type = TYPE_BYTES, NUMBER(6), MOVES, .leave = 6, LOGGED, ROW(in_bytes), KNOWN(BYTES_IN)},
    {.id = "out_bytes", KEY("out_bytes"), .title = "OUT",
     .help = "payload bytes sent, retransmissions not counted", .type = TYPE_BYTES, NUMBER(6),
     MOVES, .leave = 6, .value = value_out_bytes},
    {.id = "in", KEY("in_bytes_per_s"), .title = "IN/s",
     .help = "payload bytes received a second", .type = TYPE_RATE, NUMBER(5), MOVES, .leave = 1,
     LOGGED, ROW_RATE(in_bytes_per_s), KNOWN(RATES), .with = KNOWN_BYTES_IN},
    {.id = "out", KEY("out_bytes_per_s"), .title = "OUT/s", .help = "payload bytes sent a second",
     .type = TYPE_RATE, NUMBER(5), MOVES, .leave = 1, LOGGED, ROW_RATE(out_bytes_per_s), KNOWN(RATES), .with = KNOWN_BYTES_OUT},
    {.id = "rtt", KEY("rtt_us"), .title = "RTT", .help = "round trip time, smoothed",
     .type = TYPE_DURATION, NUMBER(6), MOVES, .leave = 4, LOGGED, ROW(rtt_us), KNOWN(RTT), .unit_ns = NS_PER_US},
    {.id = "cwnd", KEY("snd_cwnd"), .title = "CWND", .help = "congestion window, in segments",
     .type = TYPE_COUNT, NUMBER(5), MOVES, .leave = 7, LOGGED, ROW(cwnd), KNOWN(INFO)},
    {.id = "retrans", KEY("retrans"), .title = "RETRSEGS", .help = "segments retransmitted in all",
     .type = TYPE_COUNT, NUMBER(5), MOVES, .leave = 5, LOGGED, ROW(retrans), KNOWN(INFO), OF(NOT_LISTEN)},
    {.id = "retrans_10s", KEY("retrans_10s_percent"), .title = "RETR",
     .help = "percent of the bytes sent over the last 10 s that were retransmitted", .type = TYPE_SHARE,
     NUMBER(6), MOVES, .leave = 4, .value = value_retrans_10s},
    {.id = "last_data_sent", KEY("last_data_sent_ms"), .title = "LASTSND",
     .help = "time since data was last sent", .type = TYPE_DURATION, NUMBER(7), MOVES, .leave = 8,
     LOGGED, ROW(last_data_sent_ms), KNOWN(LAST_DATA),
     .fact.form = FACT_TICK_UP, .unit_ns = NS_PER_MS},
    {.id = "last_data_recv", KEY("last_data_recv_ms"), .title = "LASTRCV",
     .help = "time since data was last received", .type = TYPE_DURATION, NUMBER(7), MOVES, .leave = 8,
     LOGGED, ROW(last_data_received_ms), KNOWN(LAST_DATA),
     .fact.form = FACT_TICK_UP, .unit_ns = NS_PER_MS},
    {.id = "timer", KEY("timer"), .title = "TIMER",
     .help = "timer that runs: on (retransmission), keepalive, timewait or persist",
     .type = TYPE_TEXT, WORD(9), MOVES, .leave = 8, LOGGED, ROW_WORD(timer, TIMER_WORDS), KNOWN(TIMER)},
    {.id = "timer_left", KEY("timer_ms"), .title = "EXPIRES", .help = "time until it expires",
     .type = TYPE_DURATION, NUMBER(7), MOVES, .leave = 8, LOGGED, ROW(timer_ms), KNOWN(TIMER), OF(TIMER_RUNS), .fact.form = FACT_TICK_DOWN,
     .unit_ns = NS_PER_MS},
    {.id = "timer_retrans", KEY("timer_retrans"), .title = "TRIES",
     .help = "times that it has expired in a row", .type = TYPE_COUNT, NUMBER(5), MOVES, .leave = 9,
     LOGGED, ROW(timer_retrans), KNOWN(TIMER), OF(TIMER_RUNS)},
    {.id = "congestion", KEY("congestion"), .title = "CC", .help = "congestion control",
     .type = TYPE_TEXT, WORD(8), .leave = 8, .needs = NEED_DETAIL, LOGGED, DETAIL_TEXT(congestion)},
    {.id = "tos", KEY("tos"), .label = "tos", .title = "TOS", .help = "IPv4 type of service", .type = TYPE_COUNT,
     EXACT(4), .leave = 9, .needs = NEED_DETAIL, LOGGED, DETAIL(tos), FLAG(has_tos)},
    {.id = "tclass", KEY("tclass"), .label = "traffic class", .title = "TCLASS", .help = "IPv6 traffic class",
     .type = TYPE_COUNT, EXACT(6), .leave = 9, .needs = NEED_DETAIL, LOGGED, DETAIL(tclass), FLAG(has_tclass)},
    {.id = "fwmark", KEY("fwmark"), .label = "mark", .title = "FWMARK", .help = "mark of the socket's packets",
     .type = TYPE_COUNT, EXACT(7), .leave = 9, .needs = NEED_DETAIL, LOGGED, DETAIL(mark), FLAG(has_mark)},
    {.id = "class_id", KEY("class_id"), .label = "class", .title = "CLASSID", .help = "traffic control class",
     .type = TYPE_COUNT, EXACT(7), .leave = 9, .needs = NEED_DETAIL, LOGGED, DETAIL(class_id)},
    {.id = "shutdown", KEY("shutdown"), .label = "shut down", .title = "SHUTDOWN",
     .help = "directions that were shut down: none, in, out or both", .type = TYPE_TEXT, WORD(8),
     .leave = 9, .needs = NEED_DETAIL, LOGGED, DETAIL_WORD(shutdown, SHUTDOWN_WORDS), FLAG(has_shutdown)},
    {.id = "rmem_alloc", KEY("rmem_alloc_bytes"), .label = "received", .title = "RMEM",
     .help = "memory held by the receive queue", .type = TYPE_BYTES, NUMBER(6), .leave = 9,
     .needs = NEED_DETAIL, LOGGED, MEMINFO(MEMINFO_RMEM_ALLOC)},
    {.id = "rcvbuf", KEY("rcvbuf_bytes"), .label = "of", .title = "RCVBUF",
     .help = "limit of the receive buffer", .type = TYPE_BYTES, NUMBER(6), .leave = 9,
     .needs = NEED_DETAIL, LOGGED, MEMINFO(MEMINFO_RCVBUF)},
    {.id = "wmem_alloc", KEY("wmem_alloc_bytes"), .label = "being sent", .title = "WMEM",
     .help = "memory of packets on their way out", .type = TYPE_BYTES, NUMBER(6), .leave = 9,
     .needs = NEED_DETAIL, LOGGED, MEMINFO(MEMINFO_WMEM_ALLOC)},
    {.id = "sndbuf", KEY("sndbuf_bytes"), .label = "of", .title = "SNDBUF", .help = "limit of the send buffer",
     .type = TYPE_BYTES, NUMBER(6), .leave = 9, .needs = NEED_DETAIL, LOGGED, MEMINFO(MEMINFO_SNDBUF)},
    {.id = "fwd_alloc", KEY("fwd_alloc_bytes"), .label = "reserved", .title = "FWDMEM",
     .help = "memory set aside for what comes next", .type = TYPE_BYTES, NUMBER(6), .leave = 9,
     .needs = NEED_DETAIL, LOGGED, MEMINFO(MEMINFO_FWD_ALLOC)},
    {.id = "wmem_queued", KEY("wmem_queued_bytes"), .label = "queued to send", .title = "WQUEUED",
     .help = "memory held by the send queue", .type = TYPE_BYTES, NUMBER(7), .leave = 9,
     .needs = NEED_DETAIL, LOGGED, MEMINFO(MEMINFO_WMEM_QUEUED)},
    {.id = "optmem", KEY("optmem_bytes"), .label = "options", .title = "OPTMEM", .help = "memory of socket options",
     .type = TYPE_BYTES, NUMBER(6), .leave = 9, .needs = NEED_DETAIL, LOGGED, MEMINFO(MEMINFO_OPTMEM)},
    {.id = "sock_backlog", KEY("sock_backlog_bytes"), .label = "backlog", .title = "SKBACKLOG",
     .help = "memory of segments that wait while the socket is in use", .type = TYPE_BYTES,
     NUMBER(9), .leave = 9, .needs = NEED_DETAIL, LOGGED, MEMINFO(MEMINFO_BACKLOG)},
    {.id = "serial", KEY("serial"), .when_named = true, .title = "SERIAL", .help = "number in order of first sight",
     .type = TYPE_COUNT, EXACT(8), .leave = 9, ROW(serial), .exact = true},
    INFO_FIELDS(INFO_NOTHING, DETAIL_COLUMN)};
/* clang-format on */

const size_t column_count = sizeof(columns) / sizeof(columns[0]);

#define LOG_ROW(member)     .of = FACT_OF_CONN, FACT_NUMBER_AT(, conn, member)
#define LOG_WORD(member, w) .of = FACT_OF_CONN, FACT_WORD_AT(, conn, member, w)
#define LOG_TIME(member)    .of = FACT_OF_CONN, FACT_TIME_AT(, conn, member)
#define LOG_BIT(bit)        .of = FACT_OF_CONN, .form = FACT_FLAG, .known = KNOWN_##bit
#define LOG_DETAIL(member)  .of = FACT_OF_DETAIL, FACT_NUMBER_AT(, conn_detail, member)

const struct fact log_facts[] = {
    {"kernel_state", LOG_ROW(kernel_state)},      /* as the kernel numbers it */
    {"tls_tx", LOG_WORD(tls_tx, TLS_CONF_WORDS)}, /* where TLS records are made */
    {"tls_rx", LOG_WORD(tls_rx, TLS_CONF_WORDS)},
    {"mptcp_subflow", LOG_BIT(SUBFLOW)},
    {"bytes_sent", LOG_ROW(bytes_sent), .known = KNOWN_BYTES_OUT}, /* with retransmissions */
    {"bytes_retrans", LOG_ROW(bytes_retrans), .known = KNOWN_BYTES_OUT},
    {"sent_10s_bytes", LOG_ROW(sent_10s)}, /* of the last 10 s */
    {"retrans_10s_bytes", LOG_ROW(retrans_10s)},
    {"queue_full_since", LOG_TIME(full_since_ns)},
    {"queue_full_seen", LOG_BIT(FULL_BEGAN)}, /* else it may be full for longer */
    {"backlog_unknown", LOG_BIT(NO_BACKLOG)}, /* of a listener; "backlog" is then absent */
    {"opened_seen", LOG_BIT(OPENED)},
    {"mark", LOG_WORD(mark, MARK_WORDS)},
    {"changed", LOG_TIME(changed_ns)},
    {"tcp_info_bytes", LOG_DETAIL(info_length)}, /* length of the kernel's struct */
    {"ulp_name", .of = FACT_OF_DETAIL, FACT_TEXT_AT(, conn_detail, ulp_text)},
    {"tls_version_number", LOG_DETAIL(tls_version),
     .flag = (uint16_t)offsetof(struct conn_detail, tls_version_known) + 1},
    {"tls_cipher_number", LOG_DETAIL(tls_cipher)},
    {"meminfo_count", LOG_DETAIL(meminfo_count)},
};
const size_t log_fact_count = sizeof(log_facts) / sizeof(log_facts[0]);
