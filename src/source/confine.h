/* confine: what a process that only reads a session log gives up, before it opens it: to start programs, to reach
 * other processes, to have sockets (seccomp), to write or make files (Landlock). Whoever finds a fault in the reader
 * by a crafted log has a process that can show text, and no more. What the kernel lacks is left out. */
#ifndef TCPLENS_SOURCE_CONFINE_H
#define TCPLENS_SOURCE_CONFINE_H

#include <stdbool.h>

struct confinement {
    bool asks_names;    /* sockets to DNS servers stay allowed */
    const char *writes; /* a file that may be replaced, and its folders made; NULL or "" = none */
};

/* Before the first thread; for good. What is open stays open. */
void confine_log_reader(const struct confinement *confinement);

#endif
