/* How the program treats terminals of all kinds: resized, of a type or a size it does not know,
 * without a database of types, sending any bytes. */
#include "terminal_run.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static size_t count_clears(const struct pty_screen *screen)
{
    static const char CLEAR[] = "\033[2J";
    size_t size, count = 0;
    const unsigned char *at = pty_screen_raw(screen, &size), *end = at + size;

    while ((at = memmem(at, (size_t)(end - at), CLEAR, sizeof(CLEAR) - 1)) != NULL) {
        at += sizeof(CLEAR) - 1;
        count++;
    }
    return count;
}

static int resizes = 200;

static void test_resize_storm(void **state)
{
    struct pty_screen *screen = terminal_start_and_wait();
    unsigned seed = 7;
    (void)state;
    for (int i = 0; i < resizes; i++) {
        seed = seed * 1103515245u + 12345u;
        pty_screen_resize(screen, 1 + (int)(seed >> 16) % 200, 1 + (int)(seed >> 8) % 500);
        if (i % 8 == 0)
            pty_screen_send_keys(screen, i % 16 ? "?" : "<Esc>");
        if (i % 4 == 0) /* else they become one */
            pty_screen_wait_quiet(screen, 1, 20);
    }
    print_message("%d resizes, %zu repaints\n", resizes, count_clears(screen));
    pty_screen_resize(screen, 1, 1);
    pty_screen_send_keys(screen, "jkGg?<Esc>s<Esc>");
    pty_screen_wait_quiet(screen, 100, 2000);
    pty_screen_resize(screen, 30, 100);
    pty_screen_send_keys(screen, "<Esc><Esc>");
    assert_true(pty_screen_wait_line(screen, 29, "Quit", DEADLINE_MS));
    assert_int_equal(pty_screen_quit(screen, END_DEADLINE_MS), 0);
}

static bool has_more_clears(struct pty_screen *screen, void *user)
{
    const size_t *before = user;
    return count_clears(screen) > *before;
}

/* Resized and back before the program looked: the size is the same, what stood there is not. */
static void test_resized_there_and_back(void **state)
{
    struct pty_screen *screen = terminal_start_and_wait();
    size_t before = count_clears(screen);
    (void)state;
    pty_screen_signal(screen, SIGWINCH);
    assert_true(pty_screen_wait_for(screen, has_more_clears, &before, DEADLINE_MS));
    assert_int_equal(pty_screen_quit(screen, END_DEADLINE_MS), 0);
}

static bool is_in_alternate(struct pty_screen *screen, void *user)
{
    (void)user;
    return pty_screen_in_alternate(screen);
}

static void expect_refusal(const char *const *env, const char *words)
{
    struct pty_screen *screen = terminal_start(env, false);
    int status;
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_true(pty_screen_find(screen, words, NULL, NULL));
    terminal_assert_restored(screen);
    pty_screen_free(screen);
}

static void expect_screen(const char *const *env)
{
    struct pty_screen *screen = terminal_start(env, false);
    assert_true(pty_screen_wait_text(screen, "ESTAB", DEADLINE_MS));
    terminal_quit(screen);
}

static void test_types(void **state)
{
    (void)state;
    expect_refusal((const char *const[]){"TERM=dumb", NULL}, "set TERM");
    expect_screen((const char *const[]){"TERM=unheard-of", NULL});
    expect_screen((const char *const[]){"TERM", NULL});
    expect_screen((const char *const[]){"TERM=", NULL});
    expect_screen((const char *const[]){"TERM=vt100", NULL});
    expect_screen((const char *const[]){"TERM=xterm-mono", NULL});
    expect_screen((const char *const[]){"TERM=screen", NULL});
    expect_screen((const char *const[]){"TERM=linux", "LANG=C", NULL});
}

/* As in a container where the database was never installed. */
static void test_no_descriptions(void **state)
{
    static const char SCRIPT[] = "for d in /etc/terminfo /lib/terminfo /usr/share/terminfo; do "
                                 "[ ! -d $d ] || mount -t tmpfs none $d || exit 77; done; "
                                 "exec \"$0\" --demo 7";
    const char *const argv[] = {"unshare", "-m", "sh", "-c", SCRIPT, terminal_program, NULL};
    const struct pty_screen_options options = {.rows = 24, .cols = 120, .argv = argv};
    struct pty_screen *screen = NULL;
    int status;
    (void)state;
    assert_int_equal(pty_screen_start(&screen, &options), 0);
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    const bool mounted = !pty_screen_find(screen, "unshare failed", NULL, NULL) &&
                         WIFEXITED(status) && WEXITSTATUS(status) != 77;
    if (mounted) {
        assert_int_equal(WEXITSTATUS(status), 1);
        assert_true(pty_screen_find(screen, "install ncurses-base", NULL, NULL));
        terminal_assert_restored(screen);
    }
    pty_screen_free(screen);
    if (!mounted) {
        print_message("no mount namespace here\n");
        skip();
    }
}

/* What the environment says of the size may be true of another terminal, or of none. */
static void test_size_is_the_terminals(void **state)
{
    static const char *const ENVIRONMENTS[][3] = {{"LINES=10", "COLUMNS=40", NULL},
                                                  {"LINES=50", "COLUMNS=200", NULL},
                                                  {"LINES=99999999", "COLUMNS=99999999", NULL},
                                                  {"LINES=-1", "COLUMNS=x", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof(ENVIRONMENTS) / sizeof(ENVIRONMENTS[0]); i++) {
        struct pty_screen *screen = terminal_start(ENVIRONMENTS[i], false);
        assert_true(pty_screen_wait_line(screen, 23, "Quit", DEADLINE_MS));
        pty_screen_resize(screen, 30, 100);
        assert_true(pty_screen_wait_line(screen, 29, "Quit", DEADLINE_MS));
        pty_screen_free(screen);
    }
}

/* More columns than curses can count: what it draws is cut, and it goes on. */
static void test_huge_terminal(void **state)
{
    static const int SIZES[][2] = {{3, 40000}, {40000, 3}, {2, 65535}, {65535, 1}};
    struct pty_screen *screen = terminal_start_and_wait();
    int status;
    (void)state;
    for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
        pty_screen_resize(screen, SIZES[i][0], SIZES[i][1]);
        pty_screen_wait_quiet(screen, 50, 2000);
        pty_screen_resize(screen, 24, 80);
        assert_true(pty_screen_wait_line(screen, 23, "Quit", DEADLINE_MS));
    }
    pty_screen_send_keys(screen, "q");
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    assert_int_equal(WEXITSTATUS(status), 0);
    terminal_assert_restored(screen);
    pty_screen_free(screen);
}

/* However little is seen of it: it takes keys and ends by them. */
static void test_sizes_from_the_start(void **state)
{
    static const int SIZES[][2] = {{1, 1}, {2, 2}, {3, 10}, {10, 3}, {1, 80}, {80, 1}, {200, 500}};
    const char *const argv[] = {terminal_program, "--demo", "7", NULL};
    (void)state;
    for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
        const struct pty_screen_options options = {
            .rows = SIZES[i][0], .cols = SIZES[i][1], .argv = argv};
        struct pty_screen *screen = NULL;
        assert_int_equal(pty_screen_start(&screen, &options), 0);
        assert_true(pty_screen_wait_for(screen, is_in_alternate, NULL, DEADLINE_MS));
        pty_screen_send_keys(screen, "2jG?<Esc><Enter><Esc>");
        terminal_quit(screen);
    }
}

static void test_huge_from_the_start(void **state)
{
    const char *const argv[] = {terminal_program, "--demo", "7", NULL};
    const struct pty_screen_options options = {.rows = 4, .cols = 65535, .argv = argv};
    struct pty_screen *screen = NULL;
    (void)state;
    assert_int_equal(pty_screen_start(&screen, &options), 0);
    pty_screen_wait_quiet(screen, 100, 2000);
    pty_screen_resize(screen, 24, 80);
    assert_true(pty_screen_wait_line(screen, 23, "Quit", DEADLINE_MS));
    pty_screen_free(screen);
}

/* Any bytes at all: the program neither ends by a signal nor hangs. 'q' and the control characters
 * of the terminal itself (^C ^Z ^\ ^S ^Q ^V ^O ^R ^W) are left out. */
static void test_any_keys(void **state)
{
    struct pty_screen *screen = terminal_start_and_wait();
    int status;
    unsigned seed = 20261122;
    (void)state;
    for (int i = 0; i < 400; i++) {
        unsigned char bytes[16];
        for (size_t b = 0; b < sizeof(bytes); b++) {
            seed = seed * 1103515245u + 12345u;
            unsigned char byte = (unsigned char)(seed >> 16);
            bool kept = byte != 'q' && byte >= 27 && byte != 28;
            bytes[b] = kept ? byte : (unsigned char)"\033[<0;jkGs?\t\r"[byte % 13];
        }
        pty_screen_send_bytes(screen, bytes, sizeof(bytes));
        pty_screen_wait_quiet(screen, 1, 5);
    }
    pty_screen_wait_quiet(screen, 100, 2000);
    pty_screen_signal(screen, SIGTERM);
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    assert_true(WIFEXITED(status));
    terminal_assert_restored(screen);
    pty_screen_free(screen);
}

static void test_not_a_terminal(void **state)
{
    char line[256] = "", command[512];
    (void)state;
    snprintf(command, sizeof(command), "'%s' --demo 7 2>&1 </dev/null", terminal_program);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(line, sizeof(line), pipe));
    assert_non_null(strstr(line, "tcplens list"));
    assert_null(fgets(line, sizeof(line), pipe));
    assert_int_equal(WEXITSTATUS(pclose(pipe)), 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resize_storm),
        cmocka_unit_test(test_resized_there_and_back),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_no_descriptions),
        cmocka_unit_test(test_size_is_the_terminals),
        cmocka_unit_test(test_huge_terminal),
        cmocka_unit_test(test_sizes_from_the_start),
        cmocka_unit_test(test_huge_from_the_start),
        cmocka_unit_test(test_any_keys),
        cmocka_unit_test(test_not_a_terminal),
    };
    if (argc != 2 && argc != 3) {
        fputs("usage: test_terminal_kinds TCPLENS [RESIZES]\n", stderr);
        return 2;
    }
    if (argc == 3)
        resizes = (int)strtol(argv[2], NULL, 10);
    terminal_program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
