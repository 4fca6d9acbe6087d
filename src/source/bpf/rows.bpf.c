// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* rows.bpf: runs in the kernel: hands every TCP socket that a process has open, of all network
 * namespaces but one, to rows.c, in the format of a sock_diag dump, so that one decoder reads both.
 * Loaded like walk.bpf.c. Follows inet_diag_msg_common_fill, inet_sk_diag_fill
 * (net/ipv4/inet_diag.c) and tcp_get_info (net/ipv4/tcp.c) of Linux 6.18; a test compares both. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "source/bpf/kernel.h"

#define AF_INET6     10
#define STATE_CLOSE  7
#define STATE_LISTEN 10

/* Attributes and options by number: headers may be older than the kernel. */
#define ATTRIBUTE_INFO      2  /* INET_DIAG_INFO */
#define ATTRIBUTE_MEMINFO   7  /* INET_DIAG_SKMEMINFO */
#define ATTRIBUTE_SHUTDOWN  8  /* INET_DIAG_SHUTDOWN */
#define ATTRIBUTE_MARK      15 /* INET_DIAG_MARK */
#define ATTRIBUTE_CGROUP_ID 21 /* INET_DIAG_CGROUP_ID */

#define TIMER_RETRANS     1 /* ICSK_TIME_RETRANS, ICSK_TIME_LOSS_PROBE, ICSK_TIME_REO_TIMEOUT */
#define TIMER_PROBE       3
#define TIMER_LOSS_PROBE  5
#define TIMER_REO_TIMEOUT 6

#define OPTION_TIMESTAMPS 1
#define OPTION_SACK       2
#define OPTION_WSCALE     4
#define OPTION_ECN        8
#define OPTION_ECN_SEEN   16
#define OPTION_SYN_DATA   32
#define OPTION_USEC_TS    64
#define OPTION_TFO_CHILD  128
#define ECN_MODE_ANY      0x11
#define ECN_SEEN          8

#define CHRONO_RWND_LIMITED   2
#define CHRONO_SNDBUF_LIMITED 3

/* Set by rows.c before loading: the namespace whose sockets are left out; the length of a kernel
 * tick. */
const volatile __u32 except_netns = 0, tick_ns = 4000000;

/* One reader at a time, so a per-CPU copy is not needed. */
struct bpf_row row = {0};

static __always_inline void put_header(struct nlattr *header, __u16 type, __u16 size)
{
    header->nla_type = type;
    header->nla_len = sizeof(*header) + size;
}

static __always_inline __u64 ticks_to_us(__u64 ticks)
{
    return ticks * tick_ns / 1000;
}

static __always_inline __u32 ticks_to_ms(__u64 ticks)
{
    return (__u32)((ticks * tick_ns + 999999) / 1000000);
}

static __always_inline __u32 ms_until(__u64 expires, __u64 now)
{
    return expires > now ? ticks_to_ms(expires - now) : 0;
}

static __always_inline void put_identity(struct inet_diag_msg *message, struct sock *sk)
{
    const __u64 cookie = bpf_get_socket_cookie(sk);

    message->idiag_family = sk->__sk_common.skc_family;
    message->id.idiag_sport = __builtin_bswap16(sk->__sk_common.skc_num);
    message->id.idiag_dport = sk->__sk_common.skc_dport;
    message->id.idiag_if = sk->__sk_common.skc_bound_dev_if;
    message->id.idiag_cookie[0] = (__u32)cookie;
    message->id.idiag_cookie[1] = (__u32)(cookie >> 32);
    if (message->idiag_family == AF_INET6) {
        BPF_CORE_READ_INTO(&message->id.idiag_src, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
        BPF_CORE_READ_INTO(&message->id.idiag_dst, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
    } else {
        __builtin_memset(&message->id.idiag_src, 0, sizeof(message->id.idiag_src));
        __builtin_memset(&message->id.idiag_dst, 0, sizeof(message->id.idiag_dst));
        message->id.idiag_src[0] = sk->__sk_common.skc_rcv_saddr;
        message->id.idiag_dst[0] = sk->__sk_common.skc_daddr;
    }
}

static __always_inline void put_queues(struct inet_diag_msg *message, struct tcp_sock *tcp)
{
    const struct sock *sk = &tcp->inet_conn.icsk_inet.sk;

    if (message->idiag_state == STATE_LISTEN) {
        message->idiag_rqueue = sk->sk_ack_backlog;
        message->idiag_wqueue = sk->sk_max_ack_backlog;
        return;
    }
    const __s32 waiting = (__s32)(tcp->rcv_nxt - tcp->copied_seq);
    message->idiag_rqueue = waiting > 0 ? (__u32)waiting : 0;
    message->idiag_wqueue = tcp->write_seq - tcp->snd_una;
}

static __always_inline __u64 retransmit_expires(const struct inet_connection_sock *icsk)
{
    if (bpf_core_field_exists(icsk->icsk_timeout))
        return icsk->icsk_timeout;
    if (bpf_core_field_exists(icsk->icsk_retransmit_timer))
        return icsk->icsk_retransmit_timer.expires;
    return icsk->icsk_inet.sk.tcp_retransmit_timer.expires; /* Linux 6.19 */
}

/* 0 = the timer is not set. */
static __always_inline __u64 keepalive_expires(const struct inet_connection_sock *icsk)
{
    const struct sock *sk = &icsk->icsk_inet.sk;

    if (bpf_core_field_exists(icsk->icsk_keepalive_timer)) /* Linux 6.19, 6.12.117 */
        return icsk->icsk_keepalive_timer.entry.pprev ? icsk->icsk_keepalive_timer.expires : 0;
    return sk->sk_timer.entry.pprev ? sk->sk_timer.expires : 0;
}

static __always_inline void put_timer(struct inet_diag_msg *message, struct tcp_sock *tcp,
                                      __u64 jiffies)
{
    const struct inet_connection_sock *icsk = &tcp->inet_conn;
    const __u8 pending = icsk->icsk_pending;
    __u64 expires = retransmit_expires(icsk);

    message->idiag_timer = 0;
    message->idiag_retrans = 0;
    message->idiag_expires = 0;
    if (pending == TIMER_RETRANS || pending == TIMER_LOSS_PROBE || pending == TIMER_REO_TIMEOUT) {
        message->idiag_timer = 1;
        message->idiag_retrans = icsk->icsk_retransmits;
        message->idiag_expires = ms_until(expires, jiffies);
    } else if (pending == TIMER_PROBE) {
        message->idiag_timer = 4;
        message->idiag_retrans = icsk->icsk_probes_out;
        message->idiag_expires = ms_until(expires, jiffies);
    } else if ((expires = keepalive_expires(icsk)) != 0) {
        message->idiag_timer = 2;
        message->idiag_retrans = icsk->icsk_probes_out;
        message->idiag_expires = ms_until(expires, jiffies);
    }
}

static __always_inline void put_meminfo(struct bpf_row *to, const struct sock *sk)
{
    put_header(&to->meminfo_header, ATTRIBUTE_MEMINFO, sizeof(to->meminfo));
    to->meminfo[0] = sk->sk_backlog.rmem_alloc.counter;
    to->meminfo[1] = sk->sk_rcvbuf;
    to->meminfo[2] = sk->sk_wmem_alloc.refs.counter - 1;
    to->meminfo[3] = sk->sk_sndbuf;
    to->meminfo[4] = sk->sk_forward_alloc;
    to->meminfo[5] = sk->sk_wmem_queued;
    to->meminfo[6] = sk->sk_omem_alloc.counter;
    to->meminfo[7] = sk->sk_backlog.len;
    to->meminfo[8] = sk->sk_drops.counter;
}

static __always_inline __u8 options_of(struct tcp_sock *tcp)
{
    __u8 options = 0;

    if (BPF_CORE_READ_BITFIELD(tcp, rx_opt.tstamp_ok))
        options |= OPTION_TIMESTAMPS;
    if (BPF_CORE_READ_BITFIELD(tcp, rx_opt.sack_ok))
        options |= OPTION_SACK;
    if (BPF_CORE_READ_BITFIELD(tcp, rx_opt.wscale_ok))
        options |= OPTION_WSCALE;
    if (tcp->ecn_flags & ECN_MODE_ANY)
        options |= OPTION_ECN;
    if (tcp->ecn_flags & ECN_SEEN)
        options |= OPTION_ECN_SEEN;
    if (BPF_CORE_READ_BITFIELD(tcp, syn_data_acked))
        options |= OPTION_SYN_DATA;
    if (bpf_core_field_exists(tcp->tcp_usec_ts) && BPF_CORE_READ_BITFIELD(tcp, tcp_usec_ts))
        options |= OPTION_USEC_TS;
    if (bpf_core_field_exists(tcp->syn_fastopen_child) &&
        BPF_CORE_READ_BITFIELD(tcp, syn_fastopen_child))
        options |= OPTION_TFO_CHILD;
    return options;
}

/* Bit fields start at the low bit on little-endian machines only. */
static __always_inline __u8 two_fields(__u8 first, unsigned int first_bits, __u8 second,
                                       unsigned int second_bits)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (__u8)(first | second << first_bits);
#else
    return (__u8)(first << (8 - first_bits) | second << (8 - first_bits - second_bits));
#endif
}

static __always_inline __u32 delayed_ack(struct inet_connection_sock *icsk)
{
    __u32 ticks = (__u32)BPF_CORE_READ_BITFIELD(icsk, icsk_ack.ato);

    if (!bpf_core_field_exists(icsk->icsk_delack_max) || !bpf_core_field_exists(icsk->icsk_rto_min))
        return ticks;
    const __u32 least = icsk->icsk_rto_min;
    const __u32 most = (least > 2 ? least : 2) - 1, delack = icsk->icsk_delack_max;
    ticks = ticks < most ? ticks : most;
    return ticks < delack ? ticks : delack;
}

static __always_inline void put_chrono(struct bpf_tcp_info *info, struct tcp_sock *tcp, __u32 now)
{
    const __u8 type = (__u8)BPF_CORE_READ_BITFIELD(tcp, chrono_type);
    __u32 ticks[3] = {tcp->chrono_stat[0], tcp->chrono_stat[1], tcp->chrono_stat[2]};
    const __u32 running = now - tcp->chrono_start;

    if (type == 1)
        ticks[0] += running;
    else if (type == CHRONO_RWND_LIMITED)
        ticks[1] += running;
    else if (type == CHRONO_SNDBUF_LIMITED)
        ticks[2] += running;
    info->rwnd_limited = ticks_to_us(ticks[1]);
    info->sndbuf_limited = ticks_to_us(ticks[2]);
    info->busy_time = ticks_to_us(ticks[0]) + info->rwnd_limited + info->sndbuf_limited;
}

static __always_inline void put_connection_state(struct bpf_tcp_info *info, struct tcp_sock *tcp,
                                                 __u32 now)
{
    struct inet_connection_sock *icsk = &tcp->inet_conn;

    info->ca_state = (__u8)BPF_CORE_READ_BITFIELD(icsk, icsk_ca_state);
    info->retransmits = icsk->icsk_retransmits;
    info->probes = icsk->icsk_probes_out;
    info->backoff = icsk->icsk_backoff;
    info->options = options_of(tcp);
    info->wscales = info->options & OPTION_WSCALE
                        ? two_fields((__u8)BPF_CORE_READ_BITFIELD(tcp, rx_opt.snd_wscale), 4,
                                     (__u8)BPF_CORE_READ_BITFIELD(tcp, rx_opt.rcv_wscale), 4)
                        : 0;
    info->rto = (__u32)ticks_to_us(icsk->icsk_rto);
    info->ato = (__u32)ticks_to_us(delayed_ack(icsk));
    info->rcv_mss = icsk->icsk_ack.rcv_mss;
    info->pmtu = icsk->icsk_pmtu_cookie;
    info->last_data_recv = ticks_to_ms(now - icsk->icsk_ack.lrcvtime);
    info->last_data_sent = ticks_to_ms(now - tcp->lsndtime);
    info->last_ack_recv = ticks_to_ms(now - tcp->rcv_tstamp);
}

static __always_inline void put_windows(struct bpf_tcp_info *info, struct tcp_sock *tcp)
{
    info->snd_mss = tcp->mss_cache;
    info->unacked = tcp->packets_out;
    info->sacked = tcp->sacked_out;
    info->lost = tcp->lost_out;
    info->retrans = tcp->retrans_out;
    info->rcv_ssthresh = tcp->rcv_ssthresh;
    info->rtt = tcp->srtt_us >> 3;
    info->rttvar = tcp->mdev_us >> 2;
    info->snd_ssthresh = tcp->snd_ssthresh;
    info->snd_cwnd = tcp->snd_cwnd;
    info->advmss = tcp->advmss;
    info->reordering = tcp->reordering;
    info->rcv_rtt = tcp->rcv_rtt_est.rtt_us >> 3;
    info->rcv_space = tcp->rcvq_space.space;
    info->min_rtt = tcp->rtt_min.s[0].v;
    const __s32 unsent = (__s32)(tcp->write_seq - tcp->snd_nxt);
    info->notsent_bytes = unsent > 0 ? (__u32)unsent : 0;
    info->snd_wnd = tcp->snd_wnd;
}

static __always_inline void put_counters(struct bpf_tcp_info *info, struct tcp_sock *tcp)
{
    const __u32 delivered = tcp->rate_delivered, interval_us = tcp->rate_interval_us;

    info->total_retrans = tcp->total_retrans;
    info->bytes_acked = tcp->bytes_acked;
    info->bytes_received = tcp->bytes_received;
    info->segs_out = tcp->segs_out;
    info->segs_in = tcp->segs_in;
    info->data_segs_in = tcp->data_segs_in;
    info->data_segs_out = tcp->data_segs_out;
    info->delivery_rate =
        delivered && interval_us ? (__u64)delivered * tcp->mss_cache * 1000000 / interval_us : 0;
    info->flags = two_fields((__u8)BPF_CORE_READ_BITFIELD(tcp, rate_app_limited), 1,
                             (__u8)BPF_CORE_READ_BITFIELD(tcp, fastopen_client_fail), 2);
    info->delivered = tcp->delivered;
    info->delivered_ce = tcp->delivered_ce;
    info->bytes_sent = tcp->bytes_sent;
    info->bytes_retrans = tcp->bytes_retrans;
    info->dsack_dups = tcp->dsack_dups;
    info->reord_seen = tcp->reord_seen;
    info->rcv_ooopack = tcp->rcv_ooopack;
}

/* Fields that newer kernels report after snd_wnd; returns the length for this kernel. */
static __always_inline __u16 put_younger(struct bpf_tcp_info *info, struct tcp_sock *tcp)
{
    if (!bpf_core_field_exists(tcp->plb_rehash)) /* Linux 6.2 */
        return offsetof(struct bpf_tcp_info, rcv_wnd);
    info->rcv_wnd = tcp->rcv_wnd;
    info->rehash = tcp->plb_rehash + tcp->timeout_rehash;
    if (!bpf_core_field_exists(tcp->total_rto_time)) /* Linux 6.7 */
        return offsetof(struct bpf_tcp_info, total_rto);
    info->total_rto = tcp->total_rto;
    info->total_rto_recoveries = tcp->total_rto_recoveries;
    info->total_rto_time = tcp->total_rto_time;
    if (tcp->rto_stamp)
        info->total_rto_time += (__u32)(bpf_ktime_get_ns() / 1000000) - tcp->rto_stamp;
    if (!bpf_core_field_exists(tcp->received_ecn_bytes) ||
        !bpf_core_field_exists(tcp->saw_accecn_opt)) /* Linux 6.18 */
        return offsetof(struct bpf_tcp_info, received_ce);
    info->received_ce = tcp->received_ce;
    for (int i = 0; i < 3; i++) { /* the kernel orders them ECT(1), ECT(0), CE, as tcp_info does */
        info->delivered_ecn_bytes[i] = tcp->delivered_ecn_bytes[i];
        info->received_ecn_bytes[i] = tcp->received_ecn_bytes[i];
    }
    info->accecn_fail_mode = (__u16)BPF_CORE_READ_BITFIELD(tcp, accecn_fail_mode);
    info->accecn_opt_seen = (__u16)BPF_CORE_READ_BITFIELD(tcp, saw_accecn_opt);
    return sizeof(*info);
}

/* "No limit" has all bits set, whatever the size of a long in the kernel. */
static __always_inline __u64 rate_of(__u64 rate, __u32 size)
{
    return size == 4 && rate == 0xffffffffu ? ~0ull : rate;
}

static __always_inline __u16 put_info(struct bpf_tcp_info *info, struct tcp_sock *tcp,
                                      __u64 jiffies)
{
    const struct sock *sk = &tcp->inet_conn.icsk_inet.sk;

    info->state = sk->__sk_common.skc_state;
    info->pacing_rate = rate_of(sk->sk_pacing_rate, bpf_core_field_size(sk->sk_pacing_rate));
    info->max_pacing_rate =
        rate_of(sk->sk_max_pacing_rate, bpf_core_field_size(sk->sk_max_pacing_rate));
    put_connection_state(info, tcp, (__u32)jiffies);
    put_windows(info, tcp);
    put_counters(info, tcp);
    put_chrono(info, tcp, (__u32)jiffies);
    return put_younger(info, tcp);
}

static __always_inline void put_attributes(struct bpf_row *to, struct sock *sk)
{
    const __u64 cgroup_id = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);

    put_header(&to->shutdown_header, ATTRIBUTE_SHUTDOWN, sizeof(to->shutdown));
    to->shutdown = sk->sk_shutdown;
    put_header(&to->mark_header, ATTRIBUTE_MARK, sizeof(to->mark));
    to->mark = sk->sk_mark;
    put_meminfo(to, sk);
    put_header(&to->cgroup_header, ATTRIBUTE_CGROUP_ID, sizeof(to->cgroup_id));
    __builtin_memcpy(to->cgroup_id, &cgroup_id, sizeof(cgroup_id));
}

/* For a bound socket a dump has no tcp_info and no timer. */
static __always_inline void put_row(struct bpf_row *to, struct sock *sk, struct tcp_sock *tcp,
                                    __u32 inode)
{
    const __u64 jiffies = bpf_jiffies64();
    struct inet_diag_msg *message = &to->message;

    message->idiag_state = sk->__sk_common.skc_state;
    message->idiag_uid = sk->sk_uid.val;
    message->idiag_inode = inode;
    to->is_bound = message->idiag_state == STATE_CLOSE;
    put_identity(message, sk);
    put_queues(message, tcp);
    put_attributes(to, sk);
    to->has_ulp = !to->is_bound && tcp->inet_conn.icsk_ulp_ops;
    to->length = offsetof(struct bpf_row, info_header) - offsetof(struct bpf_row, message);
    if (to->is_bound) {
        message->idiag_timer = message->idiag_retrans = 0;
        message->idiag_expires = 0;
        return;
    }
    put_timer(message, tcp, jiffies);
    const __u16 info_length = put_info(&to->info, tcp, jiffies);
    put_header(&to->info_header, ATTRIBUTE_INFO, info_length);
    to->length += sizeof(to->info_header) + info_length;
}

/* Called for every descriptor. The kernel skips threads that share the table of their process; a
 * socket with several descriptors is reported several times. */
SEC("iter/task_file")
int on_socket(struct bpf_iter__task_file *context)
{
    struct file *file = context->file;
    if (!context->task || !file)
        return 0;
    struct socket *socket = bpf_sock_from_file(file);
    struct sock *sk = socket ? socket->sk : NULL;
    if (!sk || sk->sk_protocol != IPPROTO_TCP)
        return 0;
    struct net *net = sk->__sk_common.skc_net.net;
    row.netns = net->ns.inum;
    if (row.netns == except_netns)
        return 0;
    /* Neither bound nor connected: a dump has no such row. */
    if (sk->__sk_common.skc_state == STATE_CLOSE && !sk->__sk_common.skc_num)
        return 0;
    struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
    if (!tcp)
        return 0;
    row.netns_cookie = net->net_cookie;
    put_row(&row, sk, tcp, (__u32)file->f_inode->i_ino);
    bpf_seq_write(context->meta->seq, &row, sizeof(row));
    return 0;
}

char program_license[] SEC("license") = "Dual MIT/GPL";
