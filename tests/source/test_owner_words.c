/* The owner words, and what is visible with which privilege: each word exactly when it applies.
 * Facts about processes, up to init. */
#include "../unit/unit.h"
#include "core/column/column.h"
#include "net_tools.h"
#include "owner_scene.h"
#include "source/netns/netlink.h"
#include "source/owners/walker.h"
#include "source/proc_view.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOPBACK 0x7f000001
#define NOBODY   65534u

/* --- last, none --- */

struct pair {
    unsigned server_port, client_port;
};

/* Listens, connects to itself, tells the ports; when a byte comes, closes both ends. */
static void play_pair(struct actor *actor, void *data)
{
    const int *channel = data;
    const int listener = net_listen(net_v4(LOOPBACK, 4006), 5, 0);
    const int client = net_socket(AF_INET, NULL, 0);
    net_connect(client, net_v4(LOOPBACK, 4006));
    const int accepted = net_accept(listener);
    const struct pair pair = {4006, port_of(client)};
    char byte;

    if (write(channel[0], &pair, sizeof pair) != sizeof pair)
        _exit(1);
    actor_ready(actor);
    if (read(channel[0], &byte, 1) != 1)
        _exit(1);
    close(client);
    net_wait_state(accepted, 8);
    close(accepted);
    if (write(channel[0], &byte, 1) != 1)
        _exit(1);
}

static void test_last(void **state)
{
    (void)state;
    int channel[2];
    struct pair pair;
    char byte = 'x';
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
    const pid_t pid = actor_start(play_pair, channel);
    assert_int_equal(read(channel[1], &pair, sizeof pair), sizeof pair);
    const struct frame *frame = stage_settle(&owner_stage);
    assert_owner(frame, row_of_ports(frame, pair.client_port, 0), OWNER_PROCESS, pid);
    assert_int_equal(write(channel[1], &byte, 1), 1);
    assert_int_equal(read(channel[1], &byte, 1), 1);
    frame = stage_settle(&owner_stage);
    const struct conn *row = row_of_ports(frame, pair.client_port, 0);
    assert_non_null(row);
    assert_int_equal(row->state, STATE_TIME_WAIT);
    assert_owner(frame, row, OWNER_LAST, pid);
    assert_int_equal(row->known & KNOWN_UID, 0);
    assert_false(frame_owner(frame, row)->gone);
    assert_int_equal(frame_owner(frame, row)->uid, getuid());
    assert_int_equal(frame_owner(frame, row)->sockets, 1); /* its listener */

    actor_end(pid); /* the row keeps it, as gone, also when the number is used again */
    for (int i = 0; i < 3; i++)
        frame = stage_settle(&owner_stage);
    row = row_of_ports(frame, pair.client_port, 0);
    assert_owner(frame, row, OWNER_LAST, pid);
    assert_true(frame_owner(frame, row)->gone);

    struct stage late; /* owners opened later, which have seen no holder */
    stage_open(&late, NEED_OWNER);
    frame = stage_settle(&late);
    assert_owner(frame, row_of_ports(frame, pair.client_port, 0), OWNER_NONE, 0);
    stage_close(&late);
    close(channel[0]);
    close(channel[1]);
}

/* What is said of a socket that none of the processes in /proc holds: only that of the machine's
 * first pid namespace has them all. */
static uint8_t word_of_unheld(void)
{
    struct proc_view view;
    proc_view_prove(&view);
    return view.is_complete ? OWNER_NONE : OWNER_UNSEEN;
}

/* A descriptor in flight is held by no process: `none`, or `last` if its holder was seen before. */
static void test_in_flight(void **state)
{
    (void)state;
    int channel[2];
    struct stage late;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
    const int listener = net_listen(net_v4(LOOPBACK, 4007), 5, 0);
    const struct frame *frame = stage_settle(&owner_stage);
    assert_owner(frame, row_of_ports(frame, 4007, 0), OWNER_PROCESS, getpid());
    send_fd(channel[0], listener);
    close(listener);
    stage_open(&late, NEED_OWNER);
    frame = stage_settle(&late);
    assert_owner(frame, row_of_ports(frame, 4007, 0), word_of_unheld(), 0);
    stage_close(&late);
    const struct conn *row = NULL;
    for (int i = 0; i < 200 && (!row || row->owner_word == OWNER_PROCESS); i++) {
        frame = stage_settle(&owner_stage);
        row = row_of_ports(frame, 4007, 0);
    }
    assert_owner(frame, row, OWNER_LAST, getpid());
    close(channel[0]);
    close(channel[1]);
}

/* --- rights --- */

static unsigned lookups; /* of single sockets, by the program under test */

int __real_netlink_lookup(struct netlink *netlink, const struct conn *of, struct conn *now);
int __wrap_netlink_lookup(struct netlink *netlink, const struct conn *of, struct conn *now);

int __wrap_netlink_lookup(struct netlink *netlink, const struct conn *of, struct conn *now)
{
    lookups++;
    return __real_netlink_lookup(netlink, of, now);
}

/* One that stays in flight is looked up, but not in each frame. */
static void test_stays_in_flight(void **state)
{
    (void)state;
    int channel[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
    const int listener = net_listen(net_v4(LOOPBACK, 4016), 5, 0);
    const int client = net_socket(AF_INET, NULL, 0);
    net_connect(client, net_v4(LOOPBACK, 4016));
    const int server = net_accept(listener);
    const unsigned port = port_of(client);
    const struct frame *frame = stage_settle(&owner_stage);
    assert_owner(frame, row_of_ports(frame, 4016, port), OWNER_PROCESS, getpid());
    send_fd(channel[0], server);
    close(server);
    lookups = 0;
    const struct conn *row = NULL;
    for (int i = 0; i < 200 && (!row || row->owner_word == OWNER_PROCESS); i++) {
        frame = stage_settle(&owner_stage);
        row = row_of_ports(frame, 4016, port);
    }
    assert_owner(frame, row, OWNER_LAST, getpid());
    assert_true(lookups > 0);
    for (int i = 0; i < 200 && lookups > 0; i++) {
        lookups = 0;
        frame = stage_settle(&owner_stage);
    }
    assert_int_equal(lookups, 0);
    assert_owner(frame, row_of_ports(frame, 4016, port), OWNER_LAST, getpid());
    net_close(client);
    net_close(listener);
    close(channel[0]);
    close(channel[1]);
}

static void set_capabilities(uint32_t permitted, uint32_t effective)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{effective, permitted, 0}, {0, 0, 0}};
    if (syscall(SYS_capset, &header, data) != 0)
        net_die("capset: %s", strerror(errno));
}

static uint32_t effective_now(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0)
        net_die("capget: %s", strerror(errno));
    return data[0].effective;
}

struct rights {
    uint32_t permitted;
    bool hidepid, sees; /* the pids of root's processes */
    const char *text;   /* part of missing.text */
};

static void become_nobody(uint32_t permitted)
{
    prctl(PR_SET_KEEPCAPS, 1);
    if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
        net_die("setresuid: %s", strerror(errno));
    set_capabilities(permitted, 0);
    /* What it opened of /proc is judged by what it is now. */
    prctl(PR_SET_DUMPABLE, 1);
}

static void mount_hidepid(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("proc", "/proc", "proc", 0, "hidepid=2") != 0)
        _exit(77);
}

static void check_rights(const struct rights *rights, pid_t root_holder)
{
    struct stage seen;
    if (rights->hidepid)
        mount_hidepid();
    become_nobody(rights->permitted);
    const int own = net_listen(net_v4(LOOPBACK, 4011), 5, 0);
    stage_open(&seen, NEED_OWNER | NEED_PROCESS | NEED_GROUP);
    for (int i = 0; i < 3; i++) {
        const struct frame *frame = stage_settle(&seen);
        const struct conn *row = row_of_ports(frame, 4010, 0);
        assert_owner(frame, row_of_ports(frame, 4011, 0), OWNER_PROCESS, getpid());
        assert_int_equal(row_of_ports(frame, 4011, 0)->uid, NOBODY);
        assert_owner(frame, row, rights->sees ? OWNER_PROCESS : OWNER_HIDDEN,
                     rights->sees ? root_holder : 0);
        assert_true(row->known & KNOWN_UID);
        assert_int_equal(row->uid, 0);
        assert_int_equal(effective_now(), 0);
        assert_int_equal(!(frame->missing.reasons & MISSING_OWNERS_HIDDEN), rights->sees);
        assert_int_equal(frame->missing.hidden_users, rights->sees ? 0 : 1);
        assert_false(frame->missing.reasons & MISSING_PROC); /* it can be read */
        if (rights->text) {
            assert_string_equal(frame->missing.text, rights->text);
            assert_non_null(frame->missing.hidden_why);
            assert_string_equal(strstr(rights->text, "needs "), frame->missing.hidden_why);
        } else {
            assert_string_equal(frame->missing.text, "");
            assert_null(frame->missing.hidden_why);
        }
    }
    stage_close(&seen);
    close(own);
}

/* The row was read while the socket was open; its end is no matter of permission. */
static void check_closed_meanwhile(void)
{
    const struct linger now = {1, 0};
    struct stage seen;
    become_nobody(0);
    const int listener = net_listen(net_v4(LOOPBACK, 4012), 5, 0);
    const int client = net_socket(AF_INET, NULL, 0);
    net_connect(client, net_v4(LOOPBACK, 4012));
    const int server = net_accept(listener);
    const unsigned port = port_of(client);
    stage_open(&seen, NEED_OWNER);
    struct frame *frame = frame_new(seen.pool);
    assert_int_equal(source_next(seen.source, frame, &seen.wish), 0);
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    net_close(client);
    net_close(server);
    assert_int_equal(diff_frames(&seen.diff, NULL, frame), 0);
    assert_int_equal(
        seen.source->ops->find_owners(seen.source, NULL, frame, &seen.diff, &seen.wish), 0);
    assert_owner(frame, row_of_ports(frame, port, 4012), OWNER_NONE, 0);
    assert_owner(frame, row_of_ports(frame, 4012, port), OWNER_NONE, 0);
    assert_owner(frame, row_of_ports(frame, 4013, 0), OWNER_HIDDEN, 0);
    frame_release(frame);
    stage_close(&seen);
}

static void test_closed_meanwhile(void **state)
{
    int status;
    (void)state;
    const int hidden = net_listen(net_v4(LOOPBACK, 4013), 5, 0);
    const pid_t child = fork();
    if (child == 0) {
        close(hidden);
        check_closed_meanwhile();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(hidden);
}

/* The rows were read before its process closed it: it was held then. */
static void test_let_go_meanwhile(void **state)
{
    (void)state;
    const struct linger now = {1, 0};
    const int listener = net_listen(net_v4(LOOPBACK, 4014), 5, 0);
    const int client = net_socket(AF_INET, NULL, 0);
    net_connect(client, net_v4(LOOPBACK, 4014));
    const int server = net_accept(listener);
    const unsigned port = port_of(client);
    const struct frame *before = stage_settle(&owner_stage);
    struct frame *frame = frame_new(owner_stage.pool);

    assert_owner(before, row_of_ports(before, port, 4014), OWNER_PROCESS, getpid());
    assert_int_equal(source_next(owner_stage.source, frame, &owner_stage.wish), 0);
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    net_close(client);
    net_close(server);
    assert_int_equal(diff_frames(&owner_stage.diff, before, frame), 0);
    assert_int_equal(owner_stage.source->ops->find_owners(owner_stage.source, before, frame,
                                                          &owner_stage.diff, &owner_stage.wish),
                     0);
    const struct conn *row = row_of_ports(frame, port, 4014);
    assert_int_equal(row->state, STATE_ESTABLISHED);
    assert_owner(frame, row, OWNER_PROCESS, getpid());
    assert_owner(frame, row_of_ports(frame, 4014, port), OWNER_PROCESS, getpid());
    frame_release(frame);
    frame = (struct frame *)stage_settle(&owner_stage);
    assert_null(row_of_ports(frame, port, 4014));
    net_close(listener);
}

static int walk_finding_nothing(void *walker, owner_visit visit, void *context)
{
    (void)walker;
    (void)visit;
    (void)context;
    return 0;
}

/* A walk need not see a process that /proc refuses: the word is that of a search without it. */
static void check_walked_hidden(void)
{
    static const struct owner_walk nothing = {walk_finding_nothing, NULL, 0};
    struct stage seen;

    become_nobody(0);
    for (int walks = 0; walks <= 1; walks++) {
        stage_open(&seen, NEED_OWNER);
        if (walks)
            seen.source->ops->use_walk(seen.source, &nothing);
        for (int i = 0; i < 3; i++) {
            const struct frame *frame = stage_settle(&seen);
            assert_owner(frame, row_of_ports(frame, 4015, 0), OWNER_HIDDEN, 0);
        }
        stage_close(&seen);
    }
}

static void test_walked_hidden(void **state)
{
    int status;
    (void)state;
    const int hidden = net_listen(net_v4(LOOPBACK, 4015), 5, 0);
    const pid_t child = fork();
    if (child == 0) {
        close(hidden);
        check_walked_hidden();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(hidden);
}

/* Refused as a program is that is being started, until it is sent a byte. */
static void play_refused(struct actor *actor, void *data)
{
    const int *channel = data;
    char byte;

    prctl(PR_SET_DUMPABLE, 0);
    actor_ready(actor);
    if (read(channel[0], &byte, 1) != 1 || prctl(PR_SET_DUMPABLE, 1) != 0 ||
        write(channel[0], &byte, 1) != 1)
        _exit(1);
}

static void let_fly(int channel, unsigned port)
{
    const int listener = net_listen(net_v4(LOOPBACK, port), 5, 0);

    send_fd(channel, listener);
    close(listener);
}

/* What no process holds may be held by the one that is refused; when that is refused no more, it is held by none. */
static void check_refused_for_a_moment(const struct owner_walk *walk)
{
    int orders[2], flight[2];
    char byte = 0;
    struct stage seen;

    scene_enter();
    if (getpid() != 1)
        _exit(77);
    become_nobody(0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, orders), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, flight), 0);
    actor_start(play_refused, orders);
    let_fly(flight[0], 4017);
    stage_open(&seen, NEED_OWNER);
    if (walk)
        seen.source->ops->use_walk(seen.source, walk);
    const struct frame *frame = stage_settle(&seen);
    assert_owner(frame, row_of_ports(frame, 4017, 0), OWNER_HIDDEN, 0);
    assert_int_equal(write(orders[1], &byte, 1), 1);
    assert_int_equal(read(orders[1], &byte, 1), 1);
    let_fly(flight[0], 4018);
    frame = stage_settle(&seen);
    assert_owner(frame, row_of_ports(frame, 4018, 0), word_of_unheld(), 0);
    stage_close(&seen);
    _exit(0);
}

static void test_refused_for_a_moment(void **state)
{
    static const struct owner_walk nothing = {walk_finding_nothing, NULL, 0};
    (void)state;
    for (int walks = 0; walks <= 1; walks++) {
        int status;
        const pid_t child = fork();
        if (child == 0)
            check_refused_for_a_moment(walks ? &nothing : NULL);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
            print_message("no pid namespace can be made here\n");
            skip();
        }
        assert_int_equal(status, 0);
    }
}

static void play_root_listener(struct actor *actor, void *data)
{
    (void)data;
    net_listen(net_v4(LOOPBACK, 4010), 5, 0);
    actor_ready(actor);
}

#define PTRACE (1u << CAP_SYS_PTRACE)
#define SEARCH (1u << CAP_DAC_READ_SEARCH)

static void test_rights(void **state)
{
    (void)state;
    static const struct rights RIGHTS[] = {
        {0, false, false, "pids of 1 user hidden: needs CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH"},
        {PTRACE, false, false, "pids of 1 user hidden: needs CAP_DAC_READ_SEARCH"},
        {SEARCH, false, false, "pids of 1 user hidden: needs CAP_SYS_PTRACE"},
        {PTRACE | SEARCH, false, true, NULL},
        {0, true, false, "pids of 1 user hidden: needs CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH"},
        {PTRACE | SEARCH, true, true, NULL},
    };
    const pid_t holder = actor_start(play_root_listener, NULL);
    for (size_t i = 0; i < UNIT_COUNT(RIGHTS); i++) {
        int status;
        const pid_t child = fork();
        if (child == 0) {
            check_rights(&RIGHTS[i], holder);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
            print_message("hidepid: /proc cannot be mounted here\n");
            continue;
        }
        print_message("permitted %08x%s: status %x\n", RIGHTS[i].permitted,
                      RIGHTS[i].hidepid ? ", hidepid=2" : "", (unsigned)status);
        assert_int_equal(status, 0);
    }
}

/* --- facts --- */

static void play_idle(struct actor *actor, void *data)
{
    (void)data;
    actor_ready(actor);
}

static void test_page(void **state)
{
    (void)state;
    const pid_t pid = actor_start(play_idle, NULL);
    owner_stage.wish.needs = NEED_OWNER;
    owner_stage.wish.page_pid = pid;
    const struct frame *frame = stage_settle(&owner_stage);
    const struct proc *proc = frame_find_proc(frame, pid);
    char exe[4096];
    assert_non_null(proc);
    exe[readlink("/proc/self/exe", exe, sizeof exe - 1)] = '\0';
    assert_string_equal(proc->exe, exe);
    assert_string_equal(proc->comm, "test_owner_word"); /* 15 bytes */
    assert_non_null(strstr(proc->command_line, "test_owner_words"));
    assert_int_equal(proc->uid, getuid());
    assert_int_equal(proc->threads, 1);
    assert_true(proc->files > 3);
    assert_true(proc->memory_bytes > 100000);
    assert_true(proc->start_ns > 0 && proc->start_ns < frame->wall_ns);
    assert_int_equal(proc->cpu_permille, UINT32_MAX); /* one sample says nothing */
    unsigned steps = 0;
    for (; proc->parent && steps < 64; steps++) {
        proc = frame_find_proc(frame, proc->parent);
        assert_non_null(proc);
        assert_true(proc->comm[0]);
    }
    assert_int_equal(proc->pid, 1);
    assert_true(steps > 0);
    frame = stage_settle(&owner_stage);
    assert_true(frame_find_proc(frame, pid)->cpu_permille < 8000);
    owner_stage.wish.page_pid = 0;
    frame = stage_settle(&owner_stage);
    assert_null(frame_find_proc(frame, pid));
}

/* As a daemon that binds as root; a byte has it become nobody after its first frame, too. */
static void play_drop_root(struct actor *actor, void *data)
{
    const int *channel = data;
    char byte;

    net_listen(net_v4(LOOPBACK, 4009), 5, 0);
    actor_ready(actor);
    if (read(channel[0], &byte, 1) != 1 || setresuid(NOBODY, NOBODY, NOBODY) != 0 ||
        write(channel[0], &byte, 1) != 1)
        _exit(1);
}

static void assert_user(uint32_t uid, const char *name)
{
    const struct frame *frame = stage_settle(&owner_stage);
    const struct conn *row = row_of_ports(frame, 4009, 0);
    assert_non_null(row);
    assert_int_equal(row->uid, 0); /* who made the socket */
    assert_int_equal(frame_owner(frame, row)->uid, uid);
    assert_string_equal(frame_user_name(frame, uid), name);
}

static void test_user(void **state)
{
    (void)state;
    int channel[2];
    char byte = 'x';

    owner_stage.wish.needs = NEED_OWNER | NEED_PROCESS_USER;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
    const pid_t pid = actor_start(play_drop_root, channel);
    assert_user(0, "root");
    assert_int_equal(write(channel[1], &byte, 1), 1);
    assert_int_equal(read(channel[1], &byte, 1), 1);
    assert_user(NOBODY, "nobody");
    actor_end(pid);
    close(channel[0]);
    close(channel[1]);
}

/* The start time of a process does not depend on the observer. */
static void test_start(void **state)
{
    (void)state;
    const int own = net_listen(net_v4(LOOPBACK, 4012), 5, 0);
    const struct frame *frame = stage_settle(&owner_stage);
    const int64_t start_ns = frame_owner(frame, row_of_ports(frame, 4012, 0))->start_ns;
    for (int i = 0; i < 10; i++) {
        struct stage later;
        stage_open(&later, NEED_OWNER);
        frame = stage_settle(&later);
        assert_int_equal(frame_owner(frame, row_of_ports(frame, 4012, 0))->start_ns, start_ns);
        stage_close(&later);
    }
    close(own);
}

/* Nobody's view of a socket whose process it may not read: the unit is the socket's. */
static void check_socket_unit(const char *path)
{
    struct stage seen;
    become_nobody(0);
    stage_open(&seen, NEED_OWNER | NEED_GROUP);
    const struct frame *frame = stage_settle(&seen);
    const struct conn *row = row_of_ports(frame, 4010, 0);
    assert_owner(frame, row, OWNER_HIDDEN, 0);
    const struct group *group = frame_group(frame, row);
    assert_non_null(group);
    assert_int_equal(row->unit_from, UNIT_FROM_SOCKET);
    assert_string_equal(group->path, path);
    assert_string_equal(group->unit, "tcplens\\x2dtest.service");
    stage_close(&seen);
}

static void play_in_group(struct actor *actor, void *data)
{
    char name[256];
    snprintf(name, sizeof name, "%s/cgroup.procs", (const char *)data);
    FILE *procs = fopen(name, "w");
    if (!procs || fprintf(procs, "%d\n", getpid()) < 0 || fclose(procs) != 0)
        _exit(1);
    play_root_listener(actor, NULL);
}

static const char *cgroup2_mount(void)
{
    static const char *const PLACES[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    char name[64];
    for (size_t i = 0; i < UNIT_COUNT(PLACES); i++) {
        snprintf(name, sizeof name, "%s/cgroup.controllers", PLACES[i]);
        if (access(name, R_OK) == 0)
            return PLACES[i];
    }
    return NULL;
}

static void test_unit(void **state)
{
    (void)state;
    const char *mount = cgroup2_mount();
    char path[128];
    int status;

    snprintf(path, sizeof path, "%s/tcplens\\x2dtest.service", mount ? mount : "");
    if (!mount || (mkdir(path, 0755) != 0 && errno != EEXIST)) {
        print_message("no cgroup can be made here\n");
        skip();
    }
    const pid_t holder = actor_start(play_in_group, path);
    const struct frame *frame = stage_settle(&owner_stage);
    const struct conn *row = row_of_ports(frame, 4010, 0);
    assert_owner(frame, row, OWNER_PROCESS, holder);
    assert_int_equal(row->unit_from, UNIT_FROM_PROCESS);
    assert_string_equal(frame_group(frame, row)->unit, "tcplens\\x2dtest.service");
    const pid_t child = fork();
    if (child == 0) {
        check_socket_unit(path + strlen(mount));
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    actor_end(holder);
    rmdir(path);
    assert_int_equal(status, 0);
}

int main(void)
{
    scene_enter();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_last, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_in_flight, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_stays_in_flight, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_rights, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_closed_meanwhile, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_let_go_meanwhile, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_walked_hidden, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_refused_for_a_moment, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_page, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_user, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_start, stage_begin, stage_end),
        cmocka_unit_test_setup_teardown(test_unit, stage_begin, stage_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
