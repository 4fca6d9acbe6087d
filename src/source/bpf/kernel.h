// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* bpf_kernel: the kernel types that the BPF programs use, with only the members they read: offsets
 * are resolved when a program is loaded (CO-RE). Included by *.bpf.c only, behind bpf_helpers.h and
 * bpf_core_read.h. */
#ifndef TCPLENS_SOURCE_BPF_KERNEL_H
#define TCPLENS_SOURCE_BPF_KERNEL_H

#include "source/bpf/record.h"

#define AF_SMC        43
#define IPPROTO_TCP   6
#define IPPROTO_SMC   256
#define IPPROTO_MPTCP 262
#define PID_LEVELS    32 /* MAX_PID_NS_LEVEL, include/linux/pid_namespace.h */

#define KERNEL_TYPE __attribute__((preserve_access_index))

/* The argument of an iterator is not a kernel type: its layout is fixed (kernel/bpf/task_iter.c:
 * each member takes eight bytes). */
struct bpf_iter_meta {
    struct seq_file *seq;
};

struct bpf_iter__task_file {
    struct bpf_iter_meta *meta;
    struct task_struct *task;
    __u64 fd;
    struct file *file;
};

struct ns_common {
    unsigned int inum;
} KERNEL_TYPE;

struct net {
    struct ns_common ns;
    __u64 net_cookie;
} KERNEL_TYPE;

typedef struct {
    struct net *net;
} KERNEL_TYPE possible_net_t;

typedef struct {
    long long counter;
} KERNEL_TYPE atomic64_t;

typedef struct {
    int counter;
} KERNEL_TYPE atomic_t;

typedef struct {
    atomic_t refs;
} KERNEL_TYPE refcount_t;

typedef struct {
    unsigned int val;
} KERNEL_TYPE kuid_t;

struct in6_addr {
    union {
        __u8 u6_addr8[16];
    } in6_u;
} KERNEL_TYPE;

struct hlist_node {
    struct hlist_node **pprev; /* NULL: in no list */
} KERNEL_TYPE;

struct timer_list {
    struct hlist_node entry;
    unsigned long expires; /* jiffies */
} KERNEL_TYPE;

struct kernfs_node {
    __u64 id;
} KERNEL_TYPE;

struct cgroup {
    struct kernfs_node *kn;
} KERNEL_TYPE;

struct sock_cgroup_data {
    struct cgroup *cgroup;
} KERNEL_TYPE;

struct sock_common {
    __be32 skc_daddr, skc_rcv_saddr;
    __be16 skc_dport;
    __u16 skc_num;
    unsigned short skc_family;
    volatile unsigned char skc_state;
    int skc_bound_dev_if;
    unsigned long skc_flags; /* sk_flags in include/net/sock.h */
    possible_net_t skc_net;
    struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
    atomic64_t skc_cookie;
} KERNEL_TYPE;

struct sock {
    struct sock_common __sk_common;
    __u16 sk_protocol;
    int sk_err;
    unsigned long sk_lingertime;
    struct {
        atomic_t rmem_alloc;
        int len;
    } sk_backlog;
    atomic_t sk_drops, sk_omem_alloc;
    refcount_t sk_wmem_alloc;
    int sk_rcvbuf, sk_sndbuf, sk_forward_alloc, sk_wmem_queued;
    unsigned long sk_pacing_rate, sk_max_pacing_rate; /* all bits: no limit */
    struct timer_list sk_timer, tcp_retransmit_timer;
    kuid_t sk_uid;
    __u32 sk_mark, sk_ack_backlog, sk_max_ack_backlog;
    __u8 sk_shutdown;
    struct sock_cgroup_data sk_cgrp_data;
} KERNEL_TYPE;

struct inet_sock {
    struct sock sk;
    __be16 inet_sport;
} KERNEL_TYPE;

struct tcp_ulp_ops;

struct inet_connection_sock {
    struct inet_sock icsk_inet;
    /* Either may be the sock's: a stable kernel moves them, too. */
    struct timer_list icsk_retransmit_timer, icsk_keepalive_timer;
    unsigned long icsk_timeout; /* of the former; before Linux 6.17 or so, else in the timer */
    __u32 icsk_rto, icsk_rto_min, icsk_delack_max, icsk_pmtu_cookie;
    const struct tcp_ulp_ops *icsk_ulp_ops;
    __u8 icsk_ca_state : 5;
    __u8 icsk_retransmits, icsk_pending, icsk_backoff, icsk_probes_out;
    struct {
        __u32 ato : 8;
        __u32 lrcvtime;
        __u16 rcv_mss;
    } icsk_ack;
} KERNEL_TYPE;

struct minmax_sample {
    __u32 t, v;
} KERNEL_TYPE;

struct minmax {
    struct minmax_sample s[3];
} KERNEL_TYPE;

struct tcp_options_received {
    __u16 tstamp_ok : 1, wscale_ok : 1, sack_ok : 3, snd_wscale : 4, rcv_wscale : 4;
} KERNEL_TYPE;

struct tcp_sock {
    struct inet_connection_sock inet_conn;
    __u64 bytes_received, bytes_sent, bytes_retrans, bytes_acked;
    __u32 srtt_us, total_retrans;
    __u32 rcv_ssthresh, reordering, mss_cache, snd_cwnd, lost_out, sacked_out, retrans_out;
    __u32 packets_out, mdev_us, snd_ssthresh, copied_seq, rcv_nxt, snd_nxt, snd_una, write_seq;
    __u32 segs_in, segs_out, data_segs_in, data_segs_out, lsndtime, rcv_tstamp;
    __u32 chrono_start, chrono_stat[3], rate_delivered, rate_interval_us;
    __u32 delivered, delivered_ce, dsack_dups, reord_seen, rcv_ooopack, snd_wnd, rcv_wnd;
    __u32 plb_rehash, rto_stamp, total_rto_time;
    __u32 received_ce, received_ecn_bytes[3], delivered_ecn_bytes[3];
    __u16 advmss, timeout_rehash, total_rto, total_rto_recoveries;
    __u8 chrono_type, ecn_flags;
    __u8 tcp_usec_ts : 1, rate_app_limited : 1, fastopen_client_fail : 2, syn_data_acked : 1,
        syn_fastopen_child : 1;
    __u8 accecn_fail_mode : 4, saw_accecn_opt : 2;
    struct minmax rtt_min;
    struct tcp_options_received rx_opt;
    struct {
        __u32 rtt_us;
    } rcv_rtt_est;
    struct {
        int space;
    } rcvq_space;
} KERNEL_TYPE;

struct mptcp_sock {
    struct sock *first; /* its first subflow, a TCP socket */
} KERNEL_TYPE;

struct socket {
    struct sock *sk;
} KERNEL_TYPE;

struct inode {
    unsigned long i_ino;
} KERNEL_TYPE;

struct file {
    void *private_data;
    struct inode *f_inode;
} KERNEL_TYPE;

struct fdtable {
    unsigned int max_fds;
    struct file **fd;
} KERNEL_TYPE;

struct files_struct {
    struct fdtable *fdt;
} KERNEL_TYPE;

struct pid_namespace {
    struct ns_common ns;
} KERNEL_TYPE;

struct upid {
    int nr;
    struct pid_namespace *ns;
} KERNEL_TYPE;

struct pid {
    unsigned int level;
    struct upid numbers[1];
} KERNEL_TYPE;

struct nsproxy {
    struct net *net_ns;
} KERNEL_TYPE;

struct thread_info {
    unsigned long flags;
    __u32 status; /* x86 */
} KERNEL_TYPE;

struct task_struct {
    struct thread_info thread_info;
    unsigned int flags;
    struct nsproxy *nsproxy;
    int pid;
    struct task_struct *group_leader;
    struct pid *thread_pid;
    __u64 start_boottime;
    char comm[BPF_NAME_MAX];
    struct files_struct *files;
} KERNEL_TYPE;

struct sk_buff;

/* Why the kernel sends a reset (include/net/rstreason.h, Linux 6.10); values are resolved when a
 * program is loaded. */
enum sk_rst_reason {
    SK_RST_REASON_TCP_ABORT_ON_CLOSE,
    SK_RST_REASON_TCP_ABORT_ON_LINGER,
    SK_RST_REASON_TCP_ABORT_ON_MEMORY,
    SK_RST_REASON_TCP_ABORT_ON_DATA,
    SK_RST_REASON_TCP_KEEPALIVE_TIMEOUT,
    SK_RST_REASON_TCP_DISCONNECT_WITH_DATA,
    SK_RST_REASON_TCP_STATE,
};

/* 0 = it has no number in that namespace. */
static __always_inline __u32 pid_in_namespace(struct task_struct *leader, __u32 pidns)
{
    struct pid *pid = BPF_CORE_READ(leader, thread_pid);
    unsigned int level = BPF_CORE_READ(pid, level);

    for (unsigned int i = 0; i < PID_LEVELS && i <= level; i++) {
        struct upid *number = (void *)pid->numbers + i * bpf_core_type_size(struct upid);
        if (BPF_CORE_READ(number, ns, ns.inum) == pidns)
            return (__u32)BPF_CORE_READ(number, nr);
    }
    return 0;
}

#endif
