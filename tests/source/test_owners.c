/* Who holds which socket, against processes that hold them in every way there is: each pair of a
 * socket and a holder must be reported (recall), and no other (precision). With an argument "full":
 * 10,000 sockets, a million other descriptors and 1000 short processes a second for 10 s. With "bpf": by the walk by bpf;
 * with "ahead": by one that is made beside the first dump; with "failing": by one that is not to be
 * had. */
#include "../unit/unit.h"
#include "core/column/column.h"
#include "net_tools.h"
#include "owner_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOPBACK  0x7f000001
#define LISTENERS 16
#define SECOND_NS 1000000000LL

static bool full_size;
static int listen_on(unsigned port, unsigned flags)
{
    const int fd = net_listen(net_v4(LOOPBACK, port), 16, flags);
    truth_add(net_inode(fd), getpid());
    return fd;
}

/* --- the plays --- */

static void play_listener(struct actor *actor, void *data)
{
    listen_on(*(unsigned *)data, NET_REUSEPORT);
    actor_ready(actor);
}

static void play_fork(struct actor *actor, void *data)
{
    (void)data;
    const int fd = listen_on(3001, 0);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        truth_add(net_inode(fd), getpid());
        actor_ready(actor);
        actor_wait(actor);
        _exit(0);
    }
    actor_wait(actor);
}

/* systemd keeps what it hands to a service, and has it for longer. */
static void play_systemd(struct actor *actor, void *data)
{
    (void)data;
    prctl(PR_SET_NAME, "systemd");
    listen_on(3016, 0);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "service");
        actor_ready(actor);
        actor_wait(actor);
        _exit(0);
    }
    actor_wait(actor);
}

/* Rows of an MPTCP connection are its subflows; the process has another socket open. */
static void play_mptcp(struct actor *actor, void *data)
{
    const struct sockaddr_in local = {
        .sin_family = AF_INET, .sin_port = htons(3015), .sin_addr.s_addr = htonl(LOOPBACK)};
    const int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
    const int client = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
    (void)data;
    if (bind(listener, (const struct sockaddr *)&local, sizeof(local)) || listen(listener, 1) ||
        connect(client, (const struct sockaddr *)&local, sizeof(local)))
        net_die("MPTCP: %s", strerror(errno));
    const int sockets[] = {listener, client, net_accept(listener)};
    for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
        truth_add(net_inode(sockets[i]), getpid());
    actor_ready(actor);
    actor_wait(actor);
}

static int receive_fd(int channel)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    char byte;
    int fd = -1;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    if (recvmsg(channel, &message, 0) != 1)
        net_die("recvmsg: %s", strerror(errno));
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header)
        net_die("no descriptor came");
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

/* data: the channel's ends. Receives a descriptor and keeps it. */
static void play_receiver(struct actor *actor, void *data)
{
    const int *channel = data;
    const int fd = receive_fd(channel[0]);
    truth_add(net_inode(fd), getpid());
    actor_ready(actor);
}

static void *unshared_thread(void *data)
{
    struct actor *actor = data;
    if (unshare(CLONE_FILES) != 0)
        net_die("unshare: %s", strerror(errno));
    listen_on(3002, 0);
    actor_ready(actor);
    actor_wait(actor);
    return NULL;
}

static void play_unshared(struct actor *actor, void *data)
{
    pthread_t thread;
    (void)data;
    if (pthread_create(&thread, NULL, unshared_thread, actor) != 0)
        net_die("pthread_create");
    pthread_join(thread, NULL);
}

static void wait_for_zombie_leader(void)
{
    char name[64];
    char text[512] = "";

    snprintf(name, sizeof name, "/proc/%d/stat", getpid());
    for (const int64_t end = net_now_ns() + 5 * SECOND_NS; net_now_ns() < end;) {
        const int fd = open(name, O_RDONLY | O_CLOEXEC);
        const ssize_t got = read(fd, text, sizeof text - 1);
        close(fd);
        text[got > 0 ? got : 0] = '\0';
        const char *state = strrchr(text, ')');
        if (state && state[2] == 'Z')
            return;
        sched_yield();
    }
    net_die("the main thread did not end");
}

static void *lonely_thread(void *data)
{
    struct actor *actor = data;
    wait_for_zombie_leader();
    listen_on(3003, 0);
    actor_ready(actor);
    actor_wait(actor);
    _exit(0);
}

static void play_exited_leader(struct actor *actor, void *data)
{
    pthread_t thread;
    (void)data;
    if (pthread_create(&thread, NULL, lonely_thread, actor) != 0)
        net_die("pthread_create");
    pthread_exit(NULL);
}

/* Executes this program again and again, until end of file. */
static void exec_again(int descriptor)
{
    char number[16];
    struct pollfd end = {descriptor, POLLIN, 0};

    if (poll(&end, 1, 1) > 0)
        _exit(0);
    snprintf(number, sizeof number, "%d", descriptor);
    execl("/proc/self/exe", "again", "exec", number, (char *)NULL);
    _exit(1);
}

static void play_exec(struct actor *actor, void *data)
{
    (void)data;
    const int listener = listen_on(3004, 0);
    fcntl(listener, F_SETFD, 0);
    actor_ready(actor);
    exec_again(actor_end_descriptor(actor));
}

static void play_many(struct actor *actor, void *data)
{
    const unsigned pairs = *(unsigned *)data / 2;
    const int listener = listen_on(3005, 0);

    net_raise_file_limit(2 * pairs + 64);
    for (unsigned i = 0; i < pairs; i++) {
        const int client = net_socket(AF_INET, NULL, 0);
        net_connect(client, net_v4(LOOPBACK, 3005));
        truth_add(net_inode(client), getpid());
        truth_add(net_inode(net_accept(listener)), getpid());
    }
    actor_ready(actor);
}

#define BESIDE 64 /* what else a process may have open */

/* Among descriptors that are no sockets; what counts is opened last. */
static void play_among_many(struct actor *actor, void *data)
{
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    for (unsigned i = 0; i < *(unsigned *)data; i++)
        if (dup(null) < 0)
            net_die("dup: %s", strerror(errno));
    listen_on(3017, NET_REUSEPORT);
    actor_ready(actor);
}

/* --- helpers --- */

/* Frames until everything is found, at most `frames`. */
static struct score steps_until_perfect(unsigned frames, unsigned *taken)
{
    struct score score = {0};
    for (*taken = 1; *taken <= frames; ++*taken) {
        score = stage_score(stage_settle(&owner_stage));
        if (score_is_perfect(&score))
            break;
    }
    return score;
}

static void expect_perfect(const char *name, unsigned frames)
{
    unsigned taken;
    const struct score score = steps_until_perfect(frames, &taken);
    score_print(name, &score);
    assert_true(score.expected > 0);
    assert_int_equal(score.right, score.expected);
    assert_int_equal(score.right, score.found);
}

static int begin(void **state)
{
    (void)state;
    truth_reset();
    stage_open(&owner_stage, NEED_OWNER);
    stage_settle(&owner_stage);
    return 0;
}

/* --- the tests: a socket older than one frame has all its holders --- */

static void test_fork(void **state)
{
    (void)state;
    actor_start(play_fork, NULL);
    expect_perfect("fork", 1);
}

static void test_mptcp(void **state)
{
    (void)state;
    const int probe = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
    if (probe < 0)
        skip();
    close(probe);
    actor_start(play_mptcp, NULL);
    expect_perfect("MPTCP", 1);
}

static void test_reuseport(void **state)
{
    (void)state;
    static unsigned port = 3010;
    for (int i = 0; i < LISTENERS; i++)
        actor_start(play_listener, &port);
    expect_perfect("SO_REUSEPORT x16", 1);
}

/* The receiver already runs and is known when an old socket comes to it. */
static void test_rights(void **state)
{
    (void)state;
    static unsigned port = 3011;
    int channel[2];
    unsigned taken;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
    const int fd = net_listen(net_v4(LOOPBACK, port), 16, 0);
    truth_add(net_inode(fd), getpid());
    expect_perfect("before SCM_RIGHTS", 1);
    send_fd(channel[1], fd);
    actor_start(play_receiver, channel);
    expect_perfect("SCM_RIGHTS, new process", 1);

    send_fd(channel[1], fd);
    const int copy = receive_fd(channel[0]); /* the same process once more: no other holder */
    expect_perfect("SCM_RIGHTS, dup", 1);
    close(copy);
    close(fd);
    truth_drop(getpid());
    const struct score score = steps_until_perfect(200, &taken);
    score_print("closed by one holder", &score);
    print_message("  noticed after %u frame(s)\n", taken);
    assert_true(score_is_perfect(&score));
    close(channel[0]);
    close(channel[1]);
}

static void test_unshared(void **state)
{
    (void)state;
    actor_start(play_unshared, NULL);
    expect_perfect("unshared descriptors", 1);
    expect_perfect("unshared, later", 1);
}

static void test_exited_leader(void **state)
{
    (void)state;
    actor_start(play_exited_leader, NULL);
    expect_perfect("exited leader", 1);
}

static void test_many(void **state)
{
    (void)state;
    unsigned count = full_size ? 10000 : 1000;
    actor_start(play_many, &count);
    expect_perfect(full_size ? "10,000 descriptors" : "1,000 descriptors", 20);
    assert_int_equal(owner_stage.previous->missing.reasons & MISSING_OWNERS_LATE, 0);
}

/* However many frames it takes: none of them names another process, and all but the last say that owners are missing. */
static void test_among_many(void **state)
{
    const unsigned most = 2000;
    const unsigned wanted = full_size ? 1000000 : 10000;
    unsigned each = (unsigned)net_raise_file_limit(wanted + BESIDE) - BESIDE, frames = 0;
    struct score score;

    (void)state;
    each = each < wanted ? each : wanted;
    for (unsigned count = 0; count < wanted; count += each)
        actor_start(play_among_many, &each);
    do {
        const struct frame *frame = stage_step(&owner_stage);
        score = stage_score(frame);
        assert_int_equal(score.found, score.right);
        if (!score_is_perfect(&score))
            assert_true(frame->missing.reasons & MISSING_OWNERS_LATE);
        frames++;
    } while (!score_is_perfect(&score) && frames < most);
    print_message("among %u descriptors: %u a process: right after %u frame(s)\n", wanted, each,
                  frames);
    score_print("last of many descriptors", &score);
    assert_true(score_is_perfect(&score));
}

static void test_exit(void **state)
{
    (void)state;
    static unsigned port = 3012;
    const int fd = net_listen(net_v4(LOOPBACK, port), 16, 0);
    const uint64_t inode = net_inode(fd);
    int channel[2];
    truth_add(inode, getpid());
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
    send_fd(channel[1], fd);
    const pid_t other = actor_start(play_receiver, channel);
    expect_perfect("two holders", 1);
    actor_end(other);
    truth_drop(other);
    expect_perfect("one of them exits", 1);
    close(channel[0]);
    close(channel[1]);
    close(fd);
}

static void test_handed_on(void **state)
{
    (void)state;
    actor_start(play_systemd, NULL);
    const struct frame *frame = stage_settle(&owner_stage);
    const struct conn *row = row_of_ports(frame, 3016, 0);
    assert_int_equal(row->owner_count, 2);
    assert_string_equal(frame->procs[row->owner].comm, "service");
}

static void test_exec(void **state)
{
    (void)state;
    const unsigned frames = full_size ? 2000 : 200;
    const pid_t pid = actor_start(play_exec, NULL);
    unsigned late = 0;
    bool renamed = false;

    expect_perfect("exec, first frame", 1);
    for (unsigned i = 0; i < frames; i++) {
        const struct frame *frame = stage_step(&owner_stage);
        const struct score score = stage_score(frame);
        assert_int_equal(score.found, score.right);
        if (!score_is_perfect(&score)) { /* the walk had no time left, on a busy machine */
            assert_true(frame->missing.reasons & MISSING_OWNERS_LATE);
            late++;
        }
        const struct proc *proc = frame_find_proc(frame, pid);
        assert_true(proc || !score_is_perfect(&score));
        renamed = renamed || (proc && strcmp(proc->comm, "exe") == 0);
    }
    print_message("exec in mid-scan: right in %u of %u frames, late in %u\n", frames - late, frames,
                  late);
    if (full_size) /* of a few frames most may be late on a busy machine */
        assert_true(late < frames / 10);
    assert_true(renamed);
}

#define LIVES        100 /* at least */
#define LIVES_WITHIN (60 * SECOND_NS)

/* Forks 500 processes a second, or 1000, each of which listens for 10 ms. */
static void play_short_lives(struct actor *actor, void *data)
{
    const long period_ns = full_size ? 1000000 : 2000000;
    const struct itimerspec every = {{0, period_ns}, {0, period_ns}};
    const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    unsigned *lives = data;
    uint64_t due;

    signal(SIGCHLD, SIG_IGN);
    timerfd_settime(timer, 0, &every, NULL);
    actor_ready(actor);
    while (read(timer, &due, sizeof due) == sizeof due) {
        for (; due; due--) {
            if (fork() == 0) {
                const int fd = socket(AF_INET, SOCK_STREAM, 0);
                truth_add(net_inode(fd), getpid());
                listen(fd, 1);
                poll(NULL, 0, 10);
                _exit(0);
            }
            ++*lives;
        }
    }
}

/* The sockets of short processes may be missed, but never attributed to another process; sockets
 * that stay have their owner in every frame. */
static void test_short_lives(void **state)
{
    (void)state;
    static unsigned port = 3013;
    unsigned *lives =
        mmap(NULL, sizeof *lives, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct score all = {0};
    unsigned frames = 0;
    pid_t holders[LISTENERS];

    for (int i = 0; i < LISTENERS; i++)
        holders[i] = actor_start(play_listener, &port);
    stage_settle(&owner_stage);
    actor_start(play_short_lives, lives);
    const int64_t from = net_now_ns(), until = from + (full_size ? 10 : 1) * SECOND_NS;
    for (; net_now_ns() < until || (*lives <= LIVES && net_now_ns() < from + LIVES_WITHIN);
         frames++) {
        const struct frame *frame = stage_step(&owner_stage);
        const struct score score = stage_score(frame);
        uint32_t stay = 0;
        all.found += score.found;
        all.right += score.right;
        for (uint32_t i = 0; i < frame->live_count; i++) {
            const struct conn *row = &frame->conns[i];
            if (row->tuple.local_port != port)
                continue;
            assert_int_equal(row->owner_word, OWNER_PROCESS);
            assert_int_equal(row->owner_count, 1);
            for (int n = 0; n < LISTENERS; n++)
                stay += frame_owner(frame, row)->pid == holders[n];
        }
        assert_int_equal(stay, LISTENERS);
    }
    print_message(
        "short processes: %u lives, %u frames, %u holders reported, %u right; %u listeners "
        "that stay right in every frame\n",
        *lives, frames, all.found, all.right, LISTENERS);
    assert_true(*lives > LIVES);
    assert_int_equal(all.found, all.right);
    munmap(lives, sizeof *lives);
}

/* Every pid that ss prints for a socket is a holder of ours, and the other way round. */
static void test_like_ss(void **state)
{
    (void)state;
    static unsigned port = 3014;
    char line[8192];
    unsigned compared = 0;

    for (int i = 0; i < 3; i++)
        actor_start(play_listener, &port);
    actor_start(play_fork, NULL);
    unsigned count = 100;
    actor_start(play_many, &count);
    const struct frame *frame = stage_settle(&owner_stage);
    FILE *ss = popen("ss -tanepOH 2>/dev/null", "r"); /* NOLINT(cert-env33-c): a fixed command */
    while (ss && fgets(line, sizeof line, ss)) {
        const char *ino = strstr(line, " ino:");
        const struct conn *row = ino ? row_of_inode(frame, strtoul(ino + 5, NULL, 10)) : NULL;
        uint32_t holders = 0;
        if (!row)
            continue;
        for (const char *at = strstr(line, "pid="); at; at = strstr(at + 1, "pid=")) {
            assert_true(row_is_held_by(frame, row, (pid_t)strtol(at + 4, NULL, 10)));
            holders++;
        }
        assert_int_equal(holders, row->owner_count);
        compared++;
    }
    if (!ss || pclose(ss) != 0)
        skip();
    print_message("like ss: %u rows\n", compared);
    assert_true(compared > count);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "exec") == 0)
        exec_again((int)strtol(argv[2], NULL, 10));
    full_size = strcmp(argv[argc - 1], "full") == 0;
    scene_enter();
    const bool walks = argc > 1 && scene_walk_by(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fork, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_mptcp, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_reuseport, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_rights, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_unshared, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_exited_leader, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_handed_on, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_exec, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_many, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_among_many, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_exit, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_short_lives, begin, stage_end),
        cmocka_unit_test_setup_teardown(test_like_ss, begin, stage_end),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (walks && scene_walks() == 0)
        net_die("nobody walked");
    return failed;
}
