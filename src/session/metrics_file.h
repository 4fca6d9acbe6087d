/* metrics_file: a reading of the metrics in a file, replaced whole: who reads it sees the one before
 * or the new one, never a part. For the textfile collector of node_exporter. */
#ifndef TCPLENS_SESSION_METRICS_FILE_H
#define TCPLENS_SESSION_METRICS_FILE_H

#include <stddef.h>

/* Writes to a new file beside it, mode 0644, and renames that; a link of that name is replaced, not
 * followed. 0 or -errno; nothing is left behind then. */
int metrics_file_replace(const char *path, const char *data, size_t length);

#endif
