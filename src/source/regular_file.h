/* regular_file: the text of a file that others may have written: never waits for a FIFO or a device, never reads much. */
#ifndef TCPLENS_SOURCE_REGULAR_FILE_H
#define TCPLENS_SOURCE_REGULAR_FILE_H

#include <stddef.h>

/* NULL: there is no such regular file, or it is too large. To be freed; ended by NUL. Files of /proc have no size: of
 * those the beginning. */
char *regular_file_read(const char *path, size_t *length);

#endif
