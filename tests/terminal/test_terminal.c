/* How the program leaves its terminal: restored after every end that can be caught, also with the
 * output unread; stopped and continued. */
#include "terminal_run.h"

#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

static const char *preload; /* makes curses call exit(); NULL: left out */
static int stops = 8;
static const char *fail_write; /* to be preloaded: a write fails; NULL: left out */

static void test_quit_restores(void **state)
{
    struct pty_screen *screen = terminal_start_and_wait();
    struct termios before, now;
    int status;
    (void)state;
    pty_screen_termios_before(screen, &before);
    assert_int_equal(pty_screen_termios_now(screen, &now), 0);
    assert_false(pty_screen_termios_equal(&before, &now));
    assert_true(pty_screen_in_alternate(screen));
    pty_screen_send_keys(screen, "q");
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    terminal_assert_restored(screen);
    assert_false(pty_screen_in_alternate(screen));
    assert_false(pty_screen_mouse_wanted(screen));
    pty_screen_free(screen);
}

/* True once a thread of the program waits for room in the pty. */
static bool is_stuck(const struct pty_screen *screen)
{
    char path[64], text[64];
    bool stuck = false;
    glob_t tasks;
    snprintf(path, sizeof(path), "/proc/%d/task/*/wchan", (int)pty_screen_pid(screen));
    if (glob(path, 0, NULL, &tasks) != 0)
        return false;
    for (size_t i = 0; i < tasks.gl_pathc; i++) {
        FILE *file = fopen(tasks.gl_pathv[i], "r");
        if (!file)
            continue;
        stuck = stuck || (fgets(text, sizeof(text), file) && strcmp(text, "wait_woken") == 0);
        fclose(file);
    }
    globfree(&tasks);
    return stuck;
}

/* Repaints until the pty takes no more (Linux 6.18 holds some 18 kB). */
static void fill_pty(struct pty_screen *screen)
{
    bool stuck = false;
    pty_screen_set_reading(screen, false);
    for (int paint = 0; paint < 400 && !stuck; paint++) {
        pty_screen_send_keys(screen, "<C-l>");
        pty_screen_wait_quiet(screen, 5, 5);
        stuck = is_stuck(screen);
    }
    if (!stuck)
        print_message("not seen: the screen waiting for the pty (no wchan here?)\n");
}

static void end_by(int number, bool unread)
{
    struct pty_screen *screen = terminal_start_and_wait();
    int status;
    if (unread)
        fill_pty(screen);
    double begin = terminal_now_ms();
    pty_screen_signal(screen, number);
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    print_message("%s%s: ended after %.0f ms\n", strsignal(number), unread ? ", pty unread" : "",
                  terminal_now_ms() - begin);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + number);
    terminal_assert_restored(screen);
    if (!unread)
        assert_false(pty_screen_in_alternate(screen));
    pty_screen_free(screen);
}

static void test_signals_restore(void **state)
{
    (void)state;
    end_by(SIGTERM, false);
    end_by(SIGINT, false);
    end_by(SIGHUP, false);
}

/* Signals that end a program by default and may be sent. */
static void test_other_signals_restore(void **state)
{
    static const int NUMBERS[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU,
                                  SIGXFSZ, SIGIO,   SIGPWR,  SIGSTKFLT, SIGQUIT};
    (void)state;
    for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++)
        end_by(NUMBERS[i], false);
    end_by(SIGRTMIN, false);
    end_by(SIGRTMAX, false);
}

static void test_signals_with_pty_unread(void **state)
{
    (void)state;
    end_by(SIGTERM, true);
    end_by(SIGINT, true);
    end_by(SIGHUP, true);
}

static void test_never_read(void **state)
{
    struct pty_screen *screen = terminal_start(NULL, true);
    int status;
    (void)state;
    pty_screen_wait_quiet(screen, 300, 300);
    pty_screen_signal(screen, SIGTERM);
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    terminal_assert_restored(screen);
    pty_screen_free(screen);
}

static void test_crash_restores(void **state)
{
    static const int NUMBERS[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGSYS, SIGTRAP};
    (void)state;
    for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++) {
        struct pty_screen *screen = terminal_start_and_wait();
        int status;
        pty_screen_signal(screen, NUMBERS[i]);
        assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), NUMBERS[i]);
        terminal_assert_restored(screen);
        assert_false(pty_screen_in_alternate(screen));
        pty_screen_free(screen);
    }
}

static void end_within_curses(const char *how)
{
    char environment[4096];
    int status;
    if (!preload)
        skip();
    snprintf(environment, sizeof(environment), "LD_PRELOAD=%s", preload);
    struct pty_screen *screen =
        terminal_start((const char *const[]){environment, how, NULL}, false);
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
    terminal_assert_restored(screen);
    assert_false(pty_screen_in_alternate(screen));
    assert_true(pty_screen_find(screen, "out of memory?", NULL, NULL));
    pty_screen_free(screen);
}

static void test_exit_within_curses_restores(void **state)
{
    (void)state;
    end_within_curses(NULL);
}

static void test_null_within_curses_restores(void **state)
{
    (void)state;
    end_within_curses("NULL_IN_CURSES=1");
}

static struct pty_screen *start_with_failing(const char *what, const char *value)
{
    char preloaded[4096], failing[64];
    if (!fail_write)
        skip();
    snprintf(preloaded, sizeof(preloaded), "LD_PRELOAD=%s", fail_write);
    snprintf(failing, sizeof(failing), "%s=%s", what, value);
    return terminal_start((const char *const[]){preloaded, failing, NULL}, false);
}

/* How often the program wrote it so far. */
static int times_written(const struct pty_screen *screen, const char *text)
{
    const size_t length = strlen(text);
    size_t size;
    const unsigned char *raw = pty_screen_raw(screen, &size), *end = raw + size;
    int times = 0;
    while (raw && (raw = memmem(raw, (size_t)(end - raw), text, length)) != NULL) {
        raw += length;
        times++;
    }
    return times;
}

static void leave_with_failing(const char *what, const char *value)
{
    struct pty_screen *screen = start_with_failing(what, value);
    int status;
    assert_true(pty_screen_wait_text(screen, "Connections", DEADLINE_MS));
    assert_int_equal(times_written(screen, "\033[?2004h"), 1);
    pty_screen_send_keys(screen, "q");
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    terminal_assert_restored(screen);
    assert_false(pty_screen_in_alternate(screen));
    assert_false(pty_screen_mouse_wanted(screen));
    assert_true(times_written(screen, "\033[?2004l") >= 1);
    pty_screen_free(screen);
}

static void test_failing_write_restores(void **state)
{
    (void)state;
    leave_with_failing("FAIL_WRITE",
                       "2\033[?1049l"); /* by curses, which leaves once as it begins */
    leave_with_failing("FAIL_WRITE", "1\033[?2004l"); /* bracketed paste, by us */
    leave_with_failing("FAIL_MODES", "4");            /* by us, as it begins */
    leave_with_failing("FAIL_MODES", "5");            /* by curses, as it ends */
}

static void paint_with_failing_write(const char *text)
{
    struct pty_screen *screen = start_with_failing("FAIL_WRITE", text);
    assert_true(pty_screen_wait_line(screen, 23, "Help", DEADLINE_MS));
    assert_true(pty_screen_in_alternate(screen));
    terminal_quit(screen);
}

static void test_failing_write_is_painted_again(void **state)
{
    (void)state;
    paint_with_failing_write("1Help");        /* at the bottom: painted once, it never changes */
    paint_with_failing_write("2\033[?1049h"); /* entered once before, as curses begins */
}

/* A screen that cannot wait would not be read and painted any more: it ends, and says why. */
static void test_failing_wait_is_reported(void **state)
{
    struct pty_screen *screen = start_with_failing("FAIL_POLL", "1");
    int status;
    (void)state;
    assert_true(pty_screen_wait_exit(screen, &status, DEADLINE_MS));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_true(pty_screen_find(screen, "no screen: Cannot allocate memory", NULL, NULL));
    terminal_assert_restored(screen);
    pty_screen_free(screen);
}

/* The thread that takes signals takes them although it cannot wait. */
static void test_failing_wait_takes_signals(void **state)
{
    struct pty_screen *screen = start_with_failing("FAIL_POLL", "main");
    int status;
    (void)state;
    assert_true(pty_screen_wait_text(screen, "STATE", DEADLINE_MS));
    pty_screen_signal(screen, SIGTERM);
    assert_true(pty_screen_wait_exit(screen, &status, DEADLINE_MS));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGTERM);
    terminal_assert_restored(screen);
    pty_screen_free(screen);
}

static void test_hangup_ends(void **state)
{
    struct pty_screen *screen = terminal_start_and_wait();
    int status;
    (void)state;
    pty_screen_hangup(screen);
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    assert_true(WIFEXITED(status));
    pty_screen_free(screen);
}

static bool is_stopped(const struct pty_screen *screen)
{
    char path[64], text[512] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pty_screen_pid(screen));
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    size_t got = fread(text, 1, sizeof(text) - 1, file);
    text[got] = '\0';
    fclose(file);
    const char *end = strrchr(text, ')');
    return end && end[2] == 'T';
}

static bool wait_stopped(struct pty_screen *screen)
{
    double end = terminal_now_ms() + DEADLINE_MS;
    while (!is_stopped(screen) && terminal_now_ms() < end)
        pty_screen_wait_quiet(screen, 5, 5);
    return is_stopped(screen);
}

static void stop_and_continue(struct pty_screen *screen, int rounds)
{
    for (int round = 0; round < rounds; round++) {
        pty_screen_send_keys(screen, "jkjkjk"); /* it stops while it paints, too */
        pty_screen_signal(screen, SIGTSTP);
        assert_true(wait_stopped(screen));
        pty_screen_wait_quiet(screen, 50, 1000);
        terminal_assert_restored(screen);
        assert_false(pty_screen_in_alternate(screen));
        pty_screen_resize(screen, 20 + round % 8, 70);
        pty_screen_signal(screen, SIGCONT);
        assert_true(pty_screen_wait_line(screen, 19 + round % 8, "Help", DEADLINE_MS));
        assert_true(pty_screen_in_alternate(screen));
    }
}

static void test_stop_and_continue(void **state)
{
    struct pty_screen *screen = terminal_start_job_and_wait(NULL);

    (void)state;
    stop_and_continue(screen, stops);
    terminal_quit(screen);
}

/* Its threads send each other orders and answers, each of which fails once. */
static void test_failing_orders_are_sent_again(void **state)
{
    char preloaded[4096];
    const char *const env[] = {preloaded, "LOSE_ORDERS=1", NULL};

    (void)state;
    if (!fail_write)
        skip();
    snprintf(preloaded, sizeof(preloaded), "LD_PRELOAD=%s", fail_write);
    struct pty_screen *screen = terminal_start_job_and_wait(env);
    stop_and_continue(screen, 8);
    terminal_quit(screen);
}

static void expect_help(struct pty_screen *screen)
{
    pty_screen_send_keys(screen, "?");
    assert_true(pty_screen_wait_text(screen, "Columns of this view", DEADLINE_MS));
    pty_screen_send_keys(screen, "<Esc>");
    assert_true(pty_screen_wait_text_gone(screen, "Columns of this view", DEADLINE_MS));
}

/* With the screen stuck in a write, the order to leave it and the order to go on wait side by side; a ^S typed
 * between the two stops nothing. */
static void test_stop_and_continue_with_pty_unread(void **state)
{
    struct pty_screen *screen = terminal_start_job_and_wait(NULL);
    (void)state;
    for (int round = 0; round < 3; round++) {
        fill_pty(screen);
        pty_screen_signal(screen, SIGTSTP);
        assert_true(wait_stopped(screen));
        terminal_assert_restored(screen);
        pty_screen_send_bytes(screen, "\x13", 1);
        pty_screen_signal(screen, SIGCONT);
        pty_screen_set_reading(screen, true);
        pty_screen_resize(screen, 20 + round, 70);
        assert_true(pty_screen_wait_line(screen, 19 + round, "Help", DEADLINE_MS));
        assert_true(pty_screen_in_alternate(screen));
        expect_help(screen);
    }
    terminal_quit(screen);
}

/* Under a shell with job control: in the background it stops without having touched the terminal,
 * TERM ends it there, and "fg" shows the screen. */
static void test_in_the_background(void **state)
{
    static const char SCRIPT[] =
        "set -m; \"$0\" --demo 7 & p=$!\n"
        "stopped() { while read -r _ _ s _ < /proc/$1/stat; do case $s in T) return;; esac; done; "
        "}\n"
        "stopped $p; kill -TERM $p; kill -CONT $p; while [ -e /proc/$p ]; do :; done; echo ended\n"
        "\"$0\" --demo 7 & p=$!\n"
        "stopped $p; kill -CONT $p; stopped $p; fg >/dev/null; echo \"left $?\"; read -r _\n";
    const char *const argv[] = {"bash", "-c", SCRIPT, terminal_program, NULL};
    const struct pty_screen_options options = {.rows = 24, .cols = 80, .argv = argv};
    struct pty_screen *screen = NULL;
    int status;
    (void)state;
    assert_int_equal(pty_screen_start(&screen, &options), 0);
    assert_true(pty_screen_wait_text(screen, "ended", DEADLINE_MS));
    assert_true(pty_screen_wait_text(screen, "ESTAB", DEADLINE_MS));
    pty_screen_send_keys(screen, "q");
    assert_true(pty_screen_wait_text(screen, "left 0", DEADLINE_MS));
    assert_false(pty_screen_in_alternate(screen));
    pty_screen_send_keys(screen, "<Enter>");
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    pty_screen_free(screen);
}

static void spin(double milliseconds)
{
    for (double end = terminal_now_ms() + milliseconds; terminal_now_ms() < end;)
        ;
}

/* A SIGCONT that comes while the screen is being left takes the stop back: it is not lost. */
static void test_continued_before_it_stopped(void **state)
{
    struct pty_screen *screen = terminal_start_job_and_wait(NULL);
    (void)state;
    for (int round = 0; round < 40; round++) {
        pty_screen_signal(screen, SIGTSTP);
        spin(round * 0.1);
        pty_screen_signal(screen, SIGCONT);
        expect_help(screen);
    }
    terminal_quit(screen);
}

/* ^S stops no output: typed to the program, or while it was stopped. */
static void test_flow_keys_freeze_nothing(void **state)
{
    struct pty_screen *screen = terminal_start_job_and_wait(NULL);
    (void)state;
    pty_screen_send_bytes(screen, "\x13", 1);
    expect_help(screen);
    pty_screen_signal(screen, SIGTSTP);
    assert_true(wait_stopped(screen));
    pty_screen_send_bytes(screen, "\x13", 1);
    pty_screen_signal(screen, SIGCONT);
    expect_help(screen);
    pty_screen_send_bytes(screen, "\x13", 1);
    expect_help(screen);
    terminal_quit(screen);
}

/* Nor typed before it began, whose modes it restores all the same. */
static void test_begun_with_output_stopped(void **state)
{
    static const char SCRIPT[] = "echo ready; read -r _; exec \"$0\" --demo 7";
    const char *const argv[] = {"sh", "-c", SCRIPT, terminal_program, NULL};
    const struct pty_screen_options options = {.rows = 24, .cols = 80, .argv = argv};
    struct pty_screen *screen = NULL;
    int status;
    (void)state;
    assert_int_equal(pty_screen_start(&screen, &options), 0);
    assert_true(pty_screen_wait_text(screen, "ready", DEADLINE_MS));
    pty_screen_send_bytes(screen, "\x13\n", 2);
    assert_true(pty_screen_wait_text(screen, "ESTAB", DEADLINE_MS));
    expect_help(screen);
    pty_screen_send_keys(screen, "q");
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    terminal_assert_restored(screen);
    pty_screen_free(screen);
}

/* Where it leads the session there is no shell that could continue it: it goes on. */
static void test_no_shell_to_stop_for(void **state)
{
    struct pty_screen *screen = terminal_start_and_wait();
    (void)state;
    for (int round = 0; round < 3; round++) {
        pty_screen_signal(screen, SIGTSTP);
        expect_help(screen);
    }
    terminal_quit(screen);
}

/* SIGSTOP cannot be seen coming: after it everything is set up and painted again. */
static void test_stop_unseen(void **state)
{
    struct pty_screen *screen = terminal_start_job_and_wait(NULL);
    int status;
    (void)state;
    pty_screen_signal(screen, SIGSTOP);
    assert_true(wait_stopped(screen));
    pty_screen_signal(screen, SIGCONT);
    pty_screen_send_keys(screen, "?");
    assert_true(pty_screen_wait_text(screen, "Columns of this view", DEADLINE_MS));
    pty_screen_send_keys(screen, "qq");
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    terminal_assert_restored(screen);
    pty_screen_free(screen);
}

/* In a session of its own, as under "su -c", no signal says that the terminal has another size. */
static void test_resized_without_a_signal(void **state)
{
    const char *const argv[] = {"setsid", "--wait", terminal_program, "--demo", "7", NULL};
    const struct pty_screen_options options = {.rows = 24, .cols = 80, .argv = argv};
    struct pty_screen *screen = NULL;
    (void)state;
    assert_int_equal(pty_screen_start(&screen, &options), 0);
    assert_true(pty_screen_wait_line(screen, 23, "Help", DEADLINE_MS));
    pty_screen_resize(screen, 20, 70);
    assert_true(pty_screen_wait_line(screen, 19, "Help", DEADLINE_MS));
    pty_screen_resize(screen, 30, 100);
    assert_true(pty_screen_wait_line(screen, 29, "Help", DEADLINE_MS));
    terminal_quit(screen);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quit_restores),
        cmocka_unit_test(test_signals_restore),
        cmocka_unit_test(test_other_signals_restore),
        cmocka_unit_test(test_signals_with_pty_unread),
        cmocka_unit_test(test_never_read),
        cmocka_unit_test(test_crash_restores),
        cmocka_unit_test(test_exit_within_curses_restores),
        cmocka_unit_test(test_null_within_curses_restores),
        cmocka_unit_test(test_failing_write_restores),
        cmocka_unit_test(test_failing_write_is_painted_again),
        cmocka_unit_test(test_failing_wait_is_reported),
        cmocka_unit_test(test_failing_wait_takes_signals),
        cmocka_unit_test(test_hangup_ends),
        cmocka_unit_test(test_stop_and_continue),
        cmocka_unit_test(test_failing_orders_are_sent_again),
        cmocka_unit_test(test_in_the_background),
        cmocka_unit_test(test_stop_and_continue_with_pty_unread),
        cmocka_unit_test(test_continued_before_it_stopped),
        cmocka_unit_test(test_flow_keys_freeze_nothing),
        cmocka_unit_test(test_begun_with_output_stopped),
        cmocka_unit_test(test_no_shell_to_stop_for),
        cmocka_unit_test(test_stop_unseen),
        cmocka_unit_test(test_resized_without_a_signal),
    };
    if (argc != 2 && argc != 4 && argc != 5) {
        fputs("usage: test_terminal TCPLENS [EXIT_IN_CURSES FAIL_WRITE [STOPS]]\n", stderr);
        return 2;
    }
    terminal_program = argv[1];
    preload = argc >= 4 ? argv[2] : NULL;
    fail_write = argc >= 4 ? argv[3] : NULL;
    stops = argc == 5 ? (int)strtol(argv[4], NULL, 10) : stops;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
