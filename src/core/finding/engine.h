/* engine: functions of an engine for the lanes of several network namespaces (lanes.c). Internal to
 * core/finding. */
#ifndef TCPLENS_CORE_FINDING_ENGINE_H
#define TCPLENS_CORE_FINDING_ENGINE_H

#include "core/finding/finding.h"
#include "core/finding/pairs.h"

/* An engine for one of several namespaces: its findings get ids from `parent`. NULL when out of
 * memory. */
struct finding_engine *finding_engine_new_lane(struct finding_engine *parent);
/* The pairs for its detectors; must live as long as the engine takes frames. */
void finding_engine_use_pairs(struct finding_engine *engine, const struct pairs *pairs);
/* It uses counters that the kernel keeps for all network namespaces together. */
bool detector_is_of_machine(const struct detector *detector);
/* Takes the rows of a frame, all of one namespace; machine: including the detectors for what all
 * namespaces share. 0 or -ENOMEM. */
int finding_engine_take(struct finding_engine *engine, const struct finding_input *input,
                        bool machine);
/* Its own findings and checks, without its lanes. */
const struct finding *const *finding_engine_own_list(const struct finding_engine *engine,
                                                     uint32_t *count);
/* Those of them that hold, at most `most`: what causes them may be in another lane. Returns how many. */
uint32_t finding_engine_holding(struct finding_engine *engine, struct finding **findings,
                                uint32_t most);
const struct finding_check *finding_engine_own_checks(const struct finding_engine *engine);

/* Worst first, consequences below their cause, ended ones last. */
void finding_list_order(const struct finding **list, uint32_t count);

#endif
