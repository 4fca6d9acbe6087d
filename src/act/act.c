/* act: signals by pidfd, closes by SOCK_DESTROY with the cookie. Checks, acts once, reports what
 * happened. Decides nothing: guards (guard.c) and dialogs are the callers'. */
#include "act/act.h"

#include "act/netns.h"
#include "base/clock.h"
#include "base/read_file.h"
#include "core/text/text.h"
#include "source/diag.h"
#include "source/privilege.h"
#include "source/proc_view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STAT_MAX          1024
#define WALK_LIMIT_NS     20000000LL /* reading one process must not block the screen */
#define DESTROY_TIMEOUT_S 1
#define REQUEST_MAX       1024

const struct acts_signal ACT_SIGNALS[ACT_SIGNAL_COUNT] = {
    {SIGTERM, "TERM", "terminate: the program may clean up", true},
    {SIGKILL, "KILL", "kill at once: nothing is saved", true},
    {SIGHUP, "HUP", "hang up: many programs reload", false},
    {SIGINT, "INT", "interrupt, as Ctrl-C does", true},
    {SIGQUIT, "QUIT", "quit and dump core", true},
    {SIGUSR1, "USR1", "defined by the program", false},
    {SIGUSR2, "USR2", "defined by the program", false},
    {SIGSTOP, "STOP", "stop until CONT", false},
    {SIGCONT, "CONT", "continue after STOP", false},
};

int act_read_stat(int32_t pid, struct proc_stat *out)
{
    char path[64], text[STAT_MAX];
    size_t length = 0;

    snprintf(path, sizeof path, "/proc/%" PRId32 "/stat", pid);
    const int error = read_file(AT_FDCWD, path, text, sizeof text, &length);
    return error ? error : proc_stat_parse(text, length, out);
}

/* 0: it does; -ENOENT: it does not; -EACCES: not permitted to see it. */
static int links_to_socket(int folder, const char *name, uint32_t inode)
{
    char link[64];
    uint32_t found;
    const ssize_t length = readlinkat(folder, name, link, sizeof link - 1);

    if (length < 0 && (errno == EACCES || errno == EPERM))
        return -EACCES;
    if (length <= 0)
        return -ENOENT;
    link[length] = '\0';
    return sscanf(link, "socket:[%" SCNu32 "]", &found) == 1 && found == inode ? 0 : -ENOENT;
}

/* 0: one of the descriptors in this folder is the socket; -ENOENT: none is; -ETIME: too many to
 * check. */
static int folder_holds(const char *path, uint32_t inode, int64_t until_ns)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    int result = -ENOENT;

    if (!folder)
        return -errno;
    while (result == -ENOENT && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        result = links_to_socket(dirfd(folder), entry->d_name, inode);
        if (result == -ENOENT && clock_mono_ns() > until_ns)
            result = -ETIME;
    }
    closedir(folder);
    return result;
}

/* A process whose main thread has exited, or whose threads do not share descriptors, holds its
 * sockets in /proc/PID/task/TID/fd. */
static int process_holds(int32_t pid, uint32_t inode)
{
    const int64_t until_ns = clock_mono_ns() + WALK_LIMIT_NS;
    char path[64], task_path[400];
    const struct dirent *entry;

    snprintf(path, sizeof path, "/proc/%" PRId32 "/fd", pid);
    int result = folder_holds(path, inode, until_ns);
    if (result == 0 || result == -ETIME)
        return result;
    snprintf(path, sizeof path, "/proc/%" PRId32 "/task", pid);
    DIR *tasks = opendir(path);
    if (!tasks)
        return result;
    while (result != 0 && result != -ETIME && (entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(task_path, sizeof task_path, "%s/%s/fd", path, entry->d_name);
        result = folder_holds(task_path, inode, until_ns);
    }
    closedir(tasks);
    return result;
}

bool act_process_exited(const struct acts_process *process)
{
    struct pollfd exited = {process->descriptor, POLLIN, 0};

    return poll(&exited, 1, 0) > 0 && exited.revents & POLLIN;
}

/* Reads /proc/PID/stat and makes sure that it describes the process behind the pidfd: until that is
 * reaped its pid is not reused, so a live pidfd after the read proves it. */
static int check_identity(const struct acts_process *process, struct proc_stat *stat,
                          char text[ACTS_TEXT_MAX])
{
    int error = act_read_stat(process->pid, stat);

    if (error == -ENOENT || error == -ESRCH || act_process_exited(process)) {
        snprintf(text, ACTS_TEXT_MAX, "pid %" PRId32 " has exited: nothing was signalled",
                 process->pid);
        return -ESRCH;
    }
    if (error) {
        snprintf(text, ACTS_TEXT_MAX, "pid %" PRId32 ": %s: nothing was signalled", process->pid,
                 strerror(-error));
        return error;
    }
    if (process->start_ticks && stat->start_ticks != process->start_ticks) {
        snprintf(text, ACTS_TEXT_MAX,
                 "pid %" PRId32 " is another process now (%.*s): nothing was signalled",
                 process->pid, EVENT_NAME_MAX, stat->name);
        return -ESRCH;
    }
    return 0;
}

static int check_holds(const struct acts_process *process, char text[ACTS_TEXT_MAX])
{
    if (process->inode == 0)
        return 0;
    const int error = process_holds(process->pid, process->inode);
    /* -ETIME: some 25,000 descriptors were read. The identity is proven without it; the socket only
     * distinguishes processes started in the same clock tick, which cannot hold so many yet. */
    if (!error || error == -ETIME)
        return 0;
    snprintf(text, ACTS_TEXT_MAX,
             error == -ENOENT ? "pid %" PRId32 " no longer holds this socket: nothing was signalled"
                              : "cannot see whether pid %" PRId32
                                " still holds this socket: nothing was signalled",
             process->pid);
    return error;
}

static int open_pidfd(int32_t pid, int *pidfd, char text[ACTS_TEXT_MAX])
{
    const long opened = syscall(SYS_pidfd_open, pid, 0);

    if (opened >= 0) {
        *pidfd = (int)opened;
        return 0;
    }
    const int error = -errno;
    if (error == -ESRCH || error == -EINVAL)
        snprintf(text, ACTS_TEXT_MAX, "pid %" PRId32 " has exited", pid);
    else if (error == -ENOSYS)
        snprintf(
            text, ACTS_TEXT_MAX,
            "this kernel has no pidfd (Linux 5.3): without it a signal could hit another process");
    else
        snprintf(text, ACTS_TEXT_MAX, "cannot take hold of pid %" PRId32 ": %s", pid,
                 strerror(-error));
    return error;
}

/* In another namespace's /proc each pid is another process here, or none. */
static int check_view(char text[ACTS_TEXT_MAX])
{
    struct proc_view view;

    proc_view_prove(&view);
    proc_view_text(&view, text, ACTS_TEXT_MAX);
    return view.kind == PROC_VIEW_OWN ? 0 : -EXDEV;
}

/* The pid was read in /proc; the pidfd was opened in our own pid namespace. */
static int check_pidfd(const struct acts_process *process, char text[ACTS_TEXT_MAX])
{
    const int error = proc_view_check_pidfd(process->descriptor, process->pid);
    if (error == -ESRCH)
        snprintf(text, ACTS_TEXT_MAX, "pid %" PRId32 " has exited: nothing was signalled",
                 process->pid);
    else if (error == -EXDEV)
        snprintf(text, ACTS_TEXT_MAX,
                 "pid %" PRId32 " is another process here than in /proc: nothing was signalled",
                 process->pid);
    else if (error)
        snprintf(text, ACTS_TEXT_MAX,
                 "cannot see who pid %" PRId32 " is (%s): nothing was signalled", process->pid,
                 strerror(-error));
    return error;
}

/* Checks that it is the process, that it holds the socket, and that what was read belongs to it. */
static int check_all(const struct acts_process *process, struct proc_stat *stat,
                     char text[ACTS_TEXT_MAX])
{
    struct privilege privilege;

    int error = check_view(text);
    if (!error)
        error = check_pidfd(process, text);
    if (error)
        return error;
    privilege_init(&privilege);
    privilege_raise(&privilege);
    error = check_identity(process, stat, text);
    if (!error)
        error = check_holds(process, text);
    if (!error)
        error = check_identity(process, stat, text);
    privilege_lower(&privilege);
    return error;
}

int act_process_freeze(struct acts_process *process, int32_t pid, uint64_t start_ticks,
                       uint32_t inode, char text[ACTS_TEXT_MAX])
{
    struct acts_process made = {-1, pid, start_ticks, inode, "", ""};
    struct proc_stat stat;

    if (pid <= 0) {
        snprintf(text, ACTS_TEXT_MAX, "no process is known to hold this socket");
        return -ESRCH;
    }
    int error = check_view(text);
    if (!error)
        error = open_pidfd(pid, &made.descriptor, text);
    if (error)
        return error;
    error = check_all(&made, &stat, text);
    if (error) {
        act_process_release(&made);
        return error;
    }
    made.start_ticks = stat.start_ticks;
    memcpy(made.name, stat.name, sizeof made.name);
    made.guard = act_guard_process(pid, &stat);
    *process = made;
    return 0;
}

void act_process_release(struct acts_process *process)
{
    if (process->descriptor >= 0)
        close(process->descriptor);
    process->descriptor = -1;
}

int act_process_signal(const struct acts_process *process, int signal, char text[ACTS_TEXT_MAX])
{
    struct proc_stat stat;
    int error = check_all(process, &stat, text);

    if (error)
        return error;
    if (syscall(SYS_pidfd_send_signal, process->descriptor, signal, NULL, 0) == 0)
        return 0;
    error = -errno;
    if (error == -EPERM)
        snprintf(text, ACTS_TEXT_MAX,
                 "not allowed to signal %s %" PRId32 ": it belongs to another user", process->name,
                 process->pid);
    else if (error == -ESRCH)
        snprintf(text, ACTS_TEXT_MAX, "%s %" PRId32 " has already exited", process->name,
                 process->pid);
    else
        snprintf(text, ACTS_TEXT_MAX, "cannot signal %s %" PRId32 ": %s", process->name,
                 process->pid, strerror(-error));
    return error;
}

static const char ONLY_BOUND[] = "a socket that is only bound cannot be closed from outside";
static const char NO_COOKIE[] = "this row has no cookie: it cannot be closed safely";

const char *act_close_refusal(const struct conn *conn)
{
    if (conn->state == STATE_CLOSED)
        return ONLY_BOUND;
    return conn->cookie == 0 || conn->cookie == UINT64_MAX ? NO_COOKIE : NULL;
}

static void explain_close(const struct conn *conn, int error, char text[ACTS_TEXT_MAX])
{
    switch (error) {
    case 0:
        snprintf(text, ACTS_TEXT_MAX, "closed");
        break;
    case -ENOENT:
        if (conn->state == STATE_LISTEN)
            snprintf(text, ACTS_TEXT_MAX,
                     "the kernel cannot address this one of several listeners, or it is gone: look "
                     "again");
        else
            snprintf(text, ACTS_TEXT_MAX, "it was already closed");
        break;
    case -EPERM:
    case -EACCES:
        snprintf(text, ACTS_TEXT_MAX, "closing a connection needs CAP_NET_ADMIN (run as root)");
        break;
    case -EOPNOTSUPP:
        snprintf(text, ACTS_TEXT_MAX,
                 "this kernel cannot close sockets (CONFIG_INET_DIAG_DESTROY is off)");
        break;
    case -EBUSY:
        snprintf(text, ACTS_TEXT_MAX, "not closed: it has become a listener since: look again");
        break;
    case -EXDEV:
        snprintf(text, ACTS_TEXT_MAX,
                 "not closed: its network namespace may not be entered (CAP_SYS_ADMIN)");
        break;
    case -ESRCH:
        snprintf(text, ACTS_TEXT_MAX, "its network namespace no longer exists");
        break;
    default:
        snprintf(text, ACTS_TEXT_MAX, "not closed: %s", strerror(-error));
    }
}

/* The kernel's single answer: 0 with a payload; -errno, also from NLMSG_ERROR; 1: NLMSG_ERROR with
 * 0. */
static int read_answer(struct mnl_socket *socket, uint32_t sequence, char *buffer,
                       const struct nlmsghdr **answer)
{
    const ssize_t length = mnl_socket_recvfrom(socket, buffer, DIAG_BUFFER_SIZE);

    if (length < 0)
        return -errno;
    const struct nlmsghdr *message = (const void *)buffer;
    if (!mnl_nlmsg_ok(message, (int)length) || message->nlmsg_seq != sequence)
        return -EBADMSG;
    *answer = message;
    if (message->nlmsg_type != NLMSG_ERROR)
        return 0;
    if (mnl_nlmsg_get_payload_len(message) < sizeof(struct nlmsgerr))
        return -EBADMSG;
    const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
    return error->error ? error->error : 1;
}

static int ask(struct mnl_socket *socket, const void *request, size_t length, uint32_t sequence,
               char *buffer, const struct nlmsghdr **answer)
{
    if (mnl_socket_sendto(socket, request, length) < 0)
        return -errno;
    return read_answer(socket, sequence, buffer, answer);
}

static int send_destroy(struct mnl_socket *socket, const struct conn *conn, uint32_t sequence)
{
    char request[REQUEST_MAX], buffer[DIAG_BUFFER_SIZE];
    const struct nlmsghdr *answer;
    size_t length = 0;
    int error = diag_put_destroy(request, conn, sequence, &length);

    if (!error)
        error = ask(socket, request, length, sequence, buffer, &answer);
    return error == 0 ? -EBADMSG : error == 1 ? 0 : error;
}

/* The present state of the cookie's socket: a program may have turned it into a listener since it
 * was listed, and the kernel, finding no connection, would destroy that. */
static int check_state(struct mnl_socket *socket, const struct conn *conn, uint32_t sequence)
{
    char request[REQUEST_MAX], buffer[DIAG_BUFFER_SIZE];
    const struct nlmsghdr *answer;
    struct conn now;
    int error = ask(socket, request, diag_put_lookup(request, conn, true, sequence), sequence,
                    buffer, &answer);

    if (error == 0)
        error = diag_parse_row(mnl_nlmsg_get_payload(answer), mnl_nlmsg_get_payload_len(answer),
                               false, &now, NULL);
    else if (error == 1)
        error = -EBADMSG;
    if (error)
        return error;
    return now.state == STATE_LISTEN && conn->state != STATE_LISTEN ? -EBUSY : 0;
}

/* In the network namespace of the row: in ours its tuple may belong to another connection. */
static int open_socket(const struct conn *conn, struct mnl_socket **opened)
{
    const struct timeval timeout = {DESTROY_TIMEOUT_S, 0};
    const int descriptor = act_netns_open_diag(conn->netns);
    if (descriptor < 0)
        return descriptor;
    struct mnl_socket *socket = mnl_socket_fdopen(descriptor);
    if (!socket) {
        close(descriptor);
        return -ENOMEM;
    }
    setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        const int error = -errno;
        mnl_socket_close(socket);
        return error;
    }
    *opened = socket;
    return 0;
}

int act_close_conn(const struct conn *conn, char text[ACTS_TEXT_MAX])
{
    const char *refusal = act_close_refusal(conn);
    struct mnl_socket *socket = NULL;

    if (refusal) {
        snprintf(text, ACTS_TEXT_MAX, "%s", refusal);
        return -EINVAL;
    }
    int error = open_socket(conn, &socket);
    if (!error) {
        error = check_state(socket, conn, 1);
        if (!error)
            error = send_destroy(socket, conn, 2);
        mnl_socket_close(socket);
    }
    explain_close(conn, error, text);
    return error == -ESRCH ? -ENOENT : error;
}

/* The kernel answers EOPNOTSUPP even for a socket that cannot exist, but EPERM only for one that
 * exists. */
int act_close_allowed(const struct conn *conn, char text[ACTS_TEXT_MAX])
{
    const struct conn nothing = {
        .cookie = 1, .netns = conn->netns, .tuple = {.family = FAMILY_INET}};
    struct mnl_socket *socket = NULL;
    int error = open_socket(&nothing, &socket);

    if (!error) {
        error = send_destroy(socket, &nothing, 1);
        mnl_socket_close(socket);
    }
    if (error == -ENOENT) {
        const bool owns = !act_netns_is_own(conn->netns) || privilege_owns_network();
        error = owns && privilege_is_effective(PRIVILEGE_NET_ADMIN) ? 0 : -EPERM;
    }
    explain_close(&nothing, error, text);
    return error;
}

static int freeze(const struct frame *frame, const struct proc *proc, uint32_t inode,
                  struct acts_process *process, char text[ACTS_TEXT_MAX])
{
    const int error = act_process_freeze(process, proc->pid, proc->start_ticks, inode, text);

    if (!error && !process->guard[0])
        process->guard = act_guard_holder(frame, proc);
    return error;
}

const struct screen_acts ACTS_REAL = {
    .freeze = freeze,
    .release = act_process_release,
    .signal = act_process_signal,
    .exited = act_process_exited,
    .guard = act_guard_conn,
    .refuses = act_close_refusal,
    .may_close = act_close_allowed,
    .close = act_close_conn,
    .signals = ACT_SIGNALS,
    .signal_count = ACT_SIGNAL_COUNT,
};
