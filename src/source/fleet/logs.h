/* fleet_logs: several session logs, each of a host, as one source of frames, in the order of their
 * times by the clocks of those who recorded. Files only. */
#ifndef TCPLENS_SOURCE_FLEET_LOGS_H
#define TCPLENS_SOURCE_FLEET_LOGS_H

#include "source/source.h"

#include <stddef.h>

/* 0 or -errno with one line in why. The functions below take only sources that come from here.
 * source_next: -ENODATA behind the last frame of the last log. */
int fleet_logs_open(struct source **source, const char *const *paths, uint32_t count, char *why,
                    size_t size);
/* The next frame is that of all logs as they stood then (INT64_MAX: at the end of each). 0 or
 * -errno. */
int fleet_logs_seek(struct source *source, int64_t wall_ns);
/* Times of the first and the last frame. 0 or -errno. */
int fleet_logs_span(struct source *source, int64_t *first_ns, int64_t *last_ns);
/* What is damaged or torn of the logs, as far as was read: "web1.jsonl: ..."; "" = nothing. */
const char *fleet_logs_fault(struct source *source);

#endif
