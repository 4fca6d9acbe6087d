/* log_source: the session log that the options name, or several of them as one (--from, or the
 * operands of `replay` and `summary`), as a source of frames. */
#ifndef TCPLENS_COMMAND_LOG_SOURCE_H
#define TCPLENS_COMMAND_LOG_SOURCE_H

#include "options/options.h"
#include "source/source.h"

#include <stddef.h>

/* 0 or -errno with one line in why. The functions below take a source from here, with the same
 * options. */
int log_source_open(struct source **source, const struct options *options, char *why, size_t size);
/* The path of the first, for messages. */
const char *log_source_name(const struct options *options);
/* The log is a pipe, which is followed; only ever one log. */
bool log_source_is_pipe(const struct options *options, const struct source *source);
/* To poll on a pipe; -1 = there is none. */
int log_source_descriptor(const struct options *options, const struct source *source);
/* The ring that events go to as frames are read; redacted if the source is. */
void log_source_set_ring(const struct options *options, struct source *source,
                         struct event_ring *ring);
/* Reading ends with -EINTR once `interrupted` returns true. */
void log_source_set_interrupt(const struct options *options, struct source *source,
                              bool (*interrupted)(void *data), void *data);
/* When the recording began that the frame read last belongs to; 0 = unknown, or there are several
 * logs. */
int64_t log_source_start(const struct options *options, const struct source *source);
/* One line, "FILE: ...", about what is damaged or truncated in what was read; "" = nothing. Valid
 * until the next call. */
const char *log_source_fault(const struct options *options, struct source *source);

#endif
