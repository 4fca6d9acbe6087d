/* terminal_run: the program with the demo on a pty, for the tests of how it treats its terminal. */
#ifndef TCPLENS_TERMINAL_RUN_H
#define TCPLENS_TERMINAL_RUN_H

#include "pty_screen.h"

#define DEADLINE_MS     20000
#define END_DEADLINE_MS 10000 /* generous: sanitizers, a busy machine; the figure is printed */

extern const char *terminal_program; /* set once by main */

double terminal_now_ms(void);
/* 24 x 80, a frame every 100 ms. */
struct pty_screen *terminal_start(const char *const *env, bool unread);
struct pty_screen *terminal_start_and_wait(void); /* until rows are shown */
struct pty_screen *
terminal_start_job_and_wait(const char *const *env); /* under a shell with job control */
void terminal_assert_restored(const struct pty_screen *screen);
void terminal_quit(struct pty_screen *screen); /* by q: ends, leaves it restored; frees it */

#endif
