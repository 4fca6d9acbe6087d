/* act_scene: the real program on a pty over processes with sockets in a network namespace of the
 * test's own, which are children of the test. On failure these functions print what is on the
 * screen and end the test. */
#ifndef TCPLENS_ACT_ACT_SCENE_H
#define TCPLENS_ACT_ACT_SCENE_H

#include "net_tools.h"
#include "pty_screen.h"

#include <stdbool.h>
#include <sys/types.h>

#define DEADLINE_MS 15000
#define QUIET_MS    400 /* more than a dialog ignores Enter for */

extern const char *program, *session; /* session: SSH_CONNECTION of the program, NULL = none */
extern struct pty_screen *screen;

_Noreturn void fail(const char *what);
void check(bool holds, const char *what);
void wait_text(const char *text);
void keys(const char *names);
void start(const char *filter, const char *option); /* the program; option may be NULL */
void end_scene(void);
/* Enter, again where the dialog that shows this text does not take it yet. */
void confirm(const char *dialog);

/* A process that holds one listener. */
pid_t start_holder(unsigned port, unsigned flags);
void end(pid_t pid);
void wait_pid_shown(pid_t pid);
void must_have_died_of(pid_t pid, int number);
void must_live(pid_t pid);

#endif
