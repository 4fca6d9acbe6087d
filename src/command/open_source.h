/* open_source: the source of frames that the options name: live, demo or a log. */
#ifndef TCPLENS_COMMAND_OPEN_SOURCE_H
#define TCPLENS_COMMAND_OPEN_SOURCE_H

#include "core/filter/filter.h"
#include "options/options.h"
#include "source/source.h"

#define OPEN_SOURCE_WHY_MAX 320

/* 0, with why empty or a note that --at is outside the log (exit code 3); or -errno with one line
 * in why (at least OPEN_SOURCE_WHY_MAX bytes); -EINVAL: the options are wrong. */
int open_source(struct source **source, const struct options *options, char *why);
/* The same, but the kernel returns only rows that the filter may accept, for a command that makes
 * one frame (struct live_settings). The filter must outlive the source. */
int open_source_filtered(struct source **source, const struct options *options,
                         const struct filter *filter, char *why);

/* With --redact the frames and events of the source are redacted from now on, the same way for all
 * sources of a run. False: out of memory; the source must not be read then. */
bool open_source_redact(struct source *source, const struct options *options);

/* Goes to the moment `at` of a log: 0, with why empty or a note that it is outside the log; -EINVAL
 * (`at` is not a time) or other -errno with one line in why. */
int open_source_seek(struct source *log, const char *at, int64_t *at_ns, char *why);

#endif
