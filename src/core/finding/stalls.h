/* stalls: connections in which Nagle's algorithm delayed data in the last frames, and in how many
 * of these. Internal to core/finding. */
#ifndef TCPLENS_CORE_FINDING_STALLS_H
#define TCPLENS_CORE_FINDING_STALLS_H

#include "core/finding/census.h"

#define STALL_FRAMES 20u
#define STALLS_MAX   1024u

struct stall {
    uint64_t serial;
    struct tuple tuple;
    int32_t pid;     /* of its owner, 0 = unknown */
    uint32_t frames; /* bit n: stalled n frames ago */
};

struct stalls {
    struct stall rows[STALLS_MAX];
    uint32_t count;
};

/* After census_take. */
void stalls_update(struct stalls *stalls, const struct census *census);
unsigned stall_frames(const struct stall *stall);

#endif
