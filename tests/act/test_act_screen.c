/* test_act_screen TCPLENS [ROUNDS]: signals and closes by the keys of the real program. */
#include "act_scene.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 3 /* a wrong hit shows with the first; `full` asks for more */

static unsigned rounds = ROUNDS;

static void signal_by_keys(void)
{
    const pid_t pid = start_holder(4000, 0);
    start("sport 4000", NULL);
    wait_pid_shown(pid);
    keys("<F9>");
    wait_text("holds 1 socket;");
    confirm("holds 1 socket;");
    must_have_died_of(pid, SIGTERM);
    wait_text("s after TERM");
    end_scene();
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
    wait_text("holds 1 socket;");
    confirm("holds 1 socket;");
    wait_text("is still there 3 s after TERM; F9 again for KILL");
    must_live(pid);
    keys("<F9>");
    wait_text("holds 1 socket;");
    confirm("holds 1 socket;");
    must_have_died_of(pid, SIGKILL);
    wait_text("s after KILL");
    end_scene();
    printf("ok: a process that outlives TERM is named, KILL comes next\n");
}

#define MOVING_ROWS    "sport ge 10000 and sport le 20000"
#define MOVING_MS      50
#define MOVING_MOST    3u /* open at a time */
#define MOVING_CHANGES 8  /* while the dialog is open */

/* While the dialog is open the other process takes the place of the first row. */
static void rows_sorted_under_the_dialog(void)
{
    char moved[16];
    for (unsigned round = 0; round < rounds; round++) {
        const pid_t target = start_holder(20000, 0);
        start(MOVING_ROWS, NULL);
        wait_pid_shown(target);
        keys("g<F9>");
        wait_text("holds 1 socket;");
        const unsigned port = 10000 + round % 10000; /* sorts before it from the next frame on */
        const pid_t other = start_holder(port, 0);
        pty_screen_wait_idle(screen, DEADLINE_MS);
        snprintf(moved, sizeof moved, ":%u ", port);
        check(!pty_screen_find(screen, moved, NULL, NULL), "rows moved under the dialog");
        confirm("holds 1 socket;");
        must_have_died_of(target, SIGTERM);
        must_live(other);
        end_scene();
        end(other);
    }
    printf("ok: %u times another row took the place under the dialog, no wrong signal\n", rounds);
}

/* Opens and closes listeners whose rows sort before all others, twice in each refresh interval; a byte
 * a change goes into the pipe. */
static pid_t start_mover(int *changes)
{
    int told[2];
    check(pipe(told) == 0, "pipe");
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int open[MOVING_MOST];
        for (unsigned i = 0;; i++) {
            if (i >= MOVING_MOST)
                net_close(open[i % MOVING_MOST]);
            open[i % MOVING_MOST] = net_listen(net_v4(0x7f000001, 19000 - i % 9000), 4, 0);
            check(write(told[1], "c", 1) == 1, "write");
            poll(NULL, 0, MOVING_MS); /* the pace of the changes, not a wait for anything */
        }
    }
    close(told[1]);
    *changes = told[0];
    return pid;
}

/* What moved before the dialog was open does not count. */
static void forget_changes(int changes)
{
    char seen[64];
    struct pollfd polled = {changes, POLLIN, 0};

    while (poll(&polled, 1, 0) == 1)
        check(read(changes, seen, sizeof seen) > 0, "the mover has ended");
}

static void rows_moving_all_the_time(void)
{
    char seen[MOVING_CHANGES];
    for (unsigned round = 0; round < rounds; round++) {
        int changes;
        const pid_t target = start_holder(20000, 0);
        start(MOVING_ROWS, NULL);
        wait_pid_shown(target);
        const pid_t mover = start_mover(&changes);
        wait_text("127.0.0.1:1"); /* one of its rows */
        keys("G<F9>");            /* the last row is the target's, however many come before it */
        wait_text("holds 1 socket;");
        forget_changes(changes);
        for (size_t got = 0; got < sizeof seen;) {
            const ssize_t more = read(changes, seen, sizeof seen - got);
            check(more > 0, "the rows stand still");
            got += (size_t)more;
        }
        confirm("holds 1 socket;");
        must_have_died_of(target, SIGTERM);
        must_live(mover);
        end_scene();
        end(mover);
        close(changes);
    }
    printf("ok: %u times with rows that changed every %u ms, no wrong signal\n", rounds, MOVING_MS);
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
        keys("<F9><Enter>"); /* that Enter was on its way before there was a dialog */
        wait_text("holds 1 socket;");
        must_live(target);
        confirm("holds 1 socket;");
        must_have_died_of(target, SIGTERM);
        must_live(other);
        end_scene();
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
    end_scene();
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
        end_scene();
        end(target);
        end(other);
        for (int i = 0; i < 2; i++) {
            close(results[i]);
            close(others[i]);
        }
    }
    printf("ok: %u times another row took the place of a connection, no wrong close\n", rounds);
}

/* One row in Listeners, two sockets: every process that holds one of them is offered, and only the
 * one chosen is hit. */
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
    confirm("also listens there");
    must_have_died_of(pids[0], SIGTERM);
    must_live(pids[1]);
    check(pty_screen_wait_text_gone(screen, "also listens there", DEADLINE_MS), "the dialog stays");
    keys("1"); /* its own socket, one holder */
    wait_pid_shown(pids[1]);
    keys("K");
    wait_text("holds 1 socket;");
    check(!pty_screen_find(screen, "also ", NULL, NULL), "others are offered for one socket");
    keys("<Esc>");
    end_scene();
    end(pids[1]);
    printf("ok: all that listen on a port are offered\n");
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
    signal_by_keys();
    outlived_signal_offers_kill();
    rows_sorted_under_the_dialog();
    rows_moving_all_the_time();
    keys_while_rows_move();
    close_by_keys();
    closes_while_rows_move();
    all_of_a_port_are_offered();
    return 0;
}
