/* log_when: the first frame of a log in which a row matches a filter (--when). */
#ifndef TCPLENS_COMMAND_LOG_WHEN_H
#define TCPLENS_COMMAND_LOG_WHEN_H

#include "core/filter/filter.h"
#include "source/source.h"

/* Searches forward from the log's present position; the next source_next returns that frame, whose
 * time is *wall_ns. 0; -ENODATA: there is none; -EINTR: interrupted; other -errno. All but -EINTR
 * with one line in why. */
int log_when_seek(struct source *log, const struct filter *filter, int64_t *wall_ns, char *why,
                  size_t size);

#endif
