/* bpf_record: the records of the BPF programs: tcplens.bpf.c to bpf.c, walk.bpf.c to walk.c,
 * rows.bpf.c to rows.c. Only these include it; the types are those of linux/. */
#ifndef TCPLENS_SOURCE_BPF_RECORD_H
#define TCPLENS_SOURCE_BPF_RECORD_H

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/types.h>

enum bpf_record_kind {
    BPF_RECORD_STATE = 1,
    BPF_RECORD_OWNER,
    BPF_RECORD_BIND_FAILED,
    BPF_RECORD_CONNECT_FAILED
};

/* How a socket is closed. */
enum bpf_way {
    BPF_WAY_LINGER = 1,        /* close() with SO_LINGER and a time of 0 */
    BPF_WAY_RESET_RECEIVED = 2 /* because of a reset */
};

/* Why a reset was sent for a socket. */
enum bpf_why {
    BPF_WHY_OTHER = 1,
    BPF_WHY_UNREAD,     /* close() with data unread */
    BPF_WHY_LINGER,     /* close() with SO_LINGER and a time of 0 */
    BPF_WHY_DISCONNECT, /* connect() to AF_UNSPEC; close() as for LINGER; ended from outside */
    BPF_WHY_DATA,       /* data came after close() */
    BPF_WHY_MEMORY,
    BPF_WHY_KEEPALIVE /* its probes were not answered */
};

#define BPF_NAME_MAX 16

/* One transition of a socket; or the process that got one from accept() (only cookie, pid, start_ns
 * and name); or a failed bind() or connect() (error is its errno; process, the address and port of
 * the call; connect: cookie, 0 = unknown). */
struct bpf_record {
    __u64 ns;       /* CLOCK_MONOTONIC */
    __u64 began_ns; /* in SYN-RECEIVED since, 0 = unknown */
    __u64 cookie;
    __u64 start_ns; /* of the process, since boot */
    __u64 bytes_received, bytes_sent, bytes_retrans;
    __u64 netns_cookie; /* of a transition, like all below */
    __u64 cgroup_id;    /* of the group in which the socket was made, 0 = unknown */
    __u32 rtt_us8;      /* srtt_us: eighths of a microsecond */
    __u32 retrans;      /* segments */
    __u32 pid;          /* in our pid namespace, 0 = in no process's context */
    __u32 interface;
    __u32 netns;                   /* inode number */
    __u32 uid;                     /* of the socket */
    __u16 local_port, remote_port; /* host order */
    __u8 kind, from, to;           /* the kernel's state numbers */
    __u8 is_ipv6;
    __u8 error; /* errno of the socket, or of the call */
    __u8 fin, orphan, ways;
    __u8 local[16], remote[16];
    char name[BPF_NAME_MAX];
};

/* One descriptor of a process that is a TCP socket of our network namespace. */
struct bpf_owner {
    __u64 inode;
    __u64 start_ns; /* of the process, since boot */
    __u32 pid;      /* in our pid namespace */
    __u32 fd;
    __u32 thread; /* 0 = in the process's own table; else in that of this thread, any number */
    __u32 spare;
};

/* struct tcp_info of include/uapi/linux/tcp.h as of Linux 6.18: the header of an older system is
 * shorter. */
struct bpf_tcp_info {
    __u8 state, ca_state, retransmits, probes, backoff, options, wscales, flags;
    __u32 rto, ato, snd_mss, rcv_mss, unacked, sacked, lost, retrans, fackets;
    __u32 last_data_sent, last_ack_sent, last_data_recv, last_ack_recv;
    __u32 pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss, reordering;
    __u32 rcv_rtt, rcv_space, total_retrans;
    __u64 pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
    __u32 segs_out, segs_in, notsent_bytes, min_rtt, data_segs_in, data_segs_out;
    __u64 delivery_rate, busy_time, rwnd_limited, sndbuf_limited;
    __u32 delivered, delivered_ce;
    __u64 bytes_sent, bytes_retrans;
    __u32 dsack_dups, reord_seen, rcv_ooopack, snd_wnd, rcv_wnd, rehash;
    __u16 total_rto, total_rto_recoveries;
    __u32 total_rto_time;
    __u32 received_ce, delivered_ecn_bytes[3], received_ecn_bytes[3];
    __u16 accecn_fail_mode, accecn_opt_seen;
};

#define BPF_MEMINFO_COUNT 9 /* SK_MEMINFO_VARS of Linux 4.12 and later */

/* A socket as in a dump of sock_diag: from `message` on, its message and attributes. */
struct bpf_row {
    __u64 netns_cookie;
    __u32 netns;   /* inode number */
    __u16 length;  /* of the message with its attributes: without `info` where a dump has none */
    __u8 has_ulp;  /* there is an upper layer; only a look-up tells which */
    __u8 is_bound; /* only bound: in no hash table of connections or listeners */
    struct inet_diag_msg message;
    struct nlattr shutdown_header;
    __u8 shutdown, shutdown_padding[3];
    struct nlattr mark_header;
    __u32 mark;
    struct nlattr meminfo_header;
    __u32 meminfo[BPF_MEMINFO_COUNT];
    struct nlattr cgroup_header;
    __u32 cgroup_id[2]; /* low, high: no attribute begins at a multiple of eight */
    struct nlattr info_header;
    struct bpf_tcp_info info;
};

#endif
