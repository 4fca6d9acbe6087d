// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* bpf_kernel: the kernel types that the programs in the kernel read, with only the members they
 * read: their places are found when a program is loaded (CO-RE), so a program may use some of them.
 * Included by *.bpf.c only, behind bpf_helpers.h and bpf_core_read.h. */
#ifndef TCPLENS_SOURCE_BPF_KERNEL_H
#define TCPLENS_SOURCE_BPF_KERNEL_H

#include "source/bpf/record.h"

#define IPPROTO_TCP 6
#define PID_LEVELS  32 /* MAX_PID_NS_LEVEL, include/linux/pid_namespace.h */

#define KERNEL_TYPE __attribute__((preserve_access_index))

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

struct in6_addr {
    union {
        __u8 u6_addr8[16];
    } in6_u;
} KERNEL_TYPE;

struct sock_common {
    __be32 skc_daddr, skc_rcv_saddr;
    __be16 skc_dport;
    unsigned short skc_family;
    int skc_bound_dev_if;
    unsigned long skc_flags; /* what include/net/sock.h calls sk_flags */
    possible_net_t skc_net;
    struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
    atomic64_t skc_cookie;
} KERNEL_TYPE;

struct sock {
    struct sock_common __sk_common;
    __u16 sk_protocol;
    int sk_err;
    unsigned long sk_lingertime;
} KERNEL_TYPE;

struct inet_sock {
    struct sock sk;
    __be16 inet_sport;
} KERNEL_TYPE;

struct inet_connection_sock {
    struct inet_sock icsk_inet;
} KERNEL_TYPE;

struct tcp_sock {
    struct inet_connection_sock inet_conn;
    __u64 bytes_received, bytes_sent, bytes_retrans;
    __u32 srtt_us, total_retrans;
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

struct task_struct {
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

/* Why the kernel sends a reset (include/net/rstreason.h, Linux 6.10); numbers are found when a
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

struct trace_event_raw_sys_enter {
    unsigned long args[6];
} KERNEL_TYPE;

struct trace_event_raw_sys_exit {
    long ret;
} KERNEL_TYPE;

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
