/* read_file: the text of a small file, such as those of /proc. */
#ifndef TCPLENS_BASE_READ_FILE_H
#define TCPLENS_BASE_READ_FILE_H

#include <stddef.h>

/* Reads `name` below `directory` (AT_FDCWD: a path of its own) into text: at most size - 1 bytes, what
 * does not fit is left out, and a NUL. 0 or -errno; *length is set on success only. */
int read_file(int directory, const char *name, char *text, size_t size, size_t *length);

#endif
