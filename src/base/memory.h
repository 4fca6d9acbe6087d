/* Notes that memory was refused, so that a command can say that its output may be incomplete.
 * malloc(), calloc(), realloc() and strdup() of the program are linked to memory.c (--wrap); those
 * inside shared libraries are not counted. */
#ifndef TCPLENS_BASE_MEMORY_H
#define TCPLENS_BASE_MEMORY_H

#include <stdint.h>

/* How often any thread was refused memory since the program began. */
uint64_t memory_refused(void);

#endif
