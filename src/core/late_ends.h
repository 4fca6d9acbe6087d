/* late_ends: sockets whose row has closed but which have not been freed yet, or the other way
 * round. A socket that was reset lives on without a row while a process holds its descriptor, so
 * the second may come hours after the first, and is then no event of its own. Beyond LATE_ENDS_MOST
 * the oldest are forgotten. Pure. */
#ifndef TCPLENS_CORE_LATE_ENDS_H
#define TCPLENS_CORE_LATE_ENDS_H

#include <stdbool.h>
#include <stdint.h>

#define LATE_ENDS_MOST 131072u

struct late_ends;

struct late_ends *late_ends_new(void); /* NULL: out of memory */
void late_ends_free(struct late_ends *ends);

/* True if the other of the two was known; it is forgotten then. Cookie 0 is never known. */
bool late_ends_take(struct late_ends *ends, uint32_t netns, uint64_t cookie);
void late_ends_add(struct late_ends *ends, uint32_t netns, uint64_t cookie);

#endif
