/* pty_idle: when a program has worked off what was sent to it: it has read all of
 * its terminal's input, and none of its threads has run between two looks. Read from /proc and the
 * terminal; nothing here waits.
 */
#ifndef TCPLENS_TOOLS_PTY_IDLE_H
#define TCPLENS_TOOLS_PTY_IDLE_H

#include <stdbool.h>
#include <sys/types.h>

struct pty_idle {
    bool asleep;            /* every thread waits for something other than a disk */
    unsigned tasks;         /* threads */
    unsigned long switches; /* how often they have slept, or been made to wait, so far */
};

void pty_idle_look(struct pty_idle *idle, pid_t pid);
/* Nothing has run between the looks a and b. */
bool pty_idle_same(const struct pty_idle *a, const struct pty_idle *b);
/* The program has not read all that was written to the master. False where it cannot be known. */
bool pty_idle_unread(int master);

#endif
