/* terminal_run: the program with the demo on a pty. */
#include "terminal_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

const char *terminal_program;

double terminal_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000.0 + (double)now.tv_nsec / 1e6;
}

struct pty_screen *terminal_start(const char *const *env, bool unread)
{
    const char *const argv[] = {terminal_program, "--demo", "7,2000,200", "-i", "0.1", NULL};
    const struct pty_screen_options options = {
        .rows = 24, .cols = 80, .argv = argv, .env = env, .unread = unread};
    struct pty_screen *screen = NULL;
    assert_int_equal(pty_screen_start(&screen, &options), 0);
    return screen;
}

struct pty_screen *terminal_start_and_wait(void)
{
    struct pty_screen *screen = terminal_start(NULL, false);
    assert_true(pty_screen_wait_text(screen, "Connections", DEADLINE_MS));
    assert_true(pty_screen_wait_text(screen, "ESTAB", DEADLINE_MS));
    return screen;
}

void terminal_assert_restored(const struct pty_screen *screen)
{
    struct termios before, now;
    pty_screen_termios_before(screen, &before);
    assert_int_equal(pty_screen_termios_now(screen, &now), 0);
    assert_true(pty_screen_termios_equal(&before, &now));
}
