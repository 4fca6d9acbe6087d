/* fleet_logs: session logs of several hosts as one source of frames, in the order of their times by
 * the clock of who collected them, else by the clocks of those who recorded. Travels as one log
 * does. Files only. One thread at a time. */
#ifndef TCPLENS_SOURCE_FLEET_LOGS_H
#define TCPLENS_SOURCE_FLEET_LOGS_H

#include "source/source.h"

#include <stddef.h>

/* paths: logs, or folders of them (source/fleet/log_paths.h). 0 or -errno with one line in why.
 * Frames of a time near each other are one. Events come in the order of their times, later than the
 * frame of their host where another host's may still have earlier ones. source_next: -ENODATA behind
 * the last frame of the last log, which may have more later. Seeking gives the frame as of that time,
 * of all logs. */
int fleet_logs_open(struct source **source, const char *const *paths, uint32_t count, char *why,
                    size_t size);
/* Reading ends with -EINTR once `interrupted` returns true. */
void fleet_logs_set_interrupt(struct source *source, bool (*interrupted)(void *data), void *data);
/* What is damaged or torn of the logs, as far as was read: "web1.jsonl: ..."; "" = nothing. */
const char *fleet_logs_fault(struct source *source);

#endif
