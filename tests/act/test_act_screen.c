/* test_act_screen TCPLENS [ROUNDS]: signals and closes by the keys of the real program on a pty.
 * The targets are children of the test, with sockets in a network namespace of its own. */
#include "net_tools.h"
#include "pty_screen.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 15000
#define QUIET_MS    300
#define ROUNDS      3 /* a wrong hit shows with the first; `full` asks for more */
#define ARGS_MAX    8

static const char *program;
static struct pty_screen *screen;
static unsigned rounds = ROUNDS;
static int own_pid_namespace;

static _Noreturn void fail(const char *what)
{
    char *text = screen ? pty_screen_text(screen) : NULL;
    fprintf(stderr, "test_act_screen: %s\n%s\n", what, text ? text : "");
    exit(1);
}

static void check(bool holds, const char *what)
{
    if (!holds)
        fail(what);
}

static void wait_text(const char *text)
{
    if (!pty_screen_wait_text(screen, text, DEADLINE_MS)) {
        fprintf(stderr, "waited for \"%s\"\n", text);
        fail("it is not on the screen");
    }
}

static void keys(const char *names)
{
    check(pty_screen_send_keys(screen, names) == 0, names);
}

static void start(const char *filter, const char *option)
{
    const char *argv[ARGS_MAX] = {program, "-i", "0.1", "--sort", "lport"};
    size_t count = 5;
    if (option)
        argv[count++] = option;
    argv[count] = filter;
    const struct pty_screen_options options = {.rows = 24, .cols = 110, .argv = argv};
    check(pty_screen_start(&screen, &options) == 0, "tcplens does not start");
}

static void stop(void)
{
    int status = 0;
    keys("q");
    check(pty_screen_wait_exit(screen, &status, DEADLINE_MS) && status == 0, "no clean end");
    pty_screen_free(screen);
    screen = NULL;
}

/* Enter, again where the dialog that shows this text does not take it yet. */
static void confirm(const char *dialog)
{
    for (int waited = 0; waited < DEADLINE_MS; waited += QUIET_MS) {
        keys("<Enter>");
        if (pty_screen_wait_text_gone(screen, dialog, QUIET_MS))
            return;
    }
    fail("the dialog does not take Enter");
}

/* A process that holds one listener. told: what it writes there is read by the test. */
static pid_t start_holder(unsigned port, unsigned flags)
{
    int ready[2];
    check(pipe(ready) == 0, "pipe");
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        net_listen(net_v4(0x7f000001, port), 4, flags);
        check(write(ready[1], "r", 1) == 1, "write");
        for (;;)
            pause();
    }
    char byte;
    close(ready[1]); /* read() ends if it died */
    check(read(ready[0], &byte, 1) == 1, "the holder does not start");
    close(ready[0]);
    return pid;
}

static void wait_pid_shown(pid_t pid)
{
    char text[16];
    snprintf(text, sizeof text, " %d", pid); /* blanks at the end of a row are left out */
    wait_text(text);
}

static void must_have_died_of(pid_t pid, int number)
{
    int status = 0;
    check(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == number,
          "the process did not die of the signal");
}

/* Keys that came in one breath may have been too fast for the dialog. */
static void confirm_until_exit(pid_t pid)
{
    siginfo_t exited = {0};
    for (int waited = 0; waited < DEADLINE_MS; waited += QUIET_MS) {
        if (waitid(P_PID, (id_t)pid, &exited, WEXITED | WNOHANG | WNOWAIT) == 0 && exited.si_pid)
            return;
        if (pty_screen_find(screen, "holds 1 socket", NULL, NULL))
            keys("<Enter>");
        pty_screen_wait_text_gone(screen, "holds 1 socket", QUIET_MS);
    }
}

static void must_live(pid_t pid)
{
    check(waitpid(pid, NULL, WNOHANG) == 0, "another process died");
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void signal_by_keys(void)
{
    const pid_t pid = start_holder(4000, 0);
    start("sport 4000", NULL);
    wait_pid_shown(pid);
    keys("<F9>");
    wait_text("holds 1 socket");
    confirm("holds 1 socket");
    must_have_died_of(pid, SIGTERM);
    wait_text("s after TERM");
    stop();
    printf("ok: F9 and Enter end the process with TERM\n");
}

/* It does not obey TERM; F9 then offers KILL first. */
static void outlived_signal_offers_kill(void)
{
    signal(SIGTERM, SIG_IGN);
    const pid_t pid = start_holder(4010, 0);
    signal(SIGTERM, SIG_DFL);
    start("sport 4010", NULL);
    wait_pid_shown(pid);
    keys("<F9>");
    wait_text("holds 1 socket");
    confirm("holds 1 socket");
    wait_text("is still there 3 s after TERM; F9 again for KILL");
    must_live(pid);
    keys("<F9>");
    wait_text("holds 1 socket");
    confirm("holds 1 socket");
    must_have_died_of(pid, SIGKILL);
    wait_text("s after KILL");
    stop();
    printf("ok: a process that outlives TERM is told, KILL comes next\n");
}

#define MOVING_ROWS "sport ge 10000 and sport le 20000"

/* While the dialog is open the other process takes the place of the first row. */
static void rows_sorted_under_the_dialog(void)
{
    char moved[16];
    for (unsigned round = 0; round < rounds; round++) {
        const pid_t target = start_holder(20000, 0);
        start(MOVING_ROWS, NULL);
        wait_pid_shown(target);
        keys("g<F9>");
        wait_text("holds 1 socket");
        const unsigned port = 10000 + round % 10000; /* sorts before it from the next frame on */
        const pid_t other = start_holder(port, 0);
        pty_screen_wait_quiet(screen, QUIET_MS, DEADLINE_MS);
        snprintf(moved, sizeof moved, ":%u ", port);
        check(!pty_screen_find(screen, moved, NULL, NULL), "rows moved under the dialog");
        confirm("holds 1 socket");
        must_have_died_of(target, SIGTERM);
        must_live(other);
        stop();
        end(other);
    }
    printf("ok: %u times another row took the place under the dialog, no wrong signal\n", rounds);
}

/* Keys and frames at the same moment: the key means the row that was on the screen. */
static void keys_while_rows_move(void)
{
    for (unsigned round = 0; round < rounds; round++) {
        const pid_t target = start_holder(20000, 0);
        start(MOVING_ROWS, NULL);
        wait_pid_shown(target);
        keys("g");
        const pid_t other = start_holder(10000 + round % 10000, 0);
        keys("<F9><Enter>");
        confirm_until_exit(target);
        must_have_died_of(target, SIGTERM);
        must_live(other);
        stop();
        end(other);
    }
    printf("ok: %u times in one breath with a new first row, no wrong signal\n", rounds);
}

/* Waits for data; tells the errno it gets instead. */
static pid_t start_reader(unsigned port, int result)
{
    int ready[2];
    check(pipe(ready) == 0, "pipe");
    const pid_t pid = fork();
    if (pid == 0) {
        char byte;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int listener = net_listen(net_v4(0x7f000001, port), 4, 0);
        const int client = net_socket(AF_INET, NULL, 0);
        net_connect(client, net_v4(0x7f000001, port));
        const int server = net_accept(listener);
        check(write(ready[1], "r", 1) == 1, "write");
        int error = recv(server, &byte, 1, 0) < 0 ? errno : 0;
        check(write(result, &error, sizeof error) == sizeof error, "write");
        for (;;)
            pause();
    }
    char byte;
    close(ready[1]); /* read() ends if it died */
    check(read(ready[0], &byte, 1) == 1, "the reader does not start");
    close(ready[0]);
    return pid;
}

static void close_by_keys(void)
{
    int result[2], error = 0;
    check(pipe(result) == 0, "pipe");
    const pid_t pid = start_reader(4300, result[1]);
    start("state established and sport 4300", NULL);
    wait_pid_shown(pid);
    keys("X");
    wait_text("sees ECONNABORTED");
    confirm("sees ECONNABORTED");
    struct pollfd told = {result[0], POLLIN, 0};
    if (poll(&told, 1, DEADLINE_MS) != 1) {
        if (pty_screen_find(screen, "CONFIG_INET_DIAG_DESTROY", NULL, NULL)) {
            printf("skipped: this kernel cannot close sockets\n");
            exit(77);
        }
        fail("the connection was not closed");
    }
    check(read(result[0], &error, sizeof error) == sizeof error && error == ECONNABORTED,
          "the process did not get ECONNABORTED");
    wait_text("closed");
    must_live(pid);
    stop();
    end(pid);
    printf("ok: X and Enter close the connection, the process gets ECONNABORTED and lives\n");
}

static bool has_error(int result, int *error)
{
    struct pollfd told = {result, POLLIN, 0};
    return poll(&told, 1, 0) == 1 && read(result, error, sizeof *error) == sizeof *error;
}

/* While the dialog is open, and with the key in one breath: the connection that was on the screen
 * is closed, not the one that took its place. */
static void closes_while_rows_move(void)
{
    for (unsigned round = 0; round < rounds; round++) {
        int results[2], others[2], error = 0;
        check(pipe(results) == 0 && pipe(others) == 0, "pipe");
        const unsigned port = 10000 + round % 10000;
        const pid_t target = start_reader(20000, results[1]);
        start("state established and " MOVING_ROWS, NULL);
        wait_pid_shown(target);
        pid_t other = 0;
        keys("g");
        if (round % 2)
            other = start_reader(port, others[1]);
        keys("X");
        wait_text("sees ECONNABORTED");
        if (!other)
            other = start_reader(port, others[1]);
        confirm("sees ECONNABORTED");
        check(read(results[0], &error, sizeof error) == sizeof error && error == ECONNABORTED,
              "the connection was not closed");
        check(!has_error(others[0], &error), "another connection was closed");
        must_live(target);
        must_live(other);
        stop();
        end(target);
        end(other);
        for (int i = 0; i < 2; i++) {
            close(results[i]);
            close(others[i]);
        }
    }
    printf("ok: %u times another row took the place of a connection, no wrong close\n", rounds);
}

static void listener_takes_a_typed_word(void)
{
    const pid_t pid = start_holder(4400, 0);
    start("sport 4400", NULL);
    wait_pid_shown(pid);
    keys("X");
    wait_text("Type \"close\" to go on");
    keys("<Enter>");
    pty_screen_wait_quiet(screen, QUIET_MS, DEADLINE_MS);
    check(pty_screen_find(screen, "Type \"close\"", NULL, NULL), "closed without the word");
    keys("<Esc>");
    check(pty_screen_wait_text_gone(screen, "Type \"close\"", DEADLINE_MS), "Esc does not leave");
    keys("X");
    wait_text("Type \"close\" to go on");
    keys("close<Enter>");
    wait_text("127.0.0.1:4400: closed");
    stop();
    end(pid);
    printf("ok: a listener is closed by a typed word only\n");
}

/* One row in Listeners, two sockets: whoever holds one of them is offered, and only the one chosen
 * is hit. */
static void all_of_a_port_are_offered(void)
{
    char second[64];
    const pid_t pids[2] = {start_holder(4500, NET_REUSEPORT), start_holder(4500, NET_REUSEPORT)};
    snprintf(second, sizeof second, "also listens there: pid %d", pids[1]);
    start("sport 4500", NULL);
    keys("3");
    wait_text("(2)");
    keys("K");
    wait_text("also listens there");
    if (!pty_screen_find(screen, second, NULL, NULL)) {
        keys("<Tab>"); /* the first one is chosen then */
        wait_text(second);
    }
    keys("<Enter>");
    must_have_died_of(pids[0], SIGTERM);
    must_live(pids[1]);
    check(pty_screen_wait_text_gone(screen, "also listens there", DEADLINE_MS), "the dialog stays");
    keys("1"); /* its own socket, one holder */
    wait_pid_shown(pids[1]);
    keys("K");
    wait_text("holds 1 socket");
    check(!pty_screen_find(screen, "also ", NULL, NULL), "others are offered for one socket");
    keys("<Esc>");
    stop();
    end(pids[1]);
    printf("ok: all that listen on a port are offered\n");
}

/* In tmux the sshd that carries us is no ancestor of ours. */
static void session_server_takes_its_name(void)
{
    prctl(PR_SET_NAME, "sshd"); /* its child's, too */
    const pid_t pid = start_holder(4600, 0);
    prctl(PR_SET_NAME, "test_act_screen");
    start("sport 4600", NULL);
    wait_pid_shown(pid);
    keys("K");
    wait_text("it may be the session you are sitting in");
    wait_text("Type \"sshd\" to go on");
    keys("<Enter>");
    pty_screen_wait_quiet(screen, QUIET_MS, DEADLINE_MS);
    must_live(pid);
    check(pty_screen_find(screen, "Type \"sshd\"", NULL, NULL), "signalled without its name");
    keys("sshd<Enter>");
    must_have_died_of(pid, SIGTERM);
    wait_text("s after TERM");
    stop();
    printf("ok: an sshd is signalled by its typed name only\n");
}

/* Both ends of a connection from port 4660 to 4650 of loopback. */
static pid_t start_carrier(void)
{
    int ready[2];
    char byte;
    check(pipe(ready) == 0, "pipe");
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const struct net_address from = net_v4(0x7f000001, 4660);
        const int listener = net_listen(net_v4(0x7f000001, 4650), 4, 0);
        const int client = net_socket(AF_INET, &from, 0);
        net_connect(client, net_v4(0x7f000001, 4650));
        net_accept(listener);
        check(write(ready[1], "r", 1) == 1, "write");
        for (;;)
            pause();
    }
    close(ready[1]);
    check(read(ready[0], &byte, 1) == 1, "the carrier does not start");
    close(ready[0]);
    return pid;
}

/* Whatever the server of our session is called: neither it nor the connection ends by one Enter. */
static void own_session_is_guarded(void)
{
    const pid_t pid = start_carrier();
    setenv("SSH_CONNECTION", "127.0.0.1 4660 127.0.0.1 4650", 1);
    start("state established and sport 4650", NULL);
    unsetenv("SSH_CONNECTION");
    wait_pid_shown(pid);
    keys("K");
    wait_text("it is the session you are sitting in (SSH_CONNECTION)");
    wait_text("to go on");
    keys("<Esc>");
    check(pty_screen_wait_text_gone(screen, "SSH_CONNECTION", DEADLINE_MS), "Esc does not leave");
    keys("X");
    wait_text("it is the session you are sitting in (SSH_CONNECTION)");
    wait_text("Type \"close\" to go on");
    keys("<Esc>");
    stop();
    must_live(pid);
    end(pid);
    printf("ok: what carries our session is signalled and closed by a typed word only\n");
}

static void bound_socket_is_not_closed(void)
{
    const struct net_address from = net_v4(0x7f000001, 4700);
    const int bound = net_socket(AF_INET, &from, 0);
    start("sport 4700", NULL);
    wait_text("127.0.0.1:4700");
    keys("X");
    wait_text("a socket that is only bound cannot be closed");
    check(listen(bound, 4) == 0, "listen");
    wait_text("LISTEN");
    keys("<Enter><Esc>");
    stop();
    check(net_state(bound) == TCP_LISTEN, "the listener that it has become was closed");
    net_close(bound);
    printf("ok: a socket that is only bound is not closed, nor what it becomes\n");
}

/* /proc is another pid namespace's: the number that it shows is here another process's, or none's.
 * The last of all: what is mounted stays. */
static void other_namespace_is_refused(void)
{
    int ready[2];
    char byte;
    check(pipe(ready) == 0, "pipe");
    if (unshare(CLONE_NEWNS | CLONE_NEWPID) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        printf("skipped: no pid namespace can be made\n");
        return;
    }
    const pid_t pid = fork(); /* 1 of the new one */
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        check(mount("proc", "/proc", "proc", 0, NULL) == 0, "mount");
        net_listen(net_v4(0x7f000001, 4800), 4, 0);
        check(write(ready[1], "r", 1) == 1, "write");
        for (;;)
            pause();
    }
    close(ready[1]);
    check(read(ready[0], &byte, 1) == 1, "the holder does not start");
    close(ready[0]);
    /* Further children would be of that namespace: the program is run by one of ours. */
    check(setns(own_pid_namespace, CLONE_NEWPID) == 0, "setns");
    start("sport 4800", NULL);
    wait_text("/proc is another pid namespace's");
    wait_pid_shown(1);
    keys("K");
    wait_text("nothing is signalled");
    check(!pty_screen_find(screen, "holds 1 socket", NULL, NULL), "a dialog of a stranger");
    keys("<Enter>");
    pty_screen_wait_quiet(screen, QUIET_MS, DEADLINE_MS);
    must_live(pid);
    stop();
    end(pid);
    printf("ok: nothing is signalled by the pids of another namespace\n");
}

static void refusals_say_why(void)
{
    const pid_t pid = start_holder(4500, 0);
    start("sport 4500", "--read-only");
    wait_pid_shown(pid);
    keys("K");
    wait_text("--read-only: nothing is signalled or closed");
    stop();
    start("sport 4500", NULL);
    wait_pid_shown(pid);
    keys("p");
    wait_text("paused");
    keys("K");
    wait_text("paused: what is shown may be gone");
    stop();
    must_live(pid);
    end(pid);
    printf("ok: --read-only and pause say why nothing is done\n");
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: test_act_screen TCPLENS [ROUNDS]\n");
        return 2;
    }
    if (argc == 3)
        rounds = (unsigned)strtoul(argv[2], NULL, 10);
    program = argv[1];
    net_enter_namespace(0);
    own_pid_namespace = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    signal_by_keys();
    outlived_signal_offers_kill();
    rows_sorted_under_the_dialog();
    keys_while_rows_move();
    close_by_keys();
    closes_while_rows_move();
    listener_takes_a_typed_word();
    all_of_a_port_are_offered();
    session_server_takes_its_name();
    own_session_is_guarded();
    bound_socket_is_not_closed();
    refusals_say_why();
    other_namespace_is_refused();
    return 0;
}
