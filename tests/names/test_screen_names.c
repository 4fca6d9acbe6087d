/* The screen and the resolver: nothing is asked until n is pressed; a resolver that never answers
 * takes no key press and no exit; what it answers does not reach the terminal unless it is a host
 * name. In a network and mount namespace of the test's own, with its own /etc/resolv.conf. */
#include "dns_stub.h"
#include "net_tools.h"
#include "pty_screen.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 10000

static const char *program;
static int server = -1;

static struct pty_screen *start(const char *filter)
{
    const char *argv[] = {program, "top", "--demo", "7", filter, NULL};
    struct pty_screen *screen;
    assert_int_equal(
        pty_screen_start(&screen,
                         &(struct pty_screen_options){.rows = 40, .cols = 120, .argv = argv}),
        0);
    assert_true(pty_screen_wait_text(screen, "ESTAB", DEADLINE_MS));
    return screen;
}

static unsigned drain(void)
{
    struct dns_question question;
    unsigned count = 0;
    while (dns_stub_read(server, &question))
        count++;
    return count;
}

static void test_dead_resolver_costs_nothing(void **state)
{
    struct pty_screen *screen = start(NULL);
    struct timespec begin, done;
    int status = -1;

    (void)state;
    pty_screen_wait_idle(screen, DEADLINE_MS);
    assert_int_equal(drain(), 0);
    pty_screen_send_keys(screen, "n");
    assert_true(pty_screen_wait_text(screen, "host names on", DEADLINE_MS));
    pty_screen_send_keys(screen, "?");
    assert_true(pty_screen_wait_text(screen, "Columns of this view", DEADLINE_MS));
    pty_screen_send_keys(screen, "<Esc>2");
    assert_true(pty_screen_wait_text(screen, "[2 Processes]", DEADLINE_MS));
    pty_screen_send_keys(screen, "4");
    assert_true(pty_screen_wait_text(screen, "[4 Peers]", DEADLINE_MS));
    assert_true(drain() > 0); /* it was asked, and is silent */
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pty_screen_send_keys(screen, "q");
    assert_true(pty_screen_wait_exit(screen, &status, DEADLINE_MS));
    clock_gettime(CLOCK_MONOTONIC, &done);
    printf("quit with queries under way: %.0f ms\n",
           (double)(done.tv_sec - begin.tv_sec) * 1e3 +
               (double)(done.tv_nsec - begin.tv_nsec) / 1e6);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    pty_screen_free(screen);
}

/* Answers every other question with a name, the rest with what is none, until it is killed. */
static pid_t serve(void)
{
    static const char HOSTILE[] = "\x0c"
                                  "a\x1b]0;evil\x07zz";
    const pid_t child = fork();

    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned count = 0;; count++) {
        struct pollfd wait = {.fd = server, .events = POLLIN};
        struct dns_question question;

        poll(&wait, 1, -1);
        if (!dns_stub_read(server, &question))
            continue;
        if (count % 2 == 0)
            dns_stub_answer_name(server, &question, "sound.example");
        else
            dns_stub_answer(server, &question, HOSTILE, sizeof HOSTILE - 1);
    }
}

static void test_only_host_names_reach_the_screen(void **state)
{
    struct pty_screen *screen = start(NULL);
    const pid_t child = serve();
    size_t size;

    (void)state;
    assert_true(child > 0);
    pty_screen_send_keys(screen, "G");
    pty_screen_send_keys(screen, "n");
    assert_true(pty_screen_wait_text(screen, "sound.example:", DEADLINE_MS));
    pty_screen_wait_quiet(screen, 200, 2000);
    const char *raw = (const char *)pty_screen_raw(screen, &size);
    assert_null(memmem(raw, size, "evil", 4));
    pty_screen_send_keys(screen, "n");
    assert_true(pty_screen_wait_text(screen, "host names off", DEADLINE_MS));
    assert_true(pty_screen_wait_text_gone(screen, "sound.example", DEADLINE_MS));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(pty_screen_quit(screen, DEADLINE_MS), 0);
}

static bool make_namespace(void)
{
    char path[] = "/tmp/tcplens-resolv-XXXXXX";
    uint16_t port = 53;

    if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    net_bring_loopback_up();
    int file = mkstemp(path);
    if (file < 0 || write(file, "nameserver 127.0.0.1\n", 21) != 21)
        return false;
    close(file);
    bool bound = mount(path, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0;
    unlink(path);
    server = bound ? dns_stub_open(&port) : -1;
    return server >= 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dead_resolver_costs_nothing),
        cmocka_unit_test(test_only_host_names_reach_the_screen),
    };
    program = argc > 1 ? argv[1] : "tcplens";
    if (!make_namespace()) {
        fprintf(stderr, "skipped: no namespace with a resolv.conf of its own: %s\n",
                strerror(errno));
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
