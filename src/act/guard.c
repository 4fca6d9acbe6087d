/* guard: which processes and connections may carry the user's own session, or belong to the machine
 * itself. Only reads. */
#include "act/act.h"
#include "base/clock.h"
#include "source/privilege.h"
#include "source/proc_view.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANCESTORS_MAX   64
#define SESSIONS_MAX    8
#define ENVIRONMENT_MAX (128u << 10)
#define KEEP_NS         SECOND_NS /* how long what was read about the session is valid */
#define VARIABLE        "SSH_CONNECTION="

/* Our connection to an SSH server, from the environment. */
struct session_ends {
    struct addr client, server; /* IPv4 as mapped IPv6 */
    uint16_t client_port, server_port;
};

struct ancestor {
    int32_t pid;
    bool is_outside; /* it carries our terminal's session */
};

struct session {
    int64_t read_ns; /* monotonic, 0 = never */
    struct ancestor ancestors[ANCESTORS_MAX];
    size_t ancestor_count;
    struct session_ends ends[SESSIONS_MAX];
    size_t end_count;
};

/* Programs that serve terminals: inside tmux or behind a broker they are not ancestors of ours.
 * Truncated to 15 characters, as by the kernel. */
static const char *const SESSION_NAMES[] = {
    "sshd",
    "sshd-session",
    "sshd-auth",
    "mosh-server",
    "dropbear",
    "tailscaled",
    "tinysshd",
    "lshd",
    "in.telnetd",
    "telnetd",
    "in.rlogind",
    "rlogind",
    "in.rshd",
    "utelnetd",
    "etserver",
    "etterminal",
    "ttyd",
    "gotty",
    "shellinaboxd",
    "teleport",
    "wezterm-mux-ser",
    "cockpit-ws",
    "cockpit-session",
    "ssm-session-wor",
    "amazon-ssm-agen",
    "xrdp",
    "code-server",
    "wetty",
};

static const char NOTHING[] = "";
static const char INIT[] = "it is process 1: the machine goes down with it";
static const char KERNEL_THREAD[] = "it is a kernel thread";
static const char SELF[] = "it is tcplens itself";
static const char ANCESTOR[] = "tcplens was started from it";
static const char LISTENER[] = "it is a listener: new connections are refused from then on";
static const char SESSION[] = "it may be the session you are sitting in";
static const char OURS[] = "it is the session you are sitting in (SSH_CONNECTION)";
static const char UNSEEN[] = "its owner cannot be seen: it may be your own session";

static struct addr to_mapped(const struct addr *addr, uint8_t family)
{
    struct addr mapped = *addr;

    if (family != FAMILY_INET)
        return mapped;
    mapped = (struct addr){.bytes = {[10] = 0xff, [11] = 0xff}};
    memcpy(mapped.bytes + 12, addr->bytes, 4);
    return mapped;
}

static bool parse_end(char *address, const char *port, struct addr *addr, uint16_t *number)
{
    struct addr parsed = {0};
    uint8_t family;
    char interface[16], *end;
    const unsigned long value = strtoul(port, &end, 10);

    if (end == port || value == 0 || value > UINT16_MAX ||
        addr_parse(address, strlen(address), &parsed, &family, interface))
        return false;
    *addr = to_mapped(&parsed, family);
    *number = (uint16_t)value;
    return true;
}

/* "CLIENT PORT SERVER PORT" (sshd(8)). */
static void take_connection(struct session *session, const char *value)
{
    char client[64], server[64], client_port[8], server_port[8];
    struct session_ends ends;

    if (session->end_count == SESSIONS_MAX ||
        sscanf(value, "%63s %7s %63s %7s", client, client_port, server, server_port) != 4 ||
        !parse_end(client, client_port, &ends.client, &ends.client_port) ||
        !parse_end(server, server_port, &ends.server, &ends.server_port))
        return;
    session->ends[session->end_count++] = ends;
}

/* sudo and su remove the variable from our environment; the shell above still has it. */
static void read_environment(struct session *session, int32_t pid, char *text)
{
    char path[48];
    size_t length = 0;

    snprintf(path, sizeof(path), "/proc/%" PRId32 "/environ", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    length = fread(text, 1, ENVIRONMENT_MAX - 1, file);
    fclose(file);
    text[length] = '\0';
    for (const char *at = text; at < text + length; at += strlen(at) + 1)
        if (strncmp(at, VARIABLE, strlen(VARIABLE)) == 0)
            take_connection(session, at + strlen(VARIABLE));
}

static const struct ancestor *find_ancestor(const struct session *session, int32_t pid)
{
    for (size_t i = 0; i < session->ancestor_count; i++)
        if (session->ancestors[i].pid == pid)
            return &session->ancestors[i];
    return NULL;
}

/* From `pid` up to process 1. */
static void climb(struct session *session, int32_t pid, char *environment)
{
    struct proc_stat stat;

    while (pid > 0 && session->ancestor_count < ANCESTORS_MAX && !find_ancestor(session, pid)) {
        const bool is_read = act_read_stat(pid, &stat) == 0;
        const bool is_outside = is_read && stat.session != getsid(0);
        session->ancestors[session->ancestor_count++] = (struct ancestor){pid, is_outside};
        if (environment)
            read_environment(session, pid, environment);
        pid = is_read ? stat.parent : 0;
    }
}

static int32_t foreground_of_terminal(void)
{
    const int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    const pid_t group = terminal < 0 ? -1 : tcgetpgrp(terminal);

    if (terminal >= 0)
        close(terminal);
    return group;
}

/* Our parents, and the leader of the terminal's session and its foreground processes: a parent that
 * has exited leaves a gap in the chain. */
static void read_ancestors(struct session *session)
{
    struct privilege privilege;
    char *environment = malloc(ENVIRONMENT_MAX);

    privilege_init(&privilege);
    privilege_raise(&privilege);
    climb(session, getppid(), environment);
    climb(session, getsid(0), environment);
    climb(session, foreground_of_terminal(), environment);
    privilege_lower(&privilege);
    free(environment);
}

/* Read at most once a second: thousands of rows are checked. */
static const struct session *our_session(void)
{
    static struct session session;
    const int64_t now_ns = clock_mono_ns();
    const char *own = getenv("SSH_CONNECTION");
    struct proc_view view;

    if (session.read_ns && now_ns - session.read_ns < KEEP_NS)
        return &session;
    session = (struct session){.read_ns = now_ns};
    if (own)
        take_connection(&session, own);
    proc_view_prove(&view);
    /* in another namespace's /proc our parents' pids mean other processes */
    if (view.kind == PROC_VIEW_OWN)
        read_ancestors(&session);
    return &session;
}

static bool is_ours(const struct session *session, const struct tuple *tuple)
{
    const struct addr local = to_mapped(&tuple->local, tuple->family);
    const struct addr remote = to_mapped(&tuple->remote, tuple->family);

    for (size_t i = 0; i < session->end_count; i++) {
        const struct session_ends *ends = &session->ends[i];
        const bool at_server =
            tuple->local_port == ends->server_port && tuple->remote_port == ends->client_port &&
            addr_compare(&local, &ends->server) == 0 && addr_compare(&remote, &ends->client) == 0;
        const bool at_client =
            tuple->local_port == ends->client_port && tuple->remote_port == ends->server_port &&
            addr_compare(&local, &ends->client) == 0 && addr_compare(&remote, &ends->server) == 0;
        if (at_server || at_client)
            return true;
    }
    return false;
}

static bool serves_sessions(const char *name)
{
    for (size_t i = 0; i < sizeof(SESSION_NAMES) / sizeof(*SESSION_NAMES); i++)
        if (strcmp(name, SESSION_NAMES[i]) == 0)
            return true;
    return false;
}

const char *act_guard_process(int32_t pid, const struct proc_stat *stat)
{
    if (pid == 1)
        return INIT;
    if (stat->kernel_thread)
        return KERNEL_THREAD;
    if (pid == getpid())
        return SELF;
    if (find_ancestor(our_session(), pid))
        return ANCESTOR;
    return serves_sessions(stat->name) ? SESSION : NOTHING;
}

const char *act_guard_proc(const struct proc *proc)
{
    if (proc->pid == 1)
        return INIT;
    return serves_sessions(proc->comm) ? SESSION : NOTHING;
}

const char *act_guard_row(const struct frame *frame, const struct conn *conn)
{
    if (conn->state == STATE_LISTEN)
        return LISTENER;
    if (conn->owner_word == OWNER_HIDDEN || conn->owner_word == OWNER_UNKNOWN ||
        conn->owner_word == OWNER_UNSEEN)
        return UNSEEN;
    for (uint32_t i = 0; i < conn->owner_count; i++) {
        const struct proc *holder = frame_holder(frame, conn, i);
        if (holder && serves_sessions(holder->comm))
            return SESSION;
    }
    return NOTHING;
}

const char *act_guard_conn(const struct frame *frame, const struct conn *conn)
{
    const struct session *session = our_session();

    if (conn->state == STATE_LISTEN)
        return LISTENER;
    if (is_ours(session, &conn->tuple))
        return OURS;
    for (uint32_t i = 0; i < conn->owner_count; i++) {
        const struct proc *holder = frame_holder(frame, conn, i);
        const struct ancestor *ancestor = holder ? find_ancestor(session, holder->pid) : NULL;
        if (ancestor && ancestor->is_outside)
            return SESSION;
    }
    return act_guard_row(frame, conn);
}

const char *act_guard_holder(const struct frame *frame, const struct proc *proc)
{
    const struct session *session = our_session();

    for (uint32_t i = 0; i < frame->live_count; i++) {
        const struct conn *conn = &frame->conns[i];
        if (!is_ours(session, &conn->tuple))
            continue;
        for (uint32_t n = 0; n < conn->owner_count; n++)
            if (frame_holder(frame, conn, n) == proc)
                return OURS;
    }
    return NOTHING;
}
