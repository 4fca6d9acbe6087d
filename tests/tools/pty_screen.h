/* pty_screen: runs a program on a pseudo terminal and keeps, with libvterm, the screen it paints.
 * Knows nothing of the program. All waiting is for a condition with a deadline in milliseconds.
 *
 * Keys are text with names in angle brackets: "jj<Enter>", "<F9>", "/443<Enter>". Names: Enter Esc
 * Tab S-Tab BS Del Ins Space lt(<) Up Down Left Right Home End PgUp PgDn F1..F12, C-x (control),
 * M-x (alt), and the mouse in SGR form at row,column counted from 0: Click:R,C RightClick:R,C
 * WheelUp:R,C WheelDown:R,C.
 *
 * Dim (SGR 2) is lost by libvterm 0.1 and 0.3 alike; it is carried through as font 9.
 */
#ifndef TCPLENS_TOOLS_PTY_SCREEN_H
#define TCPLENS_TOOLS_PTY_SCREEN_H

#include "screen_grid.h"

#include <sys/types.h>
#include <termios.h>

struct pty_screen;

struct pty_screen_options {
    int rows, cols;          /* 24 and 80 when 0 */
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
    /* "NAME=value" sets, "NAME" unsets; NULL-terminated, may be NULL. The program otherwise gets
     * PATH, TMPDIR, USER and the sanitizers' options of the caller, HOME=/dev/null (a test must not
     * read or write the settings of the user who runs it), TERM=xterm-256color and LANG=C.UTF-8. */
    const char *const *env;
    bool unread; /* start with the output left unread */
    /* Start it as a shell with job control does: in a process group of its own, in the foreground of
     * a session that another process leads. Otherwise it leads the session, as under "ssh -t". */
    bool job;
};

typedef bool pty_screen_condition(struct pty_screen *screen, void *user);

/* -errno on failure. A program that cannot be executed exits with 127. */
int pty_screen_start(struct pty_screen **screen, const struct pty_screen_options *options);
/* Kills the program if it still runs, and waits for it. NULL is fine. */
void pty_screen_free(struct pty_screen *screen);

pid_t pty_screen_pid(const struct pty_screen *screen);
int pty_screen_signal(struct pty_screen *screen, int signal);
/* The terminal goes away, as when ssh dies: the program gets SIGHUP. */
void pty_screen_hangup(struct pty_screen *screen);
int pty_screen_resize(struct pty_screen *screen, int rows, int cols);
/* With reading off nothing is taken from the program's output, so that it blocks once the pty is
 * full. */
void pty_screen_set_reading(struct pty_screen *screen, bool reading);

/* -EINVAL: unknown key name; nothing is sent then from that name on. After <Esc> it waits until the
 * program has read it: what comes with it in one piece has Alt. */
int pty_screen_send_keys(struct pty_screen *screen, const char *keys);
int pty_screen_send_bytes(struct pty_screen *screen, const void *bytes, size_t size);
int pty_screen_click(struct pty_screen *screen, int row, int col);
int pty_screen_wheel(struct pty_screen *screen, int row, int col, bool up);

/* True once the condition holds; false at the deadline, or when the program has ended and it does
 * not hold. */
bool pty_screen_wait_for(struct pty_screen *screen, pty_screen_condition *condition, void *user,
                         int deadline_ms);
bool pty_screen_wait_text(struct pty_screen *screen, const char *text, int deadline_ms);
bool pty_screen_wait_text_gone(struct pty_screen *screen, const char *text, int deadline_ms);
bool pty_screen_wait_line(struct pty_screen *screen, int row, const char *text, int deadline_ms);
bool pty_screen_wait_line_gone(struct pty_screen *screen, int row, const char *text,
                               int deadline_ms);
/* True once nothing was written for quiet_ms (or the program ended). */
bool pty_screen_wait_quiet(struct pty_screen *screen, int quiet_ms, int deadline_ms);
/* True once the program has read all that was sent to it and has worked it off: every thread of it
 * sleeps and has not run for a while (or the program ended). A program that never sleeps for so long
 * reaches the deadline. */
bool pty_screen_wait_idle(struct pty_screen *screen, int deadline_ms);
/* True once the program has ended; *status as from waitpid. All its output has then been read,
 * unless reading is off. */
bool pty_screen_wait_exit(struct pty_screen *screen, int *status, int deadline_ms);
/* Types q and frees the screen. The exit code, or -1: it has not ended, or by a signal. */
int pty_screen_quit(struct pty_screen *screen, int deadline_ms);

/* A picture of the screen as it stands; the caller ends it with screen_grid_done. */
int pty_screen_snapshot(const struct pty_screen *screen, struct screen_grid *grid);
void pty_screen_cell(const struct pty_screen *screen, int row, int col, struct screen_cell *cell);
size_t pty_screen_row(const struct pty_screen *screen, int row, char *text, size_t size);
/* Where the text first stands within one row; row and col (of cells) may be NULL. */
bool pty_screen_find(const struct pty_screen *screen, const char *text, int *row, int *col);
char *pty_screen_text(const struct pty_screen *screen);   /* free() it */
char *pty_screen_golden(const struct pty_screen *screen); /* free() it */
void pty_screen_size(const struct pty_screen *screen, int *rows, int *cols);
bool pty_screen_in_alternate(const struct pty_screen *screen);
bool pty_screen_mouse_wanted(const struct pty_screen *screen);

/* The terminal's settings before the program started, and as they are now. */
void pty_screen_termios_before(const struct pty_screen *screen, struct termios *termios);
int pty_screen_termios_now(const struct pty_screen *screen, struct termios *termios);
bool pty_screen_termios_equal(const struct termios *a, const struct termios *b);

/* Every byte that was read from the program so far; valid until the next wait. */
const unsigned char *pty_screen_raw(const struct pty_screen *screen, size_t *size);

#endif
