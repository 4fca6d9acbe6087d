/* engine: what the lanes of several network namespaces (lanes.c) need of an engine. Internal to
 * core/finding. */
#ifndef TCPLENS_CORE_FINDING_ENGINE_H
#define TCPLENS_CORE_FINDING_ENGINE_H

#include "core/finding/finding.h"
#include "core/finding/pairs.h"

/* An engine for one namespace beside others: its findings have numbers of `parent`. NULL when out of
 * memory. */
struct finding_engine *finding_engine_new_lane(struct finding_engine *parent);
/* What both ends of connections show, for its detectors; lives as long as the engine takes frames. */
void finding_engine_use_pairs(struct finding_engine *engine, const struct pairs *pairs);
/* By what the kernel counts for all network namespaces together. */
bool detector_is_of_machine(const struct detector *detector);
/* What an engine makes of the rows of a frame, all of one namespace; machine: with the detectors of
 * what all namespaces share. 0 or -ENOMEM. */
int finding_engine_take(struct finding_engine *engine, const struct finding_input *input,
                        bool machine);
/* What it says itself, without its lanes. */
const struct finding *const *finding_engine_own_list(const struct finding_engine *engine,
                                                     uint32_t *count);
const struct finding_check *finding_engine_own_checks(const struct finding_engine *engine);

/* Worst first, consequences below their cause, ended ones last. */
void finding_list_order(const struct finding **list, uint32_t count);

#endif
