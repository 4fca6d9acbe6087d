/* fleet_logs: session logs of several hosts as one source of frames, in the order of their times by
 * the clock of the collecting host, else by those of the recording hosts. Can go back in time like
 * one log. Files only. One thread at a time. */
#ifndef TCPLENS_SOURCE_FLEET_LOGS_H
#define TCPLENS_SOURCE_FLEET_LOGS_H

#include "source/source.h"

#include <stddef.h>

/* paths: logs, or folders of them (source/fleet/log_paths.h). 0 or -errno with one line in why.
 * Frames close in time are merged. Events come in the order of their times, and so may come after
 * their host's frame, while another host may still have earlier ones. source_next: -ENODATA after
 * the last frame of the last log, which may grow. Seeking shows all logs as of that time. */
int fleet_logs_open(struct source **source, const char *const *paths, uint32_t count, char *why,
                    size_t size);
/* Reading stops with -EINTR once `interrupted` returns true. */
void fleet_logs_set_interrupt(struct source *source, bool (*interrupted)(void *data), void *data);
/* What is damaged or truncated in the logs, as far as they were read: "web1.jsonl: ..."; "" =
 * nothing. */
const char *fleet_logs_fault(struct source *source);

#endif
