/* fleet_file_name: the file name of a host's log in a folder of several. */
#ifndef TCPLENS_SOURCE_FLEET_FILE_NAME_H
#define TCPLENS_SOURCE_FLEET_FILE_NAME_H

#include <stddef.h>

/* The first 200 bytes of the host's name, with "_" for all but letters, digits, "-", "_" and ".",
 * never beginning with "." or "-", and without a suffix. Pure. */
void fleet_file_name(char *out, size_t size, const char *host);

#endif
