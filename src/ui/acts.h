/* What the screen may do to processes and connections. Passed in, so that the screen itself cannot
 * do harm. All functions are called in the screen's thread and do not wait. */
#ifndef TCPLENS_UI_ACTS_H
#define TCPLENS_UI_ACTS_H

#include "core/event.h"
#include "core/frame.h"

#define ACTS_TEXT_MAX 200

struct acts_process { /* frozen: its identity cannot change any more */
    int descriptor;   /* a pidfd; -1 = none */
    int32_t pid;
    uint64_t start_ticks;
    uint32_t inode; /* of the socket it must hold, 0 = none */
    char name[EVENT_NAME_MAX];
    const char *guard; /* why its name must be typed, "" = not required */
};

struct acts_signal {
    int number;
    const char *name, *help;
    bool ends; /* the process is expected to exit */
};

struct screen_acts {
    const char *refused; /* why nothing is done here, "--read-only"; NULL = acts are possible */
    /* Freezes the frame's process, which must hold `inode` (0 = not checked). 0 or -errno with
     * text. */
    int (*freeze)(const struct frame *frame, const struct proc *proc, uint32_t inode,
                  struct acts_process *process, char text[ACTS_TEXT_MAX]);
    void (*release)(struct acts_process *process);
    int (*signal)(const struct acts_process *process, int number, char text[ACTS_TEXT_MAX]);
    bool (*exited)(const struct acts_process *process);
    /* Why closing this row must be confirmed by typing, "" = not required. */
    const char *(*guard)(const struct frame *frame, const struct conn *conn);
    const char *(*refuses)(const struct conn *conn); /* why it cannot be closed, NULL = it can */
    /* Whether rows of its network namespace may be closed: 0 or -errno with text. */
    int (*may_close)(const struct conn *conn, char text[ACTS_TEXT_MAX]);
    int (*close)(const struct conn *conn, char text[ACTS_TEXT_MAX]); /* text in both cases */
    const struct acts_signal *signals;                               /* the first is preselected */
    size_t signal_count;
};

#endif
