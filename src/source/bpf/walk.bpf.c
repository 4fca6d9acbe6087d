// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* walk.bpf: runs in the kernel: hands every descriptor of any process that is a socket of TCP,
 * MPTCP or SMC, of one network namespace or of all, to walk.c. A separate object, as it is loaded
 * separately, and in a tenth of the time of the other one: the kernel resolves the offsets itself
 * (CO-RE, Linux 5.17). */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "source/bpf/kernel.h"

/* Set by walk.c before loading; our_netns 0: sockets of all. */
const volatile __u32 our_netns = 0, our_pidns = 0;

/* The present task of the walk, with facts looked up once per task. */
__u64 walked_task = 0, walked_start_ns = 0;
__u32 walked_pid = 0, walked_thread = 0;

static __always_inline void walk_to(struct task_struct *task, struct task_struct *leader,
                                    __u64 start_ns)
{
    walked_task = (__u64)task;
    walked_start_ns = start_ns;
    walked_pid = pid_in_namespace(leader, our_pidns);
    walked_thread = task == leader ? 0 : (__u32)task->pid;
}

/* TCP, or a protocol on top of TCP sockets, which are reported with its inode (netns/smc.h). */
static __always_inline int carries_tcp(const struct sock *sk)
{
    return sk->sk_protocol == IPPROTO_TCP || sk->sk_protocol == IPPROTO_MPTCP ||
           sk->sk_protocol == IPPROTO_SMC || sk->__sk_common.skc_family == AF_SMC;
}

/* Called for every descriptor: plain loads, and one helper. The kernel skips threads that share the
 * table of their process. */
SEC("iter/task_file")
int on_file(struct bpf_iter__task_file *context)
{
    struct task_struct *task = context->task;
    struct file *file = context->file;
    if (!task || !file)
        return 0;
    struct socket *socket = bpf_sock_from_file(file);
    struct sock *sk = socket ? socket->sk : NULL;
    if (!sk || !carries_tcp(sk))
        return 0;
    if (our_netns && sk->__sk_common.skc_net.net->ns.inum != our_netns)
        return 0;
    struct task_struct *leader = task->group_leader;
    const __u64 start_ns = leader->start_boottime;
    /* A new task may have the address of one that ended: its start time differs. */
    if (walked_task != (__u64)task || walked_start_ns != start_ns)
        walk_to(task, leader, start_ns);
    struct bpf_owner owner = {.inode = file->f_inode->i_ino,
                              .start_ns = start_ns,
                              .pid = walked_pid,
                              .fd = (__u32)context->fd,
                              .thread = walked_thread};
    bpf_seq_write(context->meta->seq, &owner, sizeof(owner));
    return 0;
}

char program_license[] SEC("license") = "Dual MIT/GPL";
