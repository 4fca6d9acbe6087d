/* lanes: findings of a frame that shows several network namespaces. Each has counters, settings and
 * ports of its own, so each is looked at by an engine of its own, as if its rows were all there is;
 * what they find is one list, each with the name of its namespace. What all share (memory, orphans,
 * dropped packets) is looked at once. Internal to core/finding. */
#ifndef TCPLENS_CORE_FINDING_LANES_H
#define TCPLENS_CORE_FINDING_LANES_H

#include "core/finding/finding.h"

#define LANES_MAX 128u /* namespaces with an engine, ours included; a lane takes up to 400 KB */

struct lanes;

struct lanes *lanes_new(void); /* NULL when out of memory */
void lanes_free(struct lanes *lanes);
/* own: of the namespace that stands first: ours, or the host's. 0 or -ENOMEM. */
int lanes_update(struct lanes *lanes, struct finding_engine *own,
                 const struct finding_input *input);
const struct finding *const *lanes_list(const struct lanes *lanes, uint32_t *count);
const struct finding_check *lanes_checks(const struct lanes *lanes);

#endif
