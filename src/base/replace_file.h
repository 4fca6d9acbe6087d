/* replace_file: replaces a file atomically: a reader sees the old one or the new one, never a part. */
#ifndef TCPLENS_BASE_REPLACE_FILE_H
#define TCPLENS_BASE_REPLACE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* NULL, or why `path` must not be replaced: it is or leads to a device (/dev/null), a pipe, a terminal or a folder, or is a
 * link into /proc or to a standard stream (/dev/stdout). A file, or another link to one or to nothing, may be. */
const char *replace_file_fault(const char *path);
/* Writes to a new file beside `path` and renames that; a link of that name is replaced, not followed. `mode` applies whatever
 * the umask is. `synced`: the data is on the disk before the name is, which may take long. 0 or -errno (-EPERM: see
 * replace_file_fault); the new file is then removed. */
int replace_file(const char *path, mode_t mode, bool synced, const void *data, size_t length);

#endif
