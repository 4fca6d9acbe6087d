/* log_when: the first frame of a log in which a row matches a filter (--when). */
#ifndef TCPLENS_COMMAND_LOG_WHEN_H
#define TCPLENS_COMMAND_LOG_WHEN_H

#include "core/filter/filter.h"
#include "source/source.h"

/* Looks from where the log stands on; the next source_next gives that frame, of *wall_ns. 0;
 * -ENODATA: there is none; -EINTR: interrupted; other -errno; but for -EINTR with one line in why.
 */
int log_when_seek(struct source *log, const struct filter *filter, int64_t *wall_ns, char *why,
                  size_t size);

#endif
