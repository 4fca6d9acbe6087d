// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* tcplens.bpf: runs in the kernel: hands every TCP state transition of one network namespace, or of
 * all, to bpf.c, the process that accept() gave a socket to, failed calls of bind() and connect(),
 * and the reasons of resets sent. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "source/bpf/kernel.h"

#define AF_INET         2
#define AF_INET6        10
#define SOCK_DEAD_BIT   0 /* enum sock_flags, include/net/sock.h (Linux 6.18) */
#define SOCK_DONE_BIT   1
#define SOCK_LINGER_BIT 4
#define KTHREAD_FLAG    0x00200000 /* PF_KTHREAD, include/linux/sched.h */
#define RING_BYTES      (4 * 1024 * 1024)

enum {
    KERNEL_ESTABLISHED = 1,
    KERNEL_SYN_SENT,
    KERNEL_SYN_RECV,
    KERNEL_CLOSE = 7,
    KERNEL_LISTEN = 10,
};

/* Set by bpf.c before loading. */
const volatile __u32 our_netns = 0, our_pidns = 0;
const volatile __u8 every_netns = 0; /* else ours alone; for bind() and connect() always ours */
/* Records for which the ring had no room. */
__u64 lost = 0;

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, RING_BYTES);
} records SEC(".maps");

/* The latest child socket made on this CPU, and when. */
struct child {
    __u64 sk, ns;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct child);
} children SEC(".maps");

/* The latest socket for which this CPU received a reset: its close follows at once. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} received SEC(".maps");

/* Sockets for which a reset was sent, by cookie, and why (enum bpf_why). */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, __u64);
    __type(value, __u8);
} sent SEC(".maps");

/* The process in whose context this runs; none for a kernel thread. */
static __always_inline void fill_owner(struct bpf_record *record)
{
    struct task_struct *task = (void *)bpf_get_current_task();
    struct task_struct *leader = BPF_CORE_READ(task, group_leader);
    if (BPF_CORE_READ(task, flags) & KTHREAD_FLAG)
        return;
    record->pid = pid_in_namespace(leader, our_pidns);
    record->start_ns = BPF_CORE_READ(leader, start_boottime);
    BPF_CORE_READ_STR_INTO(&record->name, leader, comm);
}

static __always_inline void fill_tuple(struct bpf_record *record, const struct sock *sk,
                                       const struct tcp_sock *tcp)
{
    const struct sock_common *common = &sk->__sk_common;
    record->is_ipv6 = common->skc_family == AF_INET6;
    if (record->is_ipv6) {
        BPF_CORE_READ_INTO(&record->local, common, skc_v6_rcv_saddr.in6_u.u6_addr8);
        BPF_CORE_READ_INTO(&record->remote, common, skc_v6_daddr.in6_u.u6_addr8);
    } else {
        __builtin_memcpy(record->local, &(__be32){common->skc_rcv_saddr}, 4);
        __builtin_memcpy(record->remote, &(__be32){common->skc_daddr}, 4);
    }
    /* skc_num is 0 again when a socket closes; this one stays. */
    record->local_port = __builtin_bswap16(tcp->inet_conn.icsk_inet.inet_sport);
    record->remote_port = __builtin_bswap16(common->skc_dport);
    record->interface = (__u32)common->skc_bound_dev_if;
}

static __always_inline void fill_counters(struct bpf_record *record, const struct tcp_sock *tcp)
{
    record->bytes_received = tcp->bytes_received;
    record->bytes_sent = tcp->bytes_sent;
    record->bytes_retrans = tcp->bytes_retrans;
    record->rtt_us8 = tcp->srtt_us;
    record->retrans = tcp->total_retrans;
}

static __always_inline void fill_place(struct bpf_record *record, struct sock *sk)
{
    record->uid = BPF_CORE_READ(sk, sk_uid.val);
    if (bpf_core_field_exists(sk->sk_cgrp_data.cgroup))
        record->cgroup_id = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
}

/* A child socket has neither tuple nor cookie yet when it leaves LISTEN (inet_csk_clone_lock in
 * net/ipv4/inet_connection_sock.c): only the time is kept, for the transition that follows at
 * once. */
static __always_inline int note_child(const struct sock *sk)
{
    __u32 only = 0;
    struct child *child = bpf_map_lookup_elem(&children, &only);
    if (child) {
        child->sk = (__u64)sk;
        child->ns = bpf_ktime_get_ns();
    }
    return 0;
}

static __always_inline __u64 child_began(const struct sock *sk)
{
    __u32 only = 0;
    const struct child *child = bpf_map_lookup_elem(&children, &only);
    return child && child->sk == (__u64)sk ? child->ns : 0;
}

static __always_inline __u8 take_received(const struct sock *sk)
{
    __u32 only = 0;
    __u64 *last = bpf_map_lookup_elem(&received, &only);
    if (!last || *last != (__u64)sk)
        return 0;
    *last = 0;
    return BPF_WAY_RESET_RECEIVED;
}

static __always_inline void fill_close(struct bpf_record *record, const struct sock *sk, __u8 reset)
{
    record->error = (__u8)sk->sk_err;
    if (sk->__sk_common.skc_flags >> SOCK_LINGER_BIT & 1 && sk->sk_lingertime == 0)
        record->ways = BPF_WAY_LINGER;
    record->ways |= reset;
}

static __always_inline struct bpf_record *new_record(void)
{
    struct bpf_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
    if (record)
        __builtin_memset(record, 0, sizeof(*record));
    else
        __sync_fetch_and_add(&lost, 1);
    return record;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock *sk, int from, int to)
{
    /* Whatever is left out below: the next socket may have the same address. */
    const __u8 reset = to == KERNEL_CLOSE ? take_received(sk) : 0;
    if (sk->sk_protocol != IPPROTO_TCP)
        return 0;
    const struct net *net = sk->__sk_common.skc_net.net;
    if (!every_netns && net->ns.inum != our_netns)
        return 0;
    if (from == KERNEL_LISTEN && to == KERNEL_SYN_RECV)
        return note_child(sk);
    if (from == to)
        return 0;
    struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
    if (!tcp)
        return 0;
    struct bpf_record *record = new_record();
    if (!record)
        return 0;
    record->kind = BPF_RECORD_STATE;
    record->ns = bpf_ktime_get_ns();
    record->from = (__u8)from;
    record->to = (__u8)to;
    record->cookie = bpf_get_socket_cookie(sk);
    record->netns = net->ns.inum;
    if (bpf_core_field_exists(struct net, net_cookie))
        record->netns_cookie = net->net_cookie;
    if (to == KERNEL_CLOSE)
        fill_close(record, sk, reset);
    else
        record->error = (__u8)sk->sk_err;
    record->orphan = sk->__sk_common.skc_flags >> SOCK_DEAD_BIT & 1;
    record->fin = sk->__sk_common.skc_flags >> SOCK_DONE_BIT & 1;
    if (from == KERNEL_SYN_RECV)
        record->began_ns = child_began(sk);
    fill_tuple(record, sk, tcp);
    fill_place(record, sk);
    fill_counters(record, tcp);
    /* connect() and listen() run in the owner's context, everything else in that of the interrupted
     * task. */
    if (from == KERNEL_CLOSE && (to == KERNEL_SYN_SENT || to == KERNEL_LISTEN))
        fill_owner(record);
    bpf_ringbuf_submit(record, 0);
    return 0;
}

static __always_inline struct sock *sock_of_file(struct file *file)
{
    struct socket *socket = BPF_CORE_READ(file, private_data);
    return BPF_CORE_READ(socket, sk);
}

/* The TCP socket of a descriptor (for MPTCP its first subflow); NULL: not TCP, or in a network
 * namespace that is not traced. */
static __always_inline struct sock *sock_of_descriptor(long fd, int any_netns)
{
    struct task_struct *task = (void *)bpf_get_current_task();
    if (fd < 0)
        return NULL;
    struct file **files = BPF_CORE_READ(task, files, fdt, fd);
    struct file *file = NULL;
    bpf_probe_read_kernel(&file, sizeof(file), files + fd);
    struct sock *sk = sock_of_file(file);
    if (bpf_core_field_exists(struct mptcp_sock, first) &&
        BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP)
        sk = BPF_CORE_READ((struct mptcp_sock *)sk, first);
    if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP ||
        (!any_netns && BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) != our_netns))
        return NULL;
    return sk;
}

static __always_inline int note_owner(long fd)
{
    struct sock *sk = sock_of_descriptor(fd, every_netns);
    if (!sk)
        return 0;
    struct bpf_record *record = new_record();
    if (!record)
        return 0;
    record->kind = BPF_RECORD_OWNER;
    record->ns = bpf_ktime_get_ns();
    record->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
    record->cookie = (__u64)BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
    fill_owner(record);
    bpf_ringbuf_submit(record, 0);
    return 0;
}

#define REASON(name)                                                                               \
    (bpf_core_enum_value_exists(enum sk_rst_reason, SK_RST_REASON_##name) &&                       \
     reason == (int)bpf_core_enum_value(enum sk_rst_reason, SK_RST_REASON_##name))

static __always_inline __u8 reset_why(int reason)
{
    return REASON(TCP_ABORT_ON_CLOSE)         ? BPF_WHY_UNREAD
           : REASON(TCP_ABORT_ON_LINGER)      ? BPF_WHY_LINGER
           : REASON(TCP_ABORT_ON_MEMORY)      ? BPF_WHY_MEMORY
           : REASON(TCP_ABORT_ON_DATA)        ? BPF_WHY_DATA
           : REASON(TCP_KEEPALIVE_TIMEOUT)    ? BPF_WHY_KEEPALIVE
           : REASON(TCP_DISCONNECT_WITH_DATA) ? BPF_WHY_DISCONNECT
           : REASON(TCP_STATE)                ? BPF_WHY_DISCONNECT /* tcp_disconnect, tcp_abort */
                                              : BPF_WHY_OTHER;
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(on_send_reset, const struct sock *sk, const struct sk_buff *skb, int reason)
{
    if (!sk || (!every_netns && BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) != our_netns))
        return 0;
    const __u64 cookie = (__u64)BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
    const __u8 why = reset_why(reason);
    if (cookie)
        bpf_map_update_elem(&sent, &cookie, &why, BPF_ANY);
    return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(on_receive_reset, struct sock *sk)
{
    __u32 only = 0;
    if (!every_netns && sk->__sk_common.skc_net.net->ns.inum != our_netns)
        return 0;
    __u64 *last = bpf_map_lookup_elem(&received, &only);
    if (last)
        *last = (__u64)sk;
    return 0;
}

/* The arguments of bind() or connect(). */
struct call {
    struct {
        __u16 family;
        __be16 port;
        __u8 rest[24]; /* IPv4 at 0, IPv6 at 4 */
    } address;
    __u32 fd, kind; /* enum bpf_record_kind of its failure */
};
#define IPV4_ADDRESS_BYTES 16 /* struct sockaddr_in */

/* Errors of connect() that are not failures, or that a transition reports. */
enum {
    IS_INTERRUPTED = 4,
    IS_CONNECTED = 106,
    TIMED_OUT = 110,
    REFUSED,
    IS_UNDER_WAY = 114,
    IN_PROGRESS,
    RESTARTS = 512
};

static __always_inline int is_inet(const struct call *call)
{
    return call->address.family == AF_INET || call->address.family == AF_INET6;
}

static __always_inline int is_failure(__u32 kind, long error)
{
    if (error <= 0 || kind == BPF_RECORD_BIND_FAILED)
        return error > 0;
    return error < RESTARTS && error != IS_INTERRUPTED && error != IS_CONNECTED &&
           error != TIMED_OUT && error != REFUSED && error != IS_UNDER_WAY && error != IN_PROGRESS;
}

static __always_inline void read_call(struct call *call, long fd, const void *address,
                                      unsigned long size)
{
    call->fd = (__u32)fd;
    if (size >= sizeof(call->address))
        bpf_probe_read_user(&call->address, sizeof(call->address), address);
    else
        bpf_probe_read_user(&call->address, IPV4_ADDRESS_BYTES, address);
}

static __always_inline int note_failure(const struct call *call, long error)
{
    struct sock *sk = sock_of_descriptor(call->fd, 0);
    if (!sk)
        return 0;
    struct bpf_record *record = new_record();
    if (!record)
        return 0;
    record->kind = (__u8)call->kind;
    record->ns = bpf_ktime_get_ns();
    record->error = (__u8)error;
    record->cookie = (__u64)BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
    record->local_port = __builtin_bswap16(call->address.port);
    record->is_ipv6 = call->address.family == AF_INET6;
    if (record->is_ipv6)
        __builtin_memcpy(record->local, call->address.rest + 4, 16);
    else
        __builtin_memcpy(record->local, call->address.rest, 4);
    fill_owner(record);
    bpf_ringbuf_submit(record, 0);
    return 0;
}

/* --- which system call it was --- */

enum watched { OTHER_CALL, ACCEPTS, BINDS, CONNECTS };

struct system_call {
    enum watched what;
    __u64 fd, address, size;
};

/* Where the registers keep the number and the arguments, by architecture. */
struct pt_regs___x86_64 {
    unsigned long r15, orig_ax, di, si, dx, bx, cx;
} KERNEL_TYPE;

struct pt_regs___arm64 {
    int syscallno;
    unsigned long long orig_x0, regs[31];
} KERNEL_TYPE;

/* The numbers of each table (arch/.../syscall*.tbl, include/uapi/asm-generic/unistd.h) and of
 * socketcall() (include/uapi/linux/net.h). */
#define NUMBERS(name, accept, accept4, bind, connect)                                              \
    static __always_inline enum watched name(__u64 number)                                         \
    {                                                                                              \
        return number == (accept) || number == (accept4) ? ACCEPTS                                 \
               : number == (bind)                        ? BINDS                                   \
               : number == (connect)                     ? CONNECTS                                \
                                                         : OTHER_CALL;                                                 \
    }
NUMBERS(x86_64_call, 43, 288, 49, 42)
NUMBERS(i386_call, 364, 364, 361, 362)
NUMBERS(i386_socketcall, 5, 18, 2, 3)
NUMBERS(arm64_call, 202, 242, 200, 203)
NUMBERS(arm_call, 285, 366, 282, 283)
#define I386_SOCKETCALL 102
#define X32_BIT         0x40000000 /* __X32_SYSCALL_BIT */
#define I386_STATUS     0x0002     /* TS_COMPAT, arch/x86/include/asm/thread_info.h */
#define ARM_FLAG        (1 << 22)  /* _TIF_32BIT, arch/arm64/include/asm/thread_info.h */

#define IS_X86_64 bpf_core_field_exists(struct pt_regs___x86_64, r15)
#define IS_ARM64  bpf_core_field_exists(struct pt_regs___arm64, syscallno)

/* Whether a 32-bit program calls, by its architecture's numbers. With plain loads where the kernel
 * allows them (Linux 5.11), since it runs at every system call. */
static __always_inline int is_32_bit_call(void)
{
    struct task_struct *task = (void *)bpf_get_current_task();

    if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
        task = bpf_get_current_task_btf();
        if (IS_X86_64)
            return (task->thread_info.status & I386_STATUS) != 0;
        return IS_ARM64 && task->thread_info.flags & ARM_FLAG;
    }
    if (IS_X86_64)
        return (BPF_CORE_READ(task, thread_info.status) & I386_STATUS) != 0;
    return IS_ARM64 && BPF_CORE_READ(task, thread_info.flags) & ARM_FLAG;
}

/* The arguments are 32-bit numbers in the program's memory. */
static __always_inline void read_socketcall(struct system_call *call, __u64 number, __u64 at)
{
    __u32 arguments[3] = {0};

    call->what = i386_socketcall(number);
    if (call->what == OTHER_CALL)
        return;
    bpf_probe_read_user(arguments, sizeof(arguments), (const void *)at);
    call->fd = arguments[0];
    call->address = arguments[1];
    call->size = arguments[2];
}

static __always_inline void read_i386_call(struct system_call *call,
                                           const struct pt_regs___x86_64 *registers)
{
    const __u64 number = registers->orig_ax;

    if (number == I386_SOCKETCALL) {
        read_socketcall(call, registers->bx, registers->cx);
        return;
    }
    call->what = i386_call(number);
    call->fd = registers->bx;
    call->address = registers->cx;
    call->size = registers->dx;
}

/* The registers still hold the arguments, as the call has not returned yet. */
static __always_inline void read_system_call(struct system_call *call,
                                             const struct pt_regs *registers, int is_32_bit)
{
    const struct pt_regs___x86_64 *x86 = (const void *)registers;
    const struct pt_regs___arm64 *arm64 = (const void *)registers;

    if (IS_X86_64 && is_32_bit) {
        read_i386_call(call, x86);
    } else if (IS_X86_64) {
        call->what = x86_64_call(x86->orig_ax & ~(__u64)X32_BIT);
        call->fd = x86->di;
        call->address = x86->si;
        call->size = x86->dx;
    } else if (IS_ARM64) {
        const __u64 number = (__u64)arm64->syscallno;
        call->what = is_32_bit ? arm_call(number) : arm64_call(number);
        call->fd = arm64->orig_x0;
        call->address = arm64->regs[1];
        call->size = arm64->regs[2];
    }
}

static __always_inline int note_call_end(const struct system_call *made, long result)
{
    struct call call = {.kind = made->what == BINDS ? BPF_RECORD_BIND_FAILED
                                                    : BPF_RECORD_CONNECT_FAILED};
    if (!is_failure(call.kind, -result))
        return 0;
    read_call(&call, (long)made->fd, (const void *)made->address, made->size);
    return is_inet(&call) ? note_failure(&call, -result) : 0;
}

/* Runs at the end of every system call. The kernel's tracepoints of accept() would cost other
 * system calls as much, need tracefs, and miss 32-bit programs. */
SEC("tp_btf/sys_exit")
int BPF_PROG(on_exit, struct pt_regs *registers, long result)
{
    struct system_call call = {.what = OTHER_CALL};

    read_system_call(&call, registers, is_32_bit_call());
    /* Each returns an int; for a 32-bit program the upper half may be undefined. */
    if (call.what == ACCEPTS)
        return note_owner((int)result);
    if (call.what == BINDS || call.what == CONNECTS)
        return note_call_end(&call, (int)result);
    return 0;
}

char program_license[] SEC("license") = "Dual MIT/GPL";
