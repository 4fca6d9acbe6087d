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
    /* Of the made-up rows (those beyond the first 60 or so, which play fixed parts) that change in
     * a frame, default 50; 0 = nothing at all changes after frame 1. */
    uint32_t change_permille;
    int64_t interval_ns; /* of its clock, 1 s */
    bool steady; /* processes and groups keep their indexes from frame to frame, as a live source's
                  * mostly do; else each frame numbers them anew, so that what holds on to an index
                  * is found out. Always so with change_permille 0 */
    bool incident;    /* with a staged outage (incident.h), and without what else is wrong */
    bool namespaces;  /* its containers are in network namespaces of their own; else one is shown */
    int64_t start_ns; /* its clock at frame 1 is so much later */
};

#define DEMO_EXPECTED "SEED[,CONNECTIONS[,PERMILLE]] or incident[,SECONDS]"
/* From DEMO_EXPECTED, the value of --demo; -EINVAL. */
int demo_parse(const char *text, struct demo_settings *settings);
int demo_open(struct source **source, const struct demo_settings *settings);

#endif
