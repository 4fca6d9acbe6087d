/* remote_spawn: starts and ends the program that brings a host's session log: the only program that
 * tcplens runs. Its words go to exec as they are; no shell sees them. */
#ifndef TCPLENS_SOURCE_REMOTE_SPAWN_H
#define TCPLENS_SOURCE_REMOTE_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct remote_child {
    pid_t pid;  /* leads a session and process group of its own; 0 = none */
    int input;  /* its standard input, non-blocking: the caller's to close; 0 = it is /dev/null */
    int output; /* its standard output, the same */
    int errors; /* its standard error, the same */
};

/* words[0] is found as execvp() does. 0, or -errno with *child as it was. */
int remote_spawn(struct remote_child *child, const char *const *words, bool with_input);
/* True: it has ended, with its exit code, or 128 and the signal; *child has no process any more, and
 * what is left of its group has been asked to end. */
bool remote_reap(struct remote_child *child, int *code);
/* Asks its group to end; `force`: ends it. */
void remote_end(const struct remote_child *child, bool force);
/* Asks the groups of all that run to end, where the program ends without the thread that would. Safe in a
 * signal handler. */
void remote_end_all(void);

#endif
