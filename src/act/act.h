/* act: the only code that can do harm: signals a process, closes a socket.
 * A target is frozen when the key is pressed and checked again when it is confirmed: identity is
 * (pid, start time) under an open pidfd, for sockets the kernel's cookie. Used by the screen's
 * thread and by cmd_close; needs no other thread. Texts are one safe line, in words. */
#ifndef TCPLENS_ACT_ACT_H
#define TCPLENS_ACT_ACT_H

#include "core/event.h"
#include "core/frame.h"
#include "core/proc_stat.h"

#include <stdbool.h>
#include <stdint.h>

#define ACT_TEXT_MAX 200

/* Why a name has to be typed before the act. */
enum act_guard {
    GUARD_NOTHING = 0,
    GUARD_INIT, /* pid 1 */
    GUARD_KERNEL_THREAD,
    GUARD_SELF,     /* tcplens itself */
    GUARD_ANCESTOR, /* the shell, tmux, sshd it was started from */
    GUARD_LISTENER, /* a LISTEN socket: new connections are refused from then on */
    GUARD_SESSION,  /* an sshd or the like, or held by one: it may be the one you are sitting in */
    GUARD_OURS,     /* the connection that SSH_CONNECTION names, or whoever holds it */
    GUARD_UNSEEN    /* who holds it cannot be seen: it may be an sshd */
};

const char *act_guard_text(enum act_guard guard); /* "it is process 1", ...; "" for GUARD_NOTHING */

struct act_process {
    int pidfd; /* -1 = not frozen */
    int32_t pid;
    uint64_t start_ticks;      /* with the pidfd: who it is */
    uint32_t inode;            /* socket it was found to hold, 0 = none asked for */
    char name[EVENT_NAME_MAX]; /* safe text */
    enum act_guard guard;
};

/* Freezes the process `pid` that the frame knows by start_ticks (0 = not known: any): pidfd first,
 * then that /proc is of our own pid namespace and means the same process by that number, then start
 * time, name and, if inode is not 0, that it holds that socket now. 0, or -errno with text: -EXDEV
 * /proc shows other processes than ours, -ESRCH it is gone or another process has its pid, -ENOENT
 * it does not hold the socket any more, -ENOSYS the kernel has no pidfd (nothing is signalled
 * without one), -EPERM/-EACCES. */
int act_process_freeze(struct act_process *process, int32_t pid, uint64_t start_ticks,
                       uint32_t inode, char text[ACT_TEXT_MAX]);
void act_process_release(struct act_process *process); /* a zeroed one with pidfd -1 is fine */

/* Checks everything again, then pidfd_send_signal. 0 or -errno with text as above. */
int act_process_signal(const struct act_process *process, int signal, char text[ACT_TEXT_MAX]);
bool act_process_exited(const struct act_process *process); /* by the pidfd; never waits */

/* Guard of closing this row: LISTEN, our own session's, held by a program that serves sessions, by
 * an ancestor of ours, or by who knows whom. */
enum act_guard act_guard_conn(const struct frame *frame, const struct conn *conn);
/* The same by what the row itself says; independent of where we run. */
enum act_guard act_guard_row(const struct frame *frame, const struct conn *conn);
/* Guard of signalling: by what the process is, and by what it holds. */
enum act_guard act_guard_process(int32_t pid, const struct proc_stat *stat);
enum act_guard act_guard_holder(const struct frame *frame, const struct proc *proc);
bool act_serves_sessions(const char *name);             /* "sshd" ... */
int act_read_stat(int32_t pid, struct proc_stat *stat); /* of /proc/PID; 0 or -errno */

/* Why this row cannot be closed, whoever asks; NULL = it can. */
const char *act_close_refusal(const struct conn *conn);
/* Whether this process may close connections: 0 or -errno with text, as act_close_conn. */
int act_close_allowed(char text[ACT_TEXT_MAX]);

/* Looks at the state again, then SOCK_DESTROY of exactly this row, by cookie, on a netlink socket
 * of its own. 0 or -errno with text in both cases: -EINVAL act_close_refusal, -ENOENT already gone,
 * -EBUSY it has begun to listen, -EPERM needs CAP_NET_ADMIN, -EOPNOTSUPP kernel built without. */
int act_close_conn(const struct conn *conn, char text[ACT_TEXT_MAX]);

/* Signals as the dialog lists them: TERM first. */
struct act_signal {
    int number;
    const char *name; /* "TERM" */
    const char *help; /* "ask it to end" */
    bool ends;        /* a process that does not exit after it has not done what was asked */
};
extern const struct act_signal ACT_SIGNALS[];
extern const size_t act_signal_count;

#endif
