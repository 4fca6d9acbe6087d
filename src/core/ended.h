/* ended: sockets of which only one of two is known yet: that their row closed, or that they were
 * freed. A socket that was reset lives on without a row as long as a process holds its descriptor,
 * so the second may come hours after the first, and is no event of its own then. Of more than
 * ENDED_MOST the oldest are forgotten. Pure. */
#ifndef TCPLENS_CORE_ENDED_H
#define TCPLENS_CORE_ENDED_H

#include <stdbool.h>
#include <stdint.h>

#define ENDED_MOST 131072u

struct ended;

struct ended *ended_new(void); /* NULL: no memory */
void ended_free(struct ended *ended);

/* True, and forgotten: the other of the two was known. Cookie 0 is never known. */
bool ended_take(struct ended *ended, uint64_t cookie);
void ended_add(struct ended *ended, uint64_t cookie);

#endif
