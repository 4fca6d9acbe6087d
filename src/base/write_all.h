/* write_all: all of it, however little a call takes at a time. */
#ifndef TCPLENS_BASE_WRITE_ALL_H
#define TCPLENS_BASE_WRITE_ALL_H

#include <stddef.h>

/* Waits where another process made the descriptor non-blocking. 0; or -errno, and a part may be
 * written. */
int write_all(int descriptor, const char *data, size_t length);

#endif
