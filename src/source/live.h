/* live: the running kernel as a source: netlink, or procnet where there is no sock_diag, and
 * owners. */
#ifndef TCPLENS_SOURCE_LIVE_H
#define TCPLENS_SOURCE_LIVE_H

#include "core/filter/filter.h"
#include "source/source.h"

struct live_settings {
    const char *proc_root; /* "/proc" */
    /* the network namespaces to show: "all", or one: "host", a name, an inode, a pid in it. NULL:
     * ours. Those that do not fit in the budget of a frame are read later, and keep their rows
     * until then */
    const char *netns;
    bool reads_all;      /* read all in each frame, whatever it costs */
    bool walks;          /* tests: use a walk whatever it costs */
    uint32_t bound_rows; /* tests: replaces BOUND_ROWS; 0: the default */
    uint32_t ahead_rows; /* tests: replaces AHEAD_ROWS_LEAST; 0: the default */
    bool no_sock_diag;   /* tests: use procnet */
    /* Only for a single frame (list, close), since a row that is left out would look closed in the
     * next one: rows that it does not accept are not requested, or dropped before their owners are
     * looked up. Conditions on other facts must still be tested. Must outlive the source. NULL =
     * all rows. */
    const struct filter *filter;
};

/* 0 or -errno with text (at least 128 bytes) that says why. */
int live_open(struct source **source, const struct live_settings *settings, char *text);

#endif
