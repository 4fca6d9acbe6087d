/* replace_file: a file replaced whole: a reader sees the one before or the new one, never a
 * part. */
#ifndef TCPLENS_BASE_REPLACE_FILE_H
#define TCPLENS_BASE_REPLACE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Writes to a new file beside `path` and renames that; a link of that name is replaced, not
 * followed. `mode` holds whatever the umask is. `synced`: it is on the disk before the name is; may
 * take long. 0 or -errno; the new file is then removed. */
int replace_file(const char *path, mode_t mode, bool synced, const void *data, size_t length);

#endif
