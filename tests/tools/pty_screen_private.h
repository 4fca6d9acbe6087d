/* pty_screen_private: what pty_screen.c and pty_screen_cells.c share. Not for tests. */
#ifndef TCPLENS_TOOLS_PTY_SCREEN_PRIVATE_H
#define TCPLENS_TOOLS_PTY_SCREEN_PRIVATE_H

#include "pty_screen.h"
#include "sgr_dim.h"

#include <vterm.h>

struct pty_screen {
    int rows, cols;
    int master; /* -1 after a hangup */
    int pidfd;
    pid_t pid;   /* of the program */
    pid_t child; /* of ours: the program, or the leader of its session */
    bool reading;
    bool output_ended;
    bool exited;
    int status;
    struct termios before;
    VTerm *terminal;
    VTermScreen *cells;
    struct sgr_dim dim;
    bool cursor_visible, alternate, mouse;
    unsigned char *raw;
    size_t raw_size, raw_room;
};

#endif
