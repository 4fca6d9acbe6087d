/* filter_read: parses the filter of the command line, with the names of this machine; shows an
 * error with a caret. */
#ifndef TCPLENS_COMMAND_FILTER_READ_H
#define TCPLENS_COMMAND_FILTER_READ_H

#include "core/filter/filter.h"
#include "options/options.h"

/* Host names may be looked up. That can take a while, so for list and close only. */
#define FILTER_RESOLVES_HOSTS 1u
/* Several machines may be shown: "host web1" may mean the machine of a row. */
#define FILTER_KNOWS_MACHINES 2u
/* FILTER_KNOWS_MACHINES where the options name several hosts, or a log, which may contain
 * several. */
static inline unsigned filter_machines(const struct options *options)
{
    return options_have_hosts(options) || options->from || options->file ? FILTER_KNOWS_MACHINES
                                                                         : 0;
}

/* -1: *filter is made (free it); else the exit code, and stderr says why. text NULL = everything.
 */
int filter_read(struct filter **filter, const char *text, unsigned flags);

#endif
