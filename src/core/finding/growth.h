/* growth: connections and bound sockets of processes, minute by minute, and what they carried. Only for
 * processes with many. Internal to core/finding. */
#ifndef TCPLENS_CORE_FINDING_GROWTH_H
#define TCPLENS_CORE_FINDING_GROWTH_H

#include "core/finding/census.h"

#define GROWTH_LEAST   50u /* connections, or bound sockets, from which a process is remembered */
#define GROWTH_MINUTES 10u
#define GROWTHS_MAX    256u

struct growth {
    int32_t pid;
    uint64_t start_ticks;
    uint32_t proc; /* index in frame.procs, of this frame */
    bool seen;
    int64_t began_ns; /* mono: begin of the present minute */
    double carried;   /* bytes in it */
    uint32_t count;
    uint32_t connections[GROWTH_MINUTES + 1]; /* established; oldest first */
    uint32_t bound[GROWTH_MINUTES + 1];       /* neither listening nor connected */
    double rates[GROWTH_MINUTES + 1];         /* bytes a second in the minute before */
};

struct growths {
    struct growth rows[GROWTHS_MAX];
    uint32_t count;
    int64_t mono_ns;
};

/* To be called after census_take. Starts again after a gap between frames. */
void growths_update(struct growths *growths, const struct census *census);
/* A number of growth.count samples rose in nearly every one of the last ten minutes, and never fell. */
bool growth_rises(const uint32_t *samples, uint32_t count);
/* Bytes a second in the first and in the last half of these minutes. */
void growth_rates(const struct growth *growth, double *before, double *now);

#endif
