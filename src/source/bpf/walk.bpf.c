// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* walk.bpf: runs in the kernel: hands every descriptor of any process that is a socket of TCP,
 * MPTCP or SMC, of one network namespace or of all, to walk.c. An object of its own: it is loaded by
 * itself, and in a tenth of the time that the other one takes: the kernel finds the places of what is
 * read itself (CO-RE, Linux 5.17). */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "source/bpf/kernel.h"

/* Set by walk.c before loading; our_netns 0: sockets of all. */
const volatile __u32 our_netns = 0, our_pidns = 0;

/* The task that the walk is at: what is looked up only once a task. */
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

/* TCP, or what has TCP sockets beneath it: those are reported with its inode (netns/smc.h). */
static __always_inline int carries_tcp(const struct sock *sk)
{
    return sk->sk_protocol == IPPROTO_TCP || sk->sk_protocol == IPPROTO_MPTCP ||
           sk->sk_protocol == IPPROTO_SMC || sk->__sk_common.skc_family == AF_SMC;
}

/* Called for every descriptor there is: plain loads, and one helper. Threads that share the table
 * of their process are left out by the kernel. */
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
    /* Another task may be where one was that has ended: it has another start. */
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
