/* demo: seeded invented traffic with every state and every change, for tests and pictures.
 * Deterministic: frame n of a seed is always the same, its clock starts at 2026-11-22T12:16:20Z and
 * follows frame numbers. */
#ifndef TCPLENS_SOURCE_DEMO_DEMO_H
#define TCPLENS_SOURCE_DEMO_DEMO_H

#include "source/source.h"

#include <stdbool.h>
#include <stdint.h>

struct demo_settings {
    uint64_t seed;
    uint32_t connections; /* about how many rows, 1 to 500,000, default 60 */
    /* How many of the invented rows (those beyond the first 60 or so, which have fixed roles)
     * change in a frame, default 50; 0 = nothing changes after frame 1. */
    uint32_t change_permille;
    int64_t interval_ns; /* of its clock, 1 s */
    /* processes and groups keep their indexes from frame to frame, as mostly in a live source; else
     * each frame renumbers them, to expose code that keeps an index. Always set with
     * change_permille 0 */
    bool steady;
    bool incident;    /* with a staged outage (incident.h), and no other problems */
    bool namespaces;  /* its containers have their own network namespaces; else there is only one */
    int64_t start_ns; /* its clock at frame 1 is later by this much */
};

#define DEMO_EXPECTED "SEED[,CONNECTIONS[,PERMILLE]] or incident[,SECONDS]"
/* From DEMO_EXPECTED, the value of --demo; -EINVAL. */
int demo_parse(const char *text, struct demo_settings *settings);
int demo_open(struct source **source, const struct demo_settings *settings);

#endif
