#include "act_scene.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 8

const char *program, *session;
struct pty_screen *screen;

_Noreturn void fail(const char *what)
{
    char *text = screen ? pty_screen_text(screen) : NULL;
    fprintf(stderr, "FAILED: %s\n%s\n", what, text ? text : "");
    exit(1);
}

void check(bool holds, const char *what)
{
    if (!holds)
        fail(what);
}

void wait_text(const char *text)
{
    if (!pty_screen_wait_text(screen, text, DEADLINE_MS)) {
        fprintf(stderr, "waited for \"%s\"\n", text);
        fail("it is not on the screen");
    }
}

void keys(const char *names)
{
    check(pty_screen_send_keys(screen, names) == 0, names);
}

void start(const char *filter, const char *option)
{
    const char *argv[ARGS_MAX] = {program, "-i", "0.1", "--sort", "lport"};
    size_t count = 5;
    if (option)
        argv[count++] = option;
    argv[count] = filter;
    char variable[128];
    const char *env[] = {session ? variable : NULL, NULL};
    snprintf(variable, sizeof variable, "SSH_CONNECTION=%s", session ? session : "");
    const struct pty_screen_options options = {.rows = 24, .cols = 110, .argv = argv, .env = env};
    check(pty_screen_start(&screen, &options) == 0, "tcplens does not start");
}

void end_scene(void)
{
    int status = 0;
    keys("q");
    check(pty_screen_wait_exit(screen, &status, DEADLINE_MS) && status == 0, "no clean end");
    pty_screen_free(screen);
    screen = NULL;
}

void confirm(const char *dialog)
{
    for (int waited = 0; waited < DEADLINE_MS; waited += QUIET_MS) {
        keys("<Enter>");
        if (pty_screen_wait_text_gone(screen, dialog, QUIET_MS))
            return;
    }
    fail("the dialog does not take Enter");
}

pid_t start_holder(unsigned port, unsigned flags)
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

void wait_pid_shown(pid_t pid)
{
    char text[16];
    snprintf(text, sizeof text, " %d", pid); /* blanks at the end of a row are left out */
    wait_text(text);
}

void must_have_died_of(pid_t pid, int number)
{
    int status = 0;
    check(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == number,
          "the process did not die of the signal");
}

void must_live(pid_t pid)
{
    check(waitpid(pid, NULL, WNOHANG) == 0, "another process died");
}

void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
