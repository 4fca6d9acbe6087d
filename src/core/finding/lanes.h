/* lanes: findings of a frame that shows several network namespaces. Each has counters, settings and
 * ports of its own, so each has an engine of its own, which sees only its rows; the findings are
 * merged into one list, with the names of their namespaces. What all share (memory, orphans,
 * dropped packets) is checked once. Internal to core/finding. */
#ifndef TCPLENS_CORE_FINDING_LANES_H
#define TCPLENS_CORE_FINDING_LANES_H

#include "core/finding/finding.h"

#define LANES_MAX 128u /* namespaces with an engine, ours included; a lane takes up to 1 MB */

struct lanes;

struct lanes *lanes_new(void); /* NULL when out of memory */
void lanes_free(struct lanes *lanes);
/* own: the engine of the first namespace: ours, or the host's. 0 or -ENOMEM. */
int lanes_update(struct lanes *lanes, struct finding_engine *own,
                 const struct finding_input *input);
const struct finding *const *lanes_list(const struct lanes *lanes, uint32_t *count);
const struct finding_check *lanes_checks(const struct lanes *lanes);

#endif
