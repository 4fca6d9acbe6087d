/* live: the running kernel as a source: netlink, or procnet where there is no sock_diag, and
 * owners. */
#ifndef TCPLENS_SOURCE_LIVE_H
#define TCPLENS_SOURCE_LIVE_H

#include "source/source.h"

struct live_settings {
    const char *proc_root;   /* "/proc" */
    bool no_sock_diag;       /* tests: use procnet */
    const void *bytecode[2]; /* filter pushed down (list, close), per family; NULL = none */
    size_t bytecode_length[2];
};

/* 0 or -errno (then text, of at least 128 bytes, says in words why). */
int live_open(struct source **source, const struct live_settings *settings, char *text);

#endif
