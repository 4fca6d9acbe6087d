/* test_signal [ROUNDS]: a process is swapped for another with its pid at every step between the
 * choice and the signal, or /proc is of another pid namespace, where the number is another's: no
 * signal may reach the other one. Runs in namespaces of its own, where ns_last_pid says which pid
 * comes next. */
#include "../source/owner_scene.h"
#include "../unit/unit.h"
#include "act/act.h"
#include "net_tools.h"
#include "source/proc_view.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGNAL_BIT (1ull << (SIGTERM - 1))

#define FOREIGN_ROUNDS 8u /* for each of ROUNDS */

/* Where the victim dies and another process gets its pid. The hooks count the calls that act.c
 * makes in the step that is under way. */
enum step {
    BEFORE_FREEZE,
    AT_PIDFD_OPEN,      /* before it: the pidfd is the other one's */
    AFTER_PIDFD_OPEN,   /* before start time and name are read */
    AT_SOCKET_CHECK,    /* while its descriptors are read */
    AFTER_SOCKET_CHECK, /* before the identity is read again */
    BETWEEN,            /* the dialog is open */
    AT_CONFIRM,         /* before start time and name are read again */
    AT_CONFIRM_SOCKETS,
    AT_SEND, /* everything is checked: before pidfd_send_signal */
    STEP_COUNT
};

static const struct {
    bool confirming;
    const char *call; /* NULL: no hook, the test does it itself */
    unsigned nth;     /* call of that name within freeze or signal */
} STEPS[STEP_COUNT] = {
    [BEFORE_FREEZE] = {false, NULL, 0},
    [AT_PIDFD_OPEN] = {false, "syscall", 1},
    [AFTER_PIDFD_OPEN] = {false, "openat", 1},
    [AT_SOCKET_CHECK] = {false, "opendir", 1},
    [AFTER_SOCKET_CHECK] = {false, "openat", 2},
    [BETWEEN] = {true, NULL, 0},
    [AT_CONFIRM] = {true, "openat", 1},
    [AT_CONFIRM_SOCKETS] = {true, "opendir", 1},
    [AT_SEND] = {true, "syscall", 1},
};

static struct {
    enum step step;
    bool armed, confirming, done;
    unsigned calls;
    pid_t victim, other;
} swap;

static unsigned rounds = 3;

/* What refusals say, numbers left out, and how often. */
static struct {
    char text[ACTS_TEXT_MAX];
    unsigned count;
} reasons[16];

static void count_reason(const char *text)
{
    char kind[ACTS_TEXT_MAX];
    size_t length = 0, i = 0;

    assert_true(text[0] != '\0');
    for (; *text; text++)
        if (!isdigit((unsigned char)*text))
            kind[length++] = *text;
        else if (length == 0 || kind[length - 1] != 'N')
            kind[length++] = 'N';
    kind[length] = '\0';
    while (i < UNIT_COUNT(reasons) && reasons[i].count && strcmp(reasons[i].text, kind) != 0)
        i++;
    assert_true(i < UNIT_COUNT(reasons));
    memcpy(reasons[i].text, kind, length + 1);
    reasons[i].count++;
}

static unsigned print_reasons(void)
{
    unsigned sum = 0;

    for (size_t i = 0; i < UNIT_COUNT(reasons) && reasons[i].count; i++) {
        print_message("%7u  %s\n", reasons[i].count, reasons[i].text);
        sum += reasons[i].count;
    }
    return sum;
}

static pid_t start_with_pid(pid_t pid)
{
    FILE *last = fopen("/proc/sys/kernel/ns_last_pid", "w");
    assert_non_null(last);
    assert_true(fprintf(last, "%d", pid - 1) > 0);
    assert_int_equal(fclose(last), 0);
    const pid_t other = fork();
    if (other == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
        _exit(0);
    }
    return other;
}

static void swap_now(void)
{
    swap.done = true;
    kill(swap.victim, SIGKILL);
    assert_int_equal(waitpid(swap.victim, NULL, 0), swap.victim);
    swap.other = start_with_pid(swap.victim);
    assert_int_equal(swap.other, swap.victim); /* else nothing is tested */
}

static void hook(const char *call)
{
    if (!swap.armed || swap.done || !STEPS[swap.step].call ||
        STEPS[swap.step].confirming != swap.confirming || strcmp(STEPS[swap.step].call, call) != 0)
        return;
    if (++swap.calls == STEPS[swap.step].nth)
        swap_now();
}

int __real_openat(int directory, const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
int __wrap_openat64(int directory, const char *path, int flags, ...);
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);

int __wrap_openat(int directory, const char *path, int flags, ...)
{
    hook("openat");
    return __real_openat(directory, path, flags);
}

int __wrap_openat64(int directory, const char *path, int flags, ...)
{
    hook("openat");
    return __real_openat(directory, path, flags | O_LARGEFILE);
}

DIR *__wrap_opendir(const char *path)
{
    hook("opendir");
    return __real_opendir(path);
}

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (number == SYS_pidfd_open || number == SYS_pidfd_send_signal)
        hook("syscall");
    return __real_syscall(number, a, b, c, d, e, f);
}

struct victim {
    pid_t pid;
    uint32_t inode;
    uint64_t start_ticks;
};

static uint64_t start_ticks_of(pid_t pid)
{
    char path[64], text[1024];
    unsigned long long ticks = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(sscanf(strrchr(text, ')') + 1,
                            " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
                            "%*d %*d %llu",
                            &ticks),
                     1);
    return ticks;
}

/* All signals of the test stay pending: what was sent can be read afterwards, without waiting. */
static struct victim start_victim(void)
{
    struct victim victim = {0};
    int told[2];
    assert_int_equal(pipe(told), 0);
    victim.pid = fork();
    if (victim.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int listener = net_listen(net_v4(0x7f000001, 0), 1, 0);
        const uint32_t inode = (uint32_t)net_inode(listener);
        if (write(told[1], &inode, sizeof inode) != sizeof inode)
            _exit(1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(told[0], &victim.inode, sizeof victim.inode), sizeof victim.inode);
    close(told[0]);
    close(told[1]);
    victim.start_ticks = start_ticks_of(victim.pid);
    return victim;
}

static bool has_pending(pid_t pid)
{
    char path[64], line[256];
    unsigned long long pending = 0, shared = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        (void)sscanf(line, "SigPnd: %llx", &pending);
        (void)sscanf(line, "ShdPnd: %llx", &shared);
    }
    fclose(file);
    return ((pending | shared) & SIGNAL_BIT) != 0;
}

static void arm(enum step step, pid_t victim)
{
    memset(&swap, 0, sizeof swap);
    swap.step = step;
    swap.victim = victim;
    swap.armed = true;
}

/* Whether the signal was said to be sent; if not, why is counted. */
static bool choose_and_signal(const struct victim *victim)
{
    struct acts_process process;
    char text[ACTS_TEXT_MAX] = "";
    if (swap.step == BEFORE_FREEZE && swap.armed)
        swap_now();
    if (act_process_freeze(&process, victim->pid, victim->start_ticks, victim->inode, text) != 0) {
        count_reason(text);
        return false;
    }
    if (swap.step == BETWEEN && swap.armed)
        swap_now();
    swap.confirming = true;
    swap.calls = 0;
    text[0] = '\0';
    const int error = act_process_signal(&process, SIGTERM, text);
    act_process_release(&process);
    if (error)
        count_reason(text);
    return error == 0;
}

/* --- /proc of another pid namespace --- */

/* A process of our own pid namespace under a number of /proc's. It says what it was sent when it is
 * asked, since that /proc may not show it. */
struct decoy {
    pid_t pid;
    int asked, answers;
};

static _Noreturn void play_decoy(int asked, int answers)
{
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (read(asked, &byte, 1) == 1) {
        sigset_t pending;
        sigpending(&pending);
        byte = sigismember(&pending, SIGTERM) ? 'y' : 'n';
        if (write(answers, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static bool start_decoy(struct decoy *decoy, pid_t pid)
{
    int asked[2], answers[2];
    FILE *last = fopen("/proc/sys/kernel/ns_last_pid", "w");
    if (!last || fprintf(last, "%d", pid - 1) <= 0 || fclose(last) != 0 || pipe(asked) != 0 ||
        pipe(answers) != 0)
        return false;
    decoy->pid = fork();
    if (decoy->pid == 0) {
        close(asked[1]);
        play_decoy(asked[0], answers[1]);
    }
    close(asked[0]);
    close(answers[1]);
    decoy->asked = asked[1];
    decoy->answers = answers[0];
    return decoy->pid == pid;
}

/* Whether it was signalled; ends it. */
static bool end_decoy(const struct decoy *decoy)
{
    char byte = '?';
    if (write(decoy->asked, &byte, 1) != 1 || read(decoy->answers, &byte, 1) != 1)
        byte = '!';
    close(decoy->asked);
    close(decoy->answers);
    kill(decoy->pid, SIGKILL);
    waitpid(decoy->pid, NULL, 0);
    return byte != 'n';
}

static bool is_same_number_known_apart(pid_t pid)
{
    const int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    const int error = pidfd < 0 ? -errno : proc_view_check_pidfd(pidfd, pid);
    if (pidfd >= 0)
        close(pidfd);
    return error == -EXDEV;
}

/* Exit code of the process that this runs in: what went wrong first. */
enum foreign_fault {
    FOREIGN_RIGHT,
    FOREIGN_NO_DECOY,
    FOREIGN_NOT_SEEN,
    FOREIGN_PIDFD,
    FOREIGN_WRONG
};

/* Tries all that can be tried: with what is known of the holder, and without. */
static bool is_refused(const struct victim *holder, unsigned round)
{
    struct acts_process process;
    char text[ACTS_TEXT_MAX];
    const bool exact = round % 2;
    const int error = act_process_freeze(&process, holder->pid, exact ? holder->start_ticks : 0,
                                         exact ? holder->inode : 0, text);
    if (error == 0)
        (void)act_process_signal(&process, SIGTERM, text);
    return error == -EXDEV && strstr(text, "another pid namespace");
}

static int freeze_in_foreign_proc(const struct victim *holder)
{
    struct proc_view view;
    proc_view_prove(&view);
    if (view.kind != PROC_VIEW_FOREIGN)
        return FOREIGN_NOT_SEEN;
    if (!is_refused(holder, 0)) /* nobody has its number here: it has not exited for all that */
        return FOREIGN_WRONG;
    for (unsigned i = 0; i < rounds * FOREIGN_ROUNDS; i++) {
        struct decoy decoy;
        if (!start_decoy(&decoy, holder->pid))
            return FOREIGN_NO_DECOY;
        const bool apart = is_same_number_known_apart(holder->pid);
        const bool refused = is_refused(holder, i);
        if (end_decoy(&decoy) || !refused)
            return FOREIGN_WRONG;
        if (!apart)
            return FOREIGN_PIDFD;
    }
    return FOREIGN_RIGHT;
}

static int exit_code_of(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Ours is the child namespace, /proc the parent's: chroot into the host's tree. */
static int act_below(const struct victim *holder)
{
    const pid_t entered = fork();
    if (entered == 0) {
        if (unshare(CLONE_NEWPID) != 0)
            _exit(77);
        const pid_t inside = fork();
        if (inside == 0)
            _exit(freeze_in_foreign_proc(holder));
        _exit(exit_code_of(inside));
    }
    return exit_code_of(entered);
}

/* Ours is the parent's, /proc the child namespace's: entering a container's mounts only. */
static int act_above(void)
{
    const pid_t entered = fork();
    if (entered == 0) {
        int told[2];
        struct victim holder = {0};
        if (pipe(told) != 0 || unshare(CLONE_NEWNS | CLONE_NEWPID) != 0 ||
            mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
            _exit(77);
        const pid_t inside = fork();
        if (inside == 0) {
            if (mount("proc", "/proc", "proc", 0, NULL) != 0)
                _exit(77);
            holder = start_victim();
            if (write(told[1], &holder, sizeof holder) != sizeof holder)
                _exit(1);
            for (;;)
                pause();
        }
        close(told[1]);
        if (read(told[0], &holder, sizeof holder) != sizeof holder)
            _exit(77);
        const int code = freeze_in_foreign_proc(&holder);
        kill(inside, SIGKILL);
        waitpid(inside, NULL, 0);
        _exit(code);
    }
    return exit_code_of(entered);
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void pid_reused_at_every_step(void **state)
{
    unsigned wrong = 0, swapped = 0, said = 0, same_tick = 0;
    (void)state;
    memset(reasons, 0, sizeof reasons);
    for (unsigned i = 0; i < rounds; i++) {
        for (enum step step = BEFORE_FREEZE; step < STEP_COUNT; step++) {
            const struct victim victim = start_victim();
            arm(step, victim.pid);
            said += choose_and_signal(&victim);
            swap.armed = false;
            assert_true(swap.done);
            swapped++;
            wrong += has_pending(swap.other);
            same_tick += start_ticks_of(swap.other) == victim.start_ticks;
            end(swap.other);
        }
    }
    print_message(
        "%u pids taken by another process, %u in the same clock tick: %u wrong signals, refused:\n",
        swapped, same_tick, wrong);
    assert_int_equal(print_reasons(), swapped);
    assert_int_equal(wrong, 0);
    assert_int_equal(said, 0);
}

/* The same without a swap: the signal arrives, or nothing above would be shown. */
static void signal_reaches_its_process(void **state)
{
    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        const struct victim victim = start_victim();
        memset(&swap, 0, sizeof swap);
        assert_true(choose_and_signal(&victim));
        assert_true(has_pending(victim.pid));
        end(victim.pid);
    }
}

static void socket_given_up_is_seen(void **state)
{
    struct acts_process process;
    char text[ACTS_TEXT_MAX];
    (void)state;
    memset(&swap, 0, sizeof swap);
    const struct victim victim = start_victim();
    assert_int_equal(
        act_process_freeze(&process, victim.pid, victim.start_ticks, victim.inode + 1000000, text),
        -ENOENT);
    assert_non_null(strstr(text, "no longer holds"));
    end(victim.pid);
    assert_int_equal(
        act_process_freeze(&process, victim.pid, victim.start_ticks, victim.inode, text), -ESRCH);
}

static void exit_is_seen_without_waiting(void **state)
{
    struct acts_process process;
    char text[ACTS_TEXT_MAX];
    (void)state;
    memset(&swap, 0, sizeof swap);
    const struct victim victim = start_victim();
    assert_int_equal(
        act_process_freeze(&process, victim.pid, victim.start_ticks, victim.inode, text), 0);
    assert_false(act_process_exited(&process));
    end(victim.pid);
    assert_true(act_process_exited(&process));
    act_process_release(&process);
}

static void another_proc_is_refused(void **state)
{
    (void)state;
    memset(&swap, 0, sizeof swap);
    const struct victim holder = start_victim();
    const int below = act_below(&holder);
    const int above = act_above();
    end(holder.pid);
    print_message("%u signals into each of two foreign /proc, ended with %d and %d\n",
                  rounds * FOREIGN_ROUNDS, below, above);
    assert_int_equal(below, FOREIGN_RIGHT);
    assert_int_equal(above, FOREIGN_RIGHT);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signal_reaches_its_process),
        cmocka_unit_test(pid_reused_at_every_step),
        cmocka_unit_test(socket_given_up_is_seen),
        cmocka_unit_test(exit_is_seen_without_waiting),
        cmocka_unit_test(another_proc_is_refused),
    };
    sigset_t kept;
    if (argc > 1)
        rounds = (unsigned)strtoul(argv[1], NULL, 10);
    scene_enter();
    sigemptyset(&kept);
    sigaddset(&kept, SIGTERM);
    sigprocmask(SIG_BLOCK, &kept, NULL); /* in all children: a signal sent stays to be seen */
    if (access("/proc/sys/kernel/ns_last_pid", W_OK) != 0) {
        printf("skipped: no /proc/sys/kernel/ns_last_pid: pids cannot be forced\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
