/* late_ends: sockets of which only one of two is known yet: that their row closed, or that they
 * were freed. A socket that was reset lives on without a row as long as a process holds its
 * descriptor, so the second may come hours after the first, and is no event of its own then. Of
 * more than LATE_ENDS_MOST the oldest are forgotten. Pure. */
#ifndef TCPLENS_CORE_LATE_ENDS_H
#define TCPLENS_CORE_LATE_ENDS_H

#include <stdbool.h>
#include <stdint.h>

#define LATE_ENDS_MOST 131072u

struct late_ends;

struct late_ends *late_ends_new(void); /* NULL: out of memory */
void late_ends_free(struct late_ends *ends);

/* True, and forgotten: the other of the two was known. Cookie 0 is never known. */
bool late_ends_take(struct late_ends *ends, uint32_t netns, uint64_t cookie);
void late_ends_add(struct late_ends *ends, uint32_t netns, uint64_t cookie);

#endif
