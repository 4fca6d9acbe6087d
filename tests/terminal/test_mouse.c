/* The mouse on the real screen: what is drawn as something to press acts when it is pressed. Places
 * are found by their text, so that the layout may change.
 *
 * usage: test_mouse TCPLENS */
#include "terminal_run.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A picture that stands still: the demo's first frame. */
static struct pty_screen *start(void)
{
    const char *const argv[] = {terminal_program, "--demo", "7", "-i", "60", NULL};
    const struct pty_screen_options options = {.rows = 24, .cols = 120, .argv = argv};
    struct pty_screen *screen = NULL;
    assert_int_equal(pty_screen_start(&screen, &options), 0);
    assert_true(pty_screen_wait_text(screen, "ESTAB", DEADLINE_MS));
    return screen;
}

static void press_on(struct pty_screen *screen, const char *text, int times)
{
    char report[64];
    int row = 0, col = 0;
    if (!pty_screen_wait_text(screen, text, DEADLINE_MS) ||
        !pty_screen_find(screen, text, &row, &col))
        fail_msg("\"%s\" is not on the screen", text);
    snprintf(report, sizeof(report), "\033[<0;%d;%dM\033[<0;%d;%dm", col + 1, row + 1, col + 1,
             row + 1);
    while (times-- > 0)
        pty_screen_send_bytes(screen, report, strlen(report));
}

static void assert_comes(struct pty_screen *screen, const char *text)
{
    if (!pty_screen_wait_text(screen, text, DEADLINE_MS)) {
        char *shown = pty_screen_text(screen);
        fail_msg("\"%s\" does not come:\n%s", text, shown ? shown : "");
    }
}

static void assert_goes(struct pty_screen *screen, const char *text)
{
    if (!pty_screen_wait_text_gone(screen, text, DEADLINE_MS))
        fail_msg("\"%s\" stays", text);
}

static void test_two_presses_open_and_the_button_goes_back(void **state)
{
    struct pty_screen *screen = start();
    (void)state;
    press_on(screen, "nginx", 1);
    press_on(screen, "web1", 1); /* elsewhere: not the second of two */
    press_on(screen, "nginx", 2);
    assert_comes(screen, "\342\226\270 Connection");
    press_on(screen, "Esc back", 1);
    assert_goes(screen, "\342\226\270 Connection");
    press_on(screen, "6 States", 1);
    assert_comes(screen, "FIN-WAIT-1");
    press_on(screen, "CLOSE-WAIT", 1);
    pty_screen_send_keys(screen, "1");
    assert_comes(screen, "REMOTE");
    pty_screen_free(screen);
}

static void test_a_state_of_the_header_filters(void **state)
{
    struct pty_screen *screen = start();
    (void)state;
    press_on(screen, "ESTAB", 1);
    assert_comes(screen, "/ state estab");
    press_on(screen, "ESTAB", 1);
    assert_goes(screen, "/ state estab");
    press_on(screen, "3 Listeners", 1);
    assert_comes(screen, "BACKLOG");
    press_on(screen, "CLOSE-W", 1); /* what lists rows stays */
    assert_comes(screen, "/ state close-wait");
    assert_comes(screen, "BACKLOG");
    pty_screen_send_keys(screen, "<Esc>");
    assert_goes(screen, "/ state close-wait");
    pty_screen_free(screen);
}

static void test_menus_and_titles(void **state)
{
    struct pty_screen *screen = start();
    (void)state;
    press_on(screen, "Sort by", 1);
    assert_comes(screen, "\342\224\214 Sort by");
    press_on(screen, "RTT ", 1); /* beside the menu or on it: it closes */
    assert_goes(screen, "\342\224\214 Sort by");
    press_on(screen, "PROCESS", 1);
    assert_comes(screen, "PROCESS \342\226\262");
    press_on(screen, "Columns", 1);
    assert_comes(screen, "Esc cancel");
    press_on(screen, "Esc cancel", 1);
    assert_goes(screen, "Esc cancel");
    press_on(screen, "3 Listeners", 1);
    assert_comes(screen, "BACKLOG");
    press_on(screen, "postgres", 2);
    assert_comes(screen, "\342\224\214 Listener");
    press_on(screen, "Connections   ", 1);
    assert_comes(screen, "/ state connected and ");
    pty_screen_send_keys(screen, "<Esc>"); /* back, with the filter of before: none */
    assert_comes(screen, "BACKLOG");
    assert_goes(screen, "state connected");
    pty_screen_free(screen);
}

static void test_dialogs(void **state)
{
    struct pty_screen *screen = start();
    (void)state;
    press_on(screen, "firefox", 1);
    pty_screen_send_keys(screen, "K");
    assert_comes(screen, "Enter send");
    press_on(screen, "9 KILL", 1); /* chosen, not sent */
    pty_screen_wait_idle(screen, DEADLINE_MS);
    assert_true(pty_screen_find(screen, "Enter send", NULL, NULL));
    press_on(screen, "4 Peers", 1); /* under the dialog: nothing */
    pty_screen_wait_idle(screen, DEADLINE_MS);
    assert_true(pty_screen_find(screen, "Enter send", NULL, NULL));
    press_on(screen, "Esc cancel", 1);
    assert_goes(screen, "Enter send");
    pty_screen_free(screen);
}

static void test_a_key_that_means_nothing(void **state)
{
    struct pty_screen *screen = start();
    (void)state;
    pty_screen_send_keys(screen, "Z");
    assert_comes(screen, "Z does nothing here: ? lists the keys");
    assert_goes(screen, "Z does nothing here");
    pty_screen_free(screen);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_presses_open_and_the_button_goes_back),
        cmocka_unit_test(test_a_state_of_the_header_filters),
        cmocka_unit_test(test_menus_and_titles),
        cmocka_unit_test(test_dialogs),
        cmocka_unit_test(test_a_key_that_means_nothing),
    };
    if (argc != 2) {
        fputs("usage: test_mouse TCPLENS\n", stderr);
        return 2;
    }
    setlocale(LC_CTYPE, "C.UTF-8");
    terminal_program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
