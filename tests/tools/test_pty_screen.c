/* test_pty_screen: the screen harness against a shell, whose behaviour is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pty_screen.h"
#include "svg/svg.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static struct pty_screen *start_shell(const char *script, bool unread)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    struct pty_screen *screen = NULL;
    struct pty_screen_options options = {.rows = 6, .cols = 40, .argv = argv, .unread = unread};
    assert_int_equal(pty_screen_start(&screen, &options), 0);
    return screen;
}

static void assert_golden(struct pty_screen *screen, const char *expected)
{
    char *golden = pty_screen_golden(screen);
    assert_string_equal(golden, expected);
    free(golden);
}

static void colours_and_attributes_reach_the_golden_form(void **state)
{
    (void)state;
    struct pty_screen *screen = start_shell(
        "printf 'a\\033[1;31mbold\\033[0m \\033[2mdim\\033[22m \\033[7;38;5;2;48;2;1;2;3mrgb"
        "\\033[m\\n\\r\\033[38;5;2mtwo\\033[m \\342\\224\\200\\346\\274\\242x\\033[?25l'; read x",
        false);
    assert_true(pty_screen_wait_text(screen, "x", 5000));
    assert_true(pty_screen_wait_line(screen, 1, "two", 5000));
    assert_golden(screen, "screen 6x40\ncursor hidden\n"
                          "|abold dim rgb\n"
                          "  @1-4 bold fg=1\n"
                          "  @6-8 dim\n"
                          "  @10-12 reverse fg=2 bg=#010203\n"
                          "|two \xe2\x94\x80\xe6\xbc\xa2x\n"
                          "  @0-2 fg=2\n"
                          "|\n|\n|\n|\n");
    int row = -1, col = -1;
    assert_true(pty_screen_find(screen, "x", &row, &col));
    assert_int_equal(row, 1);
    assert_int_equal(col, 7); /* the wide character takes two cells */
    pty_screen_free(screen);
}

static void golden_form_reads_back(void **state)
{
    (void)state;
    static const char golden[] = "screen 2x10\ncursor 1,3\n|a\xe6\xbc\xa2 e\xcc\x81z\n"
                                 "  @0-0 bold dim fg=1 bg=#0a0b0c\n  @4-9 reverse\n|\n";
    struct screen_grid grid;
    int line = 0;
    assert_int_equal(screen_grid_from_golden(&grid, golden, &line), 0);
    char *again = screen_grid_to_golden(&grid);
    assert_string_equal(again, golden);
    free(again);
    screen_grid_done(&grid);
    assert_int_equal(
        screen_grid_from_golden(&grid, "screen 1x4\ncursor hidden\n|abc\n  @2-9 bold\n", &line),
        -EINVAL);
    assert_int_equal(line, 4);
    assert_int_equal(screen_grid_from_golden(&grid, "screen 2x4\ncursor hidden\n|abc\n", &line),
                     -EINVAL);
}

static void keys_arrive_as_the_terminal_sends_them(void **state)
{
    (void)state;
    struct pty_screen *screen =
        start_shell("stty raw -echo; printf ready; head -c 26 | od -An -c -w26", false);
    assert_true(pty_screen_wait_text(screen, "ready", 5000));
    assert_int_equal(pty_screen_resize(screen, 6, 120), 0);
    assert_int_equal(pty_screen_send_keys(screen, "j<Up><F9><Esc><C-c><lt>"), 0);
    assert_int_equal(pty_screen_click(screen, 2, 9), 0);
    assert_true(pty_screen_wait_text(screen, "[   <   0", 5000));
    char *text = pty_screen_text(screen);
    assert_non_null(strstr(text, "j 033   [   A 033   [   2   0   ~"));
    free(text);
    assert_int_equal(pty_screen_send_keys(screen, "<Nonsense>"), -EINVAL);
    pty_screen_free(screen);
}

static void resize_reaches_the_program(void **state)
{
    (void)state;
    struct pty_screen *screen =
        start_shell("trap 'stty size' WINCH; echo up; while :; do read x; done", false);
    assert_true(pty_screen_wait_text(screen, "up", 5000));
    assert_int_equal(pty_screen_resize(screen, 10, 33), 0);
    assert_int_equal(pty_screen_send_keys(screen, "<Enter>"), 0);
    assert_true(pty_screen_wait_text(screen, "10 33", 5000));
    pty_screen_free(screen);
}

static void termios_is_compared_and_exit_is_seen(void **state)
{
    (void)state;
    struct termios before, now;
    int status = -1;
    struct pty_screen *screen = start_shell("stty raw; printf raw; read x; exit 7", false);
    assert_true(pty_screen_wait_text(screen, "raw", 5000));
    pty_screen_termios_before(screen, &before);
    assert_int_equal(pty_screen_termios_now(screen, &now), 0);
    assert_false(pty_screen_termios_equal(&before, &now));
    assert_int_equal(pty_screen_send_bytes(screen, "\n", 1), 0);
    assert_true(pty_screen_wait_exit(screen, &status, 5000));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(pty_screen_termios_now(screen, &now), 0);
    assert_false(
        pty_screen_wait_text(screen, "never", 5000)); /* returns at once: the program has ended */
    pty_screen_free(screen);
}

static void an_unread_pty_blocks_its_program(void **state)
{
    (void)state;
    int status = 0;
    size_t size = 1;
    struct pty_screen *screen = start_shell("while :; do echo flood flood flood; done", true);
    assert_false(pty_screen_wait_exit(screen, &status, 300));
    pty_screen_raw(screen, &size);
    assert_int_equal(size, 0);
    assert_int_equal(pty_screen_signal(screen, SIGTERM), 0);
    assert_true(pty_screen_wait_exit(screen, &status, 5000));
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
    pty_screen_free(screen);
}

static void raw_bytes_and_hangup(void **state)
{
    (void)state;
    size_t size = 0;
    int status = 0;
    struct pty_screen *screen = start_shell("printf 'x\\033]52;c;AA\\007y'; read x", false);
    assert_true(pty_screen_wait_text(screen, "xy", 5000));
    const unsigned char *raw = pty_screen_raw(screen, &size);
    assert_non_null(memmem(raw, size, "\033]52;c;AA\007", 10));
    pty_screen_hangup(screen);
    assert_true(pty_screen_wait_exit(screen, &status, 5000));
    pty_screen_free(screen);
}

static void svg_escapes_text_and_draws_boxes(void **state)
{
    (void)state;
    struct screen_grid grid;
    char *svg = NULL;
    size_t size = 0;
    assert_int_equal(
        screen_grid_from_golden(&grid, "screen 1x9\ncursor hidden\n|a<b \xe2\x94\x8c\n", NULL), 0);
    FILE *out = open_memstream(&svg, &size);
    svg_write(out, &grid, &(struct svg_options){.light = true});
    fclose(out);
    assert_non_null(strstr(svg, ">a&lt;b</text>"));
    assert_null(strstr(svg, "\xe2\x94\x8c"));
    free(svg);
    screen_grid_done(&grid);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_and_attributes_reach_the_golden_form),
        cmocka_unit_test(golden_form_reads_back),
        cmocka_unit_test(keys_arrive_as_the_terminal_sends_them),
        cmocka_unit_test(resize_reaches_the_program),
        cmocka_unit_test(termios_is_compared_and_exit_is_seen),
        cmocka_unit_test(an_unread_pty_blocks_its_program),
        cmocka_unit_test(raw_bytes_and_hangup),
        cmocka_unit_test(svg_escapes_text_and_draws_boxes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
