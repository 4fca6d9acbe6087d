/* fleet_file_name: what the log of a host is called in a folder of several. */
#ifndef TCPLENS_SOURCE_FLEET_FILE_NAME_H
#define TCPLENS_SOURCE_FLEET_FILE_NAME_H

#include <stddef.h>

/* The host's name with "_" in place of what is no letter, digit, "-", "_" or ".", never beginning
 * with "." or "-", without an ending; its first 200 bytes. Pure. */
void fleet_file_name(char *out, size_t size, const char *host);

#endif
