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

static struct pty_screen *start(struct pty_screen_options options)
{
    const char *const argv[] = {terminal_program, "--demo", "7,2000,200", "-i", "0.1", NULL};
    struct pty_screen *screen = NULL;
    options.argv = argv;
    assert_int_equal(pty_screen_start(&screen, &options), 0);
    return screen;
}

struct pty_screen *terminal_start(const char *const *env, bool unread)
{
    return start((struct pty_screen_options){.env = env, .unread = unread});
}

static struct pty_screen *wait_for_rows(struct pty_screen *screen)
{
    assert_true(pty_screen_wait_text(screen, "Connections", DEADLINE_MS));
    assert_true(pty_screen_wait_text(screen, "ESTAB", DEADLINE_MS));
    return screen;
}

struct pty_screen *terminal_start_and_wait(void)
{
    return wait_for_rows(terminal_start(NULL, false));
}

struct pty_screen *terminal_start_job_and_wait(const char *const *env)
{
    return wait_for_rows(start((struct pty_screen_options){.env = env, .job = true}));
}

void terminal_assert_restored(const struct pty_screen *screen)
{
    struct termios before, now;
    pty_screen_termios_before(screen, &before);
    assert_int_equal(pty_screen_termios_now(screen, &now), 0);
    assert_true(pty_screen_termios_equal(&before, &now));
}

void terminal_quit(struct pty_screen *screen)
{
    int status;

    pty_screen_send_keys(screen, "q");
    assert_true(pty_screen_wait_exit(screen, &status, END_DEADLINE_MS));
    terminal_assert_restored(screen);
    pty_screen_free(screen);
}
