/* live: the running kernel as a source: netlink, or procnet where there is no sock_diag, and
 * owners. */
#ifndef TCPLENS_SOURCE_LIVE_H
#define TCPLENS_SOURCE_LIVE_H

#include "core/filter/filter.h"
#include "source/source.h"

struct live_settings {
    const char *proc_root; /* "/proc" */
    const char
        *netns;     /* the network namespaces to be shown: "all", or one: "host", a name, an inode,
                        * a pid in it. NULL: ours. What cannot be read within the budget of a frame has
                        * its turn later: its rows stay as they were */
    bool reads_all; /* all are read in each frame, whatever it costs */
    bool walks;     /* tests: a walk is used whatever it costs */
    uint32_t bound_rows; /* tests: in place of BOUND_ROWS; 0: that */
    uint32_t ahead_rows; /* tests: in place of AHEAD_ROWS_LEAST; 0: that */
    bool no_sock_diag;   /* tests: use procnet */
    /* For a single frame (list, close), as a row that is left out looks closed to the
     * next one: rows that it does not accept are not requested, or left out before their owners are
     * looked up. What only later facts decide must still be tested. Must outlive the source. NULL =
     * all rows. */
    const struct filter *filter;
};

/* 0 or -errno (then text, of at least 128 bytes, says in words why). */
int live_open(struct source **source, const struct live_settings *settings, char *text);

#endif
