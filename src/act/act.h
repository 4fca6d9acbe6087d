/* act: the only code that can do harm: signals a process, closes a socket.
 * A target is frozen when the key is pressed and checked again when it is confirmed: a process is
 * identified by (pid, start time) under an open pidfd, a socket by the kernel's cookie. Used by the
 * screen's thread and by cmd_close; needs no other thread. Texts are one safe line. */
#ifndef TCPLENS_ACT_ACT_H
#define TCPLENS_ACT_ACT_H

#include "core/proc_stat.h"
#include "ui/acts.h"

#include <stdbool.h>
#include <stdint.h>

/* Freezes the process `pid` that the frame knows by start_ticks (0 = any): pidfd first, then that
 * /proc shows our own pid namespace and the same process under that pid, then start time, name and,
 * if inode is not 0, that it holds that socket now. 0, or -errno with text: -EXDEV /proc shows
 * another pid namespace, -ESRCH it exited or another process has its pid, -ENOENT it no longer
 * holds the socket, -ENOSYS the kernel has no pidfd (nothing is signalled without one),
 * -EPERM/-EACCES. */
int act_process_freeze(struct acts_process *process, int32_t pid, uint64_t start_ticks,
                       uint32_t inode, char text[ACTS_TEXT_MAX]);
void act_process_release(struct acts_process *process); /* a zeroed one with pidfd -1 is fine */

/* Checks everything again, then pidfd_send_signal. 0 or -errno with text as above. */
int act_process_signal(const struct acts_process *process, int signal, char text[ACTS_TEXT_MAX]);
bool act_process_exited(const struct acts_process *process); /* by the pidfd; never waits */

/* Guards (act/guard.c): the reason why a name must be typed before the act, "" = none. Rows are
 * guarded that are in LISTEN, that belong to our own session, or that are held by a program that
 * serves sessions, by an ancestor of ours, or by a process that cannot be seen. */
const char *act_guard_conn(const struct frame *frame, const struct conn *conn);
/* The same by the row alone; independent of where we run. */
const char *act_guard_row(const struct frame *frame, const struct conn *conn);
/* The same for signals: by what the process is, and by what it holds. */
const char *act_guard_process(int32_t pid, const struct proc_stat *stat);
const char *act_guard_holder(const struct frame *frame, const struct proc *proc);
const char *act_guard_proc(const struct proc *proc); /* by the frame's facts alone */

int act_read_stat(int32_t pid, struct proc_stat *stat); /* of /proc/PID; 0 or -errno */

/* Why this row cannot be closed, whatever its guard; NULL = it can. */
const char *act_close_refusal(const struct conn *conn);
/* Whether this process may close connections in the network namespace of this row: 0 or -errno with
 * text, as act_close_conn. Of another namespace than its own only what opening a socket there says. */
int act_close_allowed(const struct conn *conn, char text[ACTS_TEXT_MAX]);

/* Checks the state again, then sends SOCK_DESTROY for exactly this row, by cookie, on a netlink
 * socket of its own. 0 or -errno with text in both cases: -EINVAL act_close_refusal, -ENOENT
 * already closed, -EBUSY it listens by now, -EPERM needs CAP_NET_ADMIN, -EOPNOTSUPP kernel built
 * without. */
int act_close_conn(const struct conn *conn, char text[ACTS_TEXT_MAX]);

/* As the dialog lists them: TERM first. */
#define ACT_SIGNAL_COUNT 9
extern const struct acts_signal ACT_SIGNALS[ACT_SIGNAL_COUNT];

/* The acts of the screen. Pretended ones only report what would have happened: for the demo, whose
 * pids belong to other processes here. */
extern const struct screen_acts ACTS_REAL, ACTS_PRETENDED;

#endif
