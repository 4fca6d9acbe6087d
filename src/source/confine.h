/* confine: before a session log is opened, the process gives up the ability to start programs, to
 * reach other processes, to open sockets (seccomp), and to write or create files (Landlock): a
 * crafted log that exploits the reader controls a process that can only show text. What the kernel
 * does not support is skipped. */
#ifndef TCPLENS_SOURCE_CONFINE_H
#define TCPLENS_SOURCE_CONFINE_H

#include <stdbool.h>

struct confinement {
    bool asks_names; /* sockets to DNS servers stay allowed */
    /* a file that may be replaced, and whose folders may be created; NULL or "" = none */
    const char *writes;
};

/* To be called before the first thread; irrevocable. Open descriptors stay open. */
void confine_log_reader(const struct confinement *confinement);

#endif
